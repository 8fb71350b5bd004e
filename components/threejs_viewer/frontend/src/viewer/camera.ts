// An orbiting camera: a target, a distance, two angles. It can fit a rectangle of the plan, fly
// there or jump, and turn a point of the screen into a ray.

import { PerspectiveCamera, Ray, Vector3 } from "three";
import { cornersOf, type Bounds } from "./layout";

export interface Pose {
  x: number;
  y: number;
  z: number;
  distance: number;
  yaw: number;
  pitch: number;
}

type Point = ReturnType<View["project"]>;

export const FRONT = { yaw: 0, pitch: 0 };
export const SLANT = { yaw: -0.3, pitch: 0.42 };
const FLIGHT_MS = 650;
const STEEPEST = 1.35;

export class View {
  readonly camera = new PerspectiveCamera(32, 1, 1, 10_000);
  pose: Pose = { x: 0, y: 0, z: 0, distance: 100, ...SLANT };
  width = 1;
  height = 1;
  /** Pixels at the top and at the bottom that something else stands on. */
  head = 0;
  foot = 0;
  private flight: { from: Pose; to: Pose; start: number } | null = null;

  resize(width: number, height: number): void {
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
    this.place();
  }

  set(pose: Partial<Pose>): void {
    this.flight = null;
    this.pose = tame({ ...this.pose, ...pose });
    this.place();
  }

  /** Start a flight; `still` jumps. */
  go(to: Pose, still: boolean): void {
    if (still) return this.set(to);
    this.flight = { from: { ...this.pose }, to: tame(to), start: performance.now() };
  }

  /** Whether another frame is needed. */
  advance(now: number): boolean {
    if (!this.flight) return false;
    const { from, to, start } = this.flight;
    const t = Math.min(1, Math.max(0, (now - start) / FLIGHT_MS));
    const ease = t * t * (3 - 2 * t);
    this.pose = between(from, to, ease);
    if (t === 1) this.flight = null;
    this.place();
    return this.flight !== null;
  }

  get flying(): boolean {
    return this.flight !== null;
  }

  orbit(dx: number, dy: number): void {
    this.set({ yaw: this.pose.yaw - dx * 0.006, pitch: this.pose.pitch + dy * 0.006 });
  }

  /** Move the plan with the pointer, by pixels. */
  pan(dx: number, dy: number): void {
    const perPixel = 1 / this.pixelsPerUnit(this.pose.distance);
    const right = new Vector3().setFromMatrixColumn(this.camera.matrixWorld, 0);
    const up = new Vector3().setFromMatrixColumn(this.camera.matrixWorld, 1);
    const by = right.multiplyScalar(-dx * perPixel).addScaledVector(up, dy * perPixel);
    this.set({ x: this.pose.x + by.x, y: this.pose.y + by.y, z: this.pose.z + by.z });
  }

  /** Zoom so that what is under the pointer (in -1..1) stays there, on the plane of the plan. */
  zoom(factor: number, px: number, py: number): void {
    const before = this.onPlane(px, py);
    this.set({ distance: this.pose.distance * factor });
    const after = this.onPlane(px, py);
    if (before && after)
      this.set({ x: this.pose.x + before.x - after.x, y: this.pose.y + before.y - after.y });
  }

  private onPlane(px: number, py: number): Vector3 | null {
    const ray = this.ray(px, py);
    const t = -ray.origin.z / ray.direction.z;
    return t > 0 && t < 1e7 ? ray.at(t, new Vector3()) : null;
  }

