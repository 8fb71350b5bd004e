import { describe, expect, test } from "vitest";
import {
  boundsOf,
  cellIndex,
  cellPlace,
  heightOf,
  plan,
  widthOf,
  type Box,
  type Plan,
} from "../../src/viewer/layout";
import { BIG, fake, SMALL } from "../../dev/fake";
import { opened, small } from "./helpers";
import { fromPython } from "./scenes";

const meet = (a: Box, b: Box): boolean =>
  a.x < b.x + widthOf(b) &&
  b.x < a.x + widthOf(a) &&
  a.y > b.y - heightOf(b) &&
  b.y > a.y - heightOf(a);

function expectApart({ boxes }: Plan): void {
  for (const a of boxes)
    for (const b of boxes)
      if (a.id < b.id && meet(a, b))
        throw new Error(`${a.tensor.name} ${a.plane} on ${b.tensor.name} ${b.plane}`);
}

describe.each([
  ["small", SMALL, "7*8=56"],
  ["small, 64 tokens", SMALL, "7*8=56+1".repeat(8)],
  ["4.7M", BIG, "7*8="],
] as const)("%s", (_, sizes, prompt) => {
  const scene = opened(fake(prompt, sizes));
  const made = plan(scene);

  test("every number of every tensor is a cell of one box", () => {
    for (const t of scene.tensors) {
      const cells = made.ofTensor.get(t.name)!.reduce((n, box) => n + box.cols * box.rows, 0);
      expect(cells, t.name).toBe(t.size);
    }
  });

  test("no two boxes overlap", () => expectApart(made));
});

test.each(fromPython)("$name: no two boxes overlap", ({ scene }) => expectApart(plan(scene)));

test.each(fromPython.filter(({ name }) => name.includes("depth")))(
  "$name: shares stand between attention and what is mixed by them, behind their query",
  ({ scene }) => {
    const { boxes, ofTensor } = plan(scene);
    const at = (name: string): Box => ofTensor.get(name)![0]!;
    for (const site of ["mid", "post"]) {
      const [shares, state] = [at(`blocks.1.depth_pattern_${site}`), at(`blocks.1.resid_${site}`)];
      const query = at(`residual.queries.${site === "mid" ? 2 : 3}`);
      expect([shares.y, query.y]).toEqual([state.y, state.y]);
      expect(query.x + widthOf(query)).toBeLessThan(shares.x);
      expect(shares.x + widthOf(shares)).toBeLessThan(state.x);
      for (const box of boxes.filter((b) => b.tensor.axes.includes("key")))
        expect(box.x + widthOf(box)).toBeLessThan(query.x);
    }
  },
);

test("a note is linked to the first reading that mixes it, shares to what they mix", () => {
  const { scene } = fromPython.find(({ name }) => name === "depth-relu2")!;
  const { links } = plan(scene);
  const from = (name: string): string[] =>
    links.filter((l) => l.from.tensor.name === name).map((l) => l.to.tensor.name);
  expect(from("blocks.0.attn_out")).toEqual(["blocks.0.depth_pattern_mid"]);
  expect(from("blocks.0.ffn_out")).toEqual(["blocks.0.depth_pattern_post"]);
  expect(from("blocks.1.depth_pattern_mid")).toEqual(["blocks.1.resid_mid"]);
});

test("a cell's index leads back to the cell", () => {
  const scene = small();
  const made = plan(scene);
  for (const box of made.boxes)
    for (const [col, row] of [
      [0, 0],
      [box.cols - 1, 0],
      [0, box.rows - 1],
      [box.cols - 1, box.rows - 1],
    ] as const)
      expect(cellPlace(made, box.tensor, cellIndex(box, col, row))).toEqual({ box, col, row });
});

