// What becomes of a network's features under several ways to train: a sphere of arrows for each, one
// slider of training steps, and one hand that turns all spheres. All numbers come from Python.

import { make } from "../shared/dom";
import "./spheres.css";
import {
  along,
  between,
  FRONT,
  marks,
  seen,
  SHAPES,
  triples,
  turnedBy,
  type Triple,
  type View,
} from "./maths/spheres";
import type { Sent } from "./shared/drawing";
import { blank, draw, set, setShare, tone } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { HeatMap } from "./shared/lines";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { hurried } from "./shared/schedule";
import { clamp, counted, percent, range, signed, signedBytes, type Pair } from "./shared/numbers";

const [STEP, LEAP] = [5, 30]; // degrees for an arrow key
const A_PIXEL = 0.5; // degrees
const RIM = 3; // pixels from the ball to the edge of its canvas
const DOT = 0.024; // of the ball's radius, but
const LEAST_DOT = 1.7; // pixels
const [NEAR, FAR] = [0.6, 0.25]; // how strong an arrow is before the middle, and behind it
const CIRCLE = 64; // points of a circle
const ALIKE = 0.5; // of the strength of a map: a cosine of 1 has the full colour, and none a fuller
const [PLOT_LEFT, PLOT_TOP, PLOT, PLOT_AXIS] = [40, 8, 92, 36]; // the slider lies in the axis
const NAME = 17; // pixels from a name of a line to the next
const NARROW = 560; // pixels: below them a line is named by the last word of its name
const [NAMES, NAMES_NARROW] = [190, 66]; // their room
const HOLD = 1.8; // seconds in which the end is shown first
const ALL_ALIKE = 100; // steps, in which the runs hardly differ: they take
const BRIEFLY = 0.15; // of the time
const YET_ALIKE = 0.1; // between the token cosines of any two

interface Arm {
  name: string;
  /** What happens, in a few words. */
  told: string;
  hue: string;
  /** Three signed bytes for the end of each arrow of each moment, base64. */
  arrows: string;
  /** A signed byte for each pair of positions at each moment, base64. */
  cosines: string;
  few_wrong: number[];
  wrong: number[];
  token_cosine: number[];
}

interface Data extends Sent {
  /** Training steps. */
  moments: number[];
  arms: Arm[];
  /** Roles of tokens, and of each arrow the number of its own. */
  kinds: string[];
  kind_of: number[];
  /** How many a text has. */
  positions: number;
  n_few: number;
  n: number;
  /** How much of the squared length lies in the three directions that are drawn. */
  held: number;
  marks: [at: number, name: string][];
  alt: string;
  seconds: number;
}

/** Of one arm, what changes from moment to moment. */
interface Column {
  canvas: HTMLCanvasElement;
  arrows: Int8Array;
  cosines: Int8Array;
  map: HeatMap;
  few: HTMLElement;
  wrong: HTMLElement;
  cosine: HTMLElement;
  facts: HTMLElement;
  curve: SVGPathElement;
  passed: SVGPathElement;
  dot: SVGCircleElement;
  label: SVGTextElement;
}

class Spheres extends MovingDrawing<Data> {
  private readonly balls = this.coloured(this.watched("balls"));
  private readonly plot = this.watched<SVGSVGElement>("lines");
  private columns: Column[] = [];
  private axes!: SVGGElement;
  private rule!: SVGLineElement;
  /** Names of events, over the line of the moment. */
  private events!: SVGGElement;
  private view = FRONT;
  private grabbed: { x: number; y: number; view: View } | null = null;
  private width = 0;

  protected override begin(): void {
    const { balls } = this;
    balls.onpointerdown = (event) => this.grab(event);
    balls.onpointermove = (event) => this.drag(event);
    balls.onpointerup = balls.onpointercancel = () => (this.grabbed = null);
    balls.onkeydown = (event) => this.press(event);
  }

  protected override recolour(): void {
    this.again();
  }

