// A film of a small network in training: its edges on a canvas, its answers in a grid, one slider.
// A hand on a cell lights the cell's way through the network, and a click on a hidden neuron ablates
// it. The moments come from Python; what a hand asks of one is computed here.

import { make } from "../shared/dom";
import { written } from "../shared/numerals";
import {
  edgeAt,
  landmarksIn,
  rightAt,
  rightOf,
  told,
  toldOfCell,
  toldOfUnit,
  toldOfWay,
  toldWithout,
  unitPlaces,
  type Answers,
  type Edge,
  type Reel,
} from "./maths/film";
import {
  answerOf,
  forward,
  inputOf,
  unpacked,
  votesFor,
  wayOf,
  type Layer,
  type Way,
} from "./maths/way";
import "./network.css";
import type { Sent } from "./shared/drawing";
import { blank, onScheme, say, set, setShare, tone } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { range, signed, signedBytes, type Pair } from "./shared/numbers";
import { EITHER_WAY, steppedThrough, tableOf, UP_DOWN } from "./shared/stepped";

type View = "weights" | "gradients" | "change";

const ASIDE = 0.1; // of the strength of an edge
const FAINT = 0.25; // so little of the strongest gradient of all moments is hardly drawn
const CLOSE = 10; // pixels from unit to unit: too few for a name each
const FELT = 0.005; // the least that is drawn of what comes back

interface Data extends Reel, Sent {
  /** Of this drawing, on the page. */
  name: string;
  headline: string;
  alt: string;
  /** For each layer a name of each unit, or none. */
  labels: string[][];
  titles: string[];
  /** Epoch, loss, share right. */
  curve: [number, number, number][];
  last_epoch: number;
  play: boolean;
  view: View;
  picked: Edge | null;
  pickable: boolean;
  /** Can a cell of the table be picked? */
  cells_pickable: boolean;
  /** The cells that the last moment is about, if not about all. */
  asked: number[];
  /** How long the film plays. */
  seconds: number;
  /** The hidden neuron that is ablated at first. */
  dark: number | null;
  /** Is there a map of each hidden neuron? And which are marked? */
  maps: boolean;
  alike: number[];
}

interface Tones {
  family: string;
  ink: string;
  soft: string;
  accent: string;
  negative: string;
  positive: string;
  right: string;
}

type Unit = [layer: number, unit: number];

/** Under the hand or the focus. */
type Pointed = { cell: number } | { unit: Unit } | null;

/** What the moment's numbers come to. */
interface Now {
  at: number;
  layers: Layer[];
  /** What each neuron of the last hidden layer passes on, a list a cell. */
  hidden: number[][];
  /** Answers without each of these neurons, where they were asked for. */
  without: Map<number, Answers>;
}

/** What the reader chose for a drawing; it may be mounted anew when the page above it changes. */
const views = new Map<string, View>();

class Film extends MovingDrawing<Data> {
  private readonly canvas = this.watched<HTMLCanvasElement>("edges");
  private readonly curve = this.watched<HTMLCanvasElement>("curve");
  private readonly views = this.all("[data-view]");
  private exact: (at: number) => Layer[] = () => [];
  private dW: Int8Array[] = [];
  private cells: HTMLElement[] = [];
  private units: HTMLElement[] = [];
  private maps: HTMLElement[] = [];
  private litCells: HTMLElement[] = [];
  private layout = "";
  private view = views.get(this.data.name) ?? this.data.view; // from here on it is the reader's
  private pointed: Pointed = null;
  private dark: number | null = null;
  private found: Now | null = null;
  private start: Layer[] = [];

  protected override begin(): void {
    for (const button of this.views)
      button.onclick = () => {
        this.view = button.dataset["view"] as View;
        views.set(this.data.name, this.view);
        if (this.plays) this.draw();
        else this.again();
      };
    this.canvas.onclick = (event) => this.click(event);
    this.atEnd(onScheme(() => this.recolour()));
  }

