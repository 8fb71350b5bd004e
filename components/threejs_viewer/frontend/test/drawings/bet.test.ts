// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import bet from "../../src/drawings/bet";
import * as maths from "../../src/drawings/maths/bet";
import { hatch } from "../../src/drawings/maths/hatch";
import { cases, opened, press, type Opened } from "./cases";

const { data, expected } = cases.bet;
const { racers } = data;
const LAST = expected[0].events.length - 1;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

type Shown = Opened<typeof data>;

function scrubTo(drawing: Shown, at: number): void {
  const scrub = drawing.one<HTMLInputElement>(".scrub");
  scrub.value = String(at);
  scrub.dispatchEvent(new Event("input"));
}

function rested(it: typeof cases.bet | typeof cases.bet_waiting): Shown {
  const drawing = opened(bet, it);
  vi.advanceTimersByTime(60_000);
  return drawing;
}

// ---------------------------------------------------------------- what is read by when

test.each(expected)("an evaluated token counts $counts: checks come as Python walks", (it) => {
  const events = maths.eventsOf(racers, it.counts);
  expect(events).toEqual(it.events);
  const checks = events.map((tokens) => racers.map((r) => maths.reached(r, it.counts, tokens)));
  expect(checks).toEqual(it.checks);
});

test("stretches follow each other without a gap, and what counts nothing has none", () => {
  for (const counts of [1, 1 / 3, 0])
    for (const racer of racers) {
      const all = maths.stretches(racer, counts);
      expect(all.map(({ from }) => from)).toEqual([0, ...all.slice(0, -1).map(({ to }) => to)]);
      expect(all.at(-1)!.to).toBe(maths.spentInAll(racer, counts));
      const evaluated = all.some(({ kind }) => kind === "evaluated");
      expect(evaluated).toBe(counts > 0 && racer.evaluated.at(-1)! > 0);
    }
});

test("a moment and its tokens lead to each other, also between two", () => {
  const events = [0, 10, 40, 100];
  expect([0, 0.5, 1, 2.5, 3].map((at) => maths.tokensAt(events, at))).toEqual([0, 5, 10, 70, 100]);
  expect([0, 5, 10, 70, 100].map((n) => maths.momentOf(events, n))).toEqual([0, 0.5, 1, 2.5, 3]);
});

test("what no hand has set lies on a straight line between its neighbours", () => {
  expect(maths.drawn(32, [null, null, null, null])).toEqual([32, 32, 32, 32]);
  expect(maths.drawn(32, [null, null, null, 12])).toEqual([27, 22, 17, 12]);
  expect(maths.drawn(30, [null, 10, null, null])).toEqual([20, 10, 10, 10]);
  expect(maths.drawn(30, [28, null, 8, 20])).toEqual([28, 18, 8, 20]);
});

test("words go to the first place that is free, or to the one that lies over least", () => {
  const box = (x: number, y: number): maths.Box => ({ x, y, width: 10, height: 10 });
  const taken = [box(0, 0), box(20, 0)];
  expect(maths.placed([box(5, 5), box(10, 0), box(40, 0)], taken)).toEqual(box(10, 0));
  expect(maths.placed([box(1, 1), box(28, 8)], taken)).toEqual(box(28, 8));
  expect(maths.placed([], taken)).toBeUndefined();
  expect([box(10, 0), box(28, 8)].map((one) => maths.isOver(one, taken))).toEqual([false, true]);
});

test("a hatch stays in its box", () => {
  const numbers = [...hatch(10, 50, 5, 20).matchAll(/([\d.]+) ([\d.]+)/g)];
  expect(numbers.length).toBeGreaterThan(10);
  for (const [, x, y] of numbers) {
    expect(Number(x)).toBeGreaterThanOrEqual(10);
    expect(Number(x)).toBeLessThanOrEqual(50);
    expect(Number(y)).toBeGreaterThanOrEqual(5);
    expect(Number(y)).toBeLessThanOrEqual(25);
  }
});

// ---------------------------------------------------------------- as it is drawn