  protected override letGo(): void {
    this.turn(FRONT);
  }

  // ------------------------------------------------------------ turned by the hand

  private grab(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.grabbed = { x: event.clientX, y: event.clientY, view: this.view };
    this.balls.setPointerCapture(event.pointerId);
  }

  private drag({ clientX, clientY }: PointerEvent): void {
    if (!this.grabbed) return;
    const { x, y, view } = this.grabbed;
    this.turn(turnedBy(view, A_PIXEL * (clientX - x), A_PIXEL * (clientY - y)));
  }

  private press(event: KeyboardEvent): void {
    const far = event.shiftKey ? LEAP : STEP;
    const to = new Map([
      ["ArrowLeft", turnedBy(this.view, -far, 0)],
      ["ArrowRight", turnedBy(this.view, far, 0)],
      ["ArrowUp", turnedBy(this.view, 0, -far)],
      ["ArrowDown", turnedBy(this.view, 0, far)],
      ["Home", FRONT],
    ]).get(event.key);
    if (!to) return;
    event.preventDefault();
    this.turn(to);
  }

  private turn(view: View): void {
    this.view = view;
    this.tellView();
    this.drawBalls(this.at);
  }

  private tellView(): void {
    const [turned, tilted] = [this.view.turned, this.view.tilted].map((far) => signed(far, 0));
    set(this.balls, {
      "aria-label": this.data.alt,
      "aria-valuemin": 0,
      "aria-valuemax": 359,
      "aria-valuenow": Math.round(this.view.turned),
      "aria-valuetext": `turned by ${turned} degrees, tilted by ${tilted}`,
    });
  }

  // ------------------------------------------------------------ built once

  protected build(): void {
    const { arms, n, moments, seconds } = this.data;
    this.plot.replaceChildren();
    this.axes = draw(this.plot, "g", { class: "axes" });
    this.rule = draw(this.plot, "line", { class: "rule" });
    this.events = draw(this.plot, "g", { class: "events" });
    this.columns = arms.map((arm) => this.buildColumn(arm));
    this.part("names").replaceChildren(
      ...arms.map(({ name, told, hue }) =>
        hued(hue, make("b", {}, make("i"), ...inTwo(name)), make("span", {}, told)),
      ),
    );
    this.balls.replaceChildren(...this.columns.map(({ canvas }) => canvas));
    this.part("facts").replaceChildren(...this.columns.map(({ facts }) => facts));
    this.part("lost").textContent = `Other problems wrong, of ${counted(n)}`;
    const names = arms.map(({ name }) => name).join("; ");
    set(this.plot, { "aria-label": `Other problems wrong by training step: ${names}` });
    this.buildLegend();
    this.tellView();
    this.place();
    const until = moments.findIndex((step) => step >= ALL_ALIKE);
    this.playAfterItsEnd(hurried(moments.length - 1, seconds, until, BRIEFLY), HOLD);
  }

  private buildColumn(arm: Arm): Column {
    const { positions } = this.data;
    const map = new HeatMap(positions, positions, ALIKE);
    const cosines = { role: "img", "aria-label": `${arm.name}: cosine by position in the text` };
    set(map.box, cosines);
    const [few, wrong, cosine] = ["trained, wrong", "others, wrong", "token cosine"].map((name) =>
      make("div", { class: "fact" }, make("span", {}, name), figure(), make("i")),
    );
    const group = draw(this.plot, "g");
    group.style.setProperty("--hue", `var(--wb-${arm.hue})`);
    return {
      canvas: make("canvas", { "aria-hidden": "true" }),
      arrows: signedBytes(arm.arrows),
      cosines: signedBytes(arm.cosines),
      map,
      few,
      wrong,
      cosine,
      facts: hued(arm.hue, cosine, map.box, make("div", { class: "numbers" }, few, wrong)),
      curve: draw(group, "path", { class: "curve" }),
      passed: draw(group, "path", { class: "passed" }),
      dot: draw(group, "circle", { class: "dot", r: 3.5 }),
      label: draw(group, "text", { class: "label" }),
    };
  }

