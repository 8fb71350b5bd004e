// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import ledger from "../../src/drawings/ledger";
import { bars } from "../../src/drawings/maths/ledger";
import { apart, cases, opened, press } from "./cases";

const { data, expected } = cases.ledger;
const { out, ends, ends_without } = expected;
const added = data.parts.map((part) => part.added[data.at]);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test("each bar begins where the one before it ends, with all parts and with one out", () => {
  for (const [some, wanted] of [
    [bars(added), ends],
    [bars(added, out), ends_without],
  ] as const) {
    expect(apart(some.map(([, end]) => end), wanted)).toBeLessThan(1e-9); // prettier-ignore
    expect(some.slice(1).map(([begin]) => begin)).toEqual(some.slice(0, -1).map(([, end]) => end));
  }
  expect(bars(added, out)[out]).toEqual([ends[out - 1], ends[out - 1]]);
});

test("a part that is taken out by key flips the digit, though its bar is short", () => {
  const drawing = opened(ledger, cases.ledger);
  expect(drawing.all(".out").length).toBe(0); // it is still adding up
  const parts = drawing.all<SVGGElement>(".part");
  expect(drawing.all(".part[role=button]").length).toBe(parts.length - 1);
  press(parts[out], "Enter");
  const { leads, says, text } = data.without[out]!;
  const [lead, said] = [leads[data.at].toFixed(2).replace("-", "−"), drawing.text(".said")];
  expect(said).toContain(`the lead is ${lead}, and the model writes ${says[data.at]}, not 2`);
  const [all, less] = ["all", "less"].map((kind) => Number(drawing.text(`.${kind} .number`)));
  expect(less).toBeCloseTo(all - Number(added[out].toFixed(2)), 9); // of the numbers as written
  expect(drawing.one(".left").classList.contains("flips")).toBe(true);
  expect(drawing.text(".anew")).toBe(text);
  expect(drawing.text(".left .number")).toBe(lead);
  expect(drawing.sent.at(-1)).toEqual(["taken", [data.given + data.at, data.parts[out].name]]);
  press(parts[out], " ");
  expect(drawing.all(".result:not([hidden])").length).toBe(1);
  expect(drawing.sent.at(-1)).toEqual(["taken", [data.given + data.at, ""]]);
});

test("a row a layer: what its heads add together, or the one that is out, and below it its FFN", () => {
  const drawing = opened(ledger, cases.ledger);
  const numbers = (): string[] => drawing.all<SVGElement>(".plot > .number").map((n) => n.textContent!); // prettier-ignore
  expect(numbers()).toEqual(numbers().map(() => "")); // nothing is added yet
  drawing.all<SVGGElement>(".part")[out].dispatchEvent(new MouseEvent("click"));
  const layers = new Set(data.parts.map(({ layer }) => layer)).size - 1;
  expect(numbers().length).toBe(1 + 2 * layers);
  const lane = (layer: number): number[] => added.filter((_, i) => data.parts[i].layer === layer && data.parts[i].kind === "head"); // prettier-ignore
  const sum = lane(1).reduce((total, term) => total + term, 0);
  expect(numbers()[3]).toBe(`+${sum.toFixed(2)}`);
  expect(numbers()[1]).toBe(`0.2: ${added[out].toFixed(2).replace("-", "−")}`);
  expect(drawing.text(".headline")).toBe(
    "How much each part pushes 2 ahead of its rival\u00a00. Press a part to take it out.",
  );
});

test("another token has other bars, a rival of its own, and the same part out", () => {
  const drawing = opened(ledger, cases.ledger);
  drawing.all<SVGGElement>(".part")[out].dispatchEvent(new MouseEvent("click"));
  const last = data.leads.length - 1;
  drawing.all(".whole button")[last].click();
  expect(drawing.text(".ahead")).toBe("$ leads →");
  expect(drawing.text(".behind")).toBe(`← ${data.rivals[last]} leads`);
  expect(drawing.text(".all .number")).toBe(data.leads[last].toFixed(2));
  expect(drawing.all(".out").length).toBe(1);
  drawing.one(".reset").click(); // as it was opened, with no part out
  expect(drawing.text(".ahead")).toBe("2 leads →");
  expect(drawing.all(".out").length).toBe(0);
});
