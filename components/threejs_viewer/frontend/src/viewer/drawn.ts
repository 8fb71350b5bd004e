// Shapes as they are drawn: rows × columns, and a token is a column. In code the array is its
// transpose, (tokens, width).

import type { Scene } from "./data";
import { plan, type Box, type Plan } from "./layout";

const known = new WeakMap<Scene, Map<string, Box[]>>();

/** A plan that is there need not be made again. */
export function remember(made: Plan): Plan {
  known.set(made.scene, made.ofTensor);
  return made;
}

/** "256 × 7"; of a matrix that is cut by heads "4 heads of 64 × 7". */
export function drawn(scene: Scene, name: string): string {
  const boxes = known.get(scene) ?? remember(plan(scene)).ofTensor;
  const [first, ...more] = boxes.get(name) ?? [];
  if (!first) return "";
  return `${more.length ? `${more.length + 1} heads of ` : ""}${first.rows} × ${first.cols}`;
}
