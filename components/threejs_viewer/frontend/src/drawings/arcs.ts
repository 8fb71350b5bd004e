// Where each digit comes from: a sum is written token by token, an arc leads to each token from
// where a head looks. A digit shows its own arcs; a button, or an arc, pulls its head out. Who comes
// for the first time sees the theatre: that a head is ablated, a digit breaks, and it is put back.

import { make } from "../shared/dom";
import "./arcs.css";
import {
  arcsOf,
  bow,
  follows,
  freePlace,
  isWrong,
  mostOf,
  percent,
  rise,
  toldOfToken,
  toldOfTyped,
  type Arc,
  type Group,
  type Text,
} from "./maths/arcs";
import { asLongAs, landmarksOf, played, writing, type Moment, type Theatre } from "./maths/theatre";
import type { Sent } from "./shared/drawing";
import { draw, say, set, still } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { range, type Pair } from "./shared/numbers";
import { ACROSS, steppedThrough } from "./shared/stepped";

const [HIGHEST, HIGH] = [190, 0.31]; // of the arcs, in pixels and in widths
const [LARGEST, SHARE] = [38, 0.86]; // of a token, in pixels and in pitches
const HEADROOM = 6; // over the highest arc
const WIDEST = 7; // an arc of weight 1, where there is room
const [NAME, NAME_LINE] = [13, 18]; // pixels of the letters that name an arc, and of their line
const [FOOT, PHONE_FOOT] = [42, 58]; // pixels below the text, for what its numbers are
const PHONE = 480;
const MOST_NAMED = 8; // arcs of a token
const PUT_BACK = -1;
const [PULL, BACK] = ["Ablate", "Put back"]; // what a press of a head does
const SEEN = "white-box-theatre"; // in the browser's memory
const BOX = 'input[aria-label="First number"]';

/** A text, with what its tokens are and what stands below them. */
interface Written extends Text {
  roles: string[];
  groups: Group[];
}

interface Data extends Written, Sent {
  alt: string;
  /** How long it takes to write. */
  seconds: number;
  /** Of the model. */
  layers: number;
  /** Its `whole` is null where that is the text above. `name` is its problem. */
  theatre: (Omit<Theatre<Written>, "whole"> & { whole: Written | null; name: string }) | null;
}

class Arcs extends MovingDrawing<Data> {
  private readonly picture = this.watched<SVGSVGElement>("picture");
  /** The text that is drawn. */
  private text: Written = this.data;
  private moments: Moment<Written>[] = [];
  private moment: Moment<Written> = writing<Written>(this.data)[0];
  private arcs: { arc: Arc; path: SVGPathElement }[] = [];
  private tokens: SVGGElement[] = [];
  private names!: SVGGElement;
  private width = 0;
  /** The token whose arcs alone are shown. */
  private lit: number | null = null;
  /** The head that a reader has just pulled out. */
  private leaving: number | null = null;
  /** What is played: the reader's text, the theatre of it, or that of another. */
  private bill: "own" | "theatre" | "visit" = "own";

  protected override begin(): void {
    this.part("skip").onclick = () => this.skip();
    this.part("again").onclick = () => this.watchAgain();
    this.part("yours").onclick = () => document.querySelector<HTMLInputElement>(BOX)?.select();
    const layer = this.part<HTMLSelectElement>("layer");
    layer.onchange = () => this.send("layer", Number(layer.value));
    const escape = ({ key }: KeyboardEvent): void => {
      if (key === "Escape" && this.plays && this.bill !== "own") this.skip();
    };
    document.addEventListener("keydown", escape);
    this.atEnd(() => document.removeEventListener("keydown", escape));
  }

  // ------------------------------------------------------------ built once

  /** Another sum, or the same without a head, is written anew; the theatre's own plays once. */
  protected build(): void {
    const { theatre, alt } = this.data;
    this.lit = this.leaving = null;
    set(this.picture, { "aria-label": alt });
    this.buildHeads();
    this.buildLayers();
    this.stage(this.data);
    this.part("again").hidden = !theatre?.whole;
    say(this.part("again"), `Watch ${theatre?.name}`);
    if (!theatre || theatre.whole) return this.write();
    this.bill = "theatre";
    this.moments = played<Written>({ ...theatre, whole: this.data }, this.data);
    if (still() || seenBefore()) this.wait(asLongAs(this.moments));
    else this.playOnce(asLongAs(this.moments));
  }

  private write(): void {
    this.bill = "own";
    this.moments = writing<Written>(this.data);
    this.playOnce(this.evenly(this.moments.length - 1, this.data.seconds));
  }

