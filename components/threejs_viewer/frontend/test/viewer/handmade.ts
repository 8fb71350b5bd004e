// Scenes of numbers made up here, for rules of models that are not built yet.

import { fake } from "../../dev/fake";
import {
  halvesOf,
  numberToHalf,
  openScene,
  type Scene,
  type TensorEntry,
} from "../../src/viewer/data";
import { explain } from "../../src/viewer/explain";
import { within, type Operand, type Rotation, type Rule, type Table } from "../../src/viewer/rules";

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

// ---------------------------------------------------------------- models that are built otherwise

/** The made-up model of three layers, each of its entries put as `change` says, and all of its numbers
 * computed again by the rules that it has then. */
function builtAs(name: string, change: (entry: TensorEntry) => TensorEntry[]): Scene {
  const { manifest, weights } = fake("7*8=56$", { layers: 3, d: 8, heads: 2, ff: 16 });
  const changed = manifest.tensors.flatMap(change);
  const entries = inOrder(changed.map((t) => ({ ...t, inputs: readBy(t.rule) })));
  let end = 0;
  const tensors = entries.map((t) => {
    if (t.kind === "weight") return t;
    const offset = end;
    end += t.shape.reduce((a, b) => a * b, 1);
    return { ...t, offset };
  });
  const made = { ...manifest, run: name, tensors };
  const blobs = { weight: halvesOf(weights), activation: new Uint16Array(end) };
  const open = openScene(made, blobs);
  for (const t of open.tensors.filter(({ kind }) => kind === "activation"))
    for (let i = 0; i < t.size; i++)
      blobs.activation[t.offset + i] = numberToHalf(explain(open, t, i).again!);
  return openScene(made, { ...blobs, activation: blobs.activation.slice() });
}

/** Each behind what it reads, and else as they come. */
function inOrder<T extends { name: string; inputs: string[] }>(entries: T[]): T[] {
  const [out, names] = [[] as T[], new Set<string>()];
  for (const left = [...entries]; left.length; ) {
    const next = left.findIndex(({ inputs }) => inputs.every((name) => names.has(name)));
    if (next < 0) throw new Error(`${left[0]!.name} reads what nothing makes`);
    for (const entry of left.splice(next, 1)) {
      out.push(entry);
      names.add(entry.name);
    }
  }
  return out;
}

const readBy = (rule: Rule | null | undefined): string[] => {
  const names = rule ? [...within(rule)].flatMap(({ of }) => of) : [];
  return [...new Set(names.filter((x) => typeof x === "string"))];
};

/** The same entry, whose rule reads other names; layers are counted by `#`. */
function reading(entry: TensorEntry, names: Record<string, string>): TensorEntry {
  const here = (name: string): string => JSON.stringify(at(entry, name));
  const rule = Object.entries(names).reduce(
    (text, [from, to]) => text.replaceAll(here(from), here(to)),
    JSON.stringify(entry.rule ?? null),
  );
  return { ...entry, rule: JSON.parse(rule) as Rule | null };
}

const at = ({ layer }: TensorEntry, name: string): string => name.replace("#", `blocks.${layer}`);
const is = (entry: TensorEntry, ...names: string[]): boolean =>
  names.some((name) => at(entry, name) === entry.name);

const sumOf = (entry: TensorEntry, ...names: string[]): Rule => ({
  op: "sum",
  of: names.map((name) => at(entry, name)),
});
const normOf = (entry: TensorEntry, x: Operand, gain: string): Rule => ({
  op: "norm",
  of: [x, at(entry, gain)],
  eps: 1e-6,
});

/** Attention and FFN read the stream as it is; each sum is normed. */
export const postNorm = builtAs("post-norm", (entry) => {
  if (is(entry, "#.attn_norm", "#.ffn_norm", "final_norm", "final_norm.gain")) return [];
  if (is(entry, "#.resid_mid")) {
    const sum = sumOf(entry, "#.resid_pre", "#.attn_out");
    return [{ ...entry, rule: normOf(entry, sum, "#.attn_norm.gain") }];
  }
  if (is(entry, "#.resid_post")) {
    const sum = sumOf(entry, "#.resid_mid", "#.ffn_out");
    return [{ ...entry, rule: normOf(entry, sum, "#.ffn_norm.gain") }];
  }
  const states = { "#.attn_norm": "#.resid_pre", "#.ffn_norm": "#.resid_mid" };
  return [reading(entry, { ...states, final_norm: "blocks.2.resid_post" })];
});

