// One query and one key, pair by pair: arrows on clocks that turn with the two positions, and the
// score by their gap. It plays once: both move on together, then the key alone. Computed here.

import { make } from "../shared/dom";
import "./clocks.css";
import { beside } from "./maths/beside";
import { between, matches, scoreOf, turned, type Head } from "./maths/pairs";
import type { Sent } from "./shared/drawing";
import { draw, set, tip } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { clamp, range, signed, tickStep, type Pair } from "./shared/numbers";
import { Slide } from "./shared/slide";
import { EITHER_WAY, steppedThrough } from "./shared/stepped";

const MARGIN = 24; // of the ruler, to either side
const [PIN_Y, GLYPH_Y, LINE_Y, NUMBER_Y, BOTH_Y, RULER] = [18, 50, 66, 82, 108, 122];
const LEAST_GAP = 1;
const SHORTEST_HOLD = 112; // of the handle that moves both marks
const STRIDE = 2; // positions from one moment of the play to the next
const [LARGEST, GLYPH_PER_UNIT] = [19, 1.5]; // of a token's letter
const [PIN, ASIDE] = [9, 15]; // radius of a pin, and from its middle to its words
const GAP_NAME = 32; // half of its width, and a pin beside it
const LETTER = 7; // about as wide is one of a pin's words
const DIAL = 100; // radius of the large clock
const SMALL = 50; // radius of a small one
const [PLOT_LEFT, PLOT_RIGHT, PLOT_TOP, PLOT, PLOT_AXIS] = [36, 14, 20, 156, 38];
const [NAME_LETTER, NAME_HIGH] = [5.6, 14]; // of what stands at a curve
const NAMES = ["share of the large clock", "large clock"]; // where the first has no room, the second
const PER_GAP = 8; // points of a curve
const NEAR_ZERO = 24; // degrees: an angle whose wedge is too narrow for its number

interface Data extends Head, Sent {
  text: string;
  /** The token of the key; the query is that of the last. */
  key: number;
  /** Where the text stands at first. */
  start: number;
  /** How far both move on, and then the key back. */
  on: number;
  back: number;
  /** The largest gap. */
  most: number;
  /** Where the ruler ends. */
  last: number;
  alt: string;
  seconds: number;
}

interface Clock {
  clock: HTMLElement;
  /** Of the query and of the key. */
  hands: Hand[];
}

class Clocks extends MovingDrawing<Data> {
  private readonly ruler = this.watched<SVGSVGElement>("ruler");
  private readonly ticks = draw(this.ruler, "g", { class: "ticks" });
  private readonly was = draw(this.ruler, "g", { class: "was" });
  private readonly tokens = draw(this.ruler, "g", { class: "tokens" });
  private readonly span = draw(this.ruler, "line", { class: "span", y1: PIN_Y, y2: PIN_Y });
  private readonly distance = draw(this.ruler, "text", { class: "distance", y: PIN_Y - 12 });
  private readonly both = this.buildBoth();
  private readonly key = this.buildPin("key");
  private readonly query = this.buildPin("query");
  private readonly dial = faceIn(this.part("dial"), DIAL);
  private readonly wedge = draw(this.dial, "path", { class: "wedge" });
  private readonly before = ["query", "key"].map((name) =>
    draw(this.dial, "line", { class: `ghost ${name}` }),
  );
  private readonly hands = handsOf(this.dial);
  private readonly degrees = draw(this.dial, "text", { class: "degrees" });
  private readonly plot = this.watched<SVGSVGElement>("scores");
  private small: Clock[] = [];
  /** Where the hand has put query and key, until a moment is asked for. */
  private held: Pair | null = null;
  /** In the large clock. */
  private pair = 0;
  private width = 0;
  /** On the curve. */
  private mark: (gap: number, score: number) => void = () => undefined;

  protected override begin(): void {
    const slide = (
      mark: SVGElement,
      now: () => number,
      bounds: () => Pair,
      move: (to: number) => void,
    ): void => {
      const made = new Slide(mark, mark, { step: 1, unit: () => this.unit(), now, bounds, move });
      this.atEnd(() => made.dispose());
    };
    const whole = (which: 0 | 1) => (): number => Math.round(this.stand()[which]);
    const [i, j] = [whole(0), whole(1)];
    const within = (low: number, high: number): Pair => [
      Math.max(low, 0),
      Math.min(high, this.data.last),
    ];
    slide(
      this.query,
      i,
      () => within(j() + LEAST_GAP, j() + this.data.most),
      (to) => this.hold(to, j()),
    );
    slide(
      this.key,
      j,
      () => within(i() - this.data.most, i() - LEAST_GAP),
      (to) => this.hold(i(), to),
    );
    slide(
      this.both,
      j,
      () => [0, this.data.last - (i() - j())],
      (to) => this.hold(i() + to - j(), to),
    );
  }

