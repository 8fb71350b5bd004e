// The whole plan, small, and what part of it is in view.

import type { Shown } from "./overlay";
import { heightOf, widthOf, type Plan } from "./layout";
import type { View } from "./camera";

export class PlanMap {
  /** The boxes alone: they change less often than what is in view. */
  private boxes = document.createElement("canvas");
  private of: unknown[] = [];
  private seen = "";

  constructor(private canvas: HTMLCanvasElement) {}

  /** What it shows is gone: it is drawn anew. */
  forget(): void {
    this.of = [];
  }

  /** Draws what is new. */
  draw(view: View, s: Shown): void {
    const { canvas, boxes } = this;
    const scale = Math.min(2, window.devicePixelRatio || 1);
    const [w, h] = [canvas.clientWidth, canvas.clientHeight];
    if (!w) return; // hidden on a phone, which has no room for it
    const of = [s.plan, s.theme, s.lit && [...s.lit].join(), w, h, scale];
    const isNew = of.some((one, i) => one !== this.of[i]);
    if (isNew) {
      this.of = of;
      for (const one of [canvas, boxes]) [one.width, one.height] = [w * scale, h * scale];
      const pen = boxes.getContext("2d")!;
      pen.scale(scale, scale);
      drawBoxes(pen, s, mapping(s.plan, w, h));
    }
    const corners = cornersOf(view, mapping(s.plan, w, h));
    if (!isNew && corners.join() === this.seen) return;
    this.seen = corners.join();
    const pen = canvas.getContext("2d")!;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(boxes, 0, 0);
    pen.scale(scale, scale);
    pen.strokeStyle = s.theme.accent;
    pen.lineWidth = 1.5;
    pen.beginPath();
    corners.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.closePath();
    pen.stroke();
  }
}

function drawBoxes(pen: CanvasRenderingContext2D, s: Shown, to: Mapping): void {
  for (const box of s.plan.boxes) {
    pen.globalAlpha = !s.lit || s.lit.has(box.tensor.name) ? 0.75 : 0.25;
    pen.fillStyle = s.lit?.has(box.tensor.name) ? s.theme.accent : s.theme.soft;
    const [x, y] = to.map(box.x, box.y);
    pen.fillRect(x, y, Math.max(1, widthOf(box) * to.scale), Math.max(1, heightOf(box) * to.scale));
  }
}

/** Of what is in view, on the plane of the plan. */
const cornersOf = (view: View, to: Mapping): [number, number][] =>
  (
    [
      [-1, 1],
      [1, 1],
      [1, -1],
      [-1, -1],
    ] as const
  ).map(([nx, ny]) => {
    const { origin, direction } = view.ray(nx, ny);
    const t = -origin.z / direction.z;
    const far = t > 0 ? t : 1e6;
    return to.map(origin.x + direction.x * far, origin.y + direction.y * far);
  });

export interface Mapping {
  scale: number;
  map: (x: number, y: number) => [number, number];
  back: (x: number, y: number) => [number, number];
}

export function mapping(plan: Plan, w: number, h: number): Mapping {
  const { left, right, top, bottom } = plan.bounds;
  const scale = Math.min((w - 8) / (right - left), (h - 8) / (top - bottom));
  const [ox, oy] = [(w - (right - left) * scale) / 2, (h - (top - bottom) * scale) / 2];
  return {
    scale,
    map: (x, y) => [ox + (x - left) * scale, oy + (top - y) * scale],
    back: (x, y) => [left + (x - ox) / scale, top - (y - oy) / scale],
  };
}
