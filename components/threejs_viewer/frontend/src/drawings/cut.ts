// The smallest cut: two runs of one network as grids of cells, and what becomes of the one when
// cells of the other are copied into it. All outcomes come from Python.

import { make } from "../shared/dom";
import "./cut.css";
import { keyOf, numbersOf, reached, reaches, type Unit } from "./maths/cut";
import type { Sent } from "./shared/drawing";
import { draw, setShare } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { counted, percent, range } from "./shared/numbers";
import { EITHER_WAY, steppedThrough } from "./shared/stepped";

const BOARDS = ["source", "target", "result"] as const;
const FAR = 6; // pixels from where a cell was pressed: from there on it is dragged

interface Left {
  step: number;
  layer: number;
  short: string;
  why: string;
}

/** What is written with some cells copied. */
interface Outcome {
  text: string;
  /** Of the ten digits at each step, in thousandths. */
  shares: number[][];
  /** Of each unit: from its value in the target, 0, to that in the source, 100. */
  moved: number[];
}

interface Data extends Sent {
  alt: string;
  headline: string;
  /** The problems, and what each run writes. */
  problems: { target: string; source: string };
  writes: { target: string; source: string };
  steps: string[];
  n_layer: number;
  units: Unit[];
  left: Left[];
  total: number;
  sets: Record<string, Outcome>;
  /** What the search found, in an order in which each does most. */
  path: number[];
  others: { sets: number[][]; turned: number; n: number };
  /** What the reader has copied. */
  chosen: number[];
  seconds: number;
}

type Board = (typeof BOARDS)[number];

const [DEEP, DEEPER] = [56, 16]; // pixels, of the arc of a copy below its cells, and for each step
const BOW = 9; // beside them, where the two grids stand one below the other
const MANY = 4; // of them: of more, only the newest and the one pointed at are strong
const HEAD = 4; // half of an arrow's head

class Cut extends MovingDrawing<Data> {
  private readonly boards = this.watched("boards");
  /** The arcs from what is copied to where it is copied, by its cell. */
  private copies = new Map<number, SVGPathElement>();
  private cells: Record<Board, HTMLElement[]> = { source: [], target: [], result: [] };
  /** What the reader has copied, at which moment of the slider. */
  private own: { cells: number[]; at: number } | null = null;
  private pointed: number | null = null;
  private other = -1;
  private dragged: { unit: number; x: number; y: number; ghost: HTMLElement | null } | null = null;

  protected override begin(): void {
    this.part("headline").textContent = this.data.headline;
    this.part("elsewhere").onclick = () => this.showOther();
    this.root.onpointermove = (event) => this.drag(event);
    this.root.onpointerup = (event) => this.drop(event);
    this.root.onpointercancel = () => this.letFall();
  }

  protected build(): void {
    this.make();
    const { chosen, path, seconds } = this.data;
    if (chosen.length) {
      this.own = { cells: [...chosen], at: path.length };
      this.wait(this.evenly(path.length, seconds));
    } else this.playOnce(this.evenly(path.length, seconds));
  }

  protected override rebuild(before: Data): void {
    const alike = JSON.stringify(this.data.units) === JSON.stringify(before.units);
    const [own, at] = [this.own, this.at];
    this.make();
    if (!alike) return this.build();
    this.own = own;
    this.wait(this.evenly(this.data.path.length, this.data.seconds), at);
  }

  private make(): void {
    const { alt, problems, writes, others, left } = this.data;
    [this.own, this.pointed, this.other] = [null, null, -1];
    this.boards.setAttribute("aria-label", alt);
    this.part("copies").replaceChildren();
    this.copies.clear();
    for (const board of BOARDS) this.buildBoard(board);
    this.all(".source .name b")[0].textContent = problems.source;
    this.all(".source .name span")[0].textContent = writes.source;
    this.all(".target .name b")[0].textContent = problems.target;
    this.all(".target .name span")[0].textContent = writes.target;
    this.part("elsewhere").toggleAttribute("hidden", others.sets.length === 0);
    for (const key of this.all(".k_left"))
      key.parentElement!.toggleAttribute("hidden", left.length === 0);
    this.part("odds").replaceChildren(...this.data.steps.map((_, step) => this.buildOdds(step)));
    for (const board of ["source", "target"])
      steppedThrough(this.all(`.${board} [role="button"]`), EITHER_WAY);
  }

