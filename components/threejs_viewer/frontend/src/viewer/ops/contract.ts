// out = scale times the sum over all that is not in the result of the products of the operands

import { say, type Scene } from "../data";
import {
  compile,
  isEven,
  namesOf,
  readsIn,
  Unreadable,
  type Compiled,
  type Expression,
} from "../expression";
import { joined, nested, type Written } from "../einsum";
import { lookIn, named } from "../leaves";
import { indexOf, type Rule } from "../rules";
import { atom, bracket, inner, scaled, scaledLine, TERMS, WRITTEN_OUT } from "../text";
import type { Where } from "../text";
import { Turning, type Turn } from "../turning";
import { flatIndex, isFlat } from "../values";
import type { Made, Part, Place, Reads, Told, Values } from "../values";

export const contract = (rule: Rule, of: (Values | null)[], scene: Scene): Made =>
  new Contraction(rule, of, scene);

/** An axis of an operand: where it is, from what the names stand for. Names are known by their slot. */
interface Axis {
  place: Compiled<Reads | undefined>;
  slots: number[];
  /** Whether it is a name alone. */
  isName: boolean;
  /** Slots of which equal steps are equal steps of the place. */
  even: Set<number>;
}

interface Factor {
  values: Values;
  axes: Axis[];
  /** The slots of all its axes. */
  slots: Set<number>;
}

/** A rotation over which is summed: which of its two last axes is, and which is not. */
interface Turned {
  factor: Factor;
  turning: Turning;
  fixed: Axis;
  isRow: boolean;
}

class Contraction implements Made {
  readonly shape: readonly number[];
  readonly formed: boolean;
  private factors: Factor[];
  private scale: number;
  /** How long each name is: first those of the result, then what is summed over. */
  private lengths: number[];
  /** What the names stand for at the moment. */
  private now: number[];
  private summed: number[];
  private out: number;
  private turned: Turned | null;
  private source: Factor | null;

  constructor(rule: Rule, of: (Values | null)[], scene: Scene) {
    if (rule.index === undefined) throw new Unreadable("a contract needs an index");
    const index = indexOf(rule.index);
    const names = [...index.out, ...index.summed];
    if (of.length !== index.operands.length)
      throw new Unreadable(`${rule.index}: too few operands`);
    this.factors = of.map((values, i) => {
      const axes = index.operands[i]!;
      if (values?.shape.length !== axes.length) throw new Unreadable(`${rule.index} does not fit`);
      const opened = axes.map((e) => axisOf(e, names, scene));
      return { values, axes: opened, slots: new Set(opened.flatMap((axis) => axis.slots)) };
    });
    this.lengths = names.map((name) => this.lengthOf(name, rule, index.operands, scene));
    this.now = names.map(() => 0);
    this.out = index.out.length;
    this.summed = index.summed.map((_, i) => this.out + i);
    this.shape = this.lengths.slice(0, this.out);
    this.scale = rule.scale ?? 1;
    this.formed = this.factors.some(({ values }) => values.formed);
    this.turned = this.findTurned();
    this.source = this.factors.findLast(({ values }) => values.formed) ?? null;
  }

  private lengthOf(name: string, rule: Rule, operands: Expression[][], scene: Scene): number {
    for (const [i, axes] of operands.entries()) {
      const axis = axes.findIndex((e) => e.kind === "name" && e.name === name);
      if (axis >= 0) return this.factors[i]!.values.shape[axis]!;
    }
    for (const e of operands.flat()) {
      const length = lengthInReads(e, name, scene);
      if (length !== null) return length;
    }
    const length = rule.sizes?.[name];
    if (length !== undefined) return length;
    // Of the result alone: its places are all alike, and one stands for all.
    const asked = operands.flat().some((e) => namesOf(e).includes(name));
    if (asked) throw new Unreadable(`nothing says how long ${name} is`);
    return 1;
  }

  /** All but two numbers of a rotation's row are 0, so that only those two are asked for. */
  private findTurned(): Turned | null {
    const [slot, ...more] = this.summed;
    if (slot === undefined || more.length) return null;
    for (const factor of this.factors) {
      const { values: turning, axes } = factor;
      if (!(turning instanceof Turning)) continue;
      const over = axes.findIndex((axis) => axis.slots.includes(slot));
      const alone = axes.filter((axis) => axis.slots.includes(slot)).length === 1;
      const isRow = over === axes.length - 1;
      if (!alone || (!isRow && over !== axes.length - 2) || !axes[over]!.isName) continue;
      return { factor, turning, fixed: axes[isRow ? over - 1 : over + 1]!, isRow };
    }
    return null;
  }

  // ---------------------------------------------------------- numbers

