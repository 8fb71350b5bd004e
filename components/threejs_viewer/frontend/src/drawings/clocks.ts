// One query and one key, pair by pair: arrows on clocks that turn with the two positions. Computed
// here while a mark moves.

import { make } from "../shared/dom";
import "./clocks.css";
import { between, matches, mostOf, scoreOf, turned, type Head } from "./maths/pairs";
import { Drawing, type Sent } from "./shared/drawing";
import { draw, say, set, tip } from "./shared/elements";
import { mounted } from "./shared/mount";
import { clamp, signed, tickStep, type Pair } from "./shared/numbers";
import { Slide, type Line } from "./shared/slide";

const MARGIN = 24; // of the ruler, to either side
const [QUERY_Y, LINE_Y, KEY_Y] = [20, 58, 106];
const SHORTEST_HOLD = 44; // of the handle that moves both marks
const DIAL = 100; // radius of the large clock
const SMALL = 50; // radius of a small one

interface Data extends Head, Sent {
  i: number;
  j: number;
  /** Where the ruler ends. */
  last: number;
  pair: number;
  alt: string;
}

interface Clock {
  clock: HTMLElement;
  /** Of the query and of the key. */
  hands: Hand[];
  bar: HTMLElement;
}

class Clocks extends Drawing<Data> {
  private readonly ruler = this.watched<SVGSVGElement>("ruler");
  private readonly ticks = draw(this.ruler, "g", { class: "ticks" });
  private readonly both = this.buildMark("both", "Query and key together");
  private readonly query = this.buildMark("query", "Query at");
  private readonly key = this.buildMark("key", "Key at");
  private readonly distance = draw(this.ruler, "text", { class: "distance", y: LINE_Y - 16 });
  private readonly slides = this.buildSlides();
  private readonly dial = faceIn(this.part("dial"), DIAL);
  private readonly ghosts = ["query", "key"].map((name) =>
    draw(this.dial, "line", { class: `ghost ${name}` }),
  );
  private readonly arc = draw(this.dial, "path", { class: "arc" });
  private readonly hands = handsOf(this.dial);
  private small: Clock[] = [];
  private i = this.data.i;
  private j = this.data.j;
  /** In the large clock. */
  private pair = this.data.pair;
  private width = 0;

  protected override rebuild(before: Data): void {
    const { data } = this;
    const held = this.slides.some((slide) => slide.busy);
    if (!held && (data.i !== before.i || data.j !== before.j)) [this.i, this.j] = [data.i, data.j];
    if (data.speeds.length !== before.speeds.length) this.pair = data.pair;
    this.build();
  }

  // ------------------------------------------------------------ the numbers

  /** Query and key arrow of pair n, turned by their positions. */
  private arrows(n: number): [Pair, Pair] {
    return turned(this.data, n, this.i, this.j);
  }

  /** The longer of the two arrows of pair n: it reaches the rim of its clock. */
  private longest(n: number): number {
    const { q, k } = this.data;
    return Math.max(Math.hypot(...q[n]), Math.hypot(...k[n]), 1e-9);
  }

  // ------------------------------------------------------------ the hand

  private unit(): number {
    return (this.width - 2 * MARGIN) / this.data.last;
  }

  private at(place: number): number {
    return MARGIN + place * this.unit();
  }

  private moveTo(i: number, j: number): void {
    [this.i, this.j] = [i, j];
    this.place();
  }

  private choose(pair: number): void {
    this.pair = clamp(pair, 0, this.data.speeds.length - 1);
    this.place();
  }

