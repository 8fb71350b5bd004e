// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import courses from "../../src/drawings/courses";
import { cases, opened, type Opened } from "./cases";

const { data, expected } = cases.courses;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
  Reflect.deleteProperty(SVGElement.prototype, "clientWidth");
});

/** The curves have a width, until the test ends. */
function measured(): void {
  Object.defineProperty(SVGElement.prototype, "clientWidth", { value: 900, configurable: true });
  vi.stubGlobal(
    "ResizeObserver",
    class {
      constructor(private readonly heard: () => void) {}
      observe = (): void => void setTimeout(this.heard);
      disconnect(): void {}
    },
  );
}

function open(): Opened<typeof data> {
  const drawing = opened(courses, cases.courses);
  vi.advanceTimersByTime(60_000);
  return drawing;
}

function at(drawing: Opened<typeof data>, moment: number): void {
  drawing.one<HTMLInputElement>(".scrub").value = String(moment);
  drawing.one(".scrub").dispatchEvent(new Event("input"));
}

const shown = (drawing: Opened<typeof data>): (string | null)[] =>
  drawing.all(".map > span").map((cell) => cell.textContent);

test("each course shows the counts of lab at the look that is nearest, and says which it is", () => {
  const drawing = open();
  expected.forEach((looks, course) => {
    drawing.all(".arms button")[course].click();
    expect(drawing.sent.at(-1)).toEqual(["asked", [course, ...data.pair]]);
    looks.forEach(({ step, of_100 }, look) => {
      at(drawing, Math.round((100 * look) / (looks.length - 1)) + (look === 0 ? 3 : -3));
      expect(shown(drawing)).toEqual(of_100);
      expect(drawing.text(".said")).toContain(`look at step ${step} of`);
      const words = drawing.one(".scrub").getAttribute("aria-valuetext");
      expect(words).toContain(`1 × 1: ${of_100[0]}, 2 × 2: ${of_100[5]}, `);
    });
  });
  expect(drawing.all(".arms [aria-pressed=true]").length).toBe(1);
});

test("a problem is written once its texts have come; what is no number is refused and keeps it", () => {
  const drawing = open();
  const [first] = data.courses[0].written.at(-1)!.numbers;
  expect(drawing.one(".number code").textContent).toBe(first.tokens);
  expect(drawing.all(".number .wrong").length).toBeGreaterThan(0);
  const [a, b] = ["a", "b"].map((name) => drawing.one<HTMLInputElement>(`input.${name}`));
  const write = (): unknown => drawing.one(".ask").dispatchEvent(new Event("submit"));
  a.value = "12a";
  write();
  expect([drawing.text(".refused"), a.getAttribute("aria-invalid")]).toEqual([
    "0 to 9,999, in digits",
    "true",
  ]);
  expect([drawing.sent.length, b.getAttribute("aria-invalid")]).toEqual([0, "false"]);
  a.value = "12";
  write();
  expect(drawing.sent).toEqual([["asked", [0, 12, data.pair[1]]]]);
  expect(drawing.text(".numbers")).toContain("being written");
  const [button] = drawing.all(".arms button");
  drawing.load({ ...data, digest: "the texts", pair: [12, data.pair[1]] });
  expect(drawing.one(".number code").textContent).toBe(first.tokens);
  expect(drawing.all(".arms button")[0]).toBe(button);
});

test("a right token out of its place is marked, and a text of another step says which it is of", () => {
  const drawing = open();
  const [late] = drawing.all(".number .late").map((token) => token.textContent);
  const { tokens, marks } = data.courses[0].written.at(-1)!.numbers[1];
  expect(late).toBe(tokens[marks.indexOf("l")]);
  const step = data.courses[0].written.at(-1)!.step;
  expect(drawing.text(".when.other")).toBe(`by the run at step ${step}, `);
  at(drawing, 50);
  expect(drawing.all(".when.other").length).toBe(0);
  expect(drawing.text(".when")).toBe("at 50%, ");
});

test("the names of curves stand apart, each beside the tip of its curve, at every moment", () => {
  measured();
  const drawing = open();
  data.courses.forEach((_, course) => {
    drawing.all(".arms button")[course].click();
    for (const moment of [0, 37, 80, 100]) {
      at(drawing, moment);
      const [names, tips] = [
        [".length", "x", "y"],
        [".tip", "cx", "cy"],
      ].map(([kind, ...sides]) =>
        drawing.all(kind).map((one) => sides.map((side) => Number(one.getAttribute(side)))),
      );
      const heights = names.map(([, y]) => y).sort((one, other) => one - other);
      heights.slice(1).forEach((y, i) => expect(y - heights[i]).toBeGreaterThan(15));
      tips.forEach(([x, y], i) => {
        expect(names[i][0] - x).toBe(16);
        const leader = drawing.all(".leader")[i].getAttribute("d");
        expect(leader).toMatch(`M${x.toFixed(1)} ${y.toFixed(1)}L`);
      });
    }
  });
});

test("a run that ends wrong stands out on its card, in the curves and in the headline", () => {
  const first = { ...data.courses[0], name: "the same, wrong" };
  const lost = { ...first, wrong: first.wrong.map((of) => of.map((_, i) => data.n[i])) };
  measured();
  const headline = "One ends at 100, one at **0**.";
  const drawing = opened(courses, {
    ...cases.courses,
    data: { ...data, headline, courses: [...data.courses, lost] },
  });
  vi.advanceTimersByTime(60_000);
  expect(drawing.text(".headline")).toBe("One ends at 100, one at 0.");
  expect(drawing.text(".headline .missed")).toBe("0");
  const marked = drawing.all(".arms button").map((one) => one.classList.contains("missed"));
  expect(marked).toEqual([...data.courses.map(() => false), true]);
  expect(drawing.all(".other.missed").length).toBe(1);
  expect(drawing.text("text.missed")).toBe("the same, wrong, 0");
  expect(drawing.all("text.missed[hidden]").length).toBe(0);
  at(drawing, 20); // it would lie over curves that are low here
  expect(drawing.all("text.missed[hidden]").length).toBe(1);
  drawing.all(".arms button").at(-1)!.click();
  expect(drawing.all("text.missed").length).toBe(0);
  expect(drawing.one(".courses").classList.contains("lost")).toBe(true);
});
