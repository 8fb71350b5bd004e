import { describe, expect, test } from "vitest";
import {
  compare,
  contrast,
  matchedTokens,
  pairAt,
  partnerOf,
  samePlace,
  sayPair,
  sayShown,
  unmatched,
  type Comparison,
} from "../../src/viewer/compare";
import {
  halvesOf,
  indexOf,
  openScene,
  placeOf,
  read,
  type Scene,
  type Tensor,
} from "../../src/viewer/data";
import { cellIndex, plan } from "../../src/viewer/layout";
import { fake, SMALL } from "../../dev/fake";
import { opened, small } from "./helpers";

const between = (left: Scene, right: Scene): Comparison => compare(left, right, true);
const tensor = (scene: Scene, name: string): Tensor => scene.byName.get(name)!;

/** A cell's difference as the comparison holds it, and as the two scenes give it. */
function both(c: Comparison, name: string, place: number[]): [number, number] {
  const [l, r, d] = [c.left, c.right, c.difference].map(
    (s) => read(s, tensor(s, name), indexOf(tensor(s, name), place))!,
  ) as [number, number, number];
  return [d, r - l];
}

describe("two texts of one length", () => {
  const c = between(small("7*8=56"), small("7*9=63"));

  test("every number is right less left, up to float16, in values, pairs and the drawn scene", () => {
    for (const t of c.right.tensors.filter((x) => x.kind === "activation"))
      for (let i = 0; i < t.size; i++) {
        const [l, r] = [read(c.left, tensor(c.left, t.name), i)!, read(c.right, t, i)!];
        if (l === r) continue;
        const drawn = read(c.difference, tensor(c.difference, t.name), i)!;
        expect(Math.abs(drawn - (r - l)), t.name).toBeLessThanOrEqual(2 ** -10 * Math.abs(r - l));
        const told = { alone: false, pending: false, left: l, right: r, difference: r - l };
        expect(pairAt(c, c.right, t, i)).toEqual(told);
        expect(pairAt(c, c.left, tensor(c.left, t.name), i)).toEqual(told);
      }
  });

  test("the embedding is equal but at the changed tokens, and the causal mask keeps it so", () => {
    const changed = (name: string): Set<number> => {
      const t = tensor(c.difference, name);
      const at = t.axes.findIndex((axis) => axis === "position");
      const cells = [...Array(t.size).keys()].filter((i) => read(c.difference, t, i) !== 0);
      return new Set(cells.map((i) => placeOf(t, i)[at]!));
    };
    expect(changed("embed")).toEqual(new Set([2, 4, 5]));
    expect(changed("blocks.1.resid_post")).toEqual(new Set([2, 3, 4, 5]));
  });

  test("masked in both stays masked; weights of one digest are equal and stay where they are", () => {
    expect(both(c, "blocks.0.scores", [0, 0, 1])[0]).toBe(-Infinity);
    const shared = opened({ ...fake("7*9=63") });
    shared.halves.weight = c.left.halves.weight;
    const same = between(c.left, shared);
    expect(same.difference.halves.weight).toBe(c.left.halves.weight);
    for (const t of same.difference.tensors.filter((x) => x.kind === "weight")) {
      expect(read(same.difference, t, 0)).toBeCloseTo(0, 30);
      expect(contrast(same, t.name)).toBe("equal");
    }
  });

  test("the list says how far a matrix is from its partner", () => {
    expect(contrast(c, "pos_embed")).toBe("equal");
    expect(contrast(c, "embed")).toMatch(/^differs by up to \d/);
    expect(unmatched(c)).toEqual([]);
  });

  test("a scene beside itself differs nowhere", () => {
    const itself = between(c.left, small("7*8=56"));
    for (const t of itself.difference.tensors) expect(t.largest, t.name).toBe(0);
  });
});

