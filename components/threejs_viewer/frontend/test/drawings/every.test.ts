// @vitest-environment happy-dom
// What holds for every drawing there is: those of the folder, on the data of its fixtures. A fixture
// is named like its drawing, or, where there are several, like that and what is another: NAME_other.
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Sent } from "../../src/drawings/shared/drawing";
import type { Call } from "../../src/drawings/shared/mount";
import { cases, opened, type Opened } from "./cases";

type Module = (call: Call<Sent>) => () => void;
type Modules = Record<string, { default: Module }>;

const DIST = "dist/drawings";
const built: Modules = import.meta.glob("../../dist/drawings/*.js", { eager: true });
const sources: Modules = import.meta.glob("../../src/drawings/*.ts", { eager: true });

const names = Object.keys(sources).map((path) => /([a-z]+)\.ts/.exec(path)![1]);
const all = Object.entries(cases).map(([name, one]) => {
  const [drawing] = name.split("_");
  return { name, drawing, one };
});

/** None draws anything of its own data. */
const PLAIN = ["contents", "moment", "save"];
const drawings = all.filter(({ name }) => !PLAIN.includes(name));
const isMoving = ({ drawing }: { drawing: string }): boolean =>
  readFileSync(`src/drawings/${drawing}.ts`, "utf-8").includes("extends MovingDrawing<");
const moving = drawings.filter(isMoving);

const text = (name: string): string => readFileSync(`${DIST}/${name}.js`, "utf-8");

function openedFrom(module: Module, one: object): Opened<Sent> {
  localStorage.clear(); // each visit is the first
  return opened(module, one as never);
}

const open = ({ drawing, one }: { drawing: string; one: object }): Opened<Sent> =>
  openedFrom(sources[`../../src/drawings/${drawing}.ts`].default, one);

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

// ---------------------------------------------------------------- the build

test("every drawing is built into one script and one style sheet, and nothing else is", () => {
  const files = names.flatMap((name) => [`${name}.css`, `${name}.js`]);
  expect(readdirSync(DIST).sort()).toEqual(files.sort());
});

test("every drawing has a fixture, and none is left over", () => {
  expect([...new Set(all.map(({ drawing }) => drawing))].sort()).toEqual(names.sort());
});

test.each(names)("%s holds one default export, and all that it needs", (name) => {
  expect(Object.keys(built[`../../dist/drawings/${name}.js`])).toEqual(["default"]);
  expect(text(name).match(/\bexport\b/g)).toEqual(["export"]);
  expect(text(name)).not.toMatch(/\bimport\b|\brequire\b|sourceMappingURL/);
});

test.each(all)("$name as built draws what its source draws", ({ drawing, one }) => {
  const drawn = [
    built[`../../dist/drawings/${drawing}.js`],
    sources[`../../src/drawings/${drawing}.ts`],
  ].map((module) => openedFrom(module.default, one).root.innerHTML);
  expect(drawn[0].length).toBeGreaterThanOrEqual(one.html.length);
  expect(drawn[0]).toBe(drawn[1]);
});

// ---------------------------------------------------------------- when data come again

test.each(drawings)("$name: data of the same digest build nothing anew", (it) => {
  const drawing = open(it);
  const before = drawing.all("*");
  drawing.load({ ...it.one.data });
  const after = drawing.all("*");
  expect(after.length).toBe(before.length);
  expect(before.length).toBeGreaterThan(30);
  expect(after.every((element, i) => element === before[i])).toBe(true);
});

test.each(drawings)("$name: data of another digest are drawn at once", (it) => {
  const drawing = open(it);
  const before = drawing.root.innerHTML;
  const another = { ...it.one.data, digest: "another", at: 1, alt: "Something else" };
  drawing.load(another);
  expect(drawing.root.innerHTML).not.toBe(before);
});

test.each(drawings)(
  "$name: data cut short are a sentence, and whole ones are drawn again",
  (it) => {
    const heard = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const drawing = open(it);
    const told = (): Element[] => drawing.all(".amiss");
    const frame = drawing.one<HTMLElement>(".drawing");
    drawing.load({ digest: "cut short" } as never);
    expect(told().length).toBe(heard.mock.calls.length);
    expect(frame.style.display).toBe(told().length ? "none" : "");
    expect(told().every((one) => one.textContent!.includes("cannot be drawn"))).toBe(true);
    drawing.load({ ...it.one.data });
    expect(told()).toEqual([]);
    expect(frame.style.display).toBe("");
  },
);

// ---------------------------------------------------------------- one of many

/** The tokens, experts, layers, sums or cards of a drawing that a reader points at. */
const POINTED: Record<string, string> = {
  arcs: ".token:not(.later)",
  arrows: ".tokens > div",
  arrows_real: ".tokens > div",
  bet: ".mark:not(.ahead)",
  composed: ".matrix",
  connections: ".node",
  cut: ".source .cell:not(.left)",
  experts: ".mark",
  forced: ".columns [role=img]",
  generators: ".text span",
  growing: ".rows span",
  kept: ".layer",
  ledger: ".part",
  lanes: ".token:not(.later)",
  network: ".table .grid > :not(.head)",
  notebook: ".entry:not(.blank)",
  swaps: ".mark",
  tiles: ".card",
};
/** How a drawing says which are not meant. */
/** Where a drawing tells it, if not in its last line. */
const BESIDE: Record<string, string> = { composed: ".told" };
const FADED = '.aside, .faint, .weak, .asked, .ribbon:not(.lit), [opacity="0.25"]';

