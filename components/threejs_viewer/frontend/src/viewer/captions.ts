// What is said of one step of the pass. Every number comes from the scene.

import { actOf, isWritten, type Act } from "./act";
import { isEdited, say, type Scene, type Tensor } from "./data";
import { sharesOf, sourceName } from "./depth";
import { drawn } from "./drawn";
import {
  choice,
  columnOf,
  ffnByAttention,
  largestOf,
  meeting,
  parameters,
  readOut,
  scoreOf,
  strongest,
  TELLING,
  writersOf,
  type Choice,
  type Look,
} from "./facts";
import { short } from "./layout";
import { list, pieces, tied, word, type Piece } from "./pieces";
import { label, percent, times, tokenAt } from "./text";

export interface Caption {
  title: string;
  text: Piece[];
  /** The one look that is told of, drawn as an arc. */
  arc?: Look | null;
}

type Told = (scene: Scene, group: Tensor[], read: Read, t: number, again: boolean) => Caption;

/** The names of what a step reads. */
interface Read {
  weights: string[];
  data: string[];
}

function readBy(scene: Scene, group: Tensor[]): Read {
  const names = [...new Set(group.flatMap((x) => x.inputs ?? []))];
  const isWeight = (name: string): boolean => scene.byName.get(name)?.kind === "weight";
  return { weights: names.filter(isWeight), data: names.filter((name) => !isWeight(name)) };
}

/** A step, told of the last token of the prompt. `again`: one of its kind was told before. */
export function step(scene: Scene, group: Tensor[], t: number, again: boolean): Caption {
  const act = actOf(scene, group[0]!) ?? "product";
  const isRouted = group[0]!.axes.some((axis) => axis === "expert" || axis === "choice");
  return (isRouted ? routed : STEPS[act])(scene, group, readBy(scene, group), t, again);
}

