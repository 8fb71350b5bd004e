// The first flight: what the prompt becomes, once through the model in eighteen seconds. The whole model
// stands there with all its numbers; then the light runs back up, and the typed tokens fall in as columns,
// light runs down the stream, the head in which two numbers meet shows what it reads, and the digit drops
// into the text. Pure: a time in, a shot out.

import { between, FRONT, type Pose, type View } from "./camera";
import { actOf } from "./act";
import type { Scene } from "./data";
import { choice, meeting, strongest, TELLING, type Look } from "./facts";
import { corner } from "./labels";
import { heightOf, type Box, type Plan } from "./layout";
import { logit, unfold } from "./home";
import type { Arc, Letter } from "./overlay";
import { percent } from "./text";
import { around, partOf, wholeModel, type Aim } from "./sights";

export interface Shot {
  pose: Pose;
  caption: string;
  /** The height that the light has come to, and how far it shines; null: it has passed. */
  pulse: { y: number; reach: number } | null;
  /** Whether the light runs back up: what it had shown is gone. */
  rewinds: boolean;
  /** The last token whose column is there. */
  last: number;
  letters: Letter[];
  fall: boolean;
  arcs: Arc[];
  glow: string[];
  /** Whether the digit stands in the text already. */
  written: boolean;
}

/** A head that is shown at work: what a token reads through it. */
interface Deciding {
  layer: number;
  look: Look;
  /** Whether the second number meets the first there; else it is the head that adds most to the digit's logit. */
  isMeeting: boolean;
}

export const FLIGHT_MS = 18_000;
const HOLD = 1_800;
const BACK = 4_000;
const FALL = 6_500;
const TO_HEAD = 9_500;
const READ = 12_000;
const TO_END = 14_500;
const DROP = 17_000;

/** How much of the picture is filled, so that whole matrices are seen and no wall of numbers. */
const FAR = 0.46;
const NEARER = 0.62;
/** Later than any token. */
const NEVER = 1e9;

const share = (ms: number, from: number, to: number): number =>
  Math.min(1, Math.max(0, (ms - from) / (to - from)));
const eased = (t: number): number => t * t * (3 - 2 * t);

export class Flight {
  private poses: Pose[];
  private stream: Box[];
  private prompt: number;
  private digit: string;
  private deciding: Deciding | null;

  /** `view` is left as it is. */
  constructor(
    private plan: Plan,
    private view: View,
  ) {
    const { tokens } = plan.scene.manifest;
    this.prompt = plan.scene.given;
    this.digit = tokens[this.prompt] ?? choice(plan.scene, this.prompt - 1)?.token ?? "";
    this.stream = plan.spine.map((name) => plan.ofTensor.get(name)![0]!);
    this.deciding = decidingHead(plan.scene);
    this.poses = this.sights().map((aim) => fitted(view, aim));
  }

  private sights(): Aim[] {
    const { plan, stream } = this;
    const from = { yaw: -0.2, pitch: -0.55 };
    const layer = this.deciding?.layer ?? 0;
    const over = stream.filter((box) => box.tensor.layer === layer).slice(0, 1);
    const there = around(over, from);
    // The arcs stand above the columns.
    there.bounds.top += 0.8 * heightOf(over[0] ?? stream[0]!);
    return [
      wholeModel(plan.boxes, this.view.width / this.view.height),
      { ...around(stream.slice(0, 1), from), fill: FAR },
      { ...there, fill: NEARER },
      { ...around(stream.slice(-2), from), fill: NEARER },
      this.answer(),
    ];
  }

  /** The logits and what becomes of them. */
  private answer(): Aim {
    const { boxes, scene } = this.plan;
    const ends = ["logits", "chances"];
    const made = boxes.filter(({ tensor }) => ends.includes(actOf(scene, tensor) ?? ""));
    return made.length ? around(made, FRONT) : partOf(this.plan, "answer", 0);
  }

  at(ms: number): Shot {
    const fallen = Math.floor(share(ms, BACK, FALL) * (this.prompt + 1)) - 1;
    const last = ms < HOLD ? NEVER : ms >= BACK && ms < FALL ? fallen : this.prompt - 1;
    const arcs =
      ms >= TO_HEAD && ms < TO_END ? this.arcs(eased(share(ms, TO_HEAD, READ - 800))) : [];
    return {
      pose: this.pose(ms),
      caption: this.caption(ms),
      pulse:
        ms >= HOLD && ms < TO_END
          ? { y: this.light(ms), reach: 1.2 * heightOf(this.stream[0]!) }
          : null,
      rewinds: ms >= HOLD && ms < BACK,
      last,
      fall: ms >= BACK && ms < FALL,
      letters: ms < FALL ? this.falling(ms) : this.rising(ms),
      arcs,
      glow: ms >= TO_END && ms < DROP ? ["probs"] : [],
      written: ms >= DROP - 500,
    };
  }

  private pose(ms: number): Pose {
    const ends = [HOLD, BACK, FALL, TO_HEAD, READ, TO_END, TO_END + 900, DROP, FLIGHT_MS];
    const stops = [0, 0, 1, 1, 2, 2, 3, 4, 4, 0];
    const leg = Math.max(
      0,
      ends.findIndex((end) => ms < end),
    );
    if (ms >= FLIGHT_MS) return this.poses[0]!;
    const [from, to] = [this.poses[stops[leg]!]!, this.poses[stops[leg + 1]!]!];
    if (from === to) return from;
    return between(from, to, eased(share(ms, ends[leg - 1] ?? 0, ends[leg]!)));
  }

