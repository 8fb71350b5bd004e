// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";
import { REST_MS, Slide } from "../../src/drawings/shared/slide";
import { press } from "./cases";

const slid = (now: number, step = 1) => {
  vi.useFakeTimers();
  const mark = document.createElement("b");
  const state = { now, rests: 0 };
  const slide = new Slide(mark, mark, {
    step,
    now: () => state.now,
    bounds: () => [0, 30],
    unit: () => 10,
    move: (value) => (state.now = value),
    rest: () => (state.rests += 1),
  });
  const keys = (...pressed: string[]): number => {
    for (const key of pressed) press(mark, key.replace("Shift+", ""), key.startsWith("Shift+"));
    return state.now;
  };
  const hand = (type: string, clientX: number, button = 0): void => {
    mark.dispatchEvent(new PointerEvent(type, { clientX, button }));
  };
  mark.setPointerCapture = () => undefined;
  return { slide, state, keys, hand };
};

test("arrow keys move by a step, with shift by ten, page keys by ten", () => {
  const { keys } = slid(12);
  expect(keys("ArrowRight")).toBe(13);
  expect(keys("ArrowUp", "ArrowLeft", "ArrowDown")).toBe(12);
  expect(keys("Shift+ArrowRight")).toBe(22);
  expect(keys("PageDown")).toBe(12);
  expect(keys("PageUp", "Tab")).toBe(22);
});

test("a slide stops at its bounds", () => {
  const { keys } = slid(28);
  expect(keys("PageUp")).toBe(30);
  expect(keys("ArrowRight")).toBe(30);
  expect(keys("Home")).toBe(0);
  expect(keys("Shift+ArrowLeft")).toBe(0);
  expect(keys("End")).toBe(30);
});

test("tenths stay whole tenths", () => {
  const { keys } = slid(0, 0.1);
  expect(keys(...Array<string>(3).fill("ArrowRight"))).toBe(0.3);
});

test("it has come to rest a while after the last key, once", () => {
  const { slide, state, keys } = slid(5);
  keys("ArrowRight", "ArrowRight");
  vi.advanceTimersByTime(REST_MS - 1);
  expect([slide.busy, state.rests]).toEqual([true, 0]);
  vi.advanceTimersByTime(1);
  expect([slide.busy, state.rests]).toEqual([false, 1]);
});

test("a mark goes as far as the hand, and rests when it is let go somewhere else", () => {
  const { slide, state, hand } = slid(5);
  hand("pointermove", 500);
  expect(state.now).toBe(5);
  hand("pointerdown", 100);
  hand("pointermove", 134);
  expect([slide.busy, state.now, state.rests]).toEqual([true, 8, 0]);
  hand("pointerup", 134);
  expect([slide.busy, state.now, state.rests]).toEqual([false, 8, 1]);
  hand("pointerdown", 100);
  hand("pointerup", 100);
  hand("pointerdown", 100, 2);
  hand("pointermove", 200);
  expect([state.now, state.rests]).toEqual([8, 1]);
});
