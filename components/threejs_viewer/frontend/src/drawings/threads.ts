// Attention over depth: the parts of a network in a row, and a thread from every note to every later
// reader, as wide as its share. Python sends the shares; one thread can be cut, and Python hears it.

import { make } from "../shared/dom";
import {
  even,
  kindOf,
  landmarksIn,
  mean,
  places,
  ranked,
  shortOf,
  told,
  whose,
  type Pattern,
  type Way,
} from "./maths/threads";
import type { Sent } from "./shared/drawing";
import { draw, set, setShare } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { clamp, percent, range } from "./shared/numbers";
import { ACROSS, EITHER_WAY, steppedThrough } from "./shared/stepped";
import "./threads.css";

// In pixels.
const [LEAST, MOST] = [42, 66]; // from part to part in a lying row; with less room it stands upright
const UPRIGHT = 28; // from part to part in an upright one
const NODE = 25; // as high is a part
const [NEAREST, FARTHEST] = [18, 250]; // of a thread from a row, and from a lying one
const ROUND = { lying: 0.8, upright: 1.25 }; // the same at most, as a share of its radius
const CHARACTER = 7.2; // of a name
const [BUNDLE, HAIR] = [13, 0.8]; // all that a reader reads, and the thinnest thread
const [FAINT, PER_SHARE] = [0.45, 1.6]; // opacity
const KINDS = 3; // colours

/** The thread from a note to a reading. */
interface Cut {
  reading: number;
  note: number;
}

interface Data extends Sent {
  alt: string;
  tokens: string[];
  notes: string[];
  readings: string[];
  /** Of each token, for each reading. */
  shares: Pattern[];
  cuttable: boolean;
  /** Whether a plain sum can be shown. */
  compared: boolean;
  /** At first; from then on it is the reader's. */
  cut: Cut | null;
  /** How long the threads take to grow. */
  seconds: number;
}

/** A part of the network. */
interface Drawn {
  mark: SVGGElement;
  box: SVGRectElement;
  label: SVGTextElement;
}

/** Where the row stands. */
interface Frame {
  upright: boolean;
  pitch: number;
  /** Of the first part, along the row. */
  begin: number;
  /** Where threads leave the parts, across the row. */
  base: number;
  /** As far from the row as this share of its radius goes a thread. */
  round: number;
}

/** A note in the list of what is read. */
interface Line {
  row: HTMLElement;
  cutter: HTMLElement | null;
}

class Threads extends MovingDrawing<Data> {
  private readonly svg = this.watched<SVGSVGElement>("row");
  private readonly plain = this.part<HTMLInputElement>("even");
  /** The mean over all tokens comes first. */
  private choices: HTMLElement[] = [];
  private nodes: Drawn[] = [];
  /** Of each reading, from each note. */
  private threads: SVGPathElement[][] = [];
  private lines = new Map<number, Line>();
  private frame: Frame | null = null;
  /** What is shown: of one token or all, learned or a plain sum. */
  private pattern: Pattern = [];
  private token: number | null = null;
  /** The reading whose threads are strong. */
  private picked: number | null = null;
  private cut: Cut | null = null;
  /** The part under the hand or the focus. */
  private pointed: number | null = null;

  protected override begin(): void {
    this.plain.onchange = () => this.weigh();
    this.part("mend").onclick = () => this.mend();
  }

  protected override rebuild(before: Data): void {
    if (shapeOf(this.data) !== shapeOf(before)) return this.build();
    this.compare();
    set(this.svg, { "aria-label": this.data.alt });
    this.weigh();
  }

  // ------------------------------------------------------------ built once

  protected build(): void {
    const { alt, readings, seconds, cut } = this.data;
    this.compare();
    [this.token, this.picked, this.cut, this.pointed] = [null, null, cut, null];
    set(this.svg, { "aria-label": alt });
    this.buildTokens();
    this.buildKinds();
    this.svg.replaceChildren();
    this.threads = this.data.shares[0].map((row) => row.map((_, n) => this.buildThread(n)));
    this.nodes = range(this.end + 1).map((i) => this.buildNode(i));
    steppedThrough(
      this.nodes.map(({ mark }) => mark),
      EITHER_WAY,
    );
    this.pattern = this.weighed();
    this.place();
    this.tell();
    this.playOnce(this.evenly(readings.length, seconds, "smooth"));
  }

  private compare(): void {
    const { compared } = this.data;
    this.root.classList.toggle("alone", !compared);
    if (!compared) this.plain.checked = false;
  }

