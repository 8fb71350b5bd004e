import { expect, test } from "vitest";
import { arrow, attend, blend } from "../../src/drawings/maths/attention";
import {
  along,
  between as betweenChecks,
  inHundred,
  marks,
  rows,
  spread,
  stageAt,
} from "../../src/drawings/maths/climb";
import { edgeAt, rightAt, told, unitPlaces } from "../../src/drawings/maths/film";
import { difference, linesAfter, told as toldOf, written } from "../../src/drawings/maths/lines";
import {
  columns,
  measured,
  slowed,
  times,
  timesPushed,
  totals,
} from "../../src/drawings/maths/generators";
import { between, matches, mostOf, scoreOf, turned } from "../../src/drawings/maths/pairs";
import { count, hatching, runs } from "../../src/drawings/maths/queue";
import { dotAt, gridOf, home, onTheWay, spots } from "../../src/drawings/maths/sieve";
import { cellAt, unpacked } from "../../src/drawings/maths/readings";
import * as waves from "../../src/drawings/maths/waves";
import {
  bytes,
  clamp,
  range,
  short,
  signed,
  signedBytes,
  tickStep,
} from "../../src/drawings/shared/numbers";
import { momentAt } from "../../src/drawings/shared/player";
import { apart, cases } from "./cases";

const CLOSE = 1e-12;

test.each(cases.arrows.expected)("the query $query looks where lab's does", (expected) => {
  const { keys, tokens } = cases.arrows.data;
  const weights = attend(arrow(...expected.query), keys);
  expect(apart(weights, expected.weights)).toBeLessThan(CLOSE);
  expect(apart(blend(tokens, weights), expected.blend)).toBeLessThan(CLOSE);
});

test.each(cases.clocks.expected)("at $positions every pair is turned as by lab", (expected) => {
  const head = cases.clocks.data;
  const [i, j] = expected.positions;
  const pairs = range(head.speeds.length).map((n) => turned(head, n, i, j));
  expect(
    apart(
      pairs.map(([query]) => query),
      expected.query,
    ),
  ).toBeLessThan(CLOSE);
  expect(
    apart(
      pairs.map(([, key]) => key),
      expected.key,
    ),
  ).toBeLessThan(CLOSE);
  expect(apart(pairs.map(between), expected.angles)).toBeLessThan(CLOSE);
  const found = matches(head, i, j);
  expect(apart(found, expected.matches)).toBeLessThan(CLOSE);
  expect(apart(scoreOf(found), expected.score)).toBeLessThan(CLOSE);
  expect(Math.abs(scoreOf(found))).toBeLessThanOrEqual(mostOf(head));
});

test.each(cases.waves.expected)("$signal.length samples have the waves of lab", (expected) => {
  const still = waves.spectrum(expected.signal);
  expect(apart(still, expected.spectrum)).toBeLessThan(CLOSE);
  for (const moved of expected.moved) {
    const turned = waves.turned(still, moved.by);
    expect(apart(turned, moved.waves)).toBeLessThan(CLOSE);
    const samples = expected.signal.map((_, t) => waves.valueAt(turned, t));
    expect(apart(samples, moved.samples)).toBeLessThan(CLOSE);
  }
});

test.each(["shifted", "stretched"] as const)("a sum %s is read as Python packed it", (mode) => {
  cases.tape.data.sides.forEach((side, s) => {
    const expected = cases.tape.expected[s][mode];
    const found = unpacked(side[mode]);
    expect(found.n).toBe(expected.length);
    expected.forEach(({ weights, right, change }, place) => {
      const shares = [...found.weightsAt(place)].map((byte) => byte / 255);
      expect(apart(shares, weights)).toBeLessThan(0.501 / 255);
      expect([...found.rightAt(place)].map(Boolean)).toEqual(right);
      expect(apart(found.change[place], change)).toBeLessThan(0.000501);
    });
  });
});

test("a cell of the triangle is found by its number, row by row", () => {
  const rows = range(6).flatMap((query) => range(query + 1).map((key) => [query, key]));
  expect(rows.map((_, cell) => cellAt(cell))).toEqual(rows);
});

test("every edge of the film has the colour that its weight has in Python", () => {
  const { data, expected } = cases.network;
  for (const kind of ["W", "dW"] as const)
    expected[kind].forEach((moments, layer) =>
      expect([...signedBytes(data[kind][layer])]).toEqual(moments.flat()),
    );
});

test("the film counts the right cells as lab does, those shown and those hidden apart", () => {
  const { data, expected } = cases.network;
  const [nShown, nHidden] = expected.asked;
  expected.moments.forEach(({ right, counts: [shown, hidden] }, at) => {
    expect(rightAt(data, at)).toEqual(right);
    const counted = `Right, shown: ${shown} of ${nShown}, hidden: ${hidden} of ${nHidden}`;
    expect(told(data, at)).toBe(`epoch ${data.epochs[at]}, loss ${data.losses[at]}. ${counted}`);
  });
});

