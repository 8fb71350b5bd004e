// FlashAttention walks over the table of scores, a block at a time, and keeps no block: what lies in
// fast memory meanwhile, and how much is moved between it and slow memory.

import {
  BEFORE,
  blocks,
  firsts,
  held,
  landmarksIn,
  later,
  PARTS,
  steps,
  told,
  type Span,
  type Step,
  type Walk,
} from "./maths/tiles";
import type { Sent } from "./shared/drawing";
import { draw, partsOf, set, setShare } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { counted } from "./shared/numbers";
import "./tiles.css";

// In units of the drawing; CSS says how large they are.
const [LEFT, TOP, SIDE] = [50, 46, 336]; // of the table
const [WIDTH, HEIGHT] = [LEFT + SIDE + 20, TOP + SIDE + 18];
const [STRIP, GAP] = [9, 4]; // a matrix at the edge, and the gap before it
const HATCH = 6; // from stroke to stroke
const [LINE, WORD] = [14, 40]; // room of a number at the edge: down, and across

interface Data extends Walk, Sent {
  alt: string;
  /** For so many numbers fast memory has room. */
  fast: number;
  /** Of each token, or none. */
  labels: string[];
  /** How long the walk takes. */
  seconds: number;
}

const UPRIGHT = { y: TOP, width: STRIP, height: SIDE };
const LYING = { x: LEFT, width: SIDE, height: STRIP };

/** Where the whole of each matrix stands. */
const EDGES = {
  query: { ...UPRIGHT, x: LEFT - GAP - STRIP },
  key: { ...LYING, y: TOP - 2 * (GAP + STRIP) },
  value: { ...LYING, y: TOP - GAP - STRIP },
  output: { ...UPRIGHT, x: LEFT + SIDE + GAP },
};
type Edge = keyof typeof EDGES;

const BEFORE_TABLE = EDGES.query.x + STRIP / 2;
const BELOW_TABLE = TOP + SIDE + 11;
const LETTERS: [letter: string, x: number, y: number][] = [
  ["Q", BEFORE_TABLE, BELOW_TABLE],
  ["K", BEFORE_TABLE, EDGES.key.y + STRIP / 2],
  ["V", BEFORE_TABLE, EDGES.value.y + STRIP / 2],
  ["O", EDGES.output.x + STRIP / 2, BELOW_TABLE],
];

class Tiles extends MovingDrawing<Data> {
  private readonly plan = this.part<SVGSVGElement>("plan");
  private readonly moved = partsOf(this.part("moved"));
  /** Of each part of fast memory: its line of the list, and its piece of the bar. */
  private readonly lines = PARTS.map((name) => partsOf(this.all(`tr.${name}`)[0]));
  private readonly pieces = PARTS.map((name) => this.all(`.fast .${name}`)[0]);
  private steps: Step[] = [];
  private blocks: SVGRectElement[] = [];
  /** So many blocks are marked as computed. */
  private shown = 0;
  /** What of O is in slow memory. */
  private done!: SVGRectElement;
  /** What of each matrix is in fast memory. */
  private lit!: Record<Edge, SVGRectElement>;

  /** Other blocks are shown at their end: who changes them looks for what that makes of it. */
  protected override rebuild(): void {
    this.build();
    this.rest();
  }

  // ------------------------------------------------------------ built once

