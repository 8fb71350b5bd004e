// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import * as maths from "../../src/drawings/maths/strip";
import { range } from "../../src/drawings/shared/numbers";
import strip from "../../src/drawings/strip";
import { cases, opened, press, type Opened } from "./cases";

const { strips, digits, full, seconds } = cases.strip.data;
const { expected } = cases.strip;
const each = strips.map((drawn, s) => ({ name: drawn.name, drawn, found: expected.strips[s] }));

afterEach(() => {
  vi.useRealTimers();
});

// ---------------------------------------------------------------- where a number stands

test.each(each)("$name: every number stands where NumPy has it, at 64 and at 32 a row", (one) => {
  for (const columns of [64, 32] as const) {
    const all = maths.places(one.drawn.parts, columns);
    const found = all.map(({ column, row, across, down }) => [column, row, across, down]);
    expect(found).toEqual(one.found.places[columns]);
  }
});

test.each(each)("$name: each number is found at its cell, and none in a gap or outside", (one) => {
  const measures = { pitch: 10, gap: 4 };
  const all = maths.places(one.drawn.parts, 32);
  const corners = all.map((place) => maths.cornerOf(place, measures));
  for (const [dx, dy] of [
    [0, 0],
    [9.9, 0],
    [5, 9.9],
  ])
    expect(corners.map(([x, y]) => maths.cellAt(all, measures, x + dx, y + dy))).toEqual(
      range(all.length),
    );
  const { column, row, across, down } = maths.extent(all);
  const [right, bottom] = [column * 10 + across * 4, row * 10 + down * 4];
  expect(maths.cellAt(all, measures, right + 1, 5)).toBe(null);
  expect(maths.cellAt(all, measures, 5, bottom + 1)).toBe(null);
  expect(maths.cellAt(all, measures, -1, 5)).toBe(null);
});

test("a part that begins a row has its gap above, one within a row before it", () => {
  const parts: maths.Strip["parts"] = [
    ["a", 4],
    ["b", 2],
    ["c", 4],
  ];
  const all = maths.places(parts, 4);
  expect(all.map(({ across }) => across)).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 0, 0]);
  expect(all.map(({ down }) => down)).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 1, 1]);
  const measures = { pitch: 10, gap: 4 };
  expect(maths.cellAt(all, measures, 5, 12)).toBe(null);
  expect(maths.cellAt(all, measures, 22, 20)).toBe(null);
  expect(maths.extent(all)).toEqual({ column: 4, row: 3, across: 1, down: 1 });
});

// ---------------------------------------------------------------- what it is

test.each(each)("$name: dropped is what Python does not keep, and each is named", (one) => {
  const { drawn, found } = one;
  const numbers = range(drawn.numbers.length);
  expect(numbers.filter((i) => maths.dropped(drawn, i))).toEqual(found.dropped);
  expect(drawn.bytes).toBe(found.bytes);
  for (const [i, said] of found.named) expect(maths.named(drawn, i, digits)).toBe(said);
});

test("a colour is as strong as its number, and from a size on no stronger", () => {
  expect([0, 1, -1, 2, -4, 9].map((x) => maths.strength(x, 4))).toEqual([0, 0.25, 0.25, 0.5, 1, 1]);
});

test("one strip is filled before the next begins", () => {
  const sizes = strips.map(({ numbers }) => numbers.length);
  expect(sizes).toEqual([160, 80, 88]);
  expect([0, 1, 160, 161, 240, 327, 328].map((at) => maths.filled(strips, at))).toEqual([
    [0, 0, 0],
    [1, 0, 0],
    [160, 0, 0],
    [160, 1, 0],
    [160, 80, 0],
    [160, 80, 87],
    [160, 80, 88],
  ]);
});

// ---------------------------------------------------------------- in words

test.each(expected.told)("after %i numbers it is said: %s", (moment, said) => {
  expect(maths.told(strips, moment)).toBe(said);
});

