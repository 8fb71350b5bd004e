// Joins the parts: mount(element) -> update(payload), dispose(). Knows nothing of Streamlit.
//
// It holds one state (where the reader is) and the scenes (what there is to see). Whatever the reader
// does makes the next state, and `render` draws what is different in it.

import { looksUpTokens } from "./act";
import { View } from "./camera";
import { partOf, withoutNeuron, type Edit, type HeadCost, type Neuron, type Whole } from "./broken";
import { certainties, lit as litBy, reached, type Certainty } from "./certainty";
import { pairAt, sayPair, sayShown } from "./compare";
import { placeOf, type Scene } from "./data";
import { Flat } from "./flat";
import { explain, type Explanation } from "./explain";
import { fitted, Flight, FLIGHT_MS, type Shot } from "./flight";
import { formingAt, productOf, rowsAfter, type Forming, type Product } from "./forming";
import { Hands, type Reach } from "./hands";
import { heightOf, short, widthOf, type Box, type Plan } from "./layout";
import type { Rect } from "./labels";
import { make } from "../shared/dom";
import { AT_REST, openingOf, OPENING_MS, saidOf, type Opening } from "./opening";
import { PlanMap } from "./map";
import { drawOverlay } from "./overlay";
import { Next, tokenOf } from "./next";
import { Panel, places } from "./panel";
import { cellAt, pick, type Cell } from "./pick";
import { Pace } from "./pace";
import { fillPrompt, markPrompt } from "./prompt";
import { openPicture, type Picture } from "./render";
import {
  addressOf,
  boxAt,
  boxesOf,
  cellOf,
  NONE,
  openScenes,
  shadeRight,
  type Payload,
  type Side,
} from "./scenes";
import { Shell } from "./shell";
import { shownOn } from "./shown";
import {
  around,
  layerAt,
  partOf as placeFor,
  READING,
  sayOf,
  wholeModel,
  type Aim,
  type Said,
  type Sight,
} from "./sights";
import * as states from "./state";
import type { State } from "./state";
import { upper } from "./script";
import { fillStory, heard, markWords } from "./story";
import { tokenAt } from "./text";
import { Treasures } from "./treasures";
import { fillTip, placeTip } from "./tip";
import type { Standing } from "./trail";
import { readingTime, stagesOf, type Stage } from "./walk";
import { themeOf, type Theme } from "../shared/theme";

export interface ViewerEvents {
  pin: (name: string, index: number[]) => void;
  edit: (edit: Edit) => void;
  /** All parts are mended, and then one is broken, if one is given. */
  mend: (edit?: Edit) => void;
  /** The heads are to be ranked. */
  rank: () => void;
  /** The model is to read this text and to write on. */
  goOn: (text: string) => void;
}

/** A stopwatch beside the viewer. A reader's viewer has none. */
export interface Watch {
  time: <T>(what: "update" | "frame" | "pick", act: () => T) => T;
}

export interface Options {
  theme?: Parameters<typeof themeOf>[0];
  font?: string;
  flat?: boolean;
  watch?: Watch;
}

/** How long a product is formed for who steps by hand, and for what share of its stage in a walk that plays. */
const FORMING_MS = 2600;
const FORMING_SHARE = 0.7;
const RUNNING_MS = 2400;
const REST_MS = 250;
/** A model that is so much larger or smaller is looked at anew. */
const OTHER_SIZE = 1.25;
const SHARPEST = 2;
/** The two large buttons and the next token stand on so many pixels of the picture. */
const FOOT = 76;
/** On a phone only the next token stands there, and the chips above. */
const LOW = 30;
const CHIPS = 40;
/** Of a phone, where words stand above each other. */
const NARROW = 600;
/** The names of two sides. */
const HEAD = 28;
/** Who is so much nearer than the whole model is looked at from is inside. */
const NEAR = 0.7;
/** Later than any token. */
const NEVER = 1e9;

