// @vitest-environment happy-dom
// A mark stands where it was predicted and written, and what came of all is counted.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import swapped from "../../src/drawings/swaps";
import { counts, perSide, places, predicted, spots } from "../../src/drawings/maths/swaps";
import { cases, opened } from "./cases";

const one = cases.swaps;
const sent = one.data.carries;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("what came of the first half is counted as Python counts it", () => {
  const found = sent.map(({ swaps, sites }) =>
    sites.map(([, , kinds]) => kinds.map((row) => counts(row, swaps.length / 2))),
  );
  expect(found).toEqual(one.expected);
});

test("marks of one cell stand beside each other, and the fullest cell has room", () => {
  const found = spots([3, 3, 3, 4], "55.5");
  expect(found).toEqual([
    { column: 3, row: 5, nth: 0 },
    { column: 3, row: 5, nth: 1 },
    { column: 3, row: 10, nth: 0 },
    { column: 4, row: 5, nth: 0 },
  ]);
  expect(perSide(found)).toBe(3);
  expect(perSide(spots(Array(17).fill(1), "1".repeat(17)))).toBe(5);
  expect([predicted(27, 8), predicted(0, 0)]).toEqual([5, 0]);
});

test("marks of one cell make a block around its middle", () => {
  expect(places(spots([3, 3, 3, 4], "5555"))).toEqual([
    [-0.5, -0.5],
    [0.5, -0.5],
    [-0.5, 0.5],
    [0, 0],
  ]);
});

test("the two problems are worked out: the carry copied, the digit predicted and the digit written", () => {
  const drawing = opened(swapped, one);
  vi.advanceTimersByTime(60_000);
  const [carry, site, layer] = one.data.chosen;
  const { swaps, sites } = sent[carry];
  const last = swaps.length - 1;
  const [written, source, column, , other, ofColumn, ofCarry] = swaps[last];
  const said = (kind: string): string[] =>
    drawing.all(`.experiment ${kind}`).map((one) => one.textContent!);
  expect(said(".problem")).toEqual([source, written]);
  expect(said(".working")).toEqual([ofCarry, ofColumn].map((one) => one.replaceAll("*", "")));
  expect(said(".working b")).toEqual([String(other), String(column)]);
  expect(said(".chip")).toEqual([String(other), String(other)]);
  expect(Number(said(".sum")[0])).toBe(column + other);
  const [, head, rest] = ofCarry.split("*");
  expect(said(".named small").slice(1, 3)).toEqual([sent[carry].places[0], "carry"]);
  expect([head, said(".rest")[0]]).toEqual([String(other), rest]);
  expect(said(".came")).toEqual([sites[site][1][layer][last]]);
  expect(drawing.all(".mark.now")).toHaveLength(1);
  const frame = drawing.one<SVGElement>(".here").getAttribute("transform")!;
  const [x, y] = frame.match(/[\d.]+/g)!.map(Number);
  const size = Number(drawing.one<SVGElement>(".here").getAttribute("width"));
  expect(Math.round((x - 40) / size)).toBe(predicted(column, other));
  const tall = Number(drawing.one<SVGElement>(".here").getAttribute("height"));
  expect(9 - Math.round((y - 6) / tall)).toBe(Number(said(".came")[0]));
  const moved = [...sites[site][2][layer]].filter((kind) => kind === "0").length;
  const over = `${moved} of ${swaps.length}`;
  expect(drawing.text(".outcome")).toBe(`${over}on the diagonal: the carry moves`);
  const others = drawing.all(".counts b").reduce((all, one) => all + Number(one.textContent), 0);
  expect(moved + others).toBe(swaps.length);
});

test("where the carry does not move, no full arrow brings it and its cell is not filled as a hit", () => {
  const drawing = opened(swapped, one);
  vi.advanceTimersByTime(60_000);
  const isMissed = (): boolean[] =>
    [".arrow", ".big .chip", ".here"].map((part) => {
      const { classList } = drawing.one(part);
      return classList.contains(part === ".here" ? "off" : "missed");
    });
  const [carry, site, layer] = one.data.chosen;
  const { swaps, sites } = sent[carry];
  const [, digits, kinds] = sites[site];
  const seen = new Set<boolean>();
  drawing.all(".mark").forEach((mark, i) => {
    mark.dispatchEvent(new Event("focus"));
    const misses = kinds[layer][i] !== "0";
    const digit = digits[layer][i];
    const isOff = Number(digit) !== predicted(swaps[i][2], swaps[i][4]);
    if (digit !== ".") expect(isMissed()).toEqual([misses, misses, isOff]);
    seen.add(misses);
  });
  expect([...seen].sort()).toEqual([false, true]);
});

test("another layer moves the marks and counts anew; Reset gives back what was chosen first", () => {
  const drawing = opened(swapped, one);
  vi.advanceTimersByTime(60_000);
  const look = (): string => drawing.one(".counts").textContent!;
  const before = look();
  const layer = drawing.one<HTMLSelectElement>(".layer");
  layer.value = "2";
  layer.dispatchEvent(new Event("change"));
  expect(look()).not.toBe(before);
  expect(drawing.text(".said")).toContain("in layer 2");
  drawing.one(".reset").click();
  expect(layer.value).toBe("0");
  expect(drawing.text(".said")).toContain("Nothing is copied yet");
});

test("another carry has its own swaps, and a layer that it lacks is not chosen", () => {
  const drawing = opened(swapped, one);
  vi.advanceTimersByTime(60_000);
  const pick = (name: string, value: string): void => {
    const list = drawing.one<HTMLSelectElement>(`.${name}`);
    list.value = value;
    list.dispatchEvent(new Event("change"));
  };
  pick("layer", "2");
  pick("carry", "1");
  expect(drawing.all(".mark")).toHaveLength(sent[1].swaps.length);
  expect(drawing.one<HTMLSelectElement>(".layer").value).toBe("1");
});

test("of one carry and one network there is nothing to choose", () => {
  const data = { ...one.data, carries: sent.slice(0, 1), networks: ["large"] };
  const drawing = opened(swapped, { ...one, data });
  const isHidden = ["carry", "what", "layer", "network"].map(
    (name) => drawing.one(`.${name}`).parentElement!.hidden,
  );
  expect(isHidden).toEqual([true, false, false, true]);
});

test("another network is asked for, and what is copied stays when it has come", () => {
  const drawing = opened(swapped, one);
  vi.advanceTimersByTime(60_000);
  const layer = drawing.one<HTMLSelectElement>(".layer");
  layer.value = "1";
  layer.dispatchEvent(new Event("change"));
  const network = drawing.one<HTMLSelectElement>(".network");
  expect([...network.options].map(({ text }) => text)).toEqual(one.data.networks);
  network.value = "1";
  network.dispatchEvent(new Event("change"));
  expect(drawing.sent).toEqual([["network", 1]]);
  const cut = sent.map((carry) => ({ ...carry, swaps: carry.swaps.slice(0, 6) }));
  drawing.load({ ...one.data, carries: cut, network: 1, digest: "of another" });
  expect(drawing.all(".mark")).toHaveLength(6);
  expect([network.value, layer.value]).toEqual(["1", "1"]);
});