test("at every moment the points of the checks that have come are there, and no other", () => {
  const drawing = rested(cases.bet);
  for (const at of [LAST, 0, 5, 1, LAST - 1, 3]) {
    scrubTo(drawing, at);
    const shown = drawing.all(".mark:not(.ahead)").map((mark) => mark.getAttribute("aria-label"));
    const wanted = racers.flatMap(({ name }, r) =>
      Array.from({ length: expected[0].checks[at][r] }, (_, i) => `${name}, round ${i + 1}`),
    );
    expect(shown).toEqual(wanted);
  }
  scrubTo(drawing, LAST);
  expect(drawing.text(".said")).toBe(expected[0].told);
  expect(drawing.text(".gap")).toBe(data.gap);
  expect(drawing.all(".mark path.run").length).toBe(3 * 4 * 5);
});

test("nothing joins two checks: the only line is the reader's", () => {
  const drawing = rested(cases.bet);
  expect(drawing.all("polyline").length).toBe(0);
  expect(drawing.all(".guessed").length).toBe(1);
  for (const d of drawing.all(".mark path").map((path) => path.getAttribute("d")!))
    expect(d.match(/M/g)!.length).toBe(1);
});

test("before it is told it plays what is read, and shows no point", () => {
  const drawing = rested(cases.bet_waiting);
  expect(drawing.all(".mark, .ending, .gap")).toEqual([]);
  expect(drawing.all(".knob").length).toBe(4);
  expect(drawing.text(".said")).toBe(
    "All have studied equally many tokens. To find its mistakes, the network was also evaluated.",
  );
  expect(drawing.text(".headline")).toContain("Drag the rings");
});

test("over each bar stands how that way picks, and its tokens; faint words go with the line", () => {
  const drawing = rested(cases.bet_waiting);
  const told = drawing.all(".racer .name").map((name) => name.textContent);
  expect(told).toEqual(racers.map(({ name, about }) => `${name}: ${about}`));
  const faint = drawing.all(".faint").map((one) => one.textContent);
  expect(faint).toEqual(["more wrong", "fewer wrong"]);
  expect(rested(cases.bet).all(".faint")).toEqual([]);
});

test("what each way studies is said once, and over the first bar what it is evaluated on", () => {
  const drawing = rested(cases.bet_waiting);
  const sums = (): string[] => drawing.all(".racer .sum").map((one) => one.textContent);
  const once = (words: string): void => {
    expect(drawing.root.textContent!.split(words).length, words).toBe(2);
  };
  expect(sums()).toEqual(["202,800 evaluated", "153,600 studied by each"]);
  once("153,600");
  once("202,800");
  drawing.all<HTMLButtonElement>(".choice button")[2].click();
  expect(sums()).toEqual(["153,600 studied by each"]);
  drawing.all<HTMLButtonElement>(".choice button")[0].click();
  Object.defineProperty(SVGElement.prototype, "clientWidth", { value: 356, configurable: true });
  drawing.load({ ...cases.bet_waiting.data, digest: "narrow" });
  expect(sums()).toEqual(["153,600 studied by each"]);
  expect(drawing.text(".plot")).toContain("202,800 evaluatedstudied");
  once("153,600");
  Object.defineProperty(SVGElement.prototype, "clientWidth", { value: 800, configurable: true });
});

test("the axis is named at its end, where no number stands", () => {
  const drawing = rested(cases.bet_waiting);
  const unit = drawing.one(".unit");
  expect(unit.textContent).toBe("tokens evaluated and studied →");
  const numbers = drawing.all(".axes text.middle").map((one) => Number(one.getAttribute("x")));
  expect(numbers.length).toBeGreaterThan(2);
  expect(Math.max(...numbers)).toBeLessThan(Number(unit.getAttribute("x")) - 180);
});

test("what an evaluated token counts is asked for once the answer is told, or a link has set it", () => {
  const hidden = (drawing: Shown): boolean => drawing.one(".choice").hasAttribute("hidden");
  const drawing = rested(cases.bet_waiting);
  expect([hidden(drawing), hidden(rested(cases.bet))]).toEqual([true, false]);
  drawing.load({ ...cases.bet_waiting.data, counts: "a third", digest: "linked" });
  expect(hidden(drawing)).toBe(false);
});

