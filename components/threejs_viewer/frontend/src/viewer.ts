// Joins the parts: mount(element) -> update(payload), dispose(). Knows nothing of Streamlit.

import { Clock } from "./bench";
import { FRONT, SLANT, View } from "./camera";
import {
  difference,
  indexOf,
  openScene,
  placeOf,
  read,
  say,
  type Manifest,
  type Scene,
} from "./data";
import { button, make } from "./dom";
import { Flat } from "./flat";
import { explain, type Explanation } from "./formula";
import { boundsOf, cellPlace, heightOf, plan, type Bounds, type Box, type Plan } from "./layout";
import { drawMap, drawOverlay, mapping, type Arc, type Shown } from "./overlay";
import { Panel, places, type Edit } from "./panel";
import { cellAt, pick, type Cell } from "./pick";
import { Picture } from "./render";
import { STYLE } from "./style";
import { themeOf, type Theme } from "./theme";
import { stageOf, stagesOf, type Stage } from "./walk";

export interface Payload {
  manifest: Manifest;
  weights: Uint16Array;
  activations: Uint16Array;
  edits: Edit[];
}

export interface ViewerEvents {
  pin: (name: string, index: number[]) => void;
  edit: (edit: Edit) => void;
}

export interface Options {
  theme?: Parameters<typeof themeOf>[0];
  font?: string;
  flat?: boolean;
  bench?: boolean;
}

const STEP_MS = 4200;
const HELP: [string, string][] = [
  ["Drag", "turn; with Shift or the right button: move"],
  ["Wheel, pinch", "zoom, once the picture has been clicked (or with Ctrl)"],
  ["Click, Enter", "keep a cell: how it was made, in numbers"],
  ["Arrows", "next cell; without a cell: move the picture"],
  ["Space", "play or pause the walk"],
  ["PgDn, PgUp", "next, previous stage"],
  ["F", "fly to the kept cell's matrix, or to all"],
  ["Esc", "let go of the cell; close this help"],
  ["?", "this help"],
];

export class Viewer {
  readonly clock = new Clock();
  /** What is shown: the numbers themselves, or what changed since those before. */
  scene: Scene | null = null;
  private real: Scene | null = null;
  private previous: Scene | null = null;
  plan: Plan | null = null;
  stages: Stage[] = [];
  stage = 0;
  pinned: Cell | null = null;
  hovered: Cell | null = null;
  readonly view = new View();
  private picture: Picture | null = null;
  private flat: Flat | null = null;
  private panel: Panel;
  private theme: Theme;
  private why: Explanation | null = null;
  private glow: Set<string> | null = null;
  private timer = 0;
  private waiting = 0;
  private walked = false;
  private edits: Edit[] = [];
  private watch: ResizeObserver;
  private lost = false;
  private still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  private pointers = new Map<number, { x: number; y: number }>();
  private moved = 0;

  private root = make("div", {
    class: "v3",
    role: "group",
    "aria-label": "The model, every number",
  });
  private prompt = make("ol", { class: "prompt", "aria-label": "The prompt" });
  private gl = make("canvas", { class: "gl", "aria-hidden": "true" });
  private over = make("canvas", {
    class: "over",
    tabindex: 0,
    role: "application",
    "aria-label":
      "The model in 3D. Press ? for the keys; the list of all matrices beside it says the same in words.",
  });
  private map = make("canvas", { class: "map", "aria-hidden": "true" });
  private tip = make("div", { class: "tip", hidden: true });
  private notice = make("p", { class: "notice", role: "alert", hidden: true });
  private help = make("div", { class: "help", role: "dialog", "aria-label": "Keys", hidden: true });
  private place = make("div", { class: "stage" });
  private title = make("h3", {});
  private text = make("p", {});
  private count = make("span", { class: "count" });
  private scrub = make("input", {
    type: "range",
    min: 0,
    value: 0,
    "aria-label": "Stage of the walk",
  });
  private playing = button("▶ Play", "Play the walk (Space)", () => this.play());
  private speed = make("select", { "aria-label": "Speed" });
  private follow = button("follow", "The camera follows the walk", () => this.press(this.follow));
  private compare = button(
    "what changed",
    "What changed: every number less what it was before",
    () => {
      this.press(this.compare);
      this.swap();
    },
  );
  private motion = button("motion", "Fly and animate, or cut", () => {
    this.still = this.press(this.motion) === false;
    this.root.classList.toggle("moves", !this.still);
  });
  private live = make("div", { class: "unseen", role: "status", "aria-live": "polite" });

