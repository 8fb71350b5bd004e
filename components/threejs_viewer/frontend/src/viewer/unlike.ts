// How a layer differs from the first one, which the walk tells step by step.

import { isFormed } from "./branches";
import type { Scene, Tensor } from "./data";
import { short } from "./layout";
import { list, pieces, type Piece } from "./pieces";

/** By how its numbers come about, without the numbers of layers. */
const recipeOf = ({ rule }: Tensor): string =>
  JSON.stringify(rule ?? null).replace(/\bblocks\.\d+\./g, "");

const firstLayer = (scene: Scene): number =>
  scene.tensors.find(({ layer }) => layer !== null)?.layer ?? 0;

/** What is called alike in the first layer. */
export const twinOf = (scene: Scene, { name }: Tensor): Tensor | undefined =>
  scene.byName.get(`blocks.${firstLayer(scene)}.${short(name)}`);

/** Whether it is formed in the first layer too, in the same way. */
export function isAsBefore(scene: Scene, t: Tensor): boolean {
  const twin = twinOf(scene, t);
  return !!twin && recipeOf(twin) === recipeOf(t) && `${twin.shape}` === `${t.shape}`;
}

/** What of a layer is not as in the first one, and what it reads of other layers. */
export function unlike(scene: Scene, group: Tensor[]): Piece[] {
  const formed = group.filter(isFormed);
  const others = formed.filter((t) => !isAsBefore(scene, t));
  const fresh = others.filter((t) => !twinOf(scene, t));
  const changed = others.filter((t) => !fresh.includes(t));
  const here = `layer ${firstLayer(scene)}`;
  return pieces`${borrowed(scene, formed)}
    ${fresh.length ? pieces`Not in ${here}: ${list(fresh)}.` : ""}
    ${changed.length ? pieces`Formed in another way than in ${here}: ${list(changed)}.` : ""}`;
}

/** What it reads that another layer has formed, but for what was added to the stream there. */
function borrowed(scene: Scene, formed: Tensor[]): Piece[] {
  const read = new Set(
    formed.flatMap((t) => t.inputs ?? []).map((name) => scene.byName.get(name)!),
  );
  const afar = [...read].filter((t) => isFormed(t) && ![null, formed[0]!.layer].includes(t.layer));
  return [...new Set(afar.map(({ layer }) => layer))].flatMap(
    (layer) =>
      pieces`Layer ${String(formed[0]!.layer)} reads ${list(afar.filter((t) => t.layer === layer))} of layer ${String(layer)}. `,
  );
}
