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
import { blocks, pool, type Kind, type Pooled, type Scene } from "./data";
import { heightOf, widthOf, type Box, type Link, type Plan } from "./layout";
import { FRAGMENT, LINE_FRAGMENT, LINE_VERTEX, VERTEX } from "./shaders";
import { BLUE, ORANGE, rgb, type Theme } from "./theme";
import type { View } from "./camera";

const GLYPHS = "0123456789.−+∞Na? ";
const SHARPEST = 2;
const WIDEST = 2048;

export class Picture {
  readonly renderer: WebGLRenderer;
  private stage = new Stage();
  private textures: Partial<Record<string, Texture>> = {};
  private boxes: Mesh<InstancedBufferGeometry, RawShaderMaterial> | null = null;
  private links: LineSegments<BufferGeometry, RawShaderMaterial> | null = null;
  private light: InstancedBufferAttribute | null = null;
  private pooled: Partial<Record<Kind, { key: Uint16Array; made: Pooled }>> = {};
  private uniforms = {
    uWeights: { value: null as Texture | null },
    uActivations: { value: null as Texture | null },
    uPooledWeights: { value: null as Texture | null },
    uPooledActivations: { value: null as Texture | null },
    uGlyphs: { value: null as Texture | null },
    uBackground: { value: new Vector3() },
    uInk: { value: new Vector3() },
    uAccent: { value: new Vector3() },
    uBlue: { value: new Vector3(...rgb(BLUE)) },
    uOrange: { value: new Vector3(...rgb(ORANGE)) },
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
    this.renderer.setClearColor(0x000000, 0);
  }

  /** New numbers; boxes are built again only if `plan` is new. */
  load(
    scene: Scene,
    plan: Plan,
    changed: { weights: boolean; activations: boolean; plan: boolean },
  ): void {
    for (const kind of ["weight", "activation"] as const)
      if (changed[kind === "weight" ? "weights" : "activations"] || !this.pooled[kind])
        this.upload(scene, kind);
    if (changed.plan || !this.boxes) this.build(scene, plan);
    else this.fill(scene, plan.boxes);
  }

  private upload(scene: Scene, kind: Kind): void {
    const made = pool(scene, kind);
    this.pooled[kind] = { key: scene.halves[kind], made };
    const [near, far] =
      kind === "weight"
        ? (["uWeights", "uPooledWeights"] as const)
        : (["uActivations", "uPooledActivations"] as const);
    this.replace(near, table(scene.halves[kind], HalfFloatType));
    this.replace(far, table(made.numbers, FloatType));
  }

  private replace(
    name: "uWeights" | "uActivations" | "uPooledWeights" | "uPooledActivations",
    texture: Texture,
  ): void {
    this.textures[name]?.dispose();
    this.textures[name] = this.uniforms[name].value = texture;
  }

  private build(scene: Scene, plan: Plan): void {
    this.clear();
    const unit = new BoxGeometry(1, 1, 1);
    unit.translate(0.5, 0.5, 0.5);
    const geometry = new InstancedBufferGeometry();
    geometry.index = unit.index;
    geometry.setAttribute("position", unit.getAttribute("position"));
    geometry.setAttribute("normal", unit.getAttribute("normal"));
    geometry.instanceCount = plan.boxes.length;
    const n = plan.boxes.length;
    for (const name of ["aOrigin", "aSize", "aGrid", "aData", "aPool", "aToken"])
      geometry.setAttribute(name, new InstancedBufferAttribute(new Float32Array(4 * n), 4));
    this.light = new InstancedBufferAttribute(new Float32Array(2 * n), 2).setUsage(
      DynamicDrawUsage,
    );
    geometry.setAttribute("aLight", this.light);
    const material = new RawShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: VERTEX,
      fragmentShader: FRAGMENT,
      uniforms: this.uniforms,
    });
    this.boxes = new Mesh(geometry, material);
    this.boxes.frustumCulled = false;
    this.fill(scene, plan.boxes);
    const lines = new BufferGeometry();
    lines.setAttribute("position", new BufferAttribute(wires(plan.links), 3));
    this.links = new LineSegments(
      lines,
      new RawShaderMaterial({
        glslVersion: GLSL3,
        vertexShader: LINE_VERTEX,
        fragmentShader: LINE_FRAGMENT,
        uniforms: this.uniforms,
      }),
    );
    this.links.frustumCulled = false;
    this.stage.add(this.links, this.boxes);
  }

  private fill(scene: Scene, boxes: Box[]): void {
    const geometry = this.boxes!.geometry;
    const put = (name: string, i: number, ...four: [number, number, number, number]): void => {
      (geometry.getAttribute(name) as InstancedBufferAttribute).setXYZW(i, ...four);
    };
    boxes.forEach((box, i) => {
      const t = scene.byName.get(box.tensor.name) ?? box.tensor;
      const [one, two] = this.pooled[t.kind]!.made.starts.get(t.name)!;
      const split = t.planes === 1 && box.first > 0;
      const before = split ? 0 : box.plane;
      const turned = box.stepRow === 1 && (box.stepCol !== 1 || box.cols === 1) ? 1 : 0;
      const pools = [1, 2].map((level) => before * blocks(t.rows, level) * blocks(t.cols, level));
      put("aOrigin", i, box.x, box.y, box.z, t.kind === "weight" ? 0 : 1);
      put("aSize", i, widthOf(box), heightOf(box), box.depth, t.peak);
      put("aGrid", i, box.cols, box.rows, box.stepCol, box.stepRow);
      put("aData", i, t.offset + box.first, t.scale, turned, split ? box.first / t.cols : 0);
      put("aPool", i, one + pools[0]!, blocks(t.cols, 1), two + pools[1]!, blocks(t.cols, 2));
      put(
        "aToken",
        i,
        { none: 0, columns: 1, both: 2 }[box.tokens],
        box.kept ? 1 : 0,
        t.offset + t.present,
        0,
      );
    });
    for (const name of ["aOrigin", "aSize", "aGrid", "aData", "aPool", "aToken"])
      (geometry.getAttribute(name) as InstancedBufferAttribute).needsUpdate = true;
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

/** Numbers as a texture of one channel, row by row. */
function table(
  numbers: Uint16Array | Float32Array,
  type: typeof HalfFloatType | typeof FloatType,
): DataTexture {
  const height = Math.max(1, Math.ceil(numbers.length / WIDEST));
  const padded =
    numbers instanceof Uint16Array
      ? new Uint16Array(WIDEST * height)
      : new Float32Array(WIDEST * height);
  padded.set(numbers);
  const texture = new DataTexture(padded, WIDEST, height, RedFormat, type);
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
function wires(links: Link[]): Float32Array {
  const steps = 14;
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
  return out;
}
