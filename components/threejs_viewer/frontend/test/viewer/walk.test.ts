import { expect, test } from "vitest";
import { actOf } from "../../src/viewer/act";
import { choice, stageOf, stagesOf } from "../../src/viewer/walk";
import { pick } from "../../src/viewer/pick";
import { plan, heightOf } from "../../src/viewer/layout";
import { View, FRONT } from "../../src/viewer/camera";
import { read, type Scene } from "../../src/viewer/data";
import { sourceName } from "../../src/viewer/depth";
import { small } from "./helpers";
import { fromPython } from "./scenes";

test("prefill covers the prompt up to =, then each token runs alone", () => {
  const stages = stagesOf(small("7*8=56"));
  expect(stages[0]!.span).toEqual([0, 3]);
  const alone = stages.filter((s) => s.span[0] > 0);
  expect(new Set(alone.map((s) => s.span.join()))).toEqual(new Set(["4,4", "5,5"]));
  expect(alone[0]!.title).toBe('Token 5, "5" · one new column');
  expect(stages.filter((s) => s.next)).toHaveLength(3);
});

test("a long answer is one stage a token", () => {
  const stages = stagesOf(small("7*8=7*8=+=123456"));
  const alone = stages.filter((s) => s.span[0] > 0);
  expect(alone.map((s) => s.span[0])).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
  expect(alone.every((s) => s.next)).toBe(true);
});

test.each([{ name: "fake", scene: small("7*8=56") }, ...fromPython])(
  "$name: every activation is lit by some stage, and every tied word names matrices that exist",
  ({ scene }) => {
    const stages = stagesOf(scene);
    const lit = new Set(stages.flatMap((s) => s.names));
    for (const t of scene.tensors) expect(lit.has(t.name), t.name).toBe(true);
    for (const s of stages)
      for (const piece of s.text)
        if (typeof piece !== "string") {
          expect(piece.names.length, `${s.title}: ${piece.word}`).toBeGreaterThan(0);
          for (const name of piece.names) expect(scene.byName.has(name), name).toBe(true);
        }
  },
);

test("each kind of step but a plain product has a title of its own, not the name of what it makes", () => {
  for (const { scene } of fromPython) {
    const names = scene.tensors
      .filter((t) => actOf(scene, t) !== "product")
      .map((t) => t.name.replace(/^blocks\.\d+\./, ""));
    for (const stage of stagesOf(scene))
      expect(names).not.toContain(stage.title.split(" · ").pop());
  }
});

const told = (scene: Scene, name: string): string => {
  const stages = stagesOf(scene);
  const { text } = stages[stageOf(stages, name)]!;
  return text.map((piece) => (typeof piece === "string" ? piece : piece.word)).join("");
};

test("a stream that is a sum is added up, one that is a mix is not said to be", () => {
  expect(told(small(), "blocks.0.resid_mid")).toMatch(/^attn_out is added to the stream/);
  for (const { scene } of fromPython.filter(({ name }) => name.includes("depth"))) {
    expect(told(scene, "blocks.0.resid_pre")).toMatch(/^pos_embed is added to the stream/);
    for (const state of ["resid_mid", "resid_post"])
      expect(told(scene, `blocks.1.${state}`)).toMatch(
        /^Not a plain sum: all that was written before is added up in the shares of its column/,
      );
  }
});

test("a reading that shares itself out says of what it reads most", () => {
  const { scene } = fromPython.find(({ name }) => name === "depth-relu2")!;
  const shares = scene.byName.get("blocks.1.depth_pattern_post")!;
  const row = [...Array(5).keys()].map((n) => read(scene, shares, 3 * 5 + n)!);
  const most = Math.max(...row);
  const source = sourceName(scene, shares, row.indexOf(most));
  expect(told(scene, shares.name)).toContain(
    `For "=" it reads most of ${source}: ${(100 * most).toFixed(1)}%.`,
  );
});

test("a matrix leads to the stage that makes it", () => {
  const stages = stagesOf(small());
  expect(stages[stageOf(stages, "blocks.1.k")]!.title).toBe("Layer 2 of 2 · queries, keys, values");
});

test("the digit that drops in is the most likely one", () => {
  const scene = small();
  const best = choice(scene, 3)!;
  const probs = scene.byName.get("probs")!;
  const all = [...Array(16).keys()].map((c) => read(scene, probs, 3 * 16 + c)!);
  expect(best.share).toBe(Math.max(...all));
  expect(scene.manifest.vocabulary.indexOf(best.token)).toBe(all.indexOf(best.share));
});

test("a ray through a cell's middle picks that cell, from in front and from the side", () => {
  const made = plan(small());
  const view = new View();
  view.resize(800, 500);
  for (const angles of [FRONT, { yaw: 0.5, pitch: 0.4 }]) {
    view.set(view.fit(made.bounds, angles));
    for (const box of made.boxes) {
      const [col, row] = [Math.floor(box.cols / 2), Math.floor(box.rows / 2)];
      const p = view.project(
        box.x + (col + 0.5) * box.cellW,
        box.y - (row + 0.5) * box.cellH,
        box.z + box.depth,
      );
      const hit = pick([box], view.ray(p.nx, p.ny))!;
      expect([hit.col, hit.row]).toEqual([col, row]);
    }
  }
  expect(heightOf(made.boxes[0]!)).toBeGreaterThan(0);
});

test("a fitted rectangle lies inside the canvas", () => {
  const made = plan(small());
  const view = new View();
  view.resize(390, 600);
  view.set(view.fit(made.bounds));
  const { left, right, top, bottom } = made.bounds;
  for (const [x, y] of [
    [left, top],
    [right, bottom],
  ] as const) {
    const p = view.project(x, y, 0);
    expect(Math.max(Math.abs(p.nx), Math.abs(p.ny))).toBeLessThan(0.91);
  }
});
