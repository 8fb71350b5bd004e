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
import { make } from "./dom";
import { Flat } from "./flat";
import { explain, type Explanation } from "./formula";
import { boundsOf, cellPlace, heightOf, plan, type Bounds, type Box, type Plan } from "./layout";
import { drawMap, drawOverlay, type Arc, type Shown } from "./overlay";
import { Panel, places, type Edit } from "./panel";
import { cellAt, type Cell } from "./pick";
import { Picture } from "./render";
import { pressed, Shell, type Sight } from "./shell";
import { Hands } from "./hands";
import { themeOf, type Theme } from "./theme";
import { stageOf, stagesOf, type Stage } from "./walk";

export interface Payload {
  manifest: Manifest;
  weights: Uint16Array;
  activations: Uint16Array;
  edits: Edit[];
  /** A word to the reader above the picture. */
  note?: string | null;
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
  protected picture: Picture | null = null;
  private flat: Flat | null = null;
  private panel: Panel;
  private theme: Theme;
  private why: Explanation | null = null;
  protected glow: Set<string> | null = null;
  private timer = 0;
  private waiting = 0;
  private walked = false;
  private edits: Edit[] = [];
  private watch: ResizeObserver;
  protected lost = false;
  private shell: Shell;

  constructor(
    private host: HTMLElement,
    private events: ViewerEvents,
    protected options: Options = {},
  ) {
    this.theme = themeOf(options.theme);
    this.panel = new Panel({
      choose: (name) => this.choose(name),
      pin: (cell) => this.pin(cell),
      glow: (names) => this.light(names),
      edit: (edit) => this.events.edit(edit),
      show: (name, token) => this.point(name, token),
    });
    this.shell = new Shell(
      {
        fly: (where) => this.fly(where),
        go: (stage) => (this.pause(), this.go(stage)),
        step: (by) => this.step(by),
        play: () => this.play(),
        swap: () => this.swap(),
      },
      this.panel.root,
    );
    this.host.replaceChildren(this.shell.root);
    new Hands(this, this.shell);
    this.guard();
    this.repaint();
    this.watch = new ResizeObserver(() => this.resize());
    this.watch.observe(this.shell.place);
    this.start();
  }

  // ------------------------------------------------------------ what draws

  private start(): void {
    if (!this.options.flat) {
      try {
        const probe = document.createElement("canvas").getContext("webgl2");
        if (probe) {
          probe.getExtension("WEBGL_lose_context")?.loseContext();
          this.picture = new Picture(this.shell.gl);
        }
      } catch {
        this.picture = null;
      }
    }
    if (!this.picture) this.flatten();
    this.picture?.paint(this.theme);
    this.resize();
  }

  private guard(): void {
    this.shell.gl.addEventListener("webglcontextlost", (event) => {
      event.preventDefault();
      this.lost = true;
      this.say("the graphics card let go of the picture");
    });
    this.shell.gl.addEventListener("webglcontextrestored", () => {
      this.lost = false;
      this.say("the picture is back");
      // three uploads geometry and textures again by itself at the next frame.
      this.request();
    });
  }

