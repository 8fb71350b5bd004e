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
  /** The formula with its numbers; its last number is the value that it gives. */
  text: string;
  /** The largest products or summands, largest first. */
  terms: { label: string; value: number; tensor: Tensor; cell: number }[];
  sources: Source[];
  numpy: string;
}

const TERMS = 6;
const WRITTEN_OUT = 3;
type Term = Explanation["terms"][number];
interface Made {
  again: number;
  /** The formula with its numbers, up to the last equals sign. */
  working: string;
  terms?: Term[];
  sources: Source[];
  numpy: string;
}

export function explain(scene: Scene, tensor: Tensor, index: number): Explanation {
  const value = read(scene, tensor, index);
  const made = value === undefined ? null : make(scene, tensor, index);
  const own = cellOf(tensor, placeOf(tensor, index));
  if (!made) {
    const why = tensor.kind === "weight" ? "learned in training" : (tensor.formula ?? "");
    return { value, again: undefined, agrees: true, text: why, terms: [], sources: [], numpy: own };
  }
  const { again, working, sources, numpy } = made;
  const terms = (made.terms ?? []).sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  return {
    value,
    again,
    agrees: close(value!, again, sources),
    text: `${working} = ${bare(again)}`,
    terms: terms.slice(0, TERMS),
    sources,
    numpy,
  };
}

/** float16 keeps 11 bits of each number that went in; a long sum collects some of that. */
function close(a: number, b: number, sources: Source[]): boolean {
  if (Object.is(a, b) || a === b) return true;
  const largest = sources.reduce((most, s) => Math.max(most, s.tensor.largest), 0);
  const many = sources.reduce((most, s) => Math.max(most, s.cells.length), 1);
  return Math.abs(a - b) <= 2e-3 * Math.abs(a) + 4e-4 * Math.max(largest, 1) * Math.sqrt(many);
}

// ------------------------------------------------------------ numbers and names as text

/** A number by itself: no plus sign, since it stands in a sum or behind an equals sign. */
const bare = (value: number | undefined): string =>
  say(value, 4).replace("+", "").replace(" (masked)", "");

/** A number inside a sum or a product: a negative one in brackets. */
const inner = (value: number): string => (value < 0 ? `(${bare(value)})` : bare(value));

/** The first products of a sum, and how many more there are. */
function products(x: number[], y: number[]): string {
  const terms = x.slice(0, WRITTEN_OUT).map((a, i) => `${inner(a)}·${inner(y[i]!)}`);
  if (x.length > WRITTEN_OUT) terms.push(`… (${x.length - WRITTEN_OUT} more)`);
  return terms.join(" + ");
}

const handle = (t: Tensor): string => (t.kind === "weight" ? `W["${t.name}"]` : `A["${t.name}"]`);
/** A cell in NumPy, or all the cells of a row where the place leaves out the last axis. */
const cellOf = (t: Tensor, place: number[]): string => `${handle(t)}[${place.join(", ")}]`;
/** What a tensor is called in a formula: blocks.0.attention.wq.weight is wq, a gain is gain. */
const label = (t: Tensor): string => /([^.]+)(\.weight)?$/.exec(t.name)![1]!;

const range = (start: number, n: number, step = 1): number[] =>
  Array.from({ length: n }, (_, i) => start + i * step);

// ------------------------------------------------------------ a cell of each op

