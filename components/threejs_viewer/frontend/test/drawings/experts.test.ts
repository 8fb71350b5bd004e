// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import experts from "../../src/drawings/experts";
import * as maths from "../../src/drawings/maths/experts";
import { range, type Pair } from "../../src/drawings/shared/numbers";
import { apart, cases, opened, press, type Opened } from "./cases";

const { layers, tokens, n_expert, seconds } = cases.experts.data;
const T = tokens.length;
const each = layers.map((layer, at) => ({
  ...{ title: layer.title, at, layer, found: cases.experts.expected[at] },
}));

afterEach(() => {
  vi.useRealTimers();
});

const routedOf = (chosen: number[][], weights?: number[][]): maths.Routed => ({
  chosen,
  weights: weights ?? chosen.map((some) => some.map(() => 1 / some.length)),
});

const layerOf = (
  scores: number[][],
  bias: number[],
  biased: number[][],
  plain = biased,
): maths.Layer => ({
  ...{ title: "layer 0", scores, bias, biased: routedOf(biased), plain: routedOf(plain), idle: [] },
});

// ---------------------------------------------------------------- how it chooses

test.each(each)("$title: scores and biases together are NumPy's, and choose the experts", (one) => {
  const { layer, found } = one;
  range(T).forEach((t) => {
    const all = maths.totals(layer, t, false);
    expect(apart([all], [found.totals[t]])).toBeLessThan(1e-4);
    const best = (numbers: readonly number[]): number[] =>
      range(n_expert)
        .sort((a, b) => numbers[b] - numbers[a])
        .slice(0, 2);
    expect(best(all)).toEqual(layer.biased.chosen[t]);
    expect(best(maths.totals(layer, t, true))).toEqual(layer.plain.chosen[t]);
  });
});

test("the token that is told is the one whose best expert by score misses by most", () => {
  const scores = [
    [0.9, 0.5, 0.1],
    [0.9, 0.2, 0.7],
    [0.3, 0.9, 0.2],
  ];
  const layer = layerOf(scores, [-0.5, 0, 0.2], [[1], [2], [1]], [[0], [0], [1]]);
  expect(range(3).map((t) => maths.beaten(layer, t))).toEqual([0, 0, null]);
  expect(maths.telling(layer)).toBe(1);
  expect(maths.telling(layerOf(scores, [0, 0, 0], [[0], [0], [1]]))).toBe(2);
});

test("a bias stands on its score, or takes its upper part off, down to below zero", () => {
  expect(maths.bar(0.2, 0.5, 1)).toEqual({
    ...{ score: [0, 0.2], added: [0.2, 0.7], taken: null, total: 0.7 },
  });
  expect(maths.bar(0.5, -0.25, 1)).toEqual({
    ...{ score: [0, 0.25], added: null, taken: [0.25, 0.5], total: 0.25 },
  });
  expect(maths.bar(0.25, -0.5, 1)).toEqual({
    ...{ score: [0, 0], added: null, taken: [-0.25, 0.25], total: -0.25 },
  });
  expect(maths.bar(0.5, 0.5, 0)).toEqual({
    ...{ score: [0, 0.5], added: null, taken: null, total: 0.5 },
  });
});

test("a layer is drawn from zero to one, and as far as its bars reach", () => {
  expect(maths.extent(layerOf([[0.5, 0.2]], [0, 0], [[0]]))).toEqual([0, 1]);
  expect(maths.extent(layerOf([[0.5, 0.25]], [0.75, -0.5], [[0]]))).toEqual([-0.25, 1.25]);
});

// ---------------------------------------------------------------- who got how many

test.each(each)(
  "$title: every expert got as many tokens as NumPy counts, at each moment",
  (one) => {
    const { layer, found } = one;
    for (const [routed, loads] of [
      [layer.biased, found.loads],
      [layer.plain, found.plain],
    ] as const)
      expect(range(T + 1).map((read) => maths.loads(routed, n_expert, read))).toEqual(loads);
  },
);

// ---------------------------------------------------------------- where all stands

