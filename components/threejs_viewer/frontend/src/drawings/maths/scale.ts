// Models as outlines at one scale (components/ui/drawings/scale.py): a parameter is a unit of area.
// Where each part lies, and what a camera sees that moves away from the smallest model.

import { clamp, counted, range } from "../shared/numbers";

export interface Part {
  name: string;
  /** Parameters of one of them. */
  size: number;
  /** So many stand there, and a token meets so many. */
  times: number;
  met: number;
  parts: Part[];
}

export interface Model {
  name: string;
  /** As published; its matrices are a little less. */
  parameters: number;
  met: number;
  whole: Part;
}

/** Of a model, which is a square with its corner at 0, 0; y goes down. */
export interface Box {
  part: Part;
  /** 0 is the model, 1 a layer or a table, 2 its attention or FFN, 3 a matrix or an expert. */
  level: number;
  met: boolean;
  x: number;
  y: number;
  width: number;
  height: number;
}

const DEEPEST = 3;

// ------------------------------------------------------------ where the parts lie

/** A model and all in it, each box as large as its part has parameters. */
export function boxes({ whole }: Model): Box[] {
  const side = Math.sqrt(whole.size);
  const out: Box[] = [];
  place({ part: whole, level: 0, met: true, x: 0, y: 0, width: side, height: side }, out);
  return out;
}

function place(box: Box, out: Box[]): void {
  out.push(box);
  if (box.level === DEEPEST) return;
  const copies = box.part.parts.flatMap((part) =>
    range(part.times).map((i) => ({ part, met: box.met && isMet(part, i, out.length) })),
  );
  if (copies.length) for (const inner of filled(box, copies)) place(inner, out);
}

/** Those that are met stand apart, in every layer elsewhere: which they are changes with the token. */
function isMet({ times, met }: Part, i: number, turn: number): boolean {
  return ((i + turn) * met) % times < met;
}

type Copy = Pick<Box, "part" | "met">;

/** A box filled with parts in their order, row by row, so that they are about square. */
function filled({ level, x, y, width, height }: Box, copies: Copy[]): Box[] {
  const sizes = copies.map(({ part }) => part.size);
  const whole = sum(sizes);
  const alike = whole / Math.max(...sizes); // as many as the largest would be
  const n = clamp(Math.round(Math.sqrt((alike * height) / width)), 1, copies.length);
  const rows: Copy[][] = range(n).map(() => []);
  let before = 0;
  copies.forEach((copy, i) => {
    rows[Math.min(n - 1, Math.floor((n * (before + sizes[i] / 2)) / whole))].push(copy);
    before += sizes[i];
  });
  let top = y;
  return rows.flatMap((row) => {
    const inRow = sum(row.map(({ part }) => part.size));
    const tall = (height * inRow) / whole;
    let left = x;
    const placed = row.map((copy): Box => {
      const wide = (width * copy.part.size) / inRow;
      left += wide;
      return { ...copy, level: level + 1, x: left - wide, y: top, width: wide, height: tall };
    });
    top += tall;
    return placed;
  });
}

const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0);

// ------------------------------------------------------------ side by side

/** A model on the common ground: from where, and how wide and high. */
export interface Plot {
  left: number;
  side: number;
}

/** Between two of them there is as much room as is their mean by factors. */
export function plots(models: Model[]): Plot[] {
  const out: Plot[] = [];
  for (const { whole } of models) {
    const side = Math.sqrt(whole.size);
    const before = out.at(-1);
    const left = before ? before.left + before.side + Math.sqrt(before.side * side) : 0;
    out.push({ left, side });
  }
  return out;
}

export interface Frame {
  width: number;
  height: number;
  /** Left free at both sides. */
  rim: number;
}

/** Pixels for a unit of length, and where the ground begins. */
export interface Camera {
  scale: number;
  left: number;
}

/** From where the models up to one, and no more of the others than must be, fill the frame. */
export function stop(all: Plot[], at: number, { width, height, rim }: Frame): Camera {
  const { left, side } = all[at];
  const right = left + side;
  const scale = Math.min((width - 2 * rim) / right, height / side);
  return { scale, left: (width - scale * right) / 2 };
}

/** Between two stops the camera backs away evenly by factors, slow at both ends. */
export function camera(all: Plot[], at: number, frame: Frame): Camera {
  const from = Math.min(Math.floor(at), all.length - 1);
  const to = Math.min(from + 1, all.length - 1);
  const t = at - from;
  const ease = t * t * (3 - 2 * t);
  const [a, b] = [stop(all, from, frame), stop(all, to, frame)];
  return {
    scale: a.scale * (b.scale / a.scale) ** ease,
    left: a.left + (b.left - a.left) * ease,
  };
}

/** How strongly outlines of so many pixels are drawn: not at all where they would be a mush. */
export const strength = (pixels: number): number => clamp((pixels - 2) / 5, 0, 1);

/** When each moment comes, in seconds: a rest at each stop, then the move to the next. */
export function times(stops: number, moments: number, rest: number, move: number): number[] {
  return range((stops - 1) * moments + 1).map((at) => {
    const [done, on] = [Math.floor(at / moments), (at % moments) / moments];
    return done * (rest + move) + (on ? rest + on * move : 0);
  });
}

// ------------------------------------------------------------ in words

/** With three digits: 4.74 million, 671 billion. */
export function inWords(n: number): string {
  const [unit, word] = n < 1e9 ? [1e6, "million"] : [1e9, "billion"];
  return `${Number((n / unit).toPrecision(3))} ${word}`;
}

/** How many times the first, with three digits. */
export function ratio({ parameters }: Model, { parameters: first }: Model): string {
  return counted(Number((parameters / first).toPrecision(3)));
}

export function told(models: Model[], at: number): string {
  const { name, parameters, met } = models[at];
  const parts = [`${name}: ${inWords(parameters)} parameters`];
  if (at) parts.push(`${ratio(models[at], models[0])} times ours`);
  const few = met < parameters ? ` A token meets ${inWords(met)} of them.` : "";
  const grain = at === models.length - 1 ? ` ${models[0].name} is the grain at the arrow.` : "";
  return `${parts.join(", ")}.${few}${grain}`;
}
