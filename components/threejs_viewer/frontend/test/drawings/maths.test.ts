import { expect, test } from "vitest";
import { arrow, attend, blend, spread as spreadApart } from "../../src/drawings/maths/attention";
import {
  along,
  between as betweenChecks,
  inHundred,
  marks,
  rows,
  spread,
  stageAt,
} from "../../src/drawings/maths/climb";
import * as cloud from "../../src/drawings/maths/cloud";
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
import { half, naive, verdict, written as writtenInHalf } from "../../src/drawings/maths/half";
import { between, matches, scoreOf, turned } from "../../src/drawings/maths/pairs";
import { count, hatching, runs } from "../../src/drawings/maths/queue";
import * as registers from "../../src/drawings/maths/registers";
import { dotAt, gridOf, home, onTheWay, spots } from "../../src/drawings/maths/sieve";
import { cellAt, unpacked } from "../../src/drawings/maths/readings";
import * as strip from "../../src/drawings/maths/strip";
import * as way from "../../src/drawings/maths/way";
import * as threads from "../../src/drawings/maths/threads";
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

// ---------------------------------------------------------------- far past the end

const { data: history, expected: ofHistory } = cases.cloud;

test.each(ofHistory.seen)(
  "at moment $at, seen from $view, every point is where NumPy has it",
  (expected) => {
    const { at, view, places } = expected;
    const points = cloud.unpacked(signedBytes(history.points), history.reach);
    const found = cloud.triples(cloud.between(points, points.length / 5, at));
    const reach = Math.max(...[Math.floor(at), Math.ceil(at)].flatMap((i) => history.reach[i]));
    const seen = found.map((point) => cloud.seen(point, view));
    expect(apart(seen, places)).toBeLessThan((2 * reach) / 127);
  },
);

test("a step stands where its logarithm does, the first at the left, and between two between", () => {
  const { moments } = history;
  const places = moments.map((step) => cloud.along(step, moments));
  expect(apart(places, ofHistory.along)).toBeLessThan(CLOSE);
  expect(cloud.reached(moments, 2.5)).toBeCloseTo((places[2] + places[3]) / 2, 12);
  expect([10, 100, 1000].map((step) => cloud.along(step, [10, 1000]))).toEqual([0, 0.5, 1]);
  expect([0, 7].map((step) => cloud.along(step, [0, 7]))).toEqual([0, 1]);
});

test("the axis has round steps that stand apart, or else both ends of the history", () => {
  const { moments } = history;
  const [fine, coarse, coarser] = [0.09, 0.15, 0.4].map((gap) => cloud.marks(moments, gap));
  expect(fine).toEqual([0, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000]);
  expect(coarse).toEqual([0, 100, 1000, 10_000]);
  expect(coarser).toEqual([0, 100, 10_000]);
  expect(cloud.marks([30, 40], 0.1)).toEqual([30, 40]);
  expect(cloud.marks([0, 1, 3], 0.1)).toEqual([0, 1, 2]);
  expect(cloud.marks([0, 3], 0.1)).toEqual([0, 3]);
});

test("each line goes from its least to its largest, and one that never moves is in the middle", () => {
  const found = history.scores.map(([, line]) => line.map((n) => cloud.height(n, line)));
  expect(apart(found, ofHistory.heights)).toBeLessThan(CLOSE);
  expect(cloud.height(3, [3, 3])).toBe(0.5);
});

test("a moment is told with its step and every score, three digits of those that are not whole", () => {
  const told = history.moments.map((_, at) => cloud.told(history.moments, history.scores, at));
  expect(told).toEqual(ofHistory.told);
  expect([-0, -1234, 0.00001234].map(cloud.written)).toEqual(["0", "\u22121,234", "0.0000123"]);
});

test("a cloud is turned all the way round, and tilted no farther than to its pole", () => {
  const view = { turned: 350, tilted: 80 };
  expect(cloud.turnedBy(view, 30, 30)).toEqual({ turned: 20, tilted: 90 });
  expect(cloud.turnedBy(view, -360, -200)).toEqual({ turned: 350, tilted: -90 });
});

// ---------------------------------------------------------------- softmax in pieces

type Card = registers.Card;

const { scores, values } = cases.registers.data;
const cards = scores.map((score, i): Card => ({ score, value: values[i] }));

const flat = (...scores: number[]): Card[] =>
  scores.map((score, i) => ({ score, value: [i + 1, -i] }));

