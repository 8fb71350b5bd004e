// Where there is to look from: which part of the plan is to fill the picture, and seen from where.

import { FRONT, SLANT } from "./camera";
import {
  boundsOf,
  heightOf,
  outlineOf,
  rightmost,
  widthOf,
  type Bounds,
  type Box,
  type Plan,
} from "./layout";

export type Sight = "all" | "front" | "start" | "attention" | "answer";

/** What is said of what is looked at. */
export interface Said {
  title: string;
  text: string;
}

export function sayOf(where: Exclude<Sight, "all">, layer: number): Said {
  const all: Record<typeof where, Said> = {
    front: {
      title: "From the front",
      text: "The stream runs down the middle. In each layer attention stands left of it, and the FFN right of it.",
    },
    start: {
      title: "Where the prompt comes in",
      text: "Each typed token becomes a column of numbers, and these columns begin the stream.",
    },
    attention: {
      title: `Attention of layer ${layer}`,
      text: "A row for each head. Only here does a token read from other tokens; norms and FFN treat each column alone.",
    },
    answer: {
      title: "Where the answer comes out",
      text: "The last column of the stream becomes a logit for each token of the vocabulary, and the logits become probabilities.",
    },
  };
  return all[where];
}

export interface Aim {
  bounds: Bounds;
  /** Those of now, if none are given. */
  angles?: { yaw: number; pitch: number };
  /** The share of the picture that it fills. */
  fill?: number;
  /** So many pixels at the bottom are left free, if fewer than elsewhere. */
  foot?: number;
  /** What of the bounds there is something in; all of them, if it is not given. */
  outline?: [number, number][];
}

/** Nearly from the front: the digits can be read, and what stands in front of what is seen. */
export const READING = { yaw: -0.14, pitch: 0.12 };

/** So much flatter a tall model is seen in a wide picture, at most. */
const STEEP = 1.08;

/** Boxes with some air around them. */
export function around(boxes: Box[], angles?: Aim["angles"]): Aim {
  const { left, right, top, bottom } = boundsOf(boxes);
  const air = 0.08 * Math.max(right - left, top - bottom);
  const bounds = {
    left: left - air,
    right: right + air,
    top: top + air * 1.6,
    bottom: bottom - air,
  };
  return angles ? { bounds, angles } : { bounds };
}

/** All that is there, on both sides, as a road that comes towards the reader: the prompt far off, the
 * answer near by. A tall model in a wide picture is seen flatter: it then fills more of it. `aspect`
 * is the picture's width by its height. */
export function wholeModel(boxes: Box[], aspect: number): Aim {
  const bounds = boundsOf(boxes);
  const tall = ((bounds.top - bounds.bottom) / (bounds.right - bounds.left)) * aspect;
  const pitch = -Math.min(STEEP, Math.max(0.3, 0.45 * tall));
  const isNarrow = aspect < 1.2;
  const fill = isNarrow ? 0.92 : 0.95; // the names of the layers stand beside them
  const outline = outlineOf(boxes);
  // On a phone, room at the right for what a layer ends with.
  if (isNarrow) {
    const end = rightmost(boxes);
    outline.push([end.x + widthOf(end) + 0.12 * (bounds.right - bounds.left), end.y]);
  }
  return { bounds, angles: { yaw: -0.1, pitch }, fill, outline, foot: 8 };
}

/** A part of one side; `layer` is the one whose attention is meant. */
export function partOf(plan: Plan, where: Exclude<Sight, "all">, layer: number): Aim {
  const { boxes } = plan;
  if (where === "front") return around(boxes, FRONT);
  if (where === "answer") {
    const end = boxes.filter((b) => isOutside(b) && b.y < topOfSpine(plan));
    const made = end.filter((b) => b.tensor.kind === "activation");
    return around(made.length ? made : boxes, FRONT);
  }
  if (where === "attention") {
    const heads = boxes.filter((b) => b.tensor.layer === layer && hasHeads(b));
    return around(heads.length ? heads : boxes, { yaw: 0.1, pitch: 0.15 });
  }
  // A slanted look over the beginning, with the rest of the model running away from the reader.
  const begin = boxes.filter((b) => (isOutside(b) ? b.y > topOfSpine(plan) : b.tensor.layer === 0));
  return { bounds: boundsOf(begin.length ? begin : boxes), angles: SLANT, fill: 0.96 };
}

const isOutside = (b: Box): boolean => b.tensor.layer === null;

const hasHeads = ({ tensor: t }: Box): boolean =>
  t.kind === "activation" && t.axes.includes("head");

const topOfSpine = ({ ofTensor, spine }: Plan): number => ofTensor.get(spine[0] ?? "")?.[0]?.y ?? 0;

/** The layer whose boxes stand nearest to a height. */
export function layerAt({ boxes }: Plan, y: number): number {
  const inLayers = boxes.filter((b) => !isOutside(b));
  const gap = (b: Box): number => Math.abs(b.y - heightOf(b) / 2 - y);
  return (
    inLayers.reduce((best, b) => (gap(b) < gap(best) ? b : best), inLayers[0]!)?.tensor.layer ?? 0
  );
}