  protected build(): void {
    const { dW, alt, pickable, epochs, play, seconds, dark, headline } = this.data;
    this.exact = unpacked(this.data);
    this.dW = dW.map(signedBytes);
    this.start = this.exact(0);
    [this.found, this.dark] = [null, dark];
    this.canvas.closest<HTMLElement>(".picture")!.hidden = !this.drawn;
    this.canvas.setAttribute("aria-label", alt);
    say(this.part("headline"), headline);
    this.canvas.classList.toggle("pickable", pickable);
    for (const button of this.views)
      button.hidden = button.dataset["view"] === "change" && epochs.length < 2;
    this.part("unlit").hidden = !this.data.still.length;
    this.buildTable();
    this.buildUnits();
    this.buildMaps();
    this.part("reel").hidden = epochs.length < 2;
    const film = this.evenly(epochs.length - 1, seconds);
    if (play) this.playOnce(film);
    else this.wait(film);
  }

  protected override place(): void {
    this.placeUnits();
    this.draw();
    this.paintMaps();
    this.drawCurve();
  }

  protected override recolour(): void {
    this.place();
  }

  protected show(at: number): string {
    this.fillGrid();
    this.fillMaps();
    this.place();
    return (!this.plays && this.toldOfPointed()) || this.toldNow(at);
  }

  protected override landmarks(): Landmark[] {
    return landmarksIn(this.data);
  }

  protected override letGo(): void {
    this.dark = null;
    this.point(null);
  }

  // ------------------------------------------------------------ what the numbers come to

  /** Are there edges? */
  private get drawn(): boolean {
    return this.data.W.length > 0;
  }

  private get lastHidden(): number {
    return this.data.sizes.length - 2;
  }

  private get now(): Now {
    if (this.found?.at !== this.at) {
      const layers = this.exact(this.at);
      const hidden = this.data.products.map(
        (_, cell) => forward(this.data, layers, this.inputs(cell)).on.at(-1)!,
      );
      this.found = { at: this.at, layers, hidden, without: new Map() };
    }
    return this.found!;
  }

  private inputs(cell: number): number[] {
    const { side } = this.data;
    return inputOf(this.data, Math.floor(cell / side), cell % side);
  }

  private without(neuron: number): Answers {
    const { layers, hidden, without } = this.now;
    const known = without.get(neuron);
    if (known) return known;
    const last = layers.slice(-1);
    const covered = this.data.answers[this.at];
    const found = hidden.map((h, cell) => {
      const rest = h.map((value, o) => (o === neuron ? 0 : value));
      const { sums } = forward(this.data, last, rest);
      return covered[cell] === null ? null : answerOf(this.data, sums[0]);
    });
    without.set(neuron, found);
    return found;
  }

  /** What stands in the table. */
  private get answers(): Answers {
    return this.dark === null ? this.data.answers[this.at] : this.without(this.dark);
  }

  /** Of the cell under the hand, unless its guess is open or rounding has changed its answer. */
  private get way(): Way | null {
    if (!this.drawn || this.pointed === null || !("cell" in this.pointed)) return null;
    const { cell } = this.pointed;
    const product = this.data.products[cell];
    const way = wayOf(this.data, this.now.layers, this.inputs(cell), product, this.dark);
    return way.answer === this.answers[cell] ? way : null;
  }

  private toldOfPointed(): string {
    if (this.pointed === null) return "";
    if ("unit" in this.pointed) return this.toldOfUnit(this.pointed.unit);
    const { cell } = this.pointed;
    const way = this.way;
    const said = toldOfCell(this.data, this.answers, cell);
    return way ? `${said} ${toldOfWay(this.data, way, this.data.products[cell])}` : said;
  }

  private toldOfUnit([layer, unit]: Unit): string {
    if (layer === this.lastHidden && layer > 0)
      return toldWithout(this.data, this.at, unit, this.litBy(unit), this.without(unit));
    return toldOfUnit(this.data, layer, unit, this.moved([layer, unit]));
  }

