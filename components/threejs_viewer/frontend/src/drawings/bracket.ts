// Keys and values kept, or latents: a query, a matrix and a cache as coloured numbers, and a bracket
// that is dragged from (c W) to (q W). What the cache holds and what a token costs is counted at each
// stop. All numbers come from Python.

import { make } from "../shared/dom";
import "./bracket.css";
import {
  AGAIN,
  bracketAt,
  film,
  groups,
  KEPT,
  MOVED,
  ROTATED,
  seen,
  shortly,
  SPLIT,
  times,
  told,
  type Setting,
} from "./maths/bracket";
import type { Sent } from "./shared/drawing";
import { say, set, setShare } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { HeatMap } from "./shared/lines";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { clamp, counted, signedBytes } from "./shared/numbers";
import { Slide } from "./shared/slide";

interface Packed {
  columns: number;
  /** As signed bytes, row by row; base64. */
  numbers: string;
}

interface Data extends Sent {
  headline: string;
  alt: string;
  seconds: number;
  stops: string[];
  short: string[];
  /** Whether its scores know where tokens stand. */
  known: boolean[];
  tokens: string[];
  roles: string[];
  maps: Record<string, Packed>;
  /** The matrix as it would be one token back, two, ... */
  wheel: Packed[];
  settings: Setting[];
  n_head: number;
  /** The one whose query it is. */
  head: number;
  /** Between the scores of both brackets. */
  difference: string;
}

/** A map on the page, and the stops at which it is there. */
interface Drawn {
  map: HeatMap;
  numbers: Int8Array;
  box: HTMLElement;
  first: number;
  last: number;
}

/** What the cache holds at some stops: a part of the width of keys and values, from a place on. */
type Held = [map: string, name: string, left: number, first: number, last: number, kind: string];

/** What asks, above the columns that it meets, from where it comes down. */
type Asked = [map: string, left: number, first: number, last: number];
const FALLS = 28; // pixels

/** Under paper: percent of it on a light page and on a dark one. */
const VEILS = { "--veil": [84, 80], "--pale": [50, 15] }; // what is no longer kept; the matrix at rest

interface Row {
  button: HTMLElement;
  bars: HTMLElement[];
  words: HTMLElement[];
  ratio: HTMLElement;
}

class Bracket extends MovingDrawing<Data> {
  private readonly tiles = this.watched("tiles");
  private readonly pair = this.part("pair");
  private readonly held = this.part("held");
  private maps: Drawn[] = [];
  private asked: Drawn[] = [];
  private rows: Row[] = [];
  private setting = 0;
  private readonly choice = make("select", { "aria-label": "Counted for" });
  /** Pixels: the two ends of the bracket around the latent, and around the query. */
  private spans = { latent: [0, 1], query: [0, 1] };
  /** Where what it makes comes down to the map. */
  private falls = { again: 0, moved: 0 };

  protected override begin(): void {
    for (const frame of ["formula", "store"]) this.coloured(this.part(frame));
    const slide = new Slide(this.pair, this.pair, {
      step: 0.05,
      now: () => clamp(this.at, AGAIN, MOVED) - AGAIN,
      bounds: () => [0, 1],
      unit: () => Math.min(this.spans.query[0] - this.spans.latent[0], -1),
      move: (value) => this.stopAt(AGAIN + value),
      rest: () => this.stopAt(Math.round(this.at)),
    });
    this.atEnd(() => slide.dispose());
    for (const [name, shares] of Object.entries(VEILS)) {
      const [light, dark] = shares.map(
        (share) => `color-mix(in srgb, var(--paper) ${share}%, transparent)`,
      );
      this.root.style.setProperty(name, `light-dark(${light}, ${dark})`);
    }
    this.choice.onchange = () => {
      this.setting = this.choice.selectedIndex;
      this.again();
    };
    this.pair.onkeydown = (event) => {
      const to = new Map([
        ["ArrowLeft", MOVED],
        ["ArrowUp", MOVED],
        ["End", MOVED],
        ["ArrowRight", AGAIN],
        ["ArrowDown", AGAIN],
        ["Home", AGAIN],
      ]).get(event.key);
      if (to === undefined || this.idle) return;
      event.preventDefault();
      this.stopAt(to);
    };
  }

  /** At the first stop no matrix is there to be moved. */
  private get idle(): boolean {
    return Math.round(this.at) === KEPT;
  }

  /** Half way to a stop, its row and the knob are there together. */
  protected override knob(at: number): number {
    return Math.round(at);
  }

  protected override recolour(): void {
    for (const { map, numbers } of this.maps) map.show(numbers, null);
  }

  protected override rebuild(): void {
    this.build();
    this.rest();
  }