test("attention stands left of the spine, the FFN right of it, layers one below the other", () => {
  const scene = small();
  const made = plan(scene);
  const at = (name: string): Box => made.ofTensor.get(name)![0]!;
  expect(at("blocks.0.pattern").x).toBeLessThan(at("blocks.0.resid_pre").x);
  expect(at("blocks.0.ffn_post").x).toBeGreaterThan(at("blocks.0.resid_pre").x);
  expect(at("blocks.1.resid_pre").y).toBeLessThan(at("blocks.0.resid_post").y);
  expect(at("blocks.0.resid_pre").x).toBe(at("blocks.1.resid_post").x);
});

test("a head's rows of W_Q stand level with its queries", () => {
  const made = plan(small());
  const q = made.ofTensor.get("blocks.0.q")!;
  const w = made.ofTensor.get("blocks.0.attention.wq.weight")!;
  expect(w.map((box) => [box.y, box.rows])).toEqual(q.map((box) => [box.y, box.rows]));
});

test("a head is linked to its own key head, where two share one", () => {
  const { scene } = fromPython.find(({ name }) => name.startsWith("grouped"))!;
  const made = plan(scene);
  const linked = (name: string): number[][] =>
    made.links
      .filter((l) => l.from.tensor.name === name && l.to.tensor.name === "blocks.0.scores")
      .map((l) => [l.from.plane, l.to.plane]);
  const heads = [0, 1, 2, 3];
  expect(linked("blocks.0.rot_q")).toEqual(heads.map((h) => [h, h]));
  expect(linked("blocks.0.rot_k")).toEqual(heads.map((h) => [h >> 1, h]));
  expect(made.ofTensor.get("blocks.0.attention.wk.weight")).toHaveLength(2);
  expect(made.ofTensor.get("blocks.0.attention.wo.weight")).toHaveLength(1);
});

test("keys and values are marked as kept, turned keys too", () => {
  for (const { name, scene } of fromPython) {
    const kept = plan(scene).boxes.filter((box) => box.kept);
    const names = new Set(kept.map((box) => box.tensor.name.replace(/^blocks\.\d\./, "")));
    const turned = scene.byName.has("blocks.0.rot_k") ? ["rot_k"] : [];
    const held = scene.byName.has("blocks.0.k") ? ["k", "v"] : ["c_kv"];
    expect(names, name).toEqual(new Set([...held, ...turned]));
  }
});

test("names nobody has heard of get a place all the same", () => {
  const payload = fake();
  for (const t of payload.manifest.tensors) {
    t.name = t.name.replace("ffn_post", "expert_7_hidden").replace("wo.weight", "w_absorbed");
    t.inputs = t.inputs?.map((n) =>
      n.replace("ffn_post", "expert_7_hidden").replace("wo.weight", "w_absorbed"),
    );
    if (t.rule) t.rule.of = [...t.inputs!];
  }
  const made = plan(opened(payload));
  expect(made.ofTensor.get("blocks.0.expert_7_hidden")).toHaveLength(1);
  const bounds = boundsOf(made.boxes);
  expect(Number.isFinite(bounds.left + bounds.right + bounds.top + bounds.bottom)).toBe(true);
});

test("what no rule ties to a branch stands where what is formed next does", () => {
  const payload = fake();
  const whole = plan(opened(payload));
  for (const t of payload.manifest.tensors)
    if (t.name.endsWith(".z")) [t.rule, t.inputs] = [null, []];
  const places = ({ boxes }: Plan): [string, number, number][] =>
    boxes.map(({ tensor, x, y }) => [tensor.name, x, y]);
  expect(places(plan(opened(payload)))).toEqual(places(whole));
});

test("what nothing reads stands with the branch before it, where no other comes", () => {
  const payload = fake();
  const { tensors } = payload.manifest;
  const at = tensors.findIndex(({ name }) => name === "blocks.0.ffn_out");
  tensors.splice(at + 1, 0, { ...tensors[at]!, name: "blocks.0.unread" });
  const { ofTensor } = plan(opened(payload));
  const [unread, out] = ["unread", "ffn_out"].map((name) => ofTensor.get(`blocks.0.${name}`)![0]!);
  expect(unread!.y).toBe(out!.y);
  expect(unread!.x).toBeGreaterThan(out!.x);
});
