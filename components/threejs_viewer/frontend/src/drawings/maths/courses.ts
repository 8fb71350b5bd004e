// Trainings side by side (components/ui/drawings/courses.py): what stands at a share of the tokens,
// which look is the nearest, and where the names of curves find room.

import { clamp } from "../shared/numbers";

/** In hundredths of all tokens. */
export const WHOLE = 100;

/** What stands at a moment between two looks, on the straight line from one to the other. */
export function between(tokens: readonly number[], values: readonly number[], at: number): number {
  const now = (at / WHOLE) * tokens.at(-1)!;
  const after = clamp(
    tokens.findIndex((one) => one >= now - 1e-9),
    1,
    tokens.length - 1,
  );
  const [from, to] = [tokens[after - 1], tokens[after]];
  const part = clamp((now - from) / (to - from), 0, 1);
  return values[after - 1] + part * (values[after] - values[after - 1]);
}

/** The look that is nearest to a moment; of two that are as near, the earlier. */
export function nearest(tokens: readonly number[], at: number): number {
  const now = (at / WHOLE) * tokens.at(-1)!;
  const gaps = tokens.map((one) => Math.abs(one - now));
  return gaps.indexOf(Math.min(...gaps));
}

/** The share of problems that are right, 0 to 1. */
export const right = (wrong: number, n: number): number => (n - wrong) / n;

/** How deep the green of a share is: the last few in 100 count for as much as all before. */
export const depth = (share: number): number => (share + share ** 12) / 2;

/** In 100, so that neither none nor all is said of a few: <1, 1 to 99, 100. */
export function inHundred(share: number): string {
  if (share === 0 || share === 1) return String(100 * share);
  return share < 0.01
    ? "<1"
    : share > 0.99
      ? ">99"
      : String(Math.round(Number((100 * share).toFixed(6))));
}

/** Of a field that lies in a square of fields, row by row, the sides that none of `fields` adjoins:
 * top, right, bottom, left. */
export function edges(fields: readonly number[], field: number, side: number): boolean[] {
  const column = field % side;
  return [
    !fields.includes(field - side),
    column === side - 1 || !fields.includes(field + 1),
    !fields.includes(field + side),
    column === 0 || !fields.includes(field - 1),
  ];
}

/** Places as near to the wanted ones as can be, in their order, `gap` apart, from low to high. */
export function spread(
  wanted: readonly number[],
  gap: number,
  low: number,
  high: number,
): number[] {
  const order = wanted.map((_, i) => i).sort((i, j) => wanted[i] - wanted[j]);
  const runs: { sum: number; n: number }[] = []; // those that touch move as one, to their mean
  const mean = ({ sum, n }: { sum: number; n: number }): number => sum / n;
  order.forEach((i, rank) => {
    runs.push({ sum: wanted[i] - rank * gap, n: 1 });
    while (runs.length > 1 && mean(runs.at(-2)!) > mean(runs.at(-1)!)) {
      const { sum, n } = runs.pop()!;
      runs.at(-1)!.sum += sum;
      runs.at(-1)!.n += n;
    }
  });
  const room = Math.max(low, high - (wanted.length - 1) * gap);
  const moved = runs.flatMap((run) => Array<number>(run.n).fill(clamp(mean(run), low, room)));
  const out = [...wanted];
  order.forEach((i, rank) => (out[i] = moved[rank] + rank * gap));
  return out;
}
