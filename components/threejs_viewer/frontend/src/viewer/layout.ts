// Where every matrix stands. Pure: a manifest in, boxes and links out.
//
// The plan is read off the manifest, not off a list of names: the residual stream forms the spine,
// and what is formed for one term of a sum is a branch, which begins level with the state that it reads.
// Attention stands left of the spine, any other branch right of it. x grows to the right, y upwards, so
// the model runs down the page; z is towards the reader. A weight stands left of what it makes, its
// rows level with the rows it makes. A token is a column: the prompt reads from left to right. What
// belongs to a state of the stream itself stands beside it, between attention and the spine: the shares
// of a mix, the gain of a norm, and what several branches read of it.

import { branchesOf, isAttention, sumOf, type Branch } from "./branches";
import { tokenAxisOf, type Scene, type Tensor, type TokenAxis } from "./data";
import { isOverDepth, sharesOf } from "./depth";
import { namesOf } from "./expression";
import { indexOf, within } from "./rules";

export interface Box {
  id: number;
  /** Whose numbers it holds. */
  scene: Scene;
  tensor: Tensor;
  /** Which head (or other leading index), or which block of rows of a split weight; 0 if whole. */
  plane: number;
  title: string;
  x: number; // left
  y: number; // top
  z: number; // back
  depth: number;
  cols: number;
  rows: number;
  cellW: number;
  cellH: number;
  /** Flat index of the first cell, and steps to the next column and row. */
  first: number;
  stepCol: number;
  stepRow: number;
  tokens: TokenAxis;
  /** Keys and values, which a decoding model keeps from one token to the next. */
  kept: boolean;
}

export interface Link {
  from: Box;
  to: Box;
}

/** The stream between two of its states: so many tokens run down here, and no number stands on it. */
export interface Strand {
  from: Box;
  bounds: Bounds;
  z: number;
  depth: number;
  tokens: number;
}

export interface Plan {
  scene: Scene;
  boxes: Box[];
  links: Link[];
  strands: Strand[];
  ofTensor: Map<string, Box[]>;
  /** Names of the states of the stream, in order. */
  spine: string[];
  cell: number; // width of a token's column beside the stream
  bounds: Bounds;
  layers: { layer: number; bounds: Bounds }[];
}

export interface Bounds {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** The last token that a cell takes in; 0 where the box does not run over tokens. */
export const lastToken = (box: Box, col: number, row: number): number =>
  box.tokens === "both" ? Math.max(col, row) : box.tokens === "columns" ? col : 0;

export const widthOf = (box: Box): number => box.cols * box.cellW;
export const heightOf = (box: Box): number => box.rows * box.cellH;

const seesKeys = (t: Tensor): boolean => t.axes.includes("key");

/** How many times wider a token's column is in the stream than beside it. */
const STREAM_WIDE = 4;

/** `room`: place for so many tokens, where a longer text stands beside this one. */
export function plan(scene: Scene, room = scene.manifest.tokens.length): Plan {
  const activations = scene.tensors.filter((t) => t.kind === "activation");
  const spine = activations.filter((t) => t.stream);
  const branches = branchesOf(scene);
  const apart = branches.filter(({ terms }) => terms.length < 2);
  const shared = branches.filter((branch) => !apart.includes(branch));
  const width = Math.max(1, ...spine.map((t) => t.cols));
  const tokens = Math.max(1, room);
  const cell = Math.min(6, Math.max(1, width / (6 * tokens)));
  const build = new Builder(scene, cell, width, tokens);
  const gap = build.gap;
  const column = tokens * cell * STREAM_WIDE;
  const besides = new Map(
    spine.map((t) => [
      t,
      [
        ...sharesOf(scene, t),
        ...build.weightsOf(t),
        ...shared.flatMap(({ reads, tensors }) => (reads === t ? tensors : [])),
      ],
    ]),
  );
  const asides = [...besides.values()].filter((all) => all.length).map((all) => build.measure(all));
  const aside = Math.max(0, ...asides.map((size) => size.width + 2 * gap));
  const high = Math.max(width, ...asides.map((size) => size.height));

  const layers = [...new Set(activations.map((t) => t.layer).filter((l) => l !== null))];
  const outside = activations.filter((t) => t.layer === null && !t.stream && !isOverDepth(t));
  const isBefore = (t: Tensor): boolean =>
    scene.tensors.indexOf(t) < scene.tensors.indexOf(spine[0]!);
  let y = 0;
  const intro = outside.filter(isBefore);
  if (intro.length) {
    const size = build.measure(intro);
    build.row(intro, -column / 2 - gap - size.width, y);
    y -= size.height + 2 * gap;
  }
  for (const layer of layers) {
    const states = spine.filter((t) => t.layer === layer);
    const own = apart.filter((branch) => branch.layer === layer);
    const { levels, begins, tall } = build.levelsOf(states, own, high + gap);
    for (const [t, level] of levels) {
      const beside = besides.get(t)!;
      build.matrix(t, -column / 2, y - level);
      if (beside.length) build.row(beside, -column / 2 - aside, y - level);
    }
    for (const [branch, down] of begins) {
      const left = -column / 2 - aside - 2 * gap - build.measure(branch.tensors).width;
      build.row(branch.tensors, isAttention(branch) ? left : column / 2 + 2 * gap, y - down);
    }
    y -= tall + 2.5 * gap;
  }
  const loose = spine.filter((t) => t.layer === null);
  for (const t of loose) {
    build.matrix(t, -column / 2, y);
    y -= width + gap;
  }
  const end = outside.filter((t) => !isBefore(t));
  if (end.length) {
    build.row(end, -column / 2, y);
    y -= build.measure(end).height + 2 * gap;
  }
  build.leftovers(-column / 2, y);
  return build.done(spine.map((t) => t.name));
}

class Builder {
  boxes: Box[] = [];
  ofTensor = new Map<string, Box[]>();
  gap: number;
  private lookups = new Set<string>();
  private split = new Map<string, number>();

