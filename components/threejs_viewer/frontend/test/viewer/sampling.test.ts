import { expect, test } from "vitest";
import { chancesAt, dice, drawn } from "../../src/viewer/sampling";

const LOGITS = [2, -1, 0.5, 2.5];

test("at T = 1 it is softmax, at another T softmax of the logits by T", () => {
  for (const T of [0.3, 1, 2]) {
    const sizes = LOGITS.map((x) => Math.exp(x / T));
    const total = sizes.reduce((a, b) => a + b);
    chancesAt(LOGITS, T).forEach((p, i) => expect(p).toBeCloseTo(sizes[i]! / total, 12));
  }
});

test("a low T goes to the largest alone, and T = 0 is there; no logit is too large", () => {
  expect(chancesAt(LOGITS, 0)).toEqual([0, 0, 0, 1]);
  expect(chancesAt([1, 1], 0)).toEqual([0.5, 0.5]);
  expect(chancesAt([3000, 0], 0.05)).toEqual([1, 0]);
  expect(chancesAt(LOGITS, 0.05)[3]).toBeGreaterThan(0.9999);
});

test("draws come as often as their chances say, and the same again from the same seed", () => {
  const chances = chancesAt(LOGITS, 1);
  const draws = (seed: number): number[] => {
    const throwDice = dice(seed);
    return Array.from({ length: 4000 }, () => drawn(chances, throwDice()));
  };
  const [once, again, other] = [draws(1), draws(1), draws(2)];
  expect(again).toEqual(once);
  expect(other).not.toEqual(once);
  chances.forEach((p, i) => {
    const share = once.filter((token) => token === i).length / 4000;
    expect(Math.abs(share - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / 4000));
  });
});

test("what has no chance is never drawn, not even where rounding leaves the sum under 1", () => {
  expect(drawn([0, 0.5, 0.5, 0], 0)).toBe(1);
  expect(drawn([0, 0.5, 0.4999, 0], 0.99999)).toBe(2);
});