test("as many tokens as fit stand in one row; others in rows of the same length", () => {
  const { columns, rows } = maths.grid(64, 1, 918);
  expect([columns, rows]).toEqual([32, 2]);
  expect(maths.grid(20, 1, 356)).toMatchObject({ columns: 20, rows: 1 });
  expect(maths.grid(64, 1, 356)).toMatchObject({ columns: 16, rows: 4 });
  expect(maths.grid(40, 1, 356)).toMatchObject({ columns: 14, rows: 3 });
  expect(maths.grid(64, 3, 918).rows).toBeGreaterThan(1);
});

test.each([300, 356, 560, 800, 1200])(
  "within %i pixels no token is cut off or too near",
  (width) => {
    for (const n of [1, 7, 12, 20, 33, 64])
      for (const characters of [1, 3]) {
        const cells = maths.grid(n, characters, width);
        const places = range(n).map((t) => maths.tokenAt(cells, width, t));
        const xs = places.map(([x]) => x);
        expect(Math.min(...xs) - cells.pitch / 2).toBeGreaterThanOrEqual(-1e-9);
        expect(Math.max(...xs) + cells.pitch / 2).toBeLessThanOrEqual(width + 1e-9);
        expect(cells.pitch).toBeGreaterThanOrEqual(16 * characters);
        expect(Math.max(...places.map(([, row]) => row))).toBe(cells.rows - 1);
        expect(new Set(places.map(String)).size).toBe(n);
      }
  },
);

test("ribbons leave their token side by side, in the order of their experts", () => {
  const layer = routedOf([[5, 1, 3]], [[0.5, 0.2, 0.3]]);
  expect(apart(maths.starts(layer, 1), [[0.25, -0.4, -0.15]])).toBeLessThan(1e-12);
  expect(apart(maths.starts(layer, 2), [[0.125, -0.2, -0.075]])).toBeLessThan(1e-12);
});

test("ribbons reach their expert side by side, from the leftmost token on", () => {
  const layer = routedOf([[0], [0], [0, 1], [1]], [[0.25], [0.25], [0.5, 0.3], [0.1]]);
  const ends = maths.ends(layer, 2, [30, 10, 20, 40]);
  expect(apart(ends, [[0.375], [-0.375], [0, -0.05], [0.15]])).toBeLessThan(1e-12);
});

test("a ribbon leaves and arrives straight down", () => {
  const numbers = maths
    .ribbon([10, 20], [90, 120])
    .match(/[\d.]+/g)!
    .map(Number);
  expect(numbers).toEqual([10, 20, 10, 75, 90, 65, 90, 120]);
});

// ---------------------------------------------------------------- in words

test.each(each)(
  "$title: how a token is sent and what an expert got is said as Python has it",
  (one) => {
    const { layer, found } = one;
    expect(range(T).map((t) => maths.sent(tokens, layer, t, false))).toEqual(found.sent);
    range(T).forEach((t) => {
      const said = maths.sent(tokens, layer, t, true);
      expect(said.startsWith(`${found.sent_plain[t]} Expert `)).toBe(true);
    });
    for (const [read, expert, said] of found.got)
      expect(maths.got(layer.biased, n_expert, read, expert)).toBe(said);
  },
);

test("one expert of a token is said, weights next to nothing, and who gets all without biases", () => {
  const layer = layerOf([[0.5, 0.25, 0.125]], [0, 0, 0], [[0]]);
  expect(maths.sent(["a"], layer, 0, false)).toBe(
    "“a”, token 1: expert 0 comes out on top. Its score, 0.500, gives the weight 1.00.",
  );
  expect(maths.sent(["a"], layer, 0, true)).toBe(
    "“a”, token 1: without bias, expert 0 comes out on top. Its score, 0.500, gives the weight 1.00. " +
      "Expert 0 then gets 1 of 1 token, and 2 experts get none.",
  );
  const faint = layerOf([[0.5, 0.001, 0.125]], [0, 1, 0], [[1, 0]]);
  faint.biased.weights = [[0.002, 0.998]];
  expect(maths.sent(["a"], faint, 0, false)).toMatch(
    /the weights under 0\.01 and over 0\.99, so what expert 1 adds hardly counts\.$/,
  );
  expect([0.003, 0.997, 1, 0.5].map(maths.weighed)).toEqual([
    ...["under 0.01", "over 0.99", "1.00", "0.50"],
  ]);
  expect(maths.got(layer.biased, 3, 0, 2)).toBe("Expert 2: no token is read yet.");
  expect(maths.gotShared(1, 1)).toMatch(/^The shared expert: 1 token, each beside/);
  expect(maths.gotShared(3, 20)).toMatch(/^The 3 shared experts: 20 tokens, each beside/);
});