  constructor(
    private scene: Scene,
    private cell: number,
    private width: number,
    private tokens: number,
  ) {
    this.gap = Math.max(2, width / 9);
    for (const t of scene.tensors) {
      if (t.rule?.op === "lookup") t.inputs?.forEach((name) => this.lookups.add(name));
      for (const w of cutByHeads(scene, t)) this.split.set(w.name, t.planes);
    }
  }

  weightsOf(t: Tensor): Tensor[] {
    const inputs = (t.inputs ?? []).map((name) => this.scene.byName.get(name));
    return inputs.filter((x): x is Tensor => x?.kind === "weight");
  }

  /** Columns of a branch: a matrix with the weights that make it, or one for each head. */
  private columnOf(t: Tensor): { width: number; weights: { w: Tensor; width: number }[] } {
    const fresh = this.weightsOf(t).filter((w) => !this.ofTensor.has(w.name));
    const weights = fresh.map((w) => ({ w, width: this.shapeOf(w).width }));
    const air = this.gap * 0.3;
    const width = weights.reduce((sum, w) => sum + w.width + air, 0) + this.shapeOf(t).width;
    return { width, weights };
  }

  measure(tensors: Tensor[]): { width: number; height: number } {
    const width = tensors.reduce((sum, t) => sum + this.columnOf(t).width + this.gap, -this.gap);
    const band = this.bandOf(tensors);
    const heights = tensors
      .flatMap((t) => [t, ...this.weightsOf(t)])
      .map((t) => {
        const planes = this.split.get(t.name) ?? t.planes;
        return planes > 1 ? planes * band : this.shapeOf(t).height;
      });
    return { width, height: Math.max(...heights) };
  }

  /** How far below the top of a layer its states and branches begin, and how far down they reach. A
   * branch begins level with the state that it reads, if there is room for it above the end of the
   * stream and below the branch before it; a sum stands no higher than what enters it. */
  levelsOf(
    states: Tensor[],
    branches: Branch[],
    step: number,
  ): { levels: Map<Tensor, number>; begins: Map<Branch, number>; tall: number } {
    const levels = new Map<Tensor, number>();
    const begins = new Map<Branch, number>();
    const stream = states.length * step - this.gap;
    let [left, right, lower] = [0, 0, 0];
    for (const [i, state] of states.entries()) {
      for (const [{ terms }, down] of begins)
        if (terms.some((term) => sumOf(this.scene, term) === state))
          lower = Math.max(lower, down - i * step);
      const level = i * step + lower;
      levels.set(state, level);
      for (const branch of branches.filter(({ reads }) => reads === state)) {
        const { height } = this.measure(branch.tensors);
        const free = Math.min(level, Math.max(0, stream + lower - height));
        const down = Math.max(isAttention(branch) ? left : right, free);
        begins.set(branch, down);
        if (isAttention(branch)) left = down + height + this.gap;
        else right = down + height + this.gap;
      }
    }
    return { levels, begins, tall: Math.max(stream + lower, left, right) };
  }

  /** Height of one head's band: the tallest thing that has heads in this branch. */
  private bandOf(tensors: Tensor[]): number {
    const many = tensors
      .flatMap((t) => [t, ...this.weightsOf(t)])
      .filter((t) => this.planesOf(t) > 1);
    return Math.max(0, ...many.map((t) => this.shapeOf(t).height)) + this.gap * 0.45;
  }

