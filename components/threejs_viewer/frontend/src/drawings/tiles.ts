// A tile crosses the table of scores, and beside it m, l and O of its rows change. The row that is
// open lays out its cards, whose order a reader changes; a meter counts what passes between the two
// memories of a graphics card. Python sends the scores and the values.

import { make } from "../shared/dom";
import {
  answer,
  atOnce,
  equation,
  factor,
  growth,
  moved,
  ordered,
  plain,
  shareOf,
  shrinkage,
  shrinks,
  type Arrival,
  type Card,
  type Order,
} from "./maths/registers";
import {
  BEFORE,
  blocks,
  kilobytes,
  landmarksIn,
  later,
  plainMoves,
  reading,
  standing,
  steps,
  told,
  verdict,
  type Reading,
  type Standing,
  type Step,
  type Walk,
} from "./maths/tiles";
import type { Sent } from "./shared/drawing";
import { draw, partsOf, set, setShare } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { clamp, percent, range, type Pair } from "./shared/numbers";
import { Slide } from "./shared/slide";
import "./tiles.css";

// Pixels.
const FOOT = 15; // of the scale of m below
const [WIDE, USUAL] = [640, 900]; // room for names at the left; the width before there is a page
const LARGEST = 264; // side of the table
const NAMES = 58;
const CUE = 74; // of what says at the right which row is open
const [LINE, LETTER] = [15, 5]; // from line to line of a head; before its letter
const WORD = 40; // of what is written into a tile that is let go
const HATCH = 6; // from stroke to stroke

const LEVELS = 6; // of colour, a sign
const STRONG = 0.6; // of the largest score or output has the full colour
const [MARK, NARROW_MARK] = [28, 18]; // from one number on the scale of m to the next, at least
const SHARES = [1.45, 0.85, 0.7]; // of the room of m, l and O: the scale of m holds every value
const IN_A_ROW = 21; // cards, on a narrow screen
const FAR = 8; // rows of a page key

interface Data extends Sent {
  alt: string;
  tokens: string[];
  /** Of the text, named at the edge. */
  parts: [name: string, begin: number, end: number][];
  /** Of each row, of the keys that its query may see. */
  scores: number[][];
  values: number[][];
  /** Numbers of a query, of a key and of a value, and bytes of a number. */
  size: number;
  bytes: number;
  /** What the queries and keys of a tile may be. */
  rows: number[];
  columns: number[];
  opened: [row: number, rows: number, columns: number, order: Order];
  seconds: number;
}

/** Of one row, beside the table. */
interface Line {
  group: SVGGElement;
  /** m before and now, and the way between. */
  before: SVGCircleElement;
  now: SVGCircleElement;
  way: SVGLineElement;
  /** l before, what is left of it, and what has come. */
  was: SVGRectElement;
  shrunk: SVGRectElement;
  fresh: SVGRectElement;
  output: SVGRectElement[];
}

/** Where things stand, in pixels. */
interface Place {
  wide: boolean;
  /** Of the heads above the table. */
  top: number;
  names: number;
  side: number;
  m: Pair;
  l: Pair;
  O: Pair;
}

class Tiles extends MovingDrawing<Data> {
  private readonly plan = this.watched<SVGSVGElement>("plan");
  private readonly meter = partsOf(this.part("moved"));
  private readonly orders = this.all("[data-order]");
  private walk!: Walk;
  private steps: Step[] = [];
  private readings: Reading[] = [];
  private row = 0;
  /** Which card of the open row comes first, second, ...; the name of that order, if it has one. */
  private order: number[] = [];
  private called: Order | null = "written";
  private items: { item: HTMLElement; card: HTMLElement; bar: HTMLElement }[] = [];
  private pointed: number | null = null;
  private places!: Place;
  private tiles: SVGGElement[] = [];
  /** Which of them are let go. */
  private gone: SVGGElement[] = [];
  private lines: Line[] = [];
  private scale!: SVGGElement;
  private frame!: SVGRectElement;
  private mark!: SVGRectElement;
  private cue!: SVGTextElement;
  /** The row under the pointer. */
  private hover!: SVGRectElement;
  private field!: SVGRectElement;

