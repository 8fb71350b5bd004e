// One cell's way through a small network, forward and backward: what lab/by_hand/mlp.py computes,
// here with the numbers of one recorded moment.

import { range, signedWords } from "../shared/numbers";

/** All moments of a layer's numbers: words of two bytes, the largest of all 32,767; base64. */
export interface Exact {
  words: string;
  most: number;
}

export interface Built {
  /** Units of each layer. */
  sizes: number[];
  /** Of each layer, weights and biases. */
  W: Exact[];
  b: Exact[];
  /** The inputs that stand for each number of the table, as first or as second. */
  codes: number[][];
  activation: "relu" | "tanh" | "gelu" | "none";
  target: "digits" | "class" | "regression";
  /** What an answer of 1 stands for; 0 where it is a logarithm. */
  largest: number;
}

export interface Layer {
  W: Float64Array;
  b: Float64Array;
}

export interface Way {
  /** What each unit passes on, a list a layer, inputs first; of the votes their probabilities. */
  on: number[][];
  answer: number;
  /** What comes back to each unit but the inputs: by how much the loss grows with its sum. */
  back: number[][];
  loss: number;
}

/** The numbers of the moments, unpacked once. */
export function unpacked({ sizes, W, b }: Built): (at: number) => Layer[] {
  const words = [W, b].map((all) => all.map((each) => signedWords(each.words)));
  const taken = (which: 0 | 1, layer: number, at: number, n: number): Float64Array => {
    const { most } = [W, b][which][layer];
    const part = words[which][layer].subarray(at * n, (at + 1) * n);
    return Float64Array.from(part, (word) => (word / 32767) * most);
  };
  return (at) =>
    W.map((_, layer) => ({
      W: taken(0, layer, at, sizes[layer] * sizes[layer + 1]),
      b: taken(1, layer, at, sizes[layer + 1]),
    }));
}

/** y = x W + b */
function linear(x: readonly number[], { W, b }: Layer): number[] {
  const y = Array.from(b);
  x.forEach((value, i) => {
    if (value) for (let o = 0; o < y.length; o++) y[o] += value * W[i * y.length + o];
  });
  return y;
}

const [GELU_A, GELU_B] = [Math.sqrt(2 / Math.PI), 0.044715];
const bend = (x: number): number => Math.tanh(GELU_A * (x + GELU_B * x ** 3));

const ACT: Record<Built["activation"], [act: Numeric, slope: Numeric]> = {
  relu: [(x) => Math.max(x, 0), (x) => Number(x > 0)],
  tanh: [Math.tanh, (x) => 1 - Math.tanh(x) ** 2],
  gelu: [
    (x) => 0.5 * x * (1 + bend(x)),
    (x) => 0.5 * (1 + bend(x)) + 0.5 * x * (1 - bend(x) ** 2) * GELU_A * (1 + 3 * GELU_B * x ** 2),
  ],
  none: [(x) => x, () => 1],
};
type Numeric = (x: number) => number;

/** Sums before the activation of every layer but the inputs; `dark`: the neuron of the last hidden
    layer that says zero. */
export function forward(
  { activation }: Built,
  layers: readonly Layer[],
  x: number[],
  dark: number | null = null,
): { on: number[][]; sums: number[][] } {
  const [on, sums]: number[][][] = [[x], []];
  layers.forEach((layer, k) => {
    sums.push(linear(on[k], layer));
    if (k === layers.length - 1) return;
    on.push(sums[k].map(ACT[activation][0]));
    if (dark !== null && k === layers.length - 2) on[k + 1][dark] = 0;
  });
  return { on, sums };
}

function softmax(votes: readonly number[]): number[] {
  const most = Math.max(...votes);
  const powers = votes.map((vote) => Math.exp(vote - most));
  const sum = powers.reduce((all, one) => all + one, 0);
  return powers.map((power) => power / sum);
}

const largestOf = (numbers: readonly number[]): number => numbers.indexOf(Math.max(...numbers));

/** The votes that say a number. */
export function votesFor({ target }: Built, said: number): number[] {
  if (target === "digits") return [said % 10, 10 + Math.floor(said / 10)];
  return target === "class" ? [said] : [0];
}

/** The product that the votes stand for. */
export function answerOf({ target, largest }: Built, votes: readonly number[]): number {
  if (target === "digits")
    return largestOf(votes.slice(0, 10)) + 10 * largestOf(votes.slice(10, 20));
  if (target === "class") return largestOf(votes);
  return Math.round(largest ? votes[0] * largest : Math.exp(Math.min(votes[0], 30)));
}

/** What enters for the cell in this row and column. */
export const inputOf = ({ codes }: Built, a: number, b: number): number[] => [
  ...codes[a],
  ...codes[b],
];

export function wayOf(
  net: Built,
  layers: readonly Layer[],
  x: number[],
  product: number,
  dark: number | null = null,
): Way {
  const { on, sums } = forward(net, layers, x, dark);
  const votes = sums.at(-1)!;
  const groups = net.target === "digits" ? [votes.slice(0, 10), votes.slice(10)] : [votes];
  const given = net.target === "regression" ? votes : groups.flatMap(softmax);
  const right = votesFor(net, product);
  const wanted = net.largest ? product / net.largest : Math.log(product);
  const [loss, dy] =
    net.target === "regression"
      ? [(votes[0] - wanted) ** 2, [2 * (votes[0] - wanted)]]
      : [
          right.reduce((all, vote) => all - Math.log(given[vote]), 0) / groups.length,
          given.map((p, vote) => (p - Number(right.includes(vote))) / groups.length),
        ];
  const back = [dy];
  for (let k = layers.length - 1; k > 0; k--) {
    const { W } = layers[k];
    const n = net.sizes[k + 1];
    const slope = ACT[net.activation][1];
    back.unshift(
      sums[k - 1].map((sum, i) => {
        if (k === layers.length - 1 && i === dark) return 0;
        return slope(sum) * range(n).reduce((all, o) => all + back[0][o] * W[i * n + o], 0);
      }),
    );
  }
  return { on: [...on, given], answer: answerOf(net, votes), back, loss };
}
