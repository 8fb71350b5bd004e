// The equation of lab/by_hand/attention.py.

import { range, type Pair } from "../shared/numbers";

/** The arrows of a head in training. */
export interface Learning {
  query: Pair;
  keys: Pair[];
}

/** Where an arrow ends that begins at zero; the angle in degrees. */
export function arrow(angle: number, length: number): Pair {
  const turn = (angle * Math.PI) / 180;
  return [length * Math.cos(turn), length * Math.sin(turn)];
}

/** Shares that sum to 1, of all scores at once. */
export function softmax(scores: readonly number[]): number[] {
  const most = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - most));
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

/** softmax(q . k / sqrt(d)) with d = 2. */
export function attend([x, y]: Pair, keys: readonly Pair[]): number[] {
  return softmax(keys.map(([kx, ky]) => (x * kx + y * ky) / Math.SQRT2));
}

/** The weight on each digit, and last what went to signs, whose value is nothing. */
export function blend(tokens: readonly string[], weights: readonly number[]): number[] {
  const shares = Array<number>(11).fill(0);
  tokens.forEach((token, i) => (shares[/\d/.test(token) ? Number(token) : 10] += weights[i]));
  return shares;
}

/** Between two frames, in a straight line. */
export function between(frames: readonly Learning[], at: number): Learning {
  const [one, other] = [Math.floor(at), Math.ceil(at)].map((i) => frames[i]);
  const part = at % 1;
  const mixed = ([x, y]: Pair, [u, v]: Pair): Pair => [x + part * (u - x), y + part * (v - y)];
  return {
    query: mixed(one.query, other.query),
    keys: one.keys.map((key, i) => mixed(key, other.keys[i])),
  };
}

const ROUNDS = 40;

/** Directions in degrees that lie at least `gap` apart, in their order round the circle, each as near
    to where it was as its neighbours let it. */
export function spread(angles: readonly number[], gap: number): number[] {
  const order = range(angles.length).sort((i, j) => angles[i] - angles[j]);
  const moved = [...angles];
  for (let round = 0; round < ROUNDS; round++)
    order.forEach((i, place) => {
      const next = order[(place + 1) % order.length];
      const apart = moved[next] - moved[i] + (place + 1 === order.length ? 360 : 0);
      const short = Math.max(0, gap - apart) / 2;
      moved[i] -= short;
      moved[next] += short;
    });
  return moved;
}
