// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import * as maths from "../../src/drawings/maths/notebook";
import notebook from "../../src/drawings/notebook";
import { range } from "../../src/drawings/shared/numbers";
import { cases, opened, type Opened } from "./cases";

const { mistakes, n_round, seconds } = cases.notebook.data;
const { expected } = cases.notebook;
const LAST = expected.length - 1;
const each = expected.map((found, at) => ({ name: `${at}: ${found.when}`, at, found }));
const moments = maths.momentsOf(mistakes, n_round);

afterEach(() => {
  vi.useRealTimers();
});

// ---------------------------------------------------------------- how they stand

test("a moment is there for each mistake, for each round that is studied, and for none", () => {
  expect(moments.length).toBe(1 + mistakes.length + n_round);
  expect(moments.length).toBe(expected.length);
  expect(moments.map(({ noted }) => noted)).toEqual([0, 1, 2, 3, 4, 5, 5, 5, 6, 7, 7, 8, 8]);
});

test.each(each)("$name: every mistake stands, and is said to, as Python notes it", (one) => {
  const moment = moments[one.at];
  expect(maths.standings(mistakes, moment)).toEqual(one.found.standings);
  const boxes = mistakes.map((mistake) => maths.boxes(mistake, n_round, moment));
  expect(boxes).toEqual(one.found.boxes);
  expect(maths.when(moment, n_round)).toBe(one.found.when);
  expect(maths.told(mistakes, moment)).toBe(one.found.said);
});

test("each way to stand is met, also to be mended again after a return", () => {
  const met = new Set(expected.flatMap(({ standings }) => standings));
  expect([...maths.STANDINGS, null].every((standing) => met.has(standing))).toBe(true);
  const twice: maths.Mistake = { ...mistakes[0], noted: 1, wrong_after: [false, true, false] };
  const after = maths.momentsOf([twice], 3).slice(2);
  expect(after.map((moment) => maths.standing(twice, 0, moment))).toEqual([
    ...["mended", "back", "mended"],
  ]);
});

test("only the first of a round begins it", () => {
  const first = range(mistakes.length).filter((i) => maths.begins(mistakes, i));
  expect(first.map((i) => mistakes[i].noted)).toEqual([1, 3, 4]);
});

// ---------------------------------------------------------------- in words

test("what is not quite certain is not called so", () => {
  expect([0, 0.004, 0.005, 0.844, 0.99, 0.995, 0.9999, 1].map(maths.percent)).toEqual([
    ...["0%", "under 1%", "1%", "84%", "99%", "over 99%", "over 99%", "over 99%"],
  ]);
});

test("one, some, all and none that are wrong are said so", () => {
  const end = (...wrong: boolean[][]): string => {
    const book = wrong.map((wrong_after) => ({ ...mistakes[0], noted: 1, wrong_after }));
    return maths.told(book, maths.momentsOf(book, 2).at(-1)!).replace("Round 2, studied: ", "");
  };
  const [still, back, mended] = [
    [true, true],
    [false, true],
    [true, false],
  ];
  expect(end(still)).toBe("1 of 1 in the book is still wrong.");
  expect(end(mended)).toBe("the one in the book is right.");
  expect(end(mended, mended)).toBe("all 2 in the book are right.");
  expect(end(back, mended)).toBe("1 of 2 in the book is wrong, it came back.");
  expect(end(back, back)).toBe("2 of 2 in the book are wrong, all of them came back.");
  expect(end(back, still, still)).toBe("3 of 3 in the book are wrong, 1 of them came back.");
  const late = [{ ...mistakes[0], noted: 2, wrong_after: [true] }];
  expect(maths.told(late, maths.momentsOf(late, 2)[1])).toBe(
    "Round 1, studied: no mistake is in the book yet.",
  );
});

// ---------------------------------------------------------------- as it is drawn

type Shown = Opened<typeof cases.notebook.data>;

function scrubTo(drawing: Shown, at: number): void {
  const scrub = drawing.one<HTMLInputElement>(".scrub");
  scrub.value = String(at);
  scrub.dispatchEvent(new Event("input"));
}

const linesOf = (drawing: Shown): HTMLElement[] => drawing.all(".entry:not(.blank)");
const text = (line: Element, selector: string): string => line.querySelector(selector)!.textContent;

