// The script of the walk: of each kind of stage what is said, what is lit beside what it makes, and
// where the camera looks. In the order of a pass: the first layer step by step, each in the middle
// in one stage, the last in a few, then the tokens that the model writes. Every number comes from the
// scene.

import { actOf, type Act } from "./act";
import {
  branchOf,
  isAttention,
  isFormed,
  makerOf,
  partsOf,
  sumOf,
  termsOf,
  type Branch,
} from "./branches";
import { isEdited, say, type Scene, type Tensor } from "./data";
import { isOverDepth, sharesOf, sourceName } from "./depth";
import { drawn } from "./drawn";
import {
  choice,
  columnOf,
  ffnByAttention,
  firing,
  largestOf,
  longer,
  meeting,
  parameters,
  readOut,
  scoreOf,
  strongest,
  TELLING,
  writersOf,
  type Choice,
  type Firing,
  type Look,
} from "./facts";
import { short } from "./layout";
import { list, pieces, tied, word, type Piece } from "./pieces";
import { label, percent, times, tokenAt } from "./text";
import { isAsInFirst, twinOf, unlike } from "./unlike";

/** What the camera looks at: what is lit (all of the model, where that is most of it), the maps of the
 * head that is told of, or all of the model. */
export type Camera = "lit" | "head" | "model";

export interface Cue {
  title: string;
  text: Piece[];
  /** The matrices that are lit beside those that the stage makes. */
  lights: string[];
  /** The one look that is told of: its cells are framed, and it is drawn as an arc. */
  arc?: Look | null;
  camera: Camera;
}

type Told = (scene: Scene, group: Tensor[], read: Read, t: number, again: boolean) => Cue;

/** The names of what a step reads. */
interface Read {
  all: string[];
  weights: string[];
  data: string[];
}

function readBy(scene: Scene, group: Tensor[]): Read {
  const all = [...new Set(group.flatMap((x) => x.inputs ?? []))];
  const isWeight = (name: string): boolean => scene.byName.get(name)?.kind === "weight";
  return { all, weights: all.filter(isWeight), data: all.filter((name) => !isWeight(name)) };
}

/** A step, told of the last token of the prompt. `again`: one of its kind was told before. */
export function step(scene: Scene, group: Tensor[], t: number, again: boolean): Cue {
  const act = actOf(scene, group[0]!) ?? "product";
  const isRouted = group[0]!.axes.some((axis) => axis === "expert" || axis === "choice");
  return (isRouted ? routed : STEPS[act])(scene, group, readBy(scene, group), t, again);
}

