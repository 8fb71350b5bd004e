// A thousand labels as dots, and checks that let some fall through. What a label passes comes from
// Python; here is counted who is kept.

import { make } from "../shared/dom";
import * as maths from "./maths/sieve";
import { type Grid, type Spot } from "./maths/sieve";
import { Drawing, type Sent } from "./shared/drawing";
import { blank, say, set, still, tone } from "./shared/elements";
import { mounted } from "./shared/mount";
import { bytes, clamp, counted } from "./shared/numbers";
import "./sieve.css";

const FALL = 600; // milliseconds
const EDGE = 3; // pixels around the grid, for a ring
const NARROW = 440; // pixels; below, the grid stands upright
const [WIDE_GRID, UPRIGHT] = [
  { columns: 40, largest: 14 },
  { columns: 25, largest: 13 }, // pixels from dot to dot
];

interface Data extends Sent {
  alt: string;
  /** A byte a label, base64. */
  flags: string;
  /** Of each label, if they have any: what was written, and the places that are wrong. */
  texts: [text: string, wrong: number[]][];
  /** The bit of a right label. */
  right: number;
  checks: [name: string, bit: number][];
  /** The checks that are on at first. */
  on: number;
}

class Sieve extends Drawing<Data> {
  private readonly canvas = this.part<HTMLCanvasElement>("dots");
  private labels = new Uint8Array();
  private switches: HTMLInputElement[] = [];
  /** The checks that are on; from the first on they are the reader's. */
  private on = this.data.on;
  private at = 0;
  private pointed: number | null = null;
  private grid!: Grid;
  private pitch = 0;
  private spots: Spot[] = [];
  private frame = 0;

  protected override begin(): void {
    this.canvas.onkeydown = (event) => this.step(event);
    this.canvas.onclick = (event) => this.choose(this.dotAt(event) ?? this.at);
    this.canvas.onpointermove = (event) => this.point(this.dotAt(event));
    this.canvas.onpointerleave = () => this.point(null);
    this.part("next").onclick = () => this.choose(this.nextWrong() ?? this.at, "polite");
    this.coloured(this.part("sheet"));
    this.watch(this.part("picture"));
    this.atEnd(() => cancelAnimationFrame(this.frame));
  }

  protected override rebuild(before: Data): void {
    if (this.data.on !== before.on) this.on = this.data.on;
    this.build();
  }

  protected override recolour(): void {
    this.draw();
  }

  protected build(): void {
    const { flags, right, alt, checks } = this.data;
    this.labels = bytes(flags);
    set(this.canvas, {
      "aria-label": alt,
      "aria-valuemin": 1,
      "aria-valuemax": this.labels.length,
    });
    const wrong = this.labels.filter((label) => !(label & right)).length;
    this.part("all").textContent =
      `Each check alone. ${counted(wrong)} of ${counted(this.labels.length)} labels are wrong.`;
    this.switches = checks.map(([, bit]) => this.buildSwitch(bit));
    this.part("checks").replaceChildren(
      ...checks.map(([name, bit], i) => this.buildRow(name, bit, this.switches[i])),
    );
    this.at = this.nextWrong(-1) ?? 0;
    this.place();
    this.tell();
  }

  private buildSwitch(bit: number): HTMLInputElement {
    const box = make("input", { type: "checkbox" });
    box.checked = (this.on & bit) === bit;
    box.onchange = () => this.turn(bit);
    return box;
  }

  private buildRow(name: string, bit: number, box: HTMLInputElement): HTMLElement {
    const { kept, wrongKept, rightThrown } = maths.count(this.labels, this.data.right, bit);
    return make(
      "tr",
      {},
      make("th", { scope: "row" }, make("label", {}, box, name)),
      ...[kept, wrongKept, rightThrown].map((n) => make("td", {}, counted(n))),
    );
  }

  // ------------------------------------------------------------ who falls

