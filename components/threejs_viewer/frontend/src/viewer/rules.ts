// How a tensor comes from others, as the manifest says it: lab/model/rules.py has the equations.

import { namesOf, parse, Unreadable, type Expression } from "./expression";

/** The name of a tensor or of a table that is given, a rule again, or null: minus infinity. */
export type Operand = string | Rule | null;

export interface Rule {
  op: string;
  of: Operand[];
  /** lookup: the table that says which rows. */
  rows?: string;
  /** map: the name of the function. */
  fn?: string;
  /** norm: what is added to the mean square. */
  eps?: number;
  /** contract, choose: what the axes are called. */
  index?: string;
  /** contract: what the sum is multiplied by. */
  scale?: number;
  /** largest: how many of them. */
  n?: number;
  /** contract: how long names are that stand alone nowhere. */
  sizes?: Record<string, number>;
  /** choose: which operand, told from the place. */
  by?: string;
}

/** A table of numbers that are neither learned nor formed. */
export type Table = number | Table[];

/** How pairs of numbers are turned: by places times speeds, radians a place. */
export interface Rotation {
  layout: "half" | "interleaved";
  gain: number;
  places: Table[];
  speeds: number[][];
}

/** `h t i, h//2 s i -> h t s`, taken apart. */
export interface Index {
  operands: Expression[][];
  out: string[];
  /** What is not in the result, in the order in which it comes. */
  summed: string[];
}

const known = new Map<string, Index>();

export function indexOf(text: string): Index {
  const found = known.get(text) ?? takenApart(text);
  known.set(text, found);
  return found;
}

function takenApart(text: string): Index {
  const [left, right, more] = text.split("->");
  if (left === undefined || right === undefined || more !== undefined)
    throw new Unreadable(`"${text}" is no index`);
  const words = (side: string): string[] => side.split(/\s+/).filter(Boolean);
  const operands = groupsOf(left).map((group) => words(group).map(parse));
  const out = words(right);
  const found = new Set(operands.flat().flatMap(namesOf));
  return { operands, out, summed: [...found].filter((name) => !out.includes(name)) };
}

/** A comma inside brackets parts places, not operands. */
const groupsOf = (text: string): string[] => text.split(/,(?![^[]*\])/);

/** The names of a choice's axes. */
export const axesIn = (text: string): string[] => text.split(/\s+/).filter(Boolean);

/** A rule and all the rules within it, from the outside in. */
export function* within(rule: Rule): Generator<Rule> {
  yield rule;
  for (const operand of rule.of) if (operand && typeof operand !== "string") yield* within(operand);
}
