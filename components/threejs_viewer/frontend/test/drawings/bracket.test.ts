// @vitest-environment happy-dom
// The bracket moves between the query and the latent, and each stop says what it costs.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import bracket from "../../src/drawings/bracket";
import {
  AGAIN,
  bracketAt,
  film,
  groups,
  MOVED,
  seen,
  shortly,
} from "../../src/drawings/maths/bracket";
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

test("rows are bracketed by what they are part of, whatever stands between its digits", () => {
  const roles = ["operand", "operator", "working", "operator", "working", "operator", "answer"];
  expect(groups(roles)).toEqual([
    { name: "problem", rows: 2 },
    { name: "working", rows: 4 },
    { name: "answer", rows: 1 },
  ]);
  expect(groups(["operand", "operator", "answer"]).map(({ name }) => name)).toEqual([
    ...["problem", "answer"],
  ]);
  expect(groups(["operand", "operator"])).toEqual([{ name: "problem", rows: 2 }]);
  const drawing = opened(bracket, cases.bracket);
  expect(drawing.all(".names span").map((one) => one.textContent)).toEqual(["problem", "answer"]);
});

test("operations are told in those of stop 3 once it has come", () => {
  const drawing = opened(bracket, cases.bracket);
  const [, again, moved] = drawing.all(".stop");
  const told = (): string[] =>
    [...again.querySelectorAll(".bar:last-child b")].map((one) => one.textContent);
  again.click();
  expect(told()).toEqual(["158", ""]);
  moved.click();
  expect(told()).toEqual(["158", "23×"]);
  expect(moved.querySelector(".ratio")!.textContent).toBe("1×");
  expect(drawing.text(".head .against")).toBe("vs stop 3");
});

test("operations are written in one unit and to one digit, and small ones in full", () => {
  const written = (all: number[]): string[] => all.map(shortly(all));
  expect(written([753_664, 11_419_648, 516_096])).toEqual(["0.75 M", "11.42 M", "0.52 M"]);
  expect(written([2_000_000, 42_345_678])).toEqual(["2.0 M", "42.3 M"]);
  expect(written([640, 262_656])).toEqual(["640", "262,656"]);
  expect(written([20_000_000_000, 3e10])).toEqual(["20 G", "30 G"]);
});

test("each stop says its bytes and operations, in each setting, as Python counts them", () => {
  const it = cases.bracket;
  const drawing = opened(bracket, it);
  const stops = drawing.all(".stop");
  const choice = drawing.one<HTMLSelectElement>(".ledger select");
  it.data.settings.forEach(({ name }, i) => {
    choice.selectedIndex = i;
    choice.dispatchEvent(new Event("change"));
    stops.forEach((stop, at) => {
      stop.click();
      const told = `${stop.getAttribute("aria-label")} ${drawing.text(".ledger .head")}`;
      for (const words of it.expected[name][at]) expect(told).toContain(words);
      expect(stop.getAttribute("aria-pressed")).toBe("true");
      expect(drawing.text(".freed")).toContain(it.expected[name][at][0]);
      // Another network's numbers are not those of the map.
      expect(drawing.text(".freed").includes("numbers of")).toBe(name === "ours");
      expect(drawing.all(".later").length).toBe(stops.length - 1 - at);
    });
  });
  expect(drawing.text(".said")).toContain("3.4 times the operations of keys and values kept");
  expect(drawing.text(".said")).toContain("The rotated key, 8 of the bytes");
});

test("which stops know positions is told beside what they cost, once they have come", () => {
  const drawing = opened(bracket, cases.bracket);
  const known = drawing
    .all(".stop")
    .map((one) => one.querySelector(".known")?.textContent ?? "positions");
  const lacking = "no positions";
  expect(known).toEqual(["positions", lacking, lacking, "positions", "positions"]);
  for (const [i, stop] of drawing.all(".stop").entries())
    expect(stop.getAttribute("aria-label")!.endsWith("not known")).toBe(known[i] === lacking);
});

test("the slider has a number over the mark of each stop", () => {
  const drawing = opened(bracket, cases.bracket);
  const marks = drawing.all(".landmarks span");
  expect(marks.map((one) => one.textContent)).toEqual(["1", "2", "3", "4", "5"]);
  expect(marks.map(({ style }) => parseFloat(style.getPropertyValue("--at")))).toEqual([
    ...[0, 25, 50, 75, 100],
  ]);
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
    expect(pair.textContent).toBe(value === "1" ? "drag →" : "← drag");
  }
  expect(drawing.text(".said")).toContain("keys made again");
});

test("at the first stop the bracket says why it cannot be moved, and does not move", () => {
  const drawing = opened(bracket, cases.bracket);
  const [first, second] = drawing.all(".stop");
  first.click();
  const pair = drawing.one(".pair");
  expect([pair.textContent, pair.getAttribute("aria-disabled")]).toEqual([
    "nothing to drag: no matrix yet",
    "true",
  ]);
  press(pair, "ArrowLeft");
  expect(first.getAttribute("aria-pressed")).toBe("true");
  second.click();
  expect([pair.textContent, pair.getAttribute("aria-disabled")]).toEqual(["← drag", "false"]);
});

test("the rotated key comes with the last stop, and its place is empty from the second on", () => {
  const drawing = opened(bracket, cases.bracket);
  const there = (): boolean[] =>
    [".part.own_keys", ".part.c", ".part.turned"].map(
      (name) => !drawing.one(name).classList.contains("away"),
    );
  const empty = (): string => drawing.one(".vacant").style.opacity;
  const found = drawing.all(".stop").map((stop) => {
    stop.click();
    return [...there(), Number(empty()) > 0];
  });
  expect(found).toEqual([
    [true, false, false, false],
    ...Array<boolean[]>(3).fill([false, true, false, true]),
    [false, true, true, false],
  ]);
  expect(drawing.text(".freed")).toContain("6 numbers of 4 bytes are kept");
});

test("the query lies over what it meets, and the knob is at the stop whose row is marked", () => {
  const drawing = opened(bracket, cases.bracket);
  const found = drawing.all(".stop").map((stop, at) => {
    stop.click();
    expect(drawing.one<HTMLInputElement>(".scrub").value).toBe(String(at));
    const there = drawing.all(".asked").filter((one) => !one.classList.contains("away"));
    return [drawing.text(".asker"), ...there.map((one) => one.className.split(" ")[1])];
  });
  expect(found).toEqual([
    ["query q", "own_q"],
    ["query q", "q"],
    ["q W", "absorbed"],
    ["q W", "absorbed"],
    ["q W", "absorbed", "rotated_q"],
  ]);
});

test("what asks the rotated key has its own name, and the mark of stops without positions a meaning", () => {
  const drawing = opened(bracket, cases.bracket);
  drawing.all(".stop")[4].click();
  expect(drawing.text(".asked.rotated_q")).toBe("rotated q");
  expect(drawing.text(".asked.absorbed")).toBe("");
  const known = drawing.one(".stop .known").textContent;
  expect(drawing.text(".head .lacking")).toBe(`* ${known}`);
  expect(drawing.text(".freed .apiece")).toBe("4 bytes a number");
});

test("each stop says what it changes, and so many numbers are kept", () => {
  const drawing = opened(bracket, cases.bracket);
  const said = drawing.all(".stop").map((stop) => {
    stop.click();
    return [drawing.text(".said"), drawing.text(".freed")];
  });
  expect(new Set(said.map(([change]) => change)).size).toBe(5);
  expect(said[3][1]).toContain("4 numbers of");
  expect(said[4][1]).toContain("6 numbers of");
});
