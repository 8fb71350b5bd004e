// What the operands of a rule stand for: numbers at places. Here are those that are simply there, the
// tensors of the scene and the tables that are given; what a rule makes of others is in ops/.

import { read, halfToNumber, type Scene, type Tensor } from "./data";
import { Unreadable, type Look } from "./expression";
import type { Rotation, Table } from "./rules";
import { atom, bracket, handle, label, type Where } from "./text";

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

// ------------------------------------------------------------ which cells were read

export interface Source {
  tensor: Tensor;
  /** Flat indices of the cells that were read. */
  cells: number[];
}

export class Reads {
  private runs = new Map<Tensor, Map<string, [start: number, step: number, n: number]>>();
  /** Whether one of them did not arrive. */
  missing = false;

  note(tensor: Tensor, start: number, step: number, n: number): void {
    const own = this.runs.get(tensor) ?? new Map<string, [number, number, number]>();
    this.runs.set(tensor, own);
    own.set(`${start} ${step} ${n}`, [start, step, n]);
    if (Math.max(start, start + step * (n - 1)) >= tensor.present) this.missing = true;
  }

  get sources(): Source[] {
    return [...this.runs].map(([tensor, runs]) => {
      const cells = [...runs.values()].flatMap(([start, step, n]) =>
        Array.from({ length: n }, (_, i) => start + i * step),
      );
      return { tensor, cells: [...new Set(cells)] };
    });
  }
}

// ------------------------------------------------------------ tensors and tables

/** A name in a scene. Unreadable if nothing has it. */
export function named(scene: Scene, name: string): Values {
  const mine = opened.get(scene) ?? new Map<string, Values>();
  opened.set(scene, mine);
  const found = mine.get(name) ?? fresh(scene, name);
  mine.set(name, found);
  return found;
}

const opened = new WeakMap<Scene, Map<string, Values>>();

function fresh(scene: Scene, name: string): Values {
  const tensor = scene.byName.get(name);
  if (tensor) return tensorValues(scene, tensor);
  const table = scene.manifest.given[name];
  if (table === undefined) throw new Unreadable(`the scene has nothing called ${name}`);
  return Array.isArray(table) ? tableValues(name, table) : new Turning(name, table);
}

/** Reads whole numbers for an expression. */
export const lookIn =
  (scene: Scene): Look<Reads | undefined> =>
  (name) => {
    const values = named(scene, name);
    return (at, reads) => Math.round(values.at(at, reads));
  };

function tensorValues(scene: Scene, tensor: Tensor): Flat {
  const halves = scene.halves[tensor.kind];
  const { shape, present, offset, scale } = tensor;
  return {
    tensor,
    shape,
    formed: tensor.kind === "activation",
    at(place, reads) {
      const cell = flatIndex(shape, place);
      if (cell < 0) return NaN;
      reads?.note(tensor, cell, 1, 1);
      return read(scene, tensor, cell) ?? NaN;
    },
    run(start, step, n, reads) {
      reads?.note(tensor, start, step, n);
      const out = new Float64Array(n);
      if (Math.max(start, start + step * (n - 1)) >= present) return out.fill(NaN);
      for (let i = 0, cell = offset + start; i < n; i++, cell += step)
        out[i] = halfToNumber(halves[cell]!) * scale;
      return out;
    },
    symbol: (where) => label(tensor) + bracket(where),
    line: (where) => handle(tensor) + bracket(where),
  };
}

/** How long each axis of a nested list is. */
function shapeOf(table: Table): number[] {
  return Array.isArray(table) ? [table.length, ...shapeOf(table[0] ?? 0)] : [];
}

function tableValues(name: string, table: Table[]): Flat {
  const shape = shapeOf(table);
  const numbers = (table as unknown[]).flat(Infinity) as number[];
  const inPython = `G["${name}"]`;
  return {
    tensor: null,
    shape,
    formed: false,
    at(place) {
      const index = flatIndex(shape, place);
      return index < 0 ? NaN : numbers[index]!;
    },
    run: (start, step, n) => Float64Array.from({ length: n }, (_, i) => numbers[start + i * step]!),
    symbol: (where) => name + bracket(where),
    line(where) {
      const free = where.findIndex((at) => typeof at !== "number");
      const list =
        inPython +
        where
          .slice(0, free < 0 ? undefined : free)
          .map((at) => `[${at}]`)
          .join("");
      return free < 0 ? list : `np.array(${list})${bracket(where.slice(free))}`;
    },
  };
}

/** A rotation as the matrix that it stands for: (..., 2P, 2P), of which row i turns into number i. */
export class Turning implements Values {
  readonly shape: readonly number[];
  readonly formed = false;
  readonly pairs: number;

  constructor(
    private name: string,
    private rotation: Rotation,
  ) {
    this.pairs = rotation.speeds[0]!.length;
    this.shape = [...shapeOf(rotation.places).slice(0, -1), 2 * this.pairs, 2 * this.pairs];
  }

  get gain(): number {
    return this.rotation.gain;
  }

  get layout(): Rotation["layout"] {
    return this.rotation.layout;
  }

  /** The pair to which a number belongs: which one it is, and both numbers. */
  pairOf(i: number): { n: number; pair: [number, number] } {
    if (this.layout === "interleaved") return { n: i >> 1, pair: [i - (i % 2), i - (i % 2) + 1] };
    const n = i % this.pairs;
    return { n, pair: [n, n + this.pairs] };
  }

  angle(where: Place, n: number): number {
    const places = where.reduce<Table>(
      (table, at) => (table as Table[])[at]!,
      this.rotation.places,
    );
    return (places as number[]).reduce(
      (sum, at, axis) => sum + at * this.rotation.speeds[axis]![n]!,
      0,
    );
  }

  at(place: Place): number {
    const [i, j] = place.slice(-2) as [number, number];
    const { n, pair } = this.pairOf(i);
    if (flatIndex(this.shape, place) < 0) return NaN;
    if (!pair.includes(j)) return 0;
    const angle = this.angle(place.slice(0, -2), n);
    if (i === j) return this.gain * Math.cos(angle);
    return this.gain * (i > j ? Math.sin(angle) : -Math.sin(angle));
  }

  symbol(where: Where): string {
    return this.name + bracket(where);
  }

  /** The places to which it turns, as angles of all pairs. */
  angles(where: Place): string {
    const own = `G["${this.name}"]`;
    return `np.dot(${own}["places"]${where.map((at) => `[${at}]`).join("")}, ${own}["speeds"])`;
  }

  line(where: Where): string {
    const written = (axis: number, place: number[]): string => {
      if (axis === where.length) return String(this.at(place));
      const at = where[axis]!;
      if (typeof at === "number") return written(axis + 1, [...place, at]);
      const [from, to] = at ?? [0, this.shape[axis]!];
      const all = Array.from({ length: to - from }, (_, i) =>
        written(axis + 1, [...place, from + i]),
      );
      return `[${all.join(", ")}]`;
    };
    const numbers = written(0, []);
    return numbers.startsWith("[") ? `np.array(${numbers})` : atom(numbers);
  }
}
