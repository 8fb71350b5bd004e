// Labels that fall through checks, round after round: what fails a check that is on lies on its
// mesh, and what passes all comes into one of two trays. What a label passes comes from Python; here
// is counted who is kept.

import { make } from "../shared/dom";
import * as maths from "./maths/sieve";
import { type Spot, type Tower } from "./maths/sieve";
import type { Sent } from "./shared/drawing";
import { blank, say, set, still, tone } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { bytes, clamp, counted } from "./shared/numbers";
import "./sieve.css";

const MOVE = 500; // milliseconds, after a check was switched
const FALLS = 0.55; // of the time of a round; then it rests
const NEAR = 1.2; // of the pitch, from the hand to a mark

interface Round {
  name: string;
  /** A byte a label, base64. */
  flags: string;
  /** Of each label, if they have any: what was written, and the places that are wrong. */
  texts: [text: string, wrong: number[]][];
}

interface Data extends Sent {
  alt: string;
  rounds: Round[];
  /** The bits of a right label, and of one that is a number. */
  right: number;
  number: number;
  /** From the top. */
  checks: [name: string, bit: number][];
  /** The checks that are on at first. */
  on: number;
  seconds: number;
}

class Sieve extends MovingDrawing<Data> {
  private readonly canvas = this.part<HTMLCanvasElement>("dots");
  private rounds: Uint8Array[] = [];
  private switches: HTMLInputElement[] = [];
  private caught: HTMLElement[] = [];
  private on = this.data.on;
  /** Of the labels of the round that is shown: the chosen one, and the one under the hand. */
  private chosen = 0;
  /** The round of which it was chosen. */
  private of = -1;
  private pointed: number | null = null;
  private tower!: Tower;
  private spots: Spot[] = [];
  private frame = 0;

  protected override begin(): void {
    this.canvas.onkeydown = (event) => this.step(event);
    this.canvas.onclick = (event) => this.choose(this.markAt(event) ?? this.chosen);
    this.canvas.onpointermove = (event) => this.point(this.markAt(event));
    this.canvas.onpointerleave = () => this.point(null);
    this.part("next").onclick = () => this.choose(this.nextWrong() ?? this.chosen, "polite");
    this.coloured(this.part("sheet"));
    this.watch(this.part("tower"));
    this.atEnd(() => cancelAnimationFrame(this.frame));
  }

  protected override recolour(): void {
    this.draw();
  }

  protected override landmarks(): Landmark[] {
    return this.data.rounds.map(({ name }, i) => ({ at: i + 1, name }));
  }

  /** Under the name of the round whose labels fall. */
  protected override knob(at: number): number {
    return Math.ceil(at);
  }

  protected override letGo(): void {
    this.on = this.data.on;
    this.pointed = null;
    this.switches.forEach((box, k) => (box.checked = !!(this.on & this.data.checks[k][1])));
    this.place();
  }

  protected build(): void {
    this.of = -1;
    const { rounds, checks, alt, seconds } = this.data;
    this.on = this.data.on;
    this.rounds = rounds.map(({ flags }) => bytes(flags));
    set(this.canvas, { "aria-label": alt, "aria-valuemin": 1 });
    this.switches = checks.map(([, bit]) => this.buildSwitch(bit));
    this.caught = checks.map(() => make("span", { class: "caught" }));
    const shelves = checks.map(([name], k) =>
      make(
        "div",
        { class: "floor shelf" },
        make("label", {}, this.switches[k], name),
        this.caught[k],
        make("i", { class: "mesh" }),
      ),
    );
    this.part("shelves").replaceChildren(...shelves);
    this.place();
    const course = this.evenly(rounds.length, seconds, "smooth");
    this.playOnce(course, rounds.length, FALLS); // the first round has come to rest already
  }

  private buildSwitch(bit: number): HTMLInputElement {
    const box = make("input", { type: "checkbox" });
    box.checked = !!(this.on & bit);
    box.onchange = () => {
      const before = this.spots;
      this.on ^= bit;
      this.pointed = null;
      this.send("on", this.on);
      if (this.plays) return this.place();
      this.place();
      this.move(before);
    };
    return box;
  }

  /** The floors, as wide as there is room. */
  protected override place(): void {
    const width = this.part("tower").clientWidth;
    const { right } = this.data;
    this.tower = maths.towerOf(width, this.rounds, this.bits, this.on, right);
    const { floors, head, left, broad, height } = this.tower;
    this.part("tower").style.height = `${height}px`;
    this.root.style.setProperty("--left", `${left}px`);
    this.root.style.setProperty("--broad", `${broad}px`);
    this.root.style.setProperty("--head", `${head}px`);
    this.root.style.setProperty("--title", `${maths.TITLE}px`);
    this.root.classList.toggle("narrow", head > 0);
    this.all(".floor").forEach((floor, k) => {
      const below = k ? floors[k - 1] : 0;
      const above = below + (k === floors.length - 1 ? maths.AWAY : k && 2);
      floor.style.top = `${above}px`;
      floor.style.height = `${floors[k] - above}px`;
    });
    this.again();
  }