  private buildLegend(): void {
    const { kinds, positions, held } = this.data;
    const signs = kinds.map((kind, i) => {
      const row = make("span");
      row.style.setProperty("--tone", `var(--wb-${kind})`);
      const sign = draw(row, "svg", { viewBox: "-1.5 -1.5 3 3" });
      draw(sign, "polygon", { points: SHAPES[i].join(" ") });
      row.append(kind);
      return row;
    });
    const words = [
      `Three directions of many are drawn, the same in all. They hold ${percent(held)} of the arrows' squared length.`,
      `The squares show the mean cosine between ${positions} positions of a text.`,
    ];
    this.part("kinds").replaceChildren(...signs);
    this.part("notes").replaceChildren(...words.map((said) => make("span", {}, said)));
  }

  // ------------------------------------------------------------ where the lines stand

  protected override place(): void {
    this.width = this.plot.clientWidth;
    if (this.width) this.placeLines();
    this.again();
  }

  private get right(): number {
    return this.width - (this.width < NARROW ? NAMES_NARROW : NAMES);
  }

  private get most(): number {
    return Math.max(...this.data.arms.flatMap(({ wrong }) => wrong), 1);
  }

  private x(share: number): number {
    return PLOT_LEFT + share * (this.right - PLOT_LEFT);
  }

  private y(wrong: number): number {
    return PLOT_TOP + PLOT * (1 - wrong / this.most);
  }

  private placeLines(): void {
    const { moments, arms } = this.data;
    const [bottom, high] = [PLOT_TOP + PLOT, PLOT_TOP + PLOT + PLOT_AXIS];
    set(this.plot, { viewBox: `0 0 ${this.width} ${high}`, height: high });
    this.root.style.setProperty("--before", `${PLOT_LEFT}px`); // the slider begins and ends below
    this.root.style.setProperty("--after", `${this.width - this.right}px`);
    this.root.style.setProperty("--axis", `${PLOT_AXIS}px`);
    for (const group of [this.axes, this.events]) group.replaceChildren();
    for (let wrong = 0; wrong <= this.most; wrong += 200) {
      const y = this.y(wrong);
      draw(this.axes, "line", { x1: PLOT_LEFT, x2: this.right, y1: y, y2: y });
      draw(this.axes, "text", { class: "up", x: PLOT_LEFT - 6, y }).textContent = counted(wrong);
    }
    for (const step of marks(moments, 60 / (this.right - PLOT_LEFT))) {
      const x = this.x(along(step, moments));
      draw(this.axes, "line", { x1: x, x2: x, y1: bottom, y2: bottom + 4 });
      const words = draw(this.axes, "text", { class: "across", x, y: bottom + 27 });
      words.textContent = step || this.width < NARROW ? counted(step) : "step 0";
    }
    for (const [at, name] of this.data.marks) {
      const x = this.x(along(moments[at], moments));
      draw(this.axes, "line", { class: "event", x1: x, x2: x, y1: PLOT_TOP, y2: bottom });
      // On a phone it stands above the plot, beside its title, clear of the line of the moment.
      const place = this.width < NARROW ? { x: x - 2, y: -9 } : { class: "up", x: x - 5, y: PLOT_TOP + 6 }; // prettier-ignore
      draw(this.events, "text", place).textContent = name;
    }
    const ends = arms.map(({ wrong }) => this.y(wrong.at(-1)!));
    const named = pushedApart(ends, NAME, PLOT_TOP + 4, PLOT_TOP + PLOT);
    this.columns.forEach(({ curve, label }, i) => {
      set(curve, { d: path(this.points(arms[i].wrong)) });
      set(label, { x: this.right + 10, y: named[i] });
      const { name } = arms[i];
      label.textContent = this.width < NARROW ? name.split(" ").at(-1)! : name;
    });
    set(this.rule, { y1: PLOT_TOP, y2: bottom });
  }