  private planesOf(t: Tensor): number {
    return this.split.get(t.name) ?? t.planes;
  }

  row(tensors: Tensor[], x: number, y: number): void {
    const band = this.bandOf(tensors);
    for (const t of tensors) {
      const { width, weights } = this.columnOf(t);
      let at = x;
      for (const { w, width: wide } of weights) {
        this.matrix(w, at, y, band);
        at += wide + this.gap * 0.3;
      }
      this.matrix(t, at, y, band);
      x += width + this.gap;
    }
  }

  private shapeOf(t: Tensor): Omit<
    Box,
    "id" | "scene" | "tensor" | "plane" | "title" | "x" | "y" | "z" | "depth" | "kept"
  > & {
    width: number;
    height: number;
  } {
    const split = this.split.get(t.name);
    const turned =
      t.shape.length === 1 || this.lookups.has(t.name) || (t.kind === "activation" && !seesKeys(t));
    const rows = split ? t.rows / split : t.rows;
    const form = turned
      ? t.shape.length === 1
        ? { cols: 1, rows: t.cols, first: 0, stepCol: 0, stepRow: 1 }
        : { cols: rows, rows: t.cols, first: 0, stepCol: t.cols, stepRow: 1 }
      : { cols: t.cols, rows, first: 0, stepCol: 1, stepRow: t.cols };
    const tokens = tokenAxisOf(t);
    const table = this.lookups.has(t.name) && t.rows > 32 ? 1 : this.cell;
    const column = t.stream ? this.cell * STREAM_WIDE : table;
    const cellW = turned ? column : seesKeys(t) ? this.cell : 1;
    const tall = tokens === "none" || t.cols >= this.width / 2 ? 1 : this.cell;
    const cellH =
      seesKeys(t) || isOverDepth(t)
        ? this.cell
        : t.axes.includes("vocab") && tokens !== "none"
          ? tall
          : 1;
    const cols = tokens === "none" ? form.cols : Math.max(form.cols, this.tokens);
    const high = tokens === "both" ? Math.max(form.rows, this.tokens) : form.rows;
    return { ...form, tokens, cellW, cellH, width: cols * cellW, height: high * cellH };
  }

  matrix(t: Tensor, x: number, y: number, band = 0): void {
    if (this.ofTensor.has(t.name)) return;
    const shape = this.shapeOf(t);
    const planes = this.planesOf(t);
    const depth = this.gap * (t.kind === "weight" ? 0.15 : t.stream ? 0.9 : 0.22);
    const size = t.size / planes;
    const made: Box[] = [];
    for (let plane = 0; plane < planes; plane++) {
      const { width: _w, height: _h, ...form } = shape;
      const box: Box = {
        ...form,
        id: this.boxes.length,
        scene: this.scene,
        tensor: t,
        plane,
        depth,
        kept: !!t.kept,
        title: planes > 1 ? `${short(t.name)} · head ${plane}` : short(t.name),
        x,
        y: y - plane * (band || shape.height + this.gap * 0.45),
        z: 0,
        first: plane * size,
      };
      this.boxes.push(box);
      made.push(box);
    }
    this.ofTensor.set(t.name, made);
  }

  /** What no formula mentions is shown all the same, at the end. */
  leftovers(x: number, y: number): void {
    for (const t of this.scene.tensors)
      if (!this.ofTensor.has(t.name)) {
        this.matrix(t, x, y);
        x += this.shapeOf(t).width + this.gap;
      }
  }

  /** From what a link leads to a tensor. What is mixed at every later reading is linked to the first
   * one alone, and is in `mixed` from then on: the threads of a reading show the others. */
  private wiredTo(t: Tensor, mixed: Set<string>): string[] {
    const shares = sharesOf(this.scene, t);
    if (shares.length) return shares.map(({ name }) => name);
    const inputs = t.kind === "activation" ? (t.inputs ?? []) : [];
    if (!isOverDepth(t)) return inputs;
    const fresh = inputs.filter((name) => !mixed.has(name));
    for (const name of fresh) mixed.add(name);
    return fresh;
  }

  private strands(spine: string[]): Strand[] {
    const states = spine.map((name) => this.ofTensor.get(name)![0]!);
    return states.slice(1).flatMap((below, i): Strand[] => {
      const above = states[i]!;
      const [top, bottom] = [above.y - heightOf(above), below.y];
      if (top <= bottom || above.x !== below.x) return [];
      const bounds = { left: above.x, right: above.x + widthOf(above), top, bottom };
      return [{ from: above, bounds, z: above.z, depth: above.depth * 0.6, tokens: above.cols }];
    });
  }

