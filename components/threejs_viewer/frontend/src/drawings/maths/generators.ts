// What a writing has cost so far, and what stands in the cells of its grid
// (components/ui/drawings/generators.py).

import { range, tickStep } from "../shared/numbers";

/** Of each written token what it took. */
export interface Writing {
  /** Tokens read by the network, the newest ones of the text. */
  read: number[];
  flops: number[];
  seconds: number[];
}

export interface Totals {
  pushed: number;
  flops: number;
  seconds: number;
}

/** The state of a token's column; of a token that is not there, none. */
export type Column = "computed" | "kept" | "none";

const sum = (numbers: readonly number[]): number => numbers.reduce((total, x) => total + x, 0);

/** When so many tokens are written. */
export function totals({ read, flops, seconds }: Writing, written: number): Totals {
  const [pushed, operations, time] = [read, flops, seconds].map((all) =>
    sum(all.slice(0, written)),
  );
  return { pushed, flops: operations, seconds: time };
}

/** Of each of `n` tokens, when the last of `written` ones was computed. */
export function columns({ read }: Writing, given: number, written: number, n: number): Column[] {
  const there = written ? given + written - 1 : 0;
  const from = written ? there - read[written - 1] : 0;
  return range(n).map((token) => (token >= there ? "none" : token >= from ? "computed" : "kept"));
}

/** How often each of `n` tokens was read by the network. */
export function timesPushed(side: Writing, given: number, written: number, n: number): number[] {
  const times: number[] = Array(n).fill(0);
  for (let step = 1; step <= written; step++)
    columns(side, given, step, n).forEach((state, token) => {
      if (state === "computed") times[token] += 1;
    });
  return times;
}

export interface Moment {
  /** Since both began. */
  seconds: number;
  /** How many tokens each side has written. */
  written: number[];
}

/** The beginning, and every moment at which a side has written a token, by both clocks. */
export function measured(sides: readonly Writing[]): Moment[] {
  const ends = sides.map(({ seconds }) => seconds.map((_, i) => sum(seconds.slice(0, i + 1))));
  const times = [...new Set([0, ...ends.flat()])].sort((one, other) => one - other);
  return times.map((seconds) => ({
    seconds,
    written: ends.map((all) => all.filter((end) => end <= seconds).length),
  }));
}

/** How many times slower than measured, in a round number, so that it lasts `least` seconds. */
export const slowed = (seconds: number, least: number): number => tickStep(least / seconds);

/** 2.1, 31 */
export function times(one: number, other: number): string {
  const ratio = one / other;
  return ratio < 10 ? ratio.toFixed(1) : ratio.toFixed(0);
}