  private flatten(): void {
    this.flat = new Flat({ hover: (cell) => this.hover(cell), pin: (cell) => this.pin(cell) });
    const { gl, over, map, sights, motion } = this.shell;
    for (const gone of [gl, over, map, ...sights, motion]) gone.remove();
    this.shell.place.querySelector(".wheel")?.remove();
    this.shell.place.prepend(this.flat.root);
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

  /** A font has arrived. */
  reletter(): void {
    this.picture?.letter();
    this.request();
  }

  private repaint(): void {
    const { background, ink, soft, line, accent, raised } = this.theme;
    const set = (name: string, value: string): void =>
      this.shell.root.style.setProperty(name, value);
    set("--bg", background);
    set("--ink", ink);
    set("--soft", soft);
    set("--line", line);
    set("--accent", accent);
    set("--raised", raised);
    set("--font", this.font);
    this.shell.root.style.colorScheme = this.theme.dark ? "dark" : "light";
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
    this.shell.compare.hidden = !this.previous;
    if (this.previous)
      this.shell.compare.title = `What changed: every number less what it was for ${this.previous.manifest.tokens.join("")}`;
    else this.shell.compare.setAttribute("aria-pressed", "false");
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
    this.shell.map.style.width = `${Math.round(110 * Math.sqrt(aspect))}px`;
    this.shell.map.style.height = `${Math.round(110 / Math.sqrt(aspect))}px`;
    this.stages = stagesOf(scene); // told of the numbers themselves
    this.shell.scrub.max = String(Math.max(0, this.stages.length - 1));
    this.hovered = null;
    this.pinned = null;
    if (pinned) {
      const tensor = this.scene.byName.get(pinned.box.tensor.name);
      const same = tensor && this.find(tensor.name, placeOf(pinned.box.tensor, pinned.index));
      if (same) this.pinned = same;
    }
    this.tell(payload.note ? [payload.note, ...scene.problems] : scene.problems);
    this.go(first ? 0 : Math.min(this.stage, this.stages.length - 1), !first);
    this.focus(this.pinned);
    if (first) this.fly("start", true);
    this.request();
    this.clock.note("update", performance.now() - began);
  }

  private get comparing(): boolean {
    return !!this.previous && pressed(this.shell.compare);
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
    this.shell.notice.hidden = problems.length === 0;
    const more = problems.length > 3 ? `, and ${problems.length - 3} more` : "";
    this.shell.notice.textContent = problems.slice(0, 3).join("; ") + more;
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
    const pen = this.shell.over.getContext("2d")!;
    const scale = this.shell.over.width / this.view.width;
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    drawOverlay(pen, this.view, shown);
    drawMap(this.shell.map, this.view, shown);
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
    const { width, height } = this.shell.place.getBoundingClientRect();
    if (width < 2) return;
    this.view.resize(width, height);
    this.picture?.resize(width, height);
    const scale = Math.min(2, window.devicePixelRatio || 1);
    [this.shell.over.width, this.shell.over.height] = [
      Math.round(width * scale),
      Math.round(height * scale),
    ];
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
    this.shell.tip.hidden = !cell || !this.picture;
    if (!cell || !this.picture) return;
    if (!same) {
      const t = cell.box.tensor;
      this.shell.tip.replaceChildren(
        make("b", {}, say(read(this.scene!, t, cell.index), 4)),
        ` ${t.name}`,
        make("small", {}, places(this.scene!, t, placeOf(t, cell.index))),
        make("span", {}, this.why?.text ?? ""),
        this.whose(t.name),
      );
    }
    const right = x > this.view.width - 315;
    this.shell.tip.style.left = right ? "auto" : `${x + 16}px`;
    this.shell.tip.style.right = right ? `${this.view.width - x + 12}px` : "auto";
    this.shell.tip.style.top = `${Math.min(y + 14, this.view.height - 90)}px`;
  }

  /** The stage of the walk that makes a matrix, for a label. */
  private whose(name: string): HTMLElement {
    const at = stageOf(this.stages, name);
    return make("small", {}, at < 0 ? "" : `stage ${at + 1}: ${this.stages[at]!.title}`);
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
    this.shell.tip.hidden = true;
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
    this.shell.live.textContent = text;
  }

  // ------------------------------------------------------------ the walk

  /** Show a stage. `quiet`: the numbers changed, not the stage; the camera stays. */
  go(at: number, quiet = false): void {
    const stage = this.stages[at];
    if (!stage) return;
    if (!quiet) this.walked = at > 0 || this.walked;
    this.stage = at;
    this.shell.scrub.value = String(at);
    this.shell.scrub.setAttribute("aria-valuetext", stage.title);
    this.shell.count.textContent = `${at + 1} / ${this.stages.length}`;
    this.shell.title.textContent = stage.title;
    this.shell.text.replaceChildren(
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
    if (this.walked && pressed(this.shell.follow)) {
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
    for (const b of this.shell.text.querySelectorAll<HTMLElement>(".word"))
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
    this.shell.prompt.classList.toggle("long", chips.length > 16);
    this.shell.prompt.replaceChildren(...chips);
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
    this.shell.showPlaying(true);
    const next = (): void => {
      if (this.stage >= this.stages.length - 1) return this.pause();
      this.go(this.stage + 1);
      this.timer = window.setTimeout(next, STEP_MS / Number(this.shell.speed.value));
    };
    this.timer = window.setTimeout(next, STEP_MS / Number(this.shell.speed.value));
  }

  pause(): void {
    window.clearTimeout(this.timer);
    this.timer = 0;
    this.shell.showPlaying(false);
  }

  get isPlaying(): boolean {
    return this.timer !== 0;
  }

  // ------------------------------------------------------------ the camera

  fit(boxes: Box[], angles?: { yaw: number; pitch: number }, still = this.shell.still): void {
    if (!boxes.length) return;
    this.view.go(this.view.fit(roomy(boundsOf(boxes)), angles), still);
    this.request();
  }

  fly(where: Sight, still = this.shell.still): void {
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