  private buildBoard(board: Board): void {
    const { steps, n_layer, units, left } = this.data;
    this.cells[board] = units.map((unit, i) => this.buildCell(board, unit, i));
    const lowest = Math.min(0, ...left.map(({ layer }) => layer));
    const highest = Math.max(n_layer - 1, ...left.map(({ layer }) => layer));
    const rows = range(highest - lowest + 1)
      .map((row) => highest - row)
      .map((layer) => {
        const here = left.filter((one) => one.layer === layer);
        if (!(layer in range(n_layer))) return whole(here[0]);
        return make(
          "div",
          { class: "layer" },
          make("small", {}, String(layer)),
          ...steps.map((_, step) =>
            make(
              "div",
              { class: "step" },
              ...here
                .filter((one) => one.step === step)
                .map(({ why }) => make("i", { class: "cell left", title: why })),
              ...units.flatMap((unit, i) =>
                unit.step === step && unit.layer === layer ? [this.cells[board][i]] : [],
              ),
            ),
          ),
        );
      });
    this.all(`.${board} .grid`)[0].replaceChildren(...this.buildNames(), ...rows);
  }

  /** Above each half its step, and once what stands below in every row. */
  private buildNames(): HTMLElement[] {
    const { steps, units, left } = this.data;
    const heads = [...units.filter(({ kind }) => kind === "head"), ...left]
      .map(({ short }) => Number(short))
      .filter((head) => !Number.isNaN(head));
    const row = (named: string, kind: string, cells: (name: string) => HTMLElement[]) =>
      make(
        "div",
        { class: `layer ${kind}` },
        make("small", {}, named),
        ...steps.map((name) => make("div", { class: "step" }, ...cells(name))),
      );
    const below = heads.length
      ? [
          row("layer", "kinds", () => [
            make("span", { class: "heads" }, `heads 0–${Math.max(...heads)}`),
            make("span", { class: "ffn" }, "FFN"),
          ]),
        ]
      : [];
    return [
      row(below.length ? "" : "layer", "steps", (name) => [make("span", {}, name)]),
      ...below,
    ];
  }

  private buildCell(board: Board, unit: Unit, i: number): HTMLElement {
    const cell = make("div", { class: `cell ${unit.kind}` });
    if (board === "result") return cell;
    cell.setAttribute("role", "button");
    cell.onclick = () => this.toggle(i);
    cell.onpointerenter = cell.onfocus = () => this.point(i);
    cell.onpointerleave = cell.onblur = () => this.point(null);
    if (board === "source") cell.onpointerdown = (event) => this.grab(event, i);
    return cell;
  }

  private buildOdds(step: number): HTMLElement {
    const bars = range(10).map((digit) => {
      const { target, source } = this.data.writes;
      const kind = target[step] === `${digit}` ? "of_target" : "";
      const also = source[step] === `${digit}` ? "of_source" : "";
      return make(
        "div",
        { class: `odd ${kind} ${also}` },
        make("small", {}, ""),
        make("i"),
        make("b", {}, `${digit}`),
      );
    });
    const of = this.data.steps[step].split(" ").at(-1)!;
    return make(
      "div",
      {},
      make("div", { class: "of" }, of),
      make("div", { class: "digits" }, ...bars),
    );
  }

  // ------------------------------------------------------------ the reader's hand

  /** Is each cell a number by itself? */
  private get singly(): boolean {
    return this.data.units.every(({ kind }) => kind === "neuron");
  }

  private get now(): number[] {
    return this.own?.cells ?? this.data.path.slice(0, Math.floor(this.at));
  }

  private toggle(unit: number): void {
    const { now } = this;
    this.copy(now.includes(unit) ? now.filter((i) => i !== unit) : [...now, unit]);
  }

  private copy(cells: number[]): void {
    this.pause();
    this.own = { cells, at: Math.floor(this.at) };
    this.again();
    this.send("chosen", cells);
  }

  private showOther(): void {
    const { sets } = this.data.others;
    this.other = (this.other + 1) % sets.length;
    this.pause();
    this.own = { cells: sets[this.other], at: Math.floor(this.at) };
    this.again();
  }

  private point(unit: number | null): void {
    this.pointed = unit;
    if (!this.plays) this.again();
  }

  /** A finger scrolls the page, and presses. */
  private grab({ clientX, clientY, pointerType, button }: PointerEvent, unit: number): void {
    if (pointerType === "touch" || button) return;
    this.dragged = { unit, x: clientX, y: clientY, ghost: null };
  }

  private drag({ clientX, clientY }: PointerEvent): void {
    const { dragged } = this;
    if (!dragged) return;
    const [x, y] = [clientX - dragged.x, clientY - dragged.y];
    if (!dragged.ghost && Math.hypot(x, y) < FAR) return;
    dragged.ghost ??= this.lift(dragged.unit);
    dragged.ghost.style.translate = `${x}px ${y}px`;
  }

  private lift(unit: number): HTMLElement {
    const cell = this.cells.source[unit];
    const ghost = cell.cloneNode(true) as HTMLElement;
    ghost.classList.add("ghost");
    cell.parentElement!.insertBefore(ghost, cell);
    return ghost;
  }