  // ------------------------------------------------------------ where they stand

  private get first(): Pair {
    const { text, key, start } = this.data;
    return [start + text.length - 1, start + key];
  }

  /** At a moment of the play. */
  private walked(at: number): Pair {
    const { on, back } = this.data;
    const [i, j] = this.first;
    const moved = Math.min(STRIDE * at, on);
    const parted = Math.max(0, Math.min(at - on / STRIDE, back));
    return [i + moved, j + moved - parted];
  }

  private stand(): Pair {
    return this.held ?? this.walked(this.at);
  }

  private hold(i: number, j: number): void {
    this.held = [i, j];
    this.pause();
  }

  protected override stopAt(at: number): void {
    this.held = null;
    super.stopAt(at);
  }

  protected override letGo(): void {
    this.choose(0);
  }

  protected override landmarks(): Landmark[] {
    return [{ at: this.data.on / STRIDE, name: "the key alone" }];
  }

  // ------------------------------------------------------------ built once

  private buildMark(name: string, label: string): SVGGElement {
    return draw(this.ruler, "g", {
      class: `mark ${name}`,
      tabindex: 0,
      role: "slider",
      "aria-label": label,
    });
  }

  private buildBoth(): SVGGElement {
    const mark = this.buildMark("both", "Query and key together");
    draw(mark, "rect", { class: "reach", y: BOTH_Y - 22, height: 44 });
    draw(mark, "rect", { class: "grip", y: BOTH_Y - 12, height: 24, rx: 12 });
    draw(mark, "text", { class: "what", y: BOTH_Y }).textContent = "\u2190 drag both \u2192";
    return mark;
  }

  private buildPin(name: "key" | "query"): SVGGElement {
    const mark = this.buildMark(name, name === "key" ? "Key at" : "Query at");
    draw(mark, "line", { class: "stem", y1: PIN_Y, y2: LINE_Y });
    draw(mark, "circle", { class: "reach", cy: PIN_Y, r: 22 });
    draw(mark, "circle", { class: "grip", cy: PIN_Y, r: PIN });
    draw(mark, "text", { class: "what", y: PIN_Y });
    return mark;
  }

  protected build(): void {
    const { speeds, text, key, on, back, seconds, alt } = this.data;
    this.ruler.setAttribute("aria-label", alt);
    this.tokens.replaceChildren();
    [...text].forEach((token, t) => {
      const name = t === key ? "key" : t === text.length - 1 ? "query" : "";
      draw(this.tokens, "text", { class: name, y: GLYPH_Y }).textContent = token;
    });
    this.small = speeds.map((speed) => this.buildClock(speed));
    this.small.forEach(({ clock }, n) => {
      clock.onclick = clock.onfocus = () => this.choose(n);
    });
    steppedThrough(
      this.small.map(({ clock }) => clock),
      EITHER_WAY,
    );
    this.part("row").replaceChildren(...this.small.map(({ clock }) => clock));
    this.place();
    this.playOnce(this.evenly(on / STRIDE + back, seconds, "smooth"));
  }

  private buildClock(speed: number): Clock {
    const clock = make("div", { class: "clock", role: "radio" });
    const face = faceIn(draw(clock, "svg", { viewBox: "-55 -55 110 110" }), SMALL);
    const hands = handsOf(face);
    clock.append(make("span", {}, degrees(speed)));
    return { clock, hands };
  }

  private choose(pair: number): void {
    if (pair === this.pair) return;
    this.pair = pair;
    this.place();
  }

  // ------------------------------------------------------------ drawn at every moment

  protected override place(): void {
    this.width = this.ruler.clientWidth;
    this.ruler.setAttribute("viewBox", `0 0 ${this.width} ${RULER}`);
    if (this.width) this.drawTicks();
    this.drawCurve();
    this.again();
  }

