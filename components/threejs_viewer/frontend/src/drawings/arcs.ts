// Where each digit comes from: a sum is written token by token, an arc leads to each token from
// where a head looks. A digit shows its own arcs; a button, or an arc, pulls its head out.

import { make } from "../shared/dom";
import "./arcs.css";
import {
  arcsOf,
  bow,
  follows,
  isWrong,
  toldOfText,
  toldOfToken,
  toldOfTyped,
  type Arc,
  type Group,
  type Text,
} from "./maths/arcs";
import type { Sent } from "./shared/drawing";
import { draw, say, set } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { range } from "./shared/numbers";
import { ACROSS, steppedThrough } from "./shared/stepped";

const [HIGHEST, HIGH] = [280, 0.325]; // of the arcs, in pixels and in widths
const [LARGEST, SHARE] = [38, 0.86]; // of a token, in pixels and in pitches
const WIDEST = 7; // an arc of weight 1, where there is room
const PUT_BACK = -1;
const [PULL, BACK] = ["Ablate", "Ablated; press to put back"]; // what a press of a head does

interface Data extends Text, Sent {
  alt: string;
  roles: string[];
  groups: Group[];
  /** How long it takes to write. */
  seconds: number;
}

class Arcs extends MovingDrawing<Data> {
  private readonly picture = this.watched<SVGSVGElement>("picture");
  private arcs: { arc: Arc; path: SVGPathElement }[] = [];
  private tokens: SVGGElement[] = [];
  private width = 0;
  private length = 0;
  /** The token whose arcs alone are shown. */
  private lit: number | null = null;

  // ------------------------------------------------------------ built once

  /** Another sum, or the same without a head, is written anew. */
  protected build(): void {
    const { tokens, given, alt, seconds } = this.data;
    this.lit = null;
    set(this.picture, { "aria-label": alt });
    this.picture.replaceChildren();
    this.arcs = arcsOf(this.data).map((arc) => ({ arc, path: this.buildArc(arc) }));
    this.tokens = tokens.map((_, i) => this.buildToken(i));
    for (const some of [this.tokens.slice(0, given), this.tokens.slice(given)])
      steppedThrough(some, ACROSS);
    for (const group of this.data.groups) this.buildGroup(group);
    this.buildHeads();
    this.width = 0;
    this.place();
    this.playOnce(this.evenly(tokens.length - given, seconds));
  }

  private buildArc(arc: Arc): SVGPathElement {
    const role = this.data.roles[arc.from];
    const path = draw(this.picture, "path", { class: `arc ${role}`, pathLength: 1 });
    path.style.setProperty("--weight", String(arc.weight));
    draw(path, "title").textContent = `head ${arc.head}, ${arc.weight.toFixed(2)}: ablate it`;
    path.onclick = () => this.pull(arc.head);
    return path;
  }

  private buildToken(i: number): SVGGElement {
    const { tokens, roles, places, right } = this.data;
    const wrong = isWrong(this.data, i);
    const later = follows(this.data, i);
    const name = `token ${roles[i]}${wrong ? " wrong" : ""}${later ? " follows" : ""}`;
    const token = draw(this.picture, "g", { class: name });
    draw(token, "rect", { class: "reach" });
    draw(token, "text", { class: "sign" }).textContent = tokens[i];
    draw(token, "circle", { class: "ahead", r: 2 });
    if (wrong) draw(token, "path", { class: "cross" });
    const spoken = `${tokens[i]}, ${places[i]}${wrong ? `, wrong: ${right[i]} is right` : ""}${later ? ", because of an earlier error" : ""}`;
    set(token, { role: "img", "aria-label": spoken });
    token.onpointerenter = token.onfocus = () => this.light(i);
    token.onpointerleave = token.onblur = () => this.light(null);
    return token;
  }

  private buildGroup({ label, note }: Group): void {
    const group = draw(this.picture, "g", { class: "group" });
    draw(group, "line");
    draw(group, "text", { class: "label" }).textContent = label;
    draw(group, "text", { class: "note" }).textContent = note;
  }

  private buildHeads(): void {
    const { weights, pulled } = this.data;
    const heads = range(weights.length).map((head) => {
      const out = head === pulled;
      const button = make(
        "button",
        { type: "button", "aria-pressed": String(out) },
        `head ${head}`,
      );
      button.onclick = () => this.pull(head);
      return button;
    });
    const said = pulled === null ? PULL : BACK;
    this.part("heads").setAttribute("aria-label", said);
    // Both lie in one cell, as wide as the wider: the buttons stay where the pointer is.
    const both = [PULL, BACK].map((text) =>
      make("span", { class: text === said ? "" : "away" }, text),
    );
    this.part("heads").replaceChildren(make("span", { class: "asks" }, ...both), ...heads);
  }

