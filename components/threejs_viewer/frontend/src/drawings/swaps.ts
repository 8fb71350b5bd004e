// A carry predicted and observed: of each swap a mark in the cell of the digit that was predicted
// and the digit that was written. What was written comes from Python.

import { make } from "../shared/dom";
import "./swaps.css";
import { CARRY, counts, perSide, places, predicted, spots, type Spot } from "./maths/swaps";
import type { Sent } from "./shared/drawing";
import { draw, set } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { clamp, counted, range } from "./shared/numbers";
import { ACROSS, steppedThrough } from "./shared/stepped";

const DIGITS = 10;
const [LEFT, TOP, BELOW] = [40, 6, 36]; // for the axes
const MOST = 335; // pixels, a side of the plot
const NARROW = 400; // pixels, a page on which it is as wide as the page, and lower
const [TALL, LOW] = [296, 180];
const FILLED = 0.86; // of a cell
const MARK = 0.42; // of the room of a mark

type SwapSent = [
  written: string,
  source: string,
  column: number,
  own: number,
  other: number,
  /** Between asterisks the digits that make the column, and those that make the carry. */
  ofColumn: string,
  ofCarry: string,
];
type SiteSent = [name: string, digits: string[], kinds: string[]];

interface CarrySent {
  name: string;
  /** Of the digits that the carry is made of, and of the digit that it goes into. */
  places: [string, string];
  swaps: SwapSent[];
  sites: SiteSent[];
}

interface Data extends Sent {
  alt: string;
  seconds: number;
  carries: CarrySent[];
  chosen: number[];
  /** The carries are of one of these; those of another come when it is chosen. */
  networks: string[];
  network: number;
}

/** In the order in which they are listed, with the kinds that each holds together. */
const CLASSES: readonly { name: string; words: string; short: string; kinds: readonly number[] }[] =
  [
    { name: "carries", words: "the carry moves, nothing else", short: "", kinds: [0] },
    { name: "digits", words: "the whole digit moves", short: "whole digit", kinds: [2] },
    { name: "stays", words: "nothing changes", short: "no change", kinds: [3] },
    { name: "other", words: "something else", short: "other", kinds: [1, 4] },
  ];

class Swaps extends MovingDrawing<Data> {
  private readonly grid = this.watched<SVGSVGElement>("grid");
  private readonly lists = ["carry", "what", "layer"].map((name) =>
    this.part<HTMLSelectElement>(name),
  );
  private readonly networks = this.part<HTMLSelectElement>("network");
  private chosen = [...this.data.chosen];
  private marks: SVGGElement[] = [];
  private spots: Spot[] = [];
  /** Round the cell of the mark that is worked out. */
  private here: SVGElement | null = null;
  private cells: string[] = [];
  private totals: HTMLElement[] = [];
  private pointed: number | null = null;

  protected override begin(): void {
    this.lists.forEach((list, k) => {
      list.onchange = () => this.choose(k, Number(list.value));
    });
    this.networks.onchange = () => this.send("network", Number(this.networks.value));
  }

  protected build(): void {
    this.chosen = [...this.data.chosen];
    this.totals = CLASSES.map(() => make("b"));
    const [first, ...others] = CLASSES.map(({ name, short }, k) => {
      const sign = make("i", { class: "sign" });
      shape(draw(sign, "svg", { viewBox: "-7 -7 14 14", "aria-hidden": true }), name, 5);
      return k ? make("span", {}, sign, `${short} `, this.totals[k]) : sign;
    });
    this.part("counts").replaceChildren(...others);
    const said = make("span", {}, "on the diagonal: the carry moves");
    this.part("outcome").replaceChildren(this.totals[0], first, said);
    this.fill();
    this.playOnce(this.evenly(this.n, this.data.seconds));
  }

  /** Another network: what is copied stays, as far as it has that. */
  protected override rebuild(): void {
    this.choose(0, this.chosen[0]);
  }

  // ------------------------------------------------------------ what a reader chooses

  private get carry(): CarrySent {
    return this.data.carries[this.chosen[0]];
  }

  private get site(): SiteSent {
    return this.carry.sites[this.chosen[1]];
  }

  private get digits(): string {
    return this.site[1][this.chosen[2]];
  }

