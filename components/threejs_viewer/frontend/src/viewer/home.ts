// Follow a digit home: a logit as a sum, a part of it as a sum again, down to a token of the prompt.
//
// The twin of lab/scene/paths.py. What is explained is direction . x, with x a vector of one token. Undo
// the op that made x, with all that is not linear in it held (the rms of a norm, the pattern of a
// head, the gate of a neuron), and the same number is direction' . x', or a sum of such terms. The
// sums are exact but for the rounding to float16.

import { halfToNumber, type Scene, type Tensor } from "./data";

/** A term of a sum: `value` = `direction` . x, with x what `tensor` is at one token. */
export interface Term {
  tensor: Tensor;
  position: number;
  direction: Float64Array;
  value: number;
  /** Set where the tensor has heads. */
  head: number | null;
  /** Set where only one coordinate of x counts. */
  neuron: number | null;
}

/** Where a way home begins. null: no such logit, or a scene whose numbers are not all there. */
export function logit(scene: Scene, position: number, token: number): Term | null {
  const tensor = scene.tensors.find((t) => t.op === "logits");
  if (!tensor || scene.tensors.some((t) => t.present < t.size)) return null;
  if (!(position < tensor.rows && token < tensor.cols)) return null;
  const direction = new Float64Array(tensor.cols);
  direction[token] = 1;
  return term(scene, tensor, position, direction);
}

/** The next sum on the way home, in the order of the network; empty once home. */
export function unfold(scene: Scene, whole: Term): Term[] {
  const parts = before(scene, whole);
  if (parts.length === 1 && !isHome(scene, parts[0]!)) return unfold(scene, parts[0]!);
  return parts.flatMap((one) => written(scene, one));
}

/** What a term of the stream is made of: sums are opened, attention is cut into its heads. */
function written(scene: Scene, one: Term): Term[] {
  if (one.tensor.op === "add") return before(scene, one).flatMap((inner) => written(scene, inner));
  return joinsHeads(scene, one.tensor) ? before(scene, one) : [one];
}

/** The neurons of an FFN that add most, in size; empty for what is no FFN. */
export function neurons(scene: Scene, ffn: Term, most: number): Term[] {
  if (ffn.tensor.op !== "matmul" || joinsHeads(scene, ffn.tensor)) return [];
  const [post] = before(scene, ffn);
  if (!post) return [];
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

// ---------------------------------------------------------------- an op undone

/** Whether a part is a row of a table, or made by an op that cannot be undone. */
export const isHome = (scene: Scene, one: Term): boolean => !undoOf(scene, one.tensor);

/** The same number one op earlier; empty for what is home. */
const before = (scene: Scene, whole: Term): Term[] => undoOf(scene, whole.tensor)?.(whole) ?? [];

function undoOf(scene: Scene, t: Tensor): ((whole: Term) => Term[]) | null {
  const undo = UNDO[t.op ?? ""];
  const inputs = (t.inputs ?? []).map((name) => scene.byName.get(name));
  if (!undo || !inputs.every((x) => x !== undefined)) return null;
  return (whole) => undo(scene, whole, inputs);
}

type Undo = (scene: Scene, whole: Term, inputs: Tensor[]) => Term[];

const UNDO: Record<string, Undo> = {
  add: (scene, whole, inputs) => inputs.map((x) => term(scene, x, whole.position, whole.direction)),
  matmul,
  logits: matmul,
  norm(scene, whole, [x, gain]) {
    const rms = rootMeanSquare(scene, numbers(scene, x!, whole.position * x!.cols, x!.cols));
    const gains = numbers(scene, gain!, 0, gain!.size);
    const direction = whole.direction.map((d, i) => (d * gains[i]!) / rms);
    return [term(scene, x!, whole.position, direction)];
  },
  activation(scene, whole, [pre]) {
    const [after, x] = [whole.tensor, pre!].map((t) =>
      numbers(scene, t, whole.position * t.cols, t.cols),
    ) as [Float64Array, Float64Array];
    const direction = whole.direction.map((d, j) => (x[j] === 0 ? 0 : (d * after[j]!) / x[j]!));
    return [term(scene, pre!, whole.position, direction)];
  },
  gated(scene, whole, [pre, x, w]) {
    const gate = numbers(scene, pre!, whole.position * pre!.cols, pre!.cols);
    const direction = whole.direction.map((d, j) => (d * gate[j]!) / (1 + Math.exp(-gate[j]!)));
    return [term(scene, x!, whole.position, back(scene, w!, direction))];
  },
  weighted_sum(scene, whole, [pattern, v]) {
    const head = whole.head!;
    const row = (head * pattern!.rows + whole.position) * pattern!.cols;
    const shares = [...numbers(scene, pattern!, row, whole.position + 1)];
    return shares.map((share, s) => {
      const direction = whole.direction.map((d) => d * share);
      return term(scene, v!, s, direction, head);
    });
  },
  split_matmul(scene, whole, [x, w]) {
    const direction = back(scene, w!, whole.direction, whole.head! * whole.direction.length);
    return [term(scene, x!, whole.position, direction)];
  },
};

function matmul(scene: Scene, whole: Term, [x, w]: Tensor[]): Term[] {
  const direction = back(scene, w!, whole.direction);
  if (!joinsHeads(scene, whole.tensor)) return [term(scene, x!, whole.position, direction)];
  return Array.from({ length: x!.planes }, (_, head) => {
    const own = direction.subarray(head * x!.cols, (head + 1) * x!.cols);
    return term(scene, x!, whole.position, own, head);
  });
}

const joinsHeads = (scene: Scene, t: Tensor): boolean =>
  t.op === "matmul" && scene.byName.get(t.inputs?.[0] ?? "")?.axes[0] === "head";

function rootMeanSquare(scene: Scene, x: Float64Array): number {
  const eps = Number(scene.manifest.config["norm_eps"] ?? 1e-6);
  return Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length + eps);
}

// ---------------------------------------------------------------- vectors

function term(
  scene: Scene,
  tensor: Tensor,
  position: number,
  direction: Float64Array,
  head: number | null = null,
): Term {
  const one = { tensor, position, direction, value: 0, head, neuron: null };
  const x = vectorOf(scene, one);
  return { ...one, value: direction.reduce((sum, d, i) => sum + d * x[i]!, 0) };
}

function vectorOf(scene: Scene, { tensor, position, head }: Term): Float64Array {
  return numbers(scene, tensor, ((head ?? 0) * tensor.rows + position) * tensor.cols, tensor.cols);
}

/** A run of cells. */
function numbers(scene: Scene, t: Tensor, first: number, n: number): Float64Array {
  const halves = scene.halves[t.kind];
  const out = new Float64Array(n);
  for (let i = 0; i < n; i++) out[i] = halfToNumber(halves[t.offset + first + i]!) * t.scale;
  return out;
}

/** W' direction, for the rows of W from `first` on. Row by row, so that memory is read in order. */
function back(scene: Scene, w: Tensor, direction: Float64Array, first = 0): Float64Array {
  const halves = scene.halves[w.kind];
  const out = new Float64Array(w.cols);
  for (let r = 0; r < direction.length; r++) {
    const weight = direction[r]! * w.scale;
    if (weight === 0) continue;
    const row = w.offset + (first + r) * w.cols;
    for (let c = 0; c < w.cols; c++) out[c]! += weight * halfToNumber(halves[row + c]!);
  }
  return out;
}