  protected override landmarks(): Landmark[] {
    return this.data.stops.slice(1).map((_, i) => ({ at: i + 1, name: String(i + 2) }));
  }

  /** The first stop is marked, too, and each number stands over its mark. */
  protected override markLandmarks(): void {
    super.markLandmarks();
    const first = make("span", { class: "first" }, make("b", {}, "1"));
    setShare(first, "--at", 0);
    this.part("landmarks").prepend(first);
    this.all(".landmarks span").forEach((place, at) => {
      place.style.setProperty("--shift", "0px");
      place.title = this.data.stops[at];
    });
  }

  // ------------------------------------------------------------ built once

  protected build(): void {
    const { tokens, roles, stops, settings, seconds, alt, headline } = this.data;
    say(this.part("headline"), headline);
    this.maps = [];
    this.part("formula").setAttribute("aria-label", alt);
    this.held.setAttribute("aria-label", `What the cache holds of ${tokens.length} tokens`);
    this.root.style.setProperty("--rows", String(tokens.length));
    this.part("names").replaceChildren(
      ...groups(roles).map(({ name, rows }) => {
        const span = make("span", { class: name === "problem" ? "operand" : name }, name);
        span.style.setProperty("grid-row", `span ${rows}`);
        return span;
      }),
    );
    this.buildFormula();
    this.buildHeld();
    this.setting = Math.min(this.setting, settings.length - 1);
    this.choice.replaceChildren(...settings.map(({ name }) => make("option", {}, name)));
    this.choice.selectedIndex = this.setting;
    this.rows = stops.map((name, stop) => this.buildRow(name, stop));
    const choose = make(
      "label",
      {},
      make("span", {}, make("span", { class: "counted" }, "counted "), "for"),
      this.choice,
    );
    const lacking = make("span", { class: "brief lacking" }, "* no positions");
    const heads = ["bytes", "operations"].map((brief) =>
      make("span", {}, make("span", { class: "brief" }, brief), make("b")),
    );
    heads[1].append(make("span", { class: "against" }));
    this.part("ledger").replaceChildren(
      make(
        "div",
        { class: "head" },
        make("span", {}, make("em", {}, "stop"), choose, lacking),
        ...heads,
      ),
      ...this.rows.map(({ button }) => button),
    );
    this.place();
    this.playOnce(film(stops.length, seconds), stops.length - 1);
  }

  /** A map in a box, there from stop `first` to `last`. */
  private add(name: string | Packed, box: HTMLElement, first = KEPT, last = SPLIT): HTMLElement {
    const { columns, numbers } = typeof name === "string" ? this.data.maps[name] : name;
    const all = signedBytes(numbers);
    const map = new HeatMap(all.length / columns, columns);
    map.box.style.setProperty("--columns", String(columns));
    box.prepend(map.box);
    map.show(all, null); // once it is on the page, where colours are
    this.maps.push({ map, numbers: all, box: map.box, first, last });
    return map.box;
  }

  private buildFormula(): void {
    for (const one of this.all(".formula .map")) one.remove();
    const figure = (name: string): HTMLElement => this.part(name);
    this.add("own_q", figure("q"), KEPT, KEPT);
    this.add("q", figure("q"), AGAIN, SPLIT);
    this.add("w", figure("w"), AGAIN, SPLIT);
    const { n_head, head, maps } = this.data;
    const own = maps.own_keys.columns / n_head;
    const rows = signedBytes(maps.own_keys.numbers);
    const one = { columns: own, numbers: encoded(rows.slice(own * head, own * (head + 1))) };
    this.add(one, figure("c"), KEPT, KEPT);
    const latent = maps.c;
    const first = encoded(signedBytes(latent.numbers).slice(0, latent.columns));
    this.add({ columns: latent.columns, numbers: first }, figure("c"), AGAIN, SPLIT);
    const wheel = this.part("wheel").firstElementChild as HTMLElement;
    wheel.replaceChildren();
    for (const one of [...this.data.wheel].reverse()) this.add(one, wheel, ROTATED, ROTATED);
  }