// ---------------------------------------------------------------- as it is drawn

type Shown = Opened<typeof cases.experts.data>;

function scrubTo(drawing: Shown, at: number): void {
  const scrub = drawing.one<HTMLInputElement>(".scrub");
  scrub.value = String(at);
  scrub.dispatchEvent(new Event("input"));
}

const open = (): Shown => {
  const drawing = opened(experts, cases.experts);
  scrubTo(drawing, T);
  return drawing;
};

const marks = (drawing: Shown, kind: "token" | "expert"): SVGGElement[] =>
  drawing.all<SVGGElement>(`.mark.${kind}`);

const places = (drawing: Shown, selector: string, of = "lit"): number[] =>
  drawing.all(selector).flatMap((one, i) => (one.classList.contains(of) ? [i] : []));

/** By token, without those to the shared expert: its choices that are lit. */
function litRibbons(drawing: Shown): Pair[] {
  const K = layers[0].biased.chosen[0].length;
  return places(drawing, "path.ribbon:not(.shared)").map((i) => {
    return [Math.floor(i / K), i % K];
  });
}

function hand(mark: Element, kind: string): void {
  mark.dispatchEvent(new PointerEvent(kind));
}

const countsOf = (drawing: Shown): number[] =>
  drawing.all(".expert:not(.shared) .count").map((text) => Number(text.textContent));

const turn = (drawing: Shown): void => {
  drawing.one(".plain").click();
};

test("a ribbon is as wide as its weight, of its choice's colour, and ends at its expert's box", () => {
  const drawing = open();
  const ribbons = drawing.all("path.ribbon:not(.shared)");
  const boxes = marks(drawing, "expert").map((mark) => mark.querySelector(".box")!);
  const wide = ribbons.map((one) => Number(one.getAttribute("stroke-width")));
  const weights = layers[0].biased.weights.flat();
  const most = Math.max(...wide) / Math.max(...weights);
  expect(
    apart(
      wide,
      weights.map((weight) => weight * most),
    ),
  ).toBeLessThan(0.02);
  layers[0].biased.chosen.flat().forEach((expert, i) => {
    expect(ribbons[i].dataset.rank).toBe(String(i % 2));
    const [x, y] = ribbons[i]
      .getAttribute("d")!
      .match(/[\d.]+/g)!
      .map(Number)
      .slice(-2);
    const [left, top, width] = ["x", "y", "width"].map((name) =>
      Number(boxes[expert].getAttribute(name)),
    );
    expect(y).toBe(top);
    expect(x - wide[i] / 2).toBeGreaterThanOrEqual(left - 0.06);
    expect(x + wide[i] / 2).toBeLessThanOrEqual(left + width + 0.06);
  });
});

test.each(each)("$title: scrubbed, loads are NumPy's, with biases and without", (one) => {
  const drawing = open();
  drawing.all(".layers button")[one.at].click();
  for (const plain of [false, true]) {
    if (plain) turn(drawing);
    const loads = plain ? one.found.plain : one.found.loads;
    for (const at of [0, T, 7, 8, 1]) {
      scrubTo(drawing, at);
      expect(countsOf(drawing)).toEqual(loads[at]);
      expect(places(drawing, ".token", "ahead")).toEqual(range(T).slice(at));
      expect(drawing.all("path.ribbon:not(.later)").length).toBe(3 * at);
      const t = at === T ? maths.telling(one.layer) : at - 1;
      expect(drawing.text(".said")).toBe(
        at ? maths.sent(tokens, one.layer, t, plain) : "No token is read yet.",
      );
    }
  }
});