  /** Lays out what is drawn, for the width there is. */
  protected override place(): void {
    const { width } = this.picture.getBoundingClientRect();
    if (!width || width === this.width) return;
    this.width = width;
    const pitch = width / this.data.tokens.length;
    const most = Math.min(HIGHEST, HIGH * width);
    const size = Math.min(LARGEST, SHARE * pitch);
    const line = most + 10;
    const height = line + 1.5 * size + 46;
    set(this.picture, { viewBox: `0 0 ${width} ${height}`, height });
    const at = (i: number): number => (i + 0.5) * pitch;
    for (const { arc, path } of this.arcs) {
      set(path, { d: bow(at(arc.from), at(arc.to), line, most) });
      set(path, {
        "stroke-width": Math.max(1.2, (WIDEST * arc.weight * Math.min(40, pitch)) / 40),
      });
    }
    this.tokens.forEach((token, i) => this.fitToken(token, at(i), line, pitch, size));
    const groups = [...this.picture.querySelectorAll(".group")];
    groups.forEach((group, n) => this.fitGroup(group, n, pitch, line + 1.5 * size));
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
    const { start, stop } = this.data.groups[n];
    const [line, label, note] = group.children;
    const x = ((start + stop) / 2) * pitch;
    set(line, { x1: (start + 0.15) * pitch, x2: (stop - 0.15) * pitch, y1: y, y2: y });
    set(label, { x, y: y + 18 });
    set(note, { x, y: y + 34 });
  }

  // ------------------------------------------------------------ the hand

  private pull(head: number): void {
    const out = head === this.data.pulled;
    for (const { arc, path } of this.arcs)
      path.classList.toggle("fallen", !out && arc.head === head);
    this.send("pull", out ? PUT_BACK : head);
  }

  private light(i: number | null): void {
    this.lit = i !== null && i < this.length ? i : null;
    this.shade();
    if (!this.plays) say(this.part("said"), this.told());
  }

  /** Where the working begins, the answer, and what is wrong in either. */
  protected override landmarks(): Landmark[] {
    const { roles, tokens, given } = this.data;
    const errors = range(tokens.length).filter((i) => isWrong(this.data, i));
    const begins = (role: string): number =>
      roles.findIndex((one, i) => one === role && i >= given);
    const wanted: [token: number, name: string][] = [
      [begins("working"), "working"],
      [begins("answer"), "answer"],
      [errors[0] ?? -1, "first error"],
    ];
    return wanted
      .filter(([token]) => token >= 0)
      .map(([token, name]) => ({ at: token - given + 1, name }))
      .sort((one, other) => one.at - other.at);
  }

  protected override letGo(): void {
    this.light(null);
  }

  // ------------------------------------------------------------ drawn at every moment

  protected show(at: number): string {
    this.length = this.data.given + at;
    this.tokens.forEach((token, i) => token.classList.toggle("later", i >= this.length));
    this.shade();
    return this.told();
  }

  private shade(): void {
    const newest = this.plays ? this.length - 1 : null;
    const shown = this.lit ?? newest;
    for (const { arc, path } of this.arcs) {
      path.classList.toggle("later", arc.to >= this.length);
      path.classList.toggle("strong", shown !== null && this.belongs(arc, shown));
      path.classList.toggle("faint", this.lit !== null && !this.belongs(arc, this.lit));
    }
    const ends = this.arcs.filter(({ arc }) => this.lit !== null && this.belongs(arc, this.lit));
    const near = new Set([this.lit, ...ends.flatMap(({ arc }) => [arc.from, arc.to])]);
    this.tokens.forEach((token, i) =>
      token.classList.toggle("aside", this.lit !== null && !near.has(i)),
    );
  }

  /** To a token that is written, and from one that is typed. */
  private belongs({ from, to }: Arc, token: number): boolean {
    return token < this.data.given ? from === token && to < this.length : to === token;
  }

  private told(): string {
    return this.lit === null
      ? toldOfText(this.data, this.length)
      : this.lit < this.data.given
        ? toldOfTyped(this.data, this.lit, this.length)
        : toldOfToken(this.data, this.lit);
  }
}

export default mounted(Arcs);
