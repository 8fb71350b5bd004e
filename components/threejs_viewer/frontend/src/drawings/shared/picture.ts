// A figure of the page as SVG, as it looks now. SVG is cloned with the styles that CSS gave it; a
// canvas becomes an image; text and coloured boxes of HTML become text and rectangles.

import { make } from "../../shared/dom";
import { draw, set } from "./elements";

const ROOM = 16; // around a figure
const LEFT_OUT = "button, input, details, style, script, template, .reel";

// What CSS can set of a shape. A child has its parent's value of these, if none of its own ...
const INHERITED = [
  "fill",
  "fill-opacity",
  "stroke",
  "stroke-opacity",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linecap",
  "stroke-linejoin",
  "paint-order",
  "visibility",
  "font-family",
  "font-size",
  "font-style",
  "font-weight",
  "text-anchor",
  "dominant-baseline",
];
// ... and of these the usual one.
const USUAL = { opacity: "1", "vector-effect": "none" };

/** On the page, or in the picture. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Where a box of the page lies in the picture. */
type Place = (box: DOMRect) => Box;

/** What stands in an element of the page: in its shadow root, if it has one. */
export function contentOf(figure: Element): Element | ShadowRoot {
  return figure.shadowRoot ?? figure;
}

/** The element around, across the edge of a shadow root. */
function above(node: Node): Element {
  return node.parentElement ?? (node.parentNode as ShadowRoot).host;
}

// ---------------------------------------------------------------- one figure

/** The text of a file: the figure on the page's own colour. */
export function pictureOf(figure: Element): string {
  const { width, height } = figure.getBoundingClientRect();
  const sheet = { x: -ROOM, y: -ROOM, width: width + 2 * ROOM, height: height + 2 * ROOM };
  const picture = sheetOf(sheet);
  set(picture, { width: sheet.width, height: sheet.height });
  copyInto(picture, figure);
  return new XMLSerializer().serializeToString(picture);
}

/** An empty picture that shows these places, on the page's own colour. */
export function sheetOf(sheet: Box): SVGSVGElement {
  const picture = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  set(picture, { viewBox: [sheet.x, sheet.y, sheet.width, sheet.height].join(" ") });
  const page = document.querySelector('[data-testid="stApp"]') ?? document.body;
  draw(picture, "rect", { ...sheet, fill: plain(getComputedStyle(page).backgroundColor) });
  return picture;
}

/** What is seen of a figure, its upper left corner at (0, 0), without what `leaves` selects. */
export function copyInto(picture: SVGElement, figure: Element, leaves = ""): void {
  const { left, top } = figure.getBoundingClientRect();
  const out = [LEFT_OUT, leaves].filter(Boolean).join();
  const place: Place = (box) => ({
    x: box.left - left,
    y: box.top - top,
    width: box.width,
    height: box.height,
  });
  for (const node of contentOf(figure).childNodes) copy(node, picture, place, out);
}

function copy(node: Node, picture: SVGElement, place: Place, out: string): void {
  if (node instanceof Text) return copyText(node, picture, place);
  if (!(node instanceof Element) || node.matches(out)) return;
  const box = place(node.getBoundingClientRect());
  const seen = node.checkVisibility({ visibilityProperty: true });
  if (!seen || box.width <= 1 || box.height <= 1) return;
  if (node instanceof SVGSVGElement) {
    picture.append(styled(node, box));
  } else if (node instanceof HTMLCanvasElement) {
    const stretched = { preserveAspectRatio: "none" }; // as CSS draws it
    draw(picture, "image", { ...box, ...stretched, href: node.toDataURL() });
  } else {
    copyBox(node, picture, box);
    for (const child of node.childNodes) copy(child, picture, place, out);
  }
}

function copyBox(element: Element, picture: SVGElement, box: Box): void {
  const look = getComputedStyle(element);
  const edge = parseFloat(look.borderTopWidth);
  const framed =
    edge &&
    look.borderTopWidth === look.borderBottomWidth &&
    look.borderTopWidth === look.borderLeftWidth;
  const fill = plain(look.backgroundColor);
  const stroke = framed ? plain(look.borderTopColor) : "none";
  if (fill === "none" && stroke === "none") return;
  const inner = framed ? edge : 0;
  const [width, height] = [box.width - inner, box.height - inner];
  const radius = look.borderTopLeftRadius;
  draw(picture, "rect", {
    x: box.x + inner / 2,
    y: box.y + inner / 2,
    width,
    height,
    rx: parseFloat(radius) * (radius.endsWith("%") ? width / 100 : 1),
    fill,
    stroke,
    "stroke-width": edge,
    opacity: look.opacity,
  });
}

