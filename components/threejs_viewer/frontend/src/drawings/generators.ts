// One text written twice, without a cache and with one: which cells of the network are computed for
// each token, and what that took. The seconds were measured beforehand; here they are added up.

import { make } from "../shared/dom";
import "./generators.css";
import {
  columns,
  measured,
  slowed,
  times,
  timesPushed,
  totals,
  type Moment,
  type Totals,
  type Writing,
} from "./maths/generators";
import type { Sent } from "./shared/drawing";
import { draw, partsOf, set, type Part } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { counted, range } from "./shared/numbers";
import { timed } from "./shared/schedule";
import { ACROSS, steppedThrough } from "./shared/stepped";

const [LEFT, TOP] = [16, 20]; // of the cells: numbers of layers, names of the text's two parts
const [ROW, GAP] = [12, 1];
const PART_GAP = 4; // between prompt and written
const [BARS_TOP, BARS] = [8, 48]; // below the cells
const PLAYED = 6; // at least so many seconds, as measured
const PACE = 5; // tokens a second, together

const ASIDE = 0.25; // opacity of tokens that are not pointed at

type Mode = "measured" | "together";

interface Data extends Sent {
  tokens: string[];
  n_given: number;
  n_layer: number;
  sides: (Writing & { title: string })[];
  alt: string;
}

/** A token's cells, one for each layer, and how often it was read. */
interface Column {
  group: SVGGElement;
  cells: SVGRectElement[];
  bar: SVGRectElement;
}

interface Side {
  cells: SVGSVGElement;
  layers: SVGTextElement[];
  parts: { line: SVGLineElement; name: SVGTextElement }[];
  columns: Column[];
  most: SVGTextElement;
  tokens: HTMLElement[];
  part: Part;
}

class Generators extends MovingDrawing<Data> {
  private readonly buttons = this.all("[data-mode]");
  private sides: Side[] = [];
  private moments: Record<Mode, Moment[]> = { measured: [], together: [] };
  private slow = 1;
  private mode: Mode = "measured";
  private moment: Moment = { seconds: 0, written: [0, 0] };
  private width = 0;
  /** The token under the hand or the focus. */
  private pointed: number | null = null;

  protected override begin(): void {
    this.watch(this.part("cells"));
    for (const button of this.buttons)
      button.onclick = () => this.turnTo(button.dataset["mode"] as Mode);
  }

  // ------------------------------------------------------------ built once

  protected build(): void {
    const { sides } = this.data;
    this.moments = {
      measured: measured(sides),
      together: range(this.steps() + 1).map((n) => ({ seconds: n / PACE, written: [n, n] })),
    };
    this.slow = slowed(this.moments.measured.at(-1)!.seconds, PLAYED);
    this.sides = this.all(".side").map((figure, i) => this.buildSide(figure, sides[i].title));
    this.place();
    this.start(this.moments[this.mode].length - 1);
  }

  private buildSide(figure: HTMLElement, title: string): Side {
    const { tokens, n_layer } = this.data;
    const part = partsOf(figure);
    part("title").textContent = title;
    const cells = part<SVGSVGElement>("cells");
    cells.replaceChildren();
    const layers = range(n_layer).map((layer) => {
      const name = draw(cells, "text", { class: "layer", x: LEFT - 5, y: this.y(layer) + ROW / 2 });
      name.textContent = String(layer);
      return name;
    });
    const parts = ["prompt", "written"].map((words) => {
      const line = draw(cells, "line", { class: "part", y1: TOP - 3, y2: TOP - 3 });
      const name = draw(cells, "text", { class: "name", y: TOP - 8 });
      name.textContent = words;
      return { line, name };
    });
    const pointsAt = (mark: HTMLElement | SVGElement, token: number): void => {
      mark.onpointerenter = mark.onfocus = () => this.point(token);
      mark.onpointerleave = mark.onblur = () => this.point(null);
    };
    const written = tokens.map((token) => make("span", {}, token));
    const built = tokens.map((_, token): Column => {
      const group = draw(cells, "g");
      pointsAt(group, token);
      group.onclick = () => written[token].focus(); // a finger that is lifted leaves
      const own = range(n_layer).map((layer) =>
        draw(group, "rect", { class: "cell", y: this.y(layer), height: ROW - GAP }),
      );
      const bar = draw(group, "rect", { class: "bar", y: this.barsTop() });
      return { group, cells: own, bar };
    });
    const most = draw(cells, "text", { class: "most" });
    written.forEach(pointsAt);
    steppedThrough(written, ACROSS);
    part("text").replaceChildren(...written);
    return { cells, layers, parts, columns: built, most, tokens: written, part };
  }

