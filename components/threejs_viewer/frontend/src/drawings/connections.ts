// Attention over depth: the parts of a network in a row, an arc from every contribution to every
// later part, and one of them cut. Below, the problem as the whole network writes it and as it is
// written without that connection, token by token. All texts come from Python.

import { make } from "../shared/dom";
import "./connections.css";
import {
  addition,
  addsUp,
  kindOf,
  own,
  places,
  pointAt,
  ranked,
  shortOf,
  told,
  worded,
  type Line,
  type Pattern,
} from "./maths/connections";
import type { Sent } from "./shared/drawing";
import { draw, set, setShare } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { clamp, counted, percent, range } from "./shared/numbers";
import { EITHER_WAY, steppedThrough } from "./shared/stepped";

// In pixels.
const [LEAST, MOST] = [42, 66]; // from part to part in a lying row; with less room it stands upright
const UPRIGHT = 22; // from part to part in an upright one
const NODE = { lying: 24, upright: 20 }; // as high is a part
const [NEAREST, FARTHEST] = [18, 150]; // of an arc from a row, and from a lying one
const ROUND = { lying: 0.8, upright: 1.25 }; // the same at most, as a share of its radius
const CHARACTER = 7.2; // of a name
const [BUNDLE, SINGLE, HAIR] = [14, 7, 0.8]; // all that a part reads, one of many, the thinnest
const SEEN = 1.5; // the thinnest of those that change the text
const [GAP, HIT] = [11, 12]; // where an arc is cut, and as wide as a finger finds it
const [TALL, THICK] = [96, 5]; // at least so is the one that is cut, and so can be seen
const SCISSORS = 30; // from their screw to the end of a handle
const KINDS = 3; // colours

/** The connection from a contribution to a part. */
interface Connection {
  reader: number;
  source: number;
}

interface Width {
  name: string;
  said: string;
  bundled: boolean;
  table: Pattern;
}

/** Of the text: what stands there, and the number that is right, if it holds one. */
interface Part {
  start: number;
  stop: number;
  name: string;
  role: string;
  right: number | null;
}

interface Often {
  name: string;
  n: number;
  wrong: number[][];
}

interface Data extends Sent {
  alt: string;
  sources: string[];
  readers: string[];
  widths: Width[];
  parts: Part[];
  /** Of each token that is written. */
  places: string[];
  given: number;
  whole: Line;
  /** By reader and source; of a problem of the reader's the one that is cut. */
  cuts: Record<string, Line>;
  often: Often[];
  of: string;
  /** At first; from then on they are the reader's. */
  cut: [reader: number, source: number];
  width: number;
  seconds: number;
}

/** A part of the network. */
interface Node {
  mark: SVGGElement;
  box: SVGRectElement;
  label: SVGTextElement;
}

interface Arc {
  group: SVGGElement;
  line: SVGPathElement;
  hit: SVGPathElement;
}

/** Where an arc begins and ends along the row, and how far it goes from it. */
type Span = [from: number, to: number, away: number];

/** Where the row stands. */
interface Frame {
  upright: boolean;
  pitch: number;
  /** Of the first part, along the row. */
  begin: number;
  /** Where arcs leave the parts, across the row. */
  base: number;
  /** As far from the row as this share of its radius goes an arc. */
  round: number;
}

class Connections extends MovingDrawing<Data> {
  private readonly svg = this.watched<SVGSVGElement>("row");
  private readonly source = this.part<HTMLSelectElement>("source");
  private readonly reader = this.part<HTMLSelectElement>("reader");
  private readonly chosenWidth = this.part<HTMLSelectElement>("width");
  private nodes: Node[] = [];
  /** Of each reader, from each source. */
  private arcs: Arc[][] = [];
  /** What is left of the one that is cut, behind the scissors. */
  private behind!: SVGPathElement;
  private scissors!: SVGGElement;
  /** Beside the scissors, until a reader has cut something. */
  private hint!: SVGTextElement;
  private frame: Frame | null = null;
  private cut: Connection = { reader: 0, source: 0 };
  private by = 0;
  /** The part, or the connection, under the hand or the focus. */
  private pointed: number | null = null;
  private pointedArc: Connection | null = null;

  protected override begin(): void {
    this.source.onchange = () => this.toCutFrom(Number(this.source.value));
    this.reader.onchange = () => this.toCutTo(Number(this.reader.value));
    this.chosenWidth.onchange = () => {
      this.by = Number(this.chosenWidth.value);
      this.place();
      this.again();
      this.tell();
    };
  }

