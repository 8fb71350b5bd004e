import { expect, test } from "vitest";
import { grants, meant, wishOf } from "../../src/viewer/find";
import { small } from "./helpers";
import { fromPython } from "./scenes";

const { tensors } = small();

function hits(typed: string): string[] {
  const wish = wishOf(typed);
  return tensors.filter((t) => grants(t, wish)).map((t) => t.name);
}

const first = (typed: string): string | undefined => {
  const wish = wishOf(typed);
  return meant(
    tensors.filter((t) => grants(t, wish)),
    wish,
  )?.name;
};

test.each([
  "layer 1 pattern",
  "pattern layer 1",
  "Pattern of Layer1",
  "blocks.1.pattern",
  "block 1, head 1 patterns",
  "1 pattern",
])("%s is found in the layer that is so counted from zero, and nowhere else", (typed) => {
  expect(hits(typed)).toEqual(["blocks.1.pattern"]);
});

test("all words must be met, in any order", () => {
  expect(hits("weight wo")).toEqual([
    "blocks.0.attention.wo.weight",
    "blocks.1.attention.wo.weight",
  ]);
  expect(hits("wo pattern")).toEqual([]);
  expect(hits("layer 2 pattern")).toEqual([]); // there are two layers
});

test("a head is met by what has so many, and by the weights of attention", () => {
  expect(hits("layer 0 head 1 z")).toEqual(["blocks.0.z"]);
  expect(hits("layer 0 head 9 z")).toEqual([]);
  expect(hits("head 1 wq layer 0")).toEqual(["blocks.0.attention.wq.weight"]);
  expect(hits("head 1 embed")).toEqual([]);
});

test("a query is the q of the code", () => {
  expect(hits("layer 0 queries")).toEqual(expect.arrayContaining(["blocks.0.q"]));
  expect(hits("layer 0 queries")).not.toContain("blocks.0.k");
});

test("of many the one that is called so is meant, or else the first", () => {
  expect(first("layer 0 q")).toBe("blocks.0.q");
  expect(first("layer 1 attention")).toBe(hits("layer 1 attention")[0]);
  expect(first("nothing of the kind")).toBeUndefined();
});

test("every matrix of every scene is found by its own name", () => {
  for (const { scene } of fromPython)
    for (const { name } of scene.tensors) {
      const wish = wishOf(name);
      const granted = scene.tensors.filter((t) => grants(t, wish));
      expect(granted.map((t) => t.name)).toContain(name);
    }
});