  protected override begin(): void {
    for (const button of this.orders)
      button.onclick = () => {
        this.arrange(button.dataset["order"] as Order);
        this.comeToTheRow();
        this.tell();
      };
    this.part("above").onclick = () => this.turnTo(this.row - 1);
    this.part("below").onclick = () => this.turnTo(this.row + 1);
  }

  // ------------------------------------------------------------ built once

  protected build(): void {
    const { tokens, size, opened, seconds } = this.data;
    const [row, rows, columns, order] = opened;
    this.walk = { n: tokens.length, size, rows, columns };
    this.pointed = null;
    this.buildChoice("rows", "queries");
    this.buildChoice("columns", "keys");
    this.read();
    this.openRow(row, order);
    this.layOut();
    this.playOnce(this.evenly(this.steps.length, seconds));
  }

  private buildChoice(name: "rows" | "columns", words: string): void {
    const buttons = this.data[name].map((size) => {
      const button = make("button", { type: "button" }, String(size));
      button.onclick = () => this.cut({ ...this.walk, [name]: size });
      return button;
    });
    const said = make("span", {}, words, make("span", { class: "longer" }, " in a tile"));
    this.part(name).replaceChildren(said, ...buttons);
  }

  private cardsOf(row: number): Card[] {
    const { scores, values } = this.data;
    return scores[row].map((score, key) => ({ score, value: values[key] }));
  }

  /** What the tiles do to every row; the open one may have an order of its own. */
  private read(): void {
    this.steps = steps(this.walk);
    this.at = Math.min(this.at, this.steps.length);
    this.readings = range(this.walk.n).map((row) =>
      reading(this.walk, this.steps, row, this.cardsOf(row)),
    );
  }

  private readRow(): void {
    const cards = this.cardsOf(this.row);
    const inOrder = this.order.map((i) => cards[i]);
    this.readings[this.row] = reading(this.walk, this.steps, this.row, inOrder);
  }

  private buildCards(): void {
    const n = this.row + 1;
    this.items = range(n).map((i) => this.buildCard(i));
    const list = this.part("cards");
    list.style.setProperty("--in-a-row", String(Math.max(n, 30)));
    list.style.setProperty("--narrow", String(Math.min(Math.max(n, 12), IN_A_ROW)));
    list.replaceChildren(...this.order.map((i) => this.items[i].item));
  }

  private buildCard(i: number): { item: HTMLElement; card: HTMLElement; bar: HTMLElement } {
    const { tokens, scores } = this.data;
    const bar = make("div", { class: "tall" }, make("i", { class: "was" }), make("i"));
    const name = `card of token ${i + 1}, “${tokens[i]}”, score ${plain(scores[this.row][i])}`;
    const card = make(
      "div",
      { class: "card", role: "slider", tabindex: 0, "aria-label": name },
      make("div", { class: "label" }, tokens[i]),
      bar,
    );
    set(card, { "aria-valuemin": 1, "aria-valuemax": this.row + 1 });
    const item = make("li", {}, card);
    card.onpointerenter = card.onfocus = () => this.point(i);
    card.onpointerleave = card.onblur = () => this.point(null);
    new Slide(card, card, {
      step: 1,
      now: () => this.order.indexOf(i),
      bounds: () => [0, this.order.length - 1],
      unit: () => item.offsetWidth,
      move: (place) => this.move(i, place),
    });
    return { item, card, bar };
  }

  // ------------------------------------------------------------ the hand

  /** Tiles of another size; the walk is shown at its end, where its sum is. */
  private cut(walk: Walk): void {
    this.walk = walk;
    this.read();
    this.readRow();
    this.layOut();
    this.wait(this.evenly(this.steps.length, this.data.seconds));
    this.tell();
  }

  private openRow(row: number, order: Order): void {
    this.row = row;
    this.pointed = null;
    this.arrange(order);
  }

  /** Another row, whose cards come as they are written unless its order has a name. */
  private turnTo(row: number): void {
    const to = clamp(row, 0, this.walk.n - 1);
    if (to === this.row) return;
    const { row: from } = this;
    this.readings[from] = reading(this.walk, this.steps, from, this.cardsOf(from));
    this.openRow(to, this.called ?? "written");
    this.again();
    this.tell();
  }

  private arrange(order: Order): void {
    this.order = ordered(this.cardsOf(this.row), order);
    this.called = order;
    this.readRow();
    this.buildCards();
  }