  protected override rebuild(before: Data): void {
    const alike = shapeOf(this.data) === shapeOf(before);
    const kept = { cut: this.cut, by: this.by };
    this.make();
    if (alike) Object.assign(this, kept);
    this.ready();
    this.wait(this.evenly(this.last, this.data.seconds));
  }

  // ------------------------------------------------------------ built once

  protected build(): void {
    this.make();
    this.ready();
    this.playOnce(this.evenly(this.last, this.data.seconds));
  }

  private make(): void {
    const { alt, cut, width, widths, readers } = this.data;
    [this.cut, this.by] = [{ reader: cut[0], source: cut[1] }, width];
    [this.pointed, this.pointedArc] = [null, null];
    set(this.svg, { "aria-label": alt });
    this.buildKinds();
    this.chosenWidth.replaceChildren(...widths.map(({ name }, i) => option(name, i)));
    this.source.replaceChildren(...this.data.sources.map(option));
    this.reader.replaceChildren(...readers.map(option));
    this.svg.replaceChildren();
    const [lines, hits] = ["lines", "hits"].map((name) => draw(this.svg, "g", { class: name }));
    this.arcs = widths[0].table.map((row, reader) =>
      row.map((_, source) => this.buildArc({ reader, source }, lines, hits)),
    );
    this.behind = draw(lines, "path", { class: "thread far" });
    this.nodes = range(this.end + 1).map((i) => this.buildNode(i));
    this.scissors = this.buildScissors();
    this.hint = draw(this.svg, "text", { class: "hint" });
    this.hint.textContent = "press any arc";
    steppedThrough(
      this.nodes.map(({ mark }) => mark),
      EITHER_WAY,
    );
    this.buildTexts();
  }

  private ready(): void {
    this.place();
    this.name();
  }

  private buildKinds(): void {
    const kinds = this.kinds.map((kind) => {
      const short = shortOf(this.data.sources.find((source) => kindOf(source) === kind)!);
      const mark = make("i", { class: this.kind(kind) });
      return make(
        "span",
        { class: "kind" },
        mark,
        `from ${kind}`,
        short === kind ? "" : ` (${short[0]})`,
      );
    });
    const mark = (kind: string, name: string): HTMLElement =>
      make("span", {}, make("i", { class: kind }), name);
    const all = this.data.widths[0].table.flatMap((row, reader) =>
      row.map((_, source) => ({ reader, source })),
    );
    const n = all.filter((at) => this.changes(at)).length;
    const changing = `${n} of ${all.length} change this text when cut`;
    this.part("kinds").replaceChildren(
      ...kinds,
      mark("cut", "cut"),
      ...(n ? [mark("changes", changing)] : []),
    );
  }

  /** Whether the text without it is another; of a reader's problem no text but one is there. */
  private changes({ reader, source }: Connection): boolean {
    const { widths, cuts, whole } = this.data;
    const n = widths[0].table.reduce((all, row) => all + row.length, 0);
    if (Object.keys(cuts).length < n) return false;
    return cuts[`${reader} ${source}`].text !== whole.text;
  }

  /** What a finger hits stays in its place when an arc is cut or comes to the top. */
  private buildArc(at: Connection, lines: SVGGElement, hits: SVGGElement): Arc {
    const kind = this.kind(kindOf(this.data.sources[at.source]));
    const changes = this.changes(at) ? " changes" : "";
    const group = draw(lines, "g", { class: `arc ${kind}${changes}` });
    const line = draw(group, "path", { class: "thread" });
    const hit = draw(hits, "path", { class: `hit${changes}`, "stroke-width": HIT });
    hit.onpointerenter = () => this.point(null, at);
    hit.onpointerleave = () => this.point(null, null);
    hit.onclick = () => this.toCut(at);
    return { group, line, hit };
  }

  private buildNode(i: number): Node {
    const { sources, readers } = this.data;
    const reader = i - this.first;
    const name = sources[i] ?? readers.at(-1)!;
    const kind = i < this.end ? this.kind(kindOf(name)) : "end";
    const mark = draw(this.svg, "g", { class: `node ${kind}` });
    mark.onpointerenter = mark.onfocus = () => this.point(i, null);
    mark.onpointerleave = mark.onblur = () => this.point(null, null);
    draw(mark, "title").textContent = name;
    const box = draw(mark, "rect", { class: "box", rx: 4 });
    const label = draw(mark, "text");
    if (reader >= 0) {
      set(mark, { role: "button", "aria-label": `${name}: cut the widest that it reads` });
      mark.onclick = () => this.toRead(reader);
    } else set(mark, { role: "img", "aria-label": `${name}: who reads it` });
    return { mark, box, label };
  }

