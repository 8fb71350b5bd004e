// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { read, type Scene } from "../../src/viewer/data";
import { logit, unfold } from "../../src/viewer/home";
import { themeOf } from "../../src/shared/theme";
import { Trail, type Standing } from "../../src/viewer/trail";
import { fake } from "../../dev/fake";
import { borrowing } from "./handmade";
import { opened, small } from "./helpers";
import { fromPython } from "./scenes";

const begun = (scene: Scene, position = 3, token = 5): { trail: Trail; stood: unknown[] } => {
  const stood: (Standing | null)[] = [];
  const trail = new Trail({ stand: (at) => stood.push(at), leave: () => undefined });
  document.body.replaceChildren(trail.root);
  trail.load(scene, themeOf({ base: "light" }));
  trail.start(position, token);
  return { trail, stood };
};

const all = (trail: Trail, selector: string): HTMLElement[] => [
  ...trail.root.querySelectorAll<HTMLElement>(selector),
];
const texts = (trail: Trail, selector: string): string[] =>
  all(trail, selector).map((e) => e.textContent);
const number = (text: string): number => Number(text.replace("−", "-"));

test("the rows that are shown add up to the whole, with those in the middle taken together", () => {
  const scene = small();
  const { trail } = begun(scene);
  const first = trail.root.querySelector("ol")!;
  const numbers = [...first.querySelectorAll("b")].map((b) => number(b.textContent));
  const sum = numbers.reduce((a, b) => a + b, 0);
  const logits = scene.byName.get("logits")!;
  expect(sum).toBeCloseTo(read(scene, logits, 3 * logits.cols + 5)!, 1);
  const parts = unfold(scene, logit(scene, 3, 5)!);
  expect(numbers).toHaveLength(parts.length);
});

test("many parts are shown as the largest, the rest together, and those against, until asked for", () => {
  const scene = small("7*8=56+1".repeat(3));
  const { trail } = begun(scene, 20);
  const head = texts(trail, "li button").findIndex((text) => text.includes("head"));
  all(trail, "li button")[head]!.click();
  const others = all(trail, "li button").find((b) => b.textContent.includes("others"))!;
  expect(others.textContent).toContain("13 others");
  others.click();
  expect(all(trail, "ol:first-of-type li")).toHaveLength(21);
});

test("largest by largest it ends on a token or its position, and says who wrote it", () => {
  const { trail, stood } = begun(small());
  const seen: string[] = [];
  while (all(trail, "li button").length) {
    all(trail, "li button")[0]!.click();
    seen.push(texts(trail, "nav button").at(-1)!);
  }
  expect(seen.at(-1)).toMatch(/^(the token itself|its position) [+−]/);
  expect(trail.root.querySelector(".arrived")!.textContent).toMatch(/^You stand on /);
  expect(stood.slice(1).map((at) => (at as Standing).home)).toEqual(
    seen.map((_, i) => i === seen.length - 1),
  );
  const crumbs = texts(trail, "nav button");
  expect(crumbs).toHaveLength(seen.length + 1);
  for (const crumb of crumbs.slice(1)) expect(crumb).toMatch(/ \(\d.*%\)$/);
});

test("what is let in by a share has it as a factor, in the list and among the crumbs", () => {
  const { scene } = fromPython.find(({ name }) => name === "depth-relu2")!;
  const { trail } = begun(scene);
  expect(texts(trail, ".note").join()).toContain("those over depth too");
  for (const row of texts(trail, "ol:first-of-type li span:nth-child(2)"))
    expect(row).toMatch(/ × 0\.\d+$/);
  all(trail, "li button")[0]!.click();
  expect(texts(trail, "nav button").at(-1)).toMatch(/ × 0\.\d+ [+−]/);
  expect(texts(begun(small()).trail, ".note").join()).not.toContain("depth");
});

test("a token that stands before the answer was typed, one behind it was written by the model", () => {
  for (const [position, words] of [
    [3, 'token 3 "=", which you typed'],
    [4, 'token 4 "5", which the model wrote'],
  ] as const) {
    const { trail } = begun(small(), position);
    while (all(trail, "li button").some((b) => b.textContent.includes("others")))
      all(trail, "li button")
        .find((b) => b.textContent.includes("others"))!
        .click();
    all(trail, "li button")
      .find((b) => b.textContent.startsWith("the token itself"))!
      .click();
    expect(trail.root.querySelector(".arrived")!.textContent).toContain(words);
  }
});

test("a crumb leads back, and the same logit again changes nothing", () => {
  const { trail } = begun(small());
  const before = trail.root.innerHTML;
  all(trail, "li button")[0]!.click();
  expect(trail.start(3, 5)).toBe(false);
  expect(all(trail, "nav button")).toHaveLength(2);
  all(trail, "nav button")[0]!.click();
  expect(trail.root.innerHTML).toBe(before);
  expect(trail.start(3, 6)).toBe(true);
  expect(texts(trail, "nav button")[0]).toMatch(/^logit of "6"/);
  trail.clear();
  expect(trail.root.hidden).toBe(true);
});

test("what a hand has changed is left over and named", () => {
  const payload = fake();
  payload.manifest.tensors.find((t) => t.name === "blocks.1.v")!.scale = 2;
  payload.manifest.edited = ["blocks.1.v"];
  const { trail } = begun(opened(payload));
  expect(trail.root.querySelector(".sum")!.textContent).toContain("Rounding leaves");
  all(trail, "li button")
    .find((b) => b.textContent.includes("layer 1 head"))!
    .click();
  expect(trail.root.querySelector(".sum")!.textContent).toContain(
    "is left over: blocks.1.v was changed by hand",
  );
});

test("a way that begins at a token which is not written says which one is", () => {
  const said = (token: number, position = 3): string[] =>
    texts(begun(small("7*8=42"), position, token).trail, ".another");
  expect(said(5)).toEqual(['Behind token 3 "=" the model writes "4", not "5".']);
  expect(said(4)).toEqual([]);
  expect(said(5, 1)).toEqual([]); // behind it stands what was typed
  expect(said(5, 5)).toEqual([]); // nothing stands behind it
});

test("values of another layer are said to be of that layer", () => {
  const { trail } = begun(borrowing);
  const row = (named: RegExp): HTMLElement =>
    all(trail, "li button").find((e) => named.test(e.textContent))!;
  row(/layer [12] head/).click();
  for (const text of texts(trail, "ol:first-of-type li button")) expect(text).toMatch(/in layer 0/);
  row(/in layer 0/).click();
  expect(texts(trail, "p")[0]).toMatch(
    /^What the head took from token \d ".*" in layer 0, [+−][\d.]+, is a sum over/,
  );
});

test("a part that stood in the list before with another number is said to be there by another way", () => {
  const { trail } = begun(small());
  const row = (name: string): HTMLElement =>
    all(trail, "li button").find((e) => e.textContent.includes(name))!;
  const value = (name: string): string => row(name).querySelector("b")!.textContent;
  expect(texts(trail, ".twice")).toEqual([]);
  const before = new Map(all(trail, "li button").map((e) => [e.children[1]!.textContent, e]));
  row("layer 1 FFN").click();
  const [first] = texts(trail, "ol:first-of-type li span:nth-child(2)");
  const was = before.get(first!)!.querySelector("b")!.textContent;
  expect(texts(trail, ".twice")).toEqual([
    `The list before had ${first} with ${was}, which it adds by itself. Its ${value(first!)} in this list goes by way of layer 1 FFN.`,
  ]);
});
