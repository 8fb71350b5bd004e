// One sum on a long tape of positions, and what two models make of it: the whole sum is shifted, or
// its back part is pulled away, one of the two at a time. Nothing is computed here: for each place
// the maps, the right tokens and the largest change come from Python.

import { make } from "../shared/dom";
import { cellAt, unpacked, type Packed, type Readings } from "./maths/readings";
import { Drawing, type Sent } from "./shared/drawing";
import { draw, partsOf, say, set } from "./shared/elements";
import { mounted } from "./shared/mount";
import { clamp, range, tickStep } from "./shared/numbers";
import { Slide } from "./shared/slide";
import { ACROSS, steppedThrough } from "./shared/stepped";
import "./tape.css";

const MARGIN = 14; // of the tape, to either side
const [GRIP_Y, NUMBER_Y, TAPE_Y] = [14, 40, 62];
const [ROW_TOP, ROW_HEIGHT] = [102, 38]; // the tokens, enlarged below the tape
const CELL = 27; // widest cell of such a token
const BLOCK = 14; // height of a token on the tape

type Mode = "shifted" | "stretched";

const WORDS: Record<Mode, { moved: string; label: string }> = {
  shifted: { moved: "shift", label: "Shift of the problem" },
  stretched: { moved: "gap", label: "Width of the gap" },
};

interface Data extends Sent {
  tokens: string[];
  /** The tape's last position. */
  last: number;
  /** The token the gap opens before. */
  gap_at: number;
  /** The token from which on answers are counted. */
  first_asked: number;
  start: Record<Mode, number>;
  sides: (Record<Mode, Packed> & { title: string })[];
  alt: string;
}

type Side = Record<Mode, Readings> & { title: string };

/** A token on the tape and, enlarged, below it. */
interface Token {
  /** The enlarged one, with its number. */
  group: SVGGElement;
  fan: SVGPathElement;
  block: SVGRectElement;
  glyph: SVGTextElement;
  number: SVGTextElement;
}

interface Pattern {
  map: SVGSVGElement;
  cells: SVGRectElement[];
  outline: SVGRectElement;
  /** The tokens below it, each with the mark of a wrong one. */
  written: { box: HTMLElement; mark: HTMLElement }[];
  count: HTMLElement;
  change: Element;
}

const MIDDLE = { y: TAPE_Y - BLOCK / 2, height: BLOCK };
const SLIDER = { class: "mark", tabindex: 0, role: "slider", "aria-valuemin": 0 };
const STEM = { class: "stem", y1: GRIP_Y, y2: TAPE_Y - BLOCK / 2 };

class Tape extends Drawing<Data> {
  private readonly strip = this.watched<SVGSVGElement>("strip");
  private readonly buttons = this.all("[data-mode]");
  private readonly ticks = draw(this.strip, "g", { class: "ticks" });
  private readonly gap = draw(this.strip, "rect", { class: "gap", ...MIDDLE });
  private readonly fans = draw(this.strip, "g");
  private readonly blocks = draw(this.strip, "g");
  private readonly row = draw(this.strip, "g");
  private readonly grip = draw(this.strip, "g", SLIDER);
  private readonly stem = draw(this.grip, "line", STEM);
  private readonly knob = draw(this.grip, "circle", { class: "knob", r: 9, cy: GRIP_Y });
  private readonly label = draw(this.grip, "text", { class: "label", y: GRIP_Y });
  private sides: Side[] = [];
  private tokens: Token[] = [];
  private maps: Pattern[] = [];
  private mode: Mode = "shifted";
  /** How far the hand has moved, in each mode. */
  private by = { ...this.data.start };
  /** A cell of both maps. */
  private pointed: number | null = null;
  /** The token under the hand or the focus. */
  private asked: number | null = null;
  private width = 0;

  protected override begin(): void {
    for (const button of this.buttons)
      button.onclick = () => this.turnTo(button.dataset["mode"] as Mode);
    this.beginSlide();
  }

