// Two networks in training, and every pair of numbers at each check: right or wrong, trained on or
// held out. A pair that is chosen opens as it was written then; its texts come from Python.

import { button, make } from "../shared/dom";
import * as maths from "./maths/squares";
import { PAIRS, SIDE, type Counts } from "./maths/squares";
import type { Sent } from "./shared/drawing";
import { draw, say, set, tone } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { clamp, counted, type Pair } from "./shared/numbers";
import { CELLS, pixel } from "./shared/pairs";
import { REST_MS } from "./shared/slide";
import "./squares.css";

const LEARNED = 0.95; // of a group; from there on it has a mark
const HALF = 0.5; // of the held-out pairs: it too
/** For a finger, which covers hundreds of cells. */
const NUDGES = [
  ["\u2190", "ArrowLeft", "Second number less 1"],
  ["\u2191", "ArrowUp", "First number less 1"],
  ["\u2193", "ArrowDown", "First number plus 1"],
  ["\u2192", "ArrowRight", "Second number plus 1"],
];

/** How one network wrote the open pair at each check. */
interface Writing {
  right: string;
  /** Of each token what it is. */
  roles: string[];
  /** What is carried into it; 0 if nothing. */
  carries: number[];
  written: string[];
  said: string[];
}

interface Data extends Sent {
  alt: string;
  /** What stays the same whichever pair is open has this digest. */
  checks: string;
  squares: { name: string; about: string; wrong: string }[];
  trained: string;
  /** Trained on by each check. */
  tokens: number[];
  seconds: number;
  cell: Pair;
  writings: Writing[];
}

interface Square {
  name: string;
  /** At every check a byte a pair. */
  wrong: Uint8Array;
  counts: Counts[];
  field: HTMLElement;
  canvas: HTMLCanvasElement;
  marks: HTMLElement[];
  now: SVGLineElement;
  learned: HTMLElement;
  told: Record<keyof Counts, HTMLElement>;
  text: HTMLElement;
}

const GROUPS: Record<keyof Counts, string> = { trained: "training", held: "held-out" };
const groups = Object.keys(GROUPS) as (keyof Counts)[];

class Squares extends MovingDrawing<Data> {
  private readonly fields = this.coloured(this.part("fields"));
  private squares: Square[] = [];
  private trained = new Uint8Array();
  /** The pair that is open. */
  private cell: Pair = this.data.cell;
  /** The one under the hand. */
  private pointed: Pair | null = null;
  private asks = 0;

  protected override begin(): void {
    const { fields } = this;
    fields.onkeydown = (event) => {
      if (this.step(event.key, event.shiftKey)) event.preventDefault();
    };
    this.part("nudge").replaceChildren(
      ...NUDGES.map(([sign, key, label]) => button(sign, label, () => this.step(key, false))),
    );
    fields.onpointermove = (event) => this.point(this.cellAt(event));
    fields.onpointerleave = () => this.point(null);
    fields.onclick = (event) => this.choose(this.cellAt(event) ?? this.cell, 0);
    this.atEnd(() => clearTimeout(this.asks));
  }

  protected build(): void {
    const { data } = this;
    this.trained = maths.bits(data.trained);
    this.squares = data.squares.map((square) => this.squareOf(square));
    this.part("heads").replaceChildren(
      ...data.squares.map(({ name, about }) =>
        make("div", {}, make("b", {}, name), make("span", {}, about)),
      ),
    );
    this.fields.replaceChildren(...this.squares.map(({ field }) => field));
    set(this.fields, { "aria-label": data.alt, "aria-valuemin": 0, "aria-valuemax": PAIRS - 1 });
    this.part("curves").replaceChildren(...this.squares.map(({ learned }) => learned));
    this.part("texts").replaceChildren(...this.squares.map(({ text }) => text));
    this.playOnce(this.evenly(data.tokens.length - 1, data.seconds));
  }