// ---------------------------------------------------------------- text

export const brush = document.createElement("canvas").getContext("2d")!;

function copyText(node: Text, picture: SVGElement, place: Place): void {
  const look = getComputedStyle(above(node));
  brush.font = `${look.fontStyle} ${look.fontWeight} ${look.fontSize} ${look.fontFamily}`;
  for (const { text, box } of linesOf(node)) {
    const { x, y, width } = place(box);
    const shape = draw(picture, "text", {
      x,
      y: y + brush.measureText(text).fontBoundingBoxAscent,
      fill: plain(look.color),
      opacity: look.opacity,
      "font-family": look.fontFamily,
      "font-size": look.fontSize,
      "font-weight": look.fontWeight,
      "font-style": look.fontStyle,
    });
    shape.textContent = text;
    keepLength(shape, width);
  }
}

/** A file carries no fonts: in another one the text is set as wide as it was here. */
function keepLength(text: Element, length: number): void {
  if (length) set(text, { textLength: length.toFixed(2), lengthAdjust: "spacingAndGlyphs" });
}

/** The words of a text by the lines on which the browser has set them. */
function linesOf(node: Text): { text: string; box: DOMRect }[] {
  const lines: { text: string; box: DOMRect }[] = [];
  const range = document.createRange();
  for (const { 0: word, index } of node.data.matchAll(/\S+/g)) {
    range.setStart(node, index);
    range.setEnd(node, index + word.length);
    const box = range.getBoundingClientRect();
    const last = lines.at(-1);
    if (last && Math.abs(last.box.top - box.top) < 2) {
      last.text += ` ${word}`;
      last.box.width = box.right - last.box.left;
    } else if (box.width) {
      lines.push({ text: word, box });
    }
  }
  return lines;
}

// ---------------------------------------------------------------- shapes

/** A clone that needs no style sheet. */
function styled(svg: SVGSVGElement, box: Box): SVGSVGElement {
  const clone = svg.cloneNode(true) as SVGSVGElement;
  const [from, to] = [svg, clone].map((root) => [root, ...root.querySelectorAll("*")]);
  from.forEach((shape, i) => lookLike(to[i], shape, shape === svg));
  if (!clone.hasAttribute("viewBox")) set(clone, { viewBox: `0 0 ${box.width} ${box.height}` });
  set(clone, { ...box, overflow: getComputedStyle(svg).overflow });
  return clone;
}

function lookLike(clone: Element, shape: Element, outermost: boolean): void {
  const look = getComputedStyle(shape);
  const around = getComputedStyle(above(shape));
  for (const name of INHERITED) {
    const value = look.getPropertyValue(name);
    const same = !outermost && value === around.getPropertyValue(name);
    if (!same || clone.hasAttribute(name)) clone.setAttribute(name, plain(value));
  }
  for (const [name, usual] of Object.entries(USUAL)) {
    const value = look.getPropertyValue(name);
    if (value !== usual || clone.hasAttribute(name)) clone.setAttribute(name, value);
  }
  for (const name of ["class", "style", "tabindex", "display"]) clone.removeAttribute(name);
  if (look.display === "none") clone.setAttribute("display", "none");
  if (shape instanceof SVGTextElement && shape.textContent)
    keepLength(clone, shape.getComputedTextLength());
}

/** A colour as every program reads it; what is no colour stays as it is. */
export function plain(value: string): string {
  if (value === "rgba(0, 0, 0, 0)") return "none";
  const mixed = /^color\(srgb ([\d.]+) ([\d.]+) ([\d.]+)(?: \/ ([\d.]+))?\)$/.exec(value);
  if (!mixed) return value;
  const [red, green, blue] = mixed.slice(1, 4).map((part) => Math.round(255 * Number(part)));
  const rgb = `${red}, ${green}, ${blue}`;
  return mixed[4] ? `rgba(${rgb}, ${mixed[4]})` : `rgb(${rgb})`;
}

export function download(name: string, file: Blob): void {
  const link = make("a", { download: name });
  link.href = URL.createObjectURL(file);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
