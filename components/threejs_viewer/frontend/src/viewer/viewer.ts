// Joins the parts: mount(element) -> update(payload), dispose(). Knows nothing of Streamlit.

import { Clock } from "./bench";
import { FRONT, SLANT, View } from "./camera";
import {
  compare,
  matchedTokens,
  pairAt,
  partnerOf,
  samePlace,
  sayPair,
  sayShown,
  unmatched,
  type Comparison,
} from "./compare";
import { indexOf, openScene, placeOf, type Manifest, type Scene } from "./data";
import { button, make } from "../shared/dom";
import { Flat } from "./flat";
import { explain, type Explanation } from "./formula";
import type { Term } from "./home";
import { boundsOf, cellPlace, heightOf, plan, type Bounds, type Box, type Plan } from "./layout";
import { drawMap, drawOverlay, type Arc, type Shown, type Spot } from "./overlay";
import { Panel, places, type Edit } from "./panel";
import { cellAt, type Cell } from "./pick";
import { Picture, type Side } from "./render";
import { pressed, Shell, type Sight } from "./shell";
import { Hands } from "./hands";
import { themeOf, type Theme } from "../shared/theme";
import type { Standing } from "./trail";
import { promptLength, stageOf, stagesOf, type Stage } from "./walk";

/** One scene as it comes. */
export interface Numbers {
  manifest: Manifest;
  weights: Uint16Array;
  activations: Uint16Array;
}

