// One instanced box per matrix. Its cells are coloured here, straight from the blobs: the nearer,
// the more there is to see: pooled blocks, colours, a grid, digits. Behind them, as boxes of other
// kinds: the strands of the stream, and shadows.
//
// With SPLIT, two scenes share the picture: the same camera looks at both, and each is squeezed into
// its own half and cut off at the middle. So two scenes are two draw calls, as one is.
//
// With AFAR, there is nothing in it that no matrix shows from afar: neither single cells nor digits. A
// card without branches of its own, such as one in software, does all that stands in a shader.

import { DETAIL } from "./afar";

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

// The light that runs down the stream: how far above a place it is, as a share of how far it shines.
// What it has not reached is not computed yet.
const RUNNING_LIGHT = /* glsl */ `
uniform vec2 uPulse;  // the height that the light has come to, and how far it shines; 0 if none runs
float under(float y) { return uPulse.y > 0.0 ? (uPulse.x - y) / uPulse.y : -9.0; }
`;
// Of a dark page the eye tells fewer steps near the ground: less of it is taken away there.
const BY_LIGHT = /* glsl */ `
float ahead() { return (0.5 - 0.02 * uDark) * clamp(vUnder, 0.0, 1.0); }
float shine() { return max(0.0, 1.0 - abs(vUnder)); }
`;

export const VERTEX = /* glsl */ `
precision highp float;
precision highp int;
${INTO_COLUMN}
uniform mat4 modelViewMatrix;
uniform mat4 projectionMatrix;
uniform vec3 uEye;
uniform vec2 uScreen;   // pixels that one unit covers at a distance of one; how far off the target is
uniform vec3 uSweep;    // the share of its rows and the token that a product has come to; whether one is formed
uniform float uDark;
${RUNNING_LIGHT}
in vec3 position;   // a unit box, 0..1
in vec3 normal;
in vec4 aOrigin;    // left, top, back, kind (0 weights, 1 activations)
in vec4 aSize;      // width, height, depth, peak
in vec4 aGrid;      // columns, rows, step to the next column, step to the next row
in vec4 aData;      // first number, scale, turned, first row of the pooled rows
in vec4 aPool;      // start and blocks across, at levels 1 and 2
in vec4 aToken;     // token axis (0, 1, 2), kept, end of what arrived (-1 while it is on its way), tokens with a partner
in vec4 aLight;     // glow, dim, what it is to the product that is formed (0 nothing, 1 made, 2 weights)
out vec3 vPlace;    // in the box, 0..1
out float vFog;
out float vUnder;
flat out vec3 fFace;    // 1 in front, how much light falls on a side, pixels of a cell where it is nearest
flat out vec2 fForm;    // the row that a product has come to, if the box is part of one, and of what kind
flat out vec4 fOrigin;
flat out vec4 fSize;
flat out vec4 fGrid;
flat out vec4 fData;
flat out vec4 fPool;
flat out vec4 fToken;
flat out vec4 fLight;
// From above, from the left, and from the reader.
float darkness(vec3 n) { return n.y > 0.5 ? 0.16 : n.y < -0.5 ? 0.52 : n.x < -0.5 ? 0.26 : 0.4; }
void main() {
  vec3 corner = vec3(aOrigin.x, aOrigin.y - aSize.y, aOrigin.z);
  vec3 place = corner + position * aSize.xyz;
  vPlace = vec3(position.x, 1.0 - position.y, position.z);
  float nearest = distance(uEye, clamp(uEye, corner, corner + aSize.xyz));
  float pixels = uScreen.x / max(nearest, 1e-3) * min(aSize.x / aGrid.x, aSize.y / aGrid.y);
  fFace = vec3(normal.z, darkness(normal), pixels);
  fForm = vec2(floor(uSweep.x * aGrid.y), uSweep.z * aLight.z);
  vUnder = under(place.y);
  vec4 seen = modelViewMatrix * vec4(place, 1.0);
  vFog = (0.44 - 0.13 * uDark) * smoothstep(1.0, 3.0, -seen.z / uScreen.y);
  fOrigin = aOrigin; fSize = aSize; fGrid = aGrid; fData = aData; fPool = aPool; fToken = aToken; fLight = aLight;
  gl_Position = intoColumn(projectionMatrix * seen);
}
`;

