// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Sent } from "../../src/drawings/shared/drawing";
import { mounted } from "../../src/drawings/shared/mount";
import { MovingDrawing } from "../../src/drawings/shared/moving";
import { landmarksOf, named, type Landmark } from "../../src/drawings/shared/landmarks";
import { evenly, FRAMES, timed, type Motion } from "../../src/drawings/shared/schedule";
import { opened, type Opened } from "./cases";

interface Data extends Sent {
  last: number;
  seconds: number;
  motion: Motion;
  /** Waits for the reader, who steps by so many. */
  stride: number;
}

const shown: { at: number; plays: boolean }[] = [];
const calls: string[] = [];

class Counter extends MovingDrawing<Data> {
  protected override begin(): void {
    calls.push("begin");
    this.watched("said");
  }

  protected build(): void {
    calls.push("build");
    const { last, seconds, motion, stride } = this.data;
    const schedule = this.evenly(last, seconds, motion);
    if (stride) this.wait(schedule, last, stride);
    else this.playOnce(schedule);
  }

  protected override landmarks(): Landmark[] {
    return [
      { at: 0, name: "the beginning" },
      { at: 3, name: "working" },
      { at: 6, name: "answer" },
      { at: 40, name: "too late" },
    ];
  }

  protected override letGo(): void {
    calls.push("letGo");
  }

  protected override recolour(): void {
    calls.push("recolour");
  }

  protected show(at: number): string {
    shown.push({ at, plays: this.plays });
    return `moment ${at}`;
  }
}

const HTML = `<div class="drawing"><button class="back"></button><button class="play"></button>
  <button class="on"></button><div class="landmarks"></div>
  <input class="scrub" type="range" min="0"><button class="unfold" aria-expanded="false"></button>
  <div class="extras"><select class="speed">
  <option value="0.5"></option><option value="1" selected></option><option value="2"></option>
  </select><button class="reset"></button><button class="copy"></button>
  <button class="shot"></button></div><span class="handed"></span><textarea class="copied" hidden></textarea>
  <p class="said"></p></div>`;

const counter = mounted(Counter);

/** Ten moments of a second each, if nothing else is said. */
function counting(data: Partial<Data> = {}): Opened<Data> {
  const usual: Data = { digest: "one", last: 9, seconds: 10, motion: "steps", stride: 0 };
  return opened(counter, { html: HTML, data: { ...usual, ...data }, expected: null });
}

const at = (): number => shown.at(-1)!.at;
const button = (drawing: Opened<Data>): string => drawing.text(".play");

function scrubTo(drawing: Opened<Data>, value: number): void {
  const scrub = drawing.one<HTMLInputElement>(".scrub");
  scrub.value = String(value);
  scrub.dispatchEvent(new Event("input"));
}

