// Follow a digit home: a logit as a sum of what each part wrote to the stream, and so on down.
//
// With the scale of the last norm held at what it was, a logit is linear in the stream, so the
// parts add up exactly (up to float16). A head's part is again a sum over the tokens it read.

import { read, type Scene, type Tensor } from "./data";

export interface Part {
  label: string;
  /** The matrix to look at, and the column (token) of it. */
  name: string;
  token: number;
  value: number;
  /** Set where this part can be unfolded into the tokens that a head read. */
  head: number | null;
  key: number | null;
}

export interface Unfolded {
  logit: number;
  parts: Part[];
  /** The logit less the sum of the parts: rounding to float16. */
  rest: number;
}

const column = (scene: Scene, t: Tensor, token: number): number[] =>
  Array.from({ length: t.cols }, (_, i) => read(scene, t, token * t.cols + i) ?? NaN);

/** Tensors that wrote to the stream: inputs of sums that are no sums themselves. */
export function writers(scene: Scene): Tensor[] {
  const sums = scene.tensors.filter((t) => t.op === "add");
  const isSum = new Set(sums.map((t) => t.name));
  const names = new Set(sums.flatMap((t) => t.inputs ?? []).filter((name) => !isSum.has(name)));
  return scene.tensors.filter((t) => names.has(t.name));
}

/** What one number in the stream at each coordinate is worth to a logit. */
function worth(scene: Scene, token: number, vocab: number): number[] | null {
  const logits = scene.tensors.find((t) => t.op === "logits");
  const final = scene.byName.get(logits?.inputs?.[0] ?? "");
  const rows = scene.byName.get(logits?.inputs?.[1] ?? "");
  const stream = scene.byName.get(final?.inputs?.[0] ?? "");
  const gain = scene.byName.get(final?.inputs?.[1] ?? "");
  if (!logits || !final || !rows || !stream || rows.present < rows.size) return null;
  const x = column(scene, stream, token);
  const eps = Number(scene.manifest.config["norm_eps"] ?? 1e-6);
  const rms = Math.sqrt(x.reduce((s, v) => s + v * v, 0) / x.length + eps);
  return x.map(
    (_, i) =>
      ((gain ? (read(scene, gain, i) ?? NaN) : 1) *
        (read(scene, rows, vocab * rows.cols + i) ?? NaN)) /
      rms,
  );
}

const dot = (a: number[], b: number[]): number => a.reduce((sum, x, i) => sum + x * b[i]!, 0);

export function unfold(scene: Scene, token: number, vocab: number): Unfolded | null {
  const logits = scene.tensors.find((t) => t.op === "logits");
  const direction = worth(scene, token, vocab);
  if (!logits || !direction) return null;
  const parts: Part[] = [];
  for (const t of writers(scene)) {
    const heads = headsOf(scene, t);
    if (heads)
      for (let h = 0; h < heads.z.planes; h++)
        parts.push({
          label: `${layerOf(t)}head ${h}`,
          name: t.name,
          token,
          head: h,
          key: null,
          value: dot(
            back(scene, heads.w, h * heads.z.cols, heads.z.cols, direction),
            headVector(scene, heads.z, h, token),
          ),
        });
    else
      parts.push({
        label: `${layerOf(t)}${t.name.replace(/^blocks\.\d+\./, "")}`,
        name: t.name,
        token,
        head: null,
        key: null,
        value: dot(direction, column(scene, t, token)),
      });
  }
  const logit = read(scene, logits, token * logits.cols + vocab) ?? NaN;
  const sum = parts.reduce((all, p) => all + p.value, 0);
  parts.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  return { logit, parts, rest: logit - sum };
}

/** A head's part of a logit, as a sum over the tokens whose values it mixed. */
export function unfoldHead(scene: Scene, part: Part, vocab: number): Unfolded | null {
  const out = scene.byName.get(part.name);
  const direction = worth(scene, part.token, vocab);
  const heads = out && headsOf(scene, out);
  if (!heads || !direction || part.head === null || !heads.pattern || !heads.v) return null;
  const { pattern, v, z, w } = heads;
  const wanted = back(scene, w, part.head * z.cols, z.cols, direction);
  const parts: Part[] = [];
  for (let key = 0; key <= part.token; key++) {
    const share =
      read(scene, pattern, (part.head * pattern.rows + part.token) * pattern.cols + key) ?? NaN;
    parts.push({
      label: `"${scene.manifest.tokens[key]}", token ${key}`,
      name: v.name,
      token: key,
      head: part.head,
      key,
      value: share * dot(wanted, headVector(scene, v, part.head, key)),
    });
  }
  const sum = parts.reduce((all, p) => all + p.value, 0);
  parts.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  return { logit: part.value, parts, rest: part.value - sum };
}

const layerOf = (t: Tensor): string => (t.layer === null ? "" : `layer ${t.layer + 1}, `);

function headVector(scene: Scene, t: Tensor, head: number, token: number): number[] {
  return Array.from(
    { length: t.cols },
    (_, i) => read(scene, t, (head * t.rows + token) * t.cols + i) ?? NaN,
  );
}

/** W' direction, for some columns of W. */
function back(scene: Scene, w: Tensor, first: number, n: number, direction: number[]): number[] {
  return Array.from({ length: n }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < w.rows; i++)
      sum += direction[i]! * (read(scene, w, i * w.cols + first + j) ?? NaN);
    return sum;
  });
}

function headsOf(
  scene: Scene,
  out: Tensor,
): { z: Tensor; w: Tensor; pattern: Tensor | undefined; v: Tensor | undefined } | null {
  const [z, w] = (out.inputs ?? []).map((name) => scene.byName.get(name));
  if (out.op !== "matmul" || !z || !w || z.shape.length !== 3 || w.cols !== z.planes * z.cols)
    return null;
  const [pattern, v] =
    z.op === "weighted_sum" ? (z.inputs ?? []).map((name) => scene.byName.get(name)) : [];
  return { z, w, pattern, v };
}
