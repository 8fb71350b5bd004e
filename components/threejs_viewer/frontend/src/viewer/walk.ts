// The walk: numbered stages made from the manifest. A stage has a short text whose words are tied
// to matrices, the matrices it lights, and the tokens that are being computed.
//
// First the prompt up to "=" runs through in one go (prefill), then each further token alone, with
// the keys and values of all earlier tokens kept.

import { read, say, type Scene, type Tensor } from "./data";
import { actOf } from "./act";
import { sharesOf, sourceName } from "./depth";

/** Plain text, or a word tied to matrices. */
export type Piece = string | { word: string; names: string[] };

export interface Stage {
  title: string;
  text: Piece[];
  names: string[];
  /** First and last token being computed. */
  span: [number, number];
  /** How many tokens of the prompt there are to see, and the digit that drops in at the end. */
  shown: number;
  next: { token: string; share: number } | null;
}

export function promptLength(tokens: string[]): number {
  const equals = tokens.indexOf("=");
  return equals < 0 ? tokens.length : equals + 1;
}

export function stagesOf(scene: Scene): Stage[] {
  const { tokens } = scene.manifest;
  const start = promptLength(tokens);
  const stages: Stage[] = [];
  prefill(scene, start, stages);
  const brief = tokens.length - start > MOST_IN_FULL;
  for (let t = start; t < tokens.length; t++) decode(scene, t, brief, stages);
  return stages;
}

/** A long answer (working and all) is walked through in one stage a token. */
const MOST_IN_FULL = 8;

const inputsOf = (t: Tensor): string[] => t.inputs ?? [];
const tied = (word: string, ...names: string[]): Piece => (names.length ? { word, names } : word);
const isWeight = (scene: Scene, name: string): boolean => scene.byName.get(name)?.kind === "weight";

function prefill(scene: Scene, start: number, out: Stage[]): void {
  const span: [number, number] = [0, start - 1];
  const activations = scene.tensors.filter((t) => t.kind === "activation");
  const inOrder = groups(scene, activations);
  const layers = new Set(activations.map((t) => t.layer).filter((l) => l !== null)).size;
  for (const group of inOrder) {
    const [first] = group;
    const before = out[out.length - 1];
    if (before && first!.stream && inputsOf(first!).length === 1) {
      before.names.unshift(first!.name); // the same numbers under the name the next block reads
      continue;
    }
    const where = first!.layer === null ? "" : `Layer ${first!.layer + 1} of ${layers} · `;
    const names = group.flatMap((t) => [...inputsOf(t), t.name]);
    const { title, text } = tell(scene, group, start - 1);
    const last = actOf(scene, first!) === "chances";
    out.push({
      title: where + title,
      text,
      names: [...new Set(names)],
      span,
      shown: start,
      next: last ? choice(scene, start - 1) : null,
    });
  }
}

/** Neighbours made in the same way in the same layer are one stage: queries, keys and values. */
function groups(scene: Scene, activations: Tensor[]): Tensor[][] {
  const out: Tensor[][] = [];
  for (const t of activations) {
    const open = out[out.length - 1];
    const like = open?.[0];
    const act = actOf(scene, t);
    const joins = act === "lookup" || act === "heads" || act === "rotation";
    if (joins && like?.layer === t.layer && actOf(scene, like) === act) open!.push(t);
    else out.push([t]);
  }
  return out;
}

/** What the model says comes after token t. */
export function choice(scene: Scene, t: number): { token: string; share: number } | null {
  const probs = scene.tensors.findLast((x) => actOf(scene, x) === "chances");
  if (!probs) return null;
  let best = -1;
  let share = -Infinity;
  for (let c = 0; c < probs.cols; c++) {
    const p = read(scene, probs, t * probs.cols + c);
    if (p !== undefined && p > share) [best, share] = [c, p];
  }
  const token = scene.manifest.vocabulary[best];
  return token === undefined ? null : { token, share };
}

const percent = (share: number): string =>
  share > 0.9995 ? "over 99.9%" : `${(100 * share).toFixed(1)}%`;

