import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { env } from "node:process";
import { describe, expect, test } from "vitest";
import { indexOf, openScene, read, type Manifest, type Scene } from "../../src/viewer/data";
import {
  byShare,
  isHome,
  logit,
  neurons,
  restOf,
  total,
  unfold,
  type Term,
} from "../../src/viewer/home";
import { fake } from "../../dev/fake";
import { built } from "./handmade";
import { opened, small } from "./helpers";
import { fromPython } from "./scenes";
import fromLab from "./ways.json";

/** Ways from a logit down: always the largest part, and each part that is one step off it. */
function* wholes(scene: Scene, root: Term): Generator<Term> {
  for (let one: Term | undefined = root; one; ) {
    const parts = unfold(scene, one);
    yield one;
    yield* parts;
    one = byShare(one, parts)[0];
  }
}

describe.each(["7*8=56", "9*9=", "1"])("every sum of %s", (prompt) => {
  test("is its whole", () => {
    const scene = small(prompt);
    const last = prompt.length - 1;
    for (const vocab of [0, 5, 11]) {
      const root = logit(scene, last, vocab)!;
      expect(root.value).toBe(read(scene, root.tensor, last * root.tensor.cols + vocab));
      for (const whole of wholes(scene, root))
        for (const parts of [unfold(scene, whole), neurons(scene, whole, 16)])
          if (parts.length) expect(restOf(scene, whole, parts).rounded).toBe(true);
    }
  });
});

test.each([...fromPython, ...built])(
  "every sum of $name is its whole, up to float16",
  ({ scene }) => {
    for (const vocab of [0, 5, 11])
      for (const whole of wholes(scene, logit(scene, 3, vocab)!))
        for (const parts of [unfold(scene, whole), neurons(scene, whole, 16)])
          if (parts.length)
            // Of numbers about 1, rounded at every step in between.
            expect(Math.abs(total(parts) - whole.value)).toBeLessThan(4e-3);
  },
);

test("where two query heads share a key head, a head's tokens are values of the shared one", () => {
  const { scene } = fromPython.find(({ name }) => name.startsWith("grouped"))!;
  const heads = unfold(scene, logit(scene, 3, 5)!).filter((p) => p.tensor.name === "blocks.1.z");
  expect(heads.map((p) => p.head)).toEqual([0, 1, 2, 3]);
  const read = heads.map((p) => unfold(scene, p).map((v) => [v.tensor.name, v.head, v.position]));
  expect(read).toEqual(
    [0, 0, 1, 1].map((head) => [0, 1, 2, 3].map((s) => ["blocks.1.v", head, s])),
  );
});

test("a part says in which share it was let in: by the pattern of a head, and of a reading", () => {
  const { scene } = fromPython.find(({ name }) => name === "depth-relu2")!;
  const at = (name: string, ...place: number[]): number => {
    const t = scene.byName.get(name)!;
    return read(scene, t, indexOf(t, place))!;
  };
  const top = unfold(scene, logit(scene, 3, 5)!);
  const sources = [0, 0, 1, 1, 2, 3, 3, 4]; // a token and its place, then two heads and an FFN a layer
  expect(top.map((p) => p.share)).toEqual(
    sources.map((n) => at("blocks.1.depth_pattern_post", 3, n)),
  );
  expect(unfold(scene, top[6]!).map((p) => p.share)).toEqual(
    [0, 1, 2, 3].map((s) => at("blocks.1.pattern", 1, 3, s)),
  );
  const plain = small();
  for (const part of unfold(plain, logit(plain, 3, 5)!)) expect(part.share).toBe(1);
});

test("a level names what was written before it, then tokens, then what was written there", () => {
  const scene = small();
  const names = (parts: Term[]): string[] => parts.map((p) => `${p.tensor.name} ${p.head}`);
  const start = ["embed null", "pos_embed null"];
  const heads = [0, 1].map((l) => [0, 1].map((h) => `blocks.${l}.z ${h}`));
  const first = [...heads[0]!, "blocks.0.ffn_out null"];
  const top = unfold(scene, logit(scene, 3, 5)!);
  expect(names(top)).toEqual([...start, ...first, ...heads[1]!, "blocks.1.ffn_out null"]);
  const tokens = unfold(scene, top[6]!);
  expect(tokens.map((p) => [p.tensor.name, p.head, p.position])).toEqual(
    [0, 1, 2, 3].map((s) => ["blocks.1.v", 1, s]),
  );
  const below = unfold(scene, tokens[2]!);
  expect(names(below)).toEqual([...start, ...first]);
  expect(below.every((p) => p.position === 2)).toBe(true);
  expect(names(unfold(scene, top[7]!))).toEqual([...start, ...first, ...heads[1]!]);
  expect(isHome(scene, top[0]!) && isHome(scene, top[1]!)).toBe(true);
});

