// How sure the model would be of its answer after each layer: what the stream says there of the token
// that is written, if it were read out. Bars at the ends of the layers' rows, or near by beside the spine,
// that grow as the camera goes down.

import type { View } from "./camera";
import { sharesAfter } from "./facts";
import { corner, isAfar, meets, PHONE, type Rect } from "./labels";
import { heightOf, rightmost, type Bounds, type Box, type Plan } from "./layout";
import { percent } from "./text";
import { stageOf, type Stage } from "./walk";
import type { Theme } from "../shared/theme";

export interface Certainty {
  /** The state of the stream with which a layer ends. */
  box: Box;
  /** The box that its layer ends with at the right, and all of the layer. */
  end: Box;
  bounds: Bounds;
  share: number;
  /** How much of the bar is there. */
  grown: number;
}

/** Of the token that the model writes at a place, layer by layer; none where its stream is not read
 * out like this. */
export function certainties(
  { scene, spine, ofTensor, layers, boxes }: Plan,
  at: number,
): Certainty[] {
  const { tokens, vocabulary } = scene.manifest;
  const token = at < tokens.length ? vocabulary.indexOf(tokens[at]!) : -1;
  if (token < 0) return [];
  const states = spine.map((name) => ofTensor.get(name)![0]!);
  return layers.flatMap(({ layer, bounds }) => {
    const box = states.findLast(({ tensor }) => tensor.layer === layer);
    const share = box && sharesAfter(scene, box.tensor, at - 1)?.[token];
    const end = rightmost(boxes.filter(({ tensor }) => tensor.layer === layer));
    return share === undefined || !box ? [] : [{ box, end, bounds, share, grown: 1 }];
  });
}

/** Those that the walk has come to by a stage. */
export const reached = (all: Certainty[], stages: Stage[], stage: number): Certainty[] =>
  all.filter(({ box }) => stageOf(stages, box.tensor.name) <= stage);

/** What a light shows on its way down the stream. */
export function lit(all: Certainty[], light: number): Certainty[] {
  return all
    .map((one) => {
      const tall = heightOf(one.box);
      return { ...one, grown: Math.max(0, Math.min(1, (one.box.y - light) / tall)) };
    })
    .filter(({ grown }) => grown > 0);
}

/** Pixels: as wide for every layer, however far off, so that bars can be compared. */
const [WIDE, WIDE_PHONE, TALL] = [56, 38, 6];
/** Of a bar to what it is of, and of its number to it. */
const [APART, AIR] = [8, 4];
const SIZE = 14;

interface Bar {
  x: number;
  y: number;
  /** Where the baseline of its number begins or, beside the stream, ends. */
  said: { x: number; y: number; align: "left" | "right" };
  rect: Rect;
}

/** Behind the end of the layer's row, where whole layers are seen; else, or where there is no room, left
 * of the foot of its state; null where that is too far off. */
function barOf(view: View, one: Certainty, wide: number, text: number): Bar | null {
  const { box, end } = one;
  const ends = [0, end.rows].map((row) => corner(view, end, end.cols, row));
  const tip = {
    ...corner(view, end, end.cols, end.rows / 2),
    x: Math.max(...ends.map((p) => p.x)),
  };
  const w = Math.max(wide, text);
  if (isAfar(view, one.bounds) && tip.depth > 0 && tip.x + APART + w < view.width - 2) {
    const [x, y] = [tip.x + APART, tip.y + AIR];
    const said = { x, y: y - AIR, align: "left" } as const;
    return { x, y, said, rect: { x, y: said.y - SIZE + 3, w, h: SIZE + AIR + TALL - 2 } };
  }
  const [head, foot] = [corner(view, box, 0, 0), corner(view, box, 0, box.rows)];
  if (foot.depth <= 0 || Math.hypot(foot.x - head.x, foot.y - head.y) < 3) return null;
  const [x, y] = [foot.x - APART - wide, foot.y - TALL - 2];
  const left = x - 5 - text;
  if (left < 4) return null; // the number stays in the picture
  const said = { x: x - 5, y: y + TALL + 2, align: "right" } as const;
  return { x, y, said, rect: { x: left, y: said.y - SIZE, w: x + wide - left, h: SIZE + 2 } };
}

/** Draws them but for what is covered; gives where they stand. */
export function drawCertainties(
  pen: CanvasRenderingContext2D,
  view: View,
  all: Certainty[],
  { theme, font, covered = [] }: { theme: Theme; font: string; covered?: Rect[] },
): Rect[] {
  const wide = view.width < PHONE ? WIDE_PHONE : WIDE;
  pen.font = `600 ${SIZE}px ${font}`;
  pen.textBaseline = "alphabetic";
  pen.lineWidth = 4;
  pen.lineJoin = "round";
  pen.strokeStyle = theme.background;
  return all.flatMap((one) => {
    const share = one.share * one.grown;
    const text = percent(share).replace("over", ">").replace("under", "<");
    const bar = barOf(view, one, wide, pen.measureText(text).width);
    if (!bar || covered.some((other) => meets(other, bar.rect))) return [];
    const { x, y, said } = bar;
    pen.fillStyle = theme.background;
    pen.fillRect(x - 1, y - 1, wide + 2, TALL + 2);
    pen.fillStyle = theme.line;
    pen.fillRect(x, y, wide, TALL);
    pen.fillStyle = theme.answer;
    pen.fillRect(x, y, wide * share, TALL);
    pen.textAlign = said.align;
    pen.strokeText(text, said.x, said.y);
    pen.fillText(text, said.x, said.y);
    return [bar.rect];
  });
}
