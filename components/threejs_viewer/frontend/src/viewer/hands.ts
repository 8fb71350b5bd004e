// Pointer, wheel and keys, turned into what the reader wants.

import type { View } from "./camera";
import type { Box, Plan } from "./layout";
import { mapping } from "./map";
import { cellAt, type Cell } from "./pick";
import type { Shell } from "./shell";
import type { Sight } from "./sights";

/** What is within reach of the hands. */
export interface Reach {
  readonly view: View;
  /** What the small map in the corner shows. */
  readonly plan: Plan | null;
  /** How many sides share the picture. */
  readonly columns: number;
  readonly pinned: Cell | null;
  readonly hovered: Cell | null;
  /** Where the told stage ends: the box that it makes. */
  readonly made: Box | null;
  /** The cell under a place of a column, -1..1 from left to right and from bottom to top. */
  under: (x: number, y: number, column: number) => Cell | null;
  /** At a place in pixels of the picture. */
  hover: (cell: Cell | null, x?: number, y?: number) => void;
  pin: (cell: Cell) => void;
  /** Keeps a cell and shows of what it is made. */
  open: (cell: Cell) => void;
  /** Ends the flight; whether there was one. */
  skip: () => boolean;
  /** Lets go of one thing; whether there was one. */
  letGo: () => boolean;
  step: (by: number) => void;
  play: () => void;
  fly: (where: Sight) => void;
  fit: (boxes: Box[]) => void;
  /** The camera was moved. */
  request: () => void;
}

/** What a key does: so many times nearer; a turn as if the pointer moved so many pixels. */
const NEARER = 1.25;
const TURN = 25;

export class Hands {
  private pointers = new Map<number, { x: number; y: number }>();
  private moved = 0;
  /** Whether the picture had the focus before the pointer came down. */
  private taken = false;

  constructor(
    private reach: Reach,
    private shell: Shell,
  ) {
    this.listen();
  }

  private listen(): void {
    const over = this.shell.over;
    over.addEventListener("pointerdown", (event) => {
      over.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
      this.moved = this.reach.skip() ? Infinity : 0;
      this.taken = document.activeElement === over;
    });
    over.addEventListener("pointermove", (event) => this.move(event));
    const up = (event: PointerEvent): void => {
      const known = this.pointers.delete(event.pointerId);
      over.classList.remove("dragging");
      if (known && event.type === "pointerup" && this.moved < 5 && event.button === 0) {
        over.focus({ preventScroll: true });
        this.shell.hint.remove();
        this.click(event);
      }
    };
    over.addEventListener("pointerup", up);
    over.addEventListener("pointercancel", up);
    over.addEventListener("pointerleave", () => this.reach.hover(null));
    over.addEventListener("contextmenu", (event) => event.preventDefault());
    over.addEventListener("dblclick", (event) => {
      const cell = this.under(event);
      if (cell) this.reach.fit([cell.box]);
    });
    over.addEventListener(
      "wheel",
      (event) => {
        if (document.activeElement !== over && !event.ctrlKey) return;
        event.preventDefault();
        const [px, py] = this.screen(event);
        this.reach.view.zoom(
          Math.exp(Math.max(-0.4, Math.min(0.4, event.deltaY * (event.ctrlKey ? 0.01 : 0.0016)))),
          px,
          py,
        );
        this.reach.request();
      },
      { passive: false },
    );
    this.shell.root.addEventListener("keydown", (event) => this.key(event));
    this.shell.map.addEventListener("pointerdown", (event) => {
      const r = this.shell.map.getBoundingClientRect();
      const [x, y] = mapping(this.reach.plan!, r.width, r.height).back(
        event.clientX - r.left,
        event.clientY - r.top,
      );
      this.reach.view.go({ ...this.reach.view.pose, x, y, z: 0 }, this.shell.still);
      this.reach.request();
    });
  }

  /** Where in its column, in -1..1, and in which column. */
  private screen(event: MouseEvent): [number, number, number] {
    const r = this.shell.over.getBoundingClientRect();
    const { columns } = this.reach;
    const across = ((event.clientX - r.left) / r.width) * columns;
    const column = Math.max(0, Math.min(columns - 1, Math.floor(across)));
    return [(across - column) * 2 - 1, 1 - ((event.clientY - r.top) / r.height) * 2, column];
  }

  private under(event: MouseEvent): Cell | null {
    return this.reach.under(...this.screen(event));
  }