  protected override rebuild({ start: before }: Data): void {
    const { start } = this.data;
    if (start.shifted !== before.shifted || start.stretched !== before.stretched)
      this.by = { ...start };
    this.build();
  }

  private turnTo(mode: Mode): void {
    this.mode = mode;
    this.place();
  }

  // ------------------------------------------------------------ where the tokens stand

  private position(token: number): number {
    const moves = this.mode === "shifted" || token >= this.data.gap_at;
    return token + (moves ? this.by[this.mode] : 0);
  }

  private unit(): number {
    return (this.width - 2 * MARGIN) / (this.data.last + 1);
  }

  private x(position: number): number {
    return MARGIN + position * this.unit();
  }

  /** The token under the grip: the middle one of what is moved. */
  private held(): number {
    const { tokens, gap_at } = this.data;
    const first = this.mode === "shifted" ? 0 : gap_at;
    return (first + tokens.length) / 2;
  }

  private most(): number {
    return this.sides[0][this.mode].n - 1;
  }

  // ------------------------------------------------------------ built once

  private beginSlide(): void {
    new Slide(this.grip, this.strip, {
      step: 1,
      now: () => this.by[this.mode],
      bounds: () => [0, this.most()],
      unit: () => this.unit(),
      move: (by) => {
        this.by[this.mode] = by;
        this.place();
      },
    });
  }

  protected build(): void {
    const { sides, alt } = this.data;
    this.sides = sides.map(({ title, shifted, stretched }) => ({
      title,
      shifted: unpacked(shifted),
      stretched: unpacked(stretched),
    }));
    this.strip.setAttribute("aria-label", alt);
    this.buildTokens();
    this.maps = this.all(".side").map((figure, i) => this.buildMap(figure, this.sides[i].title));
    this.place();
  }

  private buildTokens(): void {
    for (const group of [this.fans, this.blocks, this.row]) group.replaceChildren();
    this.tokens = this.data.tokens.map((token, i) => {
      const fan = draw(this.fans, "path", { class: "fan" });
      const block = draw(this.blocks, "rect", { class: "block", ...MIDDLE });
      const label = `token ${i + 1}, “${token}”: where it looks`;
      const group = draw(this.row, "g", { class: "one", role: "img", "aria-label": label });
      group.onpointerenter = group.onfocus = () => this.ask(i);
      group.onpointerleave = group.onblur = () => this.ask(null);
      const glyph = draw(group, "text", { class: "glyph", y: ROW_TOP + 13 });
      glyph.textContent = token;
      const number = draw(group, "text", { class: "number", y: ROW_TOP + 31 });
      return { group, fan, block, glyph, number };
    });
    steppedThrough(
      this.tokens.map(({ group }) => group),
      ACROSS,
    );
  }

  private buildMap(figure: HTMLElement, title: string): Pattern {
    const part = partsOf(figure);
    const { tokens, first_asked } = this.data;
    const n = tokens.length;
    const map = part<SVGSVGElement>("map");
    part("title").textContent = title;
    map.replaceChildren();
    set(map, { viewBox: `-1.6 -1.6 ${n + 1.8} ${n + 1.8}` });
    draw(map, "path", { class: "frame", d: stairs(n) });
    const cells = range((n * (n + 1)) / 2).map((cell) => {
      const [y, x] = cellAt(cell);
      return draw(map, "rect", { class: "cell", x, y, width: 1, height: 1 });
    });
    tokens.forEach((token, i) => {
      draw(map, "text", { class: "axis", x: -0.8, y: i + 0.5 }).textContent = token;
      draw(map, "text", { class: "axis", x: i + 0.5, y: -0.8 }).textContent = token;
    });
    const outline = draw(map, "rect", { class: "outline", width: 1, height: 1 });
    map.onpointermove = map.onpointerdown = (event) =>
      this.point(cells.indexOf(event.target as SVGRectElement));
    map.onpointerleave = () => this.point(-1);
    const written = tokens.map((token, i) => {
      const mark = make("i");
      const given = { class: i < first_asked ? "given" : "" };
      return { box: make("span", given, make("b", {}, token), mark), mark };
    });
    part("sum").replaceChildren(...written.map(({ box }) => box));
    const change = part("change").lastElementChild!;
    return { map, cells, outline, written, count: part("count"), change };
  }

