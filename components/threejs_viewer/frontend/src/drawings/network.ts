// A film of a small network in training: its edges on a canvas, its answers in a grid, one slider.
// The data are plain numbers from Python; nothing is computed here but colours and places.

import { make } from "../shared/dom";
import { written } from "../shared/numerals";
import {
  edgeAt,
  landmarksIn,
  rightAt,
  told,
  toldOfCell,
  unitPlaces,
  type Edge,
  type Reel,
} from "./maths/film";
import "./network.css";
import type { Sent } from "./shared/drawing";
import { blank, onScheme, set, tone } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { range, signedBytes, type Pair } from "./shared/numbers";
import { steppedThrough, tableOf } from "./shared/stepped";

type View = "weights" | "gradients";

const ASIDE = 0.15; // of the strength of an edge

interface Data extends Reel, Sent {
  /** Of this drawing, on the page. */
  name: string;
  alt: string;
  /** For each layer a name of each unit, or none. */
  labels: string[][];
  titles: string[];
  /** Inputs whose edges were never changed. */
  still: number[];
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

/** What the reader chose for a drawing; it may be mounted anew when the page above it changes. */
const views = new Map<string, View>();

class Film extends MovingDrawing<Data> {
  private readonly canvas = this.watched<HTMLCanvasElement>("edges");
  private readonly curve = this.watched<HTMLCanvasElement>("curve");
  private readonly views = this.all("[data-view]");
  private W: Int8Array[] = [];
  private dW: Int8Array[] = [];
  private cells: HTMLElement[] = [];
  private layout = "";
  private view = views.get(this.data.name) ?? this.data.view; // from here on it is the reader's
  /** The cell of the table under the hand or the focus. */
  private pointed: number | null = null;

  protected override begin(): void {
    for (const button of this.views)
      button.onclick = () => {
        this.view = button.dataset["view"] as View;
        views.set(this.data.name, this.view);
        this.draw();
      };
    this.canvas.onclick = (event) => this.click(event);
    this.atEnd(onScheme(() => this.recolour()));
  }

  protected build(): void {
    const { W, dW, alt, pickable, epochs, play, seconds } = this.data;
    [this.W, this.dW] = [W.map(signedBytes), dW.map(signedBytes)];
    this.canvas.parentElement!.hidden = W.length === 0;
    this.canvas.setAttribute("aria-label", alt);
    this.canvas.classList.toggle("pickable", pickable);
    this.buildGrid();
    this.part("reel").hidden = epochs.length < 2;
    const film = this.evenly(epochs.length - 1, seconds);
    if (play) this.playOnce(film);
    else this.wait(film);
  }

  protected override place(): void {
    this.draw();
    this.drawCurve();
  }

  protected override recolour(): void {
    this.place();
  }

  protected show(at: number): string {
    this.fillGrid();
    this.place();
    if (!this.plays && this.pointed !== null) return toldOfCell(this.data, at, this.pointed);
    return told(this.data, at);
  }

  protected override landmarks(): Landmark[] {
    return landmarksIn(this.data);
  }

  protected override letGo(): void {
    this.point(null);
  }

  // ------------------------------------------------------------ the grid

  private buildGrid(): void {
    const { first, side, shown } = this.data;
    const layout = JSON.stringify([first, shown]);
    if (layout === this.layout) return;
    this.layout = layout;
    const grid = this.part("grid");
    grid.style.gridTemplateColumns = `1.4em repeat(${side}, 1fr)`;
    const head = (text: string): HTMLElement => make("div", { class: "head" }, text);
    const numbers = range(side).map((i) => i + first);
    grid.replaceChildren(head("×"), ...numbers.map((b) => head(String(b))));
    this.cells = [];
    for (const a of numbers) {
      grid.append(head(String(a)));
      for (const _ of numbers) {
        const box = make("div", { class: shown[this.cells.length] ? "" : "hidden" });
        const cell = this.cells.length;
        box.onpointerenter = box.onfocus = () => this.point(cell);
        box.onpointerleave = box.onblur = () => this.point(null);
        box.onclick = () => this.data.cells_pickable && this.send("cell", cell);
        this.cells.push(box);
        grid.append(box);
      }
    }
    steppedThrough(this.cells, tableOf(side));
  }

