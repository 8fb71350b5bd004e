// The words over the picture, and where each has room: none lies on another, on a box that is not its
// own, or across the edge. Seen from afar, layers have names and matrices have none.

import type { View } from "./camera";
import type { Scene } from "./data";
import { isOverDepth, sourceName } from "./depth";
import { short, type Bounds, type Box, type Plan } from "./layout";

export interface Rect {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Label {
  text: string;
  /** Where its baseline begins. */
  x: number;
  y: number;
  rect: Rect;
  size: number;
  strong: boolean;
  /** A token or a row, which is set in the fixed width of the cells. */
  fixed: boolean;
  faint: boolean;
  /** What it names: it keeps clear of all other boxes. Not given: it may lie on them. */
  of?: Box | null;
}

/** What is there to be named. */
export interface Named {
  scene: Scene;
  plan: Plan;
  /** The matrices that are not faded; null: all of them. */
  lit: Set<string> | null;
  /** The last token whose column is there; all of them, if it is not given. */
  last?: number;
  /** What comes before all names. */
  first?: Wanted[];
  /** Where no name may stand: on arcs and bars. */
  taken?: Rect[];
  /** What stands over the picture: a word that meets it is left out. */
  covered?: Rect[];
  /** On a flight few have a name, and on a phone only layers have. */
  flying?: boolean;
}

/** How wide a text is. */
export type Measure = (text: string, size: number, strong: boolean, fixed: boolean) => number;

const NAME = 12;
const NEVER = 1e9;
const LAYER = 13;
/** Where the name of a layer may stand, in pixels below its top. */
const BESIDE = [16, 6, -6, -18, 28];
export const PHONE = 600;
/** Of a name, in pixels, may lie on a box: no letter reaches there. */
const RIM = 2;
/** On a flight few are named, and by what a reader knows. */
const IN_FLIGHT: Record<string, string> = {
  embed: "tokens",
  pos_embed: "positions",
  attn_out: "attention",
  ffn_pre: "FFN",
  logits: "logits",
  probs: "probabilities",
};
const SMALLEST_BOX = 34;
const SMALLEST_ROW = 9;

export function labelsOf(view: View, named: Named, measure: Measure): Label[] {
  const room = new Room(view, measure, named, facesOf(view, named));
  room.put(named.first ?? []);
  const afar = new Set<number>();
  for (const { layer, bounds } of named.plan.layers) {
    if (!isAfar(view, bounds)) continue;
    const [a, b] = leftOf(view, bounds);
    const text = afar.size && view.width < PHONE ? `${layer}` : `layer ${layer}`;
    afar.add(layer);
    const wide = measure(text, LAYER, true, false);
    const x = Math.max(a!.x - 8, wide + 4) - wide;
    if (Math.abs(b!.y - a!.y) >= 10)
      BESIDE.some((down) =>
        room.put([{ text, x, y: a!.y + down, size: LAYER, strong: true, of: null }]),
      );
  }
  const seen = named.plan.boxes
    .filter(({ tensor: { layer } }) => layer === null || !afar.has(layer))
    .flatMap((box) => inSight(view, box))
    .sort((p, q) => p.far - q.far);
  for (const one of seen) nameBox(view, named, one, room);
  return room.labels;
}

const leftOf = (view: View, { left, top, bottom }: Bounds): Point[] =>
  [top, bottom].map((y) => view.project(left, y, 0));

/** Whether a layer is seen as a whole, with no name for each of its matrices. */
export function isAfar(view: View, bounds: Bounds): boolean {
  const [a, b] = leftOf(view, bounds);
  return a!.depth > 0 && b!.depth > 0 && Math.abs(b!.y - a!.y) <= 120;
}

export type Wanted = Pick<Label, "text" | "x" | "y" | "size"> & Partial<Label>;

/** Takes labels as long as there is room for them. */
class Room {
  labels: Label[] = [];
  private taken: Rect[];
  private covered: Rect[];

