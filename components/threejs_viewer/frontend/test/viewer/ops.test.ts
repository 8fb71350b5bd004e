import { describe, expect, test } from "vitest";
import { explain } from "../../src/viewer/explain";
import { canBeUndone, madeOf, OPERATIONS } from "../../src/viewer/ops/table";
import { FUNCTIONS } from "../../src/viewer/ops/map";
import { within, type Operand, type Rule } from "../../src/viewer/rules";
import { rowOf, type Made, type Values } from "../../src/viewer/values";
import { D, E, F, given, H, handmade, inputs, K, placesOf, T, type At } from "./handmade";

const contract = (of: Operand[], index: string, rest: Partial<Rule> = {}): Rule => ({
  op: "contract",
  of,
  index,
  ...rest,
});
const total = (n: number, f: At): number => [...Array(n).keys()].reduce((sum, i) => sum + f(i), 0);
const m = Object.fromEntries(Object.entries(inputs).map(([name, { at }]) => [name, at])) as Record<
  | "x"
  | "y"
  | "q"
  | "k"
  | "pattern"
  | "latent"
  | "depth"
  | "share"
  | "hidden"
  | "expert"
  | "w_row"
  | "w_up"
  | "w_in"
  | "w_back"
  | "w_gain"
  | "w_bias"
  | "w_out",
  At
>;
const table = (name: string): number[] => given[name] as number[];
const biased = (t: number, d: number): number => m.x(t, d) + m.w_gain(d);
const silu = (x: number): number => x / (1 + Math.exp(-x));
const gelu = (x: number): number => {
  // By Simpson's rule: the viewer's own erf is a series.
  const [n, end] = [2000, x / Math.SQRT2];
  const f = (i: number): number => Math.exp(-(((i * end) / n) ** 2));
  const sum = f(0) + f(n) + total(n - 1, (i) => (i! % 2 ? 2 : 4) * f(i! + 1));
  return (x * (1 + ((2 / Math.sqrt(Math.PI)) * sum * end) / n / 3)) / 2;
};
const normed = (d: number, row: At): number =>
  (row(d) / Math.sqrt(total(D, (j) => row(j!) ** 2) / D + 1e-3)) * m.w_gain(d);
const softened = (at: number, n: number, row: At): number =>
  Math.exp(row(at)) / total(n, (j) => Math.exp(row(j!)));

/** Row i, column j of a rotation by hand. */
function turned(
  name: "turn" | "turn_pairs",
  angles: (n: number) => number,
  i: number,
  j: number,
): number {
  const [pair, second]: [At, At] =
    name === "turn" ? [(k) => k! % 3, (k) => Number(k! >= 3)] : [(k) => k! >> 1, (k) => k! % 2];
  if (pair(i) !== pair(j)) return 0;
  const [sin, cos] = [Math.sin(angles(pair(i))), Math.cos(angles(pair(i)))];
  const whole = second(i) === second(j) ? cos : second(i) ? sin : -sin;
  return (name === "turn" ? 1 : 1.25) * whole;
}
const byPlace =
  (t: number): ((n: number) => number) =>
  (n) =>
    t * [1, 0.5, 0.25][n]!;
const byDistance =
  (t: number, s: number): ((n: number) => number) =>
  (n) =>
    (t - s) * [1, 0.5, 0][n]! + (t % 2) * [0, 0.25, 0.75][n]!;

const KEYS = contract(["latent", "w_up"], `t c, h*${D}+i c -> h t i`, { sizes: { h: H, i: D } });
const QUERIES = contract(["q", "w_up"], `h t i, h*${D}+i c -> h t c`);
const DEPTH: Rule = {
  op: "sum",
  of: [contract(["depth", "x"], "t 0, t d -> t d"), contract(["depth", "y"], "t 1, t d -> t d")],
};
const depth: At = (t, d) => m.depth(t!, 0) * m.x(t!, d!) + m.depth(t!, 1) * m.y(t!, d!);
const sized = (source: string): Rule =>
  contract([{ op: "norm", of: [source, "w_gain"], eps: 1e-3 }], "t d -> t n", { sizes: { n: 2 } });
