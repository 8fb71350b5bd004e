// A model as it is composed: every matrix at one scale, a strip for each layer, the first at the
// bottom; beside it the variants that were trained, all pairs right or wrong at each look. What a
// matrix is, and which pairs are wrong, comes from Python.

import { make } from "../shared/dom";
import "./composed.css";
import {
  heldOut,
  laidOut,
  lookAt,
  measure,
  opened,
  parameters,
  stepsOf,
  type Matrix,
  type Placed,
  type Row,
  type Shown,
  type Strip,
  type Variant,
} from "./maths/composed";
import type { Sent } from "./shared/drawing";
import { draw, say, set, tone } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { counted } from "./shared/numbers";
import { CELLS, pixel } from "./shared/pairs";
import { ACROSS, steppedThrough } from "./shared/stepped";

const SECONDS = 8; // to play all looks
const NAMES = 60; // pixels for the names of strips
const HIGHEST = 330; // pixels of all strips
const LEARNED = 0.05; // of the held-out pairs wrong, at most
const [LETTER, LINE] = [8, 14]; // pixels of a label
const PATCH = 22; // pixels: a side of the patch that tells the scale, at most

interface Data extends Sent {
  alt: string;
  headline: string;
  strips: Strip[];
  variants: Variant[];
}

/** A variant on the page. */
interface Drawn {
  variant: Variant;
  shown: Shown;
  frame: HTMLElement;
  canvas: HTMLCanvasElement;
  told: HTMLElement;
}

class Composed extends MovingDrawing<Data> {
  private readonly sheet = this.watched<SVGSVGElement>("sheet");
  private drawn: Drawn[] = [];
  private steps: number[] = [0];
  private placed: Placed[] = [];
  private marks: SVGGElement[] = [];
  /** Under the hand, or the focus; and what stays told when the hand has left. */
  private pointed: number | null = null;
  private chosen: number | null = null;

  protected override begin(): void {
    this.coloured(this.part("side"));
    this.sheet.onclick = ({ target }) => {
      if (target === this.sheet) this.choose(null);
    };
  }

  protected build(): void {
    this.buildModel();
    this.buildVariants();
    this.playOnce(this.evenly(this.last, SECONDS));
  }

  /** The model changes, or a run has gone on: no look is played again, and a reader who is looking
      at an earlier step stays there. */
  protected override rebuild(before: Data): void {
    const step = this.plays || this.at >= this.last ? Infinity : this.steps[Math.floor(this.at)];
    if (!alike(before.strips, this.data.strips)) this.letGo();
    this.buildModel();
    // The looks of the variants are most of what there is to build, and a control changes none.
    if (alike(before.variants, this.data.variants)) return this.again();
    this.buildVariants();
    const at = this.steps.findLastIndex((each) => each <= step);
    this.wait(this.evenly(this.last, SECONDS), Math.max(0, at));
  }

  protected override recolour(): void {
    this.again();
  }

  private get last(): number {
    return this.steps.length - 1;
  }

  // ------------------------------------------------------------ the model

  private buildModel(): void {
    const { strips, alt, headline } = this.data;
    say(this.part("headline"), headline);
    set(this.sheet, { "aria-label": alt });
    this.sheet.replaceChildren();
    const width = Math.max(180, (this.sheet.clientWidth || 480) - NAMES);
    const { placed, rows, scale, height } = laidOut(strips, width, HIGHEST);
    set(this.sheet, { viewBox: `${-NAMES} 0 ${width + NAMES} ${height}`, height });
    for (const row of rows) {
      const y = row.y + row.height / 2;
      draw(this.sheet, "text", { x: -8, y, class: "strip" }).textContent = row.name;
    }
    for (const row of rows) this.nameBeside(row, placed);
    this.placed = placed;
    this.marks = placed.map((one, i) => this.buildMatrix(one, i));
    steppedThrough(this.marks, ACROSS);
    const size = measure(scale, PATCH);
    const side = scale * Math.sqrt(size);
    this.part("patch").style.width = this.part("patch").style.height = `${side.toFixed(1)}px`;
    say(this.part("measure").querySelector("b")!, `${counted(size)} parameters`);
    const high = Math.max(...placed.map(({ matrix }) => matrix.high));
    say(this.part("height"), `as high as the stream has numbers, ${counted(high)}`);
  }

  /** What stands in a row whose boxes are all too narrow for a name. */
  private nameBeside(row: Row, placed: readonly Placed[]): void {
    const own = placed.filter(({ strip }) => strip === row.name);
    const matrices = own.filter(({ matrix }) => matrix.shape.length > 1);
    if (row.height <= LINE || matrices.some(({ matrix, width }) => nameFor(matrix, width))) return;
    const names = [...new Set(own.map(({ matrix }) => matrix.name))].join(", ");
    const x = Math.max(...own.map(({ x, width }) => x + width)) + 8;
    const y = row.y + row.height / 2;
    draw(this.sheet, "text", { x, y, class: "beside" }).textContent = names;
  }

  private buildMatrix(one: Placed, i: number): SVGGElement {
    const { matrix, x, y, width, height } = one;
    const group = draw(this.sheet, "g", {
      class: `matrix ${matrix.part}`,
      role: "img",
      "aria-label": this.told(one),
    });
    draw(group, "rect", { x: x - 1, y, width: width + 2, height, class: "reach" });
    draw(group, "rect", { x, y, width, height, class: "box" });
    for (let piece = 1; piece < matrix.pieces; piece++) {
      const at = x + (piece * width) / matrix.pieces;
      draw(group, "line", { x1: at, x2: at, y1: y, y2: y + height, class: "piece" });
    }
    const name = nameFor(matrix, width);
    if (name && height > LINE) {
      const [own, below] = name.split("_");
      const label = draw(group, "text", { x: x + width / 2, y: y + height / 2 });
      draw(label, "tspan").textContent = own;
      if (below) draw(label, "tspan", { dy: 3, class: "below" }).textContent = below;
    }
    const point = (to: number | null) => () => this.point(to);
    group.onpointerenter = group.onfocus = point(i);
    group.onpointerleave = group.onblur = point(null);
    group.onclick = () => this.choose(this.chosen === i ? null : i);
    return group;
  }

