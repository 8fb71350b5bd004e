import { expect, test } from "vitest";
import { notesOf, sharesOf, sourceName } from "../../src/viewer/depth";
import { explain } from "../../src/viewer/explain";
import { label } from "../../src/viewer/text";
import { small } from "./helpers";
import { fromPython } from "./scenes";

const called = (name: string): ((tensor: string) => string[]) => {
  const { scene } = fromPython.find((one) => one.name === name)!;
  return (tensor) => {
    const shares = scene.byName.get(tensor)!;
    return [...Array(shares.cols).keys()].map((n) => sourceName(scene, shares, n));
  };
};

test("a source is called by who wrote it", () => {
  expect(called("depth-relu2")("blocks.1.depth_pattern_post")).toEqual([
    "embed + pos_embed",
    "layer 0 attn",
    "layer 0 FFN",
    "layer 1 attn",
    "layer 1 FFN",
  ]);
});

test("a block of layers is called by the layers of which it holds something", () => {
  const names = called("block_depth-relu2");
  expect(names("blocks.0.depth_pattern_mid")[1]).toBe("layer 0 attn");
  expect(names("blocks.0.depth_pattern_post")[1]).toBe("layer 0");
  expect(names("blocks.2.depth_pattern_post").slice(1)).toEqual(["layers 0–1", "layer 2"]);
});

test("all notes that a state is mixed of stand behind one source each", () => {
  for (const { scene } of fromPython.filter(({ name }) => name.includes("depth")))
    for (const state of scene.tensors.filter((t) => t.stream))
      for (const shares of sharesOf(scene, state)) {
        const notes = [...Array(shares.cols).keys()].flatMap((n) => notesOf(scene, shares, n));
        expect(notes.map((t) => t.name)).toEqual(state.inputs!.filter((n) => n !== shares.name));
      }
});

test("a plain sum has no shares", () => {
  const scene = small();
  for (const t of scene.tensors) expect(sharesOf(scene, t)).toEqual([]);
});

test("a formula tells the notes of two layers apart", () => {
  const { scene } = fromPython.find(({ name }) => name === "block_depth-relu2")!;
  const { text } = explain(scene, scene.byName.get("blocks.1.depth_pattern_mid")!, 1);
  expect(text).toMatch(
    /^Σ \(norm\(blocks.0.attn_out\[0\] \+ blocks.0.ffn_out\[0\] \+ blocks.1.attn_out\[0\]\) · queries.2\) = /,
  );
});

test("one of several in a list is called with its number", () => {
  const { scene } = fromPython.find(({ name }) => name === "depth-relu2")!;
  const names = ["residual.queries.3", "blocks.0.attention.wq.weight", "blocks.1.attn_norm.gain"];
  expect(names.map((name) => label(scene.byName.get(name)!))).toEqual(["queries.3", "wq", "gain"]);
});
