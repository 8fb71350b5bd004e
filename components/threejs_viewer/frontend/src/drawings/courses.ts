// Five trainings of one network: over the tokens read, how much of each shape is right, what is
// being read, and how one problem is written. All counts and texts come from Python.

import { make } from "../shared/dom";
import "./courses.css";
import { between, depth, edges, inHundred, nearest, right, spread, WHOLE } from "./maths/courses";
import type { Sent } from "./shared/drawing";
import { draw, say, set } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { counted, range, type Pair } from "./shared/numbers";

const SIDE = 4;
const LONGEST = SIDE * SIDE - 1; // the shape 4 x 4
const EQUAL = range(SIDE).map((i) => (SIDE + 1) * i); // 1 x 1, 2 x 2 ...
const [HIGH, LOW, TOP, LEFT, RIGHT] = [110, 82, 18, 34, 56]; // of the curves; the style sheet has LEFT and RIGHT, too
const KNOB = 8; // pixels, half of the slider's: there its moments begin and end
const SLIM = 480; // pixels: below, the slider stands under the curves and is as wide
const [LOOSE, TIGHT] = [36, 26]; // pixels: a stage so wide has its name in it, with spaces or without
const TOGETHER = 52; // pixels: narrower ones side by side have the first name and the last in them
const NAMED = 85; // from here on, a curve along the axis has room for its name
const [NAME, LEADER] = [16, 16]; // from name to name, and from the tip of a curve to its name
const MOST = 9999;
const DONE = 0.5; // of the longest problems: it has a mark where there are no stages, and is missed

interface Stage {
  name: string;
  begin: number;
  end: number;
  new: number[];
}

interface Text {
  step: number;
  numbers: { name: string; tokens: string; marks: string }[];
}

interface Course {
  name: string;
  steps: number[];
  tokens: number[];
  stages: Stage[];
  wrong: number[][];
  read: [text: string, kind: string][];
  written: Text[];
}

interface Data extends Sent {
  headline: string;
  alt: string;
  seconds: number;
  n: number[];
  courses: Course[];
  chosen: number;
  pair: Pair;
}

class Courses extends MovingDrawing<Data> {
  private readonly plot = this.watched<SVGSVGElement>("plot");
  private readonly boxes = ["a", "b"].map((name) => this.part<HTMLInputElement>(name));
  private chosen = this.data.chosen;
  private pair: Pair = this.data.pair;
  private arms: { button: HTMLElement; bar: HTMLElement; share: HTMLElement }[] = [];
  /** Of all courses the curves of the longest; that of the chosen one is not drawn here. */
  private others: SVGPathElement[] = [];
  /** Of a course that ends with few right, at the tip of its curve. */
  private missed: SVGTextElement[] = [];
  private cells: HTMLElement[] = [];
  private curves: {
    later: SVGPathElement;
    drawn: SVGPathElement;
    tip: SVGCircleElement;
    leader: SVGPathElement;
    name: SVGTextElement;
  }[] = [];
  private now!: SVGLineElement;
  private width = 0;
  /** Where the first moment and the last stand: in one line with the slider's, if there is room. */
  private bounds: Pair = [LEFT, LEFT];
  /** What is drawn below the curves' moment: it changes with the look alone. */
  private drawn = "";

  protected override begin(): void {
    this.part<HTMLFormElement>("ask").onsubmit = (event) => {
      event.preventDefault();
      this.ask();
    };
    this.watch(this.part("scrub"));
  }

  protected build(): void {
    this.fill();
    this.playOnce(this.evenly(WHOLE, this.data.seconds));
  }

  /** The texts of a reader's problem or course have come: all else stays, and what a hand holds. */
  protected override rebuild({ alt, courses }: Data): void {
    this.drawn = "";
    if (alt !== this.data.alt || courses.length !== this.data.courses.length) {
      this.chosen = this.data.chosen;
      this.pair = this.data.pair;
      this.fill();
      this.markLandmarks();
    }
    this.again();
  }

