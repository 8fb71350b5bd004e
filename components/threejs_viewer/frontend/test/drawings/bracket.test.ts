// @vitest-environment happy-dom
// The bracket moves between the query and the latent, and each stop says what it costs.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import bracket from "../../src/drawings/bracket";
import { AGAIN, bracketAt, film, MOVED, seen } from "../../src/drawings/maths/bracket";
import { cases, opened, press } from "./cases";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a stop rests before the film goes on, and the last one comes at the end", () => {
  const { frames, seconds } = film(5, 10);
  expect([frames[0].at, frames.at(-1)!.at, seconds]).toEqual([0, 4, 10]);
  frames.slice(1).forEach(({ at, seconds: s }, i) => {
    expect(at).toBeGreaterThan(frames[i].at);
    expect(s).toBeGreaterThanOrEqual(frames[i].seconds);
  });
  for (const stop of [1, 2, 3]) {
    const i = frames.findIndex(({ at }) => at === stop);
    expect(frames[i + 1].seconds - frames[i].seconds).toBeGreaterThan(1);
  }
});

test("the bracket stands still but between two stops, where it passes the middle halfway", () => {
  expect([0, AGAIN, AGAIN + 0.5, MOVED, 4].map(bracketAt)).toEqual([0, 0, 0.5, 1, 1]);
  expect([0, 0.25, 0.5, 1, 2, 3].map((at) => seen(at, 1, 2))).toEqual([0, 0, 0, 1, 1, 0]);
});

test("each stop says its bytes and operations, in each setting, as Python counts them", () => {
  const it = cases.bracket;
  const drawing = opened(bracket, it);
  const stops = drawing.all(".stop");
  it.data.settings.forEach(({ name }, i) => {
    drawing.all(".settings button")[i].click();
    stops.forEach((stop, at) => {
      stop.click();
      for (const words of it.expected[name][at]) expect(drawing.text(".said")).toContain(words);
      expect(stop.getAttribute("aria-pressed")).toBe("true");
      expect(drawing.text(".freed")).toContain(it.expected[name][at][0]);
      expect(drawing.all(".later").length).toBe(stops.length - 1 - at);
    });
  });
  expect(drawing.text(".said")).toContain("No latent is rotated");
  drawing.all(".stop")[MOVED].click();
  expect(drawing.text(".said")).toContain("3.4 times as many as with keys and values kept");
});

test("keys take the bracket to the query and back", () => {
  const drawing = opened(bracket, cases.bracket);
  drawing.all(".stop")[AGAIN].click();
  const pair = drawing.one(".pair");
  for (const [key, value] of [
    ["ArrowLeft", "1"],
    ["ArrowRight", "0"],
    ["End", "1"],
    ["Home", "0"],
  ]) {
    press(pair, key);
    expect(pair.getAttribute("aria-valuenow")).toBe(value);
  }
  expect(drawing.text(".said")).toContain("keys made again");
});

test("what was before the matrix is not there at first, and the bracket neither", () => {
  const drawing = opened(bracket, cases.bracket);
  drawing.all(".stop")[0].click();
  expect(drawing.one(".pair").classList.contains("away")).toBe(true);
  expect(drawing.one(".part.c").classList.contains("away")).toBe(true);
  drawing.all(".stop")[4].click();
  expect(drawing.one(".part.own_keys").classList.contains("away")).toBe(true);
  expect(drawing.one(".part.turned").classList.contains("away")).toBe(false);
});
