// The book's colours. Zero is the page's own background, so only what is not zero stands out.

export interface Theme {
  dark: boolean;
  background: string;
  ink: string;
  soft: string;
  line: string;
  accent: string;
  raised: string;
}

export const BLUE = "#2f86ba";
export const ORANGE = "#e07b2a";

const LIGHT: Theme = {
  dark: false,
  background: "#fbf8f1",
  ink: "#1d1b18",
  soft: "#6b665e",
  line: "#d9d1c1",
  accent: "#7a2e5d",
  raised: "#f3eee3",
};
const DARK: Theme = {
  dark: true,
  background: "#151412",
  ink: "#ece7dd",
  soft: "#a8a298",
  line: "#3d3a34",
  accent: "#e3a1cb",
  raised: "#23211e",
};

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
  const base = dark ? DARK : LIGHT;
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

/** The colour of a value on the diverging scale. */
export function shade(value: number | undefined, peak: number, theme: Theme): string {
  if (value === undefined || Number.isNaN(value) || !Number.isFinite(value)) return theme.raised;
  const share = Math.min(1, Math.abs(value) / peak);
  const [to, from] = [rgb(value < 0 ? BLUE : ORANGE), rgb(theme.background)];
  return `rgb(${from.map((f, i) => Math.round(255 * (f + (to[i]! - f) * share))).join(",")})`;
}
