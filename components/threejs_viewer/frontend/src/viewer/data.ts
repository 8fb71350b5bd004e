// What Python sends, and reading a number out of it. No drawing, no browser.
//
// A tensor lies in one of two blobs of float16 numbers, weights or activations:
// value = float16 * scale, and what float16 leaves of it, where that is kept, in a second float16.
// A tensor whose numbers are not all there reads as "missing", never as 0.

import type { Rotation, Rule, Table } from "./rules";

export type Kind = "weight" | "activation";
export interface TensorEntry {
  name: string;
  kind: Kind;
  axes: string[];
  shape: number[];
  offset: number;
  /** Where the second float16 of each number lies, which counts 2^-11 of the first. */
  rest?: number | null;
  scale: number;
  layer: number | null;
  formula?: string | undefined;
  /** The tensors that the rule reads. */
  inputs?: string[] | undefined;
  /** How it comes from them; null for a weight, and for what no rule explains. */
  rule?: Rule | null | undefined;
  /** Whether it is the residual stream itself. */
  stream?: boolean | undefined;
  /** Whether it is kept from one token to the next: keys and values. */
  kept?: boolean | undefined;
  source?: { file: string; line: number } | undefined;
}

export interface Manifest {
  version: number;
  run: string;
  vocabulary: string;
  tokens: string[];
  config: Record<string, unknown>;
  /** Numbers that rules read and that are neither learned nor formed. */
  given: Record<string, Table[] | Rotation>;
  weights_digest: string;
  activations_digest: string;
  /** Activations that were changed by hand, which their formulas no longer explain. */
  edited?: string[];
  tensors: TensorEntry[];
}

/** A tensor ready to read: axes of length 1 called "batch" are gone, bounds are checked. */
export interface Tensor extends TensorEntry {
  size: number;
  rows: number; // second to last axis, 1 for a vector
  cols: number; // last axis
  planes: number; // all the axes before
  /** How many of its numbers the blob holds. */
  present: number;
  /** The largest finite size among them, and the one that gets the full colour. */
  largest: number;
  peak: number;
  broken: number; // NaN or +infinity
}

export interface Scene {
  manifest: Manifest;
  /** How many tokens the model was given; it wrote the others. */
  given: number;
  tensors: Tensor[];
  byName: Map<string, Tensor>;
  halves: Record<Kind, Uint16Array>;
  /** Whether its weights are still to come. */
  pending: boolean;
  problems: string[];
}

const HALF = new Float32Array(65536);
for (let bits = 0; bits < 65536; bits++) {
  const [sign, exponent, rest] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 31) HALF[bits] = rest ? NaN : sign * Infinity;
  else if (exponent === 0) HALF[bits] = (sign * rest) / 2 ** 24;
  else HALF[bits] = sign * (1 + rest / 1024) * 2 ** (exponent - 15);
}

export const halfToNumber = (bits: number): number => HALF[bits]!;

/** The bits of the nearest float16, ties to even. */
export function numberToHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65520) return sign | 0x7c00;
  if (size < 2 ** -24 / 2) return sign;
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const step = 2 ** (exponent - 10);
  let whole = size / step;
  const floor = Math.floor(whole);
  const over = whole - floor;
  whole = over > 0.5 || (over === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
  return sign | (exponent === -14 ? whole : whole + ((exponent + 14) << 10));
}

/** Copies first: Streamlit hands over a view that may start at an odd byte. */
export function halvesOf(bytes: Uint8Array | null): Uint16Array {
  if (!bytes) return new Uint16Array(0);
  const copy = bytes.slice(0, bytes.length - (bytes.length % 2));
  return new Uint16Array(copy.buffer, 0, copy.length / 2);
}

export function isManifest(value: unknown): value is Manifest {
  const m = value as Manifest | null;
  const lists = Array.isArray(m?.tensors) && Array.isArray(m.tokens);
  return lists && m?.version === 3 && typeof m.given === "object";
}

export function openScene(
  manifest: Manifest,
  blobs: Record<Kind, Uint16Array>,
  pending = false,
): Scene {
  const problems: string[] = [];
  const tensors: Tensor[] = [];
  for (const entry of manifest.tensors) {
    const tensor = openTensor(entry, blobs, problems);
    if (tensor) tensors.push(tensor);
  }
  const strange = manifest.tokens.filter((t) => !manifest.vocabulary.includes(t) || t.length !== 1);
  if (strange.length)
    problems.push(`not in the vocabulary: ${strange.map((t) => `"${t}"`).join(", ")}`);
  if (manifest.tokens.length === 0) problems.push("the prompt is empty");
  const byName = new Map(tensors.map((t) => [t.name, t]));
  const given = endOfPrompt(manifest.tokens);
  return { manifest, given, tensors, byName, halves: blobs, pending, problems };
}