  private drop({ clientX, clientY }: PointerEvent): void {
    const { dragged } = this;
    const lifted = dragged?.ghost;
    this.letFall();
    if (!dragged || !lifted) return;
    const over = (["target", "result"] as const).some((board) => {
      const box = this.all(`.${board} .grid`)[0].getBoundingClientRect();
      const across = clientX >= box.left && clientX <= box.right;
      return across && clientY >= box.top && clientY <= box.bottom;
    });
    const swallow = (event: Event): void => event.stopPropagation();
    this.root.addEventListener("click", swallow, { capture: true, once: true });
    window.setTimeout(() => this.root.removeEventListener("click", swallow, { capture: true }));
    if (over && !this.now.includes(dragged.unit)) this.copy([...this.now, dragged.unit]);
  }

  private letFall(): void {
    this.dragged?.ghost?.remove();
    this.dragged = null;
  }

  protected override letGo(): void {
    [this.own, this.pointed, this.other] = [null, null, -1];
    this.send("chosen", []);
  }

  protected override landmarks(): Landmark[] {
    const { path, writes } = this.data;
    let before = writes.target;
    return range(path.length).flatMap((i) => {
      const text = this.outcome(path.slice(0, i + 1))?.text ?? before;
      const turns = text !== before;
      before = text;
      return turns ? [{ at: i + 1, name: text }] : [];
    });
  }

  private outcome(cells: readonly number[]): Outcome | undefined {
    return this.data.sets[keyOf(cells)];
  }

  // ------------------------------------------------------------ drawn at every moment

  protected show(moment: number): string {
    if (this.own && (this.plays || Math.floor(moment) !== this.own.at)) this.own = null;
    const cells = this.now;
    const found = this.outcome(cells);
    this.showCells(cells, found);
    this.showCopies(cells);
    this.showCounter(cells);
    this.showAnswer(found);
    if (!this.plays && this.pointed !== null) return this.saidOf(this.pointed, cells);
    return this.saidOfAll(cells, found);
  }

  private showCells(cells: readonly number[], found: Outcome | undefined): void {
    const { units, writes, problems } = this.data;
    const turned = !!found && found.text[0] !== writes.target[0];
    const can = reached(units, cells, turned);
    const { pointed } = this;
    units.forEach((unit, i) => {
      const isCopied = cells.includes(i);
      const aside = pointed !== null && i !== pointed && !reaches(units[pointed], unit);
      for (const board of BOARDS) {
        const cell = this.cells[board][i];
        cell.classList.toggle("taken", isCopied);
        cell.classList.toggle("aside", aside && board !== "source");
        cell.classList.toggle("lit", i === pointed);
      }
      setShare(this.cells.result[i], "--moved", found ? found.moved[i] / 100 : 0);
      this.cells.result[i].classList.toggle("outside", cells.length > 0 && !can[i]);
      const does = isCopied ? "copied; press to take it back" : "press to copy it";
      const label = `${unit.name}, ${counted(unit.numbers)} ${unit.numbers === 1 ? "number" : "numbers"}`;
      this.cells.source[i].setAttribute("aria-label", `${label} of ${problems.source}: ${does}`);
      this.cells.target[i].setAttribute("aria-label", `${label} of ${problems.target}: ${does}`);
      this.cells.source[i].setAttribute("aria-pressed", String(isCopied));
      this.cells.target[i].setAttribute("aria-pressed", String(isCopied));
    });
  }

  private showCopies(cells: readonly number[]): void {
    for (const [i, path] of this.copies)
      if (!cells.includes(i)) {
        path.remove();
        this.copies.delete(i);
      }
    for (const i of cells)
      if (!this.copies.has(i)) this.copies.set(i, draw(this.part("copies"), "path"));
    const strong = [cells.at(-1), this.pointed];
    for (const [i, path] of this.copies)
      path.classList.toggle("faint", cells.length > MANY && !strong.includes(i));
    this.place();
  }

  /** From each cell that is copied to its place in the other run: below both where they stand side
      by side, and beside them on a phone, where the run into which it is copied shows the result. */
  protected override place(): void {
    const { left, top } = this.boards.getBoundingClientRect();
    const of = (board: Board, i: number): DOMRect => this.cells[board][i].getBoundingClientRect();
    for (const [i, path] of this.copies) {
      const [from, onto] = [of("source", i), of("target", i)];
      path.setAttribute(
        "d",
        onto.width > 0
          ? below(from, onto, left, top, this.data.units[i].step)
          : beside(from, of("result", i), left, top),
      );
    }
  }

