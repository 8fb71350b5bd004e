// A bet on one budget of tokens: a reader draws how many problems one way to study leaves wrong,
// round by round, and then all ways advance along what they read, evaluated or studied. A point is
// a check of the runs, and nothing is drawn between two. All counts come from Python, those of the
// answer once it is told.

import { make } from "../shared/dom";
import "./bet.css";
import {
  drawn,
  eventsOf,
  fixed,
  isOver,
  momentOf,
  nRound,
  placed,
  reached,
  spent,
  spentInAll,
  stretches,
  tokensAt,
  type Box,
  type Racer,
  type Stretch,
} from "./maths/bet";
import { hatch } from "./maths/hatch";
import type { Sent } from "./shared/drawing";
import { draw, say, set, setShare } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { clamp, counted, range, tickStep } from "./shared/numbers";
import { FRAMES, type Schedule } from "./shared/schedule";
import { Slide } from "./shared/slide";
import { EITHER_WAY, steppedThrough } from "./shared/stepped";

interface Data extends Sent {
  racers: Racer[];
  n_check: number;
  n_test: number;
  /** Test problems wrong at the start; and of 100 that are checked. */
  before: number;
  start: number;
  /** Of 100: where the axis ends. */
  most: number;
  /** What an evaluated token may count, with its name. */
  kinds: number[];
  names: string[];
  counts: string;
  said: number[] | null;
  told: boolean;
  gap: string;
  again: boolean;
  alt: string;
  seconds: number;
}

const NARROW = 600; // pixels
const TOP = 26; // for a line of words
const [ROW, BAR] = [43, 17]; // a bar stands below its name
const [NAMED, LETTERS] = [11, 4]; // from a bar up to its name, and its letters' foot
const [AXIS, NUMBERS, WAYS] = [17, 19, 32]; // from the plot down to the axis, and from there on
const [FOOT, KEY] = [6, 16]; // below the bars, and on a phone to the key
const HIGH = 186; // of the plot
const NARROW_HIGH = [184, 152]; // with points in it and without
const FAINT = [-17, 17]; // words beside the arrows of a ring
const SIZES = { middle: 8, run: 3.5 };
const [APART, NARROW_APART] = [7, 5]; // from run to run
const [OVER, LINE] = [7, 17]; // a letter, and how high it stands
const LETTER = 6.2; // on the mean
const NEAR = 5; // to the end of a stretch, where the hand is held
const ROOM = 180; // for words at the first ring, and beside the start
const STEP = 8; // from one place of a word to the next
const TICKS = [0, 10, 20, 30, 40, 50];

interface Mark {
  racer: number;
  check: number;
  group: SVGGElement;
}

interface Bar {
  racer: number;
  stretch: Stretch;
  rect: SVGRectElement;
  lines: SVGPathElement | null;
  y: number;
}

class Bet extends MovingDrawing<Data> {
  private readonly plot = this.watched<SVGSVGElement>("plot");
  private readonly choices = this.all(".choice button");
  private counts = 1;
  private events: number[] = [0];
  /** What a hand has set, round by round. */
  private set: (number | null)[] = [];
  private slides: Slide[] = [];
  private knobs: SVGGElement[] = [];
  private line: SVGPathElement | null = null;
  private marks: Mark[] = [];
  private bars: Bar[] = [];
  private endings: SVGGElement[] = [];
  /** Where nothing may be written over. */
  private taken: Box[] = [];
  private verdict: SVGGElement | null = null;
  private now: SVGPathElement | null = null;
  private faint: SVGTextElement[] = [];
  private pointed: Mark | null = null;
  private width = 0;
  private readonly rail = make("div", { class: "rail" }, make("i"), make("i", { class: "grip" }));

  protected override begin(): void {
    this.layRail();
    // In one row with what plays.
    const strip = this.part("reel");
    strip.prepend(this.part("controls"));
    strip.append(this.part("choice"));
    this.choices.forEach((button, i) => (button.onclick = () => this.count(i)));
    this.part("show").onclick = () => this.answer();
    this.part("anew").onclick = () => this.send("again", true);
    this.plot.onkeydown = ({ key }) => {
      if (key === "Enter" && this.knobs.some((knob) => knob.matches(":focus"))) this.answer();
    };
    this.atEnd(() => this.slides.forEach((slide) => slide.dispose()));
  }

