// A recorded run as Python sends it (components/ui/drawings/network.py), and where its units stand.

import type { Landmark } from "../shared/landmarks";
import { range, signed, type Pair } from "../shared/numbers";
import { votesFor, type Built, type Way } from "./way";

/** None in a hidden cell, while its guess is open. */
export type Answers = (number | null)[];

export interface Reel extends Built {
  /** Is the layer drawn in two groups? */
  groups: boolean[];
  /** For each layer the gradients of all moments as signed bytes, 127 the largest; base64. */
  dW: string[];
  answers: Answers[];
  products: number[];
  /** The first number of the table, and how many there are. */
  first: number;
  side: number;
  epochs: number[];
  losses: string[];
  /** Which cells the network was trained on. */
  shown: boolean[];
  unit: string;
  /** What the loss and what the right cells are counted over, where these are not the same. */
  over: [string, string];
  /** Inputs whose edges were never changed. */
  still: number[];
}

export type Edge = [layer: number, from: number, to: number];

export const rightOf = ({ products }: Reel, answers: Answers): boolean[] =>
  answers.map((answer, i) => answer === products[i]);

export const rightAt = (reel: Reel, at: number): boolean[] => rightOf(reel, reel.answers[at]);

const countOf = (which: boolean[]): number => which.filter(Boolean).length;

/** The moment in a sentence. */
export function told(reel: Reel, at: number): string {
  const { answers, epochs, losses, unit, shown, over } = reel;
  const right = rightAt(reel, at);
  const count = (which: boolean): string => {
    const cells = range(shown.length).filter((i) => shown[i] === which);
    return `${cells.filter((i) => right[i]).length} of ${cells.length}`;
  };
  const covered = answers[at].includes(null);
  const hidden = covered || !shown.includes(false) ? "" : `, hidden: ${count(false)}`;
  const where = `${unit} ${epochs[at]}, loss ${losses[at]}${over[0]}`;
  const since = unit === "step" && at > 0 ? `. ${toldOfChange(reel, at)}` : "";
  return `${where}. Right${hidden || covered ? ", shown" : ""}: ${count(true)}${hidden}${over[1]}${since}`;
}

/** How many cells another answer has come to, since the moment before. */
function toldOfChange(reel: Reel, at: number): string {
  const [before, after] = [reel.answers[at - 1], reel.answers[at]];
  const changed = countOf(after.map((answer, i) => answer !== before[i]));
  const [was, is] = [rightAt(reel, at - 1), rightAt(reel, at)];
  const lost = countOf(was.map((right, i) => right && !is[i]));
  return `${changed} answers changed; right before and wrong now: ${lost}.`;
}

/** What the network makes of one cell. */
export function toldOfCell(reel: Reel, answers: Answers, cell: number): string {
  const { products, first, side, shown } = reel;
  const [a, b] = [Math.floor(cell / side) + first, (cell % side) + first];
  const hidden = shown[cell] ? "" : ", hidden in training";
  const said = answers[cell];
  const asks = said === null ? "your guess comes first" : `it says ${said}`;
  return `${a} × ${b} = ${products[cell]}${hidden}; ${asks}.`;
}

/** What went forward for a cell, and what comes back. */
export function toldOfWay(reel: Reel, { on, back, loss, answer }: Way, product: number): string {
  const hidden = on.at(-2)!;
  const lit = `${hidden.filter((h) => h > 0).length} of ${hidden.length} neurons above zero (large dots)`;
  const name = (vote: number): string =>
    reel.target === "digits" ? `${vote % 10} ${vote < 10 ? "units" : "tens"}` : String(vote);
  const list = (said: number, numbers: number[], places: number, sign = signed): string =>
    votesFor(reel, said)
      .reverse()
      .map((vote) => `${name(vote)} ${sign(numbers[vote], places)}`)
      .join(", ");
  if (reel.target === "regression")
    return `Forward: ${lit}. Backward: ${signed(back.at(-1)![0], 3)} at the output.`;
  const forward = `Forward: ${lit}, then ${list(answer, on.at(-1)!, 2)}`;
  const comes = list(product, back.at(-1)!, 3);
  return `${forward}. Backward (rings), from the right votes: ${comes} (loss ${loss.toFixed(2)}).`;
}

