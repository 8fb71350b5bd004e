// @vitest-environment happy-dom
import { expect, test, vi } from "vitest";
import arrows from "../../src/drawings/arrows";
import climb from "../../src/drawings/climb";
import { along } from "../../src/drawings/maths/climb";
import clocks from "../../src/drawings/clocks";
import cloud from "../../src/drawings/cloud";
import growing from "../../src/drawings/growing";
import streaming from "../../src/drawings/streaming";
import kept from "../../src/drawings/kept";
import longer from "../../src/drawings/longer";
import { written } from "../../src/drawings/maths/lines";
import generators from "../../src/drawings/generators";
import { factor } from "../../src/drawings/maths/registers";
import { percent } from "../../src/drawings/shared/numbers";
import network from "../../src/drawings/network";
import notations from "../../src/drawings/notations";
import queue from "../../src/drawings/queue";
import registers from "../../src/drawings/registers";
import copyMoment from "../../src/drawings/moment";
import save from "../../src/drawings/save";
import { counted, range, short, signed, type Pair } from "../../src/drawings/shared/numbers";
import { frameAt, timed } from "../../src/drawings/shared/schedule";
import { REST_MS } from "../../src/drawings/shared/slide";
import sieve from "../../src/drawings/sieve";
import tape from "../../src/drawings/tape";
import threads from "../../src/drawings/threads";
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

