// Pairs of numbers that turn: turn_pairs of lab/model/positions.py, and the score of turned pairs.

import type { Pair } from "../shared/numbers";

/** (x cos - y sin, x sin + y cos) */
export function turn([x, y]: Pair, angle: number): Pair {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return [x * cos - y * sin, x * sin + y * cos];
}

/** A query and a key of K pairs, and the speed of each pair in radians per position. */
export interface Head {
  speeds: number[];
  q: Pair[];
  k: Pair[];
}

/** Query and key of pair n, turned by their positions. */
export function turned({ speeds, q, k }: Head, n: number, i: number, j: number): [Pair, Pair] {
  return [turn(q[n], i * speeds[n]), turn(k[n], j * speeds[n])];
}

/** What each pair adds to the score, before the root. */
export function matches(head: Head, i: number, j: number): number[] {
  return head.speeds.map((_, n) => dot(...turned(head, n, i, j)));
}

/** The sum of all matches / sqrt(2K). */
export function scoreOf(all: readonly number[]): number {
  return all.reduce((a, b) => a + b) / Math.sqrt(2 * all.length);
}

/** The angle from the key's arrow to the query's, between -pi and pi. */
export function between([[qx, qy], [kx, ky]]: [Pair, Pair]): number {
  return Math.atan2(kx * qy - ky * qx, kx * qx + ky * qy);
}

function dot([a, b]: Pair, [c, d]: Pair): number {
  return a * c + b * d;
}