test.each(cases.kept.expected)("$what after $t tokens and one more are as lab has them", (one) => {
  const { width, n_layer } = cases.kept.data;
  const [step, moves] = [0.501 / 127, { on: 1e-7, off: 1 }];
  for (const mask of ["on", "off"] as const)
    for (const layer of range(n_layer)) {
      const { before, after } = one[mask];
      const all = signedBytes(cases.kept.data[one.what][mask].lines[layer]);
      const found = [one.t, one.t + 1].map((t) => linesAfter(t, all, width));
      const shares = found.map((lines) => [...lines].map((byte) => byte / 127));
      expect(apart(shares[0], before[layer].flat())).toBeLessThan(step);
      expect(apart(shares[1], after[layer].flat())).toBeLessThan(step);
      const change = [...difference(found[0], found[1])];
      expect(change.slice(-width)).toEqual([...found[1]].slice(-width));
      const ofOld = change.slice(0, -width).some((x) => x !== 0);
      expect(ofOld).toBe(moves[mask] > 0.1 && layer > 0);
    }
});

test("what became of the old lines is told by layer, and rounding is called so", () => {
  const was = "Largest change of a line that was there: ";
  const told = (change: number[], rounding: boolean[]): string => toldOf({ change, rounding });
  expect(told([0, 0], [true, true])).toBe(`${was}exactly 0 in every layer.`);
  expect(told([0, 4.8e-7, 2e-8], [true, true, true])).toBe(
    `${was}0.0000005 (rounding) in every layer.`,
  );
  expect(told([0, 0.61, 2, 1.61], [true, false, false, false])).toBe(
    `${was}exactly 0 in layer 0, 2.0 in layers 1 to 3.`,
  );
  expect(told([0.5, 1e-7, 2, 0.25], [false, true, false, false])).toBe(
    `${was}0.0000001 (rounding) in layer 1, 2.0 in layers 0, 2 and 3.`,
  );
  expect([0, 0.004, 12.34, 1234.5].map((x) => written(x))).toEqual(["0", "0.0040", "12", "1235"]);
});

test("an edge is picked on its line, and none far from all", () => {
  const places = unitPlaces(cases.network.data, 400, 400);
  expect(places.map((units) => units.length)).toEqual(cases.network.data.sizes);
  const [[x1, y1], [x2, y2]] = [places[1][2], places[2][19]];
  expect(edgeAt([0.1 * x1 + 0.9 * x2, 0.1 * y1 + 0.9 * y2], places)).toEqual([1, 2, 19]);
  expect(edgeAt([5, 5], places)).toBeNull();
});

test("numbers are written with a wide minus, and zero without one", () => {
  expect([signed(-1.25, 1), signed(-0.04, 1), signed(2, 2)]).toEqual(["\u22121.3", "0.0", "2.00"]);
  expect([short(0.07), short(0.934), short(1)]).toEqual([".07", ".93", "1.00"]);
});

test("a tick's step is the next round number, and a number is kept within its bounds", () => {
  const steps = [0.3, 1, 1.1, 4, 6, 10, 11, 60, 300].map(tickStep);
  expect(steps).toEqual([1, 1, 2, 5, 10, 10, 20, 100, 500]);
  expect([-1, 0.5, 9].map((x) => clamp(x, 0, 2))).toEqual([0, 0.5, 2]);
  expect([...bytes("AP8Q")]).toEqual([0, 255, 16]);
});

test("what both generators have pushed, computed and waited for is what Python counts", () => {
  const { sides, n_given, tokens } = cases.generators.data;
  const n = tokens.length;
  cases.generators.expected.forEach((moments, s) =>
    moments.forEach(({ pushed, flops, seconds, computed, times }, written) => {
      const found = totals(sides[s], written);
      expect([found.pushed, found.flops]).toEqual([pushed, flops]);
      expect(found.seconds).toBeCloseTo(seconds, 5);
      const states = columns(sides[s], n_given, written, n);
      expect(states.map((state) => Number(state === "computed"))).toEqual(computed);
      const there = written ? n_given + written - 1 : 0;
      expect(states.map((state) => state !== "none")).toEqual(range(n).map((i) => i < there));
      expect(timesPushed(sides[s], n_given, written, n)).toEqual(times);
    }),
  );
});

test("two clocks that run at once meet every token of both, in the order of time", () => {
  const writing = (...seconds: number[]) => ({ read: [1, 1], flops: [1, 1], seconds });
  expect(measured([writing(0.5, 0.5), writing(0.25, 0.25)])).toEqual([
    { seconds: 0, written: [0, 0] },
    { seconds: 0.25, written: [0, 1] },
    { seconds: 0.5, written: [1, 2] },
    { seconds: 1, written: [2, 2] },
  ]);
});

test("a measured time is slowed by a round number until it lasts, and never hurried", () => {
  expect([0.42, 1, 4, 60].map((seconds) => slowed(seconds, 10))).toEqual([50, 10, 5, 1]);
  expect([times(21, 10), times(99.4, 10), times(315, 10)]).toEqual(["2.1", "9.9", "32"]);
});

test("of moments the last that has come is shown, before the first the first", () => {
  const at = [-1, 0, 0.4, 0.5, 0.99, 7].map((seconds) => momentAt([0, 0.5, 0.5, 1], seconds));
  expect(at).toEqual([0, 0, 0, 2, 2, 3]);
});

