import { describe, expect, test } from "vitest";
import {
  halfToNumber,
  halvesOf,
  indexOf,
  numberToHalf,
  placeOf,
  numbersOf,
  pool,
  read,
  say,
} from "../../src/viewer/data";
import { fake } from "../../dev/fake";
import { opened, small } from "./helpers";
import { fromPython } from "./scenes";

describe("float16", () => {
  test("every bit pattern that is a number survives there and back", () => {
    const patterns = [...Array(65536).keys()].filter((bits) => !Number.isNaN(halfToNumber(bits)));
    expect(patterns.filter((bits) => numberToHalf(halfToNumber(bits)) !== bits)).toEqual([]);
  });

  test("known numbers", () => {
    expect(halfToNumber(0x3c00)).toBe(1);
    expect(halfToNumber(0xc000)).toBe(-2);
    expect(halfToNumber(0x7bff)).toBe(65504);
    expect(halfToNumber(0x0001)).toBe(2 ** -24);
    expect(halfToNumber(0xfc00)).toBe(-Infinity);
    expect(halfToNumber(0x7e00)).toBeNaN();
  });

  test("bytes that start at an odd place are copied first", () => {
    const bytes = new Uint8Array([9, 0x00, 0x3c, 0x00, 0xc0]).subarray(1);
    expect(bytes.byteOffset % 2).toBe(1);
    expect([...halvesOf(bytes)].map(halfToNumber)).toEqual([1, -2]);
  });
});

describe("reading cells", () => {
  test("a batch axis of one goes away", () => {
    const payload = fake();
    const logits = payload.manifest.tensors.find((t) => t.name === "logits")!;
    logits.shape.unshift(1);
    logits.axes.unshift("batch");
    const scene = opened(payload);
    expect(scene.byName.get("logits")!.shape).toEqual([6, 16]);
  });

  test("scale multiplies", () => {
    const payload = fake();
    const plain = read(small(), small().byName.get("embed")!, 3)!;
    payload.manifest.tensors.find((t) => t.name === "embed")!.scale = 0.5;
    const scene = opened(payload);
    expect(read(scene, scene.byName.get("embed")!, 3)).toBe(plain * 0.5);
  });

  test("place and index undo each other", () => {
    const q = small().byName.get("blocks.0.q")!;
    for (let i = 0; i < q.size; i++) expect(indexOf(q, placeOf(q, i))).toBe(i);
  });

  test("a truncated blob is named, and its numbers read as missing, not as 0", () => {
    const payload = fake();
    payload.activations = payload.activations.slice(0, payload.activations.length - 20);
    const scene = opened(payload);
    const probs = scene.byName.get("probs")!;
    expect(scene.problems).toContain("probs: 10 of its 96 numbers did not arrive");
    expect(read(scene, probs, probs.size - 1)).toBeUndefined();
    expect(say(read(scene, probs, probs.size - 1))).toBe("did not arrive");
  });

  test("NaN is counted and shown as NaN", () => {
    const payload = fake();
    const bytes = payload.activations.slice();
    bytes.set([0, 0x7e], 2 * payload.manifest.tensors.find((t) => t.name === "logits")!.offset);
    const scene = opened({ ...payload, activations: bytes });
    expect(scene.problems).toContain("logits: 1 of its numbers are NaN or infinite");
    expect(say(read(scene, scene.byName.get("logits")!, 0))).toBe("NaN");
  });

  test("unknown tokens and an empty prompt are named", () => {
    const payload = fake();
    payload.manifest.tokens = ["7", "x"];
    expect(opened(payload).problems[0]).toContain('"x"');
    payload.manifest.tokens = [];
    expect(opened(payload).problems).toContain("the prompt is empty");
  });

  test("a shape that makes no sense is left out and named", () => {
    const payload = fake();
    payload.manifest.tensors[0]!.shape = [0, 8];
    const scene = opened(payload);
    expect(scene.byName.has("embed.weight")).toBe(false);
    expect(scene.problems[0]).toContain("embed.weight");
  });

  test("a masked score is not a broken number", () => {
    const scene = small();
    expect(scene.problems).toEqual([]);
    expect(say(read(scene, scene.byName.get("blocks.0.scores")!, 1))).toBe("−∞ (masked)");
  });
});

test("a pooled block of weights holds their mean size", () => {
  const scene = small();
  const t = scene.byName.get("embed.weight")!;
  const { numbers, starts } = pool(scene, "weight");
  let size = 0;
  for (let r = 4; r < 8; r++)
    for (let c = 0; c < 4; c++) size += Math.abs(read(scene, t, r * 8 + c)!) / 16;
  expect(numbers[starts.get("embed.weight")![0] + 2]).toBeCloseTo(size, 5);
});

test("the picture's numbers are those that are read, second halves included", () => {
  for (const { scene } of fromPython)
    for (const kind of ["weight", "activation"] as const) {
      const numbers = numbersOf(scene, kind);
      for (const t of scene.tensors.filter((x) => x.kind === kind))
        for (let i = 0; i < t.present; i += 7)
          expect(numbers[t.offset + i]! * t.scale, t.name).toBeCloseTo(read(scene, t, i)!, 6);
    }
});

test("tokens stay apart from afar: a block is of one token, strong where signs agree", () => {
  const scene = small("7*8=56");
  const t = scene.byName.get("blocks.1.k")!;
  const { numbers, starts } = pool(scene, "activation");
  const four = [0, 1, 2, 3].map((i) => read(scene, t, indexOf(t, [1, 2, i]))!);
  const [sum, size] = [four, four.map(Math.abs)].map((x) => x.reduce((a, b) => a + b, 0) / 4);
  expect(numbers[starts.get(t.name)![0] + (t.rows + 2)]).toBeCloseTo(
    Math.sign(sum!) * Math.sqrt(Math.abs(sum!) * size!),
    5,
  );
});

test("numbers are said with their sign as a glyph", () => {
  expect(say(0.3712)).toBe("+0.371");
  expect(say(-12.34)).toBe("−12.3");
  expect(say(0)).toBe("0");
  expect(say(-0.00002)).toBe("−2.00e-5");
});