  private toldNow(at: number): string {
    const { epochs, unit } = this.data;
    if (this.dark === null) return this.withFading(told(this.data, at), at);
    const said = toldWithout(this.data, at, this.dark, this.litBy(this.dark), this.answers);
    return `${unit} ${epochs[at]}. ${said}`;
  }

  /** Why hardly an edge is drawn, where gradients are. */
  private withFading(said: string, at: number): string {
    if (this.view !== "gradients" || this.plays || at === 0 || !this.drawn) return said;
    const of = (all: Int8Array): Int8Array => {
      const n = all.length / this.data.epochs.length;
      return all.subarray(at * n, (at + 1) * n);
    };
    const most = Math.max(...this.dW.map((all) => Math.max(...of(all).map(Math.abs)) / 127));
    return most < FAINT
      ? `${said.replace(/\.$/, "")}. Hardly a gradient is left, as hardly a loss is.`
      : said;
  }

  /** In each cell of the table. */
  private litBy(neuron: number): number[] {
    return this.now.hidden.map((h) => h[neuron]);
  }

  /** By how much the weights of a unit have moved since the first moment, at most. */
  private moved([layer, unit]: Unit): number {
    const into = layer === this.data.sizes.length - 1 ? layer - 1 : layer;
    const m = this.data.sizes[into + 1];
    const { W } = this.now.layers[into];
    const far = (i: number): number => Math.abs(W[i] - this.start[into].W[i]);
    const own = into === layer ? range(m).map((o) => unit * m + o) : [];
    const edges = own.length ? own : range(this.data.sizes[into]).map((i) => i * m + unit);
    return Math.max(...edges.map(far));
  }

  // ------------------------------------------------------------ the grid

  private buildTable(): void {
    const { first, shown } = this.data;
    const layout = JSON.stringify([first, shown]);
    if (layout === this.layout) return;
    this.layout = layout;
    this.cells = this.buildGrid(this.part("table").querySelector(".grid")!);
    this.cells.forEach((box, cell) => {
      box.className = shown[cell] ? "" : "hidden";
      this.pointable(box, { cell });
      box.onclick = () => this.data.cells_pickable && this.send("cell", cell);
    });
    steppedThrough(this.cells, tableOf(this.data.side));
  }

  /** Heads of rows and columns, and a box for each cell. */
  private buildGrid(grid: HTMLElement): HTMLElement[] {
    const { first, side } = this.data;
    grid.style.gridTemplateColumns = `1.4em repeat(${side}, 1fr)`;
    const head = (text: string): HTMLElement => make("div", { class: "head" }, text);
    const numbers = range(side).map((i) => i + first);
    grid.replaceChildren(head("×"), ...numbers.map((b) => head(String(b))));
    return numbers.flatMap((a) => {
      const boxes = numbers.map(() => make("div"));
      grid.append(head(String(a)), ...boxes);
      return boxes;
    });
  }

  private pointable(mark: HTMLElement, what: Pointed): void {
    mark.onpointerenter = mark.onfocus = () => this.point(what);
    mark.onpointerleave = mark.onblur = () => this.point(null);
  }

  private point(what: Pointed): void {
    this.pointed = what;
    if (!this.plays) this.again();
  }

  /** Which cells the hand is about; all where it is about none. */
  private meant(cell: number): boolean {
    if (this.plays || this.pointed === null) return true;
    if ("cell" in this.pointed) return this.pointed.cell === cell;
    const [layer, unit] = this.pointed.unit;
    if (layer === 0) return this.inputs(cell)[unit] > 0;
    if (layer === this.lastHidden) return this.now.hidden[cell][unit] > 0;
    const said = this.answers[cell];
    return said !== null && layer > this.lastHidden && votesFor(this.data, said).includes(unit);
  }

