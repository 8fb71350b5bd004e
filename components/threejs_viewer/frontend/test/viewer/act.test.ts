import { expect, test } from "vitest";
import { actOf, looksUpTokens, type Act } from "../../src/viewer/act";
import { small } from "./helpers";
import { fromPython } from "./scenes";

const ACTS: Record<string, Act> = {
  embed: "lookup",
  pos_embed: "lookup",
  resid_pre: "stream",
  depth_pattern_mid: "depth",
  depth_pattern_post: "depth",
  attn_norm: "norm",
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

test("a lookup goes by tokens where the rows of its table are the vocabulary", () => {
  const scene = small();
  const by = ["embed", "pos_embed", "logits"].map((n) =>
    looksUpTokens(scene, scene.byName.get(n)!),
  );
  expect(by).toEqual([true, false, false]);
});