  private buildHeld(): void {
    const { maps, n_head, head } = this.data;
    const whole = maps.own_keys.columns + maps.own_values.columns;
    const gap = maps.c.columns + maps.turned.columns;
    const all: Held[] = [
      ["own_keys", "keys of all heads", 0, KEPT, KEPT, ""],
      ["own_values", "values of all heads", maps.own_keys.columns, KEPT, KEPT, ""],
      ["c", `latent, ${maps.c.columns}`, 0, AGAIN, SPLIT, ""],
      ["turned", `rotated key, ${maps.turned.columns}`, maps.c.columns, SPLIT, SPLIT, ""],
      ["keys", "keys, thrown away", whole - maps.keys.columns - gap / 2, AGAIN, AGAIN, "gone"],
    ];
    const ofHead = (left: number, columns: number): number => left + (head * columns) / n_head;
    const asked: Asked[] = [
      ["own_q", ofHead(0, maps.own_keys.columns), KEPT, KEPT],
      ["q", ofHead(whole - maps.keys.columns - gap / 2, maps.keys.columns), AGAIN, AGAIN],
      ["absorbed", 0, MOVED, SPLIT],
      ["rotated_q", maps.c.columns, SPLIT, SPLIT],
    ];
    const rest = [make("span"), make("span"), make("span", { class: "each" }, " bytes a token")];
    const plate = make(
      "div",
      {},
      make("b", {}, ...rest),
      make("span"),
      make("span", { class: "apiece" }),
    );
    const freed = make("div", { class: "freed" }, plate);
    const vacant = make("figure", { class: "vacant" }, make("figcaption"), make("i"));
    const ghost = make("div", { class: "ghost" });
    this.held.replaceChildren(make("div", { class: "before" }, ghost, freed), vacant);
    for (const name of ["own_values", "own_keys"]) this.add(name, ghost, AGAIN, SPLIT);
    setShare(freed, "--left", gap / whole);
    setShare(freed, "--wide", (whole - maps.keys.columns - 1.5 * gap) / whole);
    setShare(vacant, "--left", maps.c.columns / whole);
    setShare(vacant, "--wide", maps.turned.columns / whole);
    for (const [name, words, left, first, last, kind] of all) {
      const [brief, ...more] = words.split(/(?=, )/);
      const long = more.map((rest) => make("span", { class: "long" }, rest));
      const caption = make("figcaption", {}, brief, ...long);
      const box = make("figure", { class: `part ${kind} ${name}` }, caption);
      setShare(box, "--left", left / whole);
      setShare(box, "--wide", maps[name].columns / whole);
      this.held.append(box);
      this.add(name, box, first, last);
      this.maps.at(-1)!.box = box;
    }
    this.asked = asked.map(([name, left, first, last]) => {
      const box = make("figure", { class: `asked ${name}` });
      setShare(box, "--left", left / whole);
      setShare(box, "--wide", maps[name].columns / whole);
      this.held.append(box);
      this.add(name, box, first, last);
      if (name === "rotated_q") box.append(make("span", {}, "rotated q"));
      const drawn = this.maps.at(-1)!;
      drawn.box = box;
      return drawn;
    });
    for (const one of this.all(".scores .map")) one.remove();
    const scores = this.part("scores");
    this.add("own_scores", scores, KEPT, KEPT);
    this.add("content", scores, AGAIN, MOVED);
    this.add("rotated", scores, ROTATED, ROTATED);
    this.add("scores", scores, SPLIT, SPLIT);
  }

  private buildRow(name: string, stop: number): Row {
    const bars = ["bytes", "operations"].map((kind) => make("i", { class: kind }));
    const words = bars.map(() => make("b"));
    const ratio = make("b", { class: "ratio" });
    const known = this.data.known[stop];
    const button = make(
      "button",
      { class: "stop" },
      make(
        "span",
        { class: "name" },
        make("em", {}, String(stop + 1)),
        make("span", { class: "long" }, name),
        make("span", { class: "brief" }, this.data.short[stop]),
        ...(known ? [] : [make("span", { class: "known" }, "no positions")]),
      ),
      make("span", { class: "bar" }, words[0], bars[0]),
      make("span", { class: "bar" }, words[1], bars[1], ratio),
    );
    button.onclick = () => this.stopAt(stop);
    return { button, bars, words, ratio };
  }

  // ------------------------------------------------------------ as wide as there is room

  protected override place(): void {
    const { left } = this.tiles.getBoundingClientRect();
    const [q, w, c] = ["q", "w", "c"].map((name) => this.part(name).getBoundingClientRect());
    this.spans = {
      query: [q.left - left, w.right - left],
      latent: [w.left - left, c.right - left],
    };
    const middle = (name: string): number => {
      const box = this.held.querySelector(name)!.getBoundingClientRect();
      return box.left - left + box.width / 2;
    };
    this.falls = { again: middle(".keys"), moved: middle(".absorbed") };
    this.putBracket();
  }

  private putBracket(): void {
    const moved = bracketAt(this.at);
    const between = (end: 0 | 1): number =>
      this.spans.latent[end] + moved * (this.spans.query[end] - this.spans.latent[end]);
    const [from, to] = [between(0), between(1)];
    this.pair.style.left = `${from.toFixed(1)}px`;
    this.pair.style.width = `${Math.max(to - from, 0).toFixed(1)}px`;
    const away = this.part("other").style;
    const [left, right] = moved > 0.5 ? this.spans.latent : this.spans.query;
    away.left = `${left.toFixed(1)}px`;
    away.width = `${Math.max(right - left, 0).toFixed(1)}px`;
    const stem = moved > 0.5 ? this.falls.moved : this.falls.again;
    this.part("stem").style.left = `${stem.toFixed(1)}px`;
  }

