// All pairs at the checks of a training: who is wrong, counted apart for pairs that were trained on
// and pairs that were held out.

import { bytes, range } from "../shared/numbers";

export const SIDE = 100;
export const PAIRS = SIDE * SIDE;

/** Of the pairs of a group, how many are right. */
export interface Count {
  right: number;
  n: number;
}

export interface Counts {
  trained: Count;
  held: Count;
}

/** From base64, eight to a byte, the first the highest. */
export function bits(text: string): Uint8Array<ArrayBuffer> {
  const packed = bytes(text);
  return Uint8Array.from(
    { length: 8 * packed.length },
    (_, i) => (packed[i >> 3] >> (7 - (i & 7))) & 1,
  );
}

/** At one check; `wrong` and `trained` hold a pair each. */
export function counted(wrong: Uint8Array, trained: Uint8Array): Counts {
  const counts: Counts = { trained: { right: 0, n: 0 }, held: { right: 0, n: 0 } };
  for (let i = 0; i < PAIRS; i++) {
    const group = trained[i] ? counts.trained : counts.held;
    group.n += 1;
    group.right += 1 - wrong[i];
  }
  return counts;
}

/** At every check, of the bits of all of them one behind the other. */
export const everyCount = (wrong: Uint8Array, trained: Uint8Array): Counts[] =>
  range(wrong.length / PAIRS).map((at) =>
    counted(wrong.subarray(at * PAIRS, (at + 1) * PAIRS), trained),
  );

/** The first check at which so many of a group are right; none, if that never comes. */
export function firstAt(
  counts: readonly Counts[],
  group: keyof Counts,
  share: number,
): number | null {
  const at = counts.findIndex((count) => count[group].right >= share * count[group].n);
  return at < 0 ? null : at;
}

/** A curve over the checks in a box of 1 by 1, what is right upwards. */
export function curve(counts: readonly Counts[], group: keyof Counts): string {
  const last = counts.length - 1;
  const places = counts.map(
    (count, at) => `${at / last},${1 - count[group].right / count[group].n}`,
  );
  return `M${places.join("L")}`;
}