export interface Payload extends Numbers {
  edits: Edit[];
  /** Words to the reader above the picture. */
  notes?: string[];
  /** A second scene, to stand on the right; `title` says what it is. */
  beside?: (Numbers & { title: string }) | null;
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

/** Where the reader stands on the way home, and on which side that is. */
interface Stood extends Standing {
  spot: Spot;
  side: number;
}

const STEP_MS = 4200;
const SHARPEST = 2;

export class Viewer {
  readonly clock = new Clock();
  /** The scene, and on its right the one that it is compared with, if any. */
  sides: Side[] = [];
  protected comparison: Comparison | null = null;
  private shapes = "";
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
  /** On the way home: where the reader stands, as cells of the picture. */
  protected standing: Stood | null = null;
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
      stand: (at) => this.stand(at),
      leave: () => this.pin(null),
    });
    this.shell = new Shell(
      {
        fly: (where) => this.fly(where),
        go: (stage) => (this.pause(), this.go(stage)),
        step: (by) => this.step(by),
        play: () => this.play(),
        reshade: () => this.reshade(),
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
    if (this.scene) {
      this.flat?.load(this.sides, next);
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
    const { background, ink, soft, line, accent, raised, negative, positive } = this.theme;
    const set = (name: string, value: string): void =>
      this.shell.root.style.setProperty(name, value);
    set("--bg", background);
    set("--ink", ink);
    set("--soft", soft);
    set("--line", line);
    set("--accent", accent);
    set("--raised", raised);
    set("--negative", negative);
    set("--positive", positive);
    set("--font", this.font);
    this.shell.root.style.colorScheme = this.theme.dark ? "dark" : "light";
  }

  private get font(): string {
    return this.options.font ?? `"Source Sans", "Source Sans 3", system-ui, sans-serif`;
  }

  // ------------------------------------------------------------ new numbers

  /** The first scene, on the left where there are two. */
  get scene(): Scene | null {
    return this.sides[0]?.shown ?? null;
  }

  get plan(): Plan | null {
    return this.sides[0]?.plan ?? null;
  }

  update(payload: Payload): void {
    const began = performance.now();
    const { beside, edits, notes } = payload;
    const first = !this.scene;
    const scene = open(payload);
    const other = beside ? open(beside) : null;
    const scenes = other ? [scene, other] : [scene];
    const pinned = this.pinned && { cell: this.pinned, side: this.sideOf(this.pinned) };
    this.edits = edits;
    this.comparison = other && compare(scene, other, pressed(this.shell.difference));
    const shapes = JSON.stringify(scenes.map((s) => shapeOf(s.manifest)));
    const rebuild = shapes !== this.shapes;
    this.shapes = shapes;
    const room = Math.max(...scenes.map((s) => s.manifest.tokens.length));
    this.sides = scenes.map((s) => ({ plan: plan(s, room), shown: s, matched: () => Infinity }));
    this.pinned = pinned && this.again(pinned.cell, pinned.side);
    this.shell.split(scenes, beside?.title ?? "");
    this.stages = stagesOf(scene); // told of the left one
    this.shell.scrub.max = String(Math.max(0, this.stages.length - 1));
    this.shapeMap();
    this.resize();
    this.shade(rebuild);
    this.tell([
      ...(notes ?? []),
      ...scene.problems,
      ...(other?.problems ?? []).map((problem) => `right: ${problem}`),
      ...(this.comparison ? unmatched(this.comparison) : []),
    ]);
    this.go(first ? 0 : Math.min(this.stage, this.stages.length - 1), !first);
    if (first) this.fly("start", true);
    this.clock.note("update", performance.now() - began);
  }

  /** The right side shows its own numbers or the difference: same boxes, other numbers. */
  private shade(rebuild = false): void {
    const [, right] = this.sides;
    if (right && this.comparison) {
      const { left, right: own, difference, shaded } = this.comparison;
      right.shown = shaded ? difference : own;
      right.matched = shaded ? (t) => matchedTokens(t, left) : () => Infinity;
    }
    this.picture?.load(this.sides, rebuild);
    this.flat?.load(this.sides, this.theme);
    this.panel.load(this.scene!, this.theme, this.comparison);
    this.hovered = null;
    this.focus(this.pinned);
  }

  private reshade(): void {
    if (!this.comparison) return;
    this.comparison.shaded = pressed(this.shell.difference);
    this.shade();
    this.say(
      this.comparison.shaded
        ? "on the right, every number less its partner on the left"
        : "on both sides, the numbers themselves",
    );
  }

  /** 0 for the left side, 1 for the right one. */
  private sideOf(cell: Cell): number {
    return cell.box.scene === this.scene ? 0 : 1;
  }

  /** A cell of scenes that were replaced, in those that are here now. */
  private again({ box, index }: Cell, side: number): Cell | null {
    return this.find(box.tensor.name, placeOf(box.tensor, index), this.sides[side] ? side : 0);
  }

  /** The cell itself on its own side, its partner on the other. */
  private onSide(cell: Cell | null, side: number): Cell | null {
    if (!cell || this.sideOf(cell) === side) return cell;
    const { tensor } = cell.box;
    const partner = partnerOf(tensor, this.sides[side]!.plan.scene);
    const index = partner ? samePlace(tensor, cell.index, partner) : -1;
    return index < 0 ? null : this.find(tensor.name, placeOf(partner!, index), side);
  }

  private shapeMap(): void {
    const { left, right, top, bottom } = this.plan!.bounds;
    const aspect = Math.max(0.4, Math.min(2.5, (right - left) / (top - bottom)));
    this.shell.map.style.width = `${Math.round(110 * Math.sqrt(aspect))}px`;
    this.shell.map.style.height = `${Math.round(110 / Math.sqrt(aspect))}px`;
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
    if (!this.sides.length || !this.picture || this.lost) return;
    this.picture.draw(this.view);
    const pen = this.shell.over.getContext("2d")!;
    const scale = Math.min(SHARPEST, window.devicePixelRatio || 1);
    const shown = this.sides.map((_, side) => this.shown(side));
    shown.forEach((one, side) => {
      pen.setTransform(scale, 0, 0, scale, scale * side * this.view.width, 0);
      drawOverlay(pen, this.view, one);
    });
    drawMap(this.shell.map, this.view, shown[0]!);
  }

  private shown(side: number): Shown {
    const chosen = this.hovered ?? (this.standing ? null : this.pinned);
    const { plan } = this.sides[side]!;
    const cell = this.onSide(chosen, side);
    const standing = this.standing?.side === side ? this.standing : null;
    return {
      scene: plan.scene,
      plan,
      theme: this.theme,
      font: this.font,
      cell,
      why: cell === chosen ? this.why : null,
      pinned: !this.hovered && !!this.pinned,
      spot: standing?.spot ?? null,
      arcs: this.arcs(cell, plan, standing),
      lit: this.lit(),
      span: this.walked ? (this.stages[this.stage]?.span ?? null) : null,
    };
  }

  /** Over the map's own columns, and over the stream of its layer. */
  private arcs(cell: Cell | null, { ofTensor, spine }: Plan, standing: Stood | null): Arc[] {
    const stage = this.walked ? this.stages[this.stage] : null;
    const made = stage?.names[stage.names.length - 1];
    const attends = (box: Box | undefined): boolean =>
      box?.tokens === "both" && box.tensor.op === "softmax";
    const chosen = cell && attends(cell.box) ? cell : null;
    if (!chosen && standing) return arcsHome(standing, ofTensor);
    const boxes = chosen ? [chosen.box] : (ofTensor.get(made ?? "") ?? []).filter(attends);
    const first = boxes[0];
    if (!first) return [];
    const query = chosen ? chosen.row : null;
    const stream = spine
      .map((name) => ofTensor.get(name)![0]!)
      .find((b) => b.tensor.layer === first.tensor.layer);
    return [
      ...boxes.map((box) => ({ box, query, over: box })),
      ...(stream ? [{ box: first, query, over: stream }] : []),
    ];
  }

  private lit(): Set<string> | null {
    if (this.glow) return this.glow;
    if (this.standing) return new Set([this.standing.part.tensor.name]);
    return this.walked ? new Set(this.stages[this.stage]?.names ?? []) : null;
  }

  private shine(): void {
    const lit = this.lit();
    const sources = this.why && !this.standing ? this.why.sources : [];
    const why = new Set(sources.map((s) => s.tensor.name));
    const chosen = this.hovered?.box ?? this.standing?.spot.box ?? this.pinned?.box ?? null;
    this.picture?.shine((box) => {
      const name = box.tensor.name;
      const glows = this.glow?.has(name) || box === chosen;
      return [glows ? 1 : 0, !lit || lit.has(name) || why.has(name) ? 0 : 1];
    }, this.boxes);
    this.flat?.mark(lit, chosen, false);
    this.request();
  }

  private resize(): void {
    const { width, height } = this.shell.place.getBoundingClientRect();
    if (width < 2) return;
    this.view.resize(width / Math.max(1, this.sides.length), height);
    this.picture?.resize(width, height);
    const scale = Math.min(SHARPEST, window.devicePixelRatio || 1);
    [this.shell.over.width, this.shell.over.height] = [
      Math.round(width * scale),
      Math.round(height * scale),
    ];
    this.request();
  }

  // ------------------------------------------------------------ cells

  private get boxes(): Box[] {
    return this.sides.flatMap(({ plan }) => plan.boxes);
  }

  private get bounds(): Bounds {
    return boundsOf(this.boxes);
  }

  /** The boxes of a matrix, on both sides where there are two. */
  private boxesOf(name: string): Box[] {
    return this.sides.flatMap(({ plan }) => plan.ofTensor.get(name) ?? []);
  }

  /** The cell of a tensor at a place along its axes. */
  find(name: string, place: number[], side = 0): Cell | null {
    const plan = this.sides[side]?.plan;
    const tensor = plan?.ofTensor.get(name)?.[0]?.tensor;
    if (
      !plan ||
      !tensor ||
      place.length !== tensor.shape.length ||
      place.some((i, axis) => i >= tensor.shape[axis]!)
    )
      return null;
    const at = cellPlace(plan, tensor, indexOf(tensor, place));
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
      const { scene, tensor: t } = cell.box;
      const pair = this.pairIn(cell);
      this.shell.tip.replaceChildren(
        make("b", {}, sayShown(this.comparison, scene, t, cell.index)),
        ` ${t.name}`,
        make("small", {}, places(scene, t, placeOf(t, cell.index))),
        ...(pair ? [make("span", { class: "pair" }, pair)] : []),
        make("span", {}, this.why?.text ?? ""),
        this.whose(t.name),
      );
    }
    const width = this.view.width * this.sides.length;
    const right = x > width - 315;
    this.shell.tip.style.left = right ? "auto" : `${x + 16}px`;
    this.shell.tip.style.right = right ? `${width - x + 12}px` : "auto";
    this.shell.tip.style.top = `${Math.min(y + 14, this.view.height - 90)}px`;
  }

  /** The stage of the walk that makes a matrix, for a label. */
  private whose(name: string): HTMLElement {
    const at = stageOf(this.stages, name);
    return make("small", {}, at < 0 ? "" : `stage ${at + 1}: ${this.stages[at]!.title}`);
  }

  /** Both numbers of a cell and their difference in words, where two scenes are compared. */
  private pairIn({ box, index }: Cell): string | null {
    return this.comparison && sayPair(pairAt(this.comparison, box.scene, box.tensor, index));
  }

  private focus(cell: Cell | null): void {
    this.why = cell && explain(cell.box.scene, cell.box.tensor, cell.index);
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
    const { scene, tensor: t } = cell.box;
    const place = placeOf(t, cell.index);
    this.panel.select(t.name);
    const number = this.pairIn(cell) ?? sayShown(null, scene, t, cell.index);
    this.say(`${t.name}, ${places(scene, t, place)}: ${number}. ${this.why?.text ?? ""}`);
    this.events.pin(t.name, place);
  }

  private choose(name: string): void {
    const boxes = this.boxesOf(name);
    const [box] = boxes;
    if (!box) return;
    this.pin(cellAt(box, 0, 0));
    this.fit(boxes.filter((b) => b.plane === box.plane));
    this.flat?.mark(this.lit(), box, true);
  }

  /** A step on the way home: its column is outlined, and the camera goes there. */
  private stand(at: Standing | null): void {
    this.standing = at && this.stoodAt(at);
    this.glow = null;
    this.shine();
    this.markPrompt();
    if (!this.standing) return;
    this.fit([this.standing.spot.box]);
    this.flat?.mark(this.lit(), this.standing.spot.box, true);
    this.say(this.standing.text);
  }

  private stoodAt(at: Standing): Stood | null {
    const { tensor, head } = at.part;
    const side = this.sides.findIndex((s) => s.plan.scene.byName.get(tensor.name) === tensor);
    const box = this.sides[side]?.plan.ofTensor.get(tensor.name)?.[head ?? 0];
    return box ? { ...at, side, spot: spotOf(box, at.part) } : null;
  }

  /** From a token that the model chose: its logit, where the way home begins. */
  private follow(position: number): void {
    const { tokens, vocabulary } = this.scene!.manifest;
    const logits = this.scene!.tensors.find((t) => t.op === "logits");
    const token = vocabulary.indexOf(tokens[position] ?? "");
    const cell = logits && this.find(logits.name, [position - 1, token]);
    if (!cell) return;
    this.pin(cell);
    this.fit([cell.box]);
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
    if (!quiet) this.standing = null;
    this.fillPrompt(stage);
    this.glow = null;
    this.shine();
    if (quiet) return;
    this.say(
      `${stage.title}. ${stage.text.map((p) => (typeof p === "string" ? p : p.word)).join("")}`,
    );
    if (this.walked && pressed(this.shell.follow)) {
      this.fit(stage.names.flatMap((name) => this.boxesOf(name)));
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
        i > 0 && i >= promptLength(tokens)
          ? button(token, `Follow the "${token}" home`, () => this.follow(i))
          : token,
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
    this.markPrompt();
  }

  /** The token on whose column the reader stands. */
  private markPrompt(): void {
    [...this.shell.prompt.children].forEach((chip, i) => {
      const here = this.standing?.part.position === i && this.standing.side === 0;
      chip.classList.toggle("stand", here);
      chip.classList.toggle("reached", here && !!this.standing?.home);
    });
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
      const bounds = this.bounds;
      const { left, right, top, bottom } = bounds;
      const tall = ((top - bottom) / (right - left)) * (this.view.width / this.view.height);
      this.view.go(
        this.view.fit(bounds, { yaw: SLANT.yaw, pitch: tall > 1.5 ? 0.9 : SLANT.pitch }, 0.93),
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

const open = ({ manifest, weights, activations }: Numbers): Scene =>
  openScene(manifest, { weight: weights, activation: activations });

/** What decides where boxes stand: names, shapes and how they hang together. */
const shapeOf = (m: Manifest): string =>
  JSON.stringify(m.tensors.map((t) => [t.name, t.kind, t.shape, t.op, t.inputs, t.layer]));

/** A token's column, or one neuron of it. */
function spotOf(box: Box, { position, neuron }: Term): Spot {
  const [top, rows] = neuron === null ? [0, box.rows] : [neuron, 1];
  return { box, left: position, top, cols: 1, rows };
}

/** What the head looks at on which the reader stands, over its own columns. */
function arcsHome({ part, spot }: Stood, ofTensor: Plan["ofTensor"]): Arc[] {
  if (part.tensor.op !== "weighted_sum") return [];
  const box = ofTensor.get(part.tensor.inputs?.[0] ?? "")?.[part.head ?? 0];
  return box ? [{ box, query: part.position, over: spot.box }] : [];
}

function roomy(b: Bounds): Bounds {
  const air = 0.08 * Math.max(b.right - b.left, b.top - b.bottom);
  return {
    left: b.left - air,
    right: b.right + air,
    top: b.top + air * 1.6,
    bottom: b.bottom - air,
  };
}
