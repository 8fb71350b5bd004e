// A text's tokens on their way through a mixture of experts: a ribbon from each token to each of its
// experts, as wide as its weight, and a bar of what every expert got. All choices come from Python.

import { make } from "../shared/dom";
import "./experts.css";
import {
  ahead,
  atMostOne,
  comes,
  ends,
  filling,
  got,
  gotShared,
  grid,
  heaviest,
  highest,
  loads,
  ribbon,
  rises,
  sent,
  starts,
  sum,
  told,
  tokenAt,
  type Grid,
  type Layer,
} from "./maths/experts";
import type { Sent } from "./shared/drawing";
import { draw, say, set } from "./shared/elements";
import { landmarksOf, type Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { clamp, range, type Pair } from "./shared/numbers";
import { ACROSS, steppedThrough } from "./shared/stepped";

// In pixels.
const [ROW, CELL] = [32, 27]; // from row to row of tokens, and as high is one
const [LARGEST, PER_PITCH] = [19, 1.4]; // of a token's letters
const FALL = { least: 160, each: 1 }; // from the tokens to the experts, more for each token
const [HEAD, BAR, FOOT] = [24, 76, 22]; // above a full bar, the bar, and below it
const [WIDEST, OF_PITCH] = [15, 0.8]; // all ribbons of a token together
const HAIR = 0.8; // the thinnest ribbon
const [MOST_BOX, BOX_GAP] = [92, 0.22]; // from box to box, and what of it is free
const SHARED = 56; // for the box of the shared experts
const WORDY = 62; // from box to box, and each is called by its full name

const [HUES, SHADES] = [5, 4];

interface Data extends Sent {
  alt: string;
  tokens: string[];
  n_expert: number;
  n_shared: number;
  layers: Layer[];
  /** The layer that is shown first. */
  at: number;
  /** How long the tokens take to stream in. */
  seconds: number;
}

/** What can be pointed at; the box after the last expert is that of the shared ones. */
interface Spot {
  kind: "token" | "expert";
  i: number;
}

/** A token, or an expert, on the page. */
interface Mark {
  group: SVGGElement;
  box: SVGRectElement;
  label: SVGTextElement;
}

interface Box extends Mark {
  bar: SVGRectElement;
  lip: SVGRectElement;
  count: SVGTextElement;
}

/** How high a count stands: on its bar, or on the line of the mean where that would strike it. */
const clearOf = (mean: number, high: number): number =>
  mean > high + 3 && mean < high + 20 ? mean : high;

class Experts extends MovingDrawing<Data> {
  private readonly svg = this.watched<SVGSVGElement>("flow");
  private tabs: HTMLElement[] = [];
  private tokens: Mark[] = [];
  private boxes: Box[] = [];
  /** Of each token, one for each choice, and one more to the shared experts. */
  private ribbons: SVGPathElement[][] = [];
  private streams!: SVGGElement;
  private mean!: SVGPathElement;
  private word!: SVGTextElement;
  /** The layer that is shown. */
  private shown = this.data.at;
  private bottom = 0;
  private pointed: Spot | null = null;
  /** What stays told when the hand has left. */
  private chosen: Spot | null = null;

  protected override begin(): void {
    this.root.onkeydown = ({ key }) => {
      if (key === "Escape") this.giveBack();
    };
    this.svg.onclick = ({ target }) => {
      if (target === this.svg) this.choose(null);
    };
  }

  /** Other choices are shown at their end, in the layer that was looked at. */
  protected override rebuild(): void {
    this.shown = Math.min(this.shown, this.data.layers.length - 1);
    this.build();
    this.rest();
  }

  // ------------------------------------------------------------ built once

  protected build(): void {
    const { tokens, n_expert, n_shared, alt, seconds } = this.data;
    this.pointed = this.chosen = null;
    set(this.svg, { "aria-label": alt });
    this.svg.replaceChildren();
    this.streams = draw(this.svg, "g", { class: "streams" });
    this.tokens = tokens.map((token, t) => this.buildToken(token, t));
    const counts = draw(this.svg, "g", { class: "counts" });
    this.boxes = range(n_expert + Number(n_shared > 0)).map((e) => this.buildBox(e, counts));
    this.mean = draw(this.svg, "path", { class: "average" });
    this.svg.append(counts); // no line goes through them
    this.word = draw(this.svg, "text", { class: "word" });
    this.word.textContent = "expert";
    for (const marks of [this.tokens, this.boxes])
      steppedThrough(
        marks.map(({ group }) => group),
        ACROSS,
      );
    this.buildTabs();
    this.buildRibbons();
    this.playOnce(this.evenly(tokens.length, seconds, "smooth"));
  }

  private buildTabs(): void {
    this.tabs = this.data.layers.map(({ title }, at) => {
      const tab = make(
        "button",
        { type: "button", "aria-pressed": String(at === this.shown) },
        title,
      );
      tab.onclick = () => this.turnTo(at);
      return tab;
    });
    steppedThrough(this.tabs, ACROSS);
    const [{ title }, ...others] = this.data.layers;
    const alone = make("div", { class: "title" }, title);
    this.part("layers").replaceChildren(...(others.length ? this.tabs : [alone]));
  }

  private buildMark(spot: Spot, name: string, label: string): Mark {
    const role = { role: "button", "aria-label": label, "aria-pressed": false };
    const group = draw(this.svg, "g", { class: `mark ${spot.kind}`, ...role });
    const box = draw(group, "rect", { class: "box", rx: 3 });
    const text = draw(group, "text", { class: "name" });
    text.textContent = name;
    group.onpointerenter = () => this.point(spot);
    group.onpointerleave = () => this.point(null);
    group.onfocus = group.onclick = () => this.choose(spot);
    group.onblur = ({ relatedTarget }) => {
      if (!this.root.contains(relatedTarget as Node | null)) this.choose(null);
    };
    return { group, box, label: text };
  }

  private buildToken(token: string, i: number): Mark {
    return this.buildMark({ kind: "token", i }, token, `token ${i + 1}, “${token}”`);
  }

  private buildBox(i: number, counts: Element): Box {
    const { n_expert, n_shared } = this.data;
    const several = n_shared > 1 ? `${n_shared} shared experts` : "shared expert";
    const label = i < n_expert ? `expert ${i}` : several;
    const mark = this.buildMark({ kind: "expert", i }, String(i), label);
    mark.group.classList.add(...this.tones(i));
    const bar = draw(mark.group, "rect", { class: "bar" });
    const lip = draw(mark.group, "rect", { class: "lip" });
    mark.group.append(mark.box); // its outline is seen on the bar as well
    const count = draw(counts, "text");
    return { ...mark, bar, lip, count };
  }

  /** Classes of an expert's colour. */
  private tones(expert: number): string[] {
    if (expert === this.data.n_expert) return ["shared"];
    return [`hue${expert % HUES}`, `shade${Math.floor(expert / HUES) % SHADES}`];
  }

  /** Anew for each layer. */
  private buildRibbons(): void {
    const { n_expert, n_shared } = this.data;
    this.streams.replaceChildren();
    const aside = n_shared ? [n_expert] : [];
    this.ribbons = this.layer.chosen.map((experts) =>
      [...experts, ...aside].map((expert) => this.buildRibbon(expert)),
    );
    this.lay();
  }

  private buildRibbon(expert: number): SVGPathElement {
    const classes = ["ribbon", ...this.tones(expert)].join(" ");
    return draw(this.streams, "path", { class: classes, pathLength: 1 });
  }

  private get layer(): Layer {
    return this.data.layers[this.shown];
  }

  private turnTo(at: number): void {
    this.shown = at;
    this.tabs.forEach((tab, i) => set(tab, { "aria-pressed": i === at }));
    this.buildRibbons();
    this.again();
  }

  // ------------------------------------------------------------ where all stands

  protected override place(): void {
    this.lay();
    this.again();
  }

  private lay(): void {
    const width = this.svg.clientWidth;
    if (!width) return;
    const { tokens } = this.data;
    const longest = Math.max(...tokens.map((token) => token.length));
    const cells = grid(tokens.length, longest, width);
    const top = cells.rows * ROW + FALL.least + FALL.each * tokens.length;
    this.bottom = top + HEAD + BAR;
    const xs = this.placeTokens(cells, width, longest);
    const wordy = this.placeBoxes(top, width);
    const height = this.bottom + FOOT + (wordy ? 0 : 16);
    set(this.svg, { viewBox: `0 0 ${width} ${height}`, height });
    this.placeRibbons(xs, top, Math.min(WIDEST, OF_PITCH * cells.pitch));
    this.layUp(cells, width);
  }

  /** Returns the middle of each, and where its ribbons begin. */
  private placeTokens(cells: Grid, width: number, longest: number): Pair[] {
    const size = Math.min(LARGEST, (PER_PITCH * cells.pitch) / longest);
    this.svg.style.setProperty("--letters", `${size.toFixed(1)}px`);
    const wide = cells.pitch - 1;
    return this.tokens.map(({ box, label }, t) => {
      const [x, row] = tokenAt(cells, width, t);
      const y = row * ROW + 2;
      set(box, { x: x - wide / 2, y, width: wide, height: CELL });
      set(label, { x, y: y + CELL / 2 + 1 });
      return [x, y + CELL];
    });
  }

  /** Returns whether each is called by its full name. */
  private placeBoxes(top: number, width: number): boolean {
    const { n_expert, n_shared } = this.data;
    const aside = n_shared ? SHARED : 0;
    const pitch = Math.min((width - aside) / n_expert, MOST_BOX);
    const left = (width - pitch * n_expert - aside) / 2;
    const wordy = pitch >= WORDY;
    this.boxes.forEach((one, e) => {
      const isShared = e === n_expert;
      const wide = isShared ? SHARED * 0.72 : pitch * (1 - BOX_GAP);
      const x = left + pitch * e + (isShared ? aside * 0.55 : pitch / 2);
      set(one.box, { x: x - wide / 2, y: top, width: wide, height: HEAD + BAR });
      set(one.lip, { x: x - wide / 2, y: top, width: wide, height: 5 });
      set(one.bar, { x: x - wide / 2, width: wide });
      set(one.count, { x });
      set(one.label, { x, y: this.bottom + 13 });
      one.label.textContent = isShared ? "shared" : wordy ? `expert ${e}` : String(e);
    });
    const across = pitch * n_expert;
    set(this.mean, { d: `M${left.toFixed(1)} 0h${across.toFixed(1)}` });
    set(this.word, { x: left + across / 2, y: this.bottom + 29 });
    this.word.style.display = wordy ? "none" : "";
    return wordy;
  }

  private placeRibbons(from: readonly Pair[], top: number, widest: number): void {
    const { layers, n_expert } = this.data;
    const { chosen, weights } = this.layer;
    const most = heaviest(layers);
    const begins = starts(this.layer, most);
    const stops = ends(
      this.layer,
      n_expert,
      from.map(([x]) => x),
    );
    const [middles, wide] = [this.boxes.map(middleOf), number(this.boxes[0].box, "width")];
    from.forEach(([x, y], t) => {
      chosen[t].forEach((expert, k) => {
        const thick = Math.max(HAIR, (widest * weights[t][k]) / most);
        const to = middles[expert] + (wide - thick) * stops[t][k];
        set(this.ribbons[t][k], {
          d: ribbon([x + widest * begins[t][k], y], [to, top]),
          "stroke-width": thick.toFixed(2),
        });
      });
      const aside = this.ribbons[t][chosen[t].length];
      if (aside) set(aside, { d: ribbon([x, y], [middles[n_expert], top]) });
    });
  }

  /** The ribbons of a row pass behind the rows below it. */
  private layUp({ rows, columns }: Grid, width: number): void {
    const layers = range(rows).flatMap((row) => {
      const [y, height] = [row * ROW + 1, row === rows - 1 ? CELL + 1 : ROW];
      const veil = draw(this.streams, "rect", { class: "veil", y, width, height });
      return [veil, ...this.ribbons.slice(row * columns, (row + 1) * columns).flat()];
    });
    this.streams.replaceChildren(...layers);
  }

  protected override landmarks(): Landmark[] {
    return landmarksOf(this.data.tokens);
  }

  protected override letGo(): void {
    this.giveBack();
  }

  // ------------------------------------------------------------ drawn at every moment

  /** So many tokens have gone to their experts; the next is on its way. */
  protected show(moment: number): string {
    const read = Math.floor(moment);
    const part = moment - read;
    const now = moment === this.data.tokens.length ? -1 : Math.ceil(moment) - 1;
    this.tokens.forEach(({ group }, t) => {
      group.classList.toggle("ahead", t >= moment);
      group.classList.toggle("now", t === now);
    });
    this.ribbons.forEach((some, t) => {
      const share = comes(clamp(moment - t, 0, 1));
      for (const one of some) grow(one, share);
    });
    this.fill(read, rises(part));
    this.light();
    return this.words();
  }

  private fill(read: number, part: number): void {
    const { layers, n_expert } = this.data;
    const unit = BAR / highest(layers, n_expert);
    const levels = filling(this.layer, n_expert, read, part);
    const counts = [...loads(this.layer, n_expert, read), read];
    const mean = (sum(levels) / n_expert) * unit;
    this.boxes.forEach(({ bar, count }, e) => {
      const isShared = e === n_expert;
      const high = isShared ? 0 : levels[e] * unit;
      set(bar, { y: (this.bottom - high).toFixed(1), height: high.toFixed(1) });
      const under = isShared ? BAR / 2 - 4 : clearOf(mean, high);
      set(count, { y: (this.bottom - under - 6).toFixed(1) });
      say(count, String(counts[e]));
    });
    set(this.mean, { transform: `translate(0 ${(this.bottom - mean).toFixed(1)})` });
    say(this.part("level"), atMostOne(sum(counts.slice(0, n_expert)) / n_expert));
  }

  // ------------------------------------------------------------ one of them

  private point(spot: Spot | null): void {
    this.pointed = spot;
    this.tell();
  }

  private choose(spot: Spot | null): void {
    this.chosen = spot;
    this.tell();
  }

  private giveBack(): void {
    this.pointed = null;
    this.choose(null);
  }

  private get spot(): Spot | null {
    return this.pointed ?? this.chosen;
  }

  private tell(): void {
    this.light();
    say(this.part("said"), this.words());
  }

  private light(): void {
    const { spot, chosen } = this;
    this.svg.classList.toggle("asked", spot !== null);
    this.ribbons.forEach((some, t) =>
      some.forEach((one, k) => one.classList.toggle("lit", this.isLit(t, this.expertOf(t, k)))),
    );
    this.tokens.forEach(({ group }, t) => {
      const lit = !group.classList.contains("ahead") && this.reaches(t);
      group.classList.toggle("lit", lit);
      set(group, { "aria-pressed": chosen?.kind === "token" && chosen.i === t });
    });
    this.boxes.forEach(({ group }, e) => {
      group.classList.toggle("lit", this.hears(e));
      set(group, { "aria-pressed": chosen?.kind === "expert" && chosen.i === e });
    });
  }

  /** The expert of a ribbon. */
  private expertOf(t: number, k: number): number {
    return this.layer.chosen[t][k] ?? this.data.n_expert;
  }

  private isLit(t: number, expert: number): boolean {
    const { spot } = this;
    return spot?.i === (spot?.kind === "token" ? t : expert);
  }

  /** Whether a token is the one that is asked for, or goes to the expert that is. */
  private reaches(t: number): boolean {
    return this.ribbons[t].some((_, k) => this.isLit(t, this.expertOf(t, k)));
  }

  /** Whether an expert is the one that is asked for, or gets the token that is. */
  private hears(expert: number): boolean {
    const { spot } = this;
    if (spot?.kind !== "token") return spot?.i === expert;
    const isRead = spot.i < this.at;
    return isRead && this.ribbons[spot.i].some((_, k) => this.expertOf(spot.i, k) === expert);
  }

  private words(): string {
    const { spot, layer } = this;
    const { tokens, n_expert, n_shared } = this.data;
    const [read, begun] = [Math.floor(this.at), Math.ceil(this.at)];
    if (spot?.kind === "token")
      return spot.i < begun ? sent(tokens, layer, spot.i, n_shared) : ahead(tokens, spot.i);
    if (spot)
      return spot.i < n_expert ? got(layer, n_expert, read, spot.i) : gotShared(n_shared, read);
    if (read === tokens.length) return told(layer, n_expert);
    return begun ? sent(tokens, layer, begun - 1, n_shared) : "No token is read yet.";
  }
}

const number = (shape: Element, name: string): number => Number(shape.getAttribute(name));

const middleOf = ({ box }: Box): number => number(box, "x") + number(box, "width") / 2;

/** From its token on. */
function grow(one: SVGPathElement, share: number): void {
  one.classList.toggle("later", share === 0);
  set(one, { "stroke-dasharray": share < 1 ? `${share.toFixed(3)} 2` : "none" });
}

export default mounted(Experts);
