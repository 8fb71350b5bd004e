// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";
import arrows from "../../src/drawings/arrows";
import clocks from "../../src/drawings/clocks";
import growing from "../../src/drawings/growing";
import kept from "../../src/drawings/kept";
import { written } from "../../src/drawings/maths/lines";
import network from "../../src/drawings/network";
import save from "../../src/drawings/save";
import { range, short, signed } from "../../src/drawings/shared/numbers";
import { REST_MS } from "../../src/drawings/shared/slide";
import tape from "../../src/drawings/tape";
import waves from "../../src/drawings/waves";
import { apart, cases, opened, press } from "./cases";

const times = (n: number, act: () => void): void => range(n).forEach(act);

// ---------------------------------------------------------------- what is drawn is what lab says

test("a turned query shows the weights and the blend of lab, and goes to Python at rest", () => {
  vi.useFakeTimers();
  const drawing = opened(arrows, cases.arrows);
  const check = (angle: number, length: number): void => {
    const found = cases.arrows.expected.find(({ query }) => apart(query, [angle, length]) === 0)!;
    const shown = drawing.all(".weight").map((e) => Number(e.dataset["weight"]));
    expect(apart(shown, found.weights)).toBeLessThan(0.000051);
    const blend = drawing.all(".blend span").map((e) => e.textContent);
    expect(blend).toEqual(found.blend.map((share) => (share >= 0.005 ? short(share) : "")));
  };
  check(45, 2.5);
  times(5, () => press(drawing.one(".plane"), "ArrowLeft", true));
  times(9, () => press(drawing.one(".plane"), "ArrowUp", true));
  expect(drawing.one(".handle").getAttribute("aria-valuetext")).toBe("95 degrees, length 6");
  check(95, 6);
  expect(drawing.sent).toEqual([]);
  vi.advanceTimersByTime(REST_MS);
  expect(drawing.sent).toEqual([["query", [95, 6]]]);
});

test("a real head shows the row of the token that is clicked", () => {
  const drawing = opened(arrows, cases.head);
  cases.head.expected.forEach((row, at) => {
    drawing.all(".tokens > div")[at].click();
    const shown = drawing.all(".weight").map((e) => Number(e.dataset["weight"]));
    expect(apart(shown, row)).toBeLessThan(0.000051);
  });
});

test("moved clocks show the matches and the score of lab, and go to Python at rest", () => {
  vi.useFakeTimers();
  const drawing = opened(clocks, cases.clocks);
  const marks = drawing.all("[role=slider]");
  const [query, key] = ["Query at", "Key at"].map(
    (label) => marks.find((mark) => mark.getAttribute("aria-label") === label)!,
  );
  const check = (i: number, j: number): void => {
    const found = cases.clocks.expected.find(({ positions }) => apart(positions, [i, j]) === 0)!;
    expect(drawing.text(".score")).toBe(signed(found.score, 6));
    expect(drawing.text(".angle")).toBe(`${signed((found.angles[1] * 180) / Math.PI, 1)}°`);
    const said = drawing.all(".clock").map((e) => e.getAttribute("aria-label")!);
    const matches = found.matches.map((match) => `match ${signed(match, 4)}`);
    expect(said.map((text) => text.split(", ").at(-1))).toEqual(matches);
  };
  check(12, 7);
  press(query, "End");
  times(4, () => press(key, "ArrowLeft"));
  check(40, 3);
  times(2, () => press(query, "Home"));
  press(key, "Home");
  check(0, 0);
  vi.advanceTimersByTime(REST_MS);
  expect(drawing.sent.at(-1)).toEqual(["positions", [0, 0]]);
});