  /** To where the last cards of the row have come: what its order makes of it. */
  private comeToTheRow(): void {
    const { first, arrivals } = this.readings[this.row];
    this.stopAt(first + arrivals.length);
  }

  private move(card: number, place: number): void {
    this.order = moved(this.order, this.order.indexOf(card), place);
    this.called = null;
    this.readRow();
    this.gather(card);
    this.pointed = null; // what the order makes of it is told
    this.again();
  }

  /** Puts the others around the one that is held: it would lose hand and focus if it were moved. */
  private gather(held: number): void {
    const at = this.order.indexOf(held);
    const items = this.order.map((i) => this.items[i].item);
    items[at].before(...items.slice(0, at));
    this.part("cards").append(...items.slice(at + 1));
  }

  private point(card: number | null): void {
    this.pointed = card;
    if (!this.plays) this.again();
  }

  /** As it was opened. */
  protected override letGo(): void {
    const [row, rows, columns, order] = this.data.opened;
    this.walk = { ...this.walk, rows, columns };
    this.read();
    this.openRow(row, order);
    this.layOut();
    this.wait(this.evenly(this.steps.length, this.data.seconds));
    this.tell();
  }

  private tell(): void {
    const { rows, columns } = this.walk;
    this.send("read", [this.row, rows, columns, this.called ?? "written"]);
  }

  // ------------------------------------------------------------ where all stands

  protected override place(): void {
    if (!this.steps.length) return;
    this.layOut();
    this.again();
  }

  private layOut(): void {
    const width = this.plan.clientWidth || USUAL;
    const wide = width >= WIDE;
    const names = wide ? NAMES : 1; // the ring needs its own width
    const side = Math.floor(Math.min(LARGEST, (width - names) * (wide ? 0.46 : 0.59)));
    const gap = wide ? 28 : 7;
    const room = (width - names - side - 3 * gap - (wide ? CUE : 3)) / 3;
    const [ofM, ofL, ofO] = SHARES.map((share) => (wide ? share : 1) * room);
    const m = names + side + gap;
    const l = m + ofM + gap;
    const O = l + ofL + gap;
    const place: Place = {
      wide,
      top: wide ? 26 : 2 * LINE + 6,
      names,
      side,
      m: [m, m + ofM],
      l: [l, l + ofL],
      O: [O, O + ofO],
    };
    this.places = place;
    const height = place.top + side + FOOT;
    const { plan } = this;
    plan.replaceChildren();
    set(plan, { viewBox: `0 0 ${width} ${height}`, height, role: "group" });
    set(plan, { "aria-label": this.data.alt });
    this.placeTable();
    this.placeWords();
    this.scale = draw(plan, "g", { class: "scale" });
    this.lines = range(this.walk.n).map((row) => this.buildLine(row));
    this.frame = draw(plan, "rect", { class: "frame" });
    const across = { x: names, rx: 2, width: place.O[1] - names + 2, height: this.step + 2 };
    this.hover = draw(plan, "rect", { class: "hover", hidden: "", ...across });
    this.mark = draw(plan, "rect", { class: "mark", ...across });
    this.cue = draw(plan, "text", { class: "cue", x: place.O[1] + 9 });
    this.buildField(place.O[1]);
  }

  private get step(): number {
    return this.places.side / this.walk.n;
  }

  private x(key: number): number {
    return this.places.names + this.step * key;
  }

  private y(query: number): number {
    return this.places.top + this.step * query;
  }

  private box({ queries, keys }: Step): Record<"x" | "y" | "width" | "height", number> {
    const [x, y] = [this.x(keys[0]), this.y(queries[0])];
    return { x, y, width: this.x(keys[1]) - x, height: this.y(queries[1]) - y };
  }

