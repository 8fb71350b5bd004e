// Features of a network while it is trained (components/ui/drawings/spheres.py): what stands between
// two moments, where a reader sees a point, and where a training step has its place.

import { clamp, range, type Pair } from "../shared/numbers";

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

export const triples = (numbers: readonly number[]): Triple[] =>
  range(numbers.length / 3).map((i) => numbers.slice(3 * i, 3 * i + 3) as Triple);

// ---------------------------------------------------------------- seen from where a reader stands

/** How far the axes are turned around the second one, and then tilted forward; in degrees. */
export interface View {
  turned: number;
  tilted: number;
}

export const FRONT: View = { turned: 30, tilted: 20 };

/** To the right, up, and toward the reader, from so far away that a ball is a circle. */
export function seen([x, y, z]: Triple, { turned, tilted }: View): Triple {
  const [turn, tilt] = [turned, tilted].map((degrees) => (degrees * Math.PI) / 180);
  const across = x * Math.cos(turn) + z * Math.sin(turn);
  const toward = z * Math.cos(turn) - x * Math.sin(turn);
  return [
    across,
    y * Math.cos(tilt) - toward * Math.sin(tilt),
    y * Math.sin(tilt) + toward * Math.cos(tilt),
  ];
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

/** How far to the right a step stands, 0 to 1: evenly from look to look, as the slider has them, and
    a step between two looks on the straight line from one to the other. */
export function along(step: number, moments: readonly number[]): number {
  const last = moments.length - 1;
  const after = clamp(
    moments.findIndex((moment) => moment >= step),
    1,
    last,
  );
  const [from, to] = [moments[after - 1], moments[after]];
  return (after - 1 + (step - from) / (to - from)) / last;
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
  const clear = (step: number): boolean => !begin.length || along(step, moments) >= gap;
  const some = MARKS.map((all) =>
    all.filter((step) => first <= step && step <= last && clear(step)),
  );
  const apart = some.find((steps) => {
    const places = steps.map((step) => along(step, moments));
    return places.every((place, i) => i === 0 || place - places[i - 1] >= gap);
  });
  const found = [...begin, ...(apart ?? some.at(-1)!)];
  return found.length > 1 ? found : [moments[0], last];
}
