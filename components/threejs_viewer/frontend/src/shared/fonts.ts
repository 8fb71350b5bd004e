// The book's fonts are served to the page around this frame; the frame takes the same files, from
// the same server. Where it may not look into that page, the system's fonts do.

const FAMILIES = ["Source Sans", "Source Serif", "Source Code Pro"];

/** `arrived` is called whenever letters look other than before. */
export function borrowFonts(arrived: () => void): void {
  document.fonts.addEventListener("loadingdone", arrived);
  for (const sheet of sheetsAround()) for (const face of facesOf(sheet)) document.fonts.add(face);
}

function sheetsAround(): CSSStyleSheet[] {
  try {
    return [...window.parent.document.styleSheets];
  } catch {
    return [];
  }
}

/** Loaded by the browser when a letter of them is first drawn. */
function facesOf(sheet: CSSStyleSheet): FontFace[] {
  const faces: FontFace[] = [];
  for (const rule of rulesOf(sheet)) {
    const say = (name: string): string => rule.style.getPropertyValue(name).replaceAll('"', "");
    const file = /url\(([^)]+)\)/.exec(say("src"))?.[1];
    if (!file || !FAMILIES.includes(say("font-family"))) continue;
    const url = new URL(file, sheet.href ?? location.href);
    if (url.origin !== location.origin || say("font-style") !== "normal") continue;
    faces.push(
      new FontFace(say("font-family"), `url("${url.href}")`, { weight: say("font-weight") }),
    );
  }
  return faces;
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
