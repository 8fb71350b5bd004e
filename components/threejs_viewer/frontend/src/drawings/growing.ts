// A text is written token by token: each adds one line to K and one to V and asks one query, which
// is used once. Nothing is computed here: all lines come from Python.

import { make } from "../shared/dom";
import "./growing.css";
import type { Sent } from "./shared/drawing";
import { HeatMap, Strip } from "./shared/lines";
import { landmarksOf, type Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { clamp, percent, signedBytes } from "./shared/numbers";

type Name = "k" | "v" | "q";

const HEADS: Record<Name, [letter: string, meaning: string]> = {
  k: ["K", "keys, kept"],
  v: ["V", "values, kept"],
  q: ["q", "query, used once"],
};

interface Data extends Record<Name, string>, Sent {
  tokens: string[];
  alt: string;
  /** How long the text is written. */
  seconds: number;
}

interface Shown {
  lines: Int8Array;
  width: number;
  map: HeatMap;
}

class Growing extends MovingDrawing<Data> {
  private readonly frame = this.coloured(this.part("maps"));
  private strip!: Strip;
  private rows!: Strip;
  private maps!: Record<Name, Shown>;
  /** The token under the hand or the focus. */
  private pointed: number | null = null;

  protected override recolour(): void {
    this.again();
  }

  protected build(): void {
    const { frame } = this;
    const { tokens, alt, seconds } = this.data;
    frame.setAttribute("aria-label", alt);
    frame.style.setProperty("--rows", String(tokens.length));
    const rows = make("div", { class: "rows" });
    this.strip = new Strip(this.part("strip"), tokens);
    this.rows = new Strip(rows, tokens);
    this.rows.pointedAt((token) => this.point(token));
    this.pointed = null;
    this.maps = { k: this.shown("k"), v: this.shown("v"), q: this.shown("q") };
    const names: Name[] = ["k", "v", "q"];
    const heads = names.map((name) => {
      const [letter, meaning] = HEADS[name];
      return make("div", { class: "head" }, make("b", {}, letter), ` ${meaning}`);
    });
    frame.replaceChildren(make("div"), ...heads, rows, ...names.map((n) => this.maps[n].map.box));
    this.playOnce(this.evenly(tokens.length, seconds));
  }

  private shown(name: Name): Shown {
    const [lines, room] = [signedBytes(this.data[name]), this.data.tokens.length];
    const width = lines.length / room;
    const map = new HeatMap(room, width);
    map.box.onpointermove = ({ clientY }) => {
      const { top, height } = map.box.getBoundingClientRect();
      this.point(clamp(Math.floor((room * (clientY - top)) / height), 0, room - 1));
    };
    map.box.onpointerleave = () => this.point(null);
    return { lines, width, map };
  }

  /** One token, and how strong its lines are. */
  private point(token: number | null): void {
    if (token === this.pointed) return;
    this.pointed = token;
    this.again();
  }

  protected override letGo(): void {
    this.pointed = null;
  }

  protected override landmarks(): Landmark[] {
    return landmarksOf(this.data.tokens);
  }

  /** After so many tokens. A full cache at rest has no newest line any more. */
  protected show(length: number): string {
    const { tokens } = this.data;
    const newest = length === tokens.length && !this.plays ? null : length - 1;
    this.strip.grow(length);
    this.rows.grow(length);
    const only = this.pointed !== null && this.pointed < length ? this.pointed : null;
    for (const row of [this.strip, this.rows]) row.only(only);
    for (const { map } of Object.values(this.maps)) map.only = only;
    for (const name of ["k", "v"] as const) {
      const { lines, width, map } = this.maps[name];
      map.show(lines.subarray(0, length * width), newest);
    }
    const { lines, width, map } = this.maps.q;
    map.show(lines.subarray((length - 1) * width, length * width), newest, length - 1);
    return !this.plays && only !== null ? this.saidOf(only) : this.told(length);
  }

  private saidOf(token: number): string {
    const [key, value] = (["k", "v"] as const).map((name) => {
      const { lines, width } = this.maps[name];
      const line = lines.subarray(token * width, (token + 1) * width);
      return percent(Math.max(...line.map(Math.abs)) / 127);
    });
    const where = `Token ${token + 1}, “${this.data.tokens[token]}”: its line reaches`;
    return `${where} ${key} of the largest number in K, and ${value} in V.`;
  }

  private told(n: number): string {
    const { tokens } = this.data;
    const token = tokens[n - 1];
    const where = `Token ${n} of ${tokens.length}, “${token}”: one line more in K, one in V`;
    if (n === 1) return `${where}.`;
    const before =
      n === 2 ? "the line before stays as it is" : `the ${n - 1} before stay as they are`;
    return `${where}; ${before}.`;
  }
}

export default mounted(Growing);
