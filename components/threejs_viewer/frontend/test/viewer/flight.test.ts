import { expect, test } from "vitest";
import { View } from "../../src/viewer/camera";
import { fitted, Flight, FLIGHT_MS } from "../../src/viewer/flight";
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

test("the flight lasts eighteen seconds, and begins and ends where the whole model is seen", () => {
  const { view, made, flight } = flown();
  const whole = fitted(view, wholeModel(made.boxes, 900 / 620));
  expect(FLIGHT_MS).toBe(18_000);
  for (const ms of [0, 1500, FLIGHT_MS]) expect(flight.at(ms).pose).toEqual(whole);
  for (const ms of [0, 1500]) {
    const { pulse, last, caption } = flight.at(ms);
    expect([pulse, caption]).toEqual([null, expect.stringContaining("The whole model")]);
    expect(last).toBeGreaterThan(made.scene.manifest.tokens.length); // all its numbers are there
  }
});

test("the light runs back up, the typed tokens come in one after another, then it runs down and has passed", () => {
  const { flight, made } = flown();
  const times = Array.from({ length: 140 }, (_, i) => 4000 + i * 100);
  const shots = times.map((ms) => flight.at(ms));
  expect(shots[0]!.last).toBe(-1);
  expect(new Set(shots.map(({ last }) => last))).toEqual(new Set([-1, 0, 1, 2, 3]));
  expect([shots[0]!.caption, flight.at(3900).caption]).toEqual([
    expect.stringContaining("Nothing is computed yet"),
    "Back to the start.",
  ]);
  expect([1000, 3000, 4000].map((ms) => flight.at(ms).rewinds)).toEqual([false, true, false]);
  const lights = shots.flatMap(({ pulse }) => (pulse ? [pulse.y] : []));
  expect([...lights.slice(26)].sort((a, b) => b - a)).toEqual(lights.slice(26));
  expect(flight.at(2500).pulse!.y).toBeLessThan(flight.at(3500).pulse!.y);
  const lowest = Math.min(...made.spine.map((name) => made.ofTensor.get(name)![0]!.y));
  expect(lights.at(-1)!).toBeLessThan(lowest);
  expect(shots.at(-1)!.pulse).toBeNull();
});

test("its arcs are those of the head in which the 8 meets the 7", () => {
  const scene = fromPython.find(({ name }) => name === "learned-gelu")!.scene;
  const { flight } = flown(scene);
  const met = meeting(scene, scene.byName.get("blocks.0.pattern")!)!;
  const [arc] = flight.at(11_000).arcs;
  expect([arc!.box.tensor.layer, arc!.box.plane, arc!.query]).toEqual([0, met.head, met.query]);
  expect(flight.at(11_000).caption).toContain(
    `here the “${scene.manifest.tokens[met.query]}” meets`,
  );
});

test("where no two numbers meet they are those of the head that adds most to the digit's logit", () => {
  const scene = { ...small("7778=56") };
  const { flight } = flown(scene);
  const parts = unfold(scene, logit(scene, 4, scene.manifest.vocabulary.indexOf("5"))!);
  const best = parts.filter((p) => p.head !== null).sort((a, b) => b.value - a.value)[0]!;
  const [arc] = flight.at(11_000).arcs;
  expect([arc!.box.tensor.layer, arc!.box.plane, arc!.query]).toEqual([
    best.tensor.layer,
    best.head,
    4,
  ]);
  expect(flight.at(11_000).caption).toContain(
    `head ${best.head} of layer ${best.tensor.layer} adds most`,
  );
  expect(flight.at(5000).arcs).toEqual([]);
});

test("the digit rises out of its cell and stands in the text at the end", () => {
  const { flight } = flown();
  expect(flight.at(16_000).letters.map(({ text }) => text)).toEqual(["5"]);
  expect(flight.at(15_000).written).toBe(false);
  expect(flight.at(17_000).written).toBe(true);
});

test.each(fromPython)("$name can be flown through", ({ scene }) => {
  const { flight } = flown(scene);
  for (let ms = 0; ms <= FLIGHT_MS; ms += 500) {
    const { pose, caption } = flight.at(ms);
    expect(Object.values(pose).every(Number.isFinite), `${ms}`).toBe(true);
    expect(caption).not.toContain("undefined");
  }
});