test("words say what a row of numbers is, and that a bias is in it only where it is", () => {
  const drawing = open();
  const words = (): string[] =>
    [...drawing.one(".words").children]
      .map((one) => one.textContent)
      .filter((words) => words && words !== "units first");
  expect(words()).toEqual(["weight", "score + bias", "tokens sent"]);
  turn(drawing);
  expect(words()).toEqual(["weight", "score", "tokens sent"]);
  Object.defineProperty(SVGElement.prototype, "clientWidth", { value: 356, configurable: true });
  drawing.load({ ...cases.experts.data, digest: "narrow" });
  expect(words()).toEqual(["score", "tokens"]);
  turn(drawing);
  expect(words()).toEqual(["score", "+ bias", "tokens"]);
});

test("a line over the tokens behind the first equals sign says from which end they are read", () => {
  const drawing = open();
  const over = drawing.one(".words .over").getAttribute("d")!;
  const [, from, end] = /^M([\d.]+) [\d.]+H([\d.]+)/.exec(over)!.map(Number);
  const edges = (t: number): [number, number] => {
    const box = marks(drawing, "token")[t].querySelector(".box")!;
    const [x, width] = ["x", "width"].map((name) => Number(box.getAttribute(name)));
    return [x, x + width];
  };
  const first = tokens.indexOf("=") + 1;
  const said = [...drawing.one(".words").children].find(
    (one) => one.textContent === "units first",
  )!;
  expect(Number(said.getAttribute("x"))).toBeCloseTo(edges(first)[0] + 0.5, 0);
  expect(from).toBeGreaterThan(edges(first)[0]);
  expect(end).toBeCloseTo(edges(T - 1)[1], -1);
  drawing.load({ ...cases.experts.data, from_end: "", digest: "usual" });
  expect(drawing.all(".words .over").length).toBe(0);
});

test("the favourite that is put down is marked, and where a phone has room its score stands", () => {
  const drawing = open();
  const t = maths.telling(layers[0]);
  const first = maths.beaten(layers[0], t)!;
  expect(places(drawing, ".expert", "beaten")).toEqual([first]);
  turn(drawing);
  expect(places(drawing, ".expert", "beaten")).toEqual([]);
  turn(drawing);
  const [wide] = [layers[0].scores[t][first]];
  const own = (): string => marks(drawing, "expert")[first].querySelector(".own")!.textContent;
  expect(own()).toBe(wide.toFixed(3));
  Object.defineProperty(SVGElement.prototype, "clientWidth", { value: 356, configurable: true });
  drawing.load({ ...cases.experts.data, digest: "slim" });
  expect(own()).toBe(wide.toFixed(2));
  Object.defineProperty(SVGElement.prototype, "clientWidth", { value: 800, configurable: true });
});

test("a copied moment names the layer, the switch and what is clicked, and opens with them", async () => {
  vi.stubGlobal("location", { href: "https://book.example/moe" });
  const written: string[] = [];
  const writeText = (text: string) => Promise.resolve(void written.push(text));
  vi.stubGlobal("navigator", { clipboard: { writeText } });
  const drawing = open();
  drawing.all(".layers button")[1].click();
  turn(drawing);
  scrubTo(drawing, 9);
  hand(marks(drawing, "token")[3], "click");
  drawing.one(".copy").click();
  await vi.waitFor(() => expect(written.length).toBe(1));
  const [said, address] = written[0].split("\n");
  expect(address).toBe("https://book.example/moe?moment=.9_layer1_plain_token3");
  vi.stubGlobal("location", { href: address });
  const again = opened(experts, cases.experts);
  const pressed = again.all(".layers button").map((one) => one.getAttribute("aria-pressed"));
  expect(pressed).toEqual(["false", "true"]);
  expect(again.one(".plain").getAttribute("aria-checked")).toBe("true");
  expect([again.one<HTMLInputElement>(".scrub").value, again.text(".said")]).toEqual(["9", said]);
  expect(countsOf(again)).toEqual(each[1].found.plain[9]);
  vi.stubGlobal("location", { href: "https://book.example/moe?moment=.9_layer7_token99_other" });
  expect(opened(experts, cases.experts).text(".said")).toBe(each[0].found.sent[8]);
  vi.unstubAllGlobals();
});

/** The bars of the token that is shown, as [height, what stands above, its weight]. */
const barsOf = (drawing: Shown): [number, string, string][] =>
  marks(drawing, "expert")
    .slice(0, n_expert)
    .map((mark) => [
      Number(mark.querySelector(".score")!.getAttribute("height")),
      mark.querySelector(".total")!.textContent,
      mark.querySelector(".weight")!.textContent,
    ]);

