// The numbers that are simply there: the tensors of a scene, and the tables that are given.

import { read, type Scene, type Tensor } from "./data";
import { Unreadable, type Look } from "./expression";
import type { Table } from "./rules";
import { bracket, handle, label } from "./text";
import { Turning } from "./turning";
import { flatIndex, shapeOf, type Flat, type Reads, type Values } from "./values";

/** A name in a scene. Unreadable if nothing has it. */
export function named(scene: Scene, name: string): Values {
  const mine = opened.get(scene) ?? new Map<string, Values>();
  opened.set(scene, mine);
  const found = mine.get(name) ?? fresh(scene, name);
  mine.set(name, found);
  return found;
}

const opened = new WeakMap<Scene, Map<string, Values>>();

function fresh(scene: Scene, name: string): Values {
  const tensor = scene.byName.get(name);
  if (tensor) return tensorValues(scene, tensor);
  const table = scene.manifest.given[name];
  if (table === undefined) throw new Unreadable(`the scene has nothing called ${name}`);
  return Array.isArray(table) ? tableValues(name, table) : new Turning(name, table);
}

/** Reads whole numbers for an expression. */
export const lookIn =
  (scene: Scene): Look<Reads | undefined> =>
  (name) => {
    const values = named(scene, name);
    return (at, reads) => Math.round(values.at(at, reads));
  };

function tensorValues(scene: Scene, tensor: Tensor): Flat {
  const { shape, present } = tensor;
  const called = isReadAfar(scene, tensor) ? tensor.name : label(tensor);
  return {
    tensor,
    shape,
    formed: tensor.kind === "activation",
    at(place, reads) {
      const cell = flatIndex(shape, place);
      if (cell < 0) return NaN;
      reads?.note(tensor, cell, 1, 1);
      return read(scene, tensor, cell) ?? NaN;
    },
    run(start, step, n, reads) {
      reads?.note(tensor, start, step, n);
      const out = new Float64Array(n);
      if (Math.max(start, start + step * (n - 1)) >= present) return out.fill(NaN);
      for (let i = 0; i < n; i++) out[i] = read(scene, tensor, start + i * step)!;
      return out;
    },
    symbol: (where) => called + bracket(where),
    line: (where) => handle(tensor) + bracket(where),
  };
}

/** Whether a formula of another layer may name it: beside the one there that is called alike. */
export const isReadAfar = (scene: Scene, { name, layer }: Tensor): boolean =>
  layer !== null && scene.tensors.some((t) => t.layer !== layer && t.inputs?.includes(name));

function tableValues(name: string, table: Table[]): Flat {
  const shape = shapeOf(table);
  const numbers = (table as unknown[]).flat(Infinity) as number[];
  const inPython = `G["${name}"]`;
  return {
    tensor: null,
    shape,
    formed: false,
    at(place) {
      const index = flatIndex(shape, place);
      return index < 0 ? NaN : numbers[index]!;
    },
    run: (start, step, n) => Float64Array.from({ length: n }, (_, i) => numbers[start + i * step]!),
    symbol: (where) => name + bracket(where),
    line(where) {
      const free = where.findIndex((at) => typeof at !== "number");
      const list =
        inPython +
        where
          .slice(0, free < 0 ? undefined : free)
          .map((at) => `[${at}]`)
          .join("");
      return free < 0 ? list : `np.array(${list})${bracket(where.slice(free))}`;
    },
  };
}
