// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import composed from "../../src/drawings/composed";
import * as maths from "../../src/drawings/maths/composed";
import { cases, opened } from "./cases";

const { data, expected } = cases.composed;
const [WIDTH, HEIGHT] = [500, 300];

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const rested = (): ReturnType<typeof opened> => {
  const drawing = opened(composed, cases.composed);
  vi.advanceTimersByTime(60_000);
  return drawing;
};

/** What is said of a matrix, which has its index below the line and no stroke before it. */
const inBoxes = (mark: Element): string => mark.getAttribute("aria-label")!.replace("W_", "W");

// ---------------------------------------------------------------- one scale

test("each matrix stands once, and its area is its parameters at one scale", () => {
  const { placed, scale } = maths.laidOut(data.strips, WIDTH, HEIGHT);
  expect(placed.length).toBe(expected.n);
  expect(placed.reduce((sum, { matrix }) => sum + maths.parameters(matrix), 0)).toBe(
    expected.parameters,
  );
  const matrices = placed.filter(({ matrix }) => matrix.shape.length > 1);
  for (const { matrix, width, height } of matrices)
    expect((width * height) / scale ** 2 / maths.parameters(matrix)).toBeCloseTo(1, 6);
});

test("nothing lies outside the sheet, and no matrix on another", () => {
  for (const [width, height] of [
    [WIDTH, HEIGHT],
    [300, 400],
    [900, 60],
  ]) {
    const sheet = maths.laidOut(data.strips, width, height);
    expect(sheet.height).toBeLessThanOrEqual(height + 1);
    for (const [i, a] of sheet.placed.entries()) {
      expect(a.x + a.width).toBeLessThanOrEqual(width + 1);
      for (const b of sheet.placed.slice(i + 1)) {
        const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
        const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
        expect(Math.min(across, down)).toBeLessThan(1e-6);
      }
    }
  }
});

test("boxes thinner than a hair take no room from those beside them", () => {
  const [{ columns }] = data.strips;
  const thin = columns.map((column, i) =>
    i ? column : column.map((one) => ({ ...one, wide: 2 })),
  );
  const { placed } = maths.laidOut([{ ...data.strips[0], columns: thin }], 120, HEIGHT);
  expect(Math.max(...placed.map(({ x, width }) => x + width))).toBeLessThanOrEqual(120 + 1e-6);
});

test("the patch that tells the scale has a round number of parameters, and fits", () => {
  for (const scale of [0.02, 0.3, 1, 7]) {
    const size = maths.measure(scale, 22);
    expect(String(size)).toMatch(/^[125]0*$/);
    if (size > 1) expect(scale * Math.sqrt(size)).toBeLessThanOrEqual(22);
  }
});

test("a row whose boxes are too narrow for a name says beside them what they are", () => {
  const drawing = withTables();
  expect(drawing.all(".beside").map(({ textContent }) => textContent)).toEqual(["embedding"]);
});

test("no edge between two heads runs through the name of their matrix", () => {
  const drawing = rested();
  const number = (line: Element, name: string): number => Number(line.getAttribute(name));
  let under = 0;
  for (const matrix of drawing.all<SVGElement>(".matrix")) {
    const label = matrix.querySelector("text");
    if (!label) continue;
    const [x, y] = ["x", "y"].map((name) => number(label, name));
    for (const line of matrix.querySelectorAll(".piece")) {
      if (Math.abs(number(line, "x1") - x) > 10.5) continue;
      under += 1;
      expect(number(line, "y2") <= y - 8 || number(line, "y1") >= y + 8).toBe(true);
    }
  }
  expect(under).toBeGreaterThan(0);
});

test("what a variant lacks is marked, and so is its name", () => {
  const drawing = withTables("embedding");
  expect(drawing.all(".outlined").map(({ textContent }) => textContent)).toEqual(["embedding"]);
  expect(drawing.all(".matrix.lacks").length).toBe(1);
  expect(drawing.text(".told")).toMatch(/^Embedding, 32 × 1 = 32 parameters\. /);
  expect(drawing.all(".compares").length).toBe(1);
  expect(withTables().all(".outlined, .compares, .matrix.lacks").length).toBe(0);
});

