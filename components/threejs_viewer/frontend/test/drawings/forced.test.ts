// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import forced from "../../src/drawings/forced";
import { cases, opened } from "./cases";

const { data } = cases.forced;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("both lines are written together, and the sums of their losses part at the mistake", () => {
  const drawing = opened(forced, cases.forced);
  const [sums, later] = [
    (): string[] => drawing.all(".sum").map((e) => e.textContent),
    (): number => drawing.all(".later").length,
  ];
  expect([sums(), later()]).toEqual([["0 nats", "0 nats"], 6]);
  vi.advanceTimersByTime(20_000);
  const total = data.lanes.map(({ losses }) => losses.reduce((a, b) => a + b));
  expect([sums(), later()]).toEqual([
    total.map((sum) => `${sum.toFixed(2)} / 3 = ${(sum / 3).toFixed(1)} nats`),
    0,
  ]);
  expect(drawing.all(".wrong").length).toBe(1);
  expect(drawing.text(".said")).toBe(
    "Reading the right tokens, it loses more than a coin on 1 token. Reading its own, it writes 1 token wrong.",
  );
});

test("a token that is pointed at tells what the model was evaluated on, and its loss", () => {
  const drawing = opened(forced, cases.forced);
  vi.advanceTimersByTime(20_000);
  const said = (lane: number, token: number): string => {
    drawing.all(`.lane${lane} [role=img]`)[token].dispatchEvent(new Event("focus"));
    return drawing.text(".said");
  };
  expect(said(0, 1)).toBe(
    "units, evaluated on 6*7=4: the right token is 2, at a loss of 0.0100 nats.",
  );
  expect(said(1, 1)).toBe(
    "units, evaluated on 6*7=5, its own mistake in it: the right token is 2, at a loss of 0.900 nats. It wrote 2.",
  );
});