const STEPS: Record<Act, Told> = {
  lookup: (scene, group, { weights }) => ({
    title: "tokens become vectors",
    text: pieces`Each token picks ${tied("its column of the table", weights)}: ${list(group)},
      ${drawn(scene, group[0]!.name)} as drawn (rows × columns).
      Tokens, layers and heads are counted from 0, as in the code.`,
  }),

  stream(scene, group, { data }, t, again) {
    const [one] = group as [Tensor];
    const shares = sharesOf(scene, one).map(({ name }) => name);
    const notes = data.filter((name) => !shares.includes(name));
    if (shares.length) return mixed(one, notes, shares);
    return again ? added(scene, one, data, t) : begun(one, data);
  },

  depth(scene, [one], { weights, data }, t) {
    const shares = columnOf(scene, one!, t);
    const most = largestOf(shares);
    return {
      title: "the reading shares itself out",
      text: pieces`${tied("All that was written before", data)} is compared with
        ${tied("one learned query", weights)}, and this reading shares itself out over it: ${word(one!)}.
        ${most < 0 ? "" : `For ${tokenAt(scene, t)} it reads most of ${sourceName(scene, one!, most)}: ${percent(shares[most]!)}.`}`,
    };
  },

  norm(_, [one], { weights, data }, __, again) {
    if (one!.layer === null)
      return {
        title: "one last norm",
        text: pieces`All layers are passed: ${tied("the stream", data)} is scaled by
          ${tied("a last gain", weights)}, ${word(one!)}.`,
      };
    if (again)
      return {
        title: "normalised again",
        text: pieces`The FFN reads ${tied("the stream", data)} through
          ${tied("a norm of its own", weights)}: ${word(one!)}.`,
      };
    return {
      title: "normalise before reading",
      text: pieces`${tied("Each column", data)} is divided by its own size, times
        ${tied("a learned gain", weights)}: ${word(one!)}. The stream stays as it was.`,
    };
  },

  heads(scene, group, { weights, data }) {
    const shapes = new Set(group.map(({ name }) => drawn(scene, name)));
    const made = pieces`${list(group)}${shapes.size > 1 ? "" : `, ${[...shapes][0]}`}`;
    const matrices = tied(
      `${["One", "Two", "Three"][weights.length - 1] ?? weights.length} matrices`,
      weights,
    );
    return group.length === 3
      ? {
          title: "queries, keys, values",
          text: pieces`${matrices} turn ${tied("the column", data)} into ${made}:
            a query asks, a key answers, a value is handed over.`,
        }
      : {
          title: "one piece for every head",
          text: pieces`Each head gets its own piece of ${tied("the column", data)}: ${made}.`,
        };
  },

  rotation: (_, group, { data }) => ({
    title: "turned by where they stand",
    text: pieces`Pairs of numbers of ${tied("the queries and keys", data)} are turned by an angle
      that grows with the position: ${list(group)}. They then meet by how far they stand apart.`,
  }),

  scores(scene, [one], { data }) {
    const pattern = scene.tensors.find((x) => x.inputs?.includes(one!.name));
    const met = pattern && meeting(scene, pattern);
    const made = met && scoreOf(scene, one!, met);
    const [query, key] = [data.slice(0, 1), data.slice(1, 2)];
    const [asks, answers] = [tied("the query", query), tied("the key", key)];
    const told = !made
      ? pieces`${tied("A query", query)} and ${tied("a key", key)} make one number`
      : pieces`In head ${String(met.head)}, ${asks} of ${tokenAt(scene, met.query)}
          ${made.root ? "times" : "meets"} ${answers} of ${tokenAt(scene, met.key)}
          ${made.root ? `is ${say(made.product, 4)}; divided by √${made.root} it is` : "with"} ${say(made.score, 4)}`;
    return {
      arc: met || null,
      title: "every query meets every earlier key",
      text: pieces`${told} in ${word(one!)}. The mask hatches the future: no token looks ahead.`,
    };
  },

  shares(scene, [one], { data }, t) {
    const met = meeting(scene, one!);
    const most = met ? null : strongest(scene, one!, t, (key) => key !== t);
    return {
      title: "scores become shares",
      text: pieces`${tied("Each row", data)} becomes shares that add up to 1: ${word(one!)}.
        ${met ? meets(scene, one!, met) : ""}
        ${most ? `Head ${most.head} of ${tokenAt(scene, t)} gives ${tokenAt(scene, most.key)} ${percent(most.share)}.` : ""}`,
      arc: met ?? most,
    };
  },

  mix(scene, [one], { data }, t) {
    const isMap = (name: string): boolean => !!scene.byName.get(name)?.axes.includes("key");
    const [shares, values] = [data.filter(isMap), data.filter((name) => !isMap(name))];
    const pattern = scene.byName.get(shares[0] ?? "");
    const met = pattern && meeting(scene, pattern);
    const most = pattern && strongest(scene, pattern, t, (key) => key !== t);
    const arc = (met && met.share >= TELLING ? met : most) ?? null;
    return {
      title: "values, mixed by those shares",
      text: pieces`Each head adds up ${tied("the values", values)} in ${tied("its shares", shares)}:
        ${word(one!)}.
        ${arc && !isEdited(scene, one!) ? `So head ${arc.head} brings ${percent(arc.share)} of token ${arc.key}'s value to token ${arc.query}.` : ""}`,
      arc,
    };
  },

  activation(scene, [one], { data }, t) {
    const values = columnOf(scene, one!, t);
    const fires = values.filter((v) => v > 0).length;
    return {
      title: "each neuron fires or not",
      text: pieces`${tied("Each number", data)} goes through the same small function: ${word(one!)}.
        For ${tokenAt(scene, t)}, ${String(fires)} of ${String(values.length)} neurons fire.`,
    };
  },

  gated: (_, [one], { weights, data }) => ({
    title: "each neuron has a gate",
    text: pieces`${tied("The gate", data.slice(0, 1))} goes through a small function and multiplies what
      ${tied("the neuron", weights)} hears in ${tied("the same column", data.slice(1))}: ${word(one!)}.`,
  }),

  logits(scene, [one], { weights, data }, t) {
    const scores = columnOf(scene, one!, t);
    const best = largestOf(scores);
    const top =
      best < 0 ? "" : `, "${scene.manifest.vocabulary[best]}" highest with ${say(scores[best])}`;
    return {
      title: "only the last column is asked",
      text: pieces`${tied("The last column", data)} meets ${tied("one row for each token", weights)}:
        ${word(one!)}${top}. What follows the other columns stands there already; only from "=" on was the model trained to predict.`,
    };
  },

  chances(scene, [one], { data }, t) {
    const best = choice(scene, t);
    return {
      title: "the chosen token",
      text: pieces`${tied("The logits", data)} become shares that add up to 1: ${word(one!)}.
        ${best ? chosen(best) : ""}`,
    };
  },

  product(scene, [one], read) {
    if (isWritten(scene, one!) && one!.layer !== null) return joined(scene, one!, read);
    if (one!.axes.includes("d_ff")) return heard(scene, one!, read);
    return {
      title: one!.axes.includes("latent") ? "squeezed into a latent" : short(one!.name),
      text: pieces`${tied("What came before", read.data)}
        ${read.weights.length ? pieces` times ${tied("a learned matrix", read.weights)}` : ""}
        gives ${word(one!)}, ${drawn(scene, one!.name)}.`,
    };
  },
};

/** The token that ends an answer. */
export const END = "$";

/** `follows`: it stands in the text. */
export const chosen = ({ token, share }: Choice, follows = true): string =>
  !follows
    ? `"${token}" has ${percent(share)}, but the text ends here.`
    : token === END
      ? `"${END}" has ${percent(share)}: it says "done". It is chosen like any other token, and the writing ends here.`
      : `"${token}" has ${percent(share)} and drops into the text.`;

// ------------------------------------------------------------ the stream

const begun = (one: Tensor, data: string[]): Caption => ({
  title: "the residual stream",
  text: pieces`${tied(data.map(short).join(" + "), data)} begins the stream, ${word(one)}. Every part
    below reads it and adds to it; the answer is read off its end.`,
});

