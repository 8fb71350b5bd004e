// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import * as maths from "../../src/drawings/maths/scale";
import { range } from "../../src/drawings/shared/numbers";
import scale from "../../src/drawings/scale";
import { cases, opened } from "./cases";

const { models } = cases.scale.data;
const { levels, told } = cases.scale.expected;
const each = models.map((model, i) => ({
  name: model.name,
  model,
  all: maths.boxes(model),
  found: levels[i],
}));
const last = models.length - 1;

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

// ---------------------------------------------------------------- area is parameters

test.each(each)("$name: each box is as large as its part has parameters", ({ all }) => {
  const off = all.map(({ part, width, height }) => Math.abs((width * height) / part.size - 1));
  expect(Math.max(...off)).toBeLessThan(1e-9);
});

test.each(each)("$name: at every level are the parts that Python counts", ({ all, found }) => {
  const counted = range(4).map((level) => {
    const here = all.filter((box) => box.level === level);
    return { n: here.length, parameters: here.reduce((sum, { part }) => sum + part.size, 0) };
  });
  expect(counted).toEqual(found);
});

test.each(each)("$name: the parts of a box lie in it, and none on another", ({ model, all }) => {
  const side = Math.sqrt(model.whole.size);
  const slack = side * 1e-9;
  for (const level of [1, 2]) {
    const here = all.filter((box) => box.level === level);
    for (const [i, a] of here.entries()) {
      expect(Math.min(a.x, a.y)).toBeGreaterThanOrEqual(-slack);
      expect(Math.max(a.x + a.width, a.y + a.height)).toBeLessThanOrEqual(side + slack);
      for (const b of here.slice(i + 1)) {
        const across = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
        const down = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
        expect(Math.min(across, down)).toBeLessThan(slack);
      }
    }
  }
});

test.each(each)(
  "$name: what is tinted is what a token meets, to two in a hundred",
  ({ model, all }) => {
    const innermost = all.filter(({ level, part }) => level === 3 || !part.parts.length);
    const met = innermost.filter((box) => box.met).reduce((sum, { part }) => sum + part.size, 0);
    expect(Math.abs(met / model.met - 1)).toBeLessThan(0.02);
  },
);

test("of 256 experts every layer tints eight, and not the same", () => {
  const all = each[last].all.filter(({ level }) => level > 1);
  const chosen: string[] = [];
  for (const [i, box] of all.entries())
    if (box.part.name === "experts") {
      const routed = all.slice(i + 1, i + 259).filter(({ part }) => part.name === "expert");
      const met = routed.flatMap((expert, n) => (expert.met ? [n] : []));
      expect([routed.length, met.length]).toEqual([256, 8]);
      chosen.push(met.join());
    }
  expect(chosen.length).toBe(58);
  expect(new Set(chosen).size).toBeGreaterThan(1);
});

// ---------------------------------------------------------------- the camera

const frame = { width: 700, height: 400, rim: 12 };
const plots = maths.plots(models);

test("at each stop the models so far are all in sight, and one of them fills the frame", () => {
  plots.forEach((_, at) => {
    const { scale, left } = maths.stop(plots, at, frame);
    const [first, own] = [plots[0], plots[at]];
    expect(left + scale * first.left).toBeGreaterThanOrEqual(frame.rim - 1e-9);
    const right = left + scale * (own.left + own.side);
    expect(right).toBeLessThanOrEqual(frame.width - frame.rim + 1e-9);
    expect(scale * own.side).toBeCloseTo(frame.height, 6);
  });
});

test("a narrow frame is filled from side to side", () => {
  const { scale, left } = maths.stop(plots, 1, { ...frame, width: 300 });
  expect(left).toBeCloseTo(frame.rim, 6);
  expect(scale * (plots[1].left + plots[1].side)).toBeCloseTo(300 - 2 * frame.rim, 6);
});

test("the camera only backs away, from ours in full to ours as a grain", () => {
  const scales = range(301).map((i) => maths.camera(plots, i / 100, frame).scale);
  expect(scales.every((scale, i) => !i || scale < scales[i - 1])).toBe(true);
  expect(scales[0] * plots[0].side).toBeCloseTo(frame.height, 6);
  expect(scales.at(-1)! * plots[0].side).toBeLessThan(2);
  expect(maths.camera(plots, last, frame)).toEqual(maths.stop(plots, last, frame));
});

test("moments rest at each stop and then move, evenly", () => {
  expect(maths.times(3, 4, 1, 2)).toEqual([0, 1.5, 2, 2.5, 3, 4.5, 5, 5.5, 6]);
  expect(maths.times(4, 1, 1, 2)).toEqual([0, 3, 6, 9]);
});

// ---------------------------------------------------------------- on the page

test("untouched it shows the grain; steps and Play go from model to model", () => {
  vi.useFakeTimers();
  const drawing = opened(scale, cases.scale);
  const said = (): string => drawing.text(".said");
  expect(said()).toBe(told[last]);
  expect(drawing.one(".arrow").style.opacity).toBe("1");
  for (const at of [2, 1, 0]) {
    drawing.one(".back").click();
    expect(said()).toBe(told[at]);
  }
  expect(drawing.one(".arrow").style.opacity).toBe("0");
  drawing.one(".on").click();
  expect(said()).toBe(told[1]);
  drawing.one(".back").click();
  drawing.one(".play").click();
  vi.advanceTimersByTime(20_000);
  expect(said()).toBe(told[last]);
  expect(drawing.text(".play")).toBe("Replay");
});

test("who wants no motion has four moments, a model each", () => {
  vi.spyOn(window, "matchMedia").mockReturnValue({ matches: true } as MediaQueryList);
  const drawing = opened(scale, cases.scale);
  expect(drawing.one<HTMLInputElement>(".scrub").max).toBe(String(last));
});

test("no name lies on another, whatever the camera shows", () => {
  const drawing = opened(scale, cases.scale);
  const scrub = drawing.one<HTMLInputElement>(".scrub");
  for (const at of range(Number(scrub.max) / 8 + 1)) {
    scrub.value = String(8 * at);
    scrub.dispatchEvent(new Event("input"));
    const names = drawing
      .all(".name")
      .filter((name) => !name.hasAttribute("hidden"))
      .map((name) => {
        const [x, y] = name
          .getAttribute("transform")!
          .match(/-?\d[\d.e-]*/g)!
          .map(Number);
        const lines = [...name.children].map((line) => line.textContent.length);
        return { x, y, wide: 7 * Math.max(...lines), tall: 16 * lines.length };
      });
    for (const [i, a] of names.entries()) {
      expect(a.y).toBeGreaterThan(-1);
      for (const b of names.slice(i + 1)) {
        const across = Math.min(a.x + a.wide, b.x + b.wide) - Math.max(a.x, b.x);
        const down = Math.min(a.y + a.tall, b.y + b.tall) - Math.max(a.y, b.y);
        expect(Math.min(across, down)).toBeLessThanOrEqual(0);
      }
    }
  }
});
