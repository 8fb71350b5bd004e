// Times of frames and picks. A frame here is what JavaScript spends: the graphics card is not in it.

import type { Watch } from "./viewer";

export class Clock implements Watch {
  private times: Record<string, number[]> = {};
  /** When the numbers came whose picture is not drawn yet. */
  private came = 0;

  /** Waits until the graphics card has drawn. */
  finish = (): void => undefined;

  time<T>(what: string, act: () => T): T {
    const start = performance.now();
    const result = act();
    this.note(what, performance.now() - start);
    if (what === "update") this.came = start;
    if (what === "frame" && this.came) this.noteFirstPicture();
    return result;
  }

  private noteFirstPicture(): void {
    this.finish();
    this.note("picture", performance.now() - this.came);
    this.came = 0;
  }

  private note(what: string, ms: number): void {
    const list = (this.times[what] ??= []);
    list.push(ms);
    if (list.length > 2000) list.shift();
  }

  report(): Record<string, { n: number; p50: number; p95: number }> {
    return Object.fromEntries(
      Object.entries(this.times).map(([what, list]) => [
        what,
        { n: list.length, p50: quantile(list, 0.5), p95: quantile(list, 0.95) },
      ]),
    );
  }
}

export function quantile(list: number[], q: number): number {
  const sorted = [...list].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)] ?? NaN;
  return Math.round(value * 1000) / 1000;
}
