// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { softmax } from "../../src/drawings/maths/coins";
import shift from "../../src/drawings/shift";
import { apart, cases, opened, press } from "./cases";

const { data, expected } = cases.shift;

test("a shift moves every logit, and the probabilities are those of Python at any shift", () => {
  for (const { by, logits, p } of expected) {
    const moved = data.logits.map((logit) => logit + by);
    expect(apart(moved, logits)).toBeLessThan(1e-9);
    expect(apart(softmax(moved), p)).toBeLessThan(1e-12);
  }
});

test("whatever the keys do, logits move and what is written of probabilities and loss stays", () => {
  const drawing = opened(shift, cases.shift);
  const texts = (kind: string): string[] => drawing.all(kind).map((one) => one.textContent);
  const [before, logits] = [texts(".share"), texts(".logit")];
  const knob = drawing.one(".knob");
  for (const key of ["Home", "ArrowRight", "PageUp", "End"]) {
    press(knob, key);
    expect(texts(".logit")).not.toEqual(logits);
    expect(texts(".share")).toEqual(before);
  }
  expect(Number(knob.getAttribute("aria-valuenow"))).toBe(data.high);
  expect(drawing.text(".said")).toMatch(/by \+\d.*none of the probabilities has moved/);
});
