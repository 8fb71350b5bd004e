// What kind of step made a tensor, told from the structure of its rule: for the words of the walk and
// of the way home, and for what can be switched off. No rule has to be known here to be shown.

import type { Scene, Tensor } from "./data";
import { isOverDepth } from "./depth";
import type { Rule } from "./rules";
import { within } from "./rules";

export type Act =
  | "lookup" // rows of a table
  | "stream" // the residual stream
  | "norm"
  | "heads" // one vector, multiplied and cut into heads
  | "rotation"
  | "scores" // a query and a key
  | "shares" // of a query, over the keys
  | "mix" // values, in those shares
  | "depth" // shares of a reading, over what was written before
  | "activation"
  | "gated"
  | "logits"
  | "chances" // of every token
  | "product"; // and all else

export function actOf(scene: Scene, t: Tensor): Act | null {
  const { rule, stream, axes, kind } = t;
  if (kind === "weight" || !rule) return null;
  if (stream) return "stream";
  if (axes.includes("vocab")) return rule.op === "softmax" ? "chances" : "logits";
  if (axes.includes("key")) return rule.op === "softmax" ? "shares" : "scores";
  if (isOverDepth(t)) return "depth";
  if (rule.op === "lookup") return "lookup";
  if (rule.op === "map") return rule.fn === "multiply" ? "gated" : "activation";
  const [first] = rule.of;
  if (rule.op === "norm" && typeof first === "string") return "norm";
  const joins = [...within(rule)].find((inner) => inner.op === "contract");
  return joins ? joined(scene, joins, axes) : "product";
}

function joined(scene: Scene, { of }: Rule, axes: string[]): Act {
  const names = of.filter((x) => typeof x === "string");
  const read = names.map((name) => scene.byName.get(name));
  if (names.some((name) => isRotation(scene, name))) return "rotation";
  if (read.some((t) => t?.axes.includes("key"))) return "mix";
  const many = axes[0] === "head" && read.some((t) => t?.kind === "weight");
  return many && !read.some((t) => t?.axes.includes("head")) ? "heads" : "product";
}

const isRotation = (scene: Scene, name: string): boolean => {
  const given = scene.manifest.given[name];
  return given !== undefined && !Array.isArray(given);
};

/** Whether the rows that a lookup takes are those of the tokens; else they are of their places. */
export const looksUpTokens = (scene: Scene, { rule }: Tensor): boolean =>
  rule?.op === "lookup" && scene.byName.get(String(rule.of[0]))?.axes[0] === "vocab";
