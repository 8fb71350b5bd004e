import { expect, test } from "vitest";
import {
  answerOf,
  chanceOf,
  choicesAt,
  leadLost,
  marksOf,
  mostRead,
  partOf,
  type Edit,
} from "../../src/viewer/broken";
import { placeOf, read, type Scene } from "../../src/viewer/data";
import { logit, unfold } from "../../src/viewer/home";
import { plan, short } from "../../src/viewer/layout";
import { small } from "./helpers";
import { fromPython } from "./scenes";

const scene = small("7*8=56$");
const head: Edit = { name: "z", layer: 1, index: { head: 1 }, scale: 0 };
const edit = (name: string, index: Record<string, number>, layer: number | null = 1): Edit => ({
  name,
  layer,
  index,
  scale: 0,
});
const at = (of: Scene, name: string, place: number[]): number => {
  const t = of.byName.get(name)!;
  return read(
    of,
    t,
    place.reduce((index, i, axis) => index * t.shape[axis]! + i, 0),
  )!;
};

test.each([{ name: "fake", scene }, ...fromPython])(
  "$name: every activation can be switched off as a whole, but for three kinds",
  ({ scene }) => {
    const whole = scene.tensors.filter((t) =>
      choicesAt(scene, t, placeOf(t, t.size - 1)).some(({ label }) => label.startsWith("all of")),
    );
    const others = scene.tensors.filter((t) => t.kind === "activation" && !whole.includes(t));
    expect(whole.every((t) => t.kind === "activation")).toBe(true);
    const kinds = new Set(others.map((t) => short(t.name)));
    const experts = scene.tensors.some(({ name }) => short(name) === "expert_index");
    expect([...kinds].sort()).toEqual(
      experts ? ["expert_index", "probs", "router_scores"] : ["probs"],
    );
  },
);

test("a head, a neuron, a source and an expert can be switched off alone", () => {
  const labels = (of: Scene, name: string, place: number[]): string[] =>
    choicesAt(of, of.byName.get(name)!, place).map(({ label }) => label);
  const from = (name: string): Scene => fromPython.find((x) => x.name === name)!.scene;
  expect(labels(scene, "blocks.1.z", [1, 3, 2])).toEqual(["head 1", "all of z"]);
  expect(labels(scene, "blocks.0.ffn_post", [2, 9])).toEqual(["neuron 9", "all of ffn_post"]);
  expect(labels(scene, "embed", [2, 3])).toEqual(["all of embed"]);
  expect(labels(from("depth-relu2"), "blocks.1.depth_pattern_mid", [2, 1])).toEqual([
    "source 1",
    "all of depth_pattern_mid",
  ]);
  expect(labels(from("latent-experts"), "blocks.0.router_scores", [2, 3])).toEqual(["expert 3"]);
});

test("a part is called by its number, its matrix and its layer, all from 0", () => {
  expect(partOf(head, scene)).toBe("head 1 of layer 1");
  expect(partOf(edit("q", { head: 0 }), scene)).toBe("q of head 0 of layer 1");
  expect(partOf(edit("ffn_post", { d_ff: 3 }, 0), scene)).toBe("neuron 3 of layer 0");
  expect(partOf(edit("ffn_out", {}), scene)).toBe("all of ffn_out of layer 1");
  expect(partOf(edit("embed", {}, null), scene)).toBe("all of embed");
  const { scene: deep } = fromPython.find(({ name }) => name === "depth-relu2")!;
  expect(partOf(edit("depth_pattern_mid", { source: 2 }), deep)).toMatch(
    /^depth_pattern_mid of source 2 \(layer \d FFN\) of layer 1$/,
  );
});

test("an answer ends before its end sign, and none is nothing", () => {
  expect(answerOf("7*8=56$4", 4)).toBe("56");
  expect(answerOf("7*8=5", 4)).toBe("5");
  expect(answerOf("7*8=$", 4)).toBe("nothing");
  expect(answerOf("7*8=", 4)).toBe("nothing");
});

