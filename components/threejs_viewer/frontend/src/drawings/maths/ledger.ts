// A lead as a sum: each part's bar begins where the one before it ended.

import type { Pair } from "../shared/numbers";

/** From where to where each bar goes; one that is `out` has no length, and all after it move. */
export function bars(added: readonly number[], out: number | null = null): Pair[] {
  let sum = 0;
  return added.map((term, i) => {
    const begin = sum;
    sum += i === out ? 0 : term;
    return [begin, sum];
  });
}

/** The least and the most that is drawn, with zero among them. */
export function reach(ends: readonly number[]): Pair {
  return [Math.min(0, ...ends), Math.max(0, ...ends)];
}
