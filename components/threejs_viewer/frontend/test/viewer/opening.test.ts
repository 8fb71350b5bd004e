import { expect, test } from "vitest";
import { certainties, lit, reached } from "../../src/viewer/certainty";
import { explain } from "../../src/viewer/explain";
import { choice } from "../../src/viewer/facts";
import { plan } from "../../src/viewer/layout";
import { AT_REST, momentAt, openingOf, saidOf, type Opening } from "../../src/viewer/opening";
import { cellAt } from "../../src/viewer/pick";
import { heightOf, type Box } from "../../src/viewer/layout";
import { stagesOf } from "../../src/viewer/walk";
import { opened, small } from "./helpers";
import { BIG, fake } from "../../dev/fake";

const scene = small("7*8=56");
const made = plan(scene);
const box = (name: string, plane = 0): Box => made.ofTensor.get(name)![plane]!;

function open(name: string, col: number, row: number, plane = 0): Opening | null {
  const cell = cellAt(box(name, plane), col, row);
  return openingOf(made, cell, explain(scene, cell.box.tensor, cell.index));
}

test.each(["q", "k", "v", "attn_out", "ffn_pre", "ffn_out"])(
  "a cell of %s is a row of weights times a token's column, and its pairs give its number",
  (name) => {
    const opening = open(`blocks.1.${name}`, 2, 3)!;
    const { cell, lanes, products, total } = opening;
    expect(lanes.map(({ name }) => name.split(" ")[0])).toEqual(["row", "column"]);
    expect(products).toHaveLength(lanes[0].numbers.length);
    expect(lanes[1].places.every(({ col }) => col === 2)).toBe(true);
    const { value } = explain(scene, cell.box.tensor, cell.index);
    expect(total).toBeCloseTo(value!, 2);
    expect(saidOf(opening)).toContain(`${products.length} products add up to`);
  },
);

test("a score is a query times a key, scaled; a mixed value a row of shares times the values", () => {
  const score = open("blocks.0.scores", 0, 2)!;
  expect(score.scale).toBeLessThan(1);
  expect(score.total).toBeCloseTo(score.scale * score.products.reduce((a, b) => a + b), 9);
  expect(open("blocks.0.z", 3, 1, 1)).not.toBeNull();
});

test("what is no sum of products stays closed: norms, sums, shares, weights, the masked future", () => {
  for (const name of ["embed", "blocks.0.attn_norm", "blocks.0.resid_mid", "blocks.0.pattern"])
    expect(open(name, 1, 1)).toBeNull();
  expect(open("unembed.weight", 1, 1)).toBeNull();
  expect(open("blocks.0.scores", 3, 1)).toBeNull();
});

test("the lanes come out, meet, are multiplied, pile up and go back; at rest all is to be seen", () => {
  const many = [...Array(101).keys()].map((i) => momentAt(i / 100));
  expect([many[0]!.out, many[100]!.out]).toEqual([0, 0]);
  for (const what of ["met", "made", "piled"] as const)
    many.reduce((before, now) => (expect(now[what]).toBeGreaterThanOrEqual(before[what]), now));
  expect(momentAt(AT_REST)).toEqual({ out: 1, met: 1, made: 1, piled: 0 });
});

test("the probability after the last layer is the model's own, and the others come as they are reached", () => {
  for (const one of [scene, opened(fake("7*8=56", BIG))]) {
    const own = plan(one);
    const all = certainties(own, one.given);
    const last = choice(one, one.given - 1)!;
    const token = one.manifest.tokens[one.given];
    if (!all.length) continue; // its random numbers are read out otherwise
    expect(all).toHaveLength(own.layers.length);
    if (last.token === token) expect(all.at(-1)!.share).toBeCloseTo(last.share, 1);
    const stages = stagesOf(one);
    expect(reached(all, stages, 0)).toHaveLength(0);
    expect(reached(all, stages, stages.length - 1)).toHaveLength(all.length);
    const foot = all[0]!.box.y - heightOf(all[0]!.box);
    expect(lit(all, foot).map(({ grown }) => grown)).toEqual([1]);
    expect(lit(all, all[0]!.box.y)).toEqual([]);
    const second = certainties(own, one.given + 1); // of the token behind it, at its own place
    const next = choice(one, one.given);
    if (next?.token === one.manifest.tokens[one.given + 1])
      expect(second.at(-1)!.share).toBeCloseTo(next.share, 1);
    expect(certainties(own, one.manifest.tokens.length)).toEqual([]);
  }
});