test("the last is compared with the first, by what is kept", () => {
  const of = (name: string, bytes: number): maths.Strip => ({
    ...{ name, bytes, note: "", numbers: [1], parts: [["all", 1]], kept: 1 },
  });
  const end = (first: number, last: number): string =>
    maths.told([of("heads", first), of("between", 7), of("latent", last)], 3);
  expect(end(2048, 384)).toBe("latent: 384 bytes, 5.3 times as small as heads.");
  expect(end(2048, 1024)).toBe("latent: 1,024 bytes, 2 times as small as heads.");
  expect(end(8, 8)).toBe("latent: 8 bytes, as large as heads.");
  expect(end(2000, 1999)).toBe("latent: 1,999 bytes, about as large as heads.");
  expect(end(100, 150)).toBe("latent: 150 bytes, 1.5 times as large as heads.");
  expect(maths.told([of("latent", 1)], 1)).toBe("latent: 1 byte.");
});

// ---------------------------------------------------------------- as it is drawn

type Shown = Opened<typeof cases.strip.data>;

function scrubTo(drawing: Shown, at: number): void {
  const scrub = drawing.one<HTMLInputElement>(".scrub");
  scrub.value = String(at);
  scrub.dispatchEvent(new Event("input"));
}

const cellsOf = (drawing: Shown, s: number): SVGRectElement[] => [
  ...drawing.all(".one svg")[s].querySelectorAll<SVGRectElement>(".cell"),
];
const seen = (cell: SVGRectElement): boolean => cell.style.display !== "none";

const middle = (cell: Element, axis: string): number =>
  Number(cell.getAttribute(axis)) + Number(cell.getAttribute("width")) / 2;

test("each number has a cell in its place, its sign and its strength; dropped ones are hollow", () => {
  const drawing = opened(strip, cases.strip);
  each.forEach(({ drawn, found }, s) => {
    const cells = cellsOf(drawing, s);
    cells.forEach((cell, i) => {
      const sign = drawn.numbers[i] < 0 ? "negative" : "positive";
      const kind = found.dropped.includes(i) ? "hollow" : sign;
      expect(cell.getAttribute("class")).toBe(`cell ${kind}`);
      const share = parseFloat(cell.style.getPropertyValue("--share"));
      expect(share / 100).toBeCloseTo(Math.min(1, Math.abs(drawn.numbers[i]) / full), 3);
    });
    const [x, y] = ["x", "y"].map((name) => cells.map((cell) => middle(cell, name)));
    const pitch = x[1] - x[0];
    const places = found.places[64].map(([column, row, across, down]) => [
      x[0] + column * pitch + 4 * across,
      y[0] + row * pitch + 4 * down,
    ]);
    expect(x.map((left, i) => [left, y[i]])).toEqual(places);
    expect(Math.max(...x) + pitch).toBeLessThanOrEqual(800);
  });
  const heads = drawing.all(".head").map((head) => [...head.children].map((e) => e.textContent));
  expect(heads).toEqual([
    ["heads", "640 bytes"],
    ["shared heads", "160 bytes", "two queries to a head"],
    ["latent", "168 bytes"],
  ]);
  expect(drawing.one(".dropped").hidden).toBe(false);
});

test("a scrubbed strip shows so many cells, and those below it are not there yet", () => {
  const drawing = opened(strip, cases.strip);
  for (const at of [0, 328, 161, 160, 3, 240, 327]) {
    scrubTo(drawing, at);
    const shown = range(3).map((s) => cellsOf(drawing, s).map(seen));
    expect(shown.map((some) => some.filter(Boolean).length)).toEqual(maths.filled(strips, at));
    expect(shown.every((some) => some.lastIndexOf(true) < some.filter(Boolean).length)).toBe(true);
    const later = drawing.all(".one").map((box) => box.classList.contains("later"));
    expect(later).toEqual([false, at <= 160, at <= 240]);
    expect(drawing.text(".said")).toBe(maths.told(strips, at));
  }
});

