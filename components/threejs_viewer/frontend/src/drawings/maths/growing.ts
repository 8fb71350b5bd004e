// Which tokens a step of writing reads, with a cache and without one.

/** Of steps from 1 on; the first reads the whole prompt. */
export interface Steps {
  n_prompt: number;
  n_step: number;
}

export const stepsOf = (n_token: number, n_prompt: number): Steps => ({
  n_prompt,
  n_step: n_token - n_prompt + 1,
});

/** Tokens that are there in a step. */
export const there = ({ n_prompt }: Steps, step: number): number => n_prompt + step - 1;

/** The first token that a step reads; from it on it reads all that are there. */
export const firstRead = (steps: Steps, step: number, cached: boolean): number =>
  cached && step > 1 ? there(steps, step) - 1 : 0;

/** Tokens read up to a step, in all. */
export function readBy(steps: Steps, step: number, cached: boolean): number {
  const n = there(steps, step);
  if (cached) return n;
  const before = steps.n_prompt - 1;
  return (n * (n + 1) - before * (before + 1)) / 2;
}
