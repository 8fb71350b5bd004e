/** Numbers as a reader sees them, as lab/numerals.py writes them. */

const [LEAST, MOST] = [1e-4, 1e9]; // beyond these a decimal has too many noughts to be read
const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** To so many figures: 0.0023, 1,234, and 2.3 × 10⁻⁵ where a decimal could not be read. */
export function written(number: number, figures: number): string {
  const size = Math.abs(number);
  const [mantissa, exponent] = number.toExponential(figures - 1).split("e") as [string, string];
  const places = Math.max(figures - 1 - Number(exponent), 0);
  let text = number.toFixed(places);
  if (size >= 1000) text = Math.round(number).toLocaleString("en-GB");
  if (size && (size < LEAST || size >= MOST))
    text = `${mantissa}\u00a0×\u00a010${raised(exponent)}`;
  return text.replace("-", "\u2212");
}

/** The exponent of toExponential: +304, -5. */
const raised = (exponent: string): string =>
  exponent
    .replace("+", "")
    .replace("-", "⁻")
    .replace(/\d/g, (digit) => RAISED[Number(digit)]!);