  private stand(place: ArrayLike<number | readonly number[] | null>): void {
    this.now.fill(0);
    for (let i = 0; i < place.length; i++)
      if (typeof place[i] === "number") this.now[i] = place[i] as number;
  }

  /** Every place of some names, the last of them fastest. */
  private sweep(slots: readonly number[], each: () => void, from = 0): void {
    const slot = slots[from];
    if (slot === undefined) return each();
    for (let i = 0; i < this.lengths[slot]!; i++) {
      this.now[slot] = i;
      this.sweep(slots, each, from + 1);
    }
    this.now[slot] = 0;
  }

  private placeIn({ axes }: Factor, reads?: Reads): number[] {
    return axes.map((axis) => axis.place(this.now, reads));
  }

  /** An operand at each place of one name; at a choice of them, if there is one. */
  private along(
    factor: Factor,
    slot: number,
    choice: number[] | null,
    reads?: Reads,
  ): Float64Array {
    const { values, axes, slots } = factor;
    const n = choice?.length ?? this.lengths[slot]!;
    if (!slots.has(slot))
      return new Float64Array(n).fill(values.at(this.placeIn(factor, reads), reads));
    const placed = (i: number): number[] => {
      this.now[slot] = i;
      return this.placeIn(factor, reads);
    };
    let out: Float64Array;
    if (isFlat(values) && !choice && axes.every((axis) => axis.even.has(slot))) {
      const first = flatIndex(values.shape, placed(0));
      const last = flatIndex(values.shape, placed(n - 1));
      const step = n > 1 ? (last - first) / (n - 1) : 0;
      out =
        first < 0 || last < 0 ? new Float64Array(n).fill(NaN) : values.run(first, step, n, reads);
    } else {
      out = new Float64Array(n);
      for (let k = 0; k < n; k++) out[k] = values.at(placed(choice ? choice[k]! : k), reads);
    }
    this.now[slot] = 0;
    return out;
  }

  /** All operands over the last of the names that are summed, for each place of the others. */
  private rows(reads: Reads | undefined, each: (rows: Float64Array[], n: number) => void): void {
    const slot = this.summed[this.summed.length - 1];
    if (slot === undefined) {
      const numbers = this.factors.map((f) => f.values.at(this.placeIn(f, reads), reads));
      return each(
        numbers.map((x) => Float64Array.of(x)),
        1,
      );
    }
    this.sweep(this.summed.slice(0, -1), () => {
      const choice = this.turned && this.pair(this.turned).pair;
      const rows = this.factors.map((factor) => this.along(factor, slot, choice, reads));
      each(rows, rows[0]!.length);
    });
  }

  private pair({ turning, fixed }: Turned): ReturnType<Turning["pairOf"]> {
    return turning.pairOf(fixed.place(this.now, undefined));
  }

  at(place: Place, reads?: Reads): number {
    this.stand(place);
    let sum = 0;
    this.rows(reads, (rows, n) => {
      for (let k = 0; k < n; k++) {
        let product = 1;
        for (const row of rows) product *= row[k]!;
        sum += product;
      }
    });
    return this.scale * sum;
  }

  // ---------------------------------------------------------- a cell in words

