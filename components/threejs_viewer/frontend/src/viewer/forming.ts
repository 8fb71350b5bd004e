// How a product comes about: row by row, and in a row token by token, the first ones slowly enough to
// be read. Pure: a stage and a time in, a place out.

import { read, say, type Scene } from "./data";
import type { View } from "./camera";
import { corner, type Wanted } from "./labels";
import { cellIndex, type Box, type Plan } from "./layout";
import { label } from "./text";
import { stageOf, type Stage } from "./walk";

/** The matrices that a stage makes by a product with weights, and those weights. */
export interface Product {
  made: Set<string>;
  weights: Set<string>;
}

/** A cell that is being made: a row of weights times a token's column. */
export interface Forming {
  made: Box;
  weights: Box;
  read: Box | null;
  row: number;
  col: number;
}

const isMatrix = (scene: Scene, name: string): boolean => {
  const t = scene.byName.get(name);
  return t?.kind === "weight" && t.shape.length === 2;
};

/** What the stage at a place of the walk forms; null: nothing by a product. */
export function productOf(scene: Scene, stages: Stage[], at: number): Product | null {
  const own = stages[at]?.names.filter((name) => stageOf(stages, name) === at) ?? [];
  const made = own.filter((name) => {
    const t = scene.byName.get(name);
    const weights = t?.inputs?.filter((input) => isMatrix(scene, input)) ?? [];
    return t?.kind === "activation" && t.rule?.op !== "lookup" && weights.length > 0;
  });
  const weights = made.flatMap((name) => scene.byName.get(name)!.inputs!);
  const matrices = weights.filter((name) => isMatrix(scene, name));
  return made.length ? { made: new Set(made), weights: new Set(matrices) } : null;
}

/** How many rows are there after a share of the time: the first ones come slowly. */
export const rowsAfter = (share: number): number => share ** 3;

/** The cell that is told at that time: of the first matrix of the product, its first head. */
export function formingAt(
  plan: Plan,
  { made, weights }: Product,
  rows: number,
  span: [number, number],
): Forming | null {
  const box = plan.ofTensor.get([...made][0]!)?.[0];
  const inputs = box?.tensor.inputs ?? [];
  const weight = inputs.find((name) => weights.has(name));
  const from = weight && plan.ofTensor.get(weight)?.[0];
  if (!box || !from || from.rows !== box.rows) return null;
  const data = inputs
    .filter((name) => !weights.has(name))
    .map((name) => plan.ofTensor.get(name)?.[0]);
  const column = data.find((one) => one?.tokens === "columns" && one.rows === from.cols) ?? null;
  const [first, last] = [span[0], Math.min(span[1], box.cols - 1)];
  const at = Math.min(rows, 0.999999) * box.rows;
  const row = Math.floor(at);
  const col = first + Math.floor((at - row) * (last - first + 1));
  return { made: box, weights: from, read: column, row, col };
}

/** `wq[3] · column 2 = +0.41`, beside the cell. */
export function wordsOf(view: View, { made, weights, read: data, row, col }: Forming): Wanted {
  const p = corner(view, made, made.cols, row + 0.5);
  const value = read(made.scene, made.tensor, cellIndex(made, col, row));
  const column = data ? ` · ${label(data.tensor)}[${col}]` : ` · column ${col}`;
  return {
    text: `${label(weights.tensor)}[${row}]${column} = ${say(value)}`,
    x: p.x + 8,
    y: p.y + 5,
    size: 14,
    strong: true,
  };
}