  /** Its slider lies on the axis, where stretches are as long as their tokens: what is seen of it, and
      what the hand takes hold of. Keys and the ear have the slider itself. */
  private layRail(): void {
    const moments = this.part("moments");
    moments.append(this.rail);
    moments.onpointerdown = (event) => {
      if (event.button !== 0) return;
      moments.setPointerCapture(event.pointerId);
      this.part("scrub").focus({ preventScroll: true });
      event.preventDefault();
      this.scrub(event.clientX);
    };
    moments.onpointermove = ({ pointerId, clientX }) => {
      if (moments.hasPointerCapture(pointerId)) this.scrub(clientX);
    };
  }

  private scrub(clientX: number): void {
    const across = clientX - this.plot.getBoundingClientRect().left - this.left;
    const tokens = clamp(across / this.span, 0, 1) * this.total;
    const end = this.events.findIndex((one) => Math.abs(this.x(one) - this.x(tokens)) <= NEAR);
    this.stopAt(end < 0 ? momentOf(this.events, tokens) : end);
  }

  protected override rebuild(before: Data): void {
    const inside = this.root.contains((this.root.getRootNode() as Document).activeElement);
    if (before.told && !this.data.told) this.set = [];
    this.build();
    if (!inside || before.told === this.data.told) return;
    const next = this.data.told ? this.part("anew") : this.knobs[0];
    next?.focus({ preventScroll: true });
  }

  protected build(): void {
    const { racers, kinds, names, counts, told, again, alt } = this.data;
    this.counts = kinds[Math.max(0, names.indexOf(counts))];
    this.pointed = null;
    if (this.set.length !== nRound(racers[0]))
      this.set = racers[0].studied.slice(1).map(() => null);
    set(this.plot, { "aria-label": alt });
    this.root.classList.toggle("waiting", !told);
    this.part("show").toggleAttribute("hidden", told);
    this.part("anew").toggleAttribute("hidden", !told || !again);
    // What an evaluated token counts is asked for once there is an answer that it moves.
    this.part("choice").toggleAttribute("hidden", !told && this.counts === 1);
    const others = namesOf(racers.slice(1));
    const headline = told
      ? `${racers[0].name}, against ${others}: what each leaves wrong, round by round.`
      : `A network studies ${racers[0].name}. Drag the rings: how many pairs of 100 are wrong after each round?`;
    say(this.part("headline"), headline[0].toUpperCase() + headline.slice(1));
    this.part("asks").toggleAttribute("hidden", told && !this.data.said);
    this.takeCounts();
    this.place();
    this.playOnce(this.course());
  }

  /** What an evaluated token counts: all is weighed anew, and stands at its end. */
  private count(i: number): void {
    this.counts = this.data.kinds[i];
    this.pointed = null;
    this.takeCounts();
    this.wait(this.course());
    this.place();
    this.send("counts", this.data.names[i]);
  }

  private takeCounts(): void {
    this.events = eventsOf(this.data.racers, this.counts);
    this.choices.forEach((button, i) =>
      set(button, { "aria-pressed": this.data.kinds[i] === this.counts }),
    );
  }

  /** Tokens go by at one speed. */
  private course(): Schedule {
    const { seconds } = this.data;
    const n = Math.ceil(FRAMES * seconds);
    const frames = range(n + 1).map((i) => ({
      seconds: (seconds * i) / (n + 1),
      at: momentOf(this.events, (this.total * i) / n),
    }));
    return { frames, seconds };
  }

  private get total(): number {
    return this.events.at(-1)!;
  }

  /** Where the racers that read least stop. */
  private get budget(): number {
    return Math.min(...this.data.racers.map((racer) => spentInAll(racer, this.counts)));
  }