  /** Two blades and two handles, their screw at zero, pointing down. */
  private buildScissors(): SVGGElement {
    const all = draw(this.svg, "g", { class: "scissors", "aria-hidden": "true" });
    for (const side of [-1, 1]) {
      const half = draw(all, "g", { class: side < 0 ? "half" : "half other" });
      draw(half, "path", { d: `M0 0L${side * 2} 26L${-side * 3} 0Z`, class: "blade" });
      draw(half, "path", { d: `M0 0L${side * 4} -12`, class: "shank" });
      draw(half, "circle", { cx: side * 7, cy: -19, r: 7, class: "handle" });
    }
    return all;
  }

  private buildTexts(): void {
    const { parts, given, whole } = this.data;
    for (const [line, written] of [
      ["whole", whole.text],
      ["anew", ""],
    ]) {
      const groups = parts.map(({ start, stop, name, role }) => {
        const cells = range(stop - start).map((i) =>
          make(
            "span",
            { class: start + i < given ? "token given" : "token" },
            written[start + i] ?? "",
          ),
        );
        const below = make("small", {}, line === "whole" ? name : "");
        return make("div", { class: `field ${role}` }, make("div", {}, ...cells), below);
      });
      this.part(line)
        .querySelector(".cells")!
        .replaceChildren(...groups);
    }
  }

  /** Kinds of contributions, in the order in which they come. */
  private get kinds(): string[] {
    return [...new Set(this.data.sources.map(kindOf))];
  }

  private kind(name: string): string {
    return `kind${this.kinds.indexOf(name) % KINDS}`;
  }

  /** The part that reads first, and the one that reads last and writes no contribution. */
  private get first(): number {
    return this.end - this.data.readers.length + 1;
  }

  private get end(): number {
    return this.data.sources.length;
  }

  /** Whole; cut; then a moment for each token that is written. */
  private get last(): number {
    return 1 + this.data.places.length;
  }

  private get width(): Width {
    return this.data.widths[this.by];
  }

  /** What is written without the connection; null until Python has sent it. */
  private get line(): Line | null {
    return this.data.cuts[`${this.cut.reader} ${this.cut.source}`] ?? null;
  }

  // ------------------------------------------------------------ where all stands

  protected override place(): void {
    const width = this.svg.clientWidth;
    if (!width) return;
    const n = this.nodes.length;
    const pitch = Math.min(width / n, MOST);
    this.frame = pitch < LEAST ? this.uprightIn(width) : this.lyingIn(width, pitch);
    const { upright, base } = this.frame;
    const height = upright ? UPRIGHT * n : base + NODE.lying + 2;
    set(this.svg, { viewBox: `0 0 ${width} ${height}`, height });
    this.nodes.forEach((node, i) => this.placeNode(node, i));
    this.placeArcs();
  }

  private lyingIn(width: number, pitch: number): Frame {
    const longest = (pitch * this.end) / 2;
    const round = Math.min(ROUND.lying, FARTHEST / longest);
    const begin = (width - pitch * this.end) / 2;
    return { upright: false, pitch, begin, base: round * longest + SCISSORS, round };
  }

  private uprightIn(width: number): Frame {
    const { sources, readers } = this.data;
    const longest = Math.max(...[...sources, ...readers].map((name) => name.length));
    const base = CHARACTER * longest + 16;
    const room = width - base - SCISSORS;
    const round = Math.min(ROUND.upright, room / ((UPRIGHT * this.end) / 2));
    return { upright: true, pitch: UPRIGHT, begin: UPRIGHT / 2, base, round };
  }

  private placeNode({ mark, box, label }: Node, i: number): void {
    const { upright, pitch, begin, base } = this.frame!;
    const along = begin + pitch * i;
    const wide = upright ? base - 1 : pitch - 5;
    const high = upright ? NODE.upright : NODE.lying;
    const [x, y] = upright ? [wide / 2 + 1, along] : [along, base + high / 2 + 1];
    set(box, { x: x - wide / 2, y: y - high / 2, width: wide, height: high });
    set(label, { x, y });
    const name = mark.querySelector("title")!.textContent;
    label.textContent = upright ? name : shortOf(name);
  }

