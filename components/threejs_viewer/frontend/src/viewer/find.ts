// What a reader types to find a matrix: "layer 3 pattern", "q head 2". All of it must be met; its
// order is free.

import type { Tensor } from "./data";
import { short } from "./layout";

export interface Wish {
  words: string[];
  layer: number | null;
  head: number | null;
}

const NUMBERED = /\b(layer|block|head)s?[\s._#]*(\d+)/g;
/** They narrow nothing. */
const FILLERS = /^(layer|block|head|matri(x|ces)|the|of|in|all)s?$/;
/** What the page calls by a word and the code by a letter. */
const LETTERS: Record<string, string> = {
  query: "q",
  queries: "q",
  key: "k",
  keys: "k",
  value: "v",
  values: "v",
};

export function wishOf(typed: string): Wish {
  const wish: Wish = { words: [], layer: null, head: null };
  const rest = typed.toLowerCase().replace(NUMBERED, (_, what: string, number: string) => {
    wish[what === "head" ? "head" : "layer"] = Number(number);
    return " ";
  });
  wish.words = rest.split(/[\s.,]+/).filter((word) => word && !FILLERS.test(word));
  return wish;
}

export function grants(t: Tensor, { words, layer, head }: Wish): boolean {
  return (
    (layer === null || t.layer === layer) &&
    (head === null || hasHead(t, head)) &&
    words.every((word) => names(t.name.toLowerCase(), word))
  );
}

/** The weights of attention lie head beside head, on an axis of another name. */
function hasHead(t: Tensor, head: number): boolean {
  const axis = t.axes.indexOf("head");
  return axis < 0 ? t.name.includes(".attention.") : head < t.shape[axis]!;
}

function names(name: string, word: string): boolean {
  if (/^\d+$/.test(word)) return name.split(/\D+/).includes(word);
  if (name.includes(word) || name.includes(word.replace(/(..)s$/, "$1"))) return true;
  const letter = LETTERS[word];
  return !!letter && new RegExp(`(^|[._]w?)${letter}($|[._])`).test(name);
}

/** The one that is meant: of those granted one that is called so, or else the first. */
export function meant(granted: Tensor[], { words }: Wish): Tensor | undefined {
  return granted.find((t) => words.includes(short(t.name).toLowerCase())) ?? granted[0];
}
