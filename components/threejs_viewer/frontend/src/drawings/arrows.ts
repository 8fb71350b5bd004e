// One attention head: key arrows and a query in a plane, ribbons as wide as the weights, the blend.
// While the query is dragged the weights are computed here. With `weights` in the data a real head
// is drawn, and nothing computed.

import { make } from "../shared/dom";
import "./arrows.css";
import { arrow, attend, blend } from "./maths/attention";
import type { Sent } from "./shared/drawing";
import { draw, set, tip } from "./shared/elements";
import { landmarksOf, type Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { clamp, range, short, type Pair } from "./shared/numbers";
import { REST_MS } from "./shared/slide";
import { ACROSS, steppedThrough } from "./shared/stepped";

const WIDEST = 26;
const UNIT = 50; // of the drawing, for a length of 1
const [SWEEP, READING] = [7, 8]; // seconds, once round, and from the first token to the last

interface Both extends Sent {
  tokens: string[];
  places: string[];
  wanted: number[];
  alt: string;
}

/** A constructed head, and the query of its last token. */
interface Made extends Both {
  keys: Pair[];
  angle: number;
  length: number;
  longest: number;
  key_length: number;
  /** Whether the query goes round once when the drawing is opened. */
  sweep: boolean;
}

/** A real head, and the token it is read from at first. */
interface Real extends Both {
  weights: number[][];
  at: number;
}

type Data = Made | Real;

/** A moment is, of a real head, the token it is read from; of a constructed one, by how many degrees
    the query has gone round. */
class Head extends MovingDrawing<Data> {
  private readonly plane = this.part<SVGSVGElement>("plane");
  private dragging = false;
  /** Until a query is sent that keys have turned. */
  private sending = 0;
  /** Of a constructed head: angle in degrees, and length. */
  private query: Pair = [0, 0];
  /** Where the query goes round from. */
  private origin = 0;
  private longest = 0;
  private shares: SVGLineElement[] = [];
  private line!: SVGLineElement;
  private halo!: SVGCircleElement;
  private handle!: SVGCircleElement;
  /** The token under the hand or the focus. */
  private pointed: number | null = null;

  protected override begin(): void {
    this.watch(this.part("row"));
    this.atEnd(() => clearTimeout(this.sending));
    this.plane.onpointerdown = (event) => this.grab(event);
    this.plane.onpointermove = (event) => this.dragging && this.drag(event);
    this.plane.onpointerup = this.plane.onpointercancel = () => this.release();
    this.plane.onkeydown = (event) => this.nudge(event);
  }

  protected override rebuild(): void {
    this.build();
    if (this.plays) this.rest();
  }

  private weights(): number[] {
    if ("weights" in this.data) return this.data.weights[this.token];
    return attend(arrow(...this.query), this.data.keys);
  }

  /** The token whose weights are shown. */
  private get token(): number {
    return "weights" in this.data ? this.at : this.data.tokens.length - 1;
  }

  // ------------------------------------------------------------ the hand

  private grab(event: PointerEvent): void {
    const touch = event.pointerType !== "mouse";
    const near = (event.target as Element).closest(".handle, .reach");
    if (touch && !near) return; // so that a thumb can scroll
    this.pause();
    this.dragging = true;
    this.plane.setPointerCapture(event.pointerId);
    this.drag(event);
    this.handle.focus({ preventScroll: true });
  }

  private drag(event: PointerEvent): void {
    const box = this.plane.getBoundingClientRect();
    const unit = (this.reach() * 2) / box.width;
    const x = (event.clientX - box.left - box.width / 2) * unit;
    const y = -(event.clientY - box.top - box.height / 2) * unit;
    this.turn((Math.atan2(y, x) * 180) / Math.PI, Math.hypot(x, y));
    event.preventDefault();
  }

  private release(): void {
    if (!this.dragging) return;
    this.dragging = false;
    this.send("query", this.query);
  }

  private nudge(event: KeyboardEvent): void {
    const far = event.shiftKey ? 10 : 1;
    const [angle, length] = this.query;
    const to = new Map<string, Pair>([
      ["ArrowLeft", [angle + far, length]],
      ["ArrowRight", [angle - far, length]],
      ["ArrowUp", [angle, length + far / 10]],
      ["ArrowDown", [angle, length - far / 10]],
    ]).get(event.key);
    if (!to) return;
    event.preventDefault();
    this.pause();
    this.turn(...to);
    clearTimeout(this.sending);
    this.sending = window.setTimeout(() => {
      this.sending = 0;
      this.send("query", this.query);
    }, REST_MS);
  }

  /** Whole degrees and tenths, as the sliders have them; from there it goes on round. */
  private turn(angle: number, length: number): void {
    const tenths = Math.round(clamp(length, 0, this.longest) * 10) / 10;
    this.query = [round(Math.round(angle)), tenths];
    this.origin = this.query[0] - this.at;
    this.markLandmarks();
    this.again();
  }

  /** One token, and the weight that it has. */
  private point(token: number | null): void {
    this.pointed = token;
    if (!this.plays) this.again();
  }

  protected override letGo(): void {
    this.pointed = null;
    if ("weights" in this.data) return;
    this.aim(this.data);
    this.markLandmarks();
  }

  // ------------------------------------------------------------ built once

  protected build(): void {
    const { data } = this;
    const real = "weights" in data;
    const sweeps = !real && data.sweep;
    this.root.classList.toggle("real", real);
    this.part("picture").hidden = this.part("mix").hidden = real;
    this.part("reel").hidden = !real && !sweeps;
    set(this.part("scrub"), { "aria-label": real ? "Reading from" : "Degrees gone round" });
    this.part("lead").textContent = real
      ? "Ribbons: the weights of the token that reads. Press another to read from it."
      : "Ribbons: the weights of =";
    this.pointed = null;
    this.buildTokens();
    if (real) return this.wait(this.evenly(data.tokens.length - 1, READING), data.at);
    this.longest = data.longest;
    this.buildPlane(data);
    this.buildBlend();
    this.aim(data);
    if (sweeps) this.playOnce(this.evenly(360, SWEEP, "smooth"));
    else this.wait(this.evenly(0, 0));
  }

  /** A query that the reader holds stays where it is. */
  private aim({ angle, length }: Made): void {
    if (!this.dragging && !this.sending) this.query = [angle, length];
    this.origin = this.query[0];
  }

  private reach(): number {
    return this.longest + 0.6;
  }

  private buildPlane({ tokens, places, keys, wanted, longest, key_length, alt }: Made): void {
    const plane = this.plane;
    const reach = this.reach() * UNIT;
    set(plane, { viewBox: `${-reach} ${-reach} ${2 * reach} ${2 * reach}`, "aria-label": alt });
    plane.replaceChildren();
    for (const radius of [longest, key_length])
      draw(plane, "circle", { class: "ring", r: radius * UNIT });
    this.shares = keys.map(([kx, ky], i) => {
      const [x, y] = [kx * UNIT, -ky * UNIT];
      const share = draw(plane, "line", { class: "share", x2: x, y2: y });
      draw(plane, "line", { class: "key", x2: x, y2: y });
      draw(plane, "polygon", { class: "tip", points: tip(x, y) });
      const far = 1 + 62 / Math.hypot(x, y);
      const [tx, ty] = [x * (far + 0.06), y * far];
      if (wanted.includes(i)) draw(plane, "circle", { class: "wanted", cx: tx, cy: ty + 8, r: 54 });
      draw(plane, "text", { class: "token", x: tx, y: ty - 4 }).textContent = tokens[i];
      draw(plane, "text", { class: "place", x: tx, y: ty + 28 }).textContent = places[i];
      return share;
    });
    this.line = draw(plane, "line", { class: "query" });
    this.halo = draw(plane, "circle", { class: "reach", r: 50 });
    this.handle = draw(plane, "circle", {
      class: "handle",
      r: 16,
      tabindex: 0,
      role: "slider",
      "aria-label": "Query of =",
      "aria-valuemin": 0,
      "aria-valuemax": 359,
    });
  }

  private buildBlend(): void {
    const columns = [...range(10), "signs"].map((name) =>
      make(
        "div",
        { class: name === "signs" ? "none" : "" },
        make("span"),
        make("i"),
        make("b", {}, String(name)),
      ),
    );
    this.part("blend").replaceChildren(...columns);
  }

  private buildTokens(): void {
    const { tokens, places } = this.data;
    const real = "weights" in this.data;
    const boxes = tokens.map((token, i) => {
      const box = make(
        "div",
        { title: places[i], role: real ? "button" : "img" },
        make("div", { class: "token" }, token),
        make("div", { class: "place" }, places[i]),
        make("div", { class: "weight" }),
      );
      box.onpointerenter = box.onfocus = () => this.point(i);
      box.onpointerleave = box.onblur = () => this.point(null);
      if (real) box.onclick = () => this.readFrom(i);
      return box;
    });
    steppedThrough(boxes, ACROSS);
    this.part("tokens").replaceChildren(...boxes);
  }

  /** With all that it looks at. */
  private readFrom(token: number): void {
    this.pointed = null;
    this.stopAt(token);
  }

  /** Where a real text begins its working and its answer; where a query that goes round points to a
      key. */
  protected override landmarks(): Landmark[] {
    const { data, origin } = this;
    if ("weights" in data)
      return landmarksOf(data.tokens).map(({ at, name }) => ({ at: at - 1, name }));
    return data.keys
      .map(([x, y], i) => {
        const angle = (Math.atan2(y, x) * 180) / Math.PI;
        return { at: Math.round(round(angle - origin)), name: data.tokens[i] };
      })
      .sort((one, other) => one.at - other.at);
  }

  // ------------------------------------------------------------ drawn at every move

  protected override place(): void {
    this.drawRibbons(this.weights());
  }

  protected show(at: number): string {
    if (!("weights" in this.data)) this.query = [round(this.origin + at), this.query[1]];
    const weights = this.weights();
    if (!("weights" in this.data)) this.drawQuery(weights);
    this.drawTokens(weights);
    this.drawRibbons(weights);
    return this.reading(weights);
  }

  protected override worded(): string {
    return this.data.places[this.token];
  }

  private drawQuery(weights: number[]): void {
    const [x, y] = arrow(...this.query).map((part) => part * UNIT);
    set(this.line, { x2: x, y2: -y });
    for (const circle of [this.handle, this.halo]) set(circle, { cx: x, cy: -y });
    const [angle, length] = this.query;
    const spoken = `${Math.round(angle)} degrees, length ${length}`;
    set(this.handle, { "aria-valuenow": angle, "aria-valuetext": spoken });
    this.shares.forEach((line, i) => set(line, { "stroke-width": 40 * weights[i] }));
    const shares = blend(this.data.tokens, weights);
    const most = Math.max(...shares);
    [...this.part("blend").children].forEach((column, i) => {
      const [label, bar] = column.children as unknown as [HTMLElement, HTMLElement];
      label.textContent = shares[i] >= 0.005 ? short(shares[i]) : "";
      bar.style.height = `${68 * shares[i]}%`;
      bar.style.opacity = shares[i] === most ? "1" : "0.6";
    });
  }

  private drawTokens(weights: number[]): void {
    const { tokens, places } = this.data;
    [...this.part("tokens").children].forEach((box, i) => {
      const aside = this.pointed !== null && i !== this.pointed && i !== this.token;
      const kind = i === this.token ? "asks" : i > this.token ? "ahead" : "";
      box.className = aside ? `${kind} aside` : kind;
      const name = `${tokens[i]}, ${places[i]}, weight ${weights[i].toFixed(2)}`;
      set(box, { "aria-label": name });
      const weight = box.querySelector<HTMLElement>(".weight")!;
      weight.textContent = weights[i] >= 0.005 ? short(weights[i]) : "";
      weight.dataset["weight"] = weights[i].toFixed(4);
    });
  }

  private drawRibbons(weights: number[]): void {
    const svg = this.part<SVGSVGElement>("ribbons");
    const { width, height } = svg.getBoundingClientRect();
    if (!width) return;
    const step = width / weights.length;
    const widest = Math.min(WIDEST, 0.8 * step);
    const { token } = this;
    const [x0, rise] = [(token + 0.5) * step, ((height - widest / 2 - 4) * 4) / 3];
    svg.replaceChildren();
    weights.forEach((weight, i) => {
      if (weight < 0.004) return;
      const own = i === token;
      const up = rise * (own ? 0.5 : 0.3 + (0.7 * Math.abs(i - token)) / weights.length);
      const [from, to] = own ? [x0 - step * 0.3, x0 + step * 0.3] : [x0, (i + 0.5) * step];
      const d = `M${from} ${height} C${from} ${height - up} ${to} ${height - up} ${to} ${height}`;
      const aside = this.pointed !== null && i !== this.pointed;
      const width = Math.max(0.6, widest * weight);
      draw(svg, "path", { class: aside ? "aside" : "", d, "stroke-width": width });
    });
  }

  private reading(weights: number[]): string {
    const { tokens, places } = this.data;
    if (!this.plays && this.pointed !== null) return this.saidOf(this.pointed, weights);
    const order = range(weights.length).sort((i, j) => weights[j] - weights[i]);
    const seen = order.filter((i) => weights[i] >= 0.005).slice(0, 3);
    const listed = seen.map((i) => `${tokens[i]} (${places[i]}) ${weights[i].toFixed(2)}`);
    return `${tokens[this.token]} (${places[this.token]}) looks at: ${listed.join(", ")}.`;
  }

  private saidOf(i: number, weights: number[]): string {
    const { tokens, places } = this.data;
    const [reader, other] = [this.token, i].map((token) => `${tokens[token]} (${places[token]})`);
    if (i > this.token) return `${reader} does not see ${other}, which comes later.`;
    return `${reader} gives ${other} the weight ${weights[i].toFixed(2)}.`;
  }
}

/** Degrees, from 0 on and below 360. */
const round = (angle: number): number => ((angle % 360) + 360) % 360;

export default mounted(Head);