  /** All that a part reads lands on it side by side, so that no arc crosses another there. */
  private placeArcs(): void {
    if (!this.frame) return;
    this.width.table.forEach((row, reader) => {
      const row_ = places(row);
      row.forEach((share, source) => {
        const at = { reader, source };
        const { line, hit } = this.arcs[reader][source];
        set(line, { d: this.arc(this.span(at, row_), 0, Math.PI) });
        set(hit, { d: this.arc(this.usual(at, row_), 0, Math.PI) });
        const least = this.isCut(at) ? THICK : this.changes(at) ? SEEN : HAIR;
        const wide = Math.max(least, this.wide(share)).toFixed(2);
        set(line, { "stroke-width": wide });
        line.style.setProperty("--wide", `${wide}px`); // that of one under the hand
      });
    });
    this.placeCut(this.at >= 1);
  }

  private isCut({ reader, source }: Connection): boolean {
    return reader === this.cut.reader && source === this.cut.source;
  }

  private wide(share: number): number {
    return (this.width.bundled ? BUNDLE : SINGLE) * share;
  }

  /** Where an arc begins and ends along the row, and how far it goes from it. */
  private span(at: Connection, row: readonly number[]): Span {
    if (!this.isCut(at)) return this.usual(at, row);
    const { pitch, begin, round } = this.frame!;
    const [from, to] = [at.source, this.first + at.reader].map((part) => begin + pitch * part);
    return [from, to, Math.max(((to - from) / 2) * round, TALL)];
  }

  /** The same of one that is not cut. */
  private usual({ reader, source }: Connection, row: readonly number[]): Span {
    const { pitch, begin, round } = this.frame!;
    const aside = pitch / 5; // of what a part reads, and of what it has written
    const to = begin + pitch * (this.first + reader) - aside + BUNDLE * row[source];
    const from = begin + pitch * source + aside;
    return [from, to, Math.max(((to - from) / 2) * round, NEAREST)];
  }

  /** A part of half an ellipse above a lying row, to the right of an upright one. */
  private arc([from, to, away]: Span, start: number, stop: number): string {
    const radius = (to - from) / 2;
    const radii = this.frame!.upright ? [away, radius] : [radius, away];
    const [one, other] = [start, stop].map((angle) => this.placed(pointAt(from, to, away, angle)));
    return `M${points(one)}A${points(radii)} 0 0 1 ${points(other)}`;
  }

  private placed([along, across]: [number, number]): [number, number] {
    const { upright, base } = this.frame!;
    return upright ? [base + across, along] : [along, base - across];
  }

  /** The connection that is cut falls in two; the scissors stand where it was. */
  private placeCut(isCut: boolean): void {
    if (!this.frame) return;
    const span = this.span(this.cut, places(this.width.table[this.cut.reader]));
    const [from, to, away] = span;
    const gap = isCut ? Math.min(0.5, GAP / ((to - from) / 2)) : 0;
    const { line } = this.arcs[this.cut.reader][this.cut.source];
    set(line, { d: this.arc(span, 0, isCut ? Math.PI / 2 - gap : Math.PI) });
    set(this.behind, { d: this.arc(span, Math.PI / 2 + gap, Math.PI) });
    this.behind.toggleAttribute("hidden", !isCut);
    const [x, y] = this.placed([(from + to) / 2, away]);
    const turn = this.frame.upright ? 90 : 0;
    set(this.scissors, { transform: `translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(${turn})` });
    this.scissors.classList.toggle("shut", isCut);
    set(this.hint, { x: x + (this.frame.upright ? SCISSORS : 0) + 16, y: y - (turn ? 0 : 18) });
  }

  // ------------------------------------------------------------ the hand

  /** Of a part the widest connection that it reads by. */
  private toRead(reader: number): void {
    this.toCut({ reader, source: ranked(this.width.table[reader])[0] });
  }

  /** Of a contribution to the part that is chosen, or to the first that comes after it. */
  private toCutFrom(source: number): void {
    const { table } = this.width;
    const kept = source < table[this.cut.reader].length;
    const reader = kept ? this.cut.reader : table.findIndex((row) => source < row.length);
    this.toCut({ reader, source });
  }

