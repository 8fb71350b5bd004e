// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import lanes from "../../src/drawings/lanes";
import * as maths from "../../src/drawings/maths/lanes";
import { cases, opened, type Opened } from "./cases";

const { data, expected } = cases.lanes;

afterEach(() => {
  vi.unstubAllGlobals();
});

const calm = (): Opened<typeof data> => {
  vi.stubGlobal("matchMedia", () => ({ matches: true, addEventListener: () => undefined }));
  return opened(lanes, cases.lanes);
};

const to = (drawing: Opened<typeof data>, at: number): string => {
  const slider = drawing.one<HTMLInputElement>(".scrub");
  slider.value = String(at);
  slider.dispatchEvent(new Event("input"));
  return drawing.text(".said");
};

const press = (drawing: Opened<typeof data>, words: string): void =>
  drawing
    .all("button")
    .find(({ textContent }) => textContent === words)!
    .click();

test("a token lights what it needs, and the carry that no token holds stands beside it", () => {
  const drawing = calm();
  const said = to(drawing, 2);
  expect(said).toContain("Token 2, 9 (37 × 8: tens): 3 × 8 + 5 = 29.");
  expect(said).toContain("The carry, 5, stands in no token: it comes from 7 × 8 = 56.");
  const tokens = drawing.one(".picture.working").querySelectorAll(".token");
  const lit = (name: string): number[] =>
    [...tokens].flatMap((token, i) => (token.classList.contains(name) ? [i] : []));
  expect([lit("own"), lit("again"), lit("now")]).toEqual([[0, 4], [1], [7]]);
  expect(drawing.text(".paper .carry b")).toBe("carry 5");
});

test("what is wrong without a head is told by the stand-in that is chosen", () => {
  const drawing = calm();
  expect(to(drawing, 2)).not.toContain("without");
  press(drawing, "ablate heads");
  press(drawing, data.by[1]);
  expect(drawing.text(".said")).toContain(`${expected.without} are wrong without 0.1`);
});

test("at rest no arc is drawn; a token has its own", () => {
  const drawing = calm();
  const strong = (): number => drawing.all(".working .arc.strong").length;
  to(drawing, data.back.tokens.length - data.back.given);
  expect(strong()).toBe(0);
  to(drawing, 2);
  expect(strong()).toBe(data.back.looks[1].length);
});

test("front to back the same number asks more of its first token, and no head is drawn", () => {
  const drawing = calm();
  const marks = (): number => {
    const tokens = drawing.one(".picture.working").querySelectorAll(".token");
    return Math.max(...[...tokens].map((token) => token.querySelectorAll(".mark").length));
  };
  expect([marks(), drawing.all(".head").length]).toEqual([3, 0]);
  press(drawing, "ablate heads");
  expect([marks(), drawing.all(".head").length]).toEqual([3, 2]);
  press(drawing, "front to back");
  expect([marks(), drawing.all(".head").length]).toEqual([4, 0]);
  expect(drawing.text(".by")).toContain("not a model’s");
});

test("of the plain model every look at a digit is an arc, and a wrong digit is crossed out", () => {
  const plain = calm().one(".picture.plain");
  expect(plain.querySelectorAll(".arc").length).toBe(expected.plain_looks);
  expect(plain.querySelectorAll(".token.wrong").length).toBe(1);
  expect(maths.load(maths.most(data.plain), ...maths.PRODUCTS)).toBe("4 products and 3 carries");
});
