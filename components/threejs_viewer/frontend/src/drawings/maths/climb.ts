// Curves that rise over the stages of a course (components/ui/drawings/climb.py): what they say at
// a check, and where their names find room.

import { clamp, counted } from "../shared/numbers";

/** Its name, and from and to how many problems read. */
export type Band = [name: string, begin: number, end: number];

export interface Course {
  lengths: string[];
  /** Sums read at each check. */
  steps: number[];
  /** At each check a share for each length, 0 to 1. */
  right: number[][];
  stages: Band[];
}

/** How far to the right a number of sums stands, 0 to 1: by its root, for early stages are short. */
export function along(step: number, last: number): number {
  return Math.sqrt(step / last);
}

/** Of 0, 1, 2, 5, 10, 20, 50 ... up to the last those that stand at least `gap` apart. */
export function marks(last: number, gap: number): number[] {
  const out = [0];
  for (let ten = 1; ten <= last; ten *= 10) {
    for (const step of [ten, 2 * ten, 5 * ten]) {
      if (step <= last && along(step, last) - along(out.at(-1)!, last) >= gap) out.push(step);
    }
  }
  return out;
}

/** What stands at a moment between two checks, on the straight line from one to the other. */
export function between(values: readonly number[], at: number): number {
  const before = Math.floor(at);
  const after = Math.min(before + 1, values.length - 1);
  return values[before] + (at - before) * (values[after] - values[before]);
}

/** Of a hundred; 0 and 100 are said of none and of all alone. */
export function inHundred(share: number): string {
  if (share === 0 || share === 1) return `${100 * share} in 100`;
  return `${Number(clamp(100 * share, 0.1, 99.9).toFixed(1))} in 100`;
}

/** The stage that a number of sums belongs to: one that has just ended, not the one that begins. */
export function stageAt(stages: readonly Band[], step: number): string | undefined {
  const passed = stages.find(([, begin, end]) => begin < step && step <= end);
  return (passed ?? stages.find(([, begin]) => begin === step))?.[0];
}

export function told({ lengths, steps, right, stages }: Course, check: number): string {
  const stage = stageAt(stages, steps[check]);
  const where = `After ${counted(steps[check])} problems${stage ? `, stage ${stage}` : ""}`;
  const shares = lengths.map((length, i) => `${length} ${inHundred(right[check][i])}`);
  return `${where}: ${shares.join(", ")}.`;
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

/** For each span the first row in which it overlaps none before it. */
export function rows(spans: readonly [from: number, to: number][]): number[] {
  const ends: number[] = [];
  return spans.map(([from, to]) => {
    const free = ends.findIndex((end) => end <= from);
    const row = free < 0 ? ends.length : free;
    ends[row] = to;
    return row;
  });
}
