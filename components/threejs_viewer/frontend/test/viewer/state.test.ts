import { expect, test } from "vitest";
import * as states from "../../src/viewer/state";
import { BEGINNING, type Address, type State, type Stop } from "../../src/viewer/state";
import { stagesOf } from "../../src/viewer/walk";
import { small } from "./helpers";

const scene = small("7*8=56");
const stages = stagesOf(scene);
const last = stages.length - 1;
const start = states.arrive(BEGINNING, [scene], stages);
const q: Address = { side: 0, name: "blocks.1.q", place: [1, 5, 2] };
const k: Address = { side: 0, name: "blocks.1.k", place: [0, 1, 1] };
const stop: Stop = {
  side: 0,
  name: "blocks.0.z",
  head: 1,
  position: 3,
  neuron: null,
  home: false,
};

/** Nothing is faded and all tokens are there. */
const whole = (state: State): boolean => states.lit(state) === null && states.span(state) === null;
const names = (at: number): Set<string> => new Set(stages[at]!.names);
const steps = (state: State, ...by: number[]): State => by.reduce(states.step, state);

test("a reader begins with the whole model, and the first stage is told", () => {
  expect(whole(start)).toBe(true);
  expect(states.told(start)!.title).toBe("tokens become vectors");
});

test("a step lights the told stage and fades all else, the next step lights the next one", () => {
  const one = states.step(start, 1);
  expect(states.told(one)).toBe(stages[0]);
  expect(states.lit(one)).toEqual(names(0));
  expect(states.span(one)).toEqual([0, 3]);
  expect(states.lit(states.step(one, 1))).toEqual(names(1));
});

test("a step back from the first stage brings the whole back, and so does each way out", () => {
  expect(whole(steps(start, 1, 1, -1))).toBe(false);
  const inside = states.scrub(start, 4);
  const ways = {
    "a step back from the first": steps(start, 1, -1),
    "letting go": states.letGo(inside),
    "the whole model, in the midst of a play": states.leave(states.play(inside)),
  };
  for (const [way, state] of Object.entries(ways)) {
    expect(whole(state), way).toBe(true);
    expect(state.playing, way).toBe(false);
    expect(states.chips(state, scene).every(({ look }) => look === "")).toBe(true);
  }
});

test("a walk that was left goes on where it was", () => {
  const left = states.leave(states.scrub(start, 4));
  expect(states.told(left)).toBe(stages[4]);
  expect(states.step(left, 1).stage).toBe(4);
  expect(states.step(left, -1).stage).toBe(3);
  expect(states.play(left).stage).toBe(4);
  expect(whole(states.step(left, 1))).toBe(false);
});

test("a scrub goes to any stage, the first among them, and stops the play", () => {
  const there = states.scrub(states.play(start), 7);
  expect([there.stage, there.playing]).toEqual([7, false]);
  expect(states.lit(states.scrub(there, 0))).toEqual(names(0));
  expect(states.scrub(there, 999).stage).toBe(last);
});

test("a step past the last stage stays there", () => {
  expect(steps(states.scrub(start, last), 1)).toEqual(states.scrub(start, last));
});

test("play runs through every stage once and stays at the last, a second play begins at the first", () => {
  let state = states.play(start);
  const seen = [state.stage];
  while ((state = states.tick(state)).playing) seen.push(state.stage);
  expect(seen).toEqual(stages.map((_, i) => i));
  expect(state).toEqual(states.scrub(start, last));
  expect(states.play(state).stage).toBe(0);
});

test("a pause stays in its stage, and the play goes on from it", () => {
  const paused = states.pause(states.tick(states.play(start)));
  expect([paused.stage, paused.walking, paused.playing]).toEqual([1, true, false]);
  expect(states.play(paused).stage).toBe(1);
});

test("one thing is let go a time: the kept number, then the stage, then nothing", () => {
  const busy = states.pin(states.scrub(start, 4), q);
  const once = states.letGo(busy);
  expect([once.pinned, once.walking]).toEqual([null, true]);
  const twice = states.letGo(once);
  expect(whole(twice)).toBe(true);
  expect(states.letGo(twice)).toBe(twice);
  const pointed = states.glow(twice, ["embed"]);
  expect(states.letGo(pointed)).toBe(pointed);
});

test("what is pointed at is explained before what is kept, which is there again after it", () => {
  const both = states.point(states.pin(start, q), k);
  expect(states.focused(both)).toEqual(k);
  expect(states.chosen(both)).toEqual(k);
  expect(states.focused(states.point(both, null))).toEqual(q);
  expect(states.pin(both, k).hovered).toBe(null);
});

test("the same again is the same state, so that nothing is drawn for it", () => {
  const here = states.stand(states.point(states.pin(states.step(start, 1), q), k), stop);
  expect(states.point(here, { ...k })).toBe(here);
  expect(states.stand(here, { ...stop })).toBe(here);
  expect(states.glow(here, null)).toBe(here);
  expect(states.pause(here)).toBe(here);
  const pinned = states.pin(start, q);
  expect(states.pin(pinned, { ...q })).toBe(pinned);
});

test("a word that is pointed at outshines the stage, and its glow ends with the stage", () => {
  const glowing = states.glow(states.scrub(start, 4), ["embed"]);
  expect(states.lit(glowing)).toEqual(new Set(["embed"]));
  expect(states.lit(states.step(glowing, 1))).toEqual(names(5));
  expect(whole(states.letGo(glowing))).toBe(true);
});