  private placeTable(): void {
    const { plan, walk, places } = this;
    const { n, rows, columns } = walk;
    const { names, side, top } = places;
    const most = Math.max(...this.data.scores.flat().map(Math.abs));
    this.tiles = this.steps.map((step) => this.buildTile(step, STRONG * most));
    const lines = [
      ...blocks(n, rows).map(([begin]) => `M${names} ${this.y(begin)}h${side}`),
      ...blocks(n, columns).map(([begin]) => `M${this.x(begin)} ${top}v${side}`),
    ];
    draw(plan, "path", { class: "grid", d: lines.join("") });
    const strokes = later(n, (HATCH * n) / side).map((ends) =>
      ends.map(([x, y]) => `${this.x(x).toFixed(1)} ${this.y(y).toFixed(1)}`),
    );
    const hatch = strokes.map(([from, to]) => `M${from}L${to}`).join("");
    draw(plan, "path", { class: "hatch", d: hatch });
    draw(plan, "rect", { class: "edge", x: names, y: top, width: side, height: side });
    this.gone = this.steps.map((step) => this.buildGone(step));
  }

  /** The scores of a tile, a path for each level of colour. */
  private buildTile({ queries, keys }: Step, most: number): SVGGElement {
    const group = draw(this.plan, "g", { class: "tile" });
    const paths = new Map<number, string>();
    const size = this.step.toFixed(2);
    for (let i = queries[0]; i < queries[1]; i++)
      for (let j = keys[0]; j < Math.min(keys[1], i + 1); j++) {
        const at = level(this.data.scores[i][j], most);
        if (at === 0) continue;
        const cell = `M${this.x(j).toFixed(2)} ${this.y(i).toFixed(2)}h${size}v${size}h-${size}z`;
        paths.set(at, (paths.get(at) ?? "") + cell);
      }
    for (const [at, d] of paths) {
      const sign = at < 0 ? "minus" : "plus";
      draw(group, "path", { class: sign, "fill-opacity": Math.abs(at) / LEVELS, d });
    }
    return group;
  }

  /** Around a tile whose scores are no more, with the words where they have room. */
  private buildGone(step: Step): SVGGElement {
    const group = draw(this.plan, "g", { class: "let_go" });
    const { x, y, width, height } = this.box(step);
    draw(group, "rect", { x: x + 1.5, y: y + 1.5, width: width - 3, height: height - 3 });
    const { queries, keys } = step;
    const crossed = keys[1] > queries[0]; // by the edge of what is hidden
    const first = Math.max(queries[0], keys[0]);
    const middle = first + (queries[1] - first) * (crossed ? 0.72 : 0.5);
    const end = Math.min(this.x(keys[1]), this.x(middle));
    if (end - x < WORD || height < WORD / 2) return group;
    draw(group, "text", { x: (x + end) / 2, y: this.y(middle) }).textContent = "let go";
    return group;
  }

  private placeWords(): void {
    const { wide, top, names, side, m, l, O } = this.places;
    const y = top - 8;
    const words: [letter: string, lines: string[], x: number][] = [
      ["m", ["largest", "so far"], m[0]],
      ["l", ["sum", "so far"], l[0]],
      ["O", ["output", "so far"], O[0]],
    ];
    const above = draw(this.plan, "text", { class: "soft", x: names, y });
    above.textContent = "queries ↓, keys →";
    for (const [letter, lines, x] of words) {
      const word = draw(this.plan, "text", { class: "over", x, y });
      draw(word, "tspan", wide ? {} : { y: y - LINE }).textContent = wide
        ? lines.join(" ")
        : lines[0];
      const place = wide ? { dx: LETTER } : { x, y };
      draw(word, "tspan", { class: "letter", ...place }).textContent = letter;
    }
    for (const [from, to] of [m, l])
      draw(this.plan, "rect", { class: "back", x: from, y: top, width: to - from, height: side });
    if (!wide) return;
    for (const [name, begin, end] of this.data.parts) {
      const [from, to] = [this.y(begin) + 1.5, this.y(end) - 1.5];
      draw(this.plan, "path", { class: "grid", d: `M${names - 4} ${from}h-4V${to}h4` });
      const text = { class: "soft part", x: names - 12, y: (from + to) / 2 };
      draw(this.plan, "text", text).textContent = name;
    }
  }