  constructor(
    private host: HTMLElement,
    private events: ViewerEvents,
    private options: Options = {},
  ) {
    this.theme = themeOf(options.theme);
    this.panel = new Panel({
      choose: (name) => this.choose(name),
      pin: (cell) => this.pin(cell),
      glow: (names) => this.light(names),
      edit: (edit) => this.events.edit(edit),
      show: (name, token) => this.point(name, token),
    });
    for (const rate of [0.5, 1, 2, 4])
      this.speed.append(
        make("option", { value: rate, ...(rate === 1 ? { selected: true } : {}) }, `${rate}×`),
      );
    this.scrub.addEventListener("input", () => (this.pause(), this.go(Number(this.scrub.value))));
    this.follow.setAttribute("aria-pressed", "true");
    this.compare.setAttribute("aria-pressed", "false");
    this.compare.hidden = true;
    this.motion.setAttribute("aria-pressed", String(!this.still));
    this.root.classList.toggle("moves", !this.still);
    this.fillHelp();
    const views = make(
      "div",
      { class: "views", role: "group", "aria-label": "Views" },
      button("all", "See the whole model", () => this.fly("all")),
      button("front", "Straight from the front", () => this.fly("front")),
      button("start", "Where the prompt comes in", () => this.fly("start")),
      button("attention", "Attention of this layer", () => this.fly("attention")),
      button("answer", "Where the answer comes out", () => this.fly("answer")),
      this.compare,
      this.follow,
      this.motion,
      button("?", "Keys and mouse", () => this.toggleHelp()),
    );
    const reel = make(
      "div",
      { class: "reel", role: "group", "aria-label": "The walk" },
      button("|◀", "First stage", () => (this.pause(), this.go(0))),
      button("◀", "Previous stage (PgUp)", () => this.step(-1)),
      this.playing,
      button("▶|", "Next stage (PgDn)", () => this.step(1)),
      this.scrub,
      this.count,
      this.speed,
    );
    this.place.append(
      this.gl,
      this.over,
      this.map,
      this.tip,
      this.notice,
      make("p", { class: "wheel" }, "click it, then the wheel zooms"),
      this.help,
    );
    this.root.append(
      make("style", {}, STYLE),
      make("div", { class: "top" }, this.prompt, views),
      this.place,
      make("div", { class: "walk" }, reel, this.title, this.text),
      this.panel.root,
      this.live,
    );
    this.host.replaceChildren(this.root);
    this.listen();
    this.repaint();
    this.watch = new ResizeObserver(() => this.resize());
    this.watch.observe(this.place);
    this.start();
  }

  // ------------------------------------------------------------ what draws

  private start(): void {
    if (!this.options.flat) {
      try {
        const probe = document.createElement("canvas").getContext("webgl2");
        if (probe) {
          probe.getExtension("WEBGL_lose_context")?.loseContext();
          this.picture = new Picture(this.gl);
        }
      } catch {
        this.picture = null;
      }
    }
    if (!this.picture) this.flatten();
    this.picture?.paint(this.theme);
    this.resize();
  }

  private flatten(): void {
    this.flat = new Flat({ hover: (cell) => this.hover(cell), pin: (cell) => this.pin(cell) });
    for (const canvas of [this.gl, this.over, this.map]) canvas.remove();
    this.place.querySelector(".wheel")?.remove();
    this.place.prepend(this.flat.root);
  }

  get drawsWith(): "webgl2" | "canvas" {
    return this.picture ? "webgl2" : "canvas";
  }

  retheme(theme: Options["theme"], font?: string): void {
    const next = themeOf(theme);
    if (font) this.options.font = font;
    if (JSON.stringify(next) === JSON.stringify(this.theme)) return;
    this.theme = next;
    this.repaint();
    this.picture?.paint(next);
    this.panel.repaint(next);
    if (this.scene && this.plan) {
      this.flat?.load(this.scene, this.plan, next);
      this.focus(this.hovered ?? this.pinned);
    }
    this.request();
  }

  private repaint(): void {
    const { background, ink, soft, line, accent, raised } = this.theme;
    const set = (name: string, value: string): void => this.root.style.setProperty(name, value);
    set("--bg", background);
    set("--ink", ink);
    set("--soft", soft);
    set("--line", line);
    set("--accent", accent);
    set("--raised", raised);
    set("--font", this.font);
    this.root.style.colorScheme = this.theme.dark ? "dark" : "light";
  }

