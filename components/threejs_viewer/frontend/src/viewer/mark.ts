// The sign over a part that is broken: hatched, crossed out, and named.

import type { Mark } from "./broken";
import type { View } from "./camera";
import { corner } from "./labels";
import type { Theme } from "../shared/theme";

const HATCH = 7; // pixels from line to line
const SMALLEST = 9;

export function drawBroken(
  pen: CanvasRenderingContext2D,
  view: View,
  marks: Mark[],
  { theme, font }: { theme: Theme; font: string },
): void {
  const line = (...points: { x: number; y: number }[]): void => {
    pen.beginPath();
    for (const { x, y } of points) pen.lineTo(x, y);
  };
  for (const { box, left, top, cols, rows, label } of marks) {
    const corners = [
      [left, top],
      [left + cols, top],
      [left + cols, top + rows],
      [left, top + rows],
    ].map(([col, row]) => corner(view, box, col!, row!));
    if (corners.some(({ depth }) => depth <= 0)) continue;
    const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)];
    const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const [x, y, tall] = [(x0 + x1) / 2, (y0 + y1) / 2, y1 - y0];
    pen.strokeStyle = theme.accent;
    pen.lineWidth = 2.5;
    pen.save();
    line(...corners);
    pen.closePath();
    pen.stroke();
    pen.clip();
    pen.lineWidth = 1;
    for (let at = x0 - tall; at < x1; at += HATCH) {
      line({ x: at, y: y1 }, { x: at + tall, y: y0 });
      pen.stroke();
    }
    pen.restore();
    // From afar the cross is larger than the part.
    const large = Math.min(tall, x1 - x0) > 2 * SMALLEST;
    for (const i of [0, 1]) {
      const off = i ? -SMALLEST : SMALLEST;
      if (large) line(corners[i]!, corners[i + 2]!);
      else line({ x: x - SMALLEST, y: y - off }, { x: x + SMALLEST, y: y + off });
      pen.stroke();
    }
    pen.font = `600 14px ${font}`;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    pen.lineWidth = 5;
    pen.strokeStyle = theme.background;
    pen.fillStyle = theme.accent;
    const under = large ? y : y + SMALLEST + 10;
    pen.strokeText(label, x, under);
    pen.fillText(label, x, under);
  }
}
