// Numbers, names and places as text: in formulas and in lines of NumPy.

import { say, type Manifest, type Scene, type Tensor } from "./data";

/** A place along an axis, a part of it, or the whole of it. */
export type Where = readonly (number | [from: number, to: number] | null)[];

/** How many products of a long sum are written out, and how many terms are told at all. */
export const WRITTEN_OUT = 3;
export const TERMS = 6;

/** A number by itself: no plus sign, since it stands in a sum or behind an equals sign. */
export const bare = (value: number | undefined): string =>
  say(value, 4).replace("+", "").replace(" (masked)", "");

/** A number inside a sum or a product: a negative one in brackets. */
export const inner = (value: number): string => (value < 0 ? `(${bare(value)})` : bare(value));

/** What a tensor is called in a formula: blocks.0.attention.wq.weight is wq, a gain is gain, and one of
 * several in a list is called with its number. */
export const label = (t: Tensor): string => /[^.]+(\.\d+$|(?=\.weight$)|$)/.exec(t.name)![0];

/** Where a tensor was written, and by what: "layer 0 FFN". */
export const inLayer = ({ layer }: Tensor, what: string): string =>
  layer === null ? what : `layer ${layer} ${what}`;
export const writer = (t: Tensor): string =>
  inLayer(t, label(t).replace(/_out$/, "").replace("ffn", "FFN"));

/** A token by its number, from 0 as in the code: `token 3 "="`. */
export const tokenAt = (scene: Scene, t: number): string =>
  `token ${t} "${scene.manifest.tokens[t] ?? ""}"`;

export function percent(share: number): string {
  if (share < 0.0005) return share > 0 ? "under 0.1%" : "0%";
  return share > 0.9995 ? "over 99.9%" : `${(100 * share).toFixed(1)}%`;
}

export const times = (factor: number): string => `${say(factor, 2).slice(1)} times`;

/** What a tensor is called in NumPy. */
export const handle = (t: Tensor): string =>
  t.kind === "weight" ? `W["${t.name}"]` : `A["${t.name}"]`;

/** Lines of Python that give a line of NumPy its A, W and G, under the edits of a reader. */
export function loads(m: Manifest, line: string, edits: readonly object[]): string {
  if (!m.run) return "# Your own run lies in no file: this page alone has its A and W.";
  const asked = [m.run, m.tokens.join(""), ...(m.edited?.length ? [edits] : [])];
  const given = asked.map((x) => JSON.stringify(x).replaceAll(":null", ":None")).join(", ");
  return [
    ...(line.includes("np.") ? ["import numpy as np"] : []),
    ...(line.includes("math.") ? ["import math"] : []),
    "from lab.scene.session import numbers",
    `A, W, G = numbers(${given})`,
  ].join("\n");
}

/** `[2, :, 4:8]`; whole axes at the end are left out. */
export function bracket(where: Where): string {
  const last = where.findLastIndex((at) => at !== null);
  const places = where
    .slice(0, last + 1)
    .map((at) => (at === null ? ":" : typeof at === "number" ? `${at}` : `${at[0]}:${at[1]}`));
  return places.length ? `[${places.join(", ")}]` : "";
}

/** Python, or a part of a formula, that may stand beside any operator: in brackets, if it has one
 * outside brackets itself. */
export function atom(text: string, signs = " -−"): string {
  let depth = 0;
  for (const sign of text)
    if ("([".includes(sign)) depth++;
    else if (")]".includes(sign)) depth--;
    else if (depth === 0 && signs.includes(sign)) return `(${text})`;
  return text;
}

/** A sum; what begins with a minus is taken off. */
export const added = (parts: string[], minus: string): string =>
  parts.reduce((sum, part) =>
    part.startsWith(minus) ? `${sum} ${minus} ${part.slice(minus.length)}` : `${sum} + ${part}`,
  );

/** What is multiplied by `scale`: a root where the scale is one over it. */
export function scaled(text: string, scale: number, isSum: boolean): string {
  const whole = isSum && scale !== 1 ? `(${text})` : text;
  if (scale === 1) return whole;
  if (scale === -1) return `−${whole}`;
  const root = rootOf(scale);
  return root ? `${whole} / √${root}` : `${whole} · ${inner(scale)}`;
}

/** The same in Python, behind a product. */
export function scaledLine(product: string, scale: number): string {
  if (scale === 1) return product;
  const [whole, root] = [atom(product, "+-"), rootOf(scale)];
  if (scale === -1) return `-${whole}`;
  return root ? `${whole} / np.sqrt(${root})` : `${whole} * ${scale}`;
}

/** 4 of a half, since that is one over its root; 0 if there is no such whole number. */
export function rootOf(scale: number): number {
  const under = 1 / scale ** 2;
  return scale > 0 && Math.abs(under / Math.round(under) - 1) < 1e-9 ? Math.round(under) : 0;
}
