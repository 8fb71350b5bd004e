// Attention over depth: every part reads a mix of the contributions written before it
// (components/ui/drawings/connections.py).

import { percent, range } from "../shared/numbers";

/** Of each part that reads, what every contribution brings, from the first one on. */
export type Pattern = number[][];

/** A text as it was written: positions that are wrong, those of them that are right for the numbers
    before them, and the numbers that are added, with what was written for their sum at the end;
    null where another sign stands in one of them. */
export interface Line {
  text: string;
  wrong: number[];
  follows: number[];
  added: number[] | null;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);

/** Contributions from the largest to the smallest; of equal ones the earlier comes first. */
export const ranked = (row: readonly number[]): number[] =>
  range(row.length).sort((a, b) => row[b] - row[a]);

/** Where the middle of each arc is in a bundle from -0.5 to 0.5; the latest comes first. */
export function places(row: readonly number[]): number[] {
  const all = sum(row) || 1;
  return row.map((one, n) => (sum(row.slice(n + 1)) + one / 2) / all - 0.5);
}

/** Of an arc from `from` to `to`, `away` high in its middle: the point at an angle from 0 to π, along
    the row and across it. */
export function pointAt(from: number, to: number, away: number, angle: number): [number, number] {
  const radius = (to - from) / 2;
  return [from + radius * (1 - Math.cos(angle)), away * Math.sin(angle)];
}

/** What is wrong in itself: of the tokens written so far, those that do not only follow. */
export const own = ({ wrong, follows }: Line, until = Infinity): number[] =>
  wrong.filter((at) => at < until && !follows.includes(at));

/** Whether the sum is that of the numbers which are added. */
export const addsUp = (added: readonly number[]): boolean =>
  sum(added.slice(0, -1)) === added.at(-1);

// ---------------------------------------------------------------- in words

/** "attention" of "attention 2". */
export const kindOf = (name: string): string => name.replace(/ \d+$/, "");

/** "A2" of "attention 2"; a name without a number stays. */
export function shortOf(name: string): string {
  const number = name.slice(kindOf(name).length + 1);
  return number ? name[0].toUpperCase() + number : name;
}

/** 282 + 1440 = 1722, or 56 where nothing is added. */
export const addition = (added: readonly number[]): string =>
  [...(added.length > 1 ? [added.slice(0, -1).join(" + ")] : []), added.at(-1)].join(" = ");

/** One connection in words; `said` has {share}, {source} and {reader} in it. */
export const worded = (said: string, share: number, source: string, reader: string): string =>
  said.replace("{share}", percent(share)).replace("{source}", source).replace("{reader}", reader);

/** What became of the problem. */
export function told(line: Line, whole: Line): string {
  const { added } = line;
  const result = added ? ` ${addition(added)}` : "";
  if (line.text === whole.text) return `The network writes the same as before:${result}.`;
  const [alone, after] = [own(line).length, line.follows.length];
  const wrong = `${tokens(alone)} wrong in ${alone === 1 ? "itself" : "themselves"}`;
  const more = after
    ? `, and ${after} ${after === 1 ? "follows" : "follow"} from wrong numbers`
    : "";
  if (!added || added.length === 1) return `${wrong}${more}${result && `:${result}`}.`;
  return `${wrong}${more}.${result} is added up ${addsUp(added) ? "rightly" : "wrongly"}.`;
}

const tokens = (n: number): string => (n === 1 ? "1 token is" : `${n} tokens are`);
