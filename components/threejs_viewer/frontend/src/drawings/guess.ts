// A guess in the figure: the reader drags a mark along a row or the end of a line up and down, or
// picks a row, and what was said stays beside the answer. The answer is not here before Python has
// sent it.

import { make } from "../shared/dom";
import "./guess.css";
import { placeOf, placesIn, share, valueAt, written, zeroOf, type Axis } from "./maths/guess";
import { Drawing, type Sent } from "./shared/drawing";
import { draw, say, set, setShare } from "./shared/elements";
import { mounted } from "./shared/mount";
import { clamp } from "./shared/numbers";
import { Slide } from "./shared/slide";

const APART = 10; // pixels between two words at one height
const ROOM_BESIDE = 0.6; // of a lane: a bar that ends before it has room for words behind its end

type Point = [x: number, y: number];

interface Row {
  name: string;
  value: number | null;
  words: string;
  dots: number[];
  others: number[];
  note: string;
  hue: string;
  other_hue: string;
  points: Point[];
  part: "given" | "asked" | "later" | "come" | "option";
  right?: boolean;
}

interface Data extends Sent {
  kind: "drag" | "pick";
  axis: Axis;
  /** What a line runs across, if the mark is the end of one. */
  across: Axis | null;
  /** Where that line stops before it is told. */
  from: Point | null;
  rows: Row[];
  start: number;
  /** A number, or which of the options. */
  said: number | null;
  told: boolean;
  gap: string;
  again: boolean;
  alt: string;
}

/** Words on a lane: at a share of it, before it, about it or behind it. */
interface Words {
  element: HTMLElement;
  at: number;
  side: "before" | "about" | "behind";
}

/** Words beside the end of a line, at a share of the plot's height. */
interface Ending {
  element: HTMLElement;
  at: number;
}

class Guess extends Drawing<Data> {
  private value = this.data.start;
  private moved = false;
  private lane: HTMLElement | null = null;
  private knob: HTMLElement | null = null;
  private ownBar: HTMLElement | null = null;
  private yours: Words | null = null;
  private above: Words[] = [];
  private below: Words[] = [];
  private given: { lane: HTMLElement; end: HTMLElement; words: Words }[] = [];
  private endings: Ending[] = [];
  private ahead: SVGPolylineElement | null = null;
  private slide: Slide | null = null;

  protected override begin(): void {
    this.watch(this.part("rows"));
    this.atEnd(() => this.slide?.dispose());
  }

  protected override rebuild(before: Data): void {
    const inside = this.root.contains((this.root.getRootNode() as Document).activeElement);
    if (before.told && !this.data.told) [this.value, this.moved] = [this.data.start, false];
    this.root.classList.toggle("grows", this.data.told && !before.told);
    this.build();
    if (inside && before.told !== this.data.told)
      (this.knob ?? this.root.querySelector("button"))?.focus({ preventScroll: true });
  }

  // ------------------------------------------------------------ built once

  protected build(): void {
    const { alt, axis, across, rows, told } = this.data;
    this.slide?.dispose();
    this.slide = this.lane = this.knob = this.ownBar = this.yours = this.ahead = null;
    [this.above, this.below, this.given, this.endings] = [[], [], [], []];
    set(this.root, { "aria-label": alt });
    this.root.classList.toggle("told", told);
    this.root.classList.toggle("plotted", across !== null);
    const options = rows.filter(({ part }) => part === "option");
    const lines = rows.filter(({ points, part }) => points.length && part !== "asked");
    this.part("rows").replaceChildren(
      ...rows
        .filter((row) => !lines.includes(row))
        .map((row) => this.buildRow(row, options.indexOf(row), lines)),
    );
    const along = across ?? axis;
    this.part("ticks").replaceChildren(
      ...along.ticks.map(([value, words]) => this.placed("tick", value, words, along)),
    );
    this.part("unit").textContent = along.label;
    say(this.part("said"), this.reading());
    this.place();
  }

  private reading(): string {
    const { rows, told, gap } = this.data;
    if (!told) return "The answer waits for your guess.";
    const right = rows.find(({ part, right }) => part === "asked" || right)!;
    return [`${right.name}: ${right.words || "the answer"}`, gap].filter(Boolean).join(", ");
  }

