// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { counted } from "../../src/drawings/shared/numbers";
import { REST_MS } from "../../src/drawings/shared/slide";
import squares from "../../src/drawings/squares";
import { cases, opened, press, type Opened } from "./cases";

const { data, expected } = cases.squares;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function open(): Opened<typeof data> {
  const drawing = opened(squares, cases.squares);
  vi.advanceTimersByTime(60_000);
  return drawing;
}

function at(drawing: Opened<typeof data>, moment: number): void {
  drawing.one<HTMLInputElement>(".scrub").value = String(moment);
  drawing.one(".scrub").dispatchEvent(new Event("input"));
}

test("pairs trained on and held out are counted apart as lab counts them, at every check", () => {
  const drawing = open();
  expected.right[0].forEach((_, moment) => {
    at(drawing, moment);
    const told = drawing.all(".curves b").map((one) => one.textContent);
    expect(told).toEqual(expected.right.flatMap((counts) => counts[moment].map(counted)));
    for (const group of drawing.all(".curves .trained .told"))
      expect(group.textContent).toContain(` of ${counted(expected.n_trained)} right`);
  });
});

test("arrow keys go to another pair, whose texts are asked for once and told once they are here", () => {
  const drawing = open();
  const [fields] = drawing.all(".fields");
  expect(drawing.text(".said")).toContain("12 × 34 = 408");
  expect(drawing.text(".texts")).toContain("one*2");
  press(fields, "ArrowDown");
  press(fields, "ArrowLeft", true);
  expect(fields.getAttribute("aria-valuenow")).toBe("1324");
  expect(drawing.text(".texts")).not.toContain("one*2");
  expect(drawing.sent).toEqual([]);
  vi.advanceTimersByTime(REST_MS);
  expect(drawing.sent).toEqual([["cell", [13, 24]]]);
  const canvas = drawing.one("canvas");
  drawing.load({ ...data, digest: "the texts", cell: [13, 24] });
  expect(drawing.text(".said")).toContain("13 × 24 = 312");
  expect(drawing.text(".texts")).toContain("one*2");
  expect(fields.getAttribute("aria-valuetext")).toContain("one wrote one*2");
  expect(drawing.one("canvas")).toBe(canvas);
});

test("what comes too late, of a pair that was left, is not told", () => {
  const drawing = open();
  press(drawing.one(".fields"), "End");
  drawing.load({ ...data, digest: "late", cell: [13, 24] });
  expect(drawing.text(".pair")).toContain("99 × 99");
  expect(drawing.text(".texts")).not.toContain("one*2");
});

test("a finger goes on by one, and a carry stands above the token that it goes into", () => {
  const drawing = open();
  const carries = drawing
    .all("[data-carry]")
    .map((token) => token.dataset.carry + token.textContent!);
  expect(carries).toEqual(["32", "32"]);
  drawing.all(".nudge button").forEach((button) => button.click());
  expect(drawing.text(".pair")).toContain("12 × 34");
  drawing.all(".nudge button")[2].click();
  expect(drawing.text(".pair")).toContain("13 × 34");
  vi.advanceTimersByTime(REST_MS);
  expect(drawing.sent).toEqual([["cell", [13, 34]]]);
});
