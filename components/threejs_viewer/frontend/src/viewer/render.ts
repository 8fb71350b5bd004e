// The picture: three draw calls (boxes, links, scenery), drawn only when asked. Textures hold the blobs
// as they came; a new prompt replaces one of them.

import {
  BufferAttribute,
  BufferGeometry,
  BoxGeometry,
  CanvasTexture,
  CustomBlending,
  DataTexture,
  DynamicDrawUsage,
  FloatType,
  GLSL3,
  HalfFloatType,
  InstancedBufferAttribute,
  InstancedBufferGeometry,
  LinearFilter,
  LinearMipmapLinearFilter,
  LineSegments,
  Mesh,
  NoColorSpace,
  OneFactor,
  OneMinusSrcAlphaFactor,
  PlaneGeometry,
  RawShaderMaterial,
  RedFormat,
  Scene as Stage,
  Vector2,
  Vector3,
  WebGLRenderer,
  type Texture,
} from "three";
import { isAfar } from "./afar";
import { blocksOf, isPending, numbersOf, pool, type Kind, type Pooled, type Scene } from "./data";
import { heightOf, widthOf, type Box, type Plan } from "./layout";
import { shadowsOf, strandsOf, type Four } from "./scenery";
import type { Side } from "./scenes";
import {
  FRAGMENT,
  LINE_FRAGMENT,
  LINE_VERTEX,
  SCENERY_FRAGMENT,
  SCENERY_VERTEX,
  VERTEX,
} from "./shaders";
import { rgb, type Theme } from "../shared/theme";
import { ALLOWED_NEAR, allowedAfar, STEPS, stepsOf, wireOf } from "./wires";
import type { View } from "./camera";

const GLYPHS = "0123456789.−+∞Na? ";
const SHARPEST = 2;
/** The shader counts on it. */
const WIDEST = 2048;
/** Of a unit box: the back comes last. */
const CORNERS = 36;
const OF_BACK = 6;

const PER_BOX = ["aOrigin", "aSize", "aGrid", "aData", "aPool", "aToken", "aLight"] as const;
const PER_PROP = ["aOrigin", "aSize", "aLight"] as const;
type Instance<Names extends readonly string[]> = Record<Names[number], Four>;
type Instanced = Mesh<InstancedBufferGeometry, RawShaderMaterial>;

/** Where the blobs that are drawn lie in the textures, by their halves. */
type Blobs = Map<Uint16Array, { scene: Scene; start: number; pooledStart: number; pooled: Pooled }>;

/** null where there is no WebGL2. */
export function openPicture(canvas: HTMLCanvasElement): Picture | null {
  try {
    const probe = document.createElement("canvas").getContext("webgl2");
    probe?.getExtension("WEBGL_lose_context")?.loseContext();
    return probe && new Picture(canvas);
  } catch {
    return null;
  }
}

export class Picture {
  readonly renderer: WebGLRenderer;
  private stage = new Stage();
  private textures: Partial<Record<string, Texture>> = {};
  private boxes: Instanced | null = null;
  /** What draws the boxes where cells are to be seen, and where all of them are far off. */
  private looks: Record<"near" | "afar", RawShaderMaterial> | null = null;
  private all: Box[] = [];
  private drawn = 0;
  private scenery: Instanced | null = null;
  private links: LineSegments<BufferGeometry, RawShaderMaterial> | null = null;
  /** So much of the index of the links is for near by. */
  private nearby = 0;
  /** The matrix whose light an instance of the scenery shares. */
  private lights: Box[] = [];
  /** How many strands come first among the scenery. */
  private strands = 0;
  private isLit = true;
  private blobs: Record<Kind, Blobs> = { weight: new Map(), activation: new Map() };
  private uniforms = {
    uWeights: { value: null as Texture | null },
    uActivations: { value: null as Texture | null },
    uPooledWeights: { value: null as Texture | null },
    uPooledActivations: { value: null as Texture | null },
    uGlyphs: { value: null as Texture | null },
    uBackground: { value: new Vector3() },
    uInk: { value: new Vector3() },
    uAccent: { value: new Vector3() },
    uNegative: { value: new Vector3() },
    uPositive: { value: new Vector3() },
    uSpan: { value: new Vector2(0, 1e9) },
    uSweep: { value: new Vector3() },
    uPulse: { value: new Vector2() },
    uEye: { value: new Vector3() },
    uScreen: { value: new Vector2() },
    uDark: { value: 0 },
    uLit: { value: 1 },
  };

