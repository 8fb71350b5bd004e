// What the walk tells in numbers, all of it computed from the scene.

import { actOf } from "./act";
import { branchesOf, isAttention } from "./branches";
import { sharesOf } from "./depth";
import { read, type Scene, type Tensor } from "./data";
import { named } from "./leaves";
import type { Rule } from "./rules";
import { rootOf } from "./text";
import { rowOf } from "./values";

/** What the model says comes next. */
export interface Choice {
  token: string;
  share: number;
}

/** What a head of a token reads of another, and how much of it. */
export interface Look {
  head: number;
  query: number;
  key: number;
  share: number;
}

/** All that a tensor has at token t, along its other axes. */
export function columnOf(scene: Scene, x: Tensor, t: number): number[] {
  const axis = x.axes.findIndex((name) => name === "position" || name === "query");
  const inner = sizeOf(x.shape.slice(axis + 1));
  const outer = sizeOf(x.shape.slice(0, axis));
  const at = (i: number): number =>
    (Math.floor(i / inner) * x.shape[axis]! + t) * inner + (i % inner);
  return Array.from({ length: outer * inner }, (_, i) => read(scene, x, at(i)) ?? NaN);
}

const sizeOf = (shape: number[]): number => shape.reduce((a, b) => a * b, 1);

/** Where the largest of some numbers stands; -1 where one of them is none. */
export const largestOf = (numbers: number[]): number => numbers.indexOf(Math.max(...numbers));

/** Of the sum of what some tensors have at token t. */
function lengthOf(scene: Scene, terms: Tensor[], t: number): number {
  const columns = terms.map((x) => columnOf(scene, x, t));
  const sums = columns[0]?.map((_, i) => columns.reduce((sum, column) => sum + column[i]!, 0));
  return Math.sqrt((sums ?? []).reduce((sum, v) => sum + v * v, 0));
}

/** How many times as long the column of a sum is as that of another; NaN where one is missing or empty. */
export function longer(scene: Scene, a: Tensor[], b: Tensor[], t: number): number {
  const [one, other] = [lengthOf(scene, a, t), lengthOf(scene, b, t)];
  return one && other ? one / other : NaN;
}

/** What the model says comes after token t. */
export function choice(scene: Scene, t: number): Choice | null {
  const probs = scene.tensors.findLast((x) => actOf(scene, x) === "chances");
  return probs ? chosen(scene, columnOf(scene, probs, t)) : null;
}

function chosen(scene: Scene, shares: number[]): Choice | null {
  const best = largestOf(shares);
  const token = scene.manifest.vocabulary[best];
  return token === undefined ? null : { token, share: shares[best]! };
}

// ------------------------------------------------------------ attention

/** The strongest look of token `query`, among the keys that may count. */
export function strongest(
  scene: Scene,
  pattern: Tensor,
  query: number,
  counts: (key: number, head: number) => boolean = () => true,
): Look | null {
  let best: Look | null = null;
  columnOf(scene, pattern, query).forEach((share, i) => {
    const [head, key] = [Math.floor(i / pattern.cols), i % pattern.cols];
    if (counts(key, head) && key <= query && share > (best?.share ?? -1))
      best = { head, query, key, share };
  });
  return best;
}

/** At less than that a token is hardly read. */
export const TELLING = 0.1;

/** Where the second number first reads the first: from its last digit, before "=", to the nearest
 * digit of the number before it. null where there are no two numbers. */
export function meeting(scene: Scene, pattern: Tensor): Look | null {
  const { tokens } = scene.manifest;
  const isDigit = (t: number): boolean => /^\d$/.test(tokens[t] ?? "");
  const query = tokens.indexOf("=") - 1;
  let key = query;
  while (isDigit(key)) key--;
  while (key >= 0 && !isDigit(key)) key--;
  return key < 0 || !isDigit(query) ? null : strongest(scene, pattern, query, (k) => k === key);
}

/** A score and, where no more goes into it, what it is made of: the product of query and key, over a
 * root. */
