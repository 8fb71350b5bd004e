// The lead of one written token as a sum of what each part of the model added, bar after bar. At the
// last moment a part is taken out, whichever a reader chooses: its bar leaves the sum, and above that
// stands what the model does without it. A layer is one row: a button for each of its parts, and two
// lanes of bars, its heads above its FFN. All numbers come from Python.

import { make } from "../shared/dom";
import "./ledger.css";
import { bars, reach } from "./maths/ledger";
import type { Sent } from "./shared/drawing";
import { draw, say, set } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { signed, tickStep, type Pair } from "./shared/numbers";
import { ACROSS, steppedThrough, tableOf } from "./shared/stepped";

/** Pixels. At the left a layer's name and its buttons, at the right the numbers. */
interface Size {
  name: number;
  head: number;
  FFN: number;
  between: number;
  button: number;
  lane: number;
  gap: number;
  number: number;
}
const WIDE: Size = { name: 56, head: 36, FFN: 48, between: 4, button: 24, lane: 15, gap: 5, number: 80 }; // prettier-ignore
const PHONE: Size = { name: 0, head: 27, FFN: 31, between: 2, button: 24, lane: 14, gap: 4, number: 58 }; // prettier-ignore
const [AXIS, RESULT, GIVEN, RULE, RIM] = [34, 18, 18, 10, 6]; // pixels of height; RIM: beside the plot
const [TICK, TICK_PHONE] = [56, 36]; // pixels from a number of the axis to the next, at least
const NARROW = 560; // pixels: a plot for a finger

type Kind = "given" | "head" | "FFN";

interface Part {
  name: string;
  kind: Kind;
  layer: number | null;
  /** To the lead of each written token. */
  added: number[];
}

interface Without {
  leads: number[];
  says: string;
  text: string;
}

interface Data extends Sent {
  tokens: string[];
  given: number;
  /** Of each written token: what it is, its rival, and its lead over it. */
  names: string[];
  rivals: string;
  leads: number[];
  parts: Part[];
  /** Of each part; null for what cannot be taken out. */
  without: (Without | null)[];
  /** The token and the part at first. */
  at: number;
  out: number | null;
  alt: string;
  seconds: number;
}

interface Row {
  group: SVGGElement;
  /** What can be pressed beside the bar: for an FFN its whole lane. */
  field: SVGRectElement;
  button: SVGRectElement;
  name: SVGTextElement;
  bar: SVGRectElement;
  /** Where a bar stood that is out. */
  ghost: SVGRectElement;
}

/** Bars on one line: what the model is given, the heads of a layer, or its FFN. */
interface Lane {
  /** The parts, by their numbers. */
  parts: number[];
  y: number;
  height: number;
  number: SVGTextElement;
}

interface Result {
  group: SVGGElement;
  name: SVGTextElement;
  bar: SVGRectElement;
  number: SVGTextElement;
}

class Ledger extends MovingDrawing<Data> {
  private readonly plot = this.watched<SVGSVGElement>("plot");
  private rows: Row[] = [];
  private lanes: Lane[] = [];
  /** The names of the layers. */
  private layers: SVGTextElement[] = [];
  private results: Result[] = [];
  private axes!: SVGGElement;
  private end!: SVGLineElement;
  private rule!: SVGLineElement;
  private width = 0;
  /** The least and the largest lead that is drawn. */
  private limits: Pair = [0, 1];
  /** Which written token. */
  private token = 0;
  /** The part that is taken out at the last moment. */
  private chosen: number | null = null;
  private pointed: number | null = null;

  protected build(): void {
    const { parts, at, out, seconds, alt } = this.data;
    const { plot } = this;
    [this.token, this.chosen, this.pointed] = [at, out, null];
    this.buildTexts();
    plot.replaceChildren();
    set(plot, { "aria-label": alt });
    this.axes = draw(plot, "g", { class: "axes" });
    this.rule = draw(plot, "line", { class: "rule" });
    this.results = ["all", "less", "left"].map((kind) => this.buildResult(kind));
    this.end = draw(plot, "line", { class: "end" });
    this.buildLanes();
    this.rows = parts.map((part, i) => this.buildRow(part, i));
    steppedThrough(
      this.rows.map(({ group }) => group),
      tableOf(parts.filter(({ layer }) => layer === 0).length),
    );
    this.place();
    this.playOnce(this.evenly(parts.length + 1, seconds));
  }

