// One instanced box per matrix. Its cells are coloured here, straight from the blobs: the nearer,
// the more there is to see: pooled blocks, colours, a grid, digits.
//
// With SPLIT, two scenes share the picture: the same camera looks at both, and each is squeezed into
// its own half and cut off at the middle. So two scenes are two draw calls, as one is.

const INTO_COLUMN = /* glsl */ `
in float aSide;     // 0 left, 1 right
#ifdef SPLIT
out vec2 vColumn;
vec4 intoColumn(vec4 p) {
  vColumn = p.xw;
  return vec4(0.5 * (p.x + (2.0 * aSide - 1.0) * p.w), p.yzw);
}
#else
vec4 intoColumn(vec4 p) { return p; }
#endif
`;

const CUT_COLUMN = /* glsl */ `
#ifdef SPLIT
in vec2 vColumn;
void cutColumn() { if (abs(vColumn.x) > vColumn.y) discard; }
#else
void cutColumn() {}
#endif
`;

export const VERTEX = /* glsl */ `
precision highp float;
precision highp int;
${INTO_COLUMN}
uniform mat4 modelViewMatrix;
uniform mat4 projectionMatrix;
in vec3 position;   // a unit box, 0..1
in vec3 normal;
in vec4 aOrigin;    // left, top, back, kind (0 weights, 1 activations)
in vec4 aSize;      // width, height, depth, peak
in vec4 aGrid;      // columns, rows, step to the next column, step to the next row
in vec4 aData;      // first number, scale, turned, first row of the pooled rows
in vec4 aPool;      // start and blocks across, at levels 1 and 2
in vec4 aToken;     // token axis (0, 1, 2), kept, end of what arrived, tokens with a partner
in vec2 aLight;     // glow, dim
out vec2 vCell;
out vec3 vNormal;
flat out vec4 fOrigin;
flat out vec4 fSize;
flat out vec4 fGrid;
flat out vec4 fData;
flat out vec4 fPool;
flat out vec4 fToken;
flat out vec2 fLight;
void main() {
  vec3 place = vec3(
    aOrigin.x + position.x * aSize.x,
    aOrigin.y - (1.0 - position.y) * aSize.y,
    aOrigin.z + position.z * aSize.z);
  vCell = vec2(position.x, 1.0 - position.y) * aGrid.xy;
  vNormal = normal;
  fOrigin = aOrigin; fSize = aSize; fGrid = aGrid; fData = aData; fPool = aPool; fToken = aToken; fLight = aLight;
  gl_Position = intoColumn(projectionMatrix * modelViewMatrix * vec4(place, 1.0));
}
`;

