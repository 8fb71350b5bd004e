// SVG elements, and the parts of the page that Python wrote for a drawing.

type Attributes = Record<string, string | number | boolean>;

export function draw<K extends keyof SVGElementTagNameMap>(
  parent: Element,
  kind: K,
  attributes: Attributes = {},
): SVGElementTagNameMap[K] {
  const shape = document.createElementNS("http://www.w3.org/2000/svg", kind);
  set(shape, attributes);
  parent.append(shape);
  return shape;
}

export function set(shape: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) shape.setAttribute(name, String(value));
}

/** A variable of the style sheet, as a percentage. */
export function setShare(element: HTMLElement, name: string, share: number): void {
  element.style.setProperty(name, `${(100 * share).toFixed(2)}%`);
}

/** The head of an arrow that ends in (x, y), pointing away from zero. */
export function tip(x: number, y: number, size = 1): string {
  const long = Math.hypot(x, y) || 1;
  const [ux, uy] = [(size * x) / long, (size * y) / long];
  const at = (along: number, across: number): string =>
    `${x + along * ux - across * uy},${y + along * uy + across * ux}`;
  return `${at(15, 0)} ${at(-5, 10)} ${at(-5, -10)}`;
}

/** The first element of a class. */
export type Part = <E extends Element = HTMLElement>(name: string) => E;

export function partsOf(root: Element): Part {
  return <E extends Element>(name: string): E => root.querySelector<E>(`.${name}`)!;
}

/** A live region is read out again at every change, so an equal text is left alone. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** What a colour of the book is now: a canvas knows no variables, but a probe's style does. */
export function tone(probe: HTMLElement, name: string): string {
  probe.style.color = `var(${name})`;
  return getComputedStyle(probe).color;
}

/** Whether the reader's system asks for no motion. */
export const still = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** Called when the reader's system turns light or dark. Returns what ends that. */
export function onScheme(turned: () => void): () => void {
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", turned);
  return () => scheme.removeEventListener("change", turned);
}

/** An empty canvas with a pixel for each of the screen's, up to two. `by` how it is drawn: many
    thousand small marks are faster without the graphics card. */
export function blank(
  canvas: HTMLCanvasElement,
  box: DOMRect,
  by?: CanvasRenderingContext2DSettings,
): CanvasRenderingContext2D {
  const ratio = Math.min(window.devicePixelRatio || 1, 2);
  canvas.width = box.width * ratio;
  canvas.height = box.height * ratio;
  const pen = canvas.getContext("2d", by)!;
  pen.scale(ratio, ratio);
  return pen;
}
