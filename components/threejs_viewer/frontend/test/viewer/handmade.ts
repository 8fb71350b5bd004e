// Scenes of numbers made up here, for rules of models that are not built yet.

import { numberToHalf, openScene, type Scene } from "../../src/viewer/data";
import { within, type Rotation, type Rule, type Table } from "../../src/viewer/rules";

/** Heads, tokens, width, experts, chosen experts, neurons: every size is another number. */
export const [H, T, D, E, K, F] = [2, 5, 6, 4, 3, 7] as const;

/** A number at a place. */
export type At = (...place: number[]) => number;

interface Made {
  axes: string[];
  shape: number[];
  at: At;
  rule?: Rule;
}

/** Eighths, so that float16 holds them as they are. What begins with `w` is learned. */
const eighths =
  (seed: number): At =>
  (...place) => {
    const mixed = place.reduce(
      (sum, i) => Math.imul(sum + i + 1, 2654435761) >>> 0,
      seed * 97 + 13,
    );
    return (((mixed >>> 8) % 33) - 16) / 8;
  };

const [stream, heads, map] = [
  ["position", "d_model"],
  ["head", "position", "head_dim"],
  ["head", "query", "key"],
];

const CHOSEN = [
  [2, 0, 3],
  [1, 1, 2],
  [0, 3, 1],
  [3, 2, 0],
  [1, 0, 2],
];

export const inputs: Record<string, Made> = {
  x: { axes: stream!, shape: [T, D], at: eighths(1) },
  y: { axes: stream!, shape: [T, D], at: eighths(2) },
  q: { axes: heads!, shape: [H, T, D], at: eighths(3) },
  k: { axes: heads!, shape: [1, T, D], at: eighths(4) },
  pattern: { axes: map!, shape: [H, T, T], at: eighths(5) },
  latent: { axes: ["position", "latent"], shape: [T, K], at: eighths(6) },
  depth: { axes: ["position", "source"], shape: [T, 2], at: eighths(7) },
  share: { axes: ["position", "chosen"], shape: [T, K], at: eighths(8) },
  hidden: { axes: ["position", "chosen", "d_ff"], shape: [T, K, F], at: eighths(9) },
  expert: { axes: ["position", "chosen"], shape: [T, K], at: (t, n) => CHOSEN[t!]![n!]! },
  w_row: { axes: ["vocab", "d_model"], shape: [E, D], at: eighths(10) },
  w_up: { axes: ["width", "latent"], shape: [H * D, K], at: eighths(11) },
  w_in: { axes: ["expert", "d_ff", "d_model"], shape: [E, F, D], at: eighths(12) },
  w_back: { axes: ["expert", "d_model", "d_ff"], shape: [E, D, F], at: eighths(13) },
  w_gain: { axes: ["d_model"], shape: [D], at: eighths(14) },
  w_bias: { axes: ["head", "reach"], shape: [H, 3], at: eighths(16) },
  w_out: { axes: ["d_model", "width"], shape: [E, H * D], at: eighths(15) },
};

const square = [...Array(T).keys()].map((t) => [...Array(T).keys()].map((s) => [t, s] as const));

export const given: Record<string, Table[] | Rotation> = {
  case: [0, 1, 2, 1, 0],
  slopes: [0.5, 0.25],
  where: square.map((row) => row.map(([t, s]) => Math.max(0, Math.min(2, t - s)))),
  distance: square.map((row) => row.map(([t, s]) => t - s)),
  turn: {
    layout: "half",
    gain: 1,
    places: [0, 1, 2, 3, 4].map((t) => [t]),
    speeds: [[1, 0.5, 0.25]],
  },
  turn_pairs: {
    layout: "interleaved",
    gain: 1.25,
    places: square.map((row) => row.map(([t, s]) => [t - s, t % 2])),
    speeds: [
      [1, 0.5, 0],
      [0, 0.25, 0.75],
    ],
  },
};

/** Every place of a shape, the last axis fastest. */
export function* placesOf([n, ...rest]: readonly number[]): Generator<number[]> {
  if (n === undefined) yield [];
  else for (let i = 0; i < n; i++) for (const place of placesOf(rest)) yield [i, ...place];
}

export function handmade(made: Record<string, Made>): Scene {
  const blobs = { weight: [] as number[], activation: [] as number[] };
  const tensors = Object.entries({ ...inputs, ...made }).map(
    ([name, { axes, shape, at, rule }]) => {
      const kind = name.startsWith("w") ? ("weight" as const) : ("activation" as const);
      const offset = blobs[kind].length;
      for (const place of placesOf(shape)) blobs[kind].push(numberToHalf(at(...place)));
      const read = rule ? [...within(rule)].flatMap(({ of }) => of) : [];
      const names = new Set(read.filter((x) => typeof x === "string" && !(x in given)));
      const about = {
        rule: rule ?? null,
        inputs: [...names] as string[],
        stream: false,
        kept: false,
      };
      return { name, kind, axes, shape, offset, scale: 1, layer: null, ...about };
    },
  );
  const manifest = {
    version: 3,
    run: "made by hand",
    vocabulary: "0123",
    tokens: [..."01230"],
    config: {},
    given,
    weights_digest: "w",
    activations_digest: "a",
    tensors,
  };
  return openScene(manifest, {
    weight: Uint16Array.from(blobs.weight),
    activation: Uint16Array.from(blobs.activation),
  });
}