function make(scene: Scene, t: Tensor, index: number): Made | null {
  const inputs = (t.inputs ?? []).map((name) => scene.byName.get(name));
  if (inputs.length === 0 || inputs.some((x) => !x)) return null;
  const [a, b, c] = inputs as Tensor[];
  const place = placeOf(t, index);
  const [first, second, third] = place as [number, number, number];
  switch (t.op) {
    case "lookup":
      return lookup(scene, a!, place);
    case "add":
      return add(scene, inputs as Tensor[], index);
    case "norm":
      return norm(scene, a!, b, place);
    case "matmul":
    case "logits":
      return b ? product(scene, a!, first, b, second) : null;
    case "split_matmul": {
      if (!b) return null;
      const row = first * t.cols + third;
      return c ? normed(scene, a!, second, b, row, c) : product(scene, a!, second, b, row);
    }
    case "rotate":
      return rotate(scene, a!, place);
    case "scores":
      return b ? scores(scene, a!, b, place) : null;
    case "softmax":
      return softmax(scene, a!, place);
    case "weighted_sum":
      return b ? weighted(scene, a!, b, place) : null;
    case "activation":
      return activation(scene, a!, index);
    case "gated":
      return b && c ? gated(scene, a!, b, c, place) : null;
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
  const why = byToken ? `token "${tokens[place[0]!]}"` : `position ${row}`;
  return {
    again,
    working: `${why} is row ${row}: ${table.name}[${row}, ${place[1]}]`,
    sources: [{ tensor: table, cells: [cell] }],
    numpy: cellOf(table, [row, place[1]!]),
  };
}

function add(scene: Scene, parts: Tensor[], index: number): Made | null {
  const terms = parts.map((tensor) => ({
    label: tensor.name,
    value: read(scene, tensor, index) ?? NaN,
    tensor,
    cell: index,
  }));
  const cells = parts.map((tensor) => cellOf(tensor, placeOf(tensor, index)));
  return {
    again: terms.reduce((sum, term) => sum + term.value, 0),
    working:
      parts.length > 1
        ? terms.map((term) => inner(term.value)).join(" + ")
        : `${parts[0]!.name}[${placeOf(parts[0]!, index).join(", ")}]`,
    terms,
    sources: parts.map((tensor) => ({ tensor, cells: [index] })),
    numpy: cells.join(" + "),
  };
}

const epsilon = (scene: Scene): number => Number(scene.manifest.config["norm_eps"] ?? 1e-6);

function rootMeanSquare(scene: Scene, x: number[]): number {
  return Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length + epsilon(scene));
}

function norm(scene: Scene, x: Tensor, gain: Tensor | undefined, place: number[]): Made | null {
  const start = indexOf(x, [...place.slice(0, -1), 0]);
  const cells = range(start, x.cols);
  const numbers = cells.map((cell) => read(scene, x, cell) ?? NaN);
  const rms = rootMeanSquare(scene, numbers);
  const at = place[place.length - 1]!;
  const factor = gain ? read(scene, gain, at) : 1;
  if (factor === undefined) return null;
  const row = cellOf(x, place.slice(0, -1));
  const scaled = `${cellOf(x, place)} / np.sqrt((${row} ** 2).mean() + ${epsilon(scene)})`;
  return {
    again: (numbers[at]! / rms) * factor,
    working: `${inner(numbers[at]!)} / ${bare(rms)}${gain ? ` · ${inner(factor)}` : ""}`,
    sources: [{ tensor: x, cells }, ...(gain ? [{ tensor: gain, cells: [at] }] : [])],
    numpy: `${scaled}${gain ? ` * ${cellOf(gain, [at])}` : ""}`,
  };
}

/** Cells of one token's whole vector; heads that were split are put side by side again. */
function vector(x: Tensor, token: number): number[] {
  if (x.shape.length < 3) return range(token * x.cols, x.cols);
  const [heads, , width] = x.shape as [number, number, number];
  return range(0, heads).flatMap((h) => range(indexOf(x, [h, token, 0]), width));
}

/** The same vector in NumPy. */
const vectorOf = (x: Tensor, token: number): string =>
  x.shape.length < 3 ? cellOf(x, [token]) : `${handle(x)}[:, ${token}].reshape(-1)`;

interface Dot {
  value: number;
  terms: Term[];
  sources: Source[];
  /** The first products, and how many more. */
  text: string;
}

/** A sum of products, cell by cell; null where a number did not arrive. */
function dot(scene: Scene, a: Tensor, left: number[], b: Tensor, right: number[]): Dot | null {
  const x = left.map((cell) => read(scene, a, cell));
  const y = right.map((cell) => read(scene, b, cell));
  if (x.includes(undefined) || y.includes(undefined)) return null;
  const [xs, ys] = [x as number[], y as number[]];
  const terms = left.map((cell, i) => ({
    label: `${say(xs[i]!)} × ${say(ys[i]!)}`,
    value: xs[i]! * ys[i]!,
    tensor: a,
    cell,
  }));
  return {
    value: terms.reduce((sum, term) => sum + term.value, 0),
    terms,
    sources: [
      { tensor: a, cells: left },
      { tensor: b, cells: right },
    ],
    text: products(xs, ys),
  };
}