  private points(line: readonly number[]): Pair[] {
    const { moments } = this.data;
    return line.map((wrong, at) => [this.x(along(moments[at], moments)), this.y(wrong)]);
  }

  protected override landmarks(): Landmark[] {
    return this.data.marks.map(([at, name]) => ({ at, name }));
  }

  /** Below the line of the moment, between two looks as well. */
  protected override knob(at: number): number {
    this.part<HTMLInputElement>("scrub").step = Number.isInteger(at) ? "1" : "any";
    return at;
  }

  // ------------------------------------------------------------ drawn at every moment

  protected show(at: number): string {
    this.drawBalls(at);
    const look = Math.floor(at);
    const { arms, n_few, n, positions } = this.data;
    this.columns.forEach((column, i) => {
      const { few_wrong, wrong, token_cosine } = arms[i];
      column.map.show(between(column.cosines, positions ** 2, at), null);
      tell(column.few, few_wrong[look], n_few);
      tell(column.wrong, wrong[look], n);
      tell(column.cosine, token_cosine[look]);
    });
    if (this.width) this.showLines(at);
    const cosines = arms.map(({ token_cosine }) => token_cosine[look]);
    const alike = Math.max(...cosines) - Math.min(...cosines) < YET_ALIKE;
    this.part("names").classList.toggle("alike", alike);
    return `Step ${counted(this.data.moments[look])}${alike ? ": still alike." : "."}`;
  }

  /** Of the slider: what stands in the picture, for who does not see it. */
  protected override worded(): string {
    const look = Math.floor(this.at);
    const { moments, arms, n_few, n } = this.data;
    const said = arms.map(({ name, few_wrong, wrong, token_cosine }) => {
      const few = few_wrong[look] ? `${few_wrong[look]} of ${n_few} trained wrong, ` : "";
      return `${name}: ${few}${wrong[look]} of ${counted(n)} others wrong, cosine ${token_cosine[look].toFixed(2)}`;
    });
    return `Step ${counted(moments[look])}. ${said.join(". ")}.`;
  }

  private showLines(at: number): void {
    const { moments, arms } = this.data;
    const x = this.x(at / (moments.length - 1));
    set(this.rule, { x1: x, x2: x });
    const heights = arms.map(({ wrong }) => this.y(between(wrong, 1, at)[0]));
    this.columns.forEach(({ passed, dot }, i) => {
      const points = this.points(arms[i].wrong).slice(0, Math.floor(at) + 1);
      set(passed, { d: path([...points, [x, heights[i]]]) });
      set(dot, { cx: x, cy: heights[i] });
    });
  }

  // ------------------------------------------------------------ the balls

  private drawBalls(at: number): void {
    for (const { canvas, arrows } of this.columns) {
      const box = canvas.getBoundingClientRect();
      if (!box.width) continue;
      const ends = triples(between(arrows, arrows.length / this.data.moments.length, at));
      const places = ends.map((end) => seen(end.map((byte) => byte / 127) as Triple, this.view));
      this.drawBall(canvas, box, places);
    }
  }

  private drawBall(canvas: HTMLCanvasElement, box: DOMRect, places: readonly Triple[]): void {
    const { kinds, kind_of } = this.data;
    const radius = Math.min(box.width, box.height) / 2 - RIM;
    const tones = kinds.map((kind) => tone(canvas, `--wb-${kind}`));
    const [line, ink] = ["--line", "--ink"].map((name) => tone(canvas, name));
    const pen = blank(canvas, box);
    pen.translate(box.width / 2, box.height / 2);
    [pen.strokeStyle, pen.lineWidth] = [line, 1];
    pen.beginPath();
    pen.arc(0, 0, radius, 0, 2 * Math.PI);
    pen.stroke();
    for (const circle of CIRCLES) this.drawCircle(pen, circle, radius);
    const order = range(places.length).sort((i, j) => places[i][2] - places[j][2]);
    const dot = Math.max(LEAST_DOT, DOT * radius);
    for (const i of order) {
      const [right, up, near] = places[i];
      const [x, y] = [radius * right, -radius * up];
      const colour = tones[kind_of[i]];
      pen.globalAlpha = near < 0 ? FAR : NEAR;
      stroke(pen, colour, [0, 0], [x, y]);
      pen.globalAlpha = near < 0 ? NEAR : 1;
      pen.fillStyle = colour;
      outline(pen, SHAPES[kind_of[i]], x, y, dot * (1 + 0.25 * near));
      pen.fill();
    }
    pen.globalAlpha = 1;
    pen.fillStyle = ink;
    pen.beginPath();
    pen.arc(0, 0, dot, 0, 2 * Math.PI);
    pen.fill();
  }

