// Labels and the checks that hold some of them back (components/ui/drawings/sieve.py): who is kept,
// how many, and where a label lies. A label's flags are bits; a set of checks is its bits.

import { clamp, range } from "../shared/numbers";

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

/** The first of the checks, from the top, that is on and holds a label back; -1 if it is kept. */
export const heldBy = (flags: number, checks: readonly number[], on: number): number =>
  checks.findIndex((check) => !!(check & on) && !(flags & check));

// ------------------------------------------------------------ the tower

const [WIDE, NARROW] = [
  { from: 640, pitch: 9.2, side: 244, head: 0, name: 24 },
  { from: 0, pitch: 6, side: 0, head: 26, name: 0 },
]; // pixels; `side` is left of a mesh for its name, `head` above it, `name` as high as it must be
const GAP = 8; // pixels below a mesh
export const AWAY = 14; // pixels from the last mesh to the edges of the trays
export const TITLE = 26; // pixels above what lies in them
const EDGE = 8; // pixels at both sides, for the ring around a mark
const MIDDLE = 16; // pixels between both trays

/** Pixels. Names stand at the left of each floor, or above it. */
export interface Tower {
  pitch: number;
  /** Where the first column begins. */
  left: number;
  columns: number;
  /** Of labels that wait above, and of those on a mesh. */
  rows: number;
  /** Room for a name above what lies there, which no mark is seen to cross. */
  head: number;
  /** Where the labels wait, each mesh, and the trays: what they lie on. */
  floors: number[];
  /** Columns of a tray; where the first column of each begins; how wide a tray is, in pixels. */
  tray: number;
  begins: [right: number, wrong: number];
  broad: number;
  height: number;
}

/** With the checks `on`, for whichever of the rounds is shown. A floor is as high as what comes to
    lie on it, and with every set of checks the tower is as high as with any other. */
export function towerOf(
  width: number,
  rounds: readonly Uint8Array[],
  checks: readonly number[],
  on: number,
  right: number,
): Tower {
  const { pitch, side, head, name } = width >= WIDE.from ? WIDE : NARROW;
  const left = side || EDGE;
  const columns = Math.max(4, Math.floor((width - left - EDGE) / pitch));
  const rows = Math.ceil(Math.max(...rounds.map(({ length }) => length)) / columns);
  const broad = (width - MIDDLE) / 2;
  const tray = Math.max(2, Math.floor((broad - 2 * EDGE) / pitch));
  const floorsWith = (some: number): number[] => {
    const { meshes, most } = mostOf(rounds, checks, some, right, columns);
    let y = head + rows * pitch;
    const above = [y, ...meshes.map((lie) => (y += GAP + head + Math.max(name, lie * pitch)))];
    return [...above, y + AWAY + TITLE + Math.ceil(most / tray) * pitch];
  };
  const sets = range(2 ** checks.length).map((set) =>
    checks.reduce((some, bit, k) => some | (set & (1 << k) && bit), 0),
  );
  const last = Math.max(...sets.map((some) => floorsWith(some).at(-1)!));
  const floors = [...floorsWith(on).slice(0, -1), last];
  const begins: Tower["begins"] = [EDGE, width - broad + EDGE];
  return { pitch, left, columns, rows, head, floors, tray, begins, broad, height: last + 2 };
}

/** Of all rounds: the labels that lie one on another on each mesh, and those in one tray. */
function mostOf(
  rounds: readonly Uint8Array[],
  checks: readonly number[],
  on: number,
  right: number,
  columns: number,
): { meshes: number[]; most: number } {
  const meshes = checks.map(() => 0);
  let most = 0;
  for (const labels of rounds) {
    const stacks = checks.map(() => new Uint16Array(columns));
    const trays = [0, 0];
    labels.forEach((flags, i) => {
      const mesh = heldBy(flags, checks, on);
      if (mesh < 0) most = Math.max(most, ++trays[flags & right ? 0 : 1]);
      else meshes[mesh] = Math.max(meshes[mesh], ++stacks[mesh][i % columns]);
    });
  }
  return { meshes, most };
}

/** The middle of a mark. */
export type Spot = [x: number, y: number];

/** Where a label waits. */
export function above(i: number, { pitch, left, columns, floors }: Tower): Spot {
  const [column, row] = [i % columns, Math.floor(i / columns)];
  return [left + (column + 0.5) * pitch, floors[0] - (row + 0.5) * pitch];
}

/** On a mesh in its own column, the lowest at the bottom; those that are kept row by row in two
    trays, right ones at the left. */
export function below(
  labels: Uint8Array,
  checks: readonly number[],
  on: number,
  right: number,
  tower: Tower,
): Spot[] {
  const { pitch, columns, floors, tray, begins } = tower;
  const lying = new Map<number, number>();
  const place = (stack: number): number => {
    const n = lying.get(stack) ?? 0;
    lying.set(stack, n + 1);
    return n;
  };
  return Array.from(labels, (flags, i) => {
    const mesh = heldBy(flags, checks, on);
    if (mesh >= 0) {
      const row = place((mesh + 1) * columns + (i % columns));
      return [above(i, tower)[0], floors[mesh + 1] - (row + 0.5) * pitch];
    }
    const isRight = !!(flags & right);
    const n = place(isRight ? 0 : 1);
    const row = Math.floor(n / tray);
    const x = begins[isRight ? 0 : 1] + ((n % tray) + 0.5) * pitch;
    return [x, floors.at(-1)! - (row + 0.5) * pitch];
  });
}

const LATE = 0.5; // of the time of all; the last label begins to fall then
const GOLDEN = (Math.sqrt(5) - 1) / 2; // its multiples lie evenly, and neighbours far apart

/** How far a label has come, from 0 to 1, when of the time of all a share has passed. */
export function fallen(i: number, share: number): number {
  return clamp((share - LATE * ((i * GOLDEN) % 1)) / (1 - LATE), 0, 1);
}

/** On the way down, faster and faster, straight to where the last mesh is and then to its tray. */
export function onTheWay(from: Spot, to: Spot, share: number, last: number): Spot {
  const y = from[1] + share ** 2 * (to[1] - from[1]);
  const aside = to[1] > last ? clamp((y - last) / (to[1] - last), 0, 1) : share;
  return [from[0] + aside * (to[0] - from[0]), y];
}

/** The mark nearest to a place, if one is near. */
export function markAt(spots: readonly Spot[], x: number, y: number, near: number): number | null {
  const far = spots.map(([markX, markY]) => Math.hypot(markX - x, markY - y));
  const nearest = Math.min(...far);
  return nearest < near ? far.indexOf(nearest) : null;
}