beforeEach(() => {
  vi.useFakeTimers();
  shown.length = calls.length = 0;
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("the button says Pause while it plays, Play where it was paused, and Replay at the end", () => {
  const drawing = counting();
  expect([at(), button(drawing)]).toEqual([0, "Pause"]);
  vi.advanceTimersByTime(3500);
  drawing.one(".play").click();
  expect([at(), button(drawing)]).toEqual([3, "Play"]);
  vi.advanceTimersByTime(60_000);
  expect(at()).toBe(3);
  drawing.one(".play").click();
  expect([at(), button(drawing)]).toEqual([3, "Pause"]);
  vi.advanceTimersByTime(1000);
  expect(at()).toBe(4);
  vi.advanceTimersByTime(6000);
  expect([at(), button(drawing)]).toEqual([9, "Replay"]);
  drawing.one(".play").click();
  expect([at(), button(drawing)]).toEqual([0, "Pause"]);
});

test("every moment is shown once, at its own time, and the last one again at rest", () => {
  counting();
  vi.advanceTimersByTime(9999);
  expect(shown).toEqual([...Array(10).keys()].map((moment) => ({ at: moment, plays: true })));
  vi.advanceTimersByTime(1);
  expect(shown.slice(10)).toEqual([{ at: 9, plays: false }]);
});

test("it is read out at rest, and not while it plays", () => {
  const drawing = counting();
  const live = (): string | null => drawing.one(".said").getAttribute("aria-live");
  expect(live()).toBe("off");
  drawing.one(".play").click();
  expect(live()).toBe("polite");
  expect(drawing.one(".scrub").getAttribute("aria-valuetext")).toBe("moment 0");
  expect(drawing.text(".said")).toBe("moment 0");
});

test("a hand on the slider, or a step, stops it there", () => {
  const drawing = counting();
  scrubTo(drawing, 5);
  vi.advanceTimersByTime(60_000);
  expect([at(), button(drawing)]).toEqual([5, "Play"]);
  drawing.one(".back").click();
  expect(at()).toBe(4);
  drawing.one(".play").click();
  vi.advanceTimersByTime(1500);
  drawing.one(".on").click();
  vi.advanceTimersByTime(60_000);
  expect(at()).toBe(6);
});

test("steps go from stop to stop, and no farther than the ends", () => {
  const drawing = counting({ stride: 4 });
  expect([at(), button(drawing), shown.length]).toEqual([9, "Replay", 1]);
  const after = ["back", "back", "back", "back", "on", "on", "on"].map((name) => {
    drawing.one(`.${name}`).click();
    return at();
  });
  expect(after).toEqual([8, 4, 0, 0, 4, 8, 9]);
});

test("what moves smoothly is paused between two moments, and goes on from there", () => {
  const drawing = counting({ last: 2, seconds: 4, motion: "smooth" });
  vi.advanceTimersByTime(1030);
  drawing.one(".play").click();
  const paused = at();
  expect(Math.abs(paused - 0.5)).toBeLessThan(0.03);
  expect(drawing.one<HTMLInputElement>(".scrub").value).toBe("0");
  drawing.one(".play").click();
  vi.advanceTimersByTime(1000);
  expect(Math.abs(at() - paused - 0.5)).toBeLessThan(0.03);
});

function speedTo(drawing: Opened<Data>, speed: string): void {
  drawing.one<HTMLSelectElement>(".speed").value = speed;
  drawing.one(".speed").dispatchEvent(new Event("change"));
}

test("it is played at another speed from where it is, and no moment is left out", () => {
  const drawing = counting();
  vi.advanceTimersByTime(2500);
  expect(at()).toBe(2);
  speedTo(drawing, "2");
  const before = shown.length;
  vi.advanceTimersByTime(1999);
  expect(shown.slice(before).map(({ at }) => at)).toEqual([3, 4, 5]);
  speedTo(drawing, "0.5");
  vi.advanceTimersByTime(1999);
  expect(at()).toBe(5);
  vi.advanceTimersByTime(2);
  expect(at()).toBe(6);
});

test("another speed starts nothing that rests", () => {
  const drawing = counting();
  scrubTo(drawing, 4);
  speedTo(drawing, "2");
  vi.advanceTimersByTime(60_000);
  expect([at(), button(drawing)]).toEqual([4, "Play"]);
  drawing.one(".play").click();
  vi.advanceTimersByTime(510);
  expect(at()).toBe(5);
});

test("a reset gives back what was chosen and rests at the first moment", () => {
  const drawing = counting();
  vi.advanceTimersByTime(3500);
  drawing.one(".reset").click();
  vi.advanceTimersByTime(60_000);
  expect([at(), button(drawing), calls.at(-1)]).toEqual([0, "Play", "letGo"]);
});

test("marks stand on the slider where something begins, but not at its start or beyond", () => {
  const drawing = counting();
  const marks = drawing.all(".landmarks span");
  expect(marks.map((mark) => [mark.title, mark.style.getPropertyValue("--at")])).toEqual([
    ["working", "33.33%"],
    ["answer", "66.67%"],
  ]);
});

test("the mark nearest to the moment shown is named where there is room for one name", () => {
  const drawing = counting();
  const near = (): string[] => drawing.all(".landmarks .near").map(({ title }) => title);
  const found = [1, 4, 5, 9].map((moment) => {
    scrubTo(drawing, moment);
    return near();
  });
  expect(found).toEqual([["working"], ["working"], ["answer"], ["answer"]]);
});

test("what is done with a moment unfolds, and folds again once it is done", () => {
  const drawing = counting();
  const unfolded = (): string | null => drawing.one(".unfold").getAttribute("aria-expanded");
  const after = [".unfold", ".unfold", ".unfold", ".reset"].map((name) => {
    drawing.one(name).click();
    return unfolded();
  });
  expect(after).toEqual(["true", "false", "true", "false"]);
});

test("a name that has no room is left out, its mark stays", () => {
  const marks = [10, 12, 60].map((at) => ({ at, name: "working" }));
  const share = (at: number): number => at / 100;
  expect(named(marks, share, 400)).toEqual([0, null, 0]);
  expect(named(marks, share, 4000)).toEqual([0, 0, 0]);
});

test("a name at an end of the slider stands within it", () => {
  const marks = [2, 100].map((at) => ({ at, name: "a long name" }));
  const [first, last] = named(marks, (at) => at / 100, 400);
  expect([first, last]).toEqual([33 - 8, -33]);
});

test("a problem has its working and its answer, another text neither", () => {
  const of = (text: string) => landmarksOf([...text]).map(({ at, name }) => [name, text[at - 1]]);
  expect(of("37*48=692+0841=6771$")).toEqual([
    ["working", "6"],
    ["answer", "6"],
  ]);
  expect(landmarksOf([..."37*48=692+0841=6771$"]).map(({ at }) => at)).toEqual([7, 16]);
  expect(of("3*4=21$")).toEqual([["answer", "2"]]);
  expect(of("3*4=12$5*6=")).toEqual([]);
  expect(of("3*4=")).toEqual([]);
});

test("a moment is copied with its sentence and address, and opened there again", async () => {
  const written: string[] = [];
  const writeText = (text: string) => Promise.resolve(void written.push(text));
  vi.stubGlobal("navigator", { clipboard: { writeText } });
  vi.stubGlobal("location", { href: "https://book.example/moe" });
  const drawing = counting();
  vi.advanceTimersByTime(4500);
  drawing.one(".copy").click();
  await vi.advanceTimersByTimeAsync(0);
  expect(written).toEqual(["moment 4\nhttps://book.example/moe?moment=.4"]);
  expect([drawing.text(".handed"), at(), button(drawing)]).toEqual(["Copied.", 4, "Play"]);
  expect(drawing.one<HTMLTextAreaElement>(".copied").hidden).toBe(true);
  vi.stubGlobal("location", { href: written[0].split("\n")[1] });
  shown.length = 0;
  counting();
  vi.advanceTimersByTime(60_000);
  expect(at()).toBe(4);
  vi.unstubAllGlobals();
});

test("where the clipboard refuses, the text can be selected", async () => {
  vi.stubGlobal("navigator", { clipboard: { writeText: () => Promise.reject(new Error()) } });
  const drawing = counting();
  drawing.one(".copy").click();
  await vi.advanceTimersByTimeAsync(0);
  const box = drawing.one<HTMLTextAreaElement>(".copied");
  expect(box.hidden).toBe(false);
  expect(box.value).toMatch(/^moment 0\n.*moment=\.0$/);
  expect([box.selectionStart, box.selectionEnd]).toEqual([0, box.value.length]);
  vi.unstubAllGlobals();
});

test("who wants no motion finds the last moment", () => {
  vi.spyOn(window, "matchMedia").mockReturnValue({ matches: true } as MediaQueryList);
  const drawing = counting();
  expect(shown).toEqual([{ at: 9, plays: false }]);
  drawing.load({ digest: "two", last: 4, seconds: 5, motion: "steps", stride: 0 });
  expect(at()).toBe(4);
});

test("a page that is busy holds it up, and no moment is left out", () => {
  counting();
  vi.advanceTimersByTime(500);
  const later = performance.now() + 30_000;
  const clock = vi.spyOn(performance, "now").mockReturnValue(later);
  vi.advanceTimersByTime(500);
  clock.mockImplementation(() => later + Date.now() - begun);
  const begun = Date.now();
  vi.advanceTimersByTime(8000);
  expect(shown.map(({ at }) => at)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("what is a little late catches up, and no moment is left out", () => {
  counting({ last: 19, seconds: 2 });
  vi.advanceTimersByTime(500);
  const now = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => now() + 200);
  vi.advanceTimersByTime(1320);
  expect(shown.map(({ at }) => at)).toEqual([...Array(20).keys(), 19]);
});

test("a drawing that has left plays no more", () => {
  const drawing = counting();
  drawing.leave();
  vi.advanceTimersByTime(60_000);
  expect(shown.length).toBe(1);
});

test("it begins once, is built for each digest, and the same data leave it as it plays", () => {
  const drawing = counting();
  vi.advanceTimersByTime(2500);
  const before = shown.length;
  drawing.load({ digest: "one", last: 3, seconds: 1, motion: "steps", stride: 0 });
  expect([calls, shown.length]).toEqual([["begin", "build", "recolour"], before]);
  vi.advanceTimersByTime(1000);
  expect(at()).toBe(3);
  drawing.load({ digest: "two", last: 3, seconds: 1, motion: "steps", stride: 0 });
  expect([calls.at(-1), at()]).toEqual(["build", 0]);
});

test("of more moments than frames some are left out, never the first or the last", () => {
  const { frames, seconds } = evenly(0, 1000, 2);
  expect([frames.length, frames[0].at, frames.at(-1)!.at]).toEqual([2 * FRAMES + 1, 0, 1000]);
  expect(frames.every(({ at }) => Number.isInteger(at))).toBe(true);
  expect([frames[0].seconds, seconds]).toEqual([0, 2]);
  expect(evenly(1, 3, 4).frames).toEqual([
    { seconds: 0, at: 1 },
    { seconds: 4 / 3, at: 2 },
    { seconds: 8 / 3, at: 3 },
  ]);
  expect(timed([0, 2, 5])).toEqual({
    frames: [
      { seconds: 0, at: 0 },
      { seconds: 2, at: 1 },
      { seconds: 5, at: 2 },
    ],
    seconds: 5,
  });
});
