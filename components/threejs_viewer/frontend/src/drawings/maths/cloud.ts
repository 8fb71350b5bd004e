// Features of a network while it is trained (components/ui/drawings/cloud.py): what stands between
// two moments, where a reader sees a point, and where a training step has its place.

import type { Landmark } from "../shared/landmarks";
import { counted, range, type Pair } from "../shared/numbers";

export type Triple = [number, number, number];

/** Of the numbers of all moments, `width` each, those at a moment or on the way to the next. */
export function between(all: ArrayLike<number>, width: number, at: number): number[] {
  const before = Math.floor(at);
  const after = Math.min(before + 1, all.length / width - 1);
  return range(width).map((i) => {
    const [from, to] = [before, after].map((moment) => all[moment * width + i]);
    return from + (at - before) * (to - from);
  });
}

/** The coordinates of all moments: 127 is as far as `reach` says at each moment on each axis. */
export function unpacked(points: Int8Array, reach: readonly Triple[]): Float64Array {
  const width = points.length / reach.length;
  return Float64Array.from(points, (byte, i) => (byte / 127) * reach[Math.floor(i / width)][i % 3]);
}

export const triples = (numbers: readonly number[]): Triple[] =>
  range(numbers.length / 3).map((i) => numbers.slice(3 * i, 3 * i + 3) as Triple);

// ---------------------------------------------------------------- seen from where a reader stands

/** How far the axes are turned around the second one, and then tilted forward; in degrees. */
export interface View {
  turned: number;
  tilted: number;
}

const EYE = 4; // as far from the middle, in reaches of the cloud

/** To the right, up, and how many times as large as in the middle: what is nearer is larger. */
export function seen([x, y, z]: Triple, { turned, tilted }: View): Triple {
  const [turn, tilt] = [turned, tilted].map((degrees) => (degrees * Math.PI) / 180);
  const across = x * Math.cos(turn) + z * Math.sin(turn);
  const toward = z * Math.cos(turn) - x * Math.sin(turn);
  const up = y * Math.cos(tilt) - toward * Math.sin(tilt);
  const near = y * Math.sin(tilt) + toward * Math.cos(tilt);
  const size = EYE / (EYE - near);
  return [across * size, up * size, size];
}

/** Turned all the way round it is where it was; it is tilted up to the pole. */
export function turnedBy({ turned, tilted }: View, right: number, down: number): View {
  return {
    turned: (((turned + right) % 360) + 360) % 360,
    tilted: Math.min(Math.max(tilted + down, -90), 90),
  };
}

/** For kinds of dots, so that they differ without colour as well: corners on a ring, or between. */
export const SHAPES: readonly (readonly Pair[])[] = [
  corners(16, 0.5),
  corners(4, 0.5, 1.2),
  corners(3, 0, 1.3),
  corners(4, 0, 1.25),
  star(4, 0.6),
  star(5, 0.6),
];

/** The first one stands at the top, or so many steps on. */
function corners(n: number, first: number, radius = 1): Pair[] {
  return range(n).map((i) => onRing((first + i) / n, radius));
}

function star(n: number, inner: number): Pair[] {
  return range(2 * n).map((i) => onRing(i / (2 * n), i % 2 ? inner : 1.5));
}

function onRing(share: number, radius: number): Pair {
  const angle = 2 * Math.PI * share;
  return [radius * Math.sin(angle), -radius * Math.cos(angle)];
}

// ---------------------------------------------------------------- training, step by step

const EDGE = 0.08; // of the axis, before the first step that has a logarithm

/** How far to the right a step stands, 0 to 1: by its logarithm; step 0, which has none, at the left. */
export function along(step: number, moments: readonly number[]): number {
  const [first, last] = [moments.find((moment) => moment > 0)!, moments.at(-1)!];
  if (step === 0) return 0;
  if (first === last) return 1;
  const edge = moments[0] === 0 ? EDGE : 0;
  return edge + ((1 - edge) * Math.log(step / first)) / Math.log(last / first);
}

/** How far to the right it stands on the way from a moment to the next. */
export function reached(moments: readonly number[], at: number): number {
  const places = moments.map((step) => along(step, moments));
  return between(places, 1, at)[0];
}

const TENS = range(16).map((n) => 10 ** n);
const MARKS = [
  TENS.flatMap((ten) => [ten, 2 * ten, 5 * ten]),
  ...[1, 2, 3].map((every) => TENS.filter((_, n) => n % every === 0)),
];

/** Round steps that stand at least `gap` apart; the ends of the history where there are none. */
export function marks(moments: readonly number[], gap: number): number[] {
  const [first, last] = [moments.find((moment) => moment > 0)!, moments.at(-1)!];
  const begin = moments[0] === 0 ? [0] : [];
  const some = MARKS.map((all) => all.filter((step) => first <= step && step <= last));
  const apart = some.find((steps) => {
    const places = steps.map((step) => along(step, moments));
    return places.every((place, i) => i === 0 || place - places[i - 1] >= gap);
  });
  const found = [...begin, ...(apart ?? some.at(-1)!)];
  return found.length > 1 ? found : [moments[0], last];
}

/** From the least to the largest of a line, 0 to 1; in the middle where all are alike. */
export function height(number: number, line: readonly number[]): number {
  const [low, high] = [Math.min(...line), Math.max(...line)];
  return low === high ? 0.5 : (number - low) / (high - low);
}

/** 1,200; 0.0123; −3.5 */
export function written(number: number): string {
  if (Number.isInteger(number)) return counted(number + 0).replace("-", "\u2212"); // -0 is 0
  return number.toLocaleString("en-GB", { maximumSignificantDigits: 3 }).replace("-", "\u2212");
}

/** A name, and a number at each moment. */
export type Score = [name: string, line: number[]];

/** Where each count is least for the first time. */
export function landmarksIn(scores: readonly Score[]): Landmark[] {
  return scores
    .filter(([, line]) => line.every(Number.isInteger))
    .map(([name, line]) => {
      const least = Math.min(...line);
      return { at: line.indexOf(least), name: `${name}: ${written(least)}` };
    })
    .sort((one, other) => one.at - other.at);
}

export function told(moments: readonly number[], scores: readonly Score[], moment: number): string {
  const said = scores.map(([name, line]) => `${name} ${written(line[moment])}`);
  return [`step ${counted(moments[moment])}`, ...said].join(" · ");
}