  private get kinds(): string {
    return this.site[2][this.chosen[2]];
  }

  private get n(): number {
    return this.carry.swaps.length;
  }

  private choose(which: number, to: number): void {
    this.chosen[which] = to;
    this.chosen[0] = clamp(this.chosen[0], 0, this.data.carries.length - 1);
    const { sites } = this.carry;
    this.chosen[1] = clamp(this.chosen[1], 0, sites.length - 1);
    this.chosen[2] = clamp(this.chosen[2], 0, this.site[1].length - 1);
    this.pointed = null;
    this.fill();
    this.wait(this.evenly(this.n, this.data.seconds));
  }

  protected override get linked(): string[] {
    return ["carry", "copied", "layer"]
      .map((word, k) => (this.chosen[k] === this.data.chosen[k] ? "" : `${word}${this.chosen[k]}`))
      .filter(Boolean);
  }

  protected override followLink(words: readonly string[]): void {
    for (const [k, word] of ["carry", "copied", "layer"].entries()) {
      const found = words.find((one) => one.startsWith(word))?.slice(word.length);
      if (found && /^\d+$/.test(found)) this.choose(k, Number(found));
    }
  }

  protected override letGo(): void {
    this.pointed = null;
    this.chosen = [...this.data.chosen];
    this.fill();
    this.wait(this.evenly(this.n, this.data.seconds), 0);
  }

  protected override landmarks(): Landmark[] {
    const all = { at: this.n, name: `all ${counted(this.n)}` };
    const miss = [...this.kinds].findIndex((kind) => Number(kind) !== CARRY);
    return miss < 0 || miss + 1 >= this.n ? [all] : [{ at: miss + 1, name: "first miss" }, all];
  }

  // ------------------------------------------------------------ built for a choice

  private fill(): void {
    const named = [
      this.data.carries.map(({ name }) => name),
      this.carry.sites.map(([name]) => name),
      this.site[1].map((_, layer) => String(layer)),
    ];
    this.lists.forEach((list, k) => offer(list, named[k], this.chosen[k]));
    offer(this.networks, this.data.networks, this.data.network);
    this.lists[0].parentElement!.hidden = this.data.carries.length < 2;
    this.networks.parentElement!.hidden = this.data.networks.length < 2;
    this.spots = spots(
      this.carry.swaps.map(([, , column, , other]) => predicted(column, other)),
      this.digits,
    );
    this.place();
  }

  /** The grid as large as there is room, and every mark in its cell. */
  protected override place(): void {
    const { grid } = this;
    const side = clamp(grid.clientWidth - LEFT - 1, 200, MOST);
    const tall = Math.min(side, this.part("board").clientWidth < NARROW ? LOW : TALL);
    const [wide, high] = [side / DIGITS, tall / DIGITS];
    set(grid, {
      viewBox: `0 0 ${LEFT + side + 1} ${TOP + tall + BELOW}`,
      width: LEFT + side + 1,
      height: TOP + tall + BELOW,
      "aria-label": this.data.alt,
    });
    grid.replaceChildren();
    const x = (digit: number): number => LEFT + digit * wide;
    const y = (digit: number): number => TOP + tall - (digit + 1) * high;
    for (const d of range(DIGITS))
      draw(grid, "rect", { class: "met", x: x(d), y: y(d), width: wide, height: high });
    for (const d of range(DIGITS + 1)) {
      draw(grid, "line", { class: "rule", x1: x(d), x2: x(d), y1: TOP, y2: TOP + tall });
      draw(grid, "line", { class: "rule", x1: LEFT, x2: LEFT + side, y1: y(d - 1), y2: y(d - 1) });
    }
    this.here = draw(grid, "rect", { class: "here", width: wide, height: high });
    const word = (text: string, at: Record<string, string | number>): void => {
      draw(grid, "text", at).textContent = text;
    };
    for (const d of range(DIGITS)) {
      word(String(d), { class: "tick", x: x(d) + wide / 2, y: TOP + tall + 14 });
      word(String(d), { class: "tick", x: LEFT - 10, y: y(d) + high / 2 + 4 });
    }
    const middle = LEFT + side / 2;
    word("digit predicted, if the carry moves", { class: "axis", x: middle, y: TOP + tall + 31 });
    const up = TOP + tall / 2;
    word("digit written", {
      class: "axis",
      x: 0,
      y: 0,
      transform: `translate(12 ${up}) rotate(-90)`,
    });
    this.placeMarks(wide, high, x, y);
    this.again();
  }