  private fill(): void {
    const { data } = this;
    this.drawn = "";
    const pieces = data.headline.split("**"); // every second one is what went wrong
    this.part("headline").replaceChildren(
      ...pieces.map((piece, i) => (i % 2 ? make("b", { class: "missed" }, piece) : piece)),
    );
    this.boxes.forEach((box, i) => (box.value = String(this.pair[i])));
    this.refuse("");
    this.arms = data.courses.map(({ name }, i) => {
      const bar = make("i");
      const share = make("b");
      const button = make(
        "button",
        {
          type: "button",
          click: () => this.choose(i),
          pointerenter: () => this.point(i),
          pointerleave: () => this.point(-1),
          class: this.misses(i) ? "missed" : "",
        },
        make("span", { class: "told" }, make("span", {}, name), share),
        make("span", { class: "scale", "aria-hidden": true }, bar),
      );
      return { button, bar, share };
    });
    this.part("arms").replaceChildren(...this.arms.map(({ button }) => button));
    this.cells = range(SIDE * SIDE).map(() => make("span"));
    const sides = ["a", "b"].map((side) => make("small", { class: side }, `digits of ${side}`));
    const heads = range(SIDE).flatMap((i) => [
      placed(make("b", {}, `${i + 1}`), 2, i + 3),
      placed(make("b", {}, `${i + 1}`), i + 3, 2),
    ]);
    this.cells.forEach((cell, i) => placed(cell, Math.floor(i / SIDE) + 3, (i % SIDE) + 3));
    this.part("map").replaceChildren(...sides, ...heads, ...this.cells);
    set(this.part("map"), { "aria-label": data.alt });
    this.buildPlot();
  }

  private get course(): Course {
    return this.data.courses[this.chosen];
  }

  /** At its end, more of the longest problems are wrong than right. */
  private misses(course: number): boolean {
    const { wrong } = this.data.courses[course];
    return right(wrong.at(-1)![LONGEST], this.data.n[LONGEST]) < DONE;
  }

  protected override landmarks(): Landmark[] {
    const { stages, wrong, tokens } = this.course;
    if (stages.length > 1)
      return stages.slice(1).map(({ name, begin }) => ({ at: Math.round(WHOLE * begin), name }));
    const look = wrong.findIndex((of) => right(of[LONGEST], this.data.n[LONGEST]) >= DONE);
    const share = tokens[Math.max(look, 1)] / tokens.at(-1)!;
    return [{ at: Math.round(WHOLE * share), name: "half of 4 × 4 right" }];
  }

  // ------------------------------------------------------------ what a reader chooses

  private choose(i: number): void {
    this.chosen = i;
    this.drawn = "";
    this.buildPlot();
    this.markLandmarks();
    if (this.plays) this.pause();
    else this.again();
    this.tell();
  }

  private ask(): void {
    const typed = this.boxes.map((box) => box.value.trim());
    const bad = typed.map((text) => !/^\d{1,4}$/.test(text));
    this.boxes.forEach((box, i) => box.setAttribute("aria-invalid", String(bad[i])));
    if (bad.includes(true)) return this.refuse(`0 to ${counted(MOST)}, in digits`);
    this.refuse("");
    this.pair = typed.map(Number) as Pair;
    this.boxes.forEach((box, i) => (box.value = String(this.pair[i])));
    this.drawn = "";
    this.again();
    this.tell();
  }

  private refuse(why: string): void {
    say(this.part("refused"), why);
    if (!why) this.boxes.forEach((box) => box.setAttribute("aria-invalid", "false"));
  }

  /** The curve of a training that is pointed at stands out. */
  private point(i: number): void {
    this.others.forEach((curve, other) => curve.classList.toggle("meant", other === i));
  }

  private tell(): void {
    this.send("asked", [this.chosen, ...this.pair]);
  }

  protected override letGo(): void {
    this.refuse("");
  }

  // ------------------------------------------------------------ the curves

  private buildPlot(): void {
    const { plot } = this;
    plot.replaceChildren();
    set(plot, { "aria-label": "The share right of each length, over the text that is read" });
    const wide = this.x(WHOLE) - this.x(0);
    const { stages } = this.course;
    this.root.classList.toggle("staged", stages.length > 1);
    this.root.classList.toggle("lost", this.misses(this.chosen));
    const fields = stages.map(({ name, begin, end }) => ({
      name,
      x: this.x(0) + wide * begin,
      width: Math.max(wide * (end - begin), 1),
    }));
    fields.forEach(({ x, width }, i) => {
      const classes = (stages.length - i) % 2 ? "band" : "band even"; // counted from the last
      draw(plot, "rect", { class: classes, x, y: 0, width, height: TOP + this.high });
    });
    for (const { name, x, width } of named(fields))
      draw(plot, "text", { class: "stage", x: x + width / 2, y: TOP / 2 }).textContent = name;
    this.others = this.data.courses.map((_, i) =>
      draw(plot, "path", { class: this.misses(i) ? "other missed" : "other" }),
    );
    for (const [name, share] of [
      ["100", 1],
      ["0", 0],
    ] as const)
      draw(plot, "text", { class: "end", x: this.x(0) - 5, y: this.y(share) }).textContent = name;
    this.now = draw(plot, "line", { class: "at", y1: 0, y2: TOP + this.high });
    this.curves = EQUAL.map((_, i) => {
      const group = draw(plot, "g", { class: "curve" });
      shade(group, i);
      const later = draw(group, "path", { class: "later" });
      const drawn = draw(group, "path", { class: "drawn" });
      const tip = draw(group, "circle", { class: "tip", r: 3.5 });
      return { later, drawn, tip, ...this.nameOf(i) };
    });
    this.missed = this.data.courses.flatMap(({ name, wrong }, i) => {
      if (i === this.chosen || !this.misses(i)) return [];
      const ends = inHundred(right(wrong.at(-1)![LONGEST], this.data.n[LONGEST]));
      const text = draw(plot, "text", { class: "missed", y: this.y(0) - 5 });
      text.textContent = `${name}, ${ends}`;
      return [text];
    });
    this.curves.forEach(({ leader, name }) => plot.append(leader, name)); // over all curves
  }

