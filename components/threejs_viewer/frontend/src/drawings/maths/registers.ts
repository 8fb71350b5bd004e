// Online softmax of one query (lab/by_hand/flash.py): cards come in blocks, of all that came only m,
// l and O are kept, and a larger score shrinks them (components/ui/drawings/tiles.py).

import { range, signed } from "../shared/numbers";
import { softmax } from "./attention";

export interface Card {
  score: number;
  value: readonly number[];
}

export interface Kept {
  /** The largest score so far. */
  m: number;
  /** The sum of exp(score - m). */
  l: number;
  /** The sum of exp(score - m) times the value. */
  O: readonly number[];
}

/** What a block of cards does to what is kept. */
export interface Arrival {
  block: readonly Card[];
  before: Kept;
  /** exp(m - m'): so much is left of what was kept. */
  shrink: number;
  /** The block by itself, its l and O measured by the new m. */
  added: Kept;
  after: Kept;
}

export const nothing = (width: number): Kept => ({
  m: -Infinity,
  l: 0,
  O: Array<number>(width).fill(0),
});

export function arrive(before: Kept, block: readonly Card[]): Arrival {
  const most = Math.max(...block.map(({ score }) => score));
  const m = Math.max(before.m, most);
  const shrink = Math.exp(before.m - m);
  const powers = block.map(({ score }) => Math.exp(score - m));
  const added = { m: most, l: sum(powers), O: blend(block, powers) };
  const after = {
    m,
    l: shrink * before.l + added.l,
    O: before.O.map((kept, i) => shrink * kept + added.O[i]),
  };
  return { block, before, shrink, added, after };
}

/** All that happens until no card is left; `size` cards come at a time. */
export function arrivals(cards: readonly Card[], size: number): Arrival[] {
  let kept = nothing(cards[0].value.length);
  return range(Math.ceil(cards.length / size)).map((i) => {
    const arrival = arrive(kept, cards.slice(i * size, (i + 1) * size));
    kept = arrival.after;
    return arrival;
  });
}

export const answer = ({ l, O }: Kept): number[] => O.map((part) => part / l);

/** Softmax over all cards at once. */
export const atOnce = (cards: readonly Card[]): number[] =>
  blend(cards, softmax(cards.map(({ score }) => score)));

/** What softmax over all cards gives one of them. */
export const shareOf = (cards: readonly Card[], card: number): number =>
  softmax(cards.map(({ score }) => score))[card];

/** Whether a card is larger than all that came before; the first one is. */
const grows = ({ before, after }: Arrival): boolean => after.m > before.m;

/** Whether that leaves less of something. */
export const shrinks = (arrival: Arrival): boolean => arrival.before.l > 0 && grows(arrival);

/** The values, each so many times. */
function blend(cards: readonly Card[], weights: readonly number[]): number[] {
  return cards[0].value.map((_, i) => sum(weights.map((weight, k) => weight * cards[k].value[i])));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

// ---------------------------------------------------------------- the order of arrival

export type Order = "written" | "first" | "last";

/** The cards as they are written, or with the largest taken to the front or to the end. */
export function ordered(cards: readonly Card[], order: Order): number[] {
  const written = range(cards.length);
  if (order === "written") return written;
  const scores = cards.map(({ score }) => score);
  const largest = scores.indexOf(Math.max(...scores));
  return moved(written, largest, order === "first" ? 0 : cards.length - 1);
}

/** With one taken from a place and put at another. */
export function moved<T>(all: readonly T[], from: number, to: number): T[] {
  return all.toSpliced(from, 1).toSpliced(to, 0, all[from]);
}

// ---------------------------------------------------------------- in words

/** Without zeros at its end. */
export const plain = (number: number): string => signed(number, 2).replace(/\.?0+$/, "");

/** 0.37, 0.0067; only 1 itself is called so. */
export function factor(shrink: number): string {
  if (shrink === 1) return "1";
  if (shrink < 0.0001) return "<0.0001";
  return String(Number(Math.min(shrink, 0.99).toPrecision(2)));
}

/** 0.37 × 1.623 + 1.000 = 1.597, of what `part` picks. */
export function equation(arrival: Arrival, part: (kept: Kept) => number): string {
  const { before, shrink, added, after } = arrival;
  const [kept, more, now] = [before, added, after].map((all) => signed(part(all), 3));
  if (before.l === 0) return now;
  return `${factor(shrink)} × ${kept} ${more.startsWith(MINUS) ? "" : "+ "}${apart(more)} = ${now}`;
}

/** 2 → 5.1 */
export function growth(arrival: Arrival): string {
  const m = plain(arrival.after.m);
  return shrinks(arrival) ? `${plain(arrival.before.m)} → ${m}` : m;
}

/** exp(2 − 5.1) = 0.045 */
export function shrinkage({ before, shrink, after }: Arrival): string {
  if (before.l === 0) return "nothing to shrink yet";
  const m = plain(after.m);
  const power = `exp(${plain(before.m)} ${MINUS} ${m.startsWith(MINUS) ? `(${m})` : m})`;
  const by = factor(shrink);
  return by.startsWith("<") ? `${power} < ${by.slice(1)}` : `${power} = ${by}`;
}

const MINUS = "\u2212";

/** A minus that takes away stands apart from its number. */
const apart = (number: string): string => number.replace(MINUS, `${MINUS} `);