  protected show(): string {
    if (this.plays) this.held = null;
    const [i, j] = this.stand();
    const angle = between(turned(this.data, this.pair, i, j));
    const score = scoreOf(matches(this.data, i, j));
    if (this.width) {
      this.drawRuler(i, j);
      this.drawDial(i, j, angle);
      this.drawRow(i, j);
      this.mark(i - j, score);
    }
    this.part("angle").textContent = degrees(angle);
    this.part("score").textContent = signed(score, 2);
    this.part("score").dataset.value = String(score);
    return this.told(i, j, angle, score);
  }

  private told(i: number, j: number, angle: number, score: number): string {
    const [i0, j0] = this.first;
    const [was, gap] = [i0 - j0, i - j];
    const now = `angle ${degrees(angle)}, score ${signed(score, 2)}`;
    if (Math.abs(gap - was) > 1e-9) {
      const before = between(turned(this.data, this.pair, i0, j0));
      const first = `angle ${degrees(before)}, score ${signed(scoreOf(matches(this.data, i0, j0)), 2)}`;
      return `At a gap of ${was}, wherever both stand: ${first}. At a gap of ${shortly(gap)}: ${now}.`;
    }
    if (i === i0) return `Query at ${i}, key at ${j}: ${now}.`;
    const by = shortly(Math.abs(i - i0));
    const way = i > i0 ? "on" : "back";
    return `Both moved ${way} by ${by}: every hand has turned, and it is still ${now}.`;
  }

  private unit(): number {
    return (this.width - 2 * MARGIN) / this.data.last;
  }

  private x(position: number): number {
    return MARGIN + position * this.unit();
  }

  private drawRuler(i: number, j: number): void {
    this.drawWas(i, j);
    const { text, key, last } = this.data;
    const parted = this.parted(i, j);
    set(this.tokens, { "font-size": Math.min(LARGEST, GLYPH_PER_UNIT * this.unit()) });
    [...this.tokens.children].forEach((token, t) => {
      const stands = t === key ? j : i - (text.length - 1 - t);
      const away = t !== key && t !== text.length - 1 && parted;
      set(token, { x: this.x(stands), visibility: away || stands < 0 ? "hidden" : "visible" });
    });
    const [from, to] = [this.x(j), this.x(i)];
    set(this.span, { x1: from, x2: to });
    set(this.distance, { x: (from + to) / 2 });
    this.distance.textContent = `gap ${shortly(i - j)}`;
    this.drawPin(this.key, j, i - j, sayingOf("key", text[key]), "end");
    this.drawPin(this.query, i, i - j, sayingOf("query", text.at(-1)!), "start");
    const long = Math.max(SHORTEST_HOLD, to - from + 18);
    const left = clamp((from + to - long) / 2, 0, this.width - long);
    const [reach, grip, what] = this.both.children;
    for (const bar of [reach, grip]) set(bar, { x: left, width: long });
    set(what, { x: left + long / 2 });
    set(this.both, {
      "aria-valuemin": 0,
      "aria-valuemax": last - Math.round(i - j),
      "aria-valuenow": Math.round(j),
      "aria-valuetext": `query at ${shortly(i)}, key at ${shortly(j)}`,
    });
  }

  /** With a gap of another width no such problem stands there. */
  private parted(i: number, j: number): boolean {
    const [i0, j0] = this.first;
    return Math.abs(i - j - (i0 - j0)) > 1e-9;
  }

  private drawTicks(): void {
    const { last } = this.data;
    const every = tickStep(36 / this.unit());
    this.ticks.replaceChildren();
    draw(this.ticks, "line", { x1: this.x(0), x2: this.x(last), y1: LINE_Y, y2: LINE_Y });
    for (let position = 0; position <= last; position += every) {
      const x = this.x(position);
      draw(this.ticks, "line", { x1: x, x2: x, y1: LINE_Y, y2: LINE_Y + 6 });
      draw(this.ticks, "text", { x, y: NUMBER_Y }).textContent = String(position);
    }
  }

  /** Where they stood at first, once they stand elsewhere. */
  private drawWas(i: number, j: number): void {
    const [i0, j0] = this.first;
    this.was.replaceChildren();
    if (i === i0 && j === j0) return;
    const y = { y1: PIN_Y, y2: PIN_Y };
    const { text, key } = this.data;
    const said = [sayingOf("key", text[key]), sayingOf("query", text.at(-1)!)];
    const [keys, queries] = said.map((words) => LETTER * words.length + 2 * ASIDE);
    const [from, to] = [this.x(j), this.x(i)];
    // Between the pins there is room once the problem no longer stands there, but for the gap's name.
    const between = (x: number): boolean =>
      this.parted(i, j) &&
      x > from + 2 * PIN &&
      x < to - 2 * PIN &&
      Math.abs(x - (from + to) / 2) > GAP_NAME;
    const free = [j0, i0]
      .map((position) => this.x(position))
      .filter((x) => x < from - keys || x > to + queries || between(x));
    if (free.length === 2) draw(this.was, "line", { x1: free[0], x2: free[1], ...y });
    for (const x of free) {
      draw(this.was, "line", { x1: x, x2: x, y1: PIN_Y, y2: LINE_Y });
      draw(this.was, "circle", { cx: x, cy: PIN_Y, r: PIN - 1 });
    }
  }

