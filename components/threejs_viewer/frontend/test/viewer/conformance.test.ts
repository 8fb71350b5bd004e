// Of every model, as Python exports it or made by hand: where its matrices stand and what the walk says of
// them agree with its sums. What feeds a term is found here by its inputs alone, as the manifest has them.

import { describe, expect, test } from "vitest";
import type { Scene, Tensor } from "../../src/viewer/data";
import { boundsOf, heightOf, plan, widthOf, type Box, type Plan } from "../../src/viewer/layout";
import { inWords } from "../../src/viewer/pieces";
import { stagesOf, type Stage } from "../../src/viewer/walk";
import { built } from "./handmade";
import { fromPython } from "./scenes";

const models: { name: string; scene: Scene }[] = [...fromPython, ...built];

interface Term {
  term: Tensor;
  sum: Tensor;
  /** All of its layer that feeds it, itself too. */
  behind: Tensor[];
  /** What of it feeds no other term. */
  own: Tensor[];
  attends: boolean;
  /** The last state of its layer that it is formed from. */
  reads: Tensor | undefined;
}

const inputsOf = (scene: Scene, t: Tensor): Tensor[] =>
  (t.inputs ?? []).map((name) => scene.byName.get(name)!);

/** A tensor and what feeds it, up to the stream and to other layers. */
function feeding(scene: Scene, t: Tensor): Tensor[] {
  const before = inputsOf(scene, t).filter((x) => x.layer === t.layer && !x.stream);
  return [t, ...before.flatMap((x) => (x.kind === "weight" ? [] : feeding(scene, x)))];
}

/** What is added to the stream in the layers, each at the first state that has it as an input. */
function termsOf(scene: Scene): Term[] {
  const states = scene.tensors.filter((t) => t.stream);
  const isTerm = (t: Tensor): boolean =>
    t.kind === "activation" && t.layer !== null && !t.stream && !t.axes.includes("source");
  const terms = scene.tensors.filter(isTerm).flatMap((term) => {
    const sum = states.find((state) => state.inputs!.includes(term.name));
    return sum ? [{ term, sum, behind: [...new Set(feeding(scene, term))] }] : [];
  });
  return terms.map((one) => {
    const others = terms.filter((x) => x !== one).flatMap(({ behind }) => behind);
    const read = one.behind.flatMap((t) => inputsOf(scene, t));
    return {
      ...one,
      own: one.behind.filter((t) => !others.includes(t)),
      attends: one.behind.some(({ axes }) => axes.includes("key")),
      reads: read.findLast((t) => t.stream && t.layer === one.term.layer),
    };
  });
}

const [rightOf, bottomOf] = [
  (box: Box): number => box.x + widthOf(box),
  (box: Box): number => box.y - heightOf(box),
];

const boxesOf = ({ ofTensor }: Plan, tensors: Tensor[]): Box[] =>
  tensors.flatMap(({ name }) => ofTensor.get(name)!);

/** The weights of some tensors that nothing before them reads. */
const weightsOf = (scene: Scene, tensors: Tensor[]): Tensor[] =>
  tensors
    .flatMap((t) => inputsOf(scene, t))
    .filter((w) => w.kind === "weight")
    .filter((w) => tensors.includes(scene.tensors.find((t) => t.inputs?.includes(w.name))!));

