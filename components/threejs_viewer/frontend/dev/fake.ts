// A model of made-up weights and a real forward pass, in the same form that Python sends.
// For the tests and the page of the developer only: it is not part of the bundle.

import { numberToHalf, type Manifest, type TensorEntry } from "../src/viewer/data";
import { within, type Operand, type Rule } from "../src/viewer/rules";

export interface Payload {
  manifest: Manifest;
  weights: Uint8Array;
  activations: Uint8Array;
}

export interface Sizes {
  layers: number;
  d: number;
  heads: number;
  ff: number;
  seed?: number;
}

export const SMALL: Sizes = { layers: 2, d: 8, heads: 2, ff: 16 };
export const BIG: Sizes = { layers: 6, d: 256, heads: 4, ff: 1024 };

const VOCABULARY = "0123456789*+=$._";
type Numbers = Float64Array;

export function fake(prompt = "7*8=56", sizes: Sizes = SMALL): Payload {
  const { layers, d, heads, ff } = sizes;
  const tokens = [...prompt];
  const T = tokens.length;
  const width = d / heads;
  const roll = dice(sizes.seed ?? 7);
  const entries: TensorEntry[] = [];
  const parts: Record<"weight" | "activation", Numbers[]> = { weight: [], activation: [] };
  const ends = { weight: 0, activation: 0 };

  const put = (
    kind: "weight" | "activation",
    name: string,
    axes: string[],
    shape: number[],
    numbers: Numbers,
    rest: Partial<TensorEntry> = {},
  ): Numbers => {
    const layer = /^blocks\.(\d+)/.exec(name);
    entries.push({
      name,
      kind,
      axes,
      shape,
      offset: ends[kind],
      scale: 1,
      layer: layer ? Number(layer[1]) : null,
      formula: rest.rule?.op ?? "learned",
      inputs: rest.rule ? read(rest.rule) : [],
      rule: null,
      stream: false,
      kept: false,
      source: { file: "lab/model/gpt.py", line: 1 },
      ...rest,
    });
    parts[kind].push(numbers);
    ends[kind] += numbers.length;
    return numbers.map((x) => x);
  };
  const weight = (name: string, axes: string[], shape: number[], spread: number): Numbers => {
    const n = shape.reduce((a, b) => a * b, 1);
    return put(
      "weight",
      name,
      axes,
      shape,
      Float64Array.from({ length: n }, () => spread * roll()),
    );
  };
  const gain = (name: string): Numbers =>
    put(
      "weight",
      name,
      ["d_model"],
      [d],
      Float64Array.from({ length: d }, () => 1 + 0.2 * roll()),
    );

  const wide = (name: string, numbers: Numbers, rule: Rule): Numbers =>
    put("activation", name, ["position", "d_model"], [T, d], numbers, { rule });
  const stream = (name: string, numbers: Numbers, of: string[]): Numbers => {
    const about = { rule: { op: "sum", of }, stream: true };
    return put("activation", name, ["position", "d_model"], [T, d], numbers, about);
  };

  const table = weight("embed.weight", ["vocab", "d_model"], [VOCABULARY.length, d], 0.7);
  const places = weight("position.table.weight", ["position", "d_model"], [64, d], 0.3);
  const ids = tokens.map((t) => Math.max(0, VOCABULARY.indexOf(t)));
  const embed = Float64Array.from(
    { length: T * d },
    (_, i) => table[ids[Math.floor(i / d)]! * d + (i % d)]!,
  );
  wide("embed", embed, { op: "lookup", of: ["embed.weight"], rows: "token_ids" });
  const pos = Float64Array.from({ length: T * d }, (_, i) => places[i]!);
  wide("pos_embed", pos, { op: "lookup", of: ["position.table.weight"], rows: "positions" });
  let x = embed.map((v, i) => v + pos[i]!);
  let before = ["embed", "pos_embed"];

  for (let layer = 0; layer < layers; layer++) {
    const at = (name: string): string => `blocks.${layer}.${name}`;
    stream(at("resid_pre"), x, before);
    const g1 = gain(at("attn_norm.gain"));
    const heard = wide(
      at("attn_norm"),
      norm(x, g1, d),
      normOf(at("resid_pre"), at("attn_norm.gain")),
    );
    const split: Record<string, Numbers> = {};
    for (const letter of ["q", "k", "v"]) {
      const w = weight(
        at(`attention.w${letter}.weight`),
        ["out", "d_model"],
        [d, d],
        1.4 * d ** -0.5,
      );
      const flat = matmul(heard, w, T, d, d);
      const numbers = new Float64Array(T * d);
      for (let h = 0; h < heads; h++)
        for (let t = 0; t < T; t++)
          for (let i = 0; i < width; i++)
            numbers[(h * T + t) * width + i] = flat[t * d + h * width + i]!;
      const rule = product(
        at("attn_norm"),
        at(`attention.w${letter}.weight`),
        `t j, h*${width}+i j -> h t i`,
        { sizes: { h: heads, i: width } },
      );
      split[letter] = put(
        "activation",
        at(letter),
        ["head", "position", "head_dim"],
        [heads, T, width],
        numbers,
        { rule, kept: letter !== "q" },
      );
    }
    const [q, k, v] = [split["q"]!, split["k"]!, split["v"]!];
    const scores = new Float64Array(heads * T * T).fill(-Infinity);
    const pattern = new Float64Array(heads * T * T);
    const z = new Float64Array(T * d);
    const joined = new Float64Array(T * d);
    for (let h = 0; h < heads; h++)
      for (let t = 0; t < T; t++) {
        const row = (h * T + t) * T;
        let sum = 0;
        for (let s = 0; s <= t; s++) {
          let dot = 0;
          for (let i = 0; i < width; i++)
            dot += q[(h * T + t) * width + i]! * k[(h * T + s) * width + i]!;
          scores[row + s] = dot / Math.sqrt(width);
          sum += Math.exp(scores[row + s]!);
        }
        for (let s = 0; s <= t; s++) pattern[row + s] = Math.exp(scores[row + s]!) / sum;
        for (let i = 0; i < width; i++) {
          let mix = 0;
          for (let s = 0; s <= t; s++) mix += pattern[row + s]! * v[(h * T + s) * width + i]!;
          z[(h * T + t) * width + i] = mix;
          joined[t * d + h * width + i] = mix;
        }
      }
    const map = ["head", "query", "key"];
    const met = product(at("q"), at("k"), "h t i, h s i -> h t s", { scale: width ** -0.5 });
    put("activation", at("scores"), map, [heads, T, T], scores, {
      rule: { op: "choose", of: [null, met], index: "h t s", by: "s <= t" },
    });
    put("activation", at("pattern"), map, [heads, T, T], pattern, {
      rule: { op: "softmax", of: [at("scores")] },
    });
    put("activation", at("z"), ["head", "position", "head_dim"], [heads, T, width], z, {
      rule: product(at("pattern"), at("v"), "h t s, h s i -> h t i"),
    });
    const wo = weight(at("attention.wo.weight"), ["d_model", "out"], [d, d], 0.8 * d ** -0.5);
    const out = wide(
      at("attn_out"),
      matmul(joined, wo, T, d, d),
      product(at("z"), at("attention.wo.weight"), `h t i, c h*${width}+i -> t c`),
    );
    x = x.map((value, i) => value + out[i]!);
    stream(at("resid_mid"), x, [at("resid_pre"), at("attn_out")]);
    const g2 = gain(at("ffn_norm.gain"));
    const read2 = wide(
      at("ffn_norm"),
      norm(x, g2, d),
      normOf(at("resid_mid"), at("ffn_norm.gain")),
    );
    const wIn = weight(at("ffn.w_in.weight"), ["d_ff", "d_model"], [ff, d], d ** -0.5);
    const neurons = ["position", "d_ff"];
    const pre = matmul(read2, wIn, T, d, ff);
    put("activation", at("ffn_pre"), neurons, [T, ff], pre, {
      rule: product(at("ffn_norm"), at("ffn.w_in.weight"), TIMES),
    });
    const post = pre.map((value) => Math.max(value, 0) ** 2);
    put("activation", at("ffn_post"), neurons, [T, ff], post, {
      rule: { op: "map", of: [at("ffn_pre")], fn: "relu2" },
    });
    const wOut = weight(at("ffn.w_out.weight"), ["d_model", "d_ff"], [d, ff], 0.5 * ff ** -0.5);
    const add = wide(
      at("ffn_out"),
      matmul(post, wOut, T, ff, d),
      product(at("ffn_post"), at("ffn.w_out.weight"), TIMES),
    );
    x = x.map((value, i) => value + add[i]!);
    stream(at("resid_post"), x, [at("resid_mid"), at("ffn_out")]);
    before = [at("resid_post")];
  }
  const last = gain("final_norm.gain");
  const final = wide("final_norm", norm(x, last, d), normOf(before[0]!, "final_norm.gain"));
  const un = weight(
    "unembed.weight",
    ["vocab", "d_model"],
    [VOCABULARY.length, d],
    1.6 * d ** -0.5,
  );
  const V = VOCABULARY.length;
  const logits = matmul(final, un, T, d, V);
  const shape: [string[], number[]] = [
    ["position", "vocab"],
    [T, V],
  ];
  put("activation", "logits", ...shape, logits, {
    rule: product("final_norm", "unembed.weight", TIMES),
  });
  const probs = new Float64Array(T * V);
  for (let t = 0; t < T; t++) {
    let sum = 0;
    for (let c = 0; c < V; c++) sum += Math.exp(logits[t * V + c]!);
    for (let c = 0; c < V; c++) probs[t * V + c] = Math.exp(logits[t * V + c]!) / sum;
  }
  put("activation", "probs", ...shape, probs, { rule: { op: "softmax", of: ["logits"] } });

  const name = `${layers}x${d}`;
  const config = {
    n_layer: layers,
    d_model: d,
    norm_eps: 1e-6,
    ffn: { activation: "relu2" },
    attention: { n_head: heads },
  };
  const manifest: Manifest = {
    version: 3,
    run: `made up ${name}`,
    vocabulary: VOCABULARY,
    tokens,
    config,
    given: { token_ids: ids, positions: ids.map((_, t) => t) },
    weights_digest: `w-${name}-${sizes.seed ?? 7}`,
    activations_digest: `a-${name}-${prompt}`,
    tensors: entries,
  };
  return { manifest, weights: bytesOf(parts.weight), activations: bytesOf(parts.activation) };
}