  constructor(readonly canvas: HTMLCanvasElement) {
    this.renderer = new WebGLRenderer({
      canvas,
      antialias: true,
      alpha: true,
      powerPreference: "high-performance",
    });
    this.light(true);
    this.letter();
  }

  /** The digits that stand on near cells. */
  letter(): void {
    this.textures["glyphs"]?.dispose();
    this.textures["glyphs"] = this.uniforms.uGlyphs.value = glyphs();
  }

  paint(theme: Theme): void {
    this.uniforms.uBackground.value.set(...rgb(theme.background));
    this.uniforms.uInk.value.set(...rgb(theme.ink));
    this.uniforms.uAccent.value.set(...rgb(theme.accent));
    this.uniforms.uNegative.value.set(...rgb(theme.negative));
    this.uniforms.uPositive.value.set(...rgb(theme.positive));
    this.uniforms.uDark.value = theme.dark ? 1 : 0;
  }

  /** New numbers; boxes are built again only if `rebuild`. */
  load(sides: Side[], rebuild: boolean): void {
    this.all = sides.flatMap(({ plan }) => plan.boxes);
    for (const kind of ["weight", "activation"] as const) this.upload(sides, kind);
    if (rebuild || !this.boxes) this.build(sides);
    else this.fill(sides);
  }

  /** The blobs of all sides behind each other; one that both share is there once. */
  private upload(sides: Side[], kind: Kind): void {
    const before = this.blobs[kind];
    const blobs: Blobs = new Map();
    let [start, pooledStart] = [0, 0];
    for (const { shown } of sides) {
      const halves = shown.halves[kind];
      if (blobs.has(halves)) continue;
      const pooled = before.get(halves)?.pooled ?? pool(shown, kind);
      blobs.set(halves, { scene: shown, start, pooledStart, pooled });
      start += halves.length;
      pooledStart += pooled.numbers.length;
    }
    this.blobs[kind] = blobs;
    const [now, was] = [[...blobs.keys()], [...before.keys()]];
    if (now.length === was.length && now.every((halves, i) => halves === was[i])) return;
    const isWeight = kind === "weight";
    const [near, far] = isWeight
      ? (["uWeights", "uPooledWeights"] as const)
      : (["uActivations", "uPooledActivations"] as const);
    const pools = [...blobs.values()].map(({ pooled }) => pooled.numbers);
    const numbers = isWeight
      ? table(new Uint16Array(texels(start)), now)
      : table(
          new Float32Array(texels(start)),
          [...blobs.values()].map(({ scene }) => numbersOf(scene, kind)),
        );
    this.replace(near, numbers);
    this.replace(far, table(new Float32Array(texels(pooledStart)), pools));
  }

  private replace(
    name: "uWeights" | "uActivations" | "uPooledWeights" | "uPooledActivations",
    texture: Texture,
  ): void {
    this.textures[name]?.dispose();
    this.textures[name] = this.uniforms[name].value = texture;
  }