  // ------------------------------------------------------------ a moment

  /** The round that is shown, from 0 on. */
  private get round(): number {
    return clamp(Math.ceil(this.at) - 1, 0, this.rounds.length - 1);
  }

  private get labels(): Uint8Array {
    return this.rounds[this.round];
  }

  private get bits(): number[] {
    return this.data.checks.map(([, bit]) => bit);
  }

  /** How much of the time in which the labels fall has passed. */
  private get share(): number {
    return clamp((this.at - this.round) / FALLS, 0, 1);
  }

  protected show(at: number): string {
    this.at = at;
    const { tower, share } = this;
    cancelAnimationFrame(this.frame);
    const to = this.resting();
    const last = tower.floors.at(-2)!;
    this.spots = to.map((end, i) => {
      const gone = maths.fallen(i, share);
      return maths.onTheWay(maths.above(i, tower), end, gone, last);
    });
    if (this.of !== this.round) {
      this.of = this.round;
      this.pointed = null;
      this.chosen = this.nextWrong(-1) ?? 0;
    }
    this.tell();
    this.draw();
    return this.told();
  }

  private resting(): Spot[] {
    return maths.below(this.labels, this.bits, this.on, this.data.right, this.tower);
  }

  /** From where the labels are to where they belong now. */
  private move(from: Spot[]): void {
    if (still() || this.share < 1) return;
    const to = this.spots;
    const began = performance.now();
    const next = (): void => {
      const share = clamp((performance.now() - began) / MOVE, 0, 1);
      this.spots = to.map((spot, i) => maths.onTheWay(from[i], spot, share, Infinity));
      this.draw();
      if (share < 1) this.frame = requestAnimationFrame(next);
    };
    next();
  }

  // ------------------------------------------------------------ one of them

  private step(event: KeyboardEvent): void {
    const { columns } = this.tower;
    const last = this.labels.length - 1;
    const to = new Map([
      ["ArrowLeft", this.chosen - 1],
      ["ArrowRight", this.chosen + 1],
      ["ArrowUp", this.chosen + columns],
      ["ArrowDown", this.chosen - columns],
      ["Home", 0],
      ["End", last],
    ]).get(event.key);
    if (to === undefined) return;
    event.preventDefault();
    if (to >= 0 && to <= last) this.choose(to);
  }

  /** `live`: the canvas tells its own value, but who presses a button hears of it only so. */
  private choose(i: number, live: "polite" | "off" = "off"): void {
    this.part("pointed").ariaLive = live;
    [this.chosen, this.pointed] = [i, null];
    this.tellOne();
    this.draw();
  }

  private point(i: number | null): void {
    if (i === this.pointed) return;
    this.part("pointed").ariaLive = "off";
    this.pointed = i;
    this.tellOne();
    this.draw();
  }

  private markAt({ offsetX, offsetY }: MouseEvent): number | null {
    return maths.markAt(this.spots, offsetX, offsetY, NEAR * this.tower.pitch);
  }

  private nextWrong(after = this.chosen): number | undefined {
    return maths.nextWrong(this.labels, this.data.right, this.on, after);
  }

  // ------------------------------------------------------------ in words

  /** Of the labels that have come to rest: what lies on each mesh, and in both trays. */
  private tell(): void {
    const { labels, bits, on, share } = this;
    const { right } = this.data;
    const lies = labels.filter((_, i) => maths.fallen(i, share) === 1);
    const onMesh = (k: number, isRight: boolean): number =>
      lies.filter((f) => maths.heldBy(f, bits, on) === k && !!(f & right) === isRight).length;
    this.caught.forEach((told, k) => {
      const isOn = this.switches[k].checked;
      told.closest(".shelf")!.classList.toggle("on", isOn);
      const [wrong, ones] = [onMesh(k, false), onMesh(k, true)].map(counted);
      say(told, isOn ? `holds ${wrong} wrong, ${ones} right` : "off: lets all through");
    });
    const kept = maths.count(lies, right, on);
    say(this.part("kept"), `kept: ${counted(kept.kept - kept.wrongKept)} right`);
    say(this.part("passed"), `kept: ${counted(kept.wrongKept)} wrong`);
    const wrong = labels.filter((flags) => !(flags & right)).length;
    const { name } = this.data.rounds[this.round];
    say(this.part("written"), `Problems of up to ${name}`);
    say(this.part("of"), `${counted(labels.length)} labels, ${counted(wrong)} wrong`);
    const next = this.part<HTMLButtonElement>("next");
    next.disabled = kept.wrongKept === 0;
    say(next, next.disabled ? "No wrong one is kept" : "Next wrong one that is kept");
    this.tellOne();
  }