  private get font(): string {
    return this.options.font ?? `"Source Sans", "Source Sans 3", system-ui, sans-serif`;
  }

  // ------------------------------------------------------------ new numbers

  update(payload: Payload): void {
    const began = performance.now();
    const old = this.real;
    const before = old?.manifest;
    const { manifest } = payload;
    this.edits = payload.edits;
    const scene = openScene(manifest, { weight: payload.weights, activation: payload.activations });
    const sameShape = !!before && shapeOf(before) === shapeOf(manifest);
    const weights =
      before?.weights_digest !== manifest.weights_digest ||
      old?.halves.weight.length !== payload.weights.length;
    const comparable = sameShape && old!.halves.weight.length === payload.weights.length;
    this.previous =
      comparable && before.activations_digest !== manifest.activations_digest
        ? old
        : comparable
          ? this.previous
          : null;
    this.real = scene;
    this.compare.hidden = !this.previous;
    if (this.previous)
      this.compare.title = `What changed: every number less what it was for ${this.previous.manifest.tokens.join("")}`;
    else this.compare.setAttribute("aria-pressed", "false");
    const comparing = this.comparing;
    const pinned = this.pinned;
    this.scene = comparing ? difference(scene, this.previous!) : scene;
    const next = plan(this.scene);
    const first = !this.plan;
    this.plan = next;
    this.picture?.load(this.scene, next, {
      weights: weights || comparing,
      activations: true,
      plan: !sameShape,
    });
    this.flat?.load(this.scene, next, this.theme);
    this.panel.load(this.scene, this.theme, this.comparing);
    const { left, right, top, bottom } = next.bounds;
    const aspect = Math.max(0.4, Math.min(2.5, (right - left) / (top - bottom)));
    this.map.style.width = `${Math.round(110 * Math.sqrt(aspect))}px`;
    this.map.style.height = `${Math.round(110 / Math.sqrt(aspect))}px`;
    this.stages = stagesOf(scene); // told of the numbers themselves
    this.scrub.max = String(Math.max(0, this.stages.length - 1));
    this.hovered = null;
    this.pinned = null;
    if (pinned) {
      const tensor = this.scene.byName.get(pinned.box.tensor.name);
      const same = tensor && this.find(tensor.name, placeOf(pinned.box.tensor, pinned.index));
      if (same) this.pinned = same;
    }
    this.tell(scene.problems);
    this.go(first ? 0 : Math.min(this.stage, this.stages.length - 1), !first);
    this.focus(this.pinned);
    if (first) this.fly("start", true);
    this.request();
    this.clock.note("update", performance.now() - began);
  }

  private get comparing(): boolean {
    return !!this.previous && this.compare.getAttribute("aria-pressed") === "true";
  }

  /** Between the numbers and what changed: same boxes, other numbers. */
  private swap(): void {
    const { real, previous } = this;
    if (!real) return;
    const pinned = this.pinned;
    this.scene = this.comparing ? difference(real, previous!) : real;
    this.plan = plan(this.scene);
    this.picture?.load(this.scene, this.plan, { weights: true, activations: true, plan: false });
    this.flat?.load(this.scene, this.plan, this.theme);
    this.panel.load(this.scene, this.theme, this.comparing);
    this.hovered = null;
    this.pinned =
      pinned && this.find(pinned.box.tensor.name, placeOf(pinned.box.tensor, pinned.index));
    this.focus(this.pinned);
    this.say(
      this.comparing
        ? `every number less what it was for ${previous!.manifest.tokens.join("")}`
        : "the numbers themselves",
    );
  }

  /** How a cell was made; or, where changes are shown, what it was and is. */
  private reason(cell: Cell): Explanation {
    const t = cell.box.tensor;
    if (!this.comparing) return explain(this.scene!, t, cell.index);
    const [now, then] = [this.real!, this.previous!].map((s) =>
      read(s, s.byName.get(t.name) ?? t, cell.index),
    );
    const text = `${say(now, 4)} now, ${say(then, 4)} for ${this.previous!.manifest.tokens.join("")}`;
    return {
      value: read(this.scene!, t, cell.index),
      again: undefined,
      agrees: true,
      text,
      terms: [],
      sources: [],
      numpy: `now["${t.name}"] - before["${t.name}"]`,
    };
  }

