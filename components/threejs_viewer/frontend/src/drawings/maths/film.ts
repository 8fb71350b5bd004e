// A recorded run as Python sends it (components/ui/drawings/network.py), and where its units stand.

import type { Landmark } from "../shared/landmarks";
import { range, type Pair } from "../shared/numbers";

export interface Reel {
  /** Units of each layer. */
  sizes: number[];
  /** Is the layer drawn in two groups? */
  groups: boolean[];
  /** For each layer the numbers of all moments as signed bytes, 127 the largest; base64. */
  W: string[];
  dW: string[];
  answers: number[][];
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
}

export type Edge = [layer: number, from: number, to: number];

export function rightAt({ answers, products }: Reel, at: number): boolean[] {
  return answers[at].map((answer, i) => answer === products[i]);
}

/** The moment in a sentence. */
export function told(reel: Reel, at: number): string {
  const { epochs, losses, unit, shown, over } = reel;
  const right = rightAt(reel, at);
  const count = (which: boolean): string => {
    const cells = range(shown.length).filter((i) => shown[i] === which);
    return `${cells.filter((i) => right[i]).length} of ${cells.length}`;
  };
  const hidden = shown.includes(false) ? `, hidden: ${count(false)}` : "";
  const where = `${unit} ${epochs[at]}, loss ${losses[at]}${over[0]}`;
  return `${where}. Right${hidden ? ", shown" : ""}: ${count(true)}${hidden}${over[1]}`;
}

/** What the network makes of one cell. */
export function toldOfCell(reel: Reel, at: number, cell: number): string {
  const { answers, products, first, side, shown } = reel;
  const [a, b] = [Math.floor(cell / side) + first, (cell % side) + first];
  const hidden = shown[cell] ? "" : ", hidden in training";
  return `${a} × ${b} = ${products[cell]}${hidden}; it says ${answers[at][cell]}.`;
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
