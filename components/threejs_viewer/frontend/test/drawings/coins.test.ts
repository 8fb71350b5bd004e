// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import coins from "../../src/drawings/coins";
import { COIN, loss, pile, softmax } from "../../src/drawings/maths/coins";
import { apart, cases, opened, press } from "./cases";

const { data, expected } = cases.coins;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("probabilities and losses are those of Python, and the coins pile up to the loss", () => {
  for (const { logits, p, nats, coins } of expected) {
    expect(apart(softmax(logits), p)).toBeLessThan(1e-12);
    expect(loss(logits, data.right)).toBeCloseTo(nats, 9);
    const sum = pile(nats).reduce((a, b) => a + b, 0);
    expect(Math.abs(sum - coins)).toBeLessThan(0.006);
  }
});

test("certainty of the wrong digit costs without end, and of the right one saves what there is", () => {
  const drawing = opened(coins, cases.coins);
  vi.advanceTimersByTime(10_000);
  const nats = (): number => Number(/is ([\d.]+) nats/.exec(drawing.text(".said"))![1]);
  const [wrong, right] = drawing.all<SVGCircleElement>(".knob");
  const own = nats();
  expect(own).toBeCloseTo(expected[0].nats, 2);
  expect(drawing.all(".heap rect").length).toBe(Math.ceil(own / COIN));
  press(wrong, "ArrowUp", true);
  press(wrong, "ArrowUp", true);
  expect(nats() - own).toBeGreaterThan(1.8);
  press(wrong, "End");
  expect(nats()).toBeGreaterThan(2 * own);
  press(right, "End");
  press(wrong, "Home");
  expect(nats()).toBe(0);
  drawing.one(".reset").click();
  expect(nats()).toBe(own); // as the model has it
});
