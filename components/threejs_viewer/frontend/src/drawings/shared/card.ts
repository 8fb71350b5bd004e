// A card to hand on: the figure as it stands, the sentence that it says, and where the book is. It
// is a picture like a saved one, with the book's fonts in it, painted on a canvas.

import { fontsOf } from "../../shared/fonts";
import { draw, set } from "./elements";
import { brush, copyInto, plain, sheetOf } from "./picture";

export const [WIDTH, HEIGHT] = [1200, 630];
const [EDGE, GAP] = [56, 20];
const TITLE = { size: 24, font: '"Source Sans", sans-serif', weight: 600 };
const SAID = { size: 28, font: '"Source Serif", serif', weight: 400, line: 38 };
const ADDRESS = { size: 20, font: '"Source Sans", sans-serif', weight: 400 };
/** What is said, what a hand is for, and panels that would leave the main one too small to read. */
const ASIDE = ".headline, .said, .hold, .hint, .heads, .controls, .ask, .full, .curve";
const MOST_LINES = 4;
const LARGEST = 2; // times as large as on the page

interface Type {
  size: number;
  font: string;
  weight: number;
}

export interface Told {
  title: string;
  said: string;
  address: string;
}

/** `root` is the drawing; its controls are left out, and what it says stands below it. */
export async function cardOf(root: HTMLElement, told: Told): Promise<Blob> {
  const card = layOut(root, told);
  const style = document.createElementNS("http://www.w3.org/2000/svg", "style");
  style.textContent = await embedded();
  card.prepend(style);
  return painted(new XMLSerializer().serializeToString(card));
}

export function layOut(root: HTMLElement, { title, said, address }: Told): SVGSVGElement {
  const card = sheetOf({ x: 0, y: 0, width: WIDTH, height: HEIGHT });
  set(card, { width: WIDTH, height: HEIGHT });
  const look = getComputedStyle(root);
  const accent = plain(look.getPropertyValue("--st-primary-color"));
  const lines = wrapped(said, SAID, WIDTH - 2 * EDGE).slice(0, MOST_LINES);
  const foot = HEIGHT - EDGE + ADDRESS.size / 2;
  const last = foot - ADDRESS.size - GAP;
  const first = last - SAID.line * (lines.length - 1);
  write(card, title, TITLE, EDGE + 8, accent);
  lines.forEach((line, i) => write(card, line, SAID, first + SAID.line * i, plain(look.color)));
  write(card, address, ADDRESS, foot, plain(look.color));
  const top = EDGE + 8 + GAP;
  const height = first - SAID.size - GAP - top;
  fit(draw(card, "g"), root, { x: EDGE, y: top, width: WIDTH - 2 * EDGE, height });
  return card;
}

function write(card: Element, text: string, type: Type, y: number, fill: string): void {
  const { size, font, weight } = type;
  const look = { "font-family": font, "font-size": size, "font-weight": weight, fill };
  draw(card, "text", { x: EDGE, y, ...look }).textContent = text;
}

/** The lines of a text that is set in so much room. */
export function wrapped(text: string, { size, font, weight }: Type, room: number): string[] {
  brush.font = `${weight} ${size}px ${font}`;
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const longer = `${lines.at(-1) ?? ""} ${word}`.trim();
    if (lines.length && brush.measureText(longer).width <= room) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** The figure in the middle of a box, cut to what is drawn. Only what stands on a page is measured. */
function fit(group: SVGGElement, root: HTMLElement, box: DOMRectInit & { x: number }): void {
  copyInto(group, root, ASIDE);
  const card = group.ownerSVGElement!;
  card.style.cssText = "position: fixed; visibility: hidden";
  document.body.append(card);
  const drawn = group.getBBox();
  card.remove();
  card.removeAttribute("style");
  if (!drawn.width || !drawn.height) return;
  const { x, y = 0, width = 0, height = 0 } = box;
  const scale = Math.min(width / drawn.width, height / drawn.height, LARGEST);
  const left = x + (width - scale * drawn.width) / 2 - scale * drawn.x;
  const top = y + (height - scale * drawn.height) / 2 - scale * drawn.y;
  set(group, { transform: `translate(${left} ${top}) scale(${scale})` });
}

/** The faces of the book's fonts, each with its file in it: a picture may fetch nothing. */
async function embedded(): Promise<string> {
  const faces = fontsOf([...document.styleSheets]).map(async ({ family, weight, url }) => {
    const file = await (await fetch(url)).blob();
    return `@font-face{font-family:"${family}";font-weight:${weight};src:url(${await asUrl(file)})}`;
  });
  return (await Promise.all(faces)).join("\n");
}

const asUrl = (file: Blob): Promise<string> =>
  new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result as string);
    reader.onerror = () => reject(new Error("a font cannot be read"));
    reader.readAsDataURL(file);
  });

async function painted(svg: string): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [WIDTH, HEIGHT];
  canvas.getContext("2d")!.drawImage(image, 0, 0, WIDTH, HEIGHT);
  return new Promise((resolve, reject) =>
    canvas.toBlob((file) => (file ? resolve(file) : reject(new Error("no picture"))), "image/png"),
  );
}