  make(place: Place, reads: Reads): Told {
    this.stand(place);
    const products: { value: number; rows: Float64Array[]; k: number }[] = [];
    this.rows(reads, (rows, n) => {
      for (let k = 0; k < n; k++)
        products.push({ value: rows.reduce((product, row) => product * row[k]!, 1), rows, k });
    });
    const value = this.scale * products.reduce((sum, p) => sum + p.value, 0);
    const written = products.slice(0, WRITTEN_OUT).map(({ rows, k }) => inProduct(rows, k));
    if (products.length > WRITTEN_OUT) written.push(`… (${products.length - WRITTEN_OUT} more)`);
    const numbers = scaled(written.join(" + "), this.scale, written.length > 1);
    const turned = this.inTurn(place);
    const sorted =
      this.summed.length && turned === null
        ? [...products].sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, TERMS)
        : [];
    return {
      value,
      working: turned ?? `${this.symbol(place)} = ${numbers}`,
      terms: sorted.map(({ value, rows, k }) => ({
        label: scaled(rows.map((row) => say(row[k])).join(" × "), this.scale, false),
        value: this.scale * value,
      })),
    };
  }

  symbol(where: Where): string {
    this.stand(where);
    const varying = this.varying(where);
    const symbols = this.factors.map((factor) => {
      const { parts, lists } = this.places(factor, varying);
      const list = lists.length ? "[…]" : "";
      return atom(factor.values.symbol(parts)) + list;
    });
    const sum = this.summed.length && symbols.length === 1 ? "Σ " : "";
    return scaled(sum + symbols.join(" · "), this.scale, false);
  }

  /** The other operand, where it is all that a rotation meets. */
  private get partner(): Factor | null {
    const { turned, factors } = this;
    if (!turned || factors.length !== 2) return null;
    return factors.find((factor) => factor !== turned.factor)!;
  }

  /** How a number is turned, and the places of the two that take part in it. */
  private turn(partner: Factor): { turn: Turn; cells: number[][] } {
    const { factor, turning, fixed, isRow } = this.turned!;
    const where = this.placeIn(factor).slice(0, -2);
    const turn = turning.turn(where, fixed.place(this.now, undefined), isRow);
    const cells = turn.parts.map(({ at }) => {
      this.now[this.summed[0]!] = at;
      return this.placeIn(partner);
    });
    return { turn, cells };
  }

  /** Its working, where a rotation makes it. */
  private inTurn(place: Place): string | null {
    const { partner, turned } = this;
    if (!partner || !turned) return null;
    this.stand(place);
    const { turn, cells } = this.turn(partner);
    const words = turned.turning.words(
      turn,
      cells.map((cell) => partner.values.at(cell)),
    );
    return scaled(words, this.scale, true);
  }

  // ---------------------------------------------------------- in NumPy

  line(where: Where): string {
    const turned = this.turnedLine(where);
    if (turned) return scaledLine(turned, this.scale);
    this.stand(where);
    const varying = this.varying(where);
    const written = this.factors.map((factor) => this.written(factor, varying));
    const free = [...varying].filter((slot) => slot < this.out);
    // What no operand runs over is the same at each of its places.
    const same = free.filter((slot) => !this.factors.some(({ slots }) => slots.has(slot)));
    written.push(
      ...same.map((slot) => ({ text: `np.ones(${this.lengths[slot]})`, dims: [[slot]] })),
    );
    const arrays = written.filter(({ dims }) => dims.length);
    const scalars = written.filter(({ dims }) => !dims.length).map(({ text }) => atom(text));
    const product = arrays.length ? [joined(arrays, free, this.summed, this.lengths)] : [];
    return scaledLine([...product, ...scalars].join(" * "), this.scale);
  }

  private varying(where: Where): Set<number> {
    const free = where.flatMap((at, slot) => (typeof at === "number" ? [] : [slot]));
    return new Set([...free, ...this.summed]);
  }

  /** Where an operand is along each axis. What is no range is left whole, with a list of places. */
  private places({ values, axes }: Factor, varying: Set<number>): Placed {
    const placed: Placed = { parts: [], dims: [], lists: [] };
    for (const [axis, { slots, place }] of axes.entries()) {
      const own = slots.filter((slot) => varying.has(slot));
      const all: number[] = [];
      this.sweep(own, () => all.push(place(this.now, undefined)));
      const start = all[0]!;
      if (!own.length) placed.parts.push(start);
      else if (all.every((at, i) => at === start + i)) {
        placed.parts.push(all.length === values.shape[axis] ? null : [start, start + all.length]);
        placed.dims.push(own);
      } else {
        placed.parts.push(null);
        const list = nested(
          all,
          own.map((slot) => this.lengths[slot]!),
        );
        placed.lists.push({ dim: placed.dims.length, list });
        placed.dims.push(...own.map((slot) => [slot]));
      }
    }
    return placed;
  }

  private written(factor: Factor, varying: Set<number>): Written {
    const { values } = factor;
    const { parts, dims, lists } = this.places(factor, varying);
    let text = values.line(parts);
    if (!isFlat(values)) {
      const whole = parts.map((at) => (typeof at === "number" ? at : null));
      const cut = bracket(parts.filter((at) => typeof at !== "number"));
      text = values.line(whole);
      if (cut) text = atom(text) + cut;
    }
    for (const { dim, list } of lists) text = `${atom(text)}[${":, ".repeat(dim)}${list}]`;
    return { text, dims };
  }

  /** A cell, or a whole vector, that a rotation makes. */
  private turnedLine(where: Where): string | null {
    const { partner, turned } = this;
    if (!partner || !turned) return null;
    this.stand(where);
    const free = where.flatMap((at, slot) => (typeof at === "number" ? [] : [slot]));
    if (!free.length) {
      const { turn, cells } = this.turn(partner);
      return turned.turning.cellLine(
        turn,
        cells.map((cell) => partner.values.line(cell)),
      );
    }
    const { slots, isName } = turned.fixed;
    const isVector = turned.isRow && isName && free.join() === slots.join();
    if (!isVector || partner.slots.has(free[0]!)) return null;
    const at = this.placeIn(turned.factor).slice(0, -2);
    const { text, dims } = this.written(partner, new Set(this.summed));
    return dims.length === 1 ? turned.turning.rowLine(at, text) : null;
  }

  // ---------------------------------------------------------- undone

  get followed(): Values[] {
    return this.source ? [this.source.values] : [];
  }

  get cuts(): boolean {
    return !!this.source && this.cutting(this.source).some((slot) => this.lengths[slot]! > 1);
  }

  /** The names that are not fixed by a place of the result, and on which a vector's place hangs. */
  private cutting({ axes }: Factor): number[] {
    const before = axes.slice(0, -1);
    return this.loose.filter((slot) => before.some((axis) => axis.slots.includes(slot)));
  }

  /** The name along which a direction runs, and those that are summed. */
  private get loose(): number[] {
    return [this.out - 1, ...this.summed];
  }

  /** direction' = scale direction times the other operands; one part for every place of a vector.
   * So a head mixed from many tokens is a part for each of them, what joins heads one for each. */
  undo({ prefix, direction }: Part): Part[] {
    const source = this.source!;
    const held = this.factors.filter((factor) => factor !== source);
    const size = source.values.shape[source.values.shape.length - 1]!;
    const [before, last] = [source.axes.slice(0, -1), source.axes[source.axes.length - 1]!];
    const [end, cutting] = [this.out - 1, this.cutting(source)];
    const rest = this.loose.filter((slot) => !cutting.includes(slot));
    const inmost = rest.findLast((slot) => last.even.has(slot) && last.slots.includes(slot)) ?? -1;
    const outer = rest.filter((slot) => slot !== inmost);
    const [rows, numbers] = [true, false].map((has) =>
      held.filter(({ slots }) => slots.has(inmost) === has),
    ) as [Factor[], Factor[]];
    const parts = new Map<number, Part>();

    this.stand(prefix);
    this.sweep(cutting, () => {
      const at = before.map((axis) => axis.place(this.now, undefined));
      const key = flatIndex(source.values.shape.slice(0, -1), at);
      const part = parts.get(key) ?? fresh(source.values, at, size);
      parts.set(key, part);
      for (const factor of numbers.filter(isShare))
        part.share = factor.values.at(this.placeIn(factor));
      this.sweep(outer, () => {
        let by = this.scale * (inmost === end ? 1 : direction[this.now[end]!]!);
        for (const factor of numbers) by *= factor.values.at(this.placeIn(factor));
        if (by === 0) return;
        const first = last.place(this.now, undefined);
        if (inmost < 0) {
          part.direction[first]! += by;
          return;
        }
        const along = rows.map((factor) => this.along(factor, inmost, null));
        if (inmost === end) along.push(direction);
        this.now[inmost] = 1;
        addProducts(
          part.direction,
          first,
          last.place(this.now, undefined) - first,
          by,
          along,
          this.lengths[inmost]!,
        );
        this.now[inmost] = 0;
      });
    });
    return [...parts].sort(([a], [b]) => a - b).map(([, part]) => part);
  }
}

