// Where the marks of swaps stand: in the cell of the digit predicted and the digit written, one
// beside the other.

/** What may come of a swap, in this order. */
export const KINDS = 5;
export const CARRY = 0;

export interface Spot {
  column: number;
  /** 10 for what is no digit. */
  row: number;
  /** Which of its cell, from 0 on. */
  nth: number;
}

/** The digit of a column with another carry. */
export const predicted = (column: number, carry: number): number => (column + carry) % 10;

/** The digit written, 10 for none. */
export const digitOf = (character: string): number => (character === "." ? 10 : Number(character));

/** A spot for each swap, those of one cell in their order. */
export function spots(columns: readonly number[], written: string): Spot[] {
  const taken = new Map<string, number>();
  return columns.map((column, i) => {
    const row = digitOf(written[i]);
    const cell = `${column} ${row}`;
    const nth = taken.get(cell) ?? 0;
    taken.set(cell, nth + 1);
    return { column, row, nth };
  });
}

/** Marks side by side in a cell, so that the fullest one holds all of its own. */
export function perSide(all: readonly Spot[]): number {
  const most = Math.max(...all.map(({ nth }) => nth + 1));
  return Math.max(3, Math.ceil(Math.sqrt(most)));
}

/** Where each mark stands, in marks from the middle of its cell: those of a cell make a block about
 *  as wide as it is high, from its upper left on. */
export function places(all: readonly Spot[]): [x: number, y: number][] {
  const size = new Map<string, number>();
  const name = ({ column, row }: Spot): string => `${column} ${row}`;
  for (const spot of all) size.set(name(spot), spot.nth + 1);
  return all.map((spot) => {
    const n = size.get(name(spot))!;
    const wide = Math.ceil(Math.sqrt(n));
    const high = Math.ceil(n / wide);
    return [(spot.nth % wide) - (wide - 1) / 2, Math.floor(spot.nth / wide) - (high - 1) / 2];
  });
}

/** How many of the first `n` swaps came to each kind. */
export function counts(kinds: string, n: number): number[] {
  const found = new Array<number>(KINDS).fill(0);
  for (const kind of kinds.slice(0, n)) found[Number(kind)] += 1;
  return found;
}
