// FlashAttention over the table of scores (lab/by_hand/flash.py): which block comes when, what lies
// in fast memory meanwhile, and how much is moved (components/ui/drawings/tiles.py).

import type { Landmark } from "../shared/landmarks";
import { counted, range, type Pair } from "../shared/numbers";

export interface Walk {
  n_query: number;
  n_key: number;
  d_key: number;
  d_value: number;
  /** Queries of a block, and keys. */
  rows: number;
  columns: number;
  causal: boolean;
  /** Numbers moved in all, by it and by attention with both tables in slow memory. */
  flash: number;
  plain: number;
}

/** Tokens begin, ..., end - 1. */
export type Span = Pair;

/** A block of queries meets a block of keys; so many numbers are moved by then. */
export interface Step {
  queries: Span;
  keys: Span;
  read: number;
  written: number;
}

/** When nothing is read yet. */
export const BEFORE: Step = { queries: [0, 0], keys: [0, 0], read: 0, written: 0 };

const sizeOf = ([begin, end]: Span): number => end - begin;

/** 0 to n - 1 in spans of `size`; the last may be shorter. */
export const blocks = (n: number, size: number): Span[] =>
  range(Math.ceil(n / size)).map((i) => [i * size, Math.min((i + 1) * size, n)]);

/** Queries outside, keys inside; where it is causal, no key behind the last query is fetched. */
export function steps({ n_query, n_key, d_key, d_value, rows, columns, causal }: Walk): Step[] {
  let [read, written] = [0, 0];
  return blocks(n_query, rows).flatMap((queries) => {
    const met = blocks(causal ? queries[1] : n_key, columns);
    read += sizeOf(queries) * d_key;
    return met.map((keys, j) => {
      read += sizeOf(keys) * (d_key + d_value);
      if (j === met.length - 1) written += sizeOf(queries) * (d_value + 1); // O and L
      return { queries, keys, read, written };
    });
  });
}

export const PARTS = ["query", "key", "value", "score", "output", "most", "sum"] as const;

export type Part = (typeof PARTS)[number];

/** What lies in fast memory: so many rows of so many numbers. */
export function held({ queries, keys }: Step, { d_key, d_value }: Walk): Record<Part, Pair> {
  const [I, J] = [queries, keys].map(sizeOf);
  return {
    query: [I, d_key],
    key: [J, d_key],
    value: [J, d_value],
    score: [I, J],
    output: [I, d_value],
    most: [I, 1],
    sum: [I, 1],
  };
}

// ---------------------------------------------------------------- where it is drawn

/** The first tokens of blocks, no nearer to each other and to the end than so many tokens. */
export const firsts = (n: number, size: number, room: number): number[] =>
  blocks(n, size * Math.ceil(room / size))
    .map(([begin]) => begin)
    .filter((begin) => n - begin >= room);

/** Rising strokes that hatch the scores of later keys; x and y of both ends, in tokens. */
export function later(n: number, every: number): [from: Pair, to: Pair][] {
  const strokes = range(Math.ceil((2 * n) / every)).map((i): [Pair, Pair] => {
    const sum = i * every; // of x and y, all along the stroke
    const from = sum / 2 + Math.abs(sum / 2 - Math.round(sum / 2)); // where it leaves a query's own key
    const to = Math.min(sum, n);
    return [
      [from, sum - from],
      [to, sum - to],
    ];
  });
  return strokes.filter(([[from], [to]]) => from < to);
}

/** Where the outputs of a block of queries are written, and how many queries are done by then. */
export function landmarksIn(all: readonly Step[]): Landmark[] {
  return all.flatMap(({ queries, written }, i) =>
    written > (all[i - 1] ?? BEFORE).written
      ? [{ at: i + 1, name: `${counted(queries[1])} done` }]
      : [],
  );
}

// ---------------------------------------------------------------- in words

/** When so many blocks are computed. */
export function told(walk: Walk, all: readonly Step[], moment: number): string {
  if (moment === 0) return "Nothing is read yet.";
  const { queries, keys, read, written } = all[moment - 1];
  const meet = sizeOf(queries) === 1 ? "meets" : "meet";
  const who = `${named("Query", "Queries", queries)} ${meet} ${named("key", "keys", keys)}`;
  const said = `${who}: ${counted(read)} numbers read so far, ${counted(written)} written.`;
  return moment < all.length ? said : `${said} ${verdict(walk)}`;
}

function named(one: string, many: string, [begin, end]: Span): string {
  const last = counted(end);
  return sizeOf([begin, end]) === 1 ? `${one} ${last}` : `${many} ${counted(begin + 1)} to ${last}`;
}

export function verdict({ flash, plain }: Walk): string {
  const moved = `In all ${counted(flash)} numbers are moved`;
  if (flash === plain) return `${moved}, as many as by plain attention.`;
  const than = `${flash < plain ? "fewer" : "more"} than by plain attention`;
  return `${moved}, ${counted(Math.abs(plain - flash))} ${than}.`;
}
