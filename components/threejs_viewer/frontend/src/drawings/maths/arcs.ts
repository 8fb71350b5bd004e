// Arcs of a sum (components/ui/drawings/arcs.py): which there are, how they run, what is said.

import { range } from "../shared/numbers";

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
  label: string;
  note: string;
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
  /** Of each head, a row for each written token. */
  weights: number[][][];
  layer: number;
  /** The head that is out. */
  pulled: number | null;
}

/** Less weight has no arc: it would be a hair among ribbons. */
const LEAST = 0.08;

export function arcsOf({ weights, given, pulled }: Text): Arc[] {
  const arcs: Arc[] = [];
  weights.forEach((rows, head) => {
    if (head === pulled) return;
    rows.forEach((row, n) =>
      row.forEach((weight, from) => {
        if (weight >= LEAST) arcs.push({ head, from, to: given + n, weight });
      }),
    );
  });
  return arcs;
}

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

/** The tokens that are wrong among the first `length`. */
export function wrongAmong(text: Text, length: number): number[] {
  return range(length).filter((i) => isWrong(text, i));
}

// ---------------------------------------------------------------- in words

const counted = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;

/** How the text stands once so many tokens are there. */
export function toldOfText(text: Text, length: number): string {
  const written = length - text.given;
  if (written === 0) return `${text.tokens.slice(0, length).join("")} is typed.`;
  if (length < text.tokens.length)
    return `${text.tokens[length - 1]} is written: ${text.places[length - 1]}.`;
  const wrong = wrongAmong(text, length);
  const all = counted(written, "token");
  if (!wrong.length) return `${all} written, all of them right.`;
  const later = wrong.filter((i) => follows(text, i)).length;
  const why = later ? `, ${later} of these because of an earlier error` : "";
  return `${all} written, ${wrong.length} of them wrong${why}.`;
}

/** Which of the tokens written so far each head fetched a typed one for: those of an arc. */
export function toldOfTyped(text: Text, i: number, length: number): string {
  const arcs = arcsOf(text).filter(({ from, to }) => from === i && to < length);
  const looks = arcs.map(({ head, to, weight }) => {
    return `head ${head} for ${text.tokens[to]} (${text.places[to]}) ${weight.toFixed(2)}`;
  });
  const by = looks.length ? `Looked at by: ${looks.join(", ")}.` : "No head looks at it yet.";
  return `${text.tokens[i]} (${text.places[i]}). ${by}`;
}

/** Where the heads look before a token is written. */
export function toldOfToken(text: Text, i: number): string {
  const looks = text.weights.map((rows, head) => {
    if (head === text.pulled) return `head ${head} is ablated`;
    const row = rows[i - text.given];
    const most = row.indexOf(Math.max(...row));
    return `head ${head} at ${text.tokens[most]} (${text.places[most]}) ${row[most].toFixed(2)}`;
  });
  const why = follows(text, i) ? ", because of an earlier error" : "";
  const wrong = isWrong(text, i) ? `, where ${text.right[i]} is right${why}` : "";
  return `${text.tokens[i]} (${text.places[i]})${wrong}. Most weight: ${looks.join(", ")}.`;
}
