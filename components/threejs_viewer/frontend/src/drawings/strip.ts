// What one token leaves in a cache: a cell for each number, a strip for each way of attention, and
// the strips one below another. All numbers come from Python.

import { make } from "../shared/dom";
import {
  cellAt,
  cornerOf,
  dropped,
  extent,
  filled,
  inBytes,
  landmarksIn,
  named,
  places,
  strength,
  told,
  type Measures,
  type Place,
  type Strip,
} from "./maths/strip";
import type { Sent } from "./shared/drawing";
import { draw, say, set } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { clamp, counted, signed } from "./shared/numbers";
import "./strip.css";

const NARROW = 440; // pixels; below, a row has half as many cells
const [COLUMNS, FEW] = [64, 32];
const [LEAST, MOST] = [5, 13]; // pixels from cell to cell
const GAP = 4; // pixels, between two parts
const HOLLOW = 1.5; // pixels at every side, by which a cell is smaller if its number is dropped
const RIM = 2; // pixels around the cells, for the mark
const HINT = "Point at a number, or use the arrow keys.";

interface Data extends Sent {
  alt: string;
  strips: Strip[];
  /** From here on a number has the full colour. */
  full: number;
  /** Places behind the point of a number that is told. */
  digits: number;
  /** How long the strips take to fill. */
  seconds: number;
}

/** A strip on the page. */
interface Row {
  strip: Strip;
  box: HTMLElement;
  svg: SVGSVGElement;
  cells: SVGRectElement[];
  mark: SVGRectElement;
  places: Place[];
  /** So many cells are shown. */
  shown: number;
  /** Where the arrow keys have gone. */
  at: number;
}

/** A number of a strip. */
type Spot = [row: Row, i: number];

class Strips extends MovingDrawing<Data> {
  private readonly strips = this.watched("strips");
  private rows: Row[] = [];
  private columns = COLUMNS;
  private measures: Measures = { pitch: MOST, gap: GAP };
  private pointed: Spot | null = null;
  /** What stays told when the hand has left. */
  private chosen: Spot | null = null;

  /** Other strips are shown at their end. */
  protected override rebuild(): void {
    this.build();
    this.rest();
  }

  // ------------------------------------------------------------ built once

  protected build(): void {
    const { strips, alt, full, digits, seconds } = this.data;
    this.pointed = this.chosen = null;
    this.rows = strips.map((strip) => this.buildRow(strip));
    this.strips.setAttribute("aria-label", alt);
    this.strips.replaceChildren(...this.rows.map(({ box }) => box));
    this.part("low").textContent = `${signed(-full, digits)} and below`;
    this.part("high").textContent = `${signed(full, digits)} and above`;
    this.part("dropped").hidden = !strips.some(({ parts, kept }) => kept < parts[0][1]);
    this.part("reel").hidden = seconds === 0;
    this.place();
    const all = strips.reduce((sum, { numbers }) => sum + numbers.length, 0);
    this.playOnce(this.evenly(all, seconds));
  }

  private buildRow(strip: Strip): Row {
    const { name, note, numbers } = strip;
    const head = make(
      "div",
      { class: "head" },
      make("b", {}, name),
      make("span", { class: "bytes" }, inBytes(strip)),
      note ? make("span", { class: "note" }, note) : null,
    );
    const box = make("div", { class: "one" }, head);
    const svg = draw(box, "svg", {
      role: "slider",
      tabindex: 0,
      "aria-label": `${name}, ${counted(numbers.length)} numbers, ${inBytes(strip)}`,
      "aria-valuemin": 0,
      "aria-valuemax": numbers.length - 1,
    });
    const cells = numbers.map((number, i) => this.buildCell(svg, strip, number, i));
    const mark = draw(svg, "rect", { class: "mark" });
    const row = { strip, box, svg, cells, mark, places: [], shown: 0, at: 0 };
    svg.onpointermove = (event) => this.point(this.cellAt(row, event));
    svg.onpointerleave = () => this.point(null);
    svg.onclick = (event) => this.choose(row, this.cellAt(row, event)?.[1] ?? row.at);
    svg.onkeydown = (event) => this.step(row, event);
    svg.onfocus = () => this.choose(row, row.at);
    this.value(row);
    return row;
  }

  private buildCell(svg: SVGSVGElement, strip: Strip, number: number, i: number): SVGRectElement {
    const sign = number < 0 ? "negative" : "positive";
    const cell = draw(svg, "rect", { class: `cell ${dropped(strip, i) ? "hollow" : sign}` });
    cell.style.setProperty("--share", `${(100 * strength(number, this.data.full)).toFixed(1)}%`);
    cell.style.display = "none";
    return cell;
  }

