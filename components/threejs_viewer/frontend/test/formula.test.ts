import { describe, expect, test } from "vitest";
import { indexOf, read } from "../src/data";
import { explain } from "../src/formula";
import { fake } from "../dev/fake";
import { opened, small } from "./helpers";

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
  payload.manifest.tensors.find((t) => t.name === "logits")!.op = "something new";
  const scene = opened(payload);
  expect(explain(scene, scene.byName.get("embed.weight")!, 0).text).toBe("learned in training");
  expect(explain(scene, scene.byName.get("logits")!, 0).again).toBeUndefined();
});