test("the chance of an answer is the product of those of its tokens", () => {
  const p = (token: string, place: number): number =>
    at(scene, "probs", [place, scene.manifest.vocabulary.indexOf(token)]);
  expect(chanceOf(scene, 4)).toBeCloseTo(p("5", 3) * p("6", 4) * p("$", 5), 12);
  expect(chanceOf(scene, 7)).toBe(1);
});

test("what a head reads most is the largest share of its row", () => {
  const shares = [0, 1, 2, 3].map((key) => at(scene, "blocks.1.pattern", [1, 3, key]));
  const most = Math.max(...shares);
  const { head: own, ...look } = mostRead(scene, head, 3)!;
  expect(look).toEqual({ query: 3, key: shares.indexOf(most), share: most });
  expect(own).toBe(1);
  expect(mostRead(scene, edit("ffn_out", {}), 3)).toBeNull();
  expect(mostRead(scene, edit("z", { head: 7 }), 3)).toBeNull();
});

const lead = (of: Scene, place: number, right: string, rival: string): number => {
  const [a, b] = [right, rival].map((c) => of.manifest.vocabulary.indexOf(c));
  return at(of, "logits", [place, a!]) - at(of, "logits", [place, b!]);
};

test("the lead is told at the first token that differs, and of it what the head wrote itself", () => {
  const other = small("7*8=53$", { layers: 2, d: 8, heads: 2, ff: 16, seed: 3 });
  const found = leadLost(scene, other, head, 4)!;
  expect([found.right, found.rival]).toEqual(["6", "3"]);
  expect(found.before).toBeCloseTo(lead(scene, 4, "6", "3"), 2);
  expect(found.after).toBeCloseTo(lead(other, 4, "6", "3"), 2);
  const by = (token: number): number =>
    unfold(scene, logit(scene, 4, token)!).find((t) => t.head === 1 && t.tensor.layer === 1)!.value;
  expect(found.own).toBeCloseTo(by(6) - by(3), 9);
});

test("where the answer stays, its first token is told against the next best", () => {
  const found = leadLost(scene, scene, head, 4)!;
  const row = [...scene.manifest.vocabulary].map((_, c) => at(scene, "logits", [3, c]));
  const best = Math.max(...row.filter((_, c) => c !== 5));
  expect([found.right, found.rival]).toEqual(["5", scene.manifest.vocabulary[row.indexOf(best)]]);
  expect(found.before).toBe(found.after);
});

test("the heads of an attention wrote together what it wrote; queries write nothing", () => {
  const own = (one: Edit): number | null => leadLost(scene, scene, one, 4)!.own;
  const heads = [0, 1].map((h) => own(edit("z", { head: h }))!);
  expect(own(edit("attn_out", {}))).toBeCloseTo(heads[0]! + heads[1]!, 9);
  expect(own(edit("ffn_out", {}))).not.toBe(0);
  expect(own(edit("q", { head: 1 }))).toBeNull();
});

test("a mark covers the box of a head, the row of a neuron, or all boxes of a matrix", () => {
  const boxes = plan(scene);
  const marks = (one: Edit): unknown[] =>
    marksOf(boxes, [one]).map((m) => [m.box.title, m.top, m.rows, m.label]);
  const dk = boxes.ofTensor.get("blocks.1.z")![0]!.rows;
  expect(marks(head)).toEqual([["z · head 1", 0, dk, "broken"]]);
  expect(marks(edit("ffn_post", { d_ff: 3 }))).toEqual([["ffn_post", 3, 1, "broken"]]);
  expect(marks({ ...edit("q", {}), scale: 2 }).map((m) => (m as unknown[])[3])).toEqual([
    "× 2",
    "",
  ]);
  expect(marks(edit("zebra", {}))).toEqual([]);
});
