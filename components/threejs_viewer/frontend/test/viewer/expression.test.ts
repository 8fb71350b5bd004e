import { describe, expect, test } from "vitest";
import { compile, isEven, namesOf, parse, told, type Look } from "../../src/viewer/expression";
import { indexOf } from "../../src/viewer/rules";

const nothing: Look<undefined> = (name) => {
  throw new Error(name);
};
const value = (text: string, h: number, i = 0, look = nothing): number =>
  compile(parse(text), ["h", "i"], look)([h, i], undefined);

describe("an expression is what Python makes of it", () => {
  test.each([
    ["h//2", -3, 0, -2],
    ["-h//2", 3, 0, -2],
    ["h%3", -1, 0, 2],
    ["-h%3", 1, 0, 2],
    ["h*4+i", 2, 3, 11],
    ["(h+1)*i-2", 2, 3, 7],
    ["h-i-1", 5, 3, 1],
    ["--h", 5, 0, 5],
    ["h//2%2*3", 7, 0, 3],
    ["7", 0, 0, 7],
  ])("%s at %d, %d", (text, h, i, expected) => expect(value(text, h, i)).toBe(expected));

  test("a comparison is 1 where all of its chain holds", () => {
    const seen = [1, 2, 3, 4, 5, 6].map((s) => value("h - 4 < i <= h", 5, s));
    expect(seen).toEqual([0, 1, 1, 1, 1, 0]);
    expect([value("h == i", 2, 2), value("h >= i", 1, 2), value("h > i", 2, 2)]).toEqual([1, 0, 0]);
  });

  test("a table is read under a name that may have dots, at places of its own", () => {
    const table = [0, 1, 2].map((row) => [0, 1, 2, 3].map((col) => 4 * row + col));
    const look: Look<undefined> = (name) => {
      expect(name).toBe("blocks.0.expert");
      return ([row, col]) => table[row!]![col!]!;
    };
    expect(value("blocks.0.expert[h,i+1]*2", 1, 2, look)).toBe(14);
    expect(namesOf(parse("blocks.0.expert[h,i+1]*2"))).toEqual(["h", "i"]);
  });
});

test.each(["h +", "h ** 2", "1.5", "h & i", "(h", "t[h", "h i", "", "* h", "h < "])(
  "%s is refused",
  (text) => expect(() => parse(text)).toThrow("no expression"),
);

test("a name that nobody gave is refused", () => {
  expect(() => value("h+j", 1)).toThrow("nothing is called j");
});

test("equal steps of a name are equal steps of sums, differences and multiples of it", () => {
  for (const text of ["i", "7", "h*4+i", "3-2*i", "h//2", "h%2*i"])
    expect(isEven(parse(text), "i"), text).toBe(true);
  for (const text of ["i//2", "i%2", "i*i", "t[i]", "i < h"])
    expect(isEven(parse(text), "i"), text).toBe(false);
});

test("a comma inside brackets parts no operands", () => {
  const index = indexOf("t d, expert[t,k] f d -> t k f");
  expect(index.operands.map((axes) => axes.length)).toEqual([2, 3]);
  expect(index.summed).toEqual(["d"]);
});

test("an expression is told with what its names stand for", () => {
  const say = (name: string): string => `${name === "t" ? "query 5" : "key 0"}`;
  expect(told("t - 4 < s <= t", say)).toBe("query 5 − 4 < key 0 ≤ query 5");
  expect(told("span[t] == 2", say)).toBe("span[query 5] = 2");
});