  private buildTexts(): void {
    const { tokens, given, names } = this.data;
    const cells = tokens.map((token, i) => {
      if (i < given) return make("span", { class: "typed" }, token);
      const choose = make("button", { type: "button", title: names[i - given] }, token);
      choose.onclick = () => this.choose(i - given);
      return choose;
    });
    steppedThrough(cells.slice(given), ACROSS);
    const anew = tokens.map(() => make("span"));
    this.part("texts").style.setProperty("--n", String(tokens.length));
    this.part("whole").replaceChildren(...cells);
    this.part("anew").replaceChildren(...anew);
  }

  private buildResult(kind: string): Result {
    const group = draw(this.plot, "g", { class: `result ${kind}` });
    const name = draw(group, "text", { class: "name" });
    const bar = draw(group, "rect", { class: "bar" });
    return { group, name, bar, number: draw(group, "text", { class: "number" }) };
  }

  private buildLanes(): void {
    const { parts } = this.data;
    this.lanes = [];
    this.layers = [];
    parts.forEach(({ kind, layer }, i) => {
      const before = parts[i - 1];
      if (layer !== null && layer !== before?.layer) {
        const name = draw(this.plot, "text", { class: "layer" });
        name.textContent = `layer ${layer}`;
        this.layers.push(name);
      }
      if (i && before.kind === kind && before.layer === layer) {
        this.lanes.at(-1)!.parts.push(i);
        return;
      }
      const number = draw(this.plot, "text", { class: "number" });
      this.lanes.push({ parts: [i], y: 0, height: 0, number });
    });
  }

  private buildRow({ name: whole, kind }: Part, i: number): Row {
    const takes = this.data.without[i] !== null;
    const group = draw(this.plot, "g", { class: `part ${kind}`, role: takes ? "button" : "img" });
    const field = draw(group, "rect", { class: "field", rx: 3 });
    const button = draw(group, "rect", { class: "button", rx: 4 });
    const name = draw(group, "text", { class: "name" });
    name.textContent = short(whole, kind);
    const ghost = draw(group, "rect", { class: "ghost" });
    const bar = draw(group, "rect", { class: "bar" });
    group.onpointerenter = group.onfocus = () => this.point(i);
    group.onpointerleave = group.onblur = () => this.point(null);
    if (takes) group.onclick = () => this.takeOut(i);
    return { group, field, button, name, bar, ghost };
  }

  // ------------------------------------------------------------ the hand

  private choose(token: number): void {
    this.token = token;
    this.place();
    this.rest();
    this.tell();
  }

  /** Taken out, or put back. */
  private takeOut(part: number): void {
    this.chosen = part === this.out ? null : part;
    this.rest();
    this.tell();
  }

  private tell(): void {
    const { parts, given } = this.data;
    this.send("taken", [given + this.token, this.chosen === null ? "" : parts[this.chosen].name]);
  }

  private point(part: number | null): void {
    this.pointed = part;
    if (!this.plays) this.again();
  }

  /** As it was opened: with a part taken out. */
  protected override get home(): number {
    return this.data.parts.length + 1;
  }

  protected override letGo(): void {
    const { at, out } = this.data;
    [this.token, this.chosen, this.pointed] = [at, out, null];
    this.place();
    this.tell();
  }

  private get out(): number | null {
    return this.at > this.data.parts.length ? this.chosen : null;
  }

  // ------------------------------------------------------------ where all stands

  private get added(): number[] {
    return this.data.parts.map(({ added }) => added[this.token]);
  }

  /** So that no bar leaves the plot, whichever part is out. */
  private bounds(): Pair {
    const { added, token } = this;
    const outs = [null, ...added.keys()];
    const sums = outs.flatMap((out) => bars(added, out).flat());
    return reach([...sums, ...this.data.without.flatMap((one) => one?.leads[token] ?? [])]);
  }