test("a line holds the sum, the whole text, what belongs there, and how sure it was", () => {
  const drawing = opened(notebook, cases.notebook);
  expect(linesOf(drawing).length).toBe(mistakes.length);
  linesOf(drawing).forEach((line, i) => {
    const { sum, before, written, right, after, kind, belief, noted } = mistakes[i];
    expect([text(line, ".sum"), text(line, "s"), text(line, "ins")]).toEqual([sum, written, right]);
    expect(text(line, ".wrote")).toBe(before + written + right + after);
    expect(text(line, ".note")).toBe(`${kind}, sure: ${maths.percent(belief)}`);
    expect(text(line, ".round")).toBe(String(noted));
  });
  const again = linesOf(drawing).map((line) => line.querySelector(".same") !== null);
  expect(again).toEqual(range(mistakes.length).map((i) => !maths.begins(mistakes, i)));
  expect(drawing.one(".pages").getAttribute("aria-label")).toBe("An error book");
});

const STATUS = { noted: "", wrong: "still wrong", back: "came back", mended: "mended" };

test("scrubbed to and fro, lines, boxes and counts are those of the moment", () => {
  const drawing = opened(notebook, cases.notebook);
  for (const at of [LAST, 0, 6, 7, 3, 9, LAST - 1, 12, 1]) {
    scrubTo(drawing, at);
    const { standings, boxes, when, said } = expected[at];
    const lines = linesOf(drawing);
    expect(lines.map((line) => line.className)).toEqual(
      standings.map((standing) => `entry ${standing ?? "ahead"}`),
    );
    expect(lines.map((line) => text(line, ".status"))).toEqual(
      standings.map((standing) => (standing ? STATUS[standing] : "")),
    );
    const filled = lines.map((line) => [...line.querySelectorAll(".box")]);
    expect(filled.map((some) => some.map((box) => box.getAttribute("class")))).toEqual(
      boxes.map((some) => some.map((box) => `box ${box}`)),
    );
    expect([drawing.text(".when"), drawing.text(".said")]).toEqual([when, said]);
    expect(drawing.all(".count b").map((number) => Number(number.textContent))).toEqual(
      maths.STANDINGS.map((name) => standings.filter((one) => one === name).length),
    );
  }
});

test("the book fills once in its seconds; who wants no motion finds the end", () => {
  vi.useFakeTimers();
  const drawing = opened(notebook, cases.notebook);
  expect(drawing.text(".said")).toBe("The book is empty.");
  vi.advanceTimersByTime(500 * seconds);
  expect(drawing.text(".said")).toBe(expected[6].said);
  vi.advanceTimersByTime(60_000);
  expect(drawing.text(".said")).toBe(expected[LAST].said);
  vi.useRealTimers();
  const asked = vi.spyOn(window, "matchMedia").mockReturnValue({ matches: true } as MediaQueryList);
  expect(opened(notebook, cases.notebook).text(".said")).toBe(expected[LAST].said);
  asked.mockRestore();
});

test("it rests where it is told to, and the slider goes on from there to the end", () => {
  vi.useFakeTimers();
  const drawing = opened(notebook, {
    ...cases.notebook,
    data: { ...cases.notebook.data, at: 6 },
  });
  vi.advanceTimersByTime(60_000);
  expect(drawing.text(".said")).toBe(expected[6].said);
  const { value, max } = drawing.one<HTMLInputElement>(".scrub");
  expect([value, max]).toEqual(["6", String(LAST)]);
  scrubTo(drawing, LAST);
  expect(drawing.text(".said")).toBe(expected[LAST].said);
});

test("another book that comes later is shown at its end", () => {
  const drawing = opened(notebook, cases.notebook);
  const few = { mistakes: mistakes.slice(0, 5), at: 9, digest: "another" };
  drawing.load({ ...cases.notebook.data, ...few });
  expect(drawing.text(".said")).toMatch(/^Round 4, studied: 3 of 5 in the book are wrong/);
});

test("five lines fill one page; more lie on two, of the same length with a blank", () => {
  const drawing = opened(notebook, cases.notebook);
  const lengths = (n: number): number[] => {
    const digest = `${n} of them`;
    drawing.load({ ...cases.notebook.data, mistakes: mistakes.slice(0, n), at: 0, digest });
    expect(linesOf(drawing).map((line) => text(line, ".sum"))).toEqual(
      mistakes.slice(0, n).map(({ sum }) => sum),
    );
    return drawing.all(".page").map((page) => page.querySelectorAll(".entry").length);
  };
  expect([1, 5, 6, 7, 8].map(lengths)).toEqual([[1], [5], [3, 3], [4, 4], [4, 4]]);
});
