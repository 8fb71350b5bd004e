// Seen from afar, blocks of many cells stand for the numbers of a matrix, and no grid and no digit is on
// it. Where all matrices are that far off, a shader draws them that knows nothing else.

import type { View } from "./camera";
import { heightOf, widthOf, type Box } from "./layout";

/** From so many pixels on, a cell shows its own number. */
export const DETAIL = 2.5;

/** How many pixels a cell covers where its matrix is nearest. */
export function pixelsOf(view: View, box: Box): number {
  const eye = view.camera.position;
  const off = (at: number, from: number, to: number): number => Math.max(from - at, 0, at - to);
  const nearest = Math.hypot(
    off(eye.x, box.x, box.x + widthOf(box)),
    off(eye.y, box.y - heightOf(box), box.y),
    off(eye.z, box.z, box.z + box.depth),
  );
  return view.pixelsPerUnit(Math.max(nearest, 1e-3)) * Math.min(box.cellW, box.cellH);
}

export const isAfar = (view: View, boxes: Box[]): boolean =>
  boxes.every((box) => pixelsOf(view, box) < DETAIL);
