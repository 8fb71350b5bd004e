// Products of arrays, summed over what they share, as a line of NumPy.

import { atom } from "./text";

/** An array in NumPy, and the names of each of its axes: several where they are joined in one. */
export interface Written {
  text: string;
  dims: number[][];
}

const flat = ({ dims }: Written): string => dims.flat().join();
const flattened = ({ text, dims }: Written): string =>
  atom(text) + (dims.length > 1 ? ".ravel()" : "");

/** A plain product, a dot product or a matrix times a vector, where it is one; else einsum.
 * `free` are the names that are left, `lengths` how long each name is. */
export function joined(
  arrays: Written[],
  free: number[],
  summed: number[],
  lengths: number[],
): string {
  const [a, b, more] = arrays as [Written, ...Written[]];
  if (!summed.length && arrays.every((array) => flat(array) === free.join()))
    return arrays.map(({ text }) => atom(text)).join(" * ");
  const over = summed.join();
  if (!b && !free.length && flat(a) === over) return `${atom(a.text)}.sum()`;
  const met = b && !more && summed.length ? matmul(a, b, free, over) : null;
  return met ?? einsum(arrays, free, lengths);
}

function matmul(a: Written, b: Written, free: number[], over: string): string | null {
  if (!free.length && flat(a) === over && flat(b) === over)
    return `${flattened(a)} @ ${flattened(b)}`;
  if (free.length !== 1) return null;
  const [vector, matrix] = flat(a) === over ? [a, b] : [b, a];
  if (flat(vector) !== over || matrix.dims.length !== 2) return null;
  const sides = matrix.dims.map((dim) => dim.join());
  if (sides[0] === String(free[0]) && sides[1] === over)
    return `${atom(matrix.text)} @ ${flattened(vector)}`;
  if (sides[0] === over && sides[1] === String(free[0]))
    return `${flattened(vector)} @ ${atom(matrix.text)}`;
  return null;
}

function einsum(arrays: Written[], free: number[], lengths: number[]): string {
  const letters = (names: number[]): string =>
    names.map((name) => String.fromCharCode(97 + name)).join("");
  const shaped = arrays.map(({ text, dims }) => {
    const sizes = dims.flat().map((name) => lengths[name]!);
    return dims.some((dim) => dim.length > 1) ? `${atom(text)}.reshape(${sizes.join(", ")})` : text;
  });
  const index = `${arrays.map(({ dims }) => letters(dims.flat())).join(",")}->${letters(free)}`;
  return `np.einsum("${index}", ${shaped.join(", ")})`;
}

/** A list of lists, as long as `sizes` say. */
export function nested(numbers: number[], sizes: number[]): string {
  const [n, ...others] = sizes;
  if (!n || !others.length) return `[${numbers.join(", ")}]`;
  const each = numbers.length / n;
  const lists = Array.from({ length: n }, (_, i) =>
    nested(numbers.slice(i * each, (i + 1) * each), others),
  );
  return `[${lists.join(", ")}]`;
}
