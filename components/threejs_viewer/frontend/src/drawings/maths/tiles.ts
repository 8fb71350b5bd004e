// FlashAttention over the table of scores (lab/by_hand/flash.py): which tile comes when, how much is
// moved by then, and what it does to the rows it meets (components/ui/drawings/tiles.py).

import type { Landmark } from "../shared/landmarks";
import { counted, range, type Pair } from "../shared/numbers";
import { arrivals, type Arrival, type Card } from "./registers";

/** A text of `n` tokens in tiles; queries, keys and values have `size` numbers each. */
export interface Walk {
  n: number;
  size: number;
  /** Queries of a tile, and keys. */
  rows: number;
  columns: number;
}

/** Tokens begin, ..., end - 1. */
export type Span = Pair;

/** A tile of queries meets a tile of keys; so many numbers are moved by then. */
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

/** Queries outside, keys inside; no key behind the last query is fetched. */
export function steps({ n, size, rows, columns }: Walk): Step[] {
  let [read, written] = [0, 0];
  return blocks(n, rows).flatMap((queries) => {
    const met = blocks(queries[1], columns);
    read += sizeOf(queries) * size;
    return met.map((keys, j) => {
      read += 2 * sizeOf(keys) * size;
      if (j === met.length - 1) written += sizeOf(queries) * (size + 1); // O and L
      return { queries, keys, read, written };
    });
  });
}

/** By attention that writes the whole table of scores, and that of shares, and reads both again. */
export const plainMoves = ({ n, size }: Walk): number => 4 * n * size + 4 * n * n;

// ---------------------------------------------------------------- one row

/** What the tiles do to a row whose cards come in this order, so many at a time. */
export interface Reading {
  arrivals: Arrival[];
  /** The tile of the walk with which its first cards come. */
  first: number;
  /** So many tiles meet it; the last ones may hold later keys alone. */
  met: number;
}

export function reading(
  walk: Walk,
  all: readonly Step[],
  row: number,
  cards: readonly Card[],
): Reading {
  const meets = all.flatMap(({ queries: [begin, end] }, i) =>
    begin <= row && row < end ? [i] : [],
  );
  return { arrivals: arrivals(cards, walk.columns), first: meets[0], met: meets.length };
}

/** How far a row is when so many tiles are computed. */
export interface Standing {
  /** The last cards that came, if any have. */
  arrival: Arrival | null;
  /** So many times cards came. */
  came: number;
  /** Do they come with the tile that is computed now? */
  fresh: boolean;
  /** Is the row in the tile that is computed now? */
  now: boolean;
}

export function standing({ arrivals, first, met }: Reading, moment: number): Standing {
  const tiles = Math.min(Math.max(moment - first, 0), met);
  const came = Math.min(tiles, arrivals.length);
  const now = tiles > 0 && moment <= first + met;
  return { arrival: came ? arrivals[came - 1] : null, came, fresh: now && tiles === came, now };
}

// ---------------------------------------------------------------- where it is drawn

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

/** Where the outputs of a tile's queries are put back, and how many queries are done by then. */
export function landmarksIn(all: readonly Step[]): Landmark[] {
  return all.flatMap(({ queries, written }, i) =>
    written > (all[i - 1] ?? BEFORE).written
      ? [{ at: i + 1, name: `${counted(queries[1])} rows done` }]
      : [],
  );
}

// ---------------------------------------------------------------- in words

/** Which queries meet which keys. */
export function told(all: readonly Step[], moment: number): string {
  if (moment === 0) return "No tile has come yet.";
  const { queries, keys } = all[moment - 1];
  const meet = sizeOf(queries) === 1 ? "meets" : "meet";
  const who = `${named("query", "queries", queries)} ${meet} ${named("key", "keys", keys)}`;
  return `Tile ${moment} of ${all.length}: ${who}.`;
}

function named(one: string, many: string, [begin, end]: Span): string {
  const last = counted(end);
  return sizeOf([begin, end]) === 1 ? `${one} ${last}` : `${many} ${counted(begin + 1)} to ${last}`;
}

/** 81 KB, of 1,000 bytes each */
export function kilobytes(bytes: number): string {
  const many = bytes / 1024;
  return `${many < 9.95 ? many.toFixed(1) : counted(Math.round(many))} KB`;
}

/** In the end, both in bytes. */
export function verdict(flash: number, plain: number): string {
  const moved = `${kilobytes(flash)} have passed`;
  if (flash === plain) return `${moved}, as many as with plain attention.`;
  const than = `${flash < plain ? "less" : "more"} than with plain attention`;
  return `${moved}, ${kilobytes(Math.abs(plain - flash))} ${than}.`;
}