  /** The theatre, while a sum of the reader's own stands here; at its end that is back. */
  private watchAgain(): void {
    const { theatre } = this.data;
    if (!theatre?.whole) return;
    this.bill = "visit";
    this.moments = played<Written>({ ...theatre, whole: theatre.whole }, this.data);
    this.playOnce(asLongAs(this.moments));
  }

  protected override rest(): void {
    const offers = this.bill === "theatre" && this.plays;
    if (this.bill !== "visit" || still()) {
      super.rest();
      this.part("yours").hidden = !offers;
      return;
    }
    this.bill = "own";
    this.moments = writing<Written>(this.data);
    this.wait(this.evenly(this.moments.length - 1, this.data.seconds));
  }

  /** The hand is not left on a button that goes. */
  private skip(): void {
    const held = this.part("skip").matches(":focus");
    this.rest();
    if (held) this.part("play").focus();
  }

  /** Draws a text in the place of the last. */
  private stage(text: Written): void {
    this.text = text;
    this.picture.replaceChildren();
    this.arcs = arcsOf(text).map((arc) => ({ arc, path: this.buildArc(arc) }));
    this.tokens = text.tokens.map((_, i) => this.buildToken(i));
    steppedThrough(this.tokens, ACROSS);
    text.groups.forEach((group, n) => this.buildGroup(group, n));
    this.names = draw(this.picture, "g", { class: "names", "aria-hidden": "true" });
    this.width = 0;
    this.place();
  }

  private buildArc(arc: Arc): SVGPathElement {
    const role = this.text.roles[arc.from];
    const path = draw(this.picture, "path", { class: `arc ${role} later`, pathLength: 1 });
    path.style.setProperty("--weight", String(arc.weight));
    draw(path, "title").textContent = `head ${arc.head}, ${percent(arc.weight)}: ablate it`;
    path.onclick = () => this.pull(arc.head);
    return path;
  }

  private buildToken(i: number): SVGGElement {
    const { tokens, roles, places, right } = this.text;
    const wrong = isWrong(this.text, i);
    const later = follows(this.text, i);
    const typed = i < this.text.given ? " typed" : "";
    const name = `token ${roles[i]}${typed}${wrong ? " wrong" : ""}${later ? " follows" : ""}`;
    const token = draw(this.picture, "g", { class: name });
    draw(token, "rect", { class: "reach" });
    draw(token, "text", { class: "sign" }).textContent = tokens[i];
    draw(token, "circle", { class: "ahead", r: 2 });
    if (wrong) draw(token, "path", { class: "cross" });
    const spoken = `${tokens[i]}, ${places[i]}${wrong ? `, wrong: ${right[i]} is right` : ""}${later ? ", because of an earlier error" : ""}`;
    set(token, { role: "img", "aria-label": spoken });
    // By a move of the hand: a token that is drawn anew under a mouse that rests is not pointed at.
    token.onpointermove = token.onpointerdown = token.onfocus = () => this.light(i);
    token.onblur = () => this.light(null);
    token.onpointerleave = ({ pointerType }) => {
      if (pointerType !== "touch") this.light(null); // a finger goes, and what it touched stays
    };
    token.onclick = () => token.focus();
    return token;
  }

  private buildGroup({ note, wrong }: Group, n: number): void {
    const group = draw(this.picture, "g", { class: `group${wrong ? " wrong" : ""}` });
    draw(group, "line");
    for (const name of ["label", "read", "note"]) draw(group, "text", { class: name });
    const said = this.text.groups.slice(0, n).some((before) => before.note === note);
    group.lastElementChild!.textContent = said ? "" : note; // once
  }

  private buildHeads(): void {
    const heads = range(this.data.weights.length).map((head) => {
      const word = make("i", {}, "head ");
      const button = make("button", { type: "button" }, word, String(head));
      set(button, { "aria-label": `head ${head}` });
      button.onclick = () => this.pull(head);
      return button;
    });
    set(this.part("heads"), { "aria-label": PULL });
    const said = make("span", {}, PULL, make("i", {}, " head"));
    this.part("heads").replaceChildren(said, ...heads);
  }

  /** Which head is out. */
  private markHeads(out: number | null): void {
    this.all(".heads button").forEach((button, head) =>
      set(button, { "aria-pressed": String(head === out), title: head === out ? BACK : PULL }),
    );
  }

