// How sure the model would be of its answer after each layer: what the stream says there of the token
// that is written, if it were read out. Bars beside the spine, that grow as the camera goes down.

import type { View } from "./camera";
import { sharesAfter } from "./facts";
import { corner, meets, type Rect } from "./labels";
import { heightOf, type Box, type Plan } from "./layout";
import { percent } from "./text";
import { stageOf, type Stage } from "./walk";
import type { Theme } from "../shared/theme";

export interface Certainty {
  /** The state of the stream with which a layer ends. */
  box: Box;
  share: number;
  /** How much of the bar is there. */
  grown: number;
}

/** Of the token that the model writes at a place, layer by layer; none where its stream is not read
 * out like this. */
export function certainties({ scene, spine, ofTensor, layers }: Plan, at: number): Certainty[] {
  const { tokens, vocabulary } = scene.manifest;
  const token = at < tokens.length ? vocabulary.indexOf(tokens[at]!) : -1;
  if (token < 0) return [];
  const states = spine.map((name) => ofTensor.get(name)![0]!);
  return layers.flatMap(({ layer }) => {
    const box = states.findLast(({ tensor }) => tensor.layer === layer);
    const share = box && sharesAfter(scene, box.tensor, at - 1)?.[token];
    return share === undefined || !box ? [] : [{ box, share, grown: 1 }];
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

const [LEAST, MOST] = [36, 120];

interface Bar {
  x: number;
  y: number;
  wide: number;
  tall: number;
}

/** Left of the foot of its state, as long as there is room beside it; null where it is too far off. */
function barOf(view: View, { box }: Certainty): Bar | null {
  const [head, foot] = [corner(view, box, 0, 0), corner(view, box, 0, box.rows)];
  const high = Math.hypot(foot.x - head.x, foot.y - head.y);
  if (foot.depth <= 0 || high < 3) return null;
  const wide = Math.max(LEAST, Math.min(MOST, 3.5 * high));
  const tall = Math.max(5, Math.min(13, 0.2 * high));
  return { x: foot.x - 7 - wide, y: foot.y - tall, wide, tall };
}

/** Draws them but for what is covered; gives where they stand. */
export function drawCertainties(
  pen: CanvasRenderingContext2D,
  view: View,
  all: Certainty[],
  { theme, font, covered = [] }: { theme: Theme; font: string; covered?: Rect[] },
): Rect[] {
  return all.flatMap((one) => {
    const bar = barOf(view, one);
    if (!bar) return [];
    const { y, tall } = bar;
    const size = Math.round(Math.max(13, Math.min(15, tall + 4)));
    pen.font = `600 ${size}px ${font}`;
    const text = percent(one.share * one.grown);
    const beside = 5 + pen.measureText(text).width;
    const wide = Math.min(bar.wide, bar.x + bar.wide - beside - 4); // the number stays in the picture
    if (wide < LEAST) return [];
    const x = bar.x + bar.wide - wide;
    const left = x - beside;
    const place = { x: left, y: y + tall - size, w: x + wide - left, h: size + 2 };
    if (covered.some((other) => meets(other, place))) return [];
    pen.globalAlpha = 0.85;
    pen.fillStyle = theme.background;
    pen.fillRect(x - 1, y - 1, wide + 2, tall + 2);
    pen.globalAlpha = 1;
    pen.lineWidth = 1;
    pen.strokeStyle = theme.line;
    pen.strokeRect(x, y, wide, tall);
    const long = wide * one.share * one.grown;
    pen.fillStyle = theme.answer;
    pen.fillRect(x + wide - long, y, long, tall);
    pen.textAlign = "right";
    pen.textBaseline = "alphabetic";
    pen.lineWidth = 4;
    pen.lineJoin = "round";
    pen.strokeStyle = theme.background;
    pen.strokeText(text, x - 5, y + tall);
    pen.fillText(text, x - 5, y + tall);
    return [place];
  });
}
