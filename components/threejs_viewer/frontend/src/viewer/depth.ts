// Attention over depth: the sources that a reading shares itself out over, told from its rule.

import type { Scene, Tensor } from "./data";
import { within } from "./rules";
import { label, writer } from "./text";

/** Whether a tensor holds shares of a reading: a row of them at every token. */
export const isOverDepth = (t: Tensor): boolean => t.axes.includes("source");

/** The shares by which a state of the stream is mixed; none where it is a plain sum. */
export const sharesOf = (scene: Scene, t: Tensor): Tensor[] =>
  (t.inputs ?? []).flatMap((name) => scene.byName.get(name) ?? []).filter(isOverDepth);

/** What a source of a reading was written by: "layer 0 FFN", or of a block of them "layers 0–1". */
export function sourceName(scene: Scene, shares: Tensor, n: number): string {
  const notes = notesOf(scene, shares, n);
  const [first, last] = [notes[0], notes[notes.length - 1]];
  if (!first || !last) return "";
  if (notes.length === 1) return writer(first);
  if (first.layer === null || last.layer === null) return notes.map(label).join(" + ");
  return first.layer === last.layer ? `layer ${last.layer}` : `layers ${first.layer}–${last.layer}`;
}

/** The notes that are summed to one source. */
export function notesOf(scene: Scene, { rule }: Tensor, n: number): Tensor[] {
  const source = rule && [...within(rule)].find(({ op }) => op === "choose")?.of[n];
  if (!source || typeof source === "string") return [];
  return [...within(source)]
    .flatMap(({ of }) => of)
    .flatMap((name) => (typeof name === "string" ? (scene.byName.get(name) ?? []) : []))
    .filter((t) => t.kind === "activation");
}
