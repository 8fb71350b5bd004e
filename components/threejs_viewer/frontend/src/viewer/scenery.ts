// What stands behind the matrices and shows no number: the strands in which the stream runs from one of
// its states to the next, and the shadow of every matrix.

import { heightOf, widthOf, type Bounds, type Box, type Plan } from "./layout";

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

export const shadowsOf = (plan: Plan): Prop[] => plan.boxes.map((box) => shadow(plan, box));

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

const grown = ({ left, right, top, bottom }: Bounds, by: number): Bounds => ({
  left: left - by,
  right: right + by,
  top: top + by,
  bottom: bottom - by,
});

/** How far behind the matrices their shadows lie. */
const behind = ({ cell }: Plan): number => 6 * cell;

/** Away from a light that stands above and to the left. What flows throws light itself. */
function shadow(plan: Plan, box: Box): Prop {
  const flows = box.tensor.kind === "activation";
  const narrow = Math.min(widthOf(box), heightOf(box));
  const air = Math.min(behind(plan) * 0.27, 2 + narrow * 0.12);
  const slip = flows ? 0 : air * 0.7;
  const at = {
    left: box.x + slip,
    right: box.x + widthOf(box) + slip,
    top: box.y - slip,
    bottom: box.y - heightOf(box) - slip,
  };
  return prop(box, flows ? GLOW : SHADOW, grown(at, air), 0.5 - behind(plan), 0.01, air);
}