test("a neuron is followed through itself alone: all of them together are the FFN", () => {
  const scene = small();
  const ffn = unfold(scene, logit(scene, 3, 5)!)[7]!;
  const each = neurons(scene, ffn, 16).map((n) => unfold(scene, n));
  unfold(scene, ffn).forEach((p, i) =>
    expect(each.reduce((sum, parts) => sum + parts[i]!.value, 0)).toBeCloseTo(p.value, 9),
  );
  expect(neurons(scene, ffn, 3)).toHaveLength(3);
});

test("the parts that pull the way of the whole come first", () => {
  const scene = small();
  for (const vocab of [0, 5, 11]) {
    const root = logit(scene, 3, vocab)!;
    const shares = byShare(root, unfold(scene, root)).map((p) => p.value / root.value);
    expect(shares).toEqual([...shares].sort((a, b) => b - a));
    expect(shares[0]).toBeGreaterThan(0);
  }
});

test("no way begins where numbers are missing, or where a rule is unknown it ends", () => {
  const payload = fake();
  expect(logit(opened({ ...payload, weights: new Uint8Array(0) }), 3, 5)).toBeNull();
  expect(logit(small(), 6, 5)).toBeNull();
  payload.manifest.tensors.find((t) => t.name === "blocks.1.v")!.rule!.op = "something new";
  const scene = opened(payload);
  const head = unfold(scene, logit(scene, 3, 5)!)[5]!;
  for (const one of unfold(scene, head)) expect(isHome(scene, one)).toBe(true);
});

test("a number that was changed by hand shows as a rest", () => {
  const payload = fake();
  payload.manifest.tensors.find((t) => t.name === "blocks.1.v")!.scale = 2;
  const scene = opened(payload);
  const head = unfold(scene, logit(scene, 3, 5)!)[5]!;
  const { rest, rounded } = restOf(scene, head, unfold(scene, head));
  expect(rest).toBeCloseTo(-head.value, 2);
  expect(rounded).toBe(false);
});

// What lab found: tests/ui/viewer_ways.py writes ways in the scenes that are committed, and
// tests/ui/test_front_end.py whole scenes of committed runs with theirs.
interface Recorded {
  manifest: Manifest;
  weights: string; // base64
  activations: string;
  ways: RecordedWay[];
}
interface RecordedWay {
  position: number;
  token: number;
  way: RecordedTerm[];
}
interface RecordedTerm {
  name: string;
  position: number;
  head: number | null;
  value: number;
  parts: RecordedTerm[];
}

/** Along the largest parts it is lab's, part by part. */
function compare(scene: Scene, { position, token, way }: RecordedWay): void {
  expect(way.length).toBeGreaterThan(0);
  let one: Term | undefined = logit(scene, position, token)!;
  for (const expected of way) {
    const parts: Term[] = unfold(scene, one!);
    expect(parts.length).toBe(expected.parts.length);
    [one!, ...parts].forEach((p, i) => {
      const theirs = i ? expected.parts[i - 1]! : expected;
      expect([p.tensor.name, p.position, p.head]).toEqual([
        theirs.name,
        theirs.position,
        theirs.head,
      ]);
      expect(p.value).toBeCloseTo(theirs.value, 9);
    });
    one = byShare(one!, parts)[0];
  }
  expect(one).toBeUndefined();
}

const ways = fromLab as Record<string, RecordedWay[]>;

test("lab has recorded ways in every scene", () => {
  expect(Object.keys(ways).sort()).toEqual(fromPython.map(({ name }) => name).sort());
});

test.each(fromPython)("the ways home in $name are lab's", ({ name, scene }) => {
  expect(ways[name]!.length).toBeGreaterThan(0);
  for (const way of ways[name]!) compare(scene, way);
});

const folder = env["SCENES"];
const files = folder ? readdirSync(folder).map((name) => join(folder, name)) : [];

describe.each(files)("%s", (file) => {
  const recorded = JSON.parse(readFileSync(file, "utf-8")) as Recorded;
  const halves = (text: string): Uint16Array => {
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    return new Uint16Array(bytes.buffer);
  };
  const scene = openScene(recorded.manifest, {
    weight: halves(recorded.weights),
    activation: halves(recorded.activations),
  });

  test("the way along the largest parts is lab's, part by part", () => {
    for (const way of recorded.ways) compare(scene, way);
  });
});
