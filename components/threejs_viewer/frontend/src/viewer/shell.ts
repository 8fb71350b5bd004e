// What stands on the page around the picture: prompt, views, the walk, the help. No state but what
// the reader set for good: whether the camera follows and flies, and how fast the walk plays.

import type { Scene } from "./data";
import { button, make } from "../shared/dom";
import type { Rect } from "./labels";
import type { Sight } from "./sights";
import { STYLE } from "./style";
import type { Theme } from "../shared/theme";

export interface ShellActs {
  fly: (where: Sight) => void;
  scrub: (stage: number) => void;
  step: (by: number) => void;
  play: () => void;
  shade: (shaded: boolean) => void;
  soar: () => void;
  skip: () => void;
}

const HELP: [string, string][] = [
  ["Drag", "turn; with Shift or the right button: move"],
  ["Wheel", "zoom, once the picture has been clicked (or with Ctrl)"],
  [
    "Finger",
    "sideways: turns; up and down: scrolls the page, or turns once the picture was tapped",
  ],
  ["Two fingers", "zoom and move"],
  [
    "Click, tap, Enter",
    "open a cell that is a row times a column: both come out, and what they make; a learned one shows its number",
  ],
  ["Arrows", "next cell; without a cell: move the picture"],
  ["Shift + arrows", "turn the picture"],
  ["+, −", "zoom"],
  ["Space", "play or pause the walk"],
  ["PgDn, PgUp", "next, previous stop; before the first: the whole model"],
  ["F", "fly to the kept cell's matrix, or to the whole model"],
  ["Esc", "let go of the cell, then of the stop, then of the picture; close this help"],
  ["Click on nothing", "let go of the cell, then of the stop"],
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
  private notice = make("p", { class: "notice", role: "alert", hidden: true });
  readonly help = make("div", {
    class: "help",
    role: "dialog",
    "aria-label": "Keys",
    hidden: true,
  });
  readonly place = make("div", { class: "stage" });
  /** The tokens of the text, and of which of them probabilities are drawn. */
  private corner = make("div", { class: "corner" }, this.prompt);
  readonly reads = make("p", { class: "reads", hidden: true });
  private title = make("h3", {});
  readonly text = make("p", {});
  private count = make("span", { class: "count" });
  private scrub = make("input", {
    type: "range",
    min: 0,
    value: 0,
    "aria-label": "Stage of the walk",
  });
  private ticks = make("div", { class: "ticks", "aria-hidden": "true" });
  private playing = button("", "", () => this.acts.play());
  readonly speed = make("select", { "aria-label": "Speed" });
  private follow = button("camera follows", "The camera follows the walk", () =>
    press(this.follow),
  );
  private values = button("values", "The numbers themselves on both sides", () =>
    this.acts.shade(false),
  );
  private difference = button("difference", "On the right: right less left", () =>
    this.acts.shade(true),
  );
  private shading = make(
    "span",
    { class: "shading", role: "group", "aria-label": "The right side shows", hidden: true },
    this.values,
    this.difference,
  );
  /** How to take the picture up; gone once that was done. */
  readonly hint = make(
    "p",
    { class: "wheel" },
    make("span", {}, isCoarse() ? FINGERS : "drag turns; after a click the wheel zooms"),
    make("span", { class: "narrow" }, FINGERS),
  );
  private titles = [0, 1].map(() => make("p", { class: "side", hidden: true }));
  private motion = button("motion", "Fly and animate, or cut", () => {
    this.root.classList.toggle("moves", press(this.motion));
  });
  private soaring = button("fly through", "Fly through the model", () => this.acts.soar());
  private more = button("⋯", "More", () => this.unfold(!this.unfolded));
  /** Where to look from, and how to get there: of no use to flat maps. */
  private sights = [
    button("all of it", "See the whole model", () => this.acts.fly("all")),
    button("front", "Straight from the front", () => this.acts.fly("front")),
    button("start", "Where the prompt comes in", () => this.acts.fly("start")),
    button("attention", "Attention of this layer", () => this.acts.fly("attention")),
    button("answer", "Where the answer comes out", () => this.acts.fly("answer")),
  ];
  private skipping = make(
    "div",
    { class: "flight", hidden: true },
    make("p", {}),
    button("Skip", "Skip the flight", () => this.acts.skip()),
  );
  readonly live = make("div", { class: "unseen", role: "status", "aria-live": "polite" });

  constructor(
    private acts: ShellActs,
    panel: HTMLElement,
    corners: HTMLElement[],
    /** Over the picture, or on a phone under it. */
    under: HTMLElement,
  ) {
    for (const rate of [0.5, 1, 2, 4])
      this.speed.append(
        make("option", { value: rate, ...(rate === 1 ? { selected: true } : {}) }, `${rate}×`),
      );
    this.scrub.addEventListener("input", () => {
      const at = Number(this.scrub.value);
      if (at) return this.acts.scrub(at - 1);
      this.acts.scrub(0); // from its beginning on
      this.acts.fly("all");
    });
    this.corner.append(this.reads);
    this.follow.setAttribute("aria-pressed", "true");
    const moves = !matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.motion.setAttribute("aria-pressed", String(moves));
    this.root.classList.toggle("moves", moves);
    this.soaring.classList.add("again");
    for (const one of [this.follow, this.motion]) one.classList.add("switch");
    this.more.setAttribute("aria-expanded", "false");
    this.showPlaying(false);
    this.fillHelp();
    const views = make(
      "div",
      { class: "views", role: "group", "aria-label": "Views" },
      make("span", { class: "sights" }, make("small", {}, "Look at"), ...this.sights),
      this.shading,
    );
    this.playing.classList.add("play");
    const extras = make(
      "div",
      { class: "extras" },
      make("label", {}, "speed ", this.speed),
      this.follow,
      this.motion,
      button("⇤ first stop", "First stop", () => this.acts.scrub(0)),
      button("last stop ⇥", "Last stop", () => this.acts.scrub(Infinity)),
      this.soaring,
      this.fullscreen(),
      button("keys", "Keys and mouse", () => this.toggleHelp()),
    );
    const reel = make(
      "div",
      { class: "reel", role: "group", "aria-label": "The walk" },
      this.playing,
      button("← Back", "Back: previous stop (PgUp)", () => this.acts.step(-1)),
      button("Next →", "Next stop (PgDn)", () => this.acts.step(1)),
      make("div", { class: "track" }, this.ticks, this.scrub),
      this.count,
      this.more,
      extras,
    );
    this.foldWhereLeft(reel, extras);
    this.place.append(
      this.corner, // comes first by Tab, too
      this.gl,
      this.over,
      this.tip,
      ...corners,
      ...this.titles,
      this.notice,
      this.hint,
      this.help,
    );
    (panel.querySelector(".beside") ?? panel).prepend(this.map);
    this.root.append(
      make("style", {}, STYLE),
      this.place,
      under,
      keyOfColours(),
      make("div", { class: "walk" }, this.title, this.text, this.skipping),
      reel,
      views,
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

  /** What the right side of two shows: its numbers less the left ones, or its own. */
  showShaded(on: boolean): void {
    this.values.setAttribute("aria-pressed", String(!on));
    this.difference.setAttribute("aria-pressed", String(on));
  }

  /** Whether a finger points. */
  readonly coarse = isCoarse();

  /** Cuts for flights. */
  get still(): boolean {
    return !pressed(this.motion);
  }

  get follows(): boolean {
    return pressed(this.follow);
  }

  /** `walking`: the picture shows that stage; else it shows the whole model, which comes before the
   * first, and the walk goes on from that stage: there it stands, but for one that has not begun. */
  showStage(at: number, of: number, title: string, walking: boolean): void {
    const waits = !walking && at > 0;
    const now = walking || waits ? at + 1 : 0;
    this.scrub.max = String(of);
    this.scrub.value = String(now);
    this.count.textContent = `${waits ? "paused at " : ""}${now} / ${of}`;
    this.title.textContent = walking ? title : "The whole model";
    const paused = waits ? `, the walk paused at ${now} of ${of}` : "";
    this.scrub.setAttribute("aria-valuetext", `${this.title.textContent}${paused}`);
  }

  entitle(title: string): void {
    this.title.textContent = title;
  }

  /** Whether the reader is close to some boxes, which leaves less room for words; whether that is new. */
  come(near: boolean): boolean {
    const isNew = this.root.classList.contains("inside") !== near;
    this.root.classList.toggle("inside", near);
    return isNew;
  }

  /** What stands along the slider: at which stage what begins. */
  mark(all: { at: number; text: string }[], of: number): void {
    this.ticks.replaceChildren(
      ...all.map(({ at, text }) => make("span", { style: `--at:${(at + 1) / of}` }, text)),
    );
  }

  /** So many pixels of the window are below the top of all this. */
  fill(room: number): void {
    this.root.style.setProperty("--room", `${room}px`);
  }

  /** What is seen on the flight; null: there is none. */
  showFlight(caption: string | null): void {
    this.root.classList.toggle("flying", caption !== null);
    this.skipping.hidden = caption === null;
    const p = this.skipping.querySelector("p")!;
    if (p.textContent !== caption) p.textContent = caption;
  }

  showPlaying(on: boolean): void {
    const label = `${on ? "Pause" : "Play"} the walk (Space)`;
    this.playing.textContent = on ? "Pause the walk" : "Play the walk";
    this.playing.setAttribute("aria-label", label);
    this.playing.title = label;
  }

  /** Sentences on what is wrong; three at most. */
  tell(problems: string[]): void {
    this.notice.hidden = problems.length === 0;
    const more = problems.length > 3 ? `, and ${problems.length - 3} more` : "";
    this.notice.textContent = problems.slice(0, 3).join("; ") + more;
  }

  /** Without WebGL: flat maps stand where the picture would. */
  flatten(maps: HTMLElement): void {
    const { gl, over, map, sights, motion, soaring } = this;
    sights[0]!.parentElement!.remove();
    for (const gone of [gl, over, map, motion, soaring]) gone.remove();
    this.hint.remove();
    this.place.prepend(maps);
  }

  /** The small map in the corner is as wide by its height as the plan. */
  shapeMap(wide: number, tall: number): void {
    const aspect = Math.max(0.4, Math.min(2.5, wide / tall));
    this.map.style.width = `${Math.round(110 * Math.sqrt(aspect))}px`;
    this.map.style.height = `${Math.round(110 / Math.sqrt(aspect))}px`;
  }

  repaint(theme: Theme, font: string): void {
    const { background: bg, ink, soft, line, accent, raised, negative, positive, answer } = theme;
    const colours = { bg, ink, soft, line, accent, raised, negative, positive, answer, font };
    for (const [name, value] of Object.entries(colours))
      this.root.style.setProperty(`--${name}`, value);
    // Of a dark page the eye tells fewer steps near the ground.
    this.root.style.setProperty("--grey", theme.dark ? "46%" : "36%");
    this.root.style.setProperty("--faint", theme.dark ? "42%" : "40%");
    this.root.style.colorScheme = theme.dark ? "dark" : "light";
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

  private get unfolded(): boolean {
    return this.more.getAttribute("aria-expanded") === "true";
  }

  /** What is rarely wanted of the walk and of the picture. */
  private unfold(whether: boolean): void {
    this.more.setAttribute("aria-expanded", String(whether));
  }

  /** What was unfolded goes with Escape, with what it does once, and with a pointer elsewhere. */
  private foldWhereLeft(reel: HTMLElement, extras: HTMLElement): void {
    extras.addEventListener("click", ({ target }) => {
      const does = target instanceof HTMLButtonElement && !target.classList.contains("switch");
      if (does) this.unfold(false);
    });
    this.root.addEventListener("pointerdown", ({ target }) => {
      if (!extras.contains(target as Node) && target !== this.more) this.unfold(false);
    });
    reel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.unfolded) return;
      event.stopPropagation();
      this.unfold(false);
      this.more.focus();
    });
  }

  /** What stands over the picture, in its pixels. */
  covered(): Rect[] {
    const { left, top } = this.place.getBoundingClientRect();
    const over = this.root.querySelectorAll(OVER);
    return [...over].flatMap((one) => {
      const { x, y, width, height } = one.getBoundingClientRect();
      return width ? [{ x: x - left, y: y - top, w: width, h: height }] : [];
    });
  }

  toggleHelp(show = this.help.hidden): void {
    this.help.hidden = !show;
    if (show) this.help.querySelector("button")?.focus();
    else this.focus();
  }

  private focus(options?: FocusOptions): void {
    const { over } = this;
    const maps = this.place.querySelector<HTMLElement>(".flat");
    (over.isConnected ? over : maps)?.focus(options);
  }

  /** The picture comes into sight and takes the keys. */
  face(): void {
    this.focus({ preventScroll: true });
    this.place.scrollIntoView({ block: "nearest", behavior: this.still ? "instant" : "smooth" });
  }

  /** Gives the window to the picture and all its controls; null where no part of a page may. */
  private fullscreen(): HTMLElement | null {
    if (!document.fullscreenEnabled) return null;
    const toggle = button("fullscreen", "The whole screen (Esc leaves)", () => {
      if (document.fullscreenElement) void document.exitFullscreen();
      else void this.root.requestFullscreen();
    });
    this.root.addEventListener("fullscreenchange", () => {
      toggle.setAttribute("aria-pressed", String(!!document.fullscreenElement));
    });
    return toggle;
  }
}

/** What is drawn in which manner. */
const COLOURS: [string, string, string][] = [
  ["coloured", "computed", ": below, above zero"],
  ["grey", "learned", ", the same each time"],
  ["faint", "not there yet", ", or set aside"],
  ["strands", "stream", ", token by token"],
  ["light", "being computed", ""],
];

function keyOfColours(): HTMLElement {
  const rows = COLOURS.map(([look, what, more]) =>
    make("li", { class: look }, make("b", {}, what), make("span", {}, more)),
  );
  return make("ul", { class: "key", "aria-label": "What the colours mean" }, ...rows);
}

/** Of what is laid over the picture, what has something to read. */
const OVER = ".prompt, .reads, .key li, .two button, .upcoming, .side";

const FINGERS = "drag turns, pinch zooms";

const isCoarse = (): boolean => matchMedia("(pointer: coarse)").matches;

const pressed = (b: HTMLElement): boolean => b.getAttribute("aria-pressed") === "true";

/** Press or let go; whether it is pressed now. */
function press(b: HTMLElement): boolean {
  b.setAttribute("aria-pressed", String(!pressed(b)));
  return pressed(b);
}