function tell(scene: Scene, group: Tensor[], t: number): { title: string; text: Piece[] } {
  const one = group[0]!;
  const ins = inputsOf(one);
  const weights = ins.filter((name) => isWeight(scene, name));
  const data = ins.filter((name) => !isWeight(scene, name));
  const token = scene.manifest.tokens[t] ?? "";
  const out = tied(last(one.name), one.name);
  switch (actOf(scene, one)) {
    case "lookup":
      return {
        title: "tokens become vectors",
        text: [
          "Each token picks ",
          tied("its row of the table", ...group.flatMap(inputsOf)),
          ": ",
          ...list(group),
          `. Nothing is computed yet: "${token}" is the same numbers wherever it stands, its place is the rest.`,
        ],
      };
    case "stream": {
      const shares = sharesOf(scene, one).map((x) => x.name);
      const notes = data.filter((name) => !shares.includes(name));
      return {
        title: "the residual stream",
        text: shares.length ? mixed(notes, shares, out) : summed(data, out),
      };
    }
    case "depth": {
      const most = mostRead(scene, one, t);
      return {
        title: "the reading shares itself out",
        text: [
          tied("All that was written before", ...data),
          " is compared with ",
          tied("one learned query", ...weights),
          ", and this reading shares itself out over it: ",
          out,
          most ? `. For "${token}" it reads most of ${most.name}: ${percent(most.share)}.` : ".",
        ],
      };
    }
    case "norm":
      return {
        title: "normalise before reading",
        text: [
          tied("Each column", ...data),
          " is divided by its own typical size and multiplied by ",
          tied("a learned gain", ...weights),
          ": ",
          out,
          ". It reads the stream and leaves it as it was.",
        ],
      };
    case "heads":
      return {
        title: group.length === 3 ? "queries, keys, values" : "one piece for every head",
        text: [
          tied("The same column", ...data),
          " is multiplied by ",
          tied(
            `${group.length} matrices`,
            ...group.flatMap(inputsOf).filter((n) => isWeight(scene, n)),
          ),
          `, and cut into ${one.planes} heads: `,
          ...list(group),
          ". A query asks, a key answers, a value is what is handed over.",
        ],
      };
    case "rotation":
      return {
        title: "turned by where they stand",
        text: [
          "Pairs of numbers of ",
          tied("the queries and keys", ...group.flatMap(inputsOf)),
          " are turned by an angle that grows with the position: ",
          ...list(group),
          ". A query and a key then meet by how far they stand apart.",
        ],
      };
    case "scores":
      return {
        title: "every query meets every earlier key",
        text: [
          tied("A query", ...data.slice(0, 1)),
          " times ",
          tied("a key", ...data.slice(1, 2)),
          " is one number of ",
          out,
          ". Hatched cells lie in the future: no token may look there.",
        ],
      };
    case "chances": {
      const best = choice(scene, t);
      return {
        title: "the chosen digit",
        text: [
          tied("The logits", ...data),
          " become shares that add up to 1: ",
          out,
          best
            ? `. After "${token}" the largest is "${best.token}" with ${percent(best.share)}: it drops into the prompt.`
            : ".",
        ],
      };
    }
    case "shares": {
      const look = strongest(scene, one, t);
      return {
        title: "scores become shares",
        text: [
          tied("Each row", ...data),
          " is turned into shares that add up to 1: ",
          out,
          look
            ? `. Here head ${look.head} of "${token}" looks most at "${scene.manifest.tokens[look.key]}" (token ${look.key}): ${percent(look.share)}.`
            : ".",
        ],
      };
    }
    case "mix": {
      const shares = data.filter((name) => scene.byName.get(name)?.axes.includes("key"));
      return {
        title: "values, mixed by those shares",
        text: [
          "Each head adds up ",
          tied("the values", ...data.filter((name) => !shares.includes(name))),
          " in the shares of ",
          tied("its row", ...shares),
          ": ",
          out,
          ".",
        ],
      };
    }
    case "activation":
      return {
        title: "each neuron fires or not",
        text: [
          tied("Every number", ...data),
          " goes through the same small function: ",
          out,
          `. For "${token}", ${active(scene, one, t)} are not 0.`,
        ],
      };
    case "gated":
      return {
        title: "each neuron has a gate",
        text: [
          tied("The gate", ...data.slice(0, 1)),
          " goes through a small function and multiplies what ",
          ...(weights.length
            ? [
                tied("the neuron", ...weights),
                " hears in ",
                tied("the same column", ...data.slice(1)),
              ]
            : [tied("the neuron", ...data.slice(1)), " hears"]),
          ": ",
          out,
          ".",
        ],
      };
    case "logits":
      return {
        title: "a score for every token",
        text: [
          tied("The last column", ...data),
          " meets ",
          tied("one row a token", ...weights),
          ": ",
          out,
          ". ",
          top(scene, one, t),
        ],
      };
    default:
      return {
        title: last(one.name),
        text: [
          ...(data.length
            ? [tied("What came before", ...data), weights.length ? " is multiplied by " : " gives "]
            : []),
          ...(weights.length
            ? [tied("a learned matrix", ...weights), data.length ? " and gives " : " gives "]
            : []),
          out,
          ".",
        ],
      };
  }
}

function summed(data: string[], out: Piece): Piece[] {
  const newest = data[data.length - 1]!;
  return [
    ...(data.length > 1
      ? [
          tied(last(newest), newest),
          " is added to ",
          tied("the stream", ...data.slice(0, -1)),
          ", number by number, and gives ",
        ]
      : ["The stream arrives as "]),
    out,
    ". Nothing is overwritten: what was there can still be read further on.",
  ];
}

const mixed = (notes: string[], shares: string[], out: Piece): Piece[] => [
  "Not a plain sum: ",
  tied("all that was written before", ...notes),
  " is added up in the shares of ",
  tied("its column", ...shares),
  ", and gives ",
  out,
  ". Nothing is overwritten: a later reading shares itself out anew.",
];

