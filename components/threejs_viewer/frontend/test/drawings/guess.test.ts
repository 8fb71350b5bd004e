// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import guess from "../../src/drawings/guess";
import { placeOf, placesIn, share, valueAt, written, zeroOf } from "../../src/drawings/maths/guess";
import { REST_MS } from "../../src/drawings/shared/slide";
import { cases, opened, press } from "./cases";

beforeEach(() => {
  vi.useFakeTimers();
  Object.defineProperty(HTMLElement.prototype, "clientWidth", { value: 320, configurable: true });
});
afterEach(() => {
  vi.useRealTimers();
  Object.defineProperty(HTMLElement.prototype, "clientWidth", { value: 0, configurable: true });
});

const drag = (lane: HTMLElement, from: number, to: number, end = "pointerup"): void => {
  lane.setPointerCapture = () => undefined;
  const at = [
    ["pointerdown", from],
    ["pointermove", to],
    [end, to],
  ] as const;
  for (const [type, clientX] of at) lane.dispatchEvent(new PointerEvent(type, { clientX }));
};

const pathOf = (line: Element): number[][] =>
  line
    .getAttribute("points")!
    .split(" ")
    .map((point) => point.split(",").map(Number));

test("numbers stand and are written as Python says, on every axis", () => {
  for (const { axis, seen } of cases.guess.expected)
    for (const { value, share: expected, words } of seen) {
      expect(share(axis, value)).toBeCloseTo(expected, 9);
      expect(written(axis, value)).toBe(words);
    }
});

test("bars begin at one on an axis of logarithms, at zero on another, or at the nearest end", () => {
  const { axis } = cases.guess.expected[0];
  const begins = (log: boolean, low: number, high: number): number =>
    zeroOf({ ...axis, log, low, high });
  expect(begins(true, 0.1, 1000)).toBe(1);
  expect(begins(true, 100, 1000)).toBe(100);
  expect([begins(false, -5, 5), begins(false, 2, 5)]).toEqual([0, 2]);
});

test("a step of the mark leads to another number and back, on every axis", () => {
  for (const { axis } of cases.guess.expected) {
    const [low, high] = placesIn(axis);
    for (let place = Math.ceil(low); place < Math.floor(high); place += 1) {
      const value = valueAt(axis, place);
      expect(valueAt(axis, place + 1)).toBeGreaterThan(value);
      expect(Math.round(placeOf(axis, value))).toBe(place);
    }
  }
});

test("a mark that is let go answers, with the number under it", () => {
  const drawing = opened(guess, cases.guess);
  expect(drawing.text(".yours")).toBe("drag to your guess");
  drag(drawing.one(".asked .lane"), 200, 102);
  expect(drawing.text(".yours")).toBe("you say 110");
  expect(drawing.sent).toEqual([["guess", 110]]);
});

test("a touch that scrolls the page puts the mark back and answers nothing", () => {
  const drawing = opened(guess, cases.guess);
  drag(drawing.one(".asked .lane"), 200, 180, "pointercancel");
  expect(drawing.one(".knob").getAttribute("aria-valuenow")).toBe("159");
  expect(drawing.sent).toEqual([]);
});

test("arrow keys move the mark and do not answer; Enter and Show do", () => {
  const drawing = opened(guess, cases.guess);
  const knob = drawing.one(".knob");
  press(knob, "ArrowLeft");
  vi.advanceTimersByTime(2 * REST_MS);
  expect([knob.getAttribute("aria-valuetext"), drawing.sent]).toEqual(["158", []]);
  press(knob, "Enter");
  drawing.one(".show").click();
  expect(drawing.sent).toEqual([
    ["guess", 158],
    ["guess", 158],
  ]);
});

test("Show without a guess asks for the answer alone", () => {
  const drawing = opened(guess, cases.guess);
  drawing.one(".show").click();
  expect(drawing.sent).toEqual([["show", true]]);
});

