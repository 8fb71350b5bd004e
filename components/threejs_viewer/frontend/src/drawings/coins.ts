// What a model expects next: a bar for each digit, its logit, and the loss of the right one as a pile
// of coins. The bar of the wrong digit that it wrote is a moment; a hand moves it, and the right one.

import "./coins.css";
import { COIN, loss, pile, softmax } from "./maths/coins";
import type { Sent } from "./shared/drawing";
import { draw, set } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { percent, range, signed } from "./shared/numbers";
import { Slide } from "./shared/slide";

const TENTHS = 10; // moments for a logit of 1
const [TOP, HEIGHT, FOOT] = [26, 250, 50]; // of the plot; below it digits and probabilities
const PILE = 0.3; // of the width
const KNOB = 8;
const WIDEST = 84; // pixels of a coin

interface Data extends Sent {
  /** The text so far; the tokens that may come, and their logits as the model has them. */
  given: string;
  tokens: string;
  logits: number[];
  /** How many of the tokens have a bar: the first ones. */
  shown: number;
  right: number;
  wrong: number;
  /** From the least to the largest logit of the wrong token. */
  low: number;
  high: number;
  /** The least and the largest that has room. */
  least: number;
  most: number;
  alt: string;
  seconds: number;
}

interface Column {
  group: SVGGElement;
  /** Where a hand takes hold of it. */
  grip: SVGRectElement;
  bar: SVGRectElement;
  share: SVGTextElement;
}

class Coins extends MovingDrawing<Data> {
  private readonly plot = this.watched<SVGSVGElement>("plot");
  private columns: Column[] = [];
  private knobs: SVGCircleElement[] = [];
  private slides: Slide[] = [];
  private axes!: SVGGElement;
  private heap!: SVGGElement;
  private width = 0;
  /** The logit of the right token, which a hand moves. */
  private right = 0;

  protected build(): void {
    const { given, tokens, shown, right, wrong, logits, alt, seconds } = this.data;
    const { plot } = this;
    for (const slide of this.slides) slide.dispose();
    plot.replaceChildren();
    set(plot, { "aria-label": alt });
    const written = `After ${given} comes ${tokens[right]}. The model wrote ${tokens[wrong]}.`;
    this.part("headline").textContent =
      `${written} Drag the bar of either digit to change the loss.`;
    this.right = logits[right];
    this.axes = draw(plot, "g", { class: "axes" });
    this.columns = range(shown).map((i) => {
      const kind = i === right ? "right" : i === wrong ? "wrong" : "other";
      const group = draw(plot, "g", { class: `column ${kind}` });
      const grip = draw(group, "rect", { class: "grip" });
      const bar = draw(group, "rect", { class: "bar" });
      const name = draw(group, "text", { class: "digit" });
      name.textContent = `${tokens[i]}${i === right ? "✓" : i === wrong ? "✗" : ""}`;
      return { group, grip, bar, share: draw(group, "text", { class: "share" }) };
    });
    this.heap = draw(plot, "g", { class: "heap" });
    this.knobs = [wrong, right].map((token) => this.buildKnob(token));
    this.slides = this.knobs.map((knob, i) => this.buildSlide(knob, i === 0));
    this.place();
    this.playOnce(this.evenly(this.home, seconds, "smooth"), this.last);
  }

  private buildKnob(token: number): SVGCircleElement {
    const { tokens, right } = this.data;
    const kind = token === right ? "right" : "wrong";
    return draw(this.columns[token].group, "circle", {
      class: "knob",
      r: KNOB,
      tabindex: 0,
      role: "slider",
      "aria-orientation": "vertical",
      "aria-label": `Logit of ${tokens[token]}, the ${kind} digit`,
    });
  }

  private buildSlide(knob: SVGCircleElement, wrong: boolean): Slide {
    const { low, high, least, most, wrong: token, right } = this.data;
    return new Slide(knob, this.columns[wrong ? token : right].group, {
      step: 1 / TENTHS,
      upright: true,
      now: () => (wrong ? this.wrong : this.right),
      bounds: () => [low, wrong ? high : most],
      unit: () => HEIGHT / (most - least),
      move: (value) => {
        if (!wrong) this.right = value;
        this.stopAt(wrong ? Math.round((value - low) * TENTHS) : this.at);
      },
    });
  }

  private get last(): number {
    return Math.round((this.data.high - this.data.low) * TENTHS);
  }

  /** The logit of the wrong token. */
  private get wrong(): number {
    return this.data.low + this.at / TENTHS;
  }

  private now(): number[] {
    const { logits, right, wrong } = this.data;
    return logits.map((logit, i) => (i === wrong ? this.wrong : i === right ? this.right : logit));
  }

  /** Where the model has the wrong token. */
  protected override get home(): number {
    const { logits, wrong, low } = this.data;
    return Math.round((logits[wrong] - low) * TENTHS);
  }

  protected override letGo(): void {
    this.right = this.data.logits[this.data.right];
  }

  protected override landmarks(): Landmark[] {
    return [{ at: this.home, name: "the model" }];
  }

