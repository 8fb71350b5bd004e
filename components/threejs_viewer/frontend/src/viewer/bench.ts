// Times of frames and picks. A frame here is what JavaScript spends: the graphics card is not in it.

export class Clock {
  private times: Record<string, number[]> = {};

  time<T>(what: string, act: () => T): T {
    const start = performance.now();
    const result = act();
    const list = (this.times[what] ??= []);
    list.push(performance.now() - start);
    if (list.length > 2000) list.shift();
    return result;
  }

  note(what: string, ms: number): void {
    (this.times[what] ??= []).push(ms);
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