export const FRAGMENT = /* glsl */ `
precision highp float;
precision highp int;
precision highp sampler2D;
uniform sampler2D uWeights;
uniform sampler2D uActivations;
uniform sampler2D uPooledWeights;
uniform sampler2D uPooledActivations;
uniform sampler2D uGlyphs;
uniform vec3 uBackground;
uniform vec3 uInk;
uniform vec3 uAccent;
uniform vec3 uNegative;
uniform vec3 uPositive;
uniform vec2 uSpan;   // first and last token that is being computed
in vec2 vCell;
in vec3 vNormal;
flat in vec4 fOrigin;
flat in vec4 fSize;
flat in vec4 fGrid;
flat in vec4 fData;
flat in vec4 fPool;
flat in vec4 fToken;
flat in vec2 fLight;
out vec4 colour;
${CUT_COLUMN}
const int GLYPHS = 18;   // 0..9 . - + inf N a ? and blank
const int DOT = 10, MINUS = 11, PLUS = 12, INF = 13, BIG_N = 14, SMALL_A = 15, ASK = 16, BLANK = 17;

float fetch(sampler2D from, int at) {
  int wide = textureSize(from, 0).x;
  return texelFetch(from, ivec2(at % wide, at / wide), 0).r;
}
bool isNan(float v) { return (floatBitsToUint(v) & 0x7fffffffu) > 0x7f800000u; }
bool isInf(float v) { return (floatBitsToUint(v) & 0x7fffffffu) == 0x7f800000u; }

vec3 diverging(float v, int level) {
  float share = clamp(abs(v) / fSize.w, 0.0, 1.0);
  if (level > 0) share = min(1.0, 2.0 * pow(share, 0.6));   // blocks of mixed signs are small
  return mix(uBackground, v < 0.0 ? uNegative : uPositive, share);
}

float luminance(vec3 c) { return dot(pow(c, vec3(2.2)), vec3(0.2126, 0.7152, 0.0722)) + 0.05; }

// The ink, or the page's own colour where that stands out more: on strong cells of the dark page.
vec3 inkOn(vec3 ground) {
  float ink = luminance(uInk), page = luminance(uBackground), here = luminance(ground);
  return (here * here > ink * page) == (ink < page) ? uInk : uBackground;
}

int digitOf(float v, float place) { return int(mod(floor(v / place), 10.0)); }

// The glyph at one of five places: sign, then three figures and a point where it fits.
int glyphAt(float v, int slot) {
  if (isNan(v)) return slot == 1 || slot == 3 ? BIG_N : slot == 2 ? SMALL_A : BLANK;
  if (isInf(v)) return slot == 1 ? (v < 0.0 ? MINUS : PLUS) : slot == 2 ? INF : BLANK;
  float size = abs(v);
  if (slot == 0) return v == 0.0 ? BLANK : v < 0.0 ? MINUS : PLUS;
  if (size < 9.995) {
    float r = floor(size * 100.0 + 0.5);
    return slot == 1 ? digitOf(r, 100.0) : slot == 2 ? DOT : slot == 3 ? digitOf(r, 10.0) : digitOf(r, 1.0);
  }
  if (size < 99.95) {
    float r = floor(size * 10.0 + 0.5);
    return slot == 1 ? digitOf(r, 100.0) : slot == 2 ? digitOf(r, 10.0) : slot == 3 ? DOT : digitOf(r, 1.0);
  }
  float r = floor(size + 0.5);
  if (r < 1000.0) return slot == 1 ? digitOf(r, 100.0) : slot == 2 ? digitOf(r, 10.0) : slot == 3 ? digitOf(r, 1.0) : BLANK;
  return digitOf(r, slot == 1 ? 1000.0 : slot == 2 ? 100.0 : slot == 3 ? 10.0 : 1.0);
}

float glyph(float v, bool missing, vec2 inCell, vec2 pixels) {
  float wide = min(pixels.x * 0.88 / 5.0, pixels.y * 0.8 / 1.7);
  float show = smoothstep(4.2, 5.6, wide);
  if (show <= 0.0) return 0.0;
  vec2 at = (inCell - 0.5) * pixels / vec2(wide, wide * 1.7) + vec2(2.5, 0.5);
  if (at.x < 0.0 || at.x >= 5.0 || at.y < 0.0 || at.y >= 1.0) return 0.0;
  int slot = int(at.x);
  int which = missing ? (slot == 2 ? ASK : BLANK) : glyphAt(v, slot);
  if (which == BLANK) return 0.0;
  vec2 uv = vec2((float(which) + fract(at.x)) / float(GLYPHS), 1.0 - at.y);
  return show * textureLod(uGlyphs, uv, clamp(log2(24.0 / wide), 0.0, 3.0)).r;
}

void main() {
  cutColumn();
  vec2 perPixel = max(fwidth(vCell), vec2(1e-6));
  if (vNormal.z < 0.5) {
    float lit = vNormal.y > 0.5 ? 0.10 : vNormal.x != 0.0 ? 0.17 : 0.22;
    vec3 side = mix(uBackground, uInk, lit);
    side = mix(side, uAccent, 0.5 * fLight.x);
    colour = vec4(mix(side, uBackground, 0.72 * fLight.y), 1.0);
    return;
  }
  vec2 cell = clamp(floor(vCell), vec2(0.0), fGrid.xy - 1.0);
  vec2 pixels = 1.0 / perPixel;
  float smallest = min(pixels.x, pixels.y);
  int index = int(fData.x) + int(cell.x) * int(fGrid.z) + int(cell.y) * int(fGrid.w);
  bool missing = float(index) >= fToken.z;
  float last = fToken.x > 1.5 ? max(cell.x, cell.y) : fToken.x > 0.5 ? cell.x : 0.0;
  bool alone = last >= fToken.w;
  bool weights = fOrigin.w < 0.5;
  float v;
  int level = smallest >= 2.0 ? 0 : smallest >= 0.5 ? 1 : 2;
  if (level == 0) {
    v = weights ? fetch(uWeights, index) : fetch(uActivations, index);
  } else {
    float side = level == 1 ? 4.0 : 16.0;
    vec2 tensor = fData.z > 0.5 ? cell.xy : cell.yx;           // row, column
    tensor.x += fData.w;
    vec2 pool = level == 1 ? fPool.xy : fPool.zw;
    bool columns = fToken.x > 0.5 && fToken.x < 1.5;           // tokens are not pooled
    int row = int(columns ? tensor.x : tensor.x / side);
    int at = int(pool.x) + row * int(pool.y) + int(tensor.y / side);
    v = weights ? fetch(uPooledWeights, at) : fetch(uPooledActivations, at);
  }
  v *= fData.y;
  bool odd = missing || alone || isNan(v) || isInf(v);
  vec3 ground = odd ? uBackground : diverging(v, level);
  if (odd) {
    float stripe = step(0.5, fract((gl_FragCoord.x + (alone ? -1.0 : 1.0) * gl_FragCoord.y) / 7.0));
    bool masked = !missing && isInf(v) && v < 0.0;
    bool quiet = alone || masked;
    float strength = alone ? 0.1 + 0.12 * stripe : masked ? 0.05 + 0.05 * stripe : 0.2 + 0.4 * stripe;
    ground = mix(uBackground, quiet ? uInk : uAccent, strength);
  }
  vec2 inCell = vCell - cell;
  // The grid comes in between 5 and 12 pixels a cell.
  vec2 edge = min(inCell, 1.0 - inCell) * pixels;
  float grid = smoothstep(5.0, 12.0, smallest) * (1.0 - smoothstep(0.0, 1.0, min(edge.x, edge.y)));
  ground = mix(ground, mix(uBackground, uInk, 0.35), grid * 0.55);
  float inked = level == 0 && !alone ? glyph(v, missing, inCell, pixels) : 0.0;
  if (inked > 0.0) ground = mix(ground, odd ? uInk : inkOn(ground), inked);
  // What is not yet computed, and what is not computed again.
  if (fToken.x > 0.5) {
    float token = fToken.x > 1.5 ? cell.y : cell.x;
    if (token > uSpan.y) ground = mix(ground, uBackground, 0.9);
    else if (token < uSpan.x) ground = mix(ground, uBackground, fToken.y > 0.5 ? 0.0 : 0.72);
  }
  ground = mix(ground, uBackground, 0.72 * fLight.y);
  // The rim of the matrix.
  vec2 rim = min(vCell, fGrid.xy - vCell) * pixels;
  vec2 span = fGrid.xy * pixels;
  float thin = smoothstep(6.0, 40.0, min(span.x, span.y)) * 0.75 + 0.25;
  float border = (1.0 - smoothstep(0.6, 1.6 + 1.4 * fLight.x, min(rim.x, rim.y))) * max(thin, fLight.x);
  vec3 frame = mix(mix(uBackground, uInk, 0.4 - 0.25 * fLight.y), uAccent, fLight.x);
  colour = vec4(mix(ground, frame, border), 1.0);
}
`;

export const LINE_VERTEX = /* glsl */ `
precision highp float;
uniform mat4 modelViewMatrix;
uniform mat4 projectionMatrix;
in vec3 position;
${INTO_COLUMN}
void main() { gl_Position = intoColumn(projectionMatrix * modelViewMatrix * vec4(position, 1.0)); }
`;

export const LINE_FRAGMENT = /* glsl */ `
precision highp float;
uniform vec3 uBackground;
uniform vec3 uInk;
out vec4 colour;
${CUT_COLUMN}
void main() {
  cutColumn();
  colour = vec4(mix(uBackground, uInk, 0.3), 1.0);
}
`;
