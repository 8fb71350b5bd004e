import { expect, test } from "vitest";
import { View } from "../../src/viewer/camera";
import { Flight, FLIGHT_MS } from "../../src/viewer/flight";
import { meeting } from "../../src/viewer/facts";
import { logit, unfold } from "../../src/viewer/home";
import { plan } from "../../src/viewer/layout";
import { wholeModel } from "../../src/viewer/sights";
import { small } from "./helpers";
import { fromPython } from "./scenes";

function flown(scene = small("7*8=56")): {
  view: View;
  flight: Flight;
  made: ReturnType<typeof plan>;
} {
  const [view, made] = [new View(), plan(scene)];
  view.resize(900, 620);
  view.set(view.fit(made.bounds));
  return { view, made, flight: new Flight(made, view) };
}

test("the flight lasts fifteen seconds and ends where the whole model is seen", () => {
  const { view, made, flight } = flown();
  const { bounds, angles, fill, outline } = wholeModel(made.boxes, 900 / 620);
  expect(FLIGHT_MS).toBe(15_000);
  expect(flight.at(FLIGHT_MS).pose).toEqual(view.fit(bounds, angles, fill, outline));
});

test("the typed tokens come in one after another, then light runs down and has passed", () => {
  const { flight, made } = flown();
  const times = Array.from({ length: 150 }, (_, i) => i * 100);
  const shots = times.map((ms) => flight.at(ms));
  expect(shots[0]!.last).toBe(-1);
  expect(new Set(shots.map(({ last }) => last))).toEqual(new Set([-1, 0, 1, 2, 3]));
  const lights = shots.flatMap(({ pulse }) => (pulse ? [pulse.y] : []));
  expect([...lights.slice(31)].sort((a, b) => b - a)).toEqual(lights.slice(31));
  const lowest = Math.min(...made.spine.map((name) => made.ofTensor.get(name)![0]!.y));
  expect(lights.at(-1)!).toBeLessThan(lowest);
  expect(shots.at(-1)!.pulse).toBeNull();
});

test("its arcs are those of the head in which the 8 meets the 7", () => {
  const scene = fromPython.find(({ name }) => name === "learned-gelu")!.scene;
  const { flight } = flown(scene);
  const met = meeting(scene, scene.byName.get("blocks.0.pattern")!)!;
  const [arc] = flight.at(8000).arcs;
  expect([arc!.box.tensor.layer, arc!.box.plane, arc!.query]).toEqual([0, met.head, met.query]);
  expect(flight.at(8000).caption).toContain(`here the “${scene.manifest.tokens[met.query]}” meets`);
});

test("where no two numbers meet they are those of the head that adds most to the digit's logit", () => {
  const scene = { ...small("7778=56") };
  const { flight } = flown(scene);
  const parts = unfold(scene, logit(scene, 4, scene.manifest.vocabulary.indexOf("5"))!);
  const best = parts.filter((p) => p.head !== null).sort((a, b) => b.value - a.value)[0]!;
  const [arc] = flight.at(8000).arcs;
  expect([arc!.box.tensor.layer, arc!.box.plane, arc!.query]).toEqual([
    best.tensor.layer,
    best.head,
    4,
  ]);
  expect(flight.at(8000).caption).toContain(
    `head ${best.head} of layer ${best.tensor.layer} adds most`,
  );
  expect(flight.at(2000).arcs).toEqual([]);
});

test("the digit rises out of its cell and stands in the text at the end", () => {
  const { flight } = flown();
  expect(flight.at(13_000).letters.map(({ text }) => text)).toEqual(["5"]);
  expect(flight.at(12_000).written).toBe(false);
  expect(flight.at(14_000).written).toBe(true);
});

test.each(fromPython)("$name can be flown through", ({ scene }) => {
  const { flight } = flown(scene);
  for (let ms = 0; ms <= FLIGHT_MS; ms += 500) {
    const { pose, caption } = flight.at(ms);
    expect(Object.values(pose).every(Number.isFinite), `${ms}`).toBe(true);
    expect(caption).not.toContain("undefined");
  }
});