/** Every row of the one meets every row of the other. */
const TIMES = "t j, c j -> t c";

const product = (a: Operand, b: Operand, index: string, rest: Partial<Rule> = {}): Rule => ({
  op: "contract",
  of: [a, b],
  index,
  ...rest,
});

const normOf = (x: Operand, gain: string): Rule => ({ op: "norm", of: [x, gain], eps: 1e-6 });

/** The names that a rule reads. */
const read = (rule: Rule): string[] => [
  ...new Set([...within(rule)].flatMap(({ of }) => of.filter((x) => typeof x === "string"))),
];

/** A fixed sequence of about normal numbers: the tests must not change from run to run. */
function dice(seed: number): () => number {
  let state = seed >>> 0;
  const one = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return () => one() + one() + one() + one() + one() + one() - 3;
}

function norm(x: Numbers, gain: Numbers, d: number): Numbers {
  const out = new Float64Array(x.length);
  for (let t = 0; t < x.length / d; t++) {
    let squares = 0;
    for (let i = 0; i < d; i++) squares += x[t * d + i]! ** 2;
    for (let i = 0; i < d; i++)
      out[t * d + i] = (x[t * d + i]! / Math.sqrt(squares / d + 1e-6)) * gain[i]!;
  }
  return out;
}

function matmul(x: Numbers, w: Numbers, rows: number, inner: number, outer: number): Numbers {
  const out = new Float64Array(rows * outer);
  for (let t = 0; t < rows; t++)
    for (let o = 0; o < outer; o++) {
      let sum = 0;
      for (let j = 0; j < inner; j++) sum += x[t * inner + j]! * w[o * inner + j]!;
      out[t * outer + o] = sum;
    }
  return out;
}

/** At an odd offset on purpose: that is how Streamlit hands bytes over. */
function bytesOf(parts: Numbers[]): Uint8Array {
  const n = parts.reduce((sum, part) => sum + part.length, 0);
  const buffer = new Uint8Array(2 * n + 3);
  let at = 3;
  for (const part of parts)
    for (const value of part) {
      const half = numberToHalf(value);
      buffer[at++] = half & 255;
      buffer[at++] = half >> 8;
    }
  return buffer.subarray(3);
}