export const FRAGMENT = /* glsl */ `
precision highp float;
precision highp int;
precision highp sampler2D;
uniform sampler2D uPooledWeights;
uniform sampler2D uPooledActivations;
uniform vec3 uBackground;
uniform vec3 uInk;
uniform vec3 uAccent;
uniform vec3 uNegative;
uniform vec3 uPositive;
uniform vec2 uSpan;   // first and last token that is being computed
uniform vec3 uSweep;
uniform float uDark;
uniform float uLit;   // 0 where light is left out
in vec3 vPlace;
in float vFog;
in float vUnder;
flat in vec3 fFace;
flat in vec2 fForm;
flat in vec4 fOrigin;
flat in vec4 fSize;
flat in vec4 fGrid;
flat in vec4 fData;
flat in vec4 fPool;
flat in vec4 fToken;
flat in vec4 fLight;
out vec4 colour;
${CUT_COLUMN}
#ifndef AFAR
uniform sampler2D uWeights;
uniform sampler2D uActivations;
uniform sampler2D uGlyphs;
const int GLYPHS = 18;   // 0..9 . - + inf N a ? and blank
const int DOT = 10, MINUS = 11, PLUS = 12, INF = 13, BIG_N = 14, SMALL_A = 15, ASK = 16, BLANK = 17;
#endif

float fetch(sampler2D from, int at) { return texelFetch(from, ivec2(at & 2047, at >> 11), 0).r; }
bool isNan(float v) { return (floatBitsToUint(v) & 0x7fffffffu) > 0x7f800000u; }
bool isInf(float v) { return (floatBitsToUint(v) & 0x7fffffffu) == 0x7f800000u; }

#ifndef AFAR
float luminance(vec3 c) { return dot(c * c, vec3(0.2126, 0.7152, 0.0722)) + 0.05; }

// The ink, or the page's own colour where that stands out more: on strong cells of the dark page.
vec3 inkOn(vec3 ground) {
  float ink = luminance(uInk), page = luminance(uBackground), here = luminance(ground);
  return (here * here > ink * page) == (ink < page) ? uInk : uBackground;
}

// The glyph at one of five places: sign, then three figures and a point where it fits, or four figures.
int glyphAt(float v, int slot) {
  float size = abs(v);
  bool tens = size >= 9.995, hundreds = size >= 99.95;
  float r = floor(size * (hundreds ? 1.0 : tens ? 10.0 : 100.0) + 0.5);
  int point = hundreds ? 9 : tens ? 3 : 2;
  int figure = slot > point ? slot - 1 : slot;
  if (r < 1000.0) figure++;
  float place = figure < 2 ? 1000.0 : figure == 2 ? 100.0 : figure == 3 ? 10.0 : 1.0;
  int digit = int(mod(floor(r / place), 10.0));
  int which = figure > 4 ? BLANK : slot == point ? DOT : digit;
  if (slot == 0) which = v == 0.0 ? BLANK : v < 0.0 ? MINUS : PLUS;
  if (isInf(v)) which = slot == 1 ? (v < 0.0 ? MINUS : PLUS) : slot == 2 ? INF : BLANK;
  return isNan(v) ? (slot == 1 || slot == 3 ? BIG_N : slot == 2 ? SMALL_A : BLANK) : which;
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

#endif

// Zero is the page's own colour. What flows is stronger than what was learned, and on a dark page it shines.
vec3 inColour(float share, bool weights) {
  vec3 full = share < 0.0 ? uNegative : uPositive;
  if (weights) return mix(uBackground, full, 0.86 * abs(share));
  float size = abs(share), glow = 0.5 * (size + sqrt(size));
  return mix(uBackground, full, glow) + full * (uDark * uLit * 0.3 * size);
}

// From afar a learned matrix is a grey of its own strength.
vec3 strengthOf(float share) {
  return mix(uBackground, uInk, 0.17 + 0.03 * uDark + 0.42 * smoothstep(0.16, 0.5, share));
}

float token(vec2 cell) { return fToken.x > 1.5 ? cell.y : cell.x; }

// What is not yet computed, and what is not computed again.
float hidden(float at) { return at > uSpan.y ? 0.8 - 0.04 * uDark : at < uSpan.x && fToken.y < 0.5 ? 0.55 : 0.0; }

${BY_LIGHT}
vec4 solid(vec3 c, float fade) { return vec4(mix(c, uBackground, max(fade, vFog * (1.0 - fLight.x))), 1.0); }

void main() {
  cutColumn();
  bool weights = fOrigin.w < 0.5;
  float fade = max(0.62 * fLight.y, ahead());
  if (fFace.x < 0.5) {
    vec3 side = mix(uBackground, uInk, fFace.y * (weights ? 0.8 : 1.0));
    colour = solid(mix(side, uAccent, weights ? 0.5 * fLight.x : 0.1 + 0.5 * fLight.x), fade);
    return;
  }
  vec2 place = vPlace.xy * fGrid.xy;
  vec2 pixels = 1.0 / max(fwidth(place), vec2(1e-6));
  vec2 cell = clamp(floor(place), vec2(0.0), fGrid.xy - 1.0);
  int index = int(fData.x) + int(cell.x) * int(fGrid.z) + int(cell.y) * int(fGrid.w);
  bool pending = fToken.z < 0.0;
  bool missing = !pending && float(index) >= fToken.z;
  float last = fToken.x > 1.5 ? max(cell.x, cell.y) : fToken.x > 0.5 ? cell.x : 0.0;
  bool alone = last >= fToken.w;
  float v;
  int level = fFace.z >= 1.0 ? 1 : 2;   // one for the whole matrix
#ifndef AFAR
  if (fFace.z >= ${DETAIL}) {
    level = 0;
    v = weights ? fetch(uWeights, index) : fetch(uActivations, index);
  } else
#endif
  {
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
  bool odd = alone || !pending && (missing || isNan(v) || isInf(v));
  float share = clamp(v / fSize.w, -1.0, 1.0);
  if (level > 0 && !weights) share = sign(share) * min(1.0, 1.8 * sqrt(abs(share)));   // blocks of mixed signs are small
  vec3 ground = odd || pending ? uBackground : level > 0 && weights ? strengthOf(share) : inColour(share, weights);
  if (odd) {
    float stripe = step(0.5, fract((gl_FragCoord.x + (alone ? -1.0 : 1.0) * gl_FragCoord.y) / 7.0));
    bool masked = !missing && isInf(v) && v < 0.0;
    bool quiet = alone || masked;
    float strength = alone ? 0.1 + 0.12 * stripe : masked ? 0.05 + 0.05 * stripe : 0.2 + 0.4 * stripe;
    ground = mix(uBackground, quiet ? uInk : uAccent, strength);
  }
#ifndef AFAR
  if (fFace.z > 4.0) {
    vec2 inCell = place - cell;
    // The grid comes in between 5 and 12 pixels a cell.
    vec2 edge = min(inCell, 1.0 - inCell) * pixels;
    float smallest = min(pixels.x, pixels.y);
    float grid = smoothstep(5.0, 12.0, smallest) * (1.0 - smoothstep(0.0, 1.0, min(edge.x, edge.y)));
    ground = mix(ground, mix(uBackground, uInk, 0.35), grid * 0.55);
    float inked = alone || pending ? 0.0 : glyph(v, missing, inCell, pixels);
    if (inked > 0.0) ground = mix(ground, odd ? uInk : inkOn(ground), inked);
  }
#endif
  float unseen = fToken.x > 0.5 ? hidden(token(cell)) : 0.0;
  ground = mix(ground, uBackground, unseen);
  // A product is formed row by row, and in a row token by token.
  if (fForm.y > 0.5) {
    bool made = fForm.y < 1.5;
    if (made && (cell.y > fForm.x || cell.y == fForm.x && token(cell) > uSweep.y)) ground = mix(ground, uBackground, 0.88);
    if (abs(place.y - fForm.x - 0.5) * pixels.y < max(0.5 * pixels.y, 1.5)) ground = mix(ground, uAccent, made ? 0.25 : 0.6);
  }
  vec2 rim = min(place, fGrid.xy - place) * pixels;
  vec2 span = fGrid.xy * pixels;
  float thin = smoothstep(6.0, 40.0, min(span.x, span.y)) * 0.75 + 0.25;
  float border = (1.0 - smoothstep(0.6, 1.6 + 1.4 * fLight.x, min(rim.x, rim.y))) * max(thin, fLight.x);
  vec3 frame = mix(mix(uBackground, uInk, weights ? 0.34 : 0.55), uAccent, fLight.x);
  ground = mix(ground, frame, border);
  fade *= 1.0 - 0.5 * border;   // outlines stay where faces go
  // A sheen from above, so that a face is not flat.
  ground += uLit * (0.035 - 0.07 * vPlace.y) * (1.0 - uDark * 0.5);
  if (!weights) ground = mix(ground, uAccent, 0.75 * shine() * (1.0 - unseen));
  colour = solid(ground, fade);
}
`;

