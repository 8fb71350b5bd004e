// The book's fonts are served to the page around this frame; the frame takes the same files, from
// the same server. Where it may not look into that page, the system's fonts do.

const FAMILIES = ["Source Sans", "Source Serif", "Source Code Pro"];

/** `arrived` is called whenever letters look other than before. */
export function borrowFonts(arrived: () => void): void {
  document.fonts.addEventListener("loadingdone", arrived);
  for (const { family, url, weight } of fontsOf(sheetsAround()))
    document.fonts.add(new FontFace(family, `url("${url}")`, { weight }));
}

function sheetsAround(): CSSStyleSheet[] {
  try {
    return [...window.parent.document.styleSheets];
  } catch {
    return [];
  }
}

export interface Font {
  family: string;
  weight: string;
  url: string;
}

/** The upright faces of the book's fonts. The browser loads one when a letter of it is first
    drawn. */
export function fontsOf(sheets: readonly CSSStyleSheet[]): Font[] {
  const fonts: Font[] = [];
  for (const sheet of sheets)
    for (const rule of rulesOf(sheet)) {
      const say = (name: string): string => rule.style.getPropertyValue(name).replaceAll('"', "");
      const file = /url\(([^)]+)\)/.exec(say("src"))?.[1];
      if (!file || !FAMILIES.includes(say("font-family"))) continue;
      const url = new URL(file, sheet.href ?? location.href);
      if (url.origin !== location.origin || say("font-style") !== "normal") continue;
      fonts.push({ family: say("font-family"), weight: say("font-weight"), url: url.href });
    }
  return fonts;
}

/** A class of the page around is not this frame's, so `instanceof` would find none. */
function rulesOf(sheet: CSSStyleSheet): CSSFontFaceRule[] {
  try {
    return [...sheet.cssRules].filter((rule): rule is CSSFontFaceRule =>
      rule.cssText.startsWith("@font-face"),
    );
  } catch {
    return []; // a sheet of another origin
  }
}