  private fillGrid(): void {
    const [answers, before] = [this.answers, rightAt(this.data, this.at)];
    const right = rightOf(this.data, answers);
    const { asked, cells_pickable } = this.data;
    const latest = this.at === this.data.answers.length - 1;
    this.cells[0].parentElement!.classList.toggle("pickable", cells_pickable);
    answers.forEach((answer, i) => {
      const box = this.cells[i];
      box.textContent = answer === null ? "?" : Math.abs(answer) > 999 ? "…" : String(answer);
      box.classList.toggle("right", right[i]);
      box.classList.toggle("covered", answer === null);
      box.classList.toggle("lost", this.dark !== null && before[i] && !right[i]);
      box.classList.toggle("asked", latest && asked.includes(i));
      box.classList.toggle("faint", !this.meant(i));
      const click = cells_pickable ? " Click to make it the example." : "";
      const said = `${toldOfCell(this.data, answers, i)}${click}`;
      set(box, { title: said, "aria-label": said, role: cells_pickable ? "button" : "img" });
    });
  }

  // ------------------------------------------------------------ a neuron, ablated, and what it lights

  private buildUnits(): void {
    const { sizes } = this.data;
    this.units = !this.drawn
      ? []
      : sizes.flatMap((n, layer) =>
          range(n).map((unit) => {
            const mark = make("div", { role: layer === this.lastHidden ? "button" : "img" });
            this.pointable(mark, { unit: [layer, unit] });
            if (layer === this.lastHidden && layer > 0) this.ablatable(mark, unit);
            return mark;
          }),
        );
    this.part("units").replaceChildren(...this.units);
    steppedThrough(this.units, UP_DOWN);
  }

  private ablatable(mark: HTMLElement, neuron: number): void {
    mark.onclick = () => {
      this.dark = this.dark === neuron ? null : neuron;
      if (this.plays) this.pause();
      else this.again();
    };
  }

  private placeUnits(): void {
    const box = this.canvas.getBoundingClientRect();
    if (!this.drawn || !box.width) return;
    const places = unitPlaces(this.data, box.width, box.height);
    const order = places.flatMap((units, layer) =>
      units.map((place, unit) => ({ place, layer, unit, high: box.height / units.length })),
    );
    order.forEach(({ place: [x, y], layer, unit, high }, i) => {
      const mark = this.units[i];
      setShare(mark, "left", x / box.width);
      setShare(mark, "top", y / box.height);
      mark.style.height = `${Math.min(24, 0.9 * high)}px`;
      const dark = layer === this.lastHidden && this.dark === unit;
      if (mark.getAttribute("role") === "button") set(mark, { "aria-pressed": dark });
      set(mark, { "aria-label": this.nameOf([layer, unit]) });
    });
  }

  private nameOf([layer, unit]: Unit): string {
    const label = this.data.labels[layer]?.[unit] ?? unit;
    if (layer === 0) return `Input ${label}`;
    if (layer > this.lastHidden) return `Vote ${label}`;
    return layer === this.lastHidden ? `Hidden neuron ${unit}: ablate it` : `Neuron ${unit}`;
  }

  private buildMaps(): void {
    const { maps, sizes, alike } = this.data;
    for (const name of ["maps", "lit"]) this.part(name).hidden = !maps;
    this.part("table").querySelector<HTMLElement>(".name")!.hidden = !maps;
    this.root.classList.toggle("mapped", maps);
    this.maps = [];
    if (!maps) return;
    this.litCells = this.buildGrid(this.part("lit").querySelector(".grid")!);
    this.maps = range(sizes[this.lastHidden]).map((neuron) => {
      const mirrored = alike.includes(neuron) ? " ⇄" : "";
      const mark = make(
        "div",
        { class: "map", role: "button" },
        make("canvas", { width: 10, height: 10 }),
        make("span", {}, make("b", {}, `${neuron}${mirrored} `), make("i")),
      );
      this.pointable(mark, { unit: [this.lastHidden, neuron] });
      this.ablatable(mark, neuron);
      return mark;
    });
    this.part("maps").replaceChildren(...this.maps);
    steppedThrough(this.maps, EITHER_WAY);
  }

