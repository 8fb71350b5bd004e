// How a cell was made: the numbers that went in, and the value they give when put together again.
// The result is computed here from the same blobs, so a wrong manifest shows as a disagreement.

import { indexOf, placeOf, read, say, type Scene, type Tensor } from "./data";

export interface Source {
  tensor: Tensor;
  /** Flat indices of the cells that were read. */
  cells: number[];
}

export interface Explanation {
  value: number | undefined;
  /** undefined: nothing to recompute (a weight, or an operation this viewer does not know). */
  again: number | undefined;
  agrees: boolean;
  text: string;
  /** The largest products or summands, largest first. */
  terms: { label: string; value: number; tensor: Tensor; cell: number }[];
  sources: Source[];
  numpy: string;
}

const TERMS = 6;
type Term = Explanation["terms"][number];
interface Made {
  again: number;
  text: string;
  terms?: Term[];
  sources: Source[];
  numpy: string;
}

export function explain(scene: Scene, tensor: Tensor, index: number): Explanation {
  const value = read(scene, tensor, index);
  const made = value === undefined ? null : make(scene, tensor, index);
  const own = `${handle(tensor)}[${placeOf(tensor, index).join(", ")}]`;
  if (!made) {
    const why = tensor.kind === "weight" ? "learned in training" : (tensor.formula ?? "");
    return { value, again: undefined, agrees: true, text: why, terms: [], sources: [], numpy: own };
  }
  const terms = (made.terms ?? []).sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  return {
    value,
    ...made,
    agrees: close(value!, made.again, made.sources),
    terms: terms.slice(0, TERMS),
  };
}

/** float16 keeps 11 bits of each number that went in; a long sum collects some of that. */
function close(a: number, b: number, sources: Source[]): boolean {
  if (Object.is(a, b) || a === b) return true;
  const largest = sources.reduce((most, s) => Math.max(most, s.tensor.largest), 0);
  const many = sources.reduce((most, s) => Math.max(most, s.cells.length), 1);
  return Math.abs(a - b) <= 2e-3 * Math.abs(a) + 4e-4 * Math.max(largest, 1) * Math.sqrt(many);
}

const handle = (t: Tensor): string => (t.kind === "weight" ? `W["${t.name}"]` : `A["${t.name}"]`);
const range = (start: number, n: number, step = 1): number[] =>
  Array.from({ length: n }, (_, i) => start + i * step);

function make(scene: Scene, t: Tensor, index: number): Made | null {
  const inputs = (t.inputs ?? []).map((name) => scene.byName.get(name));
  if (inputs.length === 0 || inputs.some((x) => !x)) return null;
  const [a, b] = inputs as Tensor[];
  const place = placeOf(t, index);
  switch (t.op) {
    case "lookup":
      return lookup(scene, a!, place);
    case "add":
      return add(scene, inputs as Tensor[], index);
    case "norm":
      return norm(scene, a!, b, place);
    case "matmul":
    case "logits":
      return b ? product(scene, a!, place[0]!, b, place[1]!) : null;
    case "split_matmul":
      return b ? product(scene, a!, place[1]!, b, place[0]! * t.cols + place[2]!) : null;
    case "scores":
      return b ? scores(scene, a!, b, place) : null;
    case "softmax":
      return softmax(scene, a!, place);
    case "weighted_sum":
      return b ? weighted(scene, a!, b, place) : null;
    case "activation":
      return activation(scene, a!, b, index);
    default:
      return null;
  }
}

/** Whether the rows of a table are tokens; else they are positions. */
export const looksUpTokens = (table: Tensor): boolean => !/position/.test(table.name);