const product: At = (t, e) => total(D, (d) => m.x(t!, d!) * m.w_row(e!, d!));
const PRODUCT = contract(["x", "w_row"], "t d, e d -> t e");
const ONES: Rule = { op: "norm", of: [KEYS, "w_gain"], eps: 1e-3 };
const keys: At = (h, t, i) => total(K, (c) => m.latent(t!, c!) * m.w_up(h! * D + i!, c!));
const met: At = (h, t, s) => total(D, (i) => m.q(h!, t!, i!) * m.k(0, s!, i!));
const MET = contract(["q", "k"], `h t i, h//${H} s i -> h t s`);
const BIAS = contract(["slopes", "distance"], "h, t s -> h t s", { scale: -1 });
const SEEN: Rule = { op: "choose", of: [null, "pattern"], index: "h t s", by: "t - 3 < s <= t" };
const seen: At = (h, t, s) => (t! - 3 < s! && s! <= t! ? m.pattern(h!, t!, s!) : -Infinity);
const TURNED = contract(["q", "turn_pairs"], "h t j, t s i j -> h t s i");

const [wide, headed, square] = [
  ["position", "d_model"],
  ["head", "position", "head_dim"],
  ["head", "query", "key"],
];

/** A rule, the axes and the shape of what it makes, and the same by hand. */
const CASES: Record<string, [Rule, string[], number[], At]> = {
  "a product of matrices": [
    { ...PRODUCT, scale: 0.5 },
    wide!,
    [T, E],
    (t, e) => product(t!, e!) / 2,
  ],
  "keys made of a latent": [KEYS, headed!, [H, T, D], keys],
  "keys made of a latent when they are read": [
    contract(["q", KEYS], "h t i, h s i -> h t s"),
    square!,
    [H, T, T],
    (h, t, s) => total(D, (i) => m.q(h!, t!, i!) * keys(h!, s!, i!)),
  ],
  "queries that read a latent as it is": [
    contract([QUERIES, "latent"], "h t c, s c -> h t s"),
    square!,
    [H, T, T],
    (h, t, s) => total(D, (i) => m.q(h!, t!, i!) * keys(h!, s!, i!)),
  ],
  "one key head for all": [
    { ...MET, scale: D ** -0.5 },
    square!,
    [H, T, T],
    (...p) => met(...p) / Math.sqrt(D),
  ],
  "norms of keys": [ONES, headed!, [H, T, D], (h, t, i) => normed(i!, (j) => keys(h!, t!, j!))],
  "keys under norms, met by queries": [
    contract(["q", ONES], "h t i, h s i -> h t s"),
    square!,
    [H, T, T],
    (h, t, s) => total(D, (i) => m.q(h!, t!, i!) * normed(i!, (j) => keys(h!, s!, j!))),
  ],
  "heads that are joined": [
    contract(["q", "w_out"], `h t i, d h*${D}+i -> t d`),
    wide!,
    [T, E],
    (t, d) => total(H, (h) => total(D, (i) => m.q(h!, t!, i!) * m.w_out(d!, h! * D + i!))),
  ],
  "the experts that a router chose": [
    contract(["x", "w_in"], "t d, expert[t,k] f d -> t k f", { sizes: { k: K } }),
    ["position", "chosen", "d_ff"],
    [T, K, F],
    (t, k, f) => total(D, (d) => m.x(t!, d!) * m.w_in(m.expert(t!, k!), f!, d!)),
  ],
  "what they write, by their shares": [
    contract(["share", "hidden", "w_back"], "t k, t k f, expert[t,k] d f -> t d"),
    wide!,
    [T, D],
    (t, d) =>
      total(K, (k) =>
        total(
          F,
          (f) => m.share(t!, k!) * m.hidden(t!, k!, f!) * m.w_back(m.expert(t!, k!), d!, f!),
        ),
      ),
  ],
  "a bias that is learned for every distance": [
    contract(["w_bias"], "h where[t,s] -> h t s"),
    ["head", "query", "key"],
    [H, T, T],
    (h, t, s) => m.w_bias(h!, Math.max(0, Math.min(2, t! - s!))),
  ],
  "a depth pattern": [DEPTH, wide!, [T, D], depth],
  "a norm of a depth pattern": [
    { op: "norm", of: [DEPTH, "w_gain"], eps: 1e-3 },
    wide!,
    [T, D],
    (t, d) => normed(d!, (j) => depth(t!, j!)),
  ],
  "a norm": [
    { op: "norm", of: ["x", "w_gain"], eps: 1e-3 },
    wide!,
    [T, D],
    (t, d) => normed(d!, (j) => m.x(t!, j!)),
  ],
  "a gate": [
    {
      op: "map",
      of: [{ op: "map", of: ["x"], fn: "silu" }, "y"],
      fn: "multiply",
    },
    wide!,
    [T, D],
    (t, d) => silu(m.x(t!, d!)) * m.y(t!, d!),
  ],
  "a function of a product": [
    { op: "map", of: [PRODUCT], fn: "gelu" },
    wide!,
    [T, E],
    (...p) => gelu(product(...p)),
  ],
  "squares of what is above 0": [
    { op: "map", of: ["x"], fn: "relu2" },
    wide!,
    [T, D],
    (t, d) => Math.max(m.x(t!, d!), 0) ** 2,
  ],
  "slopes by distance": [
    {
      op: "choose",
      of: [null, { op: "sum", of: [{ ...MET, scale: 0.5 }, BIAS] }],
      index: "h t s",
      by: "s <= t",
    },
    square!,
    [H, T, T],
    (h, t, s) => (s! <= t! ? met(h!, t!, s!) / 2 - table("slopes")[h!]! * (t! - s!) : -Infinity),
  ],
  "shares of what a window shows": [
    { op: "softmax", of: [SEEN] },
    square!,
    [H, T, T],
    (h, t, s) => softened(s!, T, (j) => seen(h!, t!, j!)),
  ],
  "shares of a depth pattern": [
    { op: "softmax", of: [DEPTH] },
    wide!,
    [T, D],
    (t, d) => softened(d!, D, (j) => depth(t!, j!)),
  ],
  "a reading shared out over two sources": [
    {
      op: "softmax",
      of: [{ op: "choose", of: [sized("x"), sized("y")], index: "t n", by: "n" }],
    },
    ["position", "source"],
    [T, 2],
    (t, n) => softened(n!, 2, (i) => total(D, (d) => normed(d!, (j) => m[i ? "y" : "x"](t!, j!)))),
  ],
  "pairs that are turned": [
    contract(["q", "turn"], "h t j, t i j -> h t i"),
    headed!,
    [H, T, D],
    (h, t, i) => total(D, (j) => m.q(h!, t!, j!) * turned("turn", byPlace(t!), i!, j!)),
  ],
  "pairs that are turned back": [
    contract(["q", "turn"], "h t i, t i j -> h t j"),
    headed!,
    [H, T, D],
    (h, t, j) => total(D, (i) => m.q(h!, t!, i!) * turned("turn", byPlace(t!), i!, j!)),
  ],
  "pairs that are turned by distances": [
    contract([TURNED, "k"], "h t s i, 0 s i -> h t s", { scale: 0.25 }),
    square!,
    [H, T, T],
    (h, t, s) =>
      total(
        D,
        (i) =>
          total(D, (j) => m.q(h!, t!, j!) * turned("turn_pairs", byDistance(t!, s!), i!, j!)) *
          m.k(0, s!, i!),
      ) / 4,
  ],
  "which are largest": [
    { op: "largest", of: [{ op: "sum", of: ["x", contract(["w_gain"], "d -> t d")] }], n: 3 },
    ["position", "choice"],
    [T, 3],
    (t, k) => [...Array(D).keys()].sort((a, b) => biased(t!, b) - biased(t!, a))[k!]!,
  ],
  "a number turned over": [
    {
      op: "map",
      of: [{ op: "map", of: [{ op: "map", of: ["x"], fn: "sigmoid" }], fn: "reciprocal" }, "y"],
      fn: "multiply",
    },
    wide!,
    [T, D],
    (t, d) => (1 + Math.exp(-m.x(t!, d!))) * m.y(t!, d!),
  ],
  "one of three by a table": [
    { op: "choose", of: ["x", "y", null], index: "t d", by: "case[t]" },
    wide!,
    [T, D],
    (t, d) => [m.x(t!, d!), m.y(t!, d!), -Infinity][table("case")[t!]!]!,
  ],
  "a row of a table": [
    { op: "lookup", of: ["w_row"], rows: "case" },
    wide!,
    [T, D],
    (t, d) => m.w_row(table("case")[t!]!, d!),
  ],
  "every other number, and squares": [
    contract(["x", "w_row", "x"], "t i*2, e i*2, t i*2 -> t e", { sizes: { i: 3 } }),
    wide!,
    [T, E],
    (t, e) => total(3, (i) => m.x(t!, 2 * i!) ** 2 * m.w_row(e!, 2 * i!)),
  ],
  "a sum of a row": [
    contract(["x"], "t d -> t"),
    ["position"],
    [T],
    (t) => total(D, (d) => m.x(t!, d!)),
  ],
};

