// One problem in two lanes, plain and with working, token by token: the digits a token needs, the
// heads that look, the carry that no token holds, and how many such digits are wrong without a head.

import { make } from "../shared/dom";
import "./lanes.css";
import { bow } from "./maths/arcs";
import {
  load,
  looksOf,
  most,
  needOf,
  onPaper,
  PRODUCTS,
  RESULTS,
  toldOfHeads,
  toldOfTyped,
  withoutEach,
  type Ablated,
  type Lane,
  type Look,
} from "./maths/lanes";
import type { Sent } from "./shared/drawing";
import { draw, set } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { range } from "./shared/numbers";
import { ACROSS, steppedThrough, UP_DOWN } from "./shared/stepped";

interface Data extends Sent {
  alt: string;
  seconds: number;
  plain: Lane;
  back: Lane;
  front: Lane;
  /** What an ablated head is replaced by, in words. */
  by: string[];
  heads: Ablated[];
  /** So many problems were evaluated. */
  n: number;
}

const ORDERS = { back: "back to front", front: "front to back" } as const;
type Order = keyof typeof ORDERS;

const [HIGHEST, HIGH] = [64, 0.15]; // of the arcs, in pixels and in widths
const [LARGEST, SHARE] = [30, 0.8]; // of a token, in pixels and in pitches
const WIDEST = 5; // an arc of weight 1, in pixels
const ROW = 25; // of a head, in pixels
const NAMES = { plain: ["Plain", "the product at once"], working: "With working" } as const;

interface Drawn {
  lane: Lane;
  picture: SVGSVGElement;
  arcs: { look: Look; to: number; path: SVGPathElement }[];
  tokens: SVGGElement[];
  /** Where the marks below a token are, and how many there are at most. */
  marks: { mark: SVGPathElement; token: number; row: number; carry: boolean }[];
}

/** What a reader points at. */
type Lit = { lane: Drawn; token: number } | { head: number } | null;

class Lanes extends MovingDrawing<Data> {
  private readonly pictures = {
    plain: this.watched<SVGSVGElement>("plain"),
    working: this.watched<SVGSVGElement>("working"),
  };
  private plain!: Drawn;
  private working!: Drawn;
  private rows: SVGGElement[] = [];
  private order: Order = "back";
  private by = 0;
  /** Are the rows below the working shown? */
  private ablates = false;
  private lit: Lit = null;
  private width = 0;

  // ------------------------------------------------------------ built once

  protected build(): void {
    this.lit = null;
    this.draw();
    const tokens = this.data.back.tokens.length - this.data.back.given;
    this.playOnce(this.evenly(tokens, this.data.seconds));
  }

  private draw(): void {
    const { plain, alt } = this.data;
    this.plain = this.lane(this.pictures.plain, plain);
    this.working = this.lane(this.pictures.working, this.data[this.order]);
    set(this.pictures.plain, { "aria-label": `${alt}: plain` });
    set(this.pictures.working, { "aria-label": `${alt}: with working, ${ORDERS[this.order]}` });
    const ablates = this.ablates && this.order === "back";
    this.rows = ablates ? this.data.heads.map((_, i) => this.headRow(i)) : [];
    const labels = this.rows.map((row) => row.querySelector<SVGGElement>(".label")!);
    if (labels.length) steppedThrough(labels, UP_DOWN);
    const [one, other] = this.all(".title");
    const turns = (lane: Lane): string => `${lane.tokens.length - lane.given} tokens`;
    this.title(one, NAMES.plain[0], `${NAMES.plain[1]}: ${turns(plain)}`);
    this.title(
      other,
      NAMES.working,
      `every number ${ORDERS[this.order]}: ${turns(this.working.lane)}`,
    );
    this.choices();
    this.key();
    this.width = 0;
    this.place();
  }

  private title(element: HTMLElement, name: string, note: string): void {
    element.querySelector(".name")!.textContent = name;
    element.querySelector(".note")!.textContent = note;
  }