/** A token's vector times one row of a matrix. */
function meeting(scene: Scene, x: Tensor, token: number, w: Tensor, row: number): Dot | null {
  const left = vector(x, token);
  if (left.length !== w.cols || row >= w.rows) return null;
  return dot(scene, x, left, w, range(row * w.cols, w.cols));
}

function product(scene: Scene, x: Tensor, token: number, w: Tensor, row: number): Made | null {
  const met = meeting(scene, x, token, w, row);
  return (
    met && {
      again: met.value,
      working: `${label(x)}[${token}] · ${label(w)}[${row}] = ${met.text}`,
      terms: met.terms,
      sources: met.sources,
      numpy: `${vectorOf(x, token)} @ ${cellOf(w, [row])}`,
    }
  );
}

/** A product that is divided by the typical size of its head, and multiplied by a gain. */
function normed(
  scene: Scene,
  x: Tensor,
  token: number,
  w: Tensor,
  row: number,
  gain: Tensor,
): Made | null {
  const width = gain.size;
  const [at, start] = [row % width, row - (row % width)];
  const head = range(start, width).map((r) => meeting(scene, x, token, w, r));
  const factor = read(scene, gain, at);
  const own = head[at];
  if (!own || head.some((met) => !met) || factor === undefined) return null;
  const rms = rootMeanSquare(
    scene,
    head.map((met) => met!.value),
  );
  const rows = `${handle(w)}[${start}:${start + width}]`;
  return {
    again: (own.value / rms) * factor,
    working:
      `${label(x)}[${token}] · ${label(w)}[${row}] = ${own.text}, and ` +
      `${inner(own.value)} / ${bare(rms)} · ${inner(factor)}`,
    terms: own.terms,
    sources: [
      own.sources[0]!,
      { tensor: w, cells: range(start * w.cols, width * w.cols) },
      { tensor: gain, cells: [at] },
    ],
    numpy:
      `(x := ${rows} @ ${vectorOf(x, token)})[${at}] / ` +
      `np.sqrt((x ** 2).mean() + ${epsilon(scene)}) * ${cellOf(gain, [at])}`,
  };
}

/** A pair of numbers, turned by an angle that grows with the position. */
function rotate(scene: Scene, x: Tensor, place: number[]): Made | null {
  const [head, token, at] = place as [number, number, number];
  const { rotation } = scene.manifest;
  if (!rotation) return null;
  const neighbours = rotation.layout === "interleaved";
  const [n, second] = neighbours ? [at >> 1, at % 2 === 1] : [at % (x.cols / 2), at >= x.cols / 2];
  const pair = (neighbours ? [2 * n, 2 * n + 1] : [n, n + x.cols / 2]).map((i) => [head, token, i]);
  const cells = pair.map((p) => indexOf(x, p));
  const [one, two] = cells.map((cell) => read(scene, x, cell));
  const angle = rotation.angles[token]?.[n];
  if (angle === undefined || one === undefined || two === undefined) return null;
  const [f, g] = second ? ["sin", "cos"] : ["cos", "sin"];
  const [u, v] = pair.map((p) => cellOf(x, p));
  const [sin, cos] = [Math.sin(angle), Math.cos(angle)];
  const [told, sign] = second ? ["+", "+"] : ["−", "-"];
  const working = `${inner(one)}·${f}(${bare(angle)}) ${told} ${inner(two)}·${g}(${bare(angle)})`;
  const numpy = `${u} * np.${f}(${angle}) ${sign} ${v} * np.${g}(${angle})`;
  const plain = rotation.gain === 1;
  return {
    again: rotation.gain * (second ? one * sin + two * cos : one * cos - two * sin),
    working: plain ? working : `${bare(rotation.gain)} · (${working})`,
    sources: [{ tensor: x, cells }],
    numpy: plain ? numpy : `${rotation.gain} * (${numpy})`,
  };
}

function scores(scene: Scene, q: Tensor, k: Tensor, place: number[]): Made | null {
  const [head, query, key] = place as [number, number, number];
  if (key > query)
    return {
      again: -Infinity,
      working: `masked, since token ${key} comes after token ${query}`,
      sources: [],
      numpy: "-np.inf",
    };
  const width = q.cols;
  const met = dot(
    scene,
    q,
    range(indexOf(q, [head, query, 0]), width),
    k,
    range(indexOf(k, [head, key, 0]), width),
  );
  const root = Math.sqrt(width);
  return (
    met && {
      again: met.value / root,
      working: `${label(q)}[${head}, ${query}] · ${label(k)}[${head}, ${key}] / √${width} = (${met.text}) / √${width}`,
      terms: met.terms.map((term) => ({ ...term, value: term.value / root })),
      sources: met.sources,
      numpy: `${cellOf(q, [head, query])} @ ${cellOf(k, [head, key])} / np.sqrt(${width})`,
    }
  );
}