  // ------------------------------------------------------------ where all stands

  private get split(): number {
    return this.width * (1 - PILE) - 8;
  }

  private get step(): number {
    return (this.split - 30) / this.data.shown;
  }

  private x(i: number): number {
    return 30 + this.step * (i + 0.5);
  }

  private y(logit: number): number {
    const { least, most } = this.data;
    return TOP + (HEIGHT * (most - logit)) / (most - least);
  }

  /** So many coins above the ground; the largest loss has room. */
  private level(coins: number): number {
    return TOP + HEIGHT * (1 - coins / this.coins);
  }

  private get coins(): number {
    return Math.ceil((this.data.most - this.data.low) / COIN) + 1;
  }

  protected override place(): void {
    this.width = this.plot.clientWidth;
    if (!this.width) return;
    const { axes, columns, split } = this;
    const height = TOP + HEIGHT + FOOT;
    set(this.plot, { viewBox: `0 0 ${this.width} ${height}`, height });
    axes.replaceChildren();
    const { least, most } = this.data;
    for (let logit = Math.ceil(least / 10) * 10; logit <= most; logit += 10) {
      const y = this.y(logit);
      draw(axes, "line", { class: logit ? "" : "zero", x1: 28, x2: split, y1: y, y2: y });
      draw(axes, "text", { class: "tick", x: 24, y }).textContent = signed(logit, 0);
    }
    draw(axes, "text", { class: "head", x: 0, y: 10 }).textContent = "logit";
    draw(axes, "text", { class: "head", x: split + 14, y: 10 }).textContent = "loss, in coins";
    for (let coins = 0; coins <= this.coins; coins += 5) {
      const y = this.level(coins);
      draw(axes, "line", { x1: split + 34, x2: this.width, y1: y, y2: y });
      draw(axes, "text", { class: "tick", x: split + 30, y }).textContent = String(coins);
    }
    columns.forEach(({ grip, bar, share }, i) => {
      const wide = 0.62 * this.step;
      set(grip, { x: this.x(i) - this.step / 2, width: this.step });
      set(bar, { x: this.x(i) - wide / 2, width: wide });
      set(share, { x: this.x(i), y: TOP + HEIGHT + 40 });
      set(share.previousElementSibling!, { x: this.x(i), y: TOP + HEIGHT + 22 });
    });
    const { right, wrong } = this.data;
    this.knobs.forEach((knob, i) => set(knob, { cx: this.x(i ? right : wrong) }));
    this.again();
  }

  // ------------------------------------------------------------ drawn at every moment

  protected show(): string {
    const logits = this.now();
    const p = softmax(logits);
    if (this.width) {
      this.columns.forEach(({ grip, bar, share }, i) => {
        const [from, to] = [this.y(Math.max(logits[i], 0)), this.y(Math.min(logits[i], 0))];
        set(bar, { y: from, height: Math.max(to - from, 1) });
        set(grip, { y: from - 2 * KNOB, height: to - from + 4 * KNOB });
        share.textContent = p[i] < 5e-4 ? "" : percent(p[i]);
      });
      const { right, wrong, most, low, high } = this.data;
      this.knobs.forEach((knob, i) => {
        const logit = i ? this.right : this.wrong;
        set(knob, { cy: this.y(logit), "aria-valuenow": logit.toFixed(1) });
        set(knob, { "aria-valuemin": low, "aria-valuemax": i ? most : high });
        const spoken = `${signed(logit, 1)}, probability ${percent(p[i ? right : wrong])}`;
        set(knob, { "aria-valuetext": spoken });
      });
      this.showPile(loss(logits, this.data.right));
    }
    return this.told(p, loss(logits, this.data.right));
  }

  private showPile(nats: number): void {
    const { heap, split, width } = this;
    const wide = Math.min(width - split - 46, WIDEST);
    const x = split + 37 + (width - split - 40 - wide) / 2;
    const tall = HEIGHT / this.coins;
    heap.replaceChildren();
    pile(nats).forEach((share, i) => {
      const y = this.level(i + share);
      draw(heap, "rect", {
        x,
        width: wide,
        y: y + 0.5,
        height: Math.max(share * tall - 1, 0.5),
        rx: tall / 2.5,
      });
    });
    const said = draw(heap, "text", { x: x + wide / 2, y: this.level(nats / COIN) - 9 });
    said.textContent = (nats / COIN).toFixed(1);
  }

  private told(p: readonly number[], nats: number): string {
    const { tokens, right, wrong, logits } = this.data;
    const own = this.at === this.home && this.right === logits[right];
    const moved = this.plays ? `Below where the model has ${tokens[wrong]}` : "With the bars moved";
    const whose = own ? "As the model has it" : moved;
    const shares = `${tokens[wrong]} has ${percent(p[wrong])}, and ${tokens[right]}, the right one, ${percent(p[right])}`;
    const coins = (nats / COIN).toFixed(1);
    return `${whose}, ${shares}. The loss is ${nats.toFixed(2)} nats, as much as ${coins} tosses of a fair coin.`;
  }
}

export default mounted(Coins);
