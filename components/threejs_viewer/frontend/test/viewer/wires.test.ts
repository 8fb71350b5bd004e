import { expect, test } from "vitest";
import { plan } from "../../src/viewer/layout";
import { ALLOWED_NEAR, allowedAfar, STEPS, stepsOf, wireOf } from "../../src/viewer/wires";
import { BIG, fake } from "../../dev/fake";
import { opened, small } from "./helpers";
import { fromPython } from "./scenes";

type Point = [number, number];

/** How far a point is from a straight piece. */
function away([x, y]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  const [dx, dy] = [bx - ax, by - ay];
  const long = dx * dx + dy * dy;
  const t = long ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / long)) : 0;
  return Math.hypot(x - ax - t * dx, y - ay - t * dy);
}

test.each([
  { name: "small", scene: small("7*8=56") },
  { name: "4.7M", scene: opened(fake("7*8=56", BIG)) },
  ...fromPython,
])("$name: from afar a wire has fewer steps and is off by no more than allowed", ({ scene }) => {
  const { boxes, links } = plan(scene);
  const allowed = allowedAfar(boxes);
  let [near, afar] = [0, 0];
  for (const wire of links.map(wireOf)) {
    const { points } = wire;
    near += stepsOf(wire, ALLOWED_NEAR);
    const steps = stepsOf(wire, allowed);
    afar += steps;
    for (const [i, point] of points.entries()) {
      const stride = STEPS / steps;
      const first = Math.min(STEPS - stride, i - (i % stride));
      const off = away(point, points[first]!, points[first + stride]!);
      if (steps < STEPS) expect(off).toBeLessThanOrEqual(allowed);
    }
  }
  expect(afar).toBeLessThan(near);
  expect(near).toBeLessThanOrEqual(STEPS * links.length);
});

test("straight down the stream one step is enough", () => {
  const { links, spine } = plan(small("7*8=56"));
  const stream = links.filter(
    ({ from, to }) => spine.includes(from.tensor.name) && spine.includes(to.tensor.name),
  );
  expect(stream.length).toBeGreaterThan(0);
  for (const link of stream) {
    const wire = wireOf(link);
    expect(stepsOf(wire, ALLOWED_NEAR)).toBe(1);
    expect(wire.points[0]![0]).toBeCloseTo(wire.points[STEPS]![0]);
  }
});