  private drawPin(
    mark: SVGElement,
    position: number,
    gap: number,
    said: string,
    side: "start" | "end",
  ): void {
    const x = this.x(position);
    const room = side === "start" ? this.width - x : x;
    const [stem, reach, grip, what] = mark.children;
    set(stem, { x1: x, x2: x });
    for (const circle of [reach, grip]) set(circle, { cx: x });
    const by = side === "start" ? ASIDE : -ASIDE;
    set(what, { x: x + by, "text-anchor": side });
    what.textContent = room > LETTER * said.length + ASIDE ? said : said.split(" ")[0];
    set(mark, {
      "aria-valuemin": 0,
      "aria-valuemax": this.data.last,
      "aria-valuenow": shortly(position),
      "aria-valuetext": `position ${shortly(position)}, gap ${shortly(gap)}`,
    });
  }

  private drawDial(i: number, j: number, angle: number): void {
    const scale = DIAL / longest(this.data, this.pair);
    const arrows = turned(this.data, this.pair, i, j);
    this.hands.forEach((hand, which) => hand.point(arrows[which], scale, 1));
    const first = turned(this.data, this.pair, ...this.first);
    first.forEach(([x, y], which) => set(this.before[which], { x2: scale * x, y2: -scale * y }));
    const [kx, ky] = arrows[1];
    const from = Math.atan2(ky, kx);
    this.wedge.setAttribute("d", wedgePath(from, angle, 58));
    const wide = Math.abs(angle) > (NEAR_ZERO * Math.PI) / 180;
    const middle = from + angle / 2;
    const far = wide ? 36 : 70;
    const aside = wide ? 0 : 0.34;
    set(this.degrees, {
      x: far * Math.cos(middle + aside),
      y: -far * Math.sin(middle + aside),
    });
    this.degrees.textContent = degrees(angle);
  }

  private drawRow(i: number, j: number): void {
    this.small.forEach(({ clock, hands }, n) => {
      const arrows = turned(this.data, n, i, j);
      const scale = SMALL / longest(this.data, n);
      hands.forEach((hand, which) => hand.point(arrows[which], scale, 0.9));
      const angle = degrees(between(arrows));
      set(clock, {
        "aria-checked": n === this.pair,
        tabindex: n === this.pair ? 0 : -1,
        "aria-label": `clock ${n + 1}, ${degrees(this.data.speeds[n])} per position, angle ${angle}`,
      });
    });
  }