test("the stream goes from the lowest strip up, and every strip hangs on it", () => {
  const drawing = withTables();
  const line = drawing.one<SVGElement>(".stream");
  const [from, to] = ["y1", "y2"].map((name) => Number(line.getAttribute(name)));
  expect(from).toBeGreaterThan(to);
  expect(drawing.all(".branch").length).toBe(data.strips.length + 1);
  expect(drawing.text(".name")).toBe("stream");
});

test("a narrower network is drawn at the scale of the usual one, and larger only if it must be", () => {
  const half = (strips: maths.Strip[], by: number): maths.Strip[] =>
    strips.map((strip) => ({
      ...strip,
      columns: strip.columns.map((column) =>
        column.map((one) => ({ ...one, wide: one.wide / by, high: one.high / by })),
      ),
    }));
  const usual = maths.laidOut(data.strips, WIDTH, HEIGHT, data.strips);
  expect(usual.times).toBe(1);
  expect(maths.laidOut(half(data.strips, 2), WIDTH, HEIGHT, data.strips).scale).toBe(usual.scale);
  const small = maths.laidOut(half(data.strips, 64), WIDTH, HEIGHT, data.strips);
  expect(small.times).toBeGreaterThan(1);
  expect(small.times).toBe(Math.round(small.times));
  expect(maths.laidOut(half(data.strips, 0.1), WIDTH, HEIGHT, data.strips).times).toBeLessThan(1);
});

test("boxes that the usual network has not are marked, and what it alone has is named", () => {
  const usual = [
    { ...data.strips[0], columns: data.strips[0].columns.slice(1) },
    ...data.strips.slice(1),
  ];
  const others = maths.unlike(maths.laidOut(data.strips, WIDTH, HEIGHT).placed, usual);
  expect(others.filter(Boolean).length).toBe(data.strips[0].columns[0].length);
  expect(maths.gone(data.strips, withTable)).toEqual(["embedding"]);
});

// ---------------------------------------------------------------- the variants

test("held-out pairs are counted at every look as Python counts them", () => {
  const found = data.variants.map((variant) => {
    const shown = maths.opened(variant);
    const n = variant.columns ** 2;
    return shown.looks.map((look) => {
      const count = maths.heldOut(shown, look, n);
      return [count.wrong, count.n];
    });
  });
  expect(found).toEqual(expected.held);
});

test("at a step each variant shows its last look, and none before its first", () => {
  const [shown] = data.variants.map(maths.opened);
  const steps = [-1, 0, 9, 10, 39, 40, 1000].map((step) => maths.lookAt(shown, step)?.step);
  expect(steps).toEqual([undefined, 0, 0, 10, 10, 40, 40]);
});

test("it rests at its last step, and says what each variant gets wrong", () => {
  const drawing = rested();
  const said = drawing.text(".said");
  for (const [i, { name, short, recorded }] of data.variants.entries()) {
    const [wrong, n] = expected.held[i].at(-1)!;
    const words = `${recorded ? name : `network ${short}`}, ${wrong.toLocaleString("en-GB")} of ${n.toLocaleString("en-GB")}`;
    expect(said).toContain(words);
  }
  expect(said).toMatch(/^After 40 steps, held-out pairs wrong: /);
});

test("a matrix that is pressed stays told until another is, or it is pressed again", () => {
  const drawing = rested();
  const [first, second] = drawing.all<SVGElement>(".matrix.attention");
  const before = drawing.text(".told");
  const click = (mark: Element): boolean => mark.dispatchEvent(new MouseEvent("click"));
  expect(before).toBe(inBoxes(first));
  click(second);
  expect(drawing.text(".told")).toBe(inBoxes(second));
  click(first);
  expect(drawing.text(".told")).toBe(inBoxes(first));
  click(second);
  click(second);
  expect(drawing.text(".told")).toBe(before);
});

