// Numbers: kept within bounds, written, unpacked.

/** The two numbers of a pair, or a place in a plane. */
export type Pair = [number, number];

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/** 0 to n - 1. */
export const range = (n: number): number[] => [...Array(n).keys()];

/** A step of 1, 2 or 5 times a power of ten that is at least `least`. */
export function tickStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  return [1, 2, 5, 10].map((n) => n * power).find((step) => step >= least)!;
}

/** With a minus sign as wide as a plus, and no minus before a zero. */
export function signed(number: number, digits: number): string {
  const text = number.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : text.replace("-", "\u2212");
}

/** 1,971 */
export const counted = (number: number): string => number.toLocaleString("en-GB");

/** .07, .93, 1.00 */
export function short(share: number): string {
  return share.toFixed(2).replace(/^0/, "");
}

/** From base64. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
}

/** From base64, -128 to 127 each. */
export function signedBytes(text: string): Int8Array {
  return new Int8Array(bytes(text).buffer);
}

/** From base64, two bytes each, the lower one first. */
export function signedWords(text: string): Int16Array {
  return new Int16Array(bytes(text).buffer);
}

/** 31%, 7.7% */
export function percent(share: number): string {
  const hundredths = 100 * share;
  if (hundredths > 0 && hundredths < 0.05) return "<0.1%";
  const digits = hundredths > 0 && hundredths < 9.95 ? 1 : 0;
  return `${hundredths.toFixed(digits)}%`;
}
