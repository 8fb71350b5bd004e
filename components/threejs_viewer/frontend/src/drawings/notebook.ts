// A page of an error book: a line for each mistake of a network, with a box for each round. Which
// are mistakes, and which come back, is Python's.

import { make } from "../shared/dom";
import {
  begins,
  boxes,
  momentsOf,
  percent,
  standings,
  STANDINGS,
  told,
  toldOfOne,
  when,
  type Box,
  type Mistake,
  type Moment,
  type Standing,
} from "./maths/notebook";
import "./notebook.css";
import type { Sent } from "./shared/drawing";
import { draw, say, set } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { range } from "./shared/numbers";
import { steppedThrough, UP_DOWN } from "./shared/stepped";

const ONE_PAGE = 5; // more mistakes lie on two pages, side by side if there is room
const [BOX, PITCH] = [13, 18]; // pixels of a box, and from box to box

const STANDS: Record<Standing, { status: string; counted: string; boxes: Box[] }> = {
  noted: { status: "", counted: "not studied yet", boxes: ["open"] },
  wrong: { status: "still wrong", counted: "still wrong", boxes: ["wrong"] },
  back: { status: "came back", counted: "came back", boxes: ["right", "wrong"] },
  mended: { status: "mended", counted: "mended", boxes: ["right"] },
};

interface Data extends Sent {
  alt: string;
  mistakes: Mistake[];
  n_round: number;
  /** The moment to rest at. */
  at: number;
  /** How long it takes to get there. */
  seconds: number;
}

/** A mistake on the page. */
interface Entry {
  mistake: Mistake;
  line: HTMLElement;
  status: HTMLElement;
  boxes: SVGGElement[];
}

class Notebook extends MovingDrawing<Data> {
  private moments: Moment[] = [];
  private entries: Entry[] = [];
  /** How many stand so. */
  private numbers = new Map<Standing, HTMLElement>();
  /** The mistake under the hand or the focus. */
  private pointed: number | null = null;

  /** Another book is shown at its end. */
  protected override rebuild(): void {
    this.build();
    this.rest();
  }

  // ------------------------------------------------------------ built once

  protected build(): void {
    const { mistakes, n_round, alt, at, seconds } = this.data;
    this.moments = momentsOf(mistakes, n_round);
    this.numbers = new Map(STANDINGS.map((name) => [name, make("b", {}, "0")]));
    this.part("counts").replaceChildren(...STANDINGS.map((name) => this.buildCount(name)));
    this.pointed = null;
    this.entries = mistakes.map((_, i) => this.buildEntry(i));
    steppedThrough(
      this.entries.map(({ line }) => line),
      UP_DOWN,
    );
    this.part("pages").setAttribute("aria-label", alt);
    this.part("pages").replaceChildren(...this.buildPages());
    this.playOnce(this.evenly(at, seconds), this.moments.length - 1);
  }

  protected override landmarks(): Landmark[] {
    return range(this.data.n_round).map((r) => ({
      at: this.moments.findIndex(({ round }) => round === r + 1),
      name: `round ${r + 1}`,
    }));
  }

  private buildCount(name: Standing): HTMLElement {
    const { counted, boxes } = STANDS[name];
    const count = make("span", { class: `count ${name}` });
    drawBoxes(count, boxes.length).forEach((box, i) => fill(box, boxes[i]));
    count.append(this.numbers.get(name)!, ` ${counted}`);
    return count;
  }

  /** Of a longer book the second page holds as many lines as the first, or one less and a blank. */
  private buildPages(): HTMLElement[] {
    const lines = this.entries.map(({ line }) => line);
    if (lines.length <= ONE_PAGE) return [this.buildPage(lines)];
    const half = Math.ceil(lines.length / 2);
    const blank = lines.length % 2 ? [make("div", { class: "entry blank" })] : [];
    return [this.buildPage(lines.slice(0, half)), this.buildPage([...lines.slice(half), ...blank])];
  }

