// A mixture of experts (components/ui/drawings/experts.py): how many tokens each expert got, where
// tokens, ribbons and boxes stand, and what is said of one.

import { clamp, counted, range, type Pair } from "../shared/numbers";

export interface Layer {
  title: string;
  /** Of each token, the best first. */
  chosen: number[][];
  /** What each of them is multiplied by. */
  weights: number[][];
}

export const sum = (numbers: readonly number[]): number =>
  numbers.reduce((all, one) => all + one, 0);

// ---------------------------------------------------------------- who got how many

/** Of each expert, when so many tokens are read. */
export function loads({ chosen }: Layer, nExpert: number, read: number): number[] {
  const out: number[] = Array(nExpert).fill(0);
  for (const expert of chosen.slice(0, read).flat()) out[expert]++;
  return out;
}

/** As `loads`, where the last of the tokens counts only by so much. */
export function filling(layer: Layer, nExpert: number, read: number, part: number): number[] {
  const [before, after] = [loads(layer, nExpert, read), loads(layer, nExpert, read + 1)];
  return before.map((load, e) => load + part * (after[e] - load));
}

/** In the end, of all layers. */
export const highest = (layers: readonly Layer[], nExpert: number): number =>
  Math.max(...layers.flatMap((layer) => loads(layer, nExpert, layer.chosen.length)));

/** All weights of one token together, at most. */
export const heaviest = (layers: readonly Layer[]): number =>
  Math.max(...layers.flatMap(({ weights }) => weights.map(sum))) || 1;

// ---------------------------------------------------------------- where a token stands

/** In pixels. */
const LEAST = { wide: 11, narrow: 16 }; // of a character, if the text is one row
const ROOMY = 20; // of a character, if it is several
const NARROW = 560;
const MOST = 36;

/** Rows of tokens, as many in each but the last, and how far it is from token to token. */
export interface Grid {
  columns: number;
  rows: number;
  pitch: number;
}

export function grid(n: number, characters: number, width: number): Grid {
  const least = LEAST[width < NARROW ? "narrow" : "wide"] * characters;
  const fit = Math.max(1, Math.floor(width / (ROOMY * characters)));
  const rows = n * least <= width ? 1 : Math.ceil(n / fit);
  const columns = Math.ceil(n / rows);
  return { columns, rows, pitch: Math.min(width / columns, MOST * Math.sqrt(characters)) };
}

/** The middle of a token across, and its row. */
export function tokenAt({ columns, pitch }: Grid, width: number, t: number): Pair {
  const left = (width - columns * pitch) / 2;
  return [left + pitch * ((t % columns) + 0.5), Math.floor(t / columns)];
}

// ---------------------------------------------------------------- where a ribbon begins and ends

/** By token and choice. */
export type Table = number[][];

/** Side by side below its token, from the leftmost expert on; around 0, all within -1/2 to 1/2. */
export function starts({ chosen, weights }: Layer, most: number): Table {
  return chosen.map((experts, t) => {
    const wide = weights[t].map((weight) => weight / most);
    return experts.map((expert, k) => {
      const before = sum(wide.filter((_, other) => experts[other] < expert));
      return before + (wide[k] - sum(wide)) / 2;
    });
  });
}

/** Side by side on its expert, from the leftmost token on; all within -1/2 to 1/2. */
export function ends(layer: Layer, nExpert: number, xs: readonly number[]): Table {
  const { chosen, weights } = layer;
  const out: Table = chosen.map((experts) => experts.map(() => 0));
  const order = range(chosen.length).sort((a, b) => xs[a] - xs[b]);
  const total = Array<number>(nExpert).fill(0);
  chosen.forEach((experts, t) => experts.forEach((expert, k) => (total[expert] += weights[t][k])));
  const most = Math.max(...total) || 1;
  const at = total.map((all) => -all / 2);
  for (const t of order)
    chosen[t].forEach((expert, k) => {
      out[t][k] = (at[expert] + weights[t][k] / 2) / most;
      at[expert] += weights[t][k];
    });
  return out;
}

