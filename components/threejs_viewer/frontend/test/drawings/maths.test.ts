import { expect, test } from "vitest";
import { arrow, attend, blend, spread as spreadApart } from "../../src/drawings/maths/attention";
import { beside } from "../../src/drawings/maths/beside";
import {
  between as betweenLooks,
  edges,
  inHundred,
  nearest,
  spread,
} from "../../src/drawings/maths/courses";
import * as connections from "../../src/drawings/maths/connections";
import {
  edgeAt,
  landmarksIn,
  rightAt,
  told,
  toldOfCell,
  unitPlaces,
} from "../../src/drawings/maths/film";
import { difference, linesAfter, told as toldOf, written } from "../../src/drawings/maths/lines";
import {
  columns,
  measured,
  slowed,
  times,
  timesPushed,
  totals,
} from "../../src/drawings/maths/generators";
import { between, matches, scoreOf, turned } from "../../src/drawings/maths/pairs";
import { count, hatching, runs } from "../../src/drawings/maths/queue";
import * as registers from "../../src/drawings/maths/registers";
import * as sieve from "../../src/drawings/maths/sieve";
import { cellAt, unpacked } from "../../src/drawings/maths/readings";
import * as strip from "../../src/drawings/maths/strip";
import * as way from "../../src/drawings/maths/way";
import * as tiles from "../../src/drawings/maths/tiles";
import * as waves from "../../src/drawings/maths/waves";
import {
  bytes,
  clamp,
  range,
  short,
  signed,
  signedBytes,
  tickStep,
  percent,
} from "../../src/drawings/shared/numbers";
import { frameAt, timed } from "../../src/drawings/shared/schedule";
import { apart, cases } from "./cases";

const CLOSE = 1e-12;

test.each(cases.arrows.expected)("the query $query looks where lab's does", (expected) => {
  const { keys, tokens } = cases.arrows.data;
  const weights = attend(arrow(...expected.query), keys);
  expect(apart(weights, expected.weights)).toBeLessThan(CLOSE);
  expect(apart(blend(tokens, weights), expected.blend)).toBeLessThan(CLOSE);
});