// ---------------------------------------------------------------- what shows no number

export const SCENERY_VERTEX = /* glsl */ `
precision highp float;
${INTO_COLUMN}
uniform mat4 modelViewMatrix;
uniform mat4 projectionMatrix;
uniform vec2 uScreen;
uniform float uDark;
${RUNNING_LIGHT}
in vec3 position;
in vec4 aOrigin;    // left, top, back, kind (0 strand, 1 shadow, 2 glow)
in vec4 aSize;      // width, height, depth, how far a shadow fades out at its rim
in vec4 aLight;     // glow, dim, nothing, tokens of a strand
out vec2 vPlace;
out float vFog;
out float vUnder;
flat out vec4 fSize;
flat out vec3 fLook;    // what it is, how far it is faded, tokens
void main() {
  vPlace = vec2(position.x, 1.0 - position.y);
  fSize = aSize; fLook = vec3(aOrigin.w, aLight.yw);
  vec3 place = vec3(aOrigin.x, aOrigin.y - aSize.y, aOrigin.z) + position * aSize.xyz;
  vUnder = under(place.y);
  vec4 seen = modelViewMatrix * vec4(place, 1.0);
  vFog = (0.44 - 0.13 * uDark) * smoothstep(1.0, 3.0, -seen.z / uScreen.y);
  gl_Position = intoColumn(projectionMatrix * seen);
}
`;