  private turn(bit: number): void {
    this.on ^= bit;
    this.tell();
    this.move();
  }

  private fallen(on: number): boolean[] {
    return Array.from(this.labels, (flags) => !maths.kept(flags, on));
  }

  private nextWrong(after = this.at): number | undefined {
    return maths.nextWrong(this.labels, this.data.right, this.on, after);
  }

  protected override place(): void {
    const width = this.part("picture").clientWidth;
    const { columns, largest } = width < NARROW ? UPRIGHT : WIDE_GRID;
    this.grid = maths.gridOf(this.fallen(this.every), columns);
    this.pitch = clamp(Math.floor((width - 2 * EDGE) / columns), 1, largest);
    const [wide, tall] = [columns, this.grid.tray[1]].map((n) => n * this.pitch + 2 * EDGE);
    this.canvas.style.width = `${wide}px`;
    this.canvas.style.height = `${Math.ceil(tall)}px`;
    cancelAnimationFrame(this.frame);
    this.spots = maths.spots(this.fallen(this.on), this.grid);
    this.draw();
  }

  /** All checks together. */
  private get every(): number {
    return this.data.checks.reduce((bits, [, bit]) => bits | bit, 0);
  }

  /** From where the dots are to where they belong now. */
  private move(): void {
    cancelAnimationFrame(this.frame);
    const from = this.spots;
    const to = maths.spots(this.fallen(this.on), this.grid);
    const began = performance.now();
    const next = (): void => {
      const share = still() ? 1 : clamp((performance.now() - began) / FALL, 0, 1);
      this.spots = to.map((spot, i) => maths.onTheWay(from[i], spot, share));
      this.draw();
      if (share < 1) this.frame = requestAnimationFrame(next);
    };
    next();
  }

  // ------------------------------------------------------------ one of them

