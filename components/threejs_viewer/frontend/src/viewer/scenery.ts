// What stands behind the matrices and shows no number: the strands in which the stream runs from one of
// its states to the next, and the shadows of the weights and of the stream.

import { boundsOf, type Bounds, type Box, type Plan } from "./layout";

export type Four = [number, number, number, number];

/** A box in the shader's words; `of`: the matrix whose light it shares. */
export interface Prop {
  of: Box;
  /** Left, top, back, and what it is. */
  origin: Four;
  /** Width, height, depth, and how far a shadow fades out at its rim. */
  size: Four;
  /** The tokens of a strand. */
  tokens: number;
}

const STRAND = 0;
const SHADOW = 1;
const GLOW = 2;

export const strandsOf = (plan: Plan): Prop[] =>
  plan.strands.map(({ from, bounds, z, depth, tokens }) =>
    prop(from, STRAND, bounds, z, depth, 0, tokens),
  );

export const shadowsOf = (plan: Plan): Prop[] =>
  plan.boxes
    .filter(({ tensor: t }) => t.kind === "weight" || t.stream)
    .map((box) => shadow(plan, box));

function prop(
  of: Box,
  kind: number,
  { left, right, top, bottom }: Bounds,
  z: number,
  depth: number,
  air: number,
  tokens = 1,
): Prop {
  const size: Four = [right - left, top - bottom, depth, air];
  return { of, origin: [left, top, z, kind], size, tokens };
}

/** How wide a shadow is at most, in columns of a token. */
const WIDEST = 2.6;

/** Away from a light that stands above and to the left. The stream throws light itself. */
function shadow(plan: Plan, box: Box): Prop {
  const flows = box.tensor.kind === "activation";
  const air = WIDEST * plan.cell;
  const slip = flows ? 0 : 0.7 * air;
  const { left, right, top, bottom } = boundsOf([box]);
  const at = {
    left: left + slip - air,
    right: right + slip + air,
    top: top - slip + air,
    bottom: bottom - slip - air,
  };
  return prop(box, flows ? GLOW : SHADOW, at, -WIDEST * plan.cell, 0.01, air);
}
