// A mark that slides: focused, read out, moved with the keys or as far as the hand goes.

import { clamp } from "./numbers";

/** After the last arrow key, before a place is sent. */
export const REST_MS = 350;

/** What a mark says of itself and is told. */
export interface Line {
  /** A whole number of these makes 1. */
  step: number;
  now(): number;
  bounds(): [number, number];
  /** Pixels for 1. */
  unit(): number;
  /** More lies above, and not at the right. */
  upright?: boolean;
  /** Called while the mark moves. */
  move(value: number): void;
  /** Called once it has come to rest, by what moved it. */
  rest?(by: "hand" | "keys"): void;
}

type Shape = HTMLElement | SVGElement;

/** `mark` is the slider; the hand takes hold of `surface`. */
export class Slide {
  private grabbed: { at: number; value: number } | null = null;
  private timer = 0;

  constructor(
    mark: Shape,
    surface: Shape,
    private readonly line: Line,
  ) {
    surface.onpointerdown = (event) => this.grab(event, mark, surface);
    surface.onpointermove = (event) => this.drag(event);
    surface.onpointerup = () => this.release();
    surface.onpointercancel = () => this.putBack();
    mark.onkeydown = (event) => this.nudge(event);
  }

  get busy(): boolean {
    return this.grabbed !== null || this.timer !== 0;
  }

  dispose(): void {
    clearTimeout(this.timer);
  }

  private grab(event: PointerEvent, mark: Shape, surface: Shape): void {
    if (event.button !== 0) return;
    this.grabbed = { at: this.along(event), value: this.line.now() };
    surface.setPointerCapture(event.pointerId);
    mark.focus({ preventScroll: true });
    event.preventDefault();
  }

  private drag(event: PointerEvent): void {
    if (!this.grabbed) return;
    this.move(this.grabbed.value + (this.along(event) - this.grabbed.at) / this.line.unit());
  }

  private along({ clientX, clientY }: PointerEvent): number {
    return this.line.upright ? -clientY : clientX;
  }

  private release(): void {
    if (!this.grabbed) return;
    const moved = this.grabbed.value !== this.line.now();
    this.grabbed = null;
    if (moved) this.line.rest?.("hand");
  }

  /** The hand scrolls the page and has not let go of the mark. */
  private putBack(): void {
    if (this.grabbed) this.move(this.grabbed.value);
    this.grabbed = null;
  }

  private nudge(event: KeyboardEvent): void {
    const [low, high] = this.line.bounds();
    const far = this.line.step * (event.shiftKey ? 10 : 1);
    const by = new Map([
      ["ArrowLeft", -far],
      ["ArrowDown", -far],
      ["ArrowRight", far],
      ["ArrowUp", far],
      ["PageDown", -10 * far],
      ["PageUp", 10 * far],
      ["Home", low - high],
      ["End", high - low],
    ]).get(event.key);
    if (by === undefined) return;
    event.preventDefault();
    this.move(this.line.now() + by);
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      this.timer = 0;
      this.line.rest?.("keys");
    }, REST_MS);
  }

  /** To a whole number of steps within the bounds. */
  private move(value: number): void {
    const places = Math.round(1 / this.line.step);
    const next = clamp(Math.round(value * places) / places, ...this.line.bounds());
    if (next !== this.line.now()) this.line.move(next);
  }
}
