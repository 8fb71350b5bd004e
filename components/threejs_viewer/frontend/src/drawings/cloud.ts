// What becomes of a network's features while it is trained: a cloud of dots that can be turned,
// cosines, singular values and scores, at one moment of training. All numbers come from Python.

import { make } from "../shared/dom";
import "./cloud.css";
import {
  along,
  between,
  height,
  landmarksIn,
  marks,
  reached,
  seen,
  SHAPES,
  told,
  triples,
  turnedBy,
  unpacked,
  written,
  type Score,
  type Triple,
  type View,
} from "./maths/cloud";
import type { Sent } from "./shared/drawing";
import { blank, draw, set, tone, type Part } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { HeatMap } from "./shared/lines";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { bytes, counted, range, signed, signedBytes, type Pair } from "./shared/numbers";

const CHARACTER = 7; // pixels

interface Data extends Sent {
  alt: string;
  /** Training steps. */
  moments: number[];
  /** Three signed bytes for each point of each moment, base64. */
  points: string;
  /** What 127 of them is, at each moment on each axis. */
  reach: Triple[];
  /** And the colour of each. */
  kinds: [name: string, tone: string][];
  /** Of each point, the number of its kind. */
  kind_of: number[];
  /** A byte for each singular value of each layer of each moment, base64. */
  spectra: string;
  /** What 255 of them is. */
  tallest: number;
  layers: string[];
  /** A signed byte for each pair of tokens at each moment, base64. */
  cosines: string;
  tokens: string[];
  scores: Score[];
  /** Only the cloud and its scrubber. */
  compact: boolean;
  /** How long it is played. */
  seconds: number;
}

// ---------------------------------------------------------------- the cloud

const FRONT: View = { turned: 30, tilted: 20 };
const [STEP, LEAP] = [5, 30]; // degrees for an arrow key
const A_PIXEL = 0.5; // degrees
const ROOM = 0.46; // of the canvas, from its middle to the farthest point
const BEHIND = 0.4; // how strong the half of an axis below zero is
const [ARM, BEYOND] = [0.82, 11]; // of an axis: its length, and pixels to its name
const [DOT, GHOST] = [3.6, 1.2]; // pixels, in the middle
const RIM = 0.5; // pixels

/** Dots in three axes that a hand or the arrow keys turn, over those of the first moment. */
class Space {
  private readonly canvas: HTMLCanvasElement;
  private points: ArrayLike<number> = [];
  private at = 0;
  private view = FRONT;
  private grabbed: { x: number; y: number; view: View } | null = null;

  constructor(
    part: Part,
    private data: Data,
  ) {
    this.canvas = part("dots");
    this.canvas.onpointerdown = (event) => this.grab(event);
    this.canvas.onpointermove = (event) => this.drag(event);
    this.canvas.onpointerup = this.canvas.onpointercancel = () => (this.grabbed = null);
    this.canvas.onkeydown = (event) => this.press(event);
  }

  load(data: Data): void {
    this.data = data;
    this.points = unpacked(signedBytes(data.points), data.reach);
    set(this.canvas, { "aria-label": data.alt, "aria-valuemin": 0, "aria-valuemax": 359 });
    this.turn(this.view);
  }

  show(at: number): void {
    this.at = at;
    this.draw();
  }

  private grab(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.grabbed = { x: event.clientX, y: event.clientY, view: this.view };
    this.canvas.setPointerCapture(event.pointerId);
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
    const [turned, tilted] = [view.turned, view.tilted].map((degrees) => signed(degrees, 0));
    set(this.canvas, {
      "aria-valuenow": Math.round(view.turned),
      "aria-valuetext": `turned by ${turned} degrees, tilted by ${tilted}`,
    });
    this.draw();
  }

  private draw(): void {
    const box = this.canvas.getBoundingClientRect();
    if (!box.width) return;
    const pen = blank(this.canvas, box);
    pen.translate(box.width / 2, box.height / 2);
    const unit = ROOM * Math.min(box.width, box.height);
    this.drawAxes(pen, unit);
    this.drawGhosts(pen, unit);
    this.drawDots(pen, unit);
  }

  private tone(name: string): string {
    return tone(this.canvas, name);
  }

  /** Where a point stands, in pixels from the middle. */
  private place(point: Triple, unit: number): Triple {
    const [right, up, size] = seen(point, this.view);
    return [unit * right, -unit * up, size];
  }

