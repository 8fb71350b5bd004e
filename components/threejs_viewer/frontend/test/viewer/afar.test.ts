import { expect, test } from "vitest";
import { DETAIL, isAfar, pixelsOf } from "../../src/viewer/afar";
import { FRONT, View } from "../../src/viewer/camera";
import { plan } from "../../src/viewer/layout";
import { corner } from "../../src/viewer/labels";
import { around, wholeModel } from "../../src/viewer/sights";
import { BIG, fake } from "../../dev/fake";
import { opened } from "./helpers";

const made = plan(opened(fake("7*8=56$", BIG)));

function seen(width: number, height: number): View {
  const view = new View();
  view.resize(width, height);
  return view;
}

test.each([
  { width: 918, height: 470 },
  { width: 918, height: 860 },
  { width: 358, height: 400 },
])("all of the model is afar in $width x $height, and one of its maps near by is not", (size) => {
  const view = seen(size.width, size.height);
  const { bounds, angles, fill, outline } = wholeModel(made.boxes, size.width / size.height);
  view.set(view.fit(bounds, angles, fill, outline));
  expect(isAfar(view, made.boxes)).toBe(true);
  const map = made.ofTensor.get("blocks.0.pattern")!;
  view.set(view.fit(around(map).bounds, FRONT));
  expect(isAfar(view, made.boxes)).toBe(false);
  expect(isAfar(view, made.boxes.slice(0, 0))).toBe(true);
});

test("a cell covers as many pixels as it is drawn with, where its matrix is nearest", () => {
  const view = seen(900, 600);
  const box = made.ofTensor.get("blocks.0.pattern")![0]!;
  view.set(view.fit(around([box]).bounds, FRONT));
  const [a, b] = [3, 4].map((col) => corner(view, box, col, 3).x);
  expect(pixelsOf(view, box)).toBeGreaterThan(DETAIL);
  expect(pixelsOf(view, box) / (b! - a!)).toBeCloseTo(1, 2);
});