  protected override landmarks(): Landmark[] {
    const [first] = this.data.racers;
    const rounds = range(nRound(first)).map((r) => ({
      at: this.events.indexOf(spent(first, r + 1, this.counts)),
      name: `round ${r + 1}`,
    }));
    if (!this.isUneven) return rounds;
    const stop = { at: this.events.indexOf(this.budget), name: "others are done" };
    return [...rounds, stop].sort((one, other) => one.at - other.at);
  }

  /** They lie on the axis, too, where the figure names them. */
  protected override markLandmarks(): void {
    super.markLandmarks();
    const all = this.landmarks();
    this.all(".landmarks span").forEach((place, i) =>
      setShare(place, "--at", this.events[all[i].at] / this.total),
    );
  }

  protected override letGo(): void {
    this.pointed = null;
  }

  // ------------------------------------------------------------ a reader's line

  private get values(): number[] {
    return this.data.said ?? drawn(this.data.start, this.set);
  }

  private answer(): void {
    if (this.data.told) return;
    if (this.set.some((value) => value !== null)) this.send("guess", this.values);
    else this.send("show", true);
  }

  private slideOf(knob: SVGGElement, k: number): Slide {
    return new Slide(knob, knob, {
      step: 1,
      upright: true,
      now: () => this.values[k],
      bounds: () => [0, this.data.most],
      unit: () => this.high / this.data.most,
      move: (value) => {
        this.set[k] = value;
        this.drawLine();
      },
    });
  }

  // ------------------------------------------------------------ where all stands

  private get narrow(): boolean {
    return this.width < NARROW;
  }

  private get high(): number {
    return this.narrow ? NARROW_HIGH[this.data.told ? 0 : 1] : HIGH;
  }

  private get apart(): number {
    return this.narrow ? NARROW_APART : APART;
  }

  private get left(): number {
    return this.narrow ? 32 : 36;
  }

  private get right(): number {
    return this.data.told ? (this.narrow ? 52 : 150) : 26;
  }

  private get span(): number {
    return this.width - this.left - this.right;
  }

  /** Whether others stop earlier, so that there is room behind their bars. */
  private get isUneven(): boolean {
    return this.budget < this.total;
  }

  /** Of plot and bars, between them. */
  private get axis(): number {
    return TOP + this.high + AXIS;
  }

  private get foot(): number {
    return this.axis + WAYS;
  }

  /** Of the last bar. */
  private get bottom(): number {
    return this.foot + ROW * this.data.racers.length;
  }

  private x(tokens: number): number {
    return this.left + (this.span * tokens) / this.total;
  }

  private y(inHundred: number): number {
    return TOP + this.high * (1 - inHundred / this.data.most);
  }

  private inHundred(wrong: number): number {
    return (100 * wrong) / this.data.n_check;
  }

  protected override place(): void {
    this.width = this.plot.clientWidth;
    if (!this.width || !this.plot.isConnected) return;
    const { racers, told } = this.data;
    const { foot, bottom, axis } = this;
    const height = bottom + FOOT + (this.hasKey ? KEY + FOOT : 0);
    this.part("moments").style.setProperty("--below", `${height - axis}px`); // it lies on the axis
    for (const { style } of [this.rail, this.part("landmarks")]) {
      style.left = `${this.left}px`;
      style.width = `${this.span}px`;
    }
    this.plot.replaceChildren();
    set(this.plot, { viewBox: `0 0 ${this.width} ${height}`, height });
    this.drawAxes(axis);
    if (this.hasKey) this.drawKey(bottom + KEY);
    if (!told) this.drawTracks(); // under all words
    this.taken = [];
    this.now = draw(this.plot, "path", { class: "now" }); // under all words
    this.bars = racers.flatMap((racer, r) => this.drawBars(racer, r, foot + ROW * r));
    this.drawGuess(); // under the points
    this.marks = told ? racers.flatMap((racer, r) => this.drawMarks(racer, r)) : [];
    this.endings = told ? racers.map((racer) => this.drawEnd(racer)) : [];
    this.drawStart();
    this.drawVerdict();
    steppedThrough(
      this.marks.map(({ group }) => group),
      EITHER_WAY,
    );
    this.again();
  }

