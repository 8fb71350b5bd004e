// The readings of one model as Python packs them (components/ui/drawings/tape.py).

import { bytes } from "../shared/numbers";

export interface Packed {
  /** For each place the causal triangle of a map, row by row, a byte a weight; base64. */
  weights: string;
  /** For each place and each token but the first: was it predicted? */
  right: string;
  /** For each place the largest change of a weight. */
  change: number[];
}

export interface Readings {
  /** How many places there are. */
  n: number;
  change: number[];
  weightsAt(place: number): Uint8Array;
  rightAt(place: number): Uint8Array;
}

export function unpacked({ weights, right, change }: Packed): Readings {
  const [maps, flags, n] = [bytes(weights), bytes(right), change.length];
  const part = (all: Uint8Array, i: number): Uint8Array =>
    all.subarray((i * all.length) / n, ((i + 1) * all.length) / n);
  return { n, change, weightsAt: (i) => part(maps, i), rightAt: (i) => part(flags, i) };
}

/** Query and key of a cell, counted through the triangle row by row. */
export function cellAt(index: number): [query: number, key: number] {
  const query = Math.floor((Math.sqrt(8 * index + 1) - 1) / 2);
  return [query, index - (query * (query + 1)) / 2];
}
