// Text and strokes over the picture, in pixels: names, tokens, the chosen cell and where it came
// from, attention as arcs, attention over depth as threads. A 2D canvas keeps them sharp at every distance.

import type { Mark } from "./broken";
import { read, type Scene } from "./data";
import { wordsOf, type Forming } from "./forming";
import { drawCertainties, type Certainty } from "./certainty";
import { corner, labelsOf, type Rect } from "./labels";
import { drawOpening, type Opening } from "./opening";
import { cellIndex, cellPlace, heightOf, type Box, type Plan } from "./layout";
import { drawBroken } from "./mark";
import type { Theme } from "../shared/theme";
import type { Cell } from "./pick";
import type { Explanation } from "./explain";
import type { View } from "./camera";

export interface Shown {
  scene: Scene;
  plan: Plan;
  theme: Theme;
  font: string;
  cell: Cell | null;
  why: Explanation | null;
  pinned: boolean;
  /** Where the reader stands on the way home, and the cells that a stage tells of. */
  spots: Spot[];
  /** Maps of attention to draw as arcs, the query (null: all of them), and over which columns. */
  arcs: Arc[];
  /** What the reading lets in that is chosen or is being made. */
  threads: Threads | null;
  lit: Set<string> | null;
  /** The tokens being computed, if a walk is on. */
  span: [number, number] | null;
  /** The last token whose column is there; all of them, if it is not given. */
  last?: number;
  /** What stands over the picture. */
  covered?: Rect[];
  /** Tokens in the air; while they fall, nothing else is named. */
  letters?: Letter[];
  fall?: boolean;
  /** On the flight: see `Named`. */
  flying?: boolean;
  /** Where a product has come to that is being formed. */
  forming?: Forming | null;
  broken: Mark[];
  /** What the answer would be after each layer. */
  certain?: Certainty[];
  /** A cell that is opened, and how far. */
  opening?: { of: Opening; share: number } | null;
}

export interface Arc {
  box: Box;
  query: number | null;
  /** The one token that is read, where no other is told of. */
  key?: number;
  over: Box;
  /** The share of its way that is drawn; all of it, if it is not given. */
  grown?: number;
}

/** A token in the air, in pixels. */
export interface Letter {
  text: string;
  x: number;
  y: number;
  size: number;
}

/** Shares over depth, of one token (null: of all of them), the notes of each source, and what is mixed. */
export interface Threads {
  shares: Box;
  query: number | null;
  from: Box[][];
  to: Box;
}

/** Of a place on an arc to a name, in pixels. */
const AIR = 7;
const FIXED = `"Source Code Pro", ui-monospace, monospace`;

export function drawOverlay(pen: CanvasRenderingContext2D, view: View, s: Shown): void {
  pen.clearRect(0, 0, view.width, view.height);
  pen.save();
  pen.beginPath();
  pen.rect(0, 0, view.width, view.height);
  pen.clip();
  const taken: Rect[] = [];
  for (const arc of s.arcs) drawArcs(pen, view, s, arc, taken);
  taken.push(...drawCertainties(pen, view, s.certain ?? [], s));
  if (s.threads) drawThreads(pen, view, s, s.threads);
  for (const spot of s.spots) drawSpot(pen, view, spot, s.theme);
  drawBroken(pen, view, s.broken, s);
  if (s.cell) drawChosen(pen, view, s);
  if (s.forming) drawForming(pen, view, s.forming, s.theme);
  if (!s.fall) drawLabels(pen, view, s, taken);
  drawLetters(pen, s.letters ?? [], s.theme);
  if (s.opening) drawOpening(pen, view, s.opening.of, s.opening.share, s);
  pen.restore();
}

function drawLabels(pen: CanvasRenderingContext2D, view: View, s: Shown, taken: Rect[]): void {
  const font = (size: number, strong: boolean, fixed: boolean): string =>
    `${strong ? 600 : 400} ${size}px ${fixed ? FIXED : s.font}`;
  const first = s.forming ? [wordsOf(view, s.forming)] : [];
  const labels = labelsOf(view, { ...s, first, taken }, (text, size, strong, fixed) => {
    pen.font = font(size, strong, fixed);
    return pen.measureText(text).width;
  });
  pen.textAlign = "left";
  pen.textBaseline = "alphabetic";
  pen.lineWidth = 4;
  pen.lineJoin = "round";
  pen.strokeStyle = s.theme.background;
  for (const { text, x, y, size, strong, fixed, faint } of labels) {
    pen.globalAlpha = faint ? 0.35 : 1;
    pen.font = font(size, strong, fixed);
    if (!fixed || strong) pen.strokeText(text, x, y); // on paper, whatever runs behind it
    pen.fillStyle = strong ? s.theme.ink : s.theme.soft;
    pen.fillText(text, x, y);
  }
  pen.globalAlpha = 1;
}

