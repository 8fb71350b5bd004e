// What is said where a stage holds many steps: a layer in the middle, a part of the last layer, a
// token that the model writes. It says what differs from what was told before.

import { actOf } from "./act";
import { chosen, type Caption } from "./captions";
import { say, type Scene, type Tensor } from "./data";
import { isOverDepth } from "./depth";
import {
  choice,
  columnOf,
  ffnByAttention,
  firing,
  largestOf,
  longer,
  readOut,
  strongest,
  writersOf,
  type Choice,
  type Look,
} from "./facts";
import { list, pieces, tied, type Piece } from "./pieces";
import { percent, times, tokenAt } from "./text";

const inLayer = (scene: Scene, layer: number): Tensor[] =>
  scene.tensors.filter((t) => t.kind === "activation" && t.layer === layer);

const namesOf = (tensors: Tensor[]): string[] => tensors.map(({ name }) => name);

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
export function middle(scene: Scene, layer: number, t: number): Caption {
  const look = lookOf(scene, layer, t);
  const fetched = look && look.share >= FETCHES ? look : null;
  const read = readOutOf(scene, layer, t);
  const token = fetched && scene.manifest.tokens[fetched.key];
  const text = pieces`${look ? reads(scene, layer, look) : ""} ${works(scene, layer, t)}
    ${read ? `Read out here, "${read.token}" has ${percent(read.share)}.` : ""}`;
  return {
    title: fetched ? `head ${fetched.head} fetches the "${token}"` : "no single token is fetched",
    text: text.length ? text : [`Once more as in layer 0, with the weights of layer ${layer}.`],
    arc: fetched,
  };
}

function reads(scene: Scene, layer: number, { head, query, key, share }: Look): Piece[] {
  const maps = namesOf(inLayer(scene, layer).filter(({ axes }) => axes.includes("key")));
  const who = tokenAt(scene, query);
  return share >= FETCHES
    ? pieces`${tied(`Head ${head}`, maps)} of ${who} takes ${percent(share)} from ${tokenAt(scene, key)}.`
    : pieces`${tied("No head", maps)} of ${who} takes more than ${percent(share)} from another token.`;
}

/** What has changed much since the layer before: who writes more, or how many neurons fire. */
function works(scene: Scene, layer: number, t: number): Piece[] {
  const [factor, was] = [layer, layer - 1].map((l) => ffnByAttention(scene, l, t));
  const [fire, fired] = [layer, layer - 1].map((l) => firing(scene, l, t));
  const ffn = namesOf(writersOf(scene, layer).ffn);
  if (differs(factor!, was!))
    return factor! < 1
      ? pieces`Attention writes ${times(1 / factor!)} as much as ${tied("the FFN", ffn)}.`
      : pieces`${tied("The FFN", ffn)} writes ${times(factor!)} as much as attention.`;
  if (!fire || !fired || !differs(fire.on, fired.on)) return [];
  return pieces`${tied("The FFN", ffn)} fires ${`${fire.on} of ${fire.of}`} neurons, ${String(fired.on)} before.`;
}

const differs = (a: number, b: number): boolean => Math.max(a / b, b / a) > 1.25;

// ------------------------------------------------------------ the last layer, in parts

export interface Part {
  group: Tensor[];
  told: Caption;
}

/** The steps of the last layer, cut where attention begins and ends, and where the FFN does. */
export function lastLayer(scene: Scene, layer: number, t: number): Part[] {
  const all = inLayer(scene, layer);
  const { attention, ffn } = writersOf(scene, layer);
  const isMap = ({ axes }: Tensor): boolean => axes.includes("key");
  const joined = all.indexOf(attention[0]!);
  const cuts = [
    all.findIndex(isMap),
    all.findLastIndex(isMap) + 1,
    all.findIndex(({ stream }, i) => stream && i > joined) + 1,
    all.indexOf(ffn[0]!),
    all.length,
  ];
  let from = 0;
  return cuts.flatMap((cut, i) => {
    const group = all.slice(from, cut);
    from = Math.max(from, cut);
    return group.length ? [{ group, told: PARTS[i]!(scene, group, layer, t) }] : [];
  });
}

type Told = (scene: Scene, group: Tensor[], layer: number, t: number) => Caption;

const made = (group: Tensor[]): Piece[] => list(group.filter((x) => !x.stream && !isOverDepth(x)));

const PARTS: Told[] = [
  function asks(scene, group, _, t) {
    const [begin, here] = [scene.tensors, group].map((all) => all.find(({ stream }) => stream));
    const grown = longer(scene, here, begin, t);
    const told = `, where the column of ${tokenAt(scene, t)} was ${times(grown)} shorter`;
    return {
      title: "the same steps, a longer column",
      text: pieces`${made(group)} as in layer 0${Number.isFinite(grown) ? told : ""}.`,
    };
  },

  function looks(scene, group, layer, t) {
    const [then, now] = [0, layer].map((l) => lookOf(scene, l, t));
    const said = ({ share, key }: Look): string => `${percent(share)} of ${tokenAt(scene, key)}`;
    return {
      title: "what is read by now",
      text: pieces`In ${list(group)}
        ${now ? `head ${now.head} hands ${tokenAt(scene, t)} ${said(now)}` : "shares are formed anew"}${
          then ? `; in layer 0 head ${then.head} handed it ${said(then)}` : ""
        }.`,
      arc: now ?? null,
    };
  },

  function adds(scene, group, layer, t) {
    const [then, now] = [0, layer].map((l) => joins(scene, l, t)) as [number, number];
    const long = (factor: number): string =>
      factor < 1 ? `${factor.toFixed(2)} times` : times(factor);
    const told = `are ${long(now)} as long as the column that they join; in layer 0 they were ${long(then)} as long`;
    return {
      title: "what attention adds by now",
      text: pieces`${made(group)} ${Number.isFinite(now + then) ? told : "are added to the stream"}.`,
    };
  },

  function fires(scene, group, layer, t) {
    const [then, now] = [0, layer].map((l) => firing(scene, l, t));
    const post = group.findLast(({ axes }) => axes.includes("d_ff"));
    const values = post && !now ? columnOf(scene, post, t) : [];
    const loudest = largestOf(values.map(Math.abs));
    const told =
      now && then
        ? `${now.on} of ${now.of} neurons fire, ${then.on} did in layer 0`
        : `neuron ${loudest} is the loudest, at ${say(values[loudest])}`;
    return { title: "other neurons", text: pieces`${made(group)}: ${told}.` };
  },

  function ends(scene, group, layer, t) {
    const factor = ffnByAttention(scene, layer, t);
    const [then, now] = [0, layer].map((l) => readOutOf(scene, l, t));
    const long = Number.isFinite(factor) ? `, ${times(factor)} as long as attention's part,` : "";
    const before = then && now && then.token !== now.token ? `"${then.token}" had ` : "it had ";
    return {
      title: "the last addition",
      text: pieces`${made(group)}${long} joins the stream.
        ${now ? `Read out here, "${now.token}" has ${percent(now.share)}` : ""}${
          now && then ? `; after layer 0 ${before}${percent(then.share)}.` : ""
        }`,
    };
  },
];

/** How long what attention adds is, by the column that it joins. */
function joins(scene: Scene, layer: number, t: number): number {
  const column = inLayer(scene, layer).find(({ stream }) => stream);
  return longer(scene, writersOf(scene, layer).attention[0], column, t);
}

// ------------------------------------------------------------ tokens that the model writes

/** Tokens `from` to `to`, each fed back alone. `first`: the first of all of them. */
export function written(scene: Scene, from: number, to: number, first: boolean): Caption {
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
  };
}