  // ------------------------------------------------------------ drawn at every moment

  protected show(at: number): string {
    const stop = Math.round(at);
    for (const { box, first, last } of this.maps) {
      const share = seen(at, first, last);
      box.style.opacity = share.toFixed(2);
      box.classList.toggle("away", share === 0);
    }
    for (const { box, first, last } of this.asked) {
      const above = at < first ? 1 - seen(at, first, last) : 0;
      box.style.transform = `translateY(${(-FALLS * above).toFixed(1)}px)`;
    }
    this.putBracket();
    const query = stop >= MOVED;
    set(this.pair, {
      "aria-disabled": this.idle,
      "aria-valuenow": query ? 1 : 0,
      "aria-valuetext": this.idle
        ? "no matrix to move at this stop"
        : query
          ? "around the query and the matrix"
          : "around the latent and the matrix",
    });
    const drag = query ? "drag →" : "← drag";
    say(this.pair.querySelector("span")!, this.idle ? "nothing to drag: no matrix yet" : drag);
    this.root.dataset.stop = String(stop);
    this.part("first").classList.toggle("near", stop === KEPT);
    // Its colours are loud: they are full while it is on its way.
    this.root.classList.toggle("under-way", at > AGAIN && at < MOVED);
    this.part("before").style.opacity = seen(at, AGAIN, SPLIT).toFixed(2);
    this.part("vacant").style.opacity = seen(at, AGAIN, ROTATED).toFixed(2);
    this.nameTiles(stop);
    this.fillLedger(stop);
    const { stops, settings, difference } = this.data;
    return told(stop, stops, settings[this.setting], difference);
  }

  private nameTiles(stop: number): void {
    const { maps, n_head } = this.data;
    const width = (name: string): number => maps[name].columns;
    const caption = (name: string, words: string): void =>
      say(this.part(name).querySelector("figcaption")!, words);
    const key = width("keys") / n_head;
    caption("q", `query q, ${stop === KEPT ? width("own_q") : key}`);
    caption("w", stop === KEPT ? "·" : `key matrix W, ${key} × ${width("c")}`);
    caption("wheel", "one for each distance");
    caption(
      "c",
      stop === KEPT ? `key k, ${width("own_keys") / n_head}` : `latent c, ${width("c")}`,
    );
    caption("vacant", stop === ROTATED ? "position: in W" : "position: not kept");
    say(this.part("asker"), stop >= MOVED ? "q W" : "query q");
  }

  private fillLedger(stop: number): void {
    const { bytes, operations, head, each } = this.data.settings[this.setting];
    const { own_keys, own_values, c, turned } = this.data.maps;
    const freed = this.part("freed");
    const whole = own_keys.columns + own_values.columns;
    const kept = c.columns + (stop === SPLIT ? turned.columns : 0);
    const [sizes, fewer, apiece] = freed.firstElementChild!.children;
    const [before, now] = sizes.children;
    say(before, `${counted(bytes[KEPT])} `);
    say(now, `→ ${counted(bytes[stop])}`);
    const isDrawn = bytes[KEPT] === each * whole; // another network's numbers are not
    say(fewer, isDrawn ? `${counted(kept)} numbers of ${each} bytes are kept` : "");
    say(apiece, `${each} bytes a number`);
    const [most, all] = [Math.max(...bytes), Math.max(...operations)];
    const short = shortly(operations);
    this.rows.forEach(({ button, bars, words, ratio }, i) => {
      button.classList.toggle("later", i > stop);
      set(button, { "aria-pressed": i === stop });
      setShare(bars[0], "--share", bytes[i] / most);
      setShare(bars[1], "--share", operations[i] / all);
      say(words[0], counted(bytes[i]));
      say(words[1], short(operations[i]));
      say(ratio, stop >= MOVED ? `${times(operations[i] / operations[MOVED])}×` : "");
      set(button, {
        "aria-label": `Stop ${i + 1}, ${this.data.stops[i]}: ${counted(bytes[i])} bytes, ${counted(operations[i])} operations, positions ${this.data.known[i] ? "known" : "not known"}`,
      });
    });
    const heads = this.all(".ledger .head b");
    say(heads[0], `bytes a token (${each} a number)`);
    say(heads[1], head);
    say(this.all(".against")[0], stop >= MOVED ? `vs stop ${MOVED + 1}` : "");
  }
}

const encoded = (numbers: Int8Array): string =>
  btoa(String.fromCharCode(...new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.length)));

export default mounted(Bracket);