  protected build(): void {
    const { plan, data } = this;
    this.steps = steps(data);
    plan.replaceChildren();
    set(plan, { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-label": data.alt });
    this.buildTable();
    this.buildEdges();
    if (data.labels.length) this.buildLabels();
    else this.buildNumbers();
    this.part("skipped").hidden = !data.causal;
    this.part("room").textContent = counted(data.fast);
    for (const way of ["plain", "flash"] as const) this.moved(way).textContent = counted(data[way]);
    setShare(this.moved("mark"), "--size", this.share(data.plain));
    setShare(this.moved("end"), "--size", this.share(data.flash));
    this.playOnce(this.evenly(this.steps.length, data.seconds));
  }

  private buildTable(): void {
    const { n_query, n_key, rows, columns, causal } = this.data;
    this.shown = 0;
    this.blocks = this.steps.map(({ queries, keys }) =>
      draw(this.plan, "rect", { class: "block", ...this.down(queries), ...this.across(keys) }),
    );
    const lines = [
      ...blocks(n_query, rows).map(([begin]) => `M${LEFT} ${this.y(begin)}h${SIDE}`),
      ...blocks(n_key, columns).map(([begin]) => `M${this.x(begin)} ${TOP}v${SIDE}`),
    ];
    draw(this.plan, "path", { class: "grid", d: lines.join("") });
    if (causal) draw(this.plan, "path", { class: "hatch", d: this.hatching() });
    draw(this.plan, "rect", { class: "frame", x: LEFT, y: TOP, width: SIDE, height: SIDE });
  }

  private hatching(): string {
    const { n_key } = this.data;
    const strokes = later(n_key, (HATCH * n_key) / SIDE).map((ends) =>
      ends.map(([x, y]) => `${this.x(x).toFixed(2)} ${this.y(y).toFixed(2)}`),
    );
    return strokes.map(([from, to]) => `M${from}L${to}`).join("");
  }

  private buildEdges(): void {
    for (const box of Object.values(EDGES)) draw(this.plan, "rect", { class: "slow", ...box });
    this.done = draw(this.plan, "rect", { class: "done", ...EDGES.output });
    const lit = Object.entries(EDGES).map(([edge, box]) => [
      edge,
      draw(this.plan, "rect", { class: `lit ${edge}`, ...box }),
    ]);
    this.lit = Object.fromEntries(lit) as typeof this.lit;
    for (const [letter, x, y] of LETTERS) this.write(letter, "letter", x, y);
  }

  private buildLabels(): void {
    this.data.labels.forEach((label, i) => {
      this.writeLeft(label, this.y(i + 0.5));
      this.writeAbove(label, "label", this.x(i + 0.5));
    });
  }

  /** Of the first token of a block, as far as there is room. */
  private buildNumbers(): void {
    const { n_query, n_key, rows, columns } = this.data;
    for (const i of firsts(n_query, rows, (LINE * n_query) / SIDE))
      this.writeLeft(String(i + 1), this.y(i) + LINE / 2);
    for (const j of firsts(n_key, columns, (WORD * n_key) / SIDE))
      this.writeAbove(String(j + 1), "number", this.x(j));
  }

  private writeLeft(text: string, y: number): void {
    this.write(text, "token", EDGES.query.x - GAP, y);
  }

  private writeAbove(text: string, kind: "label" | "number", x: number): void {
    this.write(text, kind, x, EDGES.key.y - 8);
  }

  private write(text: string, kind: string, x: number, y: number): void {
    draw(this.plan, "text", { class: kind, x, y }).textContent = text;
  }

  // ------------------------------------------------------------ where a token stands

  private x(key: number): number {
    return LEFT + (SIDE * key) / this.data.n_key;
  }

  private y(query: number): number {
    return TOP + (SIDE * query) / this.data.n_query;
  }

  private across([begin, end]: Span): Record<"x" | "width", number> {
    return { x: this.x(begin), width: this.x(end) - this.x(begin) };
  }

  private down([begin, end]: Span): Record<"y" | "height", number> {
    return { y: this.y(begin), height: this.y(end) - this.y(begin) };
  }

  // ------------------------------------------------------------ drawn at every moment

  protected override landmarks(): Landmark[] {
    return landmarksIn(this.steps);
  }

  /** After so many blocks. */
  protected show(moment: number): string {
    const step = this.steps[moment - 1] ?? BEFORE;
    this.drawBlocks(moment);
    this.drawEdges(step);
    this.drawHeld(step);
    this.drawMoved(step);
    return told(this.data, this.steps, moment);
  }

  /** None has changed but those that were computed since the last moment shown, or from it back. */
  private drawBlocks(moment: number): void {
    const from = Math.max(Math.min(this.shown, moment) - 1, 0);
    this.blocks.slice(from, Math.max(this.shown, moment)).forEach((block, i) => {
      block.classList.toggle("made", from + i < moment - 1);
      block.classList.toggle("now", from + i === moment - 1);
    });
    this.shown = moment;
  }

  private drawEdges({ queries, keys, written }: Step): void {
    for (const edge of ["query", "output"] as const) set(this.lit[edge], this.down(queries));
    for (const edge of ["key", "value"] as const) set(this.lit[edge], this.across(keys));
    set(this.done, this.down([0, written / (this.data.d_value + 1)]));
  }

  private drawHeld(step: Step): void {
    const parts = held(step, this.data);
    let total = 0;
    PARTS.forEach((name, i) => {
      const [n, size] = parts[name];
      total += n * size;
      this.lines[i]("shape").textContent = `${counted(n)} × ${counted(size)}`;
      this.lines[i]("count").textContent = counted(n * size);
      setShare(this.pieces[i], "--size", (n * size) / this.data.fast);
    });
    this.part("total").textContent = counted(total);
  }

  private drawMoved({ read, written }: Step): void {
    for (const [name, numbers] of Object.entries({ read, written })) {
      setShare(this.moved(name), "--size", this.share(numbers));
      this.moved(`n_${name}`).textContent = counted(numbers);
    }
    this.moved("together").textContent = counted(read + written);
    const past = read + written > this.data.plain;
    this.moved("past").textContent = past ? "More than plain attention moves in all." : "";
  }

  /** Of the longer of both ways. */
  private share(numbers: number): number {
    return numbers / Math.max(this.data.flash, this.data.plain);
  }
}

export default mounted(Tiles);