  private placed(kind: string, value: number, words = "", axis = this.data.axis): HTMLElement {
    const element = make("span", { class: kind }, words);
    setShare(element, "--at", share(axis, value));
    return element;
  }

  private between(kind: string, one: number, other: number): HTMLElement {
    const element = this.placed(kind, Math.min(one, other));
    setShare(element, "--to", share(this.data.axis, Math.max(one, other)));
    return element;
  }

  private buildRow(row: Row, option: number, lines: Row[]): HTMLElement {
    const lane = make("div", { class: "lane" });
    const name = option < 0 ? row.name : this.buildOption(row, option);
    const end = make("div", { class: "end" });
    const line = make("div", { class: `row ${row.part}` }, make("div", { class: "name" }, name));
    line.style.setProperty("--hue", `var(--wb-${row.hue})`);
    line.style.setProperty("--other", `var(--wb-${row.other_hue})`);
    line.classList.toggle("right", row.right === true);
    line.classList.toggle("bare", option > 0 && row.value === null && option !== this.data.said);
    line.append(lane, end);
    if (row.part === "asked") this.buildAsked(row, lane, lines);
    else this.buildGiven(row, lane, end);
    if (row.part === "asked" || option === 0) end.append(...this.buttons());
    else end.append(row.note);
    return line;
  }

  private buildOption(row: Row, option: number): HTMLElement {
    const picked = option === this.data.said;
    const click = (): void => this.send("guess", option);
    return make("button", { type: "button", "aria-pressed": String(picked), click }, row.name);
  }

  /** What is known, or has come with the answer; or the word that it will. */
  private buildGiven(row: Row, lane: HTMLElement, end: HTMLElement): void {
    if (row.part === "later") lane.append(make("em", {}, "comes with the answer"));
    if (row.part === "option" && !this.data.told) lane.append(make("i", { class: "empty" }));
    this.buildBar(row, lane);
    const { axis } = this.data;
    const ends = [zeroOf(axis), row.value ?? axis.low, ...row.dots, ...row.others];
    if (!row.words) return;
    const element = make("span", { class: "words" }, row.words);
    lane.append(element);
    const words: Words = { element, at: share(axis, Math.max(...ends)), side: "behind" };
    this.given.push({ lane, end, words });
  }

  private buildBar({ value, dots, others }: Row, lane: HTMLElement): void {
    const { axis } = this.data;
    const kind = axis.log ? "bar least" : "bar"; // what is once as much is seen, too
    if (value !== null) lane.append(this.between(kind, zeroOf(axis), value));
    const all = [...dots, ...others];
    if (others.length) lane.append(this.between("joined", Math.min(...all), Math.max(...all)));
    lane.append(...others.map((dot) => this.placed("dot other", dot)));
    lane.append(...dots.map((dot) => this.placed("dot", dot)));
  }

  private buildAsked(row: Row, lane: HTMLElement, lines: Row[]): void {
    this.lane = lane;
    if (this.data.across) this.buildPlot(row, lane, lines);
    else if (this.data.told) this.buildTold(row, lane);
    else this.buildMark(row, lane);
  }

  private buildTold(row: Row, lane: HTMLElement): void {
    const { axis, said, gap } = this.data;
    const value = row.value!;
    const at = share(axis, value);
    this.buildBar(row, lane);
    const answer = make("b", { class: "answer" }, row.words);
    lane.append(answer);
    const end = share(axis, Math.max(zeroOf(axis), value, ...row.dots, ...row.others));
    const dotted = row.dots.length > 1; // behind the last dot its median would look like that dot's
    if (said === null && !dotted && end < ROOM_BESIDE) {
      answer.classList.add("beside");
      return void setShare(answer, "--at", end);
    }
    if (said === null) return void this.below.push({ element: answer, at, side: "behind" });
    const own = share(axis, said);
    const far = make("b", { class: "gap" }, gap);
    const yours = make("b", { class: "yours" }, `you said ${written(axis, said)}`);
    lane.prepend(this.between("band", said, value));
    lane.append(this.placed("ring", said), far, yours);
    this.above.push({ element: far, at: (at + own) / 2, side: "about" });
    const words: Words[] = [
      { element: answer, at, side: at < own ? "before" : "behind" },
      { element: yours, at: own, side: at < own ? "behind" : "before" },
    ];
    this.below.push(...words.toSorted((one, other) => one.at - other.at));
  }

