import { expect, test } from "vitest";
import { Pace } from "../../src/viewer/pace";

const after = (gaps: number[]): boolean => {
  const pace = new Pace();
  let now = 0;
  for (const gap of [0, ...gaps]) pace.note((now += gap));
  return pace.slow;
};

test("frames of one motion that are over 50 ms apart are slow", () => {
  expect(after([60, 70, 60, 80, 60])).toBe(true);
  expect(after([16, 17, 16, 90, 16, 16])).toBe(false);
});

test("frames between which the reader rested say nothing", () => {
  expect(after([60, 60, 400, 60, 60, 400, 60])).toBe(false);
});