  private buildTokens(): void {
    const all = make("button", { type: "button" }, "all");
    const some = this.data.tokens.map((token, i) =>
      make("button", { type: "button", "aria-label": `token ${i + 1}, “${token}”` }, token),
    );
    this.choices = [all, ...some];
    this.choices.forEach((button, i) => (button.onclick = () => this.choose(i ? i - 1 : null)));
    steppedThrough(this.choices, ACROSS);
    this.part("tokens").replaceChildren(make("span", {}, "token"), ...this.choices);
  }

  private buildKinds(): void {
    const { notes, cuttable, compared } = this.data;
    const named = this.kinds.map((kind) => {
      const short = shortOf(notes.find((note) => kindOf(note) === kind)!);
      const [letter] = short;
      const mark = make("i", { class: this.kind(kind) });
      return make("span", {}, mark, `from ${kind}`, short === kind ? "" : ` (${letter})`);
    });
    const cut = cuttable ? make("span", {}, make("i", { class: "cut" }), "cut") : null;
    const wide = make(
      "span",
      {},
      `a connection is as wide as its ${compared ? "share" : "amount"}`,
    );
    this.part("kinds").replaceChildren(...named, ...(cut ? [cut] : []), wide);
  }

  private buildThread(note: number): SVGPathElement {
    return draw(this.svg, "path", { class: `thread ${this.kind(kindOf(this.data.notes[note]))}` });
  }

  private buildNode(i: number): Drawn {
    const { notes, readings } = this.data;
    const reading = i - this.first;
    const name = notes[i] ?? readings.at(-1)!;
    const kind = i < this.end ? this.kind(kindOf(name)) : "end";
    const mark = draw(this.svg, "g", { class: `node ${kind}` });
    mark.onpointerenter = mark.onfocus = () => this.point(i);
    mark.onpointerleave = mark.onblur = () => this.point(null);
    draw(mark, "title").textContent = name;
    const box = draw(mark, "rect", { class: "box", rx: 4 });
    const label = draw(mark, "text");
    if (reading >= 0) {
      set(mark, { role: "button", "aria-label": `${name}: what it reads` });
      mark.onclick = () => this.pick(reading === this.picked ? null : reading);
    } else set(mark, { role: "img", "aria-label": `${name}: who reads it` });
    return { mark, box, label };
  }

  /** Kinds of notes, in the order in which they come. */
  private get kinds(): string[] {
    return [...new Set(this.data.notes.map(kindOf))];
  }

  private kind(name: string): string {
    return `kind${this.kinds.indexOf(name) % KINDS}`;
  }

  /** The part that reads first, and the one that reads last and writes no note. */
  private get first(): number {
    return this.end - this.data.readings.length + 1;
  }

  private get end(): number {
    return this.data.notes.length;
  }

  /** Of each reading its part. */
  private get readers(): Drawn[] {
    return this.nodes.slice(this.first);
  }

  // ------------------------------------------------------------ where all stands

  protected override place(): void {
    const width = this.svg.clientWidth;
    if (!width) return;
    const n = this.nodes.length;
    const pitch = Math.min(width / n, MOST);
    this.frame = pitch < LEAST ? this.uprightIn(width) : this.lyingIn(width, pitch);
    const { upright, base } = this.frame;
    const height = upright ? UPRIGHT * n : base + NODE + 2;
    set(this.svg, { viewBox: `0 0 ${width} ${height}`, height });
    this.nodes.forEach((node, i) => this.placeNode(node, i));
    this.placeThreads();
  }

  private lyingIn(width: number, pitch: number): Frame {
    const longest = (pitch * this.end) / 2;
    const round = Math.min(ROUND.lying, FARTHEST / longest);
    const begin = (width - pitch * this.end) / 2;
    return { upright: false, pitch, begin, base: round * longest + BUNDLE, round };
  }

  private uprightIn(width: number): Frame {
    const { notes, readings } = this.data;
    const longest = Math.max(...[...notes, ...readings].map((name) => name.length));
    const base = CHARACTER * longest + 16;
    const room = width - base - BUNDLE;
    const round = Math.min(ROUND.upright, room / ((UPRIGHT * this.end) / 2));
    return { upright: true, pitch: UPRIGHT, begin: UPRIGHT / 2, base, round };
  }

  private placeNode({ mark, box, label }: Drawn, i: number): void {
    const { upright, pitch, begin, base } = this.frame!;
    const along = begin + pitch * i;
    const wide = upright ? base - 1 : pitch - 5;
    const [x, y] = upright ? [wide / 2 + 1, along] : [along, base + NODE / 2 + 1];
    set(box, { x: x - wide / 2, y: y - NODE / 2, width: wide, height: NODE });
    set(label, { x, y });
    const name = mark.querySelector("title")!.textContent;
    label.textContent = upright ? name : shortOf(name);
  }