/** The FFN reads the stream first, and attention what it has left. */
export const turned = builtAs("the FFN before attention", (entry) => {
  if (is(entry, "#.attn_norm")) return [reading(entry, { "#.resid_pre": "#.resid_mid" })];
  if (is(entry, "#.ffn_norm")) return [reading(entry, { "#.resid_mid": "#.resid_pre" })];
  if (is(entry, "#.resid_mid"))
    return [{ ...entry, rule: sumOf(entry, "#.resid_pre", "#.ffn_out") }];
  if (is(entry, "#.resid_post"))
    return [{ ...entry, rule: sumOf(entry, "#.resid_mid", "#.attn_out") }];
  return [entry];
});

/** What attention and FFN write is normed once more before it is added. */
export const sandwich = builtAs("norms on both sides", (entry) => {
  const normed = (part: string): TensorEntry[] => [
    entry,
    {
      ...entry,
      name: at(entry, `#.${part}_normed`),
      rule: normOf(entry, at(entry, `#.${part}_out`), `#.${part}_norm.gain`),
    },
  ];
  if (is(entry, "#.attn_out")) return normed("attn");
  if (is(entry, "#.ffn_out")) return normed("ffn");
  const added = { "#.attn_out": "#.attn_normed", "#.ffn_out": "#.ffn_normed" };
  return [entry.stream ? reading(entry, added) : entry];
});

/** Layers 1 and 2 have no keys and values of their own. */
export const borrowing = builtAs("keys of layer 0", (entry) => {
  const own = ["#.k", "#.v", "#.attention.wk.weight", "#.attention.wv.weight"];
  if (entry.layer === 0) return [entry];
  if (is(entry, ...own)) return [];
  return [reading(entry, { "#.k": "blocks.0.k", "#.v": "blocks.0.v" })];
});

/** Two FFNs and attention read one norm, and one sum takes in all three. */
export const threefold = builtAs("three terms of one sum", (entry) => {
  if (is(entry, "#.ffn_norm", "#.ffn_norm.gain", "#.resid_mid")) return [];
  if (is(entry, "#.resid_post"))
    return [
      { ...entry, rule: sumOf(entry, "#.resid_pre", "#.attn_out", "#.ffn_out", "#.more_out") },
    ];
  const [own] = [reading(entry, { "#.ffn_norm": "#.attn_norm" })];
  if (!is(entry, "#.ffn_out")) return [own];
  const more = (name: string, shape: TensorEntry, rule: Rule): TensorEntry => ({
    ...shape,
    name: at(entry, name),
    rule,
  });
  const { rule } = reading(own, { "#.ffn_post": "#.more_post" });
  const neurons = { ...own, axes: ["position", "d_ff"], shape: [own.shape[0]!, 16] };
  const heard: Rule = {
    op: "contract",
    of: [at(entry, "#.attn_norm"), at(entry, "#.ffn.w_in.weight")],
    index: "t j, c j -> t c",
  };
  return [
    own,
    more("#.more_pre", neurons, heard),
    more("#.more_post", neurons, { op: "map", of: [at(entry, "#.more_pre")], fn: "relu2" }),
    more("#.more_out", own, rule!),
  ];
});

/** From layer 1 on two tokens are seen; neurons have another name in layer 1, and another function in 2. */
export const mixed = builtAs("layers that differ", (entry) => {
  const { rule, layer } = entry;
  if (layer !== 0 && is(entry, "#.scores"))
    return [{ ...entry, rule: { ...rule!, by: "t - 2 < s <= t" } }];
  if (layer === 1 && is(entry, "#.ffn_pre")) return [{ ...entry, name: at(entry, "#.heard") }];
  if (layer === 1) return [reading(entry, { "#.ffn_pre": "#.heard" })];
  if (layer === 2 && is(entry, "#.ffn_post")) return [{ ...entry, rule: { ...rule!, fn: "gelu" } }];
  return [entry];
});

export const built = [postNorm, sandwich, turned, borrowing, threefold, mixed].map((scene) => ({
  name: scene.manifest.run,
  scene,
}));
