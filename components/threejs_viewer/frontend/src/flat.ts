// Where there is no WebGL2: the same matrices as flat heat maps, one canvas each, layer by layer.
// A map is painted when it first comes into view.

import { read, type Scene } from "./data";
import { make } from "./dom";
import { cellIndex, type Box, type Plan } from "./layout";
import { cellAt, type Cell } from "./pick";
import { rgb, shade, type Theme } from "./theme";

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

  load(scene: Scene, plan: Plan, theme: Theme): void {
    this.watcher?.disconnect();
    this.maps.clear();
    const paint = (box: Box, canvas: HTMLCanvasElement): void => heatMap(canvas, scene, box, theme);
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
    for (const box of plan.boxes) {
      const layer = box.tensor.layer;
      const title = layer === null ? "Outside the blocks" : `Layer ${layer + 1}`;
      if (!groups.has(title)) groups.set(title, make("div", { class: "maps" }));
      const canvas = make("canvas", {
        role: "img",
        "aria-label": `${box.title}, ${box.rows} by ${box.cols}`,
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
      const figure = make("figure", {}, make("figcaption", {}, box.title), canvas);
      this.maps.set(box, figure);
      groups.get(title)!.append(figure);
      waiting.set(canvas, () => paint(box, canvas));
      this.watcher.observe(canvas);
    }
    this.root.replaceChildren(
      make("p", { class: "hint" }, "No WebGL here: the same matrices, flat, layer by layer."),
      ...[...groups].flatMap(([title, maps]) => [make("h3", {}, title), maps]),
    );
  }

  mark(lit: Set<string> | null, chosen: Box | null, scroll: boolean): void {
    for (const [box, figure] of this.maps) {
      figure.classList.toggle("lit", !!lit?.has(box.tensor.name));
      figure.classList.toggle("chosen", box === chosen);
    }
    const first =
      chosen ??
      [...this.maps.keys()].find((b) => lit?.has(b.tensor.name) && b.tensor.kind === "activation");
    const figure = first && this.maps.get(first);
    if (scroll && figure) this.root.scrollTop = figure.offsetTop - this.root.offsetTop - 60;
  }

  dispose(): void {
    this.watcher?.disconnect();
  }
}

function heatMap(canvas: HTMLCanvasElement, scene: Scene, box: Box, theme: Theme): void {
  [canvas.width, canvas.height] = [box.cols, box.rows];
  const pen = canvas.getContext("2d");
  if (!pen) return;
  const image = pen.createImageData(box.cols, box.rows);
  const [masked, broken] = [rgb(theme.line), rgb(theme.accent)];
  for (let row = 0; row < box.rows; row++)
    for (let col = 0; col < box.cols; col++) {
      const value = read(scene, box.tensor, cellIndex(box, col, row));
      const known = value !== undefined && Number.isFinite(value);
      const colour = known
        ? shade(value, box.tensor.peak, theme).match(/\d+/g)!.map(Number)
        : (value === -Infinity ? masked : broken).map((c) => 255 * c);
      image.data.set([colour[0]!, colour[1]!, colour[2]!, 255], 4 * (row * box.cols + col));
    }
  pen.putImageData(image, 0, 0);
}
