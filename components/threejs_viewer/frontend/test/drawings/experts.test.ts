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

const layerOf = (chosen: number[][], weights?: number[][]): maths.Layer => ({
  title: "layer 0",
  chosen,
  weights: weights ?? chosen.map((some) => some.map(() => 1 / some.length)),
});

// ---------------------------------------------------------------- who got how many

test.each(each)(
  "$title: every expert got as many tokens as NumPy counts, at each moment",
  (one) => {
    const { layer, found } = one;
    expect(range(T + 1).map((read) => maths.loads(layer, n_expert, read))).toEqual(found.loads);
    expect(range(T).map((read) => maths.filling(layer, n_expert, read, 0))).toEqual(
      found.loads.slice(0, T),
    );
    expect(range(T).map((read) => maths.filling(layer, n_expert, read, 1))).toEqual(
      found.loads.slice(1),
    );
  },
);

test("a bar is halfway between two tokens when half of the next has come", () => {
  const layer = layerOf([
    [0, 1],
    [1, 2],
  ]);
  expect(maths.filling(layer, 3, 1, 0.5)).toEqual([1, 1.5, 0.5]);
  expect(maths.filling(layer, 3, 2, 0)).toEqual([1, 2, 1]);
});

test("all layers have one scale", () => {
  const last = cases.experts.expected.map(({ loads }) => Math.max(...loads.at(-1)!));
  expect(maths.highest(layers, n_expert)).toBe(Math.max(...last));
  expect(maths.heaviest(layers)).toBeCloseTo(1, 3);
  expect(maths.heaviest([layerOf([[0, 1]], [[2, 0.5]]), layerOf([[1]], [[1]])])).toBe(2.5);
  expect(maths.heaviest([layerOf([[0]], [[0]])])).toBe(1);
});

// ---------------------------------------------------------------- where all stands

test("as many tokens as fit stand in one row; others in rows of the same length", () => {
  const { columns, rows } = maths.grid(64, 1, 918);
  expect([columns, rows]).toEqual([64, 1]);
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
        expect(cells.pitch).toBeGreaterThanOrEqual(width < 560 ? 16 * characters : 11 * characters);
        expect(Math.max(...places.map(([, row]) => row))).toBe(cells.rows - 1);
        expect(new Set(places.map(String)).size).toBe(n);
      }
  },
);

test("ribbons leave their token side by side, in the order of their experts", () => {
  const layer = layerOf([[5, 1, 3]], [[0.5, 0.2, 0.3]]);
  expect(apart(maths.starts(layer, 1), [[0.25, -0.4, -0.15]])).toBeLessThan(1e-12);
  expect(apart(maths.starts(layer, 2), [[0.125, -0.2, -0.075]])).toBeLessThan(1e-12);
});

