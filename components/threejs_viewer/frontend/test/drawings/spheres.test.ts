// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as maths from "../../src/drawings/maths/spheres";
import { signedBytes } from "../../src/drawings/shared/numbers";
import { hurried } from "../../src/drawings/shared/schedule";
import spheres from "../../src/drawings/spheres";
import { apart, cases, opened, press, type Opened } from "./cases";

const { data, expected } = cases.spheres;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function scrubTo(drawing: Opened<unknown>, at: number): void {
  const scrub = drawing.one<HTMLInputElement>(".scrub");
  scrub.value = String(at);
  scrub.dispatchEvent(new Event("input"));
}

test.each(expected.seen)(
  "at moment $at, seen from $view, arrows end where NumPy has them",
  (it) => {
    data.arms.forEach(({ arrows }, i) => {
      const bytes = signedBytes(arrows);
      const ends = maths.triples(maths.between(bytes, bytes.length / data.moments.length, it.at));
      const seen = ends.map((end) => maths.seen(end.map((x) => x / 127) as maths.Triple, it.view));
      expect(apart(seen, it.places[i])).toBeLessThan(2 / 127);
      expect(Math.max(...seen.map((place) => Math.hypot(...place)))).toBeLessThan(1.01);
    });
  },
);

test("a step stands where the slider has its look, and the axis has round steps", () => {
  const { moments } = data;
  const places = moments.map((step) => maths.along(step, moments));
  expect(apart(places, expected.along)).toBeLessThan(1e-9);
  expect(maths.along((moments[2] + moments[3]) / 2, moments)).toBeCloseTo(0.625, 12);
  expect(maths.marks(moments, 0.15)).toEqual([0, 100, 1000, 10_000]);
  expect(maths.marks([0, 3], 0.1)).toEqual([0, 3]);
  expect(maths.marks([0, 1, 2, 3, 5, 8, 10, 50, 100], 0.13)).toEqual([0, 10, 100]);
});

test("at every moment numbers, lines and words are those of the arms", () => {
  const drawing = opened(spheres, cases.spheres);
  data.moments.forEach((_, at) => {
    scrubTo(drawing, at);
    expect(drawing.one(".scrub").getAttribute("aria-valuetext")).toBe(expected.told[at]);
    const cosines = data.arms.map((arm) => arm.token_cosine[at]);
    const alike = Math.max(...cosines) - Math.min(...cosines) < 0.1 ? ": still alike" : "";
    expect(drawing.text(".said")).toBe(`${expected.told[at].split(".")[0]}${alike}.`);
    const numbers = drawing.all(".fact b").map((number) => number.textContent);
    const wanted = data.arms.flatMap((arm) => [
      arm.token_cosine[at].toFixed(2),
      `${arm.few_wrong[at]} of ${data.n_few}`,
      `${arm.wrong[at]} of 1,000`,
    ]);
    expect(numbers).toEqual(wanted);
    const x = drawing.one(".rule").getAttribute("x1");
    expect(drawing.all(".dot").map((dot) => dot.getAttribute("cx"))).toEqual([x, x]);
  });
});

test("keys and the hand turn all spheres, Reset turns them back, and other data leave the view", () => {
  const drawing = opened(spheres, cases.spheres);
  const balls = drawing.one(".balls");
  const said = (): string | null => balls.getAttribute("aria-valuetext");
  expect(said()).toBe("turned by 30 degrees, tilted by 20");
  const keys = ["ArrowLeft", "ArrowUp", "ArrowDown"].map((key) => (press(balls, key), said()));
  expect(keys).toEqual([
    "turned by 25 degrees, tilted by 20",
    "turned by 25 degrees, tilted by 15",
    "turned by 25 degrees, tilted by 20",
  ]);
  balls.setPointerCapture = () => undefined;
  const hand = (kind: string, clientX: number, clientY: number): boolean =>
    balls.dispatchEvent(new PointerEvent(kind, { clientX, clientY, button: 0 }));
  hand("pointerdown", 100, 100);
  hand("pointermove", 60, 120);
  hand("pointerup", 60, 120);
  hand("pointermove", 0, 0);
  expect(said()).toBe("turned by 5 degrees, tilted by 30");
  drawing.load({ ...data, digest: "other numbers" });
  expect(said()).toBe("turned by 5 degrees, tilted by 30");
  drawing.one(".reset").click();
  expect(said()).toBe("turned by 30 degrees, tilted by 20");
});

test("cells of the squares are as strong as the cosines are, and no arrow leaves its ball", () => {
  const calls: { name: string; at: number[]; alpha: number }[] = [];
  const pen = new Proxy({ globalAlpha: 1 } as Record<string, unknown>, {
    get:
      (set, name: string) =>
      (...at: number[]): void =>
        void calls.push({ name, at, alpha: Number(set["globalAlpha"]) }),
  });
  const box = { width: 210, height: 210 } as DOMRect;
  vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(pen as never);
  vi.spyOn(HTMLCanvasElement.prototype, "getBoundingClientRect").mockReturnValue(box);
  const drawing = opened(spheres, cases.spheres);
  for (const { at, cosines } of expected.shown.filter((one) => Number.isInteger(one.at))) {
    scrubTo(drawing, at);
    // a cosine of zero is drawn as nothing
    const wanted = cosines
      .flat(2)
      .map(Math.abs)
      .filter((x) => Math.round(127 * x) > 0);
    const cells = calls.filter(({ name }) => name === "fillRect").slice(-wanted.length);
    expect(
      apart(
        cells.map(({ alpha }) => alpha),
        wanted,
      ),
    ).toBeLessThan(0.03);
  }
  const ends = calls.filter(({ name }) => name === "lineTo");
  expect(Math.max(...ends.map(({ at: [x, y] }) => Math.hypot(x, y)))).toBeLessThanOrEqual(105);
});

test("its end comes first, then all that led there, and a knob stands below its line", () => {
  const drawing = opened(spheres, cases.spheres);
  const [last, scrub] = [data.moments.length - 1, drawing.one<HTMLInputElement>(".scrub")];
  expect([drawing.text(".play"), scrub.value]).toEqual(["Pause", String(last)]);
  vi.advanceTimersByTime(1850);
  expect(Number(scrub.value)).toBeLessThan(1);
  vi.advanceTimersByTime(500);
  const between = Number(scrub.value);
  expect(Number.isInteger(between)).toBe(false);
  drawing.one(".play").click();
  expect([drawing.text(".play"), Number(scrub.value)]).toEqual(["Play", between]);
  vi.advanceTimersByTime(5000);
  expect(Number(scrub.value)).toBe(between);
  drawing.one(".play").click();
  vi.advanceTimersByTime(5000);
  expect([drawing.text(".play"), scrub.value]).toEqual(["Replay", String(last)]);
});

test("moments in which little happens pass sooner than the others", () => {
  const { frames, seconds } = hurried(10, 10, 5, 0.2);
  expect(seconds).toBe(10);
  expect([frames[0].at, frames.at(-1)!.at]).toEqual([0, 10]);
  const soon = frames.filter(({ at }) => at < 5).length / frames.length;
  expect(soon).toBeCloseTo(0.2, 2);
});
