// How a mixture of experts chooses. Ribbons run from the tokens of a text to the experts that win, as
// wide as their weights. Under the experts stand their scores of one token as bars, the biases on top,
// and how many tokens each of them got. All numbers come from Python.

import { make } from "../shared/dom";
import "./experts.css";
import {
  COMES,
  RISES,
  bar,
  beaten,
  ends,
  extent,
  got,
  gotShared,
  grid,
  heaviest,
  loads,
  morphed,
  phase,
  places,
  ribbon,
  sent,
  starts,
  telling,
  tokenAt,
  weighed,
  type Bar,
  type Grid,
  type Layer,
  type Routed,
} from "./maths/experts";
import { hatch } from "./maths/hatch";
import type { Sent } from "./shared/drawing";
import { draw, say, set } from "./shared/elements";
import { landmarksOf, type Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { range, signed, type Pair } from "./shared/numbers";
import { ACROSS, steppedThrough } from "./shared/stepped";

// In pixels.
const [ROW, CELL] = [32, 27]; // from row to row of tokens, and as high is one
const [LARGEST, PER_PITCH] = [19, 1.4]; // of a token's letters
const [FALL, SLIM_FALL] = [88, 68]; // from the tokens to the experts
const READ_FROM = 16; // above the tokens: from which end their numbers are read
const [NAME, WEIGHT] = [42, 30]; // the box of an expert's name and weight, and where in it this stands
const [HEAD, OVER] = [19, 10]; // from there to the top of the scores, and a sum above its bar
const [HIGH, SLIM_HIGH] = [120, 108]; // of the scores
const [COUNT, FOOT] = [20, 9]; // from their zero to how many tokens came, and below that
const [GUTTER, SLIM] = [100, 22]; // for words on the left, or for the numbers of the axis alone
const TITLE = 17; // from the line of 1 up to what the axis counts
const LINE = 15; // from line to line
const [WIDEST, OF_PITCH] = [15, 0.8]; // all ribbons of a token together
const HAIR = 0.8; // the thinnest ribbon
const MOST_BOX = 96; // from box to box
const [BOX_GAP, SLIM_GAP] = [0.2, 0.1]; // what of it is free
const [OF_BOX, OF_SLIM] = [0.76, 0.86]; // a bar of its box
const LANDS = 0.9; // ribbons reach so much of a box
const [SHARED, SLIM_SHARED] = [60, 50]; // for the box of the shared experts, and words under it
const LEVEL = 12; // sums that lie less apart stand on one line
const CHARACTER = 5; // of small words
const WORDY = 62; // from box to box, and each is called by its full name
const ROOMY = 88; // and numbers stand in its bar, if it matters

const HUES = 5; // of the first choice, the second, ...
const CHOICES = ["first choice", "second choice"];
/** Percent of a colour where it rests: on a light page, and on a dark one, of which the eye tells
 * fewer steps near the ground. */
const RESTS: Record<string, [number, number]> = {
  "--rests": [27, 34],
  "--score-rests": [48, 62],
};

interface Data extends Sent {
  alt: string;
  tokens: string[];
  n_expert: number;
  n_shared: number;
  layers: Layer[];
  /** The layer that is shown first. */
  at: number;
  /** Of what sample idle experts get no token. */
  idle: string;
  headline: string;
  /** From which end the numbers behind the first equals sign are read; empty if from the usual. */
  from_end: string;
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
  reach: SVGRectElement;
  score: SVGRectElement;
  added: SVGPathElement;
  lines: SVGPathElement;
  taken: SVGPathElement;
  total: SVGTextElement;
  own: SVGTextElement;
  bias: SVGTextElement;
  weight: SVGTextElement;
  count: SVGTextElement;
}

/** Where the zones of the figure begin. */
interface Zones {
  top: number;
  floor: number;
}

/** Of an expert's bar: its score and bias, and whether it has come to its full height. */
interface Parts {
  own: number;
  bias: number;
  stands: boolean;
}

class Experts extends MovingDrawing<Data> {
  private readonly svg = this.watched<SVGSVGElement>("flow");
  private readonly toggle = this.part("plain");
  private tabs: HTMLElement[] = [];
  private tokens: Mark[] = [];
  private boxes: Box[] = [];
  /** Of each token, one for each choice, and one more to the shared experts. */
  private ribbons: SVGPathElement[][] = [];
  private streams!: SVGGElement;
  private axis!: SVGGElement;
  private words!: SVGGElement;
  /** The layer that is shown. */
  private shown = this.data.at;
  /** Whether scores alone choose. */
  private plain = false;
  private zones: Zones = { top: 0, floor: 0 };
  private pitch = 0;
  /** Where the first box begins, and whether words stand behind the last. */
  private left = 0;
  private slim = false;
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
    this.toggle.onclick = () => this.turnBias(!this.plain);
  }

  /** Another text is shown at its end, in the layer that was looked at. */
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
    say(this.part("headline"), this.data.headline);
    this.svg.replaceChildren();
    this.axis = draw(this.svg, "g", { class: "axis", "aria-hidden": true });
    this.streams = draw(this.svg, "g", { class: "streams" });
    this.tokens = tokens.map((token, t) => this.buildToken(token, t));
    this.boxes = range(n_expert + Number(n_shared > 0)).map((e) => this.buildBox(e));
    this.words = draw(this.svg, "g", { class: "words", "aria-hidden": true });
    for (const marks of [this.tokens, this.boxes])
      steppedThrough(
        marks.map(({ group }) => group),
        ACROSS,
      );
    this.buildTabs();
    this.buildLegend();
    this.buildRibbons();
    this.playOnce(this.evenly(tokens.length, seconds, "smooth"));
  }

  private buildTabs(): void {
    this.tabs = this.data.layers.map(({ title }, at) => {
      const tab = make(
        "button",
        { type: "button", "aria-pressed": String(at === this.shown), "aria-label": title },
        ...named(title, at === 0),
      );
      tab.onclick = () => this.turnTo(at);
      return tab;
    });
    steppedThrough(this.tabs, ACROSS);
    const [{ title }, ...others] = this.data.layers;
    const alone = make("div", { class: "title" }, title);
    this.part("layers").replaceChildren(...(others.length ? this.tabs : [alone]));
  }

  /** What the colours are, where there are two. */
  private buildLegend(): void {
    const two = this.layer.biased.chosen[0].length === CHOICES.length;
    const names = CHOICES.map((name, rank) =>
      make("span", { class: "rank", "data-rank": String(rank) }, make("i"), name),
    );
    for (const old of this.all(".legend .ranks")) old.remove();
    if (two) this.part("legend").prepend(make("div", { class: "ranks" }, ...names));
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

  private buildBox(i: number): Box {
    const { n_expert, n_shared } = this.data;
    const several = n_shared > 1 ? `${n_shared} shared experts` : "shared expert";
    const label = i < n_expert ? `expert ${i}` : several;
    const mark = this.buildMark({ kind: "expert", i }, String(i), label);
    const { group, box, label: name } = mark;
    group.classList.toggle("shared", i === n_expert);
    soften(group, "--score-rests");
    const text = (of: string): SVGTextElement => draw(group, "text", { class: of });
    const reach = draw(group, "rect", { class: "reach" });
    const score = draw(group, "rect", { class: "score" });
    const added = draw(group, "path", { class: "added" });
    const lines = draw(group, "path", { class: "lines" });
    const taken = draw(group, "path", { class: "taken" });
    const [total, own, bias, weight, count] = ["total", "own", "bias", "weight", "count"].map(text);
    group.append(box, name, weight);
    return { ...mark, reach, score, added, lines, taken, total, own, bias, weight, count };
  }

  /** Anew for each layer, and with and without biases. */
  private buildRibbons(): void {
    const { n_expert, n_shared } = this.data;
    this.streams.replaceChildren();
    const aside = n_shared ? [n_expert] : [];
    this.ribbons = this.routed.chosen.map((experts) =>
      [...experts, ...aside].map((expert, rank) => this.buildRibbon(expert, rank)),
    );
    this.lay();
  }

  private buildRibbon(expert: number, rank: number): SVGPathElement {
    const one = draw(this.streams, "path", { class: "ribbon", pathLength: 1 });
    if (expert === this.data.n_expert) one.classList.add("shared");
    else set(one, { "data-rank": rank % HUES });
    soften(one, "--rests");
    return one;
  }

  private get layer(): Layer {
    return this.data.layers[this.shown];
  }

  /** Who goes where, as it is shown. */
  private get routed(): Routed {
    return this.plain ? this.layer.plain : this.layer.biased;
  }

  /** The layer and the choice that are shown, and what was clicked. */
  protected override get linked(): string[] {
    const { shown, plain, chosen } = this;
    return [
      ...(shown === this.data.at ? [] : [`layer${shown}`]),
      ...(plain ? ["plain"] : []),
      ...(chosen ? [`${chosen.kind}${chosen.i}`] : []),
    ];
  }

  protected override followLink(words: readonly string[]): void {
    for (const word of words) {
      const [name, i] = [word.replace(/\d+$/, ""), Number(/\d*$/.exec(word)![0])];
      if (name === "plain") this.turnBias(true);
      if (name === "layer" && i < this.tabs.length) this.turnTo(i);
      if (name === "token" && i < this.tokens.length) this.choose({ kind: name, i });
      if (name === "expert" && i < this.boxes.length) this.choose({ kind: name, i });
    }
  }

  private turnTo(at: number): void {
    this.shown = at;
    this.tabs.forEach((tab, i) => set(tab, { "aria-pressed": i === at }));
    this.buildRibbons();
    this.again();
  }

  private turnBias(plain: boolean): void {
    this.plain = plain;
    set(this.toggle, { "aria-checked": plain });
    this.root.classList.toggle("unbiased", plain);
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
    const above = this.turned < 0 ? 0 : READ_FROM;
    this.measure(width);
    const xs = this.placeTokens(cells, width, longest, above);
    const top = above + cells.rows * ROW + (this.slim ? SLIM_FALL : FALL);
    const floor = top + NAME + HEAD + this.high;
    this.zones = { top, floor };
    this.placeBoxes();
    const height = floor + COUNT + FOOT;
    set(this.svg, { viewBox: `0 0 ${width} ${height}`, height });
    this.svg.classList.toggle("slim", this.slim);
    this.placeAxis();
    if (above) this.placeReading(cells, width);
    this.placeRibbons(xs, top, Math.min(WIDEST, OF_PITCH * cells.pitch));
    this.layUp(cells, width, above);
  }

  /** How wide a box is, and where the first begins. */
  private measure(width: number): void {
    const { n_expert, n_shared } = this.data;
    this.slim = width < n_expert * WORDY + SHARED + GUTTER;
    const [gutter, last] = this.slim ? [SLIM, SLIM_SHARED] : [GUTTER, SHARED];
    const aside = n_shared || this.slim ? last : 0; // words stand on one side or the other
    const room = width - aside - gutter;
    this.pitch = Math.min(room / n_expert, MOST_BOX);
    this.left = gutter + (room - this.pitch * n_expert) / 2;
  }

  private get high(): number {
    return this.slim ? SLIM_HIGH : HIGH;
  }

  /** The first token of the numbers that are read from the other end; -1 if there are none. */
  private get turned(): number {
    const { tokens, from_end } = this.data;
    const first = tokens.indexOf("=") + 1;
    return from_end && first && first < tokens.length ? first : -1;
  }

  /** A line over these tokens, as far as their first row goes, and what it says of them. */
  private placeReading(cells: Grid, width: number): void {
    const { tokens, from_end } = this.data;
    const [x, row] = tokenAt(cells, width, this.turned);
    const end = Math.min((row + 1) * cells.columns, tokens.length) - 1;
    const [to] = tokenAt(cells, width, end);
    const y = row * ROW + READ_FROM / 2 + 1;
    const half = cells.pitch / 2 - 1;
    say(draw(this.words, "text", { class: "behind", x: x - half, y }), from_end);
    const from = x - half + CHARACTER * from_end.length + 8;
    if (row === 0 && to + half > from)
      draw(this.words, "path", { d: `M${fixed(from)} ${y}H${fixed(to + half)}v4`, class: "over" });
  }

  /** Returns the middle of each, and where its ribbons begin. */
  private placeTokens(cells: Grid, width: number, longest: number, above: number): Pair[] {
    const size = Math.min(LARGEST, (PER_PITCH * cells.pitch) / longest);
    this.svg.style.setProperty("--letters", `${size.toFixed(1)}px`);
    const wide = cells.pitch - 1;
    return this.tokens.map(({ box, label }, t) => {
      const [x, row] = tokenAt(cells, width, t);
      const y = above + row * ROW + 2;
      set(box, { x: x - wide / 2, y, width: wide, height: CELL });
      set(label, { x, y: y + CELL / 2 + 1 });
      return [x, y + CELL];
    });
  }

  private get wide(): number {
    return this.pitch * (1 - (this.slim ? SLIM_GAP : BOX_GAP));
  }

  private placeBoxes(): void {
    const { n_expert } = this.data;
    const { top, floor } = this.zones;
    const { left, pitch, slim } = this;
    const last = slim ? SLIM_SHARED : SHARED;
    this.boxes.forEach((one, e) => {
      const isShared = e === n_expert;
      const wide = isShared ? last - 4 : this.wide;
      const x = left + pitch * e + (isShared ? last / 2 + 2 : pitch / 2);
      const bar = wide * (slim ? OF_SLIM : OF_BOX);
      set(one.reach, { x: x - wide / 2, y: top, width: wide, height: floor + COUNT + FOOT - top });
      set(one.box, { x: x - wide / 2, y: top, width: wide, height: NAME });
      set(one.label, { x, y: top + 13 });
      set(one.weight, { x, y: top + WEIGHT });
      const name = pitch >= WORDY ? `expert ${e}` : String(e);
      one.label.textContent = isShared ? "shared" : name;
      set(one.score, { x: x - bar / 2, width: bar });
      set(one.total, { x });
      set(one.count, { x, y: floor + COUNT });
      if (isShared) say(one.weight, "always");
    });
  }

  private placeAxis(): void {
    const { left } = this;
    const right = left + this.pitch * this.data.n_expert - (this.pitch - this.wide) / 2;
    const { top, floor } = this.zones;
    const wide = !this.slim; // else words stand behind the last
    this.axis.replaceChildren();
    const [least, most] = extent(this.layer);
    for (const score of [-1, -0.5, 0, 0.5, 1, 1.5, 2].filter((s) => s >= least && s <= most)) {
      const y = this.y(score);
      const kind = score === 0 ? "zero" : "tick";
      draw(this.axis, "line", { class: kind, x1: left - 4, x2: right, y1: y, y2: y });
      const text = draw(this.axis, "text", { x: left - (wide ? 8 : 5), y });
      say(text, signed(score, score % 1 ? 1 : 0));
    }
    this.words.replaceChildren();
    // As the numbers of the axis: up to the row that they name, or behind it.
    const word = (line: string, y: number): void => {
      const text = draw(this.words, "text", { x: wide ? left - 8 : right + 4, y });
      text.classList.toggle("behind", !wide);
      say(text, line);
    };
    const sum = this.plain ? ["score"] : ["score", "+ bias"];
    if (wide) {
      word("weight", top + WEIGHT);
      word(sum.join(" "), this.y(1) - TITLE);
      word("tokens sent", floor + COUNT);
      return;
    }
    sum.forEach((line, i) => word(line, this.y(0.5) - LINE / 2 + 2 + LINE * i));
    word("tokens", floor + COUNT);
  }

  private y(score: number): number {
    const [least, most] = extent(this.layer);
    return this.zones.floor - (this.high * (score - least)) / (most - least);
  }

  private placeRibbons(from: readonly Pair[], top: number, widest: number): void {
    const { layers, n_expert } = this.data;
    const { chosen, weights } = this.routed;
    const most = heaviest(layers);
    const begins = starts(this.routed, most);
    const stops = ends(
      this.routed,
      n_expert,
      from.map(([x]) => x),
    );
    const middles = this.boxes.map(middleOf);
    const wide = LANDS * number(this.boxes[0].box, "width");
    from.forEach(([x, y], t) => {
      const aside = this.ribbons[t][chosen[t].length];
      if (aside) set(aside, { d: ribbon([x, y], [middles[n_expert], top]) });
      chosen[t].forEach((expert, k) => {
        const thick = Math.max(HAIR, (widest * weights[t][k]) / most);
        const to = middles[expert] + (wide - thick) * stops[t][k];
        set(this.ribbons[t][k], {
          d: ribbon([x + widest * begins[t][k], y], [to, top]),
          "stroke-width": thick.toFixed(2),
        });
      });
    });
  }

  /** The ribbons of a row pass behind the rows below it. */
  private layUp({ rows, columns }: Grid, width: number, above: number): void {
    const layers = range(rows).flatMap((row) => {
      const [y, height] = [above + row * ROW + 1, row === rows - 1 ? CELL + 1 : ROW];
      const veil = draw(this.streams, "rect", { class: "veil", y, width, height });
      return [veil, ...this.ribbons.slice(row * columns, (row + 1) * columns).flat()];
    });
    this.streams.replaceChildren(...layers);
  }

  protected override landmarks(): Landmark[] {
    return landmarksOf(this.data.tokens);
  }

  protected override letGo(): void {
    this.turnBias(false);
    this.giveBack();
  }

  // ------------------------------------------------------------ drawn at every moment

  /** So many tokens have gone to their experts; the next is on its way. */
  protected show(moment: number): string {
    const read = Math.floor(moment);
    this.tokens.forEach(({ group }, t) => group.classList.toggle("ahead", t >= moment));
    this.ribbons.forEach((some, t) => {
      const share = phase(moment - t, ...COMES);
      for (const one of some) grow(one, share);
    });
    const counts = loads(this.routed, this.data.n_expert, read);
    counts.forEach((count, e) => say(this.boxes[e].count, String(count)));
    const shared = this.boxes[counts.length];
    if (shared) say(shared.count, this.slim ? "" : String(read)); // there a word stands
    this.light();
    return this.told();
  }

  /** The token whose scores are shown: the one that is pointed at, or that is on its way. */
  private get token(): number | null {
    const { spot, at } = this;
    if (spot?.kind === "token") return spot.i;
    if (at === this.data.tokens.length) return telling(this.layer);
    return at > 0 ? Math.ceil(at) - 1 : null;
  }

  /** How far its bars have come, from those of the token before it. */
  private risen(t: number): number {
    return this.spot?.kind === "token" ? 1 : phase(this.at - t, ...RISES);
  }

  /** Those that get no token of many problems; with their biases, as these were counted. */
  private get idle(): number[] {
    return this.plain ? [] : this.layer.idle;
  }

  /** The bars of the token that is shown, and who wins. */
  private stand(): void {
    const t = this.token;
    const risen = t === null ? 0 : this.risen(t);
    const { layer, routed, plain } = this;
    const first = t === null || plain ? null : beaten(layer, t);
    const before = t ? layer.scores[t - 1] : null;
    this.boxes.slice(0, this.data.n_expert).forEach((one, e) => {
      const k = t === null ? -1 : routed.chosen[t].indexOf(e);
      one.group.classList.toggle("wins", k >= 0);
      one.group.classList.toggle("beaten", e === first);
      set(one.group, { "data-rank": k < 0 ? "none" : k % HUES });
      const own = t === null ? 0 : morphed(before?.[e] ?? 0, layer.scores[t][e], risen);
      const found = bar(own, layer.bias[e], t === null || plain ? 0 : 1);
      const parts = { own, bias: layer.bias[e], stands: risen === 1 };
      const matters = k >= 0 || e === first || (this.spot?.kind === "expert" && this.spot.i === e);
      this.standOne(one, found, t === null ? null : parts, matters);
      const none = t === null ? "" : "0";
      say(one.weight, k < 0 ? none : short(routed.weights[t!][k], this.pitch < WORDY));
    });
    this.level();
  }

  /** Sums that are hardly apart stand on one line. */
  private level(): void {
    const shown = this.boxes.map(({ total }) => total).filter((total) => total.textContent);
    const highest = Math.min(...shown.map((total) => number(total, "y")));
    for (const total of shown)
      if (number(total, "y") - highest < LEVEL) set(total, { y: fixed(highest) });
  }

  private standOne(
    one: Box,
    { score, added, taken, total }: Bar,
    parts: Parts | null,
    matters: boolean,
  ): void {
    const { own, bias, stands } = parts ?? { own: 0, bias: 0, stands: false };
    const [x, wide] = [number(one.score, "x"), number(one.score, "width")];
    const [low, high] = score.map((s) => this.y(s));
    set(one.score, { y: high.toFixed(1), height: (low - high).toFixed(1) });
    set(one.added, { d: added ? outline(x, wide, this.y(added[1]), this.y(added[0])) : "" });
    const hatched = added ? this.y(added[0]) - this.y(added[1]) : 0;
    set(one.lines, { d: hatched > 1 ? hatch(x, x + wide, this.y(added![1]), hatched, 6) : "" });
    set(one.taken, { d: taken ? outline(x, wide, this.y(taken[1]), this.y(taken[0])) : "" });
    const tip = Math.min(high, ...[added, taken].map((part) => (part ? this.y(part[1]) : high)));
    set(one.total, { y: fixed(tip - OVER) });
    say(one.total, stands && matters ? (this.slim ? signed(total, 2) : places(total)) : "");
    const beside = stands && matters && this.pitch >= ROOMY && (added || taken) !== null;
    const [from, to] = added ?? taken ?? [0, 0];
    const put = (text: SVGTextElement, bottom: number, top: number): void => {
      const within = bottom - top >= LINE;
      text.classList.toggle("within", within);
      set(text, { x: x + (within ? wide / 2 : wide + 4), y: fixed((bottom + top) / 2) });
    };
    put(one.own, low, high);
    put(one.bias, this.y(from), this.y(to));
    const alone = this.slim && stands && matters && low - high >= LINE; // a bias has no room there
    say(one.own, beside ? places(own) : alone ? signed(own, 2) : "");
    say(one.bias, beside ? `${bias > 0 ? "+" : ""}${places(bias)}` : "");
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
    say(this.part("said"), this.told());
  }

  private light(): void {
    const { spot, chosen, token } = this;
    this.svg.classList.toggle("asked", spot !== null);
    this.ribbons.forEach((some, t) =>
      some.forEach((one, k) => {
        one.classList.toggle("lit", this.isLit(t, this.expertOf(t, k)));
        one.classList.toggle("shown", t === token);
      }),
    );
    this.tokens.forEach(({ group }, t) => {
      group.classList.toggle("lit", this.reaches(t));
      group.classList.toggle("now", t === token);
      set(group, { "aria-pressed": chosen?.kind === "token" && chosen.i === t });
    });
    this.boxes.forEach(({ group }, e) => {
      group.classList.toggle("lit", this.hears(e));
      set(group, { "aria-pressed": chosen?.kind === "expert" && chosen.i === e });
    });
    this.stand();
  }

  /** The expert of a ribbon. */
  private expertOf(t: number, k: number): number {
    return this.routed.chosen[t][k] ?? this.data.n_expert;
  }

  private isLit(t: number, expert: number): boolean {
    const { spot } = this;
    return spot?.i === (spot?.kind === "token" ? t : expert);
  }

  /** Whether a token is the one that is asked for, or goes to the expert that is. */
  private reaches(t: number): boolean {
    const { spot } = this;
    if (spot?.kind !== "expert") return spot?.i === t;
    const isRead = t < this.at;
    return isRead && this.ribbons[t].some((_, k) => this.expertOf(t, k) === spot.i);
  }

  /** Whether an expert is the one that is asked for, or gets the token that is. */
  private hears(expert: number): boolean {
    const { spot } = this;
    if (spot?.kind !== "token") return spot?.i === expert;
    return this.ribbons[spot.i].some((_, k) => this.expertOf(spot.i, k) === expert);
  }

  private told(): string {
    const { spot, layer, token, routed } = this;
    const { tokens, n_expert, n_shared, idle } = this.data;
    const read = Math.floor(this.at);
    if (spot?.kind === "expert") {
      if (spot.i === n_expert) return gotShared(n_shared, read);
      const said = got(routed, n_expert, read, spot.i);
      return this.idle.includes(spot.i) ? `${said} It is idle: ${idle}.` : said;
    }
    return token === null ? "No token is read yet." : sent(tokens, layer, token, this.plain);
  }
}