  /** One token: its row in both maps, and the key to which each gives most weight. */
  private ask(token: number | null): void {
    this.asked = token;
    this.drawPointed();
  }

  private point(cell: number): void {
    this.pointed = cell < 0 ? null : cell;
    this.drawPointed();
  }

  // ------------------------------------------------------------ drawn at every move

  protected override place(): void {
    this.width = this.strip.clientWidth;
    if (!this.width) return;
    for (const button of this.buttons)
      set(button, { "aria-pressed": button.dataset["mode"] === this.mode });
    this.drawStrip();
    this.drawRow();
    this.sides.forEach((side, i) => this.drawSide(this.maps[i], side));
    this.drawPointed();
    this.part("where").textContent = this.where();
    say(this.part("said"), this.reading());
  }

  private drawStrip(): void {
    this.strip.setAttribute("viewBox", `0 0 ${this.width} ${ROW_TOP + ROW_HEIGHT}`);
    this.drawTicks();
    this.tokens.forEach(({ block }, token) => {
      const moved = this.mode === "shifted" || token >= this.data.gap_at;
      const name = moved ? "block moved" : "block";
      set(block, { x: this.x(this.position(token)), width: this.unit(), class: name });
    });
    const { gap_at } = this.data;
    const [from, to] = [this.position(gap_at - 1) + 1, this.position(gap_at)];
    set(this.gap, { x: this.x(from), width: (to - from) * this.unit() });
    this.drawGrip();
  }

  private drawTicks(): void {
    const { last } = this.data;
    const every = tickStep(44 / this.unit());
    this.ticks.replaceChildren();
    draw(this.ticks, "line", { x1: this.x(0), x2: this.x(last + 1), y1: TAPE_Y, y2: TAPE_Y });
    for (let position = 0; position <= last; position += every) {
      const x = this.x(position + 0.5);
      draw(this.ticks, "line", { x1: x, x2: x, y1: TAPE_Y, y2: TAPE_Y - 11 });
      draw(this.ticks, "text", { x, y: NUMBER_Y }).textContent = String(position);
    }
  }

  private drawGrip(): void {
    const by = this.by[this.mode];
    const x = this.x(this.held() + by);
    set(this.stem, { x1: x, x2: x });
    set(this.knob, { cx: x });
    const nearEnd = x > this.width - 90;
    set(this.label, { x: x + (nearEnd ? -15 : 15), "text-anchor": nearEnd ? "end" : "start" });
    const { moved, label } = WORDS[this.mode];
    this.label.textContent = `${moved} ${by}`;
    set(this.grip, { "aria-label": label, "aria-valuemax": this.most(), "aria-valuenow": by });
  }

  /** Large tokens with their positions, fanned out from their places on the tape. */
  private drawRow(): void {
    const n = this.tokens.length;
    const cell = Math.min(CELL, this.width / (n + 0.5));
    const parted = this.position(n - 1) - this.position(0) >= n;
    const middle = (this.x(this.position(0)) + this.x(this.position(n - 1) + 1)) / 2;
    const left = clamp(middle - (cell * n) / 2, 0, this.width - cell * (n + 0.5));
    this.tokens.forEach(({ fan, glyph, number }, token) => {
      const behind = parted && token >= this.data.gap_at ? cell / 2 : 0;
      const x = left + behind + (token + 0.5) * cell;
      const position = this.position(token);
      for (const text of [glyph, number]) set(text, { x });
      number.textContent = String(position);
      const from = this.x(position + 0.5);
      const bend = `C${from} ${ROW_TOP - 12} ${x} ${TAPE_Y + 22} ${x} ${ROW_TOP}`;
      fan.setAttribute("d", `M${from} ${TAPE_Y + BLOCK / 2} ${bend}`);
    });
  }

