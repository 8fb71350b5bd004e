// A signal and its waves as clocks. A shift by s turns the clock of speed w by -w s, and the signal
// is drawn from the turned clocks.

import { make } from "../shared/dom";
import { spectrum, speed, turned, valueAt, waveAt } from "./maths/waves";
import { Drawing, type Sent } from "./shared/drawing";
import { draw, say, set } from "./shared/elements";
import { mounted } from "./shared/mount";
import { range, signed, type Pair } from "./shared/numbers";
import { Slide } from "./shared/slide";
import "./waves.css";

const [MARGIN, TOP] = [26, 10];
const [PLOT, TRACK_Y] = [150, 192]; // height of the signal, and where the shift is set
const HEIGHT = 216;
const CURVE_POINTS = 8; // a sample
const FACE = 50; // radius of a clock
const STEP = 0.1;

interface Data extends Sent {
  signal: number[];
  start: number;
  alt: string;
}

/** A sample of the signal. */
interface Stem {
  line: SVGLineElement;
  dot: SVGCircleElement;
}

interface Clock {
  clock: HTMLElement;
  ghost: SVGLineElement;
  hand: SVGLineElement;
  end: SVGCircleElement;
  wave: SVGPathElement;
  angle: HTMLElement;
}

const TRACK = { y1: TRACK_Y, y2: TRACK_Y };
const SLIDER = {
  tabindex: 0,
  role: "slider",
  "aria-label": "Shift in samples",
  "aria-valuemin": 0,
};

class Waves extends Drawing<Data> {
  private readonly picture = this.watched<SVGSVGElement>("signal");
  private readonly zero = draw(this.picture, "line", { class: "zero" });
  private readonly samples = draw(this.picture, "g");
  private readonly curve = draw(this.picture, "path", { class: "curve" });
  private readonly track = draw(this.picture, "line", { class: "track", ...TRACK });
  private readonly moved = draw(this.picture, "line", { class: "moved", ...TRACK });
  private readonly knob = draw(this.picture, "circle", {
    class: "knob",
    r: 9,
    cy: TRACK_Y,
    ...SLIDER,
  });
  private readonly label = draw(this.picture, "text", { class: "shift", y: TRACK_Y });
  private readonly slide = this.buildSlide();
  private ghosts: Stem[] = [];
  private stems: Stem[] = [];
  private clocks: Clock[] = [];
  private still: Pair[] = [];
  private shift = this.data.start;
  /** Of the scale. */
  private low = 0;
  private high = 0;
  private width = 0;

  protected override rebuild(before: Data): void {
    const { start, signal } = this.data;
    const told = start !== before.start || signal.length !== before.signal.length;
    if (told && !this.slide.busy) this.shift = start;
    this.build();
  }

  // ------------------------------------------------------------ built once

  private buildSlide(): Slide {
    return new Slide(this.knob, this.picture, {
      step: STEP,
      now: () => this.shift,
      bounds: () => [0, this.data.signal.length],
      unit: () => this.unit(),
      move: (shift) => {
        this.shift = shift;
        this.place();
      },
    });
  }

  protected build(): void {
    this.still = spectrum(this.data.signal);
    this.fit();
    this.picture.setAttribute("aria-label", this.data.alt);
    this.buildSamples();
    this.buildRow();
    this.place();
  }

  private buildSamples(): void {
    this.samples.replaceChildren();
    const stem = (name: string, r: number): Stem => ({
      line: draw(this.samples, "line", { class: `stem ${name}` }),
      dot: draw(this.samples, "circle", { class: `dot ${name}`, r }),
    });
    this.ghosts = this.data.signal.map(() => stem("ghost", 4));
    this.stems = this.data.signal.map(() => stem("moved", 4.5));
  }

  /** The waves that are no mirror image of another: k = 0 ... N/2. */
  private buildRow(): void {
    const n = this.data.signal.length;
    this.clocks = range(Math.floor(n / 2) + 1).map((k) => {
      const clock = make("div", { class: "clock" });
      const face = draw(clock, "svg", { class: "face", viewBox: "-55 -55 110 110" });
      draw(face, "circle", { class: "ring", r: FACE });
      const ghost = draw(face, "line", { class: "hand ghost" });
      const hand = draw(face, "line", { class: "hand moved" });
      const end = draw(face, "circle", { class: "end", r: 6 });
      const plot = { class: "wave", viewBox: "0 -12 100 24", preserveAspectRatio: "none" };
      const wave = draw(draw(clock, "svg", plot), "path");
      const angle = make("span");
      clock.append(make("b", {}, `wave ${k}`), angle);
      return { clock, ghost, hand, end, wave, angle };
    });
    this.part("row").replaceChildren(...this.clocks.map(({ clock }) => clock));
  }

