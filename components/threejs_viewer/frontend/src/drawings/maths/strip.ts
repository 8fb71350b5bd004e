// What one token leaves in a cache (components/ui/drawings/strip.py): where each number stands, what
// it is called, and how many times as small one strip is as another.

import type { Landmark } from "../shared/landmarks";
import { counted, range, signed } from "../shared/numbers";

export interface Strip {
  name: string;
  note: string;
  /** Of all that is kept. */
  bytes: number;
  numbers: number[];
  /** One after another. */
  parts: [name: string, size: number][];
  /** So many of the first part are kept. */
  kept: number;
}

// ---------------------------------------------------------------- where a number stands

/** In cells, and in gaps before it: along its row, and above it. */
export interface Place {
  column: number;
  row: number;
  across: number;
  down: number;
}

/** Row by row; between two parts is a gap, within a row or between two. */
export function places(parts: Strip["parts"], columns: number): Place[] {
  const out: Place[] = [];
  let [across, down] = [0, 0];
  for (const [part, [, size]] of parts.entries())
    for (const n of range(size)) {
      const [column, row] = [out.length % columns, Math.floor(out.length / columns)];
      const begins = part > 0 && n === 0;
      if (column === 0) [across, down] = [0, down + Number(begins)];
      else if (begins) across++;
      out.push({ column, row, across, down });
    }
  return out;
}

/** How many cells and gaps there are at most, across and down. */
export const extent = (all: readonly Place[]): Place => ({
  column: Math.max(...all.map(({ column }) => column)) + 1,
  row: Math.max(...all.map(({ row }) => row)) + 1,
  across: Math.max(...all.map(({ across }) => across)),
  down: Math.max(...all.map(({ down }) => down)),
});

/** In pixels from cell to cell, and of a gap. */
export interface Measures {
  pitch: number;
  gap: number;
}

export const cornerOf = (
  { column, row, across, down }: Place,
  { pitch, gap }: Measures,
): [x: number, y: number] => [column * pitch + across * gap, row * pitch + down * gap];

/** The number at a point, if one is there. */
export function cellAt(
  all: readonly Place[],
  measures: Measures,
  x: number,
  y: number,
): number | null {
  const found = all.findIndex((place) => {
    const [left, top] = cornerOf(place, measures);
    return x >= left && x < left + measures.pitch && y >= top && y < top + measures.pitch;
  });
  return found < 0 ? null : found;
}

// ---------------------------------------------------------------- what it is

export const dropped = ({ parts, kept }: Strip, i: number): boolean => i >= kept && i < parts[0][1];

/** Of the full colour. */
export const strength = (number: number, full: number): number =>
  Math.min(1, Math.abs(number) / full);

/** Of each strip so many numbers, when there are so many in all. */
export function filled(strips: readonly Strip[], moment: number): number[] {
  let left = moment;
  return strips.map(({ numbers }) => {
    const n = Math.min(left, numbers.length);
    left -= n;
    return n;
  });
}

/** Where the first number of a strip comes. */
export function landmarksIn(strips: readonly Strip[]): Landmark[] {
  let before = 0;
  return strips.map(({ name, numbers }) => {
    const at = before + 1;
    before += numbers.length;
    return { at, name };
  });
}

// ---------------------------------------------------------------- in words

/** key, head 2, number 17: −0.43; the first of a part is number 0. */
export function named(strip: Strip, i: number, digits: number): string {
  let number = i;
  let part = 0;
  while (number >= strip.parts[part][1]) number -= strip.parts[part++][1];
  const value = signed(strip.numbers[i], digits);
  return `${strip.parts[part][0]}, number ${number}: ${value}${dropped(strip, i) ? ", dropped" : ""}`;
}

/** When so many numbers are shown. */
export function told(strips: readonly Strip[], moment: number): string {
  if (moment === 0) return "Nothing is kept yet.";
  const shown = filled(strips, moment);
  const [first, last] = [strips[0], strips.at(-1)!];
  if (shown.at(-1) === last.numbers.length)
    return strips.length > 1 ? compared(last, first) : `${last.name}: ${inBytes(last)}.`;
  const now = shown.findLastIndex((n) => n > 0);
  const { name, numbers } = strips[now];
  return `${name}: ${counted(shown[now])} of ${counted(numbers.length)} numbers`;
}

function compared(last: Strip, first: Strip): string {
  const [less, more] = [last, first].map(({ bytes }) => bytes).sort((a, b) => a - b);
  const ratio = (more / less).toLocaleString("en-GB", { maximumFractionDigits: 1 });
  const times = ratio === "1" ? "" : `${ratio} times `;
  const size = times && last.bytes < first.bytes ? "small" : "large";
  const about = ratio === "1" && less !== more ? "about " : "";
  return `${last.name}: ${inBytes(last)}, ${about}${times}as ${size} as ${first.name}.`;
}

/** 2,048 bytes */
export const inBytes = ({ bytes }: Strip): string =>
  `${counted(bytes)} ${bytes === 1 ? "byte" : "bytes"}`;
