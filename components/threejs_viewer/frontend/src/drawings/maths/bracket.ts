// Five stops: when they come, where the bracket is between two of them, and what each costs in words.

import { clamp, counted } from "../shared/numbers";
import type { Schedule } from "../shared/schedule";

export const [KEPT, AGAIN, MOVED, ROTATED, SPLIT] = [0, 1, 2, 3, 4];

/** Of one shape: what each stop costs. */
export interface Setting {
  name: string;
  /** Of what the operations are, in a sentence and above them. */
  per: string;
  head: string;
  /** Of one token in one layer. */
  bytes: number[];
  operations: number[];
  /** Bytes of a number. */
  each: number;
}

/** So many times as many operations are told. */
export const DEAR = 1.5;

const MOVING = 0.3; // of the time of a stop, on the way to the next
const FRAMES_BETWEEN = 16;

/** Each stop rests, then goes on to the next; with the last one it is over. */
export function film(stops: number, seconds: number): Schedule {
  const each = seconds / (stops - 1);
  const frames = [{ seconds: 0, at: 0 }];
  for (let stop = 0; stop < stops - 1; stop++)
    for (let k = 1; k <= FRAMES_BETWEEN; k++) {
      const share = k / FRAMES_BETWEEN;
      frames.push({
        seconds: each * (stop + 1 - MOVING * (1 - share)),
        at: stop + share,
      });
    }
  return { frames, seconds };
}

/** Where the bracket is: 0 around the latent and its matrix, 1 around the query and the matrix. */
export function bracketAt(at: number): number {
  const x = clamp(at - AGAIN, 0, 1);
  return x * x * (3 - 2 * x);
}

/** How much is seen of what belongs to the stops `first` to `last`: it goes half way to the next. */
export function seen(at: number, first: number, last = first): number {
  const off = Math.max(first - at, at - last, 0);
  return clamp(1 - 2 * off, 0, 1);
}

/** Rows of a text by what they are part of: its problem, its working, its answer. */
export function groups(roles: readonly string[]): { name: string; rows: number }[] {
  const first = (role: string, or: number): number =>
    roles.includes(role) ? roles.indexOf(role) : or;
  const answer = first("answer", roles.length);
  const working = first("working", answer);
  return [
    { name: "problem", rows: working },
    { name: "working", rows: answer - working },
    { name: "answer", rows: roles.length - answer },
  ].filter(({ rows }) => rows > 0);
}

/** 1, 1.1, 16, 410 */
export const times = (ratio: number): string =>
  ratio < 10 ? String(Number(ratio.toFixed(1))) : counted(Math.round(ratio));

const LARGE = [
  [1e9, "G"],
  [1e6, "M"],
] as const;

/** How some numbers are written below each other: in one unit and to one digit, the smallest of them
    to two: 0.52 M and 11.42 M. */
export function shortly(all: readonly number[]): (n: number) => string {
  const large = LARGE.find(([one]) => Math.max(...all) >= one);
  if (!large) return counted;
  const [one, letter] = large;
  const least = Math.min(...all) / one;
  const digits = least < 1 ? 2 : least < 10 ? 1 : 0;
  return (n) => `${(n / one).toFixed(digits)} ${letter}`;
}

/** What a stop changes, seen from the one before it, and what that comes to. */
export function told(
  stop: number,
  names: readonly string[],
  { bytes, operations, per }: Setting,
  difference: string,
): string {
  const than = (other: number): string => times(operations[stop] / operations[other]);
  const place = counted(bytes[SPLIT] - bytes[MOVED]);
  const dearer =
    operations[SPLIT] > DEAR * operations[KEPT]
      ? `${than(KEPT)} times the operations of keys and values kept. `
      : "";
  const more = [
    `the query meets each key as it lies in the cache, rotated to where its token stands. Operations are counted ${per}.`,
    `for every new token a key is made of each latent, with ${than(MOVED)} times as many operations as at stop ${MOVED + 1}. No key says where its token stands.`,
    `W is applied to the query, once for all tokens, and the scores are the same numbers, within ${difference}. They say what each token is, not where.`,
    `keys are rotated, so W differs with the distance, and q W is made anew for every token, with ${than(MOVED)} times as many operations as at stop ${MOVED + 1}.`,
    `${dearer}${dearer ? "T" : "t"}he rotated key, ${place} of the bytes, says where a token stands. So one W and one q W serve all tokens again.`,
  ][stop];
  return `${stop + 1}, ${names[stop]}: ${more}`;
}
