// One attention head: key arrows and a query in a plane, ribbons as wide as the weights, the blend.
// While the query is dragged the weights are computed here. With `frames` in the data a head in
// training is drawn, whose arrows nobody drags; with `weights` a real one, and nothing computed.

import { make } from "../shared/dom";
import "./arrows.css";
import { arrow, attend, between, blend, spread, type Learning } from "./maths/attention";
import type { Sent } from "./shared/drawing";
import { draw, set, setShare, tip } from "./shared/elements";
import { landmarksOf, type Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import type { Schedule } from "./shared/schedule";
import { clamp, counted, range, short, type Pair } from "./shared/numbers";
import { REST_MS } from "./shared/slide";
import { ACROSS, steppedThrough } from "./shared/stepped";

const WIDEST = 26;
const [RIM, LONGEST_LEARNED] = [266, 205]; // where names stand, and how long an arrow may be
const NAMES_APART = 0.18; // of the slider
const APART = 27; // degrees, from name to name along the rim
const ACROSS_PLANE = 300; // of the drawing, from its middle to the end of the longest query
const INVITATION = "Drag the query: it fetches from the keys it points at.";
// In seconds: once round, from the first token to the last, a training.
const [SWEEP, READING, TRAINING] = [7, 8, 7];

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

/** A head in training, kept every few steps. */
interface Learned extends Both {
  /** Which training it is; another one is played. */
  film: string;
  frames: (Learning & {
    step: number;
    /** Of each digit, the probability that the head says it. */
    p: number[];
    /** Of `n` problems those that are wrong, and their mean loss. */
    errors: number;
    loss: number;
  })[];
  n: number;
  /** What the `n` are. */
  problems: string;
  longest: number;
}

type Data = Made | Real | Learned;

/** What is drawn of a token in the plane: its key, how much of it is fetched, its name. */
interface Key {
  share: SVGLineElement;
  line: SVGLineElement;
  tip: SVGPolygonElement;
  leader: SVGLineElement;
  circle: SVGCircleElement | null;
  names: [SVGTextElement, SVGTextElement];
}

/** A moment is, of a real head, the token it is read from; of a constructed one, by how many degrees
    the query has gone round; of one in training, a frame, or between two. */
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
  /** Of the drawing, for a length of 1. */
  private unit = 1;
  private keys: Key[] = [];
  private line!: SVGLineElement;
  private head!: SVGPolygonElement;
  /** What stands at the end of the query, or on the rim and joined to it. */
  private beside!: SVGTextElement;
  private joined!: SVGLineElement;
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

  protected override rebuild(before: Data): void {
    const { at, data, plays } = this;
    this.build();
    if (!("frames" in data)) return void (this.plays && this.rest());
    if (!("frames" in before) || before.film !== data.film)
      return this.playOnce(this.trained(data));
    if (!plays) this.stopAt(Math.round(at));
  }

  private trained({ frames }: Learned): Schedule {
    return this.evenly(frames.length - 1, TRAINING, "smooth");
  }

  private weights(): number[] {
    if ("weights" in this.data) return this.data.weights[this.token];
    const { query, keys } = this.arrows(this.data);
    return attend(query, keys);
  }

  /** As they are at this moment. */
  private arrows(data: Made | Learned): Learning {
    if ("frames" in data) return between(data.frames, this.at);
    return { query: arrow(...this.query), keys: data.keys };
  }

  /** The token whose weights are shown. */
  private get token(): number {
    return "weights" in this.data ? this.at : this.data.tokens.length - 1;
  }

  // ------------------------------------------------------------ the hand

  private grab(event: PointerEvent): void {
    if (!("keys" in this.data)) return;
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
    this.turn(directionOf([x, y]), Math.hypot(x, y));
    event.preventDefault();
  }

  private release(): void {
    if (!this.dragging) return;
    this.dragging = false;
    this.send("query", this.query);
  }

  private nudge(event: KeyboardEvent): void {
    if (!("keys" in this.data)) return;
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
    this.root.classList.add("turned");
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
    if (!("keys" in this.data)) return;
    this.aim(this.data);
    this.markLandmarks();
  }

  // ------------------------------------------------------------ built once

  protected build(): void {
    const { data } = this;
    const real = "weights" in data;
    const learned = "frames" in data;
    this.root.classList.toggle("real", real);
    this.root.classList.toggle("learned", learned);
    const swept = "keys" in data && data.sweep;
    this.root.classList.toggle("swept", swept);
    this.part("headline").textContent = swept ? INVITATION : "";
    this.part("picture").hidden = this.part("mix").hidden = real;
    this.part("score").hidden = !learned;
    if (learned) this.part("problems").textContent = data.problems;
    this.part("reel").hidden = "keys" in data && !data.sweep;
    const moment = real ? "Reading from" : learned ? "Frame of the training" : "Degrees gone round";
    set(this.part("scrub"), { "aria-label": moment });
    this.part("lead").textContent = real
      ? "Ribbons: the weights of the token that reads. Press another to read from it."
      : "Ribbons: the weights of =";
    this.part("mixed").textContent = learned
      ? "What it says: the probability of each digit"
      : "What arrives: the blend of the digits";
    this.pointed = null;
    this.buildTokens();
    if (real) return this.wait(this.evenly(data.tokens.length - 1, READING), data.at);
    this.longest = data.longest;
    this.buildPlane(data);
    this.buildBlend();
    if (learned) return this.wait(this.trained(data));
    this.aim(data);
    if (data.sweep) this.playOnce(this.evenly(360, SWEEP, "smooth"));
    else this.wait(this.evenly(0, 0));
  }

  /** A query that the reader holds stays where it is. */
  private aim({ angle, length }: Made): void {
    if (!this.dragging && !this.sending) this.query = [angle, length];
    this.origin = this.query[0];
  }

  private reach(): number {
    return 1.1 * this.longest;
  }

  private buildPlane(data: Made | Learned): void {
    const plane = this.plane;
    const reach = 1.1 * ACROSS_PLANE;
    set(plane, {
      viewBox: `${-reach} ${-reach} ${2 * reach} ${2 * reach}`,
      "aria-label": data.alt,
    });
    plane.replaceChildren();
    if ("frames" in data) {
      const all = data.frames.flatMap(({ query, keys }) => [query, ...keys]);
      this.unit = LONGEST_LEARNED / Math.max(...all.map(([x, y]) => Math.hypot(x, y)));
    } else {
      this.unit = ACROSS_PLANE / data.longest;
      const rings = data.sweep ? [data.key_length] : [data.longest, data.key_length];
      for (const radius of rings) draw(plane, "circle", { class: "ring", r: radius * this.unit });
    }
    this.joined = draw(plane, "line", { class: "leader" });
    this.keys = data.tokens.map((token, i) => this.buildKey(token, data.places[i], i));
    if ("keys" in data) this.placeKeys(data.keys);
    this.line = draw(plane, "line", { class: "query" });
    this.head = draw(plane, "polygon", { class: "head-of-query" });
    const learned = "frames" in data;
    const kind = learned ? "beside" : "beside invitation";
    this.beside = draw(plane, "text", { class: kind, "aria-hidden": true });
    this.beside.textContent = learned ? "query" : data.sweep ? "" : "drag me"; // or as the headline says
    if (learned) return;
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

  private buildKey(token: string, place: string, i: number): Key {
    const plane = this.plane;
    const key = {
      leader: draw(plane, "line", { class: "leader" }),
      share: draw(plane, "line", { class: "share" }),
      line: draw(plane, "line", { class: "key" }),
      tip: draw(plane, "polygon", { class: "tip" }),
      circle: this.data.wanted.includes(i)
        ? draw(plane, "circle", { class: "wanted", r: 54 })
        : null,
      names: [draw(plane, "text", { class: "token" }), draw(plane, "text", { class: "place" })],
    } satisfies Key;
    key.names[0].textContent = token;
    key.names[1].textContent = place;
    return key;
  }

  /** A name stands beyond its arrow; where arrows move, along the rim, so that none hides another,
      and the query has its name there too. */
  private placeKeys(keys: readonly Pair[], query?: Pair): void {
    const learned = query !== undefined;
    const turns = (learned ? [...keys, query] : keys).map(directionOf);
    const along = learned ? spread(turns, APART) : turns;
    this.keys.forEach(({ share, line, tip: end, leader, circle, names }, i) => {
      const [x, y] = [keys[i][0] * this.unit, -keys[i][1] * this.unit];
      for (const one of [share, line]) set(one, { x2: x, y2: y });
      set(end, { points: tip(x, y) });
      const far = learned ? RIM : Math.hypot(x, y) + 62;
      const [tx, ty] = arrow(-along[i], far);
      const shift = learned ? 1 : 1 + (0.06 * Math.hypot(x, y)) / far;
      if (learned) set(leader, { x1: x, y1: y, x2: 0.8 * tx, y2: 0.8 * ty });
      if (circle) set(circle, { cx: tx * shift, cy: ty + 8 });
      // Around the middle of both lines, where no ring but that of the tips is drawn.
      const [token, place] = this.root.classList.contains("swept") ? [-17, 19] : [-4, 28];
      set(names[0], { x: tx * shift, y: ty + token });
      set(names[1], { x: tx * shift, y: ty + place });
    });
    if (!query) return;
    const [x, y] = arrow(-along[keys.length], RIM);
    const [from, down] = query.map((part) => part * this.unit);
    set(this.joined, { x1: from, y1: -down, x2: 0.88 * x, y2: 0.88 * y });
    set(this.beside, { x, y });
  }

  private buildBlend(): void {
    const signs = "frames" in this.data ? [] : ["signs"]; // whose value is nothing
    const columns = [...range(10), ...signs].map((name) =>
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
    if ("frames" in data) return this.landmarksOfTraining(data);
    return data.keys
      .map((key, i) => ({
        at: Math.round(round(directionOf(key) - origin)),
        name: data.tokens[i],
      }))
      .sort((one, other) => one.at - other.at);
  }

  /** From where on half of the problems are right, and all; these alone where both have no room. */
  private landmarksOfTraining({ frames, n }: Learned): Landmark[] {
    const after = (most: number): number => 1 + frames.findLastIndex(({ errors }) => errors > most);
    const [half, all] = [after(n / 2), after(0)];
    const apart = all - half >= NAMES_APART * (frames.length - 1);
    return [
      { at: apart ? half : frames.length, name: "half right" },
      { at: all, name: "all right" },
    ].filter(({ at }) => at < frames.length);
  }

  // ------------------------------------------------------------ drawn at every move

  protected override place(): void {
    this.drawRibbons(this.weights());
  }

  protected show(at: number): string {
    const { data } = this;
    if ("keys" in data) this.query = [round(this.origin + at), this.query[1]];
    const weights = this.weights();
    if (!("weights" in data)) this.drawArrows(data, weights);
    this.drawTokens(weights);
    this.drawRibbons(weights);
    return this.reading(weights);
  }

  protected override worded(told: string): string {
    return "frames" in this.data ? told : this.data.places[this.token];
  }

  private drawArrows(data: Made | Learned, weights: number[]): void {
    const { query, keys } = this.arrows(data);
    const [x, y] = query.map((part) => part * this.unit);
    set(this.line, { x2: x, y2: -y });
    this.keys.forEach(({ share }, i) => set(share, { "stroke-width": 40 * weights[i] }));
    if ("frames" in data) {
      this.placeKeys(keys, query);
      set(this.head, { points: tip(x, -y, 1.3) });
      const { errors, loss, p } = this.frame(data);
      this.part("wrong").textContent = `${counted(errors)} of ${counted(data.n)}`;
      this.part("loss").textContent = `loss ${loss.toFixed(2)}`;
      setShare(this.part("missed"), "--missed", errors / data.n);
      return this.drawBars(p);
    }
    for (const circle of [this.handle, this.halo]) set(circle, { cx: x, cy: -y });
    const angle = directionOf(query);
    const [right, down] = arrow(freeSide(angle, keys.map(directionOf)) - angle, 52);
    const clear = 1 + 0.5 * (right / 52) ** 4; // at one height with the handle it needs more room
    set(this.beside, { x: x + clear * right, y: -y + down });
    const [turn, length] = this.query;
    const spoken = `${Math.round(turn)} degrees, length ${length}`;
    set(this.handle, { "aria-valuenow": turn, "aria-valuetext": spoken });
    this.drawBars(blend(data.tokens, weights));
  }

  private drawBars(shares: number[]): void {
    const most = Math.max(...shares);
    [...this.part("blend").children].forEach((column, i) => {
      const [label, bar] = column.children as unknown as [HTMLElement, HTMLElement];
      label.textContent = shares[i] >= 0.005 ? short(shares[i]) : "";
      bar.style.height = `${68 * shares[i]}%`;
      bar.style.opacity = shares[i] === most ? "1" : "0.6";
    });
  }

  /** The last one that has come. */
  private frame({ frames }: Learned): Learned["frames"][number] {
    return frames[Math.floor(this.at)];
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
    if ("frames" in this.data) {
      const { step, p } = this.frame(this.data);
      const said = p.indexOf(Math.max(...p));
      return `After step ${step}, = looks at: ${listed.join(", ")}. It says ${said}.`;
    }
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

/** Of an arrow that begins at zero, in degrees. */
const directionOf = ([x, y]: Pair): number => (Math.atan2(y, x) * 180) / Math.PI;

/** A quarter turn to that side of an arrow on which the nearest of the others is the farther one. */
function freeSide(angle: number, others: readonly number[]): number {
  const ahead = others.map((other) => round(other - angle));
  return Math.min(...ahead) > 360 - Math.max(...ahead) ? -90 : 90;
}

export default mounted(Head);