const scene = handmade(
  Object.fromEntries(
    Object.entries(CASES).map(([name, [rule, axes, shape, at]]) => [
      name,
      { rule, axes, shape, at },
    ]),
  ),
);
const made = (name: string): Made => madeOf(scene, scene.byName.get(name)!)!;

describe.each(Object.keys(CASES))("%s", (name) => {
  const [, , shape, expected] = CASES[name]!;
  const tensor = scene.byName.get(name)!;

  test("every cell is what it is by hand, alone and explained", () => {
    for (const [index, place] of [...placesOf(shape)].entries()) {
      const e = explain(scene, tensor, index);
      const [again, by] = [made(name).at(place), expected(...place)];
      expect(e.again, e.text).toBe(again);
      expect(e.agrees, e.text).toBe(true);
      if (by === -Infinity) expect(again).toBe(by);
      else expect(Math.abs(again - by), e.text).toBeLessThan(1e-9 * Math.max(1, Math.abs(by)));
    }
  });

  test("undone, it adds up to itself", () => {
    if (!canBeUndone(made(name)) || shape.length < 2) return;
    for (const prefix of placesOf(shape.slice(0, -1))) {
      const direction = Float64Array.from({ length: shape[shape.length - 1]! }, (_, i) => i - 1.5);
      const whole = { values: made(name), prefix, direction };
      const dot = (d: Float64Array, x: Values, at: readonly number[]): number =>
        rowOf(x, at).reduce((sum, v, i) => sum + v * d[i]!, 0);
      const parts = made(name).undo(whole);
      const found = parts.reduce((sum, p) => sum + dot(p.direction, p.values, p.prefix), 0);
      expect(found).toBeCloseTo(dot(direction, made(name), prefix), 9);
    }
  });
});