  constructor(
    private view: View,
    readonly measure: Measure,
    { taken = [], covered = [] }: Named,
    private faces: Face[],
  ) {
    [this.taken, this.covered] = [taken, covered];
  }

  /** All of them that are in sight, or none; whether they were put. */
  put(wanted: Wanted[]): boolean {
    const all = wanted.map((one): Label => {
      const { text, size, strong = false, fixed = false } = one;
      const w = this.measure(text, size, strong, fixed);
      const [over, under] = fixed ? [0.72 * size, 0.02 * size] : [size, 3];
      const rect = { x: one.x, y: one.y - over, w, h: over + under };
      return { strong, fixed, faint: false, ...one, rect };
    });
    const labels = all.filter(({ rect }) => this.isInSight(rect));
    const others = (i: number): Label[] => [...this.labels, ...labels.slice(0, i)];
    const isTaken = ({ fixed, rect, of }: Label): boolean =>
      (!fixed && this.taken.some((one) => meets(one, rect))) ||
      this.covered.some((one) => meets(one, rect)) ||
      (of !== undefined &&
        this.faces.some((face) => face.box !== of && liesOn(rect, face, fixed ? 0 : RIM)));
    const free = labels.every(
      (one, i) => !isTaken(one) && !others(i).some((other) => meets(other.rect, one.rect)),
    );
    if (free) this.labels.push(...labels);
    return free && labels.length > 0;
  }

