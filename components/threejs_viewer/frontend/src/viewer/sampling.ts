// From logits to a token: temperature, and draws. Every draw comes from a seed, so that it can be had
// again.

/** softmax(logits / T). At T = 0 the largest has it all, as T -> 0 has it; equals share. */
export function chancesAt(logits: number[], temperature: number): number[] {
  const most = Math.max(...logits);
  const sizes = logits.map((x) =>
    temperature === 0 ? Number(x === most) : Math.exp((x - most) / temperature),
  );
  const total = sizes.reduce((sum, size) => sum + size, 0);
  return sizes.map((size) => size / total);
}

/** The token at which the chances, added up, pass `u` of 0 to 1. */
export function drawn(chances: number[], u: number): number {
  let sum = 0;
  const at = chances.findIndex((p) => (sum += p) > u);
  return at < 0 ? chances.findLastIndex((p) => p > 0) : at; // rounding left the sum under 1
}

/** Numbers of 0 to 1, the same for the same seed (mulberry32). */
export function dice(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