function added(scene: Scene, one: Tensor, data: string[], t: number): Caption {
  const newest = scene.byName.get(data[data.length - 1]!)!;
  const stream = tied("the stream", data.slice(0, -1));
  if (one.layer === null || !writersOf(scene, one.layer).ffn.includes(newest))
    return {
      title: "added, not put in its place",
      text: pieces`${word(newest)} is added to ${stream}: ${word(one)}. What stood there before stays in
        the sum.`,
    };
  const factor = ffnByAttention(scene, one.layer, t);
  const long = Number.isFinite(factor) ? `, ${times(factor)} as long as attention's part,` : "";
  const read = readOut(scene, one, t);
  return {
    title: "the end of the layer",
    text: pieces`${word(newest)}${long} is added to ${stream}: ${word(one)}.
      ${read ? `If the stream were read out here, "${read.token}" would have ${percent(read.share)}.` : ""}`,
  };
}

const mixed = (one: Tensor, notes: string[], shares: string[]): Caption => ({
  title: "the residual stream, mixed anew",
  text: pieces`Not a plain sum: ${tied("all that was written before", notes)} is added up in the shares
    of ${tied("its column", shares)}, and gives ${word(one)}.`,
});

// ------------------------------------------------------------ attention

/** Where one number first reads the other; or, truly, that it hardly does yet. */
function meets(scene: Scene, pattern: Tensor, { head, query, key, share }: Look): string {
  const [reader, other] = [tokenAt(scene, query), tokenAt(scene, key)];
  if (share >= TELLING)
    return `Here ${reader} first meets ${other}: head ${head} gives it ${percent(share)}.`;
  const later = scene.tensors
    .filter((x) => actOf(scene, x) === "shares" && x.layer! > pattern.layer!)
    .map((x) => ({ layer: x.layer, ...meeting(scene, x)! }))
    .find((look) => look.share >= TELLING);
  const then = later
    ? `; layer ${later.layer} gives it ${percent(later.share)}, in head ${later.head}`
    : "";
  return `Here ${reader} could meet ${other}, but no head gives it more than ${percent(share)}${then}.`;
}

// ------------------------------------------------------------ products

/** What is added to the stream: the heads side by side, or what the neurons answer. */
function joined(scene: Scene, one: Tensor, { weights, data }: Read): Caption {
  if (writersOf(scene, one.layer!).attention.includes(one))
    return {
      title: "the heads are joined",
      text: pieces`${tied("The heads", data)} meet ${tied("a learned matrix", weights)} and become
        one column again: ${word(one)}.`,
    };
  return {
    title: "the FFN answers",
    text: pieces`${tied("The neurons that fire", data)} add up what
      ${tied(matrices(scene, weights), weights)} holds for them: ${word(one)}, ${drawn(scene, one.name)} again.`,
  };
}

function heard(scene: Scene, one: Tensor, { weights, data }: Read): Caption {
  const own = scene.tensors.filter(({ layer }) => layer === one.layer);
  const choice = own.find(({ rule }) => rule?.op === "largest");
  if (choice && !one.inputs!.includes(choice.name))
    return {
      title: "neurons for every token",
      text: pieces`Here the router is not asked: ${tied("more neurons", weights)} hear
        ${tied("each column", data)}, ${word(one)}, ${drawn(scene, one.name)}.`,
    };
  const { all, neurons } = parameters(scene);
  const ffn = own.filter(({ kind, axes }) => kind === "weight" && axes.includes("d_ff"));
  const names = ffn.map(({ name }) => name);
  return {
    title: "every neuron listens",
    text: pieces`${tied(matrices(scene, weights), weights)} gives each neuron a pattern to compare
      ${tied("the column", data)} with: ${word(one)}, ${drawn(scene, one.name)}.
      Over all layers ${matrices(scene, names)} hold ${percent(neurons)} of the
      ${all.toLocaleString("en")} parameters.`,
  };
}

/** "W_in and W_out" */
function matrices(scene: Scene, weights: string[]): string {
  const labels = weights.map((name) => label(scene.byName.get(name)!).replace(/^w_/, "W_"));
  return [...new Set(labels)].join(", ").replace(/, (?=[^,]*$)/, " and ") || "A matrix";
}

/** Which experts a token is sent to, and how much each of them may say. */
function routed(scene: Scene, group: Tensor[], { weights, data }: Read, t: number): Caption {
  const [one] = group as [Tensor];
  const column = columnOf(scene, one, t);
  const [who, made] = [tokenAt(scene, t), word(one)];
  if (one.axes.includes("expert"))
    return {
      title: "a router scores the experts",
      text: pieces`${tied("A router", weights)} gives each of ${String(column.length)} experts a score
        for ${tied("each column", data)}: ${made}.`,
    };
  if (one.rule?.op === "largest")
    return {
      title: "the chosen experts",
      text: pieces`${tied("The largest scores", data)} choose: ${made}. ${upper(who)} goes to experts
        ${column.join(" and ")}, and the others stay idle.`,
    };
  return {
    title: "how much each expert may say",
    text: pieces`${tied("The scores", data)} of the chosen experts become weights: ${made}, for ${who}
      ${column.map((v) => say(v)).join(" and ")}.`,
  };
}

const upper = (text: string): string => text[0]!.toUpperCase() + text.slice(1);
