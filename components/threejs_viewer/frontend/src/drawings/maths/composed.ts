// A model laid out at one scale, and what is counted of the pairs that a variant was asked.

import { bits } from "./squares";

export interface Matrix {
  name: string;
  part: string;
  shape: number[];
  does: string;
  /** Heads or experts in it, side by side. */
  pieces: number;
  /** Numbers across and down. */
  wide: number;
  high: number;
}

export interface Strip {
  name: string;
  /** The stream lies across, and names stand beside the boxes. */
  flat: boolean;
  columns: Matrix[][];
}

export interface Look {
  step: number;
  wrong: string;
  asked: string;
}

export interface Variant {
  name: string;
  about: string;
  /** Its name in a word or less. */
  short: string;
  recorded: boolean;
  changed: boolean;
  columns: number;
  trained: string;
  looks: Look[];
}

/** A matrix on the page, in pixels. */
export interface Placed {
  matrix: Matrix;
  strip: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Where a strip stands. */
export interface Row {
  name: string;
  flat: boolean;
  y: number;
  height: number;
}

/** The names of a column that lies flat, and where they begin. */
export interface Beside {
  name: string;
  x: number;
  y: number;
}

export interface Sheet {
  placed: Placed[];
  rows: Row[];
  beside: Beside[];
  /** Pixels for a number: the square of it is its area. */
  scale: number;
  /** So many times as long as at the scale that was to be kept. */
  times: number;
  height: number;
}

const HAIR = 1.6; // pixels: a vector is no thinner
const GAP = 3; // pixels between matrices
const BETWEEN = 9; // from strip to strip
const WORDS = 24; // where words stand between two strips
const LINE = 16; // a strip with names beside its boxes is as high
const [LETTER, AFTER] = [6.6, 18]; // of a name beside its box, and from there to the next box
const TALL = 1.8; // a number is so many times as high as wide, where there is room
const LEAST = 14; // pixels: no layer is lower, where there is room

const wideOf = (column: Matrix[]): number => Math.max(...column.map(({ wide }) => wide));
const highOf = (column: Matrix[], scale: number): number =>
  column.reduce((sum, { high }) => sum + Math.max(HAIR, high * scale), 0) +
  GAP * (column.length - 1);

/** A name that stands for all matrices of a column, which are called alike. */
const nameOf = ([first, ...more]: Matrix[]): string =>
  more.length ? `${more.length + 1} × ${first.name}` : first.name;

/** From a strip to the next one below it. */
const gapBelow = (strip: Strip, next?: Strip): number =>
  strip.flat && next && !next.flat ? WORDS : BETWEEN;

const gaps = (strips: readonly Strip[]): number =>
  strips.slice(0, -1).reduce((sum, strip, i) => sum + gapBelow(strip, strips[i + 1]), 0);

/** Pixels for a number, across and down. */
interface Fit {
  wide: number;
  up: number;
}

/** Pixels for a number across, if boxes of so many numbers are to fit: none is thinner than a hair. */
function widest(wide: readonly number[], room: number): number {
  const numbers = wide.reduce((sum, n) => sum + n, 0);
  const each = room / Math.max(1, numbers);
  const broad = wide.filter((n) => n * each >= HAIR);
  if (broad.length === wide.length || !broad.length) return each;
  return widest(broad, room - HAIR * (wide.length - broad.length));
}

/** As large as all strips fit so many pixels, every number alike. */
function fitted(strips: readonly Strip[], width: number, height: number): Fit {
  const across = strips.map(({ columns, flat }) => {
    const words = flat
      ? columns.reduce((sum, column) => sum + LETTER * nameOf(column).length + AFTER + GAP, 0)
      : 0;
    return widest(columns.map(wideOf), width - GAP * (columns.length - 1) - words);
  });
  const tall = strips.map(({ columns }) => Math.max(...columns.map((c) => highOf(c, 1))));
  const lines = LINE * strips.filter(({ flat }) => flat).length;
  const down = (height - gaps(strips) - lines) / tall.reduce((sum, high) => sum + high, 0);
  const wide = Math.max(0.01, Math.min(down, ...across));
  return { wide, up: Math.max(0.01, Math.min(down, TALL * wide)) };
}

const scaleOf = ({ wide, up }: Fit): number => Math.sqrt(wide * up);
const timesAs = ({ wide, up }: Fit, by: number): Fit => ({ wide: wide * by, up: up * by });

/** At the scale of others where that fits; larger only where a layer would be too low to see. */
function kept(strips: readonly Strip[], own: Fit, other: Fit): Fit {
  const lowest = Math.min(
    ...strips.filter(({ flat }) => !flat).map(({ columns }) => Math.max(...columns.map(tallOf))),
  );
  const fits = Math.min(own.wide / other.wide, own.up / other.up);
  if (fits < 1) return own;
  const wanted = Math.ceil(LEAST / (lowest * other.up));
  return timesAs(other, Math.max(1, Math.min(wanted, Math.floor(fits))));
}

const tallOf = (column: Matrix[]): number => highOf(column, 1);

/** All strips from above to below, at the scale of the usual ones, or as large as they fit. */
export function laidOut(
  strips: readonly Strip[],
  width: number,
  height: number,
  usual: readonly Strip[] = [],
): Sheet {
  const own = fitted(strips, width, height);
  const other = usual.length ? fitted(usual, width, height) : own;
  const fit = kept(strips, own, other);
  const { wide, up } = fit;
  const placed: Placed[] = [];
  const rows: Row[] = [];
  const beside: Beside[] = [];
  let y = 0;
  strips.forEach(({ name, columns, flat }, i) => {
    const most = Math.max(...columns.map((column) => highOf(column, up)));
    const high = flat ? Math.max(LINE, most) : most;
    let x = 0;
    for (const column of columns) {
      let top = flat ? y + (high - highOf(column, up)) / 2 : y;
      for (const matrix of column) {
        const box = {
          width: Math.max(HAIR, matrix.wide * wide),
          height: Math.max(HAIR, matrix.high * up),
        };
        placed.push({ matrix, strip: name, x, y: top, ...box });
        top += box.height + GAP;
      }
      x += Math.max(HAIR, wideOf(column) * wide) + GAP;
      if (!flat) continue;
      beside.push({ name: nameOf(column), x: x + GAP, y: y + high / 2 });
      x += LETTER * nameOf(column).length + AFTER;
    }
    rows.push({ name, flat, y, height: high });
    y += high + gapBelow(strips[i], strips[i + 1]);
  });
  const last = rows.at(-1)!;
  const scale = scaleOf(fit);
  return {
    placed,
    rows,
    beside,
    scale,
    times: scale / scaleOf(other),
    height: last.y + last.height,
  };
}

/** Which boxes another network has too: as large, in the same strip, by the same name. */
export function unlike(placed: readonly Placed[], usual: readonly Strip[]): boolean[] {
  const there = new Set(
    usual.flatMap(({ name, columns }) =>
      columns.flat().map((matrix) => `${name}: ${matrix.name} ${matrix.shape.join(" ")}`),
    ),
  );
  return placed.map(
    ({ strip, matrix }) => !there.has(`${strip}: ${matrix.name} ${matrix.shape.join(" ")}`),
  );
}

/** Names of the matrices of a network of which another has none at all. */
export function gone(strips: readonly Strip[], usual: readonly Strip[]): string[] {
  const names = (all: readonly Strip[]): Set<string> =>
    new Set(all.flatMap(({ columns }) => columns.flat().map(({ name }) => name)));
  const here = names(strips);
  return [...names(usual)].filter((name) => !here.has(name));
}

export const parameters = ({ shape }: Matrix): number => shape.reduce((all, n) => all * n, 1);

/** 1, 2 or 5 times a power of ten parameters, whose square has about so many pixels a side. */
export function measure(scale: number, side: number): number {
  const wanted = (side / scale) ** 2;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, wanted)));
  return [5, 2, 1].map((n) => n * power).find((n) => n <= wanted) ?? 1;
}

