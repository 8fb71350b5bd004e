// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";
import arrows from "../../src/drawings/arrows";
import clocks from "../../src/drawings/clocks";
import connections from "../../src/drawings/connections";
import growing from "../../src/drawings/growing";
import streaming from "../../src/drawings/streaming";
import kept from "../../src/drawings/kept";
import longer from "../../src/drawings/longer";
import { written } from "../../src/drawings/maths/lines";
import generators from "../../src/drawings/generators";
import network from "../../src/drawings/network";
import notations from "../../src/drawings/notations";
import queue from "../../src/drawings/queue";
import copyMoment from "../../src/drawings/moment";
import save from "../../src/drawings/save";
import { counted, range, short, signed } from "../../src/drawings/shared/numbers";
import { frameAt, timed } from "../../src/drawings/shared/schedule";
import { REST_MS } from "../../src/drawings/shared/slide";
import sieve from "../../src/drawings/sieve";
import tape from "../../src/drawings/tape";
import { moved } from "../../src/drawings/maths/registers";
import { kilobytes } from "../../src/drawings/maths/tiles";
import tiles from "../../src/drawings/tiles";
import waves from "../../src/drawings/waves";
import { apart, cases, opened, press, type Opened } from "./cases";

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

test("a head that learns looks and says in each frame what lab's does, and another is played", () => {
  vi.useFakeTimers();
  const drawing = opened(arrows, cases.arrows_learning);
  const scrub = drawing.one<HTMLInputElement>(".scrub");
  const show = (frame: number): void => {
    scrub.value = String(frame);
    scrub.dispatchEvent(new Event("input"));
  };
  cases.arrows_learning.expected.forEach(({ weights, said, p }, i) => {
    show(i);
    const shown = drawing.all(".weight").map((e) => Number(e.dataset["weight"]));
    expect(apart(shown, weights)).toBeLessThan(0.001);
    expect(drawing.one(".said").textContent).toContain(`It says ${said}.`);
    const bars = drawing.all(".blend span").map((e) => Number(e.textContent));
    expect(apart(bars, p)).toBeLessThan(0.0056);
  });
  expect(drawing.one(".wrong").textContent).toBe("0 of 100");
  show(1);
  const { data } = cases.arrows_learning;
  drawing.load({ ...data, digest: "another text", alt: "Another text" });
  expect(drawing.one(".wrong").textContent).toBe("40 of 100");
  drawing.load({ ...data, digest: "another film", film: "seed 4" });
  expect(drawing.one(".wrong").textContent).toBe("90 of 100");
  expect(drawing.one(".play").textContent).toBe("Pause");
  vi.useRealTimers();
});

test("a query that is to sweep goes round once, and a hand on it ends that", () => {
  vi.useFakeTimers();
  const round = { ...cases.arrows, data: { ...cases.arrows.data, sweep: true } };
  const drawing = opened(arrows, round);
  const angle = (): number => Number(drawing.one(".handle").getAttribute("aria-valuenow"));
  vi.advanceTimersByTime(1750);
  expect(Math.abs(angle() - (45 + 90))).toBeLessThan(3);
  vi.advanceTimersByTime(7000);
  expect(angle()).toBe(45);
  const other = opened(arrows, round);
  vi.advanceTimersByTime(1750);
  press(other.one(".plane"), "ArrowLeft");
  const held = other.one(".handle").getAttribute("aria-valuenow");
  vi.advanceTimersByTime(1750);
  expect(other.one(".handle").getAttribute("aria-valuenow")).toBe(held);
  vi.useRealTimers();
});

test("a real head shows the row of the token that is clicked", () => {
  const drawing = opened(arrows, cases.arrows_real);
  cases.arrows_real.expected.forEach((row, at) => {
    drawing.all(".tokens > div")[at].click();
    const shown = drawing.all(".weight").map((e) => Number(e.dataset["weight"]));
    expect(apart(shown, row)).toBeLessThan(0.000051);
  });
});

test("clocks that walk, and then follow the hand, show the angles and the score of lab", () => {
  vi.useFakeTimers();
  const drawing = opened(clocks, cases.clocks);
  const [both, key, query] = drawing.all("[role=slider]");
  const check = (i: number, j: number): void => {
    const found = cases.clocks.expected.find(({ positions }) => apart(positions, [i, j]) === 0)!;
    expect(drawing.text(".score")).toBe(signed(found.score, 2));
    const angles = drawing.all(".clock").map((e) => e.getAttribute("aria-label")!);
    const degrees = angles.map((text) => /angle (.*)°/.exec(text)![1].replace("\u2212", "-"));
    const due = found.angles.map((angle) => (angle * 180) / Math.PI);
    expect(apart(degrees.map(Number), due)).toBeLessThan(0.51);
  };
  vi.advanceTimersByTime(60_000);
  check(16, 11);
  const before = drawing.text(".score");
  press(both, "Home");
  check(5, 0);
  expect(drawing.text(".score")).toBe(before);
  press(query, "End");
  check(12, 0);
  press(key, "End");
  check(12, 11);
  drawing.one(".reset").click();
  check(6, 3);
  drawing.all(".clock")[2].click();
  expect(drawing.text(".angle")).toBe(/angle (.*)/.exec(labelOf(drawing.all(".clock")[2]))![1]);
  vi.useRealTimers();
});

const labelOf = (mark: Element): string => mark.getAttribute("aria-label")!;