  private choices(): void {
    const orders = Object.entries(ORDERS).map(([order, words]) =>
      pressed(words, order === this.order, () => this.turn(order as Order)),
    );
    this.part("order").replaceChildren(make("span", {}, "Working"), ...orders);
    const by = this.data.by.map((words, i) =>
      pressed(words, i === this.by, () => this.replaceBy(i)),
    );
    const ablate = pressed("ablate heads", this.ablates, () => this.ablate());
    const becomes = make("span", {}, "An ablated head becomes");
    const rows = this.ablates ? [ablate, becomes, ...by] : [ablate];
    const none = "This is the right text, not a model’s, so it has no arcs.";
    this.part("by").replaceChildren(...(this.order === "back" ? rows : [make("span", {}, none)]));
  }

  private key(): void {
    const entries: [name: string, words: string][] = [
      ["own", "of its own column"],
      ["again", "of a column worked out again"],
      ["result", "a product or sum to work out"],
      ["unwritten", "a carry to work out"],
      ["lack", `wrong without the head, of ${this.data.n}`],
    ];
    const shown = this.rows.length ? entries : entries.slice(0, -1);
    this.part("key").replaceChildren(
      ...shown.map(([name, words]) => make("span", { class: name }, make("i"), words)),
    );
  }

  private lane(picture: SVGSVGElement, lane: Lane): Drawn {
    picture.replaceChildren();
    const arcs = lane.looks.flatMap((looks, n) =>
      looks.map((look) => {
        const need = needOf(lane.steps[n], look.from);
        const path = draw(picture, "path", { class: `arc ${need} ${lane.roles[look.from]}` });
        path.style.setProperty("--weight", String(look.weight));
        return { look, to: lane.given + n, path };
      }),
    );
    const drawn: Drawn = { lane, picture, arcs, tokens: [], marks: [] };
    drawn.tokens = lane.tokens.map((_, i) => this.token(drawn, i));
    for (const some of [drawn.tokens.slice(0, lane.given), drawn.tokens.slice(lane.given)])
      steppedThrough(some, ACROSS);
    for (const { label } of lane.groups) {
      const group = draw(picture, "g", { class: "group" });
      draw(group, "line");
      draw(group, "text").textContent = label;
    }
    return drawn;
  }

  private token(drawn: Drawn, i: number): SVGGElement {
    const { tokens, right, roles, places, given, steps } = drawn.lane;
    const wrong = tokens[i] !== right[i];
    const token = draw(drawn.picture, "g", { class: `token ${roles[i]}${wrong ? " wrong" : ""}` });
    draw(token, "rect", { class: "hit" });
    draw(token, "rect", { class: "reach", rx: 4 });
    draw(token, "text", { class: "sign" }).textContent = tokens[i];
    draw(token, "circle", { class: "ahead", r: 2 });
    if (i >= given) {
      const { results, carries } = steps[i - given];
      range(results + carries).forEach((row) => {
        const carry = row >= results;
        const mark = draw(token, "path", { class: carry ? "mark unwritten" : "mark result" });
        drawn.marks.push({ mark, token: i, row, carry });
      });
    }
    const spoken = wrong ? `${tokens[i]}, wrong, ${right[i]} is right` : tokens[i];
    set(token, { role: "img", "aria-label": `${spoken}, ${places[i]}` });
    token.onpointerenter = token.onfocus = () => this.light({ lane: drawn, token: i });
    token.onpointerleave = token.onblur = () => this.light(null);
    return token;
  }

  private headRow(i: number): SVGGElement {
    const { lane, picture } = this.working;
    const { name, row } = this.data.heads[i];
    const group = draw(picture, "g", { class: "head" });
    const label = draw(group, "g", { class: "label" });
    draw(label, "rect", { class: "reach", rx: 4 });
    draw(label, "text").textContent = `without ${name}`;
    set(label, { role: "img", "aria-label": `Without ${name}` });
    label.onpointerenter = label.onfocus = () => this.light({ head: i });
    label.onpointerleave = label.onblur = () => this.light(null);
    lane.steps.forEach((step, n) => {
      const cell = draw(group, "g", { class: "cell" });
      draw(cell, "rect", { class: "lack" });
      const look = row === null ? undefined : lane.looks[n][row];
      const need = look ? needOf(step, look.from) : "none";
      const sign = draw(cell, "text", { class: `fetched ${need}` });
      sign.textContent = look ? lane.tokens[look.from] : "";
    });
    return group;
  }