test("the cases hold every operation and every function", () => {
  const rules = Object.values(CASES).flatMap(([rule]) => [...within(rule)]);
  expect(new Set(rules.map(({ op }) => op))).toEqual(new Set(Object.keys(OPERATIONS)));
  const functions = rules.flatMap(({ fn }) => fn ?? []);
  expect(new Set(functions)).toEqual(new Set(Object.keys(FUNCTIONS)));
});

test("a file of ops is an operation, and each has one", () => {
  const files = Object.keys(import.meta.glob("../../src/viewer/ops/*.ts"));
  const names = files
    .map((file) => /(\w+)\.ts$/.exec(file)![1]!)
    .filter((name) => name !== "table");
  expect(names.sort()).toEqual(Object.keys(OPERATIONS).sort());
});

const text = (name: string, ...place: number[]): string => {
  const tensor = scene.byName.get(name)!;
  const index = tensor.shape.reduce((at, n, axis) => at * n + place[axis]!, 0);
  return explain(scene, tensor, index).text;
};

test("what is masked says by which condition", () => {
  expect(text("slopes by distance", 0, 1, 3)).toBe(
    "masked, since key 3 ≤ query 1 does not hold = −∞",
  );
  expect(text("one of three by a table", 2, 0)).toBe("masked, since case[position 2] is 2 = −∞");
});