/** Up to its "=", where nothing else is said. */
export function endOfPrompt(tokens: string[]): number {
  const equals = tokens.indexOf("=");
  return equals < 0 ? tokens.length : equals + 1;
}

interface Spread {
  largest: number;
  rms: number;
  broken: number;
}

/** By blob and place: the weights are millions, and stay the same from prompt to prompt. */
const spreads = new WeakMap<Uint16Array, Map<string, Spread>>();

function spreadOf(halves: Uint16Array, offset: number, present: number): Spread {
  const mine = spreads.get(halves) ?? new Map<string, Spread>();
  spreads.set(halves, mine);
  const place = `${offset} ${present}`;
  const found = mine.get(place) ?? measure(halves, offset, present);
  mine.set(place, found);
  return found;
}

function measure(halves: Uint16Array, offset: number, present: number): Spread {
  let [largest, squares, finite, broken] = [0, 0, 0, 0];
  for (let i = 0; i < present; i++) {
    const half = HALF[halves[offset + i]!]!;
    if (Number.isFinite(half)) {
      const v = Math.abs(half);
      if (v > largest) largest = v;
      squares += v * v;
      finite++;
    } else if (half !== -Infinity) broken++;
  }
  return { largest, rms: Math.sqrt(squares / Math.max(finite, 1)), broken };
}

function openTensor(
  entry: TensorEntry,
  blobs: Record<Kind, Uint16Array>,
  problems: string[],
): Tensor | null {
  const batched = entry.axes[0] === "batch" && entry.shape[0] === 1 && entry.shape.length > 1;
  const shape = batched ? entry.shape.slice(1) : [...entry.shape];
  const axes = batched ? entry.axes.slice(1) : [...entry.axes];
  const whole = shape.every((n) => Number.isInteger(n) && n > 0) && shape.length > 0;
  if (!whole || !(entry.offset >= 0) || (entry.kind !== "weight" && entry.kind !== "activation")) {
    problems.push(`${entry.name}: a shape or an offset that makes no sense`);
    return null;
  }
  const size = shape.reduce((a, b) => a * b, 1);
  const cols = shape[shape.length - 1]!;
  const rows = shape.length > 1 ? shape[shape.length - 2]! : 1;
  const halves = blobs[entry.kind];
  const begins = Math.max(entry.offset, entry.rest ?? 0);
  const present = Math.max(0, Math.min(size, halves.length - begins));
  if (present < size && (entry.kind === "activation" || halves.length > 0))
    problems.push(`${entry.name}: ${size - present} of its ${size} numbers did not arrive`);
  const { largest, rms, broken } = spreadOf(halves, entry.offset, present);
  if (broken) problems.push(`${entry.name}: ${broken} of its numbers are NaN or infinite`);
  const scale = Math.abs(entry.scale);
  // Shares are read against 1. Anything else against 2.5 times its typical size: few cells saturate.
  const peak = entry.rule?.op === "softmax" ? 1 : Math.min(largest, 2.5 * rms) * scale || 1;
  return {
    ...entry,
    axes,
    shape,
    size,
    rows,
    cols,
    planes: size / (rows * cols),
    present,
    largest: largest * scale,
    peak,
    broken,
  };
}

export const isEdited = ({ manifest }: Scene, { name }: Tensor): boolean =>
  !!manifest.edited?.includes(name);

/** Whether its numbers are still to come, so that none of them is known to be missing. */
export const isPending = ({ pending }: Scene, { kind }: Tensor): boolean =>
  pending && kind === "weight";

/** What stands for a number that is still to come, in the picture's legend too. */
export const PENDING = "not loaded yet";

/** undefined: the number did not arrive. */
export function read(scene: Scene, tensor: Tensor, index: number): number | undefined {
  if (!(index >= 0 && index < tensor.present)) return undefined;
  const { offset, rest, scale } = tensor;
  const halves = scene.halves[tensor.kind];
  const finer = rest == null ? 0 : HALF[halves[rest + index]!]! / 2 ** 11;
  return (HALF[halves[offset + index]!]! + finer) * scale;
}

/** The numbers of a blob in its own order, before their tensors' scales. */
export function numbersOf({ tensors, halves }: Scene, kind: Kind): Float32Array {
  const blob = halves[kind];
  const numbers = Float32Array.from(blob, halfToNumber);
  for (const t of tensors.filter((x) => x.kind === kind && x.rest != null))
    for (let i = 0; i < t.present; i++)
      numbers[t.offset + i]! += HALF[blob[t.rest! + i]!]! / 2 ** 11;
  return numbers;
}