function drawLetters(pen: CanvasRenderingContext2D, letters: Letter[], theme: Theme): void {
  pen.textAlign = "center";
  pen.fillStyle = theme.accent;
  pen.strokeStyle = theme.background;
  pen.lineWidth = 6;
  for (const { text, x, y, size } of letters) {
    pen.font = `600 ${size}px ${FIXED}`;
    pen.strokeText(text, x, y);
    pen.fillText(text, x, y);
  }
}

/** The cell that is made, and what it is made of: a row of weights and a token's column. */
function drawForming(
  pen: CanvasRenderingContext2D,
  view: View,
  { made, weights, read, row, col }: Forming,
  theme: Theme,
): void {
  pen.strokeStyle = theme.accent;
  pen.lineWidth = 2;
  outline(pen, view, made, col, row, 1, 1);
  outline(pen, view, weights, 0, row, weights.cols, 1);
  if (read) outline(pen, view, read, col, 0, 1, read.rows);
}

/** The outline of some cells of a box: at least a few pixels, so that it shows from afar. */
function outline(
  pen: CanvasRenderingContext2D,
  view: View,
  box: Box,
  left: number,
  top: number,
  cols: number,
  rows: number,
): [number, number] {
  const points = [
    [left, top],
    [left + cols, top],
    [left + cols, top + rows],
    [left, top + rows],
  ].map(([c, r]) => corner(view, box, c!, r!));
  pen.beginPath();
  points.forEach((p, i) => (i ? pen.lineTo(p.x, p.y) : pen.moveTo(p.x, p.y)));
  pen.closePath();
  pen.stroke();
  const sum = points.reduce((a, p) => [a[0]! + p.x / 4, a[1]! + p.y / 4], [0, 0]);
  return [sum[0]!, sum[1]!];
}

function drawChosen(pen: CanvasRenderingContext2D, view: View, s: Shown): void {
  const cell = s.cell!;
  pen.strokeStyle = s.theme.accent;
  pen.lineJoin = "round";
  pen.lineWidth = s.pinned ? 3 : 2;
  const [x, y] = outline(pen, view, cell.box, cell.col, cell.row, 1, 1);
  const p = corner(view, cell.box, cell.col + 1, cell.row);
  const q = corner(view, cell.box, cell.col, cell.row);
  if (Math.hypot(p.x - q.x, p.y - q.y) < 8) {
    pen.beginPath();
    pen.arc(x, y, 7, 0, 7);
    pen.stroke();
  }
  for (const source of s.why?.sources ?? []) {
    const spots = spans(s.plan, source.tensor.name, source.cells);
    for (const spot of spots) {
      pen.lineWidth = 2;
      const [sx, sy] = outline(pen, view, spot.box, spot.left, spot.top, spot.cols, spot.rows);
      pen.lineWidth = 1.5;
      pen.globalAlpha = 0.6;
      pen.beginPath();
      pen.moveTo(sx, sy);
      pen.lineTo(x, y);
      pen.stroke();
      pen.globalAlpha = 1;
    }
  }
}

function drawSpot(
  pen: CanvasRenderingContext2D,
  view: View,
  { box, left, top, cols, rows }: Spot,
  theme: Theme,
): void {
  pen.strokeStyle = theme.accent;
  pen.lineJoin = "round";
  pen.lineWidth = 3;
  outline(pen, view, box, left, top, cols, rows);
}

export interface Spot {
  box: Box;
  left: number;
  top: number;
  cols: number;
  rows: number;
}