/** How long an axis is on which a name stands alone, of a table that an expression reads. */
function lengthInReads(e: Expression, name: string, scene: Scene): number | null {
  for (const { name: table, at } of readsIn(e)) {
    const axis = at.findIndex((place) => place.kind === "name" && place.name === name);
    if (axis >= 0) return named(scene, table).shape[axis]!;
  }
  return null;
}

function axisOf(e: Expression, names: string[], scene: Scene): Axis {
  const own = namesOf(e);
  // In the order of the index: so places of `h*4+i` run on where h and i do.
  const slots = names.flatMap((name, slot) => (own.includes(name) ? [slot] : []));
  const even = names.flatMap((name, slot) => (isEven(e, name) ? [slot] : []));
  const place = compile(e, names, lookIn(scene));
  return { place, slots, isName: e.kind === "name", even: new Set(even) };
}

/** Adds `by` times the product of the rows to some numbers, a step apart. */
function addProducts(
  out: Float64Array,
  first: number,
  step: number,
  by: number,
  [row, ...others]: Float64Array[],
  n: number,
): void {
  // One row after the other, so that the inner loop is over numbers alone.
  let product = row ?? new Float64Array(n).fill(1);
  for (const other of others) product = product.map((x, k) => x * other[k]!);
  for (let k = 0, at = first; k < n; k++, at += step) out[at]! += by * product[k]!;
}

const fresh = (values: Values, prefix: Place, n: number): Part => ({
  values,
  prefix,
  direction: new Float64Array(n),
});

/** Whether an operand is a pattern: so much of the other is let in. */
const isShare = ({ values }: Factor): boolean =>
  isFlat(values) && values.tensor?.rule?.op === "softmax";

const inProduct = (rows: Float64Array[], k: number): string =>
  rows.map((row) => inner(row[k]!)).join("·");

/** Where an operand is along its axes, and the names of each axis that is left. */
interface Placed {
  parts: (number | [number, number] | null)[];
  dims: number[][];
  lists: { dim: number; list: string }[];
}