  private buildLayers(): void {
    const { layer, layers } = this.data;
    const options = range(layers).map((i) => make("option", { value: i }, `layer ${i}`));
    const choice = this.part<HTMLSelectElement>("layer");
    choice.replaceChildren(...options);
    choice.value = String(layer);
  }

  /** Lays out what is drawn, for the width there is. */
  protected override place(): void {
    const { width } = this.picture.getBoundingClientRect();
    if (!width || width === this.width) return;
    this.width = width;
    const pitch = width / this.tokens.length;
    const { most } = this;
    const size = Math.min(LARGEST, SHARE * pitch);
    const line = most + HEADROOM;
    const height = line + 1.5 * size + (width < PHONE ? PHONE_FOOT : FOOT);
    set(this.picture, { viewBox: `0 0 ${width} ${height}`, height });
    const at = (i: number): number => (i + 0.5) * pitch;
    for (const { arc, path } of this.arcs) {
      const high = rise((arc.to - arc.from) * pitch, most);
      set(path, { d: bow(at(arc.from), at(arc.to), line, high) });
      const wide = Math.max(1.2, (WIDEST * arc.weight * Math.min(40, pitch)) / 40);
      path.style.setProperty("--wide", `${wide}px`);
    }
    this.tokens.forEach((token, i) => this.fitToken(token, at(i), line, pitch, size));
    const groups = [...this.picture.querySelectorAll(".group")];
    groups.forEach((group, n) => this.fitGroup(group, n, pitch, line + 1.5 * size));
    this.nameGroups();
    this.nameArcs();
  }

  /** The height of the highest arcs. */
  private get most(): number {
    return Math.min(HIGHEST, HIGH * this.width);
  }

  /** What a number is stands there from the start, and as what it reads once it is written. */
  private nameGroups(): void {
    this.picture.querySelectorAll(".group").forEach((group, n) => {
      const { stop, name, label, read } = this.text.groups[n];
      const [, one, other] = group.children;
      const later = stop > this.moment.length;
      group.classList.toggle("later", later);
      const phone = this.width < PHONE;
      one.textContent = later || phone ? name : label;
      other.textContent = later || !phone ? "" : read;
    });
  }

  /** Those of the token that is pointed at, or of the heads that the theatre has come to: a list
      beside the arcs, with the one in ink that is spoken of. */
  private nameArcs(): void {
    const { heads, head: spoken, length } = this.moment;
    const { tokens, given } = this.text;
    const { lit, width, most } = this;
    this.names.replaceChildren();
    const token = lit ?? (heads ? length - 1 : null);
    if (token === null) return;
    const own = this.arcs.map(({ arc }) => arc).filter((arc) => this.belongs(arc, token));
    const all = lit === null ? mostOf(this.text, Math.max(token, given)) : own;
    const named = all.filter(({ head }) => lit !== null || heads?.includes(head));
    const lines = [...named]
      .sort((one, other) => other.weight - one.weight)
      .slice(0, MOST_NAMED)
      .sort((one, other) => named.indexOf(one) - named.indexOf(other))
      .map(({ head, from, to, weight }) => ({
        head,
        text: `head ${head} ${lit !== null && lit < given ? `before ${tokens[to]}` : `at ${tokens[from]}`}, ${percent(weight)}`,
      }));
    const pitch = width / tokens.length;
    const wide = 0.5 * NAME * Math.max(...lines.map(({ text }) => text.length), 0);
    const high = NAME_LINE * Math.min(all.length, MOST_NAMED);
    const base = most + HEADROOM;
    const near: Pair = [(token + 1.1) * pitch, base - high - 0.3 * most];
    const points = own.flatMap((arc) => this.pointsOf(arc));
    const [x, y] = freePlace(points, wide, high, near, [width, base - 4]);
    lines.forEach(({ head, text }, n) => {
      const name = spoken !== null && head !== spoken && lit === null ? "past" : "";
      const line = { class: name, x, y: y + (n + 0.75) * NAME_LINE, "font-size": NAME };
      draw(this.names, "text", line).textContent = text;
    });
  }

  /** Along an arc, from foot to foot. */
  private pointsOf({ from, to }: Arc): Pair[] {
    const { width, most } = this;
    const pitch = width / this.tokens.length;
    const high = rise((to - from) * pitch, most);
    return range(33).map((i) => {
      const turn = (Math.PI * i) / 32;
      const x = (from + to + 1 - (to - from) * Math.cos(turn)) / 2;
      return [x * pitch, most + HEADROOM - high * Math.sin(turn)];
    });
  }