function lookup(scene: Scene, table: Tensor, place: number[]): Made | null {
  const { tokens, vocabulary } = scene.manifest;
  const byToken = looksUpTokens(table);
  const row = byToken ? vocabulary.indexOf(tokens[place[0]!] ?? "") : place[0]!;
  if (row < 0) return null;
  const cell = row * table.cols + place[1]!;
  const again = read(scene, table, cell);
  if (again === undefined) return null;
  const why = byToken
    ? `token "${tokens[place[0]!]}" is row ${row}`
    : `position ${row} is row ${row}`;
  return {
    again,
    text: `${why} of ${table.name}: ${say(again)}`,
    sources: [{ tensor: table, cells: [cell] }],
    numpy: `${handle(table)}[${row}, ${place[1]}]`,
  };
}

function add(scene: Scene, parts: Tensor[], index: number): Made | null {
  const terms = parts.map((tensor) => ({
    label: tensor.name,
    value: read(scene, tensor, index) ?? NaN,
    tensor,
    cell: index,
  }));
  const at = placeOf(parts[0]!, index).join(", ");
  const again = terms.reduce((sum, term) => sum + term.value, 0);
  return {
    again,
    text: `${terms.map((term) => say(term.value)).join(" ")} = ${say(again)}`,
    terms,
    sources: parts.map((tensor) => ({ tensor, cells: [index] })),
    numpy: parts.map((p) => `${handle(p)}[${at}]`).join(" + "),
  };
}

function norm(scene: Scene, x: Tensor, gain: Tensor | undefined, place: number[]): Made | null {
  const start = indexOf(x, [...place.slice(0, -1), 0]);
  const cells = range(start, x.cols);
  const eps = Number(scene.manifest.config["norm_eps"] ?? 1e-6);
  const squares = cells.reduce((sum, cell) => sum + (read(scene, x, cell) ?? NaN) ** 2, 0);
  const rms = Math.sqrt(squares / x.cols + eps);
  const at = place[place.length - 1]!;
  const one = read(scene, x, start + at) ?? NaN;
  const factor = gain ? read(scene, gain, at) : 1;
  if (factor === undefined) return null;
  const again = (one / rms) * factor;
  const row = `${handle(x)}[${place.slice(0, -1).join(", ")}]`;
  return {
    again,
    text: `${say(one)} / rms ${rms.toPrecision(3)}${gain ? ` × gain ${say(factor)}` : ""} = ${say(again)}`,
    sources: [{ tensor: x, cells }, ...(gain ? [{ tensor: gain, cells: [at] }] : [])],
    numpy: `(${row} / np.sqrt((${row} ** 2).mean() + ${eps}))[${at}]${gain ? ` * ${handle(gain)}[${at}]` : ""}`,
  };
}

/** Cells of one token's whole vector; heads that were split are put side by side again. */
function vector(x: Tensor, token: number): number[] {
  if (x.shape.length < 3) return range(token * x.cols, x.cols);
  const [heads, , width] = x.shape as [number, number, number];
  return range(0, heads).flatMap((h) => range(indexOf(x, [h, token, 0]), width));
}

function product(scene: Scene, x: Tensor, token: number, w: Tensor, row: number): Made | null {
  const left = vector(x, token);
  if (left.length !== w.cols || row >= w.rows) return null;
  const right = range(row * w.cols, w.cols);
  const joined = x.shape.length > 2;
  const vectorText = joined ? `${handle(x)}[:, ${token}].reshape(-1)` : `${handle(x)}[${token}]`;
  return dot(scene, x, left, w, right, 1, "", `${vectorText} @ ${handle(w)}[${row}]`);
}

function dot(
  scene: Scene,
  a: Tensor,
  left: number[],
  b: Tensor,
  right: number[],
  factor: number,
  suffix: string,
  numpy: string,
): Made | null {
  if (right.some((cell) => cell >= b.present) || left.some((cell) => cell >= a.present))
    return null;
  let again = 0;
  const terms = left.map((cell, i) => {
    const [x, y] = [read(scene, a, cell)!, read(scene, b, right[i]!)!];
    again += x * y;
    return { label: `${say(x)} × ${say(y)}`, value: x * y * factor, tensor: a, cell };
  });
  again *= factor;
  return {
    again,
    text: `dot(${left.length} numbers, ${left.length} numbers)${suffix} = ${say(again)}`,
    terms,
    sources: [
      { tensor: a, cells: left },
      { tensor: b, cells: right },
    ],
    numpy,
  };
}