test("a matrix is called as in its box, its index below the line", () => {
  const drawing = rested();
  const [first] = drawing.all<SVGElement>(".matrix.attention");
  const index = /W_(\w+)/.exec(first.getAttribute("aria-label")!)![1];
  expect(drawing.all(".told sub").map((below) => below.textContent)).toEqual([index]);
});

test("another model leaves the maps of the variants as they are", () => {
  const drawing = rested();
  const maps = drawing.all("canvas");
  drawing.load({ ...data, digest: "other model", strips: data.strips.slice(1) });
  drawing.all("canvas").forEach((map, i) => expect(map).toBe(maps[i]));
  expect(drawing.all(".matrix").length).toBeLessThan(expected.n);
});

test("the only wrong pair is told and ringed, and of several none", () => {
  const [{ columns }] = data.variants;
  const shown = { trained: new Uint8Array(columns ** 2), looks: [] };
  const look = { step: 1, wrong: new Uint8Array(columns ** 2), asked: null };
  look.wrong[7] = 1;
  expect(maths.onlyWrong(shown, look, columns ** 2)).toBe(7);
  look.wrong[9] = 1;
  expect(maths.onlyWrong(shown, look, columns ** 2)).toBe(null);
});

test("a pair under the hand is told below its map until the hand has left", () => {
  const drawing = rested();
  const [{ about, columns }] = data.variants;
  const [field, below] = [".field", ".about"].map((one) => drawing.all<HTMLElement>(one)[0]);
  const canvas = field.querySelector("canvas")!;
  canvas.getBoundingClientRect = () => ({ left: 0, top: 0, width: 200, height: 200 }) as DOMRect;
  const at = (type: string, clientX: number, clientY: number): boolean =>
    field.dispatchEvent(new PointerEvent(type, { clientX, clientY, pointerType: "mouse" }));
  expect(below.textContent).toBe(about);
  at("pointermove", 97, 74);
  const shown = maths.opened(data.variants[0]);
  const i = 37 * columns + 48;
  const found = [shown.looks.at(-1)!.wrong[i] ? "wrong" : "right"];
  found.push(shown.trained[i] ? "trained on" : "held out");
  expect(below.textContent).toBe(`37 × 48: ${found.join(", ")}`);
  at("pointerleave", 0, 0);
  expect(below.textContent).toBe(about);
});

test("steps lie evenly, with every look among them", () => {
  const shown = data.variants.map(maths.opened);
  expect(maths.stepsOf(shown)).toEqual([0, 10, 20, 30, 40]);
});

// ---------------------------------------------------------------- while a run goes on

test("a reader at the end stays at the end as looks come, and one before it stays where they are", () => {
  const short = { ...data, digest: "before", variants: data.variants.map(withLooks(2)) };
  for (const [place, after] of [
    ["1", "After 40 steps"],
    ["0", "After 0 steps"],
  ]) {
    const drawing = opened(composed, { ...cases.composed, data: short });
    vi.advanceTimersByTime(60_000);
    const slider = drawing.one(".scrub") as HTMLInputElement;
    slider.value = place;
    slider.dispatchEvent(new Event("input"));
    drawing.load({ ...data, digest: "after" });
    expect(drawing.text(".said")).toContain(after);
  }
});

test("with a single look there is nothing to play, and no strip", () => {
  const one = { ...data, variants: data.variants.map(withLooks(1)) };
  const drawing = opened(composed, { ...cases.composed, data: one });
  expect(drawing.one(".reel").hidden).toBe(true);
  const none = opened(composed, { ...cases.composed, data: { ...data, variants: [] } });
  expect(none.text(".said")).toBe("Nothing is trained yet.");
});

const table = { ...data.strips[0].columns[0][0], name: "embedding", part: "embedding" };
const withTable: maths.Strip[] = [
  ...data.strips,
  { name: "input", flat: true, columns: [[{ ...table, shape: [32, 1], wide: 32, high: 1 }]] },
];
const withTables = (outlined = ""): ReturnType<typeof opened> =>
  opened(composed, { ...cases.composed, data: { ...data, strips: withTable, outlined } });

const withLooks =
  (n: number) =>
  (variant: maths.Variant): maths.Variant => ({ ...variant, looks: variant.looks.slice(0, n) });