  // ------------------------------------------------------------ as wide as there is room

  protected override place(): void {
    const width = this.rows[0].svg.clientWidth;
    if (!width) return;
    this.columns = width < NARROW ? FEW : COLUMNS;
    for (const row of this.rows) row.places = places(row.strip.parts, this.columns);
    const gaps = Math.max(...this.rows.map((row) => extent(row.places).across));
    const room = (width - 2 * RIM - gaps * GAP) / this.columns;
    this.measures = { pitch: clamp(Math.floor(room), LEAST, MOST), gap: GAP };
    for (const row of this.rows) this.placeRow(row, width);
    this.tell();
  }

  private placeRow({ strip, svg, cells, mark, places: all }: Row, width: number): void {
    const { pitch, gap } = this.measures;
    const { row, down } = extent(all);
    const height = row * pitch + down * gap + 2 * RIM;
    set(svg, { viewBox: `${-RIM} ${-RIM} ${width} ${height}`, height });
    cells.forEach((cell, i) => {
      const [x, y] = cornerOf(all[i], this.measures);
      const inset = dropped(strip, i) ? 0.5 + HOLLOW : 0.5;
      const side = pitch - 1 - 2 * inset;
      set(cell, { x: x + inset, y: y + inset, width: side, height: side });
    });
    set(mark, { width: pitch + 1, height: pitch + 1 });
  }

  protected override landmarks(): Landmark[] {
    return landmarksIn(this.data.strips);
  }

  protected override letGo(): void {
    this.pointed = this.chosen = null;
  }

  // ------------------------------------------------------------ drawn at every moment

  protected show(moment: number): string {
    const { strips } = this.data;
    filled(strips, moment).forEach((n, s) => this.fill(this.rows[s], n));
    this.pointed = there(this.pointed);
    this.chosen = there(this.chosen);
    this.tell();
    return told(strips, moment);
  }

  /** None has changed but those between what was shown and what is. */
  private fill(row: Row, n: number): void {
    const [from, to] = [row.shown, n].sort((a, b) => a - b);
    for (const cell of row.cells.slice(from, to)) cell.style.display = n > row.shown ? "" : "none";
    row.shown = n;
    row.box.classList.toggle("later", n === 0 && row !== this.rows[0]);
  }

  // ------------------------------------------------------------ one of them

  private step(row: Row, event: KeyboardEvent): void {
    const to = new Map([
      ["ArrowLeft", row.at - 1],
      ["ArrowRight", row.at + 1],
      ["ArrowUp", row.at - this.columns],
      ["ArrowDown", row.at + this.columns],
      ["Home", 0],
      ["End", row.shown - 1],
    ]).get(event.key);
    if (to === undefined) return;
    event.preventDefault();
    this.choose(row, to);
  }

  private choose(row: Row, i: number): void {
    if (i < 0 || i >= row.shown) return;
    row.at = i;
    this.value(row);
    this.chosen = [row, i];
    this.point(null);
  }

  private value({ svg, strip, at }: Row): void {
    const value = named(strip, at, this.data.digits);
    set(svg, { "aria-valuenow": at, "aria-valuetext": value });
  }

  private point(spot: Spot | null): void {
    this.pointed = spot;
    this.tell();
  }

  private tell(): void {
    const spot = this.pointed ?? this.chosen;
    for (const row of this.rows) row.mark.style.display = row === spot?.[0] ? "" : "none";
    this.part("pointed").classList.toggle("hint", !spot);
    if (!spot) return say(this.part("pointed"), HINT);
    const [row, i] = spot;
    if (row.places.length) {
      const [x, y] = cornerOf(row.places[i], this.measures);
      set(row.mark, { x: x - 1, y: y - 1 });
    }
    say(this.part("pointed"), named(row.strip, i, this.data.digits));
  }

  private cellAt(row: Row, { clientX, clientY }: MouseEvent): Spot | null {
    const { left, top } = row.svg.getBoundingClientRect();
    const i = cellAt(row.places, this.measures, clientX - left - RIM, clientY - top - RIM);
    return i === null ? null : there([row, i]);
  }
}

/** None, if it is not shown any more. */
function there(spot: Spot | null): Spot | null {
  return spot && spot[1] < spot[0].shown ? spot : null;
}

export default mounted(Strips);