test("they are filled once in their seconds; who wants no motion finds the end", () => {
  vi.useFakeTimers();
  const drawing = opened(strip, cases.strip);
  expect(drawing.text(".said")).toBe("Nothing is kept yet.");
  vi.advanceTimersByTime(500 * seconds);
  expect(drawing.text(".said")).toMatch(/^(heads: 160|shared heads: \d+) of/);
  vi.advanceTimersByTime(60_000);
  expect(drawing.text(".said")).toBe(expected.told.at(-1)![1]);
  vi.useRealTimers();
  const asked = vi.spyOn(window, "matchMedia").mockReturnValue({ matches: true } as MediaQueryList);
  expect(opened(strip, cases.strip).text(".said")).toBe(expected.told.at(-1)![1]);
  asked.mockRestore();
});

test("in no time they stand filled, with nothing to replay", () => {
  const still = opened(strip, { ...cases.strip, data: { ...cases.strip.data, seconds: 0 } });
  expect(still.all<HTMLElement>(".reel")[0].hidden).toBe(true);
  expect(opened(strip, cases.strip).all<HTMLElement>(".reel")[0].hidden).toBe(false);
});

test("other strips that come later are shown at their end", () => {
  const drawing = opened(strip, cases.strip);
  drawing.load({ ...cases.strip.data, digest: "another", strips: strips.slice(0, 2) });
  expect(drawing.text(".said")).toBe("shared heads: 160 bytes, 4 times as small as heads.");
  expect(drawing.one(".dropped").hidden).toBe(true);
});

test("arrow keys go from number to number and from row to row, no farther than is shown", () => {
  const drawing = opened(strip, cases.strip);
  scrubTo(drawing, 328);
  const latent = drawing.all(".one svg")[2];
  const told = (key: string): string => {
    press(latent, key);
    expect(latent.getAttribute("aria-valuetext")).toBe(drawing.text(".pointed"));
    return drawing.text(".pointed").split(":")[0];
  };
  expect(["ArrowRight", "ArrowDown", "ArrowDown", "ArrowLeft"].map(told)).toEqual([
    "latent, number 1",
    "turned key, number 9",
    "turned key, number 9",
    "turned key, number 8",
  ]);
  expect(["ArrowUp", "ArrowUp", "End", "ArrowRight", "Home", "ArrowLeft"].map(told)).toEqual([
    "latent, number 0",
    "latent, number 0",
    "turned key, number 31",
    "turned key, number 31",
    "latent, number 0",
    "latent, number 0",
  ]);
  scrubTo(drawing, 100);
  expect(drawing.text(".pointed")).toMatch(/^Point at a number/);
});

test("the hand points at a number, which is told until it leaves; a click stays", () => {
  const drawing = opened(strip, cases.strip);
  scrubTo(drawing, 328);
  const heads = drawing.all<SVGSVGElement>(".one svg")[0];
  const hand = (kind: string, i: number): boolean => {
    const [clientX, clientY] = ["x", "y"].map((axis) => middle(cellsOf(drawing, 0)[i], axis));
    return heads.dispatchEvent(new PointerEvent(kind, { clientX, clientY }));
  };
  const { named } = expected.strips[0];
  for (const [i, said] of named) {
    hand("pointermove", i);
    expect(drawing.text(".pointed")).toBe(said);
  }
  scrubTo(drawing, 300);
  expect(drawing.text(".pointed")).toBe(named.at(-1)![1]);
  hand("pointerleave", 0);
  expect(drawing.one(".pointed").classList.contains("hint")).toBe(true);
  hand("click", named[4][0]);
  hand("pointermove", 0);
  expect(drawing.text(".pointed")).toBe(named[0][1]);
  hand("pointerleave", 0);
  expect(drawing.text(".pointed")).toBe(named[4][1]);
});
