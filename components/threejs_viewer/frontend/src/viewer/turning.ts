// A rotation: pairs of numbers, turned by angles that grow with places.

import type { Rotation, Table } from "./rules";
import { added, atom, bare, bracket, inner, type Where } from "./text";
import { flatIndex, shapeOf, type Place, type Values } from "./values";

/** What a pair of numbers is multiplied by where it is turned: each by the sine or the cosine. */
export interface Turn {
  angle: number;
  parts: { at: number; f: "cos" | "sin"; minus: boolean }[];
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

  /** The pair to which a number belongs: which one it is, and both numbers. */
  pairOf(i: number): { n: number; pair: [number, number] } {
    if (this.rotation.layout === "interleaved")
      return { n: i >> 1, pair: [i - (i % 2), i - (i % 2) + 1] };
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
    if (i === j) return this.rotation.gain * Math.cos(angle);
    return this.rotation.gain * (i > j ? Math.sin(angle) : -Math.sin(angle));
  }

  symbol(where: Where): string {
    return this.name + bracket(where);
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

  /** What number i of the result is made of; or, if not `isRow`, what number i takes part in. */
  turn(where: Place, i: number, isRow: boolean): Turn {
    const { n, pair } = this.pairOf(i);
    const parts = pair.map((at) => ({
      at,
      f: at === i ? ("cos" as const) : ("sin" as const),
      minus: isRow ? at > i : i > at,
    }));
    return { angle: this.angle(where, n), parts };
  }

  /** `q0·cos(a) − q1·sin(a)` */
  words({ angle, parts }: Turn, numbers: number[]): string {
    const products = parts.map(
      ({ f, minus }, i) => `${minus ? "−" : ""}${inner(numbers[i]!)}·${f}(${bare(angle)})`,
    );
    const { gain } = this.rotation;
    return gain === 1 ? added(products, "−") : `${bare(gain)} · (${added(products, "−")})`;
  }

  /** The same in NumPy, of two cells. */
  cellLine({ angle, parts }: Turn, cells: string[]): string {
    const products = parts.map(
      ({ f, minus }, i) => `${minus ? "-" : ""}${atom(cells[i]!)} * np.${f}(${angle})`,
    );
    return this.gained(added(products, "-"));
  }

  /** All pairs of a vector, turned, in NumPy. */
  rowLine(where: Place, vector: string): string {
    const given = `G["${this.name}"]`;
    const angles = `np.dot(${given}["places"]${where.map((at) => `[${at}]`).join("")}, ${given}["speeds"])`;
    const isHalf = this.rotation.layout === "half";
    const [first, second] = isHalf ? [`[:${this.pairs}]`, `[${this.pairs}:]`] : ["[::2]", "[1::2]"];
    const pairs =
      `[(x := ${vector})${first} * np.cos(a := ${angles}) - x${second} * np.sin(a), ` +
      `x${first} * np.sin(a) + x${second} * np.cos(a)]`;
    return this.gained(isHalf ? `np.hstack(${pairs})` : `np.stack(${pairs}, -1).ravel()`);
  }

  private gained(line: string): string {
    const { gain } = this.rotation;
    return gain === 1 ? line : `${gain} * ${atom(line)}`;
  }
}
