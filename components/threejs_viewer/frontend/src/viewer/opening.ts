// A cell that is opened: the row and the column of which it is the product slide out, pair up,
// multiply, and what they give piles into the cell; then they go back. A cell and a share of the time
// in, strokes out.

import { read, say } from "./data";
import type { Explanation } from "./explain";
import type { View } from "./camera";
import { corner } from "./labels";
import { cellPlace, type Box, type Plan } from "./layout";
import type { Cell } from "./pick";
import { within } from "./rules";
import { label } from "./text";
import { shade, type Theme } from "../shared/theme";

/** One of the two that are multiplied. */
export interface Lane {
  name: string;
  numbers: number[];
  /** Where each of its numbers stands. */
  places: { box: Box; col: number; row: number }[];
}

export interface Opening {
  cell: Cell;
  lanes: [Lane, Lane];
  products: number[];
  /** By what their sum is multiplied. */
  scale: number;
  total: number;
}

/** The cell as a sum of products of two lanes; null where it is made in another way. */
export function openingOf(plan: Plan, cell: Cell, why: Explanation | null): Opening | null {
  const { scene, tensor } = cell.box;
  const [one, other, more] = why?.sources ?? [];
  const sum = tensor.rule && [...within(tensor.rule)].find(({ op }) => op === "contract");
  if (!sum || !one || !other || more || why?.again === undefined) return null;
  if (one.cells.length !== other.cells.length || one.cells.length < 2) return null;
  const isWeight = one.tensor.kind === "weight" || other.tensor.kind !== "weight";
  const lanes = (isWeight ? [one, other] : [other, one]).map(({ tensor: t, cells }): Lane => {
    const places = cells.flatMap((index) => cellPlace(plan, t, index) ?? []);
    return {
      name: nameOf(places, label(t)),
      numbers: cells.map((i) => read(scene, t, i) ?? NaN),
      places,
    };
  }) as [Lane, Lane];
  if (lanes.some(({ places, numbers }) => places.length !== numbers.length)) return null;
  const products = lanes[0].numbers.map((x, i) => x * lanes[1].numbers[i]!);
  const scale = sum.scale ?? 1;
  const total = scale * products.reduce((all, x) => all + x, 0);
  // What is summed in another order than its cells lie, or divided by more, is no such pair of lanes.
  if (!(Math.abs(total - why.again) <= 1e-6 * (1 + Math.abs(total)))) return null;
  return { cell, lanes, products, scale, total };
}

/** A row of a matrix, or a column of it, which may be a token's. */
function nameOf(places: Lane["places"], matrix: string): string {
  const [first] = places;
  if (!first) return matrix;
  const { box, col, row } = first;
  const token = box.tokens === "columns" ? ` “${box.scene.manifest.tokens[col] ?? ""}”` : ` ${col}`;
  if (places.every((place) => place.col === col)) return `column${token} of ${matrix}`;
  return places.every((place) => place.row === row) ? `row ${row} of ${matrix}` : matrix;
}

export const OPENING_MS = 6000;
/** Where it rests for who does without motion: all pairs and products are there, and their sum. */
export const AT_REST = 0.62;

export interface Moment {
  /** How far the lanes are out of their boxes. */
  out: number;
  /** How far they have come together. */
  met: number;
  /** How many of the products are there, and how many lie in the cell, as shares. */
  made: number;
  piled: number;
}

const share = (t: number, from: number, to: number): number =>
  Math.min(1, Math.max(0, (t - from) / (to - from)));
const eased = (t: number): number => t * t * (3 - 2 * t);

export function momentAt(t: number): Moment {
  return {
    out: eased(share(t, 0, 0.2)) - eased(share(t, 0.86, 1)),
    met: eased(share(t, 0.22, 0.34)),
    made: share(t, 0.36, 0.58),
    piled: share(t, 0.64, 0.84),
  };
}

/** What it says beside its lanes. */
export function saidOf({ lanes, products, scale, total }: Opening): string {
  const times = scale === 1 ? "" : `, times ${say(scale).slice(1)},`;
  return `${lanes[0].name} times ${lanes[1].name}: ${products.length} products${times} add up to ${say(total, 4)}`;
}

interface Spot {
  x: number;
  y: number;
}

const TALL = 15;
const CARD = 134;