  private text(parent: Element, words: string, x: number, y: number, kind = ""): SVGTextElement {
    const text = draw(parent, "text", { x: fixed(x), y: fixed(y), class: kind });
    text.textContent = words;
    return text;
  }

  private drawAxes(base: number): void {
    const axes = draw(this.plot, "g", { class: "axes" });
    const end = this.width - this.right;
    if (this.isUneven && this.data.told) {
      const x = this.x(this.budget);
      // No farther than the plot: below it bars end, and words go on.
      const beyond = { class: "beyond", x, y: TOP, width: end - x, height: this.high };
      draw(axes, "rect", beyond);
      draw(axes, "line", { class: "edge", x1: x, x2: x, y1: TOP, y2: TOP + this.high });
    }
    for (const value of TICKS.filter((tick) => tick <= this.data.most)) {
      const y = this.y(value);
      draw(axes, "line", { x1: this.left, x2: end, y1: y, y2: y });
      this.text(axes, String(value), this.left - 6 - SIZES.middle, y, "end");
    }
    const wrong = this.narrow ? "pairs wrong, of 100" : "validation pairs wrong, of 100";
    this.text(axes, wrong, 0, TOP - 20);
    // Its name stands at its end, in the row of the numbers.
    const free = end - LETTER * this.unit.length - 12;
    this.text(axes, this.unit, end, base + NUMBERS, "end unit");
    const step = tickStep(this.total / (this.narrow ? 4 : 8));
    for (const tokens of range(Math.floor(this.total / step) + 1).map((i) => i * step)) {
      const x = this.x(tokens);
      const said = tokens ? `${counted(tokens / 1000)}k` : "0";
      if (x + (LETTER * said.length) / 2 > free) break;
      draw(axes, "line", { class: "base", x1: x, x2: x, y1: base, y2: base + 8 });
      this.text(axes, said, x, base + NUMBERS, "middle");
    }
  }

  private get unit(): string {
    if (!this.counts) return "tokens studied →";
    if (this.counts < 1)
      return this.narrow
        ? "tokens, hatched ones a third →"
        : "tokens studied, evaluated ones as a third →";
    return this.narrow ? "tokens read →" : "tokens evaluated and studied →";
  }

  /** A phone has no room in the bars for what is hatched and what is not. */
  private get hasKey(): boolean {
    return this.narrow && this.counts > 0;
  }

  private drawKey(y: number): void {
    const [first] = this.data.racers;
    const group = draw(this.plot, "g", { class: "racer" });
    group.style.setProperty("--hue", `var(--wb-${first.hue})`);
    let x = this.left;
    for (const kind of ["evaluated", "studied"] as const) {
      const words = kind === "studied" ? kind : `${counted(first[kind].at(-1)!)} ${kind}`;
      const box = { x, y: y - 6, width: 20, height: 12 };
      draw(group, "rect", { class: kind, ...box });
      if (kind === "evaluated") {
        draw(group, "path", { class: "hatch", d: hatch(x, x + 20, y - 6, 12) });
        draw(group, "rect", { class: "frame", ...box });
      }
      this.text(group, words, x + 26, y);
      x += 26 + LETTER * words.length + 16;
    }
  }

