import { expect, test } from "vitest";
import { read } from "../../src/viewer/data";
import { formingAt, productOf, rowsAfter, wordsOf } from "../../src/viewer/forming";
import { View } from "../../src/viewer/camera";
import { plan } from "../../src/viewer/layout";
import { stageOf, stagesOf } from "../../src/viewer/walk";
import { small } from "./helpers";

const scene = small("7*8=56");
const made = plan(scene);
const stages = stagesOf(scene);
const productFor = (name: string): ReturnType<typeof productOf> =>
  productOf(scene, stages, stageOf(stages, name));

test("queries, keys and values are formed by their weights; shares by none", () => {
  const product = productFor("blocks.0.q")!;
  expect([...product.made]).toEqual(
    expect.arrayContaining(["blocks.0.q", "blocks.0.k", "blocks.0.v"]),
  );
  expect(product.weights.has("blocks.0.attention.wq.weight")).toBe(true);
  expect(productFor("probs")).toBeNull();
  expect(productOf(scene, [], 0)).toBeNull();
});

test("rows come ever faster, and all of them in the end", () => {
  expect([rowsAfter(0), rowsAfter(1)]).toEqual([0, 1]);
  expect(rowsAfter(0.5)).toBeLessThan(0.2);
});

test("the cell that is told is a row of the weights times a token's column, with its own number", () => {
  const product = productFor("blocks.0.ffn_pre")!;
  const at = formingAt(made, product, 0.6, [0, 3])!;
  expect(at.row).toBe(Math.floor(0.6 * at.made.rows));
  expect(at.col).toBeLessThanOrEqual(3);
  expect(at.read!.rows).toBe(at.weights.cols);
  const value = read(scene, at.made.tensor, at.col * at.made.tensor.cols + at.row)!;
  const view = new View();
  expect(wordsOf(view, at).text).toContain(`w_in[${at.row}] · ffn_norm[${at.col}] =`);
  expect(wordsOf(view, at).text).toContain(Math.abs(value).toFixed(2).slice(0, 3));
});
