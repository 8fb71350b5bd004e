// Softmax as it is written in a book, exp(score) over its sum, in float16.

import { signed } from "../shared/numbers";
import { listed, plain, type Card } from "./registers";

const BEYOND = 65520; // half-way from the largest, 65,504, to what would be the next
const [BITS, LEAST] = [10, -24]; // behind the first of a number; exponent of the smallest
const WHOLE = 1.5 * 2 ** 52; // so far from 0 a double has no fraction

/** The nearest float16 number. */
export function half(number: number): number {
  if (Math.abs(number) >= BEYOND) return Math.sign(number) * Infinity;
  const step = 2 ** Math.max(Math.floor(Math.log2(Math.abs(number))) - BITS, LEAST);
  return number + WHOLE * step - WHOLE * step;
}

export interface Naive {
  /** exp(score) of each card. */
  powers: number[];
  sum: number;
  /** The sum of exp(score) times the value. */
  blend: number[];
  answer: number[];
}

export function naive(cards: readonly Card[]): Naive {
  const powers = cards.map(({ score }) => half(Math.exp(score)));
  const sum = total(powers);
  const blend = cards[0].value.map((_, i) =>
    total(powers.map((power, k) => half(power * half(cards[k].value[i])))),
  );
  return { powers, sum, blend, answer: blend.map((part) => half(part / sum)) };
}

const total = (numbers: readonly number[]): number =>
  numbers.reduce((all, one) => half(all + one), 0);

/** 12.2, 22,032, inf */
export function written(number: number): string {
  if (Number.isNaN(number)) return "not a number";
  const digits = Math.abs(number) < 1000 ? 3 : 5;
  const text = Number.isFinite(number)
    ? number.toLocaleString("en-GB", { maximumSignificantDigits: digits })
    : String(number).replace("Infinity", "inf");
  return text.replace("-", "\u2212");
}

/** What becomes of the answer, and where it was lost. */
export function verdict(cards: readonly Card[], { powers, sum, blend, answer }: Naive): string {
  const above = "above 65,504, the largest float16 number";
  const result = `The answer is ${answerOf(answer)}.`;
  const lost = cards.filter((_, k) => powers[k] === Infinity).map(({ score }) => score);
  if (lost.length) return `${overflowing(lost)} ${above}. The answer is inf / inf: not a number.`;
  if (sum === 0)
    return "Every exp(score) is too small for float16. The answer is 0 / 0: not a number.";
  if (sum === Infinity) return `Every exp(score) fits, but their sum is ${above}. ${result}`;
  if (!blend.every(Number.isFinite))
    return `Every exp(score) fits, but times the values they overflow. ${result}`;
  return `No exp(score) is ${above}. ${result}`;
}

function overflowing(scores: readonly number[]): string {
  const largest = `exp(${plain(Math.max(...scores))})`;
  if (scores.length === 1) return `${largest} overflows: it is`;
  const others = scores.length === 2 ? "one other" : `${scores.length - 1} others`;
  return `${largest} and ${others} overflow: they are`;
}

export function answerOf(answer: readonly number[]): string {
  if (answer.every(Number.isNaN)) return written(NaN);
  return listed(answer.map((part) => (Number.isFinite(part) ? signed(part, 2) : written(part))));
}