  private placeMarks(
    wide: number,
    high: number,
    x: (d: number) => number,
    y: (d: number) => number,
  ): void {
    const within = places(this.spots);
    this.cells = this.spots.map(({ column, row }) =>
      row < DIGITS ? `translate(${x(column)} ${y(row)})` : "",
    );
    const lines = 1 + 2 * Math.max(0, ...within.map(([, down]) => down));
    const room = FILLED * Math.min(wide / perSide(this.spots), high / lines);
    this.marks = this.spots.map(({ column, row }, i) => {
      const [right, down] = within[i];
      const mark = draw(this.grid, "g", {
        class: `mark ${this.classOf(i)}`,
        role: "img",
        "aria-label": this.told(i),
        transform: `translate(${(x(column) + wide / 2 + right * room).toFixed(2)} ${(
          y(row) +
          high / 2 +
          down * room
        ).toFixed(2)})`,
      });
      draw(mark, "rect", { class: "hit", x: -room / 2, y: -room / 2, width: room, height: room });
      shape(mark, this.classOf(i), MARK * room);
      mark.onpointerenter = mark.onfocus = () => this.point(i);
      mark.onpointerleave = mark.onblur = () => this.point(null);
      mark.onclick = () => this.point(i);
      return mark;
    });
    steppedThrough(this.marks, ACROSS);
  }

  private classOf(i: number): string {
    const kind = Number(this.kinds[i]);
    return CLASSES.find(({ kinds }) => kinds.includes(kind))!.name;
  }

  // ------------------------------------------------------------ a moment

  private point(i: number | null): void {
    if (i === this.pointed) return;
    this.pointed = i;
    if (!this.plays) this.again();
  }

  protected show(at: number): string {
    const n = Math.min(Math.round(at), this.n); // of another carry there may be fewer
    this.marks.forEach((mark, i) => {
      mark.classList.toggle("ahead", i >= n);
      mark.classList.toggle("faint", this.pointed !== null && this.pointed !== i);
    });
    const found = counts(this.kinds, n);
    const sums = CLASSES.map(({ kinds }) => kinds.reduce((sum, kind) => sum + found[kind], 0));
    this.totals.forEach((total, k) => {
      total.textContent = counted(sums[k]) + (k ? "" : ` of ${counted(n)}`);
      total.parentElement!.classList.toggle("none", sums[k] === 0);
    });
    const one = this.pointed ?? n - 1;
    this.marks.forEach((mark, i) => mark.classList.toggle("now", i === one));
    this.showHere(one);
    this.part("experiment").replaceChildren(...this.experiment(Math.max(one, 0), one >= 0));
    if (this.pointed !== null) return this.told(this.pointed);
    if (n === 0) return `${this.copied}, for the ${this.carry.name}. Nothing is copied yet.`;
    const pairs = n === 1 ? "pair" : "pairs";
    return `${this.copied}: the ${this.carry.name} moves in ${counted(sums[0])} of ${counted(n)} ${pairs} of problems.`;
  }

  /** Frames the cell of a mark, if that is one of the grid. */
  private showHere(i: number): void {
    const at = this.cells[i];
    this.here?.classList.toggle("none", !at);
    if (!at) return;
    const { column, row } = this.spots[i];
    this.here?.classList.toggle("off", column !== row);
    this.here?.setAttribute("transform", at);
  }

  /** What is copied, and where, to begin a sentence. */
  private get copied(): string {
    const [name] = this.site;
    const named = name.includes(",") ? `${name},` : name;
    return `${named[0].toUpperCase()}${named.slice(1)} copied in layer ${this.chosen[2]}`;
  }