  /** Keep a cell. Beside the boxes let go of one thing; but a click that only takes the picture up,
   * so that the wheel zooms it, does not end the walk. */
  private click(event: PointerEvent): void {
    const cell = this.under(event);
    if (cell) this.reach.open(cell);
    else if (this.taken || this.reach.pinned) this.reach.letGo();
  }

  private move(event: PointerEvent): void {
    const before = this.pointers.get(event.pointerId);
    if (!before) {
      const r = this.shell.over.getBoundingClientRect();
      return this.reach.hover(this.under(event), event.clientX - r.left, event.clientY - r.top);
    }
    const [dx, dy] = [event.clientX - before.x, event.clientY - before.y];
    this.moved += Math.abs(dx) + Math.abs(dy);
    if (this.moved < 5) return;
    const scrolls = this.scrolls(event);
    if (scrolls && Math.abs(dx) < Math.abs(dy)) return;
    this.shell.over.classList.add("dragging");
    this.reach.hover(null);
    const { view } = this.reach;
    if (this.pointers.size === 2) {
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)![1];
      const was = Math.hypot(before.x - other.x, before.y - other.y);
      const is = Math.hypot(event.clientX - other.x, event.clientY - other.y);
      const [px, py] = this.screen(event);
      view.zoom(Math.max(0.5, Math.min(2, was / Math.max(is, 1))), px, py);
      view.pan(dx / 2, dy / 2);
    } else if (event.shiftKey || event.buttons === 2 || event.buttons === 4) view.pan(dx, dy);
    else view.orbit(dx, scrolls ? 0 : dy);
    this.pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.reach.request();
  }

  /** One finger on a picture that was not tapped scrolls the page up and down, as beside the picture. */
  private scrolls(event: PointerEvent): boolean {
    const idle = document.activeElement !== this.shell.over;
    return event.pointerType === "touch" && this.pointers.size === 1 && idle;
  }

  private key(event: KeyboardEvent): void {
    if (event.key !== "Tab" && this.reach.skip()) return event.preventDefault();
    const typing =
      event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    const picture =
      event.target === this.shell.over || (event.target as HTMLElement).classList.contains("flat");
    const onButton = event.target instanceof HTMLButtonElement;
    const acts: Record<string, () => void> = {
      PageDown: () => this.reach.step(1),
      PageUp: () => this.reach.step(-1),
      Escape: () => this.letGo(),
    };
    if (!typing) {
      acts["?"] = () => this.shell.toggleHelp();
      acts["f"] = acts["F"] = () => this.flyNear();
    }
    if (!typing && !onButton) acts[" "] = () => this.reach.play();
    if (picture) {
      const arrow = event.shiftKey ? this.turn : this.arrow;
      acts["ArrowLeft"] = () => arrow.call(this, -1, 0);
      acts["ArrowRight"] = () => arrow.call(this, 1, 0);
      acts["ArrowUp"] = () => arrow.call(this, 0, -1);
      acts["ArrowDown"] = () => arrow.call(this, 0, 1);
      acts["Enter"] = () => this.enter();
      acts["+"] = acts["="] = () => this.zoom(1 / NEARER);
      acts["-"] = acts["_"] = () => this.zoom(NEARER);
    }
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  /** One thing a time: the help, the kept cell, the stage, the picture itself. */
  private letGo(): void {
    if (!this.shell.help.hidden) this.shell.toggleHelp(false);
    else if (!this.reach.letGo()) (document.activeElement as HTMLElement | null)?.blur();
  }

  private flyNear(): void {
    const { pinned } = this.reach;
    if (pinned) this.reach.fit([pinned.box]);
    else this.reach.fly("all");
  }

  private arrow(dc: number, dr: number): void {
    const cell = this.reach.pinned;
    if (!cell) {
      this.reach.view.pan(-60 * dc, -60 * dr);
      return this.reach.request();
    }
    const clamp = (i: number, n: number): number => Math.max(0, Math.min(n - 1, i));
    this.reach.pin(
      cellAt(cell.box, clamp(cell.col + dc, cell.box.cols), clamp(cell.row + dr, cell.box.rows)),
    );
  }

  /** The camera goes round the picture, as the arrow points. */
  private turn(dc: number, dr: number): void {
    this.reach.view.orbit(-TURN * dc, -TURN * dr);
    this.reach.request();
  }

  /** Towards the middle of the picture. */
  private zoom(factor: number): void {
    this.reach.view.zoom(factor, 0, 0);
    this.reach.request();
  }

  private enter(): void {
    const { hovered, pinned, made } = this.reach;
    const cell = hovered ?? pinned ?? (made && cellAt(made, 0, 0));
    if (cell) this.reach.open(cell);
  }
}
