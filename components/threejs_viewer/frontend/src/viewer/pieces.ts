// Text whose words are tied to matrices.

import type { Tensor } from "./data";
import { short } from "./layout";

/** Plain text, or a word tied to matrices. */
export type Piece = string | { word: string; names: string[] };

/** A word tied to matrices; plain text where there are none. */
export const tied = (said: string, names: string[]): Piece =>
  names.length ? { word: said, names } : said;

/** A matrix by its own name. */
export const word = ({ name }: Tensor): Piece => tied(short(name), [name]);

/** "q, k and v" */
export const list = (group: Tensor[]): Piece[] =>
  group.flatMap((t, i) => [i === 0 ? "" : i === group.length - 1 ? " and " : ", ", word(t)]);

/** A template whose values may be pieces; any white space in it is one space. */
export function pieces(texts: TemplateStringsArray, ...values: (Piece | Piece[])[]): Piece[] {
  const out: Piece[] = [];
  for (const piece of texts.flatMap((text, i) => [text, values[i] ?? ""].flat())) {
    const before = out[out.length - 1];
    if (typeof piece !== "string" || typeof before !== "string") out.push(piece);
    else out[out.length - 1] = before + piece;
  }
  const ends = (i: number): RegExp => (i === 0 ? /^ / : i === out.length - 1 ? / $/ : /^$/);
  return out
    .map((piece, i) =>
      typeof piece === "string" ? piece.replace(/\s+/g, " ").replace(ends(i), "") : piece,
    )
    .filter((piece) => piece !== "");
}

export const inWords = (text: Piece[]): string =>
  text.map((piece) => (typeof piece === "string" ? piece : piece.word)).join("");
