// A shift of all logits alike: the bars of the logits follow the hand, those of the probabilities
// stand still, since softmax is worked out anew and comes to the same.

import "./shift.css";
import { loss, softmax } from "./maths/coins";
import { Drawing, type Sent } from "./shared/drawing";
import { draw, say, set } from "./shared/elements";
import { mounted } from "./shared/mount";
import { clamp, percent, signed } from "./shared/numbers";
import { Slide } from "./shared/slide";

const [LEFT, RIGHT] = [58, 16]; // pixels beside the tracks and bars
const [TRACK, MARKS, LOGITS, TALL, SHARES, LOW] = [20, 42, 90, 120, 266, 56]; // down the figure
const LINE = 16; // from a mark's name to its number
const NAMES = SHARES + LOW + 16;
const HIGH = NAMES + 14;
const KNOB = 9;
const HALF_LETTER = 3.2; // of a mark's name
const WIDE = 0.5; // of its column, a bar

interface Data extends Sent {
  /** The first is the right one. */
  tokens: string[];
  logits: number[];
  low: number;
  high: number;
  /** The shift at first. */
  at: number;
  /** Shifts with a name. */
  marks: [at: number, name: string][];
  alt: string;
}

interface Column {
  /** Where its logit stood before any shift. */
  was: SVGLineElement;
  logit: SVGRectElement;
  number: SVGTextElement;
  bar: SVGRectElement;
  share: SVGTextElement;
  name: SVGTextElement;
}

class Shift extends Drawing<Data> {
  private readonly plot = this.watched<SVGSVGElement>("plot");
  private readonly axes = draw(this.plot, "g", { class: "axes" });
  private readonly knob = draw(this.plot, "g", {
    class: "knob",
    tabindex: 0,
    role: "slider",
    "aria-label": "Shift of all logits",
  });
  private columns: Column[] = [];
  private shift = 0;
  private width = 0;

  protected override begin(): void {
    draw(this.knob, "circle", { class: "reach", r: 22, cy: TRACK });
    draw(this.knob, "circle", { class: "grip", r: KNOB, cy: TRACK });
    const slide = new Slide(this.knob, this.knob, {
      step: 0.1,
      unit: () => this.room / (this.data.high - this.data.low),
      now: () => this.shift,
      bounds: () => [this.data.low, this.data.high],
      move: (to) => {
        this.shift = to;
        this.show();
      },
    });
    this.atEnd(() => slide.dispose());
  }

  protected build(): void {
    const { tokens, alt } = this.data;
    set(this.plot, { "aria-label": alt });
    for (const old of this.plot.querySelectorAll(".column")) old.remove();
    this.columns = tokens.map((token, i) => {
      const group = draw(this.plot, "g", { class: i ? "column" : "column right" });
      const was = draw(group, "line", { class: "was" });
      const [logit, bar] = ["logits", "bar"].map((name) => draw(group, "rect", { class: name }));
      const [number, share, name] = ["logit", "share", "name"].map((kind) =>
        draw(group, "text", { class: kind }),
      );
      name.textContent = i ? token : `${token} ✓`;
      return { was, logit, number, bar, share, name };
    });
    this.plot.append(this.knob); // above them
    this.shift = this.data.at;
    this.place();
  }

  private get room(): number {
    return this.width - LEFT - RIGHT;
  }

  private x(shift: number): number {
    const { low, high } = this.data;
    return LEFT + (this.room * (shift - low)) / (high - low);
  }

  private column(i: number): number {
    return LEFT + (this.room * (i + 0.5)) / this.columns.length;
  }

  /** Of a logit; from the least that can come to the largest. */
  private y(logit: number): number {
    const { logits, low, high } = this.data;
    const [least, most] = [Math.min(...logits) + low, Math.max(...logits) + high];
    return LOGITS + (TALL * (most - logit)) / (most - least);
  }

  protected override place(): void {
    this.width = this.plot.clientWidth;
    if (!this.width) return;
    set(this.plot, { viewBox: `0 0 ${this.width} ${HIGH}`, height: HIGH });
    this.axes.replaceChildren();
    const { low, high, marks } = this.data;
    const end = this.width - RIGHT;
    const line = (kind: string, x1: number, x2: number, y1: number, y2 = y1): void =>
      void draw(this.axes, "line", { class: kind, x1, x2, y1, y2 });
    const words = (kind: string, text: string, x: number, y: number): void => {
      draw(this.axes, "text", { class: kind, x, y }).textContent = text;
    };
    line("track", this.x(low), this.x(high), TRACK);
    for (const [at, name] of marks) {
      line("tick", this.x(at), this.x(at), TRACK - 6, TRACK + 8);
      const half = HALF_LETTER * name.length;
      const x = clamp(this.x(at), half, this.width - half);
      words("mark", name, x, MARKS);
      words("mark", signed(at, 1), x, MARKS + LINE);
    }
    words("head", "all logits", 0, TRACK);
    words("head", "logit 0", 0, this.y(0));
    words("head", "p", 0, SHARES + LOW / 2);
    line("zero", LEFT, end, this.y(0));
    line("zero", LEFT, end, SHARES + LOW);
    this.columns.forEach(({ was, logit, number, bar, share, name }, i) => {
      const wide = (WIDE * this.room) / this.columns.length;
      const [x, y] = [this.column(i), this.y(this.data.logits[i])];
      set(was, { x1: x - wide / 2 - 6, x2: x + wide / 2 + 6, y1: y, y2: y });
      for (const rect of [logit, bar]) set(rect, { x: this.column(i) - wide / 2, width: wide });
      for (const text of [number, share, name]) set(text, { x: this.column(i) });
      set(name, { y: NAMES });
    });
    this.show();
  }

  private show(): void {
    if (!this.width) return;
    const { logits, low, high } = this.data;
    const moved = logits.map((logit) => logit + this.shift);
    const p = softmax(moved);
    const by = signed(this.shift, 1);
    const said = this.shift > 0 ? `+${by}` : by;
    this.columns.forEach(({ logit, number, bar, share }, i) => {
      const [top, bottom] = [this.y(Math.max(moved[i], 0)), this.y(Math.min(moved[i], 0))];
      set(logit, { y: top, height: Math.max(bottom - top, 1) });
      set(number, { y: moved[i] < 0 ? bottom + 10 : top - 9 });
      number.textContent = signed(moved[i], 1);
      set(bar, { y: SHARES + LOW * (1 - p[i]), height: LOW * p[i] });
      set(share, { y: SHARES + LOW * (1 - p[i]) - 9 });
      share.textContent = percent(p[i]);
    });
    set(this.knob, { transform: `translate(${this.x(this.shift)} 0)` });
    set(this.knob, { "aria-valuemin": low, "aria-valuemax": high });
    set(this.knob, { "aria-valuenow": this.shift.toFixed(1), "aria-valuetext": said });
    const mean = moved.reduce((sum, logit) => sum + logit, 0) / moved.length;
    const nats = loss(moved, 0).toFixed(3);
    const stood = this.shift
      ? `All logits shifted by ${said}: their mean is ${signed(mean, 1)}, and none of the probabilities has moved.`
      : `Nothing shifted: the mean of the logits is ${signed(mean, 1)}.`;
    say(this.part("said"), `${stood} The loss is ${nats} nats.`);
  }
}

export default mounted(Shift);
