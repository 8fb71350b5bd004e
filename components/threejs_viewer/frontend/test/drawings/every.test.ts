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

/** Neither draws anything of its own data. */
const PLAIN = ["contents", "save"];
const drawings = all.filter(({ name }) => !PLAIN.includes(name));
const moving = drawings.filter(({ one }) => one.html.includes('class="play"'));

const text = (name: string): string => readFileSync(`${DIST}/${name}.js`, "utf-8");

function openedFrom(module: Module, one: object): Opened<Sent> {
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

// ---------------------------------------------------------------- what moves

const said = (drawing: Opened<Sent>): string => drawing.text(".said");
const word = (drawing: Opened<Sent>): string => drawing.text(".play");
const live = (drawing: Opened<Sent>): string | null =>
  drawing.one(".said").getAttribute("aria-live");

/** At rest, whether it plays by itself or waits. */
function rested(it: (typeof moving)[number]): Opened<Sent> {
  const sweep = it.drawing === "arrows" ? { sweep: true } : {};
  const drawing = open({ ...it, one: { ...it.one, data: { ...it.one.data, ...sweep } } });
  vi.advanceTimersByTime(60_000);
  return drawing;
}

const played = moving.filter(({ name }) => name !== "arrows_real"); // a slider alone

test("most drawings move", () => {
  expect(played.length).toBeGreaterThan(12);
});

test.each(played)("$name is replayed, paused where it stands, and played on to its end", (it) => {
  const drawing = rested(it);
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

test.each(played)("$name stands at its end for who wants no motion", (it) => {
  const end = said(rested(it));
  vi.spyOn(window, "matchMedia").mockReturnValue({
    matches: true,
    addEventListener: () => undefined,
  } as unknown as MediaQueryList);
  const drawing = open(it);
  expect([said(drawing), word(drawing)]).toEqual([end, "Replay"]);
});

test.each(played)("$name that has left the page plays no more", (it) => {
  const drawing = rested(it);
  drawing.one(".play").click();
  drawing.leave();
  const left = drawing.root.innerHTML;
  vi.advanceTimersByTime(60_000);
  expect(drawing.root.innerHTML).toBe(left);
});