  /** All that a reader reads lands on it side by side, so that no thread crosses another there. */
  private placeThreads(): void {
    if (!this.frame) return;
    const { pitch, begin } = this.frame;
    const aside = pitch / 5; // of what a part reads, and of what it has written
    this.pattern.forEach((row, r) => {
      const to = begin + pitch * (this.first + r) - aside;
      places(row).forEach((place, n) => {
        const d = this.arc(begin + pitch * n + aside, to + BUNDLE * place);
        set(this.threads[r][n], { d });
      });
    });
  }

  /** Half an ellipse above a lying row, to the right of an upright one. */
  private arc(from: number, to: number): string {
    const { upright, base, round } = this.frame!;
    const radius = (to - from) / 2;
    const away = Math.max(radius * round, NEAREST); // or the next part's would be a blot
    const radii = upright ? [away, radius] : [radius, away];
    const [start, stop] = [from, to].map((along) => (upright ? [base, along] : [along, base]));
    return `M${points(start)}A${points(radii)} 0 0 1 ${points(stop)}`;
  }

  // ------------------------------------------------------------ what is shown

  private choose(token: number | null): void {
    this.token = token;
    this.weigh();
  }

  private get way(): Way {
    return this.plain.checked ? "plain" : "learned";
  }

  /** As it is learned. */
  private get learned(): Pattern {
    const { shares } = this.data;
    return this.token === null ? mean(shares) : shares[this.token];
  }

  private weighed(): Pattern {
    return this.way === "plain" ? even(this.learned) : this.learned;
  }

  private weigh(): void {
    this.pattern = this.weighed();
    this.placeThreads();
    this.tell();
    this.again();
  }

  /** The whole pattern is wanted by who asks about a part of it. */
  private pick(reading: number | null): void {
    this.picked = reading;
    this.rest();
    this.tell();
  }

  protected override landmarks(): Landmark[] {
    return landmarksIn(this.data.readings);
  }

  protected override letGo(): void {
    this.pointed = null;
    this.pick(null);
  }

  /** One part, and what it reads; of one that reads nothing, who reads it. */
  private point(part: number | null): void {
    this.pointed = part;
    this.fade();
    if (!this.plays) this.again();
  }

  /** Whether a thread belongs to the part that is pointed at, or else picked, or there is none. */
  private counts(reading: number, note: number): boolean {
    const { pointed, first, picked } = this;
    if (pointed !== null) return pointed < first ? note === pointed : reading === pointed - first;
    return picked === null || picked === reading;
  }

  private fade(): void {
    this.threads.forEach((row, r) =>
      row.forEach((thread, n) => thread.classList.toggle("weak", !this.counts(r, n))),
    );
  }

  private lost(reading: number, note: number): boolean {
    return reading === this.cut?.reading && note === this.cut.note;
  }

  private toCut(cut: Cut | null): void {
    this.cut = cut;
    this.send("cut", cut);
    this.markCut();
  }

  /** The button is gone then, so the focus goes to who reads again. */
  private mend(): void {
    this.readers[this.cut!.reading].mark.focus();
    this.toCut(null);
  }

  // ------------------------------------------------------------ drawn at a change

  private tell(): void {
    this.choices.forEach((button, i) =>
      set(button, { "aria-pressed": this.token === (i ? i - 1 : null) }),
    );
    this.pattern.forEach((row, r) => row.forEach((share, n) => this.drawThread(r, n, share)));
    this.fade();
    this.readers.forEach(({ mark }, r) => set(mark, { "aria-pressed": r === this.picked }));
    this.drawList();
    this.markCut();
  }

  private drawThread(r: number, n: number, share: number): void {
    const thread = this.threads[r][n];
    set(thread, {
      "stroke-width": Math.max(HAIR, BUNDLE * share).toFixed(2),
      "stroke-opacity": Math.min(1, FAINT + PER_SHARE * share).toFixed(3),
    });
  }

  private drawList(): void {
    const { picked } = this;
    this.part("ask").hidden = picked !== null;
    this.part("list").hidden = picked === null;
    this.part("name").textContent = this.data.readings[picked ?? 0];
    const held = this.heldNote();
    this.lines.clear();
    this.part("read").replaceChildren(...(picked === null ? [] : this.buildLines(picked)));
    if (held !== null) this.lines.get(held)?.cutter?.focus();
  }