test("ribbons reach their expert side by side, from the leftmost token on", () => {
  const layer = layerOf([[0], [0], [0, 1], [1]], [[0.25], [0.25], [0.5, 0.3], [0.1]]);
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

test("a ribbon is there before the bar has risen", () => {
  expect([0, 0.35, 0.7, 1].map(maths.comes)).toEqual([0, 0.5, 1, 1]);
  expect([0, 0.6, 0.8, 1].map((share) => maths.rises(share).toFixed(3))).toEqual([
    ...["0.000", "0.000", "0.500", "1.000"],
  ]);
});

// ---------------------------------------------------------------- in words

test.each(each)(
  "$title: where a token goes and what an expert got is said as Python has it",
  (one) => {
    const { layer, found } = one;
    expect(range(T).map((t) => maths.sent(tokens, layer, t, 1))).toEqual(found.sent);
    for (const [read, expert, said] of found.got)
      expect(maths.got(layer, n_expert, read, expert)).toBe(said);
  },
);

test("one, two and three experts of a token are said in turn, and who is shared by all", () => {
  const layer = layerOf([[3], [3, 0], [3, 0, 2]], [[1], [0.61, 0.39], [0.5, 0.3, 0.2]]);
  const said = (t: number, nShared: number): string =>
    maths.sent("a6c".split(""), layer, t, nShared);
  expect(said(0, 0)).toBe("“a”, token 1, goes to expert 3 (1.00).");
  expect(said(1, 0)).toBe("“6”, token 2, goes to expert 3 (0.61) and expert 0 (0.39).");
  expect(said(2, 2)).toBe(
    "“c”, token 3, goes to expert 3 (0.50), expert 0 (0.30) and expert 2 (0.20)" +
      ", and, like every token, to the 2 shared experts.",
  );
  const one = layerOf([[5, 2]], [[0.997, 0.003]]);
  expect(maths.sent(["a"], one, 0, 0)).toBe(
    "“a”, token 1, goes to expert 5 (over 0.99) and expert 2 (under 0.01).",
  );
  expect(maths.ahead(["a"], 0)).toBe("“a”, token 1, is not read yet.");
  expect(maths.got(layer, 4, 0, 3)).toBe("Expert 3: no token is read yet.");
  expect(maths.gotShared(1, 1)).toMatch(/^The shared expert: 1 token, each beside/);
  expect(maths.gotShared(3, 20)).toMatch(/^The 3 shared experts: 20 tokens, each beside/);
});

test("at the end it is said who got most and who fewest", () => {
  const told = (...chosen: number[][]): string => maths.told(layerOf(chosen), 3);
  expect(told([0, 1], [0, 1], [0, 1], [0, 2])).toBe(
    "8 choices of 4 tokens: expert 0 got most (4), expert 2 fewest (1); the mean is 2.7.",
  );
  expect(told([1])).toBe(
    "1 choice of 1 token: expert 1 got most (1), experts 0 and 2 fewest (0); the mean is 0.3.",
  );
  expect(told([0], [1], [2])).toBe("3 choices of 3 tokens: every expert got 1.");
  expect(maths.told(layerOf([[0], [0]]), 6)).toMatch(/expert 0 got most \(2\), 5 experts fewest/);
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
  const all = drawing.all(".ribbon:not(.shared)");
  const K = layers[0].chosen[0].length;
  return places(drawing, "path.ribbon:not(.shared)").map((i) => {
    expect(all[i].classList.contains("later")).toBe(false);
    return [Math.floor(i / K), i % K];
  });
}

function hand(mark: Element, kind: string): void {
  mark.dispatchEvent(new PointerEvent(kind));
}

const countsOf = (drawing: Shown): number[] =>
  drawing.all(".counts text").map((text) => Number(text.textContent));

test("a ribbon is as wide as its weight, of its expert's colour, and ends at its expert's box", () => {
  const drawing = open();
  const ribbons = drawing.all("path.ribbon:not(.shared)");
  const boxes = marks(drawing, "expert").map((mark) => mark.querySelector(".box")!);
  const wide = ribbons.map((one) => Number(one.getAttribute("stroke-width")));
  const weights = layers[0].weights.flat();
  const most = Math.max(...wide) / Math.max(...weights);
  expect(
    apart(
      wide,
      weights.map((weight) => weight * most),
    ),
  ).toBeLessThan(0.02);
  layers[0].chosen.flat().forEach((expert, i) => {
    expect(ribbons[i].classList.contains(`hue${expert % 5}`)).toBe(true);
    expect(ribbons[i].classList.contains(`shade${expert < 5 ? 0 : 1}`)).toBe(true);
    const [x, y] = ribbons[i]
      .getAttribute("d")!
      .match(/[\d.]+/g)!
      .map(Number)
      .slice(-2);
    const [left, top, width] = ["x", "y", "width"].map((name) =>
      Number(boxes[expert].getAttribute(name)),
    );
    expect(x - wide[i] / 2).toBeGreaterThanOrEqual(left - 0.06);
    expect(x + wide[i] / 2).toBeLessThanOrEqual(left + width + 0.06);
    expect(y).toBeCloseTo(top, 0);
  });
});

test.each(each)(
  "$title: scrubbed, bars and counts are NumPy's, and the mean stands beside",
  (one) => {
    const drawing = open();
    drawing.all(".layers button")[one.at].click();
    const bars = drawing.all(".expert:not(.shared) .bar");
    const highest = maths.highest(layers, n_expert);
    for (const at of [0, T, 7, 8, 1]) {
      scrubTo(drawing, at);
      const found = one.found.loads[at];
      expect(countsOf(drawing)).toEqual([...found, at]);
      const high = bars.map((bar) => Number(bar.getAttribute("height")));
      expect(
        apart(
          high,
          found.map((load) => (76 * load) / highest),
        ),
      ).toBeLessThan(0.051);
      expect(drawing.text(".level")).toBe(maths.atMostOne((2 * at) / n_expert));
      expect(places(drawing, ".token", "ahead")).toEqual(range(T).slice(at));
      const shown = drawing.all("path.ribbon:not(.later)").length;
      expect(shown).toBe(3 * at);
      const said = at === T ? maths.told(one.layer, n_expert) : one.found.sent[at - 1];
      expect(drawing.text(".said")).toBe(at ? said : "No token is read yet.");
    }
  },
);

test("tokens stream in once in their seconds; who wants no motion finds the end", () => {
  vi.useFakeTimers();
  const drawing = opened(experts, cases.experts);
  const end = maths.told(layers[0], n_expert);
  expect(drawing.text(".said")).toBe("No token is read yet.");
  vi.advanceTimersByTime(500 * seconds);
  expect(drawing.text(".said")).toMatch(/token (9|10|11),/);
  expect(places(drawing, ".token", "now").length).toBe(1);
  vi.advanceTimersByTime(60_000);
  expect(drawing.text(".said")).toBe(end);
  expect(places(drawing, ".token", "now")).toEqual([]);
  vi.useRealTimers();
  const asked = vi.spyOn(window, "matchMedia").mockReturnValue({ matches: true } as MediaQueryList);
  expect(opened(experts, cases.experts).text(".said")).toBe(end);
  asked.mockRestore();
});

test("other choices that come later are shown at their end, in the layer that was looked at", () => {
  const drawing = opened(experts, cases.experts);
  drawing.all(".layers button")[1].click();
  drawing.load({ ...cases.experts.data, digest: "another" });
  expect(drawing.text(".said")).toBe(maths.told(layers[1], n_expert));
  const fewer = layers.map(({ title, chosen, weights }) => ({
    ...{ title, chosen: chosen.slice(0, 5), weights: weights.slice(0, 5) },
  }));
  const short = { tokens: tokens.slice(0, 5), layers: fewer.slice(0, 1), n_shared: 0 };
  drawing.load({ ...cases.experts.data, ...short, digest: "a third" });
  expect(drawing.text(".said")).toBe(maths.told(fewer[0], n_expert));
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
      const heard = [...one.layer.chosen[t], n_expert].sort((a, b) => a - b);
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
    const { chosen } = one.layer;
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

test("a token that is not read yet says so, and lights nothing", () => {
  const drawing = open();
  scrubTo(drawing, 5);
  hand(marks(drawing, "token")[5], "pointerenter");
  expect(drawing.text(".said")).toBe(maths.ahead(tokens, 5));
  expect(places(drawing, ".mark.token")).toEqual([]);
  expect(places(drawing, ".mark.expert")).toEqual([]);
  hand(marks(drawing, "token")[4], "pointerenter");
  expect(drawing.text(".said")).toBe(cases.experts.expected[0].sent[4]);
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
      expect(drawing.text(".said")).toBe(maths.got(layer, n_expert, read, 0));
    }
  }
  hand(drawing.one(".flow"), "click");
  expect(drawing.text(".said")).toBe(maths.told(layers[0], n_expert));
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
  expect(countsOf(drawing).slice(0, -1)).toEqual(cases.experts.expected[1].loads[6]);
  expect(drawing.sent).toEqual([]);
});
