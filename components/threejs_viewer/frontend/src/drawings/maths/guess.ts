// The axis of a guess: where a number stands, which numbers a mark can stand at, and how one is
// written. As `Axis` of components/ui/drawings/guess.py.

import { clamp } from "../shared/numbers";

export const PER_DECADE = 20;

export interface Axis {
  label: string;
  low: number;
  high: number;
  step: number;
  unit: string;
  log: boolean;
  places: number;
  ticks: [value: number, words: string][];
}

/** From 0 to 1. */
export function share({ low, high, log }: Axis, value: number): number {
  const along = log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return clamp(along, 0, 1);
}

/** Where bars begin: at zero, on an axis of logarithms at one (as much), or at the end nearest to it. */
export const zeroOf = ({ low, high, log }: Axis): number => clamp(log ? 1 : 0, low, high);

/** The place of a number, counted in steps of the mark. */
export const placeOf = ({ step, log }: Axis, value: number): number =>
  log ? PER_DECADE * Math.log10(value) : value / step;

/** The number at a place; on an axis of logarithms one of two figures. */
export function valueAt(axis: Axis, place: number): number {
  const { low, high, step, log, places } = axis;
  const value = log
    ? Number((10 ** (place / PER_DECADE)).toPrecision(2))
    : Number((place * step).toFixed(places));
  return clamp(value, low, high);
}

export const placesIn = (axis: Axis): [number, number] => [
  placeOf(axis, axis.low),
  placeOf(axis, axis.high),
];

export function written({ log, places, unit }: Axis, value: number): string {
  const most = log ? (value >= 10 ? 0 : 1) : places;
  const digits = { minimumFractionDigits: log ? 0 : places, maximumFractionDigits: most };
  return `${value.toLocaleString("en-GB", digits).replace("-", "\u2212")}${unit}`;
}