  private drawAxes(pen: CanvasRenderingContext2D, unit: number): void {
    pen.strokeStyle = this.tone("--soft");
    pen.fillStyle = this.tone("--ink");
    pen.font = '600 13px "Source Sans", sans-serif';
    [pen.textAlign, pen.textBaseline] = ["center", "middle"];
    for (const axis of range(3)) {
      const end = (far: number): Triple =>
        this.place(range(3).map((i) => (i === axis ? far : 0)) as Triple, unit);
      const [x, y] = end(ARM);
      stroke(pen, [0, 0], [x, y]);
      pen.globalAlpha = BEHIND;
      stroke(pen, [0, 0], end(-ARM));
      pen.globalAlpha = 1;
      const further = 1 + BEYOND / Math.max(Math.hypot(x, y), BEYOND);
      pen.fillText(String(axis + 1), x * further, y * further);
    }
  }

  private drawGhosts(pen: CanvasRenderingContext2D, unit: number): void {
    pen.fillStyle = this.tone("--soft");
    for (const [x, y, size] of this.placed(0, unit)) {
      pen.beginPath();
      pen.arc(x, y, GHOST * size, 0, 2 * Math.PI);
      pen.fill();
    }
  }

  /** The far ones first, each with a rim, so that one is seen before another. */
  private drawDots(pen: CanvasRenderingContext2D, unit: number): void {
    const { kinds, kind_of } = this.data;
    const tones = kinds.map(([, name]) => this.tone(`--wb-${name}`));
    const placed = this.placed(this.at, unit);
    const order = range(placed.length).sort((i, j) => placed[i][2] - placed[j][2]);
    [pen.strokeStyle, pen.lineWidth] = [this.tone("--paper"), RIM];
    for (const i of order) {
      pen.fillStyle = tones[kind_of[i]];
      outline(pen, SHAPES[kind_of[i]], placed[i]);
      pen.fill();
      pen.stroke();
    }
  }

  private placed(at: number, unit: number): Triple[] {
    const numbers = between(this.points, this.points.length / this.data.moments.length, at);
    return triples(numbers).map((point) => this.place(point, unit));
  }
}

function stroke(
  pen: CanvasRenderingContext2D,
  [x1, y1]: readonly number[],
  [x2, y2]: readonly number[],
): void {
  pen.beginPath();
  pen.moveTo(x1, y1);
  pen.lineTo(x2, y2);
  pen.stroke();
}

/** What is near is larger by more than it would be: dots are small. */
function outline(
  pen: CanvasRenderingContext2D,
  shape: readonly Pair[],
  [x, y, size]: Triple,
): void {
  const radius = DOT * size ** 2;
  pen.beginPath();
  for (const [right, down] of shape) pen.lineTo(x + radius * right, y + radius * down);
  pen.closePath();
}

// ---------------------------------------------------------------- singular values

const [BOTTOM, TALL, UNDER] = [106, 96, 22]; // pixels: bars end there, the tallest, below them

/** A bar for each singular value of a layer, and a line where it stood at the first moment. */
class Spectrum {
  private readonly plot: SVGSVGElement;
  private values: ArrayLike<number> = [];
  private buttons: HTMLElement[] = [];
  private bars: SVGRectElement[] = [];
  private firsts: SVGLineElement[] = [];
  private axis!: SVGGElement;
  private at = 0;
  private layer = -1;

  constructor(
    private readonly part: Part,
    private data: Data,
  ) {
    this.plot = part("spectrum");
  }

  load(data: Data): void {
    const alike = String(data.layers) === String(this.data.layers);
    if (this.layer < 0 || !alike) this.layer = data.layers.length - 1;
    this.data = data;
    this.values = bytes(data.spectra);
    this.buttons = data.layers.map((name, i) =>
      make("button", { click: () => this.choose(i) }, name),
    );
    this.part("choice").replaceChildren(...this.buttons);
    this.plot.replaceChildren();
    const all = range(this.values.length / (data.moments.length * data.layers.length));
    this.axis = draw(this.plot, "g", { class: "axis" });
    this.bars = all.map(() => draw(this.plot, "rect", { class: "bar" }));
    this.firsts = all.map(() => draw(this.plot, "line", { class: "first" }));
    this.choose(this.layer);
  }

