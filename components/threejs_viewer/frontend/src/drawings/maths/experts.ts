// A mixture of experts (components/ui/drawings/experts.py): how a router chooses for a token, how
// many tokens each expert got, where tokens, ribbons and bars stand, and what is said of one.

import { clamp, counted, range, signed, type Pair } from "../shared/numbers";

/** Where a router sends each token. */
export interface Routed {
  /** Of each token, the best first. */
  chosen: number[][];
  /** What each of them is multiplied by. */
  weights: number[][];
}

export interface Layer {
  title: string;
  /** Of each token and expert. */
  scores: number[][];
  /** Of each expert. */
  bias: number[];
  /** By scores and biases, as the network does. */
  biased: Routed;
  /** By scores alone. */
  plain: Routed;
  /** Experts that get no token of many problems either. */
  idle: number[];
}

export const sum = (numbers: readonly number[]): number =>
  numbers.reduce((all, one) => all + one, 0);

// ---------------------------------------------------------------- how it chooses

/** What counts when experts are chosen. */
export const totals = ({ scores, bias }: Layer, t: number, plain: boolean): number[] =>
  scores[t].map((score, e) => score + (plain ? 0 : bias[e]));

const best = (numbers: readonly number[]): number => numbers.indexOf(Math.max(...numbers));

/** Of a token, the expert with the highest score, if its bias keeps it from being chosen. */
export function beaten({ scores, biased }: Layer, t: number): number | null {
  const first = best(scores[t]);
  return biased.chosen[t].includes(first) ? null : first;
}

/** The token whose best expert by score misses by most; the last, if none misses. */
export function telling(layer: Layer): number {
  const missed = layer.scores.map((_, t) => {
    const first = beaten(layer, t);
    if (first === null) return 0;
    const all = totals(layer, t, false);
    return Math.min(...layer.biased.chosen[t].map((e) => all[e])) - all[first];
  });
  return Math.max(...missed) > 0 ? best(missed) : missed.length - 1;
}

/** From and to, as scores. */
export interface Bar {
  score: Pair;
  /** What a bias adds on top. */
  added: Pair | null;
  /** What it takes off. */
  taken: Pair | null;
  total: number;
}

/** A score, and so much of its bias. */
export function bar(score: number, bias: number, biased: number): Bar {
  const total = score + biased * bias;
  const over = bias < 0 && biased > 0;
  return {
    score: [0, over ? clamp(total, 0, score) : score],
    added: bias > 0 && biased > 0 ? [score, total] : null,
    taken: over ? [total, score] : null,
    total,
  };
}

/** From one number to the next, by a share. */
export const morphed = (from: number, to: number, share: number): number =>
  share === 1 ? to : from + share * (to - from);

/** The least and the most that is drawn of a layer, its biases on or off. */
export function extent(layer: Layer): Pair {
  const all = range(layer.scores.length).flatMap((t) => totals(layer, t, false));
  return [Math.min(0, ...all), Math.max(1, ...all)];
}

/** In the time of a token its bars come from those before, and its ribbons. */
export const phase = (part: number, from: number, to: number): number =>
  clamp((part - from) / (to - from), 0, 1);
export const [RISES, COMES] = [
  [0, 0.4],
  [0.1, 0.8],
] as const;

// ---------------------------------------------------------------- who got how many

/** Of each expert, when so many tokens are read. */
export function loads({ chosen }: Routed, nExpert: number, read: number): number[] {
  const out: number[] = Array(nExpert).fill(0);
  for (const expert of chosen.slice(0, read).flat()) out[expert]++;
  return out;
}

const both = (layers: readonly Layer[]): Routed[] =>
  layers.flatMap(({ biased, plain }) => [biased, plain]);

/** All weights of one token together, at most. */
export const heaviest = (layers: readonly Layer[]): number =>
  Math.max(...both(layers).flatMap(({ weights }) => weights.map(sum))) || 1;

// ---------------------------------------------------------------- where a token stands

/** In pixels. */
const LEAST = 16; // of a character, if the text is one row
const ROOMY = 20; // of a character, if it is several
const MOST = 36;

