// Where the name of a curve stands: beside it, and clear of another.

import { range, type Pair } from "../shared/numbers";

const CLEAR = 4; // pixels between words and their own curve
const APART = 9; // and between them and the other, on which marks stand

/** The left upper corner of words of this size that lie closest above or below `curve`, between
 * `top` and `bottom` and clear of `other`; null if there is no room. All in pixels, y downwards; a
 * curve has a y for each of `xs`, which rise evenly. */
export function beside(
  xs: readonly number[],
  curve: readonly number[],
  other: readonly number[],
  [wide, high]: Pair,
  [top, bottom]: Pair,
): Pair | null {
  const points = Math.ceil(wide / (xs[1] - xs[0])) + 1;
  let [best, least]: [Pair | null, number] = [null, Infinity];
  for (const n of range(Math.max(0, xs.length - points + 1))) {
    const [own, others] = [curve, other].map((ys) => ys.slice(n, n + points));
    const [low, up] = [Math.max(...own), Math.min(...own)];
    for (const y of [up - CLEAR - high, low + CLEAR]) {
      const away = others.every((o) => o < y - APART) || others.every((o) => o > y + high + APART);
      if (y < top || y + high > bottom || !away) continue;
      const far = own.reduce((sum, o) => sum + Math.abs(o - (y + high / 2)), 0) / points;
      if (far < least) [best, least] = [[xs[n], y], far];
    }
  }
  return best;
}