export class Viewer implements Reach {
  state: State = states.BEGINNING;
  private scenes = NONE;
  private edits: Edit[] = [];
  private whole: Whole | null = null;
  private ranking: HeadCost[] | null = null;
  /** The last scene in which no part was broken. */
  private mended: Scene | null = null;
  private neuron: Neuron | null = null;
  /** What leads to the part that is about to be broken. */
  private going: (() => void) | null = null;
  /** How sure the model would be after each layer. */
  private certain = new Map<number, Certainty[]>();
  /** The kept cell that is opened, and since when; null: at rest. */
  /** From where the whole model is seen. */
  private far = 0;
  private opening: { of: Opening; began: number | null } | null = null;
  /** How the number was made that the reader points at or keeps. */
  private why: Explanation | null = null;
  private theme: Theme;
  private timer = 0;
  private waiting = 0;
  private resting = 0;
  private lost = false;
  /** The part of the model that the reader asked to look at, and where on the way home they stand. */
  private sight: Said | null = null;
  private stood: Said | null = null;
  private pace = new Pace();
  /** Its clock begins once its first picture was drawn, which may take long. */
  private flight: { course: Flight; began: number | null; shot: Shot | null } | null = null;
  /** Since when light has been running down the stream for a token that is computed alone. */
  private running: number | null = null;
  /** The product that the told stage forms, and since when. */
  private forming: { product: Product; began: number; ms: number; rows: number } | null = null;
  /** What stands over the picture; null: to be looked up, which takes a part of a frame. */
  private covered: Rect[] | null = null;
  readonly view = new View();
  readonly picture: Picture | null;
  private flat: Flat | null = null;
  private panel: Panel;
  private treasures: Treasures;
  private next = new Next(
    (text) => this.events.goOn(text),
    (text) => this.say(text),
  );
  private shell: Shell;
  private map: PlanMap;
  private room: ResizeObserver;

