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
  recorded: boolean;
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
  y: number;
  height: number;
}

export interface Sheet {
  placed: Placed[];
  rows: Row[];
  /** Pixels for a number: the square of it is its area. */
  scale: number;
  height: number;
}

const HAIR = 1.6; // pixels: a vector is no thinner
const GAP = 3; // pixels between matrices
const BETWEEN = 9; // from strip to strip
const TALL = 1.4; // a number is so many times as high as wide, where there is room

const wideOf = (column: Matrix[]): number => Math.max(...column.map(({ wide }) => wide));
const highOf = (column: Matrix[], scale: number): number =>
  column.reduce((sum, { high }) => sum + high * scale, 0) + GAP * (column.length - 1);

/** All strips from above to below as large as they fit so many pixels, every number alike. */
export function laidOut(strips: readonly Strip[], width: number, height: number): Sheet {
  const across = strips.map(({ columns }) => {
    const matrices = columns.filter((column) => wideOf(column) > 1);
    const room = width - GAP * (columns.length - 1) - HAIR * (columns.length - matrices.length);
    return room / Math.max(1, ...[matrices.reduce((sum, c) => sum + wideOf(c), 0)]);
  });
  const tall = strips.map(({ columns }) => Math.max(...columns.map((c) => highOf(c, 1))));
  const down = (height - BETWEEN * (strips.length - 1)) / tall.reduce((sum, high) => sum + high, 0);
  const wide = Math.max(0.01, Math.min(down, ...across));
  const up = Math.max(0.01, Math.min(down, TALL * wide));
  const placed: Placed[] = [];
  const rows: Sheet["rows"] = [];
  let y = 0;
  for (const { name, columns } of strips) {
    const high = Math.max(...columns.map((column) => highOf(column, up)));
    let x = 0;
    for (const column of columns) {
      let top = y;
      for (const matrix of column) {
        const box = {
          width: Math.max(HAIR, matrix.wide * wide),
          height: Math.max(HAIR, matrix.high * up),
        };
        placed.push({ matrix, strip: name, x, y: top, ...box });
        top += box.height + GAP;
      }
      x += Math.max(HAIR, wideOf(column) * wide) + GAP;
    }
    rows.push({ name, y, height: high });
    y += high + BETWEEN;
  }
  return { placed, rows, scale: Math.sqrt(wide * up), height: y - BETWEEN };
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

/** All steps at which any variant was looked at. */
export const stepsOf = (shown: readonly Shown[]): number[] =>
  [...new Set(shown.flatMap(({ looks }) => looks.map(({ step }) => step)))].sort((a, b) => a - b);