  /** To a part from the contribution that is chosen, or from the widest if it comes later. */
  private toCutTo(reader: number): void {
    const { source } = this.cut;
    if (source < this.width.table[reader].length) this.toCut({ reader, source });
    else this.toRead(reader);
  }

  /** It is told what becomes of the problem, until the hand comes to another. */
  private toCut(cut: Connection): void {
    this.cut = cut;
    [this.pointed, this.pointedArc] = [null, null];
    this.hint.textContent = "";
    this.name();
    this.rest();
    this.tell();
  }

  private tell(): void {
    this.send("chosen", [this.cut.reader, this.cut.source, this.by]);
  }

  /** In the lists, and what is on top of the picture. */
  private name(): void {
    const { reader, source } = this.cut;
    this.source.value = String(source);
    this.reader.value = String(reader);
    this.chosenWidth.value = String(this.by);
    for (const { group } of this.arcs[reader]) this.behind.before(group);
    this.markLandmarks();
    this.placeArcs();
    this.showOften();
  }

  private point(part: number | null, arc: Connection | null): void {
    [this.pointed, this.pointedArc] = [part, arc];
    if (this.plays && part !== null)
      this.pause(); // or the next moment's words were over its own
    else if (!this.plays) this.again();
  }

  protected override letGo(): void {
    const { cut, width } = this.data;
    [this.cut, this.by] = [{ reader: cut[0], source: cut[1] }, width];
    [this.pointed, this.pointedArc] = [null, null];
    this.name();
    this.tell();
  }

  protected override landmarks(): Landmark[] {
    const { line } = this;
    const { given } = this.data;
    const wrong = (line?.wrong ?? []).map((at) => ({ at: at - given + 2, name: line!.text[at] }));
    return [{ at: 1, name: "cut" }, ...wrong, { at: this.last, name: "written" }];
  }

  // ------------------------------------------------------------ drawn at every moment

  protected show(moment: number): string {
    const at = Math.floor(moment);
    this.showArcs(at > 0);
    this.placeCut(at > 0);
    this.showTexts(at - 1);
    this.showPaper(at === this.last);
    if (!this.plays && this.pointed !== null) return this.saidOfPart(this.pointed);
    const { pointedArc } = this;
    if (!this.plays && pointedArc && !this.isCut(pointedArc)) return this.saidOfArc(pointedArc);
    return this.saidAt(at);
  }

  private showArcs(isCut: boolean): void {
    const { pointed, first, cut, pointedArc } = this;
    const strong = (reader: number, source: number): boolean => {
      if (pointed === null) return reader === (pointedArc ?? cut).reader;
      return pointed < first ? source === pointed : reader === pointed - first;
    };
    this.arcs.forEach((row, reader) =>
      row.forEach(({ group }, source) => {
        const [one, lit] = [cut, pointedArc].map(
          (at) => at?.reader === reader && at.source === source,
        );
        group.classList.toggle("weak", !strong(reader, source) && !one);
        group.classList.toggle("pointed", lit);
        group.classList.toggle("chosen", one);
      }),
    );
    const { sources } = this.data;
    const kind = this.changes(cut) ? "changes" : this.kind(kindOf(sources[cut.source]));
    this.behind.setAttribute("class", `thread far ${kind}`);
    this.nodes.forEach(({ mark }, i) => {
      mark.classList.toggle("writes", i === cut.source);
      mark.classList.toggle("reads", i - first === cut.reader);
    });
    this.svg.classList.toggle("is-cut", isCut);
  }

  /** So many tokens are written anew. */
  private showTexts(written: number): void {
    const { parts, given, whole } = this.data;
    const { line } = this;
    this.part("anew").classList.toggle("later", written < 0);
    for (const [name, shown, until] of [
      ["whole", whole, Infinity],
      ["anew", line, given + written],
    ] as const) {
      const cells = [...this.part(name).querySelectorAll<HTMLElement>(".token")];
      cells.forEach((cell, i) => {
        const there = shown && i < until;
        cell.textContent = there ? shown.text[i] : i < given ? whole.text[i] : "";
        cell.classList.toggle("wrong", !!there && own(shown).includes(i));
        cell.classList.toggle("follows", !!there && shown.follows.includes(i));
      });
    }
    this.part("anew")
      .querySelectorAll("small")
      .forEach((below, i) => {
        const { stop, right } = parts[i];
        const read = line && right !== null && stop <= given + written ? this.read(line, i) : right;
        below.textContent = read === right ? "" : `${read ?? "no number"}, not ${right}`;
        below.className =
          line && own(line).some((p) => p >= parts[i].start && p < stop) ? "wrong" : "";
      });
  }