  private drawBars(racer: Racer, r: number, top: number): Bar[] {
    const group = draw(this.plot, "g", { class: "racer" });
    group.style.setProperty("--hue", `var(--wb-${racer.hue})`);
    const y = top + ROW - BAR;
    const middle = y - NAMED;
    draw(group, "path", { class: "shape", d: shape(racer.shape, this.left + 6, middle, 6) });
    const name = this.text(group, racer.name, this.left + 18, middle + LETTERS, "name");
    const whole = spentInAll(racer, this.counts);
    const [from, to] = [this.x(0), this.x(whole)];
    draw(group, "rect", { class: "frame", x: from, y, width: to - from, height: BAR });
    const letters = racer.name.length + racer.about.length + this.besides.length + 6;
    const [end, wide] = [this.width - this.right, LETTER * letters];
    const about = this.narrow || wide > end - this.left ? racer.brief : racer.about;
    draw(name, "tspan", { class: "about" }).textContent = `: ${about}`;
    if (!r && !this.narrow) this.text(group, this.besides, end, middle + LETTERS, "sum end over");
    if (r === 1 && this.isUneven) {
      const room = this.width - to - 8;
      const each =
        LETTER * this.each.length < room ? this.each : this.each.replace("studied by ", "");
      this.text(group, each, to + 8, y + BAR / 2, "sum");
    }
    return stretches(racer, this.counts).map((stretch) => {
      const rect = draw(group, "rect", { class: stretch.kind, x: this.x(stretch.from), y });
      set(rect, { width: 0, height: BAR });
      const evaluated = stretch.kind === "evaluated";
      const lines = evaluated ? draw(group, "path", { class: "hatch", d: "" }) : null;
      const room = this.x(stretch.to) - this.x(stretch.from);
      if (!r && stretch.round === 1 && room > 60) {
        const at = this.x((stretch.from + stretch.to) / 2);
        if (evaluated) this.plate(group, at, y);
        this.text(group, stretch.kind, at, y + BAR / 2, `${stretch.kind} word middle`);
      }
      return { racer: r, stretch, rect, lines, y };
    });
  }

  /** What all of them study, said once. */
  private get each(): string {
    return `${counted(this.data.racers[0].studied.at(-1)!)} studied by each`;
  }

  /** Over the end of the first bar: what that way is evaluated on besides. */
  private get besides(): string {
    const all = this.data.racers[0].evaluated.at(-1)!;
    if (!this.isUneven) return this.each;
    const as = this.counts < 1 ? `, counted as ${counted(Math.round(this.counts * all))}` : "";
    return `${counted(all)} evaluated${as}`;
  }

  /** Words on a hatch stand on paper. */
  private plate(group: Element, x: number, y: number): void {
    draw(group, "rect", { class: "plate", x: x - 31, y: y + 2, width: 62, height: BAR - 4 });
  }

  private drawMarks(racer: Racer, r: number): Mark[] {
    return range(nRound(racer)).map((before) => {
      const check = before + 1;
      const x = this.x(spent(racer, check, this.counts));
      const group = draw(this.plot, "g", { class: "mark", role: "img" });
      group.style.setProperty("--hue", `var(--wb-${racer.hue})`);
      set(group, { "aria-label": `${racer.name}, round ${check}` });
      const put = (kind: "middle" | "run", at: number, wrong: number): void => {
        const [y, size] = [this.y(this.inHundred(wrong)), SIZES[kind]];
        draw(group, "path", { class: kind, d: shape(racer.shape, at, y, size) });
        this.keepClear(at - size, y - size, 2 * size, 2 * size);
      };
      put("middle", x, racer.middle[check]);
      const runs = racer.wrong[check];
      runs.forEach((wrong, run) =>
        put("run", x + this.apart * (run - (runs.length - 1) / 2), wrong),
      );
      const mark = { racer: r, check, group };
      group.onpointerenter = group.onfocus = () => this.point(mark);
      group.onpointerleave = group.onblur = () => this.point(null);
      return mark;
    });
  }

  private point(mark: Mark | null): void {
    this.pointed = mark;
    if (!this.plays) this.again();
  }

  private keepClear(x: number, y: number, width: number, height: number): void {
    this.taken.push({ x, y, width, height });
  }

