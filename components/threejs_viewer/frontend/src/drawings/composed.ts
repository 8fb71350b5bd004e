// A model as it is composed: every matrix at one scale, a strip for each layer, the first at the
// bottom, and beside them the stream, which goes up; then the variants that were trained, all pairs
// right or wrong at each look. What a matrix is, and which pairs are wrong, comes from Python.

import { make } from "../shared/dom";
import "./composed.css";
import {
  gone,
  heldOut,
  laidOut,
  lookAt,
  measure,
  onlyWrong,
  opened,
  parameters,
  stepsOf,
  unlike,
  type Known,
  type Matrix,
  type Placed,
  type Row,
  type Shown,
  type Strip,
  type Variant,
} from "./maths/composed";
import type { Sent } from "./shared/drawing";
import { draw, say, set, setShare, tone } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { counted } from "./shared/numbers";
import { CELLS, pixel } from "./shared/pairs";
import { ACROSS, steppedThrough } from "./shared/stepped";

const SECONDS = 8; // to play all looks
const NAMES = 74; // pixels for the names of strips, and the stream
const STREAM = -10; // where it stands
const HIGHEST = 330; // pixels of all strips
const LEARNED = 0.05; // of the held-out pairs wrong, at most
const [LETTER, LINE] = [8, 14]; // pixels of a label
const CLEAR = 10; // pixels above and below its middle: no edge between two heads runs through it
const FEW = 1 / 3; // of the boxes: if more are unlike the usual ones, none is marked
const SIDES = 1.05; // a drawing whose sides differ by less is at one scale
const PATCH = 22; // pixels: a side of the patch that tells the scale, at most
const EDGE = 3; // pixels round a strip that lies flat
const [TOP, INWARDS, AWAY] = [18, 14, 6]; // pixels: over the stream, for its name; of the leader

interface Data extends Sent {
  alt: string;
  headline: string;
  /** The name of a matrix that a variant lacks. */
  outlined: string;
  strips: Strip[];
  /** Those whose scale is kept. */
  usual: Strip[];
  variants: Variant[];
}

/** A variant on the page. */
interface Drawn {
  variant: Variant;
  shown: Shown;
  frame: HTMLElement;
  canvas: HTMLCanvasElement;
  ring: HTMLElement;
  told: HTMLElement;
  /** Below the map: what is said of the variant, or of the pair under the hand. */
  about: HTMLElement;
  pair: number | null;
}

