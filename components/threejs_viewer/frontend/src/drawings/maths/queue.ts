// Sums in the slots of a batch (components/ui/drawings/queue.py): who runs, and what was written.

import { clamp } from "../shared/numbers";

/** It is in its slot from start to end - 1, and at all but the first `reading` steps it writes. */
export type Bar = [slot: number, start: number, reading: number, end: number, text: string];

export interface Timeline {
  title: string;
  bars: Bar[];
  n_steps: number;
  n_slots: number;
}

/** Tokens. */
export const written = ([, start, reading, end]: Bar): number => end - start - reading;

/** After so many steps: does it take part in the next? */
export const runs = ([, start, , end]: Bar, step: number): boolean => start <= step && step < end;

export interface Count {
  steps: number;
  tokens: number;
  /** Of all slots of all steps the share that held no sum. */
  idle: number;
  running: number;
  waiting: number;
  done: number;
}

/** After so many steps. */
export function count({ bars, n_steps, n_slots }: Timeline, step: number): Count {
  const steps = Math.min(step, n_steps);
  const sum = (of: (bar: Bar) => number): number => bars.reduce((n, bar) => n + of(bar), 0);
  const busy = sum(([, start, , end]) => clamp(step - start, 0, end - start));
  return {
    steps,
    tokens: sum((bar) => clamp(step - bar[1] - bar[2], 0, written(bar))),
    idle: steps ? 1 - busy / (steps * n_slots) : 0,
    running: bars.filter((bar) => runs(bar, step)).length,
    waiting: bars.filter(([, start]) => start > step).length,
    done: bars.filter(([, , , end]) => end <= step).length,
  };
}

/** Rising strokes that hatch a box, as the `d` of a path. */
export function hatching(
  left: number,
  top: number,
  width: number,
  height: number,
  every: number,
): string {
  const strokes = [];
  for (let from = every - height; from < width; from += every) {
    const [x1, x2] = [Math.max(from, 0), Math.min(from + height, width)];
    const y = (x: number): number => top + height - (x - from);
    strokes.push(`M${left + x1} ${y(x1)}L${left + x2} ${y(x2)}`);
  }
  return strokes.join("");
}