  private showCounter(cells: readonly number[]): void {
    const { units, total } = this.data;
    this.part("copied_numbers").textContent = counted(numbersOf(units, cells));
    this.part("of_all").textContent =
      `of ${counted(total)} ${this.singly ? "neurons" : "numbers"} copied${this.singly ? "" : ", whole cells at a time"}`;
  }

  private showAnswer(found: Outcome | undefined): void {
    const { writes, steps } = this.data;
    this.boards.classList.toggle("waits", !found);
    this.part("answer").replaceChildren(
      ...[...(found?.text ?? "??")].map((digit, step) => {
        const of = digit === writes.source[step] ? "of_source" : "";
        const own = digit === writes.target[step] ? "of_target" : "";
        return make("b", { class: `${of} ${own}` }, digit);
      }),
    );
    steps.forEach((_, step) => {
      const shares = found?.shares[step] ?? range(10).map(() => 0);
      const most = Math.max(...shares);
      this.all(".digits")
        [step].querySelectorAll(".odd")
        .forEach((odd, digit) => {
          const share = shares[digit] / 1000;
          setShare(odd as HTMLElement, "--share", share);
          const isSaid = most > 0 && digit === shares.indexOf(most);
          odd.querySelector("small")!.textContent = isSaid ? percent(share) : "";
        });
    });
  }

  // ------------------------------------------------------------ in words

  private saidOf(unit: number, cells: readonly number[]): string {
    const { units, problems, writes } = this.data;
    const { name, numbers } = units[unit];
    const alone = this.outcome([unit])?.text;
    const does = cells.includes(unit)
      ? "copied"
      : alone === undefined
        ? "not copied"
        : alone === writes.target
          ? `copied alone, it leaves ${alone}`
          : `copied alone, it makes ${writes.target} into ${alone}`;
    return `${name} of ${problems.source}, ${counted(numbers)} ${numbers === 1 ? "number" : "numbers"}: ${does}. Faded cells it cannot reach.`;
  }

  private saidOfAll(cells: readonly number[], found: Outcome | undefined): string {
    const { units, problems, writes, others } = this.data;
    if (!cells.length) return `Nothing is copied: ${problems.target} = ${writes.target}.`;
    const n = numbersOf(units, cells);
    const what = `${counted(n)} ${n === 1 ? "number" : "numbers"} of ${problems.source} copied`;
    if (!found) return `${what}: the network is writing the answer anew.`;
    const { text } = found;
    const how =
      text === writes.source
        ? `the answer is turned to ${text}`
        : text === writes.target
          ? `it still writes ${text}`
          : `it writes ${text}, the answer of neither problem`;
    const isDrawn = this.other >= 0 && keyOf(cells) === keyOf(others.sets[this.other]);
    const lot = isDrawn ? `Drawn by seed, ${this.other + 1} of ${others.sets.length}: ` : "";
    const isFound = keyOf(cells) === keyOf(this.data.path);
    const beside = isFound
      ? ` A search among ${this.singly ? "single neurons" : "whole cells"} found no fewer. Of ${others.n} sets of as many numbers elsewhere, ${others.turned} ${others.turned === 1 ? "turns" : "turn"} it too.`
      : "";
    return `${lot}${what}${lot ? ";" : ":"} ${how}.${beside}`;
  }
}

/** What may not be copied at any step, in one row. */
function whole({ short, why }: Left): HTMLElement {
  return make(
    "div",
    { class: "layer whole" },
    make("small", {}, ""),
    make("i", { class: "cell left", title: why }, short),
  );
}

function below(from: DOMRect, to: DOMRect, left: number, top: number, step: number): string {
  const [x, y] = [from.left + from.width / 2 - left, from.bottom - top];
  const [u, v] = [to.left + to.width / 2 - left, to.bottom - top];
  const deep = Math.max(y, v) + DEEP + DEEPER * step;
  const far = 0.1 * (u - x);
  return `M${x} ${y}C${x + far} ${deep} ${u - far} ${deep} ${u} ${v}m${-HEAD} ${1.8 * HEAD}L${u} ${v}l${HEAD} ${1.8 * HEAD}`;
}

function beside(from: DOMRect, to: DOMRect, left: number, top: number): string {
  const [x, y] = [from.right - left, from.top + from.height / 2 - top];
  const [u, v] = [to.right - left, to.top + to.height / 2 - top];
  const out = Math.max(x, u) + BOW;
  return `M${x} ${y}C${out} ${y} ${out} ${y} ${out} ${y + 2 * BOW}V${v - 2 * BOW}C${out} ${v} ${out} ${v} ${u} ${v}m${1.8 * HEAD} ${-HEAD}L${u} ${v}l${1.8 * HEAD} ${HEAD}`;
}

export default mounted(Cut);
