// A text is written step by step: each adds a line to K and V and asks one query, which is used once.
// Beside them stands which tokens each step reads, and what a cache spares is pale. A switch takes the
// cache away. All lines come from Python.

import { make } from "../shared/dom";
import "./growing.css";
import { firstRead, readBy, stepsOf, there, type Steps } from "./maths/growing";
import type { Sent } from "./shared/drawing";
import { draw, say, set, setShare } from "./shared/elements";
import { HeatMap, Strip } from "./shared/lines";
import { landmarksOf, type Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { clamp, percent, range, signedBytes } from "./shared/numbers";

type Name = "k" | "v" | "q";

const HEADS: Record<Name, [letter: string, meaning: string]> = {
  k: ["K", "keys"],
  v: ["V", "values"],
  q: ["q", "queries"],
};
const names = Object.keys(HEADS) as Name[];

interface Data extends Record<Name, string>, Sent {
  tokens: string[];
  n_prompt: number;
  /** Of the network, that are drawn. */
  layer: number;
  head: number;
  alt: string;
  /** How long the text is written. */
  seconds: number;
}

interface Shown {
  lines: Int8Array;
  width: number;
  map: HeatMap;
}

/** Tokens read so far, a bar each way. */
interface Bar {
  row: HTMLElement;
  count: HTMLElement;
}

class Growing extends MovingDrawing<Data> {
  private readonly frame = this.coloured(this.part("maps"));
  private readonly choices = this.all(".choice button");
  private cached = true;
  private steps!: Steps;
  private strip!: Strip;
  private rows!: Strip;
  private maps!: Record<Name, Shown>;
  /** By step and token. */
  private cells: SVGRectElement[][] = [];
  private bars!: { cached: Bar; anew: Bar };
  /** The token under the hand or the focus. */
  private pointed: number | null = null;

  protected override begin(): void {
    for (const button of this.choices)
      button.onclick = () => {
        this.cached = button.dataset.cache === "with";
        this.again();
      };
  }

  protected override recolour(): void {
    this.again();
  }

  protected build(): void {
    const { frame } = this;
    const { tokens, n_prompt, layer, head, alt, seconds } = this.data;
    this.steps = stepsOf(tokens.length, n_prompt);
    frame.setAttribute("aria-label", alt);
    frame.style.setProperty("--rows", String(tokens.length));
    say(this.part("where"), `One of the network’s heads is drawn: layer ${layer}, head ${head}.`);
    const rows = make("div", { class: "rows" });
    this.strip = new Strip(this.part("strip"), tokens);
    this.rows = new Strip(rows, tokens);
    this.rows.pointedAt((token) => this.point(token));
    this.pointed = null;
    this.maps = { k: this.shown("k"), v: this.shown("v"), q: this.shown("q") };
    const heads = [
      ...names.map((name) => headOf(...HEADS[name])),
      headOf("Tokens read", "step by step →"),
    ];
    const maps = names.map((name) => this.maps[name].map.box);
    frame.replaceChildren(make("div"), ...heads, rows, ...maps, this.plan());
    this.bars = { cached: barOf("with a cache"), anew: barOf("without") };
    this.part("tally").replaceChildren(
      make("div", { class: "title" }, "Tokens read so far"),
      this.bars.cached.row,
      this.bars.anew.row,
    );
    this.playOnce(this.evenly(this.steps.n_step, seconds));
  }

  private shown(name: Name): Shown {
    const [lines, room] = [signedBytes(this.data[name]), this.data.tokens.length];
    const width = lines.length / room;
    const map = new HeatMap(room, width);
    map.box.onpointermove = ({ clientY }) => {
      const { top, height } = map.box.getBoundingClientRect();
      this.point(clamp(Math.floor((room * (clientY - top)) / height), 0, room - 1));
    };
    map.box.onpointerleave = () => this.point(null);
    return { lines, width, map };
  }

  /** A column for each step, a row for each token that is there. */
  private plan(): SVGSVGElement {
    const { steps } = this;
    const plan = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const box = `0 0 ${steps.n_step} ${this.data.tokens.length}`;
    set(plan, { class: "plan", viewBox: box, preserveAspectRatio: "none", "aria-hidden": true });
    this.cells = range(steps.n_step).map((column) =>
      range(there(steps, column + 1)).map((row) =>
        draw(plan, "rect", { x: column + 0.06, y: row + 0.08, width: 0.88, height: 0.84 }),
      ),
    );
    return plan;
  }

  /** One token, and how strong its lines are. */
  private point(token: number | null): void {
    if (token === this.pointed) return;
    this.pointed = token;
    this.again();
  }

  protected override letGo(): void {
    this.pointed = null;
    this.cached = true;
  }

  /** A token stands in the text once the step before has written it. */
  protected override landmarks(): Landmark[] {
    const { n_prompt } = this.steps;
    return landmarksOf(this.data.tokens).map(({ at, name }) => ({ at: at - n_prompt + 1, name }));
  }

  protected show(step: number): string {
    const { steps, cached } = this;
    const length = there(steps, step);
    const first = firstRead(steps, step, cached);
    for (const button of this.choices)
      set(button, { "aria-pressed": (button.dataset.cache === "with") === cached });
    this.strip.grow(length);
    this.rows.grow(length);
    const only = this.pointed !== null && this.pointed < length ? this.pointed : null;
    for (const row of [this.strip, this.rows]) row.only(only);
    for (const { map } of Object.values(this.maps)) map.only = only;
    for (const name of ["k", "v"] as const) {
      const { lines, width, map } = this.maps[name];
      map.show(lines.subarray(0, length * width), first, 0, length - first);
    }
    const { lines, width, map } = this.maps.q;
    map.show(lines.subarray(first * width, length * width), first, first, length - first);
    map.spare(first);
    this.cells.forEach((column, i) => this.drawStep(column, i + 1, step));
    this.drawBars(step);
    this.part("sparing").hidden = !cached;
    return !this.plays && only !== null ? this.saidOf(only) : this.told(step);
  }

  private drawStep(column: readonly SVGRectElement[], step: number, now: number): void {
    const first = firstRead(this.steps, step, this.cached);
    column.forEach((cell, token) => {
      const kind = step > now ? "later" : token < first ? "spared" : step === now ? "now" : "read";
      set(cell, { class: kind });
    });
  }

  private drawBars(step: number): void {
    const { steps, cached } = this;
    const most = readBy(steps, steps.n_step, false);
    for (const [bar, way] of [
      [this.bars.cached, true],
      [this.bars.anew, false],
    ] as const) {
      const n = readBy(steps, step, way);
      setShare(bar.row, "--share", n / most);
      say(bar.count, String(n));
      bar.row.classList.toggle("chosen", way === cached);
    }
  }

  private saidOf(token: number): string {
    const [key, value] = (["k", "v"] as const).map((name) => {
      const { lines, width } = this.maps[name];
      const line = lines.subarray(token * width, (token + 1) * width);
      return percent(Math.max(...line.map(Math.abs)) / 127);
    });
    const where = `Token ${token + 1}, “${this.data.tokens[token]}”: its line reaches`;
    return `${where} ${key} of the largest number in K, and ${value} in V.`;
  }

  private told(step: number): string {
    const { steps, cached } = this;
    const [length, first] = [there(steps, step), firstRead(steps, step, cached)];
    const where = `Step ${step} of ${steps.n_step}`;
    const [mine, other] = [readBy(steps, step, cached), readBy(steps, step, !cached)];
    if (step === 1) return `${where}: the prompt is read, ${length} tokens at once.`;
    const count = `So far ${mine} tokens are read; ${cached ? "without a cache" : "with one"} ${other}.`;
    const newest = `“${this.data.tokens[length - 1]}”`;
    if (!cached)
      return `${where}: all ${length} tokens are read again, for ${newest} is new. ${count}`;
    return `${where}: ${newest} alone is read, and ${first} lines of K and V are kept. ${count}`;
  }
}

function headOf(letter: string, meaning: string): HTMLElement {
  return make("div", { class: "head" }, make("b", {}, letter), ` ${meaning}`);
}

function barOf(name: string): Bar {
  const count = make("b");
  const row = make("div", { class: "bar" }, make("span", {}, name), make("i"), count);
  return { row, count };
}

export default mounted(Growing);
