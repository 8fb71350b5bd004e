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
  expect(data.tokens.map((_, i) => i).filter((i) => maths.isWrong(data, i))).toEqual(
    expected.wrong,
  );
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
  expect(drawing.text(".said")).toBe(data.verdict);
});

test("a digit shows its own arcs alone, and says where the heads look", () => {
  const drawing = calm();
  const token = drawing.all<SVGGElement>(".token")[n - 2];
  token.dispatchEvent(new PointerEvent("pointermove"));
  const own = expected.arcs.filter(({ to }) => to === n - 2).length;
  expect(drawing.all(".arc.strong").length).toBe(own);
  expect(drawing.all(".arc.faint").length).toBe(expected.arcs.length - own);
  expect(drawing.text(".said")).toContain("head 1 is ablated");
  const named = drawing.all(".names text").map((name) => name.textContent);
  const percents = expected.arcs
    .filter(({ to }) => to === n - 2)
    .map(
      ({ head, from, weight }) =>
        `head ${head} at ${data.tokens[from]}, ${Math.round(100 * weight)}%`,
    );
  expect(named.sort()).toEqual(percents.sort());
  token.dispatchEvent(new PointerEvent("pointerleave"));
  expect(drawing.all(".arc.faint, .names text").length).toBe(0);
});

test("what a finger touched stays when the finger goes", () => {
  const drawing = calm();
  const token = drawing.all<SVGGElement>(".token")[n - 2];
  for (const kind of ["pointerdown", "pointerleave"])
    token.dispatchEvent(new PointerEvent(kind, { pointerType: "touch" }));
  expect(drawing.all(".arc.faint").length).toBeGreaterThan(0);
  token.dispatchEvent(new Event("blur"));
  expect(drawing.all(".arc.faint").length).toBe(0);
});

test("a wider arc rises above a narrower one, and none as high as there is room", () => {
  expect(maths.rise(2, 80)).toBeCloseTo(1, 3);
  const rises = [40, 80, 160, 320].map((wide) => maths.rise(wide, 80));
  expect(rises).toEqual([...rises].sort((one, other) => one - other));
  expect(rises.at(-1)).toBeLessThan(80);
});

test("what names arcs stands beside them, inside the picture", () => {
  const arc = [...Array(41).keys()].map((i): [number, number] => [100 + 5 * i, 90]);
  const free = (x: number, y: number): [number, number] =>
    maths.freePlace(arc, 80, 40, [x, y], [400, 120]);
  expect(free(310, 40)).toEqual([310, 40]);
  for (const [x, y] of [free(150, 70), free(390, 100), free(-50, 0)]) {
    expect(Math.min(x, y)).toBeGreaterThanOrEqual(0);
    expect([x <= 320, y <= 80]).toEqual([true, true]);
    expect(arc.filter(([px, py]) => px > x && px < x + 80 && py > y && py < y + 40)).toEqual([]);
  }
});

test("what a number is stands there before it is written, and what it reads as after", () => {
  vi.useFakeTimers();
  const drawing = opened(arcs, cases.arcs);
  const labels = (): (string | null)[] => drawing.all(".label").map((label) => label.textContent);
  expect(labels()).toEqual(data.groups.map(({ name }) => name));
  vi.advanceTimersByTime(1100 * data.seconds);
  const read = drawing.all(".group").map((group) => group.textContent);
  data.groups.forEach((group, i) => expect(read[i]).toContain(group.read));
});

test("a typed digit shows the arcs that leave it, and fades the tokens they do not reach", () => {
  const drawing = calm();
  const from = expected.arcs[0].from;
  const own = expected.arcs.filter((arc) => arc.from === from);
  drawing.all<SVGGElement>(".token")[from].dispatchEvent(new PointerEvent("pointermove"));
  expect(from).toBeLessThan(data.given);
  expect(drawing.all(".arc.strong").length).toBe(own.length);
  const near = new Set([from, ...own.map(({ to }) => to)]);
  expect(drawing.all(".token:not(.aside)").length).toBe(near.size);
  expect(drawing.text(".said")).toContain(`(${data.places[from]}). Head 0 looks at it before`);
});

test("a token that is wrong only because of another is paler, and is said to be", () => {
  const later = { ...data, implied: data.tokens };
  const drawing = opened(arcs, { ...cases.arcs, data: later });
  const wrong = drawing.one(".token.wrong.follows");
  expect(wrong.getAttribute("aria-label")).toContain("because of an earlier error");
  expect(maths.toldOfToken(later, n - 2)).toContain("because of an earlier error");
  drawing.leave();
  expect(calm().all(".follows").length).toBe(0);
});