  /** The note whose button has the focus, which it would lose in a new list. */
  private heldNote(): number | null {
    const { activeElement } = this.root.getRootNode() as Document | ShadowRoot;
    const held = [...this.lines].find(([, { cutter }]) => cutter && cutter === activeElement);
    return held ? held[0] : null;
  }

  private buildLines(reading: number): HTMLElement[] {
    const most = Math.max(...this.learned[reading]); // as a plain sum the bars keep their scale
    return ranked(this.pattern[reading]).map((note) => this.buildLine(reading, note, most));
  }

  private buildLine(reading: number, note: number, most: number): HTMLElement {
    const { notes, readings, cuttable } = this.data;
    const share = this.pattern[reading][note];
    const mark = make("i", { class: "mark" });
    const bar = make("div", { class: "bar", "aria-hidden": "true" }, make("i"), mark);
    setShare(bar, "--size", share / most);
    setShare(bar, "--plain", 1 / this.pattern[reading].length / most);
    const label = `cut ${notes[note]} → ${readings[reading]}`;
    const cutter = cuttable ? make("button", { type: "button", "aria-label": label }, "cut") : null;
    if (cutter)
      cutter.onclick = () => this.toCut(this.lost(reading, note) ? null : { reading, note });
    const row = make(
      "tr",
      { class: this.kind(kindOf(notes[note])) },
      make("th", { scope: "row" }, notes[note]),
      make("td", { class: "across" }, bar),
      make("td", {}, percent(share)),
      cutter && make("td", {}, cutter),
    );
    this.lines.set(note, { row, cutter });
    return row;
  }

  /** What is cut, in the picture, in the list and in words. */
  private markCut(): void {
    const { cut } = this;
    const { notes, readings } = this.data;
    this.threads.forEach((row, r) =>
      row.forEach((thread, n) => thread.classList.toggle("cut", this.lost(r, n))),
    );
    for (const [note, { row, cutter }] of this.lines) {
      const lost = this.lost(this.picked!, note);
      row.classList.toggle("cut", lost);
      if (cutter) set(cutter, { "aria-pressed": lost });
    }
    this.part("lost").hidden = !cut;
    this.part("which").textContent = cut
      ? `Cut: ${notes[cut.note]} → ${readings[cut.reading]}`
      : "";
  }

  // ------------------------------------------------------------ drawn at every moment

  /** So many readers have read; at rest it is told of the one that is picked. */
  protected show(moment: number): string {
    this.threads.forEach((row, r) => {
      const share = clamp(moment - r, 0, 1);
      for (const thread of row) grow(thread, share);
    });
    const now = Math.ceil(moment) - 1;
    const rests = moment === this.data.readings.length;
    this.readers.forEach(({ mark }, r) => mark.classList.toggle("now", !rests && r === now));
    if (!this.plays && this.pointed !== null) return this.saidOfPart(this.pointed);
    if (rests && this.picked !== null) return this.saidOf(this.picked);
    return now < 0 ? "Nothing is read yet." : this.saidOf(now);
  }

  private saidOfPart(part: number): string {
    if (part >= this.first) return this.saidOf(part - this.first);
    const { notes, readings } = this.data;
    const reads = readings.map((name, r) => `${name} ${percent(this.pattern[r][part])}`);
    return `${notes[part]} is read by: ${reads.join(", ")}.`;
  }

  private saidOf(reading: number): string {
    const { notes, readings, tokens } = this.data;
    const said = told(readings[reading], this.pattern[reading], notes, this.way);
    return `${whose(tokens, this.token, this.way)}: ${said}`;
  }
}

const points = (numbers: readonly number[]): string =>
  numbers.map((number) => number.toFixed(1)).join(" ");

/** From its note on. */
function grow(thread: SVGPathElement, share: number): void {
  thread.classList.toggle("later", share === 0);
  thread.classList.toggle("grows", share < 1);
  if (share < 1) set(thread, { pathLength: 1, "stroke-dasharray": `${share.toFixed(3)} 1` });
  else for (const name of ["pathLength", "stroke-dasharray"]) thread.removeAttribute(name);
}

/** Below the same shape a reader of the book keeps what is chosen and cut. */
function shapeOf({ tokens, notes, readings, shares, cuttable }: Data): string {
  return JSON.stringify([tokens, notes, readings, shares[0].map((row) => row.length), cuttable]);
}

/** What is cut stays cut. */
export default mounted(Threads, "setStateValue");
