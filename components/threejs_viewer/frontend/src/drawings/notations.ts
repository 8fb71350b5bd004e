// The same algorithm in several notations, of which one is shown. Pointing at a line lights the lines
// that do the same step in all of them, and a tap keeps them lit when another is chosen.

import { make } from "../shared/dom";
import "./notations.css";
import { Drawing, type Sent } from "./shared/drawing";
import { set } from "./shared/elements";
import { mounted } from "./shared/mount";
import { steppedThrough, UP_DOWN } from "./shared/stepped";

interface Column {
  title: string;
  /** Where its code stands. */
  where: string;
  lines: [text: string, steps: number[]][];
}

interface Data extends Sent {
  alt: string;
  columns: Column[];
  steps: [name: string, said: string][];
  /** The step that is lit at first. */
  at: number;
}

/** A line of code or a button, and the steps that it lights. */
interface Mark {
  element: HTMLElement;
  steps: number[];
}

class Notations extends Drawing<Data> {
  private marks: Mark[] = [];
  private columns: HTMLElement[] = [];
  private switches: HTMLElement[] = [];
  /** Which notation. */
  private shown = 0;
  /** The sentence of each step. */
  private told: HTMLElement[] = [];
  /** Steps that are lit when nothing is pointed at. */
  private kept: number[] = [];

  // ------------------------------------------------------------ built once

  protected build(): void {
    const { columns, steps, alt, at } = this.data;
    this.marks = [];
    const buttons = steps.map(([name], i) => this.mark(make("button", {}, name), [i]));
    this.part("choice").replaceChildren(...buttons);
    this.told = steps.map(([name, said]) => make("p", {}, make("b", {}, name), ` ${said}`));
    this.part("told").replaceChildren(...this.told);
    set(this.part("columns"), { "aria-label": alt });
    this.columns = columns.map((column) => this.buildColumn(column));
    this.part("columns").replaceChildren(...this.columns);
    this.switches = columns.map(({ title }, i) => {
      const button = make("button", {}, title);
      button.onclick = () => this.show(i);
      return button;
    });
    this.part("switch").replaceChildren(...this.switches);
    this.show(Math.min(this.shown, columns.length - 1));
    this.keep([at]);
  }

  private show(column: number): void {
    this.shown = column;
    this.columns.forEach((one, i) => (one.hidden = i !== column));
    this.switches.forEach((one, i) => set(one, { "aria-pressed": i === column }));
  }

  private buildColumn({ title, where, lines }: Column): HTMLElement {
    const code = make("code", {}, ...lines.map(([text, steps]) => this.buildLine(text, steps)));
    steppedThrough([...code.querySelectorAll<HTMLElement>("[role=button]")], UP_DOWN);
    return make(
      "div",
      { class: "column", role: "group", "aria-label": title },
      make("pre", {}, code),
      make("div", { class: "where" }, where),
    );
  }

  private buildLine(text: string, steps: number[]): HTMLElement {
    if (!steps.length) return make("span", { class: "line" }, text);
    return this.mark(make("span", { class: "line", role: "button" }, text), steps);
  }

  private mark(element: HTMLElement, steps: number[]): HTMLElement {
    element.onpointerenter = element.onfocus = () => this.light(steps);
    element.onpointerleave = element.onblur = () => this.light(this.kept);
    element.onclick = () => this.keep(same(steps, this.kept) ? [] : steps);
    this.marks.push({ element, steps });
    return element;
  }

  // ------------------------------------------------------------ what is lit

  private keep(steps: number[]): void {
    this.kept = steps;
    for (const mark of this.marks) set(mark.element, { "aria-pressed": same(mark.steps, steps) });
    this.light(steps);
  }

  private light(steps: number[]): void {
    for (const mark of this.marks) {
      const lit = mark.steps.some((step) => steps.includes(step));
      set(mark.element, { "aria-current": lit ? "step" : "false" });
    }
    this.told.forEach((sentence, step) => (sentence.hidden = !steps.includes(step)));
    this.part("none").hidden = steps.length > 0;
  }
}

const same = (some: number[], others: number[]): boolean => String(some) === String(others);

export default mounted(Notations);
