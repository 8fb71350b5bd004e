// All weights of a large model stream past the tokens of a step, once, however many these are. Two
// clocks run: bytes fetched and operations done. The slider sets the tokens, first of one prompt,
// then of as many texts, each with a cache of its own. All times come from Python.

import { written } from "../shared/numerals";
import { grid, stepAt, waits, wedge, type Kind, type Step, type Times } from "./maths/streaming";
import type { Sent } from "./shared/drawing";
import { draw, say, set } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { counted, range, type Pair } from "./shared/numbers";
import "./streaming.css";

interface Data extends Record<Kind, Times>, Sent {
  alt: string;
  seconds: number;
  /** Milliseconds in which a clock goes round. */
  turn: number;
  counts: number[];
  /** Tokens after which each text is written on. */
  n_behind: number;
  weight_bytes: number;
  /** Of one text. */
  cache_bytes: number;
  n_layer: number;
  marked: [n: number, name: string][];
}

const BILLION = 1e9;
const RADIUS = 46; // of a clock
const [BOX_WIDE, BOX_HIGH, MOST] = [280, 88, 18]; // of the tokens, and the size of one
const BARS = 6; // layers on their way
const [LEFT, RIGHT, TOP, HIGH, AXIS] = [44, 12, 14, 170, 40]; // of the plot
const NAMED_AT = [22, 100]; // tokens
const TICKS = [1, 4, 22, 64, 295, 512];

class Streaming extends MovingDrawing<Data> {
  private readonly plot = this.watched<SVGSVGElement>("plot");
  private readonly choices = this.all(".choice button");
  private bars: { weights: SVGRectElement[]; caches: SVGRectElement[] } = {
    weights: [],
    caches: [],
  };
  private marks!: { tokens: SVGPathElement; caches: SVGPathElement; bracket: SVGPathElement };
  private dials: { weights: SVGPathElement; caches: SVGPathElement; operations: SVGPathElement }[] =
    [];
  private lines: Partial<Record<Kind, SVGGElement>> = {};
  private now: SVGGElement | null = null;
  private width = 0;

  protected override begin(): void {
    for (const button of this.choices)
      button.onclick = () => this.turnTo(button.dataset.kind as Kind);
    this.plot.onpointerdown = (event) => {
      this.plot.setPointerCapture?.(event.pointerId);
      this.drag(event);
    };
    this.plot.onpointermove = (event) => event.buttons && this.drag(event);
  }

  protected build(): void {
    const { counts, texts, seconds, alt, weight_bytes, n_behind } = this.data;
    this.part("scene").setAttribute("aria-label", alt);
    say(this.part("weights"), `weights: ${billions(weight_bytes)}`);
    say(this.part("about"), `A token that is written has ${counted(n_behind)} before it.`);
    this.buildFlow();
    this.dials = this.all(".dial").map((dial) => buildDial(dial as unknown as SVGSVGElement));
    this.wait(this.evenly(counts.length + texts.weights.length - 1, seconds, "smooth"), 0);
    this.place();
  }

  private buildFlow(): void {
    const layers = this.part<SVGSVGElement>("layers");
    layers.replaceChildren();
    const column = (x: number, name: string): SVGRectElement[] =>
      range(BARS).map(() => draw(layers, "rect", { x, width: 64, height: 9, rx: 2, class: name }));
    this.bars = { weights: column(118, "weights"), caches: column(214, "caches") };
    draw(layers, "text", { x: 108, y: 34 }).textContent = `${this.data.n_layer} layers,`;
    draw(layers, "text", { x: 108, y: 51 }).textContent = "one after the other";
    const tokens = this.part<SVGSVGElement>("tokens");
    tokens.replaceChildren();
    this.marks = {
      caches: draw(tokens, "path", { class: "caches" }),
      tokens: draw(tokens, "path"),
      bracket: draw(tokens, "path", { class: "bracket" }),
    };
  }

  /** As many tokens of the other kind. */
  private turnTo(kind: Kind): void {
    const { counts, texts } = this.data;
    const { i } = this.step;
    const last = texts.weights.length - 1;
    this.stopAt(kind === "prompt" ? i : counts.length + Math.min(i, last));
  }

  private drag({ clientX }: PointerEvent): void {
    const { counts } = this.data;
    const { kind } = this.step;
    const x = clientX - this.plot.getBoundingClientRect().left;
    const far = counts.map((n) => Math.abs(this.x(n) - x));
    const i = far.indexOf(Math.min(...far));
    const last = this.data[kind].weights.length - 1;
    this.stopAt((kind === "prompt" ? 0 : counts.length) + Math.min(i, last));
  }

