// What stands on the page around the picture: prompt, views, the walk, the help. No state but whether
// a button is pressed.

import type { Scene } from "./data";
import { button, make } from "../shared/dom";
import { STYLE } from "./style";

export type Sight = "all" | "front" | "start" | "attention" | "answer";

export interface ShellActs {
  fly: (where: Sight) => void;
  go: (stage: number) => void;
  step: (by: number) => void;
  play: () => void;
  reshade: () => void;
}

const HELP: [string, string][] = [
  ["Drag", "turn; with Shift or the right button: move"],
  ["Wheel", "zoom, once the picture has been clicked (or with Ctrl)"],
  ["Finger", "scrolls the page; once the picture has been tapped, it turns"],
  ["Two fingers", "zoom and move"],
  ["Click, tap, Enter", "keep a cell: how it was made, in numbers"],
  ["Arrows", "next cell; without a cell: move the picture"],
  ["Space", "play or pause the walk"],
  ["PgDn, PgUp", "next, previous stage"],
  ["F", "fly to the kept cell's matrix, or to all"],
  ["Esc", "let go of the cell, then of the picture; close this help"],
  ["?", "this help"],
];

export class Shell {
  readonly root = make("div", {
    class: "v3",
    role: "group",
    "aria-label": "The model, every number",
  });
  readonly prompt = make("ol", { class: "prompt", "aria-label": "The prompt" });
  readonly gl = make("canvas", { class: "gl", "aria-hidden": "true" });
  readonly over = make("canvas", {
    class: "over",
    tabindex: 0,
    role: "application",
    "aria-label":
      "The model in 3D. Press ? for the keys; the list of all matrices beside it says the same in words.",
  });
  readonly map = make("canvas", { class: "map", "aria-hidden": "true" });
  readonly tip = make("div", { class: "tip", hidden: true });
  readonly notice = make("p", { class: "notice", role: "alert", hidden: true });
  readonly help = make("div", {
    class: "help",
    role: "dialog",
    "aria-label": "Keys",
    hidden: true,
  });
  readonly place = make("div", { class: "stage" });
  readonly title = make("h3", {});
  readonly text = make("p", {});
  readonly count = make("span", { class: "count" });
  readonly scrub = make("input", {
    type: "range",
    min: 0,
    value: 0,
    "aria-label": "Stage of the walk",
  });
  readonly playing = button("", "", () => this.acts.play());
  readonly speed = make("select", { "aria-label": "Speed" });
  readonly follow = button("follow", "The camera follows the walk", () => press(this.follow));
  private values = button("values", "The numbers themselves on both sides", () =>
    this.shadeBy(this.values),
  );
  /** Pressed where the right side of two shows its numbers less the left ones. */
  readonly difference = button("difference", "On the right: right less left", () =>
    this.shadeBy(this.difference),
  );
  private shading = make(
    "span",
    { class: "shading", role: "group", "aria-label": "The right side shows", hidden: true },
    this.values,
    this.difference,
  );
  private titles = [0, 1].map(() => make("p", { class: "side", hidden: true }));
  readonly motion = button("motion", "Fly and animate, or cut", () => {
    this.root.classList.toggle("moves", press(this.motion));
  });
  /** Where to look from, and how to get there: of no use to flat maps. */
  readonly sights = [
    button("all", "See the whole model", () => this.acts.fly("all")),
    button("front", "Straight from the front", () => this.acts.fly("front")),
    button("start", "Where the prompt comes in", () => this.acts.fly("start")),
    button("attention", "Attention of this layer", () => this.acts.fly("attention")),
    button("answer", "Where the answer comes out", () => this.acts.fly("answer")),
  ];
  readonly live = make("div", { class: "unseen", role: "status", "aria-live": "polite" });

  constructor(
    private acts: ShellActs,
    panel: HTMLElement,
  ) {
    for (const rate of [0.5, 1, 2, 4])
      this.speed.append(
        make("option", { value: rate, ...(rate === 1 ? { selected: true } : {}) }, `${rate}×`),
      );
    this.scrub.addEventListener("input", () => this.acts.go(Number(this.scrub.value)));
    this.follow.setAttribute("aria-pressed", "true");
    this.values.setAttribute("aria-pressed", "false");
    this.difference.setAttribute("aria-pressed", "true");
    const moves = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.motion.setAttribute("aria-pressed", String(moves));
    this.root.classList.toggle("moves", moves);
    this.showPlaying(false);
    this.fillHelp();
    const views = make(
      "div",
      { class: "views", role: "group", "aria-label": "Views" },
      ...this.sights,
      this.shading,
      this.follow,
      this.motion,
      button("?", "Keys and mouse", () => this.toggleHelp()),
    );
    const reel = make(
      "div",
      { class: "reel", role: "group", "aria-label": "The walk" },
      button("|◀", "First stage", () => this.acts.go(0)),
      button("◀", "Previous stage (PgUp)", () => this.acts.step(-1)),
      this.playing,
      button("▶|", "Next stage (PgDn)", () => this.acts.step(1)),
      this.scrub,
      this.count,
      this.speed,
    );
    this.place.append(
      this.gl,
      this.over,
      this.map,
      this.tip,
      ...this.titles,
      this.notice,
      make(
        "p",
        { class: "wheel" },
        matchMedia("(pointer: coarse)").matches
          ? "tap it, then a finger turns; two zoom"
          : "click it, then the wheel zooms",
      ),
      this.help,
    );
    this.root.append(
      make("style", {}, STYLE),
      make("div", { class: "top" }, this.prompt, views),
      this.place,
      make("div", { class: "walk" }, reel, this.title, this.text),
      panel,
      this.live,
    );
  }

  /** One column, or two with what stands in them above. */
  split(scenes: Scene[], title: string): void {
    const two = scenes.length > 1;
    this.place.classList.toggle("split", two);
    this.shading.hidden = !two;
    this.titles.forEach((p, i) => {
      p.hidden = !two;
      const text = scenes[i]?.manifest.tokens.join("") ?? "";
      p.replaceChildren(
        make("b", {}, i ? "right" : "left"),
        i && title ? ` ${title}, ` : " ",
        make("code", {}, text),
      );
    });
  }

  private shadeBy(chosen: HTMLElement): void {
    for (const b of [this.values, this.difference])
      b.setAttribute("aria-pressed", String(b === chosen));
    this.acts.reshade();
  }

  /** Cuts for flights. */
  get still(): boolean {
    return !pressed(this.motion);
  }

  showPlaying(on: boolean): void {
    const label = `${on ? "Pause" : "Play"} the walk (Space)`;
    this.playing.textContent = on ? "❚❚ Pause" : "▶ Play";
    this.playing.setAttribute("aria-label", label);
    this.playing.title = label;
  }

  private fillHelp(): void {
    this.help.append(
      make("h3", {}, "Keys and mouse"),
      make("dl", {}, ...HELP.flatMap(([key, text]) => [make("dt", {}, key), make("dd", {}, text)])),
      make(
        "p",
        {},
        button("Close", "Close the help (Esc)", () => this.toggleHelp(false)),
      ),
    );
  }

  toggleHelp(show = this.help.hidden): void {
    this.help.hidden = !show;
    if (show) this.help.querySelector("button")?.focus();
    else
      (this.over.isConnected ? this.over : this.place.querySelector<HTMLElement>(".flat"))?.focus();
  }
}

export const pressed = (b: HTMLElement): boolean => b.getAttribute("aria-pressed") === "true";

/** Press or let go; whether it is pressed now. */
function press(b: HTMLElement): boolean {
  b.setAttribute("aria-pressed", String(!pressed(b)));
  return pressed(b);
}
