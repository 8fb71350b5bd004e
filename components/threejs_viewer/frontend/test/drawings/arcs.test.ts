// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import arcs from "../../src/drawings/arcs";
import * as maths from "../../src/drawings/maths/arcs";
import { cases, opened, press, type Opened } from "./cases";

const { data, expected } = cases.arcs;
const n = data.tokens.length;

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const calm = (): Opened<typeof data> => {
  vi.stubGlobal("matchMedia", () => ({ matches: true, addEventListener: () => undefined }));
  return opened(arcs, cases.arcs);
};

test("an arc leads to each written token from where a head looks, but none of the one that is out", () => {
  expect(maths.arcsOf(data)).toEqual(expected.arcs);
  expect(maths.arcsOf({ ...data, pulled: null }).some(({ head }) => head === 1)).toBe(true);
  expect(calm().all(".arc").length).toBe(expected.arcs.length);
});

test("half an ellipse is as high as half its width, and no higher than there is room", () => {
  expect(maths.bow(10, 50, 100, 80)).toBe("M10.0 100A20.0 20.0 0 0 1 50.0 100");
  expect(maths.bow(10, 50, 100, 15)).toBe("M10.0 100A20.0 15.0 0 0 1 50.0 100");
});

test("a wrong token has a cross, and its name says what is right", () => {
  expect(maths.wrongAmong(data, n)).toEqual(expected.wrong);
  const drawing = calm();
  const wrong = drawing.all(".token.wrong");
  expect(wrong.length).toBe(1);
  expect(wrong[0].querySelector(".cross")).not.toBeNull();
  expect(wrong[0].getAttribute("aria-label")).toContain(`wrong: ${data.right[n - 2]} is right`);
});

test("it writes token by token, and rests at the whole text", () => {
  vi.useFakeTimers();
  const drawing = opened(arcs, cases.arcs);
  const there = (): number => drawing.all(".token:not(.later)").length;
  expect(there()).toBe(data.given);
  expect(drawing.text(".said")).toContain("is typed");
  vi.advanceTimersByTime(1100 * data.seconds);
  expect(there()).toBe(n);
  expect(drawing.all(".arc.later").length).toBe(0);
  expect(drawing.text(".said")).toBe(maths.toldOfText(data, n));
  expect(drawing.text(".said")).toContain("1 of them wrong");
});

test("a digit shows its own arcs alone, and says where the heads look", () => {
  const drawing = calm();
  const token = drawing.all<SVGGElement>(".token")[n - 2];
  token.dispatchEvent(new PointerEvent("pointerenter"));
  const own = expected.arcs.filter(({ to }) => to === n - 2).length;
  expect(drawing.all(".arc.strong").length).toBe(own);
  expect(drawing.all(".arc.faint").length).toBe(expected.arcs.length - own);
  expect(drawing.text(".said")).toContain("head 1 is ablated");
  token.dispatchEvent(new PointerEvent("pointerleave"));
  expect(drawing.all(".arc.faint").length).toBe(0);
});

test("a typed digit shows the arcs that leave it, and fades the tokens they do not reach", () => {
  const drawing = calm();
  const from = expected.arcs[0].from;
  const own = expected.arcs.filter((arc) => arc.from === from);
  drawing.all<SVGGElement>(".token")[from].dispatchEvent(new PointerEvent("pointerenter"));
  expect(from).toBeLessThan(data.given);
  expect(drawing.all(".arc.strong").length).toBe(own.length);
  const near = new Set([from, ...own.map(({ to }) => to)]);
  expect(drawing.all(".token:not(.aside)").length).toBe(near.size);
  expect(drawing.text(".said")).toContain(`(${data.places[from]}). Looked at by: head 0 for`);
});

test("a token that is wrong only because of another is paler, and is said to be", () => {
  const later = { ...data, implied: data.tokens };
  const drawing = opened(arcs, { ...cases.arcs, data: later });
  const wrong = drawing.one(".token.wrong.follows");
  expect(wrong.getAttribute("aria-label")).toContain("because of an earlier error");
  expect(maths.toldOfText(later, n)).toContain("1 of these because of an earlier error");
  expect(maths.toldOfText(data, n)).not.toContain("earlier");
  drawing.leave();
  expect(calm().all(".follows").length).toBe(0);
});

test("arrows go from digit to digit", () => {
  const drawing = calm();
  document.body.append(drawing.root);
  const written = drawing.all<SVGGElement>(".token").slice(data.given);
  expect(written.map((token) => token.getAttribute("tabindex"))).toEqual(
    written.map((_, i) => (i ? "-1" : "0")),
  );
  press(written[0], "End");
  expect(written.at(-1)!.getAttribute("tabindex")).toBe("0");
});

test("a button or an arc pulls its head out, at once; the one that is out is put back", () => {
  const drawing = calm();
  drawing.all<HTMLButtonElement>(".heads button")[0].click();
  expect(drawing.all(".arc.fallen").length).toBe(expected.arcs.length);
  expect(drawing.all(".heads button").map((e) => e.getAttribute("aria-pressed"))).toEqual([
    ...["false", "true"],
  ]);
  drawing.all<HTMLButtonElement>(".heads button")[1].click();
  drawing.all<SVGPathElement>(".arc")[0].dispatchEvent(new MouseEvent("click"));
  expect(drawing.sent).toEqual([
    ["pull", 0],
    ["pull", -1],
    ["pull", 0],
  ]);
});

test("what a press does is said, and the other saying keeps its room", () => {
  const drawing = calm();
  const said = (): string[] => drawing.all(".asks span:not(.away)").map((e) => e.textContent);
  expect(said()).toEqual(["Ablated; press to put back"]);
  drawing.load({ ...data, pulled: null, digest: "put back" });
  expect(said()).toEqual(["Ablate"]);
  expect(drawing.all(".asks span").length).toBe(2);
});

test("another sum is drawn in the place of the last", () => {
  const drawing = calm();
  const tokens = [...data.tokens.slice(0, -2), ...data.right.slice(-2)];
  drawing.load({ ...data, tokens, pulled: null, digest: "another" });
  expect(drawing.all(".token.wrong").length).toBe(0);
  expect(drawing.text(".said")).toContain("all of them right");
});