  place(width: number): void {
    const left = CHARACTER * written(this.data.tallest).length + 10;
    const pitch = (width - left) / this.bars.length;
    const gap = Math.min(2, pitch / 4);
    set(this.plot, { viewBox: `0 0 ${width} ${BOTTOM + UNDER}`, height: BOTTOM + UNDER });
    this.bars.forEach((bar, k) => set(bar, { x: left + k * pitch + gap / 2, width: pitch - gap }));
    this.firsts.forEach((line, k) =>
      set(line, { x1: left + k * pitch, x2: left + (k + 1) * pitch }),
    );
    this.axis.replaceChildren();
    draw(this.axis, "line", { x1: left, x2: width, y1: BOTTOM, y2: BOTTOM });
    label(this.axis, "number", written(this.data.tallest), left - 6, BOTTOM - TALL);
    label(this.axis, "number", "0", left - 6, BOTTOM);
    label(this.axis, "step", "1", left + pitch / 2, BOTTOM + 14);
    label(this.axis, "number", String(this.bars.length), width, BOTTOM + 14);
  }

  show(at: number): void {
    this.at = at;
    const first = this.shares(0);
    this.shares(at).forEach((share, k) => {
      set(this.bars[k], { y: this.y(share), height: TALL * share });
      set(this.firsts[k], { y1: this.y(first[k]), y2: this.y(first[k]) });
    });
  }

  private choose(layer: number): void {
    this.layer = layer;
    this.buttons.forEach((button, i) => set(button, { "aria-pressed": i === layer }));
    const name = `Singular values of ${this.data.layers[layer]}, from the largest down`;
    set(this.plot, { "aria-label": name });
    this.show(this.at);
  }

  /** Of the tallest bar of all. */
  private shares(at: number): number[] {
    const { layers } = this.data;
    const K = this.bars.length;
    const all = between(this.values, K * layers.length, at);
    return all.slice(this.layer * K, (this.layer + 1) * K).map((byte) => byte / 255);
  }

  private y(share: number): number {
    return BOTTOM - TALL * share;
  }
}

// ---------------------------------------------------------------- scores

const [NAME, PLOT, GAP, AXIS] = [24, 50, 16, 42]; // pixels: of a score's name, its plot, what follows

interface Chart {
  curve: SVGPathElement;
  passed: SVGPathElement;
  dot: SVGCircleElement;
  value: SVGTextElement;
}

/** A small chart for each score, below one another, and a rule through all at the moment. */
class Scores {
  private readonly plot: SVGSVGElement;
  private charts: Chart[] = [];
  private frame!: SVGGElement;
  private rule!: SVGLineElement;
  private width = 0;
  private left = 0;
  private right = 0;

  constructor(
    part: Part,
    private data: Data,
  ) {
    this.plot = part("scores");
  }

  load(data: Data): void {
    this.data = data;
    this.plot.replaceChildren();
    const names = data.scores.map(([name]) => name);
    set(this.plot, { "aria-label": `By training step: ${names.join("; ")}` });
    this.frame = draw(this.plot, "g", { class: "axis" });
    this.rule = draw(this.plot, "line", { class: "rule" });
    this.charts = data.scores.map(() => ({
      curve: draw(this.plot, "path", { class: "curve" }),
      passed: draw(this.plot, "path", { class: "passed" }),
      dot: draw(this.plot, "circle", { class: "dot", r: 3.5 }),
      value: draw(this.plot, "text", { class: "value" }),
    }));
  }

  place(width: number): void {
    const { scores, moments } = this.data;
    this.width = width;
    const longest = Math.max(...scores.flatMap(([, line]) => line.map((n) => written(n).length)));
    this.left = CHARACTER * longest + 10;
    this.right = width - CHARACTER * longest - 14;
    const bottom = this.bottom(scores.length - 1);
    set(this.plot, { viewBox: `0 0 ${width} ${bottom + AXIS}`, height: bottom + AXIS });
    this.frame.replaceChildren();
    scores.forEach((score, i) => this.placeChart(score, i));
    for (const step of marks(moments, 60 / (this.right - this.left))) {
      const x = this.x(along(step, moments));
      draw(this.frame, "line", { x1: x, x2: x, y1: bottom, y2: bottom + 4 });
      label(this.frame, "step", counted(step), x, bottom + 15);
    }
    const middle = (this.left + this.right) / 2;
    label(this.frame, "step", "training steps, by their logarithm", middle, bottom + 33);
  }

  show(at: number): void {
    if (!this.width) return;
    const { moments, scores } = this.data;
    const x = this.x(reached(moments, at));
    const [top, bottom] = [this.bottom(0) - PLOT, this.bottom(scores.length - 1)];
    set(this.rule, { x1: x, x2: x, y1: top, y2: bottom });
    scores.forEach(([, line], i) => {
      const { passed, dot, value } = this.charts[i];
      const y = this.y(i, between(line, 1, at)[0]);
      const points = this.points(i).slice(0, Math.floor(at) + 1);
      set(passed, { d: path([...points, [x, y]]) });
      set(dot, { cx: x, cy: y });
      set(value, { x: this.right + 10, y });
      value.textContent = written(line[Math.floor(at)]);
    });
  }

