// Softmax in pieces: cards come in an order that the reader changes, and of all that came only m, l
// and O are kept. Beside it softmax without m, in float16.

import { make } from "../shared/dom";
import { answerOf, naive, verdict, written } from "./maths/half";
import {
  along,
  answer,
  around,
  shareOf,
  arrivals,
  atOnce,
  equation,
  factor,
  growth,
  largestOf,
  listed,
  moved,
  ordered,
  plain,
  reach,
  shrinkage,
  shrinks,
  told,
  type Arrival,
  type Card,
  type Kept,
  type Order,
} from "./maths/registers";
import "./registers.css";
import type { Sent } from "./shared/drawing";
import { say, set, setShare } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { percent, range, signed, type Pair } from "./shared/numbers";
import { Slide } from "./shared/slide";

const IN_A_ROW = 8; // on a narrow screen

interface Data extends Sent {
  alt: string;
  labels: string[];
  scores: number[];
  values: number[][];
  /** How long the cards take to come. */
  seconds: number;
}

/** Bars that begin at zero, all on one scale. */
class Bars {
  readonly frame: HTMLElement;
  private readonly bars: HTMLElement[];

  constructor(...kinds: string[]) {
    this.bars = kinds.map((kind) => make("i", { class: kind }));
    this.frame = make("div", { class: "bars", "aria-hidden": "true" }, ...this.bars);
  }

  lay(scale: Pair, ...numbers: number[]): void {
    const zero = along(scale, 0);
    setShare(this.frame, "--zero", zero);
    this.bars.forEach((bar, i) => {
      const end = along(scale, numbers[i]);
      setShare(bar, "--from", Math.min(zero, end));
      setShare(bar, "--size", Math.abs(end - zero));
      setShare(bar, "--end", end);
      bar.classList.toggle("negative", numbers[i] < 0);
    });
  }
}

interface Drawn {
  item: HTMLElement;
  card: HTMLElement;
  score: HTMLElement;
  value: Bars;
  shrunk: HTMLElement;
}

/** A number that is kept, or what follows from it: bars, and beside them words. */
interface Line {
  bars: Bars;
  words: HTMLElement;
}

function line(...kinds: string[]): Line {
  return { bars: new Bars(...kinds), words: make("div", { class: "words" }) };
}

const shown = ({ bars, words }: Line): HTMLElement[] => [bars.frame, words];

class Registers extends MovingDrawing<Data> {
  private readonly orders = this.all("[data-order]");
  private readonly sizes = this.all("[data-size]");
  /** In the order in which they are written; so are those `drawn`. */
  private cards: Card[] = [];
  private drawn: Drawn[] = [];
  /** Which card comes first, second, ... */
  private order: number[] = [];
  /** So many come at a time. */
  private size = 1;
  private m!: HTMLElement;
  private shrink!: HTMLElement;
  private l!: Line;
  private O: Line[] = [];
  private answers: Line[] = [];
  /** The card under the hand or the focus. */
  private pointed: number | null = null;

  protected override begin(): void {
    for (const button of this.orders)
      button.onclick = () => this.arrange(button.dataset["order"] as Order);
    for (const button of this.sizes)
      button.onclick = () => this.deal(Number(button.dataset["size"]));
  }

  protected override rebuild(before: Data): void {
    if (shapeOf(this.data) !== shapeOf(before)) return this.build();
    this.fill();
    this.again();
  }

  // ------------------------------------------------------------ built once

  protected build(): void {
    const { labels, values } = this.data;
    this.order = range(labels.length);
    this.drawn = this.order.map((i) => this.buildCard(i));
    const list = this.part("cards");
    const rows = Math.ceil(labels.length / IN_A_ROW);
    list.style.setProperty("--in-a-row", String(labels.length));
    list.style.setProperty("--narrow", String(Math.ceil(labels.length / rows)));
    list.replaceChildren(...this.drawn.map(({ item }) => item));
    this.buildKept(values[0].length);
    this.fill();
    this.comeOnce();
  }

