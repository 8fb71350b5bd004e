// Follow a digit home: a logit as a sum, a part of it as a sum again, down to a token of the prompt.
//
// The twin of lab/scene/paths.py. What is explained is direction . x, with x a vector of one token. Undo
// the rule that made x, with all that is not linear in it held (the rms of a norm, the pattern of a
// head, the gate of a neuron), and the same number is direction' . x', or a sum of such terms. The
// sums are exact but for the rounding to float16.

import type { Scene, Tensor } from "./data";
import { canBeUndone, madeOf, mayBeCut } from "./ops/table";
import { named } from "./leaves";
import { isFlat, isMade, rowOf, type Made, type Part, type Place } from "./values";

/** A term of a sum: `value` = `direction` . x, with x what `tensor` is at one token. */
export interface Term {
  tensor: Tensor;
  /** The place of x along all axes of its tensor but the last. */
  prefix: Place;
  position: number;
  direction: Float64Array;
  value: number;
  /** Set where the tensor has heads. */
  head: number | null;
  /** Set where only one coordinate of x counts. */
  neuron: number | null;
  /** How much of x a pattern has let in, over tokens or over depth: 1 where all of it. */
  share: number;
}

/** Where a way home begins. null: no such logit, or a scene whose numbers are not all there. */
export function logit(scene: Scene, position: number, token: number): Term | null {
  const tensor = scene.byName.get("logits");
  if (!tensor || scene.tensors.some((t) => t.present < t.size)) return null;
  if (!(position < tensor.rows && token < tensor.cols)) return null;
  const direction = new Float64Array(tensor.cols);
  direction[token] = 1;
  return term(scene, { tensor, prefix: [position], direction, share: 1 }, position);
}

/** The next sum on the way home, in the order of the network; empty once home. */
export function unfold(scene: Scene, whole: Term): Term[] {
  const parts = before(scene, whole);
  if (parts.length === 1 && !isHome(scene, parts[0]!)) return unfold(scene, parts[0]!);
  return parts.flatMap((one) => written(scene, one));
}

/** What a term of the stream is made of: the stream is opened, attention is cut into its heads. */
function written(scene: Scene, one: Term): Term[] {
  const made = madeOf(scene, one.tensor);
  if (!made || !(one.tensor.stream || mayBeCut(made))) return [one];
  const parts = before(scene, one).map((inner) => ({ ...inner, share: one.share * inner.share }));
  if (one.tensor.stream) return parts.flatMap((inner) => written(scene, inner));
  return parts.length > 1 ? parts : [one];
}

/** The neurons of an FFN that add most, in size; empty for what is no FFN. */
export function neurons(scene: Scene, ffn: Term, most: number): Term[] {
  const [post, ...more] = before(scene, ffn);
  if (!post || more.length || post.tensor.axes[post.prefix.length] !== "d_ff") return [];
  const values = vectorOf(scene, post).map((x, j) => x * post.direction[j]!);
  return [...values.keys()]
    .sort((a, b) => Math.abs(values[b]!) - Math.abs(values[a]!))
    .slice(0, most)
    .map((j) => {
      const direction = new Float64Array(values.length);
      direction[j] = post.direction[j]!;
      return { ...post, direction, value: values[j]!, neuron: j };
    });
}

/** The parts with the largest share of the whole first; those that work against it last. */
export function byShare(whole: Term, parts: Term[]): Term[] {
  const sign = whole.value >= 0 ? 1 : -1;
  return [...parts].sort((a, b) => sign * (b.value - a.value));
}

export const total = (parts: Term[]): number => parts.reduce((sum, p) => sum + p.value, 0);

/** What a whole is more than its parts; `rounded` if rounding to float16 can leave that much. */
export function restOf(
  scene: Scene,
  whole: Term,
  parts: Term[],
): { rest: number; rounded: boolean } {
  const rest = whole.value - total(parts);
  let size = 0;
  for (const one of [whole, ...parts]) {
    const x = vectorOf(scene, one);
    one.direction.forEach((d, i) => (size += Math.abs(d * x[i]!)));
  }
  return { rest, rounded: Math.abs(rest) <= size / 2 ** 11 };
}

// ---------------------------------------------------------------- a rule undone

/** Whether a part is a row of a table, or made by a rule that cannot be undone. */
export function isHome(scene: Scene, { tensor }: Term): boolean {
  const made = madeOf(scene, tensor);
  return !made || !canBeUndone(made);
}

/** The same number one rule earlier; empty for what is home. */
function before(scene: Scene, whole: Term): Term[] {
  if (isHome(scene, whole)) return [];
  const values = named(scene, whole.tensor.name);
  const own = { values, prefix: whole.prefix, direction: whole.direction };
  return undone(madeOf(scene, whole.tensor)!, own)
    .map((reached) => term(scene, reached, whole.position))
    .filter((one) => one.position <= whole.position); // later ones are masked
}

interface Reached {
  tensor: Tensor;
  prefix: Place;
  direction: Float64Array;
  share: number;
}

/** A rule undone down to the tensors that it reads. */
function undone(made: Made, whole: Part): Reached[] {
  return made.undo(whole).flatMap((part): Reached[] => {
    const { values, prefix, direction } = part;
    const share = (whole.share ?? 1) * (part.share ?? 1);
    if (isMade(values)) return undone(values, { ...part, share });
    if (!isFlat(values) || !values.tensor) return [];
    return [{ tensor: values.tensor, prefix, direction, share }];
  });
}

/** `near`: the position of a tensor that has none of its own. */
function term(scene: Scene, reached: Reached, near: number): Term {
  const { tensor, prefix, direction } = reached;
  const along = (axis: string): number | undefined => prefix[tensor.axes.indexOf(axis)];
  const [position, head] = [along("position") ?? near, along("head") ?? null];
  const one = { ...reached, position, value: 0, head, neuron: null };
  const x = vectorOf(scene, one);
  return { ...one, value: direction.reduce((sum, d, i) => sum + d * x[i]!, 0) };
}

const vectorOf = (scene: Scene, { tensor, prefix }: Term): Float64Array =>
  rowOf(named(scene, tensor.name), prefix);
