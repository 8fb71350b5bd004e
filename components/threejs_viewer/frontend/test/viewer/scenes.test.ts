import { expect, test } from "vitest";
import { fake, SMALL } from "../../dev/fake";
import { halvesOf } from "../../src/viewer/data";
import { cellAt } from "../../src/viewer/pick";
import {
  addressOf,
  cellOf,
  onSide,
  openScenes,
  shadeRight,
  type Numbers,
} from "../../src/viewer/scenes";

function numbers(prompt: string): Numbers {
  const { manifest, weights, activations } = fake(prompt, SMALL);
  return { manifest, weights: halvesOf(weights), activations: halvesOf(activations) };
}

const one = (prompt: string) => openScenes({ ...numbers(prompt), edits: [] }, true);
const two = (left: string, right: string) =>
  openScenes({ ...numbers(left), edits: [], beside: { ...numbers(right), title: "" } }, true);

test("a cell's address leads back to the cell, on either side", () => {
  const { sides } = two("7*8=56", "7*9=63");
  for (const { plan } of sides)
    for (const box of plan.boxes) {
      const cell = cellAt(box, box.cols - 1, box.rows >> 1);
      expect(cellOf(sides, addressOf(sides, cell))).toEqual(cell);
    }
});

test("an address outlives its scene; one of a place that is gone leads nowhere", () => {
  const [before, after] = [one("7*8=56"), one("3*4=")];
  const place = (position: number) => ({ side: 0, name: "embed", place: [position, 2] });
  const cell = cellOf(before.sides, place(3))!;
  expect(addressOf(after.sides, cell)).toEqual(place(3));
  expect(cellOf(after.sides, place(3))!.box.scene).toBe(after.sides[0]!.plan.scene);
  expect(cellOf(after.sides, place(5))).toBe(null);
  expect(cellOf(after.sides, { ...place(3), side: 1 })).toBe(null);
});

test("a cell's partner is the same place on the other side, where there is one", () => {
  const { sides } = two("7*8=", "7*8=56");
  const at = (side: number, position: number) =>
    cellOf(sides, { side, name: "embed", place: [position, 1] });
  expect(onSide(sides, at(0, 2), 1)).toEqual(at(1, 2));
  expect(onSide(sides, at(1, 5), 0)).toBe(null);
  expect(onSide(sides, at(1, 5), 1)).toEqual(at(1, 5));
});

test("scenes of equal shapes say so, and other shades move no box", () => {
  expect(one("7*8=56").shapes).toBe(one("3*4=12").shapes);
  expect(one("7*8=56").shapes).not.toBe(one("3*4=").shapes);
  const shaded = two("7*8=56", "7*9=63");
  const own = shadeRight(shaded, false);
  expect(shaded.sides[1]!.shown).toBe(shaded.comparison!.difference);
  expect(own.sides[1]!.shown).toBe(own.sides[1]!.plan.scene);
  expect(own.sides[1]!.plan).toBe(shaded.sides[1]!.plan);
  expect(shadeRight(own, true).comparison).toEqual(shaded.comparison);
});
