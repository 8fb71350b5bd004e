import { expect, test } from "vitest";
import { actOf, looksUpTokens, type Act } from "../../src/viewer/act";
import { sumOf } from "../../src/viewer/branches";
import { small } from "./helpers";
import { fromPython } from "./scenes";

const ACTS: Record<string, Act> = {
  embed: "lookup",
  pos_embed: "lookup",
  resid_pre: "stream",
  depth_pattern_mid: "depth",
  depth_pattern_post: "depth",
  attn_norm: "norm",
  block_norm: "norm",
  c_q: "product",
  c_kv: "product",
  q_rope: "heads",
  k_rope: "heads",
  router_scores: "activation",
  expert_index: "product",
  expert_weight: "product",
  shared_pre: "product",
  shared_post: "activation",
  q: "heads",
  k: "heads",
  v: "heads",
  rot_q: "rotation",
  rot_k: "rotation",
  scores: "scores",
  pattern: "shares",
  z: "mix",
  attn_out: "product",
  resid_mid: "stream",
  ffn_norm: "norm",
  ffn_pre: "product",
  ffn_out: "product",
  resid_post: "stream",
  final_norm: "norm",
  logits: "logits",
  probs: "chances",
};

test.each([{ name: "fake", scene: small() }, ...fromPython])(
  "$name: the kind of every step is told from its rule",
  ({ name, scene }) => {
    for (const t of scene.tensors.filter((x) => x.kind === "activation")) {
      const short = t.name.split(".").pop()!;
      const post = /swiglu|gated/.test(name) ? "gated" : "activation";
      expect(actOf(scene, t), t.name).toBe(short === "ffn_post" ? post : ACTS[short]);
    }
    for (const t of scene.tensors.filter((x) => x.kind === "weight"))
      expect(actOf(scene, t)).toBeNull();
  },
);

test("what is added to the stream is written, the stream itself is not", () => {
  const scene = small();
  const written = scene.tensors.filter((t) => sumOf(scene, t)).map((t) => t.name);
  const blocks = [0, 1].flatMap((l) => [`blocks.${l}.attn_out`, `blocks.${l}.ffn_out`]);
  expect(written).toEqual(["embed", "pos_embed", ...blocks]);
});

test("shares over depth are not written, though the stream is mixed by them", () => {
  for (const { name, scene } of fromPython.filter(({ name }) => name.includes("depth")))
    for (const t of scene.tensors.filter((x) => x.axes.includes("source")))
      expect(sumOf(scene, t), `${name} ${t.name}`).toBeUndefined();
});

test("a lookup goes by tokens where the rows of its table are the vocabulary", () => {
  const scene = small();
  const by = ["embed", "pos_embed", "logits"].map((n) =>
    looksUpTokens(scene, scene.byName.get(n)!),
  );
  expect(by).toEqual([true, false, false]);
});