/** Cells of a tensor as one rectangle for every box that holds some of them. */
export function spans(plan: Plan, name: string, cells: number[]): Spot[] {
  const tensor = plan.ofTensor.get(name)?.[0]?.tensor;
  if (!tensor) return [];
  const found = new Map<Box, [number, number, number, number]>();
  for (const index of cells) {
    const at = cellPlace(plan, tensor, index);
    if (!at) continue;
    const r = found.get(at.box) ?? [Infinity, Infinity, -Infinity, -Infinity];
    found.set(at.box, [
      Math.min(r[0], at.col),
      Math.min(r[1], at.row),
      Math.max(r[2], at.col),
      Math.max(r[3], at.row),
    ]);
  }
  return [...found].map(([box, [l, t, r, b]]) => ({
    box,
    left: l,
    top: t,
    cols: r - l + 1,
    rows: b - t + 1,
  }));
}

/** Who looks at whom, and how much: from the token that asks to the token that is read. */
function drawArcs(
  pen: CanvasRenderingContext2D,
  view: View,
  s: Shown,
  { box, query, key, over, grown = 1 }: Arc,
  taken: Rect[],
): void {
  const stream = over;
  pen.strokeStyle = s.theme.positive;
  pen.lineCap = "round";
  for (let q = 0; q < box.rows; q++) {
    if (query !== null && q !== query) continue;
    for (let k = 0; k <= q; k++) {
      const share = read(s.scene, box.tensor, box.first + q * box.stepRow + k * box.stepCol) ?? 0;
      if (key === undefined ? !(share > 0.04) : k !== key) continue;
      if (s.span && (q < s.span[0] || q > s.span[1])) continue;
      const [from, to] = [stream.x + (q + 0.5) * stream.cellW, stream.x + (k + 0.5) * stream.cellW];
      pen.globalAlpha = 0.25 + 0.7 * Math.min(1, share);
      pen.lineWidth = 0.8 + 5 * share;
      pen.beginPath();
      const rise = k === q ? stream.cellW * 1.2 : 0.55 * Math.abs(from - to) + stream.cellW * 0.6;
      for (let i = 0; i <= 20; i++) {
        const t = (grown * i) / 20;
        const swing = k === q ? Math.sin(2 * Math.PI * t) * 0.3 * stream.cellW : 0;
        const up = Math.sin(Math.PI * t) * rise;
        const p = view.project(
          from + (to - from) * t + swing,
          stream.y + up * 0.75,
          stream.z + stream.depth + up * 0.65,
        );
        if (i) pen.lineTo(p.x, p.y);
        else pen.moveTo(p.x, p.y);
        taken.push({ x: p.x - AIR, y: p.y - AIR, w: 2 * AIR, h: 2 * AIR });
      }
      pen.stroke();
    }
  }
  pen.globalAlpha = 1;
  pen.lineCap = "butt";
}

/** From every note to the reading that mixes them, as strong as the reading lets it in. */
function drawThreads(
  pen: CanvasRenderingContext2D,
  view: View,
  s: Shown,
  { shares, query, from, to }: Threads,
): void {
  const [first, last] = query !== null ? [query, query] : (s.span ?? [0, shares.cols - 1]);
  pen.strokeStyle = s.theme.positive;
  pen.lineCap = "round";
  from.forEach((notes, n) => {
    let share = 0;
    for (let col = first; col <= last; col++)
      share += (read(s.scene, shares.tensor, cellIndex(shares, col, n)) ?? 0) / (last - first + 1);
    if (!(share > 0.02)) return;
    pen.globalAlpha = 0.25 + 0.7 * Math.min(1, share);
    pen.lineWidth = 0.8 + 7 * share;
    for (const note of notes) drawThread(pen, view, note, to, (first + last + 1) / 2);
  });
  pen.globalAlpha = 1;
  pen.lineCap = "butt";
}

/** Down from the foot of a note to the head of what reads it, at a token's column. */
function drawThread(
  pen: CanvasRenderingContext2D,
  view: View,
  note: Box,
  to: Box,
  col: number,
): void {
  const a = { x: note.x + col * note.cellW, y: note.y - heightOf(note), z: note.z + note.depth };
  const b = { x: to.x + col * to.cellW, y: to.y, z: to.z + to.depth };
  pen.beginPath();
  for (let i = 0; i <= 24; i++) {
    const t = i / 24;
    const swing = t * t * (3 - 2 * t); // it leaves and arrives straight down
    const p = view.project(a.x + (b.x - a.x) * swing, a.y + (b.y - a.y) * t, a.z + (b.z - a.z) * t);
    if (i) pen.lineTo(p.x, p.y);
    else pen.moveTo(p.x, p.y);
  }
  pen.stroke();
}
