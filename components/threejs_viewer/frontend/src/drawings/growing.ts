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

const NARROW = 560; // pixels; on less, so many numbers of a line are drawn as have room
const FEW = 16;

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
  /** So many numbers of a line have room. */
  drawn: number;
  map: HeatMap;
}

/** Tokens read so far, a bar each way. */
interface Bar {
  row: HTMLElement;
  button: HTMLElement;
  count: HTMLElement;
}

class Growing extends MovingDrawing<Data> {
  private readonly frame = this.coloured(this.watched("maps"));
  private narrow = false;
  private cached = true;
  private steps!: Steps;
  private strip!: Strip;
  private rows!: Strip;
  private maps!: Record<Name, Shown>;
  /** By step and token. */
  private cells: SVGRectElement[][] = [];
  private bars!: { cached: Bar; anew: Bar };
  /** What says that no query is kept. */
  private readonly unkept = make("span", { class: "unkept" }, "not kept");
  private sparing!: HTMLElement;
  /** The token under the hand or the focus. */
  private pointed: number | null = null;

  protected override recolour(): void {
    this.again();
  }

  protected build(): void {
    const { tokens, n_prompt, seconds } = this.data;
    this.steps = stepsOf(tokens.length, n_prompt);
    this.strip = new Strip(this.part("strip"), tokens);
    this.pointed = null;
    this.bars = { cached: this.buildBar("with"), anew: this.buildBar("none") };
    this.part("tally").replaceChildren(this.bars.cached.row, this.bars.anew.row);
    this.layOut();
    this.playOnce(this.evenly(this.steps.n_step, seconds));
  }

  private buildBar(cache: "with" | "none"): Bar {
    const words = cache === "with" ? "with a cache" : "without";
    const button = make("button", { type: "button", "data-cache": cache }, words);
    button.onclick = () => {
      this.cached = cache === "with";
      this.again();
    };
    const count = make("b");
    return { row: make("div", { class: "bar" }, button, make("i"), count), button, count };
  }

  // ------------------------------------------------------------ by the width of the page

  protected override place(): void {
    if (!this.maps || this.isNarrow() === this.narrow) return;
    this.layOut();
    this.again();
  }

  private isNarrow(): boolean {
    const { clientWidth } = this.frame;
    return clientWidth > 0 && clientWidth < NARROW;
  }

  private layOut(): void {
    const { frame } = this;
    const { tokens, layer, head, alt } = this.data;
    this.narrow = this.isNarrow();
    frame.setAttribute("aria-label", alt);
    frame.style.setProperty("--rows", String(tokens.length));
    const rows = make("div", { class: "rows" });
    this.rows = new Strip(rows, tokens);
    this.rows.pointedAt((token) => this.point(token));
    this.maps = { k: this.shown("k"), v: this.shown("v"), q: this.shown("q") };
    this.maps.q.map.box.append(this.unkept);
    const { width, drawn } = this.maps.k;
    const part = drawn < width ? `; ${drawn} of the ${width} numbers of a line` : "";
    const where = `One of the network’s heads: layer ${layer}, head ${head}${part}.`;
    const heads = [
      ...names.map((name) => headOf(...HEADS[name])),
      headOf("Tokens read", "step by step →"),
    ];
    const maps = names.map((name) => this.maps[name].map.box);
    this.sparing = meaning("spared", "not read again");
    frame.replaceChildren(
      make("div"),
      ...heads,
      rows,
      ...maps,
      this.plan(),
      make(
        "div",
        { class: "legend signs" },
        meaning("negative", "below 0"),
        meaning("positive", "above 0"),
      ),
      make("div", { class: "where" }, where),
      make(
        "div",
        { class: "legend reads" },
        meaning("now", "now"),
        meaning("read", "earlier"),
        this.sparing,
      ),
    );
  }

  private shown(name: Name): Shown {
    const [lines, room] = [signedBytes(this.data[name]), this.data.tokens.length];
    const width = lines.length / room;
    const drawn = this.narrow ? Math.min(FEW, width) : width;
    const map = new HeatMap(room, drawn);
    map.box.onpointermove = ({ clientY }) => {
      const { top, height } = map.box.getBoundingClientRect();
      this.point(clamp(Math.floor((room * (clientY - top)) / height), 0, room - 1));
    };
    map.box.onpointerleave = () => this.point(null);
    return { lines, width, drawn, map };
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
    this.strip.grow(length);
    this.rows.grow(length);
    const only = this.pointed !== null && this.pointed < length ? this.pointed : null;
    for (const row of [this.strip, this.rows]) row.only(only);
    for (const { map } of Object.values(this.maps)) map.only = only;
    for (const name of ["k", "v"] as const) {
      this.maps[name].map.show(beginnings(this.maps[name], 0, length), first, 0, length - first);
    }
    const { q } = this.maps;
    q.map.show(beginnings(q, first, length), first, first, length - first);
    q.map.spare(first);
    this.unkept.hidden = first === 0;
    this.cells.forEach((column, i) => this.drawStep(column, i + 1, step));
    this.drawBars(step);
    this.sparing.hidden = !cached;
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
      set(bar.button, { "aria-pressed": way === cached });
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

function meaning(kind: string, words: string): HTMLElement {
  return make("span", {}, make("i", { class: kind }), words);
}

/** Of lines `first` to `end`, the numbers that are drawn. */
function beginnings({ lines, width, drawn }: Shown, first: number, end: number): number[] {
  return range(end - first).flatMap((i) => {
    const begin = (first + i) * width;
    return [...lines.subarray(begin, begin + drawn)];
  });
}

export default mounted(Growing);