describe.each(models)("$name: places", ({ scene }) => {
  const made = plan(scene);
  const terms = termsOf(scene);
  const of = (t: Tensor): Box => made.ofTensor.get(t.name)![0]!;

  test("no two boxes overlap", () => {
    for (const a of made.boxes)
      for (const b of made.boxes) {
        const apart =
          rightOf(a) <= b.x || rightOf(b) <= a.x || bottomOf(a) >= b.y || bottomOf(b) >= a.y;
        expect(a.id >= b.id || apart, `${a.tensor.name} on ${b.tensor.name}`).toBe(true);
      }
  });

  test("attention stands left of the stream, what else is added right of it, each with all that feeds it alone", () => {
    for (const { term, own, attends, sum } of terms)
      for (const box of boxesOf(made, [...own, ...weightsOf(scene, own)])) {
        const what = `${box.tensor.name}, for ${term.name}`;
        if (attends) expect(rightOf(box), what).toBeLessThan(of(sum).x);
        else expect(box.x, what).toBeGreaterThan(rightOf(of(sum)));
      }
  });

  test("a branch reaches down from the state that it reads, begins above the sum that it enters, and nothing stands in it", () => {
    for (const { term, own, sum, reads } of terms) {
      const mine = boxesOf(made, [...own, ...weightsOf(scene, own)]);
      const { left, right, top, bottom } = boundsOf(mine);
      const first = scene.tensors.find((t) => t.stream && t.layer === term.layer)!;
      expect(reads, term.name).toBeDefined();
      expect(top, term.name).toBeGreaterThanOrEqual(of(sum).y);
      expect(bottom, term.name).toBeLessThan(of(reads!).y);
      expect(top, term.name).toBeLessThanOrEqual(of(first).y);
      for (const box of made.boxes.filter((b) => !mine.includes(b))) {
        const apart =
          rightOf(box) <= left || box.x >= right || bottomOf(box) >= top || box.y <= bottom;
        expect(apart, `${box.tensor.name} in the branch of ${term.name}`).toBe(true);
      }
    }
  });

  test("a branch that fits beside the stream begins level with the state that it reads", () => {
    for (const { term, own, reads, attends } of terms) {
      const beside = terms.filter((x) => x.term.layer === term.layer && x.attends === attends);
      const states = scene.tensors.filter((t) => t.stream && t.layer === term.layer).map(of);
      const { top, bottom } = boundsOf(boxesOf(made, [...own, ...weightsOf(scene, own)]));
      const room = of(reads!).y - Math.min(...states.map(bottomOf));
      if (beside[0]!.term === term && top - bottom <= room + 1e-9)
        expect(top, term.name).toBeCloseTo(of(reads!).y, 9);
    }
  });

  test("what several terms share stands between them and the stream, level with the state that it reads", () => {
    for (const { term, behind, own, reads } of terms)
      for (const t of behind.filter((x) => !own.includes(x))) {
        const box = of(t);
        expect(box.y, `${t.name}, for ${term.name}`).toBe(of(reads!).y);
        expect(rightOf(box), t.name).toBeLessThan(of(reads!).x);
        const far = terms.filter((x) => x.attends && x.term.layer === t.layer);
        for (const other of boxesOf(
          made,
          far.flatMap((x) => x.own),
        ))
          expect(rightOf(other), `${other.tensor.name} and ${t.name}`).toBeLessThan(box.x);
      }
  });

  test("the weights of a state of the stream stand beside it", () => {
    for (const state of scene.tensors.filter((t) => t.stream))
      for (const w of inputsOf(scene, state).filter(({ kind }) => kind === "weight")) {
        expect(of(w).y, w.name).toBe(of(state).y);
        expect(rightOf(of(w)), w.name).toBeLessThan(of(state).x);
      }
  });
});

// ---------------------------------------------------------------- words

const textOf = ({ text }: Stage): string => inWords(text);
const short = (name: string): string => name.replace(/^blocks\.\d+\./, "");
const layerOf = (scene: Scene, { makes }: Stage): number | null =>
  makes.length ? scene.byName.get(makes[0]!)!.layer : null;

/** Whether a text has the name of a matrix as a word. */
const says = (text: string, { name }: Tensor): boolean =>
  new RegExp(`\\b${short(name)}\\b`).test(text);

