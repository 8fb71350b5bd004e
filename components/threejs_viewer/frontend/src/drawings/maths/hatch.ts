// What is not solid: lines across a box.

import { range } from "../shared/numbers";

/** Lines that rise across a box, as a path. */
export function hatch(left: number, right: number, top: number, high: number, every = 7): string {
  const feet = range(Math.max(0, Math.ceil((right - left + high) / every))).map(
    (k) => left - high + every * (k + 0.5),
  );
  const point = (foot: number, x: number): string => `${fixed(x)} ${fixed(top + high + foot - x)}`;
  return feet
    .map((foot) => [foot, Math.max(foot, left), Math.min(foot + high, right)])
    .filter(([, from, to]) => to > from)
    .map(([foot, from, to]) => `M${point(foot, from)}L${point(foot, to)}`)
    .join("");
}

const fixed = (x: number): string => x.toFixed(1);
