// Pointer, wheel and keys, turned into what the viewer does.

import { mapping } from "./overlay";
import { cellAt, pick, type Cell } from "./pick";
import type { Shell } from "./shell";
import type { Viewer } from "./viewer";

export class Hands {
  private pointers = new Map<number, { x: number; y: number }>();
  private moved = 0;

  constructor(
    private viewer: Viewer,
    private shell: Shell,
  ) {
    this.listen();
  }

  private listen(): void {
    const over = this.shell.over;
    over.addEventListener("pointerdown", (event) => {
      over.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      this.moved = 0;
    });
    over.addEventListener("pointermove", (event) => this.move(event));
    const up = (event: PointerEvent): void => {
      const known = this.pointers.delete(event.pointerId);
      over.classList.remove("dragging");
      if (known && event.type === "pointerup" && this.moved < 5 && event.button === 0) {
        over.focus({ preventScroll: true });
        this.viewer.pin(this.under(event));
      }
    };
    over.addEventListener("pointerup", up);
    over.addEventListener("pointercancel", up);
    over.addEventListener("pointerleave", () => this.viewer.hover(null));
    over.addEventListener("contextmenu", (event) => event.preventDefault());
    over.addEventListener("dblclick", (event) => {
      const cell = this.under(event);
      if (cell) this.viewer.fit([cell.box]);
    });
    over.addEventListener(
      "wheel",
      (event) => {
        if (document.activeElement !== over && !event.ctrlKey) return;
        event.preventDefault();
        const [px, py] = this.screen(event);
        this.viewer.view.zoom(
          Math.exp(Math.max(-0.4, Math.min(0.4, event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)))),
          px,
          py,
        );
        this.viewer.request();
      },
      { passive: false },
    );
    this.shell.root.addEventListener("keydown", (event) => this.key(event));
    this.shell.map.addEventListener("pointerdown", (event) => {
      const r = this.shell.map.getBoundingClientRect();
      const [x, y] = mapping(this.viewer.plan!, r.width, r.height).back(
        event.clientX - r.left,
        event.clientY - r.top,
      );
      this.viewer.view.go({ ...this.viewer.view.pose, x, y, z: 0 }, this.shell.still);
      this.viewer.request();
    });
  }

  /** Where in its column, in -1..1, and in which column. */
  private screen(event: MouseEvent): [number, number, number] {
    const r = this.shell.over.getBoundingClientRect();
    const columns = this.viewer.sides.length;
    const across = ((event.clientX - r.left) / r.width) * columns;
    const column = Math.max(0, Math.min(columns - 1, Math.floor(across)));
    return [(across - column) * 2 - 1, 1 - ((event.clientY - r.top) / r.height) * 2, column];
  }

  private under(event: MouseEvent): Cell | null {
    const [px, py, column] = this.screen(event);
    const plan = this.viewer.sides[column]?.plan;
    if (!plan) return null;
    return this.viewer.clock.time("pick", () => pick(plan.boxes, this.viewer.view.ray(px, py)));
  }

  private move(event: PointerEvent): void {
    const before = this.pointers.get(event.pointerId);
    if (!before) {
      const r = this.shell.over.getBoundingClientRect();
      return this.viewer.hover(this.under(event), event.clientX - r.left, event.clientY - r.top);
    }
    const [dx, dy] = [event.clientX - before.x, event.clientY - before.y];
    this.moved += Math.abs(dx) + Math.abs(dy);
    if (this.moved < 5 || this.scrolls(event)) return;
    this.shell.over.classList.add("dragging");
    this.viewer.hover(null);
    if (this.pointers.size === 2) {
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)![1];
      const was = Math.hypot(before.x - other.x, before.y - other.y);
      const is = Math.hypot(event.clientX - other.x, event.clientY - other.y);
      const [px, py] = this.screen(event);
      this.viewer.view.zoom(Math.max(0.5, Math.min(2, was / Math.max(is, 1))), px, py);
      this.viewer.view.pan(dx / 2, dy / 2);
    } else if (event.shiftKey || event.buttons === 2 || event.buttons === 4)
      this.viewer.view.pan(dx, dy);
    else this.viewer.view.orbit(dx, dy);
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.viewer.request();
  }

  /** One finger on a picture that was not tapped scrolls the page, as beside the picture. */
  private scrolls(event: PointerEvent): boolean {
    const idle = document.activeElement !== this.shell.over;
    return event.pointerType === "touch" && this.pointers.size === 1 && idle;
  }

  private key(event: KeyboardEvent): void {
    const typing =
      event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    const picture =
      event.target === this.shell.over || (event.target as HTMLElement).classList.contains("flat");
    const onButton = event.target instanceof HTMLButtonElement;
    const acts: Record<string, () => void> = {
      PageDown: () => this.viewer.step(1),
      PageUp: () => this.viewer.step(-1),
      Escape: () => this.letGo(),
    };
    if (!typing) {
      acts["?"] = () => this.shell.toggleHelp();
      acts["f"] = acts["F"] = () =>
        this.viewer.pinned ? this.viewer.fit([this.viewer.pinned.box]) : this.viewer.fly("all");
    }
    if (!typing && !onButton) acts[" "] = () => this.viewer.play();
    if (picture) {
      acts["ArrowLeft"] = () => this.arrow(-1, 0);
      acts["ArrowRight"] = () => this.arrow(1, 0);
      acts["ArrowUp"] = () => this.arrow(0, -1);
      acts["ArrowDown"] = () => this.arrow(0, 1);
      acts["Enter"] = () => this.enter();
    }
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** One thing a time: the help, the kept cell, the picture itself. */
  private letGo(): void {
    if (!this.shell.help.hidden) this.shell.toggleHelp(false);
    else if (this.viewer.pinned) this.viewer.pin(null);
    else (document.activeElement as HTMLElement | null)?.blur();
  }

  private arrow(dc: number, dr: number): void {
    const cell = this.viewer.pinned;
    if (!cell) {
      this.viewer.view.pan(-60 * dc, -60 * dr);
      return this.viewer.request();
    }
    const clamp = (i: number, n: number): number => Math.max(0, Math.min(n - 1, i));
    this.viewer.pin(
      cellAt(cell.box, clamp(cell.col + dc, cell.box.cols), clamp(cell.row + dr, cell.box.rows)),
    );
  }

  private enter(): void {
    if (this.viewer.hovered) return this.viewer.pin(this.viewer.hovered);
    if (this.viewer.pinned) return this.viewer.fit([this.viewer.pinned.box]);
    const stage = this.viewer.stages[this.viewer.stage];
    const box = this.viewer.plan?.ofTensor.get(stage?.names[stage.names.length - 1] ?? "")?.[0];
    if (box) this.viewer.pin(cellAt(box, 0, 0));
  }
}