describe.each(models)("$name: words", ({ scene }) => {
  const terms = termsOf(scene);
  const stages = stagesOf(scene);
  const layers = scene.tensors.flatMap(({ layer }) => layer ?? []);
  const [first, last] = [Math.min(...layers), Math.max(...layers)];

  test("a stage that tells of a sum names each term that enters it there, and no other", () => {
    for (const stage of stages) {
      const layer = layerOf(scene, stage);
      const own = terms.filter(({ term }) => term.layer === layer);
      const sums = scene.tensors.filter((t) => t.stream && stage.makes.includes(t.name));
      const isMix = sums.some((sum) => inputsOf(scene, sum).some((t) => t.axes.includes("source")));
      if ((layer !== first && layer !== last) || !sums.length || (isMix && layer === first))
        continue;
      const named = own.filter(({ term }) => says(textOf(stage), term));
      const entering = own.filter(({ sum }) => sums.includes(sum));
      expect(
        named.map(({ term }) => term.name),
        stage.title,
      ).toEqual(entering.map(({ term }) => term.name));
    }
  });

  test("a stage that tells of no sum names no term but what it makes or reads", () => {
    for (const stage of stages.filter(({ makes }) => makes.length)) {
      const layer = layerOf(scene, stage);
      if (scene.tensors.some((t) => t.stream && stage.makes.includes(t.name))) continue;
      const group = stage.makes.map((name) => scene.byName.get(name)!);
      const near = [...group, ...group.flatMap((t) => inputsOf(scene, t))];
      for (const { term } of terms.filter((x) => x.term.layer === layer))
        if (says(textOf(stage), term)) expect(near, stage.title).toContain(term);
    }
  });

  test("the words of a sum in the first layer are tied to all of its inputs, and to nothing else", () => {
    for (const stage of stages) {
      const [name, ...more] = stage.makes;
      const state = scene.byName.get(name ?? "");
      if (!state?.stream || state.layer !== first || more.length) continue;
      const tied = stage.text.flatMap((piece) => (typeof piece === "string" ? [] : piece.names));
      expect(new Set(tied), stage.title).toEqual(new Set([...state.inputs!, state.name]));
    }
  });

  test("a title names the part that writes what the stage makes", () => {
    for (const { title, makes } of stages)
      for (const { behind, own, attends, term } of terms) {
        const mine = makes.filter((name) => own.some((t) => t.name === name));
        const attention = /attention|heads? (?!\d)|quer|keys|values/.test(title);
        const ffn = /FFN|neuron|expert/.test(title);
        if (mine.length && attention) expect(attends, `${title}: ${mine}`).toBe(true);
        if (mine.length && ffn) expect(attends, `${title}: ${mine}`).toBe(false);
        const both = makes.filter((name) =>
          behind.some((t) => t.name === name && !own.includes(t)),
        );
        if (ffn) expect(both, `${title}, for ${term.name}`).toEqual([]);
      }
  });

  test("who reads a norm is told: the part that it stands before, or both", () => {
    const norms = scene.tensors.filter((t) => t.layer === first && t.rule?.op === "norm");
    for (const t of norms.filter((x) => !x.stream && inputsOf(scene, x)[0]!.stream)) {
      const text = textOf(stages.find(({ makes }) => makes.includes(t.name))!);
      const readers = terms.filter(({ behind }) => behind.includes(t)).map((x) => x.attends);
      const all = new Set(readers);
      expect(/Attention and the FFN both read/.test(text), text).toBe(all.size > 1);
      if (/^The FFN reads/.test(text)) expect(all).toEqual(new Set([false]));
      if (/^Attention reads/.test(text)) expect(all).toEqual(new Set([true]));
    }
  });

  test("what a layer reads of another layer is said to be of that layer", () => {
    for (const stage of stages.filter(({ makes }) => makes.length)) {
      const group = stage.makes.map((name) => scene.byName.get(name)!);
      const isBorrowed = (t: Tensor): boolean =>
        t.kind === "activation" && t.layer !== null && t.layer !== group[0]!.layer && !t.stream;
      const plain = group.filter((t) => !t.stream && !t.axes.includes("source"));
      const read = plain.flatMap((t) => inputsOf(scene, t)).filter(isBorrowed);
      const text = textOf(stage);
      expect(/\breads [^.]* of layer \d/.test(text), text).toBe(read.length > 0);
      for (const t of read) {
        const said = /reads ([^.]*) of layer (\d)/.exec(text)!;
        expect(says(said[1]!, t), text).toBe(true);
        expect(Number(said[2]), text).toBe(t.layer);
      }
    }
  });
});