  /** The last one copied, or the one that is pointed at, worked out as on paper: the carry of one
   *  problem falls into the column of the other. */
  private experiment(i: number, isDone: boolean): HTMLElement[] {
    const [written, source, column, own, other, ofColumn, ofCarry] = this.carry.swaps[i];
    const at = (place: string, kind: string, ...inside: (Node | string)[]): HTMLElement =>
      make("div", { class: `at ${kind}`, style: `grid-area:${place}` }, ...inside);
    const named = (place: string, name: string, kind: string, ...inside: (Node | string)[]) =>
      at(place, "named", make("small", {}, name), make("b", { class: kind }, ...inside));
    const sum = (carry: number): HTMLElement => {
      const all = String(column + carry);
      return make("span", {}, make("s", {}, all.slice(0, -1)), all.slice(-1));
    };
    const came = this.digits[i] === "." ? "–" : this.digits[i];
    const [name] = this.site;
    const [below, here] = this.carry.places;
    const [makes, rest] = madeOf(ofCarry);
    const missed = isDone && this.classOf(i) !== CLASSES[CARRY].name ? "missed" : "";
    return [
      named("from", "copied from", "problem", source),
      at("from2", "label working", ...marked(ofCarry)),
      named("tens", below, "terms", `${makes} =`),
      named("up", "carry", "chip", String(other)),
      at("rest", "big rest", rest),
      at(
        "what",
        "label what",
        `${name}, layer ${this.chosen[2]}`,
        make("br"),
        "if the carry moves",
      ),
      at("arrow", `arrow ${missed}`),
      named("into", "into", "problem", written),
      at("into2", "label working", ...marked(ofColumn)),
      named("terms", here, "terms", `${between(ofColumn).join(" + ")} +`),
      at("chip", "big", make("b", { class: `chip ${missed}` }, String(other))),
      at("is", "big", "="),
      named("sum", "predicted", "sum", sum(other)),
      named("came", "written", `came ${isDone ? this.classOf(i) : ""}`, isDone ? came : "\u00a0"),
      at("alone", "label alone", "without copying"),
      at("chip2", "small", String(own)),
      at("is2", "small", "="),
      at("sum2", "small", sum(own)),
    ];
  }

  private told(i: number): string {
    const [written, source, column, own, other] = this.carry.swaps[i];
    const [was, would] = [own, other].map((carry) => predicted(column, carry));
    const { words } = CLASSES.find(({ name }) => name === this.classOf(i))!;
    return (
      `${written}, copied from ${source}: carry ${own} would become ${other}, digit ${was} ` +
      `would become ${would}. Written: ${this.digits[i]}; ${words}.`
    );
  }
}

/** What stands between asterisks. */
function between(working: string): string[] {
  return working.split("*").filter((_, k) => k % 2);
}

/** What a carry comes from, and what is left of that beside the carry: of "*2*4 + 2*8*0" the sum of
 *  two digits, "2 + 8" and "0"; of "7 × 8 = *5*6" the product, "7 × 8" and "6". */
function madeOf(working: string): [makes: string, rest: string] {
  const digits = between(working);
  if (digits.length < 2) return [working.split(" =")[0], working.split("*").at(-1)!];
  const sum = digits.reduce((all, one) => all + Number(one), 0);
  return [digits.join(" + "), String(sum % DIGITS)];
}

/** "2*5*2 + 56*7*0", with the digits between asterisks made bold. */
function marked(working: string): (Node | string)[] {
  return working.split("*").map((piece, k) => (k % 2 ? make("b", {}, piece) : piece));
}

function offer(list: HTMLSelectElement, names: readonly string[], chosen: number): void {
  list.replaceChildren(...names.map((name, i) => make("option", { value: String(i) }, name)));
  list.value = String(chosen);
}

/** A disc, a square, a ring or a cross: colour is not alone. */
function shape(parent: Element, name: string, r: number): void {
  if (name === "digits") {
    draw(parent, "rect", { class: `sign ${name}`, x: -r, y: -r, width: 2 * r, height: 2 * r });
  } else if (name === "other") {
    draw(parent, "path", {
      class: `sign ${name}`,
      d: `M${-r} ${-r}L${r} ${r}M${-r} ${r}L${r} ${-r}`,
    });
  } else {
    draw(parent, "circle", { class: `sign ${name}`, r: name === "stays" ? 0.85 * r : r });
  }
}

export default mounted(Swaps);
