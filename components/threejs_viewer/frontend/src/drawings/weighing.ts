// Changes on one scale, a row each: the ratios of its seeds as dots, their median as a stroke.
// Whatever row is pointed at says what it compares, and where that was measured.

import { make } from "../shared/dom";
import "./weighing.css";
import { Drawing, type Sent } from "./shared/drawing";
import { say, setShare } from "./shared/elements";
import { mounted } from "./shared/mount";
import { steppedThrough, UP_DOWN } from "./shared/stepped";

interface Row {
  name: string;
  /** Places on the scale, 0 to 1. */
  dots: number[];
  median: number;
  agree: boolean;
  said: string;
  /** Where its link leads; nowhere from the page that measured it. */
  page: string;
  /** Is it shown before all are asked for? */
  first: boolean;
  where: string;
}

interface Group {
  name: string;
  hue: string;
  rows: Row[];
}

interface Data extends Sent {
  ticks: [at: number, words: string][];
  groups: Group[];
  alt: string;
}

const NO_CHANGE = 2; // of the ticks

class Weighing extends Drawing<Data> {
  private rows: { element: HTMLElement; row: Row }[] = [];

  protected build(): void {
    const { ticks, groups, alt } = this.data;
    const marks = ticks.map(([at, words]) => {
      const mark = make("span", {}, words);
      setShare(mark, "--at", at);
      return mark;
    });
    const ends = ["← more", "fewer →"].map((words) => make("b", {}, words));
    this.part("scale").replaceChildren(
      make("div", { class: "name" }, "errors"),
      make("div", { class: "lane" }, ends[0], ...marks, ends[1]),
    );
    const rows = this.part("rows");
    rows.setAttribute("aria-label", alt);
    const [[first], [second]] = ticks;
    setShare(rows, "--alike", ticks[NO_CHANGE][0]);
    setShare(rows, "--first", first);
    setShare(rows, "--step", (second - first) / (1 - first)); // of what lies behind the first
    this.rows = [];
    rows.replaceChildren(...groups.map((group) => this.buildGroup(group)));
    this.showAll(false);
  }

  /** The first rows alone, or every one. */
  private showAll(whole: boolean): void {
    const shown = this.rows.filter(({ row }) => whole || row.first);
    for (const { element, row } of this.rows) element.hidden = !whole && !row.first;
    steppedThrough(
      shown.map(({ element }) => element),
      UP_DOWN,
    );
    const more = this.part<HTMLButtonElement>("more");
    more.hidden = this.rows.every(({ row }) => row.first);
    more.textContent = `All ${this.rows.length} changes`;
    more.setAttribute("aria-pressed", String(whole));
    more.onclick = () => this.showAll(!whole);
    const pressed = shown.find(({ element }) => element.getAttribute("aria-pressed") === "true");
    const { element, row } = pressed ?? shown[0];
    this.point(element, row);
  }

  private buildGroup({ name, hue, rows }: Group): HTMLElement {
    const group = make(
      "div",
      { class: "group", role: "group", "aria-label": name },
      make("div", { class: "title" }, name),
      ...rows.map((row) => this.buildRow(row)),
    );
    group.style.setProperty("--hue", `var(--wb-${hue})`);
    return group;
  }

  private buildRow(row: Row): HTMLElement {
    const dots = [...row.dots, row.median].map((at, i) => {
      const dot = make("i", { class: i < row.dots.length ? "dot" : "median" });
      setShare(dot, "--at", at);
      return dot;
    });
    const element = make(
      "div",
      { class: row.agree ? "row" : "row unsure", role: "button" },
      make("span", { class: "name" }, row.name),
      make("span", { class: "lane" }, ...dots),
    );
    element.onpointerenter = element.onfocus = element.onclick = () => this.point(element, row);
    this.rows.push({ element, row });
    return element;
  }

  /** What a row says stays until another is pointed at, so that its link can be reached. */
  private point(element: HTMLElement, { said, page, where }: Row): void {
    for (const row of this.rows)
      row.element.setAttribute("aria-pressed", String(row.element === element));
    say(this.part("said"), said);
    const link = this.part<HTMLAnchorElement>("where");
    if (page) link.href = page;
    else link.removeAttribute("href");
    say(link, where);
  }
}

export default mounted(Weighing);
