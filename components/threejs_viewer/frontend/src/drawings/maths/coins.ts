// Probabilities of logits, and the loss of a guess: in nats, and in tosses of a fair coin.

/** -ln 1/2: the loss of a fair coin. */
export const COIN = Math.log(2);

export function softmax(logits: readonly number[]): number[] {
  const most = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** -ln p of one token: without a logarithm of what a float takes for zero. */
export function loss(logits: readonly number[], token: number): number {
  const most = Math.max(...logits);
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - most), 0);
  return most + Math.log(sum) - logits[token];
}

/** How much of each coin of a pile is there: 1, 1, ..., and a share of the last. */
export function pile(nats: number): number[] {
  const coins = Math.max(nats, 0) / COIN;
  const whole = Math.floor(coins);
  const rest = coins - whole;
  return [...Array<number>(whole).fill(1), ...(rest > 0.005 ? [rest] : [])];
}