  private buildMark(row: Row, lane: HTMLElement): void {
    const knob = this.buildKnob(row);
    const yours = make("b", { class: "yours" });
    const bar = make("i", { class: "bar own" });
    lane.append(make("i", { class: "empty" }), bar, yours, knob);
    this.ownBar = bar;
    this.yours = { element: yours, at: 0, side: "about" };
    this.above.push(this.yours);
    this.slides(knob, lane);
  }

  private buildKnob(row: Row): HTMLElement {
    const { axis } = this.data;
    const label = `Your guess, ${row.name}: ${axis.label}`;
    const knob = make("div", { class: "knob", role: "slider", tabindex: 0, "aria-label": label });
    set(knob, { "aria-valuemin": axis.low, "aria-valuemax": axis.high });
    return (this.knob = knob);
  }

  private slides(knob: HTMLElement, surface: HTMLElement): void {
    const { axis, across } = this.data;
    this.slide = new Slide(knob, surface, {
      step: 1,
      upright: across !== null,
      now: () => placeOf(axis, this.value),
      bounds: () => placesIn(axis),
      unit: () => this.unit(),
      move: (place) => this.move(valueAt(axis, place)),
      rest: (by) => {
        if (by === "hand") this.answer();
      },
    });
    knob.addEventListener("keydown", ({ key }) => {
      if (key === "Enter") this.answer();
    });
  }

  // ------------------------------------------------------------ a line in a plot

  private buildPlot(row: Row, lane: HTMLElement, lines: Row[]): void {
    const { axis } = this.data;
    const inside = make("span", { class: "lines" });
    const picture = draw(inside, "svg", { viewBox: "0 0 1 1", preserveAspectRatio: "none" });
    set(picture, { "aria-hidden": "true" });
    for (const [value, words] of axis.ticks) lane.append(this.placed("level", value, words));
    lane.append(make("span", { class: "upward" }, axis.label), inside);
    for (const line of [...lines, row]) {
      const drawn = draw(picture, "polyline", { class: "line", points: this.path(line.points) });
      drawn.style.setProperty("--hue", `var(--wb-${line.hue})`);
      drawn.classList.toggle("known", line.part === "given");
      if (line === row) continue;
      const end = line.points.at(-1)![1];
      const name = this.ending(
        lane,
        "ended",
        [line.name, line.words].filter(Boolean).join(": "),
        end,
      );
      const dot = this.placed("dot", end);
      lane.append(dot);
      for (const part of [name, dot]) part.style.setProperty("--hue", `var(--wb-${line.hue})`);
    }
    this.ahead = draw(picture, "polyline", { class: "ahead" });
    if (this.data.told) this.buildEnd(row, lane);
    else this.buildLoose(row, lane);
  }

  /** The end of the line, to be dragged. */
  private buildLoose(row: Row, lane: HTMLElement): void {
    const knob = this.buildKnob(row);
    set(knob, { "aria-orientation": "vertical" });
    lane.append(knob);
    this.yours = { element: this.ending(lane, "yours", "", this.value), at: 0, side: "about" };
    this.slides(knob, knob);
  }

  private buildEnd(row: Row, lane: HTMLElement): void {
    const { axis, said, gap } = this.data;
    lane.append(this.placed("dot", row.value!));
    this.ending(lane, "answer", `${row.name}: ${row.words}`, row.value!);
    if (said === null) return;
    this.drawAhead(said);
    lane.append(this.placed("ring", said));
    this.ending(lane, "gap", gap, (said + row.value!) / 2);
    this.ending(lane, "yours", `you said ${written(axis, said)}`, said);
  }

  /** From where the asked line stopped to the end that a reader gives it. */
  private drawAhead(value: number): void {
    const { across, from } = this.data;
    const whole: Point[] = [...(from ? [from] : []), [across!.high, value]];
    set(this.ahead!, { points: this.path(whole) });
  }

  private path(points: Point[]): string {
    const { axis, across } = this.data;
    return points.map(([x, y]) => `${share(across!, x)},${1 - share(axis, y)}`).join(" ");
  }

