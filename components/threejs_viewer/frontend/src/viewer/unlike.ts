// How a layer differs from the first one, which the walk tells step by step.

import { isFormed } from "./branches";
import type { Scene, Tensor } from "./data";
import { short } from "./layout";
import { list, pieces, type Piece } from "./pieces";

/** By how its numbers come about, without the numbers of layers. */
const recipeOf = ({ rule }: Tensor): string =>
  JSON.stringify(rule ?? null).replace(/\bblocks\.\d+\./g, "");

/** What is called alike in a layer. */
const inLayer = (scene: Scene, { name }: Tensor, layer: number): Tensor | undefined =>
  scene.byName.get(`blocks.${layer}.${short(name)}`);

/** The first layer before its own in which it is formed in the same way. */
const seenIn = (scene: Scene, t: Tensor): number | undefined =>
  [...Array(t.layer).keys()].find((layer) => {
    const twin = inLayer(scene, t, layer);
    return twin && recipeOf(twin) === recipeOf(t) && `${twin.shape}` === `${t.shape}`;
  });

/** What is called alike in the first layer. */
export const twinOf = (scene: Scene, t: Tensor): Tensor | undefined => inLayer(scene, t, 0);

/** Whether it is formed in the first layer too, in the same way. */
export const isAsInFirst = (scene: Scene, t: Tensor): boolean => seenIn(scene, t) === 0;

/** What of a layer is not as in the first one, and what it reads of other layers. */
export function unlike(scene: Scene, group: Tensor[]): Piece[] {
  const formed = group.filter(isFormed);
  const told = new Map<string, Tensor[]>();
  for (const t of formed) {
    const seen = seenIn(scene, t);
    if (seen === 0) continue;
    const what =
      seen !== undefined
        ? `As in layer ${seen}`
        : twinOf(scene, t)
          ? "Formed in another way than in layer 0"
          : "Not in layer 0";
    told.set(what, [...(told.get(what) ?? []), t]);
  }
  const sentences = [...told].flatMap(([what, of]) => [...pieces`${what}: ${list(of)}.`, " "]);
  return pieces`${borrowed(scene, formed)} ${sentences}`;
}

/** What it reads that another layer has formed, but for what was added to the stream there. */
function borrowed(scene: Scene, formed: Tensor[]): Piece[] {
  const read = new Set(
    formed.flatMap((t) => t.inputs ?? []).map((name) => scene.byName.get(name)!),
  );
  const afar = [...read].filter((t) => isFormed(t) && ![null, formed[0]!.layer].includes(t.layer));
  return [...new Set(afar.map(({ layer }) => layer))].flatMap((layer) => {
    const these = list(afar.filter((t) => t.layer === layer));
    return [
      ...pieces`Layer ${String(formed[0]!.layer)} reads ${these} of layer ${String(layer)}.`,
      " ",
    ];
  });
}
