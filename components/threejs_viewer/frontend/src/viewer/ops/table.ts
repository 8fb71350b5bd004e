// The eight operations that a scene is made of: one file each, with the value of a cell and its
// working, its line of NumPy, and how it is undone.

import type { Scene, Tensor } from "../data";
import { Unreadable } from "../expression";
import type { Operand, Rule } from "../rules";
import { named } from "../leaves";
import { isFlat, isMade, type Made, type Values } from "../values";
import { choose } from "./choose";
import { contract } from "./contract";
import { largest } from "./largest";
import { lookup } from "./lookup";
import { map } from "./map";
import { norm } from "./norm";
import { softmax } from "./softmax";
import { sum } from "./sum";

/** Takes the operands of a rule, opened. Unreadable if they do not fit. */
type Operation = (rule: Rule, of: (Values | null)[], scene: Scene) => Made;

export const OPERATIONS: Record<string, Operation> = {
  lookup,
  sum,
  map,
  norm,
  contract,
  softmax,
  choose,
  largest,
};

function open(scene: Scene, operand: Operand): Values | null {
  if (operand === null) return null;
  return typeof operand === "string" ? named(scene, operand) : openRule(scene, operand);
}

export function openRule(scene: Scene, rule: Rule): Made {
  const operation = OPERATIONS[rule.op];
  if (!operation) throw new Unreadable(`no operation is called ${rule.op}`);
  return operation(
    rule,
    rule.of.map((operand) => open(scene, operand)),
    scene,
  );
}

const opened = new WeakMap<Scene, Map<string, Made | null>>();

/** How a tensor is made; null where no rule says it, or one that this viewer cannot read. */
export function madeOf(scene: Scene, tensor: Tensor): Made | null {
  const mine = opened.get(scene) ?? new Map<string, Made | null>();
  opened.set(scene, mine);
  const found = mine.get(tensor.name);
  if (found !== undefined) return found;
  const made = attempt(scene, tensor);
  mine.set(tensor.name, made);
  return made;
}

function attempt(scene: Scene, { rule, shape }: Tensor): Made | null {
  if (!rule) return null;
  try {
    const made = openRule(scene, rule);
    return made.shape.join() === shape.join() ? made : null;
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}

/** Whether undoing it may give more than one term. */
export const mayBeCut = (x: Values): boolean =>
  isMade(x) && (!!x.cuts || x.followed.length > 1 || x.followed.some(mayBeCut));

/** Whether all that a rule leads to is a tensor, or can be undone itself. */
export const canBeUndone = (x: Values): boolean =>
  isMade(x) ? x.followed.length > 0 && x.followed.every(canBeUndone) : isFlat(x) && !!x.tensor;