test("arrows go from digit to digit", () => {
  const drawing = calm();
  document.body.append(drawing.root);
  const tokens = drawing.all<SVGGElement>(".token");
  expect(tokens.map((token) => token.getAttribute("tabindex"))).toEqual(
    tokens.map((_, i) => (i ? "-1" : "0")),
  );
  press(tokens[0], "End");
  expect(tokens.at(-1)!.getAttribute("tabindex")).toBe("0");
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

test("each button says what its press does: only the head that is out is put back", () => {
  const drawing = calm();
  const said = (): (string | null)[] =>
    drawing.all(".heads button").map((button) => button.getAttribute("title"));
  expect(said()).toEqual(["Ablate", "Put back"]);
  drawing.load({ ...data, pulled: null, digest: "put back" });
  expect(said()).toEqual(["Ablate", "Ablate"]);
});

test("another sum is drawn in the place of the last", () => {
  const drawing = calm();
  const tokens = [...data.tokens.slice(0, -2), ...data.right.slice(-2)];
  drawing.all(".token")[0].dispatchEvent(new PointerEvent("pointermove"));
  drawing.load({ ...data, tokens, pulled: null, digest: "another" });
  const under = drawing.all(".token")[0]; // the mouse, which rests
  under.dispatchEvent(new PointerEvent("pointerenter"));
  expect(drawing.all(".token.wrong, .arc.strong").length).toBe(0);
  expect(drawing.text(".said")).toBe(data.verdict);
  under.dispatchEvent(new PointerEvent("pointermove"));
  expect(drawing.text(".said")).toContain(`(${data.places[0]}).`);
});

test("a token that is pointed at before it is there answers the next move, and the writing goes on", () => {
  vi.useFakeTimers();
  const drawing = opened(arcs, cases.arcs);
  const token = drawing.all(".token")[n - 1];
  const move = (): unknown => token.dispatchEvent(new PointerEvent("pointermove"));
  move();
  drawing.all(".token")[0].dispatchEvent(new PointerEvent("pointermove"));
  expect(drawing.text(".said")).toContain("is typed");
  vi.advanceTimersByTime(1100 * data.seconds);
  move();
  expect(drawing.text(".said")).toContain(`(${data.places[n - 1]})`);
});

test("a layer that is chosen is asked for", () => {
  const drawing = calm();
  const choice = drawing.one<HTMLSelectElement>(".layer");
  expect(choice.value).toBe("3");
  choice.value = "1";
  choice.dispatchEvent(new Event("change"));
  expect(drawing.sent).toEqual([["layer", 1]]);
});

// ---------------------------------------------------------------- the theatre

const stage = cases.arcs_theatre;
const bill = stage.data.theatre!;
const there = (drawing: Opened<typeof data>): string =>
  drawing
    .all(".token:not(.later) .sign")
    .map((sign) => sign.textContent)
    .join("");

test("a first visit sees heads fetch one by one, a digit break and the head put back, in 12 seconds", () => {
  vi.useFakeTimers();
  localStorage.clear();
  const drawing = opened(arcs, stage);
  expect(there(drawing)).toBe("");
  expect(drawing.all(".arc:not(.later)").length).toBe(0);
  const stays = new Map<string, number>();
  const [seen, names, pressed] = [new Set<string>(), new Set<string>(), new Set<string>()];
  for (let tenths = 0; tenths < 120; tenths++) {
    vi.advanceTimersByTime(100);
    const said = drawing.text(".said");
    stays.set(said, (stays.get(said) ?? 0) + 1);
    seen.add(there(drawing));
    names.add(
      drawing
        .all(".names text")
        .map((name) => name.textContent)
        .join("; "),
    );
    pressed.add(
      drawing
        .all(".heads [aria-pressed=true]")
        .map((one) => one.textContent)
        .join(),
    );
  }
  expect([...names].map((name) => (name ? name.split("; ").length : 0))).toEqual([0, 1, 2, 3, 4]);
  expect([...names].at(-1)!.split("; ").sort()).toEqual(stage.expected.looks);
  expect([...pressed]).toEqual(["", `head ${stage.expected.head}`]);
  expect(seen).toContain(stage.expected.broken);
  for (const said of [bill.why, bill.broken.verdict])
    expect(stays.get(said)).toBeGreaterThanOrEqual(24); // tenths of a second
  expect(there(drawing)).toBe(stage.expected.whole);
  expect(drawing.text(".play")).toBe("Replay");
  expect(drawing.text(".said")).toContain("Now type your own numbers");
  expect(drawing.one(".skip").hidden).toBe(true);
  expect(drawing.one(".yours").hidden).toBe(false);
  drawing.leave();
  expect(opened(arcs, stage).text(".play")).toBe("Replay"); // the second visit
});

test("Escape, or the button, skips to the end; who wants no motion begins there", () => {
  vi.useFakeTimers();
  const press = (drawing: Opened<typeof data>): void => drawing.one(".skip").click();
  const escape = (): unknown =>
    document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
  for (const skip of [press, escape]) {
    localStorage.clear();
    const drawing = opened(arcs, stage);
    vi.advanceTimersByTime(3000);
    expect(drawing.one(".skip").hidden).toBe(false);
    skip(drawing);
    expect([there(drawing), drawing.text(".play")]).toEqual([stage.expected.whole, "Replay"]);
    drawing.leave();
  }
  localStorage.clear();
  expect(there(calm())).toBe(data.tokens.join(""));
});

test("in the place of a sum of one's own it plays when asked to, and that sum is back at its end", () => {
  vi.useFakeTimers();
  const own = { ...data, theatre: { ...bill, whole: { ...stage.data } } };
  const drawing = opened(arcs, { ...stage, data: own });
  vi.advanceTimersByTime(12_000);
  expect(there(drawing)).toBe(data.tokens.join(""));
  drawing.one(".again").click();
  vi.advanceTimersByTime(7000);
  expect(drawing.root.querySelectorAll(".token").length).toBe(stage.data.tokens.length);
  vi.advanceTimersByTime(7000);
  expect([there(drawing), drawing.text(".said")]).toEqual([data.tokens.join(""), data.verdict]);
});
