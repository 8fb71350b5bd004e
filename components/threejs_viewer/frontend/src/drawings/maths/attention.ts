// The equation of lab/by_hand/attention.py.

import type { Pair } from "../shared/numbers";

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
