// Where there is no WebGL2: the same matrices as flat heat maps, one canvas each, layer by layer.
// A map is painted when it first comes into view.

import { isPending, read } from "./data";
import { make } from "../shared/dom";
import { cellIndex, lastToken, type Box } from "./layout";
import { cellAt, type Cell } from "./pick";
import type { Side } from "./scenes";
import { rgb, shade, type Theme } from "../shared/theme";

export class Flat {
  readonly root = make("div", {
    class: "flat",
    role: "group",
    tabindex: 0,
    "aria-label": "All matrices as heat maps",
  });
  private maps = new Map<Box, HTMLElement>();
  private watcher: IntersectionObserver | null = null;

  constructor(private events: { hover: (cell: Cell | null) => void; pin: (cell: Cell) => void }) {}

  /** A figure a matrix; where two scenes are compared, it holds the maps of both. */
  load(sides: Side[], theme: Theme): void {
    this.watcher?.disconnect();
    this.maps.clear();
    const waiting = new Map<Element, () => void>();
    this.watcher = new IntersectionObserver(
      (seen) => {
        for (const entry of seen) {
          if (!entry.isIntersecting) continue;
          waiting.get(entry.target)?.();
          waiting.delete(entry.target);
          this.watcher?.unobserve(entry.target);
        }
      },
      { root: this.root, rootMargin: "200px" },
    );
    const groups = new Map<string, HTMLElement>();
    const figures = new Map<string, HTMLElement>();
    sides.forEach((side, i) => {
      const which = sides.length > 1 ? ["left: ", "right: "][i]! : "";
      for (const box of side.plan.boxes) {
        const canvas = this.canvasOf(box, which);
        const layer = box.tensor.layer;
        const group = layer === null ? "Outside the layers" : `Layer ${layer}`;
        const maps = groups.get(group) ?? make("div", { class: "maps" });
        groups.set(group, maps);
        const name = `${group} ${box.title}`;
        const figure = figures.get(name) ?? make("figure", {}, make("figcaption", {}, box.title));
        figures.set(name, figure);
        figure.append(canvas);
        maps.append(figure);
        this.maps.set(box, figure);
        waiting.set(canvas, () => heatMap(canvas, side, box, theme));
        this.watcher!.observe(canvas);
      }
    });
    this.root.replaceChildren(
      make("p", { class: "hint" }, "No WebGL here: the same matrices, flat, layer by layer."),
      ...[...groups].flatMap(([title, maps]) => [make("h3", {}, title), maps]),
    );
  }

  private canvasOf(box: Box, which: string): HTMLCanvasElement {
    const canvas = make("canvas", {
      role: "img",
      "aria-label": `${which}${box.title}, ${box.rows} by ${box.cols}`,
    });
    const grow = Math.max(1, Math.min(14, Math.floor(200 / Math.max(box.cols, box.rows))));
    const wide = Math.max(box.cols * grow, 10);
    canvas.style.width = `${Math.min(wide, 256)}px`;
    canvas.style.height = `${Math.min(Math.max(box.rows * grow, 10), 256)}px`;
    const cellOf = (event: PointerEvent): Cell => {
      const r = canvas.getBoundingClientRect();
      const col = Math.floor(((event.clientX - r.left) / r.width) * box.cols);
      const row = Math.floor(((event.clientY - r.top) / r.height) * box.rows);
      return cellAt(
        box,
        Math.max(0, Math.min(box.cols - 1, col)),
        Math.max(0, Math.min(box.rows - 1, row)),
      );
    };
    canvas.addEventListener("pointermove", (event) => this.events.hover(cellOf(event)));
    canvas.addEventListener("pointerleave", () => this.events.hover(null));
    canvas.addEventListener("click", (event) => this.events.pin(cellOf(event as PointerEvent)));
    return canvas;
  }

  mark(lit: Set<string> | null, chosen: Box | null): void {
    for (const [box, figure] of this.maps) {
      figure.classList.toggle("lit", !!lit?.has(box.tensor.name));
      figure.classList.toggle("chosen", box === chosen);
    }
  }

  /** Scroll to the first of some boxes; to an activation before a weight. */
  reveal(boxes: Box[]): void {
    const there = [...this.maps.keys()].filter((b) => boxes.includes(b));
    const first = there.find((b) => b.tensor.kind === "activation") ?? there[0];
    const figure = first && this.maps.get(first);
    if (figure) this.root.scrollTop = figure.offsetTop - this.root.offsetTop - 60;
  }

  dispose(): void {
    this.watcher?.disconnect();
  }
}

function heatMap(canvas: HTMLCanvasElement, side: Side, box: Box, theme: Theme): void {
  [canvas.width, canvas.height] = [box.cols, box.rows];
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const image = pen.createImageData(box.cols, box.rows);
  const [masked, broken] = [rgb(theme.line), rgb(theme.accent)];
  const chequer = [rgb(theme.soft), rgb(theme.line)];
  const { shown, matched } = side;
  const tensor = shown.byName.get(box.tensor.name)!;
  const partners = matched(tensor);
  const empty = isPending(shown, tensor) && rgb(theme.background);
  for (let row = 0; row < box.rows; row++)
    for (let col = 0; col < box.cols; col++) {
      const value = read(shown, tensor, cellIndex(box, col, row));
      const known = value !== undefined && Number.isFinite(value);
      const alone = lastToken(box, col, row) >= partners;
      const colour = known
        ? shade(value, tensor.peak, theme).match(/\d+/g)!.map(Number)
        : (alone ? chequer[(col + row) % 2]! : value === -Infinity ? masked : empty || broken).map(
            (c) => 255 * c,
          );
      image.data.set([colour[0]!, colour[1]!, colour[2]!, 255], 4 * (row * box.cols + col));
    }
  pen.putImageData(image, 0, 0);
}