  private told(): string {
    const { name } = this.data.rounds[this.round];
    const { length } = this.labels;
    const begun = `Problems of up to ${name}: ${counted(length)} labels`;
    if (this.at === 0) return `${begun} wait above the checks.`;
    if (this.share < 1) return `${begun} fall through the checks.`; // the trays count along
    const { kept, wrongKept, rightThrown } = maths.count(this.labels, this.data.right, this.on);
    const on = this.data.checks.filter(([, bit]) => bit & this.on);
    const by = on.length ? names(on) : "no check";
    return (
      `${begun}. With ${by}, ${counted(kept)} are kept, ${counted(wrongKept)} of them wrong; ` +
      `of those held back, ${counted(rightThrown)} are right.`
    );
  }

  /** The one under the hand, or else the one that was chosen. */
  private tellOne(): void {
    const i = this.pointed ?? this.chosen;
    const [text, wrong] = this.data.rounds[this.round].texts[i] ?? ["", []];
    const written = Array.from(text, (c, place) => (wrong.includes(place) ? make("u", {}, c) : c));
    const verdict = this.verdict(i);
    const label = `Label ${counted(i + 1)}: ${verdict}`;
    this.part("pointed").replaceChildren(make("code", {}, ...written), make("div", {}, label));
    set(this.canvas, {
      "aria-valuemax": this.labels.length,
      "aria-valuenow": i + 1,
      "aria-valuetext": `${text} ${verdict}`.trim(),
    });
  }

  /** A label that one check holds back never comes to those below. */
  private verdict(i: number): string {
    const flags = this.labels[i];
    const { checks } = this.data;
    const failed = checks.filter(([, bit]) => !(flags & bit));
    const mesh = maths.heldBy(flags, this.bits, this.on);
    const right = flags & this.data.right ? "right" : "wrong";
    if (mesh >= 0) return `${right}, held back by ${checks[mesh][0]}.`;
    if (failed.length) return `${right}, kept; ${names(failed, "or")} would hold it back.`;
    return `${right}, kept; no check holds it back.`;
  }

  // ------------------------------------------------------------ the marks

  private draw(): void {
    const box = this.canvas.getBoundingClientRect();
    if (!box.width) return;
    const pen = blank(this.canvas, box);
    const { pitch } = this.tower;
    const { right, number } = this.data;
    const kind = (flags: number): number => (flags & right ? 0 : flags & number ? 1 : 2);
    for (const [k, shape] of [disc, cross, dash].entries()) {
      pen.fillStyle = tone(this.canvas, k ? "--wb-wrong" : "--wb-right");
      pen.strokeStyle = pen.fillStyle;
      pen.lineWidth = Math.max(1.2, pitch / 5);
      pen.beginPath();
      this.spots.forEach((spot, i) => {
        if (kind(this.labels[i]) === k) shape(pen, spot, (k ? 0.38 : 0.43) * pitch);
      });
      if (k) pen.stroke();
      else pen.fill();
    }
    this.ring(pen, this.chosen, tone(this.canvas, "--accent"));
    if (this.pointed !== null) this.ring(pen, this.pointed, tone(this.canvas, "--ink"));
  }

  private ring(pen: CanvasRenderingContext2D, i: number, colour: string): void {
    [pen.strokeStyle, pen.lineWidth] = [colour, 2];
    pen.beginPath();
    disc(pen, this.spots[i], 0.72 * this.tower.pitch);
    pen.stroke();
  }
}

function disc(pen: CanvasRenderingContext2D, [x, y]: Spot, radius: number): void {
  pen.moveTo(x + radius, y);
  pen.arc(x, y, radius, 0, 2 * Math.PI);
}

function cross(pen: CanvasRenderingContext2D, [x, y]: Spot, arm: number): void {
  for (const slope of [-1, 1]) {
    pen.moveTo(x - arm, y - slope * arm);
    pen.lineTo(x + arm, y + slope * arm);
  }
}

function dash(pen: CanvasRenderingContext2D, [x, y]: Spot, arm: number): void {
  pen.moveTo(x - arm, y);
  pen.lineTo(x + arm, y);
}

function names(checks: Data["checks"], joined: "and" | "or" = "and"): string {
  const type = joined === "and" ? "conjunction" : "disjunction";
  return new Intl.ListFormat("en-GB", { type }).format(checks.map(([name]) => name));
}

export default mounted(Sieve);