  /** The score by the gap, and what the large clock has of it. */
  private drawCurve(): void {
    const { plot } = this;
    const { most, speeds } = this.data;
    const width = plot.clientWidth;
    plot.replaceChildren();
    if (!width) return;
    set(plot, { viewBox: `0 0 ${width} ${PLOT + PLOT_AXIS}`, "aria-label": this.curveInWords() });
    const gaps = range(PER_GAP * most + 1).map((n) => n / PER_GAP);
    const all = gaps.map((g) => matches(this.data, g, 0));
    const scores = all.map(scoreOf);
    const wave = all.map((parts) => parts[this.pair] / Math.sqrt(2 * speeds.length));
    const [low, high] = [Math.min(...scores, ...wave), Math.max(...scores, ...wave)];
    const x = (g: number): number => PLOT_LEFT + ((width - PLOT_LEFT - PLOT_RIGHT) * g) / most;
    const y = (s: number): number =>
      PLOT_TOP + ((PLOT - PLOT_TOP) * (high - s)) / (high - low || 1);
    const step = tickStep((high - low) / 4);
    for (let s = Math.ceil(low / step) * step; s <= high; s += step) {
      draw(plot, "line", { class: "grid", x1: x(0), x2: x(most), y1: y(s), y2: y(s) });
      draw(plot, "text", { class: "level", x: PLOT_LEFT - 6, y: y(s) }).textContent = signed(s, 0);
    }
    for (const g of range(most + 1).filter((n) => n % 2 === 0))
      draw(plot, "text", { class: "tick", x: x(g), y: PLOT + 12 }).textContent = String(g);
    const title = draw(plot, "text", { class: "tick", x: (x(0) + x(most)) / 2, y: PLOT + 30 });
    title.textContent = "gap, from the query back to the key";
    draw(plot, "text", { class: "head", x: 0, y: 8 }).textContent = "score, by the gap alone";
    const line = (values: number[]): string =>
      `M${values.map((s, n) => `${x(gaps[n]).toFixed(1)} ${y(s).toFixed(1)}`).join("L")}`;
    draw(plot, "path", { class: "wave", d: line(wave) });
    draw(plot, "path", { class: "sum", d: line(scores) });
    const curves = [wave, scores].map((values) => values.map(y));
    const named = NAMES.map((name) => {
      const wide = NAME_LETTER * name.length;
      const room: Pair = [PLOT_TOP, PLOT];
      return { name, wide, at: beside(gaps.map(x), curves[0], curves[1], [wide, NAME_HIGH], room) };
    });
    const { name, wide, at } = named.find((one) => one.at) ?? named[0];
    const [left, top] = at ?? [width - PLOT_RIGHT - wide, 8 - NAME_HIGH / 2];
    const share = draw(plot, "text", { class: "head share" });
    share.textContent = name;
    set(share, { x: left + wide / 2, y: top + NAME_HIGH / 2 });
    const [i0, j0] = this.first;
    const first = scoreOf(matches(this.data, i0, j0));
    draw(plot, "circle", { class: "before", cx: x(i0 - j0), cy: y(first), r: 8 });
    const dot = draw(plot, "circle", { class: "dot", r: 5.5 });
    this.mark = (gap, score) => set(dot, { cx: x(gap), cy: y(score) });
  }

  private curveInWords(): string {
    const scores = range(this.data.most + 1).map((g) => scoreOf(matches(this.data, g, 0)));
    const best = scores.indexOf(Math.max(...scores));
    return `The score by the gap: largest, ${signed(scores[best], 1)}, at a gap of ${best}`;
  }
}

/** An arrow on a clock, from its middle. */
class Hand {
  private readonly line: SVGLineElement;
  private readonly tip: SVGPolygonElement;

  constructor(face: Element, name: string) {
    this.line = draw(face, "line", { class: `hand ${name}` });
    this.tip = draw(face, "polygon", { class: `tip ${name}` });
  }

  point([x, y]: Pair, scale: number, size: number): void {
    const [right, down] = [scale * x, -scale * y];
    const fits = Math.min(size, Math.hypot(right, down) / 30);
    // The tip ends the arrow.
    const inside = 1 - (15 * fits) / Math.max(Math.hypot(right, down), 1e-9);
    set(this.line, { x2: right * inside, y2: down * inside });
    this.tip.setAttribute("points", tip(right * inside, down * inside, fits));
  }
}

/** The longer of the two arrows of a pair: it reaches the rim of its clock. */
function longest({ q, k }: Head, n: number): number {
  return Math.max(Math.hypot(...q[n]), Math.hypot(...k[n]), 1e-9);
}

/** The face of a clock: its rim, and then what is drawn on it. */
function faceIn(svg: Element, radius: number): Element {
  draw(svg, "circle", { class: "ring", r: radius });
  return svg;
}

/** Query and key; the query lies on top. */
function handsOf(face: Element): Hand[] {
  return ["key", "query"].map((name) => new Hand(face, name)).reverse();
}

/** From an angle on, counter-clockwise if `by` is positive. */
function wedgePath(from: number, by: number, radius: number): string {
  const at = (angle: number): string => `${radius * Math.cos(angle)} ${-radius * Math.sin(angle)}`;
  return `M0 0L${at(from)} A${radius} ${radius} 0 0 ${by > 0 ? 0 : 1} ${at(from + by)}Z`;
}

/** To a whole one, if it is not small. */
function degrees(angle: number): string {
  const number = (angle * 180) / Math.PI;
  return `${signed(number, Math.abs(number) < 9.95 ? 1 : 0)}°`;
}

/** What stands beside a pin. */
function sayingOf(name: string, token: string): string {
  return `${name} of ${token}`;
}

/** A position, or one between two while it plays. */
function shortly(position: number): string {
  return String(Math.round(10 * position) / 10);
}

export default mounted(Clocks);
