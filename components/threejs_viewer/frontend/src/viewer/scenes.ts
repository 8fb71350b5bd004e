// The scenes that are in the picture: one, or two side by side; and where in them a number stands.

import {
  compare,
  matchedTokens,
  partnerOf,
  samePlace,
  unmatched,
  type Comparison,
} from "./compare";
import { remember } from "./drawn";
import { indexOf, openScene, placeOf, type Manifest, type Scene, type Tensor } from "./data";
import { cellPlace, plan, type Box, type Plan } from "./layout";
import type { Edit, HeadCost, Neuron, Whole } from "./broken";
import { cellAt, type Cell } from "./pick";
import { holds, type Address, type Stop } from "./state";

/** One scene as it comes. */
export interface Numbers {
  manifest: Manifest;
  weights: Uint16Array;
  activations: Uint16Array;
  /** The weights were asked for and are on their way. */
  pending?: boolean;
}

export interface Payload extends Numbers {
  edits: Edit[];
  whole?: Whole | null;
  /** All heads by what their loss costs; null where nobody asked. */
  ranking?: HeadCost[] | null;
  neuron?: Neuron | null;
  /** Words to the reader above the picture. */
  notes?: string[];
  /** A second scene, to stand on the right; `title` says what it is. */
  beside?: (Numbers & { title: string }) | null;
}

/** One scene in the picture. */
export interface Side {
  plan: Plan;
  /** The numbers that its boxes show: the scene's own, or differences. */
  shown: Scene;
  /** How many tokens of a tensor have a partner, where that matters; -1 if none of it has. */
  matched: (t: Tensor) => number;
}

export interface Scenes {
  /** The scene, and on its right the one that it is compared with, if any. */
  sides: Side[];
  comparison: Comparison | null;
  /** Scenes of equal shapes have their boxes at the same places. */
  shapes: string;
  /** What is wrong with them, in sentences. */
  problems: string[];
}

export const NONE: Scenes = { sides: [], comparison: null, shapes: "", problems: [] };

export function openScenes({ notes = [], beside, ...first }: Payload, shaded: boolean): Scenes {
  const whole = open(first);
  const scene = { ...whole, given: first.whole?.given ?? whole.given };
  const other = beside ? open(beside) : null;
  const scenes = other ? [scene, other] : [scene];
  const comparison = other && compare(scene, other, shaded);
  const room = Math.max(...scenes.map((s) => s.manifest.tokens.length));
  const sides = scenes.map((s) => ({
    plan: remember(plan(s, room)),
    shown: s,
    matched: () => Infinity,
  }));
  const shapes = JSON.stringify(scenes.map((s) => shapeOf(s.manifest)));
  const problems = [
    ...notes,
    ...scene.problems,
    ...(other?.problems ?? []).map((problem) => `right: ${problem}`),
    ...(comparison ? unmatched(comparison) : []),
  ];
  return shadeRight({ sides, comparison, shapes, problems }, shaded);
}

const open = ({ manifest, weights, activations, pending }: Numbers): Scene =>
  openScene(manifest, { weight: weights, activation: activations }, pending);

/** What decides where boxes stand: names, shapes and how they hang together. */
const shapeOf = (m: Manifest): string =>
  JSON.stringify(
    m.tensors.map((t) => [t.name, t.kind, t.shape, t.rule, t.stream, t.inputs, t.layer]),
  );

/** The right side shows the difference or its own numbers: same boxes, other numbers. */
export function shadeRight(scenes: Scenes, shaded: boolean): Scenes {
  const [first, right] = scenes.sides;
  if (!scenes.comparison || !first || !right) return scenes;
  const comparison = { ...scenes.comparison, shaded };
  const { left, right: own, difference } = comparison;
  const numbers: Side = shaded
    ? { ...right, shown: difference, matched: (t) => matchedTokens(t, left) }
    : { ...right, shown: own, matched: () => Infinity };
  return { ...scenes, comparison, sides: [first, numbers] };
}

// ------------------------------------------------------------ where in them

/** 0 for the left side, 1 for the right one. A cell of a scene that is gone counts as the left one's. */
const sideOf = (sides: Side[], { box }: Cell): number =>
  sides[1]?.plan.scene === box.scene ? 1 : 0;

export const addressOf = (sides: Side[], cell: Cell): Address => ({
  side: sideOf(sides, cell),
  name: cell.box.tensor.name,
  place: placeOf(cell.box.tensor, cell.index),
});

export function cellOf(sides: Side[], address: Address | null): Cell | null {
  const plan = address && sides[address.side]?.plan;
  if (!plan || !holds(plan.scene, address)) return null;
  const tensor = plan.scene.byName.get(address.name)!;
  const at = cellPlace(plan, tensor, indexOf(tensor, address.place));
  return at && cellAt(at.box, at.col, at.row);
}

/** The cell itself on its own side, its partner on the other. */
export function onSide(sides: Side[], cell: Cell | null, side: number): Cell | null {
  if (!cell || sideOf(sides, cell) === side) return cell;
  const { tensor } = cell.box;
  const partner = partnerOf(tensor, sides[side]!.plan.scene);
  const index = partner ? samePlace(tensor, cell.index, partner) : -1;
  if (!partner || index < 0) return null;
  return cellOf(sides, { side, name: partner.name, place: placeOf(partner, index) });
}

/** The boxes of a matrix, on both sides where there are two. */
export const boxesOf = (sides: Side[], name: string): Box[] =>
  sides.flatMap(({ plan }) => plan.ofTensor.get(name) ?? []);

/** The box of a stop on the way home. */
export const boxAt = (sides: Side[], { side, name, head }: Stop): Box | null =>
  sides[side]?.plan.ofTensor.get(name)?.[head ?? 0] ?? null;
