// When the moments of a drawing come, once they are played.

import { clamp, range } from "./numbers";

/** A second, at most: of more moments some are left out. */
export const FRAMES = 40;

/** Whether a drawing can also stand between two moments, or goes from one to another. */
export type Motion = "smooth" | "steps";

export interface Schedule {
  /** Neither falls from one to the next; the first comes at once. */
  frames: readonly { seconds: number; at: number }[];
  /** Then the last one rests. */
  seconds: number;
}

/** Each as long as any other. */
export function evenly(
  first: number,
  last: number,
  seconds: number,
  motion: Motion = "steps",
): Schedule {
  const most = Math.max(1, Math.ceil(FRAMES * seconds));
  const parts = motion === "smooth" ? most : clamp(last - first, 1, most);
  const frames = range(parts + 1).map((part) => {
    const at = first + ((last - first) * part) / parts;
    return {
      seconds: (seconds * part) / (parts + 1),
      at: motion === "smooth" ? at : Math.floor(at),
    };
  });
  return { frames, seconds };
}

/** The moments before `until` in this share of the time, and the others in the rest. */
export function hurried(last: number, seconds: number, until: number, share: number): Schedule {
  const { frames } = evenly(0, last, seconds, "smooth");
  const most = frames.length - 1;
  const there = (part: number): number =>
    part < share ? (until * part) / share : until + ((last - until) * (part - share)) / (1 - share);
  return { frames: frames.map((frame, i) => ({ ...frame, at: there(i / most) })), seconds };
}

/** Each at its own time; `times` do not fall, and begin with 0. */
export function timed(times: readonly number[]): Schedule {
  return { frames: times.map((seconds, at) => ({ seconds, at })), seconds: times.at(-1)! };
}

/** The last frame that has come after so many seconds. */
export function frameAt({ frames }: Schedule, seconds: number): number {
  return Math.max(
    0,
    frames.findLastIndex((frame) => frame.seconds <= seconds),
  );
}