/** Here, since the style sheet's builder would take light-dark() apart. */
function soften(one: SVGElement, ...names: string[]): void {
  for (const name of names) {
    const hue = name === "--rests" ? "var(--hue)" : "var(--soft)";
    const [light, dark] = RESTS[name]!.map(
      (share) => `color-mix(in srgb, ${hue} ${share}%, var(--paper))`,
    );
    one.style.setProperty(name, `light-dark(${light}, ${dark})`);
  }
}

const number = (shape: Element, name: string): number => Number(shape.getAttribute(name));

const middleOf = ({ box }: Mark): number => number(box, "x") + number(box, "width") / 2;

const fixed = (x: number): string => x.toFixed(1);

/** In a box, where words have no room: 0.46; under 0.01 as <0.01, or in a narrow one as <.01. */
const short = (weight: number, narrow: boolean): string => {
  const said = weighed(weight).replace("under ", "<").replace("over ", ">");
  return narrow ? said.replace(/([<>])0/, "$1") : said;
};

/** Its words, which are left out on a telephone of all but the first, and its number. */
function named(title: string, first: boolean): (Node | string)[] {
  const cut = title.lastIndexOf(" ") + 1;
  if (first || !cut) return [title];
  return [make("span", { class: "rest" }, title.slice(0, cut)), title.slice(cut)];
}

function outline(x: number, wide: number, top: number, bottom: number): string {
  if (bottom - top < 0.05) return "";
  return `M${fixed(x)} ${fixed(bottom)}V${fixed(top)}h${fixed(wide)}V${fixed(bottom)}z`;
}

/** From its token on. */
function grow(one: SVGPathElement, share: number): void {
  one.classList.toggle("later", share === 0);
  one.classList.toggle("grows", share > 0 && share < 1);
  set(one, { "stroke-dasharray": share < 1 ? `${share.toFixed(3)} 2` : "none" });
}

export default mounted(Experts);