test("a working names what met, and writes its first numbers out", () => {
  expect(text("a product of matrices", 1, 2)).toMatch(
    /^x\[1\] · w_row\[2\] \/ √4 = \(.* \+ … \(3 more\)\) \/ √4 = /,
  );
  expect(text("one key head for all", 1, 2, 0)).toMatch(/^q\[1, 2\] · k\[0, 0\] \/ √6 = \(/);
  expect(text("slopes by distance", 1, 3, 1)).toMatch(
    /^q\[1, 3\] · k\[0, 1\] \/ √4 − slopes\[1\] · distance\[3, 1\] = .* \+ \(−0.5000\) = /,
  );
  expect(text("the experts that a router chose", 2, 1, 4)).toMatch(/^x\[2\] · w_in\[3, 4\] = /);
});

test("the chosen experts are among what was read", () => {
  const tensor = scene.byName.get("the experts that a router chose")!;
  const { sources } = explain(scene, tensor, 0);
  expect(sources.map((s) => [s.tensor.name, s.cells.length])).toEqual([
    ["x", D],
    ["expert", 1],
    ["w_in", D],
  ]);
});

test("what joins heads is undone head by head, what mixes experts expert by expert", () => {
  const at = (name: string): (readonly number[])[] =>
    made(name)
      .undo({ values: made(name), prefix: [2], direction: new Float64Array(D).fill(1) })
      .map((part) => part.prefix);
  expect(at("heads that are joined")).toEqual([
    [0, 2],
    [1, 2],
  ]);
  expect(at("what they write, by their shares")).toEqual([
    [2, 0],
    [2, 1],
    [2, 2],
  ]);
});

test.each([
  ["an operation that nobody knows", { op: "convolve", of: ["x"] }],
  ["a name that is not there", { op: "sum", of: ["nobody"] }],
  ["an index that does not fit", contract(["x", "w_row"], "t d e, e d -> t e")],
  ["a name of no length", contract(["x", "w_row"], "t i*2, e i*2 -> t e")],
  ["a result of another shape", contract(["x", "w_row"], "t d, e d -> e t")],
  ["a function that nobody knows", { op: "map", of: ["x"], fn: "tanh" }],
] as [string, Rule][])("%s is not guessed at", (_, rule) => {
  const odd = handmade({ odd: { axes: wide!, shape: [T, E], at: () => 1, rule } });
  const e = explain(odd, odd.byName.get("odd")!, 0);
  expect([e.again, e.text]).toEqual([undefined, ""]);
});

/** tests/lab/test_viewer_scenes.py evaluates them. */
test("the lines of NumPy are those that Python has tried", async () => {
  const nested = ([n, ...rest]: readonly number[], at: At, place: number[] = []): unknown =>
    n === undefined
      ? at(...place)
      : Array.from({ length: n }, (_, i) => nested(rest, at, [...place, i]));
  const tensors = Object.fromEntries(
    Object.entries(inputs).map(([name, { shape, at }]) => [name, nested(shape, at)]),
  );
  const lines = Object.entries(CASES).flatMap(([name, [, , shape, at]]) => {
    const whole: (number | null)[][] = [
      ...placesOf(shape),
      ...[...placesOf(shape.slice(0, -1))].map((prefix) => [...prefix, null]),
      shape.map(() => null),
    ];
    return whole.map((where) => ({
      name,
      line: made(name).line(where),
      value: where.includes(null)
        ? nested(
            shape.slice(where.indexOf(null)),
            at,
            where.slice(0, where.indexOf(null)) as number[],
          )
        : at(...(where as number[])),
    }));
  });
  const infinite = (_: string, v: unknown): unknown => (v === -Infinity ? "-inf" : v);
  const written = JSON.stringify(
    { given, tensors, lines: lines.filter((_, i) => i % 7 === 0 || i % 7 === 3) },
    infinite,
  );
  await expect(written + "\n").toMatchFileSnapshot("./scenes/handmade.numpy.json");
});