  /** The first layer is the lowest. */
  private y(layer: number): number {
    return TOP + (this.data.n_layer - 1 - layer) * ROW;
  }

  private barsTop(): number {
    return TOP + this.data.n_layer * ROW + BARS_TOP;
  }

  /** The height of one for so many times. */
  private bar(times: number): number {
    return (BARS * times) / this.steps();
  }

  private steps(): number {
    return this.data.tokens.length - this.data.n_given;
  }

  // ------------------------------------------------------------ where all stands

  protected override place(): void {
    this.width = this.sides[0].cells.clientWidth;
    if (!this.width) return;
    this.sides.forEach((side) => this.placeSide(side));
  }

  private placeSide({ cells, parts, columns, most }: Side): void {
    const { tokens, n_given } = this.data;
    const height = this.barsTop() + BARS;
    set(cells, { viewBox: `0 0 ${this.width} ${height}`, height });
    const unit = (this.width - LEFT) / tokens.length;
    const gap = Math.min(GAP, unit / 5);
    const x = (token: number): number => LEFT + token * unit;
    columns.forEach(({ cells: own, bar }, token) => {
      for (const shape of [...own, bar]) set(shape, { x: x(token), width: unit - gap });
    });
    const ends = [0, n_given, tokens.length];
    parts.forEach(({ line, name }, i) => {
      set(line, { x1: x(ends[i]), x2: x(ends[i + 1]) - PART_GAP });
      set(name, { x: x(ends[i]) });
    });
    set(most, { x: this.width });
  }

  // ------------------------------------------------------------ drawn at every moment

  private start(at: number): void {
    const pace = this.mode === "measured" ? this.slow : 1;
    for (const button of this.buttons)
      set(button, { "aria-pressed": button.dataset["mode"] === this.mode });
    this.part("pace").textContent = this.pace();
    this.wait(timed(this.moments[this.mode].map(({ seconds }) => pace * seconds)), at);
  }

  /** Where a side has written its answer. */
  protected override landmarks(): Landmark[] {
    const moments = this.moments[this.mode];
    return this.data.sides
      .map(({ title }, side) => ({
        at: moments.findIndex(({ written }) => written[side] === this.steps()),
        name: `${title.toLowerCase()}: done`,
      }))
      .sort((one, other) => one.at - other.at);
  }

  private pace(): string {
    if (this.mode === "together") return `${PACE} tokens a second on both sides`;
    return this.slow === 1 ? "at the measured speed" : `${this.slow} times slower than measured`;
  }

  /** To the first moment at which the slower side has written as many tokens as now. */
  private turnTo(mode: Mode): void {
    const least = Math.min(...this.moment.written);
    this.mode = mode;
    this.start(this.moments[mode].findIndex(({ written }) => Math.min(...written) >= least));
  }

  /** One token on both sides, and how often each has read it. */
  private point(token: number | null): void {
    this.pointed = token;
    for (const { columns: drawn, tokens } of this.sides) {
      drawn.forEach(({ group }, i) => set(group, { opacity: this.isAside(i) ? ASIDE : 1 }));
      tokens.forEach((one, i) => (one.style.opacity = this.isAside(i) ? String(ASIDE) : ""));
    }
    if (!this.plays) this.again();
  }

  private isAside(token: number): boolean {
    return this.pointed !== null && token !== this.pointed;
  }

  protected override letGo(): void {
    this.point(null);
  }

  private saidOfToken(token: number): string {
    const { n_given, tokens, sides } = this.data;
    const read = sides.map((side, i) => {
      const n = timesPushed(side, n_given, this.moment.written[i], tokens.length)[token];
      return `${side.title.toLowerCase()} ${n === 1 ? "once" : `${n} times`}`;
    });
    return `Token ${token + 1}, “${tokens[token]}”, is read ${read.join(", ")}.`;
  }