  constructor(
    private host: HTMLElement,
    private events: ViewerEvents,
    private options: Options = {},
  ) {
    this.theme = themeOf(options.theme);
    this.panel = new Panel({
      choose: (name) => this.choose(name),
      find: (name, head) => this.find(name, head),
      pin: (cell) => this.pin(cell),
      glow: (names) => this.glow(names),
      edit: (edit) => this.events.edit(edit),
      stand: (at) => this.stand(at),
      leave: () => this.letGo(),
      open: () => this.pinned && this.open(this.pinned),
      example: (name, place) => this.showExample(name, place),
    });
    this.treasures = new Treasures({
      follow: (at) => this.follow(at, this.scene!.manifest.tokens[at]!),
      rank: () => this.events.rank(),
      breakHead: (layer, head) => this.breakHead(layer, head),
      breakNeuron: (neuron) => this.breakNeuron(neuron),
      mend: () => this.events.mend(),
      say: (text) => this.say(text),
    });
    this.shell = new Shell(
      {
        fly: (where) => this.fly(where),
        scrub: (stage) => this.scrub(stage),
        step: (by) => this.step(by),
        play: () => this.play(),
        shade: (shaded) => this.shade(shaded),
        soar: () => this.soar(),
        skip: () => this.skip(),
      },
      this.panel.root,
      [this.next.root],
      this.treasures.root,
    );
    this.map = new PlanMap(this.shell.map);
    this.host.replaceChildren(this.shell.root);
    new Hands(this, this.shell);
    this.picture = options.flat ? null : openPicture(this.shell.gl);
    if (!this.picture) {
      this.flat = new Flat({ hover: (cell) => this.hover(cell), pin: (cell) => this.pin(cell) });
      this.shell.flatten(this.flat.root);
    }
    this.guard();
    this.repaint();
    this.room = new ResizeObserver(() => this.resize());
    this.room.observe(this.shell.place);
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
      this.map.forget();
      // three uploads geometry and textures again by itself at the next frame.
      this.request();
    });
  }

  /** So many pixels of the window are left for all this. */
  fill(room: number): void {
    this.shell.fill(Math.round(room));
  }

  dispose(): void {
    window.clearTimeout(this.timer);
    window.clearTimeout(this.resting);
    cancelAnimationFrame(this.waiting);
    this.room.disconnect();
    this.flat?.dispose();
    this.picture?.dispose();
    this.host.replaceChildren();
  }

  // ------------------------------------------------------------ colours and letters

  retheme(theme: Options["theme"], font?: string): void {
    const next = themeOf(theme);
    if (font) this.options.font = font;
    if (JSON.stringify(next) === JSON.stringify(this.theme)) return;
    this.theme = next;
    this.repaint();
    this.panel.repaint(next);
    if (this.scene) {
      this.flat?.load(this.sides, next);
      this.showNumber();
    }
    this.shine();
  }

  private repaint(): void {
    this.shell.repaint(this.theme, this.font);
    this.picture?.paint(this.theme);
  }

  private get font(): string {
    return this.options.font ?? `"Source Sans", "Source Sans 3", system-ui, sans-serif`;
  }

  /** A font has arrived. */
  reletter(): void {
    this.picture?.letter();
    this.covered = null;
    this.request();
  }

  // ------------------------------------------------------------ what there is to see

  get sides(): Side[] {
    return this.scenes.sides;
  }

  /** The first scene, on the left where there are two. */
  get scene(): Scene | null {
    return this.sides[0]?.plan.scene ?? null;
  }

  get plan(): Plan | null {
    return this.sides[0]?.plan ?? null;
  }

  get columns(): number {
    return Math.max(1, this.sides.length);
  }

  update(payload: Payload): void {
    this.time("update", () => this.take(payload));
  }

  private take(payload: Payload): void {
    const [before, { shapes }] = [this.plan, this.scenes];
    this.skip();
    this.scenes = openScenes(payload, this.state.shaded);
    this.edits = payload.edits;
    [this.whole, this.ranking] = [payload.whole ?? null, payload.ranking ?? null];
    this.neuron = payload.neuron ?? null;
    const scenes = this.sides.map(({ plan }) => plan.scene);
    this.shell.split(scenes, payload.beside?.title ?? "");
    const { left, right, top, bottom } = this.plan!.bounds;
    this.shell.shapeMap(right - left, top - bottom);
    this.shell.tell(this.scenes.problems);
    this.resize();
    // The walk is told of the left one.
    const isOther = before !== null && isOtherSize(before, this.plan!);
    const kept = isOther ? states.pin(this.state, null) : this.state;
    const next = states.arrive(kept, scenes, stagesOf(this.scene!));
    this.load(next, shapes !== this.scenes.shapes);
    if (isOther) this.panel.select("");
    this.certain.clear();
    this.shell.reads.hidden = !this.certainOf(this.scene!.given).length;
    this.shell.reads.replaceChildren(
      "Probability of ",
      make("b", {}, `“${this.scene!.manifest.tokens[this.scene!.given] ?? ""}”`),
      make("span", {}, ", read out of the stream"),
      " after each layer",
    );
    this.shell.mark(marksOf(this.scene!, next.stages), next.stages.length);
    if (!before || isOther) this.fly("all", true);
    this.showTreasures();
    if (this.scene!.halves.weight.length) this.soarOnce();
  }

  /** Other numbers are in the scenes: all that shows them begins anew. */
  private load(next: State, rebuild = false): void {
    this.state = next;
    this.picture?.load(this.sides, rebuild);
    this.flat?.load(this.sides, this.theme);
    this.panel.load(this.scene!, this.theme, this.scenes.comparison);
    this.render(null);
  }

  fail(message: string): void {
    this.shell.tell([message]);
  }

  private get boxes(): Box[] {
    return this.sides.flatMap(({ plan }) => plan.boxes);
  }

  get pinned(): Cell | null {
    return cellOf(this.sides, this.state.pinned);
  }

  get hovered(): Cell | null {
    return cellOf(this.sides, this.state.hovered);
  }

  get made(): Box | null {
    return this.plan?.ofTensor.get(states.made(states.told(this.state)))?.[0] ?? null;
  }

  under(x: number, y: number, column: number): Cell | null {
    const boxes = this.sides[column]?.plan.boxes ?? [];
    return this.time("pick", () => pick(boxes, this.view.ray(x, y)));
  }

  private time<T>(what: Parameters<Watch["time"]>[0], act: () => T): T {
    return this.options.watch ? this.options.watch.time(what, act) : act();
  }

  // ------------------------------------------------------------ from state to state

  private set(next: State): void {
    const before = this.state;
    this.state = next;
    if (next === before) return;
    this.land();
    this.render(before);
  }

  /** Show what is different from the state before; all of it, where that showed other numbers. */
  private render(before: State | null): void {
    const now = this.state;
    this.covered = null;
    const differs = (...keys: (keyof State)[]): boolean =>
      !before || keys.some((key) => before[key] !== now[key]);
    if (differs("shaded")) this.shell.showShaded(now.shaded);
    if (differs("playing")) this.shell.showPlaying(now.playing);
    if (differs("playing", "stage")) this.keepTime();
    if (differs("stage", "walking", "pinned", "standing")) this.sight = null;
    if (!now.standing) this.stood = null;
    if (differs("stage", "stages", "walking", "pinned", "standing", "following")) this.tellStage();
    if (differs("stage", "stages", "walking")) {
      this.showTokens();
      this.beginForming();
    }
    if (differs("standing")) markPrompt(this.shell.prompt, now.standing);
    if (differs("pinned", "stage", "walking")) this.opening = null;
    if (differs("pinned", "hovered")) {
      this.shell.tip.hidden = true;
      this.showNumber();
    }
    if (this.scene) this.next.show(this.scene, tokenOf(now, this.scene));
    this.shine();
  }

  private tellStage(): void {
    const stage = states.told(this.state);
    if (!stage) return;
    const { stage: at, stages, walking } = this.state;
    this.shell.showStage(at, stages.length, stage.title, walking);
    if (!walking) return this.tellRest();
    fillStory(this.shell.text, stage, {
      glow: (names) => this.glow(names),
      choose: (name) => this.choose(name),
    });
  }

  /** What is said where no stage is told: of the number that is kept, or of the whole model. */
  private tellRest(): void {
    const { pinned } = this;
    const said = this.sight ?? this.stood ?? (pinned ? null : this.atRest());
    if (said || !pinned) return this.tell(said!);
    const { scene, tensor: t } = pinned.box;
    const { text, sources } = explain(scene, t, pinned.index);
    this.shell.entitle(`cell of ${short(t.name)}, ${places(scene, t, placeOf(t, pinned.index))}`);
    const home = this.state.following ? " What it is a sum of stands below the picture." : "";
    this.shell.text.replaceChildren(`${text}${sources.length ? "." : ""}${home}`);
  }

  private tell({ title, text }: Said): void {
    this.shell.entitle(title);
    this.shell.text.replaceChildren(text);
  }

  private atRest(): Said {
    const [click, move] = this.shell.coarse ? ["tap", "a finger"] : ["click", "a drag"];
    const broken = this.edits.map((edit) => partOf(edit, this.scene!)).join(" and ");
    if (broken)
      return {
        title: `Changed: ${broken}`,
        text: "All that comes after it was computed anew. Mend brings every number back.",
      };
    return {
      title: "The whole model",
      text: `Every box is a matrix of the real model, every cell one of its numbers. Play the walk down the stream, or ${click} a coloured cell to open it; ${move} turns the model.`,
    };
  }

  private showTokens(): void {
    const { given } = this.scene!;
    const written = this.flight?.shot?.written;
    const chips = states.chips(this.state, this.scene!).map((chip, i) => {
      const later = written !== undefined && i >= given;
      if (!later) return chip;
      return { ...chip, look: written && i === given ? "next" : "later" } as const;
    });
    fillPrompt(this.shell.prompt, chips, (at, chip) =>
      chip.written ? this.follow(at, chip.token) : this.enter(at),
    );
    markPrompt(this.shell.prompt, this.state.standing);
    const [first, last] = states.span(this.state) ?? [0, NEVER];
    this.picture?.span(first, last);
  }

  /** The number that the reader points at or keeps: in words, and in the panel if it is not another
   * one that is kept. The panel may answer with a next state: the way home begins or ends. */
  private showNumber(): void {
    const { pinned, hovered } = this.state;
    const cell = cellOf(this.sides, states.focused(this.state));
    this.why = cell && explain(cell.box.scene, cell.box.tensor, cell.index);
    markWords(this.shell.text, cell?.box.tensor.name ?? null);
    if (!pinned || !hovered)
      this.panel.show(cell, this.why, !!pinned, this.edits, !!this.openingOf(cell));
  }

  /** Which boxes glow and which are faded. */
  private shine(): void {
    const { state, sides, why } = this;
    const lit = states.lit(state);
    const sources = new Set(state.standing ? [] : why?.sources.map((s) => s.tensor.name));
    const stop = state.standing && boxAt(sides, state.standing);
    const chosen = this.hovered?.box ?? stop ?? this.pinned?.box ?? null;
    const product = this.forming?.product;
    const flown = this.flight?.shot?.glow;
    this.picture?.shine((box) => {
      const { name } = box.tensor;
      const glows = box === chosen || !!(flown ?? state.glow)?.includes(name);
      const dim = !lit || lit.has(name) || sources.has(name) ? 0 : 1;
      return [glows ? 1 : 0, dim, product?.made.has(name) ? 1 : product?.weights.has(name) ? 2 : 0];
    }, this.boxes);
    this.flat?.mark(lit, chosen);
    this.request();
  }

  private say(text: string): void {
    this.shell.live.textContent = text;
  }

  // ------------------------------------------------------------ numbers

  hover(cell: Cell | null, x = 0, y = 0): void {
    if (this.flight) return;
    this.set(states.point(this.state, cell && addressOf(this.sides, cell)));
    const { tip } = this.shell;
    if (!cell || !this.picture) return;
    if (tip.hidden)
      fillTip(
        tip,
        cell,
        this.why,
        this.scenes.comparison,
        this.state.stages,
        !!this.openingOf(cell),
      );
    tip.hidden = false;
    placeTip(tip, x, y, this.view.width * this.columns, this.view.height);
  }

  pin(cell: Cell): void {
    const address = addressOf(this.sides, cell);
    const kept = cellOf(this.sides, address);
    if (!kept) return; // of a grid whose numbers were replaced by fewer
    this.set(states.pin(this.state, address));
    this.panel.select(address.name);
    this.say(this.inWords(kept));
    this.events.pin(address.name, address.place);
  }

  /** From the words beside the picture: the camera goes there, and it opens. */
  private showExample(name: string, place: number[]): void {
    const cell = cellOf(this.sides, { side: 0, name, place });
    if (!cell) return;
    this.set(states.leave(this.state));
    this.reveal([cell.box]);
    this.open(cell);
    this.shell.face();
  }

  private openingOf(cell: Cell | null): Opening | null {
    const side = cell && this.sides.find(({ plan }) => plan.scene === cell.box.scene);
    return side && this.picture ? openingOf(side.plan, cell, this.why) : null;
  }

  /** Keep a cell; where it is a row times a column, they come out. */
  open(cell: Cell): void {
    this.pin(cell);
    const of = this.openingOf(this.pinned);
    if (!of) return;
    this.opening = { of, began: this.shell.still ? null : performance.now() };
    this.say(`${saidOf(of)}. ${this.inWords(of.cell)}`);
    this.request();
  }

  /** Whether a cell is still being opened. */
  private advanceOpening(now: number): boolean {
    if (this.opening?.began == null) return false;
    if (now - this.opening.began >= OPENING_MS) this.opening = null;
    return true;
  }

  private inWords({ box: { scene, tensor: t }, index }: Cell): string {
    const { comparison } = this.scenes;
    const number = comparison
      ? sayPair(pairAt(comparison, scene, t, index))
      : sayShown(null, scene, t, index);
    return `${t.name}, ${places(scene, t, placeOf(t, index))}: ${number}. ${this.why?.text ?? ""}`;
  }

  letGo(): boolean {
    const [before, next] = [this.state, states.letGo(this.state)];
    this.set(next);
    if (next !== before) this.say(before.pinned ? "nothing kept" : "the whole model");
    return next !== before;
  }

  private choose(name: string, head: number | null = null): void {
    const all = boxesOf(this.sides, name);
    const box = all.find((b) => b.plane === head) ?? all[0];
    if (!box) return;
    this.pin(cellAt(box, 0, 0));
    this.reveal(all.filter((b) => b.plane === box.plane));
  }

  /** Searched for by name: the picture comes into sight, and the keys go on there. */
  private find(name: string, head: number | null): void {
    this.set(states.leave(this.state));
    this.choose(name, head);
    this.shell.face();
  }

  private glow(names: string[] | null): void {
    this.set(states.glow(this.state, names));
  }

  // ------------------------------------------------------------ the way home

  /** From a token that the model wrote: its logit, where the way home begins. */
  private follow(at: number, token: string): void {
    const { tokens, vocabulary } = this.scene!.manifest;
    const address = { side: 0, name: "logits", place: [at - 1, vocabulary.indexOf(token)] };
    const cell = cellOf(this.sides, address);
    if (!cell) return;
    this.next.close();
    this.set(states.leave(this.state));
    this.pin(cell);
    if (token === tokens[at]) this.set(states.follow(this.state, address));
    this.fit([cell.box], READING);
    this.panel.showHome(this.shell.still);
  }

  /** To the column of a typed token, where it comes in. */
  private enter(at: number): void {
    const scene = this.scene!;
    const name = scene.tensors.find((t) => looksUpTokens(scene, t))?.name ?? "";
    const cell = cellOf(this.sides, { side: 0, name, place: [at, 0] });
    if (!cell) return;
    this.pin(cell);
    this.stood = {
      title: tokenAt(scene, at),
      text: `It comes in here, as a column of ${name}: the numbers that the model has learned for it.`,
    };
    this.set(states.stand(this.state, states.columnAt(name, at)));
    this.reveal([cell.box]);
    this.say(`${tokenAt(scene, at)} comes in here, as a column of ${name}`);
  }

  private stand(at: Standing | null): void {
    const stop = at && this.stopOf(at);
    this.stood = at && {
      title: at.home ? "Home" : "On the way home",
      text: `${upper(at.text)}. ${at.home ? "You stand on a token that you typed." : "The list below the picture shows what this contribution is made of."}`,
    };
    this.set(states.stand(this.state, stop));
    const box = stop && boxAt(this.sides, stop);
    if (!at || !box) return;
    this.reveal([box]);
    this.say(at.text);
  }

  private stopOf({ part, home }: Standing): states.Stop | null {
    const { tensor, head, position, neuron } = part;
    const { name } = tensor;
    const side = this.sides.findIndex(({ plan }) => plan.scene.byName.get(name) === tensor);
    return side < 0 ? null : { side, name, head, position, neuron, home };
  }

  // ------------------------------------------------------------ the walk

  scrub(stage: number): void {
    this.walk(states.scrub(this.state, stage));
  }

  step(by: number): void {
    this.walk(states.step(this.state, by));
  }

  play(): void {
    if (this.state.playing) this.set(states.pause(this.state));
    else this.walk(states.play(this.state));
  }

  /** To a stage, with the camera where that is wanted, or out of the walk. */
  private walk(next: State): void {
    this.next.close();
    this.set(next);
    const stage = states.told(next);
    if (!next.walking || !stage) return this.say("the whole model");
    this.say(heard(stage));
    if (this.shell.follows) this.lookAtStage(stage);
  }

  /** Where the script has the camera look. */
  private lookAtStage({ names, makes, arc, camera }: Stage): void {
    const of = (some: string[]): Box[] => some.flatMap((name) => boxesOf(this.sides, name));
    const isMap = (box: Box): boolean => box.tokens === "both" && box.plane === arc?.head;
    const maps = camera === "head" ? of(makes).filter(isMap) : [];
    if (maps.length) return this.lookAtArc(maps);
    const boxes = of(names);
    if (camera !== "model" && 2 * boxes.length < this.boxes.length) return this.reveal(boxes);
    this.aim(this.wholeModel, this.shell.still);
  }

  /** Maps of one head, and the arc above them. */
  private lookAtArc(boxes: Box[]): void {
    const aim = around(boxes, READING);
    aim.bounds.top += 0.4 * heightOf(boxes[0]!);
    this.aim(aim, this.shell.still);
    this.flat?.reveal(boxes);
  }

  private keepTime(): void {
    window.clearTimeout(this.timer);
    const stage = states.told(this.state);
    if (!this.state.playing || !stage) return;
    const next = (): void => this.walk(states.tick(this.state));
    this.timer = window.setTimeout(next, this.timeOf(stage));
  }

  /** How long a walk that plays stays at a stage, in ms. */
  private timeOf(stage: Stage): number {
    return readingTime(stage) / Number(this.shell.speed.value);
  }

  private shade(shaded: boolean): void {
    this.scenes = shadeRight(this.scenes, shaded);
    this.load(states.shade(this.state, shaded));
    this.say(
      shaded
        ? "on the right, every number less its partner on the left"
        : "on both sides, the numbers themselves",
    );
  }

  // ------------------------------------------------------------ what is broken

  /** What is known of the whole model and of its heads. */
  judge(whole: Whole | null, ranking: HeadCost[] | null, neuron: Neuron | null = null): void {
    const known = [this.whole, this.ranking, this.neuron];
    if (JSON.stringify([whole, ranking, neuron]) === JSON.stringify(known)) return;
    [this.whole, this.ranking, this.neuron] = [whole, ranking, neuron];
    this.showTreasures();
  }

  private showTreasures(): void {
    const { whole, edits, ranking, neuron } = this;
    const scene = this.scene!;
    if (!edits.length) this.mended = scene;
    const known = this.mended?.manifest;
    const same =
      known?.weights_digest === scene.manifest.weights_digest &&
      known.tokens.join("") === whole?.text;
    this.treasures.show({
      scene,
      edits,
      whole,
      ranking,
      neuron,
      mended: same ? this.mended : null,
    });
    if (!this.state.walking) this.tellStage();
    this.going?.(); // a second side may have come
    this.going = null;
  }

  /** One head alone is broken, and the camera goes to it. */
  private breakHead(layer: number, head: number): void {
    this.goTo(() => this.goToHead(layer, head));
    this.events.mend({ name: "z", layer, index: { head }, scale: 0 });
  }

  /** One neuron alone is broken. */
  private breakNeuron(neuron: Neuron): void {
    const edit = withoutNeuron(neuron);
    this.goTo(() => {
      const box = this.plan?.ofTensor.get(`blocks.${edit.layer}.${edit.name}`)?.[0];
      if (box) this.aim(aroundRow(box, neuron.neuron), this.shell.still);
    });
    this.events.mend(edit);
  }

  /** To what is about to be broken. A way home is of the model as it was: it ends. */
  private goTo(there: () => void): void {
    this.next.close();
    this.sight = null;
    this.set(states.leave(this.state.following ? states.pin(this.state, null) : this.state));
    this.going = there;
    there();
  }

  /** What the head looks at, and what it hands on. */
  private goToHead(layer: number, head: number): void {
    const boxes = this.boxes.filter(
      ({ tensor: t, plane }) =>
        t.layer === layer && plane === head && /\.(pattern|z)$/.test(t.name),
    );
    this.reveal(boxes);
  }

  // ------------------------------------------------------------ the camera

  fit(boxes: Box[], angles?: Aim["angles"], still = this.shell.still): void {
    if (boxes.length) this.aim(around(boxes, angles), still);
  }

  /** Boxes come into sight, so that they can be read: the camera goes there, flat maps scroll there. */
  private reveal(boxes: Box[]): void {
    this.fit(boxes, READING);
    this.flat?.reveal(boxes);
  }

  fly(where: Sight, still = this.shell.still): void {
    if (!this.plan) return;
    this.opening = null;
    this.land();
    if (where === "all") {
      this.set(states.leave(this.state));
      this.sight = null;
      this.tellStage();
      this.say("the whole model");
      return this.aim(this.wholeModel, still);
    }
    const cell = this.hovered ?? this.pinned;
    const layer = cell?.box.tensor.layer ?? layerAt(this.plan, this.view.pose.y);
    this.set(states.leave(this.state));
    this.sight = sayOf(where, layer);
    this.tellStage();
    this.aim(placeFor(this.plan, where, layer), still);
  }

  private get wholeModel(): Aim {
    const aim = wholeModel(this.boxes, this.view.width / this.view.height);
    this.far = fitted(this.view, aim).distance;
    return aim;
  }

  private aim(aim: Aim, still: boolean): void {
    this.view.go(fitted(this.view, aim), still);
    this.request();
  }

  private resize(): void {
    const { width, height } = this.shell.place.getBoundingClientRect();
    if (width < 2) return;
    this.covered = null;
    const narrow = width < NARROW;
    this.view.foot = !this.picture ? 0 : narrow ? LOW : FOOT;
    this.view.head = this.columns > 1 ? HEAD : narrow ? CHIPS : 0;
    this.view.resize(width / this.columns, height);
    this.picture?.resize(width, height);
    const { over } = this.shell;
    [over.width, over.height] = [Math.round(width * sharpness()), Math.round(height * sharpness())];
    this.request();
  }

  // ------------------------------------------------------------ what moves by itself

  /** The first flight of this visit, for who likes motion. */
  private soarOnce(): void {
    if (this.shell.still || wasSeen()) return;
    this.soar();
  }

  private soar(): void {
    if (!this.picture || !this.plan) return;
    this.set(states.leave(this.state));
    this.flight = {
      course: new Flight(this.plan, this.view),
      began: null,
      shot: null,
    };
    this.request();
  }

  /** Ends the flight and shows the whole model; whether there was one. */
  skip(): boolean {
    const flown = this.land();
    if (flown) this.fly("all");
    return flown;
  }

  /** Ends the flight where it is. */
  private land(): boolean {
    if (!this.flight) return false;
    this.flight = null;
    this.picture?.pulse(null);
    this.shell.showFlight(null);
    this.covered = null;
    this.showTokens();
    this.shine();
    return true;
  }

  /** Whether the flight goes on. */
  private advanceFlight(now: number): boolean {
    if (!this.flight) return false;
    const { course, shot: before } = this.flight;
    if (before) this.flight.began ??= now;
    const flown = Math.max(0, now - (this.flight.began ?? now));
    if (flown >= FLIGHT_MS) return this.skip();
    const shot = course.at(flown);
    this.flight.shot = shot;
    this.view.set(shot.pose);
    this.shell.showFlight(shot.caption);
    if (!before) this.covered = null;
    if (before?.written !== shot.written) this.showTokens();
    this.picture!.pulse(shot.pulse);
    this.picture!.span(0, shot.last);
    if (before?.glow.length !== shot.glow.length) this.shine();
    return true;
  }

  private beginForming(): void {
    const { walking, stages, stage } = this.state;
    const moves = this.scene && walking && !this.shell.still;
    const product = moves ? productOf(this.scene!, stages, stage) : null;
    const ms = this.state.playing ? FORMING_SHARE * this.timeOf(stages[stage]!) : FORMING_MS;
    const isAlone = moves && stages[stage]!.span[0] >= this.scene!.given;
    this.running = isAlone ? performance.now() : null;
    if (!isAlone) this.picture?.pulse(null);
    if (isAlone) this.request();
    this.forming = isAlone ? null : product && { product, began: performance.now(), ms, rows: 0 };
    this.picture?.sweep(this.forming && { rows: 0, token: 0 });
  }

  /** Whether a product is still being formed. */
  private advanceForming(now: number): boolean {
    if (!this.forming) return false;
    const share = (now - this.forming.began) / this.forming.ms;
    if (share >= 1) this.forming = null;
    else this.forming.rows = rowsAfter(Math.max(0, share));
    const at = this.placeOfForming();
    this.picture?.sweep(this.forming && { rows: this.forming.rows, token: at?.col ?? NEVER });
    if (!this.forming) this.shine();
    return true;
  }

  /** Whether light still runs down the stream. */
  private advanceRunning(now: number): boolean {
    if (this.running === null) return false;
    const share = Math.max(0, (now - this.running) / RUNNING_MS);
    if (share >= 1) this.running = null;
    const { top, bottom } = this.plan!.bounds;
    const reach = (top - bottom) / 12;
    const y = top + reach - share * (top - bottom + 2 * reach);
    this.picture?.pulse(share < 1 ? { y, reach } : null);
    return true;
  }

  private placeOfForming(): Forming | null {
    if (!this.forming || !this.plan) return null;
    const { product, rows } = this.forming;
    return formingAt(this.plan, product, rows, states.span(this.state) ?? [0, NEVER]);
  }

  /** The probabilities that the light, or the walk, has come to; all of them in the whole model. */
  private certainNow(): Certainty[] {
    const { walking, stages, stage } = this.state;
    if (this.columns > 1) return [];
    const { given } = this.scene!;
    const { pulse, rewinds } = this.flight?.shot ?? {};
    if (rewinds) return [];
    if (pulse) return litBy(this.certainOf(given), pulse.y);
    if (!walking) return this.certainOf(given);
    const told = this.certainOf(Math.max(given, stages[stage]!.span[1] + 1));
    return reached(told, stages, stage);
  }

  private certainOf(at: number): Certainty[] {
    const known = this.certain.get(at) ?? certainties(this.plan!, at);
    this.certain.set(at, known);
    return known;
  }

  // ------------------------------------------------------------ frames

  request(): void {
    if (this.waiting || this.lost) return;
    this.waiting = requestAnimationFrame((now) => {
      this.waiting = 0;
      const moves = [
        this.view.advance(now),
        this.advanceFlight(now),
        this.advanceForming(now),
        this.advanceRunning(now),
        this.advanceOpening(now),
      ];
      if (moves.includes(true)) this.request();
      this.keepPace(now);
      this.time("frame", () => this.draw());
    });
  }

  /** Where frames come too slowly, what moves is drawn without light, and with it once it rests. */
  private keepPace(now: number): void {
    this.pace.note(now);
    if (!this.pace.slow || !this.picture) return;
    window.clearTimeout(this.resting);
    this.picture.light(false);
    this.resting = window.setTimeout(() => {
      this.picture!.light(true);
      this.draw();
    }, REST_MS);
  }

  draw(): void {
    if (!this.sides.length || !this.picture || this.lost) return;
    if (this.shell.come(this.view.pose.distance < NEAR * this.far)) this.covered = null;
    this.picture.draw(this.view);
    const pen = this.shell.over.getContext("2d")!;
    const scale = sharpness();
    const look = { theme: this.theme, font: this.font, why: this.why, edits: this.edits };
    const covered = (this.covered ??= this.shell.covered());
    const shown = this.sides.map((_, side) => ({
      ...shownOn(side, this.sides, this.state, look),
      covered: covered.map((one) => ({ ...one, x: one.x - side * this.view.width })),
    }));
    Object.assign(shown[0]!, { forming: this.placeOfForming(), certain: this.certainNow() });
    if (this.opening) {
      const { of, began } = this.opening;
      const side = this.sides.findIndex(({ plan }) => plan.scene === of.cell.box.scene);
      const share = began === null ? AT_REST : (performance.now() - began) / OPENING_MS;
      if (shown[side]) shown[side].opening = { of, share: Math.min(1, share) };
    }
    if (this.flight?.shot) {
      const { letters, fall, arcs, last } = this.flight.shot;
      Object.assign(shown[0]!, { letters, fall, arcs, last, flying: true });
    }
    shown.forEach((one, side) => {
      pen.setTransform(scale, 0, 0, scale, scale * side * this.view.width, 0);
      drawOverlay(pen, this.view, one);
    });
    this.map.draw(this.view, shown[0]!);
  }
}