/** What becomes of the table without a hidden neuron, whose outputs are `lit`. */
export function toldWithout(
  reel: Reel,
  at: number,
  neuron: number,
  lit: readonly number[],
  without: Answers,
): string {
  const { shown } = reel;
  const amongShown = (right: boolean, i: number): boolean => right && shown[i];
  const before = rightAt(reel, at).map(amongShown);
  const after = rightOf(reel, without).map(amongShown);
  const lost = before.map((right, i) => right && !after[i]);
  const cells = range(lit.length).filter((i) => lit[i] > 0 && shown[i]);
  const of = shown.includes(false) ? `the ${countOf(shown)} shown` : String(shown.length);
  const among = lost.filter((gone, i) => gone && lit[i] > 0).length;
  const which = among === countOf(lost) ? "all red ones are" : `${among} red ones are`;
  const loud = lit.map((h, i) => (shown[i] ? h : 0));
  const most = cells.length ? `, most of all ${problemOf(reel, largestAt(loud))}` : "";
  return (
    `Without neuron ${neuron}: ${countOf(after)} right, ${countOf(lost)} turn red. It lights ` +
    `${cells.length} of ${of} cells${most}; ${which} among them.`
  );
}

const largestAt = (numbers: readonly number[]): number => numbers.indexOf(Math.max(...numbers));

function problemOf({ first, side }: Reel, cell: number): string {
  return `${Math.floor(cell / side) + first} × ${(cell % side) + first}`;
}

/** What a unit is, and what its edges have done since the first moment: they have `moved` by up to
    so much, or not at all. */
export function toldOfUnit(reel: Reel, layer: number, unit: number, moved: number): string {
  const { sizes, still } = reel;
  const last = layer === sizes.length - 1;
  const n = last ? sizes[layer - 1] : sizes[layer + 1];
  const since = `have moved by up to ${moved.toFixed(2)} since the first moment`;
  if (layer === 0 && still.includes(unit))
    return `${inputName(reel, unit)}: its ${n} weights are those of the first moment, bit for bit.`;
  if (layer === 0) return `${inputName(reel, unit)}: its ${n} weights ${since}.`;
  if (last) return `${voteName(reel, unit)}: the ${n} weights to it ${since}.`;
  return `Hidden neuron ${unit}: its ${n} weights out ${since}.`;
}

function inputName({ sizes, first, side }: Reel, unit: number): string {
  const half = sizes[0] / 2;
  const which = unit < half ? "First" : "Second";
  return half === side ? `${which} digit ${(unit % half) + first}` : `${which} number`;
}

function voteName({ target }: Reel, unit: number): string {
  if (target === "regression") return "Output";
  if (target === "class") return `Vote for ${unit}`;
  return `Vote for ${unit % 10} ${unit < 10 ? "units" : "tens"}`;
}

/** When, of the cells that it was trained on, the first is right, half of them, and all. */
export function landmarksIn(reel: Reel): Landmark[] {
  const { answers, shown } = reel;
  const trained = range(shown.length).filter((i) => shown[i]);
  const counts = range(answers.length).map((at) => {
    const right = rightAt(reel, at);
    return trained.filter((i) => right[i]).length;
  });
  const wanted: [least: number, name: string][] = [
    [1, "first right"],
    [trained.length / 2, "half right"],
    [trained.length, "all right"],
  ];
  return wanted
    .map(([least, name]) => ({ at: counts.findIndex((count) => count >= least), name }))
    .filter(({ at }) => at >= 0);
}

/** Where each unit of each layer stands in a picture. */
export function unitPlaces({ sizes, groups }: Reel, width: number, height: number): Pair[][] {
  const [side, top, bottom] = [34, 20, 8];
  return sizes.map((n, layer) => {
    const gap = groups[layer] ? 1.2 : 0;
    const x = side + ((width - 2 * side) * layer) / (sizes.length - 1);
    return range(n).map((i): Pair => {
      const share = (i + 0.5 + (i >= n / 2 ? gap : 0)) / (n + gap);
      return [x, top + (height - top - bottom) * share];
    });
  });
}

/** The edge nearest to a point, if one is less than 12 pixels away. */
export function edgeAt(point: Pair, places: readonly Pair[][]): Edge | null {
  let [best, least]: [Edge | null, number] = [null, 12];
  places.slice(0, -1).forEach((units, layer) =>
    units.forEach((from, i) =>
      places[layer + 1].forEach((to, o) => {
        const far = distance(point, from, to);
        if (far < least) [best, least] = [[layer, i, o], far];
      }),
    ),
  );
  return best;
}

/** How far a point is from the line between two others. */
function distance([x, y]: Pair, [x1, y1]: Pair, [x2, y2]: Pair): number {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const t = Math.min(1, Math.max(0, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy)));
  return Math.hypot(x - x1 - t * dx, y - y1 - t * dy);
}