  protected show(at: number): string {
    this.moment = this.moments[this.mode][at];
    const { written, seconds } = this.moment;
    const { sides } = this.data;
    const sums = sides.map((side, i) => totals(side, written[i]));
    this.sides.forEach((side, i) => this.drawSide(side, sides[i], written[i]));
    this.sides.forEach(({ part }, i) => {
      const whole = totals(sides[i], this.steps()).seconds;
      const running = this.mode === "measured" ? Math.min(seconds, whole) : sums[i].seconds;
      part("pushed").textContent = counted(sums[i].pushed);
      part("flops").textContent = large(sums[i].flops);
      part("seconds").textContent = inSeconds(running);
    });
    this.drawRatios(sums);
    if (!this.plays && this.pointed !== null) return this.saidOfToken(this.pointed);
    return this.reading(sums);
  }

  private drawSide(side: Side, writing: Writing, written: number): void {
    const { n_given, tokens, alt } = this.data;
    const states = columns(writing, n_given, written, tokens.length);
    const pushed = timesPushed(writing, n_given, written, tokens.length);
    side.columns.forEach(({ group, bar }, token) => {
      set(group, { class: states[token] });
      set(bar, { height: this.bar(pushed[token]) });
    });
    const most = Math.max(...pushed);
    side.most.textContent = most > 1 ? `read up to ${most} times` : "each read once";
    const y = this.barsTop() + Math.max(14, this.bar(most) - 4);
    set(side.most, { y, visibility: most ? "visible" : "hidden" });
    side.tokens.forEach((token, i) => {
      const newest = written > 0 && i === n_given + written - 1;
      set(token, { role: "img", "aria-label": `token ${i + 1}, “${tokens[i]}”` });
      token.className =
        i < n_given ? "given" : i >= n_given + written ? "later" : newest ? "newest" : "";
    });
    const computed = states.filter((state) => state === "computed").length;
    const kept = states.filter((state) => state === "kept").length;
    const cells = `${computed} tokens computed, ${kept} kept`;
    set(side.cells, { "aria-label": `${alt}, ${side.part("title").textContent}: ${cells}` });
  }

  /** For the same tokens how many times as much the first side takes; else how far it is behind. */
  private drawRatios([first, second]: Totals[]): void {
    const [one, other] = this.moment.written;
    const alike = one === other && one > 0;
    const told = (number: string, what: string): HTMLElement =>
      make("span", {}, make("b", {}, number), ` ${what}`);
    const ratio = (name: keyof Totals, what: string): HTMLElement =>
      told(`${times(first[name], second[name])}×`, what);
    const behind = told(
      String(Math.abs(other - one)),
      `tokens ${other < one ? "ahead" : "behind"}`,
    );
    this.part("ratios").replaceChildren(
      make(
        "span",
        { class: "what" },
        `Without a cache, ${alike ? "for the same text" : "by now"}:`,
      ),
      ...(alike
        ? [
            ratio("pushed", "the tokens"),
            ratio("flops", "the operations"),
            ratio("seconds", "the time"),
          ]
        : [behind]),
    );
  }

  private reading([first, second]: Totals[]): string {
    const [one, other] = this.moment.written;
    const [pushed, fewer] = [counted(first.pushed), counted(second.pushed)];
    if (one === 0 && other === 0) return "Nothing is read yet.";
    if (one === other)
      return `At token ${one}, ${pushed} tokens are read without a cache, ${fewer} with one.`;
    return (
      `After ${inSeconds(this.moment.seconds)}, ${one} tokens are written without a cache, ` +
      `${other} with one; ${pushed} and ${fewer} are read.`
    );
  }
}

/** 19.2 billion */
function large(number: number): string {
  return number.toLocaleString("en-GB", {
    notation: "compact",
    compactDisplay: "long",
    minimumSignificantDigits: 3,
    maximumSignificantDigits: 3,
  });
}

function inSeconds(seconds: number): string {
  return `${seconds.toFixed(seconds < 10 ? 3 : 1)} s`;
}

export default mounted(Generators);
