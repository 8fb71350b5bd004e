// The viewer with a handle for tests and the stopwatch.

import { Clock } from "./bench";
import { FRONT } from "./camera";
import { indexOf, read } from "./data";
import { explain, type Explanation } from "./explain";
import { cellIndex, type Box } from "./layout";
import { pick } from "./pick";
import { Viewer, type Payload } from "./viewer";
import { stageOf } from "./walk";

export class TestedViewer extends Viewer {
  /** When the payload came whose picture is not drawn yet; of interest to the stopwatch alone. */
  private arrived = 0;

  override update(payload: Payload): void {
    this.arrived = this.options.bench ? performance.now() : 0;
    super.update(payload);
  }

  override draw(): void {
    super.draw();
    if (!this.arrived || !this.picture) return;
    const gl = this.picture.renderer.getContext();
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4)); // waits for the card
    this.clock.note("picture", performance.now() - this.arrived);
    this.arrived = 0;
  }

  /** The stage that makes a matrix. */
  stageFor(name: string): number {
    return stageOf(this.stages, name);
  }

  get drawCalls(): number {
    return this.picture?.renderer.info.render.calls ?? 0;
  }

  get glowing(): Set<string> {
    return this.glow ?? new Set();
  }

  /** On the way home: the matrix, the head and the token. */
  get standsOn(): [string, number | null, number] | null {
    const part = this.standing?.part;
    return part ? [part.tensor.name, part.head, part.position] : null;
  }

  explain(name: string, index: number): Explanation {
    return explain(this.scene!, this.scene!.byName.get(name)!, index);
  }

  /** The number that a cell shows: on the right side of two it may be a difference. */
  valueAt(name: string, place: number[], side = 0): number | undefined {
    const { shown } = this.sides[side]!;
    const tensor = shown.byName.get(name)!;
    return read(shown, tensor, indexOf(tensor, place));
  }

  /** The number that a cell of a box shows. */
  shownAt(box: Box, col: number, row: number): number | undefined {
    const { shown } = this.sides.find(({ plan }) => plan.scene === box.scene)!;
    return read(shown, shown.byName.get(box.tensor.name)!, cellIndex(box, col, row));
  }

  /** Straight at the matrix that holds a cell, at once. */
  lookAt(name: string, place: number[]): void {
    const cell = this.find(name, place);
    if (cell) this.fit([cell.box], FRONT, true);
  }

  /** How many pixels of each colour channel are not the background's, of a fresh frame. */
  pixels(): number[] {
    if (!this.picture || this.lost) return [];
    const gl = this.picture.renderer.getContext();
    this.picture.draw(this.view);
    const [w, h] = [gl.drawingBufferWidth, gl.drawingBufferHeight];
    const all = new Uint8Array(4 * w * h);
    gl.readPixels(0, 0, w, h, gl.RGBA, gl.UNSIGNED_BYTE, all);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < all.length; i++) if (all[i]) counts[i % 4]!++;
    return counts;
  }

  /** Frames and picks by the hundred, timed. A frame a turn of the screen: a loop that does not
   *  wait fills the graphics card's queue and then times the card. */
  async bench(frames = 120, picks = 400): Promise<ReturnType<Clock["report"]>> {
    const clock = new Clock();
    const pose = { ...this.view.pose };
    for (let i = 0; i < frames; i++) {
      await new Promise(requestAnimationFrame);
      this.view.set({ yaw: pose.yaw + 0.2 * Math.sin(i / 20) });
      clock.time("frame", () => this.draw());
    }
    this.view.set(pose);
    for (let i = 0; i < picks; i++) {
      const ray = this.view.ray(((i * 0.377) % 2) - 1, ((i * 0.713) % 2) - 1);
      clock.time("pick", () => pick(this.plan!.boxes, ray));
    }
    this.request();
    return clock.report();
  }

  /** Where a cell is drawn, in pixels of the picture. */
  whereIs(name: string, place: number[], side = 0): { x: number; y: number } | null {
    const cell = this.find(name, place, side);
    if (!cell) return null;
    const { box } = cell;
    const p = this.view.project(
      box.x + (cell.col + 0.5) * box.cellW,
      box.y - (cell.row + 0.5) * box.cellH,
      box.z + box.depth,
    );
    return { x: p.x + side * this.view.width, y: p.y };
  }

  loseContext(): boolean {
    const ext = this.picture?.renderer.getContext().getExtension("WEBGL_lose_context");
    if (!ext) return false;
    ext.loseContext();
    window.setTimeout(() => ext.restoreContext(), 100);
    return true;
  }
}