  private isInSight({ x, y, w, h }: Rect): boolean {
    return x >= 1 && y >= 1 && x + w < this.view.width && y + h < this.view.height;
  }
}

export const meets = (a: Rect, b: Rect): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

interface InSight {
  box: Box;
  x: number;
  y: number;
  wide: number;
  tall: number;
  far: number;
}

type Point = ReturnType<View["project"]>;

/** A place on the face of a box, in columns and rows. */
export const corner = (view: View, box: Box, col: number, row: number): Point =>
  view.project(box.x + col * box.cellW, box.y - row * box.cellH, box.z + box.depth);

/** The face of a box in the picture. */
export interface Face {
  box: Box;
  points: Point[];
}

/** Of all boxes that are not faded. */
export function facesOf(view: View, { plan, lit }: Named): Face[] {
  return plan.boxes.flatMap((box) => {
    if (lit && !lit.has(box.tensor.name)) return [];
    const points = [0, box.cols].flatMap((col) => corner(view, box, col, 0));
    points.push(...[box.cols, 0].map((col) => corner(view, box, col, box.rows)));
    return points.some(({ depth }) => depth <= 0) ? [] : [{ box, points }];
  });
}

/** Whether a rectangle and a face share more than a rim of the rectangle: no line parts them. */
export function liesOn({ x, y, w, h }: Rect, { points }: Face, rim: number): boolean {
  const [left, right, top, bottom] = [x + rim, x + w - rim, y + rim, y + h - rim];
  const own = [left, right].flatMap((at) => [
    [at, top],
    [at, bottom],
  ]);
  const normals: [number, number][] = [
    [1, 0],
    [0, 1],
    ...points.map((p, i): [number, number] => {
      const q = points[(i + 1) % points.length]!;
      return [q.y - p.y, p.x - q.x];
    }),
  ];
  return normals.every(([nx, ny]) => {
    const a = own.map(([px, py]) => px! * nx + py! * ny);
    const b = points.map((p) => p.x * nx + p.y * ny);
    return Math.max(...a) > Math.min(...b) && Math.max(...b) > Math.min(...a);
  });
}

function inSight(view: View, box: Box): InSight[] {
  const a = corner(view, box, 0, 0);
  const b = corner(view, box, box.cols, 0);
  const c = corner(view, box, 0, box.rows);
  if (a.depth <= 0 || c.depth <= 0) return [];
  const [wide, tall] = [Math.hypot(b.x - a.x, b.y - a.y), Math.hypot(c.x - a.x, c.y - a.y)];
  const beside = Math.max(a.x, b.x) < 0 || Math.min(a.x, c.x) > view.width;
  const above = Math.max(a.y, c.y) < 0 || Math.min(a.y, b.y) > view.height;
  if (Math.max(wide, tall) < SMALLEST_BOX || beside || above) return [];
  return [{ box, x: Math.min(a.x, c.x), y: Math.min(a.y, b.y), wide, tall, far: a.depth }];
}

/** The tokens above its columns, what its rows stand for, and its name. */
function nameBox(view: View, named: Named, { box, x, y, wide, tall }: InSight, room: Room): void {
  const { tensor } = box;
  const faint = named.lit !== null && !named.lit.has(tensor.name);
  const letter = Math.min(17, 0.9 * (wide / box.cols) + 3);
  const above =
    !faint && wide / box.cols > SMALLEST_ROW && room.put(columns(view, named, box, letter))
      ? letter + 8
      : 5;
  if (!faint && tall / box.rows > SMALLEST_ROW)
    room.put(rows(view, named, box, Math.min(15, tall / box.rows)));
  if (box.plane > 0 && tall < 40) return;
  const spine = named.plan.spine.includes(tensor.name);
  const inLayer = spine && tensor.layer !== null;
  if (named.flying && !spine && !IN_FLIGHT[short(tensor.name)]) return;
  if (named.flying && inLayer && tensor.name !== beginningOf(named.plan, tensor.layer)) return;
  const said = named.flying ? (IN_FLIGHT[short(tensor.name)] ?? "") : box.title;
  const text = inLayer ? `layer ${tensor.layer}${said && ` · ${said}`}` : said || box.title;
  const widest = spine ? Infinity : wide * 3 + 40;
  if (text.length * NAME * 0.55 > widest) return;
  if (named.flying && !spine && view.width < PHONE) return;
  const name = { text, y: y - above, size: NAME, strong: spine, faint, of: box };
  // A name of the stream goes beside its box where something else stands above it.
  if (room.put([{ ...name, x }]) || !spine) return;
  const left = x - 8 - room.measure(text, NAME, true, false);
  for (const beside of [x + wide + 8, left])
    if (room.put([{ ...name, x: beside, y: y + NAME }])) return;
}

/** The first state of the stream in a layer. */
const beginningOf = ({ spine, ofTensor }: Plan, layer: number | null): string | undefined =>
  spine.find((name) => ofTensor.get(name)![0]!.tensor.layer === layer);

function columns(view: View, { scene, last = NEVER }: Named, box: Box, size: number): Wanted[] {
  const { tokens } = scene.manifest;
  if (box.tokens === "none" || tokens.length !== box.cols) return [];
  return tokens.slice(0, last + 1).map((text, col) => {
    const p = corner(view, box, col + 0.5, 0);
    return { text, x: p.x - size * 0.3, y: p.y - 5, size, strong: true, fixed: true, of: box };
  });
}

function rows(view: View, { scene, last = NEVER }: Named, box: Box, size: number): Wanted[] {
  const { tokens, vocabulary } = scene.manifest;
  const { tensor } = box;
  const all = [...Array(box.rows).keys()];
  if (isOverDepth(tensor))
    return all.map((row) => {
      const p = corner(view, box, box.cols, row + 0.5);
      return {
        text: sourceName(scene, tensor, row),
        x: p.x + 5,
        y: p.y + 4,
        size: Math.min(13, size),
      };
    });
  const isByVocab = box.rows === vocabulary.length && tensor.axes.includes("vocab");
  if (!isByVocab && box.tokens !== "both") return [];
  return all.slice(0, isByVocab ? NEVER : last + 1).map((row) => {
    const p = corner(view, box, 0, row + 0.5);
    const text = (isByVocab ? vocabulary : tokens)[row] ?? "";
    return { text, x: p.x - 5 - size * 0.6, y: p.y + 4, size, fixed: true };
  });
}