  /** The neuron that the large map shows: the one under the hand, else the ablated one. */
  private get mapped(): number {
    if (this.pointed && "unit" in this.pointed && this.pointed.unit[0] === this.lastHidden)
      return this.pointed.unit[1];
    return this.dark ?? 0;
  }

  private fillMaps(): void {
    if (!this.data.maps) return;
    const { hidden } = this.now;
    const most = Math.max(...hidden.flat(), 1e-9);
    this.maps.forEach((mark, neuron) => {
      const right = rightOf(this.data, this.without(neuron)).filter(Boolean).length;
      say(mark.querySelector("i")!, `${right} right`);
      const dark = this.dark === neuron;
      const label = `Neuron ${neuron}: ${right} cells right without it`;
      set(mark, { "aria-pressed": dark, "aria-label": label });
    });
    const lit = this.litBy(this.mapped);
    this.litCells.forEach((box, cell) => {
      box.textContent = lit[cell] > 0 ? signed(lit[cell], 1) : "";
      setShare(box, "--lit", Math.max(0, lit[cell]) / most);
    });
    const name = `What neuron ${this.mapped} passes on`;
    say(this.part("lit").querySelector(".name")!, `${name}: first digit ↓, second →`);
    set(this.part("lit").querySelector(".grid")!, { "aria-label": name });
    const whole = "The network's answers";
    const title = this.dark === null ? whole : `${whole} without neuron ${this.dark}`;
    say(this.part("table").querySelector(".name")!, title);
  }

  private paintMaps(): void {
    if (!this.maps[0]?.getBoundingClientRect().width) return;
    const { hidden } = this.now;
    const { side } = this.data;
    const most = Math.max(...hidden.flat(), 1e-9);
    const { positive } = this.tones();
    this.maps.forEach((mark, neuron) => {
      const canvas = mark.querySelector("canvas")!;
      [canvas.width, canvas.height] = [side, side];
      const pen = canvas.getContext("2d")!;
      pen.fillStyle = positive;
      hidden.forEach((h, cell) => {
        pen.globalAlpha = Math.max(0, h[neuron]) / most;
        pen.fillRect(cell % side, Math.floor(cell / side), 1, 1);
      });
    });
  }

  // ------------------------------------------------------------ the network

  private draw(): void {
    if (!this.drawn) return;
    for (const button of this.views)
      set(button, { "aria-pressed": button.dataset["view"] === this.view });
    const box = this.canvas.getBoundingClientRect();
    if (!box.width) return;
    const pen = blank(this.canvas, box);
    const tones = this.tones();
    const places = unitPlaces(this.data, box.width, box.height);
    const way = this.plays ? null : this.way;
    const edges = this.edges(way);
    edges.forEach((all, layer) => this.drawEdges(pen, places, tones, layer, all, way !== null));
    if (this.data.picked) {
      const [layer, from, to] = this.data.picked;
      line(pen, tones.accent, 2.5, [places[layer][from], places[layer + 1][to]]);
    }
    this.drawUnits(pen, places, tones, way);
  }

  /** Of each layer: how strong each edge is, from -1 to 1. */
  private edges(way: Way | null): number[][] {
    const { W, sizes } = this.data;
    const { layers } = this.now;
    const end = sizes.length - 2;
    return layers.map(({ W: now }, layer) => {
      const m = sizes[layer + 1];
      if (way && this.view === "gradients")
        return Array.from(now, (_, i) => {
          const gradient = way.on[layer][Math.floor(i / m)] * way.back[layer][i % m];
          return Math.sign(gradient) * Math.min(1, Math.sqrt(Math.abs(gradient)));
        });
      if (way) {
        const said = votesFor(this.data, way.answer);
        const sent = Array.from(now, (w, i) =>
          layer === end && !said.includes(i % m) ? 0 : w * way.on[layer][Math.floor(i / m)],
        );
        const most = Math.max(...sent.map(Math.abs), 1e-9);
        return sent.map((value) => value / most);
      }
      if (this.view === "gradients") {
        const offset = this.at * now.length;
        return Array.from(now, (_, i) => this.dW[layer][offset + i] / 127);
      }
      const begun = this.view === "change" ? this.start[layer].W : null;
      return Array.from(now, (w, i) => (w - (begun?.[i] ?? 0)) / W[layer].most);
    });
  }