function softmax(scene: Scene, x: Tensor, place: number[]): Made | null {
  const start = indexOf(x, [...place.slice(0, -1), 0]);
  const cells = range(start, x.cols);
  const numbers = cells.map((cell) => read(scene, x, cell) ?? NaN);
  const top = numbers.reduce((most, v) => (v > most ? v : most), -Infinity);
  const raised = numbers.map((v) => Math.exp(v - top));
  const sum = raised.reduce((all, v) => all + v, 0);
  const at = place[place.length - 1]!;
  const seen = numbers.filter((v) => v !== -Infinity).length;
  const row = cellOf(x, place.slice(0, -1));
  return {
    again: raised[at]! / sum,
    working:
      `e^(${bare(numbers[at])} − ${inner(top)}) / sum of ${seen} like it = ` +
      `${bare(raised[at])} / ${bare(sum)}`,
    sources: [{ tensor: x, cells }],
    numpy: `(np.exp(${row}) / np.exp(${row}).sum())[${at}]`,
  };
}

function weighted(scene: Scene, p: Tensor, v: Tensor, place: number[]): Made | null {
  const [head, query, column] = place as [number, number, number];
  const keys = p.cols;
  const met = dot(
    scene,
    p,
    range(indexOf(p, [head, query, 0]), keys),
    v,
    range(indexOf(v, [head, 0, column]), keys, v.cols),
  );
  return (
    met && {
      again: met.value,
      working: `${label(p)}[${head}, ${query}] · ${label(v)}[${head}, :, ${column}] = ${met.text}`,
      terms: met.terms,
      sources: met.sources,
      numpy: `${cellOf(p, [head, query])} @ ${handle(v)}[${head}, :, ${column}]`,
    }
  );
}

interface Rate {
  f: (x: number) => number;
  text: (x: number) => string;
  numpy: (x: string) => string;
}

const RATES: Record<string, Rate> = {
  relu2: {
    f: (x) => Math.max(x, 0) ** 2,
    text: (x) => `max(${bare(x)}, 0)²`,
    numpy: (x) => `np.maximum(${x}, 0) ** 2`,
  },
  gelu: {
    f: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
    text: (x) => `gelu(${bare(x)}) = ${inner(x)} · (1 + erf(${inner(x)} / √2)) / 2`,
    numpy: (x) => `0.5 * ${x} * (1 + math.erf(${x} / math.sqrt(2)))`,
  },
};

function activation(scene: Scene, x: Tensor, index: number): Made | null {
  const ffn = scene.manifest.config["ffn"] as { activation?: string } | undefined;
  const rate = RATES[ffn?.activation ?? "relu2"];
  const one = read(scene, x, index);
  if (!rate || one === undefined) return null;
  return {
    again: rate.f(one),
    working: rate.text(one),
    sources: [{ tensor: x, cells: [index] }],
    numpy: rate.numpy(cellOf(x, placeOf(x, index))),
  };
}

/** SwiGLU: a gate that is half open at 0, times what the neuron heard. */
function gated(scene: Scene, pre: Tensor, x: Tensor, w: Tensor, place: number[]): Made | null {
  const [token, neuron] = place as [number, number];
  const cell = indexOf(pre, place);
  const one = read(scene, pre, cell);
  const met = meeting(scene, x, token, w, neuron);
  if (one === undefined || !met) return null;
  const gate = one / (1 + Math.exp(-one));
  const gateCell = cellOf(pre, place);
  return {
    again: gate * met.value,
    working:
      `silu(${bare(one)}) · (${label(x)}[${token}] · ${label(w)}[${neuron}]) = ` +
      `${inner(gate)} · ${inner(met.value)}`,
    terms: met.terms.map((term) => ({ ...term, value: term.value * gate })),
    sources: [{ tensor: pre, cells: [cell] }, ...met.sources],
    numpy: `${gateCell} / (1 + np.exp(-${gateCell})) * (${vectorOf(x, token)} @ ${cellOf(w, [neuron])})`,
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