  // ------------------------------------------------------------ for the width there is

  protected override place(): void {
    const { width } = this.pictures.working.getBoundingClientRect();
    if (!width || width === this.width) return;
    this.width = width;
    const pitch = width / this.data.back.tokens.length;
    this.fit(this.plain, pitch, 0);
    this.fit(this.working, pitch, this.rows.length * ROW);
  }

  private fit(drawn: Drawn, pitch: number, below: number): void {
    const { lane, picture, arcs, tokens, marks } = drawn;
    const high = Math.min(HIGHEST, HIGH * this.width);
    const size = Math.min(LARGEST, SHARE * pitch * 1.15);
    const [line, middle] = [high + 8, high + 8 + 0.75 * size];
    const at = (i: number): number => (i + 0.5) * pitch;
    for (const { look, to, path } of arcs) {
      set(path, { d: bow(at(look.from), at(to), line, high) });
      set(path, { "stroke-width": Math.max(1, (WIDEST * look.weight * Math.min(40, pitch)) / 40) });
    }
    tokens.forEach((token, i) => {
      const [hit, reach, sign, dot] = token.children;
      set(reach, { x: i * pitch + 1, y: line, width: pitch - 2, height: 1.5 * size });
      set(hit, { x: i * pitch, y: line, width: pitch });
      set(sign, { x: at(i), y: middle, "font-size": size });
      set(dot, { cx: at(i), cy: middle });
    });
    const r = Math.min(4, 0.26 * pitch);
    const first = line + 1.5 * size + 24;
    for (const { mark, token, row, carry } of marks) {
      const [x, y] = [at(token), first + row * (2 * r + 3)];
      const [a, b] = carry ? [1.25 * r, 0] : [r, r];
      const square = `M${x - a} ${y - b}L${x + b} ${y - a}L${x + a} ${y + b}L${x - b} ${y + a}Z`;
      set(mark, { d: square });
    }
    this.fitGroups(drawn, pitch, line + 1.5 * size);
    const { results, carries } = most(this.data[drawn === this.plain ? "plain" : "front"]);
    const rows = first + (results + carries) * (2 * r + 3) + 4;
    this.rows.forEach((row, i) => drawn === this.working && this.fitRow(row, i, pitch, rows));
    for (const token of tokens) set(token.children[0], { height: rows - line });
    const height = rows + below;
    const wide = pitch * lane.tokens.length;
    if (drawn === this.plain) picture.style.width = `${wide}px`; // the other fills what there is
    set(picture, { viewBox: `0 0 ${wide} ${height}`, height });
  }

  private fitGroups({ lane, picture }: Drawn, pitch: number, y: number): void {
    [...picture.querySelectorAll(".group")].forEach((group, n) => {
      const { start, stop } = lane.groups[n];
      const [line, label] = group.children;
      set(line, { x1: (start + 0.1) * pitch, x2: (stop - 0.1) * pitch, y1: y + 1, y2: y + 1 });
      set(label, { x: ((start + stop) / 2) * pitch, y: y + 13 });
    });
  }

  private fitRow(row: SVGGElement, i: number, pitch: number, top: number): void {
    const { given } = this.working.lane;
    const foot = top + (i + 1) * ROW - 3;
    const [label, ...cells] = row.children;
    const [reach, text] = label.children;
    set(reach, { x: 0, y: foot - ROW + 5, width: given * pitch - 4, height: ROW - 4 });
    set(text, { x: given * pitch - 10, y: foot - 6 });
    cells.forEach((cell, n) => {
      const [lack, sign] = cell.children;
      const x = (given + n) * pitch;
      set(lack, { x: x + 2, y: foot - ROW + 5, width: pitch - 4, height: ROW - 5 });
      (lack as SVGElement).style.transformOrigin = `0 ${foot}px`;
      set(sign, { x: x + pitch / 2, y: foot - 6 });
    });
  }

