// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import cut from "../../src/drawings/cut";
import { reached, reaches } from "../../src/drawings/maths/cut";
import { cases, opened, press } from "./cases";

const { data, expected } = cases.cut;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("a copy reaches what lab says it may change, and nothing else", () => {
  const found = data.units.map((from) =>
    data.units.flatMap((to, j) => (reaches(from, to) ? [j] : [])),
  );
  expect(found).toEqual(expected);
});

test("another first digit is read by the whole second step", () => {
  const within = (isAnother: boolean): boolean[] => reached(data.units, [3], isAnother);
  expect(within(false)).toEqual(data.units.map((_, i) => i === 3));
  expect(within(true)).toEqual(data.units.map(({ step }, i) => i === 3 || step === 1));
});

const FFN_TENS = '.source [aria-label^="FFN 0, step 0"]';

test("it plays what the search found, and rests with the answer turned", () => {
  const drawing = opened(cut, cases.cut);
  expect(drawing.text(".answer")).toBe("56");
  vi.advanceTimersByTime(60_000);
  expect(drawing.text(".answer")).toBe("63");
  expect(drawing.text(".copied_numbers")).toBe("512");
  expect(drawing.text(".said")).toContain("Of 100 sets of as many numbers elsewhere, 1 turns");
  expect(drawing.all(".landmarks span").map(({ title }) => title)).toEqual(["53", "63"]);
});

test("a cell is copied and taken back by key, and Python is told", () => {
  const drawing = opened(cut, cases.cut);
  vi.advanceTimersByTime(60_000);
  const cell = drawing.one(FFN_TENS);
  press(cell, "Enter");
  expect(drawing.text(".answer")).toBe("53");
  expect(drawing.sent).toEqual([["chosen", [4]]]);
  press(cell, " ");
  expect(drawing.text(".answer")).toBe("63");
  drawing.one(".reset").click();
  expect(drawing.text(".answer")).toBe("56");
  expect(drawing.sent.at(-1)).toEqual(["chosen", []]);
});

test("a set that Python has not sent is asked for, and shown when it comes", () => {
  const drawing = opened(cut, cases.cut);
  vi.advanceTimersByTime(60_000);
  drawing.one(".reset").click();
  press(drawing.one('.source [aria-label^="Head 0 of layer 1, step 0"]'), "Enter");
  press(drawing.one('.source [aria-label^="Head 1 of layer 1, step 0"]'), "Enter");
  expect(drawing.sent.at(-1)).toEqual(["chosen", [1, 2]]);
  expect(drawing.text(".answer")).toBe("??");
  expect(drawing.text(".said")).toContain("is writing the answer anew");
  const found = { ...data.sets[""], text: "57" };
  drawing.load({ ...data, digest: "another", sets: { ...data.sets, "1 2": found } });
  expect(drawing.text(".answer")).toBe("57");
  expect(drawing.all(".source .taken").length).toBe(2);
});

test("each copy is an arc, taken back with it", () => {
  const drawing = opened(cut, cases.cut);
  const arcs = (): number => drawing.all(".copies path[d]").length;
  expect(arcs()).toBe(0);
  vi.advanceTimersByTime(60_000);
  expect(arcs()).toBe(data.path.length);
  press(drawing.one(FFN_TENS), "Enter");
  expect(arcs()).toBe(data.path.length - 1);
  drawing.one(".reset").click();
  expect(arcs()).toBe(0);
});

test("rows and columns are named once, above the cells, and cells are empty", () => {
  const drawing = opened(cut, cases.cut);
  const names = drawing.all(".result .kinds span").map((one) => one.textContent);
  expect(names).toEqual(["heads 0–1", "FFN", "heads 0–1", "FFN"]);
  expect(drawing.all(".result .steps span").map((one) => one.textContent)).toEqual(data.steps);
  expect(drawing.all(".odds .of").map((one) => one.textContent)).toEqual(["tens", "units"]);
  expect(drawing.all(".source .whole").length).toBe(1);
  expect(drawing.all('.source [role="button"]').filter((one) => one.textContent)).toEqual([]);
});

test("as many numbers elsewhere are shown without a word to Python", () => {
  const drawing = opened(cut, cases.cut);
  vi.advanceTimersByTime(60_000);
  drawing.one(".elsewhere").click();
  expect(drawing.text(".answer")).toBe("56");
  expect(drawing.all(".source .taken").length).toBe(2);
  expect(drawing.text(".said")).toContain("Drawn by seed, 1 of 1: ");
  expect(drawing.sent).toEqual([]);
});

const at = (type: string, x: number, y: number, on: Element): boolean =>
  on.dispatchEvent(
    new PointerEvent(type, { clientX: x, clientY: y, bubbles: true, pointerType: "mouse" }),
  );

test("a cell that is dragged onto the other run is copied, and one let fall is not", () => {
  const drawing = opened(cut, cases.cut);
  vi.advanceTimersByTime(60_000);
  drawing.one(".reset").click();
  const cell = drawing.one(FFN_TENS);
  const box = { left: 300, right: 500, top: 0, bottom: 100 } as DOMRect;
  vi.spyOn(drawing.one(".target .grid"), "getBoundingClientRect").mockReturnValue(box);
  at("pointerdown", 10, 50, cell);
  at("pointermove", 200, 50, cell);
  at("pointerup", 250, 50, cell);
  expect(drawing.text(".answer")).toBe("56");
  at("pointerdown", 10, 50, cell);
  at("pointermove", 380, 50, cell);
  expect(drawing.all(".ghost").length).toBe(1);
  at("pointerup", 400, 50, cell);
  expect([drawing.all(".ghost").length, drawing.text(".answer")]).toEqual([0, "64"]);
});