test("a problem that grows shows how far each of four networks comes, and what one writes", () => {
  vi.useFakeTimers();
  const drawing = opened(longer, cases.longer);
  const { problems, networks } = cases.longer.data;
  vi.advanceTimersByTime(60_000);
  const press = (axis: string, n: number): void => drawing.one(`[data-${axis}="${n}"]`).click();
  networks.forEach(({ counts, limit, written, counted: of }, n) => {
    press("counts", counts);
    press("limit", limit);
    const panel = drawing.all(".panel")[n];
    expect(drawing.all(".panel.chosen")).toEqual([panel]);
    problems.forEach(({ text, begins, digits: [p, q] }, i) => {
      drawing.one<HTMLInputElement>(".scrub").value = String(i);
      drawing.one(".scrub").dispatchEvent(new Event("input"));
      const [slot, token] = written[i];
      const [line, shown] = [panel.querySelectorAll(".line")[i], drawing.text(".shown")];
      const right = slot < 0;
      expect(line.querySelector(".fate")!.textContent).toBe(
        right ? "✓ right" : `✗ token ${slot - begins + 1}`,
      );
      expect(line.querySelector(".n")!.textContent).toBe(p === q && of[p] ? counted(of[p][0]) : "");
      expect(shown).toBe(right ? text : text.slice(0, slot) + token + text.slice(slot + 1));
      expect(drawing.all(".bad").length).toBe(right ? 0 : 1);
      expect(drawing.text(".said")).toContain(
        right ? "right" : `wrong at token ${slot - begins + 1}`,
      );
    });
  });
  vi.useRealTimers();
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
    const boxes = drawing.all(".table .grid > div:not(.head)");
    expect(boxes.map((box) => Number(box.textContent))).toEqual(answers);
    expect(boxes.map((box) => box.classList.contains("right"))).toEqual(right);
  });
});

test("a cell of the film's table is picked by a click where it may be, and framed at the end", () => {
  const { data } = cases.network;
  const drawing = opened(network, cases.network);
  const cells = (): HTMLElement[] => drawing.all<HTMLElement>(".table .grid > div:not(.head)");
  cells()[34].click();
  expect(drawing.sent).toEqual([]);
  drawing.load({ ...data, digest: "picked", cells_pickable: true, asked: [34] });
  cells()[34].click();
  expect(drawing.sent).toEqual([["cell", 34]]);
  const framed = (): number[] =>
    cells().flatMap((cell, i) => (cell.classList.contains("asked") ? [i] : []));
  expect(framed()).toEqual([34]);
  const scrub = drawing.one<HTMLInputElement>(".scrub");
  scrub.value = "0";
  scrub.dispatchEvent(new Event("input"));
  expect(framed()).toEqual([]);
});

test("a click on a hidden neuron, or on its map, ablates it, and another click puts it back", () => {
  const { data, expected } = cases.network;
  const drawing = opened(network, cases.network);
  const right = (): boolean[] =>
    drawing.all(".table .grid > div:not(.head)").map((box) => box.classList.contains("right"));
  const last = expected.moments.length - 1;
  expect(right()).toEqual(expected.moments[last].right);
  range(4).forEach((neuron) => {
    for (const mark of [drawing.all(".map")[neuron], drawing.all(".units > div")[20 + neuron]]) {
      (mark as HTMLElement).click();
      expect(right()).toEqual(expected.without[last][neuron]);
      expect(drawing.all(".map")[neuron].getAttribute("aria-pressed")).toBe("true");
      expect(drawing.text(".said")).toContain(`Without neuron ${neuron}: `);
      (mark as HTMLElement).click();
      expect(right()).toEqual(expected.moments[last].right);
    }
  });
  drawing.load({ ...data, digest: "at first", dark: 2 });
  expect(right()).toEqual(expected.without[last][2]);
});

test("how the edges are coloured stays as chosen when the film is mounted anew", () => {
  const chosen = (): string =>
    document.querySelector<HTMLElement>("[data-view][aria-pressed=true]")!.dataset["view"]!;
  const { data } = cases.network;
  const film = { ...cases.network, data: { ...data, name: "one", digest: "one" } };
  opened(network, film).one<HTMLElement>("[data-view=gradients]").click();
  opened(network, film);
  expect(chosen()).toBe("gradients");
  opened(network, { ...film, data: { ...film.data, name: "other" } });
  expect(chosen()).toBe("weights");
});

test("a text is written once in its seconds, and each step reads what Python counts", () => {
  vi.useFakeTimers();
  const drawing = opened(growing, cases.growing);
  const { tokens, seconds, n_prompt } = cases.growing.data;
  const live = (): string | null => drawing.one(".said").getAttribute("aria-live");
  const n_step = tokens.length - n_prompt + 1;
  const counts = (): number[] => drawing.all(".bar b").map((one) => Number(one.textContent));
  const cells = (kind: string): number => drawing.all(`.plan .${kind}`).length;
  for (const i of range(n_step)) {
    const { expected } = cases.growing;
    expect(drawing.text(".said")).toContain(`Step ${i + 1} of ${n_step}`);
    expect(drawing.all(".strip .later").length).toBe(n_step - 1 - i);
    expect(counts()).toEqual([expected.with[i], expected.without[i]]);
    expect(cells("now") + cells("read")).toBe(expected.with[i]);
    expect(cells("spared")).toBe(expected.without[i] - expected.with[i]);
    expect(live()).toBe("off");
    vi.advanceTimersByTime((1000 * seconds) / n_step);
  }
  expect(live()).toBe("polite");
  const said = drawing.text(".said");
  drawing.one<HTMLElement>("[data-cache=none]").click();
  expect(drawing.text(".said")).toContain("all 7 tokens are read again");
  expect([cells("spared"), cells("now")]).toEqual([0, 7]);
  drawing.one<HTMLElement>("[data-cache=with]").click();
  expect(drawing.text(".said")).toBe(said);
  drawing.one(".play").click();
  expect(drawing.text(".said")).toContain("Step 1 of 4: the prompt is read, 4 tokens at once.");
  vi.useRealTimers();
});