  private buildCard(i: number): Drawn {
    const { labels, values } = this.data;
    const score = make("div", { class: "score" });
    const value = new Bars(...values[i].map(() => "positive"));
    const label = make("div", { class: "label" }, labels[i]);
    const mark = { class: "card", role: "slider", tabindex: 0, "aria-valuemin": 1 };
    const card = make("div", mark, label, score, value.frame);
    const shrunk = make("div", { class: "factor" });
    const item = make("li", {}, card, shrunk);
    card.onpointerenter = card.onfocus = () => this.point(i);
    card.onpointerleave = card.onblur = () => this.point(null);
    new Slide(card, card, {
      step: 1,
      now: () => this.order.indexOf(i),
      bounds: () => [0, this.order.length - 1],
      unit: () => item.offsetWidth,
      move: (place) => this.move(i, place),
    });
    return { item, card, score, value, shrunk };
  }

  private buildKept(width: number): void {
    const sum = (): Line => line("was", "shrunk", "now");
    [this.m, this.shrink] = range(2).map(() => make("div", { class: "alone" }));
    this.l = sum();
    this.O = range(width).map(sum);
    this.answers = range(width).map(() => line("now", "aim"));
    const numbered = (i: number): HTMLElement | null =>
      width > 1 ? make("sub", {}, String(i + 1)) : null;
    this.part("kept").replaceChildren(
      ...[make("b", {}, "m"), this.m],
      ...[make("b", {}, "shrink"), this.shrink],
      ...[make("b", {}, "l"), ...shown(this.l)],
      ...this.O.flatMap((one, i) => [make("b", {}, "O", numbered(i)), ...shown(one)]),
      make("hr"),
      ...this.answers.flatMap((one, i) => [make("b", {}, "O", numbered(i), " / l"), ...shown(one)]),
    );
  }

  // ------------------------------------------------------------ what the numbers say

  /** Scores and values into what is built. */
  private fill(): void {
    const { scores, values, alt } = this.data;
    this.cards = scores.map((score, i) => ({ score, value: values[i] }));
    this.part("kept").setAttribute("aria-label", alt);
    this.drawn.forEach((_, i) => this.fillCard(i));
    this.fillNaive();
  }

  private fillCard(i: number): void {
    const { card, score, value } = this.drawn[i];
    const { labels, scores, values } = this.data;
    score.textContent = plain(scores[i]);
    value.lay(this.scale(), ...values[i]);
    const numbers = listed(values[i].map(plain));
    set(card, {
      "aria-label": `“${labels[i]}”, score ${plain(scores[i])}, value ${numbers}`,
      "aria-valuemax": scores.length,
    });
  }

  /** Of values, and so of the answer, which lies between them. */
  private scale(): Pair {
    return around(this.data.values.flat());
  }

  private fillNaive(): void {
    const { labels } = this.data;
    const found = naive(this.cards);
    this.part("powers").replaceChildren(
      ...this.cards.map(({ score }, i) =>
        make(
          "tr",
          {},
          make("th", { scope: "row" }, labels[i]),
          make("td", {}, plain(score)),
          cell([found.powers[i]]),
        ),
      ),
    );
    const total = (name: string, td: HTMLElement): HTMLElement =>
      make("tr", {}, make("th", { scope: "row", colspan: 2 }, name), td);
    this.part("totals").replaceChildren(
      total("their sum", cell([found.sum])),
      total("times value, summed", cell(found.blend)),
      total("answer", cell(found.answer, answerOf(found.answer))),
    );
    say(this.part("verdict"), verdict(this.cards, found));
  }

  // ------------------------------------------------------------ the order, and how many come

  /** The cards come once, or all have come where no motion is wanted. */
  private comeOnce(): void {
    const blocks = Math.ceil(this.order.length / this.size);
    this.playOnce(this.evenly(blocks, this.data.seconds));
  }

  private arrange(order: Order): void {
    this.order = ordered(this.cards, order);
    this.gather(this.order[0]);
    this.comeOnce();
  }

  private deal(size: number): void {
    this.size = size;
    this.comeOnce();
  }

  private move(card: number, place: number): void {
    this.order = moved(this.order, this.order.indexOf(card), place);
    this.gather(card);
    this.pointed = null; // what the order makes of it is told
    this.markLandmarks();
    this.again();
  }

  /** One card, and its share of the answer. */
  private point(card: number | null): void {
    this.pointed = card;
    if (!this.plays) this.again();
  }

  protected override letGo(): void {
    this.pointed = null;
  }

  /** Where a larger score shrinks what was kept. */
  protected override landmarks(): Landmark[] {
    return arrivals(this.inOrder, this.size).flatMap((arrival, i) =>
      shrinks(arrival) ? [{ at: i + 1, name: "m grows" }] : [],
    );
  }

