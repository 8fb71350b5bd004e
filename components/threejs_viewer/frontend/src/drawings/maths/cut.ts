// What may be copied from one run into another, and what that can reach.

export interface Unit {
  step: number;
  layer: number;
  kind: "head" | "ffn" | "neuron";
  name: string;
  /** On its cell. */
  short: string;
  numbers: number;
}

export const keyOf = (cells: readonly number[]): string =>
  [...new Set(cells)].sort((a, b) => a - b).join(" ");

/** Of numbers of one run, how many are copied. */
export const numbersOf = (units: readonly Unit[], cells: readonly number[]): number =>
  cells.reduce((sum, i) => sum + units[i].numbers, 0);

/** May a copy into `from` change what stands in `to`? A part adds to the stream: at its own step all
    that comes after it reads that, its layer's FFN first, and at a later step what attention fetches
    from the next layer on. */
export function reaches(from: Unit, to: Unit): boolean {
  if (to.step < from.step) return false;
  if (to.layer > from.layer) return true;
  return (
    to.step === from.step && to.layer === from.layer && from.kind === "head" && to.kind !== "head"
  );
}

/** The units that copies may have changed, themselves among them. A first digit that is another is
    read by all of the second step. */
export function reached(
  units: readonly Unit[],
  cells: readonly number[],
  isAnother: boolean,
): boolean[] {
  return units.map(
    (to, i) =>
      cells.includes(i) ||
      cells.some((from) => reaches(units[from], to)) ||
      (isAnother && to.step > 0),
  );
}