function scores(scene: Scene, q: Tensor, k: Tensor, place: number[]): Made | null {
  const [head, query, key] = place as [number, number, number];
  const width = q.cols;
  const [left, right] = [
    range(indexOf(q, [head, query, 0]), width),
    range(indexOf(k, [head, key, 0]), width),
  ];
  if (key > query)
    return {
      again: -Infinity,
      text: `masked: query ${query} may not see key ${key}, which comes later`,
      sources: [],
      numpy: "-np.inf",
    };
  const numpy = `${handle(q)}[${head}, ${query}] @ ${handle(k)}[${head}, ${key}] / np.sqrt(${width})`;
  return dot(scene, q, left, k, right, width ** -0.5, ` / √${width}`, numpy);
}

function softmax(scene: Scene, x: Tensor, place: number[]): Made | null {
  const start = indexOf(x, [...place.slice(0, -1), 0]);
  const cells = range(start, x.cols);
  const numbers = cells.map((cell) => read(scene, x, cell) ?? NaN);
  const top = numbers.reduce((most, v) => (v > most ? v : most), -Infinity);
  const sum = numbers.reduce((all, v) => all + Math.exp(v - top), 0);
  const at = place[place.length - 1]!;
  const again = Math.exp(numbers[at]! - top) / sum;
  const seen = numbers.filter((v) => v !== -Infinity).length;
  const row = `${handle(x)}[${place.slice(0, -1).join(", ")}]`;
  return {
    again,
    text: `exp(${say(numbers[at])}) / sum of ${seen} exponentials = ${say(again)}`,
    sources: [{ tensor: x, cells }],
    numpy: `(np.exp(${row}) / np.exp(${row}).sum())[${at}]`,
  };
}

function weighted(scene: Scene, p: Tensor, v: Tensor, place: number[]): Made | null {
  const [head, query, column] = place as [number, number, number];
  const keys = p.cols;
  const left = range(indexOf(p, [head, query, 0]), keys);
  const right = range(indexOf(v, [head, 0, column]), keys, v.cols);
  const numpy = `${handle(p)}[${head}, ${query}] @ ${handle(v)}[${head}, :, ${column}]`;
  return dot(scene, p, left, v, right, 1, "", numpy);
}

const RATES: Record<
  string,
  { f: (x: number) => number; text: string; numpy: (x: string) => string }
> = {
  relu2: {
    f: (x) => Math.max(x, 0) ** 2,
    text: "max(x, 0)²",
    numpy: (x) => `np.maximum(${x}, 0) ** 2`,
  },
  gelu: {
    f: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
    text: "gelu(x)",
    numpy: (x) => `0.5 * ${x} * (1 + math.erf(${x} / math.sqrt(2)))`,
  },
};

function activation(scene: Scene, x: Tensor, gate: Tensor | undefined, index: number): Made | null {
  const ffn = scene.manifest.config["ffn"] as { activation?: string } | undefined;
  const kind = RATES[ffn?.activation ?? "relu2"];
  const one = read(scene, x, index);
  if (!kind || gate || one === undefined) return null;
  const again = kind.f(one);
  return {
    again,
    text: `${kind.text} with x = ${say(one)} gives ${say(again)}`,
    sources: [{ tensor: x, cells: [index] }],
    numpy: kind.numpy(`${handle(x)}[${placeOf(x, index).join(", ")}]`),
  };
}

/** Abramowitz and Stegun 7.1.26, off by at most 1.5e-7: far below what float16 keeps. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const poly =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - poly * Math.exp(-x * x));
}