  private get inOrder(): Card[] {
    return this.order.map((i) => this.cards[i]);
  }

  /** Puts the others around the one that is held: it would lose hand and focus if it were moved. */
  private gather(held: number): void {
    const at = this.order.indexOf(held);
    const items = this.order.map((i) => this.drawn[i].item);
    items[at].before(...items.slice(0, at));
    this.part("cards").append(...items.slice(at + 1));
  }

  // ------------------------------------------------------------ drawn at every moment

  protected show(moment: number): string {
    const all = arrivals(this.inOrder, this.size);
    this.drawButtons();
    this.drawCards(all, moment);
    this.drawKept(moment ? all[moment - 1] : null);
    if (!this.plays && this.pointed !== null) return this.saidOf(this.pointed);
    return told(this.inOrder, this.size, moment);
  }

  private saidOf(card: number): string {
    const { score, value } = this.cards[card];
    const numbers = listed(value.map(plain));
    const share = percent(shareOf(this.cards, card));
    return `“${this.data.labels[card]}”: score ${plain(score)}, value ${numbers}. Of all cards softmax gives it ${share}.`;
  }

  private drawButtons(): void {
    for (const button of this.orders) {
      const order = ordered(this.cards, button.dataset["order"] as Order);
      set(button, { "aria-pressed": String(order) === String(this.order) });
    }
    for (const button of this.sizes)
      set(button, { "aria-pressed": Number(button.dataset["size"]) === this.size });
  }

  private drawCards(all: readonly Arrival[], moment: number): void {
    const n = this.order.length;
    this.order.forEach((i, place) => {
      const { item, card, shrunk } = this.drawn[i];
      const comes = Math.floor(place / this.size);
      item.className = comes >= moment ? "later" : comes === moment - 1 ? "newest" : "gone";
      item.classList.toggle("aside", this.pointed !== null && i !== this.pointed);
      set(card, { "aria-valuenow": place + 1, "aria-valuetext": `comes ${place + 1} of ${n}` });
      const arrival = all[comes];
      const told = comes < moment && shrinks(arrival) && place % this.size === largestOf(arrival);
      shrunk.textContent = told ? times(arrival.shrink) : "";
    });
  }

  private drawKept(arrival: Arrival | null): void {
    this.m.textContent = arrival ? growth(arrival) : "none yet";
    this.shrink.textContent = arrival ? shrinkage(arrival) : NONE;
    this.shrink.classList.toggle("shrinks", !!arrival && shrinks(arrival));
    const parts = range(this.O.length);
    const reaches = parts.flatMap((i) => reach(this.cards, ({ value }) => value[i]));
    drawSum(
      this.l,
      reach(this.cards, () => 1),
      arrival,
      ({ l }) => l,
    );
    for (const i of parts) drawSum(this.O[i], around(reaches), arrival, ({ O }) => O[i]);
    const whole = atOnce(this.cards);
    const now = arrival && answer(arrival.after);
    this.answers.forEach(({ bars, words }, i) => {
      bars.lay(this.scale(), now?.[i] ?? 0, whole[i]);
      const aim = make("span", {}, `at once ${signed(whole[i], 2)}`);
      words.replaceChildren(now ? signed(now[i], 2) : NONE, aim);
    });
  }
}

const NONE = "–";

function drawSum(
  { bars, words }: Line,
  scale: Pair,
  arrival: Arrival | null,
  part: (kept: Kept) => number,
): void {
  const before = arrival ? part(arrival.before) : 0;
  bars.lay(scale, before, arrival ? arrival.shrink * before : 0, arrival ? part(arrival.after) : 0);
  words.textContent = arrival ? equation(arrival, part) : NONE;
}

/** ×0.37 */
function times(shrink: number): string {
  const by = factor(shrink);
  return by.startsWith("<") ? by : `×${by}`;
}

function cell(numbers: readonly number[], text = listed(numbers.map(written))): HTMLElement {
  return make("td", { class: numbers.every(Number.isFinite) ? "" : "lost" }, text);
}

/** Below the same shape a reader keeps the order. */
function shapeOf({ labels, values }: Data): string {
  return JSON.stringify([labels, values[0].length]);
}

export default mounted(Registers);
