// Lines of keys or values as Python packs them (components/ui/drawings/kept.py), and in words what
// became of them.

import { percent, range } from "../shared/numbers";

/** The lines after t tokens, of those after 1, 2, ... tokens one below another. */
export function linesAfter(t: number, all: Int8Array, width: number): Int8Array {
  const before = (t * (t - 1)) / 2;
  return all.subarray(before * width, (before + t) * width);
}

/** Number by number what was added, where nothing was before as well. */
export function difference(before: Int8Array, after: Int8Array): Int16Array {
  return Int16Array.from(after, (x, i) => x - (before[i] ?? 0));
}

/** By layer the largest change of a line that was there, and whether it is mere rounding. */
export interface Changes {
  change: number[];
  rounding: boolean[];
}

/** What became of the lines that were there, in a sentence. */
export function told({ change, rounding }: Changes): string {
  const layers = range(change.length);
  const groups = [layers.filter((i) => rounding[i]), layers.filter((i) => !rounding[i])];
  const parts = groups
    .filter((some) => some.length)
    .map((some) => {
      const most = Math.max(...some.map((i) => change[i]));
      const size = most === 0 ? "exactly 0" : written(most, rounding[some[0]]);
      return `${size} in ${some.length === layers.length ? "every layer" : named(some)}`;
    });
  return `Largest change of a line that was there: ${parts.join(", ")}.`;
}

/** Of the largest number of its layer; of rounding the order of size, without an exponent. */
export function written(change: number, rounding = false): string {
  if (change === 0) return "0";
  if (!rounding) return percent(change);
  return `${change.toFixed(Math.ceil(-Math.log10(change)))} (rounding)`;
}

/** Layer 0; layers 1 to 5; layers 0, 2 and 3. */
function named(layers: number[]): string {
  const [first, last] = [layers[0], layers.at(-1)!];
  if (first === last) return `layer ${first}`;
  if (last - first === layers.length - 1 && layers.length > 2) return `layers ${first} to ${last}`;
  return `layers ${layers.slice(0, -1).join(", ")} and ${last}`;
}