  private tell(problems: string[]): void {
    this.notice.hidden = problems.length === 0;
    const more = problems.length > 3 ? `, and ${problems.length - 3} more` : "";
    this.notice.textContent = problems.slice(0, 3).join("; ") + more;
  }

  fail(message: string): void {
    this.tell([message]);
  }

  // ------------------------------------------------------------ frames

  request(): void {
    if (this.waiting || this.lost) return;
    this.waiting = requestAnimationFrame((now) => {
      this.waiting = 0;
      if (this.view.advance(now)) this.request();
      this.clock.time("frame", () => this.draw());
    });
  }

  draw(): void {
    if (!this.scene || !this.plan || !this.picture || this.lost) return;
    const shown = this.shown();
    this.picture.draw(this.view);
    const pen = this.over.getContext("2d")!;
    const scale = this.over.width / this.view.width;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    drawOverlay(pen, this.view, shown);
    drawMap(this.map, this.view, shown);
  }

  private shown(): Shown {
    const cell = this.hovered ?? this.pinned;
    return {
      scene: this.scene!,
      plan: this.plan!,
      theme: this.theme,
      font: this.font,
      cell,
      why: this.why,
      pinned: !this.hovered && !!this.pinned,
      arcs: this.arcs(cell),
      lit: this.lit(),
      span: this.walked ? (this.stages[this.stage]?.span ?? null) : null,
    };
  }

  /** Over the map's own columns, and over the stream of its layer. */
  private arcs(cell: Cell | null): Arc[] {
    const stage = this.walked ? this.stages[this.stage] : null;
    const made = stage?.names[stage.names.length - 1];
    const attends = (box: Box | undefined): boolean =>
      box?.tokens === "both" && box.tensor.op === "softmax";
    const chosen = cell && attends(cell.box) ? cell : null;
    const boxes = chosen
      ? [chosen.box]
      : (this.plan!.ofTensor.get(made ?? "") ?? []).filter(attends);
    const first = boxes[0];
    if (!first) return [];
    const query = chosen ? chosen.row : null;
    const stream = this.plan!.spine.map((name) => this.plan!.ofTensor.get(name)![0]!).find(
      (b) => b.tensor.layer === first.tensor.layer,
    );
    return [
      ...boxes.map((box) => ({ box, query, over: box })),
      ...(stream ? [{ box: first, query, over: stream }] : []),
    ];
  }

  private lit(): Set<string> | null {
    if (this.glow) return this.glow;
    return this.walked ? new Set(this.stages[this.stage]?.names ?? []) : null;
  }

  private shine(): void {
    const lit = this.lit();
    const why = this.why ? new Set(this.why.sources.map((s) => s.tensor.name)) : null;
    if (this.plan)
      this.picture?.shine((box) => {
        const name = box.tensor.name;
        const glows = this.glow?.has(name) || (this.hovered?.box ?? this.pinned?.box) === box;
        return [glows ? 1 : 0, !lit || lit.has(name) || why?.has(name) ? 0 : 1];
      }, this.plan.boxes);
    this.flat?.mark(lit, (this.hovered ?? this.pinned)?.box ?? null, false);
    this.request();
  }

  private resize(): void {
    const { width, height } = this.place.getBoundingClientRect();
    if (width < 2) return;
    this.view.resize(width, height);
    this.picture?.resize(width, height);
    const scale = Math.min(2, window.devicePixelRatio || 1);
    [this.over.width, this.over.height] = [Math.round(width * scale), Math.round(height * scale)];
    this.request();
  }

  // ------------------------------------------------------------ cells

  /** The cell of a tensor at a place along its axes. */
  find(name: string, place: number[]): Cell | null {
    const tensor = this.scene?.byName.get(name);
    if (
      !tensor ||
      place.length !== tensor.shape.length ||
      place.some((i, axis) => i >= tensor.shape[axis]!)
    )
      return null;
    const at = cellPlace(this.plan!, tensor, indexOf(tensor, place));
    return at && cellAt(at.box, at.col, at.row);
  }

