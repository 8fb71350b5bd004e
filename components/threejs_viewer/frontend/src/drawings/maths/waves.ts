// A signal as waves: spectrum, turned and signal_of of lab/interp/fourier_shift.py.

import type { Pair } from "../shared/numbers";
import { turn } from "./pairs";

/** Of wave k of n, in radians a sample, signed: 2 pi k / n. */
export function speed(k: number, n: number): number {
  return (2 * Math.PI * (2 * k < n ? k : k - n)) / n;
}

/** Each wave as a pair: cosine part, sine part. */
export function spectrum(signal: readonly number[]): Pair[] {
  const n = signal.length;
  return signal.map((_, k) =>
    signal.reduce<Pair>(
      ([x, y], value, t) => [
        x + value * Math.cos(speed(k, n) * t),
        y - value * Math.sin(speed(k, n) * t),
      ],
      [0, 0],
    ),
  );
}

/** Every wave turned by the angle -speed * by. */
export function turned(waves: readonly Pair[], by: number): Pair[] {
  return waves.map((wave, k) => turn(wave, -by * speed(k, waves.length)));
}

export function waveAt([x, y]: Pair, speed: number, t: number): number {
  return x * Math.cos(speed * t) - y * Math.sin(speed * t);
}

/** The signal at a place, of all its waves; between two samples as well. */
export function valueAt(waves: readonly Pair[], t: number): number {
  const n = waves.length;
  return waves.reduce((sum, wave, k) => sum + waveAt(wave, speed(k, n), t), 0) / n;
}