  /** It stands beside the tip of its curve, where that is at the moment shown. */
  private nameOf(i: number): { leader: SVGPathElement; name: SVGTextElement } {
    const leader = draw(this.plot, "path", { class: "leader" });
    const name = draw(this.plot, "text", { class: "length" });
    name.textContent = `${i + 1} × ${i + 1}`;
    for (const part of [leader, name]) shade(part, i);
    return { leader, name };
  }

  protected override place(): void {
    this.width = this.plot.clientWidth;
    if (!this.width) return;
    const slider = this.part("scrub").getBoundingClientRect();
    const { left } = this.plot.getBoundingClientRect();
    this.bounds =
      this.width > SLIM && slider.width
        ? [slider.left - left + KNOB, slider.right - left - KNOB]
        : [LEFT, Math.max(this.width - RIGHT, LEFT)];
    const height = TOP + this.high + 6;
    set(this.plot, { viewBox: `0 0 ${this.width} ${height}`, height });
    this.buildPlot();
    this.again();
  }

  private x(at: number): number {
    const [first, last] = this.bounds;
    return first + ((last - first) * at) / WHOLE;
  }

  private y(share: number): number {
    return TOP + this.high - (this.high - 6) * share;
  }

  private get high(): number {
    return this.width > SLIM ? HIGH : LOW;
  }

  private drawCurves(at: number): void {
    const { tokens, wrong } = this.course;
    const shares = EQUAL.map((shape) => wrong.map((of) => right(of[shape], this.data.n[shape])));
    const heights = shares.map((curve) => this.y(between(tokens, curve, at)));
    const x = this.x(at);
    this.others.forEach((curve, i) => {
      if (i === this.chosen) return;
      const { tokens: read, wrong: of } = this.data.courses[i];
      const longest = of.map((look) => right(look[LONGEST], this.data.n[LONGEST]));
      const before = read
        .map((one, k): Pair => [this.x((WHOLE * one) / read.at(-1)!), this.y(longest[k])])
        .filter(([left]) => left < x);
      set(curve, { d: line([...before, [x, this.y(between(read, longest, at))]]) });
    });
    for (const name of this.missed) {
      set(name, { x: x - 6 });
      name.toggleAttribute("hidden", at < NAMED);
    }
    const names = spread(heights, NAME, TOP + 2, this.y(0));
    set(this.now, { x1: x, x2: x });
    this.curves.forEach(({ later, drawn, tip: mark, leader, name }, i) => {
      const points = tokens.map(
        (one, k): Pair => [this.x((WHOLE * one) / tokens.at(-1)!), this.y(shares[i][k])],
      );
      const tip: Pair = [x, heights[i]];
      set(drawn, { d: line([...points.filter(([left]) => left < x), tip]) });
      set(later, { d: line([tip, ...points.filter(([left]) => left > x)]) });
      set(mark, { cx: x, cy: heights[i] });
      set(leader, { d: line([tip, [x + LEADER - 4, names[i]]]) });
      set(name, { x: x + LEADER, y: names[i] });
    });
  }

  // ------------------------------------------------------------ a moment

  protected show(at: number): string {
    this.root.classList.toggle("plays", this.plays);
    if (this.width) this.drawCurves(at);
    const { course } = this;
    const look = nearest(course.tokens, at);
    const key = `${this.chosen} ${look}`;
    if (key !== this.drawn) this.drawLook(look);
    this.drawn = key;
    const own = course.written[look]?.step ?? course.steps[look]; // of a typed one the nearest kept
    const then = own === course.steps[look];
    this.part("when").classList.toggle("other", !then);
    say(
      this.part("when"),
      then ? `at ${Math.round(at)}%, ` : `by the run at step ${counted(own)}, `,
    );
    return this.told(at, look);
  }