class Composed extends MovingDrawing<Data> {
  private readonly sheet = this.watched<SVGSVGElement>("sheet");
  /** From the part that is outlined to the variant without it; as large as the drawing. */
  private readonly leader = this.watched<SVGSVGElement>("leader");
  private drawn: Drawn[] = [];
  private steps: number[] = [0];
  private placed: Placed[] = [];
  private marks: SVGGElement[] = [];
  /** Under the hand, or the focus; and what stays told when the hand has left. */
  private pointed: number | null = null;
  private chosen: number | null = null;
  /** What is told at rest. */
  private resting = 0;

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
    const { strips, usual, outlined, alt, headline } = this.data;
    say(this.part("headline"), headline);
    set(this.sheet, { "aria-label": alt });
    this.sheet.replaceChildren();
    const width = Math.max(180, (this.sheet.clientWidth || 480) - NAMES - 1);
    const { placed, rows, beside, scale, times, height } = laidOut(strips, width, HIGHEST, usual);
    const high = height + TOP + EDGE + 1;
    set(this.sheet, {
      viewBox: `${-NAMES} ${-TOP} ${width + NAMES + 1} ${high}`,
      height: high,
    });
    this.root.classList.toggle("compares", outlined !== "");
    this.buildStream(rows, height);
    for (const { name, x, y } of beside) {
      const kind = name === outlined ? "beside outlined" : "beside";
      draw(this.sheet, "text", { x, y, class: kind }).textContent = name;
    }
    this.placed = placed;
    this.nameParts(rows);
    const others = unlike(placed, usual);
    const some = others.filter(Boolean).length <= FEW * others.length;
    this.marks = placed.map((one, i) => {
      const mark = this.buildMatrix(one, i);
      mark.classList.toggle("other", some && others[i]);
      mark.classList.toggle("lacks", one.matrix.name === outlined);
      return mark;
    });
    const first = (wanted: (one: Matrix) => boolean): number =>
      placed.findIndex(({ matrix }) => wanted(matrix));
    const rests = [
      first(({ name }) => name === outlined),
      first(({ part }) => part === "attention"),
    ];
    this.resting = rests.find((i) => i >= 0) ?? 0;
    steppedThrough(this.marks, ACROSS);
    const size = measure(scale, PATCH);
    const side = scale * Math.sqrt(size);
    this.part("patch").style.width = this.part("patch").style.height = `${side.toFixed(1)}px`;
    const lacking = gone(strips, usual).join(", ");
    const words = [`${counted(size)} parameters`, inTimes(times), lacking && `without ${lacking}`];
    this.part("hint").hidden = outlined === "";
    sayNamed(this.part("measure").querySelector("b")!, words.filter(Boolean).join("; "));
  }

  /** Beside the model it goes straight to the map of the variant, which stands next to it; below
      it, straight down to its name. */
  private placeLeader(): void {
    this.leader.replaceChildren();
    const ends = [".lacks .box", ".outlined", ".changed figcaption b", ".changed .field"];
    const [box, label, name, field] = ends.map((one) => this.all(one)[0]);
    if (!box || !label || !name) return;
    const { left, top } = this.leader.getBoundingClientRect();
    const [part, from, to, map] = [box, label, name, field].map((one) =>
      one.getBoundingClientRect(),
    );
    const y = (from.top + from.bottom) / 2;
    const x = to.left - left + INWARDS;
    let d = "";
    if (map.left > from.right && y > map.top && y < map.bottom) {
      d = `M${from.right - left + AWAY} ${y - top}H${map.left - left - 3}m-4 -4l4 4l-4 4`;
    } else if (to.top > from.bottom && x > part.left - left && x < from.right - left) {
      d = `M${x} ${Math.max(part.bottom, from.bottom) - top + 2}V${to.top - top - 2}m-4 -4l4 4l4 -4`;
    }
    if (d) draw(this.leader, "path", { d });
  }

  /** From the last strip up to the first; every layer reads it and writes to it. */
  private buildStream(rows: readonly Row[], height: number): void {
    const line = { x1: STREAM, x2: STREAM, class: "stream" };
    draw(this.sheet, "line", { ...line, y1: height, y2: 6 });
    const head = `${STREAM - 5},8 ${STREAM},0 ${STREAM + 5},8`;
    draw(this.sheet, "polygon", { points: head, class: "head" });
    for (const row of rows) {
      const y = row.y + row.height / 2;
      draw(this.sheet, "text", { x: STREAM - 10, y, class: "strip" }).textContent = row.name;
      draw(this.sheet, "line", { x1: STREAM, x2: -1, y1: y, y2: y, class: "branch" });
    }
    draw(this.sheet, "text", { x: STREAM, y: -TOP / 2 - 1, class: "name" }).textContent = "stream";
  }

  /** Attention and FFN, over the boxes of the uppermost layer. */
  private nameParts(rows: readonly Row[]): void {
    const top = rows.find(({ flat }) => !flat);
    if (!top || top === rows[0]) return;
    let end = 0;
    for (const [part, name] of [
      ["attention", "attention"],
      ["ffn", "FFN"],
    ]) {
      const own = this.placed.filter(
        ({ strip, matrix }) => strip === top.name && matrix.part === part,
      );
      if (!own.length) continue;
      const x = Math.max(end, Math.min(...own.map(({ x }) => x)));
      const label = draw(this.sheet, "text", { x, y: top.y - 9, class: `part ${part}` });
      label.textContent = name;
      end = x + LETTER * name.length + 4;
    }
  }

  private buildMatrix(one: Placed, i: number): SVGGElement {
    const { matrix, x, y, width, height } = one;
    const group = draw(this.sheet, "g", {
      class: `matrix ${matrix.part}`,
      role: "img",
      "aria-label": this.told(one),
    });
    draw(group, "rect", { x: x - 1, y, width: width + 2, height, class: "reach" });
    draw(group, "rect", { x, y, width, height, rx: Math.min(2, width / 4), class: "box" });
    const name = nameFor(matrix, width);
    const named = name && height >= LINE && matrix.shape.length > 1 && !this.isFlat(one.strip);
    const [middle, centre] = [x + width / 2, y + height / 2];
    for (let piece = 1; piece < matrix.pieces; piece++) {
      const at = x + (piece * width) / matrix.pieces;
      const under = named && 2 * Math.abs(at - middle) < wide(name);
      const ends = under ? [y, centre - CLEAR, centre + CLEAR, y + height] : [y, y + height];
      for (let end = 0; end < ends.length; end += 2) {
        const [y1, y2] = [ends[end], ends[end + 1]];
        if (y2 > y1) draw(group, "line", { x1: at, x2: at, y1, y2, class: "piece" });
      }
    }
    if (named) {
      const [own, below] = name.split("_");
      const label = draw(group, "text", { x: middle, y: centre });
      draw(label, "tspan").textContent = own;
      if (below) draw(label, "tspan", { dy: 3, class: "below" }).textContent = below;
    }
    const point = (to: number | null) => () => this.point(to);
    group.onpointerenter = group.onfocus = point(i);
    group.onpointerleave = group.onblur = point(null);
    group.onclick = () => this.choose(this.chosen === i ? null : i);
    return group;
  }

  /** Names of what lies flat stand beside it. */
  private isFlat(strip: string): boolean {
    return this.data.strips.some(({ name, flat }) => flat && name === strip);
  }

  private told({ matrix, strip }: Placed): string {
    const { name, does } = matrix;
    const shape = matrix.shape.map(counted).join(" × ");
    const size = counted(parameters(matrix));
    const what = matrix.shape.length > 1 ? `${shape} = ${size} parameters` : `${shape} parameters`;
    const where = this.isFlat(strip) ? name : `${name} of ${strip}`;
    return `${capital(where)}, ${what}. ${capital(does)}.`;
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
    this.placeLeader();
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
    this.placeLeader();
  }

  private buildVariant(variant: Variant): Drawn {
    const shown = opened(variant);
    const { columns, name, about, recorded, changed } = variant;
    const rows = Math.floor(shown.trained.length / columns);
    const canvas = make("canvas", { width: columns, height: rows, "aria-hidden": true });
    const ring = make("i", { class: "ring", hidden: true });
    const field = make("div", { class: "field" }, canvas, ring);
    const told = make("span", { class: "held" }, make("b"), make("span"));
    const below = make("div", { class: "about" }, about);
    const frame = make(
      "figure",
      { class: `${recorded ? "recorded" : "own"}${changed ? " changed" : ""}` },
      make("figcaption", {}, make("b", {}, name), told),
      make("div", { class: "map" }, edge("down", "a", rows), field, edge("across", "b", columns)),
      below,
    );
    const drawn: Drawn = { variant, shown, frame, canvas, ring, told, about: below, pair: null };
    field.onpointermove = field.onpointerdown = (event) => this.pointAt(drawn, event);
    field.onpointerleave = ({ pointerType }) => {
      if (pointerType === "mouse") this.pointAt(drawn, null); // a finger that has left told one
    };
    return drawn;
  }

  /** A pair of a map is told below it. */
  private pointAt(drawn: Drawn, event: PointerEvent | null): void {
    const { canvas } = drawn;
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const place = (at: number, side: number, n: number): number =>
      Math.max(0, Math.min(n - 1, Math.floor((n * at) / side)));
    drawn.pair = event
      ? place(event.clientY - top, height, canvas.height) * canvas.width +
        place(event.clientX - left, width, canvas.width)
      : null;
    this.again();
  }

  private pairTold({ variant, shown, canvas, pair }: Drawn, look: Known | undefined): string {
    if (pair === null) return variant.about;
    const name = `${Math.floor(pair / canvas.width)} × ${pair % canvas.width}`;
    if (!look || (look.asked && !look.asked[pair])) return `${name}: not evaluated yet`;
    return `${name}: ${look.wrong[pair] ? "wrong" : "right"}, ${shown.trained[pair] ? "trained on" : "held out"}`;
  }

  private pairs({ canvas }: Drawn): number {
    return canvas.width * canvas.height;
  }

  protected override landmarks(): Landmark[] {
    const many = this.drawn.length > 1;
    const learned = this.drawn.flatMap((drawn) => {
      const { shown, variant } = drawn;
      const first = shown.looks.find((look) => {
        const { wrong, n } = heldOut(shown, look, this.pairs(drawn));
        return n > 0 && wrong <= LEARNED * n;
      });
      if (!first) return [];
      const name = many ? `${variant.short}: 95% right` : "95% held out right";
      return [{ at: this.steps.findIndex((step) => step >= first.step), name }];
    });
    const end = { at: this.last, name: `${counted(this.steps[this.last])} steps` };
    return [...learned, end].sort((one, other) => one.at - other.at);
  }

  // ------------------------------------------------------------ a moment

  protected show(at: number): string {
    const step = this.steps[Math.floor(at)];
    const said = this.drawn.map((drawn) => this.showVariant(drawn, step));
    const told = this.pointed ?? this.chosen;
    this.root.classList.toggle("pressed", this.chosen !== null);
    this.marks.forEach((mark, i) => {
      mark.classList.toggle("weak", told !== null && told !== i);
      mark.classList.toggle("chosen", (told ?? this.resting) === i);
    });
    const box = this.placed[told ?? this.resting];
    if (box) sayNamed(this.part("told"), this.told(box));
    if (!said.length) return "Nothing is trained yet.";
    const names = this.drawn.map(({ variant: { name, short, recorded } }) =>
      said.length > 1 ? `${recorded ? name : `network ${short}`}, ` : "",
    );
    const what = `After ${counted(step)} steps, held-out pairs wrong:`;
    return `${what} ${said.map((one, i) => names[i] + one).join("; ")}.`;
  }

  private showVariant(drawn: Drawn, step: number): string {
    const { shown, canvas, ring, told } = drawn;
    const look = lookAt(shown, step);
    say(drawn.about, this.pairTold(drawn, look));
    const n = this.pairs(drawn);
    this.paint(canvas, shown, look, n);
    const { wrong, n: asked } = look ? heldOut(shown, look, n) : { wrong: 0, n: 0 };
    const only = look && wrong === 1 ? onlyWrong(shown, look, n) : null;
    const [a, b] = [Math.floor((only ?? 0) / canvas.width), (only ?? 0) % canvas.width];
    ring.hidden = only === null;
    setShare(ring, "--down", (a + 0.5) / canvas.height);
    setShare(ring, "--across", (b + 0.5) / canvas.width);
    const count = `${counted(wrong)} of ${counted(asked)}`;
    const which = only === null ? "" : `: ${a} × ${b}`;
    const [number, words] = told.children;
    say(number, asked ? counted(wrong) : "");
    say(words, asked ? ` of ${counted(asked)} wrong${which}` : "");
    if (!asked) return "none evaluated yet";
    const last = shown.looks.at(-1)!.step;
    const ended = last < step ? `, after its ${counted(last)} steps` : "";
    return `${count}${look!.asked ? " evaluated so far" : ""}${ended}`;
  }

  private paint(
    canvas: HTMLCanvasElement,
    { trained }: Shown,
    look: Known | undefined,
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
  return [name, index].find((one) => width > wide(one)) ?? "";
}