test("a token's bars are its scores, sums stand over those that matter, and two win", () => {
  const drawing = open();
  const [{ layer, found }] = each;
  for (const [t, plain] of [
    [0, false],
    [4, false],
    [4, true],
  ] as const) {
    hand(marks(drawing, "token")[t], "click");
    if (plain) turn(drawing);
    const totals = plain ? layer.scores[t] : found.totals[t];
    const { chosen, weights } = plain ? layer.plain : layer.biased;
    const high = 120 / (maths.extent(layer)[1] - maths.extent(layer)[0]);
    const first = plain ? null : maths.beaten(layer, t);
    barsOf(drawing).forEach(([height, total, weight], e) => {
      const score = plain ? layer.scores[t][e] : Math.min(layer.scores[t][e], totals[e]);
      expect(height).toBeCloseTo(Math.max(0, score) * high, 0);
      const k = chosen[t].indexOf(e);
      if (k < 0 && e !== first) expect(total).toBe("");
      else expect(Number(total.replace("\u2212", "-"))).toBeCloseTo(totals[e], 3);
      expect(weight).toBe(k < 0 ? "0" : weights[t][k].toFixed(2));
    });
    expect(places(drawing, ".expert", "wins")).toEqual([...chosen[t]].sort());
    const ranks = marks(drawing, "expert").map((mark) => mark.dataset.rank);
    expect(chosen[t].map((e) => ranks[e])).toEqual(["0", "1"]);
    expect(ranks.filter((rank) => rank === "none").length).toBe(n_expert - 2);
  }
});

test("at rest stands the token whose best expert loses by most; in between, the one that comes", () => {
  const drawing = open();
  const t = maths.telling(layers[0]);
  expect(maths.beaten(layers[0], t)).not.toBeNull();
  expect(places(drawing, ".token", "now")).toEqual([t]);
  scrubTo(drawing, 6);
  expect(places(drawing, ".token", "now")).toEqual([5]);
  scrubTo(drawing, 0);
  expect(places(drawing, ".token", "now")).toEqual([]);
  expect(new Set(barsOf(drawing).map(String))).toEqual(new Set(["0,,"]));
});

test("own scores and biases stand in bars that matter, once these have risen", () => {
  const drawing = open();
  const [{ layer }] = each;
  const shown = (): number[] =>
    drawing.all(".expert .bias").flatMap((one, e) => (one.textContent ? [e] : []));
  const t = maths.telling(layer);
  const matter = [...layer.biased.chosen[t], maths.beaten(layer, t)!].sort();
  expect(shown()).toEqual(matter);
  const other = range(n_expert).find((e) => !matter.includes(e))!;
  hand(marks(drawing, "expert")[other], "pointerenter");
  expect(shown()).toContain(other);
  hand(marks(drawing, "expert")[other], "pointerleave");
  scrubTo(drawing, 6.2);
  expect(shown()).toEqual([]);
  expect(barsOf(drawing).map(([, total]) => total)).toEqual(range(n_expert).map(() => ""));
});

test("an idle expert is told where its bias keeps tokens away, and nowhere else", () => {
  const drawing = open();
  const told = (e: number): string => {
    hand(marks(drawing, "expert")[e], "pointerenter");
    return drawing.text(".said");
  };
  expect(told(4)).not.toMatch(/idle/);
  drawing.all(".layers button")[1].click();
  expect(told(4)).toMatch(/It is idle: no token of 10\.$/);
  expect(told(3)).not.toMatch(/idle/);
  turn(drawing);
  expect(told(4)).not.toMatch(/idle/);
});

test("bars come from those of the token before, and the two that win are marked at once", () => {
  const drawing = open();
  const [{ layer }] = each;
  const heights = (at: number): number[] => {
    scrubTo(drawing, at);
    return barsOf(drawing).map(([height]) => height);
  };
  const [before, between, after] = [5, 5.2, 6].map(heights);
  const e = range(n_expert).find((i) => layer.bias[i] > 0)!;
  expect(between[e]).toBeCloseTo((before[e] + after[e]) / 2, 0);
  scrubTo(drawing, 5.05);
  expect(places(drawing, ".expert", "wins")).toEqual([...layer.biased.chosen[5]].sort());
});