  private x(lead: number): number {
    const [low, high] = this.limits;
    const room = this.width - this.label - this.size.number - 2 * RIM;
    return this.label + RIM + (room * (lead - low)) / (high - low);
  }

  private get size(): Size {
    return this.width < NARROW ? PHONE : WIDE;
  }

  /** Where the buttons end. */
  private get label(): number {
    const heads = this.data.parts.filter(({ kind, layer }) => kind === "head" && !layer).length;
    const { name, head, FFN, between } = this.size;
    return name + heads * (head + between) + FFN + between;
  }

  /** Where the first of the results begins. */
  private get total(): number {
    const { lane, gap } = this.size;
    return AXIS + GIVEN + this.layers.length * (2 * lane + gap) + RULE;
  }

  protected override place(): void {
    this.width = this.plot.clientWidth;
    if (!this.width) return;
    this.limits = this.bounds();
    const height = this.total + this.results.length * RESULT + 2;
    set(this.plot, { viewBox: `0 0 ${this.width} ${height}`, height });
    this.placeLanes();
    this.placeAxes(height);
    const rule = this.total - RULE / 2;
    set(this.rule, { x1: 0, x2: this.width, y1: rule, y2: rule });
    this.results.forEach(({ name, number }, i) => {
      const y = this.total + RESULT * (i + 0.5);
      set(name, { x: this.label - 6, y });
      set(number, { x: this.width - 2, y });
    });
    this.again();
  }

  /** The top of a layer's two lanes. */
  private top(layer: number): number {
    const { lane, gap } = this.size;
    return AXIS + GIVEN + layer * (2 * lane + gap) + gap / 2;
  }

  private placeLanes(): void {
    const { lane, name } = this.size;
    const { parts } = this.data;
    this.layers.forEach((text, layer) => {
      set(text, { x: 0, y: this.top(layer) + lane });
      text.toggleAttribute("hidden", !name);
    });
    for (const one of this.lanes) {
      const { layer, kind } = parts[one.parts[0]];
      one.height = layer === null ? GIVEN : lane;
      one.y = layer === null ? AXIS : this.top(layer) + (kind === "FFN" ? lane : 0);
      set(one.number, { x: this.width - 2, y: one.y + one.height / 2 });
      one.parts.forEach((part, place) => this.placePart(part, place, one));
    }
  }

  private placePart(part: number, place: number, { y, height }: Lane): void {
    const { layer, kind } = this.data.parts[part];
    const { field, button, name } = this.rows[part];
    const { label, size } = this;
    if (kind !== "head") set(field, { x: label, width: this.width - label, y, height });
    if (layer === null) {
      set(name, { x: label - 6, y: y + height / 2 });
      return;
    }
    const width = size[kind === "FFN" ? "FFN" : "head"];
    const heads = label - size.between - size.FFN;
    const x = kind === "FFN" ? heads : size.name + place * (size.head + size.between);
    const middle = this.top(layer) + size.lane;
    set(button, { x: x + 1, width: width - 2, y: middle - size.button / 2, height: size.button });
    set(name, { x: x + width / 2, y: middle });
  }