  /** The texts of another pair have come, or other checks. */
  protected override rebuild({ checks, alt }: Data): void {
    if (checks === this.data.checks && alt === this.data.alt) return this.again();
    this.cell = this.data.cell;
    this.build();
  }

  protected override recolour(): void {
    this.again();
  }

  private squareOf({ name, wrong: packed }: Data["squares"][number]): Square {
    const wrong = maths.bits(packed);
    const counts = maths.everyCount(wrong, this.trained);
    const canvas = make("canvas", { width: SIDE, height: SIDE });
    const marks = ["open", "under"].map((kind) => make("i", { class: kind }));
    const told = { trained: make("b"), held: make("b") };
    const plot = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    set(plot, { viewBox: "0 0 1 1", preserveAspectRatio: "none", "aria-hidden": true });
    for (const group of groups) draw(plot, "path", { d: maths.curve(counts, group), class: group });
    return {
      name,
      wrong,
      counts,
      canvas,
      marks,
      field: make("div", { class: "field" }, canvas, ...marks),
      now: draw(plot, "line", { y1: 0, y2: 1, class: "now" }),
      learned: make(
        "div",
        {},
        plot,
        make("span", { class: "of", "aria-hidden": true }, "right"),
        ...groups.map((group) => countOf(group, told, counts)),
      ),
      told,
      text: make("div", { class: "text" }),
    };
  }

  protected override landmarks(): Landmark[] {
    const marks = this.squares.flatMap(({ name, counts }) => {
      const [trained, held] = groups.map((group) => maths.firstAt(counts, group, LEARNED));
      const half = maths.firstAt(counts, "held", HALF);
      if (half !== null && held !== null && half < held)
        return [
          { at: half, name: "half held out" },
          { at: held, name: "95% held out" },
        ];
      if (held !== null) return [{ at: held, name: `${name}: 95% held out` }];
      return trained === null ? [] : [{ at: trained, name: `${name}: 95% by heart` }];
    });
    return marks.sort((one, other) => one.at - other.at);
  }

  // ------------------------------------------------------------ one pair

  /** Whether the key means a step. */
  private step(key: string, wide: boolean): boolean {
    const far = wide ? 10 : 1;
    const moves: Record<string, Pair> = {
      ArrowUp: [-far, 0],
      ArrowDown: [far, 0],
      ArrowLeft: [0, -far],
      ArrowRight: [0, far],
      PageUp: [-10, 0],
      PageDown: [10, 0],
      Home: [-SIDE, -SIDE],
      End: [SIDE, SIDE],
    };
    if (!(key in moves)) return false;
    const by = moves[key];
    this.pointed = null;
    this.choose(this.cell.map((number, i) => clamp(number + by[i], 0, SIDE - 1)) as Pair, REST_MS);
    return true;
  }

  /** Its texts are asked for once the keys rest. */
  private choose(cell: Pair, rest: number): void {
    this.cell = cell;
    this.again();
    clearTimeout(this.asks);
    this.asks = window.setTimeout(() => this.send("cell", this.cell), rest);
  }

  protected override letGo(): void {
    this.pointed = null;
  }

  private point(cell: Pair | null): void {
    if (String(cell) === String(this.pointed)) return;
    this.pointed = cell;
    this.markPairs();
    this.tellPair();
  }

  private cellAt({ clientX, clientY }: MouseEvent): Pair | null {
    for (const { canvas } of this.squares) {
      const { left, top, width, height } = canvas.getBoundingClientRect();
      const place: Pair = [(clientY - top) / height, (clientX - left) / width];
      if (place.every((share) => share >= 0 && share < 1))
        return place.map((share) => Math.floor(SIDE * share)) as Pair;
    }
    return null;
  }

  // ------------------------------------------------------------ a moment

  protected show(at: number): string {
    this.paint(at);
    this.markPairs();
    this.squares.forEach(({ counts, told, now }) => {
      const x = at / (counts.length - 1);
      set(now, { x1: x, x2: x });
      for (const group of groups) {
        say(told[group], counted(counts[at][group].right));
      }
    });
    const { short, whole } = this.tellPair();
    set(this.fields, {
      "aria-valuenow": SIDE * this.cell[0] + this.cell[1],
      "aria-valuetext": whole,
    });
    return `${this.when(at)}. ${short}`;
  }