test("who runs in a queue, what is written and what idles is what a table of its slots says", () => {
  cases.queue.data.timelines.forEach((timeline, t) =>
    cases.queue.expected[t].forEach(({ tokens, idle, running }, step) => {
      const found = count(timeline, step);
      expect([found.steps, found.tokens, found.running]).toEqual([step, tokens, running.length]);
      expect(found.idle).toBeCloseTo(idle, 12);
      const who = range(timeline.bars.length).filter((i) => runs(timeline.bars[i], step));
      expect(who).toEqual(running);
      expect(found.running + found.waiting + found.done).toBe(timeline.bars.length);
    }),
  );
});

test("a hatched box is never left by its strokes, and its corners are rising ones", () => {
  const strokes = hatching(10, 20, 30, 8, 5).match(/M[^M]+/g)!;
  expect(strokes.length).toBe(7);
  for (const stroke of strokes) {
    const [x1, y1, x2, y2] = stroke.match(/[\d.]+/g)!.map(Number);
    expect(x1).toBeGreaterThanOrEqual(10);
    expect(x2).toBeLessThanOrEqual(40);
    expect([y1 <= 28, y2 >= 20, y1 - y2]).toEqual([true, true, x2 - x1]);
  }
});

test("names are spread no nearer than their gap, in their order, and no farther than needed", () => {
  expect(spread([10, 50], 16, 0, 100)).toEqual([10, 50]);
  expect(spread([8, 8, 8, 10], 16, 8, 270)).toEqual([8, 24, 40, 56]);
  expect(spread([50, 46], 16, 0, 100)).toEqual([56, 40]);
  expect(spread([100, 99], 16, 0, 100)).toEqual([100, 84]);
  expect(spread([20, 20, 60], 16, 0, 100)).toEqual([12, 28, 60]);
});

test("a name that would overlap goes a row down, and the next is on top again", () => {
  expect(
    rows([
      [0, 30],
      [10, 40],
      [20, 50],
      [30, 60],
    ]),
  ).toEqual([0, 1, 2, 0]);
});

test("none and all alone are 0 and 100 in 100", () => {
  expect([0, 0.0001, 0.5, 0.876, 0.9999, 1].map(inHundred)).toEqual([
    "0 in 100",
    "0.1 in 100",
    "50 in 100",
    "87.6 in 100",
    "99.9 in 100",
    "100 in 100",
  ]);
});

test("a course is drawn by the root of what was read, its marks round and apart", () => {
  expect([0, 25, 100].map((step) => along(step, 100))).toEqual([0, 0.5, 1]);
  expect(marks(147_200, 0.1)).toEqual([0, 2000, 10_000, 20_000, 50_000, 100_000]);
  expect(marks(147_200, 0.3)).toEqual([0, 20_000, 100_000]);
  expect(marks(7, 0.01)).toEqual([0, 1, 2, 5]);
});

test("a check at the edge of two stages belongs to the one that ends", () => {
  const stages: [string, number, number][] = [
    ["one", 0, 10],
    ["two", 10, 20],
    ["three", 30, 40],
  ];
  const found = [0, 10, 11, 20, 25, 30, 41].map((step) => stageAt(stages, step));
  expect(found).toEqual(["one", "one", "two", "two", undefined, "three", undefined]);
});

test("between two checks a curve goes straight", () => {
  expect([0, 0.25, 1, 1.5, 2].map((at) => betweenChecks([0, 4, 2], at))).toEqual([0, 1, 4, 3, 2]);
});

test("who stays stays at home; who falls lies below its own column, each at a place of its own", () => {
  const every = range(100).map((i) => i % 3 !== 0);
  const some = every.map((fell, i) => fell && i % 2 === 0);
  const grid = gridOf(every, 8);
  const [top, bottom] = grid.tray;
  expect(grid.rows).toBe(13);
  for (const fallen of [every, some]) {
    const all = spots(fallen, grid);
    all.forEach(([x, y, size], i) => {
      if (!fallen[i]) return expect([x, y, size]).toEqual(home(i, 8));
      expect(Math.floor(x)).toBe(i % 8);
      expect(top < y - size / 2 && y + size / 2 < bottom).toBe(true);
    });
    expect(new Set(all.map(String)).size).toBe(100);
    all.forEach(([x, y], i) => expect(dotAt(all, x + 0.1, y - 0.1)).toBe(i));
  }
  expect(dotAt(spots(every, grid), 4, top + 99)).toBe(null);
});

test("a dot goes from where it is to where it belongs, slowly where it is high", () => {
  const [high, low]: [number, number, number][] = [
    [1, 2, 1],
    [1.25, 22, 0.5],
  ];
  expect([0, 1].map((share) => onTheWay(high, low, share))).toEqual([high, low]);
  expect([0, 1].map((share) => onTheWay(low, high, share))).toEqual([low, high]);
  expect(onTheWay(high, low, 0.5)[1]).toBe(7);
  expect(onTheWay(low, high, 0.5)[1]).toBe(7);
});