  private placeAxes(height: number): void {
    const { axes, token } = this;
    const [low, high] = this.limits;
    axes.replaceChildren();
    const phone = this.size === PHONE;
    const apart = phone ? TICK_PHONE : TICK;
    const step = tickStep(((high - low) * apart) / (this.width - this.label - this.size.number));
    for (let lead = Math.ceil(low / step) * step; lead <= high; lead += step) {
      const x = this.x(lead);
      const zero = Math.abs(lead) < 1e-9;
      const line = { class: zero ? "zero" : "", x1: x, x2: x, y1: AXIS - 6, y2: height };
      draw(axes, "line", line);
      draw(axes, "text", { x, y: AXIS - 12 }).textContent = signed(lead, 0);
    }
    const { tokens, given, rivals } = this.data;
    const zero = this.x(0);
    const ahead = draw(axes, "text", { class: "side ahead", x: zero + 6, y: 7 });
    ahead.textContent = `${tokens[given + token]} leads →`;
    const behind = draw(axes, "text", { class: "side behind", x: zero - 6, y: 7 });
    behind.textContent = `← ${rivals[token]} leads`;
    const adds = draw(axes, "text", { class: "adds", x: this.width - 2, y: AXIS - 12 });
    adds.textContent = "adds";
    // The two bars of a layer have their names in the first; on a phone, in the line above it.
    const end = this.width - this.size.number;
    for (const one of this.lanes.filter(({ parts }) => this.data.parts[parts[0]].layer === 0)) {
      const { kind } = this.data.parts[one.parts[0]];
      const y = phone ? AXIS + GIVEN / 2 : one.y + one.height / 2;
      const name = { class: `lane ${kind}`, x: end - (phone && kind === "head" ? 30 : 0), y };
      draw(axes, "text", name).textContent = kind === "head" ? "heads" : kind;
    }
    if (phone) {
      const first = { class: "layer", x: 0, y: AXIS + GIVEN / 2 - 1 };
      draw(axes, "text", first).textContent = "layer 0";
    }
    const ends = `${tokens[given + token]} ahead of its rival\u00a0${rivals[token]}`;
    say(this.part("headline"), `How much each part pushes ${ends}. Press a part to take it out.`);
  }

  // ------------------------------------------------------------ drawn at every moment

  protected override landmarks(): Landmark[] {
    const { parts } = this.data;
    const layers = parts.flatMap(({ layer }, i) =>
      layer !== null && layer !== parts[i - 1]?.layer ? { at: i, name: `layer ${layer}` } : [],
    );
    return [...layers, { at: parts.length + 1, name: "one out" }];
  }

  protected show(at: number): string {
    this.showTexts();
    if (this.width) {
      this.showBars(at);
      this.showResults(at);
    }
    this.rows.forEach(({ group }, i) => {
      const aside = this.pointed !== null && i !== this.pointed && i !== this.out;
      group.classList.toggle("aside", aside);
      group.classList.toggle("out", i === this.out);
      const name = `${this.data.parts[i].name}, adds ${plus(this.added[i])}`;
      set(group, { "aria-label": name, "aria-pressed": i === this.out });
      if (this.data.without[i] === null) group.removeAttribute("aria-pressed");
    });
    return this.told(at);
  }

  private showTexts(): void {
    const { tokens, given } = this.data;
    const anew = this.without?.text ?? "";
    this.part("without").hidden = !anew;
    this.part("missing").textContent = this.out === null ? "" : this.data.parts[this.out].name;
    [...this.part("anew").children].forEach((cell, i) => {
      cell.textContent = anew[i] ?? "";
      cell.className = i < given ? "typed" : anew[i] === tokens[i] ? "" : "moved";
    });
    [...this.part("whole").children].slice(given).forEach((cell, i) => {
      set(cell, { "aria-pressed": i === this.token });
    });
  }

  private get without(): Without | null {
    return this.out === null ? null : this.data.without[this.out];
  }

  private showBars(at: number): void {
    const { added, out } = this;
    const whole = bars(added);
    bars(added, out).forEach(([begin, end], i) => {
      const { bar, ghost, group } = this.rows[i];
      group.classList.toggle("later", i >= at);
      const { y, height } = this.laneOf(i);
      const box = { y: y + 1.5, height: height - 3 };
      set(bar, { ...this.span(begin, end), ...box });
      set(ghost, { ...this.span(...whole[i]), ...box });
    });
    for (const lane of this.lanes) this.showNumber(lane, at);
    const last = Math.max(Math.min(Math.ceil(at), added.length) - 1, 0);
    const x = this.x(this.sumAt(at));
    const sums = out === null ? 1 : 2; // down to the bar of what is left of the sum
    set(this.end, { x1: x, x2: x, y1: this.laneOf(last).y, y2: this.total + RESULT * sums - 3 });
  }

  private laneOf(part: number): Lane {
    return this.lanes.find(({ parts }) => parts.includes(part))!;
  }