  private buildLine(row: number): Line {
    const { O } = this.places;
    const group = draw(this.plan, "g", { class: "line" });
    const y = this.y(row);
    const thick = { y: y + 0.5, height: Math.max(this.step - 1, 1) };
    const rect = (kind: string, box: object = thick): SVGRectElement =>
      draw(group, "rect", { class: kind, ...box });
    const dot = (kind: string): SVGCircleElement =>
      draw(group, "circle", {
        class: kind,
        cy: y + this.step / 2,
        r: clamp(this.step / 2.4, 1, 2.6),
      });
    const middle = y + this.step / 2;
    const cells = this.data.values[0].length;
    const wide = (O[1] - O[0]) / cells;
    return {
      group,
      way: draw(group, "line", { class: "way", y1: middle, y2: middle }),
      before: dot("before"),
      now: dot("now"),
      was: rect("was"),
      shrunk: rect("shrunk"),
      fresh: rect("new"),
      output: range(cells).map((i) =>
        rect("cell", { x: O[0] + wide * i, width: wide - 0.5, y, height: this.step }),
      ),
    };
  }

  /** What takes the pointer and the keys, over all rows. */
  private buildField(right: number): void {
    const { names, side, top: y } = this.places;
    const held = this.field && this.field === (this.root.getRootNode() as Document).activeElement;
    const box = { x: names, y, width: right - names, height: side };
    this.field = draw(this.plan, "rect", { class: "field", tabindex: 0, role: "slider", ...box });
    set(this.field, { "aria-label": "Row that is open", "aria-valuemin": 1 });
    set(this.field, { "aria-valuemax": this.walk.n, "aria-orientation": "vertical" });
    const at = ({ clientY }: MouseEvent): number => {
      const { top, height } = this.field.getBoundingClientRect();
      const row = Math.floor(((clientY - top) / (height || 1)) * this.walk.n);
      return clamp(row, 0, this.walk.n - 1);
    };
    this.field.onclick = (event) => this.turnTo(at(event));
    this.field.onpointerleave = () => this.hover.toggleAttribute("hidden", true);
    this.field.onpointermove = (event) => {
      this.hover.toggleAttribute("hidden", event.pointerType === "touch");
      set(this.hover, { y: this.y(at(event)) - 1 });
      if (event.buttons === 1 && event.pointerType === "mouse") this.turnTo(at(event));
    };
    this.field.onkeydown = (event) => {
      const to = new Map([
        ["ArrowUp", this.row - 1],
        ["ArrowLeft", this.row - 1],
        ["ArrowDown", this.row + 1],
        ["ArrowRight", this.row + 1],
        ["PageUp", this.row - FAR],
        ["PageDown", this.row + FAR],
        ["Home", 0],
        ["End", this.walk.n - 1],
      ]).get(event.key);
      if (to === undefined) return;
      event.preventDefault();
      this.turnTo(to);
    };
    if (held) this.field.focus();
  }

  // ------------------------------------------------------------ drawn at every moment

  protected override landmarks(): Landmark[] {
    return landmarksIn(this.steps);
  }

  /** After so many tiles. */
  protected show(moment: number): string {
    const step = this.steps[moment - 1] ?? BEFORE;
    this.showButtons();
    this.showTable(moment, step);
    this.showLines(moment);
    const now = standing(this.readings[this.row], moment);
    this.showCards(now);
    this.showSums(now);
    this.showMoved(step);
    const { row, pointed } = this;
    const token = `“${this.data.tokens[row]}”`;
    const name = `row ${row + 1}, token ${token}`;
    this.part("at").textContent = `${row + 1}, ${token}`;
    this.part("which").textContent = `The cards of ${name}`;
    set(this.field, { "aria-valuenow": row + 1, "aria-valuetext": name });
    if (!this.plays && pointed !== null) return this.saidOf(pointed);
    return this.sentence(moment, now);
  }

  private showButtons(): void {
    const { n } = this.walk;
    for (const name of ["rows", "columns"] as const)
      this.all(`.${name} button`).forEach((button, i) => {
        set(button, { "aria-pressed": Math.min(this.data[name][i], n) === this.walk[name] });
      });
    for (const button of this.orders)
      set(button, { "aria-pressed": button.dataset["order"] === this.called });
  }

  private showTable(moment: number, step: Step): void {
    this.tiles.forEach((tile, i) => {
      const kind = i < moment - 1 ? "tile gone" : i === moment - 1 ? "tile fresh" : "tile later";
      set(tile, { class: kind });
    });
    this.frame.toggleAttribute("hidden", moment === 0);
    this.gone.forEach((mark, i) => mark.toggleAttribute("hidden", i >= moment - 1));
    set(this.frame, this.box(step));
    set(this.mark, { y: this.y(this.row) - 1 });
    set(this.cue, { y: this.y(this.row + 0.5) });
    this.cue.textContent = this.places.wide ? `row ${this.row + 1} ↕` : "";
  }