  hover(cell: Cell | null, x = 0, y = 0): void {
    const same = cell?.box === this.hovered?.box && cell?.index === this.hovered?.index;
    if (!same) {
      this.hovered = cell;
      this.focus(cell ?? this.pinned);
    }
    this.tip.hidden = !cell || !this.picture;
    if (!cell || !this.picture) return;
    if (!same) {
      const t = cell.box.tensor;
      this.tip.replaceChildren(
        make("b", {}, say(read(this.scene!, t, cell.index), 4)),
        ` ${t.name}`,
        make("small", {}, places(this.scene!, t, placeOf(t, cell.index))),
        make("span", {}, this.why?.text ?? ""),
      );
    }
    const right = x > this.view.width - 315;
    this.tip.style.left = right ? "auto" : `${x + 16}px`;
    this.tip.style.right = right ? `${this.view.width - x + 12}px` : "auto";
    this.tip.style.top = `${Math.min(y + 14, this.view.height - 90)}px`;
  }

  private focus(cell: Cell | null): void {
    this.why = cell && this.scene ? this.reason(cell) : null;
    const pinned = !!cell && cell === this.pinned;
    if (pinned || !this.pinned) this.panel.show(cell, this.why, pinned, this.edits);
    this.words(cell?.box.tensor.name ?? null);
    this.shine();
  }

  pin(cell: Cell | null): void {
    this.pinned = cell;
    this.hovered = null;
    this.tip.hidden = true;
    this.focus(cell);
    if (!cell) return this.say("nothing kept");
    const t = cell.box.tensor;
    const place = placeOf(t, cell.index);
    this.panel.select(t.name);
    this.say(
      `${t.name}, ${places(this.scene!, t, place)}: ${say(read(this.scene!, t, cell.index), 4)}. ${this.why?.text ?? ""}`,
    );
    this.events.pin(t.name, place);
  }

  private choose(name: string): void {
    const box = this.plan?.ofTensor.get(name)?.[0];
    if (!box) return;
    this.pin(cellAt(box, 0, 0));
    this.fit([box]);
    this.flat?.mark(this.lit(), box, true);
  }

  /** A column of a matrix, for the way home: look there. */
  private point(name: string, token: number): void {
    const box = this.plan?.ofTensor.get(name)?.[0];
    if (!box) return;
    this.light([name]);
    this.fit([box]);
    this.say(`${name}, token ${token}`);
  }

  private light(names: string[] | null): void {
    this.glow = names ? new Set(names) : null;
    this.shine();
  }

  private say(text: string): void {
    this.live.textContent = text;
  }

  // ------------------------------------------------------------ the walk

  /** Show a stage. `quiet`: the numbers changed, not the stage; the camera stays. */
  go(at: number, quiet = false): void {
    const stage = this.stages[at];
    if (!stage) return;
    if (!quiet) this.walked = at > 0 || this.walked;
    this.stage = at;
    this.scrub.value = String(at);
    this.scrub.setAttribute("aria-valuetext", stage.title);
    this.count.textContent = `${at + 1} / ${this.stages.length}`;
    this.title.textContent = stage.title;
    this.text.replaceChildren(
      ...stage.text.map((piece) =>
        typeof piece === "string" ? piece : this.word(piece.word, piece.names),
      ),
    );
    this.picture?.span(
      ...((this.walked ? stage.span : ([0, Infinity] as [number, number])).map((t) =>
        Math.min(t, 1e9),
      ) as [number, number]),
    );
    this.fillPrompt(stage);
    this.glow = null;
    this.shine();
    if (quiet) return;
    this.say(
      `${stage.title}. ${stage.text.map((p) => (typeof p === "string" ? p : p.word)).join("")}`,
    );
    if (this.walked && this.follow.getAttribute("aria-pressed") === "true") {
      this.fit(stage.names.flatMap((name) => this.plan!.ofTensor.get(name) ?? []));
      this.flat?.mark(this.lit(), null, true);
    }
  }

  private word(word: string, names: string[]): HTMLElement {
    const b = make(
      "button",
      {
        type: "button",
        class: "word",
        "data-names": names.join(" "),
        pointerenter: () => this.light(names),
        pointerleave: () => this.light(null),
        focus: () => this.light(names),
        blur: () => this.light(null),
        click: () => this.choose(names[0]!),
      },
      word,
    );
    return b;
  }

  /** The other way round: a box under the pointer marks its words, or names its stage. */
  private words(name: string | null): void {
    for (const b of this.text.querySelectorAll<HTMLElement>(".word"))
      b.classList.toggle("on", !!name && b.dataset["names"]!.split(" ").includes(name));
  }