  /** What a lane adds; of the heads one alone, if a hand is on it or has taken it out. */
  private showNumber({ parts, number }: Lane, at: number): void {
    const { added, out, pointed } = this;
    const one = [this.plays ? null : pointed, out].find((part) => parts.includes(part ?? -1));
    const there = parts.filter((part) => part < at);
    number.classList.toggle("gone", one !== undefined && one === out);
    if (one === undefined || one === null) {
      const sum = there.reduce((total, part) => total + added[part], 0);
      number.textContent = there.length ? plus(sum) : "";
      return;
    }
    const { name, kind } = this.data.parts[one];
    number.textContent = `${kind === "head" ? `${short(name, kind)}: ` : ""}${plus(added[one])}`;
  }

  /** The lead less a bar, both as they are written: a reader can check it. */
  private subtracted(out: number): number {
    return Number(this.data.leads[this.token].toFixed(2)) - Number(this.added[out].toFixed(2));
  }

  private sumAt(at: number): number {
    const n = Math.min(Math.ceil(at), this.data.parts.length);
    return n ? bars(this.added, this.out)[n - 1][1] : 0;
  }

  private span(begin: number, end: number): { x: number; width: number } {
    const [from, to] = [Math.min(begin, end), Math.max(begin, end)].map((lead) => this.x(lead));
    return { x: from, width: Math.max(to - from, 1.5) };
  }

  private showResults(at: number): void {
    const { token, out, without } = this;
    const { leads, tokens, given } = this.data;
    const [all, less, left] = this.results;
    const sum = out === null ? this.sumAt(at) : leads[token];
    this.showResult(all, 0, out === null ? "sum so far" : "all parts", sum);
    if (out === null && at >= this.data.parts.length) all.name.textContent = "the sum";
    for (const { group } of [less, left]) group.toggleAttribute("hidden", without === null);
    if (!without || out === null) return;
    this.showResult(less, 1, "minus its bar", this.subtracted(out));
    this.showResult(left, 2, "run without it", without.leads[token]);
    const flips = without.says[token] !== tokens[given + token];
    left.group.classList.toggle("flips", flips);
  }

  private showResult({ name, bar, number }: Result, row: number, said: string, lead: number): void {
    name.textContent = said;
    set(bar, { ...this.span(0, lead), y: this.total + RESULT * row + 2.5, height: RESULT - 5 });
    number.textContent = signed(lead, 2);
  }

  // ------------------------------------------------------------ in words

  private told(at: number): string {
    const { tokens, given, names, rivals, parts } = this.data;
    const { token, pointed, without } = this;
    const [mine, rival] = [tokens[given + token], rivals[token]];
    if (!this.plays && pointed !== null && pointed !== this.out) {
      const spoken = `${parts[pointed].name} adds ${plus(this.added[pointed])} to the lead of ${mine} over ${rival}`;
      return this.data.without[pointed] ? `${spoken}. Press to take it out.` : `${spoken}.`;
    }
    if (without) return this.toldWithout(without);
    const n = Math.ceil(at);
    const sum = signed(this.sumAt(at), 2);
    if (n >= parts.length)
      return `${names[token]}: all bars add up to ${sum}, the lead of ${mine} over ${rival}. Press a part to take it out.`;
    const last = n ? `After ${parts[n - 1].name}` : "Before any part has written";
    return `${names[token]}. ${last} the lead of ${mine} over ${rival} is ${sum}.`;
  }

  private toldWithout({ leads, says }: Without): string {
    const { tokens, given, parts } = this.data;
    const { token, out } = this;
    const mine = tokens[given + token];
    const bar = this.added[out!];
    const subtracted = signed(this.subtracted(out!), 2);
    const what =
      says[token] === mine ? `still writes ${mine}` : `writes ${says[token]}, not ${mine}`;
    return (
      `Run without ${parts[out!].name}, the lead is ${signed(leads[token], 2)}, and the model ${what}. ` +
      `Minus its bar (${plus(bar)}), ${subtracted} would be left.`
    );
  }
}

/** On a button: 0.2 for head 0.2, FFN for FFN 0. */
function short(name: string, kind: Kind): string {
  if (kind === "given") return name;
  return kind === "FFN" ? kind : name.slice(name.indexOf(" ") + 1);
}

/** +0.30, −1.20, 0.00 */
function plus(number: number): string {
  const text = signed(number, 2);
  return Number(text) > 0 ? `+${text}` : text;
}

export default mounted(Ledger);