  // ------------------------------------------------------------ the hand

  private turn(order: Order): void {
    if (order === this.order) return;
    this.order = order;
    this.lit = null;
    this.draw();
    this.again();
    this.part("order").querySelector<HTMLElement>('[aria-pressed="true"]')?.focus();
  }

  private replaceBy(i: number): void {
    this.by = i;
    this.choices();
    this.again();
    this.part("by").querySelector<HTMLElement>('[aria-pressed="true"]')?.focus();
  }

  /** Show the rows of ablated heads, or fold them away. */
  private ablate(): void {
    this.ablates = !this.ablates;
    this.lit = null;
    this.draw();
    this.again();
    this.part("by").querySelector<HTMLElement>("button")?.focus();
  }

  private light(lit: Lit): void {
    this.lit = lit;
    if (!this.plays) this.again();
  }

  protected override letGo(): void {
    this.lit = null;
    this.by = 0;
    this.ablates = false;
    this.order = "back";
    this.draw();
  }

  protected override landmarks(): Landmark[] {
    const { groups, given } = this.data.back;
    return groups.map(({ start, label }) => ({ at: start - given + 1, name: label }));
  }

  // ------------------------------------------------------------ drawn at every moment

  protected show(at: number): string {
    const lengths = [this.plain, this.working].map(({ lane }) =>
      Math.min(lane.given + at, lane.tokens.length),
    );
    [this.plain, this.working].forEach((drawn, i) => this.shade(drawn, lengths[i]));
    this.shadeRows(lengths[1]);
    const ended = at === this.working.lane.tokens.length - this.working.lane.given;
    const focus = this.focusOf(this.working, lengths[1]);
    if (ended && this.lit === null) this.sumUp();
    else this.onPaper(focus);
    this.sum(this.focusOf(this.plain, lengths[0]));
    return this.told(lengths, ended);
  }

  /** The token that is meant: the one pointed at, or, while others are to come, the newest. */
  private focusOf(drawn: Drawn, length: number): number | null {
    if (this.lit && "token" in this.lit)
      return this.lit.lane === drawn && this.lit.token < length ? this.lit.token : null;
    const whole = length === drawn.lane.tokens.length;
    return this.lit || whole || length === drawn.lane.given ? null : length - 1;
  }

  private shade(drawn: Drawn, length: number): void {
    const { lane, arcs, tokens } = drawn;
    const focus = this.focusOf(drawn, length);
    const head = this.lit && "head" in this.lit ? this.data.heads[this.lit.head].name : null;
    const typed = focus !== null && focus < lane.given;
    const step = focus !== null && !typed ? lane.steps[focus - lane.given] : null;
    const users = typed ? neededAmong(drawn, focus, length) : [];
    const strong = ({ look, to }: Drawn["arcs"][number]): boolean =>
      head !== null
        ? drawn === this.working && head.split(" and ").includes(look.head)
        : focus !== null && (typed ? look.from === focus && users.includes(to) : to === focus);
    for (const arc of arcs) {
      const meant = strong(arc);
      arc.path.classList.toggle("later", arc.to >= length);
      arc.path.classList.toggle("strong", meant);
    }
    tokens.forEach((token, i) => {
      const need = step ? needOf(step, i) : users.includes(i) ? "own" : "none";
      token.classList.toggle("later", i >= length);
      token.classList.toggle("now", i === focus);
      token.classList.toggle("own", need === "own");
      token.classList.toggle("again", need === "again");
      const near = focus === null ? head === null : i === focus || need !== "none";
      token.classList.toggle("aside", this.lit !== null && !near);
    });
  }

  private shadeRows(length: number): void {
    const { lane } = this.working;
    const focus = this.focusOf(this.working, length);
    const head = this.lit && "head" in this.lit ? this.lit.head : null;
    this.rows.forEach((row, i) => {
      const { wrong } = this.data.heads[i];
      const [label, ...cells] = row.children;
      label.classList.toggle("now", i === head);
      cells.forEach((cell, n) => {
        const share = wrong[this.by][n] / this.data.n;
        (cell.children[0] as SVGElement).style.transform = `scaleY(${share.toFixed(3)})`;
        cell.classList.toggle("later", lane.given + n >= length);
        const meant = head === null ? focus === null || focus === lane.given + n : i === head;
        cell.classList.toggle("aside", !meant);
      });
    });
  }