  private fitToken(token: SVGGElement, x: number, line: number, pitch: number, size: number): void {
    const [reach, sign, dot, cross] = token.children;
    const y = line + 0.75 * size;
    set(reach, { x: x - pitch / 2, y: line, width: pitch, height: 1.5 * size });
    set(sign, { x, y, "font-size": size });
    set(dot, { cx: x, cy: y });
    const r = 0.4 * size;
    if (cross)
      set(cross, { d: `M${x - r} ${y - r}L${x + r} ${y + r}M${x - r} ${y + r}L${x + r} ${y - r}` });
  }

  private fitGroup(group: Element, n: number, pitch: number, y: number): void {
    const { start, stop } = this.text.groups[n];
    const [line, label, read, note] = group.children;
    const x = ((start + stop) / 2) * pitch;
    set(line, { x1: (start + 0.15) * pitch, x2: (stop - 0.15) * pitch, y1: y, y2: y });
    const phone = this.width < PHONE;
    set(label, { x, y: y + 18 });
    set(read, { x, y: y + 34 });
    set(note, { x, y: y + (phone ? 50 : 34) });
  }

  // ------------------------------------------------------------ the hand

  private pull(head: number): void {
    const { pulled } = this.data;
    if (head === this.moment.out && pulled === null) return this.rest(); // of the theatre
    const out = head === pulled;
    this.leaving = out ? null : head;
    this.shade();
    this.send("pull", out ? PUT_BACK : head);
  }

  private light(i: number | null): void {
    const lit = i !== null && i < this.moment.length ? i : null;
    if (lit === this.lit) return;
    this.lit = lit;
    this.shade();
    if (!this.plays) say(this.part("said"), this.told());
  }

  protected override landmarks(): Landmark[] {
    return landmarksOf(this.moments);
  }

  protected override letGo(): void {
    this.light(null);
  }

  // ------------------------------------------------------------ drawn at every moment

  protected show(at: number): string {
    this.moment = this.moments[at];
    const { text, length, out } = this.moment;
    if (text !== this.text) this.stage(text);
    if (this.lit !== null && this.lit >= length) this.lit = null;
    this.root.classList.toggle("plays", this.plays);
    this.tokens.forEach((token, i) => {
      token.classList.toggle("later", i >= length);
      token.classList.toggle("newest", i === length - 1);
    });
    this.nameGroups();
    this.markHeads(out);
    this.shade();
    this.part("skip").hidden = !this.plays || this.bill === "own";
    if (this.plays) this.part("yours").hidden = true;
    return this.told();
  }

  private shade(): void {
    const { length, heads, head, focus, out } = this.moment;
    const newest = this.plays || heads ? length - 1 : null;
    const shown = this.lit ?? newest ?? focus;
    const gone = this.leaving ?? (this.text.pulled === null ? out : null);
    const alone = this.lit ?? (heads ? newest : null);
    for (const { arc, path } of this.arcs) {
      const waits = heads !== null && arc.to === length - 1 && !heads.includes(arc.head);
      path.classList.toggle("later", arc.to >= length || waits);
      path.classList.toggle("fallen", arc.head === gone);
      const past = this.lit === null && head !== null && arc.head !== head;
      path.classList.toggle("strong", shown !== null && this.belongs(arc, shown) && !past);
      path.classList.toggle("past", shown !== null && this.belongs(arc, shown) && past);
      path.classList.toggle("faint", alone !== null && !this.belongs(arc, alone));
    }
    const ends = this.arcs.filter(({ arc }) => this.lit !== null && this.belongs(arc, this.lit));
    const near = new Set([this.lit, ...ends.flatMap(({ arc }) => [arc.from, arc.to])]);
    this.tokens.forEach((token, i) =>
      token.classList.toggle("aside", this.lit !== null && !near.has(i)),
    );
    this.nameArcs();
  }

  /** To a token that is written, and from one that is typed. */
  private belongs({ from, to }: Arc, token: number): boolean {
    return token < this.text.given ? from === token && to < this.moment.length : to === token;
  }

  private told(): string {
    const { lit, text } = this;
    if (lit === null || this.plays) return this.moment.said;
    return lit < text.given ? toldOfTyped(text, lit, this.moment.length) : toldOfToken(text, lit);
  }
}

/** Whether this browser has shown the theatre, which it has from now on. */
function seenBefore(): boolean {
  try {
    const seen = localStorage.getItem(SEEN) !== null;
    localStorage.setItem(SEEN, "seen");
    return seen;
  } catch {
    return true; // a browser that keeps nothing would show it at every visit
  }
}

export default mounted(Arcs);