  /** Writes at the first of these places, (x, middle of the line), where nothing else stands; or as
      near to the first as there is room, if it may stand anywhere. Is it written? */
  private write(
    parent: Element,
    words: string,
    number: string,
    places: readonly [number, number][],
    anywhere = true,
  ): boolean {
    const width = OVER * words.length + 1.4 * OVER * number.length;
    const floor = TOP + this.high;
    const [x, y] = places[0];
    const far = (place: readonly [number, number]): number =>
      Math.hypot(place[0] - x, place[1] - y);
    const columns = range(Math.ceil((this.width - this.left) / STEP));
    const others = columns
      .flatMap((column) =>
        range(Math.floor(this.high / STEP)).map((row): [number, number] => [
          this.left + STEP * column,
          TOP + STEP * row,
        ]),
      )
      .sort((one, other) => far(one) - far(other));
    const box = placed(
      [...places, ...(anywhere ? others : [])]
        .map((place) => ({ x: place[0], y: place[1] - LINE / 2, width, height: LINE }))
        .filter((box) => box.x >= this.left && box.x + width <= this.width)
        .filter((box) => box.y >= TOP - 4 && box.y + LINE <= floor + 4),
      this.taken,
    );
    if (!box || (!anywhere && isOver(box, this.taken))) return false;
    this.taken.push(box);
    const text = this.text(parent, words, box.x, box.y + LINE / 2, "name");
    if (number) draw(text, "tspan", { class: "number" }).textContent = number;
    return true;
  }

  /** What is wrong at the last check, beside its points: with its name, where that has room. */
  private drawEnd(racer: Racer): SVGGElement {
    const group = draw(this.plot, "g", { class: "ending" });
    group.style.setProperty("--hue", `var(--wb-${racer.hue})`);
    const wrong = this.inHundred(racer.middle.at(-1)!);
    const [x, y] = [this.x(spentInAll(racer, this.counts)), this.y(wrong)];
    const [words, number] = [`${racer.name} `, String(Math.round(wrong))];
    const beside = x + 3 * this.apart;
    const before = this.width - OVER * (words.length + 2 * number.length);
    const places = [0, -12, 12, -24, 24, -34].map((down): [number, number] => [
      Math.min(beside, before),
      y + down,
    ]);
    if (!this.write(group, words, number, places, false))
      this.write(group, "", number, [[beside, y], ...places]);
    return group;
  }

  private drawStart(): void {
    const group = draw(this.plot, "g", { class: "start" });
    const [x, y] = [this.x(0), this.y(this.data.start)];
    draw(group, "circle", { cx: x, cy: y, r: SIZES.middle - 1 });
    const places = [-20, 20, -32, 32].map((down): [number, number] => [x + 8, y + down]);
    const words = `start: ${Math.round(this.data.start)}${this.narrow ? "" : " of 100"}`;
    this.write(group, words, "", places);
  }

  /** How far the end is from a reader's line. */
  private drawVerdict(): void {
    const { told, said, racers, gap } = this.data;
    if (!told || !said || !gap) return;
    const x = this.x(spentInAll(racers[0], this.counts));
    const [from, to] = [said.at(-1)!, this.inHundred(racers[0].middle.at(-1)!)].map((v) =>
      this.y(v),
    );
    this.verdict = draw(this.plot, "g", { class: "gap" });
    draw(this.verdict, "line", { x1: x, x2: x, y1: from, y2: to });
    const at = Math.min(x + 14, this.width) - OVER * gap.length;
    const rows = [
      from - 22,
      from + 22,
      from - 38,
      from + 38,
      to + 28,
      to - 28,
      from - 54,
      from + 54,
    ];
    this.write(
      this.verdict,
      gap,
      "",
      rows.map((y): [number, number] => [at, y]),
    );
  }

  private drawGuess(): void {
    const { told, said, racers, most } = this.data;
    for (const slide of this.slides) slide.dispose();
    [this.slides, this.knobs, this.line, this.verdict] = [[], [], null, null];
    if (told && !said) return;
    this.faint = [];
    if (!told) this.nameTracks();
    this.line = draw(this.plot, "path", { class: "guessed" });
    this.knobs = range(nRound(racers[0])).map((k) => {
      const knob = draw(this.plot, "g", { class: told ? "ring" : "knob" });
      if (!told) {
        draw(knob, "circle", { class: "hold", r: 22 });
        if (!k && !this.faint.length) this.text(knob, "drag", 14, -13, "hint");
        draw(knob, "path", { class: "hint", d: "M-5 -14l5 -5l5 5M-5 14l5 5l5 -5" });
        const label = `Your guess: wrong of 100 after round ${k + 1} of ${racers[0].name}`;
        set(knob, { role: "slider", tabindex: 0, "aria-label": label });
        set(knob, { "aria-orientation": "vertical", "aria-valuemin": 0, "aria-valuemax": most });
        this.slides.push(this.slideOf(knob, k));
      }
      draw(knob, "circle", { class: "rim", r: told ? 10 : 8 });
      return knob;
    });
    this.drawLine();
  }