test("directions are spread round the whole circle, and left alone where there is room", () => {
  expect(spreadApart([-170, -60, 20, 130], 30)).toEqual([-170, -60, 20, 130]);
  const apart = spreadApart([175, -178, 179, 3, 5, 90], 27);
  const order = apart.map((angle) => (angle + 360) % 360).sort((a, b) => a - b);
  const gaps = order.map((angle, i) => (i ? angle - order[i - 1] : angle + 360 - order.at(-1)!));
  expect(Math.min(...gaps)).toBeGreaterThan(26.9);
  expect(apart[1]).toBeGreaterThan(apart[2] - 360);
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

test("the film has the weights of every moment, and its gradients as colours", () => {
  const { data, expected } = cases.network;
  const layersAt = way.unpacked(data);
  expected.W.forEach((moments, layer) =>
    moments.forEach((numbers, at) =>
      expect(apart([...layersAt(at)[layer].W], numbers)).toBeLessThan(data.W[layer].most / 65000),
    ),
  );
  expected.dW.forEach((moments, layer) =>
    expect([...signedBytes(data.dW[layer])]).toEqual(moments.flat()),
  );
});

test("a cell goes through the network as in lab, forward and backward, and without a neuron", () => {
  const { data, expected } = cases.network;
  const layersAt = way.unpacked(data);
  const input = (cell: number): number[] => way.inputOf(data, Math.floor(cell / 10), cell % 10);
  expected.ways.forEach(({ cell, h, p, loss, dW }, i) => {
    const layers = layersAt(expected.moments_of_ways[i]);
    const found = way.wayOf(data, layers, input(cell), data.products[cell]);
    expect(apart(found.on[1], h)).toBeLessThan(0.01);
    expect(apart(found.on[2], p)).toBeLessThan(0.01);
    expect(found.loss).toBeCloseTo(loss, 2);
    dW.forEach((numbers, layer) => {
      const own = found.on[layer].flatMap((x) => found.back[layer].map((dy) => x * dy));
      expect(apart(own, numbers)).toBeLessThan(0.01);
    });
  });
  expected.without.forEach((neurons, at) => {
    const layers = layersAt(at);
    neurons.forEach((right, neuron) => {
      const said = data.products.map((product, cell) => {
        const votes = way.forward(data, layers, input(cell), neuron).sums.at(-1)!;
        return way.answerOf(data, votes) === product;
      });
      expect(said).toEqual(right);
    });
    expect(
      data.products.map((_, cell) => {
        const votes = way.forward(data, layers, input(cell)).sums.at(-1)!;
        return way.answerOf(data, votes);
      }),
    ).toEqual(data.answers[at]);
  });
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
  expect(told([0, 0.31, 0.4, 0.16], [true, false, false, false])).toBe(
    `${was}exactly 0 in layer 0, 40% in layers 1 to 3.`,
  );
  expect(told([0.3, 1e-7, 0.4, 0.25], [false, true, false, false])).toBe(
    `${was}0.0000001 (rounding) in layer 1, 40% in layers 0, 2 and 3.`,
  );
  expect([0, 0.004, 0.1234].map((x) => written(x))).toEqual(["0", "0.4%", "12%"]);
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
  const at = [-1, 0, 0.4, 0.5, 0.99, 7].map((seconds) => frameAt(timed([0, 0.5, 0.5, 1]), seconds));
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

test("fields have one outline: a side is an edge where no field of theirs adjoins it", () => {
  const around = (fields: number[]): string[] =>
    fields.map((one) =>
      edges(fields, one, 3)
        .map((edge, i) => (edge ? "trbl"[i] : ""))
        .join(""),
    );
  expect(around([2, 5, 6, 7, 8])).toEqual(["trl", "rl", "tbl", "tb", "rb"]);
  expect(around([2, 3])).toEqual(["trbl", "trbl"]); // neighbours in the list, not in the square
});

test("none and all alone are 0 and 100", () => {
  const shares = [0, 0.0001, 0.01, 0.876, 0.9999, 1];
  expect(shares.map(inHundred)).toEqual(["0", "<1", "1", "88", ">99", "100"]);
});

test("between two looks a curve goes straight by tokens, and the nearest look is shown", () => {
  const tokens = [0, 40, 100];
  const moments = [0, 10, 40, 70, 100];
  expect(moments.map((at) => betweenLooks(tokens, [0, 4, 2], at))).toEqual([0, 1, 4, 3, 2]);
  expect([0, 19, 20, 21, 70, 71, 100].map((at) => nearest(tokens, at))).toEqual([
    0, 0, 0, 1, 1, 2, 2,
  ]);
});

test.each([918, 342])(
  "at %i pixels what a check holds lies on its mesh, and what passes all in its tray",
  (width) => {
    const labels = Uint8Array.from(range(200), (i) => (i * 37) % 32);
    const [right, checks] = [1, [2, 4, 8, 16]];
    const heights = new Set<number>();
    for (const on of [0, 2, 20, 30]) {
      const tower = sieve.towerOf(width, [labels], checks, on, right);
      const { floors, pitch, left, columns, head, broad } = tower;
      heights.add(tower.height);
      expect(left + columns * pitch).toBeLessThanOrEqual(width);
      const spots = sieve.below(labels, checks, on, right, tower);
      expect(new Set(spots.map(String)).size).toBe(200);
      spots.forEach(([x, y], i) => {
        const failed = checks.findIndex((check) => on & check && !(labels[i] & check));
        expect(sieve.heldBy(labels[i], checks, on)).toBe(failed);
        const k = failed < 0 ? floors.length - 1 : failed + 1;
        expect(y).toBeLessThan(floors[k]);
        const under = failed < 0 ? sieve.AWAY + sieve.TITLE : head;
        expect(y - pitch / 2).toBeGreaterThanOrEqual(floors[k - 1] + under);
        if (failed < 0) expect(labels[i] & right ? x : width - x).toBeLessThan(broad);
        else expect(x).toBe(sieve.above(i, tower)[0]);
        expect(sieve.markAt(spots, x + 1, y - 1, pitch)).toBe(i);
      });
    }
    expect(heights.size).toBe(1);
    expect(sieve.markAt([[4, 4]], 40, 4, 9)).toBe(null);
  },
);

test("labels fall like rain, faster and faster, and all have come when the time is over", () => {
  const shares = (at: number): number[] => range(500).map((i) => sieve.fallen(i, at));
  expect([shares(0), shares(1)].map((all) => new Set(all))).toEqual([new Set([0]), new Set([1])]);
  const sorted = shares(0.5).sort((one, other) => one - other);
  const even = sorted.map((share, i) => Math.abs(share - i / 500));
  expect(Math.max(...even)).toBeLessThan(0.01);
  const ways = [0, 0.5, 1].map((share) => sieve.onTheWay([10, 0], [30, 100], share, 60));
  expect(ways).toEqual([
    [10, 0],
    [10, 25],
    [30, 100],
  ]);
});

// ---------------------------------------------------------------- softmax in pieces

type Card = registers.Card;

const walked = cases.tiles.data;
const cardsOf = (row: number): Card[] =>
  walked.scores[row].map((score, i) => ({ score, value: walked.values[i] }));
const cards = cardsOf(6);

const flat = (...scores: number[]): Card[] =>
  scores.map((score, i) => ({ score, value: [i + 1, -i] }));

const lastOf = (all: readonly Card[], size = 1): registers.Arrival =>
  registers.arrivals(all, size).at(-1)!;

const rotations = range(cards.length).map((by) => [...cards.slice(by), ...cards.slice(0, by)]);

test("whatever the order and however many come at a time, it is softmax of all at once", () => {
  const whole = registers.atOnce(cards);
  for (const order of [...rotations, ...rotations.map((order) => order.toReversed())])
    for (const size of [1, 2, 3, 4, 7, 9])
      expect(apart(registers.answer(lastOf(order, size).after), whole)).toBeLessThan(CLOSE);
});

test("the largest last shrinks all that came, the largest first nothing", () => {
  const all = [1.5, 3.2, -0.7, 6, 2].map((score) => ({ score, value: [1] }));
  const shrinks = (order: registers.Order): number[] =>
    registers
      .arrivals(
        registers.ordered(all, order).map((i) => all[i]),
        1,
      )
      .slice(1)
      .map(({ shrink }) => shrink);
  expect(shrinks("first")).toEqual(Array(4).fill(1));
  expect(shrinks("last").at(-1)).toBeCloseTo(Math.exp(3.2 - 6), 12);
  expect(registers.ordered(all, "written")).toEqual(range(5));
  expect(registers.ordered(all, "last")).toEqual([0, 1, 2, 4, 3]);
});

test("one card is its own answer; equal scores shrink nothing and share alike", () => {
  const one = lastOf(flat(-3));
  expect([one.after.m, one.after.l, registers.answer(one.after)]).toEqual([-3, 1, [1, 0]]);
  expect(registers.shrinks(one)).toBe(false);
  const equal = registers.arrivals(flat(2, 2, 2), 1);
  expect(equal.slice(1).map(({ shrink }) => shrink)).toEqual([1, 1]);
  expect(equal.some(registers.shrinks)).toBe(false);
  expect(apart(registers.answer(equal[2].after), [2, -1])).toBeLessThan(CLOSE);
});

test("scores of ten thousand neither overflow nor lose the answer", () => {
  for (const all of [flat(1e4, 1e4 - 1, -1e4), flat(-1e4, 1e4 - 1, 1e4)])
    for (const size of [1, 2, 4]) {
      const { after } = lastOf(all, size);
      expect(apart(registers.answer(after), registers.atOnce(all))).toBeLessThan(CLOSE);
      expect(after.l).toBeCloseTo(1 + Math.exp(-1), 12);
    }
});

test("a card that is moved pushes those between by one", () => {
  expect(registers.moved("abcde".split(""), 1, 3).join("")).toBe("acdbe");
  expect(registers.moved("abcde".split(""), 4, 0).join("")).toBe("eabcd");
});

test("a line of arithmetic has the numbers of the arrival", () => {
  const l = ({ l }: registers.Kept): number => l;
  const O = ({ O }: registers.Kept): number => O[1];
  const [first, second, third] = registers.arrivals(flat(-2, -1, -1.25), 1);
  const written = [first, second, third].map((arrival) => [
    registers.growth(arrival),
    registers.shrinkage(arrival),
    registers.equation(arrival, l),
    registers.equation(arrival, O),
  ]);
  expect(written).toEqual([
    ["\u22122", "nothing to shrink yet", "1.000", "0.000"],
    [
      "\u22122 → \u22121",
      "exp(\u22122 \u2212 (\u22121)) = 0.37",
      "0.37 × 1.000 + 1.000 = 1.368",
      "0.37 × 0.000 \u2212 1.000 = \u22121.000",
    ],
    [
      "\u22121",
      "exp(\u22121 \u2212 (\u22121)) = 1",
      "1 × 1.368 + 0.779 = 2.147",
      "1 × \u22121.000 \u2212 1.558 = \u22122.558",
    ],
  ]);
  expect([1, 0.999, 0.368, 0.0498, 0.00674, 1e-9, 0].map(registers.factor)).toEqual(
    ["1", "0.99", "0.37", "0.05", "0.0067", "<0.0001", "<0.0001"], // 1 is said of 1 alone
  );
  expect([5.1, 2, -0.001, 1e4, 2.125, 100].map(registers.plain)).toEqual(
    ["5.1", "2", "0", "10000", "2.13", "100"], // no zeros at the end
  );
});

// ---------------------------------------------------------------- a walk over the scores

test.each(cases.tiles.expected)(
  "tiles of $rows queries and $columns keys move what lab moves, and keep m, l and O of each row",
  ({ rows, columns, plain, steps }) => {
    const walk = { n: walked.tokens.length, size: walked.size, rows, columns };
    const found = tiles.steps(walk);
    expect(found).toEqual(steps.map(({ kept: _, ...step }) => step));
    expect(tiles.plainMoves(walk)).toBe(plain);
    const readings = range(walk.n).map((row) => tiles.reading(walk, found, row, cardsOf(row)));
    steps.forEach(({ queries, kept }, i) => {
      readings.forEach((reading, row) => {
        const { arrival, now } = tiles.standing(reading, i + 1);
        const meets = queries[0] <= row && row < queries[1];
        expect([now, arrival === null]).toEqual([meets, row >= queries[1]]);
        if (!meets) return;
        const { m, l, O } = kept[row - queries[0]];
        expect(
          apart([arrival!.after.m, arrival!.after.l, arrival!.after.O], [m, l, O]),
        ).toBeLessThan(CLOSE);
      });
    });
  },
);

test("a row is fresh while its cards come, and no more when a tile holds later keys alone", () => {
  const walk = { n: 4, size: 1, rows: 4, columns: 2 };
  const reading = tiles.reading(walk, tiles.steps(walk), 1, cardsOf(1));
  const seen = range(3).map((moment) => tiles.standing(reading, moment));
  expect(seen.map(({ came, fresh, now }) => [came, fresh, now])).toEqual([
    [0, false, false],
    [1, true, true],
    [1, false, true],
  ]);
});

test("the hatching lies on the scores of later keys, on all of them and on no other", () => {
  for (const n of [1, 2, 5, 10]) {
    const strokes = tiles.later(n, 0.21);
    const hatched = strokes.flatMap(([[x1, y1], [x2, y2]]) => {
      expect([x1 + y1 - x2 - y2, x1 >= 0, y1 <= n, x2 <= n, y2 >= 0]).toEqual([
        expect.closeTo(0, 9),
        ...Array(4).fill(true),
      ]);
      const ts = range(200).map((i) => (i + 0.5) / 200);
      return ts.map((t) => [x1 + t * (x2 - x1), y1 + t * (y2 - y1)].map(Math.floor).join());
    });
    const later = range(n).flatMap((i) => range(n - i - 1).map((j) => `${i + j + 1},${i}`));
    expect([...new Set(hatched)].sort()).toEqual(later.sort());
  }
});

test("one query meets, several meet; at the end it is said which way moves more", () => {
  const all = tiles.steps({ n: 6, size: 1, rows: 1, columns: 4 });
  expect(tiles.told(all, 0)).toBe("No tile has come yet.");
  expect(tiles.told(all, 2)).toBe("Tile 2 of 8: query 2 meets keys 1 to 2.");
  const wide = tiles.steps({ n: 12, size: 1, rows: 4, columns: 4 });
  expect(tiles.told(wide, 3)).toBe("Tile 3 of 6: queries 5 to 8 meet keys 5 to 8.");
  const ends = [9, 12, 50].map((plain) => tiles.verdict(12 * 1024, plain * 1024));
  expect(ends).toEqual([
    "12 KB have passed, 3.0 KB more than with plain attention.",
    "12 KB have passed, as many as with plain attention.",
    "12 KB have passed, 38 KB less than with plain attention.",
  ]);
});

// ---------------------------------------------------------------- connections over depth

test("the order of sizes, and where an arc lands in its bundle, are NumPy's", () => {
  const { data, expected } = cases.connections;
  const [{ table }] = data.widths;
  expect(table.map(connections.ranked)).toEqual(expected.ranked);
  expect(apart(table.map(connections.places), expected.places)).toBeLessThan(CLOSE);
  expect(connections.ranked([0.25, 0.5, 0.25])).toEqual([1, 0, 2]);
  expect(connections.places([0, 0])).toEqual([-0.5, -0.5]);
});

test("half an arc ends above the middle of the whole", () => {
  const [along, across] = connections.pointAt(10, 30, 8, Math.PI / 2);
  expect([along, across].map(Math.round)).toEqual([20, 8]);
  expect(connections.pointAt(10, 30, 8, Math.PI).map(Math.round)).toEqual([30, 0]);
});

test("a part has a short name, and a share no more digits than it needs", () => {
  const names = ["token", "attention 2", "FFN 11", "end", "a part without number"];
  expect(names.map(connections.shortOf)).toEqual(["token", "A2", "F11", "end", names[4]]);
  expect(names.map(connections.kindOf)).toEqual(["token", "attention", "FFN", "end", names[4]]);
  const shares = [0, 0.0004, 0.0006, 0.0773, 0.0994, 0.0996, 0.306, 1];
  expect(shares.map(percent)).toEqual(
    ["0%", "<0.1%", "0.1%", "7.7%", "9.9%", "10%", "31%", "100%"], // none is said to be nothing
  );
});

test("a text is told by what is wrong in itself, what follows, and whether it adds up", () => {
  const whole = { text: "x", wrong: [], follows: [], added: [296, 1480, 1776] };
  const line = (wrong: number[], follows: number[], added: number[] | null): connections.Line => ({
    text: "y",
    wrong,
    follows,
    added,
  });
  const told = (...of: Parameters<typeof line>): string => connections.told(line(...of), whole);
  expect(connections.told(whole, whole)).toBe(
    "The network writes the same as before: 296 + 1480 = 1776.",
  );
  expect(told([6, 7, 11, 15, 16], [15, 16], [282, 1440, 1722])).toBe(
    "3 tokens are wrong in themselves, and 2 follow from wrong numbers. " +
      "282 + 1440 = 1722 is added up rightly.",
  );
  expect(told([15], [], [296, 1480, 1777])).toBe(
    "1 token is wrong in itself. 296 + 1480 = 1777 is added up wrongly.",
  );
  expect(told([7], [], null)).toBe("1 token is wrong in itself.");
  expect(told([4], [], [57])).toBe("1 token is wrong in itself: 57.");
});

// ---------------------------------------------------------------- what has a mark on a slider

test("of a training the first right sum has a mark, half of them, and all that were shown", () => {
  const { data } = cases.network;
  const answers = [
    [9, 9, 9, 9],
    [1, 9, 9, 9],
    [1, 2, 9, 4],
    [1, 2, 3, 9],
  ];
  const reel = { ...data, answers, products: [1, 2, 3, 4], shown: [true, true, true, false] };
  expect(landmarksIn(reel)).toEqual([
    { at: 1, name: "first right" },
    { at: 2, name: "half right" },
    { at: 3, name: "all right" },
  ]);
  expect(landmarksIn({ ...reel, answers: answers.slice(0, 2) })).toEqual([
    { at: 1, name: "first right" },
  ]);
  const steps = { ...reel, unit: "step", answers: [[1, 9, 3, 9], answers[2]] };
  expect(told(steps, 1)).toContain("3 answers changed; right before and wrong now: 1.");
  expect(told(steps, 0)).not.toContain("changed");
  const square = { ...reel, first: 3, side: 2 };
  expect(toldOfCell(square, answers[2], 1)).toBe("3 × 4 = 2; it says 2.");
  expect(toldOfCell(square, answers[1], 3)).toBe("4 × 4 = 4, hidden in training; it says 9.");
  expect(toldOfCell(square, [1, 2, 3, null], 3)).toContain("your guess comes first");
});

test("a row of tiles has a mark where its outputs are put back", () => {
  const { steps } = cases.tiles.expected.find(({ rows, columns }) => rows === 4 && columns === 3)!;
  const marks = tiles.landmarksIn(steps);
  expect(marks.length).toBe(3);
  expect(marks.at(-1)).toEqual({ at: steps.length, name: "10 rows done" });
});

test("a strip has a mark where its first number comes", () => {
  const { strips } = cases.strip.data;
  for (const { at, name } of strip.landmarksIn(strips))
    expect(strip.told(strips, at)).toMatch(new RegExp(`^${name}: 1 of `));
});

test("softmax over all cards gives each its share", () => {
  const cards = [0, Math.log(3)].map((score) => ({ score, value: [0] }));
  expect(
    apart(
      [0, 1].map((card) => registers.shareOf(cards, card)),
      [0.25, 0.75],
    ),
  ).toBeLessThan(CLOSE);
});

test("the name of a curve lies closest to it, clear of the other and inside the plot", () => {
  const xs = range(41).map((n) => 10 * n);
  const flat = xs.map(() => 100);
  const [over, under] = [40, 160].map((y) => xs.map(() => y));
  expect(beside(xs, flat, over, [80, 14], [20, 150])).toEqual([0, 82]);
  expect(
    beside(
      xs,
      flat,
      flat.map(() => 80),
      [80, 14],
      [20, 150],
    ),
  ).toEqual([0, 104]);
  expect(beside(xs, flat, under, [80, 14], [90, 150])).toEqual([0, 104]);
  expect(beside(xs, flat, flat, [80, 14], [20, 150])).toBeNull();
  const halfway = xs.map((x) => (x < 200 ? 88 : 40));
  expect(beside(xs, flat, halfway, [80, 14], [20, 110])).toEqual([200, 82]);
  expect(beside(xs, flat, over, [500, 14], [20, 150])).toBeNull();
});