  private showLines(moment: number): void {
    const all = this.readings.flatMap(({ arrivals }) => arrivals);
    const tops = all.map(({ after }) => after.m);
    const bounds: Pair = [Math.floor(Math.min(...tops)), Math.ceil(Math.max(...tops))];
    this.showScale(bounds);
    const longest = Math.max(...all.flatMap(({ before, after }) => [before.l, after.l]));
    const outputs = Math.max(...all.flatMap(({ after }) => after.O.map(Math.abs)));
    this.lines.forEach((line, row) => {
      const now = standing(this.readings[row], moment);
      set(line.group, { class: now.arrival ? (now.now ? "line" : "line done") : "line later" });
      if (!now.arrival) return;
      this.showM(line, now, now.arrival, bounds);
      this.showL(line, now, now.arrival, longest);
      line.output.forEach((cell, i) => {
        const at = level(now.arrival!.after.O[i], STRONG * outputs);
        set(cell, { class: `cell ${at < 0 ? "minus" : "plus"}` });
        set(cell, { "fill-opacity": Math.abs(at) / LEVELS });
      });
    });
  }

  private xOfM(m: number, [low, high]: Pair): number {
    const [from, to] = this.places.m;
    return from + 5 + ((to - from - 10) * (m - low)) / (high - low || 1);
  }

  /** Round numbers under the column of m. */
  private showScale(bounds: Pair): void {
    const [low, high] = bounds;
    const [from, to] = this.places.m;
    const most = (to - from) / (this.places.wide ? MARK : NARROW_MARK);
    const every = [1, 2, 5, 10, 20, 50].find((n) => (high - low) / n <= most) ?? 100;
    const first = Math.ceil(low / every);
    const { top } = this.places;
    const foot = top + this.places.side;
    this.scale.replaceChildren();
    for (let n = first; n * every <= high; n++) {
      const x = this.xOfM(n * every, bounds);
      draw(this.scale, "path", { d: `M${x} ${top}V${foot + 3}` });
      draw(this.scale, "text", { class: "soft", x, y: foot + 13 }).textContent = plain(n * every);
    }
  }

  private showM(line: Line, now: Standing, arrival: Arrival, bounds: Pair): void {
    const x = (m: number): number => this.xOfM(m, bounds);
    const grew = now.fresh && shrinks(arrival);
    const after = x(arrival.after.m);
    const before = grew ? x(arrival.before.m) : after;
    set(line.now, { cx: after });
    set(line.before, { cx: before });
    set(line.way, { x1: before, x2: after });
    line.before.toggleAttribute("hidden", !grew);
  }

  private showL(line: Line, { fresh }: Standing, arrival: Arrival, longest: number): void {
    const [from, to] = this.places.l;
    const wide = (l: number): number => ((to - from) * l) / longest;
    const { before, after, shrink } = arrival;
    const kept = fresh ? (before.l ? shrink * before.l : 0) : after.l;
    set(line.was, { x: from, width: fresh && shrinks(arrival) ? wide(before.l) : 0 });
    set(line.shrunk, { x: from, width: wide(kept) });
    set(line.fresh, { x: from + wide(kept), width: wide(after.l - kept) });
  }

  private showCards({ arrival, came, fresh }: Standing): void {
    const { columns } = this.walk;
    const cards = this.cardsOf(this.row);
    const n = this.order.length;
    this.order.forEach((i, place) => {
      const { item, card, bar } = this.items[i];
      const comes = Math.floor(place / columns);
      const kind = comes >= came ? "later" : fresh && comes === came - 1 ? "newest" : "gone";
      item.className = place % columns === 0 && place > 0 ? `${kind} first` : kind;
      item.classList.toggle("aside", this.pointed !== null && i !== this.pointed);
      set(card, { "aria-valuenow": place + 1, "aria-valuetext": `comes ${place + 1} of ${n}` });
      const [was, now] = bar.children as unknown as [HTMLElement, HTMLElement];
      const power = (m: number): number => Math.exp(cards[i].score - m);
      setShare(now, "--size", arrival && comes < came ? power(arrival.after.m) : 0);
      const shrunk = arrival && fresh && comes < came - 1 && shrinks(arrival);
      setShare(was, "--size", shrunk ? Math.min(power(arrival.before.m), 1) : 0);
    });
  }

