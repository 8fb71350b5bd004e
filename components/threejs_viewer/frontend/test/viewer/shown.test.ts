import { expect, test } from "vitest";
import { themeOf } from "../../src/shared/theme";
import type { Threads } from "../../src/viewer/overlay";
import { openScenes } from "../../src/viewer/scenes";
import { shownOn } from "../../src/viewer/shown";
import { BEGINNING, pin, scrub, type State } from "../../src/viewer/state";
import { stageOf, stagesOf } from "../../src/viewer/walk";
import { fromPython } from "./scenes";

const { scene } = fromPython.find(({ name }) => name === "block_depth-relu2")!;
const { manifest, halves } = scene;
const numbers = { manifest, weights: halves.weight, activations: halves.activation, edits: [] };
const { sides } = openScenes(numbers, true);

const look = { theme: themeOf({ base: "light" }), font: "", why: null, edits: [] };

const threads = (state: State): Threads | null => shownOn(0, sides, state, look).threads;

const pinned = (name: string, place: number[]): Threads | null =>
  threads(pin(BEGINNING, { side: 0, name, place }));

test("a stage that tells of one look shows that arc alone, over its head and over the stream", () => {
  const stages = stagesOf(scene);
  const stage = stageOf(stages, "blocks.0.pattern");
  const { arcs } = shownOn(0, sides, scrub({ ...BEGINNING, stages }, stage), look);
  const { head, query, key } = stages[stage]!.arc!;
  expect([query, key]).toEqual([2, 0]);
  expect(arcs.map((arc) => [arc.box.title, arc.query, arc.key])).toEqual([
    [`pattern · head ${head}`, 2, 0],
    [`pattern · head ${head}`, 2, 0],
  ]);
  expect(arcs.map(({ over }) => over.tensor.name)).toEqual([
    "blocks.0.pattern",
    "blocks.0.resid_pre",
  ]);
  const kept = pin(scrub({ ...BEGINNING, stages }, stage), {
    side: 0,
    name: "blocks.1.pattern",
    place: [1, 3, 2],
  });
  const chosen = shownOn(0, sides, kept, look).arcs;
  expect(chosen.map((arc) => [arc.box.title, arc.query, arc.key])).toEqual([
    ["pattern · head 1", 3, undefined],
    ["pattern · head 1", 3, undefined],
  ]);
});

test("threads lead from the notes of every source to the state that mixes them", () => {
  const { from, to } = pinned("blocks.1.depth_pattern_post", [2, 1])!;
  const notes = from.map((boxes) => boxes.map((box) => box.tensor.name));
  const written = [0, 1].flatMap((l) => [`blocks.${l}.attn_out`, `blocks.${l}.ffn_out`]);
  expect(notes).toEqual([["embed", "pos_embed"], written]);
  expect(to.tensor.name).toBe("blocks.1.resid_post");
});

test("what is broken is marked on the left side, where two stand", () => {
  const edits = [{ name: "z", layer: 1, index: { head: 1 }, scale: 0 }];
  const both = openScenes({ ...numbers, edits, beside: { ...numbers, title: "" } }, true).sides;
  const look = { theme: themeOf({ base: "light" }), font: "", why: null, edits };
  const marks = [0, 1].map((side) => shownOn(side, both, BEGINNING, look).broken);
  expect(marks.map((on) => on.map(({ box }) => box.title))).toEqual([["z · head 1"], []]);
});

test("shares and what is mixed by them show the same threads, at the token that is chosen", () => {
  const shares = pinned("blocks.1.depth_pattern_mid", [2, 1])!;
  expect(shares.query).toBe(2);
  expect(pinned("blocks.1.resid_mid", [2, 5])).toEqual(shares);
  expect(pinned("blocks.1.resid_pre", [2, 5])).toBeNull();
});

test("a stage that makes shares shows the threads of all its tokens", () => {
  const stages = stagesOf(scene);
  const at = (name: string): Threads | null =>
    threads(scrub({ ...BEGINNING, stages }, stageOf(stages, name)));
  expect(at("blocks.0.depth_pattern_mid")!.query).toBeNull();
  expect(at("blocks.2.resid_mid")!.to.tensor.name).toBe("blocks.2.resid_mid");
  expect(at("blocks.2.ffn_pre")).toBeNull();
});
