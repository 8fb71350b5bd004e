// Curves of the share of sums that are right, one a length, over the stages of a course: a pen
// writes them once when the drawing is opened. All shares come from Python.

import "./climb.css";
import { along, between, marks, rows, spread, told, type Course } from "./maths/climb";
import type { Sent } from "./shared/drawing";
import { draw, set } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { counted, range, type Pair } from "./shared/numbers";

const [LEFT, HEIGHT, AXIS] = [42, 270, 42]; // of the plot; below it numbers and what they count
const [ROW, NAME] = [17, 16]; // of a stage's name, and from curve to curve where they are named
const CHARACTER = 7; // pixels

interface Data extends Course, Sent {
  alt: string;
  /** How long the pen writes. */
  seconds: number;
}

interface Stage {
  band: SVGRectElement;
  entered: SVGRectElement;
  name: SVGTextElement;
}

interface Curve {
  later: SVGPathElement;
  written: SVGPathElement;
  pen: SVGCircleElement;
  leader: SVGPathElement;
  name: SVGTextElement;
}

class Climb extends MovingDrawing<Data> {
  private readonly plot = this.watched<SVGSVGElement>("plot");
  private stages: Stage[] = [];
  private curves: Curve[] = [];
  private axes!: SVGGElement;
  private width = 0;
  /** Above the plot, where the names of the stages stand. */
  private top = ROW;

  protected build(): void {
    const { lengths, stages, steps, seconds, alt } = this.data;
    const { plot } = this;
    plot.replaceChildren();
    set(plot, { "aria-label": alt });
    const bands = draw(plot, "g"); // a name may reach into the next band
    this.stages = stages.map(([stage]) => {
      const band = draw(bands, "rect", { class: "band" });
      const entered = draw(bands, "rect", { class: "entered" });
      const name = draw(plot, "text", { class: "stage" });
      name.textContent = stage;
      return { band, entered, name };
    });
    this.axes = draw(plot, "g", { class: "axes" });
    this.curves = lengths.map((length, i) => this.buildCurve(length, i));
    this.playOnce(this.evenly(steps.length - 1, seconds, "smooth"));
    this.place();
  }

  /** Each stage but the first, at the check with which it begins. */
  protected override landmarks(): Landmark[] {
    const { steps, stages } = this.data;
    return stages.slice(1).map(([, begin], i) => ({
      at: steps.findIndex((step) => step >= begin),
      name: `stage ${i + 2}`,
    }));
  }

  private buildCurve(length: string, i: number): Curve {
    const share = i / Math.max(this.data.lengths.length - 1, 1);
    const group = draw(this.plot, "g", { class: "curve" });
    group.style.setProperty("--share", `${Math.round(100 * share)}%`);
    const later = draw(group, "path", { class: "later" });
    const written = draw(group, "path", { class: "written", "stroke-width": 1.75 + share });
    const leader = draw(group, "path", { class: "leader" });
    const pen = draw(group, "circle", { class: "pen", r: 3.5 });
    const name = draw(group, "text", { class: "length" });
    name.textContent = length;
    return { later, written, leader, pen, name };
  }

  // ------------------------------------------------------------ where all stands

  private get right(): number {
    const longest = Math.max(...this.data.lengths.map((length) => length.length));
    return this.width - CHARACTER * longest - 26;
  }

  private last(): number {
    const { steps, stages } = this.data;
    return Math.max(steps.at(-1)!, ...stages.map(([, , end]) => end));
  }

  private x(step: number): number {
    return LEFT + (this.right - LEFT) * along(step, this.last());
  }

  private y(share: number): number {
    return this.top + 8 + (HEIGHT - 8) * (1 - share);
  }

  protected override place(): void {
    this.width = this.plot.clientWidth;
    if (!this.width) return;
    const { stages } = this.data;
    const spans = stages.map(([name, begin]): Pair => {
      const wide = CHARACTER * name.length + 10;
      const from = Math.min(this.x(begin), this.width - wide);
      return [from, from + wide];
    });
    const row = rows(spans);
    this.top = ROW * (Math.max(-1, ...row) + 1) + 4;
    const height = this.top + HEIGHT + AXIS;
    set(this.plot, { viewBox: `0 0 ${this.width} ${height}`, height });
    this.stages.forEach(({ band, entered, name }, i) => {
      const [, begin, end] = stages[i];
      const x = this.x(begin);
      const width = Math.max(this.x(end) - x - 2, 1);
      for (const box of [band, entered]) set(box, { x: x + 1, y: 0, height: this.top + HEIGHT });
      set(band, { width });
      set(name, { x: spans[i][0] + 6, y: ROW * (row[i] + 0.5) + 2 });
    });
    this.placeAxes();
    this.again();
  }

  private placeAxes(): void {
    const { axes } = this;
    axes.replaceChildren();
    for (const percent of range(5).map((n) => 25 * n)) {
      const y = this.y(percent / 100);
      draw(axes, "line", { x1: LEFT, x2: this.right, y1: y, y2: y });
      draw(axes, "text", { class: "percent", x: LEFT - 6, y }).textContent = `${percent}%`;
    }
    const bottom = this.y(0);
    for (const step of marks(this.last(), 56 / (this.right - LEFT))) {
      const x = this.x(step);
      draw(axes, "line", { x1: x, x2: x, y1: bottom, y2: bottom + 4 });
      draw(axes, "text", { x, y: bottom + 14 }).textContent = counted(step);
    }
    const middle = (LEFT + this.right) / 2;
    draw(axes, "text", { x: middle, y: bottom + 32 }).textContent =
      "problems read, by their square root";
  }

  // ------------------------------------------------------------ drawn at every moment

  protected show(at: number): string {
    this.root.classList.toggle("plays", this.plays);
    if (this.width) this.drawAt(at);
    return told(this.data, Math.floor(at));
  }

  private drawAt(at: number): void {
    const { steps, right, stages, lengths } = this.data;
    const now = between(steps, at);
    this.stages.forEach(({ entered }, i) => {
      const [, begin, end] = stages[i];
      const width = this.x(Math.min(now, end)) - this.x(begin) - (now < end ? 1 : 2);
      set(entered, { width: Math.max(width, 0) });
    });
    const shares = lengths.map((_, i) => right.map((row) => row[i]));
    const heights = shares.map((curve) => this.y(between(curve, at)));
    const places = spread(heights, NAME, this.y(1), this.y(0));
    const done = Math.floor(at);
    this.curves.forEach(({ later, written, pen, leader, name }, i) => {
      const points = shares[i].map((share, k): Pair => [this.x(steps[k]), this.y(share)]);
      const tip: Pair = [this.x(now), heights[i]];
      set(written, { d: line([...points.slice(0, done + 1), tip]) });
      set(later, { d: line([tip, ...points.slice(done + 1)]) });
      set(pen, { cx: tip[0], cy: tip[1] });
      set(leader, {
        d: line([
          [this.right + 4, heights[i]],
          [this.right + 16, places[i]],
        ]),
      });
      set(name, { x: this.right + 20, y: places[i] });
    });
  }
}

/** As the `d` of a path. */
function line(points: readonly Pair[]): string {
  return `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;
}

export default mounted(Climb);