export function scoreOf(
  scene: Scene,
  scores: Tensor,
  { head, query, key }: Look,
): { score: number; product?: number; root?: number } | null {
  const score = read(scene, scores, (head * scores.rows + query) * scores.cols + key) ?? NaN;
  const { rule } = scores;
  const inner = rule?.op === "choose" ? (rule.of[1] as Rule | null) : rule;
  const plain = inner?.op === "contract" && inner.of.every((x) => typeof x === "string");
  const root = plain ? rootOf(inner.scale ?? 1) : 0;
  if (!Number.isFinite(score)) return null;
  return root ? { score, product: score * Math.sqrt(root), root } : { score };
}

// ------------------------------------------------------------ what a layer writes

/** What attention and the FFN of a layer add to the stream. */
export function writersOf(scene: Scene, layer: number): Record<"attention" | "ffn", Tensor[]> {
  const own = branchesOf(scene).filter((b) => b.layer === layer && b.terms.length === 1);
  const termsOf = (attends: boolean): Tensor[] =>
    own.filter((b) => isAttention(b) === attends).flatMap(({ terms }) => terms);
  return { attention: termsOf(true), ffn: termsOf(false) };
}

/** How many times as long the column of the FFN is as that of attention. */
export function ffnByAttention(scene: Scene, layer: number, t: number): number {
  const { attention, ffn } = writersOf(scene, layer);
  return longer(scene, ffn, attention, t);
}

/** How many neurons are above 0, and of how many. */
export interface Firing {
  on: number;
  of: number;
}

/** Among some tensors, at token t; null where their neurons are gated. */
export function firing(scene: Scene, among: Tensor[], t: number): Firing | null {
  const neurons = among.filter((x) => x.axes.includes("d_ff") && actOf(scene, x) === "activation");
  const values = neurons.flatMap((x) => columnOf(scene, x, t));
  return values.length ? { on: values.filter((v) => v > 0).length, of: values.length } : null;
}

// ------------------------------------------------------------ read out early

/** What would come after token t if the stream were read out as it stands in `state`, by the last
 * norm and the last matrix: the logit lens. null where the model itself is not read out like this. */
export function readOut(scene: Scene, state: Tensor, t: number): Choice | null {
  const shares = sharesAfter(scene, state, t);
  return shares && chosen(scene, shares);
}

/** The same for every token of the vocabulary. */
export function sharesAfter(scene: Scene, state: Tensor, t: number): number[] | null {
  const logits = scene.tensors.findLast((x) => actOf(scene, x) === "logits");
  const [norm, unembed] = (logits?.inputs ?? []).map((name) => scene.byName.get(name));
  const [end, gain] = (norm?.inputs ?? []).map((name) => scene.byName.get(name));
  if (sharesOf(scene, state).length) return null; // it is mixed anew at every reading
  if (!logits || norm?.rule?.op !== "norm" || !unembed || !end?.stream || !gain) return null;
  const eps = norm.rule.eps ?? 0;
  const [scale, matrix] = [named(scene, gain.name), named(scene, unembed.name)];
  const gains = rowOf(scale, []);
  const rows = Array.from({ length: unembed.rows }, (_, c) => rowOf(matrix, [c]));
  const shares = (of: Tensor): number[] => {
    const x = rowOf(named(scene, of.name), [t]);
    const rms = Math.sqrt(dot(x, x) / x.length + eps);
    const heard = x.map((v, i) => (v / rms) * gains[i]!);
    return softmax(rows.map((row) => dot(row, heard)));
  };
  const [own, told] = [chosen(scene, shares(end)), choice(scene, t)];
  const agrees = own && told && own.token === told.token && Math.abs(own.share - told.share) < 0.02;
  return agrees ? shares(state) : null;
}

const dot = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, v, i) => sum + v * b[i]!, 0);

function softmax(scores: number[]): number[] {
  const sizes = scores.map((v) => Math.exp(v - Math.max(...scores)));
  const total = sizes.reduce((a, b) => a + b, 0);
  return sizes.map((v) => v / total);
}

// ------------------------------------------------------------ parameters

/** How many parameters there are, and the share of those in matrices with an axis of neurons. */
export function parameters(scene: Scene): { all: number; neurons: number } {
  const weights = scene.tensors.filter((t) => t.kind === "weight");
  const count = (of: Tensor[]): number => of.reduce((sum, { size }) => sum + size, 0);
  const all = count(weights);
  return { all, neurons: count(weights.filter((t) => t.axes.includes("d_ff"))) / all };
}