/** A variant after a look: of every pair whether it is wrong and was asked. */
export interface Known {
  step: number;
  wrong: Uint8Array;
  asked: Uint8Array | null;
}

export interface Shown {
  trained: Uint8Array;
  looks: Known[];
}

export const opened = ({ trained, looks }: Variant): Shown => ({
  trained: bits(trained),
  looks: looks.map(({ step, wrong, asked }) => ({
    step,
    wrong: bits(wrong),
    asked: asked ? bits(asked) : null,
  })),
});

/** The last look at a step or before it; none before the first. */
export const lookAt = ({ looks }: Shown, step: number): Known | undefined =>
  looks.findLast((look) => look.step <= step);

/** Of held-out pairs that were asked. */
export function heldOut({ trained }: Shown, look: Known, n: number): { wrong: number; n: number } {
  const count = { wrong: 0, n: 0 };
  for (let i = 0; i < n; i++) {
    if (trained[i] || (look.asked && !look.asked[i])) continue;
    count.n += 1;
    count.wrong += look.wrong[i];
  }
  return count;
}

/** Of held-out pairs the wrong one, if it is the only one. */
export function onlyWrong({ trained }: Shown, look: Known, n: number): number | null {
  let found: number | null = null;
  for (let i = 0; i < n; i++) {
    if (trained[i] || !look.wrong[i] || (look.asked && !look.asked[i])) continue;
    if (found !== null) return null;
    found = i;
  }
  return found;
}

const MOST = 100; // moments, or about so many

/** Steps as far apart as another, the looks of all variants among them if they are not too many. */
export function stepsOf(shown: readonly Shown[]): number[] {
  const all = shown.flatMap(({ looks }) => looks.map(({ step }) => step));
  if (!all.length) return [];
  const last = Math.max(...all);
  const unit = Math.max(all.reduce(common, 0), Math.ceil(last / MOST), 1);
  const steps = Array.from({ length: Math.ceil(last / unit) }, (_, i) => i * unit);
  return [...steps, last];
}

const common = (a: number, b: number): number => (b ? common(b, a % b) : a);
