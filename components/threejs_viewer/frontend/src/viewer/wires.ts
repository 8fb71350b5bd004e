// The course of a link: a soft curve from a matrix to what is made of it. Pure: a link in, points out.

import { DETAIL } from "./afar";
import { heightOf, widthOf, type Box, type Link } from "./layout";

/** Of one wire; a power of two, so that a coarser course goes by every second of its points, or fourth. */
export const STEPS = 16;
/** Pixels that a course may be off from afar, where no eye sees it. */
const OFF = 1;

interface Wire {
  /** One more than its steps. */
  points: [number, number][];
  /** A little behind the boxes. */
  z: number;
  /** A course of so many steps is off by this, divided by their square, at most. */
  bend: number;
}

export function wireOf({ from, to }: Link): Wire {
  const down = Math.abs(from.x - to.x) < 1e-6;
  const backwards = to.x < from.x + widthOf(from);
  const a =
    down || backwards
      ? { x: from.x + widthOf(from) / 2, y: from.y - heightOf(from), dx: 0, dy: -1 }
      : { x: from.x + widthOf(from), y: from.y - heightOf(from) / 2, dx: 1, dy: 0 };
  const b =
    down || backwards
      ? { x: to.x + widthOf(to) / 2, y: to.y, dx: 0, dy: 1 }
      : { x: to.x, y: to.y - heightOf(to) / 2, dx: -1, dy: 0 };
  const [x, y] = [b.x - a.x, b.y - a.y];
  const long = Math.hypot(x, y);
  const reach = Math.min(0.4 * long, 300);
  const curve = (t: number): [number, number] => {
    const u = 1 - t;
    const mix = (p: number, pd: number, q: number, qd: number): number =>
      u * u * u * p +
      3 * u * u * t * (p + pd * reach) +
      3 * u * t * t * (q + qd * reach) +
      t * t * t * q;
    return [mix(a.x, a.dx, b.x, b.dx), mix(a.y, a.dy, b.y, b.dy)];
  };
  // How far its two handles are from the straight line.
  const off = (dx: number, dy: number): number => (long ? (reach * (dx * y - dy * x)) / long : 0);
  const [p, q] = [off(a.dx, a.dy), off(b.dx, b.dy)];
  const bend = 0.75 * Math.max(Math.abs(2 * p - q), Math.abs(2 * q - p));
  const points = Array.from({ length: STEPS + 1 }, (_, i) => curve(i / STEPS));
  return { points, z: -from.depth * 0.5, bend };
}

/** As few as are off by no more than is allowed, and no more than there are. */
export function stepsOf({ bend }: Wire, allowed: number): number {
  let steps = 1;
  while (steps < STEPS && bend > allowed * steps * steps) steps *= 2;
  return steps;
}

/** How much a course may be off near by, in the plan's own measure: a straight one is off by nothing. */
export const ALLOWED_NEAR = 1e-6;

/** The same as long as all is seen from afar. */
export const allowedAfar = (boxes: Box[]): number =>
  (OFF * Math.max(1, ...boxes.map(({ cellW, cellH }) => Math.min(cellW, cellH)))) / DETAIL;