/** Down, across, and down again. */
export function ribbon([x, y]: Pair, [toX, toY]: Pair): string {
  const bend = (toY - y) * 0.55;
  const numbers = [x, y + bend, toX, toY - bend, toX, toY].map((n) => n.toFixed(1)).join(" ");
  return `M${x.toFixed(1)} ${y.toFixed(1)}C${numbers}`;
}

/** How far a ribbon has come, and a bar has risen, by a share of its token's time. */
export const comes = (share: number): number => clamp(share / 0.7, 0, 1);
export const rises = (share: number): number => clamp((share - 0.6) / 0.4, 0, 1);

// ---------------------------------------------------------------- in words

/** 12.5%, 16% */
export const percent = (share: number): string => `${atMostOne(100 * share)}%`;

/** 5, 5.3 */
export const atMostOne = (number: number): string =>
  number.toLocaleString("en-GB", { maximumFractionDigits: 1 });

const count = (n: number, thing: string): string => `${counted(n)} ${thing}${n === 1 ? "" : "s"}`;

/** a; a and b; a, b and c */
const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;

/** expert 3; experts 3 and 5; 7 experts */
function named(experts: readonly number[]): string {
  if (experts.length > 3) return count(experts.length, "expert");
  return `expert${experts.length === 1 ? "" : "s"} ${listed(experts.map(String))}`;
}

export const shared = (nShared: number): string =>
  nShared === 1 ? "the shared expert" : `the ${nShared} shared experts`;

const placed = (tokens: readonly string[], t: number): string => `“${tokens[t]}”, token ${t + 1},`;

export const ahead = (tokens: readonly string[], t: number): string =>
  `${placed(tokens, t)} is not read yet.`;

/** A weight to two places; what would read 0.00, or 1.00 beside another, says more. */
const weighed = (weight: number): string => {
  if (weight > 0 && weight < 0.005) return "under 0.01";
  return weight < 1 && weight >= 0.995 ? "over 0.99" : weight.toFixed(2);
};

/** “6”, token 7, goes to expert 3 (0.61) and expert 0 (0.39). */
export function sent(
  tokens: readonly string[],
  { chosen, weights }: Layer,
  t: number,
  nShared: number,
): string {
  const to = chosen[t].map((expert, k) => `expert ${expert} (${weighed(weights[t][k])})`);
  const also = nShared ? `, and, like every token, to ${shared(nShared)}` : "";
  return `${placed(tokens, t)} goes to ${listed(to)}${also}.`;
}

/** Expert 3: 9 of 21 tokens; 21.4% of all choices, the mean is 12.5%. */
export function got(layer: Layer, nExpert: number, read: number, expert: number): string {
  if (read === 0) return `Expert ${expert}: no token is read yet.`;
  const load = loads(layer, nExpert, read)[expert];
  const share = percent(load / (read * layer.chosen[0].length));
  const mean = percent(1 / nExpert);
  return `Expert ${expert}: ${load} of ${count(read, "token")}; ${share} of all choices, the mean is ${mean}.`;
}

export function gotShared(nShared: number, read: number): string {
  const name = shared(nShared).replace("the", "The");
  return `${name}: ${count(read, "token")}, each beside the experts that the router chose for it.`;
}

/** 40 choices of 20 tokens: expert 3 got most (9), experts 1 and 6 fewest (2); the mean is 5. */
export function told(layer: Layer, nExpert: number): string {
  const all = loads(layer, nExpert, layer.chosen.length);
  const choices = `${count(sum(all), "choice")} of ${count(layer.chosen.length, "token")}`;
  const [least, most] = [Math.min(...all), Math.max(...all)];
  if (least === most) return `${choices}: every expert got ${least}.`;
  const those = (load: number): string => named(range(nExpert).filter((e) => all[e] === load));
  const mean = atMostOne(sum(all) / nExpert);
  return `${choices}: ${those(most)} got most (${most}), ${those(least)} fewest (${least}); the mean is ${mean}.`;
}