const lastOf = (all: readonly Card[], size = 1): registers.Arrival =>
  registers.arrivals(all, size).at(-1)!;

test.each(cases.registers.expected.runs)(
  "cards in the order $order, $size at a time, leave the m, l and O of NumPy, and lab's answer",
  ({ order, size, after }) => {
    const found = registers.arrivals(
      order.map((i) => cards[i]),
      size,
    );
    expect(found.length).toBe(after.length);
    found.forEach(({ after: kept }, i) => {
      const { m, l, O, answer } = after[i];
      expect(
        apart([kept.m, kept.l, kept.O, registers.answer(kept)], [m, l, O, answer]),
      ).toBeLessThan(CLOSE);
    });
  },
);

const rotations = range(cards.length).map((by) => [...cards.slice(by), ...cards.slice(0, by)]);

test("whatever the order and however many come at a time, it is softmax of all at once", () => {
  const whole = registers.atOnce(cards);
  for (const order of [...rotations, ...rotations.map((order) => order.toReversed())])
    for (const size of [1, 2, 3, 4, 7, 9])
      expect(apart(registers.answer(lastOf(order, size).after), whole)).toBeLessThan(CLOSE);
});

test("the largest last shrinks all that came, the largest first nothing", () => {
  const shrinks = (order: registers.Order): number[] =>
    registers
      .arrivals(
        registers.ordered(cards, order).map((i) => cards[i]),
        1,
      )
      .slice(1)
      .map(({ shrink }) => shrink);
  expect(shrinks("first")).toEqual(Array(6).fill(1));
  expect(shrinks("last").at(-1)).toBeCloseTo(Math.exp(3.2 - 6), 12);
  expect(registers.ordered(cards, "written")).toEqual(range(7));
  expect(registers.ordered(cards, "last")).toEqual([0, 1, 2, 3, 4, 6, 5]);
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

test("no sum leaves its scale, whatever came", () => {
  const parts: [(card: Card) => number, (kept: registers.Kept) => number][] = [
    [() => 1, ({ l }) => l],
    [({ value }) => value[0], ({ O }) => O[0]],
    [({ value }) => value[1], ({ O }) => O[1]],
  ];
  for (const [ofCard, ofKept] of parts) {
    const [low, high] = registers.reach(cards, ofCard);
    for (const order of rotations)
      for (const { after } of registers.arrivals(order, 1)) {
        expect(ofKept(after)).toBeGreaterThanOrEqual(low - CLOSE);
        expect(ofKept(after)).toBeLessThanOrEqual(high + CLOSE);
      }
  }
  expect(registers.reach(flat(1, 1, 0), () => 1)).toEqual([0, 2 + Math.exp(-1)]);
  expect([-2, 0, 4].map((x) => registers.along([-2, 4], x))).toEqual([0, 1 / 3, 1]);
  expect(registers.along(registers.around([0]), 0)).toBe(0);
});

test("a card that is moved pushes those between by one", () => {
  expect(registers.moved("abcde".split(""), 1, 3).join("")).toBe("acdbe");
  expect(registers.moved("abcde".split(""), 4, 0).join("")).toBe("eabcd");
});

test("every arrival is told: who comes, whether it is the largest, what shrinks", () => {
  const all = flat(2, 1, 3, 3, 20);
  const told = (size: number): string[] =>
    range(Math.ceil(5 / size) + 1).map((moment) => registers.told(all, size, moment));
  const end = "All have come: O / l is 5.00 and \u22124.00, as by softmax over all cards at once.";
  expect(told(1)).toEqual([
    "No card has come yet: nothing is kept.",
    "Card 1 of 5, score 2, is the largest so far: nothing was kept before.",
    "Card 2 of 5, score 1, is not above m: nothing shrinks.",
    "Card 3 of 5, score 3, is the largest so far: what was kept shrinks by the factor 0.37.",
    "Card 4 of 5, score 3, is not above m: nothing shrinks.",
    "Card 5 of 5, score 20, is the largest so far: " +
      `what was kept shrinks by a factor below 0.0001. ${end}`,
  ]);
  const largest = "is the largest so far; what was kept shrinks by";
  expect(told(2).slice(2)).toEqual([
    `Cards 3 and 4 of 5: their largest score, 3, ${largest} the factor 0.37.`,
    `Card 5 of 5, score 20, ${largest.replace(";", ":")} a factor below 0.0001. ${end}`,
  ]);
  expect(told(4)[1]).toBe(
    "Cards 1 to 4 of 5: their largest score, 3, is the largest so far; nothing was kept before.",
  );
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

test.each(cases.registers.expected.naive)(
  "without m, at $scale times the scores, 16 bits hold what NumPy's do",
  (expected) => {
    const found = naive(
      cards.map(({ score, value }) => ({ score: expected.scale * score, value })),
    );
    const numbers = (texts: string[]): number[] =>
      texts.map((text) => Number(text.replace("inf", "Infinity")));
    expect(found).toEqual({
      powers: numbers(expected.powers),
      sum: numbers(expected.sum)[0],
      blend: numbers(expected.blend),
      answer: numbers(expected.answer),
    });
  },
);

test("a float16 number is the nearest, the even one of two, and ends at 65,504", () => {
  const pairs = [
    [0, 0],
    [1 / 3, 0.333251953125],
    [2049, 2048],
    [2051, 2052],
    [65519, 65504],
    [65520, Infinity],
    [-1e300, -Infinity],
    [2 ** -25, 0],
    [1.1 * 2 ** -24, 2 ** -24],
    [NaN, NaN],
  ];
  expect(pairs.map(([number]) => half(number))).toEqual(pairs.map(([, nearest]) => nearest));
  expect([12.18, 22032, 6e-8, -Infinity, NaN].map(writtenInHalf)).toEqual([
    "12.2",
    "22,032",
    "0.00000006",
    "\u2212inf",
    "not a number",
  ]);
});

test("it is said where 16 bits end, and what becomes of the answer", () => {
  const said = (all: Card[]): string => verdict(all, naive(all));
  const above = "above 65,504, the largest float16 number.";
  const lost = "The answer is inf / inf: not a number.";
  expect(said(flat(0, 1))).toBe(`No exp(score) is ${above} The answer is 1.73 and \u22120.73.`);
  expect(said(flat(0, 12.4))).toBe(`exp(12.4) overflows: it is ${above} ${lost}`);
  expect(said(flat(13, 12))).toBe(`exp(13) and one other overflow: they are ${above} ${lost}`);
  expect(said(flat(13, 12, 14))).toMatch(/^exp\(14\) and 2 others overflow: they are above/);
  expect(said(flat(11, 11).map((card) => ({ ...card, value: [0.1] })))).toBe(
    `Every exp(score) fits, but their sum is ${above} The answer is 0.00.`,
  );
  expect(said([{ score: 11, value: [2] }])).toBe(
    "Every exp(score) fits, but times the values they overflow. The answer is inf.",
  );
  expect(said(flat(-20, -30))).toBe(
    "Every exp(score) is too small for float16. The answer is 0 / 0: not a number.",
  );
});

// ---------------------------------------------------------------- a walk over the scores

test.each(cases.tiles.expected)(
  "$walk.n_query queries and $walk.n_key keys by $walk.rows and $walk.columns move what lab moves",
  ({ walk, steps }) => {
    const found = tiles.steps(walk).map((step) => ({
      ...step,
      held: Object.values(tiles.held(step, walk)).reduce((sum, [n, size]) => sum + n * size, 0),
    }));
    expect(found).toEqual(steps);
    const { read, written } = found.at(-1)!;
    expect(read + written).toBe(walk.flash);
  },
);

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

test("a number stands at the first token of every block, of so many as there is room", () => {
  expect(tiles.firsts(10, 4, 1)).toEqual([0, 4, 8]);
  expect(tiles.firsts(10, 4, 3)).toEqual([0, 4]);
  expect(tiles.firsts(12, 2, 3)).toEqual([0, 4, 8]);
  expect(tiles.firsts(5, 5, 1)).toEqual([0]);
});

test("one query meets, several meet; at the end it is said which way moves more", () => {
  const { walk } = cases.tiles.expected.find(({ walk }) => walk.rows === 1)!;
  const told = (sizes: object, moment: number): string => {
    const other = { ...walk, ...sizes };
    return tiles.told(other, tiles.steps(other), moment);
  };
  expect(told({}, 0)).toBe("Nothing is read yet.");
  expect(told({}, 2)).toBe("Query 2 meets keys 1 to 6: 66 numbers read so far, 6 written.");
  const [rows, columns] = [4, 4];
  expect(told({ n_query: 12, n_key: 12, d_key: 500, rows, columns }, 4)).toBe(
    "Queries 5 to 8 meet keys 1 to 4: 12,032 numbers read so far, 12 written.",
  );
  const ends = [204, 216, 5000].map((plain) => tiles.verdict({ ...walk, plain }));
  expect(ends).toEqual([
    "In all 216 numbers are moved, 12 more than by plain attention.",
    "In all 216 numbers are moved, as many as by plain attention.",
    "In all 216 numbers are moved, 4,784 fewer than by plain attention.",
  ]);
});

// ---------------------------------------------------------------- threads over depth

test("the mean over tokens, an equal share and the order of sizes are NumPy's", () => {
  const { data, expected } = cases.threads;
  const mean = threads.mean(data.shares);
  const sharesOf = (reads: { shares: number[] }[]): number[][] => reads.map(({ shares }) => shares);
  expect(apart(mean, sharesOf(expected.mean))).toBeLessThan(CLOSE);
  expect(apart(threads.even(mean), expected.even)).toBeLessThan(CLOSE);
  [mean, ...data.shares].forEach((pattern, i) => {
    const reads = [expected.mean, ...expected.tokens][i];
    expect(pattern.map(threads.ranked)).toEqual(reads.map(({ ranked }) => ranked));
  });
  expect(data.shares).toEqual(expected.tokens.map(sharesOf));
  expect(threads.ranked([0.25, 0.5, 0.25])).toEqual([1, 0, 2]);
});

test("threads land side by side, the latest note's first", () => {
  const found = threads.mean(cases.threads.data.shares).map(threads.places);
  expect(apart(found, cases.threads.expected.places)).toBeLessThan(CLOSE);
  expect(threads.places([0.5, 0.25, 0.25])).toEqual([0.25, -0.125, -0.375]);
});

test("a part has a short name, and a share no more digits than it needs", () => {
  const names = ["token", "attention 2", "FFN 11", "end", "a note without number"];
  expect(names.map(threads.shortOf)).toEqual(["token", "A2", "F11", "end", names[4]]);
  expect(names.map(threads.kindOf)).toEqual(["token", "attention", "FFN", "end", names[4]]);
  const shares = [0, 0.0004, 0.0006, 0.0773, 0.0994, 0.0996, 0.306, 1];
  expect(shares.map(percent)).toEqual(
    ["0%", "<0.1%", "0.1%", "7.7%", "9.9%", "10%", "31%", "100%"], // none is said to be nothing
  );
});

test("it is told who reads, how much, and what most of all", () => {
  const notes = ["token", "attention 0", "FFN 0"];
  const told = (row: number[], way: threads.Way): string => threads.told("end", row, notes, way);
  expect(told([0.2, 0.5, 0.3], "learned")).toBe(
    "end reads 3 contributions, most of all attention 0 (50%).",
  );
  expect(told([1 / 3, 1 / 3, 1 / 3], "plain")).toBe("end reads 3 contributions, 33% of each.");
  expect(told([1], "learned")).toBe("end reads one contribution, token.");
  const whose = (tokens: string, at: number | null, way: threads.Way = "learned"): string =>
    threads.whose([...tokens], at, way);
  expect([whose("7*8", null), whose("7", null), whose("7*8", 1), whose("7*8", 1, "plain")]).toEqual(
    ["Mean over 3 tokens", "Mean over one token", "Token 2, “*”", "As a plain sum"],
  );
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

test("of scores the least of each count has a mark, and what is no count has none", () => {
  expect(
    cloud.landmarksIn([
      ["others wrong", [900, 40, 40]],
      ["few wrong", [0, 3, 9]],
      ["rank", [1.5, 2, 1]],
    ]),
  ).toEqual([
    { at: 0, name: "few wrong: 0" },
    { at: 1, name: "others wrong: 40" },
  ]);
});

test("the first reading of each layer has a mark, and the end has none", () => {
  expect(threads.landmarksIn(["attention 0", "FFN 0", "attention 1", "FFN 1", "end"])).toEqual([
    { at: 1, name: "layer 0" },
    { at: 3, name: "layer 1" },
  ]);
});

test("a block of queries has a mark where its outputs are written", () => {
  const { walk, steps } = cases.tiles.expected.find(({ walk }) => walk.columns < walk.n_key)!;
  const marks = tiles.landmarksIn(steps);
  expect(marks.length).toBe(Math.ceil(walk.n_query / walk.rows));
  expect(marks.at(-1)).toEqual({ at: steps.length, name: `${walk.n_query} done` });
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
