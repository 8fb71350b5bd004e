// How a cell was made: the numbers that went in, and the value they give when put together again.
// The result is computed here from the same blobs, so a wrong manifest shows as a disagreement. The
// model computes in float32 and this in float64: where that shows in the last digit, the text says so.

import { placeOf, read, type Scene, type Tensor } from "./data";
import { madeOf } from "./ops/table";
import { bare, bracket, handle } from "./text";
import { Reads, type Source, type Told } from "./values";

export interface Explanation {
  value: number | undefined;
  /** undefined: nothing to recompute (a weight, or a rule that this viewer does not know). */
  again: number | undefined;
  agrees: boolean;
  /** The formula with its numbers; its last number is the value that it gives. */
  text: string;
  /** The largest products or summands, largest first. */
  terms: Told["terms"];
  sources: Source[];
  numpy: string;
}

export function explain(scene: Scene, tensor: Tensor, index: number): Explanation {
  const value = read(scene, tensor, index);
  const place = placeOf(tensor, index);
  const made = value === undefined ? null : madeOf(scene, tensor);
  const reads = new Reads();
  const told = made?.make(place, reads, tensor.axes);
  if (!made || !told || reads.missing) {
    const text = tensor.kind === "weight" ? "learned in training" : (tensor.formula ?? "");
    const numpy = handle(tensor) + bracket(place);
    return { value, again: undefined, agrees: true, text, terms: [], sources: [], numpy };
  }
  const { sources } = reads;
  const finer = scene.tensors.some((t) => t.rest != null);
  const agrees = close(value!, told.value, sources, finer ? 1 / 32 : 1);
  return {
    value,
    again: told.value,
    agrees,
    text: `${told.working} = ${bare(told.value)}${agrees ? asShown(value!, told.value) : ""}`,
    terms: told.terms,
    sources,
    numpy: made.line(place),
  };
}

/** What the cell shows, if it reads otherwise than what is computed here. */
const asShown = (value: number, again: number): string =>
  bare(value) === bare(again) ? "" : ` (the cell, rounded: ${bare(value)})`;

/** A float16 keeps 11 bits of each number that went in, two of them as many as the model's own; a long
 * sum collects some of that. */
function close(a: number, b: number, sources: Source[], slack: number): boolean {
  if (Object.is(a, b) || a === b) return true;
  const largest = sources.reduce((most, s) => Math.max(most, s.tensor.largest), 0);
  const many = sources.reduce((most, s) => Math.max(most, s.cells.length), 1);
  const rounding = 2e-3 * Math.abs(a) + 4e-4 * Math.max(largest, 1) * Math.sqrt(many);
  return Math.abs(a - b) <= slack * rounding;
}
