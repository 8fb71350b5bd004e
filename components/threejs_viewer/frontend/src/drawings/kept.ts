// K or V of every layer after t tokens, after t + 1, and the difference of the two; with the causal
// mask or without. All lines come from Python, and so do the largest changes, since bytes are coarse.

import { make } from "../shared/dom";
import "./kept.css";
import { difference, linesAfter, told, written, type Changes } from "./maths/lines";
import { onColours, partsOf, say, set, type Part } from "./shared/elements";
import { HeatMap, Strip } from "./shared/lines";
import { mounted } from "./shared/mount";
import { range, signedBytes } from "./shared/numbers";

type What = "keys" | "values";
type Mask = "on" | "off";

interface Packed {
  /** For each layer all lines after 1, 2, ... tokens as signed bytes, 127 the largest; base64. */
  lines: string[];
  /** For each step from 1 token on, by layer, over all heads. */
  change: number[][];
  rounding: boolean[][];
}

interface Data extends Record<What, Record<Mask, Packed>> {
  digest: string;
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
}

class Kept {
  private readonly part: Part;
  private readonly scrub: HTMLInputElement;
  private readonly choices: HTMLElement[];
  private strip!: Strip;
  /** Of the maps before and after. */
  private heads: HTMLElement[] = [];
  private layers: Layer[] = [];
  private lines!: Record<What, Record<Mask, Int8Array[]>>;
  private what: What = "keys";
  private mask: Mask = "on";
  /** Tokens so far. */
  private t: number;

  constructor(
    root: HTMLElement,
    private data: Data,
  ) {
    this.t = data.start;
    this.part = partsOf(root);
    this.scrub = this.part("scrub");
    this.scrub.oninput = () => {
      this.t = Number(this.scrub.value);
      this.draw();
    };
    this.choices = [...root.querySelectorAll<HTMLElement>(".choice button")];
    for (const button of this.choices) button.onclick = () => this.choose(button.dataset);
    onColours(this.part("layers"), () => this.draw());
    this.build();
  }

  dispose(): void {}

  load(data: Data): void {
    if (data.digest === this.data.digest) return this.draw();
    if (data.tokens.length !== this.data.tokens.length || data.start !== this.data.start)
      this.t = data.start;
    this.data = data;
    this.build();
  }

  private choose({ what, mask }: DOMStringMap): void {
    this.what = (what as What | undefined) ?? this.what;
    this.mask = (mask as Mask | undefined) ?? this.mask;
    this.draw();
  }

  private build(): void {
    const { tokens, n_layer, n_head, head, alt } = this.data;
    const unpacked = ({ on, off }: Record<Mask, Packed>): Record<Mask, Int8Array[]> => ({
      on: on.lines.map(signedBytes),
      off: off.lines.map(signedBytes),
    });
    this.lines = { keys: unpacked(this.data.keys), values: unpacked(this.data.values) };
    this.scrub.max = String(tokens.length - 1);
    this.strip = new Strip(this.part("strip"), tokens);
    this.part("counts").textContent = `Drawn: head ${head}. Changes: the largest of all ${n_head}.`;
    const frame = this.part("layers");
    frame.setAttribute("aria-label", alt);
    frame.style.setProperty("--rows", String(tokens.length));
    this.heads = range(2).map(() => title(make("b"), make("span")));
    this.layers = range(n_layer).map(() => this.buildLayer());
    frame.replaceChildren(
      title("layer"),
      ...this.heads,
      title(`difference, ${STRONGER} times as strong`),
      title("largest change of old lines"),
      ...this.layers.flatMap(({ before, after, difference, change }, layer) => [
        make("div", { class: "layer" }, String(layer)),
        ...[before, after, difference].map(({ box }) => box),
        change,
      ]),
    );
    this.draw();
  }

  private buildLayer(): Layer {
    const { tokens, width } = this.data;
    const map = (strength = 1): HeatMap => new HeatMap(tokens.length, width, strength);
    const change = make("div", { class: "change" });
    return { before: map(), after: map(), difference: map(STRONGER), change };
  }

  private draw(): void {
    for (const button of this.choices) {
      const { what, mask } = button.dataset;
      set(button, { "aria-pressed": what === this.what || mask === this.mask });
    }
    this.scrub.value = String(this.t);
    this.scrub.setAttribute("aria-valuetext", `after ${counted(this.t)}`);
    this.part("length").textContent = `t = ${this.t}`;
    this.strip.grow(this.t + 1);
    const changes = this.changes();
    this.drawHeads();
    this.layers.forEach((layer, i) => this.drawLayer(layer, i, changes));
    say(this.part("said"), this.reading(changes));
  }

  private changes(): Changes {
    const { change, rounding } = this.data[this.what][this.mask];
    return { change: change[this.t - 1], rounding: rounding[this.t - 1] };
  }

  private drawHeads(): void {
    const letter = this.what === "keys" ? "K" : "V";
    const named = [` after ${counted(this.t)}`, ` after ${this.t + 1}`];
    this.heads.forEach((head, i) => {
      head.firstElementChild!.textContent = letter;
      head.lastElementChild!.textContent = named[i];
    });
  }

  private drawLayer(layer: Layer, i: number, { change, rounding }: Changes): void {
    const { t, data } = this;
    const all = this.lines[this.what][this.mask][i];
    const [before, after] = [t, t + 1].map((n) => linesAfter(n, all, data.width));
    layer.before.show(before, null);
    layer.after.show(after, t);
    layer.difference.show(difference(before, after), t);
    layer.change.textContent = written(change[i], rounding[i]);
    layer.change.classList.toggle("moved", !rounding[i]);
  }

  private reading(changes: Changes): string {
    const token = `“${this.data.tokens[this.t]}”`;
    return `Token ${this.t + 1}, ${token}, adds one line to every layer. ${told(changes)}`;
  }
}

function title(...words: (Node | string)[]): HTMLElement {
  return make("div", { class: "head" }, ...words);
}

function counted(n: number): string {
  return n === 1 ? "1 token" : `${n} tokens`;
}

const STRONGER = 3; // a change is smaller than what changes, and is what is to be seen

export default mounted(Kept, "kept");