  /** Back up from the end, then down the stream: to the layer of the deciding head, where it waits, and on. */
  private light(ms: number): number {
    const [first, end] = [this.stream[0]!, this.stream.at(-1)!];
    const stop =
      this.stream.find((box) => box.tensor.layer === (this.deciding?.layer ?? 0)) ?? first;
    const middle = stop.y - heightOf(stop) / 2;
    const bottom = end.y - 2 * heightOf(end);
    const start = first.y - 0.2 * heightOf(first);
    if (ms < FALL) return bottom + (start - bottom) * eased(share(ms, HOLD, BACK));
    if (ms < READ) return start + (middle - start) * eased(share(ms, FALL, TO_HEAD));
    return middle + (bottom - middle) * eased(share(ms, READ, TO_END));
  }

  private arcs(grown: number): Arc[] {
    if (!this.deciding) return [];
    const { layer, look } = this.deciding;
    const isMap = ({ tensor }: Box): boolean =>
      tensor.layer === layer && actOf(this.plan.scene, tensor) === "shares";
    const box = this.plan.boxes.find((one) => isMap(one) && one.plane === look.head);
    const over = this.stream.find((one) => one.tensor.layer === layer);
    return box && over ? [{ box, query: look.query, over, grown }] : [];
  }

  private falling(ms: number): Letter[] {
    const { tokens } = this.plan.scene.manifest;
    const each = (FALL - BACK) / (this.prompt + 1);
    return tokens.slice(0, this.prompt).flatMap((text, col): Letter[] => {
      const t = share(ms - BACK, (col - 0.4) * each, (col + 1) * each);
      if (t === 0) return [];
      const head = corner(this.view, this.stream[0]!, col + 0.5, 0);
      return [{ text, x: head.x, y: -30 + (head.y - 8 + 30) * t * t, size: 26 }];
    });
  }

  /** The digit, out of its cell and up into the text. */
  private rising(ms: number): Letter[] {
    const probs = this.plan.ofTensor.get("probs")?.[0];
    const row = this.plan.scene.manifest.vocabulary.indexOf(this.digit);
    if (!probs || row < 0 || ms < TO_END + 900 || ms >= DROP) return [];
    const cell = corner(this.view, probs, this.prompt - 0.5, row + 0.5);
    const [grown, up] = [
      share(ms, TO_END + 900, DROP - 1100),
      eased(share(ms, DROP - 1100, DROP - 300)),
    ];
    const x = cell.x + (12 + 32 * (this.prompt + 0.5) - cell.x) * up; // where the text stands
    return [{ text: this.digit, x, y: cell.y + (40 - cell.y) * up, size: 16 + 44 * eased(grown) }];
  }

  private shown({ layer, look: { head, query, key, share }, isMeeting }: Deciding): string {
    const { tokens } = this.plan.scene.manifest;
    return isMeeting
      ? `Layer ${layer}, head ${head}: here the “${tokens[query]}” meets the “${tokens[key]}”, which gets ${percent(share)} of its attention.`
      : `Of all heads, head ${head} of layer ${layer} adds most to the logit of “${this.digit}” directly. This is what “${tokens[query]}” reads there.`;
  }

  private caption(ms: number): string {
    const { tokens } = this.plan.scene.manifest;
    const typed = tokens.slice(0, this.prompt);
    if (ms < HOLD)
      return `The whole model, ${this.plan.layers.length} layers one below another. The prompt comes in at the top, and “${this.digit}” comes out at the bottom.`;
    if (ms < BACK) return "Back to the start.";
    if (ms < FALL)
      return typed.length === 1
        ? "Nothing is computed yet. The typed token becomes a column of numbers."
        : `Nothing is computed yet. The ${typed.length} typed tokens become ${typed.length} columns of numbers.`;
    if (ms < TO_HEAD || !this.deciding)
      return "Layer by layer, attention and FFN add what they found to the columns: the stream.";
    if (ms < READ) return this.shown(this.deciding);
    if (ms < TO_END) return "From there on, all of it is added to the same columns.";
    return ms < DROP
      ? `The last column becomes a share for every token. “${this.digit}” has the largest.`
      : "It drops into the text, and all of it begins again for the next token.";
  }
}

/** The whole model ends above the buttons as it does at rest. */
export function fitted(view: View, { bounds, angles, fill, outline, foot }: Aim): Pose {
  const kept = view.foot;
  if (foot !== undefined) view.foot = Math.min(kept, foot);
  const pose = view.fit(bounds, angles, fill, outline);
  view.foot = kept;
  return pose;
}

/** Where the second number meets the first in the first layer; where it hardly does, or there are no two,
 * the head whose part of the first digit's logit is largest, with all norms and patterns held. */
function decidingHead(scene: Scene): Deciding | null {
  const { tokens, vocabulary } = scene.manifest;
  const patterns = scene.tensors.filter((t) => actOf(scene, t) === "shares");
  const met = patterns[0] && meeting(scene, patterns[0]);
  if (met && met.share >= TELLING)
    return { layer: patterns[0]!.layer!, look: met, isMeeting: true };
  const position = scene.given - 1;
  const whole = logit(scene, position, vocabulary.indexOf(tokens[scene.given] ?? ""));
  const heads = (whole ? unfold(scene, whole) : []).filter(({ head }) => head !== null);
  const best = heads.sort((a, b) => b.value - a.value)[0];
  const pattern = best && patterns.find(({ layer }) => layer === best.tensor.layer);
  const look = pattern && strongest(scene, pattern, position, (_, head) => head === best.head);
  return look ? { layer: best!.tensor.layer!, look, isMeeting: false } : null;
}
