// Labels and the checks that throw some of them away (components/ui/drawings/sieve.py): who is
// kept, how many, and where a label lies. A label's flags are bits; a set of checks is its bits.

import { range } from "../shared/numbers";

/** It passes every check that is on. */
export const kept = (flags: number, on: number): boolean => (flags & on) === on;

export interface Counts {
  kept: number;
  wrongKept: number;
  thrown: number;
  rightThrown: number;
}

/** `right` is the bit of a right label. */
export function count(labels: Uint8Array, right: number, on: number): Counts {
  const number = (of: (flags: number) => boolean): number => labels.filter(of).length;
  return {
    kept: number((flags) => kept(flags, on)),
    wrongKept: number((flags) => kept(flags, on) && !(flags & right)),
    thrown: number((flags) => !kept(flags, on)),
    rightThrown: number((flags) => !kept(flags, on) && !!(flags & right)),
  };
}

/** The next that is wrong and kept, going around; or none. */
export function nextWrong(
  labels: Uint8Array,
  right: number,
  on: number,
  after: number,
): number | undefined {
  const round = range(labels.length).map((i) => (after + 1 + i) % labels.length);
  return round.find((i) => kept(labels[i], on) && !(labels[i] & right));
}

/** A place, in steps from dot to dot, and a size. */
export type Spot = [x: number, y: number, size: number];

/** In the tray dots are half as large, two side by side below each column. */
const IN_TRAY = 0.5;
const GAP = 0.8; // between the grid and the tray

export interface Grid {
  columns: number;
  rows: number;
  /** Where the tray begins and ends. */
  tray: [top: number, bottom: number];
}

/** With a tray that holds all that fall when every check is on. */
export function gridOf(fallen: readonly boolean[], columns: number): Grid {
  const rows = Math.ceil(fallen.length / columns);
  const inColumn = range(columns).map(
    (c) => fallen.filter((fell, i) => fell && i % columns === c).length,
  );
  const depth = IN_TRAY * Math.ceil(Math.max(1, ...inColumn) * IN_TRAY);
  const top = rows + GAP;
  return { columns, rows, tray: [top, top + depth + IN_TRAY] };
}

/** Where a dot stands in the grid. */
export function home(i: number, columns: number): Spot {
  return [(i % columns) + 0.5, Math.floor(i / columns) + 0.5, 1];
}

/** Who has not fallen stands at home; the others lie below, the lowest at the bottom. */
export function spots(fallen: readonly boolean[], { columns, tray }: Grid): Spot[] {
  const lying = Array<number>(columns).fill(0);
  const out = fallen.map((_, i) => home(i, columns));
  for (const i of range(fallen.length).reverse()) {
    if (!fallen[i]) continue;
    const column = i % columns;
    const n = lying[column]++;
    const x = column + IN_TRAY * ((n % 2) + 0.5);
    out[i] = [x, tray[1] - IN_TRAY * (Math.floor(n / 2) + 0.75), IN_TRAY];
  }
  return out;
}

/** On the way, from 0 to 1: down faster and faster, up slower and slower. */
export function onTheWay(from: Spot, to: Spot, share: number): Spot {
  const along = to[1] > from[1] ? share ** 2 : 1 - (1 - share) ** 2;
  return from.map((start, axis) => start + along * (to[axis] - start)) as Spot;
}

/** The dot nearest to a place, if one is near. */
export function dotAt(all: readonly Spot[], x: number, y: number): number | null {
  const far = all.map(([dotX, dotY]) => Math.hypot(dotX - x, dotY - y));
  const nearest = Math.min(...far);
  return nearest < 0.8 ? far.indexOf(nearest) : null;
}