  private showSums({ arrival, fresh }: Standing): void {
    const part = partsOf(this.part("sums"));
    const grew = !!arrival && fresh && shrinks(arrival);
    part("m").textContent = arrival
      ? grew
        ? `m ${growth(arrival)}: the past shrinks by ${shrinkage(arrival)}`
        : `m ${plain(arrival.after.m)}: ${fresh ? "nothing shrinks now" : "all cards have come"}`
      : "m, l and O: nothing yet";
    part("m").classList.toggle("shrinks", grew);
    part("l").textContent = arrival
      ? `l = ${fresh ? equation(arrival, ({ l }) => l) : arrival.after.l.toFixed(3)}`
      : "";
    part("O").textContent = arrival ? "O likewise, each term times its value" : "";
  }

  private showMoved({ read, written }: Step): void {
    const { bytes } = this.data;
    const last = this.steps.at(-1)!;
    const flash = bytes * (last.read + last.written);
    const whole = bytes * plainMoves(this.walk);
    const longest = Math.max(flash, whole) * 1.06;
    const share = (name: string, of: number): void =>
      setShare(this.meter(name), "--size", of / longest);
    share("read", bytes * read);
    share("written", bytes * written);
    share("end", flash);
    share("whole", whole);
    share("more", longest - whole);
    const passed = bytes * (read + written);
    const words = { passed, n_read: bytes * read, n_written: bytes * written, flash, plain: whole };
    for (const [name, of] of Object.entries(words)) this.meter(name).textContent = kilobytes(of);
    this.part("moved").classList.toggle("past", passed > whole);
  }

  // ------------------------------------------------------------ in words

  private saidOf(card: number): string {
    const { score } = this.cardsOf(this.row)[card];
    const share = percent(shareOf(this.cardsOf(this.row), card));
    const word = `token ${card + 1}, “${this.data.tokens[card]}”`;
    return `The card of ${word}: score ${plain(score)}. Of the whole row softmax gives it ${share}.`;
  }

  private sentence(moment: number, now: Standing): string {
    const where = told(this.steps, moment);
    if (moment === 0) return where;
    if (moment < this.steps.length) return `${where} ${this.saidOfRow(now)}`;
    const { read, written } = this.steps[moment - 1];
    const { bytes } = this.data;
    const passed = verdict(bytes * (read + written), bytes * plainMoves(this.walk));
    return `${this.saidOfRow(now)} ${passed}`;
  }

  private saidOfRow({ arrival, came, fresh }: Standing): string {
    const row = `Row ${this.row + 1}`;
    if (!arrival) return `${row} waits.`;
    if (came === this.readings[this.row].arrivals.length) return `${row}: ${this.agreement()}`;
    if (fresh && shrinks(arrival))
      return `In row ${this.row + 1} m grows, ${growth(arrival)}: what it kept is multiplied by ${factor(arrival.shrink)}.`;
    return `In row ${this.row + 1} nothing shrinks.`;
  }

  /** Of the whole row, O / l beside softmax over all its cards at once. */
  private agreement(): string {
    const cards = this.cardsOf(this.row);
    const pieces = answer(this.readings[this.row].arrivals.at(-1)!.after);
    const whole = atOnce(cards);
    const apart = Math.max(...pieces.map((part, i) => Math.abs(part - whole[i])));
    const shrunk = this.readings[this.row].arrivals.filter(shrinks).length;
    const times = shrunk === 1 ? "once" : shrunk === 2 ? "twice" : `${shrunk} times`;
    const past = shrunk ? `it shrank ${times}, and ` : "";
    return apart < CLOSE
      ? `${past}O / l is what softmax over the whole row gives, to ten decimals.`
      : `${past}O / l is ${apart.toExponential(0)} from softmax over the whole row.`;
  }
}

const CLOSE = 5e-11;

/** How strong a colour is, below zero for what is. */
function level(number: number, most: number): number {
  return Math.sign(number) * Math.round(LEVELS * Math.min(Math.abs(number) / most, 1));
}

export default mounted(Tiles);
