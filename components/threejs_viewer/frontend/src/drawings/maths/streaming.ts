// Which step of a large model a moment is, and how its tokens and clocks are drawn.

import type { Pair } from "../shared/numbers";

export type Kind = "prompt" | "texts";

/** Milliseconds of each step. */
export type Times = Record<"weights" | "caches" | "operations", number[]>;

/** First all steps of a prompt, then those of texts. */
export interface Step {
  kind: Kind;
  i: number;
}

export function stepAt(at: number, n_prompt: number): Step {
  const whole = Math.floor(at);
  return whole < n_prompt ? { kind: "prompt", i: whole } : { kind: "texts", i: whole - n_prompt };
}

const ALIKE = 0.01; // of the longer one

/** Which of the two has to wait, if either. */
export function waits(fetching: number, operations: number): "arithmetic" | "memory" | null {
  if (Math.abs(fetching - operations) < ALIKE * Math.max(fetching, operations)) return null;
  return fetching > operations ? "arithmetic" : "memory";
}

/** So many rows and columns of marks in a box of that shape, and the size of each. */
export function grid(n: number, wide: number, high: number, most: number): [Pair, number] {
  let columns = Math.max(1, Math.ceil(Math.sqrt((n * wide) / high)));
  columns = Math.min(columns, n);
  while (columns < n && Math.ceil(n / columns) * Math.min(most, wide / columns) > high) columns++;
  return [[columns, Math.ceil(n / columns)], Math.min(most, wide / columns)];
}

/** A piece of a clock's face, in parts of a turn from the top on. */
export function wedge(from: number, to: number, radius: number): string {
  const point = (turn: number): string => {
    const angle = 2 * Math.PI * turn;
    return `${(radius * Math.sin(angle)).toFixed(2)} ${(-radius * Math.cos(angle)).toFixed(2)}`;
  };
  if (to - from >= 1) return `M0 ${-radius}A${radius} ${radius} 0 1 1 -0.01 ${-radius}Z`;
  const large = to - from > 0.5 ? 1 : 0;
  return `M0 0L${point(from)}A${radius} ${radius} 0 ${large} 1 ${point(to)}Z`;
}