  done(spine: string[]): Plan {
    const links: Link[] = [];
    const mixed = new Set<string>();
    for (const t of this.scene.tensors)
      for (const name of this.wiredTo(t, mixed)) {
        const [from, to] = [this.ofTensor.get(name), this.ofTensor.get(t.name)];
        if (!from || !to || from[0]!.tensor.kind === "weight") continue;
        const many = Math.max(from.length, to.length);
        // Where several query heads share a key head, each is linked to its own.
        const of = (boxes: Box[], i: number): Box => boxes[Math.floor((i * boxes.length) / many)]!;
        for (let i = 0; i < many; i++) links.push({ from: of(from, i), to: of(to, i) });
      }
    const bounds = boundsOf(this.boxes);
    const numbers = [...new Set(this.boxes.map((b) => b.tensor.layer))].filter((l) => l !== null);
    const layers = numbers.map((layer) => ({
      layer,
      bounds: boundsOf(this.boxes.filter((b) => b.tensor.layer === layer)),
    }));
    return {
      scene: this.scene,
      boxes: this.boxes,
      links,
      strands: this.strands(spine),
      ofTensor: this.ofTensor,
      spine,
      cell: this.cell,
      bounds,
      layers,
    };
  }
}

/** The weights of which each head of a result reads rows of its own. */
function cutByHeads(scene: Scene, t: Tensor): Tensor[] {
  const found: Tensor[] = [];
  for (const { op, of, index } of t.rule && t.planes > 1 ? within(t.rule) : [])
    if (op === "contract" && index) {
      const { operands, out } = indexOf(index);
      for (const [i, operand] of of.entries()) {
        const w = typeof operand === "string" ? scene.byName.get(operand) : undefined;
        const rows = operands[i]?.[0];
        const cut = w?.kind === "weight" && w.shape.length === 2 && w.rows % t.planes === 0;
        if (cut && rows && namesOf(rows).includes(out[0]!)) found.push(w);
      }
    }
  return found;
}

export function boundsOf(boxes: Box[]): Bounds {
  const b: Bounds = { left: Infinity, right: -Infinity, top: -Infinity, bottom: Infinity };
  for (const box of boxes) {
    b.left = Math.min(b.left, box.x);
    b.right = Math.max(b.right, box.x + widthOf(box));
    b.top = Math.max(b.top, box.y);
    b.bottom = Math.min(b.bottom, box.y - heightOf(box));
  }
  return boxes.length ? b : { left: -1, right: 1, top: 1, bottom: -1 };
}

export const cornersOf = ({ left, right, top, bottom }: Bounds): [number, number][] => [
  [left, top],
  [right, top],
  [right, bottom],
  [left, bottom],
];

/** The corners of the smallest convex shape that holds all boxes. */
export function outlineOf(boxes: Box[]): [number, number][] {
  const points = boxes
    .flatMap((box) => cornersOf(boundsOf([box])))
    .sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const turnsLeft = (a: [number, number], b: [number, number], c: [number, number]): boolean =>
    (b[0] - a[0]) * (c[1] - a[1]) > (b[1] - a[1]) * (c[0] - a[0]);
  const half = (all: [number, number][]): [number, number][] => {
    const chain: [number, number][] = [];
    for (const p of all) {
      while (chain.length > 1 && !turnsLeft(chain.at(-2)!, chain.at(-1)!, p)) chain.pop();
      chain.push(p);
    }
    return chain.slice(0, -1);
  };
  return [...half(points), ...half([...points].reverse())];
}

/** The box that ends farthest to the right, the last of several. */
export const rightmost = (boxes: Box[]): Box =>
  boxes.reduce((a, b) => (b.x + widthOf(b) < a.x + widthOf(a) ? a : b));

/** "blocks.0.attention.wq.weight" -> "attention.wq.weight" */
export const short = (name: string): string => name.replace(/^blocks\.\d+\./, "");

/** The flat index of a cell, and back. A box that is a whole tensor covers each index once. */
export const cellIndex = (box: Box, col: number, row: number): number =>
  box.first + col * box.stepCol + row * box.stepRow;

export function cellPlace(
  plan: Plan,
  tensor: Tensor,
  index: number,
): { box: Box; col: number; row: number } | null {
  for (const box of plan.ofTensor.get(tensor.name) ?? []) {
    const rest = index - box.first;
    if (rest < 0 || rest >= box.cols * box.rows) continue;
    if (box.cols === 1) return { box, col: 0, row: rest };
    return box.stepCol > box.stepRow
      ? { box, col: Math.floor(rest / box.stepCol), row: rest % box.stepCol }
      : { box, col: rest % box.stepRow, row: Math.floor(rest / box.stepRow) };
  }
  return null;
}
