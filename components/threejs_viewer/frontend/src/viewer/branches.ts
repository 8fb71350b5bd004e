// What a layer is built of, read off its sums. The states of the residual stream follow one another;
// what is formed between a reading of the stream and a term that enters a sum is one branch. Two terms of
// one sum are two branches, and what both of them read is a run of its own. Inputs decide, not names.

import type { Scene, Tensor } from "./data";
import { isOverDepth } from "./depth";

export interface Branch {
  layer: number;
  /** The terms that it leads to: one or, where branches have not parted yet, several. */
  terms: Tensor[];
  tensors: Tensor[];
  /** The state of its layer that it reads; the first one, where it reads none. */
  reads: Tensor | undefined;
}

/** Whether it is no state of the stream, and no shares of one. */
export const isFormed = (t: Tensor): boolean =>
  t.kind === "activation" && !t.stream && !isOverDepth(t);

const inputsOf = (scene: Scene, t: Tensor): Tensor[] =>
  (t.inputs ?? []).flatMap((name) => scene.byName.get(name) ?? []);

const isReadBy = (t: Tensor, reader: Tensor): boolean => !!reader.inputs?.includes(t.name);

/** The sum by which a tensor enters the residual stream: the first that has it as a term. */
export const sumOf = (scene: Scene, t: Tensor): Tensor | undefined =>
  isFormed(t) ? scene.tensors.find((sum) => sum.stream && isReadBy(t, sum)) : undefined;

/** The terms that enter the stream in one of its states; none where it only goes on. */
export const termsOf = (scene: Scene, state: Tensor): Tensor[] =>
  inputsOf(scene, state).filter((t) => sumOf(scene, t) === state);

const known = new WeakMap<Scene, Branch[]>();

/** All of them, in the order in which they begin. */
export function branchesOf(scene: Scene): Branch[] {
  const layers = new Set(scene.tensors.map(({ layer }) => layer).filter((l) => l !== null));
  const found = known.get(scene) ?? [...layers].flatMap((layer) => inLayer(scene, layer));
  known.set(scene, found);
  return found;
}

function inLayer(scene: Scene, layer: number): Branch[] {
  const formed = scene.tensors.filter((t) => t.layer === layer && isFormed(t));
  const states = scene.tensors.filter((t) => t.layer === layer && t.stream);
  const leads = leadsTo(scene, formed);
  const branches = new Map<string, Branch>();
  for (const t of formed) {
    const terms = leads.get(t)!;
    const key = terms.map(({ name }) => name).join();
    const branch = branches.get(key) ?? { layer, terms, tensors: [], reads: undefined };
    branch.tensors.push(t);
    branch.reads ??= states.find((state) => isBehind(scene, state, t));
    branches.set(key, branch);
  }
  for (const branch of branches.values()) branch.reads ??= states[0];
  return [...branches.values()];
}

/** The terms that each tensor of a layer leads to. One that leads to none goes where the next one does. */
function leadsTo(scene: Scene, formed: Tensor[]): Map<Tensor, Tensor[]> {
  const terms = formed.filter((t) => sumOf(scene, t));
  const leads = new Map<Tensor, Tensor[]>();
  let next = terms.slice(-1);
  for (const t of formed.toReversed()) {
    const readers = formed.filter((reader) => isReadBy(t, reader));
    const reached = terms.filter((term) => readers.some((r) => leads.get(r)?.includes(term)));
    if (terms.includes(t)) next = [t];
    else if (reached.length) next = reached;
    leads.set(t, next);
  }
  return leads;
}

/** Whether a state of the stream is read on the way to a tensor of its layer. */
const isBehind = (scene: Scene, state: Tensor, t: Tensor): boolean =>
  isReadBy(state, t) ||
  inputsOf(scene, t).some(
    (x) => isFormed(x) && x.layer === state.layer && isBehind(scene, state, x),
  );

export const branchOf = (scene: Scene, t: Tensor): Branch | undefined =>
  branchesOf(scene).find(({ tensors }) => tensors.includes(t));

/** Whether it looks at other tokens. What is no attention is called the FFN. */
export const isAttention = ({ tensors }: Branch): boolean =>
  tensors.some(({ axes }) => axes.includes("key") || axes.includes("head"));

/** What forms the term of a branch, before it may be normed. */
export function makerOf(scene: Scene, { terms: [term], tensors }: Branch): Tensor | undefined {
  const read = term?.rule?.op === "norm" ? inputsOf(scene, term) : [];
  return read.find((t) => tensors.includes(t)) ?? term;
}

/** "attention", "the FFN" or both: the parts that a tensor is formed for. */
export function partsOf(scene: Scene, t: Tensor): string[] {
  const own = branchOf(scene, t);
  const branches = branchesOf(scene).filter(
    ({ terms: [term, ...more] }) => term && !more.length && own?.terms.includes(term),
  );
  return [...new Set(branches.map((branch) => (isAttention(branch) ? "attention" : "the FFN")))];
}