test("a shifted signal is drawn from the turned waves of lab", () => {
  const drawing = opened(waves, cases.waves);
  const { moved } = cases.waves.expected[0];
  const check = (by: number): void => {
    const found = moved.find((one) => one.by === by)!;
    const samples = drawing.all(".dot.moved").map((e) => Number(e.dataset["value"]));
    expect(apart(samples, found.samples)).toBeLessThan(6e-7);
    const ends = drawing.all(".end").map((e) => e.dataset["wave"]!.split(",").map(Number));
    expect(apart(ends, found.waves.slice(0, ends.length))).toBeLessThan(6e-7);
  };
  const knob = drawing.one("[role=slider]");
  check(2.5);
  press(knob, "Home");
  check(0);
  press(knob, "ArrowRight");
  check(0.1);
  press(knob, "End");
  check(9);
});

test.each(["shifted", "stretched"] as const)("a %s sum shows every cell as Python read it", (m) => {
  const drawing = opened(tape, cases.tape);
  drawing.one(`[data-mode=${m}]`).click();
  const asked = cases.tape.data.first_asked - 1;
  press(drawing.one("[role=slider]"), "Home");
  for (const by of range(cases.tape.expected[0][m].length)) {
    expect(drawing.one("[role=slider]").getAttribute("aria-valuenow")).toBe(String(by));
    drawing.all(".side").forEach((side, s) => {
      const { weights, right, change } = cases.tape.expected[s][m][by];
      const cells = [...side.querySelectorAll(".cell")];
      const shown = cells.map((cell) => Number(cell.getAttribute("fill-opacity")));
      expect(apart(shown, weights)).toBeLessThan(0.501 / 255);
      const answers = right.slice(asked);
      const count = `${answers.filter(Boolean).length} of ${answers.length} tokens right`;
      expect(side.querySelector(".count")!.textContent).toBe(count);
      expect(Number(side.querySelector(".change b")!.textContent)).toBeCloseTo(change, 3);
    });
    press(drawing.one("[role=slider]"), "ArrowRight");
  }
});

test("a scrubbed film shows every answer of the network, and which are right", () => {
  const drawing = opened(network, cases.network);
  const scrub = drawing.one<HTMLInputElement>(".scrub");
  cases.network.expected.moments.forEach(({ answers, right }, at) => {
    scrub.value = String(at);
    scrub.dispatchEvent(new Event("input"));
    const boxes = drawing.all(".grid > div").filter((box) => !box.classList.contains("head"));
    expect(boxes.map((box) => Number(box.textContent))).toEqual(answers);
    expect(boxes.map((box) => box.classList.contains("right"))).toEqual(right);
  });
});

test("a text is written once in its seconds, then the cache rests, and nobody reads it aloud", () => {
  vi.useFakeTimers();
  const drawing = opened(growing, cases.growing);
  const { tokens, seconds } = cases.growing.data;
  const live = (): string | null => drawing.one(".said").getAttribute("aria-live");
  const marked = (): boolean => drawing.all(".mark").every((mark) => !mark.hidden);
  for (const i of range(tokens.length)) {
    expect(drawing.text(".said")).toContain(`Token ${i + 1} of ${tokens.length}, “${tokens[i]}”`);
    expect(drawing.all(".strip .later").length).toBe(tokens.length - 1 - i);
    expect([live(), marked()]).toEqual(["off", true]);
    vi.advanceTimersByTime((1000 * seconds) / tokens.length);
  }
  expect([live(), marked()]).toEqual(["polite", false]);
  expect(drawing.text(".said")).toContain("the 6 before stay as they are");
  drawing.one(".replay").click();
  expect(drawing.text(".said")).toContain("Token 1 of 7");
  vi.useRealTimers();
});

test("who takes the scrubber stops the writing", () => {
  vi.useFakeTimers();
  const drawing = opened(growing, cases.growing);
  const scrub = drawing.one<HTMLInputElement>(".scrub");
  scrub.value = "2";
  scrub.dispatchEvent(new Event("input"));
  vi.advanceTimersByTime(60_000);
  expect(drawing.text(".said")).toContain("Token 2 of 7, “*”");
  expect(drawing.text(".said")).toContain("the line before stays as it is");
  expect(drawing.all(".rows .later").length).toBe(5);
  vi.useRealTimers();
});

