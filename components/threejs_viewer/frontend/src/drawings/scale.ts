// Models side by side as outlines at one scale, and a camera that moves away from the smallest until
// it is a grain beside the largest. All sizes come from Python.

import "./scale.css";
import {
  boxes,
  camera,
  inWords,
  plots,
  ratio,
  strength,
  times,
  told,
  type Box,
  type Camera,
  type Model,
  type Plot,
} from "./maths/scale";
import type { Sent } from "./shared/drawing";
import { blank, draw, set, still, tone } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { range } from "./shared/numbers";
import { timed } from "./shared/schedule";

const [REST, MOVE] = [1.1, 2.4]; // seconds at a stop, and from stop to stop
const MOMENTS = 96; // from stop to stop
const RIM = 12; // pixels at both sides and below
const [LINE, LINES] = [16, 3]; // pixels of a line of a name, and how many it has at most
const TALL = LINE * LINES;
const GRAIN = 18; // pixels: an arrow points at what is smaller
const CHARACTER = 7; // pixels
const APART = 8; // pixels, a name from what is below it
const FAINT = 0.75; // of the outlines within a model

interface Data extends Sent {
  alt: string;
  models: Model[];
}

/** A model on the page. */
interface Drawn {
  /** Those that a token meets, and all of them by their level. */
  met: Box[];
  levels: { boxes: Box[]; typical: number }[];
  leader: SVGPathElement;
  label: SVGTextElement;
  /** Pixels that its name needs. */
  wide: number;
  tall: number;
}

/** Pixels from the left, and above the ground. */
interface Area {
  left: number;
  right: number;
  low: number;
  high: number;
}

class Scale extends MovingDrawing<Data> {
  private readonly canvas = this.part<HTMLCanvasElement>("outlines");
  private readonly world = this.watched<SVGSVGElement>("world");
  private drawn: Drawn[] = [];
  private plots: Plot[] = [];
  private arrow!: SVGPathElement;
  private width = 0;
  private height = 0;
  /** Moments from stop to stop: who wants no motion has none between. */
  private readonly moments = still() ? 1 : MOMENTS;

  protected override begin(): void {
    this.coloured(this.part("sheet"));
  }

  protected override recolour(): void {
    this.drawAt(this.at);
  }

  protected build(): void {
    const { models, alt } = this.data;
    const { world, moments } = this;
    world.replaceChildren();
    set(world, { "aria-label": alt });
    this.plots = plots(models);
    this.drawn = models.map((model, i) => this.buildModel(model, i));
    this.arrow = draw(world, "path", { class: "arrow", d: "M0 -2l-4 -8h8z" });
    const rest = moments > 1 ? REST : REST + MOVE;
    this.place();
    const stops = models.length;
    const schedule = timed(times(stops, moments, rest, MOVE));
    this.wait(schedule, (stops - 1) * moments, moments);
  }

  protected override landmarks(): Landmark[] {
    return this.data.models.map(({ name }, stop) => ({ at: stop * this.moments, name }));
  }

  private buildModel(model: Model, i: number): Drawn {
    const all = boxes(model);
    const levels = range(4).map((level) => {
      const here = all.filter((box) => box.level === level);
      const typical = middle(here.map(({ width, height }) => Math.min(width, height)));
      return { boxes: here, typical };
    });
    const met = innermost(all).filter((box) => box.met);
    const leader = draw(this.world, "path", { class: i ? "leader" : "leader own" });
    const label = draw(this.world, "text", { class: i ? "name" : "name own" });
    const lines = this.named(i);
    for (const line of lines) draw(label, "tspan", { x: 0, dy: LINE }).textContent = line;
    const wide = CHARACTER * Math.max(...lines.map((line) => line.length));
    return { met, levels, leader, label, wide, tall: LINE * lines.length };
  }

  private named(i: number): string[] {
    const { models } = this.data;
    const { name, parameters } = models[i];
    const times = i ? [`${ratio(models[i], models[0])} × ours`] : [];
    return [name, inWords(parameters), ...times];
  }

  // ------------------------------------------------------------ drawn at every moment

  protected override place(): void {
    this.width = this.world.clientWidth;
    if (!this.width) return;
    this.height = Math.max(320, Math.min(520, 0.75 * this.width));
    set(this.world, { viewBox: `0 0 ${this.width} ${this.height}`, height: this.height });
    this.drawAt(this.at);
  }