  /** Where rings can be dragged, down to the axis of tokens. */
  private drawTracks(): void {
    const [first] = this.data.racers;
    range(nRound(first)).forEach((k) => {
      const x = this.x(spent(first, k + 1, this.counts));
      const ends = { y1: this.y(this.data.most), y2: this.axis };
      draw(this.plot, "line", { class: "track", x1: x, x2: x, ...ends });
    });
  }

  /** A round lies between two tracks. */
  private nameTracks(): void {
    const [first] = this.data.racers;
    const ends = range(nRound(first) + 1).map((k) => this.x(spent(first, k, this.counts)));
    ends.slice(1).forEach((end, k) => {
      this.text(this.plot, `round ${k + 1}`, (ends[k] + end) / 2, this.y(0) - 10, "middle");
    });
    if (ends[1] - this.left < ROOM) return;
    this.faint = ["more wrong", "fewer wrong"].map((words) =>
      this.text(this.plot, words, ends[1] + 11, 0, "faint"),
    );
  }

  private drawLine(): void {
    const { racers, told, said, start } = this.data;
    const moved = this.set.some((value) => value !== null);
    // Untouched they lie where the start does, not at the whole number beside it.
    const values = said || moved ? this.values : this.values.map(() => start);
    const points = [start, ...values].map((value, check) => [
      this.x(spent(racers[0], check, this.counts)),
      this.y(value),
    ]);
    const d = points.map(([x, y]) => `${fixed(x)} ${fixed(y)}`).join("L");
    if (this.line) set(this.line, { d: `M${d}` });
    this.faint.forEach((words, i) => set(words, { y: fixed(points[1][1] + FAINT[i]) }));
    if (told) {
      points.slice(1).forEach(([x, y], k) => {
        const [fromX, fromY] = points[k];
        const n = Math.ceil((x - fromX) / 6);
        for (const i of range(n + 1)) {
          const [across, down] = [(i * (x - fromX)) / n, (i * (y - fromY)) / n];
          this.keepClear(fromX + across - 2, fromY + down - 2, 4, 4);
        }
        this.keepClear(x - 11, y - 11, 22, 22);
      });
    }
    this.knobs.forEach((knob, k) => {
      const [x, y] = points[k + 1];
      set(knob, { transform: `translate(${fixed(x)} ${fixed(y)})` });
      if (told) return;
      const value = this.values[k];
      set(knob, { "aria-valuenow": value, "aria-valuetext": `${value} of 100` });
    });
    this.root.classList.toggle("moved", moved && !told);
    const name = racers[0].name;
    const whose = this.narrow ? "" : `that ${name} leave `;
    const asks = moved ? `You say ${whose}${this.values.at(-1)!} of 100${whose && " wrong"}.` : "";
    say(this.part("asks"), said && told ? `You drew ${said.at(-1)!} of 100 at the end.` : asks);
  }

  // ------------------------------------------------------------ drawn at every moment

  protected show(at: number): string {
    const { racers } = this.data;
    const tokens = tokensAt(this.events, at);
    this.pointAt(this.x(tokens));
    setShare(this.rail, "--read", tokens / this.total);
    this.now?.classList.toggle("ahead", tokens === this.total);
    for (const bar of this.bars) this.fill(bar, tokens);
    const checks = racers.map((racer) => reached(racer, this.counts, tokens));
    const shown = this.plays ? null : this.pointed;
    for (const mark of this.marks) {
      mark.group.classList.toggle("ahead", mark.check > checks[mark.racer]);
      mark.group.classList.toggle("aside", shown !== null && shown !== mark);
    }
    this.endings.forEach((end, r) => end.classList.toggle("ahead", checks[r] < nRound(racers[r])));
    this.verdict?.classList.toggle("ahead", checks[0] < nRound(racers[0]));
    if (shown) return this.toldOfOne(shown);
    return this.told(Math.round(tokens), checks);
  }