  /** Its far half is fainter. */
  private drawCircle(pen: CanvasRenderingContext2D, circle: readonly Triple[], far: number): void {
    const places = circle.map((point) => seen(point, this.view));
    places.slice(1).forEach(([right, up, near], i) => {
      pen.globalAlpha = near < 0 ? 0.45 : 1;
      const [x, y] = places[i];
      stroke(pen, pen.strokeStyle as string, [far * x, -far * y], [far * right, -far * up]);
    });
    pen.globalAlpha = 1;
  }
}

/** The equator and a meridian, so that a turn is seen. */
const CIRCLES: readonly (readonly Triple[])[] = [0, 1].map((which) =>
  range(CIRCLE + 1).map((i): Triple => {
    const angle = (2 * Math.PI * i) / CIRCLE;
    const [x, y] = [Math.cos(angle), Math.sin(angle)];
    return which ? [x, y, 0] : [x, 0, y];
  }),
);

function hued(hue: string, ...children: Node[]): HTMLElement {
  const column = make("div", {}, ...children);
  column.style.setProperty("--hue", `var(--wb-${hue})`);
  return column;
}

/** A number, and of how many. */
const figure = (): HTMLElement => make("b", {}, make("span"), make("small"));

/** A count of so many, or a share of one, and its bar. */
function tell(fact: HTMLElement, value: number, of?: number): void {
  const [, number, bar] = fact.children as unknown as HTMLElement[];
  number.firstChild!.textContent = of === undefined ? value.toFixed(2) : counted(value);
  number.lastChild!.textContent = of === undefined ? "" : ` of ${counted(of)}`;
  number.classList.toggle("none", of !== undefined && value === 0);
  setShare(bar, "--share", clamp(value / (of ?? 1), 0, 1));
}

/** In their order from above, as near to their own heights as they have room. */
function pushedApart(
  heights: readonly number[],
  gap: number,
  top: number,
  bottom: number,
): number[] {
  const order = range(heights.length).sort((i, j) => heights[i] - heights[j]);
  const found = heights.slice();
  let last = top - gap;
  for (const i of order) last = found[i] = Math.max(heights[i], last + gap);
  let next = bottom + gap;
  for (const i of order.reverse()) next = found[i] = Math.min(found[i], next - gap);
  return found;
}

function stroke(
  pen: CanvasRenderingContext2D,
  colour: string,
  [x1, y1]: Pair,
  [x2, y2]: Pair,
): void {
  pen.strokeStyle = colour;
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
  pen.stroke();
}

function outline(
  pen: CanvasRenderingContext2D,
  shape: readonly Pair[],
  x: number,
  y: number,
  size: number,
): void {
  pen.beginPath();
  for (const [right, down] of shape) pen.lineTo(x + size * right, y + size * down);
  pen.closePath();
}

/** As the `d` of a path. */
function path(points: readonly Pair[]): string {
  return `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;
}

/** A name, and apart what stands before a comma in it, for which a phone has no room. */
function inTwo(name: string): (string | HTMLElement)[] {
  const [before, own] = name.split(", ");
  return own ? [make("small", {}, `${before}, `), own] : [name];
}

export default mounted(Spheres);