test("the switch is one of the keyboard's, and Reset turns it back", () => {
  const drawing = open();
  const toggle = drawing.one(".plain");
  expect([toggle.tagName, toggle.getAttribute("role")]).toEqual(["BUTTON", "switch"]);
  const checked = (): string | null => toggle.getAttribute("aria-checked");
  turn(drawing);
  expect(checked()).toBe("true");
  drawing.one(".reset").click();
  expect([checked(), drawing.text(".said")]).toEqual(["false", "No token is read yet."]);
});

test("tokens stream in once in their seconds; who wants no motion finds the end", () => {
  vi.useFakeTimers();
  const drawing = opened(experts, cases.experts);
  const end = maths.sent(tokens, layers[0], maths.telling(layers[0]), false);
  expect(drawing.text(".said")).toBe("No token is read yet.");
  vi.advanceTimersByTime(500 * seconds);
  expect(drawing.text(".said")).toMatch(/token (9|10|11):/);
  vi.advanceTimersByTime(60_000);
  expect(drawing.text(".said")).toBe(end);
  vi.useRealTimers();
  const asked = vi.spyOn(window, "matchMedia").mockReturnValue({ matches: true } as MediaQueryList);
  expect(opened(experts, cases.experts).text(".said")).toBe(end);
  asked.mockRestore();
});

test("another text that comes later is shown at its end, in the layer that was looked at", () => {
  const drawing = opened(experts, cases.experts);
  drawing.all(".layers button")[1].click();
  drawing.load({ ...cases.experts.data, digest: "another" });
  const told = (some: string[], layer: maths.Layer): string =>
    maths.sent(some, layer, maths.telling(layer), false);
  expect(drawing.text(".said")).toBe(told(tokens, layers[1]));
  const cut = ({ chosen, weights }: maths.Routed): maths.Routed => ({
    ...{ chosen: chosen.slice(0, 5), weights: weights.slice(0, 5) },
  });
  const [first] = layers;
  const scores = first.scores.slice(0, 5);
  const fewer = [{ ...first, scores, biased: cut(first.biased), plain: cut(first.plain) }];
  const short = { tokens: tokens.slice(0, 5), layers: fewer, n_shared: 0 };
  drawing.load({ ...cases.experts.data, ...short, digest: "a third" });
  expect(drawing.text(".said")).toBe(told(short.tokens, fewer[0]));
  expect(drawing.all(".shared").length).toBe(0);
  expect([drawing.text(".layers"), drawing.all(".layers button").length]).toEqual(["layer 0", 0]);
});

test.each(each)(
  "$title: a token that is pointed at has its ribbons alone, and its sentence",
  (one) => {
    const drawing = open();
    drawing.all(".layers button")[one.at].click();
    const end = drawing.text(".said");
    marks(drawing, "token").forEach((token, t) => {
      hand(token, "pointerenter");
      expect(drawing.text(".said")).toBe(one.found.sent[t]);
      expect(litRibbons(drawing)).toEqual([
        [t, 0],
        [t, 1],
      ]);
      expect(places(drawing, ".mark.token")).toEqual([t]);
      const heard = [...one.layer.biased.chosen[t], n_expert].sort((a, b) => a - b);
      expect(places(drawing, ".mark.expert")).toEqual(heard);
      hand(token, "pointerleave");
    });
    expect(drawing.text(".said")).toBe(end);
    expect(drawing.one(".flow").classList.contains("asked")).toBe(false);
    expect(litRibbons(drawing)).toEqual([]);
  },
);

test.each(each)(
  "$title: an expert that is pointed at has its ribbons alone, and its tokens",
  (one) => {
    const drawing = open();
    drawing.all(".layers button")[one.at].click();
    const { chosen } = one.layer.biased;
    for (const [read, expert, said] of one.found.got) {
      scrubTo(drawing, read);
      const box = marks(drawing, "expert")[expert];
      hand(box, "pointerenter");
      expect(drawing.text(".said")).toBe(said);
      const its = range(read).filter((t) => chosen[t].includes(expert));
      expect(places(drawing, ".mark.token")).toEqual(its);
      expect(places(drawing, ".mark.expert")).toEqual([expert]);
      const lit = drawing.all("path.ribbon.lit:not(.later)");
      expect(lit.length).toBe(its.length);
      hand(box, "pointerleave");
    }
  },
);