  private fillPrompt(stage: Stage): void {
    const tokens = this.scene!.manifest.tokens;
    const chips = tokens.map((token, i) => {
      const now = this.walked && i >= stage.span[0] && i <= stage.span[1];
      return make(
        "li",
        { class: !this.walked || i < stage.shown ? (now ? "now" : "") : "later" },
        token,
      );
    });
    if (stage.next && this.walked) {
      const at = stage.span[1] + 1;
      const chip = make(
        "li",
        { class: "next", "aria-label": `next: ${stage.next.token}` },
        stage.next.token,
      );
      if (at < chips.length) chips[at] = chip;
      else chips.push(chip);
    }
    this.prompt.classList.toggle("long", chips.length > 16);
    this.prompt.replaceChildren(...chips);
  }

  step(by: number): void {
    this.pause();
    if (!this.walked && by > 0) {
      this.walked = true;
      return this.go(this.stage);
    }
    this.go(Math.max(0, Math.min(this.stages.length - 1, this.stage + by)));
  }

  play(): void {
    if (this.timer) return this.pause();
    this.walked = true;
    this.go(this.stage >= this.stages.length - 1 ? 0 : this.stage);
    this.playing.textContent = "❚❚ Pause";
    const next = (): void => {
      if (this.stage >= this.stages.length - 1) return this.pause();
      this.go(this.stage + 1);
      this.timer = window.setTimeout(next, STEP_MS / Number(this.speed.value));
    };
    this.timer = window.setTimeout(next, STEP_MS / Number(this.speed.value));
  }

  pause(): void {
    window.clearTimeout(this.timer);
    this.timer = 0;
    this.playing.textContent = "▶ Play";
  }

  get isPlaying(): boolean {
    return this.timer !== 0;
  }

  // ------------------------------------------------------------ the camera

  fit(boxes: Box[], angles?: { yaw: number; pitch: number }, still = this.still): void {
    if (!boxes.length) return;
    this.view.go(this.view.fit(roomy(boundsOf(boxes)), angles), still);
    this.request();
  }

  fly(where: "all" | "front" | "start" | "attention" | "answer", still = this.still): void {
    if (!this.plan) return;
    const { boxes, ofTensor, spine } = this.plan;
    if (where === "all") {
      // A tall model in a wide picture is seen more from above: it then fills more of it.
      const { left, right, top, bottom } = this.plan.bounds;
      const tall = ((top - bottom) / (right - left)) * (this.view.width / this.view.height);
      this.view.go(
        this.view.fit(
          this.plan.bounds,
          { yaw: SLANT.yaw, pitch: tall > 1.5 ? 0.9 : SLANT.pitch },
          0.93,
        ),
        still,
      );
      return this.request();
    }
    if (where === "front") return this.fit(boxes, FRONT, still);
    if (where === "answer") {
      const end = boxes.filter(
        (b) =>
          b.tensor.kind === "activation" &&
          b.tensor.layer === null &&
          b.y < (ofTensor.get(spine[0] ?? "")?.[0]?.y ?? 0),
      );
      return this.fit(end.length ? end : boxes, FRONT, still);
    }
    const layer = this.hovered?.box.tensor.layer ?? this.pinned?.box.tensor.layer ?? this.near();
    if (where === "attention")
      return this.fit(
        boxes.filter(
          (b) =>
            b.tensor.layer === layer &&
            b.tensor.kind === "activation" &&
            b.tensor.axes.includes("head"),
        ),
        { yaw: 0.1, pitch: 0.15 },
        still,
      );
    // A slanted look over the beginning, with the rest of the model running away from the reader.
    const head = boundsOf(
      boxes.filter((b) =>
        b.tensor.layer === null
          ? b.y > (ofTensor.get(spine[0] ?? "")?.[0]?.y ?? 0)
          : b.tensor.layer === 0,
      ),
    );
    this.view.go({ ...this.view.fit(head, SLANT, 0.96) }, still);
    this.request();
  }

  /** The layer that the camera looks at. */
  private near(): number {
    const inLayer = this.plan!.boxes.filter((b) => b.tensor.layer !== null);
    const gap = (b: Box): number => Math.abs(b.y - heightOf(b) / 2 - this.view.pose.y);
    return (
      inLayer.reduce((best, b) => (gap(b) < gap(best) ? b : best), inLayer[0]!)?.tensor.layer ?? 0
    );
  }

  // ------------------------------------------------------------ hands