test("who takes the scrubber stops the writing", () => {
  vi.useFakeTimers();
  const drawing = opened(growing, cases.growing);
  const scrub = drawing.one<HTMLInputElement>(".scrub");
  scrub.value = "2";
  scrub.dispatchEvent(new Event("input"));
  vi.advanceTimersByTime(60_000);
  expect(drawing.text(".said")).toContain("Step 2 of 4: “1” alone is read, and 4 lines");
  expect(drawing.all(".rows .later").length).toBe(2);
  vi.useRealTimers();
});

test("a step takes what Python says, of a prompt and of as many texts", () => {
  const drawing = opened(streaming, cases.streaming);
  const { counts } = cases.streaming.data;
  for (const [kind, steps] of Object.entries(cases.streaming.expected))
    for (const [n, took] of Object.entries(steps)) {
      const scrub = drawing.one<HTMLInputElement>(".scrub");
      scrub.value = String(counts.indexOf(Number(n)) + (kind === "texts" ? counts.length : 0));
      scrub.dispatchEvent(new Event("input"));
      expect(drawing.all(".took").map((one) => one.textContent)).toEqual(
        took.map((ms) => `${ms} ms`),
      );
      expect(drawing.text(".verdict")).toBe(`the ${n === "512" ? "memory" : "arithmetic"} waits`);
    }
  drawing.one<HTMLElement>("[data-kind=prompt]").click();
  expect(drawing.text(".said")).toContain("64 tokens of one prompt: fetching takes 4.8 ms");
  expect(drawing.text(".caches")).toBe("");
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
    "At token 14, 175 tokens are read without a cache, 19 with one.",
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
    return frameAt(timed(ends), seconds + 1e-9);
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
  expect([moment(drawing), play.textContent]).toEqual([14, "Replay"]);
  play.click();
  expect([moment(drawing), play.textContent]).toEqual([0, "Pause"]);
  expect(drawing.one(".said").getAttribute("aria-live")).toBe("off");
  vi.advanceTimersByTime(1100);
  expect(moment(drawing)).toBe(5);
  drawing.one(".on").click();
  vi.advanceTimersByTime(1000);
  expect([moment(drawing), play.textContent]).toEqual([6, "Play"]);
  play.click();
  vi.advanceTimersByTime(1700);
  expect([moment(drawing), play.textContent]).toEqual([14, "Replay"]);
  expect(drawing.one(".said").getAttribute("aria-live")).toBe("polite");
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
    `All 6 problems are written. Static: ${ends[0]} steps. Continuous: ${ends[1]} steps.`,
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
      const listed = names.length ? `running: ${names.join(", ")}` : "all 6 problems are written";
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
  const boxes = drawing.all<HTMLInputElement>(".shelf input");
  boxes.forEach((box, i) => {
    if (box.checked !== on[i]) box.click();
  });
}

function roundOf(drawing: Shown, at: number): void {
  const scrub = drawing.one<HTMLInputElement>(".scrub");
  scrub.value = String(at);
  scrub.dispatchEvent(new Event("input"));
}

test("every set of checks keeps and holds in each round as many labels as Python counts", () => {
  const drawing = opened(sieve, cases.sieve);
  const checked = drawing.all<HTMLInputElement>(".shelf input").map((box) => box.checked);
  expect(checked).toEqual([false, false, true, false]);
  cases.sieve.expected.forEach((round, i) => {
    roundOf(drawing, i + 1);
    for (const { on, held, kept, wrong, right_thrown } of round) {
      switchTo(drawing, on);
      expect(drawing.text(".said")).toMatch(
        new RegExp(
          `: 60 labels\\. With .+, ${kept} are kept, ${wrong.length} of them wrong; ` +
            `of those held back, ${right_thrown} are right\\.$`,
        ),
      );
      expect(drawing.text(".kept")).toBe(`kept: ${kept - wrong.length} right`);
      expect(drawing.text(".passed")).toBe(`kept: ${wrong.length} wrong`);
      expect(drawing.all(".caught").map(({ textContent }) => textContent)).toEqual(
        held.map(([bad, good], k) =>
          on[k] ? `holds ${bad} wrong, ${good} right` : "off: lets all through",
        ),
      );
    }
  });
});

test("what has not fallen yet is not counted, and a round that is played ends as it rests", () => {
  vi.useFakeTimers();
  const drawing = opened(sieve, cases.sieve);
  const counts = (): (string | null)[] =>
    drawing.all(".caught, .kept, .passed").map(({ textContent }) => textContent);
  roundOf(drawing, 0);
  expect(drawing.text(".said")).toBe(
    "Problems of up to 4 digits: 60 labels wait above the checks.",
  );
  expect(counts().join().match(/[1-9]/)).toBe(null);
  drawing.one(".play").click();
  vi.advanceTimersByTime(500);
  expect(drawing.text(".said")).toMatch(/: 60 labels fall through the checks\.$/);
  vi.advanceTimersByTime(60_000);
  const played = counts();
  roundOf(drawing, 1);
  expect(counts()).not.toEqual(played);
  roundOf(drawing, 2);
  expect(counts()).toEqual(played);
  vi.useRealTimers();
});

test("at first the round has come to rest, and the next one falls", () => {
  vi.useFakeTimers();
  const drawing = opened(sieve, cases.sieve);
  const { wrong, kept } = cases.sieve.expected[0][4];
  expect(drawing.text(".kept")).toBe(`kept: ${kept - wrong.length} right`);
  expect(drawing.text(".play")).toBe("Pause");
  vi.advanceTimersByTime(6000 * 0.3);
  expect(drawing.text(".written")).toBe("Problems of up to 5 digits");
  expect(drawing.text(".said")).toContain("fall through");
  vi.useRealTimers();
});

test("at first a wrong label is shown that is kept, and a button goes on to the next", () => {
  const drawing = opened(sieve, cases.sieve);
  roundOf(drawing, 1);
  const [round] = cases.sieve.expected;
  const [{ texts }] = cases.sieve.data.rounds;
  expect(at(drawing)).toBe(round[4].wrong[0]);
  for (const chosen of [4, 15]) {
    const { on, wrong } = round[chosen];
    switchTo(drawing, on);
    const seen = range(wrong.length).map(() => {
      drawing.one(".next").click();
      expect(drawing.text(".pointed code")).toBe(texts[at(drawing)][0]);
      expect(drawing.text(".pointed div")).toMatch(/: wrong, kept; /);
      return at(drawing);
    });
    expect(seen.sort((one, other) => one - other)).toEqual(wrong);
  }
  drawing.one(".reset").click();
  expect(drawing.all<HTMLInputElement>(".shelf input").map((box) => box.checked)).toEqual([
    false,
    false,
    true,
    false,
  ]);
});

/** The label that is chosen, from 0 on. */
const at = (drawing: Shown): number =>
  Number(drawing.one(".dots").getAttribute("aria-valuenow")) - 1;

test("the keys go from label to label and no farther; wrong places are underlined", () => {
  const drawing = opened(sieve, cases.sieve);
  roundOf(drawing, 2);
  const dots = drawing.one(".dots");
  const keys = ["Home", "ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "ArrowDown", "End"];
  const places = keys.map((key) => {
    press(dots, key);
    return at(drawing);
  });
  expect([...places.slice(0, 3), ...places.slice(4)]).toEqual([0, 0, 1, 1, 1, 59]);
  expect(places[3]).toBeGreaterThan(1);
  expect(drawing.text(".pointed code")).toBe("59*7=354");
  expect(drawing.all(".pointed u").map((place) => place.textContent)).toEqual(["3"]);
  expect(dots.getAttribute("aria-valuetext")).toMatch(/^59\*7=354 (right|wrong), /);
});

test("where no wrong label is kept there is no next one", () => {
  const flags = btoa("\x3f\x3f\x01");
  const rounds = [{ name: "4 digits", flags, texts: [] }];
  const right = { ...cases.sieve.data, digest: "all right", rounds };
  const drawing = opened(sieve, { ...cases.sieve, data: right });
  roundOf(drawing, 1);
  expect(drawing.one<HTMLButtonElement>(".next").disabled).toBe(true);
  expect(drawing.text(".pointed")).toBe("Label 1: right, kept; no check holds it back.");
});

test("a label is held back by the check that it comes to first, and by none below", () => {
  const flags = btoa("\x00");
  const data = { ...cases.sieve.data, digest: "none", rounds: [{ name: "4", flags, texts: [] }] };
  const drawing = opened(sieve, { ...cases.sieve, data });
  roundOf(drawing, 1);
  const names = data.checks.map(([name]) => name);
  names.forEach((name, first) => {
    switchTo(
      drawing,
      names.map((_, k) => k >= first),
    );
    expect(drawing.text(".pointed div")).toBe(`Label 1: wrong, held back by ${name}.`);
    expect(drawing.one(".dots").getAttribute("aria-valuetext")).toMatch(`held back by ${name}.`);
  });
});

test("while the labels of a round fall, the knob stands below its name", () => {
  vi.useFakeTimers();
  const drawing = opened(sieve, cases.sieve);
  roundOf(drawing, 0);
  drawing.one(".play").click();
  const marks = drawing.all(".landmarks span");
  const seen = new Set<string>();
  range(200).forEach(() => {
    vi.advanceTimersByTime(50);
    const name = drawing.text(".written").replace("Problems of up to ", "");
    seen.add(name);
    expect(marks[Math.max(moment(drawing), 1) - 1].title).toBe(name);
  });
  expect(seen.size).toBe(marks.length);
  vi.useRealTimers();
});

// ---------------------------------------------------------------- a tile crosses the scores

type Walked = Opened<typeof cases.tiles.data>;

const sizes = (drawing: Walked, rows: number, columns: number): void => {
  for (const [name, size] of [
    ["rows", rows],
    ["columns", columns],
  ] as const)
    drawing
      .all(`.${name} button`)
      .find((button) => button.textContent === String(size))!
      .click();
};

const widthOf = (shape: Element): number => Number(shape.getAttribute("width"));

test.each(cases.tiles.expected)(
  "with $rows queries and $columns keys in a tile, bars are as long as l of lab, and the meter too",
  ({ rows, columns, plain, steps }) => {
    const drawing = opened(tiles, cases.tiles);
    sizes(drawing, rows, columns);
    expect([moment(drawing), drawing.sent.at(-1)]).toEqual([
      steps.length,
      ["read", [7, rows, columns, "written"]],
    ]);
    const { bytes } = cases.tiles.data;
    const ratios: number[] = [];
    steps.forEach(({ queries, kept, read, written }, i) => {
      scrubTo(drawing, i + 1);
      const states = drawing.all(".tile").map((tile) => tile.getAttribute("class"));
      expect(states).toEqual(
        steps.map((_, k) => (k < i ? "tile gone" : k === i ? "tile fresh" : "tile later")),
      );
      const lines = drawing.all(".plan > .line");
      expect(lines.filter((line) => line.classList.contains("later")).length).toBe(
        cases.tiles.data.tokens.length - queries[1],
      );
      kept.forEach(({ l }, k) => {
        const line = lines[queries[0] + k];
        const bars = [".shrunk", ".new"].map((kind) => widthOf(line.querySelector(kind)!));
        ratios.push((bars[0] + bars[1]) / l);
      });
      expect(drawing.text(".n_read")).toBe(kilobytes(bytes * read));
      expect(drawing.text(".n_written")).toBe(kilobytes(bytes * written));
      expect(drawing.one(".moved").classList.contains("past")).toBe(read + written > plain);
    });
    expect(Math.max(...ratios) / Math.min(...ratios)).toBeCloseTo(1, 9);
    expect(drawing.text(".plain")).toBe(kilobytes(bytes * plain));
  },
);

const standing = (drawing: Walked): string =>
  drawing
    .all(".label")
    .map((label) => label.textContent)
    .join("");

test("the largest card last shrinks the past, and the row still ends at softmax", () => {
  const drawing = opened(tiles, cases.tiles);
  const { tokens, scores } = cases.tiles.data;
  const row = scores[7];
  const largest = row.indexOf(Math.max(...row));
  drawing.one("[data-order=last]").click();
  expect(standing(drawing)).toBe(moved(tokens.slice(0, 8), largest, 7).join(""));
  expect(drawing.one(".sums .m").classList.contains("shrinks")).toBe(true);
  expect(drawing.text(".sums .m")).toContain(`the past shrinks by exp(`);
  expect(drawing.text(".said")).toContain("what softmax over the whole row gives, to ten decimals");
  expect(drawing.sent.at(-1)).toEqual(["read", [7, 4, 3, "last"]]);
  drawing.one("[data-order=first]").click();
  expect(drawing.text(".sums .m")).toContain("nothing shrinks");
  expect(drawing.text(".said")).toContain("Row 8: O / l is what softmax over the whole row gives");
});

test("the scale of m holds every row: a point stands as far along as its m", () => {
  const drawing = opened(tiles, cases.tiles);
  const { rows, columns, steps } = cases.tiles.expected.at(-1)!;
  sizes(drawing, rows, columns);
  scrubTo(drawing, steps.length);
  const most = cases.tiles.data.scores.map((row) => Math.max(...row));
  const at = drawing.all(".now").map((point) => Number(point.getAttribute("cx")));
  const [low, high] = [Math.min, Math.max].map((end) => most.indexOf(end(...most)));
  expect(at.length).toBe(most.length);
  at.forEach((x, row) => {
    const along = (x - at[low]) / (at[high] - at[low]);
    expect(along).toBeCloseTo((most[row] - most[low]) / (most[high] - most[low]), 6);
  });
});

test("a card is moved by keys and by hand, keeps the focus, and its row's sums follow", () => {
  const drawing = opened(tiles, cases.tiles);
  const card = drawing.all(".card")[1];
  const { tokens } = cases.tiles.data;
  card.focus();
  press(card, "End");
  expect(standing(drawing)).toBe(moved(tokens.slice(0, 8), 1, 7).join(""));
  expect(document.activeElement).toBe(card);
  expect(card.getAttribute("aria-valuetext")).toBe("comes 8 of 8");
  expect(drawing.all("[data-order][aria-pressed=true]").length).toBe(0);
  Object.defineProperty(card.parentElement!, "offsetWidth", { value: 40 });
  card.setPointerCapture = () => undefined;
  for (const [type, clientX] of [
    ["pointerdown", 400],
    ["pointermove", 240],
    ["pointerup", 240],
  ] as const)
    card.dispatchEvent(new PointerEvent(type, { clientX, button: 0 }));
  expect(standing(drawing)).toBe(moved(tokens.slice(0, 8), 1, 3).join(""));
});

test("a row is opened with the keys, and Reset opens the first one again", () => {
  const drawing = opened(tiles, cases.tiles);
  const field = drawing.one(".field");
  const rows = ["ArrowDown", "ArrowUp", "ArrowUp", "Home", "End", "PageUp"].map((key) => {
    press(field, key);
    return [field.getAttribute("aria-valuenow"), drawing.all(".card").length];
  });
  expect(rows).toEqual([9, 8, 7, 1, 10, 2].map((row) => [String(row), row]));
  sizes(drawing, 10, 10);
  drawing.one(".reset").click();
  expect(drawing.all(".card").length).toBe(8);
  expect(drawing.sent.at(-1)).toEqual(["read", [7, 4, 3, "written"]]);
  expect([moment(drawing), drawing.text(".said")]).toEqual([0, "No tile has come yet."]);
});

// ---------------------------------------------------------------- connections over depth

const { sources, readers, given } = cases.connections.data;

const click = (mark: Element): boolean => mark.dispatchEvent(new MouseEvent("click"));

const cutTexts = (drawing: Shown): string =>
  drawing
    .all(".anew .token")
    .map((cell) => cell.textContent || "·")
    .join("");

function choose(drawing: Shown, name: string, value: number): void {
  const list = drawing.one<HTMLSelectElement>(`select.${name}`);
  list.value = String(value);
  list.dispatchEvent(new Event("change"));
}

test("a connection is cut, and the problem is written anew, token by token", () => {
  vi.useFakeTimers();
  const drawing = opened(connections, cases.connections);
  const dead = cases.connections.data.cuts["2 1"].text;
  expect(drawing.text(".said")).toBe("Whole, the network writes 296 + 1480 = 1776.");
  scrubTo(drawing, 1);
  expect(drawing.text(".said")).toMatch(
    /^Cut: attention 0 → attention 1, [\d.]+% of what attention 1 reads/,
  );
  scrubTo(drawing, 3);
  expect(cutTexts(drawing)).toBe(dead.slice(0, given + 2).padEnd(dead.length, "·"));
  vi.advanceTimersByTime(60_000);
  scrubTo(drawing, 1 + dead.length - given);
  expect(cutTexts(drawing)).toBe(dead);
  const marked = (kind: string): number => drawing.all(`.anew .token.${kind}`).length;
  expect([marked("wrong"), marked("follows")]).toEqual([3, 2]);
  expect(
    drawing
      .all(".anew small")
      .map((below) => below.textContent)
      .filter(Boolean),
  ).toEqual(["282, not 296", "1440, not 1480", "1722, not 1776"]);
  expect(drawing.text(".paper")).toBe("on paper282+ 1440✓ 1722added up rightly");
  vi.useRealTimers();
});

test("arcs that change the text are marked where every text is known, and nowhere else", () => {
  const drawing = opened(connections, cases.connections);
  const { data } = cases.connections;
  const at = data.widths[0].table.flatMap((row, r) => row.map((_, n) => `${r} ${n}`));
  const other = at.filter((one) => data.cuts[one as "2 1"].text !== data.whole.text);
  const marked = (): string[] =>
    at.filter((_, i) => drawing.all(".hit")[i].classList.contains("changes"));
  expect(marked()).toEqual(other);
  expect(drawing.text(".kinds")).toContain(`${other.length} of ${at.length} change this text`);
  drawing.load({ ...data, cuts: { "2 1": data.cuts["2 1"] } as never, digest: "one text" });
  expect(marked()).toEqual([]);
  expect(drawing.text(".kinds")).not.toContain("change this text");
});

test("another is cut by its arc, by a part, or from the lists, and Python hears of it", () => {
  const drawing = opened(connections, cases.connections);
  const [{ table }] = cases.connections.data.widths;
  click(drawing.all(".hit")[1 + 2 + 3]);
  expect(drawing.text(".said")).toContain("token → FFN 1");
  const strongest = table[4].indexOf(Math.max(...table[4]));
  click(drawing.one('.node[aria-label^="end"]'));
  expect(drawing.text(".said")).toContain(`${sources[strongest]} → end`);
  choose(drawing, "source", 4);
  expect(drawing.text(".said")).toContain(
    "FFN 1 → end. 1 token is wrong in itself. 296 + 1480 = 1777",
  );
  choose(drawing, "width", 1);
  choose(drawing, "reader", 2); // FFN 1 comes later
  expect(drawing.all("select.source option").map((one) => one.textContent)).toEqual(sources);
  expect(drawing.sent.map(([, chosen]) => chosen)).toEqual([
    [3, 0, 0],
    [4, strongest, 0],
    [4, 4, 0],
    [4, 4, 1],
    [2, 0, 1],
  ]);
  expect(drawing.text(".bars")).toBe("digits 200 of 3,000");
  drawing.one(".reset").click();
  expect(drawing.sent.at(-1)).toEqual(["chosen", [2, 1, 0]]);
});

test("either list keeps what the other says wherever such a connection exists", () => {
  const drawing = opened(connections, cases.connections);
  const [{ table }] = cases.connections.data.widths;
  const cut = (): number[] => (drawing.sent.at(-1)![1] as number[]).slice(0, 2);
  choose(drawing, "reader", 4);
  range(sources.length).forEach((source) => {
    choose(drawing, "source", source);
    expect(cut()).toEqual([4, source]);
    range(readers.length).forEach((reader) => {
      choose(drawing, "source", source);
      choose(drawing, "reader", reader);
      const there = source < table[reader].length;
      expect(cut()[0]).toBe(reader);
      if (there) expect(cut()[1]).toBe(source);
    });
    choose(drawing, "reader", 0);
    choose(drawing, "source", source);
    expect(cut()).toEqual([table.findIndex((row) => source < row.length), source]);
    choose(drawing, "reader", 4);
  });
});

test("of a problem of the reader's the text comes from Python, and the cut stays", () => {
  const drawing = opened(connections, cases.connections);
  const { data } = cases.connections;
  const known = (at: string): typeof data => ({
    ...data,
    digest: at,
    cuts: { [at]: data.cuts["4 4"] },
  });
  drawing.load(known("2 1"));
  choose(drawing, "source", 0);
  expect([drawing.text(".said"), cutTexts(drawing).slice(given)]).toEqual([
    expect.stringMatching(/^Cut: token → attention 1, /),
    "·".repeat(14),
  ]);
  const longer = [...data.places, "one more"];
  drawing.load({ ...known("2 0"), places: longer, given: given - 1 });
  expect(drawing.one<HTMLInputElement>(".scrub").max).toBe(`${1 + longer.length}`);
  expect(cutTexts(drawing)).toBe(data.cuts["4 4"].text);
  expect(drawing.text(".said")).toContain("token → attention 1");
});

test("arcs are as wide as what is chosen, and one that is cut falls in two", () => {
  const drawing = opened(connections, cases.connections);
  const widths = (): number[] =>
    drawing
      .all(".arc:not(.chosen) .thread") // the one that is cut is wide enough to be seen
      .map((arc) => Number(arc.getAttribute("stroke-width")));
  const [amounts, lost] = cases.connections.data.widths.map(({ table }) =>
    table.flatMap((row, reader) => row.filter((_, source) => reader !== 2 || source !== 1)),
  );
  const byReader = (numbers: number[]): number[] => [...numbers].sort((a, b) => a - b);
  const wanted = amounts.map((share) => Math.max(0.8, 14 * share));
  expect(apart(byReader(widths()), byReader(wanted))).toBeLessThan(0.006);
  choose(drawing, "width", 1);
  expect(apart(byReader(widths()), byReader(lost.map((share) => 7 * share)))).toBeLessThan(0.006);
  scrubTo(drawing, 0);
  expect(drawing.one(".far").hasAttribute("hidden")).toBe(true);
  scrubTo(drawing, 1);
  expect(drawing.one(".far").hasAttribute("hidden")).toBe(false);
});

test("a row with little room stands upright, with full names and nothing beyond the edge", () => {
  const drawing = opened(connections, cases.connections);
  const labels = (): string[] =>
    drawing.all(".row text:not(.hint)").map((label) => label.textContent);
  expect(labels()).toEqual(["token", "A0", "F0", "A1", "F1", "end"]);
  Object.defineProperty(SVGElement.prototype, "clientWidth", { value: 240, configurable: true });
  drawing.load({ ...cases.connections.data, digest: "narrow" });
  expect(labels()).toEqual([...sources, "end"]);
  for (const arc of drawing.all(".hit")) {
    const [x, from, away, half, , , , end, to] = arc
      .getAttribute("d")!
      .match(/[\d.]+/g)!
      .map(Number);
    expect([Math.abs(end - x) < 0.2, x + away + 14 / 2 <= 240, half > 0]).toEqual([
      true,
      true,
      true,
    ]);
    expect(to - from).toBeCloseTo(2 * half, 0);
  }
});

// ---------------------------------------------------------------- several notations

/** The lines that are lit, column by column. */
function litLines(drawing: Shown): string[][] {
  const columns = drawing.all(".column");
  return columns.map((column) =>
    [...column.querySelectorAll('.line[aria-current="step"]')].map((line) => line.textContent),
  );
}

const litSteps = (drawing: Shown): string[] =>
  drawing.all('.choice [aria-current="step"]').map((button) => button.textContent);

/** The sentences that are not hidden. */
const sentences = (drawing: Shown): string[] =>
  drawing
    .all(".said p")
    .filter((sentence) => !sentence.hidden)
    .map((sentence) => sentence.textContent);

/** That exactly these steps are lit, in the buttons, in the lines, and in words. */
function checkLit(drawing: Shown, ...names: string[]): void {
  const found = cases.notations.expected.filter(({ name }) => names.includes(name));
  expect(litSteps(drawing)).toEqual(names);
  expect(sentences(drawing)).toEqual(found.map(({ name, said }) => `${name} ${said}`));
  const { columns } = cases.notations.data;
  const lit = columns.map(({ lines }, c) =>
    lines.map(([text]) => text).filter((text) => found.some((step) => step.lit[c].includes(text))),
  );
  expect(litLines(drawing)).toEqual(lit);
}

const point = (mark: Element): boolean => mark.dispatchEvent(new Event("pointerenter"));
const leave = (mark: Element): boolean => mark.dispatchEvent(new Event("pointerleave"));

const lineOf = (drawing: Shown, text: string): HTMLElement =>
  drawing.all(".line").find((line) => line.textContent === text)!;

test("a button lights its step in every notation as long as it is pointed at or has the focus", () => {
  const drawing = opened(notations, cases.notations);
  checkLit(drawing, "powers");
  cases.notations.expected.forEach(({ name }, i) => {
    const button = drawing.all(".choice button")[i];
    point(button);
    checkLit(drawing, name);
    leave(button);
    checkLit(drawing, "powers");
    button.focus();
    checkLit(drawing, name);
    button.blur();
  });
  checkLit(drawing, "powers");
});

test("a line lights all that does the same, in both steps if it does two", () => {
  const drawing = opened(notations, cases.notations);
  for (const { lines } of cases.notations.data.columns)
    for (const [text, steps] of lines) {
      const line = lineOf(drawing, text);
      const names = steps.map((step) => cases.notations.expected[step].name);
      point(line);
      checkLit(drawing, ...(names.length ? names : ["powers"]));
      leave(line);
      expect(line.hasAttribute("tabindex")).toBe(names.length > 0);
    }
});

test("one notation is shown, and another with the same step lit", () => {
  const drawing = opened(notations, cases.notations);
  const shown = (): unknown[] => drawing.all(".column").map(({ hidden }) => !hidden);
  expect(shown()).toEqual([true, false, false]);
  drawing.all(".switch button")[2].click();
  expect(shown()).toEqual([false, false, true]);
  expect(drawing.all(".switch [aria-pressed=true]").map((one) => one.textContent)).toEqual([
    "on paper",
  ]);
  checkLit(drawing, "powers");
});

test("a tap keeps its steps lit, a second one lets them go, and nothing is lit", () => {
  const drawing = opened(notations, cases.notations);
  const pressed = (): string[] =>
    drawing.all(":not(.switch) > [aria-pressed=true]").map((mark) => mark.textContent);
  expect(pressed()).toEqual(["powers", "    P = [exp(s - m) for s in scores]", "p = e^(s - m)"]);
  const both = lineOf(drawing, "P /= P.sum()");
  both.click();
  leave(both);
  checkLit(drawing, "sum", "shares");
  expect(pressed()).toEqual(["    return [p / sum(P) for p in P]", "P /= P.sum()"]);
  const sum = drawing.all(".choice button")[2];
  point(sum);
  checkLit(drawing, "sum");
  leave(sum);
  checkLit(drawing, "sum", "shares");
  both.click();
  expect([litSteps(drawing), litLines(drawing), pressed()]).toEqual([[], [[], [], []], []]);
  expect(sentences(drawing)).toEqual(["Point at a line, or choose a step."]);
  press(both, "Enter");
  checkLit(drawing, "sum", "shares");
  press(both, " ");
  expect(litSteps(drawing)).toEqual([]);
});

test("arrows go from line to line of a column that does a step, and Tab enters a column once", () => {
  const drawing = opened(notations, cases.notations);
  const stops = (): string[] => drawing.all('.line[tabindex="0"]').map((line) => line.textContent);
  expect(stops()).toEqual(["    m = scores[0]", "P = np.exp(S - S.max())", "m = max s"]);
  drawing.all('.line[tabindex="0"]')[1].focus();
  checkLit(drawing, "largest", "powers");
  const focused = ["ArrowUp", "ArrowDown", "ArrowDown", "Home", "End"].map((key) => {
    press(document.activeElement!, key);
    return document.activeElement!.textContent;
  });
  const [first, last] = ["P = np.exp(S - S.max())", "P /= P.sum()"]; // an empty line is between
  expect(focused).toEqual([first, last, last, first, last]);
  checkLit(drawing, "sum", "shares");
  expect(stops()).toEqual(["    m = scores[0]", last, "m = max s"]);
});

test("where nothing is drawn, nothing is saved", () => {
  const drawing = opened(save, cases.save);
  drawing.one("button").click();
  expect(drawing.text(".told")).toBe("Nothing is drawn here yet");
});

// ---------------------------------------------------------------- when data come again

test("a mark that the reader moves is not taken away by data from Python", () => {
  vi.useFakeTimers();
  const drawing = opened(waves, cases.waves);
  const knob = drawing.one("[role=slider]");
  const come = (digest: string, start: number): void =>
    drawing.load({ ...cases.waves.data, digest, start });
  press(knob, "ArrowRight");
  come("while it moves", 7);
  expect(knob.getAttribute("aria-valuenow")).toBe("2.6");
  vi.advanceTimersByTime(REST_MS);
  come("at rest", 8);
  expect(knob.getAttribute("aria-valuenow")).toBe("8.0");
});

test("a drawing that has left sends nothing more", () => {
  vi.useFakeTimers();
  const drawing = opened(arrows, cases.arrows);
  press(drawing.one(".plane"), "ArrowLeft");
  drawing.leave();
  vi.advanceTimersByTime(REST_MS);
  expect(drawing.sent).toEqual([]);
});

// ---------------------------------------------------------------- one of many

const hover = (mark: Element, on = true): void => {
  mark.dispatchEvent(new PointerEvent(on ? "pointerenter" : "pointerleave"));
};

test("a part that is pointed at shows its own connections; one that reads none, who reads it", () => {
  vi.useFakeTimers();
  const drawing = opened(connections, cases.connections);
  vi.advanceTimersByTime(60_000);
  const end = drawing.text(".said");
  const strong = (): number => drawing.all(".arc:not(.weak)").length;
  const nodes = drawing.all<SVGGElement>(".node");
  hover(nodes[2]); // FFN 0; and the one that is cut
  expect(strong()).toBe(2 + 1);
  expect(drawing.text(".said")).toMatch(/^What FFN 0 reads, by amount: /);
  hover(nodes[2], false);
  expect([strong(), drawing.text(".said")]).toEqual([3, end]);
  hover(nodes[0]);
  expect(strong()).toBe(readers.length + 1);
  expect(drawing.text(".said")).toContain("Who reads token, by amount: attention 0 100%");
  vi.useRealTimers();
});

test("a layer of the kept lines that is pointed at fades the others and says its change", () => {
  const drawing = opened(kept, cases.kept);
  const before = drawing.text(".said");
  const layers = drawing.all(".layer");
  hover(layers[1]);
  expect(drawing.all(".aside").length).toBe(5 * (layers.length - 1));
  expect(drawing.text(".said")).toMatch(/^Layer 1: /);
  expect(drawing.text(".said")).toContain(drawing.all(".change")[1].textContent);
  hover(layers[1], false);
  expect([drawing.all(".aside").length, drawing.text(".said")]).toEqual([0, before]);
  document.body.append(drawing.root);
  layers[0].focus();
  press(layers[0], "ArrowDown");
  expect(drawing.text(".said")).toMatch(/^Layer 1: /);
});

test("a token of the generators that is pointed at says how often each side read it", () => {
  const drawing = opened(generators, cases.generators);
  const before = drawing.text(".said");
  const [token] = drawing.all(".text span");
  hover(token);
  const steps = cases.generators.data.tokens.length - cases.generators.data.n_given;
  expect(drawing.text(".said")).toContain(`without a cache ${steps} times, with a cache once`);
  const faded = drawing
    .all<SVGElement>(".cells g")
    .filter((g) => g.getAttribute("opacity") !== "1");
  expect(faded.length).toBe(2 * (cases.generators.data.tokens.length - 1));
  hover(token, false);
  expect(drawing.text(".said")).toBe(before);
});

test("a token of the tape that is asked for keeps its rows, and says where it looks most", () => {
  const drawing = opened(tape, cases.tape);
  const n = cases.tape.data.tokens.length;
  const ones = drawing.all<SVGGElement>(".one");
  hover(ones[n - 1]);
  expect(drawing.all(".cell:not(.aside)").length).toBe(2 * n);
  expect(drawing.all(".one.aside").length).toBe(n - 1);
  const start = cases.tape.data.start.shifted;
  cases.tape.data.sides.forEach(({ title }, s) => {
    const row = cases.tape.expected[s].shifted[start].weights.slice(-n);
    const told = new RegExp(`${title} ([\\d.]+) at`).exec(drawing.text(".pointed"))![1];
    expect(apart(Number(told), Math.max(...row))).toBeLessThan(0.501 / 255 + 0.005);
  });
  hover(ones[n - 1], false);
  expect(drawing.all(".aside").length).toBe(0);
});

test("a state of the page is copied, or can be selected, until it is another", async () => {
  vi.stubGlobal("navigator", {});
  const drawing = opened(copyMoment, cases.moment);
  drawing.one(".copy").click();
  await Promise.resolve();
  const box = drawing.one<HTMLTextAreaElement>(".copied");
  await vi.waitFor(() => expect(box.hidden).toBe(false));
  expect(box.value).toBe(cases.moment.data.text);
  expect([box.selectionStart, box.selectionEnd]).toEqual([0, box.value.length]);
  drawing.load({ digest: "another", text: "another" });
  expect([box.hidden, drawing.text(".handed")]).toEqual([true, ""]);
  vi.unstubAllGlobals();
});