export const SCENERY_FRAGMENT = /* glsl */ `
precision highp float;
uniform vec3 uBackground;
uniform vec3 uInk;
uniform vec3 uAccent;
uniform vec2 uSpan;
uniform float uDark;
uniform float uLit;
in vec2 vPlace;
in float vFog;
in float vUnder;
flat in vec4 fSize;
flat in vec3 fLook;
out vec4 colour;
${CUT_COLUMN}
${BY_LIGHT}
// Between two states of the stream each token runs on, as a thread of light.
vec4 strand() {
  float across = vPlace.x * fLook.z, off = fract(across) - 0.5;
  float bright = 0.9 - 2.8 * off * off;
  if (floor(across) > uSpan.y) bright *= 0.2;
  vec3 thread = mix(uBackground, uAccent, min(1.0, bright + shine()));
  return vec4(mix(thread, uBackground, max(max(vFog, 0.62 * fLook.y), ahead())), 1.0);
}

// Soft, and off from what casts it. On a dark page what flows throws light instead.
vec4 shadow() {
  vec2 p = vPlace * fSize.xy, inside = clamp(min(p, fSize.xy - p) / (2.0 * fSize.w), 0.0, 1.0);
  float much = uLit * inside.x * inside.y * (1.0 - max(fLook.y, ahead())) * (1.0 - vFog);
  if (uDark < 0.5) return vec4(uInk, 1.0) * (0.25 * much);
  return fLook.x > 1.5 ? vec4(uAccent, 1.0) * (0.22 * much) : vec4(0.0, 0.0, 0.0, 0.55 * much);
}

void main() {
  cutColumn();
  colour = fLook.x < 0.5 ? strand() : shadow();
}
`;

export const LINE_VERTEX = /* glsl */ `
precision highp float;
uniform mat4 modelViewMatrix;
uniform mat4 projectionMatrix;
in vec3 position;
out float vUnder;
${RUNNING_LIGHT}
${INTO_COLUMN}
void main() {
  vUnder = under(position.y);
  gl_Position = intoColumn(projectionMatrix * modelViewMatrix * vec4(position, 1.0));
}
`;

export const LINE_FRAGMENT = /* glsl */ `
precision highp float;
uniform vec3 uBackground;
uniform vec3 uInk;
uniform float uDark;
in float vUnder;
out vec4 colour;
${CUT_COLUMN}
${BY_LIGHT}
void main() {
  cutColumn();
  colour = vec4(mix(uBackground, uInk, 0.3 * (1.0 - ahead())), 1.0);
}
`;