test("at every step, with and without the mask, the changes are those of lab", () => {
  const drawing = opened(kept, cases.kept);
  const scrub = drawing.one<HTMLInputElement>(".scrub");
  expect([scrub.value, scrub.max]).toEqual(["3", "6"]);
  for (const one of cases.kept.expected)
    for (const mask of ["on", "off"] as const) {
      drawing.one(`[data-what=${one.what}]`).click();
      drawing.one(`[data-mask=${mask}]`).click();
      scrub.value = String(one.t);
      scrub.dispatchEvent(new Event("input"));
      const { change } = one[mask];
      const expected = change.map((x) => written(x, mask === "on"));
      expect(drawing.all(".change").map((e) => e.textContent)).toEqual(expected);
      const moved = drawing.all(".change").map((e) => e.classList.contains("moved"));
      expect(moved).toEqual(change.map((x) => x > 0.01));
      expect(drawing.text(".said")).toContain(
        mask === "on" ? "in every layer" : "in layers 1 and 2",
      );
      expect(drawing.text(".newest")).toBe(cases.kept.data.tokens[one.t]);
      const letters = drawing.all(".head b").map((e) => e.textContent);
      expect(letters).toEqual(one.what === "keys" ? ["K", "K"] : ["V", "V"]);
    }
});

test("where nothing is drawn, nothing is saved", () => {
  const drawing = opened(save, cases.save);
  drawing.one("button").click();
  expect(drawing.text(".told")).toBe("Nothing is drawn here yet");
});

// ---------------------------------------------------------------- when data come again

const again = [
  { name: "arrows", open: () => opened(arrows, cases.arrows) },
  { name: "head", open: () => opened(arrows, cases.head) },
  { name: "clocks", open: () => opened(clocks, cases.clocks) },
  { name: "waves", open: () => opened(waves, cases.waves) },
  { name: "tape", open: () => opened(tape, cases.tape) },
  { name: "network", open: () => opened(network, cases.network) },
  { name: "growing", open: () => opened(growing, cases.growing) },
  { name: "kept", open: () => opened(kept, cases.kept) },
] as const;

test.each(again)("$name: data of the same digest build nothing anew", ({ name, open }) => {
  const drawing = open();
  const before = drawing.all("*");
  drawing.load({ ...cases[name].data } as never);
  const after = drawing.all("*");
  expect(after.length).toBe(before.length);
  expect(before.length).toBeGreaterThan(30);
  expect(after.every((element, i) => element === before[i])).toBe(true);
});

test.each(again)("$name: data of another digest are drawn at once", ({ name, open }) => {
  const drawing = open();
  const before = drawing.root.innerHTML;
  const another = { ...cases[name].data, digest: "another", at: 1, alt: "Something else" };
  drawing.load(another as never);
  expect(drawing.root.innerHTML).not.toBe(before);
});

test("a mark that the reader moves is not taken away by data from Python", () => {
  vi.useFakeTimers();
  const drawing = opened(clocks, cases.clocks);
  const at = (): string | null => drawing.one(".mark.query").getAttribute("aria-valuenow");
  const come = (digest: string, i: number): void =>
    drawing.load({ ...cases.clocks.data, digest, i });
  press(drawing.one(".mark.query"), "ArrowRight");
  come("while it moves", 30);
  expect(at()).toBe("13");
  vi.advanceTimersByTime(REST_MS);
  come("at rest", 31);
  expect(at()).toBe("31");
});

test("a drawing that has left sends nothing more", () => {
  vi.useFakeTimers();
  const drawing = opened(clocks, cases.clocks);
  press(drawing.one(".mark.query"), "ArrowRight");
  drawing.leave();
  vi.advanceTimersByTime(REST_MS);
  expect(drawing.sent).toEqual([]);
});
