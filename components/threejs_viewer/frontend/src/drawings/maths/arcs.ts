// Arcs of a sum (components/ui/drawings/arcs.py): which there are, how they run, what is said.

import { range, type Pair } from "../shared/numbers";

/** From the token a head looks at to the one that is written next. */
export interface Arc {
  head: number;
  from: number;
  to: number;
  weight: number;
}

/** A number of the text, and what stands below it. */
export interface Group {
  start: number;
  stop: number;
  /** What it is, before it is there. */
  name: string;
  /** In one line what it is, and as what it reads. */
  label: string;
  /** As what it reads, in a line of its own. */
  read: string;
  note: string;
  wrong: boolean;
}

export interface Text {
  tokens: string[];
  /** What would be right at every token. */
  right: string[];
  /** What would be right there, given the tokens that stand before it. */
  implied: string[];
  places: string[];
  /** So many tokens were typed. */
  given: number;
  /** Of each head, a row for each written token, in thousandths. */
  weights: number[][][];
  layer: number;
  /** The head that is out. */
  pulled: number | null;
  /** Of the whole text. */
  verdict: string;
}

const WHOLE = 1000; // thousandths

/** Less weight has no arc: it would be a hair among ribbons. */
const LEAST = 0.08;

export function arcsOf({ weights, given, pulled }: Text): Arc[] {
  const arcs: Arc[] = [];
  weights.forEach((rows, head) => {
    if (head === pulled) return;
    rows.forEach((row, n) =>
      row.forEach((weight, from) => {
        if (weight >= LEAST * WHOLE)
          arcs.push({ head, from, to: given + n, weight: weight / WHOLE });
      }),
    );
  });
  return arcs;
}

/** How high an arc rises that is so wide: a wider one above a narrower one, and below `most`. */
export const rise = (wide: number, most: number): number => most * Math.tanh(wide / 2 / most);

/** Half an ellipse from x0 to x1 over a line at y, as high as half its width, `most` at most. */
export function bow(x0: number, x1: number, y: number, most: number): string {
  const half = Math.abs(x1 - x0) / 2;
  const high = Math.min(half, most);
  return `M${x0.toFixed(1)} ${y}A${half.toFixed(1)} ${high.toFixed(1)} 0 0 1 ${x1.toFixed(1)} ${y}`;
}

export const isWrong = ({ tokens, right }: Text, i: number): boolean => tokens[i] !== right[i];

/** Wrong, though right given the tokens before it: an earlier one is to blame. */
export const follows = (text: Text, i: number): boolean =>
  isWrong(text, i) && text.tokens[i] === text.implied[i];

// ---------------------------------------------------------------- in words

export const percent = (weight: number): string => `${Math.round(100 * weight)}%`;

/** Where each head looks most before a token is written, in the order of the text. */
export function mostOf({ weights, given, pulled }: Text, token: number): Arc[] {
  const arcs = weights.map((rows, head) => {
    const row = rows[token - given];
    const most = Math.max(...row);
    return { head, from: row.indexOf(most), to: token, weight: most / WHOLE };
  });
  return arcs
    .filter(({ head }) => head !== pulled)
    .sort((one, other) => one.from - other.from || other.head - one.head);
}

/** How the text stands once so many tokens are there. */
export function toldOfText(text: Text, length: number): string {
  const written = length - text.given;
  const typed = text.tokens.slice(0, length).join("").replace("*", "×");
  if (written <= 0) return `${typed || "Nothing"} is typed.`;
  if (length === text.tokens.length) return text.verdict;
  const i = length - 1;
  const instead = isWrong(text, i) ? `, where ${text.right[i]} is right` : "";
  return `${text.tokens[i]} is written (${text.places[i]})${instead}.`;
}

/** Before which of the tokens written so far each head looked at a typed one: those of an arc. */
export function toldOfTyped(text: Text, i: number, length: number): string {
  const before = new Map<number, string[]>();
  for (const { head, from, to, weight } of arcsOf(text)) {
    if (from !== i || to >= length) continue;
    const told = `${text.tokens[to]} (${percent(weight)})`;
    before.set(head, [...(before.get(head) ?? []), told]);
  }
  const looks = [...before].map(([head, told], n) => {
    return `${n ? "head" : "Head"} ${head} ${n ? "" : "looks at it "}before ${told.join(", ")}`;
  });
  return `${text.tokens[i]} (${text.places[i]}). ${looks.join("; ") || "No head looks at it yet"}.`;
}

/** Where the heads look before a token is written. */
export function toldOfToken(text: Text, i: number): string {
  const most = new Map(mostOf(text, i).map((arc) => [arc.head, arc]));
  const looks = text.weights.map((_, head) => {
    const arc = most.get(head);
    return arc
      ? `head ${head} at ${text.tokens[arc.from]} (${percent(arc.weight)})`
      : `head ${head} is ablated`;
  });
  const why = follows(text, i) ? ", because of an earlier error" : "";
  const wrong = isWrong(text, i) ? `, where ${text.right[i]} is right${why}` : "";
  return `${text.tokens[i]} (${text.places[i]})${wrong}. Most attention: ${looks.join(", ")}.`;
}

// ---------------------------------------------------------------- names of arcs

/** What names arcs stands beside them: a list, `wide` and `high`, as near to (x, y) as it covers the
    fewest of their `points`. The left and the top of it. */
export function freePlace(
  points: readonly Pair[],
  wide: number,
  high: number,
  [x, y]: Pair,
  [width, height]: Pair,
): Pair {
  const CLEAR = 7;
  let [best, least] = [[x, y] as Pair, Infinity];
  const lefts = range(25).map((i) => ((width - wide) * i) / 24);
  const tops = range(13).map((i) => ((height - high) * i) / 12);
  for (const left of [x, ...lefts])
    for (const top of [y, ...tops]) {
      if (left < 0 || top < 0 || left + wide > width || top + high > height) continue;
      const covered = points.filter(
        ([px, py]) =>
          px > left - CLEAR &&
          px < left + wide + CLEAR &&
          py > top - CLEAR &&
          py < top + high + CLEAR,
      ).length;
      const cost = 1000 * covered + Math.hypot(left - x, top - y);
      if (cost < least) [best, least] = [[left, top], cost];
    }
  return best;
}