test.each(drawings.filter(({ name }) => name in POINTED))(
  "$name: one that a mouse or the focus comes to fades the rest and says its numbers",
  (it) => {
    const drawing = ended(it);
    const [one] = drawing.all(POINTED[it.name]);
    const tells = (): string => drawing.text(BESIDE[it.name] ?? ".said");
    const look = (): unknown[] => [tells(), drawing.all(FADED).length];
    const before = look();
    for (const [comes, leaves] of [
      [["pointerenter", "pointermove"], "pointerleave"],
      [["focus"], "blur"],
    ] as const) {
      for (const event of comes) one.dispatchEvent(new Event(event));
      expect(tells()).not.toBe(before[0]);
      expect(tells()).toMatch(/\d/);
      expect(drawing.all(FADED).length).not.toBe(before[1]);
      one.dispatchEvent(new Event(leaves));
      expect(look()).toEqual(before);
    }
    expect(one.getAttribute("aria-label")).toBeTruthy();
    expect(one.getAttribute("tabindex")).toBe("0");
  },
);

// ---------------------------------------------------------------- what moves

const said = (drawing: Opened<Sent>): string => drawing.text(".said");
const word = (drawing: Opened<Sent>): string => drawing.text(".play");
const live = (drawing: Opened<Sent>): string | null =>
  drawing.one(".said").getAttribute("aria-live");

/** As it rests by itself, whether it plays at first or waits. */
function rested(it: (typeof moving)[number]): Opened<Sent> {
  const sweep = it.name === "arrows" ? { sweep: true } : {};
  const drawing = open({ ...it, one: { ...it.one, data: { ...it.one.data, ...sweep } } });
  vi.advanceTimersByTime(60_000);
  return drawing;
}

/** At its last moment. */
function ended(it: (typeof moving)[number]): Opened<Sent> {
  const drawing = rested(it);
  if (word(drawing) === "Play") drawing.one(".play").click();
  vi.advanceTimersByTime(60_000);
  return drawing;
}

const STRIP =
  "play back on moments landmarks scrub unfold extras speed reset copy shot handed copied".split(
    " ",
  );
const LONG = 5; // seconds; what moves longer has a strip

test("most drawings move", () => {
  expect(moving.length).toBeGreaterThan(14);
});

test.each(moving)("$name has the whole strip, and marks at events", (it) => {
  const drawing = rested(it);
  const strip = drawing.one(".reel");
  expect(STRIP.filter((name) => strip.querySelectorAll(`.${name}`).length !== 1)).toEqual([]);
  expect([strip.hidden, strip.getAttribute("role")]).toEqual([false, "group"]);
  expect(drawing.one(".scrub").getAttribute("aria-label")).toBeTruthy();
  const marks = drawing.all(".landmarks span");
  expect(marks.length).toBeGreaterThan(0);
  expect(marks.filter(({ title }) => !title)).toEqual([]);
});

test.each(all.filter((it) => !isMoving(it)))("$name has no strip, and rests soon", (it) => {
  const drawing = open(it);
  expect(drawing.all(".reel, .play")).toEqual([]);
  vi.advanceTimersByTime(1000 * LONG);
  const rests = drawing.root.innerHTML;
  vi.advanceTimersByTime(60_000);
  expect(drawing.root.innerHTML).toBe(rests);
});

test("no style sheet moves anything longer", () => {
  const found = names.flatMap((name) =>
    [
      ...readFileSync(`${DIST}/${name}.css`, "utf-8").matchAll(/(?:animation|transition)[^;}]*/g),
    ].flatMap(([rule]) =>
      [...rule.matchAll(/([\d.]+)s\b/g)].map(([, seconds]) => [name, Number(seconds)] as const),
    ),
  );
  expect(found.length).toBeGreaterThan(5);
  expect(found.filter(([, seconds]) => seconds > LONG)).toEqual([]);
});

test.each(moving)("$name is replayed, paused where it stands, and played on to its end", (it) => {
  const drawing = ended(it);
  const end = said(drawing);
  expect([word(drawing), live(drawing)]).toEqual(["Replay", "polite"]);
  drawing.one(".play").click();
  expect([word(drawing), live(drawing)]).toEqual(["Pause", "off"]);
  vi.advanceTimersByTime(700);
  drawing.one(".play").click();
  const paused = drawing.root.innerHTML;
  expect([word(drawing), live(drawing)]).toEqual(["Play", "polite"]);
  vi.advanceTimersByTime(60_000);
  expect(drawing.root.innerHTML).toBe(paused);
  drawing.one(".play").click();
  expect(word(drawing)).toBe("Pause");
  vi.advanceTimersByTime(60_000);
  expect([word(drawing), live(drawing), said(drawing)]).toEqual(["Replay", "polite", end]);
});

test.each(moving)("$name stands where it would rest for who wants no motion", (it) => {
  const found = rested(it);
  const end = [said(found), word(found)];
  vi.spyOn(window, "matchMedia").mockReturnValue({
    matches: true,
    addEventListener: () => undefined,
  } as unknown as MediaQueryList);
  const drawing = open(it);
  expect([said(drawing), word(drawing)]).toEqual(end);
});

test.each(moving)("$name that has left the page plays no more", (it) => {
  const drawing = ended(it);
  drawing.one(".play").click();
  drawing.leave();
  const left = drawing.root.innerHTML;
  vi.advanceTimersByTime(60_000);
  expect(drawing.root.innerHTML).toBe(left);
});
