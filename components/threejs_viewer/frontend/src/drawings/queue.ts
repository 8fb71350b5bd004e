// Sums served in the slots of a batch, in two ways over one axis of decode steps; a cursor says
// who runs at a moment. Nothing is scheduled here: starts and ends come from Python.

import { count, hatching, runs, written, type Bar, type Timeline } from "./maths/queue";
import "./queue.css";
import type { Sent } from "./shared/drawing";
import { draw, partsOf, set, type Part } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { counted, range, tickStep } from "./shared/numbers";
import { timed } from "./shared/schedule";

const [LEFT, RIGHT, TOP] = [18, 14, 4]; // margins of the slots
const [ROW, BAR] = [20, 16];
const AXIS = 22; // height of the numbers below
const HATCH = 6; // pixels from stroke to stroke
const CHARACTER = 6.1; // pixels of a character in a bar
const PLAYED = 12; // seconds

interface Data extends Sent {
  timelines: Timeline[];
  alt: string;
}

interface Sum {
  bar: Bar;
  box: SVGRectElement;
  reading: SVGRectElement;
  text: SVGTextElement;
}

interface Drawn {
  timeline: Timeline;
  slots: SVGSVGElement;
  idle: SVGPathElement;
  frame: SVGRectElement;
  sums: Sum[];
  axis: SVGGElement;
  later: SVGRectElement;
  cursor: SVGLineElement;
  part: Part;
}

class Queue extends MovingDrawing<Data> {
  private drawn: Drawn[] = [];
  private width = 0;

  protected override begin(): void {
    this.watch(this.part("slots"));
  }

  // ------------------------------------------------------------ built once

  protected build(): void {
    const { timelines } = this.data;
    this.drawn = this.all(".timeline").map((figure, i) => this.buildTimeline(figure, timelines[i]));
    this.part("reads").hidden = !timelines.some(({ bars }) => bars.some((bar) => bar[2]));
    this.point(null);
    this.place();
    const last = this.last();
    this.wait(timed(range(last + 1).map((step) => (PLAYED * step) / last)));
  }

  private buildTimeline(figure: HTMLElement, timeline: Timeline): Drawn {
    const part = partsOf(figure);
    part("title").textContent = timeline.title;
    const slots = part<SVGSVGElement>("slots");
    slots.replaceChildren();
    range(timeline.n_slots).forEach((slot) => {
      const y = this.y(slot) + BAR / 2;
      draw(slots, "text", { class: "slot", x: LEFT - 6, y }).textContent = String(slot + 1);
    });
    const idle = draw(slots, "path", { class: "idle" });
    const sums = timeline.bars.map((bar) => this.buildSum(slots, bar, timeline.title));
    const frame = draw(slots, "rect", { class: "frame" });
    const axis = draw(slots, "g", { class: "axis" });
    const later = draw(slots, "rect", { class: "later" });
    const cursor = draw(slots, "line", { class: "cursor" });
    return { timeline, slots, idle, frame, sums, axis, later, cursor, part };
  }

  private buildSum(slots: SVGSVGElement, bar: Bar, title: string): Sum {
    const [slot, , , , text] = bar;
    const y = this.y(slot);
    const box = draw(slots, "rect", { class: "sum", y, height: BAR, rx: 2 });
    box.style.setProperty("--share", `${Math.round((100 * written(bar)) / this.most())}%`);
    const reading = draw(slots, "rect", { class: "reading", y: y + 1, height: BAR - 2, rx: 1 });
    const label = draw(slots, "text", { class: "label", y: y + BAR / 2 });
    label.textContent = question(text);
    box.onpointerenter = box.onpointerdown = () => this.point(bar, title);
    box.onpointerleave = ({ pointerType }) => {
      if (pointerType !== "touch") this.point(null); // a finger leaves as soon as it has tapped
    };
    return { bar, box, reading, text: label };
  }

  /** Tokens of the sum that writes most; both timelines write the same sums. */
  private most(): number {
    return Math.max(...this.data.timelines[0].bars.map(written));
  }

  /** What was pointed at, in words. */
  private point(bar: Bar | null, title = ""): void {
    const said = this.part("pointed");
    if (!bar) return void (said.textContent = "Point at a bar to read its problem.");
    const [slot, start, reading, end, text] = bar;
    const read = reading ? `read in ${reading}, ` : "";
    const wrote = `steps ${start + 1} to ${end}, ${read}${written(bar)} tokens written`;
    said.textContent = `${text}: ${wrote}, slot ${slot + 1}, ${title}`;
  }

  protected override landmarks(): Landmark[] {
    return this.data.timelines
      .map(({ title, n_steps }) => ({ at: n_steps, name: `${title} ends` }))
      .sort((one, other) => one.at - other.at);
  }

