// Attention over depth: every reader mixes the notes written before it, by shares that sum to 1
// (components/ui/drawings/threads.py).

import type { Landmark } from "../shared/landmarks";
import { percent, range } from "../shared/numbers";

/** Of each reading, the shares of the notes that it reads, from the first note on. */
export type Pattern = number[][];

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

/** Of one pattern a token. */
export const mean = (patterns: readonly Pattern[]): Pattern =>
  patterns[0].map((row, r) =>
    row.map((_, n) => sum(patterns.map((one) => one[r][n])) / patterns.length),
  );

/** What a plain sum reads: of every note as much. */
export const even = (pattern: Pattern): Pattern =>
  pattern.map((row) => row.map(() => 1 / row.length));

/** The notes from the largest share to the smallest; of equal ones the earlier comes first. */
export const ranked = (row: readonly number[]): number[] =>
  range(row.length).sort((a, b) => row[b] - row[a]);

/** Where the middle of each thread is in a bundle from -0.5 to 0.5; the latest note comes first. */
export const places = (row: readonly number[]): number[] =>
  row.map((share, n) => sum(row.slice(n + 1)) + share / 2 - 0.5);

/** Where each layer has begun to read: a moment is so many readings. */
export function landmarksIn(readings: readonly string[]): Landmark[] {
  const layers = readings.map((name) => /\d+$/.exec(name)?.[0]);
  return layers.flatMap((layer, r) =>
    layer && layers.indexOf(layer) === r ? [{ at: r + 1, name: `layer ${layer}` }] : [],
  );
}

// ---------------------------------------------------------------- in words

/** "attention" of "attention 2". */
export const kindOf = (name: string): string => name.replace(/ \d+$/, "");

/** "A2" of "attention 2"; a name without a number stays. */
export function shortOf(name: string): string {
  const number = name.slice(kindOf(name).length + 1);
  return number ? name[0].toUpperCase() + number : name;
}

/** How a reader reads: learned, or a plain sum. */
export type Way = "learned" | "plain";

/** attention 2 reads 5 notes, most of all FFN 0 (41%). */
export function told(
  reading: string,
  row: readonly number[],
  notes: readonly string[],
  way: Way,
): string {
  if (row.length === 1) return `${reading} reads one contribution, ${notes[0]}.`;
  const reads = `${reading} reads ${row.length} contributions`;
  if (way === "plain") return `${reads}, ${percent(row[0])} of each.`;
  const [most] = ranked(row);
  return `${reads}, most of all ${notes[most]} (${percent(row[most])}).`;
}

/** Who reads so: one token, or all of them where `at` is null. */
export function whose(tokens: readonly string[], at: number | null, way: Way): string {
  if (way === "plain") return "As a plain sum";
  if (at !== null) return `Token ${at + 1}, “${tokens[at]}”`;
  return `Mean over ${tokens.length === 1 ? "one token" : `${tokens.length} tokens`}`;
}