/** Rows of tokens, as many in each but the last, and how far it is from token to token. */
export interface Grid {
  columns: number;
  rows: number;
  pitch: number;
}

export function grid(n: number, characters: number, width: number): Grid {
  const least = LEAST * characters;
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
export function starts({ chosen, weights }: Routed, most: number): Table {
  return chosen.map((experts, t) => {
    const wide = weights[t].map((weight) => weight / most);
    return experts.map((expert, k) => {
      const before = sum(wide.filter((_, other) => experts[other] < expert));
      return before + (wide[k] - sum(wide)) / 2;
    });
  });
}

/** Side by side on its expert, from the leftmost token on; all within -1/2 to 1/2. */
export function ends({ chosen, weights }: Routed, nExpert: number, xs: readonly number[]): Table {
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

export const shared = (nShared: number): string =>
  nShared === 1 ? "the shared expert" : `the ${nShared} shared experts`;

/** A weight that is less reads as next to nothing. */
const FAINT = 0.005;

/** A weight to two places; what would read 0.00, or 1.00 beside another, says more. */
export const weighed = (weight: number): string => {
  if (weight > 0 && weight < FAINT) return "under 0.01";
  return weight < 1 && weight >= 0.995 ? "over 0.99" : weight.toFixed(2);
};

export const places = (number: number): string => signed(number, 3);

/** “+”, token 10: experts 7 and 4 come out on top. Their scores, 0.244 and 0.209, give the weights
    0.54 and 0.46. Expert 5 has the highest score, 0.991, but its bias takes it to 0.799. */
export function sent(tokens: readonly string[], layer: Layer, t: number, plain: boolean): string {
  const { chosen, weights } = plain ? layer.plain : layer.biased;
  const one = chosen[t].length === 1;
  const who = `expert${one ? "" : "s"} ${listed(chosen[t].map(String))}`;
  const own = listed(chosen[t].map((e) => places(layer.scores[t][e])));
  const share = listed(weights[t].map(weighed));
  const faint = chosen[t].filter((_, k) => weights[t][k] < FAINT);
  const hardly = faint.length
    ? `, so what ${listed(faint.map((e) => `expert ${e}`))} adds hardly counts`
    : "";
  const scores = one ? `Its score, ${own}, gives` : `Their scores, ${own}, give`;
  const counts = `${scores} the weight${one ? "" : "s"} ${share}${hardly}.`;
  const name = `“${tokens[t]}”, token ${t + 1}`;
  const top = `${who} come${one ? "s" : ""} out on top`;
  if (plain) return `${name}: without bias, ${top}. ${counts} ${then(layer)}`;
  const first = beaten(layer, t);
  const said = `${name}: ${top}. ${counts}`;
  if (first === null) return said;
  const lost = places(totals(layer, t, false)[first]);
  return `${said} Expert ${first} has the highest score, ${places(layer.scores[t][first])}, but its bias takes it to ${lost}.`;
}

/** Expert 5 then gets 19 of 19 tokens, and 5 experts get none. */
function then({ plain, bias }: Layer): string {
  const all = loads(plain, bias.length, plain.chosen.length);
  const [most, none] = [Math.max(...all), all.filter((load) => load === 0).length];
  const some = `Expert ${all.indexOf(most)} then gets ${most} of ${count(plain.chosen.length, "token")}`;
  return none
    ? `${some}, and ${count(none, "expert")} get${none === 1 ? "s" : ""} none.`
    : `${some}.`;
}

/** Expert 3: 9 of 21 tokens; 21.4% of all choices, the mean is 12.5%. */
export function got(routed: Routed, nExpert: number, read: number, expert: number): string {
  if (read === 0) return `Expert ${expert}: no token is read yet.`;
  const load = loads(routed, nExpert, read)[expert];
  const share = percent(load / (read * routed.chosen[0].length));
  const mean = percent(1 / nExpert);
  return `Expert ${expert}: ${load} of ${count(read, "token")}; ${share} of all choices, the mean is ${mean}.`;
}

export function gotShared(nShared: number, read: number): string {
  const name = shared(nShared).replace("the", "The");
  return `${name}: ${count(read, "token")}, each beside the experts that the router chose for it.`;
}