  private told({ matrix, strip }: Placed): string {
    const shape = matrix.shape.map(counted).join(" × ");
    const size = counted(parameters(matrix));
    const what = matrix.shape.length > 1 ? `${shape}, ${size} parameters` : `${shape} parameters`;
    return `${matrix.name}, ${strip}: ${what}; ${matrix.does}.`;
  }

  private point(to: number | null): void {
    this.pointed = to;
    this.again();
  }

  private choose(to: number | null): void {
    this.chosen = to;
    this.again();
  }

  protected override letGo(): void {
    this.pointed = this.chosen = null;
  }

  protected override place(): void {
    this.buildModel();
    this.again();
  }

  // ------------------------------------------------------------ the variants

  private buildVariants(): void {
    this.drawn = this.data.variants.map((variant) => this.buildVariant(variant));
    this.steps = stepsOf(this.drawn.map(({ shown }) => shown));
    if (!this.steps.length) this.steps = [0];
    const here = this.part("variants");
    here.classList.toggle("one", this.drawn.length === 1);
    here.replaceChildren(...this.drawn.map(({ frame }) => frame));
    this.part("reel").hidden = this.steps.length < 2;
  }

  private buildVariant(variant: Variant): Drawn {
    const shown = opened(variant);
    const { columns, name, about, recorded } = variant;
    const rows = Math.floor(shown.trained.length / columns);
    const canvas = make("canvas", { width: columns, height: rows, "aria-hidden": true });
    const told = make("span", { class: "held" });
    const frame = make(
      "figure",
      { class: recorded ? "recorded" : "own" },
      make("figcaption", {}, make("b", {}, name), make("span", {}, about)),
      make("div", { class: "map" }, edge("down", "a", rows), canvas, edge("across", "b", columns)),
      told,
    );
    return { variant, shown, frame, canvas, told };
  }

  private pairs({ canvas }: Drawn): number {
    return canvas.width * canvas.height;
  }

  protected override landmarks(): Landmark[] {
    const many = this.drawn.length > 1;
    return this.drawn.flatMap((drawn, i) => {
      const { shown } = drawn;
      const first = shown.looks.find((look) => {
        const { wrong, n } = heldOut(shown, look, this.pairs(drawn));
        return n > 0 && wrong <= LEARNED * n;
      });
      if (!first) return [];
      const name = many ? `${i + 1}: 95% right` : "95% held out right";
      return [{ at: this.steps.indexOf(first.step), name }];
    });
  }

  // ------------------------------------------------------------ a moment

  protected show(at: number): string {
    const step = this.steps[Math.floor(at)];
    const said = this.drawn.map((drawn) => this.showVariant(drawn, step));
    const told = this.pointed ?? this.chosen;
    this.marks.forEach((mark, i) => mark.classList.toggle("weak", told !== null && told !== i));
    if (told !== null && this.placed[told]) return this.told(this.placed[told]);
    if (!said.length) return "Nothing is trained yet.";
    const names = this.drawn.map(({ variant }) => (said.length > 1 ? `${variant.name}, ` : ""));
    return `After ${counted(step)} steps: ${said.map((one, i) => names[i] + one).join("; ")}.`;
  }

  private showVariant(drawn: Drawn, step: number): string {
    const { shown, canvas, told } = drawn;
    const look = lookAt(shown, step);
    const n = this.pairs(drawn);
    this.paint(canvas, shown, look, n);
    const { wrong, n: asked } = look ? heldOut(shown, look, n) : { wrong: 0, n: 0 };
    const count = `${counted(wrong)} of ${counted(asked)}`;
    say(told, asked ? `held out: ${count} wrong` : "not asked yet");
    return asked ? `${count} held-out pairs wrong` : "not asked yet";
  }

  private paint(
    canvas: HTMLCanvasElement,
    { trained }: Shown,
    look: ReturnType<typeof lookAt>,
    n: number,
  ): void {
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    if (!pen) return;
    const colours = CELLS.map((name) => pixel(pen, tone(canvas, name)));
    const picture = pen.createImageData(canvas.width, canvas.height);
    const pixels = new Uint32Array(picture.data.buffer);
    for (let i = 0; i < n; i++) {
      if (!look || (look.asked && !look.asked[i])) continue;
      pixels[i] = colours[2 * trained[i] + look.wrong[i]];
    }
    pen.putImageData(picture, 0, 0);
  }
}

/** A name that a box has room for: whole, of a matrix of attention its index, or none. */
function nameFor({ name, part }: Matrix, width: number): string {
  const index = part === "attention" ? (name.split("_")[1] ?? "") : "";
  return [name, index].find((one) => width > LETTER * one.length) ?? "";
}

const alike = (one: unknown, other: unknown): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** From 0 to the last number of one side of a map. */
function edge(side: string, name: string, n: number): HTMLElement {
  const words = [make("span", {}, "0"), make("i", {}, name), make("span", {}, `${n - 1}`)];
  return make("div", { class: side, "aria-hidden": true }, ...words);
}

export default mounted(Composed);
