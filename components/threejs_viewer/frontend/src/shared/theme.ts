// The book's colours. Zero is the page's own background, so only what is not zero stands out.

import { page, sign, tokens } from "./colours.json";

export interface Theme {
  dark: boolean;
  background: string;
  ink: string;
  soft: string;
  line: string;
  accent: string;
  raised: string;
  negative: string;
  positive: string;
  /** Of tokens that the model writes. */
  answer: string;
}

function ofTheBook(dark: boolean): Theme {
  const now = dark ? "dark" : "light";
  return {
    dark,
    background: page.paper[now],
    ink: page.ink[now],
    soft: page.soft[now],
    line: page.line[now],
    accent: page.accent[now],
    raised: page.panel[now],
    negative: sign.negative[now],
    positive: sign.positive[now],
    answer: tokens.answer[now],
  };
}

/** What Streamlit says of its theme wins; what it leaves out is the book's. */
export function themeOf(
  given:
    | {
        base?: string;
        backgroundColor?: string;
        textColor?: string;
        secondaryBackgroundColor?: string;
        primaryColor?: string;
      }
    | undefined,
): Theme {
  const dark = given?.base
    ? given.base === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  const base = ofTheBook(dark);
  return {
    ...base,
    background: given?.backgroundColor ?? base.background,
    ink: given?.textColor ?? base.ink,
    raised: given?.secondaryBackgroundColor ?? base.raised,
    accent: given?.primaryColor ?? base.accent,
  };
}

export function rgb(colour: string): [number, number, number] {
  const hex = colour.replace("#", "");
  const full = hex.length === 3 ? [...hex].map((c) => c + c).join("") : hex;
  return [0, 2, 4].map((i) => parseInt(full.slice(i, i + 2), 16) / 255) as [number, number, number];
}

/** Text can be read on the whole scale (4.5:1) if it ends this many times beyond the peak. */
export const UNDER_TEXT = 1.6;

/** The colour of a value on the diverging scale. */
export function shade(value: number | undefined, peak: number, theme: Theme): string {
  if (value === undefined || Number.isNaN(value) || !Number.isFinite(value)) return theme.raised;
  const share = Math.min(1, Math.abs(value) / peak);
  const [to, from] = [rgb(value < 0 ? theme.negative : theme.positive), rgb(theme.background)];
  return `rgb(${from.map((f, i) => Math.round(255 * (f + (to[i]! - f) * share))).join(",")})`;
}