  private buildPage(lines: HTMLElement[]): HTMLElement {
    const rounds = range(this.data.n_round).map((r) => make("i", {}, String(r + 1)));
    const head = make(
      "div",
      { class: "head", "aria-hidden": "true" },
      make("span", { class: "round" }, "round"),
      make("span", { class: "after" }, "after round"),
      make("span", { class: "rounds" }, ...rounds),
    );
    return make("div", { class: "page" }, head, ...lines);
  }

  private buildEntry(i: number): Entry {
    const { mistakes, n_round } = this.data;
    const mistake = mistakes[i];
    const kind = begins(mistakes, i) ? "round" : "round same";
    const round = make("span", { class: kind }, String(mistake.noted));
    const note = make(
      "span",
      { class: "note" },
      `${mistake.kind}, sure: ${percent(mistake.belief)}`,
    );
    const status = make("span", { class: "status" });
    const line = make("div", { class: "entry", role: "group" }, round, writing(mistake));
    line.onpointerenter = line.onfocus = () => this.point(i);
    line.onpointerleave = line.onblur = () => this.point(null);
    const boxes = drawBoxes(line, n_round);
    line.append(note, status);
    return { mistake, line, status, boxes };
  }

  /** One mistake, and how it fared. */
  private point(mistake: number | null): void {
    this.pointed = mistake;
    if (!this.plays) this.again();
  }

  protected override letGo(): void {
    this.pointed = null;
  }

  // ------------------------------------------------------------ drawn at every moment

  protected show(at: number): string {
    const { mistakes, n_round } = this.data;
    const moment = this.moments[at];
    const all = standings(mistakes, moment);
    const { pointed } = this;
    const aside = (i: number): boolean =>
      pointed !== null && all[pointed] !== null && i !== pointed;
    this.entries.forEach((entry, i) => this.showEntry(entry, all[i], moment, aside(i)));
    say(this.part("when"), when(moment, n_round));
    for (const [name, number] of this.numbers)
      say(number, String(all.filter((one) => one === name).length));
    if (!this.plays && pointed !== null && all[pointed])
      return toldOfOne(mistakes[pointed], moment, n_round);
    return told(mistakes, moment);
  }

  private showEntry(entry: Entry, standing: Standing | null, moment: Moment, aside: boolean): void {
    entry.line.className = `entry ${standing ?? "ahead"}${aside ? " aside" : ""}`;
    set(entry.line, { "aria-label": entry.mistake.sum });
    say(entry.status, standing ? STANDS[standing].status : "");
    const found = boxes(entry.mistake, this.data.n_round, moment);
    entry.boxes.forEach((box, r) => fill(box, found[r]));
  }
}

/** The sum, what was written of it up to the slip, and what should follow. */
function writing({ sum, before, written, right, after }: Mistake): HTMLElement {
  const slip = make("span", { class: "slip" }, make("s", {}, written), make("ins", {}, right));
  return make(
    "code",
    {},
    make("span", { class: "sum" }, sum),
    make("span", { class: "wrote" }, before, slip, make("span", { class: "rest" }, after)),
  );
}

function drawBoxes(parent: Element, n: number): SVGGElement[] {
  const [width, height] = [(n - 1) * PITCH + BOX, BOX];
  const view = { viewBox: `0 0 ${width} ${height}`, width, height };
  const svg = draw(parent, "svg", { class: "boxes", "aria-hidden": true, ...view });
  return range(n).map((i) => {
    const box = draw(svg, "g", { transform: `translate(${i * PITCH} 0)` });
    draw(box, "rect", { x: 0.5, y: 0.5, width: BOX - 1, height: BOX - 1, rx: 2 });
    draw(box, "path", { class: "tick", d: "M3 6.8L5.4 9.4L10.2 3.6" });
    draw(box, "path", { class: "cross", d: "M3.6 3.6L9.4 9.4M3.6 9.4L9.4 3.6" });
    return box;
  });
}

const fill = (box: SVGGElement, kind: Box): void => set(box, { class: `box ${kind}` });

export default mounted(Notebook);
