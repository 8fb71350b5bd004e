// A handle on the viewer for tests and the stopwatch: what it shows, said in plain values, and ways to
// it that no reader has. It stands on the window as `viewer3d` where `?test=1` or `?bench=1` asks.

import { Clock } from "./bench";
import { FRONT, type View } from "./camera";
import { indexOf, read, type Scene } from "./data";
import { explain, type Explanation } from "./explain";
import { cellIndex, heightOf, widthOf, type Box, type Plan } from "./layout";
import { pick, type Cell } from "./pick";
import { cellOf, type Side } from "./scenes";
import type { Sight } from "./sights";
import type { State } from "./state";
import type { Viewer } from "./viewer";
import { stageOf } from "./walk";

export { Clock };

type Spot = ReturnType<View["project"]>;

export class Handle {
  constructor(
    private viewer: Viewer,
    private clock: Clock,
  ) {
    clock.finish = () => this.waitForCard();
  }

  // ------------------------------------------------------------ what is there

  get state(): State {
    return this.viewer.state;
  }

  get sides(): Side[] {
    return this.viewer.sides;
  }

  get scene(): Scene | null {
    return this.viewer.scene;
  }

  get plan(): Plan | null {
    return this.viewer.plan;
  }

  get pinned(): Cell | null {
    return this.viewer.pinned;
  }

  get view(): View {
    return this.viewer.view;
  }

  get drawsWith(): "webgl2" | "canvas" {
    return this.viewer.picture ? "webgl2" : "canvas";
  }

  get drawCalls(): number {
    return this.viewer.picture?.renderer.info.render.calls ?? 0;
  }

  /** The stage that makes a matrix. */
  stageFor(name: string): number {
    return stageOf(this.state.stages, name);
  }

  /** The names of the matrices that are faded in the picture. */
  get faded(): string[] {
    const { picture } = this.viewer;
    const boxes = this.sides.flatMap(({ plan }) => plan.boxes);
    return boxes.filter((_, i) => picture?.isFaded(i)).map((box) => box.tensor.name);
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

  /** The cell of a tensor at a place along its axes. */
  find(name: string, place: number[], side = 0): Cell | null {
    return cellOf(this.sides, { side, name, place });
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

  /** How many pixels of each colour channel are not the background's, of a fresh frame. */
  pixels(): number[] {
    const { picture } = this.viewer;
    const gl = picture?.renderer.getContext();
    if (!picture || !gl || gl.isContextLost()) return [];
    picture.draw(this.view);
    const [w, h] = [gl.drawingBufferWidth, gl.drawingBufferHeight];
    const all = new Uint8Array(4 * w * h);
    gl.readPixels(0, 0, w, h, gl.RGBA, gl.UNSIGNED_BYTE, all);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < all.length; i++) if (all[i]) counts[i % 4]!++;
    return counts;
  }

  /** How far from grey the strongest colour is on the middle of a matrix, 0..255, in a fresh frame. */
  vividness(name: string): number {
    const { picture } = this.viewer;
    const gl = picture?.renderer.getContext();
    const box = this.plan?.ofTensor.get(name)?.[0];
    if (!picture || !gl || !box) return NaN;
    picture.draw(this.view);
    const scale = gl.drawingBufferWidth / this.view.width;
    const [from, to] = [0.75, 0.25].map((share) =>
      this.view.project(
        box.x + (1 - share) * widthOf(box),
        box.y - share * heightOf(box),
        box.z + box.depth,
      ),
    ) as [Spot, Spot];
    const [left, top] = [scale * from.x, gl.drawingBufferHeight - scale * from.y];
    const [w, h] = [to.x - from.x, from.y - to.y].map((d) => Math.max(1, Math.ceil(scale * d)));
    const all = new Uint8Array(4 * w! * h!);
    gl.readPixels(left, top, w!, h!, gl.RGBA, gl.UNSIGNED_BYTE, all);
    let most = 0;
    for (let i = 0; i < all.length; i += 4) {
      const [r, g, b] = all.subarray(i, i + 3) as unknown as [number, number, number];
      most = Math.max(most, Math.max(r, g, b) - Math.min(r, g, b));
    }
    return most;
  }

  // ------------------------------------------------------------ what can be done

  scrub(stage: number): void {
    this.viewer.scrub(stage);
  }

  hover(cell: Cell | null, x: number, y: number): void {
    this.viewer.hover(cell, x, y);
  }

  pin(cell: Cell): void {
    this.viewer.pin(cell);
  }

  fly(where: Sight): void {
    this.viewer.fly(where);
  }

  /** Straight at the matrix that holds a cell, at once. */
  lookAt(name: string, place: number[]): void {
    const cell = this.find(name, place);
    if (cell) this.viewer.fit([cell.box], FRONT, true);
  }

  loseContext(): boolean {
    const ext = this.viewer.picture?.renderer.getContext().getExtension("WEBGL_lose_context");
    if (!ext) return false;
    ext.loseContext();
    window.setTimeout(() => ext.restoreContext(), 100);
    return true;
  }

  // ------------------------------------------------------------ the stopwatch

  private waitForCard(): void {
    const gl = this.viewer.picture?.renderer.getContext();
    gl?.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
  }

  /** Frames and picks by the hundred, timed. A frame a turn of the screen: a loop that does not
   *  wait fills the graphics card's queue and then times the card. */
  async bench(frames = 120, picks = 400): Promise<ReturnType<Clock["report"]>> {
    const clock = new Clock();
    const pose = { ...this.view.pose };
    for (let i = 0; i < frames; i++) {
      await new Promise(requestAnimationFrame);
      this.view.set({ yaw: pose.yaw + 0.2 * Math.sin(i / 20) });
      clock.time("frame", () => this.viewer.draw());
    }
    this.view.set(pose);
    for (let i = 0; i < picks; i++) {
      const ray = this.view.ray(((i * 0.377) % 2) - 1, ((i * 0.713) % 2) - 1);
      clock.time("pick", () => pick(this.plan!.boxes, ray));
    }
    this.viewer.request();
    return clock.report();
  }

  /** One line on the console, with what the reader waited for as well. */
  async tellTimes(): Promise<void> {
    const times = await this.bench();
    console.info("bench", JSON.stringify({ ...this.clock.report(), ...times }));
  }
}