  private drawEdges(
    pen: CanvasRenderingContext2D,
    places: Pair[][],
    tones: Tones,
    layer: number,
    strengths: readonly number[],
    way: boolean,
  ): void {
    const m = this.data.sizes[layer + 1];
    strengths.forEach((value, i) => {
      const [from, to] = [Math.floor(i / m), i % m];
      if (value === 0 || this.isDark(layer, from) || this.isDark(layer + 1, to)) return;
      const size = Math.min(1, Math.abs(value));
      const meant = way || this.isMeant([layer, from], [layer + 1, to]);
      pen.globalAlpha = (meant ? 1 : ASIDE) * Math.min(1, 0.04 + size);
      const sign = value < 0 ? tones.negative : tones.positive;
      const thick = 0.4 + (way ? 2.6 : 1.8) * size;
      line(pen, sign, thick, [places[layer][from], places[layer + 1][to]]);
    });
    pen.globalAlpha = 1;
  }

  private isDark(layer: number, unit: number): boolean {
    return layer === this.lastHidden && layer > 0 && this.dark === unit;
  }

  /** Is an edge between these what the hand is about? */
  private isMeant(...ends: Unit[]): boolean {
    if (this.plays || this.pointed === null) return true;
    if (!("unit" in this.pointed)) return false;
    const [layer, unit] = this.pointed.unit;
    return ends.some((end) => end[0] === layer && end[1] === unit);
  }

  private drawUnits(
    pen: CanvasRenderingContext2D,
    places: Pair[][],
    tones: Tones,
    way: Way | null,
  ): void {
    const { family, ink, soft, accent, negative, positive } = tones;
    const { labels, titles, still } = this.data;
    const last = places.length - 1;
    pen.textBaseline = "middle";
    places.forEach((units, layer) => {
      const given = way?.on[layer] ?? [];
      const close = units.length > 1 && units[1][1] - units[0][1] < CLOSE;
      const most = layer === last ? 1 : Math.max(...given.map(Math.abs), 1e-9);
      const shares = units.map((_, i) => (way ? Math.min(1, Math.abs(given[i]) / most) : 0));
      const marks = shares.map((share, i) => (layer === 0 && still.includes(i)) || share > 0.5);
      units.forEach(([x, y], i) => {
        const [share, marked] = [shares[i], marks[i]];
        const dark = this.isDark(layer, i);
        const size = way ? 2.5 + 3.5 * share : marked ? 4.5 : 3;
        pen.fillStyle = pen.strokeStyle = marked ? accent : way && !share ? soft : ink;
        pen.lineWidth = 1;
        pen.beginPath();
        pen.arc(x, y, dark ? 6 : size, 0, 7);
        if (dark) pen.stroke();
        else pen.fill();
        const back = layer > 0 ? (way?.back[layer - 1][i] ?? 0) : 0;
        if (Math.abs(back) > FELT) {
          pen.strokeStyle = back < 0 ? negative : positive;
          pen.lineWidth = 1 + 3 * Math.min(1, Math.abs(back));
          pen.beginPath();
          pen.arc(x, y, size + 3, 0, 7);
          pen.stroke();
        }
        const label = labels[layer]?.[i];
        if (label === undefined || (close && !named(marks, i))) return;
        pen.fillStyle = marked ? accent : ink;
        pen.font = `${marked ? "bold " : ""}11px ${family}`;
        pen.textAlign = layer === 0 ? "right" : "left";
        pen.fillText(label, x + (layer === 0 ? -11 : 11), y);
      });
      pen.font = `11px ${family}`;
      pen.fillStyle = soft;
      pen.textAlign = layer === 0 ? "left" : layer === last ? "right" : "center";
      const edge = layer === 0 ? 4 : layer === last ? units[0][0] + 30 : units[0][0];
      pen.fillText(titles[layer], edge, 8);
    });
  }

