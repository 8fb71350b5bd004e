// The picture: two draw calls (boxes, links), drawn only when asked. Textures hold the blobs as
// they came; a new prompt replaces one of them.

import {
  BufferAttribute,
  BufferGeometry,
  BoxGeometry,
  CanvasTexture,
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
  RawShaderMaterial,
  RedFormat,
  Scene as Stage,
  Vector2,
  Vector3,
  WebGLRenderer,
  type Texture,
} from "three";
import { blocksOf, pool, type Kind, type Pooled } from "./data";
import { heightOf, widthOf, type Box, type Link } from "./layout";
import type { Side } from "./scenes";
import { FRAGMENT, LINE_FRAGMENT, LINE_VERTEX, VERTEX } from "./shaders";
import { rgb, type Theme } from "../shared/theme";
import type { View } from "./camera";

const GLYPHS = "0123456789.−+∞Na? ";
const SHARPEST = 2;
const WIDEST = 2048;

const PER_BOX = ["aOrigin", "aSize", "aGrid", "aData", "aPool", "aToken"] as const;
type Four = [number, number, number, number];

/** Where the blobs that are drawn lie in the textures, by their halves. */
type Blobs = Map<Uint16Array, { start: number; pooledStart: number; pooled: Pooled }>;

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
  private boxes: Mesh<InstancedBufferGeometry, RawShaderMaterial> | null = null;
  private links: LineSegments<BufferGeometry, RawShaderMaterial> | null = null;
  /** How much every box glows and how much it is faded, 0..1. */
  light: InstancedBufferAttribute | null = null;
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
  };

  constructor(readonly canvas: HTMLCanvasElement) {
    this.renderer = new WebGLRenderer({
      canvas,
      antialias: true,
      alpha: true,
      powerPreference: "high-performance",
    });
    this.renderer.setPixelRatio(Math.min(SHARPEST, window.devicePixelRatio || 1));
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
  }

  /** New numbers; boxes are built again only if `rebuild`. */
  load(sides: Side[], rebuild: boolean): void {
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
      blobs.set(halves, { start, pooledStart, pooled });
      start += halves.length;
      pooledStart += pooled.numbers.length;
    }
    this.blobs[kind] = blobs;
    const [now, was] = [[...blobs.keys()], [...before.keys()]];
    if (now.length === was.length && now.every((halves, i) => halves === was[i])) return;
    const [near, far] =
      kind === "weight"
        ? (["uWeights", "uPooledWeights"] as const)
        : (["uActivations", "uPooledActivations"] as const);
    const pools = [...blobs.values()].map(({ pooled }) => pooled.numbers);
    this.replace(near, table(new Uint16Array(texels(start)), now));
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
    const unit = new BoxGeometry(1, 1, 1);
    unit.translate(0.5, 0.5, 0.5);
    const geometry = new InstancedBufferGeometry();
    geometry.index = unit.index;
    geometry.setAttribute("position", unit.getAttribute("position"));
    geometry.setAttribute("normal", unit.getAttribute("normal"));
    const n = sides.reduce((sum, { plan }) => sum + plan.boxes.length, 0);
    geometry.instanceCount = n;
    for (const name of PER_BOX)
      geometry.setAttribute(name, new InstancedBufferAttribute(new Float32Array(4 * n), 4));
    const side = sides.flatMap(({ plan }, i) => plan.boxes.map(() => i));
    geometry.setAttribute("aSide", new InstancedBufferAttribute(new Float32Array(side), 1));
    this.light = new InstancedBufferAttribute(new Float32Array(2 * n), 2).setUsage(
      DynamicDrawUsage,
    );
    geometry.setAttribute("aLight", this.light);
    const shared = {
      glslVersion: GLSL3,
      uniforms: this.uniforms,
      defines: sides.length > 1 ? { SPLIT: "" } : {},
    };
    this.boxes = new Mesh(
      geometry,
      new RawShaderMaterial({ ...shared, vertexShader: VERTEX, fragmentShader: FRAGMENT }),
    );
    this.boxes.frustumCulled = false;
    this.fill(sides);
    this.links = new LineSegments(
      wires(sides.map(({ plan }) => plan.links)),
      new RawShaderMaterial({
        ...shared,
        vertexShader: LINE_VERTEX,
        fragmentShader: LINE_FRAGMENT,
      }),
    );
    this.links.frustumCulled = false;
    this.stage.add(this.links, this.boxes);
  }

  private fill(sides: Side[]): void {
    const geometry = this.boxes!.geometry;
    let i = 0;
    for (const side of sides)
      for (const box of side.plan.boxes) {
        const four = this.describe(side, box);
        for (const name of PER_BOX)
          (geometry.getAttribute(name) as InstancedBufferAttribute).setXYZW(i, ...four[name]);
        i++;
      }
    for (const name of PER_BOX)
      (geometry.getAttribute(name) as InstancedBufferAttribute).needsUpdate = true;
  }

  /** A box in the shader's words. Places are floats: exact up to 2^24 numbers of one kind, both
   * sides together. */
  private describe({ shown, matched }: Side, box: Box): Record<(typeof PER_BOX)[number], Four> {
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
    return {
      aOrigin: [box.x, box.y, box.z, t.kind === "weight" ? 0 : 1],
      aSize: [widthOf(box), heightOf(box), box.depth, t.peak],
      aGrid: [box.cols, box.rows, box.stepCol, box.stepRow],
      aData: [first + box.first, t.scale, turned, split ? box.first / t.cols : 0],
      aPool: [one + plane(near), near.across, two + plane(far), far.across],
      aToken: [tokens, box.kept ? 1 : 0, first + t.present, Math.min(1e9, matched(t))],
    };
  }

  /** Glow and dim of every box, 0..1. */
  shine(of: (box: Box) => [number, number], boxes: Box[]): void {
    if (!this.light) return;
    boxes.forEach((box, i) => this.light!.setXY(i, ...of(box)));
    this.light.needsUpdate = true;
  }

  /** Which tokens are being computed. */
  span(first: number, last: number): void {
    this.uniforms.uSpan.value.set(first, last);
  }

  resize(width: number, height: number): void {
    this.renderer.setSize(width, height, false);
  }

  draw(view: View): void {
    this.renderer.render(this.stage, view.camera);
  }

  private clear(): void {
    for (const thing of [this.boxes, this.links]) {
      if (!thing) continue;
      this.stage.remove(thing);
      thing.geometry.dispose();
      thing.material.dispose();
    }
    this.boxes = this.links = null;
  }

  dispose(): void {
    this.clear();
    for (const texture of Object.values(this.textures)) texture?.dispose();
    this.renderer.dispose();
    this.renderer.forceContextLoss();
  }
}

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
  pen.font = `500 ${tall * 0.86}px "Source Code Pro", ui-monospace, monospace`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  [...GLYPHS].forEach((glyph, i) => pen.fillText(glyph, (i + 0.5) * wide, tall * 0.54, wide));
  const texture = new CanvasTexture(canvas);
  texture.colorSpace = NoColorSpace;
  texture.minFilter = LinearMipmapLinearFilter;
  texture.magFilter = LinearFilter;
  return texture;
}