  /** The column before, its carry, and this column, on paper. */
  private onPaper(focus: number | null): void {
    const { lane } = this.working;
    const step = focus !== null && focus >= lane.given ? lane.steps[focus - lane.given] : null;
    const has = step !== null && step.carry !== null;
    fill(this.part("before"), "the column before", has ? step.before : "");
    fill(this.part("carry"), "in no token", has ? `carry ${step.carry}` : "");
    fill(this.part("column"), "this column", step?.now ?? "");
  }

  /** Both lanes are written: what one token has to work out at most. */
  private sumUp(): void {
    const [plain, working] = this.loads();
    fill(this.part("before"), "plain, for one token at most", plain);
    fill(this.part("carry"), "in no token", "");
    fill(this.part("column"), "with working, at most", working);
  }

  private loads(): [plain: string, working: string] {
    return [load(most(this.data.plain), ...PRODUCTS), load(most(this.working.lane), ...RESULTS)];
  }

  /** Beside the plain lane, what its token has to work out, and which heads look. */
  private sum(focus: number | null): void {
    const { lane } = this.plain;
    const step = focus !== null && focus >= lane.given ? lane.steps[focus - lane.given] : null;
    const lines =
      step?.now && focus !== null
        ? [
            make("b", {}, `${lane.tokens[focus]} needs ${load(step, ...PRODUCTS)}`),
            make(
              "span",
              { class: "again" },
              step.before && `${step.before}, carry ${step.carry}; `,
            ),
            make("span", {}, `${step.now}.`),
            make("div", {}, `Heads that look ${looksOf(lane, focus)}.`),
          ]
        : [
            make(
              "div",
              {},
              "Point at a token: its arcs are heads of any layer with much of their weight on a digit.",
            ),
          ];
    this.part("sum").replaceChildren(...lines);
  }

  private told([plain, working]: number[], ended: boolean): string {
    const { lit, data } = this;
    if (lit && "head" in lit) return toldOfHeads(data.back, data.heads[lit.head], this.by, data.n);
    if (lit && "token" in lit) {
      const length = lit.lane === this.plain ? plain : working;
      if (lit.token < length) return this.toldOf(lit.lane, lit.token, length);
    }
    if (ended) {
      const loads = this.loads();
      return `Written. For one token the plain model has to work out up to ${loads[0]}; with the working ${ORDERS[this.order]}, up to ${loads[1]}.`;
    }
    const { lane } = this.working;
    if (working === lane.given) return `${lane.tokens.slice(0, working).join("")} is typed.`;
    return this.toldOf(this.working, working - 1, working);
  }

  private toldOf(drawn: Drawn, token: number, length: number): string {
    const { lane } = drawn;
    if (token < lane.given) return toldOfTyped(lane, token, length);
    const paper = onPaper(lane, token);
    const n = token - lane.given;
    if (drawn === this.plain) {
      const step = lane.steps[n];
      const looks = looksOf(lane, token);
      return `${paper} At once: ${load(step, ...PRODUCTS)}. Heads that look ${looks || "at a digit: none"}.`;
    }
    if (!this.rows.length) return paper;
    return `${paper} ${withoutEach(this.data.heads, this.by, n, this.data.n)}`;
  }
}

function neededAmong({ lane }: Drawn, token: number, length: number): number[] {
  return range(length).filter(
    (i) => i >= lane.given && needOf(lane.steps[i - lane.given], token) !== "none",
  );
}

function pressed(words: string, on: boolean, press: () => void): HTMLButtonElement {
  const button = make("button", { type: "button", "aria-pressed": String(on) }, words);
  button.onclick = press;
  return button;
}

function fill(element: HTMLElement, name: string, text: string): void {
  element.replaceChildren(make("b", {}, text || " "), make("span", {}, name));
  element.classList.toggle("empty", !text);
}

export default mounted(Lanes);
