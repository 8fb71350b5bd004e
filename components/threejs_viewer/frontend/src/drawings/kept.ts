// K or V of every layer after t tokens, after t + 1, and the difference of the two; with the causal
// mask or without. All lines come from Python, and so do the largest changes, since bytes are coarse.

import { make } from "../shared/dom";
import "./kept.css";
import { difference, linesAfter, told, written, type Changes } from "./maths/lines";
import type { Sent } from "./shared/drawing";
import { set } from "./shared/elements";
import { landmarksOf, type Landmark } from "./shared/landmarks";
import { HeatMap, Strip } from "./shared/lines";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { range, signedBytes } from "./shared/numbers";
import { steppedThrough, UP_DOWN } from "./shared/stepped";

type What = "keys" | "values";
type Mask = "on" | "off";

interface Packed {
  /** For each layer all lines after 1, 2, ... tokens as signed bytes, 127 the largest; base64. */
  lines: string[];
  /** For each step from 1 token on, by layer, over all heads. */
  change: number[][];
  rounding: boolean[][];
}

interface Data extends Record<What, Record<Mask, Packed>>, Sent {
  tokens: string[];
  n_layer: number;
  n_head: number;
  /** The one that is drawn. */
  head: number;
  /** Numbers of a line. */
  width: number;
  start: number;
  alt: string;
}

interface Layer {
  before: HeatMap;
  after: HeatMap;
  difference: HeatMap;
  change: HTMLElement;
  /** All that is drawn of it, its number first. */
  parts: HTMLElement[];
}

/** A moment is so many tokens. */
class Kept extends MovingDrawing<Data> {
  private readonly frame = this.coloured(this.part("layers"));
  private readonly choices = this.all(".choice button");
  private strip!: Strip;
  /** Of the maps before and after. */
  private heads: HTMLElement[] = [];
  private layers: Layer[] = [];
  private lines!: Record<What, Record<Mask, Int8Array[]>>;
  private what: What = "keys";
  private mask: Mask = "on";
  protected override at = this.data.start;
  /** The layer under the hand or the focus. */
  private pointed: number | null = null;

  protected override begin(): void {
    for (const button of this.choices) button.onclick = () => this.choose(button.dataset);
  }

  protected override recolour(): void {
    this.again();
  }

  protected override rebuild({ tokens, start }: Data): void {
    if (this.data.tokens.length !== tokens.length || this.data.start !== start)
      this.at = this.data.start;
    this.build();
  }

  private choose({ what, mask }: DOMStringMap): void {
    this.what = (what as What | undefined) ?? this.what;
    this.mask = (mask as Mask | undefined) ?? this.mask;
    this.again();
  }

  protected build(): void {
    const { frame } = this;
    const { tokens, n_layer, n_head, head, alt } = this.data;
    const unpacked = ({ on, off }: Record<Mask, Packed>): Record<Mask, Int8Array[]> => ({
      on: on.lines.map(signedBytes),
      off: off.lines.map(signedBytes),
    });
    this.lines = { keys: unpacked(this.data.keys), values: unpacked(this.data.values) };
    this.strip = new Strip(this.part("strip"), tokens);
    this.part("counts").textContent =
      `Drawn: head ${head}. Changes: the largest of all ${n_head} heads, as a share of the layer’s largest number.`;
    frame.setAttribute("aria-label", alt);
    frame.style.setProperty("--rows", String(tokens.length));
    this.pointed = null;
    this.heads = range(2).map(() => title(make("b"), make("span")));
    this.layers = range(n_layer).map((layer) => this.buildLayer(layer));
    frame.replaceChildren(
      title("layer"),
      ...this.heads,
      title(`difference, ${STRONGER} times as strong`),
      title("largest change of old lines"),
      ...this.layers.flatMap(({ parts }) => parts),
    );
    steppedThrough(
      this.layers.map(({ parts }) => parts[0]),
      UP_DOWN,
    );
    this.wait(this.evenly(tokens.length - 1, SECONDS), this.at);
  }

