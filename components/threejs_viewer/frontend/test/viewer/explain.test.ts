import { describe, expect, test } from "vitest";
import { indexOf, read } from "../../src/viewer/data";
import { sayShown } from "../../src/viewer/compare";
import { explain } from "../../src/viewer/explain";
import { fake } from "../../dev/fake";
import { opened, small } from "./helpers";
import { fromPython, type FromPython } from "./scenes";
import type { Tensor } from "../../src/viewer/data";

describe.each(["7*8=56", "9*9=", "1"])("every activation of %s", (prompt) => {
  test("is what its formula gives again", () => {
    const scene = small(prompt);
    for (const t of scene.tensors.filter((x) => x.kind === "activation"))
      for (let i = 0; i < t.size; i++) {
        const e = explain(scene, t, i);
        expect(e.again, `${t.name}[${i}]`).not.toBeUndefined();
        if (!e.agrees) throw new Error(`${t.name}[${i}]: ${e.value} is not ${e.again}: ${e.text}`);
      }
  });
});

test("a wrong value shows as a disagreement", () => {
  const payload = fake();
  const attn = payload.manifest.tensors.find((t) => t.name === "blocks.1.attn_out")!;
  attn.scale = 1.2;
  const scene = opened(payload);
  const t = scene.byName.get("blocks.1.attn_out")!;
  const worst = [...Array(t.size).keys()].filter((i) => !explain(scene, t, i).agrees);
  expect(worst.length).toBeGreaterThan(t.size / 2);
});

test("an attention score reads one query and one key, and nothing where masked", () => {
  const scene = small();
  const t = scene.byName.get("blocks.0.scores")!;
  const seen = explain(scene, t, indexOf(t, [1, 3, 2]));
  expect(seen.sources.map((s) => s.tensor.name)).toEqual(["blocks.0.q", "blocks.0.k"]);
  expect(seen.sources[1]!.cells).toEqual([32, 33, 34, 35]);
  expect(explain(scene, t, indexOf(t, [1, 2, 3])).sources).toEqual([]);
});

test("the largest terms come first, and all of them add up", () => {
  const scene = small();
  const t = scene.byName.get("logits")!;
  const e = explain(scene, t, 5);
  const sizes = e.terms.map((x) => Math.abs(x.value));
  expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
  expect(e.again).toBeCloseTo(read(scene, t, 5)!, 2);
});

test("a weight says that it was learned; an unknown operation is not guessed at", () => {
  const payload = fake();
  payload.manifest.tensors.find((t) => t.name === "logits")!.rule!.op = "something new";
  const scene = opened(payload);
  expect(explain(scene, scene.byName.get("embed.weight")!, 0).text).toBe("learned in training");
  expect(explain(scene, scene.byName.get("logits")!, 0).again).toBeUndefined();
});

// ------------------------------------------------------------ against Python, cell by cell

interface Sample {
  tensor: Tensor;
  index: number;
  expected: number;
}

function* everyCell({ scene, recomputed }: FromPython): Generator<Sample> {
  for (const tensor of scene.tensors.filter((t) => t.kind === "activation"))
    for (let index = 0; index < tensor.size; index++)
      yield { tensor, index, expected: recomputed[tensor.offset + index]! };
}

/** A number as `say` writes it. */
const spoken = (text: string): number =>
  text === "−∞" ? -Infinity : Number(text.replace("−", "-"));

/** The number at the end of a formula, as it is written there. */
const ending = (text: string): string => text.split(" = ").pop()!.split(" (the cell")[0]!;

/** The last working of a text, put into a calculator; null where terms are left out of it. */
function calculated(text: string): number | null {
  const steps = text.split(" = ");
  const working = steps[steps.length - 2]!.split(", and ").pop()!;
  if (/more\)|masked|index of|\[/.test(working)) return null;
  const code = working
    .replaceAll("−", "-")
    .replaceAll("·", "*")
    .replaceAll("²", "**2")
    .replace(/√(\d+)/g, "Math.sqrt($1)")
    .replaceAll("(-0)", "0")
    .replaceAll("e^(", "Math.exp(")
    .replace(/(max|sin|cos)\(/g, "Math.$1(");
  return new Function("erf", `return ${code}`)(erf) as number;
}

/** By Simpson's rule: the viewer's own is a polynomial. */
function erf(x: number): number {
  const n = 200;
  const at = (i: number): number => Math.exp(-(((i * x) / n) ** 2));
  let sum = at(0) + at(n);
  for (let i = 1; i < n; i++) sum += (i % 2 ? 4 : 2) * at(i);
  return ((2 / Math.sqrt(Math.PI)) * sum * x) / n / 3;
}

describe.each(fromPython)("$name", (exported) => {
  test("every cell is recomputed to Python's number, and agrees with the cell shown", () => {
    for (const { tensor, index, expected } of everyCell(exported)) {
      const e = explain(exported.scene, tensor, index);
      const what = `${tensor.name}[${index}]: ${e.text}`;
      expect(e.agrees, what).toBe(true);
      if (expected === -Infinity) expect(e.again, what).toBe(expected);
      else expect(Math.abs(e.again! - expected), what).toBeLessThan(1e-6);
    }
  });

  test("every text ends in that number and, typed into a calculator, gives it", () => {
    const typed = new Set<string>();
    for (const { tensor, index, expected } of everyCell(exported)) {
      const { text } = explain(exported.scene, tensor, index);
      const stated = spoken(ending(text));
      if (expected === -Infinity) expect(stated, text).toBe(expected);
      else
        expect(Math.abs(stated - expected), text).toBeLessThan(5.1e-4 * Math.abs(expected) + 6e-7);
      const again = calculated(text);
      if (again === null) continue;
      typed.add(tensor.rule!.op);
      const sizes = [...text.matchAll(/\d[\d.]*(e−\d+)?/g)].map((m) => Math.abs(spoken(m[0])));
      expect(Math.abs(again - expected), text).toBeLessThan(2e-3 * Math.max(1, ...sizes));
    }
    expect(typed).toContain("norm");
    expect(typed).toContain("softmax");
  });

  test("a cell and its formula show one number, and where rounding parts them the text says so", () => {
    let [cells, parted] = [0, 0];
    for (const { tensor, index } of everyCell(exported)) {
      const { text } = explain(exported.scene, tensor, index);
      if (!text.includes(" = ")) continue;
      const shown = sayShown(null, exported.scene, tensor, index).replace(/^\+| \(masked\)/g, "");
      const said = / \(the cell, rounded: (.+)\)$/.exec(text)?.[1];
      expect(said ?? ending(text), `${tensor.name}[${index}]: ${text}`).toBe(shown);
      cells++;
      if (said) parted++;
    }
    expect(parted).toBeLessThan(0.005 * cells);
  });

  test("no input is ignored: each is among the sources", () => {
    for (const { tensor, index } of everyCell(exported)) {
      const { sources } = explain(exported.scene, tensor, index);
      if (sources.length)
        expect(new Set(sources.map((s) => s.tensor.name))).toEqual(new Set(tensor.inputs));
    }
  });

  test("the lines of NumPy are those that Python has tried", async () => {
    const lines = exported.scene.tensors.flatMap((t) => {
      const some = [0, Math.floor(0.618 * t.size), t.size - 1];
      return some.map((i) => ({
        name: t.name,
        index: i,
        line: explain(exported.scene, t, i).numpy,
      }));
    });
    await expect(JSON.stringify(lines, null, 1) + "\n").toMatchFileSnapshot(
      `./scenes/${exported.name}.numpy.json`,
    );
  });
});