  /** The pose from which a rectangle of the plan fills the canvas, seen from the given angles; or, where
   * there is less in it, the outline of that. */
  fit(
    b: Bounds,
    angles = { yaw: this.pose.yaw, pitch: this.pose.pitch },
    fill = 0.9,
    outline: readonly (readonly [number, number])[] = cornersOf(b),
  ): Pose {
    const kept = this.pose;
    let pose: Pose = {
      x: (b.left + b.right) / 2,
      y: (b.top + b.bottom) / 2,
      z: 0,
      distance: 1,
      ...angles,
    };
    const at = (next: Pose): Point[] => {
      this.pose = pose = next;
      this.place();
      return outline.map(([x, y]) => this.project(x, y, 0));
    };
    const [head, foot] = [this.head / this.height, this.foot / this.height];
    const raised = foot - head;
    const fits = (p: Point): boolean =>
      Math.abs(p.nx) < fill && p.ny < fill - 2 * head && p.ny > 2 * foot - fill;
    // The near end of a rectangle looks larger than the far one, so its middle is not the picture's:
    // find the distance, move the target to the middle of what is seen, and again.
    for (let round = 0; round < 4; round++) {
      let [near, far] = [1, 1e6];
      for (let i = 0; i < 30; i++) {
        const distance = Math.sqrt(near * far);
        const seen = at({ ...pose, distance });
        if (seen.every((p) => p.depth > 0 && fits(p))) far = distance;
        else near = distance;
      }
      const seen = at({ ...pose, distance: far });
      if (round === 3) break;
      const middle = (of: number[]): number => (Math.min(...of) + Math.max(...of)) / 2;
      const target = this.onPlane(
        middle(seen.map((p) => p.nx)),
        middle(seen.map((p) => p.ny)) - raised,
      );
      if (target) pose = { ...pose, x: target.x, y: target.y };
    }
    const found = pose;
    this.pose = kept;
    this.place();
    return tame(found);
  }

  private point = new Vector3();

  /** Pixels from the top left, -1..1, and the distance in front of the camera. */
  project(
    x: number,
    y: number,
    z: number,
  ): { x: number; y: number; nx: number; ny: number; depth: number } {
    const p = this.point.set(x, y, z).applyMatrix4(this.camera.matrixWorldInverse);
    const depth = -p.z;
    p.applyMatrix4(this.camera.projectionMatrix);
    return {
      x: ((p.x + 1) / 2) * this.width,
      y: ((1 - p.y) / 2) * this.height,
      nx: p.x,
      ny: p.y,
      depth,
    };
  }

  ray(px: number, py: number): Ray {
    const origin = this.camera.position.clone();
    return new Ray(origin, new Vector3(px, py, 0.5).unproject(this.camera).sub(origin).normalize());
  }

  /** How many pixels one unit of the plan covers at a distance from the eye. */
  pixelsPerUnit(distance: number): number {
    return this.height / (2 * distance * Math.tan(this.half));
  }

  private get half(): number {
    return (this.camera.fov * Math.PI) / 360;
  }

  private place(): void {
    const { x, y, z, distance, yaw, pitch } = this.pose;
    const level = Math.cos(pitch) * distance;
    this.camera.position.set(
      x + Math.sin(yaw) * level,
      y + Math.sin(pitch) * distance,
      z + Math.cos(yaw) * level,
    );
    this.camera.aspect = this.width / this.height;
    this.camera.near = distance * 0.02;
    this.camera.far = distance * 30 + 1000;
    this.camera.lookAt(x, y, z);
    this.camera.updateProjectionMatrix();
    this.camera.updateMatrixWorld();
    this.camera.matrixWorldInverse.copy(this.camera.matrixWorld).invert();
  }
}

/** A share of the way from one pose to another: distances grow by equal factors. */
export function between(from: Pose, to: Pose, share: number): Pose {
  const mix = (a: number, b: number): number => a + (b - a) * share;
  return {
    x: mix(from.x, to.x),
    y: mix(from.y, to.y),
    z: mix(from.z, to.z),
    distance: Math.exp(mix(Math.log(from.distance), Math.log(to.distance))),
    yaw: mix(from.yaw, to.yaw),
    pitch: mix(from.pitch, to.pitch),
  };
}

function tame(pose: Pose): Pose {
  return {
    ...pose,
    pitch: Math.min(STEEPEST, Math.max(-STEEPEST, pose.pitch)),
    yaw: Math.min(STEEPEST, Math.max(-STEEPEST, pose.yaw)),
    distance: Math.min(2e5, Math.max(2, pose.distance)),
  };
}