  protected show(at: number): string {
    this.drawAt(at);
    return told(this.data.models, Math.round(at / this.moments));
  }

  private drawAt(at: number): void {
    if (!this.width) return;
    const [above, below] = [TALL + 14, RIM];
    const frame = { width: this.width, height: this.height - above - below, rim: RIM };
    const now = camera(this.plots, at / this.moments, frame);
    const ground = this.height - below;
    this.placeNames(now, ground);
    this.placeArrow(now, ground);
    const box = this.canvas.getBoundingClientRect();
    if (!box.width) return;
    const pen = blank(this.canvas, box, { willReadFrequently: true });
    this.drawn.forEach((_, i) => this.drawModel(pen, i, now, ground));
  }

  /** Of each box the lines above and to the left: those of its neighbours close it. */
  private drawModel(pen: CanvasRenderingContext2D, i: number, now: Camera, ground: number): void {
    const { met, levels } = this.drawn[i];
    const { left, side } = this.plots[i];
    const { scale } = now;
    const [x, y] = [now.left + scale * left, ground - scale * side];
    const inSight = (box: Box): boolean =>
      x + scale * box.x < this.width && y + scale * (box.y + box.height) > 0;
    pen.fillStyle = this.tone(i ? "--met" : "--own");
    for (const box of met.filter(inSight))
      pen.fillRect(x + scale * box.x, y + scale * box.y, scale * box.width, scale * box.height);
    pen.fillStyle = this.tone(i ? "--ink" : "--accent");
    levels.forEach(({ boxes, typical }, level) => {
      pen.globalAlpha = level ? FAINT * strength(scale * typical) : 1;
      if (pen.globalAlpha === 0) return;
      for (const box of boxes.filter(inSight)) {
        pen.fillRect(x + scale * box.x, y + scale * box.y, scale * box.width, 1);
        pen.fillRect(x + scale * box.x, y + scale * box.y, 1, scale * box.height);
      }
    });
    pen.globalAlpha = 1;
    pen.fillRect(x, ground, scale * side + 1, 1);
    pen.fillRect(x + scale * side, y, 1, scale * side);
  }

  private tone(name: string): string {
    return tone(this.canvas, name);
  }

  /** Down to the first model, where that is a grain. */
  private placeArrow({ left, scale }: Camera, ground: number): void {
    const pixels = scale * this.plots[0].side;
    set(this.arrow, { transform: `translate(${left + pixels / 2} ${ground - pixels})` });
    this.arrow.style.opacity = String(1 - strength(pixels - GRAIN));
  }

  /** Above its model, and above all to its right that would be in the way. */
  private placeNames(now: Camera, ground: number): void {
    const taken: Area[] = [];
    for (const i of range(this.drawn.length).reverse()) {
      const { label, leader, wide, tall } = this.drawn[i];
      const { left, side } = this.plots[i];
      const [x, pixels] = [now.left + now.scale * left, now.scale * side];
      const shown = x + Math.min(pixels, wide) / 2 < this.width;
      for (const mark of [label, leader]) mark.toggleAttribute("hidden", !shown);
      if (!shown) continue;
      const from = Math.min(x, this.width - wide);
      const low = Math.min(pixels + APART, ground - tall); // of what enters, in sight already
      const foot = free(taken, from, from + wide, low, tall);
      set(label, { transform: `translate(${from} ${ground - foot - tall})` });
      const at = x + Math.min(pixels / 2, 4);
      set(leader, { d: `M${at} ${ground - pixels}V${ground - foot + 6}` });
      taken.push({ left: from, right: from + wide, low: foot, high: foot + tall });
      if (pixels < this.height / 2)
        taken.push({ left: x, right: x + pixels, low: 0, high: pixels });
    }
  }
}

/** The least height from `low` on at which something so wide and tall meets nothing. */
function free(taken: Area[], left: number, right: number, low: number, tall: number): number {
  const met = taken.find(
    (area) => left < area.right && right > area.left && low < area.high && low + tall > area.low,
  );
  return met ? free(taken, left, right, met.high + APART, tall) : low;
}

/** Those that hold no others. */
const innermost = (all: Box[]): Box[] =>
  all.filter(({ level, part }) => level === 3 || !part.parts.length);

function middle(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

export default mounted(Scale);