  private step(event: KeyboardEvent): void {
    const { columns } = this.grid;
    const last = this.labels.length - 1;
    const to = new Map([
      ["ArrowLeft", this.at - 1],
      ["ArrowRight", this.at + 1],
      ["ArrowUp", this.at - columns],
      ["ArrowDown", this.at + columns],
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
    [this.at, this.pointed] = [i, null];
    this.tell();
    this.draw();
  }

  private point(i: number | null): void {
    if (i === this.pointed) return;
    this.part("pointed").ariaLive = "off";
    this.pointed = i;
    this.tellOne();
    this.draw();
  }

  private dotAt({ offsetX, offsetY }: MouseEvent): number | null {
    const [x, y] = [offsetX, offsetY].map((pixels) => (pixels - EDGE) / this.pitch);
    return maths.dotAt(this.spots, x, y);
  }

  // ------------------------------------------------------------ in words

  private tell(): void {
    const { kept, wrongKept, thrown, rightThrown } = maths.count(
      this.labels,
      this.data.right,
      this.on,
    );
    say(this.part("kept"), `kept: ${counted(kept)}, of them ${counted(wrongKept)} wrong`);
    const lost = `thrown away: ${counted(thrown)}, of them ${counted(rightThrown)} right`;
    say(this.part("thrown"), lost);
    this.switches.forEach((box) => box.closest("tr")!.classList.toggle("on", box.checked));
    this.part<HTMLButtonElement>("next").disabled = wrongKept === 0;
    const [text] = this.data.texts[this.at] ?? [""];
    const value = `${text} ${this.verdict(this.at)}`.trim();
    set(this.canvas, { "aria-valuenow": this.at + 1, "aria-valuetext": value });
    this.tellOne();
  }

  /** The one under the hand, or else the one that was chosen. */
  private tellOne(): void {
    const i = this.pointed ?? this.at;
    const [text, wrong] = this.data.texts[i] ?? ["", []];
    const written = Array.from(text, (c, place) => (wrong.includes(place) ? make("s", {}, c) : c));
    const label = `Label ${counted(i + 1)}: ${this.verdict(i)}`;
    this.part("pointed").replaceChildren(make("code", {}, ...written), make("div", {}, label));
  }

  private verdict(i: number): string {
    const flags = this.labels[i];
    const failed = this.data.checks.filter(([, bit]) => !(flags & bit));
    const now = failed.filter(([, bit]) => this.on & bit);
    const right = flags & this.data.right ? "right" : "wrong";
    if (now.length) return `${right}, thrown away by ${names(now)}.`;
    if (failed.length) return `${right}, kept; ${names(failed, "or")} would throw it away.`;
    return `${right}, kept; no check throws it away.`;
  }

  // ------------------------------------------------------------ the dots

  private draw(): void {
    const box = this.canvas.getBoundingClientRect();
    if (!box.width) return;
    const pen = blank(this.canvas, box);
    pen.translate(EDGE, EDGE);
    const { pitch } = this;
    const colour = (name: string): string => tone(this.canvas, name);
    this.drawTray(pen, colour("--line"));
    this.drawHoles(pen, colour("--line"));
    pen.fillStyle = colour("--wb-right-field");
    pen.beginPath();
    this.spots.forEach((spot, i) => {
      if (this.labels[i] & this.data.right) disc(pen, spot, 0.34, pitch);
    });
    pen.fill();
    [pen.strokeStyle, pen.lineWidth] = [colour("--wb-wrong"), pitch / 6];
    pen.beginPath();
    this.spots.forEach((spot, i) => {
      if (!(this.labels[i] & this.data.right)) cross(pen, spot, 0.3, pitch);
    });
    pen.stroke();
    this.ring(pen, this.at, colour("--accent"));
    if (this.pointed !== null) this.ring(pen, this.pointed, colour("--ink"));
  }

  private drawTray(pen: CanvasRenderingContext2D, colour: string): void {
    const { columns, tray } = this.grid;
    const [top, bottom] = tray.map((y) => Math.round(y * this.pitch) + 0.5);
    [pen.strokeStyle, pen.lineWidth] = [colour, 1];
    pen.strokeRect(0.5, top, columns * this.pitch - 1, bottom - top);
  }

  /** Where those stood that fell. */
  private drawHoles(pen: CanvasRenderingContext2D, colour: string): void {
    pen.fillStyle = colour;
    pen.beginPath();
    this.labels.forEach((flags, i) => {
      if (!maths.kept(flags, this.on))
        disc(pen, maths.home(i, this.grid.columns), 0.12, this.pitch);
    });
    pen.fill();
  }

  /** Around the dot, and around its hole if it has fallen. */
  private ring(pen: CanvasRenderingContext2D, i: number, colour: string): void {
    [pen.strokeStyle, pen.lineWidth] = [colour, 2];
    pen.beginPath();
    disc(pen, maths.home(i, this.grid.columns), 0.58, this.pitch);
    disc(pen, this.spots[i], 0.58, this.pitch);
    pen.stroke();
  }
}

function disc(pen: CanvasRenderingContext2D, spot: Spot, radius: number, pitch: number): void {
  const [x, y, size] = spot.map((number) => number * pitch);
  pen.moveTo(x + radius * size, y);
  pen.arc(x, y, radius * size, 0, 2 * Math.PI);
}

function cross(pen: CanvasRenderingContext2D, spot: Spot, arm: number, pitch: number): void {
  const [x, y, size] = spot.map((number) => number * pitch);
  const far = arm * size;
  for (const slope of [-1, 1]) {
    pen.moveTo(x - far, y - slope * far);
    pen.lineTo(x + far, y + slope * far);
  }
}

function names(checks: Data["checks"], joined: "and" | "or" = "and"): string {
  const type = joined === "and" ? "conjunction" : "disjunction";
  return new Intl.ListFormat("en-GB", { type }).format(checks.map(([name]) => name));
}

export default mounted(Sieve);