  private tones(): Tones {
    const probe = this.part("probe");
    return {
      family: getComputedStyle(this.root).fontFamily,
      ink: tone(probe, "--ink"),
      soft: tone(probe, "--soft"),
      accent: tone(probe, "--accent"),
      negative: tone(probe, "--wb-negative"),
      positive: tone(probe, "--wb-positive"),
      right: tone(probe, "--wb-right"),
    };
  }

  private click(event: MouseEvent): void {
    if (!this.data.pickable) return;
    const box = this.canvas.getBoundingClientRect();
    const places = unitPlaces(this.data, box.width, box.height);
    const edge = edgeAt([event.clientX - box.left, event.clientY - box.top], places);
    if (edge) this.send("edge", edge);
  }

  /** The loss on a log scale, the share of shown cells that are right, and the moment shown. */
  private drawCurve(): void {
    const { curve, unit } = this.data;
    const canvas = this.curve;
    canvas.hidden = curve.length < 2 || this.data.maps;
    const box = canvas.getBoundingClientRect();
    if (canvas.hidden || !box.width) return;
    const pen = blank(canvas, box);
    const { family, ink, soft, accent, right } = this.tones();
    const heights = curve.map(([, loss]) => Math.log(Math.max(loss, 1e-12)));
    const [low, high] = [Math.min(...heights), Math.max(...heights)];
    const [left, top, bottom] = [58, 26, 8];
    const last = Math.max(this.data.last_epoch, 1);
    const x = (epoch: number): number => left + ((box.width - left - 4) * epoch) / last;
    const y = (height: number): number =>
      top + ((box.height - top - bottom) * (high - height)) / Math.max(high - low, 1e-9);
    const share = (part: number): number => top + (box.height - top - bottom) * (1 - part);
    const now = x(this.data.epochs[this.at]);
    line(pen, accent, 1, [
      [now, top - 6],
      [now, box.height],
    ]);
    line(
      pen,
      ink,
      1.6,
      curve.map(([epoch], i) => [x(epoch), y(heights[i])]),
    );
    line(
      pen,
      right,
      1.6,
      curve.map(([epoch, , part]) => [x(epoch), share(part)]),
    );
    [pen.font, pen.fillStyle, pen.textBaseline] = [`11px ${family}`, soft, "middle"];
    pen.textAlign = "right";
    for (const height of [low, high]) pen.fillText(lossText(height), left - 5, y(height));
    pen.textAlign = "left";
    const titles = [
      ["— loss, log scale", ink],
      ["— right, none to all", right],
      [`${unit} →`, soft],
    ];
    let along = left;
    for (const [title, colour] of titles) {
      pen.fillStyle = colour;
      pen.fillText(title, along, 7);
      along += pen.measureText(title).width + 14;
    }
  }
}

/** Where units stand close: the marked ones, and every third that stands beside none. */
function named(marks: readonly boolean[], unit: number): boolean {
  return marks[unit] || ((unit % 10) % 3 === 0 && !marks[unit - 1] && !marks[unit + 1]);
}

/** A loss in two figures, by its logarithm: 0.012, 2.4, 1.1 × 10³⁰⁴. */
const lossText = (height: number): string => written(Math.exp(height), 2);

function line(
  pen: CanvasRenderingContext2D,
  colour: string,
  width: number,
  [first, ...rest]: Pair[],
): void {
  [pen.strokeStyle, pen.lineWidth] = [colour, width];
  pen.beginPath();
  pen.moveTo(...first);
  for (const point of rest) pen.lineTo(...point);
  pen.stroke();
}

export default mounted(Film);