test("the shared expert has a ribbon from every token", () => {
  const drawing = open();
  hand(marks(drawing, "expert")[n_expert], "pointerenter");
  expect(drawing.text(".said")).toBe(maths.gotShared(1, T));
  expect(places(drawing, ".mark.token")).toEqual(range(T));
  expect(places(drawing, "path.ribbon.shared")).toEqual(range(T));
});

test("a token that is not read yet can be looked at as well", () => {
  const drawing = open();
  scrubTo(drawing, 5);
  hand(marks(drawing, "token")[9], "pointerenter");
  expect(drawing.text(".said")).toBe(cases.experts.expected[0].sent[9]);
  expect(places(drawing, ".mark.token")).toEqual([9]);
  expect(places(drawing, ".expert", "wins").length).toBe(2);
});

test("arrow keys go from token to token and from expert to expert; Escape gives all back", () => {
  const drawing = open();
  const end = drawing.text(".said");
  const active = (): Element => document.activeElement!;
  const [found] = cases.experts.expected;
  marks(drawing, "token")[0].focus();
  expect(drawing.text(".said")).toBe(found.sent[0]);
  for (const t of [1, 2]) {
    press(active(), "ArrowRight");
    expect(drawing.text(".said")).toBe(found.sent[t]);
    expect(active().getAttribute("aria-pressed")).toBe("true");
  }
  press(active(), "End");
  expect(drawing.text(".said")).toBe(found.sent[T - 1]);
  expect(places(drawing, ".mark.token")).toEqual([T - 1]);
  press(active(), "Escape");
  expect(drawing.text(".said")).toBe(end);
  expect(drawing.all("[aria-pressed=true]").map((one) => one.textContent)).toEqual(["layer 0"]);
  marks(drawing, "expert")[0].focus();
  expect(drawing.text(".said")).toBe(found.got[0][2]);
  press(active(), "End");
  expect(drawing.text(".said")).toBe(maths.gotShared(1, T));
});

test("no other key is taken from the reader", () => {
  const drawing = open();
  const [mark] = marks(drawing, "token");
  const taken = (key: string): boolean =>
    !mark.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  expect(["Tab", "Escape", "a", "PageDown", "ArrowDown"].filter(taken)).toEqual([]);
  expect(["ArrowRight", "Home", "Enter"].filter(taken)).toEqual(["ArrowRight", "Home", "Enter"]);
});

test("what is clicked stays while the hand points elsewhere, scrubs and turns to another layer", () => {
  const drawing = open();
  const [expert] = marks(drawing, "expert");
  hand(expert, "click");
  hand(marks(drawing, "token")[3], "pointerenter");
  expect(drawing.text(".said")).toBe(cases.experts.expected[0].sent[3]);
  hand(marks(drawing, "token")[3], "pointerleave");
  for (const { at, layer } of [...each].reverse()) {
    drawing.all(".layers button")[at].click();
    for (const read of [9, T]) {
      scrubTo(drawing, read);
      expect(drawing.text(".said")).toBe(maths.got(layer.biased, n_expert, read, 0));
    }
  }
  hand(drawing.one(".flow"), "click");
  expect(drawing.text(".said")).toBe(
    maths.sent(tokens, layers[0], maths.telling(layers[0]), false),
  );
});

test("a layer is turned to at the moment that is shown, and its button is pressed", () => {
  const drawing = open();
  scrubTo(drawing, 6);
  const pressed = (): string[] =>
    drawing.all(".layers button").map((one) => one.getAttribute("aria-pressed")!);
  expect(pressed()).toEqual(["true", "false"]);
  drawing.all(".layers button")[1].click();
  expect(pressed()).toEqual(["false", "true"]);
  expect(drawing.one<HTMLInputElement>(".scrub").value).toBe("6");
  expect(drawing.text(".said")).toBe(cases.experts.expected[1].sent[5]);
  expect(countsOf(drawing)).toEqual(cases.experts.expected[1].loads[6]);
  expect(drawing.sent).toEqual([]);
});