const STEPS: Record<Act, Told> = {
  lookup: (scene, group, { all, weights }) => ({
    title: "tokens become vectors",
    text: pieces`Each token picks ${tied("its column of the table", weights)}: ${list(group)},
      ${drawn(scene, group[0]!.name)} as drawn (rows × columns).
      Tokens, layers and heads are counted from 0, as in the code.`,
    lights: all,
    camera: "lit",
  }),

  stream(scene, group, read, t, again) {
    const [one] = group as [Tensor];
    const shares = sharesOf(scene, one).map(({ name }) => name);
    if (shares.length) return mixed(one, read, shares);
    return again ? added(scene, one, read, t) : begun(one, read);
  },

  depth(scene, [one], { all, weights, data }, t) {
    const shares = columnOf(scene, one!, t);
    const most = largestOf(shares);
    return {
      title: "the reading shares itself out",
      text: pieces`${tied("All that was written before", data)} is compared with
        ${tied("one learned query", weights)}, and this reading shares itself out over it: ${word(one!)}.
        ${most < 0 ? "" : `For ${tokenAt(scene, t)} it reads most of ${sourceName(scene, one!, most)}: ${percent(shares[most]!)}.`}`,
      lights: all,
      camera: "lit",
    };
  },

  norm(scene, [one], { all, weights, data }, __, again) {
    const parts = partsOf(scene, one!);
    if (one!.layer === null)
      return {
        title: "one last norm",
        text: pieces`All layers are passed: ${tied("the stream", data)} is scaled by
          ${tied("a last gain", weights)}, ${word(one!)}.`,
        lights: all,
        camera: "lit",
      };
    if (!scene.byName.get(data[0]!)?.stream) {
      const read = tied(short(data[0]!), data);
      const isLast = !!sumOf(scene, one!);
      const what = isLast ? pieces`What ${parts.join(" and ")} writes, ${read},` : read;
      return {
        title: isLast ? "normalised before it is added" : "normalised on the way",
        text: pieces`${what} is divided by its own size, times ${tied("a learned gain", weights)}:
          ${word(one!)}.`,
        lights: all,
        camera: "lit",
      };
    }
    if (again)
      return {
        title: "normalised again",
        text: pieces`${upper(parts.join(" and "))} ${parts.length > 1 ? "read" : "reads"}
          ${tied("the stream", data)} through ${tied("a norm of its own", weights)}: ${word(one!)}.`,
        lights: all,
        camera: "lit",
      };
    return {
      title: "normalise before reading",
      text: pieces`${tied("Each column", data)} is divided by its own size, times
        ${tied("a learned gain", weights)}: ${word(one!)}. The stream stays as it was.
        ${parts.length > 1 ? `${upper(parts.join(" and "))} both read it.` : ""}`,
      lights: all,
      camera: "lit",
    };
  },

  heads(scene, group, { all, weights, data }) {
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
          lights: all,
          camera: "lit",
        }
      : {
          title: "one piece for every head",
          text: pieces`Each head gets its own piece of ${tied("the column", data)}: ${made}.`,
          lights: all,
          camera: "lit",
        };
  },

  rotation: (_, group, { all, data }) => ({
    title: "turned by where they stand",
    text: pieces`Pairs of numbers of ${tied("the queries and keys", data)} are turned by an angle
      that grows with the position: ${list(group)}. They then meet by how far they stand apart.`,
    lights: all,
    camera: "lit",
  }),

  scores(scene, [one], { all, data }) {
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
      title: "every query meets its own key and all before",
      text: pieces`${told} in ${word(one!)}. The mask hatches the future: no token looks ahead.`,
      lights: all,
      arc: met || null,
      camera: met ? "head" : "lit",
    };
  },

  shares(scene, [one], { all, data }, t) {
    const met = meeting(scene, one!);
    const most = met ? null : strongest(scene, one!, t, (key) => key !== t);
    const arc = met ?? most;
    return {
      title: "scores become shares",
      text: pieces`${tied("Each row", data)} becomes shares that add up to 1: ${word(one!)}.
        ${met ? meets(scene, one!, met) : ""}
        ${most ? `For ${tokenAt(scene, t)}, head ${most.head} gives ${tokenAt(scene, most.key)} ${percent(most.share)}.` : ""}`,
      lights: all,
      arc,
      camera: arc ? "head" : "lit",
    };
  },

  mix(scene, [one], { all, data }, t) {
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
      lights: all,
      arc,
      camera: "lit",
    };
  },

  activation(scene, [one], { all, data }, t) {
    const values = columnOf(scene, one!, t);
    const fires = values.filter((v) => v > 0).length;
    return {
      title: "each neuron fires or not",
      text: pieces`${tied("Each number", data)} goes through the same small function: ${word(one!)}.
        For ${tokenAt(scene, t)}, ${String(fires)} of ${String(values.length)} neurons fire.`,
      lights: all,
      camera: "lit",
    };
  },

  gated: (_, [one], { all, weights, data }) => ({
    title: "each neuron has a gate",
    text: pieces`${tied("The gate", data.slice(0, 1))} goes through a small function and multiplies what
      ${tied("the neuron", weights)} hears in ${tied("the same column", data.slice(1))}: ${word(one!)}.`,
    lights: all,
    camera: "lit",
  }),

  logits(scene, [one], { all, weights, data }, t) {
    const scores = columnOf(scene, one!, t);
    const best = largestOf(scores);
    const top =
      best < 0 ? "" : `, "${scene.manifest.vocabulary[best]}" highest with ${say(scores[best])}`;
    return {
      title: "only the last column is used",
      text: pieces`${tied("The last column", data)} meets ${tied("one row for each token", weights)}:
        ${word(one!)}${top}. What follows the other columns stands there already; only from "=" on was the model trained to predict.`,
      lights: all,
      camera: "lit",
    };
  },

  chances(scene, [one], { all, data }, t) {
    const best = choice(scene, t);
    return {
      title: "the chosen token",
      text: pieces`${tied("The logits", data)} become shares that add up to 1: ${word(one!)}.
        ${best ? chosen(best) : ""}`,
      lights: all,
      camera: "lit",
    };
  },

  product(scene, [one], read) {
    const branch = branchOf(scene, one!);
    if (branch && makerOf(scene, branch) === one) return joined(scene, one!, read, branch);
    if (one!.axes.includes("d_ff")) return heard(scene, one!, read);
    return {
      title: one!.axes.includes("latent") ? "squeezed into a latent" : short(one!.name),
      text: pieces`${tied("What came before", read.data)}
        ${read.weights.length ? pieces` times ${tied("a learned matrix", read.weights)}` : ""}
        gives ${word(one!)}, ${drawn(scene, one!.name)}.`,
      lights: read.all,
      camera: "lit",
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

const begun = (one: Tensor, { all, data }: Read): Cue => ({
  title: "the residual stream",
  text: pieces`${tied(data.map(short).join(" + "), data)} begins the stream, ${word(one)}. Every part
    below reads it and adds to it; the answer is read off its end.`,
  lights: all,
  camera: "lit",
});

function added(scene: Scene, one: Tensor, { all, weights, data }: Read, t: number): Cue {
  const terms = termsOf(scene, one);
  const stream = data.filter((name) => !namesOf(terms).includes(name));
  const isEnd = isEndOfLayer(scene, one);
  const [long, after] = isEnd ? besideTheOther(scene, one, t) : ["", ""];
  const isNormed = one.rule?.op === "norm";
  const normed = isNormed
    ? pieces`, and the sum is divided by its own size, times ${tied("a learned gain", weights)}`
    : [];
  const read = isEnd ? readOut(scene, one, t) : null;
  return {
    title: isEnd ? "the end of the layer" : "added, not put in its place",
    text: pieces`${list(terms)}${long} ${terms.length > 1 ? "are" : "is"} added to
      ${tied("the stream", stream)}${normed}: ${word(one)}.
      ${isEnd || isNormed ? "" : "What stood there before stays in the sum."} ${after}
      ${read ? `If the stream were read out here, "${read.token}" would have ${percent(read.share)}.` : ""}`,
    lights: all,
    camera: "lit",
  };
}

const isEndOfLayer = (scene: Scene, state: Tensor): boolean =>
  state.layer !== null && inLayer(scene, state.layer).findLast(({ stream }) => stream) === state;

/** How long what is added at the end of a layer is beside what the other part adds: within the
 * sentence or, where both are added there, behind it. */
function besideTheOther(scene: Scene, state: Tensor, t: number): [string, string] {
  const factor = ffnByAttention(scene, state.layer!, t);
  if (!Number.isFinite(factor)) return ["", ""];
  const parts = new Set(termsOf(scene, state).flatMap((term) => partsOf(scene, term)));
  if (parts.size > 1)
    return ["", `As a vector, the FFN's part is ${times(factor)} as long as attention's.`];
  return parts.has("attention")
    ? [`, as a vector ${times(1 / factor)} as long as the FFN's part,`, ""]
    : [`, as a vector ${times(factor)} as long as attention's part,`, ""];
}

function mixed(one: Tensor, { all, data }: Read, shares: string[]): Cue {
  const notes = data.filter((name) => !shares.includes(name));
  return {
    title: "the residual stream, mixed anew",
    text: pieces`Not a plain sum: ${tied("all that was written before", notes)} is added up in the
      shares of ${tied("its column", shares)}, and gives ${word(one)}.`,
    lights: all,
    camera: "lit",
  };
}

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
function joined(scene: Scene, one: Tensor, { all, weights, data }: Read, branch: Branch): Cue {
  if (isAttention(branch))
    return {
      title: "the heads are joined",
      text: pieces`${tied("The heads", data)} meet ${tied("a learned matrix", weights)} and become
        one column again: ${word(one)}.`,
      lights: all,
      camera: "lit",
    };
  return {
    title: "the FFN answers",
    text: pieces`${tied("The neurons that fire", data)} add up what
      ${tied(matrices(scene, weights), weights)} holds for them: ${word(one)}, ${drawn(scene, one.name)} again.`,
    lights: all,
    camera: "lit",
  };
}

function heard(scene: Scene, one: Tensor, { all, weights, data }: Read): Cue {
  const own = scene.tensors.filter(({ layer }) => layer === one.layer);
  const choice = own.find(({ rule }) => rule?.op === "largest");
  if (choice && !one.inputs!.includes(choice.name))
    return {
      title: "neurons for every token",
      text: pieces`Here the router has no part: ${tied("more neurons", weights)} hear
        ${tied("each column", data)}, ${word(one)}, ${drawn(scene, one.name)}.`,
      lights: all,
      camera: "lit",
    };
  const { all: whole, neurons } = parameters(scene);
  const ffn = own.filter(({ kind, axes }) => kind === "weight" && axes.includes("d_ff"));
  const names = ffn.map(({ name }) => name);
  return {
    title: "every neuron listens",
    text: pieces`${tied(matrices(scene, weights), weights)} gives each neuron a pattern to compare
      ${tied("the column", data)} with: ${word(one)}, ${drawn(scene, one.name)}.
      Over all layers ${matrices(scene, names)} hold ${percent(neurons)} of the
      ${whole.toLocaleString("en")} parameters.`,
    lights: all,
    camera: "lit",
  };
}

/** "W_in and W_out" */
function matrices(scene: Scene, weights: string[]): string {
  const labels = weights.map((name) => label(scene.byName.get(name)!).replace(/^w_/, "W_"));
  return [...new Set(labels)].join(", ").replace(/, (?=[^,]*$)/, " and ") || "A matrix";
}

/** Which experts a token is sent to, and how much each of them may say. */
function routed(scene: Scene, group: Tensor[], { all, weights, data }: Read, t: number): Cue {
  const [one] = group as [Tensor];
  const column = columnOf(scene, one, t);
  const [who, made] = [tokenAt(scene, t), word(one)];
  if (one.axes.includes("expert"))
    return {
      title: "a router scores the experts",
      text: pieces`${tied("A router", weights)} gives each of ${String(column.length)} experts a score
        for ${tied("each column", data)}: ${made}.`,
      lights: all,
      camera: "lit",
    };
  if (one.rule?.op === "largest")
    return {
      title: "the chosen experts",
      text: pieces`${tied("The largest scores", data)} choose: ${made}. ${upper(who)} goes to experts
        ${column.join(" and ")}, and the others stay idle.`,
      lights: all,
      camera: "lit",
    };
  return {
    title: "how much each expert may say",
    text: pieces`${tied("The scores", data)} of the chosen experts become weights: ${made}, for ${who}
      ${column.map((v) => say(v)).join(" and ")}.`,
    lights: all,
    camera: "lit",
  };
}

export const upper = (text: string): string => text[0]!.toUpperCase() + text.slice(1);

// ------------------------------------------------------------ many steps in one stage

const inLayer = (scene: Scene, layer: number): Tensor[] =>
  scene.tensors.filter((t) => t.kind === "activation" && t.layer === layer);

const namesOf = (tensors: Tensor[]): string[] => tensors.map(({ name }) => name);

/** A stage of many steps lights their weights. */
const weightsOf = (scene: Scene, group: Tensor[]): string[] => readBy(scene, group).weights;

/** What a token reads most of another one, in a layer. */
function lookOf(scene: Scene, layer: number, t: number): Look | null {
  const pattern = inLayer(scene, layer).find((x) => actOf(scene, x) === "shares");
  return pattern ? strongest(scene, pattern, t, (key) => key !== t) : null;
}

/** What would come next if the model ended with that layer. */
function readOutOf(scene: Scene, layer: number, t: number): Choice | null {
  const end = inLayer(scene, layer).findLast(({ stream }) => stream);
  return end ? readOut(scene, end, t) : null;
}

// ------------------------------------------------------------ a layer in the middle

/** With that share a head takes more from one other token than from all the rest. */
const FETCHES = 0.5;

/** What it reads, what it writes, and what that makes of the answer. */
export function middle(scene: Scene, layer: number, t: number): Cue {
  const look = lookOf(scene, layer, t);
  const fetched = look && look.share >= FETCHES ? look : null;
  const read = readOutOf(scene, layer, t);
  const token = fetched && scene.manifest.tokens[fetched.key];
  const text = pieces`${look ? reads(scene, layer, look) : ""} ${works(scene, layer, t)}
    ${unlike(scene, inLayer(scene, layer))}
    ${read ? `Read out here, "${read.token}" has ${percent(read.share)}.` : ""}`;
  return {
    title: fetched ? `head ${fetched.head} fetches the "${token}"` : "no single token is fetched",
    text: text.length ? text : [`Once more as in layer 0, with the weights of layer ${layer}.`],
    lights: weightsOf(scene, inLayer(scene, layer)),
    arc: fetched,
    camera: fetched ? "head" : "lit",
  };
}

function reads(scene: Scene, layer: number, { head, query, key, share }: Look): Piece[] {
  const maps = namesOf(inLayer(scene, layer).filter(({ axes }) => axes.includes("key")));
  const who = tokenAt(scene, query);
  return share >= FETCHES
    ? pieces`For ${who}, ${tied(`head ${head}`, maps)} gives ${tokenAt(scene, key)} ${percent(share)}.`
    : pieces`For ${who}, ${tied("no head", maps)} gives another token more than ${percent(share)}.`;
}

/** What has changed much since the layer before: who writes more, or how many neurons fire. */
function works(scene: Scene, layer: number, t: number): Piece[] {
  const [factor, was] = [layer, layer - 1].map((l) => ffnByAttention(scene, l, t));
  const [fire, fired] = [layer, layer - 1].map((l) => firing(scene, inLayer(scene, l), t));
  const ffn = namesOf(writersOf(scene, layer).ffn);
  if (differs(factor!, was!))
    return factor! < 1
      ? pieces`Attention writes ${times(1 / factor!)} as much as ${tied("the FFN", ffn)}.`
      : pieces`${tied("The FFN", ffn)} writes ${times(factor!)} as much as attention.`;
  if (!fire || !fired || !differs(fire.on, fired.on)) return [];
  return pieces`${tied("The FFN", ffn)} fires ${`${fire.on} of ${fire.of}`} neurons, ${countOf(fired, fire)} before.`;
}

/** "5", and of how many, where these are not as many as those it stands beside. */
const countOf = (some: Firing, beside: Firing): string =>
  some.of === beside.of ? String(some.on) : `${some.on} of ${some.of}`;

const differs = (a: number, b: number): boolean => Math.max(a / b, b / a) > 1.25;

// ------------------------------------------------------------ the last layer, in parts

export interface Part {
  group: Tensor[];
  told: Cue;
}

type Step = "asks" | "looks" | "adds" | "fires" | "ends";

/** The steps of the last layer, cut where attention begins and ends to look, and where what attention
 * and the FFN add stands. A state of the stream goes with what is added there, or with what reads it. */
export function lastLayer(scene: Scene, layer: number, t: number): Part[] {
  const all = inLayer(scene, layer);
  const steps: (Step | undefined)[] = all.map((x) => stepOf(scene, x));
  for (const i of all.keys())
    if (termsOf(scene, all[i]!).length || isOverDepth(all[i]!)) steps[i] = steps[i - 1];
  for (const i of [...all.keys()].reverse()) steps[i] ??= steps[i + 1];
  const begins = all.flatMap((_, i) => (i === 0 || steps[i] !== steps[i - 1] ? [i] : []));
  return begins.map((from, i) => {
    const group = all.slice(from, begins[i + 1]);
    const told = PARTS[steps[from] ?? "ends"](scene, group, layer, t);
    return { group, told: { ...told, text: pieces`${told.text} ${unlike(scene, group)}` } };
  });
}

/** Of what belongs to one branch; undefined for the rest. */
function stepOf(scene: Scene, t: Tensor): Step | undefined {
  const branch = branchOf(scene, t);
  if (branch?.terms.length !== 1) return undefined;
  if (!isAttention(branch)) return branch.terms.includes(t) ? "ends" : "fires";
  const isMap = ({ axes }: Tensor): boolean => axes.includes("key");
  const at = branch.tensors.indexOf(t);
  if (at > branch.tensors.findLastIndex(isMap)) return "adds";
  return at < branch.tensors.findIndex(isMap) ? "asks" : "looks";
}

type ToldPart = (scene: Scene, group: Tensor[], layer: number, t: number) => Cue;

const made = (group: Tensor[]): Piece[] => list(group.filter((x) => !x.stream && !isOverDepth(x)));

const PARTS: Record<Step, ToldPart> = {
  asks(scene, group, _, t) {
    const [begin, here] = [scene.tensors, group].map((all) =>
      all.filter((x) => x.stream).slice(0, 1),
    );
    const grown = longer(scene, here!, begin!, t);
    const formed = group.filter(isFormed);
    const same = formed.filter((x) => isAsInFirst(scene, x));
    const isTold = Number.isFinite(grown);
    const who = tokenAt(scene, t);
    return {
      title: same.length < formed.length ? "a longer column" : "the same steps, a longer column",
      text: same.length
        ? pieces`${list(same)} as in layer 0${isTold ? `, where the column of ${who} was ${times(grown)} shorter` : ""}.`
        : pieces`${isTold ? `The column of ${who} is ${times(grown)} as long as in layer 0.` : ""}`,
      lights: weightsOf(scene, group),
      camera: "lit",
    };
  },

  looks(scene, group, layer, t) {
    const [then, now] = [0, layer].map((l) => lookOf(scene, l, t));
    const said = ({ share, key }: Look): string => `${percent(share)} of ${tokenAt(scene, key)}`;
    return {
      title: "what is read by now",
      text: pieces`In ${list(group)}
        ${now ? `head ${now.head} hands ${tokenAt(scene, t)} ${said(now)}` : "shares are formed anew"}${
          then ? `; in layer 0 head ${then.head} handed it ${said(then)}` : ""
        }.`,
      lights: weightsOf(scene, group),
      arc: now ?? null,
      camera: now ? "head" : "lit",
    };
  },

  adds(scene, group, layer, t) {
    const [then, now] = [0, layer].map((l) => joins(scene, l, t)) as [number, number];
    const long = (factor: number): string =>
      factor < 1 ? `${factor.toFixed(2)} times` : times(factor);
    const told = `are ${long(now)} as long as the column that they join; in layer 0 they were ${long(then)} as long`;
    return {
      title: "what attention adds by now",
      text: pieces`${made(group)} ${Number.isFinite(now + then) ? told : "are added to the stream"}.`,
      lights: weightsOf(scene, group),
      camera: "lit",
    };
  },

  fires(scene, group, _, t) {
    const before = group.flatMap((x) => twinOf(scene, x) ?? []);
    const [then, now] = [before, group].map((among) => firing(scene, among, t));
    const post = group.findLast(({ axes }) => axes.includes("d_ff"));
    const values = post && !now ? columnOf(scene, post, t) : [];
    const loudest = largestOf(values.map(Math.abs));
    const told =
      now && then
        ? `${now.on} of ${now.of} neurons fire, ${countOf(then, now)} did in layer 0`
        : `neuron ${loudest} is the loudest, at ${say(values[loudest])}`;
    return {
      title: "other neurons",
      text: pieces`${made(group)}: ${told}.`,
      lights: weightsOf(scene, group),
      camera: "lit",
    };
  },

  ends(scene, group, layer, t) {
    const state = group.find(({ stream }) => stream);
    const isEnd = !!state && isEndOfLayer(scene, state);
    const others = state ? termsOf(scene, state).filter((x) => !group.includes(x)) : [];
    const together = others.length ? [" together with ", ...list(others)] : [];
    const normed = state?.rule?.op === "norm" ? ", and the sum is normed" : "";
    const factor = longer(scene, group.filter(isFormed), writersOf(scene, layer).attention, t);
    const [then, now] = [0, layer].map((l) => (isEnd ? readOutOf(scene, l, t) : null));
    const long = Number.isFinite(factor) ? `, ${times(factor)} as long as attention's part,` : "";
    const before = then && now && then.token !== now.token ? `"${then.token}" had ` : "it had ";
    return {
      title: isEnd ? "the last addition" : "what the FFN adds by now",
      text: pieces`${made(group)}${long} ${state ? "joins the stream" : "is still to be added"}${together}${normed}.
        ${now ? `Read out here, "${now.token}" has ${percent(now.share)}` : ""}${
          now && then ? `; after layer 0 ${before}${percent(then.share)}.` : ""
        }`,
      lights: weightsOf(scene, group),
      camera: "lit",
    };
  },
};

/** How long what attention adds is, by the column that it reads. */
function joins(scene: Scene, layer: number, t: number): number {
  const terms = writersOf(scene, layer).attention;
  const reads = terms[0] && branchOf(scene, terms[0])?.reads;
  return longer(scene, terms, reads ? [reads] : [], t);
}

// ------------------------------------------------------------ tokens that the model writes

/** Tokens `from` to `to`, each fed back alone. `first`: the first of all of them. */
export function written(scene: Scene, from: number, to: number, first: boolean): Cue {
  const isKept = ({ kept }: Tensor): boolean => !!kept;
  const cache = tied("keys and values", namesOf(scene.tensors.filter(isKept)));
  const best = choice(scene, to);
  const text = scene.manifest.tokens.slice(from, to + 1).join("");
  const columns = from === to ? "One more column" : `${to - from + 1} columns, one after another`;
  return {
    title:
      from === to
        ? `${tokenAt(scene, to)} is fed back`
        : `tokens ${from} to ${to}, "${text}", one by one`,
    text: pieces`${
      first
        ? pieces`${columns}: in every layer ${from === to ? "it reads" : "each reads"} the ${cache} kept of ${String(from)} tokens, the KV cache.`
        : pieces`${columns}, beside the ${cache} kept of ${String(from)} tokens.`
    } ${best ? chosen(best, to + 1 < scene.manifest.tokens.length) : ""}`,
    lights: weightsOf(
      scene,
      scene.tensors.filter(({ kind }) => kind === "activation"),
    ),
    camera: "model",
  };
}