  private get step(): Step {
    return stepAt(this.at, this.data.counts.length);
  }

  protected override landmarks(): Landmark[] {
    const { counts, marked } = this.data;
    const named = marked.map(([n, name]) => ({ at: counts.indexOf(n), name }));
    return [...named, { at: counts.length, name: "texts written" }];
  }

  // ------------------------------------------------------------ the plot

  private x(n: number): number {
    const most = this.data.counts.at(-1)!;
    return LEFT + ((this.width - LEFT - RIGHT) * Math.log(n)) / Math.log(most);
  }

  private y(ms: number): number {
    return TOP + HIGH * (1 - ms / this.data.turn);
  }

  protected override place(): void {
    this.width = this.plot.clientWidth;
    if (!this.width) return;
    const { plot, data } = this;
    const bottom = this.y(0);
    plot.replaceChildren();
    set(plot, { viewBox: `0 0 ${this.width} ${bottom + AXIS}`, height: bottom + AXIS });
    const axes = draw(plot, "g", { class: "axes" });
    for (const ms of [0, data.turn / 2, data.turn]) {
      const y = this.y(ms);
      draw(axes, "line", { x1: LEFT, x2: this.width - RIGHT, y1: y, y2: y });
      draw(axes, "text", { class: "ms", x: LEFT - 6, y }).textContent = `${ms} ms`;
    }
    for (const n of TICKS)
      draw(axes, "text", { x: this.x(n), y: bottom + 14 }).textContent = counted(n);
    const middle = (LEFT + this.width - RIGHT) / 2;
    draw(axes, "text", { x: middle, y: bottom + 32 }).textContent = "tokens of a step";
    this.lines = { prompt: this.drawLines("prompt"), texts: this.drawLines("texts") };
    this.now = draw(plot, "g", { class: "at" });
    this.again();
  }

  /** What a step takes, by its tokens. */
  private drawLines(kind: Kind): SVGGElement {
    const { counts } = this.data;
    const { weights, caches, operations } = this.data[kind];
    const group = draw(this.plot, "g");
    const curve = (ms: readonly number[]): Pair[] =>
      ms.map((t, i) => [this.x(counts[i]), this.y(t)]);
    const fetching = curve(weights.map((ms, i) => ms + caches[i]));
    const floor = curve(weights);
    if (kind === "texts")
      draw(group, "path", { class: "area", d: `${path([...fetching, ...floor.reverse()])}Z` });
    draw(group, "path", { class: "weights", d: path(curve(weights)) });
    draw(group, "path", { class: kind === "texts" ? "caches" : "weights", d: path(fetching) });
    draw(group, "path", { class: "operations", d: path(curve(operations)) });
    const name = (words: string, which: string, [x, y]: Pair, by: Pair): void => {
      draw(group, "text", { class: which, x: x + by[0], y: y + by[1] }).textContent = words;
    };
    const [early, late] = NAMED_AT.map((n) => counts.findIndex((other) => other >= n));
    name("weights fetched", "weights", [LEFT, this.y(weights[0])], [6, -10]);
    name("operations", "operations", curve(operations)[early], [0, -12]);
    if (kind === "texts") name("with the caches", "caches end", fetching[late], [-8, -8]);
    return group;
  }

  // ------------------------------------------------------------ drawn at every moment

  protected show(at: number): string {
    const { data } = this;
    const { kind, i } = this.step;
    const n = data.counts[i];
    const [weights, caches, operations] = (["weights", "caches", "operations"] as const).map(
      (name) => data[kind][name][i],
    );
    const fetching = weights + caches;
    for (const button of this.choices)
      set(button, { "aria-pressed": button.dataset.kind === kind });
    say(this.part("caches"), kind === "texts" ? `caches: ${billions(n * data.cache_bytes)}` : "");
    say(this.part("used"), `each weight is used ${n === 1 ? "once" : `${counted(n)} times`}`);
    this.drawFlow(kind, n, at);
    this.drawDials(weights, caches, operations);
    const late = waits(fetching, operations);
    say(this.part("verdict"), late ? `the ${late} waits` : "neither waits");
    this.drawNow(kind, n, fetching, operations);
    const what = kind === "prompt" ? prompt(n) : `${counted(n)} text${n > 1 ? "s" : ""}`;
    const took = `fetching takes ${ms(fetching)}, and the operations ${ms(operations)}`;
    return `${what}: ${took}, so ${late ? `the ${late} waits` : "neither waits"}.`;
  }

