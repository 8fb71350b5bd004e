// A bet on one budget of tokens (components/ui/drawings/bet.py): what each way to study has read by
// when, and what a reader draws. An evaluated token counts as much as a studied one, or less.

import { range } from "../shared/numbers";

export interface Racer {
  name: string;
  /** How it picks what it studies, and in fewer words. */
  about: string;
  brief: string;
  hue: string;
  shape: string;
  /** Tokens until each check; the first is before anything. */
  evaluated: number[];
  studied: number[];
  /** At each check what every run gets wrong; nothing before it is told. */
  wrong: number[][];
  /** Of these the medians. */
  middle: number[];
  /** Test problems that are wrong at the end, the median of the runs. */
  after: number | null;
}

/** A stretch of what is read: in each round first what is evaluated, then what is studied. */
export interface Stretch {
  kind: "evaluated" | "studied";
  round: number;
  from: number;
  to: number;
}

/** All that is read until a check. */
export const spent = ({ evaluated, studied }: Racer, check: number, counts: number): number =>
  Math.round(studied[check] + counts * evaluated[check]);

export const nRound = ({ studied }: Racer): number => studied.length - 1;

export const spentInAll = (racer: Racer, counts: number): number =>
  spent(racer, nRound(racer), counts);

export function stretches(racer: Racer, counts: number): Stretch[] {
  return range(nRound(racer)).flatMap((before) => {
    const round = before + 1;
    const [from, to] = [spent(racer, before, counts), spent(racer, round, counts)];
    const middle = to - (racer.studied[round] - racer.studied[before]);
    const both: Stretch[] = [
      { kind: "evaluated", round, from, to: middle },
      { kind: "studied", round, from: middle, to },
    ];
    return both.filter((one) => one.to > one.from);
  });
}

/** Where a stretch of any of them ends, from 0 on: the moments. */
export function eventsOf(racers: readonly Racer[], counts: number): number[] {
  const ends = racers.flatMap((racer) => stretches(racer, counts).map(({ to }) => to));
  return [...new Set([0, ...ends])].sort((one, other) => one - other);
}

/** Tokens at a moment, or between two. */
export function tokensAt(events: readonly number[], at: number): number {
  const i = Math.min(Math.floor(at), events.length - 1);
  return events[i] + (at - i) * ((events[i + 1] ?? events[i]) - events[i]);
}

/** The moment of so many tokens. */
export function momentOf(events: readonly number[], tokens: number): number {
  const i = events.findLastIndex((end) => end <= tokens);
  return i + 1 < events.length ? i + (tokens - events[i]) / (events[i + 1] - events[i]) : i;
}

/** The last check that has come after so many tokens. */
export const reached = (racer: Racer, counts: number, tokens: number): number =>
  range(nRound(racer) + 1).findLast((check) => spent(racer, check, counts) <= tokens)!;

/** What a reader draws after each round: what no hand has set lies on a straight line between its
    neighbours that one has, and behind the last of them level. */
export function drawn(start: number, set: readonly (number | null)[]): number[] {
  const known: (number | null)[] = [start, ...set];
  return set.map((value, k) => {
    if (value !== null) return value;
    const before = known.findLastIndex((one, i) => i <= k && one !== null);
    const after = known.findIndex((one, i) => i > k && one !== null);
    const from = known[before]!;
    if (after < 0) return Math.round(from);
    return Math.round(from + ((known[after]! - from) * (k + 1 - before)) / (after - before));
  });
}

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The first of some places that lies over nothing, or the one that lies over least. */
export function placed(places: readonly Box[], taken: readonly Box[]): Box | undefined {
  const over = places.map((place) => taken.reduce((sum, one) => sum + overlap(place, one), 0));
  return places[over.indexOf(Math.min(...over))];
}

export const isOver = (place: Box, taken: readonly Box[]): boolean =>
  taken.some((one) => overlap(place, one) > 0);

function overlap(one: Box, other: Box): number {
  const across = Math.min(one.x + one.width, other.x + other.width) - Math.max(one.x, other.x);
  const down = Math.min(one.y + one.height, other.y + other.height) - Math.max(one.y, other.y);
  return Math.max(0, across) * Math.max(0, down);
}

export const fixed = (x: number): string => x.toFixed(1);
