// What can be switched off, what a part is called, and what the model does without it. No page.

import { actOf } from "./act";
import { read, type Scene, type Tensor } from "./data";
import { sourceName } from "./depth";
import { strongest, type Look } from "./facts";
import { logit, unfold, type Term } from "./home";
import { short, type Box, type Plan } from "./layout";

/** A part of an activation, multiplied by `scale`. */
export interface Edit {
  name: string;
  layer: number | null;
  index: Record<string, number>;
  scale: number;
}

/** What the model writes with all its parts: behind the `given` tokens, with that probability. */
export interface Whole {
  text: string;
  given: number;
  chance: number;
}

/** A neuron, and the products that the model writes wrong without it, of so many. */
export interface Neuron {
  layer: number;
  neuron: number;
  wrong: string[];
  of: number;
}

export const withoutNeuron = ({ layer, neuron }: Neuron): Edit => ({
  name: "ffn_post",
  layer,
  index: { d_ff: neuron },
  scale: 0,
});

/** What is told of it before and after it is broken. */
export const lostWithout = ({ wrong, of }: Neuron): string =>
  `${wrong.map((one) => one.replace("*", " × ")).join(" and ")} come out wrong, and the other ${of - wrong.length} products right`;

/** What the answer would cost without a head, in nats, and what the model writes without it. */
export interface HeadCost {
  layer: number;
  head: number;
  nats: number;
  writes: string;
}

export interface Choice {
  label: string;
  index: Record<string, number>;
}

/** The axes along which one place is a part by itself. */
const CUTS: Record<string, string> = {
  head: "head",
  d_ff: "neuron",
  expert: "expert",
  source: "source",
};

/** What can be switched off at a place of an activation. Not the chances, which the model only reads
 * out; nor the numbers of the experts, which are no amounts; nor all experts, of which shares are made. */
export function choicesAt(scene: Scene, t: Tensor, place: number[]): Choice[] {
  const { kind, rule, axes, name } = t;
  if (kind !== "activation" || rule?.op === "largest" || actOf(scene, t) === "chances") return [];
  const choices = axes.flatMap((axis, i): Choice[] => {
    const cut = CUTS[axis];
    return cut ? [{ label: `${cut} ${place[i]}`, index: { [axis]: place[i]! } }] : [];
  });
  return axes.includes("expert")
    ? choices
    : [...choices, { label: `all of ${short(name)}`, index: {} }];
}

export const sameEdit = (a: Edit, b: Omit<Edit, "scale">): boolean =>
  a.name === b.name && a.layer === b.layer && JSON.stringify(a.index) === JSON.stringify(b.index);

export const keyOf = ({ name, layer }: Edit): string =>
  layer === null ? name : `blocks.${layer}.${name}`;

/** "head 2 of layer 3", "q of head 2 of layer 3", "all of ffn_out of layer 3". */
export function partOf(edit: Edit, scene: Scene): string {
  const { name, layer, index } = edit;
  const [axis = "", at = 0] = Object.entries(index)[0] ?? [];
  const itself = name === "z" || name === "ffn_post" || name === "router_scores";
  const cut = axis && `${CUTS[axis] ?? axis} ${at}`;
  const shares = axis === "source" ? scene.byName.get(keyOf(edit)) : undefined;
  const source = shares ? ` (${sourceName(scene, shares, at)})` : "";
  const part = !cut ? `all of ${name}` : itself ? cut : `${name} of ${cut}${source}`;
  return layer === null ? part : `${part} of layer ${layer}`;
}

// ------------------------------------------------------------ what it writes now

/** What stands behind the prompt, without the end sign. */
export const answerOf = (text: string, given: number): string =>
  text.slice(given).split("$")[0] || "nothing";

/** The probability of all that is written behind the prompt. */
export function chanceOf(scene: Scene, given: number): number {
  const { tokens, vocabulary } = scene.manifest;
  const probs = scene.tensors.find((t) => actOf(scene, t) === "chances");
  return tokens.slice(given).reduce((product, token, i) => {
    const at = (given + i - 1) * (probs?.cols ?? 0) + vocabulary.indexOf(token);
    return product * ((probs && read(scene, probs, at)) ?? NaN);
  }, 1);
}

