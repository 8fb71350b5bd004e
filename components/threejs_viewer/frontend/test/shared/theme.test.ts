import { describe, expect, it } from "vitest";
import { rgb, shade, themeOf, UNDER_TEXT } from "../../src/shared/theme";

const THEMES = (["light", "dark"] as const).map((base) => ({ base, theme: themeOf({ base }) }));

function bytes(colour: string): number[] {
  return colour.startsWith("#")
    ? rgb(colour).map((part) => Math.round(255 * part))
    : colour.match(/\d+/g)!.map(Number);
}

function luminance(colour: string): number {
  const [red, green, blue] = bytes(colour).map((byte) => {
    const c = byte / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

function contrast(one: string, other: string): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high! + 0.05) / (low! + 0.05);
}

describe.each(THEMES)("the scale of signed values on the $base page", ({ theme }) => {
  it("runs from the book's negative through the page to its positive", () => {
    const ends = [-2, 0, 2].map((value) => bytes(shade(value, 2, theme)));
    expect(ends).toEqual([theme.negative, theme.background, theme.positive].map(bytes));
  });

  it("keeps text readable under the largest values", () => {
    for (const value of [-1, 1])
      expect(contrast(theme.ink, shade(value, UNDER_TEXT, theme))).toBeGreaterThan(4.5);
  });
});

it("Streamlit's page wins over the book's, and the signs stay", () => {
  const given = themeOf({ base: "dark", backgroundColor: "#000000" });
  expect(given.background).toBe("#000000");
  expect(given.negative).toBe(themeOf({ base: "dark" }).negative);
});
