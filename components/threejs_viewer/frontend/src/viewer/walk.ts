// The walk: the script played on a scene, in numbered stages. A stage has a short text whose words
// are tied to matrices, the matrices it lights, what the camera looks at, and the tokens that are
// being computed.
//
// First the prompt up to "=" runs through in one go (prefill): layer 0 step by step, each layer in
// the middle in one stage, the last one in a few. Then each further token alone, with the keys and
// values of all earlier tokens kept, until the answer stands.

import { actOf } from "./act";
import { isEdited, type Scene, type Tensor } from "./data";
import { choice, type Choice, type Look } from "./facts";
import { short } from "./layout";
import { inWords, type Piece } from "./pieces";
import { END, lastLayer, middle, step, written, type Camera, type Cue } from "./script";

export interface Stage {
  title: string;
  text: Piece[];
  names: string[];
  /** The matrices that it makes. */
  makes: string[];
  /** First and last token being computed. */
  span: [number, number];
  /** How many tokens of the prompt there are to see, and the one that is chosen at the end. */
  shown: number;
  next: Choice | null;
  /** The one look that is told of. */
  arc: (Look & { layer: number }) | null;
  camera: Camera;
}

/** Where the answer ends: before the token that says so. */
export function answerEnd({ manifest: { tokens }, given }: Scene): number {
  const end = tokens.indexOf(END, given);
  return end < 0 ? tokens.length : end;
}

export function stagesOf(scene: Scene): Stage[] {
  const activations = scene.tensors.filter((t) => t.kind === "activation");
  return [...prefill(scene, activations), ...decode(scene, activations)];
}

// ------------------------------------------------------------ the prompt, in one go

function prefill(scene: Scene, activations: Tensor[]): Stage[] {
  const layers = [...new Set(activations.map(({ layer }) => layer))].filter((l) => l !== null);
  const [first, end] = [layers[0], layers[layers.length - 1]!];
  const t = scene.given - 1;
  const span: [number, number] = [0, t];
  const seen = new Set<string | null>();
  const inFull = (group: Tensor[]): Stage => {
    const act = actOf(scene, group[0]!);
    const told = marked(scene, group, step(scene, group, t, seen.has(act)));
    seen.add(act);
    return { ...stage(group, told, span), next: act === "chances" ? choice(scene, t) : null };
  };
  const inOne = (group: Tensor[], told: Cue): Stage =>
    stage(group, marked(scene, group, told), span);
  const inLayer = (layer: number): Stage[] => {
    const group = activations.filter((x) => x.layer === layer);
    if (layer === first) return groups(scene, group).map(inFull);
    if (layer < end) return [inOne(group, middle(scene, layer, t))];
    return lastLayer(scene, layer, t).map((part) => inOne(part.group, part.told));
  };
  const begin = activations.findIndex(({ layer }) => layer !== null);
  const outside = groups(
    scene,
    activations.filter(({ layer }) => layer === null),
  );
  const isBefore = ([one]: Tensor[]): boolean => activations.indexOf(one!) < begin;
  return [
    ...outside.filter(isBefore).map(inFull),
    ...layers.flatMap(inLayer),
    ...outside.filter((group) => !isBefore(group)).map(inFull),
  ];
}

/** What a reader has changed is told where it is made. */
function marked(scene: Scene, group: Tensor[], told: Cue): Cue {
  const edited = group.filter((t) => isEdited(scene, t));
  const names = edited.map(({ name }) => short(name)).join(", ");
  return names ? { ...told, text: [...told.text, ` Changed by hand: ${names}.`] } : told;
}

/** Neighbours made in the same way are one stage: queries, keys and values. */
function groups(scene: Scene, activations: Tensor[]): Tensor[][] {
  const out: Tensor[][] = [];
  for (const t of activations) {
    const open = out[out.length - 1];
    const act = actOf(scene, t);
    const joins = act === "lookup" || act === "heads" || act === "rotation";
    if (joins && open && actOf(scene, open[0]!) === act) open.push(t);
    else out.push([t]);
  }
  return out;
}

function stage(
  group: Tensor[],
  { title, text, lights, arc, camera }: Cue,
  span: [number, number],
): Stage {
  const { layer } = group[0]!;
  const makes = group.map(({ name }) => name);
  const before = lights.filter((name) => !makes.includes(name));
  return {
    title: layer === null ? title : `layer ${layer} · ${title}`,
    text,
    names: [...new Set(before), ...makes],
    makes,
    span,
    shown: span[1] + 1,
    next: null,
    arc: arc && layer !== null ? { ...arc, layer } : null,
    camera,
  };
}

// ------------------------------------------------------------ the answer, token by token

/** An answer of more tokens than that is told part by part. */
const MOST_IN_FULL = 16;

function decode(scene: Scene, activations: Tensor[]): Stage[] {
  const { tokens } = scene.manifest;
  const [start, end] = [scene.given, answerEnd(scene)];
  return partsOf(tokens, start, end).map(([from, to]) => ({
    ...stage(activations, written(scene, from, to, from === start), [from, to]),
    makes: [], // the same matrices, one column longer
    next: choice(scene, to),
  }));
}

/** The first and last token of every stage: one token each or, in a long answer, one number each
 * with the sign behind it. */
function partsOf(tokens: string[], start: number, end: number): [number, number][] {
  const parts: [number, number][] = [];
  let from = start;
  for (let t = start; t < end; t++) {
    const isLast = end - start <= MOST_IN_FULL || !/\d/.test(tokens[t]!) || t === end - 1;
    if (!isLast) continue;
    parts.push([from, t]);
    from = t + 1;
  }
  return parts;
}

// ------------------------------------------------------------ where, and for how long

/** The stage of the walk that a matrix belongs to: the one that makes it, or the first that reads it. */
export function stageOf(stages: Stage[], name: string): number {
  const made = stages.findIndex(({ makes }) => makes.includes(name));
  return made >= 0 ? made : stages.findIndex(({ names }) => names.includes(name));
}

const [WORD_MS, LEAST_MS] = [180, 2500];

/** How long a stage stands while the walk plays, in ms: as long as it takes to read it, at a
 * brisk pace that a reader may halve. */
export const readingTime = ({ text }: Stage): number =>
  Math.max(LEAST_MS, WORD_MS * inWords(text).split(/\s+/).length);