  /** The number in a part, units first; null where another sign stands in it. */
  private read({ text }: Line, part: number): number | null {
    const { start, stop } = this.data.parts[part];
    const digits = text.slice(start, stop);
    return /^\d+$/.test(digits) ? Number([...digits].reverse().join("")) : null;
  }

  /** What was written, added up. */
  private showPaper(done: boolean): void {
    const added = this.line?.added ?? [];
    const paper = this.part("paper");
    paper.classList.toggle("later", !done || added.length < 2);
    if (added.length < 2) return;
    const [right, total] = [addsUp(added), added.at(-1)];
    const kind = right ? "right" : "wrong";
    paper.replaceChildren(
      make("span", { class: "head" }, "on paper"),
      ...added.slice(0, -1).map((term, i) => make("b", {}, `${i ? "+ " : ""}${term}`)),
      make("b", { class: `total ${kind}` }, `${right ? "✓" : "✗"} ${total}`),
      make("span", { class: kind }, `added up ${right ? "rightly" : "wrongly"}`),
    );
  }

  private showOften(): void {
    const { often, of } = this.data;
    const { reader, source } = this.cut;
    const bars = often.map(({ name, n, wrong }) => {
      const found = wrong[reader][source];
      const bar = make("div", { class: "bar", "aria-hidden": "true" }, make("i"));
      setShare(bar, "--size", found / n);
      return make("div", {}, bar, `${name} `, make("b", {}, `${counted(found)} of ${counted(n)}`));
    });
    const title = make("div", { class: "head" }, make("b", {}, "The same cut"), ` ${of}`);
    this.part("often").replaceChildren(title, make("div", { class: "bars" }, ...bars));
  }

  // ------------------------------------------------------------ in words

  private nameOf({ reader, source }: Connection): string {
    return `${this.data.sources[source]} → ${this.data.readers[reader]}`;
  }

  private share(at: Connection): string {
    const { sources, readers } = this.data;
    const { said, table } = this.width;
    const share = table[at.reader][at.source];
    return worded(said, share, sources[at.source], readers[at.reader]);
  }

  private saidOfArc(at: Connection): string {
    const text = this.changes(at) ? " Without it this text is another." : "";
    return `${this.nameOf(at)}: ${this.share(at)}.${text}`;
  }

  private saidOfPart(part: number): string {
    const { sources, readers } = this.data;
    const { table, name } = this.width;
    if (part >= this.first) {
      const row = table[part - this.first];
      const reads = ranked(row).slice(0, 4);
      const most = reads.map((source) => `${sources[source]} ${percent(row[source])}`);
      return `What ${readers[part - this.first]} reads, by ${name}: ${most.join(", ")}${
        row.length > reads.length ? ", …" : ""
      }. Press it to cut the widest.`;
    }
    const by = table.map((row, reader) => `${readers[reader]} ${percent(row[part])}`);
    return `Who reads ${sources[part]}, by ${name}: ${by.join(", ")}.`;
  }

  private saidAt(at: number): string {
    const { whole, places: names, given } = this.data;
    const { line, cut } = this;
    if (at === 0)
      return `Whole, the network writes ${whole.added ? addition(whole.added) : whole.text}.`;
    if (at === 1 || !line) return `Cut: ${this.nameOf(cut)}, ${this.share(cut)}.`;
    if (at === this.last) return `Cut: ${this.nameOf(cut)}. ${told(line, whole)}`;
    const written = clamp(at - 2, 0, names.length - 1);
    const token = given + written;
    const how = !line.wrong.includes(token)
      ? "right"
      : line.follows.includes(token)
        ? "it follows from wrong numbers before it"
        : "wrong";
    return `Without ${this.nameOf(cut)} it writes ${line.text[token]} (${names[written]}): ${how}.`;
  }
}

const option = (name: string, i: number): HTMLOptionElement =>
  make("option", { value: String(i) }, name);

const points = (numbers: readonly number[]): string =>
  numbers.map((number) => number.toFixed(1)).join(" ");

/** Below the same shape a reader of the book keeps what is cut. */
function shapeOf({ sources, readers, widths }: Data): string {
  return JSON.stringify([sources, readers, widths.map(({ name }) => name)]);
}

export default mounted(Connections);