test("on the way home one matrix is lit; letting the number go ends the way, not the walk", () => {
  const home = states.stand(states.pin(states.scrub(start, 4), q), stop);
  expect(states.lit(home)).toEqual(new Set(["blocks.0.z"]));
  expect(states.chosen(home)).toBe(null);
  const after = states.letGo(home);
  expect([after.standing, after.pinned]).toEqual([null, null]);
  expect(states.lit(after)).toEqual(names(4));
  expect(states.lit(states.step(home, 1))).toEqual(names(5));
});

test("a broken part leaves stage, play and kept number as they are; a way home begins anew", () => {
  const before = states.stand(states.point(states.pin(states.play(start), q), k), stop);
  const again = small("7*8=56");
  const after = states.arrive(before, [again], stagesOf(again));
  expect([after.stage, after.playing, after.pinned]).toEqual([0, true, q]);
  expect([after.hovered, after.standing, after.glow]).toEqual([null, null, null]);
  expect(states.lit(after)).toEqual(names(0));
});

test("a shorter prompt keeps what it still has", () => {
  const short = small("7*");
  const shortStages = stagesOf(short);
  const before = states.pin(states.scrub(start, last), q);
  const after = states.arrive(before, [short], shortStages);
  expect(after.stage).toBe(shortStages.length - 1);
  expect(after.pinned).toBe(null);
  expect(states.arrive(states.pin(before, k), [short], shortStages).pinned).toEqual(k);
});

test("what was kept on the right is kept on the left when the right side goes", () => {
  const before = states.pin(states.arrive(start, [scene, scene], stages), { ...q, side: 1 });
  expect(states.arrive(before, [scene, scene], stages).pinned!.side).toBe(1);
  expect(states.arrive(before, [scene], stages).pinned).toEqual(q);
});

test("a scene without stages has no walk to enter", () => {
  const none = states.arrive(BEGINNING, [scene], []);
  for (const state of [states.step(none, 1), states.play(none), states.scrub(none, 3)])
    expect([state.walking, state.playing, states.told(state)]).toEqual([false, false, null]);
});

test("other shades on the right keep the number and end the way home", () => {
  const before = states.stand(states.pin(start, q), stop);
  const after = states.shade(before, false);
  expect([after.shaded, after.pinned, after.standing]).toEqual([false, q, null]);
});

test("above a stage the computed tokens are marked, later ones wait, the chosen one drops in", () => {
  const chosen = stages.findIndex((s) => s.next);
  const looks = (state: State): string[] => states.chips(state, scene).map(({ look }) => look);
  expect(looks(states.scrub(start, 0))).toEqual(["now", "now", "now", "now", "later", "later"]);
  const dropped = states.scrub(start, chosen);
  expect(looks(dropped)).toEqual(["now", "now", "now", "now", "next", "later"]);
  expect(states.chips(dropped, scene)[4]!.token).toBe(stages[chosen]!.next!.token);
  expect(looks(states.scrub(start, last))).toEqual(["", "", "", "", "", "now", "next"]);
});

test("the walk stops when the answer stands: 7*8=56, without the token that says so", () => {
  const done = small("7*8=56$");
  const end = stages.with(-1, { ...stages[last]!, next: { token: "$", share: 1 } });
  const text = (state: State): string =>
    states
      .chips(state, done)
      .map(({ token }) => token)
      .join("");
  const ended = states.scrub({ ...start, stages: end }, last);
  expect(text(ended)).toBe("7*8=56");
  expect(text(states.step(ended, 1))).toBe("7*8=56");
  expect(text(states.leave(ended))).toBe("7*8=56$");
});

test("every token that the model wrote can be followed home, one that drops in too; a typed one is where a way ends", () => {
  const written = (state: State): boolean[] =>
    states.chips(state, scene).map((chip) => chip.written);
  expect(written(start)).toEqual([false, false, false, false, true, true]);
  expect(written(states.scrub(start, last))).toEqual([
    false,
    false,
    false,
    false,
    true,
    true,
    true,
  ]);
});

test("another number ends the way home, the same one again does not", () => {
  const home = states.stand(states.pin(start, q), stop);
  expect(states.pin(home, { ...q }).standing).toEqual(stop);
  expect(states.pin(home, k).standing).toBe(null);
});

test("a way home from a written token goes with what is written: another token, or none, or the same", () => {
  const logitOf = (token: string, position = 3): Address => ({
    side: 0,
    name: "logits",
    place: [position, scene.manifest.vocabulary.indexOf(token)],
  });
  const five = states.follow(start, logitOf("5"));
  const kept = (text: string, state = five): Address | null => {
    const now = small(text);
    const after = states.arrive(state, [now], stagesOf(now));
    expect(after.following).toBe(after.pinned !== null);
    return after.pinned;
  };
  expect(kept("7*8=42")).toEqual(logitOf("4"));
  expect(kept("7*8=56")).toEqual(logitOf("5"));
  expect(kept("7*8=")).toBe(null);
  expect(kept("7*81=5")).toBe(null); // typed where it was written
  const four = small("7*8=42");
  const there = states.arrive(five, [four], stagesOf(four));
  expect(kept("7*8=56", there)).toEqual(logitOf("5")); // and back, once it is mended
});

test("a logit that was kept by hand stays what it is, whatever is written", () => {
  const five: Address = { side: 0, name: "logits", place: [3, 5] };
  const four = small("7*8=42");
  expect(states.arrive(states.pin(start, five), [four], stagesOf(four)).pinned).toEqual(five);
  const other = states.pin(states.follow(start, five), { ...five, place: [3, 6] });
  expect(states.arrive(other, [four], stagesOf(four)).pinned!.place).toEqual([3, 6]);
  expect(states.pin(states.follow(start, five), { ...five }).following).toBe(true);
});
