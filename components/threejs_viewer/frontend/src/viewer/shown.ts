// What is drawn over each side of the picture, put together from where the reader is.

import { marksOf, type Edit } from "./broken";
import type { Tensor } from "./data";
import { isOverDepth, notesOf, sharesOf } from "./depth";
import type { Explanation } from "./explain";
import type { Box, Plan } from "./layout";
import type { Arc, Shown, Spot, Threads } from "./overlay";
import type { Cell } from "./pick";
import { boxAt, cellOf, onSide, type Side } from "./scenes";
import { chosen, lit, lookTold, span, underway, type State, type Stop } from "./state";
import type { Stage } from "./walk";
import type { Theme } from "../shared/theme";

export interface Look {
  theme: Theme;
  font: string;
  /** How the number was made that the reader points at or keeps. */
  why: Explanation | null;
  edits: Edit[];
}

export function shownOn(side: number, sides: Side[], state: State, look: Look): Shown {
  const { plan } = sides[side]!;
  const own = cellOf(sides, chosen(state));
  const cell = onSide(sides, own, side);
  const stop = state.standing?.side === side ? state.standing : null;
  const spot = stop && spotOf(sides, stop);
  return {
    scene: plan.scene,
    plan,
    theme: look.theme,
    font: look.font,
    cell,
    why: cell === own ? look.why : null,
    pinned: !state.hovered && !!state.pinned,
    spots: [...(spot ? [spot] : []), ...framed(plan, state)],
    arcs: arcs(plan, cell, stop && spot ? { stop, spot } : null, state),
    threads: threads(plan, cell, underway(state)),
    lit: lit(state),
    span: span(state),
    ...(span(state) ? { last: span(state)![1] } : {}),
    broken: marksOf(plan, side === 0 ? look.edits : []),
  };
}

/** A token's column, or one neuron of it. */
function spotOf(sides: Side[], stop: Stop): Spot | null {
  const box = boxAt(sides, stop);
  if (!box) return null;
  const [top, rows] = stop.neuron === null ? [0, box.rows] : [stop.neuron, 1];
  return { box, left: stop.position, top, cols: 1, rows };
}

/** The cells of the one look that a stage tells of: its score, its share. */
function framed({ boxes }: Plan, state: State): Spot[] {
  const look = lookTold(state);
  const lighted = lit(state);
  if (!look || !lighted) return [];
  return boxes
    .filter((box) => box.tokens === "both" && isOf(box, look) && lighted.has(box.tensor.name))
    .map((box) => ({ box, left: look.key, top: look.query, cols: 1, rows: 1 }));
}

/** Over the map's own columns, and over the stream of its layer. A stage may tell of one look alone. */
function arcs(
  { boxes, ofTensor, spine }: Plan,
  cell: Cell | null,
  stood: { stop: Stop; spot: Spot } | null,
  state: State,
): Arc[] {
  const chosen = cell && attends(cell.box) ? cell : null;
  if (!chosen && stood) return arcsHome(stood.stop, stood.spot, ofTensor);
  const look = chosen ? null : lookTold(state);
  const told = look && boxes.filter((box) => attends(box) && isOf(box, look));
  const made = (ofTensor.get(underway(state)) ?? []).filter(attends);
  const maps = chosen ? [chosen.box] : (told ?? made);
  const first = maps[0];
  if (!first) return [];
  const stream = spine
    .map((name) => ofTensor.get(name)![0]!)
    .find((b) => b.tensor.layer === first.tensor.layer);
  const query = chosen ? chosen.row : (look?.query ?? null);
  const arc = { query, ...(look ? { key: look.key } : {}) };
  return [
    ...maps.map((box) => ({ ...arc, box, over: box })),
    ...(stream ? [{ ...arc, box: first, over: stream }] : []),
  ];
}

const isOf = (box: Box, { layer, head, query }: NonNullable<Stage["arc"]>): boolean =>
  box.tensor.layer === layer && box.plane === head && query < box.rows;

const attends = (box: Box): boolean => box.tokens === "both" && box.tensor.rule?.op === "softmax";

/** What a reading lets in, seen from its shares or from the stream that is mixed by them. */
function threads(
  { scene, ofTensor, spine }: Plan,
  cell: Cell | null,
  made: string,
): Threads | null {
  const sharesAt = (t: Tensor | undefined): Tensor | undefined =>
    t && (isOverDepth(t) ? t : sharesOf(scene, t)[0]);
  const chosen = sharesAt(cell?.box.tensor);
  const shares = chosen ?? sharesAt(scene.byName.get(made));
  const to = shares && spine.find((name) => scene.byName.get(name)!.inputs?.includes(shares.name));
  if (!to) return null;
  const boxes = (n: number): Box[] =>
    notesOf(scene, shares, n).map(({ name }) => ofTensor.get(name)![0]!);
  return {
    shares: ofTensor.get(shares.name)![0]!,
    query: chosen ? cell!.col : null,
    from: Array.from({ length: shares.cols }, (_, n) => boxes(n)),
    to: ofTensor.get(to)![0]!,
  };
}

/** What the head looks at on which the reader stands, over its own columns. */
function arcsHome({ head, position }: Stop, spot: Spot, ofTensor: Plan["ofTensor"]): Arc[] {
  if (head === null) return [];
  const read = (spot.box.tensor.inputs ?? []).map((name) => ofTensor.get(name)?.[head]);
  const box = read.find((one) => one?.tokens === "both");
  return box ? [{ box, query: position, over: spot.box }] : [];
}