  private ending(lane: HTMLElement, kind: string, words: string, value: number): HTMLElement {
    const element = make("b", { class: kind }, words);
    lane.append(element);
    this.endings.push({ element, at: share(this.data.axis, value) });
    return element;
  }

  /** Pixels from one place of the mark to the next. */
  private unit(): number {
    const [low, high] = placesIn(this.data.axis);
    const { clientWidth = 0, clientHeight = 0 } = this.lane ?? {};
    return (this.data.across ? clientHeight : clientWidth) / (high - low);
  }

  private buttons(): HTMLElement[] {
    if (this.data.told) {
      const click = (): void => this.send("again", true);
      const again = { type: "button", class: "anew", click };
      return this.data.again ? [make("button", again, "Guess again")] : [];
    }
    const click = (): void => (this.moved ? this.answer() : this.send("show", true));
    return [make("button", { type: "button", class: "show", click }, "Show")];
  }

  // ------------------------------------------------------------ drawn at every move

  private move(value: number): void {
    [this.value, this.moved] = [value, true];
    this.place();
  }

  private answer(): void {
    this.send("guess", this.value);
  }

  protected override place(): void {
    if (this.knob) this.placeMark(this.knob);
    const width = this.lane?.clientWidth ?? 0;
    spread(this.above, width);
    spread(this.below, width);
    for (const given of this.given) putBehind(given);
    stack(this.endings, this.lane?.clientHeight ?? 0);
  }

  private placeMark(knob: HTMLElement): void {
    const { axis } = this.data;
    const words = written(axis, this.value);
    const at = share(axis, this.value);
    const zero = share(axis, zeroOf(axis));
    setShare(this.lane!, "--at", at);
    if (this.ownBar) {
      setShare(this.ownBar, "--at", Math.min(at, zero));
      setShare(this.ownBar, "--to", Math.max(at, zero));
    }
    if (this.ahead) this.drawAhead(this.value);
    this.root.classList.toggle("moved", this.moved);
    set(knob, { "aria-valuenow": this.value, "aria-valuetext": words });
    this.yours!.at = at;
    for (const ending of this.endings) if (ending.element === this.yours!.element) ending.at = at;
    this.yours!.element.textContent = this.moved ? `you say ${words}` : "drag to your guess";
  }
}

/** Words behind the end of a bar; where the lane has no room for them, behind the lane. */
function putBehind({
  lane,
  end,
  words,
}: {
  lane: HTMLElement;
  end: HTMLElement;
  words: Words;
}): void {
  const { element, at } = words;
  const wide = at * lane.clientWidth + APART / 2 + element.offsetWidth;
  if (wide > lane.clientWidth && !end.querySelector("button")) return void end.prepend(element);
  lane.append(element);
  spread([words], lane.clientWidth);
  // With no room there either, they stand over the bar.
  element.classList.toggle("over", element.offsetLeft < at * lane.clientWidth);
}

/** Words from left to right, none over another or over the edge. */
function spread(all: Words[], width: number): void {
  const wide = all.map(({ element }) => element.offsetWidth);
  let from = 0;
  all.forEach(({ element, at, side }, i) => {
    const after = wide.slice(i + 1).reduce((sum, one) => sum + one + APART, 0);
    const before = { before: wide[i] + APART / 2, about: wide[i] / 2, behind: -APART / 2 }[side];
    const left = clamp(at * width - before, from, Math.max(width - wide[i] - after, from));
    element.style.left = `${left}px`;
    from = left + wide[i] + APART;
  });
}

/** Words beside the ends of lines, from top to bottom, none over another. */
function stack(all: Ending[], height: number): void {
  const down = all.toSorted((one, other) => other.at - one.at);
  const tall = down.map(({ element }) => element.offsetHeight);
  let from = -APART;
  down.forEach(({ element, at }, i) => {
    const after = tall.slice(i + 1).reduce((sum, one) => sum + one, 0);
    const top = (1 - at) * height - tall[i] / 2;
    const placed = clamp(top, from, Math.max(height - tall[i] - after, from));
    element.style.top = `${placed}px`;
    from = placed + tall[i];
  });
}

export default mounted(Guess);