  private listen(): void {
    const over = this.over;
    over.addEventListener("pointerdown", (event) => {
      over.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      this.moved = 0;
    });
    over.addEventListener("pointermove", (event) => this.move(event));
    const up = (event: PointerEvent): void => {
      const known = this.pointers.delete(event.pointerId);
      over.classList.remove("dragging");
      if (known && event.type === "pointerup" && this.moved < 5 && event.button === 0)
        this.pin(this.under(event));
    };
    over.addEventListener("pointerup", up);
    over.addEventListener("pointercancel", up);
    over.addEventListener("pointerleave", () => this.hover(null));
    over.addEventListener("contextmenu", (event) => event.preventDefault());
    over.addEventListener("dblclick", (event) => {
      const cell = this.under(event);
      if (cell) this.fit([cell.box]);
    });
    over.addEventListener(
      "wheel",
      (event) => {
        if (document.activeElement !== over && !event.ctrlKey) return;
        event.preventDefault();
        const [px, py] = this.screen(event);
        this.view.zoom(
          Math.exp(Math.max(-0.4, Math.min(0.4, event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)))),
          px,
          py,
        );
        this.request();
      },
      { passive: false },
    );
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.map.addEventListener("pointerdown", (event) => {
      const r = this.map.getBoundingClientRect();
      const [x, y] = mapping(this.plan!, r.width, r.height).back(
        event.clientX - r.left,
        event.clientY - r.top,
      );
      this.view.go({ ...this.view.pose, x, y, z: 0 }, this.still);
      this.request();
    });
    this.gl.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      this.lost = true;
      this.say("the graphics card let go of the picture");
    });
    this.gl.addEventListener("webglcontextrestored", () => {
      this.lost = false;
      this.say("the picture is back");
      // three uploads geometry and textures again by itself at the next frame.
      this.request();
    });
  }

  private screen(event: MouseEvent): [number, number] {
    const r = this.over.getBoundingClientRect();
    return [
      ((event.clientX - r.left) / r.width) * 2 - 1,
      1 - ((event.clientY - r.top) / r.height) * 2,
    ];
  }

  private under(event: MouseEvent): Cell | null {
    if (!this.plan) return null;
    const [px, py] = this.screen(event);
    return this.clock.time("pick", () => pick(this.plan!.boxes, this.view.ray(px, py)));
  }

  private move(event: PointerEvent): void {
    const before = this.pointers.get(event.pointerId);
    if (!before) {
      const r = this.over.getBoundingClientRect();
      return this.hover(this.under(event), event.clientX - r.left, event.clientY - r.top);
    }
    const [dx, dy] = [event.clientX - before.x, event.clientY - before.y];
    this.moved += Math.abs(dx) + Math.abs(dy);
    if (this.moved < 5) return;
    this.over.classList.add("dragging");
    this.hover(null);
    if (this.pointers.size === 2) {
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)![1];
      const was = Math.hypot(before.x - other.x, before.y - other.y);
      const is = Math.hypot(event.clientX - other.x, event.clientY - other.y);
      this.view.zoom(Math.max(0.5, Math.min(2, was / Math.max(is, 1))), ...this.screen(event));
      this.view.pan(dx / 2, dy / 2);
    } else if (event.shiftKey || event.buttons === 2 || event.buttons === 4) this.view.pan(dx, dy);
    else this.view.orbit(dx, dy);
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.request();
  }

  private key(event: KeyboardEvent): void {
    const typing =
      event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    const picture = event.target === this.over || event.target === this.flat?.root;
    const onButton = event.target instanceof HTMLButtonElement;
    const acts: Record<string, () => void> = {
      PageDown: () => this.step(1),
      PageUp: () => this.step(-1),
      Escape: () => (this.help.hidden ? this.pin(null) : this.toggleHelp(false)),
    };
    if (!typing) {
      acts["?"] = () => this.toggleHelp();
      acts["f"] = acts["F"] = () => (this.pinned ? this.fit([this.pinned.box]) : this.fly("all"));
    }
    if (!typing && !onButton) acts[" "] = () => this.play();
    if (picture) {
      acts["ArrowLeft"] = () => this.arrow(-1, 0);
      acts["ArrowRight"] = () => this.arrow(1, 0);
      acts["ArrowUp"] = () => this.arrow(0, -1);
      acts["ArrowDown"] = () => this.arrow(0, 1);
      acts["Enter"] = () => this.enter();
    }
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  private arrow(dc: number, dr: number): void {
    const cell = this.pinned;
    if (!cell) {
      this.view.pan(-60 * dc, -60 * dr);
      return this.request();
    }
    const clamp = (i: number, n: number): number => Math.max(0, Math.min(n - 1, i));
    this.pin(
      cellAt(cell.box, clamp(cell.col + dc, cell.box.cols), clamp(cell.row + dr, cell.box.rows)),
    );
  }

  private enter(): void {
    if (this.hovered) return this.pin(this.hovered);
    if (this.pinned) return this.fit([this.pinned.box]);
    const stage = this.stages[this.stage];
    const box = this.plan?.ofTensor.get(stage?.names[stage.names.length - 1] ?? "")?.[0];
    if (box) this.pin(cellAt(box, 0, 0));
  }

  private press(b: HTMLElement): boolean {
    const on = b.getAttribute("aria-pressed") !== "true";
    b.setAttribute("aria-pressed", String(on));
    return on;
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

  private toggleHelp(show = this.help.hidden): void {
    this.help.hidden = !show;
    if (show) this.help.querySelector("button")?.focus();
    else (this.picture ? this.over : this.flat!.root).focus();
  }

  /** The stage that makes a matrix. */
  stageFor(name: string): number {
    return stageOf(this.stages, name);
  }

  // ------------------------------------------------------------ for tests and the stopwatch

  get glowing(): Set<string> {
    return this.glow ?? new Set();
  }

  explain(name: string, index: number): Explanation {
    return explain(this.scene!, this.scene!.byName.get(name)!, index);
  }

  valueAt(name: string, place: number[]): number | undefined {
    const tensor = this.scene!.byName.get(name)!;
    return read(this.scene!, tensor, indexOf(tensor, place));
  }

  /** Straight at the matrix that holds a cell, at once. */
  lookAt(name: string, place: number[]): void {
    const cell = this.find(name, place);
    if (cell) this.fit([cell.box], FRONT, true);
  }

  /** How many pixels of each colour channel are not the background's, of a fresh frame. */
  pixels(): number[] {
    if (!this.picture || this.lost) return [];
    const gl = this.picture.renderer.getContext();
    this.picture.draw(this.view);
    const [w, h] = [gl.drawingBufferWidth, gl.drawingBufferHeight];
    const all = new Uint8Array(4 * w * h);
    gl.readPixels(0, 0, w, h, gl.RGBA, gl.UNSIGNED_BYTE, all);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < all.length; i++) if (all[i]) counts[i % 4]!++;
    return counts;
  }

  /** Frames and picks by the hundred, timed. */
  bench(frames = 120, picks = 400): ReturnType<Clock["report"]> {
    const clock = new Clock();
    const pose = { ...this.view.pose };
    for (let i = 0; i < frames; i++) {
      this.view.set({ yaw: pose.yaw + 0.2 * Math.sin(i / 20) });
      clock.time("frame", () => this.draw());
    }
    this.view.set(pose);
    for (let i = 0; i < picks; i++) {
      const ray = this.view.ray(((i * 0.377) % 2) - 1, ((i * 0.713) % 2) - 1);
      clock.time("pick", () => pick(this.plan!.boxes, ray));
    }
    this.request();
    return clock.report();
  }

  /** Where a cell is drawn, in pixels of the picture. */
  whereIs(name: string, place: number[]): { x: number; y: number } | null {
    const cell = this.find(name, place);
    if (!cell) return null;
    const { box } = cell;
    const p = this.view.project(
      box.x + (cell.col + 0.5) * box.cellW,
      box.y - (cell.row + 0.5) * box.cellH,
      box.z + box.depth,
    );
    return { x: p.x, y: p.y };
  }

  loseContext(): boolean {
    const ext = this.picture?.renderer.getContext().getExtension("WEBGL_lose_context");
    if (!ext) return false;
    ext.loseContext();
    window.setTimeout(() => ext.restoreContext(), 100);
    return true;
  }

  dispose(): void {
    this.pause();
    cancelAnimationFrame(this.waiting);
    this.watch.disconnect();
    this.flat?.dispose();
    this.picture?.dispose();
    this.host.replaceChildren();
  }
}

/** What decides where boxes stand: names, shapes and how they hang together. */
const shapeOf = (m: Manifest): string =>
  JSON.stringify(m.tensors.map((t) => [t.name, t.kind, t.shape, t.op, t.inputs, t.layer]));

function roomy(b: Bounds): Bounds {
  const air = 0.08 * Math.max(b.right - b.left, b.top - b.bottom);
  return {
    left: b.left - air,
    right: b.right + air,
    top: b.top + air * 1.6,
    bottom: b.bottom - air,
  };
}