  /** One sum, and the edges that its two numbers go in by. */
  private point(cell: number | null): void {
    this.pointed = cell;
    this.part("grid").classList.toggle("asked", cell !== null);
    this.cells.forEach((box, i) => box.classList.toggle("pointed", i === cell));
    if (!this.plays) this.again();
  }

  private fillGrid(): void {
    const right = rightAt(this.data, this.at);
    const { answers, asked, cells_pickable } = this.data;
    const latest = this.at === answers.length - 1;
    this.part("grid").classList.toggle("pickable", cells_pickable);
    answers[this.at].forEach((answer, i) => {
      this.cells[i].textContent = Math.abs(answer) > 999 ? "…" : String(answer);
      this.cells[i].classList.toggle("right", right[i]);
      this.cells[i].classList.toggle("asked", latest && asked.includes(i));
      const click = cells_pickable ? " Click to make it the example." : "";
      const said = `${toldOfCell(this.data, this.at, i)}${click}`;
      set(this.cells[i], {
        title: said,
        "aria-label": said,
        role: cells_pickable ? "button" : "img",
      });
    });
  }

  // ------------------------------------------------------------ the network

  private draw(): void {
    if (this.data.W.length === 0) return;
    for (const button of this.views)
      set(button, { "aria-pressed": button.dataset["view"] === this.view });
    const box = this.canvas.getBoundingClientRect();
    if (!box.width) return;
    const pen = blank(this.canvas, box);
    const tones = this.tones();
    const places = unitPlaces(this.data, box.width, box.height);
    this.drawEdges(pen, places, tones);
    if (this.data.picked) {
      const [layer, from, to] = this.data.picked;
      line(pen, tones.accent, 2.5, [places[layer][from], places[layer + 1][to]]);
    }
    this.drawUnits(pen, places, tones);
  }

  private drawEdges(pen: CanvasRenderingContext2D, places: Pair[][], tones: Tones): void {
    const numbers = this.view === "weights" ? this.W : this.dW;
    const asked = this.asked();
    numbers.forEach((all, layer) => {
      const [n, m] = this.data.sizes.slice(layer, layer + 2);
      const offset = this.at * n * m;
      for (let i = 0; i < n; i++)
        for (let o = 0; o < m; o++) {
          const value = all[offset + i * m + o] / 127;
          if (value === 0) continue;
          const size = Math.abs(value);
          const aside = asked.length > 0 && layer === 0 && !asked.includes(i);
          pen.globalAlpha = (aside ? ASIDE : 1) * Math.min(1, 0.04 + size);
          const sign = value < 0 ? tones.negative : tones.positive;
          line(pen, sign, 0.4 + 1.8 * size, [places[layer][i], places[layer + 1][o]]);
        }
    });
    pen.globalAlpha = 1;
  }

  private drawUnits(pen: CanvasRenderingContext2D, places: Pair[][], tones: Tones): void {
    const { family, ink, soft, accent } = tones;
    const { labels, titles, still } = this.data;
    const asked = this.asked();
    const last = places.length - 1;
    pen.textBaseline = "middle";
    places.forEach((units, layer) => {
      units.forEach(([x, y], i) => {
        const marked = layer === 0 && (still.includes(i) || asked.includes(i));
        pen.fillStyle = marked ? accent : ink;
        pen.beginPath();
        pen.arc(x, y, marked ? 4.5 : 3, 0, 7);
        pen.fill();
        const label = labels[layer]?.[i];
        if (label === undefined) return;
        pen.font = `${marked ? "bold " : ""}11px ${family}`;
        pen.textAlign = layer === 0 ? "right" : "left";
        pen.fillText(label, x + (layer === 0 ? -8 : 8), y);
      });
      pen.font = `11px ${family}`;
      pen.fillStyle = soft;
      pen.textAlign = layer === 0 ? "left" : layer === last ? "right" : "center";
      const edge = layer === 0 ? 4 : layer === last ? units[0][0] + 30 : units[0][0];
      pen.fillText(titles[layer], edge, 8);
    });
  }

  /** The inputs that stand for the two numbers of the cell, where each number has its own. */
  private asked(): number[] {
    const { labels, first, side } = this.data;
    if (this.pointed === null || labels[0].length < 20) return [];
    const [a, b] = [Math.floor(this.pointed / side), this.pointed % side];
    return [a + first, labels[0].length / 2 + b + first];
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
    canvas.hidden = curve.length < 2;
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
      ["- - right, none to all", right],
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
