// What the operands of a rule stand for: numbers at places. leaves.ts has those that are simply there,
// ops/ what a rule makes of others.

import type { Tensor } from "./data";
import type { Table } from "./rules";
import type { Where } from "./text";

export type Place = readonly number[];

export interface Values {
  readonly shape: readonly number[];
  /** Whether an activation is among what it is made of. */
  readonly formed: boolean;
  /** The number at a place; NaN where there is none, or where it did not arrive. */
  at(place: Place, reads?: Reads): number;
  /** What it is called in a formula. */
  symbol(where: Where): string;
  /** The same in NumPy, with an axis for each that is left whole. */
  line(where: Where): string;
}

/** Numbers that lie in a row. `tensor`: null for a table. */
export interface Flat extends Values {
  readonly tensor: Tensor | null;
  run(start: number, step: number, n: number, reads?: Reads): Float64Array;
}

/** What a rule makes of its operands: each file of ops/ has one of these. */
export interface Made extends Values {
  make(place: Place, reads: Reads, axes?: readonly string[]): Told;
  /** The operands to which the way home leads; empty where nothing can be undone. */
  readonly followed: readonly Values[];
  /** Whether it may be undone into several vectors of one operand, such as heads or tokens. */
  readonly cuts?: boolean;
  undo(whole: Part): Part[];
}

/** How a number was made. */
export interface Told {
  value: number;
  /** The formula with its numbers, up to the last equals sign. */
  working: string;
  /** The largest products or summands. */
  terms: { label: string; value: number }[];
}

/** direction . x, with x what `values` are along their last axis, at a place of all the others. */
export interface Part {
  values: Values;
  prefix: Place;
  direction: Float64Array;
  /** How much of x a softmax has let in, which stands in `direction` already; all, if not given. */
  share?: number;
}

export const isFlat = (x: Values): x is Flat => "run" in x;
export const isMade = (x: Values): x is Made => "make" in x;

/** The number of a place, and how it was made where it was. */
export const tell = (x: Values, place: Place, reads: Reads): Told =>
  isMade(x)
    ? x.make(place, reads)
    : { value: x.at(place, reads), working: x.symbol(place), terms: [] };

/** The whole of the last axis. */
export function rowOf(x: Values, prefix: Place, reads?: Reads): Float64Array {
  const n = x.shape[x.shape.length - 1]!;
  if (isFlat(x)) {
    const start = flatIndex(x.shape, [...prefix, 0]);
    return start < 0 ? new Float64Array(n).fill(NaN) : x.run(start, 1, n, reads);
  }
  return Float64Array.from({ length: n }, (_, i) => x.at([...prefix, i], reads));
}

/** Where a place lies among numbers in a row; -1 if there is no such place. */
export function flatIndex(shape: readonly number[], place: Place): number {
  let index = 0;
  for (let axis = 0; axis < shape.length; axis++) {
    const at = place[axis]!;
    if (!(at >= 0 && at < shape[axis]!)) return -1;
    index = index * shape[axis]! + at;
  }
  return index;
}

/** How long each axis of a nested list is. */
export function shapeOf(table: Table): number[] {
  return Array.isArray(table) ? [table.length, ...shapeOf(table[0] ?? 0)] : [];
}

// ------------------------------------------------------------ which cells were read

export interface Source {
  tensor: Tensor;
  /** Flat indices of the cells that were read. */
  cells: number[];
}

type Run = [start: number, step: number, n: number];

export class Reads {
  private runs = new Map<Tensor, Map<string, Run>>();
  /** Whether one of them did not arrive. */
  missing = false;

  note(tensor: Tensor, start: number, step: number, n: number): void {
    const own = this.runs.get(tensor) ?? new Map<string, Run>();
    this.runs.set(tensor, own);
    own.set(`${start} ${step} ${n}`, [start, step, n]);
    if (Math.max(start, start + step * (n - 1)) >= tensor.present) this.missing = true;
  }

  get sources(): Source[] {
    return [...this.runs].map(([tensor, runs]) => ({ tensor, cells: cellsOf([...runs.values()]) }));
  }
}

/** All cells of some runs, each once and in order. */
function cellsOf(runs: Run[]): number[] {
  const ends = runs.flatMap(([start, step, n]) => [start, start + step * (n - 1)]);
  const [least, most] = [Math.min(...ends), Math.max(...ends)];
  const isRead = new Uint8Array(most - least + 1);
  for (const [start, step, n] of runs)
    for (let i = 0; i < n; i++) isRead[start + i * step - least] = 1;
  const cells: number[] = [];
  for (let at = 0; at < isRead.length; at++) if (isRead[at]) cells.push(least + at);
  return cells;
}