/** Strip by strip: the lanes of a cell, on a card in the half of the picture that the cell is not in. */
export function drawOpening(
  pen: CanvasRenderingContext2D,
  view: View,
  opening: Opening,
  t: number,
  { theme, font }: { theme: Theme; font: string },
): void {
  const { cell, lanes, products, scale } = opening;
  const n = products.length;
  const now = momentAt(t);
  const goal = corner(view, cell.box, cell.col + 0.5, cell.row + 0.5);
  const wide = Math.min(700, view.width - 48);
  const left = (view.width - wide) / 2;
  // On the half that hides less of the cell's own box, or, if they hide as much, not of the cell.
  const ends = [0, cell.box.rows].map((row) => corner(view, cell.box, cell.col, row).y);
  const hides = (at: number): number =>
    Math.max(0, Math.min(at + CARD, Math.max(...ends)) - Math.max(at, Math.min(...ends)));
  const [high, low] = [view.head + 62, view.height - CARD - view.foot - 16];
  const isHigh =
    Math.abs(hides(high) - hides(low)) < 1 ? goal.y > view.height / 2 : hides(high) < hides(low);
  const top = isHigh ? high : low;
  const step = Math.min(26, (wide - 24) / n);
  const start = left + (wide - n * step) / 2;
  const peaks = lanes.map(({ numbers }) => Math.max(...numbers.map(Math.abs), 1e-12));
  const most = Math.max(...products.map(Math.abs), 1e-12);
  pen.globalAlpha = 0.93 * now.out;
  pen.fillStyle = theme.background;
  pen.strokeStyle = theme.accent;
  pen.lineWidth = 1;
  pen.beginPath();
  pen.roundRect(left, top, wide, CARD, 6);
  pen.fill();
  pen.stroke();

  const text = (said: string, x: number, y: number, strong = false): void => {
    pen.font = `${strong ? 600 : 400} 13px ${font}`;
    pen.fillStyle = strong ? theme.ink : theme.soft;
    pen.fillText(said, x, y);
  };
  pen.textAlign = "left";
  pen.textBaseline = "alphabetic";
  pen.globalAlpha = now.out;
  text(lanes[0].name, start, top + 17);
  const apart = 12 * (1 - now.met);
  const rows = [top + 22, top + 22 + TALL + 19 + apart];
  const width = Math.max(0.7, step - (step > 4 ? 1 : 0));
  lanes.forEach((lane, which) => {
    pen.globalAlpha = 1;
    for (let i = 0; i < n; i++) {
      const { box, col, row } = lane.places[i]!;
      const home = corner(view, box, col + 0.5, row + 0.5);
      const x = home.x + (start + i * step - home.x) * now.out;
      const y = home.y + (rows[which]! - home.y) * now.out;
      pen.fillStyle = shade(lane.numbers[i], peaks[which]!, theme);
      pen.fillRect(x, y, width, TALL);
    }
  });
  pen.globalAlpha = now.out;
  text(`times ${lanes[1].name}`, start, rows[1]! - 5);

  // The products come from left to right, and go into the cell in the same order.
  const [there, gone] = [now.made * n, now.piled * n];
  const under = rows[1]! + TALL + 19;
  if (now.made > 0) text("gives, number by number", start, under - 5);
  let sum = 0;
  for (let i = 0; i < Math.min(n, there); i++) {
    const way = eased(Math.min(1, Math.max(0, (gone - i) / Math.max(1, 0.12 * n))));
    if (way > 0) sum += products[i]!;
    if (way >= 1) continue;
    const from: Spot = { x: start + i * step, y: under };
    pen.fillStyle = shade(products[i], 0.6 * most, theme);
    pen.fillRect(
      from.x + (goal.x - from.x) * way,
      from.y + (goal.y - from.y) * way,
      width,
      TALL * (1 - 0.5 * way),
    );
  }
  const scaled = scale === 1 ? "" : `, times ${say(scale).slice(1)}`;
  const done = now.piled > 0 ? scale * sum : opening.total;
  if (now.made > 0)
    text(
      now.piled > 0 && now.piled < 1
        ? `into the cell: ${say(done, 4)}`
        : `${n} products${scaled} add up to ${say(opening.total, 4)}`,
      start,
      under + TALL + 15,
      true,
    );
  pen.globalAlpha = 1;
}