/** What a head reads most for the token `query`. */
export function mostRead(scene: Scene, { layer, index }: Edit, query: number): Look | null {
  const shares = scene.tensors.find((t) => t.layer === layer && actOf(scene, t) === "shares");
  return (shares && strongest(scene, shares, query, (_, head) => head === index["head"])) ?? null;
}

// ------------------------------------------------------------ what its loss did

/** How far the right token led over another one where the answers part; `own`: how much of that
 * lead the part wrote itself, null if it writes nothing to the stream. */
export interface Lead {
  right: string;
  rival: string;
  before: number;
  after: number;
  own: number | null;
}

/** At the first token that differs, or at the first of the answer: against what is written there now,
 * or what comes next to it. */
export function leadLost(whole: Scene, broken: Scene, edit: Edit, given: number): Lead | null {
  const [mended, now] = [whole.manifest.tokens, broken.manifest.tokens];
  const parts = mended.findIndex((token, i) => i >= given && token !== now[i]);
  const at = parts < 0 ? given : parts;
  const { vocabulary } = whole.manifest;
  const right = vocabulary.indexOf(mended[at] ?? "");
  const changed = vocabulary.indexOf(now[at] ?? "");
  if (right < 0 || changed < 0) return null;
  const rival = changed === right ? runnerUp(broken, at - 1, right) : changed;
  const [speaksFor, speaksAgainst] = [logit(whole, at - 1, right), logit(whole, at - 1, rival)];
  const [nowFor, nowAgainst] = [logit(broken, at - 1, right), logit(broken, at - 1, rival)];
  if (!speaksFor || !speaksAgainst || !nowFor || !nowAgainst) return null;
  const [mine, yours] = [speaksFor, speaksAgainst].map((term) => writtenBy(whole, term, edit));
  return {
    right: vocabulary[right]!,
    rival: vocabulary[rival]!,
    before: speaksFor.value - speaksAgainst.value,
    after: nowFor.value - nowAgainst.value,
    own: mine!.length ? sum(mine!) - sum(yours!) : null,
  };
}

function runnerUp(scene: Scene, position: number, but: number): number {
  const logits = scene.byName.get("logits")!;
  const value = (c: number): number => read(scene, logits, position * logits.cols + c) ?? -Infinity;
  const others = [...scene.manifest.vocabulary].map((_, c) => c).filter((c) => c !== but);
  return others.reduce((best, c) => (value(c) > value(best) ? c : best));
}

/** The terms of a logit that a part wrote to the stream itself. */
function writtenBy(scene: Scene, whole: Term, edit: Edit): Term[] {
  const key = keyOf(edit);
  const made = scene.byName.get(key)?.inputs ?? [];
  const { head, ...others } = edit.index;
  if (Object.keys(others).length) return [];
  return unfold(scene, whole).filter(
    ({ tensor, head: own }) =>
      (tensor.name === key && (head === undefined || head === own)) ||
      (head === undefined && own !== null && made.includes(tensor.name)),
  );
}

const sum = (terms: Term[]): number => terms.reduce((all, { value }) => all + value, 0);

// ------------------------------------------------------------ where it stands

/** Cells that are changed by hand, and what is written over them. */
export interface Mark {
  box: Box;
  left: number;
  top: number;
  cols: number;
  rows: number;
  label: string;
}

export function marksOf({ ofTensor }: Plan, edits: Edit[]): Mark[] {
  return edits.flatMap((edit) => {
    const label = edit.scale === 0 ? "broken" : `× ${edit.scale}`;
    const { head, d_ff, expert, source } = edit.index;
    const row = d_ff ?? expert ?? source;
    const boxes = ofTensor.get(keyOf(edit)) ?? [];
    return (head === undefined ? boxes : boxes.slice(head, head + 1)).map((box, i) => ({
      box,
      label: i ? "" : label,
      left: 0,
      cols: box.cols,
      top: row ?? 0,
      rows: row === undefined ? box.rows : 1,
    }));
  });
}