/** Some rows above and below one, with the names beside them. */
function aroundRow(box: Box, row: number): Aim {
  const high = 40 * box.cellH;
  const y = box.y - (row + 0.5) * box.cellH;
  const [left, right] = [box.x - high, box.x + widthOf(box) + high];
  return { bounds: { left, right, top: y + high, bottom: y - high }, angles: READING };
}

/** Where along the walk a layer begins, and a token that is fed back. */
function marksOf({ byName, manifest }: Scene, stages: Stage[]): { at: number; text: string }[] {
  let before: number | null = null;
  return stages.flatMap(({ makes, span: [first] }, at) => {
    const layer = byName.get(makes[0] ?? "")?.layer ?? null;
    const text = makes.length ? `${layer ?? ""}` : `token “${manifest.tokens[first]}”`;
    const isNew = makes.length ? layer !== before : stages[at - 1]?.makes.length;
    before = layer;
    return isNew && text ? [{ at, text: text === "0" ? "layer 0" : text }] : [];
  });
}

function isOtherSize({ bounds: a }: Plan, { bounds: b }: Plan): boolean {
  const ratios = [(a.right - a.left) / (b.right - b.left), (a.top - a.bottom) / (b.top - b.bottom)];
  return ratios.some((ratio) => Math.max(ratio, 1 / ratio) > OTHER_SIZE);
}

/** Whether this visit has seen the flight; it counts as seen from now on. */
function wasSeen(): boolean {
  try {
    const seen = sessionStorage.getItem("flight") !== null;
    sessionStorage.setItem("flight", "seen");
    return seen;
  } catch {
    return false; // where nothing may be stored
  }
}

const sharpness = (): number => Math.min(SHARPEST, window.devicePixelRatio || 1);