  private walk(event: KeyboardEvent): void {
    const back = ["ArrowLeft", "ArrowUp"].includes(event.key);
    if (!back && !["ArrowRight", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    this.choose(this.pair + (back ? -1 : 1));
    this.small[this.pair].clock.focus();
  }

  // ------------------------------------------------------------ built once

  private buildSlides(): Slide[] {
    type Own = Pick<Line, "now" | "bounds" | "move">;
    const slide = (mark: SVGElement, own: Own): Slide => {
      const made = new Slide(mark, mark, {
        ...own,
        step: 1,
        unit: () => this.unit(),
        rest: () => this.send("positions", [this.i, this.j]),
      });
      this.atEnd(() => made.dispose());
      return made;
    };
    const anywhere = (): [number, number] => [0, this.data.last];
    return [
      slide(this.query, {
        now: () => this.i,
        bounds: anywhere,
        move: (i) => this.moveTo(i, this.j),
      }),
      slide(this.key, {
        now: () => this.j,
        bounds: anywhere,
        move: (j) => this.moveTo(this.i, j),
      }),
      slide(this.both, {
        now: () => Math.min(this.i, this.j),
        bounds: () => [0, this.data.last - Math.abs(this.i - this.j)],
        move: (low) => {
          const by = low - Math.min(this.i, this.j);
          this.moveTo(this.i + by, this.j + by);
        },
      }),
    ];
  }

  private buildMark(name: "both" | "query" | "key", label: string): SVGGElement {
    const mark = draw(this.ruler, "g", {
      class: `mark ${name}`,
      tabindex: 0,
      role: "slider",
      "aria-label": label,
    });
    if (name === "both") {
      draw(mark, "rect", { class: "reach", y: LINE_Y - 16, height: 32 });
      draw(mark, "rect", { class: "grip", y: LINE_Y - 8, height: 16, rx: 8 });
    } else {
      const y = name === "query" ? QUERY_Y : KEY_Y;
      draw(mark, "line", { class: "stem", y1: y, y2: LINE_Y });
      draw(mark, "circle", { class: "reach", cy: y, r: 21 });
      draw(mark, "circle", { class: "grip", cy: y, r: 9 });
      draw(mark, "text", { class: "what", y });
    }
    return mark;
  }

  protected build(): void {
    this.ruler.setAttribute("aria-label", this.data.alt);
    this.small = this.data.speeds.map((speed, n) => this.buildClock(speed, n));
    this.part("row").replaceChildren(...this.small.map(({ clock }) => clock));
    this.place();
  }

  private buildClock(speed: number, n: number): Clock {
    const clock = make("div", { class: "clock", role: "radio" });
    const svg = draw(clock, "svg", { viewBox: "-55 -55 110 110", "aria-hidden": true });
    const face = faceIn(svg, SMALL);
    const hands = handsOf(face);
    const bar = make("i");
    clock.append(make("div", { class: "adds" }, bar), make("span", {}, speedText(speed)));
    clock.onclick = () => this.choose(n);
    clock.onkeydown = (event) => this.walk(event);
    return { clock, hands, bar };
  }

  // ------------------------------------------------------------ drawn at every move

  protected override place(): void {
    this.width = this.ruler.clientWidth;
    if (!this.width) return;
    const all = matches(this.data, this.i, this.j);
    const score = scoreOf(all);
    this.drawRuler();
    this.drawDial(all[this.pair]);
    this.drawRow(all);
    this.drawScore(score);
    say(
      this.part("said"),
      `Query at ${this.i}, key at ${this.j}: score ${signed(score, 6)}. ` +
        `Pair ${this.pair}: angle from key to query ${degrees(this.between())}, ` +
        `match ${signed(all[this.pair], 4)}.`,
    );
  }

  private drawRuler(): void {
    const { last } = this.data;
    this.ruler.setAttribute("viewBox", `0 0 ${this.width} ${KEY_Y + 24}`);
    this.drawTicks(last);
    this.drawMark(this.query, this.i, `query at ${this.i}`);
    this.drawMark(this.key, this.j, `key at ${this.j}`);
    const [low, high] = [Math.min(this.i, this.j), Math.max(this.i, this.j)];
    const middle = (this.at(low) + this.at(high)) / 2;
    const long = Math.max(SHORTEST_HOLD, this.at(high) - this.at(low) + 16);
    for (const bar of this.both.children) set(bar, { x: middle - long / 2, width: long });
    set(this.distance, { x: middle });
    this.distance.textContent = `i \u2212 j = ${signed(this.i - this.j, 0)}`;
    set(this.both, {
      "aria-valuemin": 0,
      "aria-valuemax": last - (high - low),
      "aria-valuenow": low,
      "aria-valuetext": `query at ${this.i}, key at ${this.j}`,
    });
  }

  private drawTicks(last: number): void {
    const every = tickStep(40 / this.unit());
    this.ticks.replaceChildren();
    draw(this.ticks, "line", { x1: this.at(0), x2: this.at(last), y1: LINE_Y, y2: LINE_Y });
    for (let place = 0; place <= last; place += every) {
      const x = this.at(place);
      draw(this.ticks, "line", { x1: x, x2: x, y1: LINE_Y - 5, y2: LINE_Y + 5 });
      draw(this.ticks, "text", { x, y: LINE_Y + 20 }).textContent = String(place);
    }
  }

  private drawMark(mark: SVGGElement, place: number, said: string): void {
    const x = this.at(place);
    const nearEnd = x > this.width - 110;
    const [stem, reach, grip, what] = mark.children;
    set(stem, { x1: x, x2: x });
    for (const circle of [reach, grip]) set(circle, { cx: x });
    set(what, { x: x + (nearEnd ? -15 : 15), "text-anchor": nearEnd ? "end" : "start" });
    what.textContent = said;
    set(mark, { "aria-valuemin": 0, "aria-valuemax": this.data.last, "aria-valuenow": place });
  }

  private between(): number {
    return between(this.arrows(this.pair));
  }

  private drawDial(match: number): void {
    const { speeds, q, k } = this.data;
    const [n, speed] = [this.pair, speeds[this.pair]];
    const scale = DIAL / this.longest(n);
    const arrows = this.arrows(n);
    this.hands.forEach((hand, which) => hand.point(arrows[which], scale, 1));
    [q[n], k[n]].forEach(([x, y], which) =>
      set(this.ghosts[which], { x2: scale * x, y2: -scale * y }),
    );
    const [kx, ky] = arrows[1];
    this.arc.setAttribute("d", arcPath(Math.atan2(ky, kx), this.between(), 34));
    const fact = (name: string, place: number): string => {
      const angle = (place * speed).toPrecision(4);
      return `${name} turned by ${place} × ${speed.toPrecision(4)} = ${angle} radians`;
    };
    const facts = {
      name: `Pair ${n} of 0 to ${speeds.length - 1}`,
      "turned.query": fact("query", this.i),
      "turned.key": fact("key", this.j),
      angle: degrees(this.between()),
      match: signed(match, 4),
    };
    for (const [name, text] of Object.entries(facts)) this.part(name).textContent = text;
  }

  private drawRow(all: number[]): void {
    const { speeds, q, k } = this.data;
    const tallest = Math.max(
      ...q.map((pair, n) => Math.hypot(...pair) * Math.hypot(...k[n])),
      1e-9,
    );
    this.small.forEach(({ clock, hands, bar }, n) => {
      const arrows = this.arrows(n);
      hands.forEach((hand, which) => hand.point(arrows[which], SMALL / this.longest(n), 0.9));
      const high = (50 * Math.abs(all[n])) / tallest;
      const up = all[n] > 0;
      bar.className = up ? "positive" : "negative";
      Object.assign(bar.style, { height: `${high}%`, top: `${up ? 50 - high : 50}%` });
      const speed = `${speedText(speeds[n])} radians per position`;
      set(clock, {
        "aria-checked": n === this.pair,
        tabindex: n === this.pair ? 0 : -1,
        "aria-label": `pair ${n}, ${speed}, match ${signed(all[n], 4)}`,
      });
    });
  }

  private drawScore(score: number): void {
    this.part("score").textContent = signed(score, 6);
    this.part("rule").textContent = `= sum of all matches / √${2 * this.data.speeds.length}`;
    const wide = (50 * Math.abs(score)) / Math.max(mostOf(this.data), 1e-9);
    const bar = this.part("bar").firstElementChild as HTMLElement;
    bar.className = score > 0 ? "positive" : "negative";
    Object.assign(bar.style, { width: `${wide}%`, left: `${score > 0 ? 50 : 50 - wide}%` });
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
function arcPath(from: number, by: number, radius: number): string {
  const at = (angle: number): string => `${radius * Math.cos(angle)} ${-radius * Math.sin(angle)}`;
  return `M${at(from)} A${radius} ${radius} 0 0 ${by > 0 ? 0 : 1} ${at(from + by)}`;
}

function degrees(angle: number): string {
  return `${signed((angle * 180) / Math.PI, 1)}°`;
}

function speedText(speed: number): string {
  return Number(speed.toPrecision(2)).toString();
}

export default mounted(Clocks);
