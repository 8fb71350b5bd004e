// Two lanes of one problem (components/ui/drawings/lanes.py): what a token is worked out from, and
// what is said of it.

import { range } from "../shared/numbers";

/** A token is worked out from those of its own column, and from columns worked out again. */
export interface Step {
  own: number[];
  again: number[];
  results: number;
  carries: number;
  before: string;
  carry: number | null;
  now: string;
}

export interface Look {
  head: string;
  from: number;
  weight: number;
}

export interface Lane {
  tokens: string[];
  right: string[];
  roles: string[];
  places: string[];
  given: number;
  /** One for each written token, as are the looks of heads before it. */
  steps: Step[];
  looks: Look[][];
  groups: { start: number; stop: number; label: string }[];
}

/** Heads that are ablated together: by stand-in and written token, the digits that are wrong. */
export interface Ablated {
  name: string;
  row: number | null;
  wrong: number[][];
}

/** What a token needs of another: a digit of its own column, of one before, or nothing. */
export type Need = "own" | "again" | "none";

export function needOf(step: Step, token: number): Need {
  return step.own.includes(token) ? "own" : step.again.includes(token) ? "again" : "none";
}

/** The written tokens that are worked out from one, among the first `length`. */
export function neededBy(lane: Lane, token: number, length: number): number[] {
  return range(Math.max(0, length - lane.given))
    .filter((n) => needOf(lane.steps[n], token) !== "none")
    .map((n) => n + lane.given);
}

/** The most that one token has to work out. */
export function most({ steps }: Lane): Step {
  const work = ({ results, carries }: Step): number => results + carries;
  return steps.reduce((one, other) => (work(other) > work(one) ? other : one));
}

// ---------------------------------------------------------------- in words

const counted = (n: number, one: string, more = `${one}s`): string =>
  `${n} ${n === 1 ? one : more}`;

/** What has to be worked out for one token, of the product at once or of a line of working. */
export function load({ results, carries }: Step, ...what: [one: string, more: string]): string {
  const parts = [
    results ? counted(results, ...what) : "",
    carries ? counted(carries, "carry", "carries") : "",
  ];
  return parts.filter(Boolean).join(" and ") || "nothing";
}

export const PRODUCTS: [string, string] = ["product", "products"];
export const RESULTS: [string, string] = ["product or sum", "products or sums"];

/** A token that was typed. */
export function toldOfTyped(lane: Lane, token: number, length: number): string {
  const there = neededBy(lane, token, length);
  const name = `${lane.tokens[token]} (${lane.places[token]})`;
  if (!there.length) return `${name}: none of the ${length - lane.given} tokens written needs it.`;
  const list = there.map((i) => `${lane.tokens[i]} (${lane.places[i]})`).join(", ");
  return `${name} is needed for ${there.length} of the tokens written: ${list}.`;
}

/** A written token on paper. */
export function onPaper(lane: Lane, token: number): string {
  const { now, before, carry } = lane.steps[token - lane.given];
  const n = token - lane.given + 1;
  const name = `Token ${n}, ${lane.tokens[token]} (${lane.places[token]})`;
  const wrong =
    lane.tokens[token] === lane.right[token] ? "" : ` It is wrong: ${lane.right[token]} is right.`;
  if (!now) return `${name}: no digit is needed.${wrong}`;
  const again =
    carry === null ? "" : ` The carry, ${carry}, stands in no token: it comes from ${before}.`;
  return `${name}: ${now}.${again}${wrong}`;
}

/** Which heads of the plain model look at which digit before a token. */
export function looksOf(lane: Lane, token: number): string {
  const looks = lane.looks[token - lane.given];
  const digits = [...new Set(looks.map(({ from }) => from))].sort((one, other) => one - other);
  return digits
    .map((from) => {
      const heads = looks.filter((look) => look.from === from).map(({ head }) => head);
      return `at ${lane.tokens[from]}: ${heads.join(", ")}`;
    })
    .join("; ");
}

/** Of so many digits those that are wrong without each head. */
export function withoutEach(heads: Ablated[], by: number, written: number, n: number): string {
  const each = heads.map(
    ({ name, wrong }, i) => `${wrong[by][written]}${i ? "" : " are wrong"} without ${name}`,
  );
  return `Of ${n} such digits ${each.join(", ")}.`;
}

/** Where one head, or some together, are missed most. */
export function toldOfHeads(lane: Lane, { name, wrong }: Ablated, by: number, n: number): string {
  const counts = wrong[by];
  const worst = counts.indexOf(Math.max(...counts));
  const over = counts.filter((count) => count > n / 10).length;
  return `Without ${name}, over a tenth of ${n} is wrong at ${over} of ${counts.length} tokens; most at ${lane.places[worst + lane.given]}, ${counts[worst]}.`;
}
