// Which cell lies under the pointer: a ray against every box, then the cell of the nearest one.

import type { Ray } from "three";
import { cellIndex, heightOf, widthOf, type Box } from "./layout";

export interface Cell {
  box: Box;
  col: number;
  row: number;
  index: number;
}

export function cellAt(box: Box, col: number, row: number): Cell {
  return { box, col, row, index: cellIndex(box, col, row) };
}

export function pick(boxes: Box[], ray: Ray): Cell | null {
  const { origin: o, direction: d } = ray;
  let best: Cell | null = null;
  let nearest = Infinity;
  for (const box of boxes) {
    const [w, h] = [widthOf(box), heightOf(box)];
    let [enter, leave] = [0, nearest];
    // Slabs: x, then y, then z.
    let a = (box.x - o.x) / d.x;
    let b = (box.x + w - o.x) / d.x;
    enter = Math.max(enter, Math.min(a, b));
    leave = Math.min(leave, Math.max(a, b));
    if (!(enter <= leave)) continue;
    a = (box.y - h - o.y) / d.y;
    b = (box.y - o.y) / d.y;
    enter = Math.max(enter, Math.min(a, b));
    leave = Math.min(leave, Math.max(a, b));
    if (!(enter <= leave)) continue;
    a = (box.z - o.z) / d.z;
    b = (box.z + box.depth - o.z) / d.z;
    enter = Math.max(enter, Math.min(a, b));
    leave = Math.min(leave, Math.max(a, b));
    if (!(enter <= leave) || enter >= nearest) continue;
    nearest = enter;
    const col = clamp(Math.floor((o.x + enter * d.x - box.x) / box.cellW), box.cols);
    const row = clamp(Math.floor((box.y - o.y - enter * d.y) / box.cellH), box.rows);
    best = cellAt(box, col, row);
  }
  return best;
}

const clamp = (i: number, n: number): number => Math.max(0, Math.min(n - 1, i));
