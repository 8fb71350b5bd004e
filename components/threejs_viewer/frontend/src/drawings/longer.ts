// One problem that grows digit by digit, and how far four networks come with it: two switches pick
// the one whose text is shown. Nothing is computed here: all readings come from Python.

import { make } from "../shared/dom";
import "./longer.css";
import type { Sent } from "./shared/drawing";
import { set, setShare } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { counted } from "./shared/numbers";

interface Problem {
  a: number;
  b: number;
  digits: [number, number];
  /** As it should be. */
  text: string;
  /** The first token that a network writes, and that of the answer. */
  begins: number;
  answer: number;
}

interface Network {
  counts: 0 | 1;
  limit: 0 | 1;
  /** Of each problem the slot of the first wrong token, -1 for none, and that token. */
  written: [number, string][];
  /** By digits of both numbers: wrong ones, and of how many. */
  counted: Record<string, [number, number]>;
}

interface Data extends Sent {
  problems: Problem[];
  networks: Network[];
  alt: string;
  seconds: number;
}

interface Panel {
  box: HTMLElement;
  rows: HTMLElement[];
}

const COUNTS = ["one count", "two counts"];
const LIMITS = ["no limit", "a limit"];

const named = ({ counts, limit }: Network): string => `${COUNTS[counts]}, ${LIMITS[limit]}`;

class Longer extends MovingDrawing<Data> {
  private readonly switches = this.all(".choice button");
  private panels: Panel[] = [];
  /** Counts and limit of the network whose text is shown. */
  private chosen: Record<"counts" | "limit", number> = { counts: 1, limit: 1 };

  protected override begin(): void {
    for (const button of this.switches)
      button.onclick = () => {
        for (const [axis, value] of Object.entries(button.dataset))
          this.chosen[axis as "counts" | "limit"] = Number(value);
        this.again();
      };
  }

  protected build(): void {
    const { problems, networks, alt, seconds } = this.data;
    const frame = this.part("panels");
    set(frame, { role: "group", "aria-label": alt });
    const longest = Math.max(...problems.map(({ text }) => text.length));
    this.panels = networks.map((network) => this.buildPanel(network, longest));
    frame.replaceChildren(...this.panels.map(({ box }) => box));
    this.part("sizer").textContent = problems.reduce(
      (most, { text }) => (text.length > most.length ? text : most),
      "",
    );
    this.part("reel").hidden = problems.length < 2;
    this.playOnce(this.evenly(problems.length - 1, problems.length < 2 ? 0 : seconds));
  }

  /** Each problem but the first, by the digits of its longer number. */
  protected override landmarks(): Landmark[] {
    return this.data.problems.map(({ digits }, at) => ({
      at,
      name: `${Math.max(...digits)} digits`,
    }));
  }

  protected override letGo(): void {
    this.chosen = { counts: 1, limit: 1 };
  }

  private buildPanel(network: Network, longest: number): Panel {
    const { problems } = this.data;
    const rows = problems.map(({ digits: [p, q], text, begins }, n) => {
      const [slot] = network.written[n];
      const done = slot < 0 ? text.length : slot;
      const [typed, right] = ["typed", "done"].map((name) => make("i", { class: name }));
      const bar = make("div", { class: "bar" }, typed, right);
      setShare(bar, "--long", text.length / longest);
      setShare(bar, "--typed", begins / text.length);
      setShare(bar, "--done", done / text.length);
      if (slot >= 0) bar.append(make("i", { class: "miss" }));
      const fate = slot < 0 ? "✓" : "✗";
      const word = slot < 0 ? "right" : `token ${slot - begins + 1}`;
      const of = p === q ? network.counted[String(p)] : undefined;
      return make(
        "div",
        { class: slot < 0 ? "line right" : "line wrong" },
        make("b", {}, p === q ? String(p) : `${p}×${q}`),
        bar,
        make("span", { class: "fate" }, fate, make("em", {}, ` ${word}`)),
        make("span", { class: "n" }, of ? counted(of[0]) : ""),
      );
    });
    const n = Object.values(network.counted).at(-1)?.[1];
    const of = n ? `wrong of ${counted(n)}` : "";
    const box = make(
      "section",
      { class: "panel" },
      make("div", { class: "title" }, named(network), make("span", {}, of)),
      ...rows,
    );
    return { box, rows };
  }

  protected show(at: number): string {
    const { networks, problems } = this.data;
    this.root.classList.toggle("plays", this.plays);
    for (const button of this.switches) {
      const own = Object.entries(button.dataset);
      const pressed = own.every(([axis, n]) => this.chosen[axis as "counts"] === Number(n));
      set(button, { "aria-pressed": pressed });
    }
    const shown = networks.findIndex(
      ({ counts, limit }) => counts === this.chosen.counts && limit === this.chosen.limit,
    );
    this.panels.forEach(({ box, rows }, n) => {
      box.classList.toggle("chosen", n === shown);
      rows.forEach((row, i) => {
        row.classList.toggle("now", i === at);
        row.classList.toggle("later", i > at);
      });
    });
    this.write(networks[shown], problems[at], networks[shown].written[at]);
    return this.told(at);
  }

  /** The text up to the first wrong token, which is marked; then how it should go on. */
  private write(network: Network, problem: Problem, [slot, token]: [number, string]): void {
    const { text, begins, answer } = problem;
    const end = slot < 0 ? text.length : slot;
    const part = (name: string, from: number, to: number): HTMLElement =>
      make("span", { class: name }, text.slice(from, Math.max(from, to)));
    const parts = [
      part("operand", 0, begins),
      part("working", begins, Math.min(end, answer)),
      part("answer", answer, end),
    ];
    if (slot >= 0)
      parts.push(make("b", { class: "bad" }, token), part("unreached", slot + 1, text.length));
    this.part("shown").replaceChildren(...parts);
    const fate =
      slot < 0
        ? `right in all ${text.length - begins} tokens`
        : `writes ${token} where ${text[slot]} belongs`;
    this.part("what").textContent = `${named(network)}: ${fate}`;
  }

  private told(at: number): string {
    const { problems, networks } = this.data;
    const { a, b, text, begins } = problems[at];
    const fates = networks.map((network) => {
      const [slot] = network.written[at];
      return `${named(network)} ${slot < 0 ? "right" : `wrong at token ${slot - begins + 1}`}`;
    });
    return `${a} × ${b}, ${text.length - begins} tokens to write: ${fates.join("; ")}.`;
  }
}

export default mounted(Longer);