test("the answer grows past what was said, and guessing again sets the mark back", () => {
  const drawing = opened(guess, cases.guess);
  const { data } = cases.guess_told;
  press(drawing.one(".knob"), "PageDown");
  drawing.load({ ...data, digest: "told" });
  expect(drawing.text(".gap")).toBe("48 fewer than you said");
  expect(drawing.one(".guess").className).toContain("grows");
  expect(drawing.all(".knob").length).toBe(0);
  drawing.one(".asked button").click();
  expect(drawing.sent).toEqual([["again", true]]);
  drawing.load({ ...cases.guess.data, digest: "again" });
  expect(drawing.text(".yours")).toBe("drag to your guess");
  expect(drawing.one(".knob").getAttribute("aria-valuenow")).toBe("159");
});

test("an answer that is told when the page opens does not grow", () => {
  const drawing = opened(guess, cases.guess_told);
  expect(drawing.one(".guess").className).not.toContain("grows");
});

test("a row is picked, and stays marked beside the one that is right", () => {
  const drawing = opened(guess, cases.guess_picked);
  const [one, two] = drawing.all<HTMLButtonElement>(".option .name button");
  expect([one, two].map((row) => row.getAttribute("aria-pressed"))).toEqual(["true", "false"]);
  expect(drawing.text(".option.right .words")).toBe("20");
  two.click();
  expect(drawing.sent).toEqual([["guess", 1]]);
});

test("bars begin at zero, also where an axis goes below it", () => {
  const { data } = cases.guess_picked;
  const bars = [-10, 10].map((value) => {
    const rows = data.rows.slice(0, 1).map((row) => ({ ...row, value, right: true }));
    const axis = { ...data.axis, low: -20, high: 20 };
    const drawing = opened(guess, { ...cases.guess_picked, data: { ...data, axis, rows } });
    const { style } = drawing.one(".bar");
    return [style.getPropertyValue("--at"), style.getPropertyValue("--to")];
  });
  expect(bars).toEqual([
    ["25.00%", "50.00%"],
    ["50.00%", "75.00%"],
  ]);
});

test("the words of a bar that fills its lane stand behind the lane, and others in it", () => {
  const { data } = cases.guess;
  const [first] = data.rows.filter(({ part }) => part === "given");
  for (const [value, where] of [
    [data.axis.high, ".end"],
    [data.axis.low, ".lane"],
  ] as const) {
    const rows = [{ ...first, value, words: "all" }, ...data.rows.filter((row) => row !== first)];
    const drawing = opened(guess, { ...cases.guess, data: { ...data, rows } });
    expect(drawing.text(`.given ${where} .words`)).toBe("all");
    expect(drawing.all(`.row.given:first-child .words`).length).toBe(1);
  }
});

test("the end of a line is dragged up and down, and the line follows it", () => {
  Object.defineProperty(HTMLElement.prototype, "clientHeight", { value: 200, configurable: true });
  const drawing = opened(guess, cases.guess_line);
  const knob = drawing.one(".knob");
  expect(knob.getAttribute("aria-orientation")).toBe("vertical");
  knob.setPointerCapture = () => undefined;
  knob.dispatchEvent(new PointerEvent("pointerdown", { clientY: 100 }));
  knob.dispatchEvent(new PointerEvent("pointermove", { clientY: 60 }));
  expect(pathOf(drawing.one(".ahead"))).toEqual([
    [0.2, expect.closeTo(0.1, 9)],
    [1, expect.closeTo(0.3, 9)],
  ]);
  knob.dispatchEvent(new PointerEvent("pointerup", { clientY: 60 }));
  expect(drawing.sent).toEqual([["guess", 70]]);
  Object.defineProperty(HTMLElement.prototype, "clientHeight", { value: 0, configurable: true });
});

test("a line that is told stands beside the one that was drawn, and each is named at its end", () => {
  const drawing = opened(guess, cases.guess_line_told);
  const [given, come, own] = drawing.all(".line").map(pathOf);
  expect([given.at(-1), come, own.length]).toEqual([[1, 1], [[1, 1]], 4]);
  expect(pathOf(drawing.one(".ahead")).at(-1)).toEqual([1, 0.4]);
  const names = drawing.all(".ended").map((name) => name.textContent);
  expect(names).toEqual(["trained on", "with working: 0%"]);
  expect(drawing.text(".gap")).toBe("25 points higher than you said");
});