  private build(sides: Side[]): void {
    this.clear();
    const shared = {
      glslVersion: GLSL3,
      uniforms: this.uniforms,
      defines: sides.length > 1 ? { SPLIT: "" } : {},
    };
    const [strands, shadows] = [strandsOf, shadowsOf].map((of) =>
      sides.map(({ plan }) => of(plan)),
    );
    const props = [...strands!, ...shadows!];
    this.strands = strands!.flat().length;
    this.lights = props.flat().map(({ of }) => of);
    this.scenery = new Mesh(
      instances(unitFace(), PER_PROP, numbered(props, sides.length)),
      new RawShaderMaterial({
        ...shared,
        vertexShader: SCENERY_VERTEX,
        fragmentShader: SCENERY_FRAGMENT,
        ...OVER,
      }),
    );
    const described = props.flat().map(({ origin, size, tokens }) => ({
      aOrigin: origin,
      aSize: size,
      aLight: [0, 0, 0, tokens] as Four,
    }));
    fill(this.scenery, PER_PROP, described);
    this.light(this.isLit);
    const look = (defines: Record<string, string>): RawShaderMaterial =>
      new RawShaderMaterial({
        ...shared,
        defines: { ...shared.defines, ...defines },
        vertexShader: VERTEX,
        fragmentShader: FRAGMENT,
      });
    this.looks = { near: look({}), afar: look({ AFAR: "" }) };
    this.drawn = 0;
    this.boxes = new Mesh(
      instances(
        new BoxGeometry(1, 1, 1).translate(0.5, 0.5, 0.5),
        PER_BOX,
        numbered(
          sides.map(({ plan }) => plan.boxes),
          sides.length,
        ),
      ),
      this.looks.near,
    );
    this.fill(sides);
    const { lines, near } = wires(sides.map(({ plan }) => plan));
    this.nearby = near;
    this.links = new LineSegments(
      lines,
      new RawShaderMaterial({
        ...shared,
        vertexShader: LINE_VERTEX,
        fragmentShader: LINE_FRAGMENT,
      }),
    );
    // What stands in front is drawn first, so that nothing is shaded behind it.
    [this.boxes, this.links, this.scenery].forEach((thing, order) => {
      [thing.frustumCulled, thing.renderOrder] = [false, order];
      this.stage.add(thing);
    });
  }

  private fill(sides: Side[]): void {
    const all = sides.flatMap((side) => side.plan.boxes.map((box) => this.describe(side, box)));
    fill(this.boxes!, PER_BOX, all);
  }

  /** A box in the shader's words. Places are floats: exact up to 2^24 numbers of one kind, both
   * sides together. */
  private describe({ shown, matched }: Side, box: Box): Instance<typeof PER_BOX> {
    const t = shown.byName.get(box.tensor.name) ?? box.tensor;
    const { start, pooledStart, pooled } = this.blobs[t.kind].get(shown.halves[t.kind])!;
    const [one, two] = pooled.starts.get(t.name)!;
    const split = t.planes === 1 && box.first > 0;
    const before = split ? 0 : box.plane;
    const turned = box.stepRow === 1 && (box.stepCol !== 1 || box.cols === 1) ? 1 : 0;
    const [near, far] = [blocksOf(t, 1), blocksOf(t, 2)];
    const plane = (blocks: typeof near): number =>
      pooledStart + before * blocks.down * blocks.across;
    const first = start + t.offset;
    const tokens = { none: 0, columns: 1, both: 2 }[box.tokens];
    const end = isPending(shown, t) ? -1 : first + t.present;
    return {
      aOrigin: [box.x, box.y, box.z, t.kind === "weight" ? 0 : 1],
      aSize: [widthOf(box), heightOf(box), box.depth, t.peak],
      aGrid: [box.cols, box.rows, box.stepCol, box.stepRow],
      aData: [first + box.first, t.scale, turned, split ? box.first / t.cols : 0],
      aPool: [one + plane(near), near.across, two + plane(far), far.across],
      aToken: [tokens, box.kept ? 1 : 0, end, Math.min(1e9, matched(t))],
      aLight: [0, 0, 0, 0],
    };
  }

  /** Glow and dim of every box, 0..1, and what it is to the product that is formed. */
  shine(of: (box: Box) => [number, number, number], boxes: Box[]): void {
    for (const [thing, list] of [
      [this.boxes, boxes],
      [this.scenery, this.lights],
    ] as const) {
      const light = thing && lightOf(thing);
      if (!light) continue;
      list.forEach((box, i) => light.setXYZ(i, ...of(box)));
      light.needsUpdate = true;
    }
  }