  // ------------------------------------------------------------ where all stands

  private last(): number {
    return Math.max(...this.data.timelines.map(({ n_steps }) => n_steps));
  }

  private x(step: number): number {
    return LEFT + ((this.width - LEFT - RIGHT) * step) / this.last();
  }

  private y(slot: number): number {
    return TOP + slot * ROW + (ROW - BAR) / 2;
  }

  protected override place(): void {
    this.width = this.drawn[0].slots.clientWidth;
    if (!this.width) return;
    for (const one of this.drawn) this.placeTimeline(one);
    this.drawCursors(this.at);
  }

  private placeTimeline({ timeline, slots, idle, frame, sums, axis, later, cursor }: Drawn): void {
    const { n_slots, n_steps } = timeline;
    const bottom = TOP + n_slots * ROW;
    set(slots, { viewBox: `0 0 ${this.width} ${bottom + AXIS}`, height: bottom + AXIS });
    const whole = this.x(n_steps) - LEFT;
    const hatched = range(n_slots).map((slot) => hatching(LEFT, this.y(slot), whole, BAR, HATCH));
    set(idle, { d: hatched.join("") });
    set(frame, { x: LEFT, y: TOP, width: whole, height: bottom - TOP });
    for (const { bar, box, reading, text } of sums) {
      const [, start, read, end] = bar;
      const [left, right] = [this.x(start), this.x(end)];
      set(box, { x: left + 0.5, width: Math.max(right - left - 1, 1) });
      const hollow = Math.max(this.x(start + read) - left - 1.5, 0);
      set(reading, { x: left + 1.5, width: read ? hollow : 0 });
      const fits = right - left > CHARACTER * text.textContent.length + 6;
      set(text, { x: (left + right) / 2, visibility: fits ? "visible" : "hidden" });
    }
    set(later, { y: TOP, height: bottom - TOP });
    set(cursor, { y1: TOP - 3, y2: bottom + 4 });
    this.placeAxis(axis, bottom);
  }

  private placeAxis(axis: SVGGElement, bottom: number): void {
    axis.replaceChildren();
    const last = this.last();
    const every = tickStep((44 * last) / (this.width - LEFT - RIGHT));
    for (let step = 0; step <= last; step += every) {
      const x = this.x(step);
      draw(axis, "line", { x1: x, x2: x, y1: bottom, y2: bottom + 4 });
      draw(axis, "text", { x, y: bottom + 14 }).textContent = String(step);
    }
  }

  // ------------------------------------------------------------ drawn at every step

  protected show(step: number): string {
    this.drawCursors(step);
    for (const one of this.drawn) this.drawSums(one, step);
    return this.reading(step);
  }

  /** What comes after the step is veiled. */
  private drawCursors(step: number): void {
    for (const { timeline, later, cursor } of this.drawn) {
      const [x, end] = [this.x(Math.min(step, timeline.n_steps)), this.x(timeline.n_steps)];
      set(later, { x, width: end - x });
      const visibility = step < timeline.n_steps ? "visible" : "hidden";
      set(cursor, { x1: x, x2: x, visibility });
    }
  }

  private drawSums({ timeline, sums, slots, part }: Drawn, step: number): void {
    const { bars, title } = timeline;
    for (const { bar, box } of sums) box.classList.toggle("runs", runs(bar, step));
    const { steps, tokens, idle, done } = count(timeline, step);
    const share = `${(100 * idle).toFixed(0)}% of the slots idle`;
    part("totals").textContent = `${steps} steps, ${counted(tokens)} tokens written, ${share}`;
    const running = bars.filter((bar) => runs(bar, step)).map(([, , , , text]) => question(text));
    part("running").textContent = running.length
      ? `running: ${running.join(", ")}`
      : `all ${bars.length} problems are written`;
    const label = `${this.data.alt}, ${title}: ${done} of ${bars.length} problems written`;
    set(slots, { "aria-label": label });
  }

  private reading(step: number): string {
    const { timelines } = this.data;
    if (step === this.last()) {
      const steps = timelines.map(({ title, n_steps }) => `${title}: ${n_steps} steps.`);
      return `All ${timelines[0].bars.length} problems are written. ${steps.join(" ")}`;
    }
    const sides = timelines.map((timeline) => {
      const { running, waiting } = count(timeline, step);
      if (!running && !waiting) return `${timeline.title} has ended`;
      const slots = `${running} of ${timeline.n_slots} slots run`;
      return `${timeline.title}: ${slots}, ${waiting} problems wait`;
    });
    return `After step ${step}. ${sides.join(". ")}.`;
  }
}

/** What stands before the first equals sign. */
function question(text: string): string {
  return text.split("=")[0];
}

export default mounted(Queue);
