import { expect, test } from "vitest";
import { View, FRONT, SLANT } from "../../src/viewer/camera";
import { facesOf, labelsOf, liesOn, meets, type Label, type Rect } from "../../src/viewer/labels";
import { plan, type Box, type Plan } from "../../src/viewer/layout";
import { around, partOf, wholeModel, type Aim } from "../../src/viewer/sights";
import { BIG, fake } from "../../dev/fake";
import { opened, small } from "./helpers";
import { fromPython } from "./scenes";

const measure = (text: string, size: number): number => text.length * size * 0.6;

/** Built once: it is large. */
let built: Plan | null = null;
const big = (): Plan => (built ??= plan(opened(fake("7*8=56", BIG))));

/** Ten looks: the five of the buttons, and five of near and of odd angles. */
function looks({ boxes, ofTensor }: Plan, whole: Plan): Aim[] {
  const box = (name: string): Box[] => ofTensor.get(name) ?? boxes.slice(0, 1);
  return [
    wholeModel(boxes, 1.5),
    wholeModel(boxes, 0.7),
    partOf(whole, "front", 0),
    partOf(whole, "start", 0),
    partOf(whole, "attention", 0),
    partOf(whole, "answer", 0),
    around(box("blocks.0.pattern"), FRONT),
    around(box("logits"), SLANT),
    around(box("blocks.0.resid_mid"), { yaw: 0.9, pitch: -0.8 }),
    around(box("embed"), { yaw: -0.5, pitch: 0.6 }),
  ];
}

function labelsAt(made: Plan, aim: Aim, width: number, height: number): Label[] {
  const view = new View();
  view.resize(width, height);
  view.set(view.fit(aim.bounds, aim.angles, aim.fill, aim.outline));
  return labelsOf(view, { scene: made.scene, plan: made, lit: null }, measure);
}

test.each([
  { name: "small", scene: small("7*8=56") },
  { name: "4.7M", scene: opened(fake("7*8=56", BIG)) },
  ...fromPython,
])("$name: from ten cameras, on a desk and on a phone, no label lies on another", ({ scene }) => {
  const made = plan(scene);
  let all = 0;
  for (const [width, height] of [
    [918, 620],
    [356, 440],
  ] as const)
    for (const [i, aim] of looks(made, made).entries()) {
      const labels = labelsAt(made, aim, width, height);
      all += labels.length;
      for (const a of labels)
        for (const b of labels)
          if (a !== b && meets(a.rect, b.rect))
            throw new Error(`look ${i}, ${width}: "${a.text}" on "${b.text}"`);
    }
  expect(all).toBeGreaterThan(20);
});

test("layers are counted from 0", () => {
  const made = big();
  const texts = labelsAt(made, wholeModel(made.boxes, 1.5), 918, 620).map(({ text }) => text);
  expect(texts).toContain("layer 0");
  expect(texts).not.toContain("layer 6");
});

test("a word keeps clear of what lies over it, and the others stay where they were", () => {
  const made = big();
  const view = new View();
  view.resize(918, 620);
  const aim = wholeModel(made.boxes, 1.5);
  view.set(view.fit(aim.bounds, aim.angles, aim.fill, aim.outline));
  const seen = (covered: Rect[]): Label[] =>
    labelsOf(view, { scene: made.scene, plan: made, lit: null, covered }, measure);
  const all = seen([]);
  const { rect } = all.find(({ text }) => text === "layer 2")!;
  const rest = all.filter((one) => !meets(one.rect, rect));
  expect(rest.length).toBeLessThan(all.length);
  const clear = seen([rect]);
  expect(clear.filter((one) => meets(one.rect, rect))).toEqual([]);
  expect(clear.filter(({ text }) => text !== "layer 2")).toEqual(rest);
});

/** Of a name that keeps clear of boxes, the boxes that it lies on all the same, and whether it is cut. */
function faults(made: Plan, aim: Aim, width: number, height: number, flying: boolean): string[] {
  const view = new View();
  view.resize(width, height);
  view.set(view.fit(aim.bounds, aim.angles, aim.fill, aim.outline));
  const named = { scene: made.scene, plan: made, lit: null, flying };
  const faces = facesOf(view, named);
  return labelsOf(view, named, measure).flatMap(({ text, rect, of, fixed }) => {
    const { x, y, w, h } = rect;
    const cut = x < 0 || y < 0 || x + w > width || y + h > height;
    const on = faces.find((face) => face.box !== of && liesOn(rect, face, fixed ? 0 : 2));
    return [
      ...(cut ? [`${text} is cut`] : []),
      ...(of !== undefined && on ? [`${text} on ${on.box.title}`] : []),
    ];
  });
}

test.each([true, false])("no name is cut, or lies on the box of another; flying: %s", (flying) => {
  const made = big();
  for (const aim of looks(made, made)) {
    expect(faults(made, aim, 918, 620, flying)).toEqual([]);
    expect(faults(made, aim, 356, 440, flying)).toEqual([]);
  }
});

test("on a flight few have a name, a plain one, and on a phone the stream alone has one", () => {
  const made = big();
  const namesAt = (width: number, flying: boolean): string[] => {
    const view = new View();
    view.resize(width, 440);
    const { bounds, angles } = partOf(made, "attention", 0);
    view.set(view.fit(bounds, angles));
    return labelsOf(view, { scene: made.scene, plan: made, lit: null, flying }, measure)
      .filter(({ fixed }) => !fixed)
      .map(({ text }) => text);
  };
  const learned = (names: string[]): string[] => names.filter((text) => text.includes("weight"));
  expect(learned(namesAt(918, false))).not.toEqual([]);
  expect(learned(namesAt(918, true))).toEqual([]);
  expect(namesAt(918, true)).not.toContain("z · head 0");
  expect(namesAt(356, true).filter((text) => !text.startsWith("layer"))).toEqual([]);
});