/** The place along every axis, first axis first. */
export function placeOf(tensor: Tensor, index: number): number[] {
  const place: number[] = [];
  for (let axis = tensor.shape.length - 1; axis >= 0; axis--) {
    place.unshift(index % tensor.shape[axis]!);
    index = Math.floor(index / tensor.shape[axis]!);
  }
  return place;
}

export function indexOf(tensor: Tensor, place: number[]): number {
  return tensor.shape.reduce((index, n, axis) => index * n + place[axis]!, 0);
}

/** Which way a tensor runs over the tokens: its rows, rows and columns, or not. A box shows rows of
 * tokens as columns. */
export type TokenAxis = "none" | "columns" | "both";

export function tokenAxisOf(t: Tensor): TokenAxis {
  if (t.kind !== "activation" || t.shape.length < 2) return "none";
  return t.axes.includes("key") ? "both" : "columns";
}

/** One side of a pooled block: level 1 pools 4 x 4 cells, level 2 pools 16 x 16. */
const POOL = [1, 4, 16] as const;

export interface Pooled {
  /** In units of the blob, as its halves: times a tensor's scale they are values. */
  numbers: Float32Array;
  /** Where each tensor begins at levels 1 and 2, by name. */
  starts: Map<string, [number, number]>;
}

/**
 * Every tensor of one kind, pooled. A block of weights is drawn by its mean size: their signs are as
 * good as tossed, so from afar a matrix shows where it is strong. A block of activations, all of one
 * token, is the geometric mean of its mean and of its mean size, with the sign of its mean: where
 * signs agree, it is strong.
 */
export function pool(scene: Scene, kind: Kind): Pooled {
  const mine = scene.tensors.filter((t) => t.kind === kind);
  const starts = new Map<string, [number, number]>();
  let total = 0;
  for (const t of mine) {
    const [one, two] = [1, 2].map((level) => {
      const start = total;
      const { down, across } = blocksOf(t, level);
      total += t.planes * down * across;
      return start;
    });
    starts.set(t.name, [one!, two!]);
  }
  const numbers = new Float32Array(total);
  for (const t of mine)
    for (const level of [1, 2]) poolOne(scene, t, level, numbers, starts.get(t.name)![level - 1]!);
  return { numbers, starts };
}

/** How many blocks a plane of a tensor has, and how many rows are pooled into one. Tokens stay apart
 * however far the reader is: a text that differs in one token differs in one column. */
export function blocksOf(
  t: Tensor,
  level: number,
): { down: number; across: number; height: number } {
  const height = tokenAxisOf(t) === "columns" ? 1 : POOL[level]!;
  return { down: Math.ceil(t.rows / height), across: Math.ceil(t.cols / POOL[level]!), height };
}

function poolOne(scene: Scene, t: Tensor, level: number, out: Float32Array, start: number): void {
  const side = POOL[level]!;
  const { down, across, height } = blocksOf(t, level);
  const halves = scene.halves[t.kind];
  const sums = new Float32Array(across);
  const sizes = new Float32Array(across);
  const counts = new Float32Array(across);
  for (let plane = 0; plane < t.planes; plane++)
    for (let block = 0; block < down; block++) {
      sums.fill(0);
      sizes.fill(0);
      counts.fill(0);
      for (let r = block * height; r < Math.min(t.rows, (block + 1) * height); r++) {
        const row = (plane * t.rows + r) * t.cols;
        for (let c = 0; c < t.cols; c++) {
          if (row + c >= t.present) break;
          const half = HALF[halves[t.offset + row + c]!]!;
          if (half - half !== 0) continue; // NaN, or infinite as where masked
          const at = Math.floor(c / side);
          sums[at]! += half;
          sizes[at]! += half < 0 ? -half : half;
          counts[at]! += 1;
        }
      }
      for (let at = 0; at < across; at++) {
        const [sum, size] = [sums[at]!, sizes[at]!];
        const strength =
          t.kind === "weight" ? size : Math.sign(sum) * Math.sqrt(Math.abs(sum) * size);
        out[start + (plane * down + block) * across + at] = strength / (counts[at] || 1);
      }
    }
}

/** A number for a label: sign as a glyph, about three figures; words for what is no number. */
export function say(value: number | undefined, figures = 3): string {
  if (value === undefined) return "did not arrive";
  if (Number.isNaN(value)) return "NaN";
  if (value === -Infinity) return "−∞ (masked)";
  if (value === Infinity) return "+∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const digits = Math.max(0, figures - 1 - Math.floor(Math.log10(size)));
  const text =
    size < 1e-4 || size >= 1e6
      ? size.toExponential(figures - 1)
      : size.toFixed(Math.min(digits, 6));
  return (value < 0 ? "−" : "+") + text;
}