describe("texts of two lengths", () => {
  const c = between(small("7*8="), small("7*8=56"));

  test("tokens are partners from the left, position by position; the rest has none", () => {
    const scores = tensor(c.right, "blocks.0.scores");
    for (let i = 0; i < scores.size; i++) {
      const [head, query, key] = placeOf(scores, i) as [number, number, number];
      const partner = tensor(c.left, scores.name);
      const expected = query < 4 && key < 4 ? (head * 4 + query) * 4 + key : -1;
      expect(samePlace(scores, i, partner)).toBe(expected);
    }
    expect(matchedTokens(scores, c.left)).toBe(4);
    expect(matchedTokens(tensor(c.right, "embed.weight"), c.left)).toBe(Infinity);
  });

  test("a cell without partner says so and is no difference", () => {
    const t = tensor(c.right, "embed");
    const pair = pairAt(c, c.right, t, indexOf(t, [5, 0]));
    expect(pair).toMatchObject({ alone: true, left: undefined, difference: undefined });
    expect(sayPair(pair)).toBe("no partner on the other side");
    expect(read(c.difference, tensor(c.difference, "embed"), indexOf(t, [5, 0]))).toBeNaN();
    expect(both(c, "embed", [3, 2])[0]).toBe(0);
    expect(unmatched(c)[0]).toContain(
      "left text has 4 tokens and the right one 6: only the first 4",
    );
  });

  test("both stand in the same places, whatever the length of the text", () => {
    const [left, right] = [plan(c.left, 6), plan(c.right, 6)];
    for (const box of left.boxes) {
      const twin = right.boxes.find((b) => b.title === box.title && b.y === box.y && b.x === box.x);
      expect(twin?.tensor.name, box.title).toBe(box.tensor.name);
    }
    const [a, b] = [left, right].map((p) => p.ofTensor.get("blocks.1.z")![1]!);
    expect(placeOf(a!.tensor, cellIndex(a!, 2, 1))).toEqual(
      placeOf(b!.tensor, cellIndex(b!, 2, 1)),
    );
  });
});

describe("models of two sizes", () => {
  const c = between(small("7*8="), small("7*8=", { ...SMALL, layers: 3, d: 12, ff: 24 }));

  test("only what has the same shape has a partner, and the rest is named", () => {
    expect(partnerOf(tensor(c.right, "logits"), c.left)).toBe(tensor(c.left, "logits"));
    expect(partnerOf(tensor(c.right, "blocks.0.pattern"), c.left)).not.toBeNull();
    expect(partnerOf(tensor(c.right, "embed"), c.left)).toBeNull();
    expect(matchedTokens(tensor(c.right, "blocks.2.k"), c.left)).toBe(-1);
    expect(contrast(c, "embed")).toBe("no partner");
    expect(contrast(c, "blocks.2.k")).toBe("no partner");
    const said = unmatched(c).join("; ");
    expect(said).toMatch(/49 matrices differ in shape/);
    expect(said).toMatch(/matrices stand only on the right/);
    expect(said).not.toContain("only on the left");
  });
});

test("a tensor that is far larger on the left does not overflow, and is read in the left's scale", () => {
  const loud = fake("7*8=");
  loud.manifest.tensors.find((t) => t.name === "logits")!.scale = 2 ** 16;
  const c = between(opened(loud), small("7*8="));
  const [drawn, exact] = both(c, "logits", [1, 3]);
  expect(drawn / exact).toBeCloseTo(1, 3);
});

test("what did not arrive or is NaN on one side has no difference, and the other side is whole", () => {
  const payload = fake("7*9=63");
  const broken = payload.activations.slice(0, -20);
  broken.set([0, 0x7e], 2 * payload.manifest.tensors.find((t) => t.name === "embed")!.offset);
  const c = between(small("7*8=56"), opened({ ...payload, activations: broken }));
  expect(pairAt(c, c.left, tensor(c.left, "probs"), 95).difference).toBeUndefined();
  expect(pairAt(c, c.left, tensor(c.left, "embed"), 0).difference).toBeNaN();
  expect(c.left.problems).toEqual([]);
  expect(c.right.problems).toHaveLength(2);
});

test("weights that are still to come have no difference yet, whichever side waits for them", () => {
  const waiting = (): Scene => {
    const { manifest, activations } = fake("7*9=63", { ...SMALL, seed: 8 });
    const blobs = { weight: new Uint16Array(0), activation: halvesOf(activations) };
    return openScene({ ...manifest, weights_digest: "other" }, blobs, true);
  };
  for (const c of [between(small(), waiting()), between(waiting(), small())]) {
    const [weight, made] = [tensor(c.left, "embed.weight"), tensor(c.left, "embed")];
    expect(sayPair(pairAt(c, c.left, weight, 0))).toBe("not loaded yet");
    expect(sayShown(c, c.right, tensor(c.right, "embed.weight"), 0)).toBe("not loaded yet");
    expect(contrast(c, "embed.weight")).toBe("not loaded yet");
    expect(sayPair(pairAt(c, c.left, made, 0))).toMatch(/^left [+−0]/);
    expect(contrast(c, "embed")).toMatch(/^differs by/);
  }
});