  /** A line from the top of the plot to the last bar, under all words. */
  private pointAt(x: number): void {
    if (this.now) set(this.now, { d: `M${fixed(x)} ${TOP}V${this.bottom}` });
  }

  private fill({ stretch, rect, lines, y }: Bar, tokens: number): void {
    const [from, to] = [this.x(stretch.from), this.x(Math.min(stretch.to, tokens))];
    const wide = Math.max(0, to - from);
    set(rect, { width: fixed(wide) });
    if (lines) set(lines, { d: wide ? hatch(from, to, y, BAR) : "" });
  }

  private told(tokens: number, checks: number[]): string {
    const { racers, told, n_test, before } = this.data;
    if (!tokens) return "Nothing has been read: all start from the same network.";
    if (!told) return this.toldOfReading(tokens);
    if (checks.every((check, r) => check === nRound(racers[r]))) {
      const left = racers.map(({ name, after }) => `${name} ${counted(after!)}`).join(", ");
      const start = `${counted(before)} at the start`;
      return `Test pairs wrong, of ${counted(n_test)}: ${start}; at the end ${left}.`;
    }
    const each = racers.map(({ name, middle }, r) =>
      checks[r]
        ? `${name} ${Math.round(this.inHundred(middle[checks[r]]))} (round ${checks[r]})`
        : `${name} not checked yet`,
    );
    return `After ${counted(tokens)} tokens, wrong of 100: ${each.join("; ")}.`;
  }

  /** Before the answer: what the first of them does, and in the end what that takes. */
  private toldOfReading(tokens: number): string {
    const [first] = this.data.racers;
    if (tokens >= this.total)
      return `All have studied equally many tokens. To find ${first.name}, the network was also evaluated.`;
    const { kind, round } = stretches(first, this.counts).find(({ to }) => tokens < to)!;
    return kind === "evaluated"
      ? `Round ${round}: the network is evaluated, to find ${first.name}.`
      : `Round ${round}: the network is trained on ${first.name}.`;
  }

  private toldOfOne({ racer, check }: Mark): string {
    const { racers, n_check } = this.data;
    const { name, wrong, middle, evaluated, studied } = racers[racer];
    const runs = wrong[check].map(counted).join(", ");
    const read = evaluated[check]
      ? `${counted(evaluated[check])} tokens evaluated, ${counted(studied[check])} studied`
      : `${counted(studied[check])} tokens studied`;
    const of = `${counted(middle[check])} of ${counted(n_check)} validation pairs wrong`;
    return `${name}, round ${check}: ${of}, the median of ${runs}; ${read}.`;
  }
}

const namesOf = (racers: readonly Racer[]): string => racers.map(({ name }) => name).join(" and ");

/** The path of a sign about (x, y). */
function shape(kind: string, x: number, y: number, size: number): string {
  const at = (across: number, down: number): string => `${fixed(x + across)} ${fixed(y + down)}`;
  if (kind === "square") {
    const half = 0.88 * size;
    return `M${at(-half, -half)}L${at(half, -half)}L${at(half, half)}L${at(-half, half)}Z`;
  }
  if (kind === "diamond") {
    const half = 1.25 * size;
    return `M${at(0, -half)}L${at(half, 0)}L${at(0, half)}L${at(-half, 0)}Z`;
  }
  const arc = `a${fixed(size)} ${fixed(size)} 0 1 0`;
  return `M${at(-size, 0)}${arc} ${fixed(2 * size)} 0${arc} ${fixed(-2 * size)} 0Z`;
}

export default mounted(Bet);