  /** Whether the i-th box is faded. */
  isFaded(i: number): boolean {
    return !!this.boxes && lightOf(this.boxes).getY(i) === 1;
  }

  /** With light, shadows and sharp edges, or without, for frames that come too slowly. */
  light(on: boolean): void {
    this.isLit = on;
    this.uniforms.uLit.value = on ? 1 : 0;
    const ratio = on ? Math.min(SHARPEST, window.devicePixelRatio || 1) : 1;
    // It makes the canvas anew, which is too much for every frame.
    if (ratio !== this.renderer.getPixelRatio()) this.renderer.setPixelRatio(ratio);
    if (this.scenery) this.scenery.geometry.instanceCount = on ? this.lights.length : this.strands;
  }

  /** How far products are formed: so many of their rows, and of the last of them so many tokens; null:
   * all of them are there. */
  sweep(at: { rows: number; token: number } | null): void {
    this.uniforms.uSweep.value.set(at?.rows ?? 1, at?.token ?? 0, at ? 1 : 0);
  }

  /** The height that a light has come to which runs down the stream, and how far it shines; null: none runs. */
  pulse(at: { y: number; reach: number } | null): void {
    this.uniforms.uPulse.value.set(at?.y ?? 0, at?.reach ?? 0);
  }

  /** Which tokens are being computed. */
  span(first: number, last: number): void {
    this.uniforms.uSpan.value.set(first, last);
  }

  resize(width: number, height: number): void {
    this.renderer.setSize(width, height, false);
  }

  draw(view: View): void {
    this.uniforms.uEye.value.copy(view.camera.position);
    this.uniforms.uScreen.value.set(view.pixelsPerUnit(1), view.pose.distance);
    this.leaveOut(view);
    this.renderer.render(this.stage, view.camera);
  }

  /** What nobody would see: digits and small bends from afar, and backs from the front. */
  private leaveOut(view: View): void {
    const { boxes, links, looks } = this;
    if (!boxes || !links || !looks) return;
    const afar = isAfar(view, this.all);
    const [now, other] = afar ? [looks.afar, looks.near] : [looks.near, looks.afar];
    // The other one is made while something moves, before it is wanted.
    if (this.drawn++ === 1) {
      boxes.material = other;
      this.renderer.compile(this.stage, view.camera);
    }
    boxes.material = now;
    const behind = view.camera.position.z < 0;
    boxes.geometry.setDrawRange(0, behind ? CORNERS : CORNERS - OF_BACK);
    links.geometry.setDrawRange(afar ? this.nearby : 0, afar ? Infinity : this.nearby);
  }

  private clear(): void {
    Object.values(this.looks ?? {}).forEach((look) => look.dispose());
    this.looks = null;
    for (const thing of [this.scenery, this.links, this.boxes]) {
      if (!thing) continue;
      this.stage.remove(thing);
      thing.geometry.dispose();
      thing.material.dispose();
    }
    this.scenery = this.links = this.boxes = null;
  }

  dispose(): void {
    this.clear();
    for (const texture of Object.values(this.textures)) texture?.dispose();
    this.renderer.dispose();
    this.renderer.forceContextLoss();
  }
}

/** The front of a unit box. */
const unitFace = (): BufferGeometry => new PlaneGeometry(1, 1).translate(0.5, 0.5, 1);

/** The side of every one of them, of groups that take turns over the sides. */
const numbered = (groups: unknown[][], sides: number): number[] =>
  groups.flatMap((group, i) => group.map(() => i % sides));