/** Pixels of a name, what stands below in small letters, with air at both ends. */
function wide(name: string): number {
  const [own, below = ""] = name.split("_");
  return own.length * (own.length > 1 ? LETTER : 12) + 5.5 * below.length + 4;
}

/** How far a drawing is from the scale of the usual network; nothing if it is at it. */
function inTimes(times: number): string {
  if (times < SIDES && times > 1 / SIDES) return "";
  const by = times > 1 ? times : 1 / times;
  const size = by.toFixed(by < 10 && by % 1 > 0.05 && by % 1 < 0.95 ? 1 : 0);
  return `sides drawn ${size} times ${times > 1 ? "longer" : "shorter"} than the usual network's`;
}

/** Words in which a matrix is called as in its box: W_Q with its index below the line. */
function sayNamed(element: Element, words: string): void {
  const pieces = words.split(/(?<=\bW)_(\w+)/);
  if (element.textContent === pieces.join("")) return;
  element.replaceChildren(
    ...pieces.map((piece, i) => (i % 2 ? make("sub", {}, piece) : piece)).filter(Boolean),
  );
}

const capital = (words: string): string => words.slice(0, 1).toUpperCase() + words.slice(1);

const alike = (one: unknown, other: unknown): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

/** From 0 to the last number of one side of a map. */
function edge(side: string, name: string, n: number): HTMLElement {
  const words = [make("span", {}, "0"), make("i", {}, name), make("span", {}, `${n - 1}`)];
  return make("div", { class: side, "aria-hidden": true }, ...words);
}

export default mounted(Composed);