  private buildLayer(layer: number): Layer {
    const { tokens, width } = this.data;
    const map = (strength = 1): HeatMap => new HeatMap(tokens.length, width, strength);
    const change = make("div", { class: "change" });
    const number = make("div", { class: "layer", role: "img" }, String(layer));
    const [before, after, difference] = [map(), map(), map(STRONGER)];
    const parts = [number, before.box, after.box, difference.box, change];
    for (const part of parts) {
      part.onpointerenter = () => this.point(layer);
      part.onpointerleave = () => this.point(null);
      part.onclick = () => number.focus(); // a finger that is lifted leaves
    }
    number.onfocus = () => this.point(layer);
    number.onblur = () => this.point(null);
    return { before, after, difference, change, parts };
  }

  /** One layer, and what the new line changed in it. */
  private point(layer: number | null): void {
    this.pointed = layer;
    this.layers.forEach(({ parts }, i) => {
      for (const part of parts) part.classList.toggle("aside", layer !== null && i !== layer);
    });
    this.again();
  }

  protected override letGo(): void {
    this.point(null);
  }

  /** The token that adds its line begins the working, or the answer. */
  protected override landmarks(): Landmark[] {
    return landmarksOf(this.data.tokens).map(({ at, name }) => ({ at: at - 1, name }));
  }

  protected show(t: number): string {
    for (const button of this.choices) {
      const { what, mask } = button.dataset;
      set(button, { "aria-pressed": what === this.what || mask === this.mask });
    }
    this.part("length").textContent = `t = ${t}`;
    this.strip.grow(t + 1);
    const changes = this.changes();
    this.drawHeads();
    this.layers.forEach((layer, i) => this.drawLayer(layer, i, changes));
    return this.reading(changes);
  }

  protected override worded(): string {
    return `after ${counted(this.at)}`;
  }

  private changes(): Changes {
    const { change, rounding } = this.data[this.what][this.mask];
    return { change: change[this.at - 1], rounding: rounding[this.at - 1] };
  }

  private drawHeads(): void {
    const letter = this.what === "keys" ? "K" : "V";
    const named = [` after ${counted(this.at)}`, ` after ${this.at + 1}`];
    this.heads.forEach((head, i) => {
      head.firstElementChild!.textContent = letter;
      head.lastElementChild!.textContent = named[i];
    });
  }

  private drawLayer(layer: Layer, i: number, { change, rounding }: Changes): void {
    const { at: t, data } = this;
    const all = this.lines[this.what][this.mask][i];
    const [before, after] = [t, t + 1].map((n) => linesAfter(n, all, data.width));
    layer.before.show(before, null);
    layer.after.show(after, t);
    layer.difference.show(difference(before, after), t);
    layer.change.textContent = written(change[i], rounding[i]);
    layer.change.classList.toggle("moved", !rounding[i]);
    set(layer.parts[0], { "aria-label": `layer ${i}, largest change ${layer.change.textContent}` });
  }

  private reading(changes: Changes): string {
    if (this.pointed !== null) {
      const { change, rounding } = changes;
      const most = written(change[this.pointed], rounding[this.pointed]);
      const lines = counted(this.at);
      return `Layer ${this.pointed}: one line more after ${lines}, largest change of the old ones ${most}.`;
    }
    const token = `“${this.data.tokens[this.at]}”`;
    return `Token ${this.at + 1}, ${token}, adds one line to every layer. ${told(changes)}`;
  }
}

function title(...words: (Node | string)[]): HTMLElement {
  return make("div", { class: "head" }, ...words);
}

function counted(n: number): string {
  return n === 1 ? "1 token" : `${n} tokens`;
}

const SECONDS = 8; // from the first token to the last
const STRONGER = 3; // a change is smaller than what changes, and is what is to be seen

export default mounted(Kept);