const last = (name: string): string => name.replace(/^blocks\.\d+\./, "");

const withWeights = (scene: Scene, made: Tensor[]): string[] => [
  ...new Set(made.flatMap((t) => [...inputsOf(t).filter((name) => isWeight(scene, name)), t.name])),
];

function list(group: Tensor[]): Piece[] {
  return group.flatMap((t, i) => [
    i === 0 ? "" : i === group.length - 1 ? " and " : ", ",
    tied(last(t.name), t.name),
  ]);
}

function strongest(
  scene: Scene,
  pattern: Tensor,
  t: number,
): { head: number; key: number; share: number } | null {
  let best: { head: number; key: number; share: number } | null = null;
  for (let head = 0; head < pattern.planes; head++)
    for (let key = 0; key < pattern.cols; key++) {
      const share = read(scene, pattern, (head * pattern.rows + t) * pattern.cols + key);
      if (share !== undefined && share > (best?.share ?? 0)) best = { head, key, share };
    }
  return best;
}

function mostRead(scene: Scene, depth: Tensor, t: number): { name: string; share: number } | null {
  const shares = [...Array(depth.cols).keys()].map((n) => read(scene, depth, t * depth.cols + n));
  if (shares.some((share) => share === undefined)) return null;
  const share = Math.max(...(shares as number[]));
  return { name: sourceName(scene, depth, shares.indexOf(share)), share };
}

function active(scene: Scene, post: Tensor, t: number): string {
  let n = 0;
  for (let c = 0; c < post.cols; c++) if ((read(scene, post, t * post.cols + c) ?? 0) !== 0) n++;
  return `${n} of ${post.cols}`;
}

function top(scene: Scene, logits: Tensor, t: number): string {
  const all = [...Array(logits.cols).keys()].map((c) => ({
    c,
    v: read(scene, logits, t * logits.cols + c) ?? NaN,
  }));
  const best = all
    .filter((x) => !Number.isNaN(x.v))
    .sort((a, b) => b.v - a.v)
    .slice(0, 2);
  const { vocabulary } = scene.manifest;
  return (
    best
      .map((x, i) => `${i ? "then" : "Highest:"} "${vocabulary[x.c] ?? "?"}" with ${say(x.v)}`)
      .join(", ") + "."
  );
}

function decode(scene: Scene, t: number, brief: boolean, out: Stage[]): void {
  const token = scene.manifest.tokens[t]!;
  const span: [number, number] = [t, t];
  const activations = scene.tensors.filter((x) => x.kind === "activation");
  const layers = [...new Set(activations.map((x) => x.layer))].filter((l) => l !== null);
  const head = `Token ${t + 1}, "${token}" · `;
  const shown = t + 1;
  const start = activations.filter((x) => x.layer === null && actOf(scene, x) === "lookup");
  if (start.length && !brief)
    out.push({
      title: `${head}one new column`,
      span,
      shown,
      next: null,
      names: start.map((x) => x.name),
      text: [
        `"${token}" is fed back in, alone: `,
        ...list(start),
        ". No earlier column is computed again.",
      ],
    });
  for (const layer of brief ? [] : layers) {
    const mine = activations.filter((x) => x.layer === layer);
    const kept = mine.filter((x) => x.kept);
    const maps = mine.filter((x) => x.axes.includes("key"));
    const ends = mine.filter((x) => x.stream).slice(-1);
    out.push({
      title: `${head}layer ${layer! + 1} of ${layers.length}`,
      span,
      shown,
      next: null,
      names: withWeights(scene, mine),
      text: [
        "Its ",
        tied("key and value", ...kept.map((x) => x.name)),
        ` join the ${t} kept before (the KV cache); its query reads them all in `,
        tied("one new row", ...maps.map((x) => x.name)),
        ends.length ? ", and the result lands in " : ".",
        ...(ends.length ? [tied("the stream", ends[0]!.name), "."] : []),
      ],
    });
  }
  const rest = activations.filter((x) => x.layer === null && actOf(scene, x) !== "lookup");
  const best = choice(scene, t);
  out.push({
    title: `${head}the next digit`,
    span,
    shown,
    next: best,
    names: withWeights(scene, brief ? activations : rest),
    text: [
      brief
        ? `Alone, with the keys and values of ${t} earlier tokens kept, its column becomes `
        : "The new column becomes ",
      ...list(rest),
      best ? `: after "${token}" comes "${best.token}" with ${percent(best.share)}.` : ".",
    ],
  });
}

/** The stage of the walk that a matrix belongs to: the one that makes it. */
export function stageOf(stages: Stage[], name: string): number {
  const makes = (s: Stage): boolean =>
    s.names[s.names.length - 1] === name ||
    s.text.some((p) => typeof p !== "string" && p.word === last(name) && p.names.includes(name));
  const made = stages.findIndex(makes);
  return made >= 0 ? made : stages.findIndex((s) => s.names.includes(name));
}