/** A soft curve from each matrix to what is made of it, a little behind the boxes. */
function wires(sides: Link[][]): BufferGeometry {
  const steps = 14;
  const links = sides.flat();
  const out = new Float32Array(links.length * steps * 6);
  let at = 0;
  for (const { from, to } of links) {
    const down = Math.abs(from.x - to.x) < 1e-6;
    const backwards = to.x < from.x + widthOf(from);
    const a =
      down || backwards
        ? { x: from.x + widthOf(from) / 2, y: from.y - heightOf(from), dx: 0, dy: -1 }
        : { x: from.x + widthOf(from), y: from.y - heightOf(from) / 2, dx: 1, dy: 0 };
    const b =
      down || backwards
        ? { x: to.x + widthOf(to) / 2, y: to.y, dx: 0, dy: 1 }
        : { x: to.x, y: to.y - heightOf(to) / 2, dx: -1, dy: 0 };
    const reach = Math.min(0.4 * Math.hypot(a.x - b.x, a.y - b.y), 300);
    const curve = (t: number): [number, number] => {
      const u = 1 - t;
      const mix = (p: number, pd: number, q: number, qd: number): number =>
        u * u * u * p +
        3 * u * u * t * (p + pd * reach) +
        3 * u * t * t * (q + qd * reach) +
        t * t * t * q;
      return [mix(a.x, a.dx, b.x, b.dx), mix(a.y, a.dy, b.y, b.dy)];
    };
    for (let i = 0; i < steps; i++)
      for (const t of [i / steps, (i + 1) / steps]) {
        const [x, y] = curve(t);
        out[at++] = x;
        out[at++] = y;
        out[at++] = -from.depth * 0.5;
      }
  }
  const lines = new BufferGeometry();
  lines.setAttribute("position", new BufferAttribute(out, 3));
  const side = sides.flatMap((some, i) => Array<number>(some.length * steps * 2).fill(i));
  lines.setAttribute("aSide", new BufferAttribute(new Float32Array(side), 1));
  return lines;
}