test("a pen writes the curves once in its seconds, then a slider tells every check", () => {
  vi.useFakeTimers();
  const drawing = opened(climb, cases.climb);
  const { lengths, seconds } = cases.climb.data;
  const check = (at: number): void => {
    const { step, stage, of_100 } = cases.climb.expected[at];
    const shares = lengths.map((length, i) => `${length} ${of_100[i]} in 100`);
    const said = `After ${step} problems, stage ${stage}: ${shares.join(", ")}.`;
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

// ---------------------------------------------------------------- far past the end

const numbersOf = (drawing: Shown, marks: string, name: string): number[] =>
  drawing.all(marks).map((mark) => Number(mark.getAttribute(name)));

/** What is drawn on canvases from now on: each call of a pen, and the strength it had. */
function penned(): { calls: { name: string; at: number[]; alpha: number }[]; rest(): void } {
  const calls: { name: string; at: number[]; alpha: number }[] = [];
  const pen = new Proxy({ globalAlpha: 1 } as Record<string, unknown>, {
    get:
      (set, name: string) =>
      (...at: number[]): void =>
        void calls.push({ name, at, alpha: Number(set["globalAlpha"]) }),
  });
  const box = { width: 400, height: 300 } as DOMRect;
  const spies = [
    vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(pen as never),
    vi.spyOn(HTMLCanvasElement.prototype, "getBoundingClientRect").mockReturnValue(box),
  ];
  return { calls, rest: () => spies.forEach((spy) => spy.mockRestore()) };
}

test("at every moment rule, dots, values and words are those of the scores", () => {
  const drawing = opened(cloud, cases.cloud);
  const { moments, scores } = cases.cloud.data;
  const { along, heights, told } = cases.cloud.expected;
  const rules = moments.map((_, at) => {
    scrubTo(drawing, at);
    expect(drawing.text(".said")).toBe(told[at]);
    expect(drawing.one(".scrub").getAttribute("aria-valuetext")).toBe(told[at]);
    const values = drawing.all(".value").map((value) => value.textContent);
    expect(told[at]).toBe(
      [told[at].split(" · ")[0], ...scores.map(([name], i) => `${name} ${values[i]}`)].join(" · "),
    );
    const [x1, x2] = ["x1", "x2"].map((end) => numbersOf(drawing, ".rule", end)[0]);
    expect(numbersOf(drawing, ".dot", "cx")).toEqual(scores.map(() => x1));
    expect(x2).toBe(x1);
    return x1;
  });
  const [left, right] = [rules[0], rules.at(-1)!];
  const places = rules.map((x) => (x - left) / (right - left));
  expect(apart(places, along)).toBeLessThan(1e-9);
  const tops = moments.map((_, at) => {
    scrubTo(drawing, at);
    return numbersOf(drawing, ".dot", "cy");
  });
  heights.forEach((line, i) => {
    const [low, high] = [0, 1].map((end) => tops[line.indexOf(end)][i]);
    const found = tops.map((row) => (row[i] - low) / (high - low));
    expect(apart(found, line)).toBeLessThan(1e-9);
  });
  const printed = drawing.all(".scores .number").map((end) => end.textContent);
  expect(printed).toEqual(["40", "1,406", "0", "900", "\u22120.5", "12.3"]);
});

test("bars are the singular values of the layer that is chosen, over those of the first moment", () => {
  const drawing = opened(cloud, cases.cloud);
  const { shown } = cases.cloud.expected;
  const pressed = (): string => drawing.text(".choice [aria-pressed=true]");
  expect(pressed()).toBe("block 2");
  const tall = 96; // pixels of the tallest bar of all
  for (const layer of [0, 1]) {
    drawing.all(".choice button")[layer].click();
    expect(pressed()).toBe(`block ${layer + 1}`);
    for (const { at, spectra } of shown.filter(({ at }) => Number.isInteger(at))) {
      scrubTo(drawing, at);
      const bars = numbersOf(drawing, ".bar", "height").map((height) => height / tall);
      expect(apart(bars, spectra[layer])).toBeLessThan(0.501 / 255);
      const y = numbersOf(drawing, ".bar", "y")[0] + tall * bars[0];
      const firsts = numbersOf(drawing, ".first", "y1").map((top) => (y - top) / tall);
      expect(apart(firsts, shown[0].spectra[layer])).toBeLessThan(0.501 / 255);
    }
  }
});

test("cells of the map are as strong as the cosines are, also between two moments", () => {
  vi.useFakeTimers();
  const { calls, rest } = penned();
  const drawing = opened(cloud, cases.cloud);
  const strengths = (): number[] => {
    const cells = calls.filter(({ name }) => name === "fillRect").slice(-9);
    return cells.map(({ alpha }) => alpha);
  };
  for (const { at, cosines } of cases.cloud.expected.shown) {
    const { seconds } = cases.cloud.data;
    if (Number.isInteger(at)) scrubTo(drawing, at);
    else {
      scrubTo(drawing, 0);
      drawing.one(".play").click();
      vi.advanceTimersByTime((1000 * seconds * at) / 4);
    }
    expect(apart(strengths(), cosines.flat().map(Math.abs))).toBeLessThan(0.03);
  }
  const labels = drawing.all(".across span, .down span").map((label) => label.textContent);
  expect(labels).toEqual(["3", "=", "12", "3", "=", "12"]);
  expect(drawing.one(".across").classList.contains("upright")).toBe(true);
  rest();
  vi.useRealTimers();
});

test("arrow keys and the hand turn the cloud, and its dots are drawn from there", () => {
  const { calls, rest } = penned();
  const drawing = opened(cloud, cases.cloud);
  const dots = drawing.one(".dots");
  const said = (): string | null => dots.getAttribute("aria-valuetext");
  const { seen } = cases.cloud.expected;
  const ghosts = (): number[][] =>
    calls
      .filter(({ name }) => name === "arc")
      .slice(-7)
      .map(({ at: [x, y] }) => [x, y]);
  scrubTo(drawing, 0);
  expect(said()).toBe("turned by 30 degrees, tilted by 20");
  const room = 0.46 * 300; // the shorter side
  const expected = seen[0].places.map(([right, up]) => [room * right, -room * up]);
  expect(apart(ghosts(), expected)).toBeLessThan(1.5);
  const there = ghosts();
  const keys = ["ArrowLeft", "ArrowUp", "ArrowDown", "ArrowRight"].map((key) => {
    press(dots, key);
    return said();
  });
  expect(keys).toEqual([
    "turned by 25 degrees, tilted by 20",
    "turned by 25 degrees, tilted by 15",
    "turned by 25 degrees, tilted by 20",
    "turned by 30 degrees, tilted by 20",
  ]);
  expect(ghosts()).toEqual(there);
  times(4, () => press(dots, "ArrowDown", true));
  expect(said()).toBe("turned by 30 degrees, tilted by 90");
  expect(apart(ghosts(), there)).toBeGreaterThan(20);
  press(dots, "Home");
  expect(ghosts()).toEqual(there);
  dots.setPointerCapture = () => undefined;
  const hand = (kind: string, clientX: number, clientY: number): boolean =>
    dots.dispatchEvent(new PointerEvent(kind, { clientX, clientY, button: 0 }));
  hand("pointerdown", 100, 100);
  hand("pointermove", 60, 120);
  expect(said()).toBe("turned by 10 degrees, tilted by 30");
  hand("pointerup", 60, 120);
  hand("pointermove", 0, 0);
  expect(said()).toBe("turned by 10 degrees, tilted by 30");
  rest();
});

test("training is played once in its seconds; who wants no motion finds its last moment", () => {
  vi.useFakeTimers();
  const drawing = opened(cloud, cases.cloud);
  const { seconds, moments } = cases.cloud.data;
  const { told } = cases.cloud.expected;
  expect(drawing.text(".said")).toBe(told[0]);
  vi.advanceTimersByTime(500 * seconds);
  const half = numbersOf(drawing, ".rule", "x1")[0];
  expect(moment(drawing)).toBe(2);
  vi.advanceTimersByTime(60_000);
  expect([moment(drawing), drawing.text(".said")]).toEqual([moments.length - 1, told.at(-1)]);
  expect(numbersOf(drawing, ".rule", "x1")[0]).toBeGreaterThan(half);
  vi.useRealTimers();
  const asked = vi.spyOn(window, "matchMedia").mockReturnValue({ matches: true } as MediaQueryList);
  expect(opened(cloud, cases.cloud).text(".said")).toBe(told.at(-1));
  asked.mockRestore();
});

test("the compact one is a cloud, a scrubber and a line of words", () => {
  const { data, html, expected } = cases.cloud;
  const small = { ...data, spectra: "", layers: [], cosines: "", tokens: [], compact: true };
  const drawing = opened(cloud, {
    html,
    expected,
    data: { ...small, scores: data.scores.slice(0, 1) },
  });
  scrubTo(drawing, 3);
  expect(drawing.text(".said")).toBe("step 1,600 · held out, wrong 71");
  expect(drawing.all(".full").every((part) => part.hidden)).toBe(true);
  expect(drawing.all(".bar, .value, .map")).toEqual([]);
  const kinds = drawing.all(".kinds span").map((kind) => kind.textContent);
  expect(kinds).toEqual(["digit", "carry", "sign", "at step 0", "drag to turn"]);
});

test("a reader's layer and view stay when other numbers come", () => {
  const drawing = opened(cloud, cases.cloud);
  drawing.all(".choice button")[0].click();
  press(drawing.one(".dots"), "ArrowLeft");
  drawing.load({ ...cases.cloud.data, digest: "other numbers" });
  expect(drawing.text(".choice [aria-pressed=true]")).toBe("block 1");
  expect(drawing.one(".dots").getAttribute("aria-valuenow")).toBe("25");
  drawing.load({ ...cases.cloud.data, layers: ["first", "last"], digest: "other layers" });
  expect(drawing.text(".choice [aria-pressed=true]")).toBe("last");
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

// ---------------------------------------------------------------- softmax in pieces

/** The numbers of the cards as they stand in the row, each as it is written. */
function standing(drawing: Shown): number[] {
  const { labels } = cases.registers.data;
  return drawing.all(".label").map((label) => labels.indexOf(label.textContent));
}

const cardOf = (drawing: Shown, i: number): HTMLElement =>
  drawing
    .all(".card")
    .find((card) => card.querySelector(".label")!.textContent === cases.registers.data.labels[i])!;

/** Puts the cards into this order with the keys. */
function sortTo(drawing: Shown, order: readonly number[]): void {
  order.forEach((i, place) => {
    const card = cardOf(drawing, i);
    press(card, "Home");
    times(place, () => press(card, "ArrowRight"));
  });
}

test.each(cases.registers.expected.runs)(
  "cards in the order $order, $size at a time, show at every moment what NumPy keeps",
  ({ order, size, after }) => {
    const drawing = opened(registers, cases.registers);
    sortTo(drawing, order);
    expect(standing(drawing)).toEqual(order);
    drawing.one(`[data-size="${size}"]`).click();
    expect(drawing.one<HTMLInputElement>(".scrub").max).toBe(String(after.length));
    const { scores } = cases.registers.data;
    after.forEach(({ m, l, O, answer }, i) => {
      scrubTo(drawing, i + 1);
      const ends = drawing.all(".words").map((words) => words.firstChild!.textContent!);
      const shown = ends.map((text) => text.split(" = ").at(-1));
      expect(shown).toEqual([
        ...[l, ...O].map((number) => signed(number, 3)),
        ...answer.map((number) => signed(number, 2)),
      ]);
      const before = after[i - 1]?.m ?? m;
      expect(drawing.text(".alone").split(" → ").at(-1)).toBe(String(m).replace("-", "\u2212"));
      const states = drawing.all(".cards li").map((item) => item.className);
      const comes = order.map((_, place) => Math.floor(place / size));
      expect(states).toEqual(comes.map((n) => (n > i ? "later" : n === i ? "newest" : "gone")));
      const factors = drawing.all(".factor").slice(i * size, (i + 1) * size);
      const largest = order.slice(i * size, (i + 1) * size).findIndex((card) => scores[card] === m);
      expect(factors.map((one) => one.textContent)).toEqual(
        factors.map((_, k) =>
          m > before && k === largest ? `×${factor(Math.exp(before - m))}` : "",
        ),
      );
    });
    scrubTo(drawing, 0);
    expect(drawing.text(".said")).toBe("No card has come yet: nothing is kept.");
    expect(drawing.all(".words").every((words) => words.firstChild!.textContent === "–")).toBe(
      true,
    );
  },
);

test("cards come once in their seconds, then they rest, with the answer of all at once", () => {
  vi.useFakeTimers();
  const drawing = opened(registers, cases.registers);
  const { seconds, labels } = cases.registers.data;
  for (const came of range(labels.length + 1)) {
    expect(drawing.all(".later").length - 1).toBe(labels.length - came); // one is in the legend
    expect(drawing.one(".said").getAttribute("aria-live")).toBe("off");
    vi.advanceTimersByTime((1000 * seconds) / (labels.length + 1));
  }
  expect(drawing.one(".said").getAttribute("aria-live")).toBe("polite");
  expect(drawing.text(".said")).toMatch(/^Card 7 of 7, .* as by softmax over all cards at once\.$/);
  const ends = drawing.all(".words span").map((aim) => aim.parentElement!.textContent);
  expect(ends).toEqual(["1.79at once 1.79", "2.35at once 2.35"]);
  vi.useRealTimers();
});

test("who wants no motion finds that all cards have come, also in another order", () => {
  const asked = vi.spyOn(window, "matchMedia").mockReturnValue({ matches: true } as MediaQueryList);
  const drawing = opened(registers, cases.registers);
  for (const order of ["written", "last"]) {
    drawing.one(`[data-order=${order}]`).click();
    expect([moment(drawing), drawing.all(".cards .later").length]).toEqual([7, 0]);
  }
  asked.mockRestore();
});

test("the line of all at once stays where it is, whatever the order and the moment", () => {
  const drawing = opened(registers, cases.registers);
  const aims = (): string[] =>
    drawing.all(".kept .aim").map((e) => e.style.getPropertyValue("--end"));
  const ends = (): string[] =>
    drawing
      .all(".kept .now")
      .slice(-2)
      .map((e) => e.style.getPropertyValue("--end"));
  const first = aims();
  expect(first.length).toBe(2);
  for (const order of ["written", "first", "last"]) {
    drawing.one(`[data-order=${order}]`).click();
    for (const moment of range(8)) {
      scrubTo(drawing, moment);
      expect(aims()).toEqual(first);
    }
    expect(ends()).toEqual(first);
  }
});

test("buttons take the largest card to an end, and the one that fits the order is pressed", () => {
  const drawing = opened(registers, cases.registers);
  const pressed = (): (string | undefined)[] =>
    drawing.all("[data-order][aria-pressed=true]").map((button) => button.dataset["order"]);
  expect(pressed()).toEqual(["written"]);
  drawing.one("[data-order=last]").click();
  expect([standing(drawing), pressed()]).toEqual([[0, 1, 2, 3, 4, 6, 5], ["last"]]);
  expect(drawing.text(".said")).toBe("No card has come yet: nothing is kept.");
  drawing.one("[data-order=first]").click();
  expect([standing(drawing), pressed()]).toEqual([[5, 0, 1, 2, 3, 4, 6], ["first"]]);
  press(cardOf(drawing, 5), "ArrowRight");
  expect([standing(drawing), pressed()]).toEqual([[0, 5, 1, 2, 3, 4, 6], []]);
  expect(cardOf(drawing, 5).getAttribute("aria-valuetext")).toBe("comes 2 of 7");
  press(cardOf(drawing, 5), "ArrowLeft");
  press(cardOf(drawing, 5), "ArrowLeft");
  expect(pressed()).toEqual(["first"]);
  drawing.one("[data-order=written]").click();
  expect(standing(drawing)).toEqual(range(7));
});

test("a card that is dragged or moved with the keys is never taken out of the row", () => {
  vi.useFakeTimers();
  const drawing = opened(registers, cases.registers);
  const card = cardOf(drawing, 1);
  const taken: Node[] = [];
  const watch = new MutationObserver((changes) =>
    taken.push(...changes.flatMap(({ removedNodes }) => [...removedNodes])),
  );
  watch.observe(drawing.one(".cards"), { childList: true });
  const row = card.parentElement!;
  Object.defineProperty(row, "offsetWidth", { value: 40 });
  card.setPointerCapture = () => undefined;
  const hand = (type: string, clientX: number): void => {
    card.dispatchEvent(new PointerEvent(type, { clientX, button: 0 }));
  };
  hand("pointerdown", 100);
  expect(document.activeElement).toBe(card);
  hand("pointermove", 181);
  expect(standing(drawing)).toEqual([0, 2, 3, 1, 4, 5, 6]);
  hand("pointermove", -500);
  hand("pointerup", -500);
  expect(standing(drawing)).toEqual([1, 0, 2, 3, 4, 5, 6]);
  press(card, "End");
  expect(standing(drawing)).toEqual([0, 2, 3, 4, 5, 6, 1]);
  expect(document.activeElement).toBe(card);
  taken.push(...watch.takeRecords().flatMap(({ removedNodes }) => [...removedNodes]));
  expect(taken.length).toBeGreaterThan(0);
  expect(taken).not.toContain(row);
});

test("other scores leave the reader's order, number at a time and moment; other cards do not", () => {
  const { data } = cases.registers;
  const drawing = opened(registers, cases.registers);
  const order = [6, 2, 0, 4, 1, 3, 5];
  sortTo(drawing, order);
  drawing.one('[data-size="2"]').click();
  scrubTo(drawing, 3);
  const held = cardOf(drawing, 4);
  const doubled = data.scores.map((score) => 2 * score);
  drawing.load({ ...data, digest: "louder", scores: doubled });
  expect([standing(drawing), moment(drawing)]).toEqual([order, 3]);
  expect(cardOf(drawing, 4)).toBe(held);
  expect(held.querySelector(".score")!.textContent).toBe("4.2");
  expect(drawing.text(".said")).toMatch(/^Cards 5 and 6 of 7: their largest score, 6\.4,/);
  drawing.load({ ...data, digest: "others", labels: [..."abcdefg"] });
  expect(drawing.all(".label").map((label) => label.textContent)).toEqual([..."abcdefg"]);
  expect([moment(drawing), drawing.one<HTMLInputElement>(".scrub").max]).toEqual([0, "4"]);
});

test("without m the scores that 16 bits cannot hold are marked, and so is the lost answer", () => {
  const { data } = cases.registers;
  const drawing = opened(registers, cases.registers);
  const lost = (): string[] => drawing.all(".lost").map((cell) => cell.textContent);
  const totals = (): string[] => drawing.all(".totals td").map((cell) => cell.textContent);
  expect([lost(), totals()]).toEqual([[], ["467", "836 and 1,097", "1.79 and 2.35"]]);
  const scores = data.scores.map((score) => 4 * score);
  drawing.load({ ...data, digest: "four times", scores });
  expect(drawing.all(".powers td:last-child").map((cell) => cell.textContent)).toEqual(
    ["404", "inf", "0.0608", "inf", "4,448", "inf", "4.95"], // of 6, -2.8, 12.8, ...
  );
  expect(lost()).toEqual(["inf", "inf", "inf", "inf", "inf and not a number", "not a number"]);
  expect(drawing.text(".verdict")).toBe(
    "exp(24) and 2 others overflow: they are above 65,504, the largest float16 number. " +
      "The answer is inf / inf: not a number.",
  );
});

// ---------------------------------------------------------------- a walk over the scores

type Walked = Opened<typeof cases.tiles.data>;

const walks = cases.tiles.expected;

/** The drawing at rest, with these sizes. */
function walking(walk: object): Walked {
  const drawing = opened(tiles, cases.tiles);
  drawing.load({ ...cases.tiles.data, labels: [], ...walk, digest: "another walk" });
  return drawing;
}

/** From and to which of n tokens a shape reaches along a side of the table. */
function reached(drawing: Walked, shape: Element, [at, size]: [string, string], n: number): Pair {
  const frame = drawing.one(".frame");
  const number = (of: Element, name: string): number => Number(of.getAttribute(name));
  const begin = number(shape, at) - number(frame, at);
  const along = [begin, begin + number(shape, size)];
  return along.map((place) => (n * place) / number(frame, size)) as Pair;
}

test.each(walks)(
  "$walk.n_query queries and $walk.n_key keys by $walk.rows and $walk.columns show what lab moves",
  ({ walk, steps }) => {
    const drawing = walking(walk);
    expect(drawing.one<HTMLInputElement>(".scrub").max).toBe(String(steps.length));
    const across = (shape: Element): Pair => reached(drawing, shape, ["x", "width"], walk.n_key);
    const down = (shape: Element): Pair => reached(drawing, shape, ["y", "height"], walk.n_query);
    steps.forEach(({ queries, keys, held, read, written }, i) => {
      scrubTo(drawing, i + 1);
      const now = drawing.all(".block.now");
      expect(now.length).toBe(1);
      expect(apart([down(now[0]), across(now[0])], [queries, keys])).toBeLessThan(1e-9);
      for (const name of ["query", "output"])
        expect(apart(down(drawing.one(`.lit.${name}`)), queries)).toBeLessThan(1e-9);
      for (const name of ["key", "value"])
        expect(apart(across(drawing.one(`.lit.${name}`)), keys)).toBeLessThan(1e-9);
      const stays = [0, written / (walk.d_value + 1)]; // of O, in slow memory
      expect(apart(down(drawing.one(".plan .done")), stays)).toBeLessThan(1e-9);
      const states = drawing.all(".block").map((block) => block.getAttribute("class"));
      expect(states).toEqual(
        steps.map((_, k) => (k < i ? "block made" : k === i ? "block now" : "block")),
      );
      const counts = drawing.all(".count").map((cell) => Number(cell.textContent));
      expect(counts.reduce((sum, n) => sum + n)).toBe(held);
      expect(drawing.text(".total")).toBe(String(held));
      const [far, near] = [counted(read), counted(written)];
      expect(drawing.text(".said")).toContain(`: ${far} numbers read so far, ${near} written.`);
      const shown = ["n_read", "n_written", "together"].map((name) => drawing.text(`.${name}`));
      expect(shown).toEqual([read, written, read + written].map(counted));
    });
    expect(Number(drawing.text(".together"))).toBe(walk.flash);
    expect(drawing.all(".hatch").length).toBe(walk.causal ? 2 : 1); // one is in the legend
    expect(drawing.one(".skipped").hidden).toBe(!walk.causal);
  },
);

test("bars of fast memory end at its room, and of what is moved at the longer way", () => {
  const size = (bar: HTMLElement): number => parseFloat(bar.style.getPropertyValue("--size"));
  for (const { walk, steps } of walks) {
    const drawing = walking({ ...walk, fast: 53 });
    scrubTo(drawing, 1);
    const filled = drawing.all(".fast i").map(size);
    expect(filled.reduce((sum, share) => sum + share)).toBeCloseTo((100 * steps[0].held) / 53, 1);
    scrubTo(drawing, steps.length);
    const most = Math.max(walk.flash, walk.plain);
    const [read, written, end, mark] = drawing.all(".moved .bar i").map(size);
    expect([read + written, end, mark].map((share) => (share * most) / 100)).toEqual(
      [walk.flash, walk.flash, walk.plain].map((n) => expect.closeTo(n, 0)),
    );
  }
});

test("what moves more than plain attention passes the mark, and it is said", () => {
  const { walk, steps } = walks.find(({ walk }) => walk.flash > walk.plain)!;
  const drawing = walking(walk);
  const past = range(steps.length + 1).map((moment) => {
    scrubTo(drawing, moment);
    return drawing.text(".past") === "More than plain attention moves in all.";
  });
  expect(past).toEqual(
    [0, ...steps.map(({ read, written }) => read + written)].map((n) => n > 204),
  );
  expect(past.at(-1)).toBe(true);
  expect(drawing.text(".said")).toMatch(
    / In all 216 numbers are moved, 12 more than by plain attention\.$/,
  );
});

test("a walk is played once in its seconds, then it rests at its last block", () => {
  vi.useFakeTimers();
  const drawing = opened(tiles, cases.tiles);
  const { steps } = walks[0];
  for (const done of range(steps.length + 1)) {
    expect([moment(drawing), drawing.all(".block.made").length]).toEqual([
      done,
      Math.max(done - 1, 0),
    ]);
    expect(drawing.one(".said").getAttribute("aria-live")).toBe("off");
    vi.advanceTimersByTime((1000 * cases.tiles.data.seconds) / (steps.length + 1));
  }
  vi.advanceTimersByTime(60_000);
  expect(drawing.one(".said").getAttribute("aria-live")).toBe("polite");
  expect(drawing.text(".said")).toBe(
    "Queries 9 to 10 meet key 10: 140 numbers read so far, 30 written. " +
      "In all 170 numbers are moved, 330 fewer than by plain attention.",
  );
  drawing.one(".play").click();
  expect(drawing.text(".said")).toBe("Nothing is read yet.");
  expect(drawing.all(".count").every((cell) => cell.textContent === "0")).toBe(true);
  vi.useRealTimers();
});

test("hundreds of blocks take no longer: some are left out, the last is not", () => {
  vi.useFakeTimers();
  const sizes = { n_query: 24, n_key: 24, rows: 1, columns: 1, causal: false };
  const drawing = walking({ ...sizes, seconds: 2 });
  expect(drawing.one<HTMLInputElement>(".scrub").max).toBe("576");
  drawing.one(".play").click();
  expect(moment(drawing)).toBe(0);
  vi.advanceTimersByTime(1000);
  expect(Math.abs(moment(drawing) - 288)).toBeLessThan(576 / 20);
  expect(drawing.all(".block.made").length).toBe(moment(drawing) - 1);
  vi.advanceTimersByTime(1000);
  expect([moment(drawing), drawing.all(".block.made").length]).toEqual([576, 575]);
  expect(drawing.one(".said").getAttribute("aria-live")).toBe("polite");
  vi.useRealTimers();
});

test("who wants no motion, or changes the blocks, finds the walk at its end", () => {
  vi.useFakeTimers();
  const { walk, steps } = walks[1];
  const drawing = walking(walk);
  expect(moment(drawing)).toBe(steps.length);
  vi.advanceTimersByTime(60_000);
  expect(moment(drawing)).toBe(steps.length);
  vi.useRealTimers();
  const asked = vi.spyOn(window, "matchMedia").mockReturnValue({ matches: true } as MediaQueryList);
  expect(moment(opened(tiles, cases.tiles))).toBe(walks[0].steps.length);
  asked.mockRestore();
});

test("at the edges stand the tokens, or the numbers of those that begin a block", () => {
  const { labels } = cases.tiles.data;
  const drawing = opened(tiles, cases.tiles);
  const texts = (kind: string): string[] => drawing.all(`.plan .${kind}`).map((e) => e.textContent);
  expect([texts("token"), texts("label"), texts("number")]).toEqual([labels, labels, []]);
  drawing.load({ ...cases.tiles.data, ...walks[0].walk, labels: [], digest: "no labels" });
  expect([texts("token"), texts("label"), texts("number")]).toEqual(
    [["1", "5", "9"], [], ["1", "4", "7"]], // the last key has no room for its number
  );
  const many = { n_query: 4000, n_key: 4000, rows: 100, columns: 100 };
  drawing.load({ ...cases.tiles.data, ...many, labels: [], digest: "many" });
  expect(texts("token").slice(0, 3)).toEqual(["1", "201", "401"]);
  expect(texts("number").slice(0, 3)).toEqual(["1", "501", "1001"]);
});

// ---------------------------------------------------------------- threads over depth

type Threaded = Opened<typeof cases.threads.data>;

const { notes, readings } = cases.threads.data;

const readerOf = (drawing: Threaded, name: string): SVGGElement =>
  drawing.one<SVGGElement>(`.node[aria-label="${name}: what it reads"]`);

const click = (mark: Element): boolean => mark.dispatchEvent(new MouseEvent("click"));

const tokenOf = (drawing: Threaded, i: number): HTMLElement => drawing.all(".tokens button")[i + 1];

const cutterOf = (drawing: Threaded, note: string, reading: string): HTMLElement =>
  drawing.one(`button[aria-label="cut ${note} → ${reading}"]`);

/** Of all threads, reading by reading. */
function widths(drawing: Threaded): number[] {
  return drawing.all(".thread").map((thread) => Number(thread.getAttribute("stroke-width")));
}

/** The list: notes and their shares. */
function listed(drawing: Threaded): [note: string, share: string][] {
  return drawing
    .all(".read tr")
    .map((row) => [
      row.querySelector("th")!.textContent,
      row.querySelectorAll("td")[1].textContent,
    ]);
}

/** What the list should be of a reading that Python has sorted. */
const sorted = ({ shares, ranked }: { shares: number[]; ranked: number[] }): string[][] =>
  ranked.map((note) => [notes[note], percent(shares[note])]);

function turnPlain(drawing: Threaded, on: boolean): void {
  const box = drawing.one<HTMLInputElement>(".even");
  box.checked = on;
  box.dispatchEvent(new Event("change"));
}

test("threads are as wide as the mean of their shares, or as those of the chosen token", () => {
  const drawing = opened(threads, cases.threads);
  const { mean, tokens } = cases.threads.expected;
  [mean, ...tokens].forEach((reads, i) => {
    click(tokenOf(drawing, i - 1));
    const wanted = reads.flatMap(({ shares }) => shares.map((share) => Math.max(0.8, 13 * share)));
    expect(apart(widths(drawing), wanted)).toBeLessThan(0.006);
    const pressed = drawing.all(".tokens [aria-pressed=true]").map((button) => button.textContent);
    expect(pressed).toEqual([i ? cases.threads.data.tokens[i - 1] : "all"]);
  });
  scrubTo(drawing, readings.length);
  expect(drawing.text(".said")).toMatch(/^Token 4, “=”: end reads 5 contributions, most of all /);
});

test("threads grow once in their seconds, reader by reader, then they rest", () => {
  vi.useFakeTimers();
  const drawing = opened(threads, cases.threads);
  const { seconds } = cases.threads.data;
  const there = (): number => drawing.all(".thread:not(.later)").length;
  const whole = (): number => drawing.all(".thread:not(.grows)").length;
  expect([there(), drawing.text(".said")]).toEqual([0, "Nothing is read yet."]);
  const each = (1000 * seconds) / readings.length;
  vi.advanceTimersByTime(each / 2);
  for (const read of range(readings.length)) {
    expect([whole(), there()]).toEqual([(read * (read + 1)) / 2, ((read + 1) * (read + 2)) / 2]);
    expect(drawing.all(".now text").map((name) => name.textContent)).toEqual(
      [["A0", "F0", "A1", "F1", "end"][read]], // who reads now
    );
    expect(drawing.one(".said").getAttribute("aria-live")).toBe("off");
    vi.advanceTimersByTime(each);
  }
  expect([whole(), drawing.all("[pathLength], .now").length]).toEqual([15, 0]);
  expect(drawing.one(".said").getAttribute("aria-live")).toBe("polite");
  scrubTo(drawing, 2);
  expect([whole(), there()]).toEqual([3, 3]);
  expect(drawing.text(".said")).toMatch(
    /^Mean over 4 tokens: FFN 0 reads 2 contributions, most of all /,
  );
  scrubTo(drawing, readings.length);
  drawing.one(".play").click();
  expect(there()).toBe(0);
  vi.useRealTimers();
});

test("who wants no motion finds every thread whole", () => {
  const asked = vi.spyOn(window, "matchMedia").mockReturnValue({ matches: true } as MediaQueryList);
  const drawing = opened(threads, cases.threads);
  expect([moment(drawing), drawing.all(".thread.grows").length]).toEqual([readings.length, 0]);
  asked.mockRestore();
});

test("of a part that is clicked the threads are strong and listed by size, until it is released", () => {
  const drawing = opened(threads, cases.threads);
  expect([drawing.one(".list").hidden, drawing.one(".ask").hidden]).toEqual([true, false]);
  const { mean, tokens } = cases.threads.expected;
  readings.forEach((reading, r) => {
    click(readerOf(drawing, reading));
    expect(moment(drawing)).toBe(readings.length);
    expect(drawing.all(".thread:not(.weak)").length).toBe(r + 1);
    expect(drawing.text("caption")).toBe(`What ${reading} reads`);
    expect(listed(drawing)).toEqual(sorted(mean[r]));
    expect(drawing.text(".said").startsWith(`Mean over 4 tokens: ${reading} reads `)).toBe(true);
  });
  click(tokenOf(drawing, 2));
  expect(listed(drawing)).toEqual(sorted(tokens[2].at(-1)!));
  click(readerOf(drawing, "end"));
  expect([drawing.all(".weak").length, drawing.one(".list").hidden]).toEqual([0, true]);
  expect(drawing.all(".node[aria-pressed=true]")).toEqual([]);
});

test("Tab reaches one part and one token, arrows go on from there, and Enter chooses", () => {
  const drawing = opened(threads, cases.threads);
  const stops = (): string[] => drawing.all('[tabindex="0"]').map((mark) => mark.textContent);
  expect(stops()).toEqual(["all", "tokentoken"]); // which reads nothing, but is read
  readerOf(drawing, "attention 0").focus();
  for (const key of ["ArrowLeft", "ArrowRight", "ArrowDown", "ArrowDown", "Enter"])
    press(document.activeElement!, key);
  expect(stops()).toEqual(["all", "attention 1A1"]);
  expect(drawing.text(".name")).toBe("attention 1");
  drawing.one(".tokens button").focus();
  for (const key of ["End", "ArrowLeft", " "]) press(document.activeElement!, key);
  expect(drawing.text(".said")).toMatch(/^Token 3, “8”: attention 1 reads 3 contributions/);
  press(readerOf(drawing, "attention 1"), "Enter");
  expect(drawing.one(".list").hidden).toBe(true);
});

test("as a plain sum every thread of a reader is alike, and the bars keep their scale", () => {
  const drawing = opened(threads, cases.threads);
  const { even, mean } = cases.threads.expected;
  click(readerOf(drawing, "FFN 1"));
  const bars = (name: string): number[] =>
    drawing.all(".bar").map((bar) => parseFloat(bar.style.getPropertyValue(name)));
  const lines = bars("--plain");
  const most = Math.max(...mean[3].shares);
  expect(apart(lines, Array(4).fill(25 / most))).toBeLessThan(0.006);
  turnPlain(drawing, true);
  expect(
    apart(
      widths(drawing),
      even.flat().map((share) => 13 * share),
    ),
  ).toBeLessThan(0.006);
  expect(listed(drawing)).toEqual(notes.slice(0, 4).map((note) => [note, "25%"]));
  expect([bars("--size"), bars("--plain")]).toEqual([lines, lines]);
  expect(drawing.text(".said")).toBe("As a plain sum: FFN 1 reads 4 contributions, 25% of each.");
  turnPlain(drawing, false);
  expect(listed(drawing)).toEqual(sorted(mean[3]));
});

test("what is compared with no plain sum shows none, and goes back to what was learned", () => {
  const drawing = opened(threads, cases.threads);
  const { mean } = cases.threads.expected;
  const wanted = mean.flatMap(({ shares }) => shares.map((share) => Math.max(0.8, 13 * share)));
  turnPlain(drawing, true);
  drawing.load({ ...cases.threads.data, digest: "amounts", compared: false });
  expect(drawing.one<HTMLInputElement>(".even").checked).toBe(false);
  expect(drawing.one(".threads").classList.contains("alone")).toBe(true);
  expect(apart(widths(drawing), wanted)).toBeLessThan(0.006);
  drawing.load({ ...cases.threads.data, digest: "shares again" });
  expect(drawing.one(".threads").classList.contains("alone")).toBe(false);
});

test("a cut goes to Python and is marked until it is whole again", () => {
  const drawing = opened(threads, cases.threads);
  const marked = (): number[] =>
    drawing.all(".thread").flatMap((one, i) => (one.classList.contains("cut") ? [i] : []));
  expect([marked(), drawing.one(".lost").hidden]).toEqual([[], true]);
  click(readerOf(drawing, "attention 1"));
  cutterOf(drawing, "FFN 0", "attention 1").click();
  expect(marked()).toEqual([5]); // after 1 + 2 threads and two of its own
  expect(drawing.text(".which")).toBe("Cut: FFN 0 → attention 1");
  expect(drawing.text("tr.cut th")).toBe("FFN 0");
  click(readerOf(drawing, "end"));
  expect([marked(), drawing.all("tr.cut")]).toEqual([[5], []]);
  cutterOf(drawing, "token", "end").click();
  expect(marked()).toEqual([10]);
  cutterOf(drawing, "token", "end").click();
  expect(marked()).toEqual([]);
  cutterOf(drawing, "FFN 1", "end").click();
  drawing.one(".mend").click();
  expect([marked(), drawing.one(".lost").hidden]).toEqual([[], true]);
  expect(document.activeElement).toBe(readerOf(drawing, "end"));
  expect(drawing.sent).toEqual([
    ["cut", { reading: 2, note: 2 }],
    ["cut", { reading: 4, note: 0 }],
    ["cut", null],
    ["cut", { reading: 4, note: 4 }],
    ["cut", null],
  ]);
});

test("other shares leave what is chosen, cut and focused; other parts begin with Python's cut", () => {
  const { data } = cases.threads;
  const drawing = opened(threads, cases.threads);
  click(tokenOf(drawing, 1));
  click(readerOf(drawing, "FFN 0"));
  cutterOf(drawing, "token", "FFN 0").click();
  cutterOf(drawing, "token", "FFN 0").focus();
  const turned = data.shares.map((rows) => rows.map((row) => row.toReversed()));
  drawing.load({ ...data, digest: "turned", shares: turned });
  const wanted = sorted(cases.threads.expected.tokens[1][1]).map(([, share]) => share);
  expect(listed(drawing).map(([, share]) => share)).toEqual(wanted);
  expect(listed(drawing)[0][0]).toBe("token");
  expect(drawing.text("tr.cut th")).toBe("token");
  expect(document.activeElement).toBe(cutterOf(drawing, "token", "FFN 0"));
  drawing.load({ ...data, digest: "fewer", tokens: ["7"], cut: { reading: 4, note: 1 } });
  expect([drawing.text(".which"), drawing.one(".list").hidden]).toEqual([
    "Cut: attention 0 → end",
    true,
  ]);
});

test("what is not cuttable has no button for it", () => {
  const drawing = opened(threads, cases.threads);
  drawing.load({ ...cases.threads.data, digest: "not cuttable", cuttable: false });
  click(readerOf(drawing, "end"));
  expect([drawing.all(".read tr").length, drawing.all(".read button").length]).toEqual([5, 0]);
  expect(drawing.text(".kinds")).not.toContain("cut");
});

test("a row with little room stands upright, with full names and nothing beyond the edge", () => {
  const drawing = opened(threads, cases.threads);
  const labels = (): string[] => drawing.all(".row text").map((label) => label.textContent);
  expect(labels()).toEqual(["token", "A0", "F0", "A1", "F1", "end"]);
  Object.defineProperty(SVGElement.prototype, "clientWidth", { value: 240, configurable: true });
  drawing.load({ ...cases.threads.data, digest: "narrow", tokens: [..."1+1="] });
  expect(labels()).toEqual([...notes, "end"]);
  for (const thread of drawing.all(".thread")) {
    const [x, from, away, half, , , , end, to] = thread
      .getAttribute("d")!
      .match(/[\d.]+/g)!
      .map(Number);
    expect([end, x + away + 13 / 2 <= 240, half > 0]).toEqual([x, true, true]);
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

test("a tap keeps its steps lit, a second one lets them go, and nothing is lit", () => {
  const drawing = opened(notations, cases.notations);
  const pressed = (): string[] =>
    drawing.all("[aria-pressed=true]").map((mark) => mark.textContent);
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
  const drawing = opened(threads, cases.threads);
  vi.advanceTimersByTime(60_000);
  const end = drawing.text(".said");
  const { readings, notes } = cases.threads.data;
  const strong = (): number => drawing.all(".thread:not(.weak)").length;
  const all = strong();
  const nodes = drawing.all<SVGGElement>(".node");
  const first = nodes.length - readings.length;
  hover(nodes[first + 1]);
  expect(strong()).toBe(cases.threads.data.shares[0][1].length);
  expect(drawing.text(".said")).toContain(readings[1]);
  hover(nodes[first + 1], false);
  expect([strong(), drawing.text(".said")]).toEqual([all, end]);
  hover(nodes[0]);
  expect(strong()).toBe(readings.length);
  expect(drawing.text(".said")).toContain(`${notes[0]} is read by: ${readings[0]} 100%`);
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