  private drawSide({ cells, map, written, count, change }: Pattern, side: Side): void {
    const { tokens, first_asked } = this.data;
    const by = this.by[this.mode];
    const reading = side[this.mode];
    const weights = reading.weightsAt(by);
    cells.forEach((cell, i) => set(cell, { "fill-opacity": weights[i] / 255 }));
    const right = reading.rightAt(by);
    const wrong = (token: number): boolean => token >= first_asked && !right[token - 1];
    written.forEach(({ box, mark }, token) => {
      box.classList.toggle("wrong", wrong(token));
      mark.textContent = wrong(token) ? "✗" : "";
    });
    const asked = tokens.length - first_asked;
    const nWrong = range(tokens.length).filter(wrong).length;
    count.textContent = `${asked - nWrong} of ${asked} tokens right`;
    change.textContent = reading.change[by].toFixed(3);
    map.setAttribute("aria-label", `Attention of ${side.title}: ${count.textContent}`);
  }

  private drawPointed(): void {
    this.fade();
    const said = this.part("pointed");
    const visibility = this.pointed === null ? "hidden" : "visible";
    for (const { outline } of this.maps) set(outline, { visibility });
    if (this.asked !== null) {
      said.textContent = this.saidOfToken(this.asked);
      return;
    }
    if (this.pointed === null) {
      said.textContent = "A row for each query, a column for each key.";
      return;
    }
    const [cell, [query, key]] = [this.pointed, cellAt(this.pointed)];
    for (const { outline } of this.maps) set(outline, { x: key, y: query });
    const weights = this.sides.map((side) => {
      const weight = side[this.mode].weightsAt(this.by[this.mode])[cell] / 255;
      return `${side.title} ${weight.toFixed(2)}`;
    });
    said.textContent = `${this.named(query)} looks at ${this.named(key)}: ${weights.join(", ")}.`;
  }

  private named(token: number): string {
    return `${this.data.tokens[token]} at ${this.position(token)}`;
  }

  /** All but the token that is asked for, and its rows. */
  private fade(): void {
    const aside = (token: number): boolean => this.asked !== null && token !== this.asked;
    this.tokens.forEach(({ group, fan, block }, i) => {
      for (const shape of [group, fan, block]) shape.classList.toggle("aside", aside(i));
    });
    for (const { cells, written } of this.maps) {
      cells.forEach((cell, i) => cell.classList.toggle("aside", aside(cellAt(i)[0])));
      written.forEach(({ box }, i) => box.classList.toggle("aside", aside(i)));
    }
  }

  private saidOfToken(query: number): string {
    const first = (query * (query + 1)) / 2; // the row of a query has a cell for it and each before
    const looks = this.sides.map((side) => {
      const weights = side[this.mode].weightsAt(this.by[this.mode]);
      const row = [...weights.slice(first, first + query + 1)];
      const key = row.indexOf(Math.max(...row));
      return `${side.title} ${(row[key] / 255).toFixed(2)} at ${this.named(key)}`;
    });
    return `${this.named(query)} looks most: ${looks.join(", ")}.`;
  }

  private where(): string {
    const { tokens, gap_at } = this.data;
    const by = this.by[this.mode];
    const stands = (from: number, to: number): string =>
      `${this.position(from)} to ${this.position(to)}`;
    const last = tokens.length - 1;
    if (this.mode === "shifted")
      return `Shifted by ${by}, in one piece: it stands at ${stands(0, last)}.`;
    const [front, back] = [stands(0, gap_at - 1), stands(gap_at, last)];
    return `Not shifted, but pulled apart by ${by}: the front stands at ${front}, the rest at ${back}.`;
  }

  private reading(): string {
    const sides = this.sides.map(({ title }, i) => {
      const { count, change } = this.maps[i];
      return `${title}: ${count.textContent}, largest change ${change.textContent}.`;
    });
    return [this.where(), ...sides].join(" ");
  }
}

/** Round the cells a causal head may use. */
function stairs(n: number): string {
  const steps = range(n).map((i) => `H${i + 1}V${i + 1}`);
  return `M0 0${steps.join("")}V${n}H0Z`;
}

export default mounted(Tape);