  /** The map says it to the eye. */
  protected override worded(told: string): string {
    const { course } = this;
    const of = course.wrong[nearest(course.tokens, this.at)];
    const shares = EQUAL.map((shape, i) => {
      const share = inHundred(right(of[shape], this.data.n[shape]));
      return `${i + 1} × ${i + 1}: ${share}`;
    });
    return `${told} Right in 100, ${shares.join(", ")}.`;
  }

  private drawLook(look: number): void {
    const { n, courses } = this.data;
    const { course } = this;
    this.arms.forEach(({ button, bar, share }, i) => {
      const of =
        courses[i].wrong[nearest(courses[i].tokens, (WHOLE * look) / (course.tokens.length - 1))];
      const done = right(of[LONGEST], n[LONGEST]);
      bar.style.width = `${100 * done}%`;
      say(share, inHundred(done));
      button.setAttribute("aria-pressed", String(i === this.chosen));
    });
    const fresh = course.stages.length > 1 ? (this.stageAt(look)?.new ?? []) : [];
    this.cells.forEach((cell, shape) => {
      const share = right(course.wrong[look][shape], n[shape]);
      tint(cell, share);
      say(cell, inHundred(share));
      cell.classList.toggle("new", fresh.includes(shape));
      edges(fresh, shape, SIDE).forEach((open, i) =>
        cell.style.setProperty(SIDES[i], open ? "1" : "0"),
      );
    });
    const [text, kind] = course.read[look];
    say(this.part("read"), text);
    say(this.part("kind"), kind);
    this.drawText(course.written[look]);
  }

  /** The stage that was read just before a look. */
  private stageAt(look: number): Stage | undefined {
    const { stages, tokens } = this.course;
    const share = tokens[look] / tokens.at(-1)!;
    return stages.find(({ end }) => share <= end + 1e-9) ?? stages.at(-1);
  }

  private drawText(text: Text | undefined): void {
    const came = text && String(this.pair) === String(this.data.pair);
    this.part("numbers").replaceChildren(
      ...(came
        ? text.numbers.map(({ name, tokens, marks }) =>
            make(
              "div",
              { class: name === "answer" ? "number answer" : "number" },
              make("span", {}, name),
              make(
                "code",
                {},
                ...Array.from(tokens, (token, i) =>
                  make("span", { class: MARKS[marks[i]] }, token),
                ),
              ),
            ),
          )
        : [make("div", { class: "waits" }, "is being written …")]),
    );
  }

  private told(at: number, look: number): string {
    const { course } = this;
    const text = course.written[look];
    const kept =
      text && text.step !== course.steps[look]
        ? ` Your problem is written by the nearest network that is kept, of step ${counted(text.step)}.`
        : "";
    const of = `${counted(course.steps.at(-1)!)}`;
    return (
      `${course.name}, ${Math.round(at)}% read; look at step ` +
      `${counted(course.steps[look])} of ${of}.${kept}`
    );
  }
}

const SIDES = ["--top", "--right-side", "--bottom", "--left"];
const MARKS: Record<string, string> = { r: "", w: "wrong", f: "follows", l: "late", n: "cut" };

/** In the map: two lines of heads come before the cells, from above and from the left. */
function placed(part: HTMLElement, row: number, column: number): HTMLElement {
  part.style.gridArea = `${row} / ${column}`;
  return part;
}

interface Field {
  name: string;
  x: number;
  width: number;
}

/** What has room for a name: too narrow ones side by side have one, and all have spaces or none. */
function named(fields: readonly Field[]): Field[] {
  const runs: Field[][] = [];
  for (const field of fields) {
    const run = runs.at(-1);
    if (run && field.width < TIGHT && run.at(-1)!.width < TIGHT) run.push(field);
    else runs.push([field]);
  }
  const found = runs
    .map((run) => {
      const [first, last] = [run[0], run.at(-1)!];
      const name = run.length > 1 ? `${first.name}–${last.name}` : first.name;
      return { name, x: first.x, width: last.x + last.width - first.x, n: run.length };
    })
    .filter(({ width, n }) => width >= (n > 1 ? TOGETHER : TIGHT));
  const close = found.some(({ width, n }) => n > 1 || width < LOOSE);
  return close
    ? found.map((one) => ({ ...one, name: one.name.replaceAll(" ×", "×").replaceAll("× ", "×") }))
    : found;
}

/** The share that is right as a field of green. */
function tint(cell: HTMLElement, share: number): void {
  cell.style.setProperty("--right", `${Math.round(100 * depth(share))}%`);
}

/** The longer the numbers, the darker. */
function shade(part: SVGElement, i: number): void {
  part.style.setProperty("--share", `${(100 * i) / (SIDE - 1)}%`);
  part.classList.toggle("longest", i === SIDE - 1);
}

/** As the `d` of a path. */
function line(points: readonly Pair[]): string {
  return `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;
}

export default mounted(Courses, "setStateValue");