  private when(at: number): string {
    const millions = (this.data.tokens[at] / 1e6).toFixed(2);
    return at ? `After ${millions} million tokens` : "Before training";
  }

  private paint(at: number): void {
    const { trained } = this;
    for (const { canvas, wrong } of this.squares) {
      const pen = canvas.getContext("2d", { willReadFrequently: true });
      if (!pen) return;
      const colours = CELLS.map((name) => pixel(pen, tone(canvas, name)));
      const picture = pen.createImageData(SIDE, SIDE);
      const pixels = new Uint32Array(picture.data.buffer);
      for (let i = 0; i < PAIRS; i++) pixels[i] = colours[2 * trained[i] + wrong[at * PAIRS + i]];
      pen.putImageData(picture, 0, 0);
    }
  }

  private markPairs(): void {
    for (const { marks } of this.squares)
      [this.cell, this.pointed].forEach((cell, i) => {
        marks[i].hidden = cell === null;
        if (!cell) return;
        marks[i].style.top = `${cell[0] + 0.5}%`;
        marks[i].style.left = `${cell[1] + 0.5}%`;
      });
  }

  /** The pair under the hand, or the one that is open, in words, in short and with its texts, once
   * they are here. */
  private tellPair(): { short: string; whole: string } {
    const { data, cell, squares, at } = this;
    const [a, b] = this.pointed ?? cell;
    const group = this.trained[SIDE * a + b] ? "trained on" : "held out";
    const other = String([a, b]) !== String(cell);
    const came = String(data.cell) === String(cell);
    const title = `${a} × ${b} = ${counted(a * b)}, ${group}`;
    say(this.part("pair"), other ? `${title}: click to read it` : title);
    const verdicts = squares.map(({ wrong }) =>
      wrong[at * PAIRS + SIDE * a + b] ? "wrong" : "right",
    );
    const told = squares.map(({ name, text }, i) => {
      const { right, roles, carries, written, said } = data.writings[i];
      const verdict = verdicts[i];
      const here = came && !other;
      const line = here ? said[at] : verdict;
      const tokens = here ? written[at] : "\u00a0";
      if (text.textContent !== `${name} ${line}${tokens}`)
        text.replaceChildren(
          make("div", {}, make("b", {}, name), ` ${line}`),
          spelled(tokens, right, roles, here ? carries : []),
        );
      return here ? `${name} wrote ${written[at]}` : `${name} ${verdict}`;
    });
    const short = squares.map(({ name }, i) => `${name} ${verdicts[i]}`).join(", ");
    return { short: `${title}: ${short}.`, whole: `${title}: ${told.join("; ")}.` };
  }
}

/** A line below a curve: its group, and how many of it are right. */
function countOf(
  group: keyof Counts,
  told: Square["told"],
  counts: readonly Counts[],
): HTMLElement {
  const long = (word: string): HTMLElement => make("span", { class: "long" }, ` ${word}`);
  const all = ` of ${counted(counts[0][group].n)}`;
  const right = make("span", { class: "told" }, told[group], all, long("right"));
  return make("div", { class: group }, make("span", {}, GROUPS[group], long("pairs")), right);
}

/** A text, each token in the colour of what it is, those that are not as they should be, and above
 * a token what is carried into it. */
function spelled(
  text: string,
  right: string,
  roles: readonly string[],
  carries: readonly number[],
): HTMLElement {
  const tokens = Array.from(text, (token, i) => {
    const element = make(token === right[i] ? "span" : "s", { class: roles[i] }, token);
    if (carries[i]) element.dataset.carry = String(carries[i]);
    return element;
  });
  return make("code", {}, ...tokens);
}

export default mounted(Squares, "setStateValue");