/** A unit for every one of the sides, with room for four numbers under every name. */
function instances(
  unit: BufferGeometry,
  names: readonly string[],
  sides: number[],
): InstancedBufferGeometry {
  const geometry = new InstancedBufferGeometry();
  geometry.index = unit.index;
  geometry.setAttribute("position", unit.getAttribute("position"));
  geometry.setAttribute("normal", unit.getAttribute("normal"));
  geometry.instanceCount = sides.length;
  for (const name of names)
    geometry.setAttribute(
      name,
      new InstancedBufferAttribute(new Float32Array(4 * sides.length), 4).setUsage(
        DynamicDrawUsage,
      ),
    );
  geometry.setAttribute("aSide", new InstancedBufferAttribute(new Float32Array(sides), 1));
  return geometry;
}

function fill<Names extends readonly string[]>(
  { geometry }: Instanced,
  names: Names,
  all: Instance<Names>[],
): void {
  for (const name of names as readonly Names[number][]) {
    const attribute = geometry.getAttribute(name) as InstancedBufferAttribute;
    all.forEach((instance, i) => attribute.setXYZW(i, ...(instance[name] as Four)));
    attribute.needsUpdate = true;
  }
}

const lightOf = ({ geometry }: Instanced): InstancedBufferAttribute =>
  geometry.getAttribute("aLight") as InstancedBufferAttribute;

/** Blended over what is there already. */
const OVER = {
  transparent: true,
  depthWrite: true,
  blending: CustomBlending,
  blendSrc: OneFactor,
  blendDst: OneMinusSrcAlphaFactor,
} as const;

/** How many numbers a texture holds that has room for n. */
const texels = (n: number): number => WIDEST * Math.max(1, Math.ceil(n / WIDEST));

/** Numbers as a texture of one channel, row by row. */
function table<T extends Uint16Array | Float32Array>(room: T, parts: T[]): DataTexture {
  let at = 0;
  for (const part of parts) {
    room.set(part, at);
    at += part.length;
  }
  const type = room instanceof Uint16Array ? HalfFloatType : FloatType;
  const texture = new DataTexture(room, WIDEST, room.length / WIDEST, RedFormat, type);
  texture.colorSpace = NoColorSpace;
  texture.needsUpdate = true;
  return texture;
}

function glyphs(): CanvasTexture {
  const canvas = document.createElement("canvas");
  const [wide, tall] = [48, 80];
  [canvas.width, canvas.height] = [wide * GLYPHS.length, tall];
  const pen = canvas.getContext("2d")!;
  pen.fillStyle = "#000";
  pen.fillRect(0, 0, canvas.width, tall);
  pen.fillStyle = "#fff";
  pen.font = `500 ${tall * 0.86}px "Source Sans", "Source Sans 3", system-ui, sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  [...GLYPHS].forEach((glyph, i) => pen.fillText(glyph, (i + 0.5) * wide, tall * 0.54, wide));
  const texture = new CanvasTexture(canvas);
  texture.colorSpace = NoColorSpace;
  texture.minFilter = LinearMipmapLinearFilter;
  texture.magFilter = LinearFilter;
  return texture;
}

/** The links of each side, with all their points; of their index a part for near by comes first, and
 * then one of fewer steps for afar. */
function wires(sides: Plan[]): { lines: BufferGeometry; near: number } {
  const lines = new BufferGeometry();
  const [places, side] = [[] as number[], [] as number[]];
  const [near, afar] = [[] as number[], [] as number[]];
  for (const [i, { links, boxes }] of sides.entries()) {
    const allowed = allowedAfar(boxes);
    for (const wire of links.map(wireOf)) {
      const first = side.length;
      for (const [x, y] of wire.points) {
        places.push(x, y, wire.z);
        side.push(i);
      }
      for (const [index, off] of [
        [near, ALLOWED_NEAR],
        [afar, allowed],
      ] as const) {
        const step = STEPS / stepsOf(wire, off);
        for (let at = 0; at < STEPS; at += step) index.push(first + at, first + at + step);
      }
    }
  }
  lines.setAttribute("position", new BufferAttribute(new Float32Array(places), 3));
  lines.setAttribute("aSide", new BufferAttribute(new Float32Array(side), 1));
  lines.setIndex([...near, ...afar]);
  return { lines, near: near.length };
}