test("each ring has a track, where its round ends in the bar of its way", () => {
  const drawing = rested(cases.bet_waiting);
  const across = (line: Element): number => Number(line.getAttribute("x1"));
  const ends = drawing
    .all(".racer rect.studied")
    .slice(0, 4)
    .map((one) => Number(one.getAttribute("x")) + Number(one.getAttribute("width")));
  drawing.all(".track").forEach((track, k) => {
    expect(across(track)).toBeCloseTo(ends[k], 0);
  });
  expect(drawing.all(".track").length).toBe(4);
  expect(drawing.all(".beyond").length).toBe(0);
  expect(rested(cases.bet).all(".track").length).toBe(0);
  expect(rested(cases.bet).all(".beyond").length).toBe(1);
});

test("bars are pale until the answer is told, which stands in the row of what plays", () => {
  const drawing = rested(cases.bet_waiting);
  expect(drawing.all(".waiting .reel .show, .waiting .reel .choice").length).toBe(2);
  expect(rested(cases.bet).all(".waiting").length).toBe(0);
});

test("a ring is moved by key, the others follow, and Enter sends all of them", () => {
  const drawing = rested(cases.bet_waiting);
  const knobs = drawing.all(".knob");
  press(knobs[3], "Home");
  press(knobs[3], "PageUp");
  expect(knobs.map((knob) => knob.getAttribute("aria-valuenow"))).toEqual(["27", "21", "16", "10"]);
  expect(drawing.text(".asks")).toBe("You say that its mistakes leave 10 of 100 wrong.");
  drawing.one<HTMLElement>(".show").click();
  expect(drawing.sent).toEqual([["guess", [27, 21, 16, 10]]]);
});

test("rings that no hand has moved lie level with the start, and the slider on the axis", () => {
  const drawing = rested(cases.bet_waiting);
  const heights = drawing
    .one(".guessed")
    .getAttribute("d")!
    .match(/[\d.]+(?=L|$)/g)!;
  expect(new Set(heights).size).toBe(1);
  const read = (): number => parseFloat(drawing.one(".rail").style.getPropertyValue("--read"));
  expect(read()).toBe(100);
  for (const at of [0, 1, 5]) {
    scrubTo(drawing, at);
    expect(read()).toBeCloseTo((100 * expected[0].events[at]) / expected[0].events[LAST], 1);
  }
});

test("who sets nothing is shown the answer, and may guess again", () => {
  const drawing = rested(cases.bet_waiting);
  drawing.one<HTMLElement>(".show").click();
  expect(drawing.sent).toEqual([["show", true]]);
  drawing.load({ ...data, digest: "told" });
  expect(drawing.one<HTMLElement>(".show").hidden).toBe(true);
  drawing.one<HTMLElement>(".anew").click();
  expect(drawing.sent.at(-1)).toEqual(["again", true]);
});

test("what an evaluated token counts moves the book and is handed on", () => {
  const drawing = rested(cases.bet);
  const [full, third, nothing] = drawing.all<HTMLButtonElement>(".choice button");
  const most = (): number => Number(drawing.one<HTMLInputElement>(".scrub").max);
  third.click();
  expect([most(), third.getAttribute("aria-pressed")]).toEqual([
    expected[1].events.length - 1,
    "true",
  ]);
  nothing.click();
  expect([most(), drawing.all(".hatch").length]).toEqual([4, 0]);
  full.click();
  expect(most()).toBe(LAST);
  third.click();
  expect(drawing.text(".racer .sum")).toBe("202,800 evaluated, counted as 67,600");
  full.click();
  expect(drawing.sent.splice(-2).length).toBe(2);
  expect(drawing.sent.map(([name, value]) => `${name}: ${String(value)}`)).toEqual([
    "counts: a third",
    "counts: nothing",
    "counts: in full",
  ]);
  expect(drawing.text(".said")).toBe(expected[0].told);
});
