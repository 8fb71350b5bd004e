// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";
import arrows from "../../src/drawings/arrows";
import climb from "../../src/drawings/climb";
import { along } from "../../src/drawings/maths/climb";
import clocks from "../../src/drawings/clocks";
import growing from "../../src/drawings/growing";
import kept from "../../src/drawings/kept";
import { written } from "../../src/drawings/maths/lines";
import generators from "../../src/drawings/generators";
import { momentAt } from "../../src/drawings/shared/player";
import network from "../../src/drawings/network";
import queue from "../../src/drawings/queue";
import save from "../../src/drawings/save";
import { range, short, signed } from "../../src/drawings/shared/numbers";
import { REST_MS } from "../../src/drawings/shared/slide";
import sieve from "../../src/drawings/sieve";
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

test("a pen writes the curves once in its seconds, then a slider tells every check", () => {
  vi.useFakeTimers();
  const drawing = opened(climb, cases.climb);
  const { lengths, seconds } = cases.climb.data;
  const check = (at: number): void => {
    const { step, stage, of_100 } = cases.climb.expected[at];
    const shares = lengths.map((length, i) => `${length} ${of_100[i]} in 100`);
    const said = `After ${step} sums, stage ${stage}: ${shares.join(", ")}.`;
    expect(drawing.text(".said")).toBe(said);
    expect(drawing.one(".scrub").getAttribute("aria-valuetext")).toBe(said);
  };
  const tip = (): number => Number(drawing.one(".pen").getAttribute("cx"));
  const [begun, left] = [tip(), drawing.one(".climb")];
  check(0);
  expect(left.classList.contains("plays")).toBe(true);
  vi.advanceTimersByTime(500 * seconds);
  const half = tip();
  vi.advanceTimersByTime(500 * seconds);
  expect(left.classList.contains("plays")).toBe(false);
  expect(begun < half && half < tip()).toBe(true);
  const filled = drawing.all(".entered").map((band) => Number(band.getAttribute("width")));
  const whole = drawing.all(".band").map((band) => Number(band.getAttribute("width")));
  expect(filled[0]).toBeCloseTo(whole[0], 6);
  const [, begin, end] = cases.climb.data.stages[1];
  const read = cases.climb.data.steps.at(-1)!;
  const part = (along(read, end) - along(begin, end)) / (1 - along(begin, end));
  expect(read < end).toBe(true);
  expect(filled[1] / whole[1]).toBeCloseTo(part, 2);
  for (const at of range(5)) {
    scrubTo(drawing, at);
    check(at);
  }
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

// ---------------------------------------------------------------- what is played

type Shown = ReturnType<typeof opened>;

function scrubTo(drawing: Shown, at: number): void {
  const scrub = drawing.one<HTMLInputElement>(".scrub");
  scrub.value = String(at);
  scrub.dispatchEvent(new Event("input"));
}

const moment = (drawing: Shown): number => Number(drawing.one<HTMLInputElement>(".scrub").value);

/** Both sides against Python's count, when the first has written `one` tokens, the second `other`. */
function checkSides(drawing: Shown, ...written: [one: number, other: number]): void {
  drawing.all(".side").forEach((side, s) => {
    const { pushed, flops, computed, times } = cases.generators.expected[s][written[s]];
    const text = (name: string): string => side.querySelector(name)!.textContent;
    expect(Number(text(".pushed").replaceAll(",", ""))).toBe(pushed);
    const unit = { thousand: 1e3, million: 1e6 }[text(".flops").split(" ")[1]] ?? 1;
    expect(Math.abs(parseFloat(text(".flops")) * unit - flops)).toBeLessThanOrEqual(flops / 199);
    const groups = [...side.querySelectorAll("g")];
    expect(groups.map((g) => Number(g.matches(".computed")))).toEqual(computed);
    const heights = [...side.querySelectorAll(".bar")].map((b) => Number(b.getAttribute("height")));
    const tall = 48 / 14; // pixels for one of 14 steps
    expect(
      apart(
        heights.map((h) => h / tall),
        times,
      ),
    ).toBeLessThan(1e-9);
    const shown = [...side.querySelectorAll(".text span:not(.later)")].map((e) => e.textContent);
    const { tokens, n_given } = cases.generators.data;
    expect(shown).toEqual(tokens.slice(0, n_given + written[s]));
  });
}

test("both generators have ended until a reader asks, and say what each took", () => {
  const drawing = opened(generators, cases.generators);
  checkSides(drawing, 14, 14);
  expect(drawing.text(".said")).toBe(
    "At token 14, 175 tokens have gone through the network without a cache, 19 with one.",
  );
  expect(drawing.all(".ratios b")[0].textContent).toBe("9.2×");
  expect(drawing.all(".ratios b").length).toBe(3);
});

test("a token at a time both generators stand at the same one, as Python counts", () => {
  const drawing = opened(generators, cases.generators);
  drawing.one("[data-mode=together]").click();
  expect(moment(drawing)).toBe(14);
  for (const at of range(15).toReversed()) {
    checkSides(drawing, at, at);
    drawing.one(".back").click();
  }
  expect(drawing.text(".said")).toBe("Nothing is read yet.");
  drawing.one(".on").click();
  checkSides(drawing, 1, 1);
});

test("as measured each generator has written what its own seconds allow", () => {
  const drawing = opened(generators, cases.generators);
  const written = (s: number, seconds: number): number => {
    const ends = cases.generators.expected[s].map((one) => one.seconds);
    return momentAt(ends, seconds + 1e-9);
  };
  const moments = cases.generators.expected.flat().map(({ seconds }) => seconds);
  const times = [...new Set(moments)].sort((one, other) => one - other);
  expect(moment(drawing)).toBe(times.length - 1);
  times.forEach((seconds, at) => {
    scrubTo(drawing, at);
    checkSides(drawing, written(0, seconds), written(1, seconds));
  });
  const half = Math.floor(times.length / 2);
  scrubTo(drawing, half);
  const behind = written(1, times[half]) - written(0, times[half]);
  expect(behind).toBeGreaterThan(0);
  expect(drawing.text(".ratios")).toBe(`Without a cache, by now:${behind} tokens behind`);
  drawing.one("[data-mode=together]").click();
  expect(moment(drawing)).toBe(written(0, times[half]));
});

test("nothing moves until it is played, and it comes to rest at the end or at a touch", () => {
  vi.useFakeTimers();
  const drawing = opened(generators, cases.generators);
  drawing.one("[data-mode=together]").click();
  const play = drawing.one(".play");
  vi.advanceTimersByTime(5000);
  expect([moment(drawing), play.textContent]).toEqual([14, "Play"]);
  play.click();
  expect([moment(drawing), play.textContent]).toEqual([0, "Pause"]);
  expect(drawing.one(".said").ariaLive).toBe("off");
  vi.advanceTimersByTime(1100);
  expect(moment(drawing)).toBe(5);
  drawing.one(".on").click();
  vi.advanceTimersByTime(1000);
  expect([moment(drawing), play.textContent]).toEqual([6, "Play"]);
  play.click();
  vi.advanceTimersByTime(1700);
  expect([moment(drawing), play.textContent]).toEqual([14, "Play"]);
  expect(drawing.one(".said").ariaLive).toBe("polite");
});

test("a drawing that has left plays no more", () => {
  vi.useFakeTimers();
  const drawing = opened(queue, cases.queue);
  drawing.one(".play").click();
  drawing.leave();
  vi.advanceTimersByTime(5000);
  expect(moment(drawing)).toBe(0);
});

test("at every step a queue lists and marks the sums that run, and veils what is to come", () => {
  const drawing = opened(queue, cases.queue);
  const { timelines } = cases.queue.data;
  const ends = timelines.map(({ n_steps }) => n_steps);
  expect(moment(drawing)).toBe(Math.max(...ends));
  expect(drawing.text(".said")).toBe(
    `All 6 sums are written. Static: ${ends[0]} steps. Continuous: ${ends[1]} steps.`,
  );
  const unit = (800 - 18 - 14) / Math.max(...ends);
  for (const step of range(Math.max(...ends) + 1)) {
    scrubTo(drawing, step);
    drawing.all(".timeline").forEach((figure, t) => {
      const at = Math.min(step, ends[t]);
      const { tokens, idle, running } = cases.queue.expected[t][at];
      const said = (name: string): string => figure.querySelector(name)!.textContent;
      const share = `${(100 * idle).toFixed(0)}% of the slots idle`;
      expect(said(".totals")).toBe(`${at} steps, ${tokens} tokens written, ${share}`);
      const names = running.map((i) => timelines[t].bars[i][4].split("=")[0]);
      const listed = names.length ? `running: ${names.join(", ")}` : "all 6 sums are written";
      expect(said(".running")).toBe(listed);
      const bars = [...figure.querySelectorAll(".sum")];
      const marked = range(bars.length).filter((i) => bars[i].classList.contains("runs"));
      expect(marked).toEqual(running);
      const veil = figure.querySelector(".later")!;
      expect(Number(veil.getAttribute("width"))).toBeCloseTo((ends[t] - at) * unit, 6);
    });
  }
});

test("a bar of a queue tells its sum, its steps and its slot, and how long it read", () => {
  const drawing = opened(queue, cases.queue);
  const told = (timeline: number): string => {
    const bar = drawing.all(".timeline")[timeline].querySelectorAll(".sum")[3];
    bar.dispatchEvent(new Event("pointerenter"));
    return drawing.text(".pointed");
  };
  const [text, n] = [cases.queue.data.timelines[1].bars[3][4], 14];
  expect(told(0)).toMatch(/^98\*76=.*: steps 15 to 28, 14 tokens written, slot 1, Static$/);
  const [slot, start, , end] = cases.queue.data.timelines[1].bars[3];
  const where = `slot ${slot + 1}, Continuous`;
  expect(told(1)).toBe(
    `${text}: steps ${start + 1} to ${end}, read in 5, ${n} tokens written, ${where}`,
  );
});

// ---------------------------------------------------------------- a sieve

/** Switches exactly these checks on. */
function switchTo(drawing: Shown, on: boolean[]): void {
  const boxes = drawing.all<HTMLInputElement>(".checks input");
  boxes.forEach((box, i) => {
    if (box.checked !== on[i]) box.click();
  });
}

test("every set of checks keeps and throws away as many labels as Python counts", () => {
  const drawing = opened(sieve, cases.sieve);
  const said = (): string => drawing.text(".said");
  const checked = drawing.all<HTMLInputElement>(".checks input").map((box) => box.checked);
  expect(checked).toEqual([false, true, false, false]);
  for (const { on, kept, wrong, thrown, right_thrown } of cases.sieve.expected) {
    switchTo(drawing, on);
    expect(said()).toBe(
      `kept: ${kept}, of them ${wrong.length} wrong` +
        `thrown away: ${thrown}, of them ${right_thrown} right`,
    );
  }
  const alone = drawing
    .all(".checks tr")
    .map((row) => [...row.querySelectorAll("td")].map((cell) => cell.textContent));
  const expected = [1, 2, 4, 8].map((chosen) => {
    const { kept, wrong, right_thrown } = cases.sieve.expected[chosen];
    return [kept, wrong.length, right_thrown].map(String);
  });
  expect(alone).toEqual(expected);
});

test("at first a wrong label is shown that is kept, and a button goes on to the next", () => {
  const drawing = opened(sieve, cases.sieve);
  const { texts } = cases.sieve.data;
  for (const chosen of [2, 15]) {
    const { on, wrong } = cases.sieve.expected[chosen];
    switchTo(drawing, on);
    const seen = range(wrong.length).map(() => {
      drawing.one(".next").click();
      expect(drawing.text(".pointed code")).toBe(texts[at(drawing)][0]);
      expect(drawing.text(".pointed div")).toMatch(/: wrong, kept; .* throw/);
      return at(drawing);
    });
    expect(seen.sort((one, other) => one - other)).toEqual(wrong);
  }
  expect(at(opened(sieve, cases.sieve))).toBe(cases.sieve.expected[2].wrong[0]);
});

/** The label that is chosen, from 0 on. */
const at = (drawing: Shown): number =>
  Number(drawing.one(".dots").getAttribute("aria-valuenow")) - 1;

test("the keys go from label to label and no farther; wrong places are struck", () => {
  const drawing = opened(sieve, cases.sieve);
  const dots = drawing.one(".dots");
  const keys = ["Home", "ArrowLeft", "ArrowRight", "ArrowDown", "ArrowUp", "ArrowUp", "End"];
  const places = keys.map((key) => {
    press(dots, key);
    return at(drawing);
  });
  expect(places).toEqual([0, 0, 1, 26, 1, 1, 59]);
  expect(drawing.text(".pointed code")).toBe("59*7=354");
  expect(drawing.all(".pointed s").map((place) => place.textContent)).toEqual(["3"]);
  expect(dots.getAttribute("aria-valuetext")).toMatch(/^59\*7=354 (right|wrong), /);
});

test("where no wrong label is kept there is no next one", () => {
  const right = { ...cases.sieve.data, digest: "all right", flags: btoa("\x1f\x1f\x01") };
  const drawing = opened(sieve, { ...cases.sieve, data: { ...right, texts: [] } });
  expect(drawing.one<HTMLButtonElement>(".next").disabled).toBe(true);
  expect(drawing.text(".pointed")).toBe("Label 1: right, kept; no check throws it away.");
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
  { name: "generators", open: () => opened(generators, cases.generators) },
  { name: "queue", open: () => opened(queue, cases.queue) },
  { name: "climb", open: () => opened(climb, cases.climb) },
  { name: "sieve", open: () => opened(sieve, cases.sieve) },
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