  private placeChart([name, line]: Score, i: number): void {
    const { frame, left, right } = this;
    set(this.charts[i].curve, { d: path(this.points(i)) });
    label(frame, "name", name, left, this.bottom(i) - PLOT - NAME / 2);
    const ends = [...new Set([Math.min(...line), Math.max(...line)])];
    for (const end of ends) label(frame, "number", written(end), left - 6, this.y(i, end));
    const y = this.bottom(i);
    draw(frame, "line", { x1: left, x2: right, y1: y, y2: y });
  }

  private points(i: number): Pair[] {
    const { moments, scores } = this.data;
    const line = scores[i][1];
    return moments.map((step, at) => [this.x(along(step, moments)), this.y(i, line[at])]);
  }

  private bottom(i: number): number {
    return (i + 1) * (NAME + PLOT) + i * GAP;
  }

  private x(share: number): number {
    return this.left + share * (this.right - this.left);
  }

  private y(i: number, number: number): number {
    return this.bottom(i) - PLOT * height(number, this.data.scores[i][1]);
  }
}

function label(parent: SVGElement, kind: string, text: string, x: number, y: number): void {
  draw(parent, "text", { class: kind, x, y }).textContent = text;
}

/** As the `d` of a path. */
function path(points: readonly Pair[]): string {
  return `M${points.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}`;
}

// ---------------------------------------------------------------- all of them at one moment

const ALIKE = 0.5; // of the strength of a map: a cosine of 1 has the full colour, and none a fuller

class Cloud extends MovingDrawing<Data> {
  private readonly space = new Space(this.part, this.data);
  private readonly spectrum = new Spectrum(this.part, this.data);
  private readonly scores = new Scores(this.part, this.data);
  private map!: HeatMap;
  private cosines: ArrayLike<number> = [];

  protected override begin(): void {
    this.watch(this.coloured(this.root));
  }

  protected override recolour(): void {
    this.again();
  }

  protected build(): void {
    const { data } = this;
    this.root.classList.toggle("compact", data.compact);
    for (const element of this.root.querySelectorAll<HTMLElement>(".full"))
      element.hidden = data.compact;
    this.buildKinds();
    this.space.load(data);
    if (!data.compact) {
      this.buildMap();
      this.spectrum.load(data);
      this.scores.load(data);
    }
    this.playOnce(this.evenly(data.moments.length - 1, data.seconds, "smooth"));
    this.place();
  }

  private buildKinds(): void {
    const { kinds, moments } = this.data;
    const rows = kinds.map(([name, tone], i) => {
      const row = make("span");
      row.style.setProperty("--tone", `var(--wb-${tone})`);
      const sign = draw(row, "svg", { viewBox: "-1.5 -1.5 3 3" });
      draw(sign, "polygon", { points: SHAPES[i].join(" ") });
      row.append(name);
      return row;
    });
    const begun = `at step ${counted(moments[0])}`;
    this.part("begun").textContent = begun;
    const first = make("span", {}, make("i", { class: "ghost" }), begun);
    const hint = make("span", {}, "drag to turn");
    this.part("kinds").replaceChildren(...rows, first, hint);
  }

  private buildMap(): void {
    const { tokens, cosines } = this.data;
    this.cosines = signedBytes(cosines);
    this.map = new HeatMap(tokens.length, tokens.length, ALIKE);
    const [across, down] = ["across", "down"].map((name) => this.part(name));
    for (const edge of [across, down])
      edge.replaceChildren(...tokens.map((token) => make("span", {}, token)));
    across.classList.toggle(
      "upright",
      tokens.some((token) => token.length > 1),
    );
    this.part("square").replaceChildren(across, down, this.map.box);
  }

  protected override place(): void {
    const width = this.part("scores").clientWidth;
    if (width && !this.data.compact) {
      this.spectrum.place(width);
      this.scores.place(width);
    }
    this.again();
  }

  protected override landmarks(): Landmark[] {
    return landmarksIn(this.data.scores);
  }

  protected show(at: number): string {
    const { moments, scores, tokens, compact } = this.data;
    this.space.show(at);
    if (!compact) {
      this.map.show(between(this.cosines, tokens.length ** 2, at), null);
      this.spectrum.show(at);
      this.scores.show(at);
    }
    return told(moments, scores, Math.floor(at));
  }
}

export default mounted(Cloud);