  private drawFlow(kind: Kind, n: number, at: number): void {
    const passed = this.plays ? (3 * at) % 1 : 0;
    for (const column of [this.bars.weights, this.bars.caches])
      column.forEach((bar, k) => {
        const y = 17 * (k + passed) - 6;
        set(bar, { y, "fill-opacity": (0.2 + (0.6 * (y + 6)) / 104).toFixed(2) });
      });
    for (const bar of this.bars.caches) bar.toggleAttribute("hidden", kind === "prompt");
    const [[columns, rows], size] = grid(n, BOX_WIDE, BOX_HIGH, MOST);
    const [left, top] = [150 - (columns * size) / 2, 4 + (BOX_HIGH - rows * size) / 2];
    const places = range(n).map(
      (k): Pair => [left + size * (k % columns), top + size * Math.floor(k / columns)],
    );
    const one = kind === "prompt" ? square : circle;
    set(this.marks.tokens, { class: kind, d: places.map((at) => one(at, size)).join("") });
    set(this.marks.caches, {
      d: kind === "texts" ? places.map((at) => tail(at, size)).join("") : "",
    });
    const y = top + rows * size + 3;
    const d = kind === "prompt" ? `M${left} ${y}v4h${columns * size}v-4` : "";
    set(this.marks.bracket, { d });
  }

  private drawDials(weights: number, caches: number, operations: number): void {
    const { turn } = this.data;
    const [fetched, done] = this.dials;
    set(fetched.weights, { d: wedge(0, weights / turn, RADIUS) });
    set(fetched.caches, { d: wedge(weights / turn, (weights + caches) / turn, RADIUS) });
    set(done.operations, { d: wedge(0, operations / turn, RADIUS) });
    const took = [weights + caches, operations];
    this.all(".took").forEach((one, i) => say(one, ms(took[i])));
    this.all("figure").forEach((figure, i) =>
      figure.classList.toggle("slower", took[i] >= Math.max(...took)),
    );
  }

  private drawNow(kind: Kind, n: number, fetching: number, operations: number): void {
    const { now } = this;
    if (!now) return;
    for (const [name, group] of Object.entries(this.lines))
      group.toggleAttribute("hidden", name !== kind);
    now.replaceChildren();
    const x = this.x(n);
    draw(now, "line", { x1: x, x2: x, y1: TOP, y2: this.y(0) });
    draw(now, "circle", {
      class: kind === "texts" ? "caches" : "weights",
      cx: x,
      cy: this.y(fetching),
      r: 5,
    });
    draw(now, "circle", { class: "operations", cx: x, cy: this.y(operations), r: 5 });
  }
}

function buildDial(dial: SVGSVGElement): Streaming["dials"][number] {
  dial.replaceChildren();
  const [weights, caches, operations] = ["weights", "caches", "operations"].map((name) =>
    draw(dial, "path", { class: name }),
  );
  draw(dial, "circle", { class: "ring", r: RADIUS });
  for (const tick of range(10)) {
    const turned = { y1: -RADIUS, y2: 5 - RADIUS, transform: `rotate(${36 * tick})` };
    draw(dial, "line", { class: "tick", ...turned });
  }
  return { weights, caches, operations };
}

const prompt = (n: number): string =>
  n === 1 ? "One token" : `${counted(n)} tokens of one prompt`;

const billions = (bytes: number): string => `${written(bytes / BILLION, 2)} billion bytes`;

const ms = (number: number): string => `${written(number, 2)} ms`;

const GAP = 0.16; // of a mark's size, on every side

function square([x, y]: Pair, size: number): string {
  const side = size * (1 - 2 * GAP);
  return `M${fixed(x + GAP * size)} ${fixed(y + GAP * size)}h${fixed(side)}v${fixed(side)}h${fixed(-side)}z`;
}

const ROUND = 0.52; // of the size, beside the cache

function circle([x, y]: Pair, size: number): string {
  const [left, wide] = [x + (1 - GAP / 2 - ROUND) * size, ROUND * size];
  const arc = `a${fixed(wide / 2)} ${fixed(wide / 2)} 0 1 0`;
  return `M${fixed(left)} ${fixed(y + size / 2)}${arc} ${fixed(wide)} 0${arc} ${fixed(-wide)} 0z`;
}

/** The cache of a text, beside its token. */
function tail([x, y]: Pair, size: number): string {
  const high = fixed(size * (1 - 2 * GAP));
  const wide = fixed(0.2 * size);
  return `M${fixed(x + GAP * size)} ${fixed(y + GAP * size)}h${wide}v${high}h-${wide}z`;
}

const fixed = (x: number): string => x.toFixed(1);

const path = (points: readonly Pair[]): string =>
  `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;

export default mounted(Streaming);