  // ------------------------------------------------------------ drawn at every move

  private unit(): number {
    return (this.width - 2 * MARGIN) / this.data.signal.length;
  }

  private x(sample: number): number {
    return MARGIN + sample * this.unit();
  }

  private y(value: number): number {
    return TOP + (PLOT * (this.high - value)) / (this.high - this.low);
  }

  protected override place(): void {
    this.width = this.picture.clientWidth;
    if (!this.width) return;
    const waves = turned(this.still, this.shift);
    this.drawSignal(waves);
    this.drawTrack();
    this.drawClocks(waves);
    say(this.part("said"), this.reading());
  }

  /** The same scale for every shift: the curve of the signal between its samples, and some room. */
  private fit(): void {
    const n = this.data.signal.length;
    const points = range(CURVE_POINTS * n).map((i) => valueAt(this.still, i / CURVE_POINTS));
    const [low, high] = [Math.min(...points, 0), Math.max(...points, 0)];
    const room = 0.08 * (high - low);
    [this.low, this.high] = [low - room, high + room];
  }

  private drawSignal(waves: Pair[]): void {
    const { signal } = this.data;
    const n = signal.length;
    this.picture.setAttribute("viewBox", `0 0 ${this.width} ${HEIGHT}`);
    set(this.zero, { x1: this.x(-0.5), x2: this.x(n), y1: this.y(0), y2: this.y(0) });
    const place = ({ line, dot }: Stem, t: number, value: number): void => {
      set(line, { x1: this.x(t), x2: this.x(t), y1: this.y(0), y2: this.y(value) });
      set(dot, { cx: this.x(t), cy: this.y(value), "data-value": value.toFixed(6) });
    };
    signal.forEach((value, t) => place(this.ghosts[t], t, value));
    this.stems.forEach((stem, t) => place(stem, t, valueAt(waves, t)));
    const points = range(CURVE_POINTS * n + 1).map((i) => i / CURVE_POINTS);
    const curve = points.map((t): Pair => [this.x(t), this.y(valueAt(waves, t))]);
    this.curve.setAttribute("d", path(curve));
  }

  private drawTrack(): void {
    const n = this.data.signal.length;
    const x = this.x(this.shift);
    set(this.track, { x1: this.x(0), x2: this.x(n) });
    set(this.moved, { x1: this.x(0), x2: x });
    set(this.knob, {
      cx: x,
      "aria-valuemax": n,
      "aria-valuenow": this.shift.toFixed(1),
      "aria-valuetext": this.reading(),
    });
    const nearEnd = x > this.width - 90;
    set(this.label, { x: x + (nearEnd ? -15 : 15), "text-anchor": nearEnd ? "end" : "start" });
    this.label.textContent = `s = ${this.shift.toFixed(1)}`;
  }

  private drawClocks(waves: Pair[]): void {
    const n = this.data.signal.length;
    const longest = Math.max(...this.still.map((wave) => Math.hypot(...wave)));
    const to = ([x, y]: Pair): Pair => [(FACE * x) / longest, (-FACE * y) / longest];
    this.clocks.forEach(({ ghost, hand, end, wave, angle }, k) => {
      const [[gx, gy], [x, y]] = [to(this.still[k]), to(waves[k])];
      set(ghost, { x2: gx, y2: gy });
      set(hand, { x2: x, y2: y });
      const exact = waves[k].map((part) => part.toFixed(6)).join(",");
      set(end, { cx: x, cy: y, "data-wave": exact });
      const height = (i: number): number => waveAt(waves[k], speed(k, n), (i * n) / 100);
      wave.setAttribute("d", path(range(101).map((i) => [i, (-11 * height(i)) / longest])));
      angle.textContent = this.turn(k);
    });
  }

  /** Of clock k, in radians. */
  private turn(k: number): string {
    return signed(-speed(k, this.data.signal.length) * this.shift, 2);
  }

  private reading(): string {
    const n = this.data.signal.length;
    const fast = Math.floor((n - 1) / 2);
    return (
      `Shifted by ${this.shift.toFixed(1)} of ${n} samples. In radians, wave 1 is turned by ` +
      `${this.turn(1)}, wave ${fast} by ${this.turn(fast)}.`
    );
  }
}

function path(points: Pair[]): string {
  return `M${points.map(([x, y]) => `${x.toFixed(2)} ${y.toFixed(2)}`).join("L")}`;
}

export default mounted(Waves);
