// The first flight: what the prompt becomes, once through the model in fifteen seconds. The typed
// tokens fall in as columns, light runs down the stream, the head that speaks loudest for the first digit
// shows what it reads, and the digit drops into the text. Pure: a time in, a shot out.

import { between, type Pose, type View } from "./camera";
import { choice } from "./facts";
import { promptLength } from "./walk";
import { corner } from "./labels";
import { heightOf, type Box, type Plan } from "./layout";
import { logit, unfold } from "./home";
import type { Arc, Letter } from "./overlay";
import { around, partOf, wholeModel, type Aim } from "./sights";

export interface Shot {
  pose: Pose;
  caption: string;
  /** The height that the light has come to, and how far it shines; null: it has passed. */
  pulse: { y: number; reach: number } | null;
  /** The last token whose column is there. */
  last: number;
  letters: Letter[];
  arcs: Arc[];
  glow: string[];
  /** Whether the digit stands in the text already. */
  written: boolean;
}

export const FLIGHT_MS = 15_000;
const FALL = 3_000;
const TO_HEAD = 6_500;
const READ = 9_000;
const TO_END = 11_500;
const DROP = 14_000;

const share = (ms: number, from: number, to: number): number =>
  Math.min(1, Math.max(0, (ms - from) / (to - from)));
const eased = (t: number): number => t * t * (3 - 2 * t);

export class Flight {
  private poses: Pose[];
  private stream: Box[];
  private prompt: number;
  private digit: string;
  private deciding: { layer: number; head: number } | null;

  /** `view` is left as it is. */
  constructor(
    private plan: Plan,
    private view: View,
  ) {
    const { tokens } = plan.scene.manifest;
    this.prompt = promptLength(tokens);
    this.digit = tokens[this.prompt] ?? choice(plan.scene, this.prompt - 1)?.token ?? "";
    this.stream = plan.spine.map((name) => plan.ofTensor.get(name)![0]!);
    this.deciding = decidingHead(plan, this.prompt - 1);
    this.poses = this.sights().map(({ bounds, angles, fill, outline }) =>
      view.fit(bounds, angles, fill, outline),
    );
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
      around(stream.slice(0, 1), from),
      there,
      around(stream.slice(-2), from),
      partOf(plan, "answer", 0),
      wholeModel(plan.boxes, this.view.width / this.view.height),
    ];
  }

  at(ms: number): Shot {
    const last = ms < FALL ? Math.floor((ms / FALL) * (this.prompt + 1)) - 1 : this.prompt - 1;
    const arcs =
      ms >= TO_HEAD && ms < TO_END ? this.arcs(eased(share(ms, TO_HEAD, READ - 800))) : [];
    return {
      pose: this.pose(ms),
      caption: this.caption(ms),
      pulse: ms < TO_END ? { y: this.light(ms), reach: 1.2 * heightOf(this.stream[0]!) } : null,
      last,
      letters: ms < FALL ? this.falling(ms) : this.rising(ms),
      arcs,
      glow: ms >= TO_END && ms < DROP ? ["probs"] : [],
      written: ms >= DROP - 500,
    };
  }

  private pose(ms: number): Pose {
    const ends = [FALL, TO_HEAD, READ, TO_END, TO_END + 900, DROP, FLIGHT_MS];
    const stops = [0, 0, 1, 1, 2, 3, 3, 4];
    const leg = Math.max(
      0,
      ends.findIndex((end) => ms < end),
    );
    if (ms >= FLIGHT_MS) return this.poses[4]!;
    const [from, to] = [this.poses[stops[leg]!]!, this.poses[stops[leg + 1]!]!];
    return between(from, to, eased(share(ms, ends[leg - 1] ?? 0, ends[leg]!)));
  }

  /** Down the stream: to the layer of the deciding head, where it waits, and on to the end. */
  private light(ms: number): number {
    const [first, end] = [this.stream[0]!, this.stream.at(-1)!];
    const stop =
      this.stream.find((box) => box.tensor.layer === (this.deciding?.layer ?? 0)) ?? first;
    const [top, middle] = [first.y + heightOf(first), stop.y - heightOf(stop) / 2];
    const bottom = end.y - 2 * heightOf(end);
    if (ms < FALL) return first.y - 0.2 * heightOf(first);
    if (ms < READ) return top + (middle - top) * eased(share(ms, FALL, TO_HEAD));
    return middle + (bottom - middle) * eased(share(ms, READ, TO_END));
  }

  private arcs(grown: number): Arc[] {
    if (!this.deciding) return [];
    const { layer, head } = this.deciding;
    const box = this.plan.ofTensor.get(`blocks.${layer}.pattern`)?.[head];
    const over = this.stream.find((one) => one.tensor.layer === layer);
    return box && over ? [{ box, query: this.prompt - 1, over, grown }] : [];
  }

  private falling(ms: number): Letter[] {
    const { tokens } = this.plan.scene.manifest;
    const each = FALL / (this.prompt + 1);
    return tokens.slice(0, this.prompt).flatMap((text, col): Letter[] => {
      const t = share(ms, (col - 0.4) * each, (col + 1) * each);
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
    const x = cell.x + (30 * (this.prompt + 0.5) - cell.x) * up;
    return [{ text: this.digit, x, y: cell.y + (-40 - cell.y) * up, size: 16 + 44 * eased(grown) }];
  }

  private caption(ms: number): string {
    const { tokens } = this.plan.scene.manifest;
    const typed = tokens.slice(0, this.prompt);
    if (ms < FALL)
      return `The ${typed.length} typed tokens become ${typed.length} columns of numbers.`;
    if (ms < TO_HEAD || !this.deciding)
      return "Layer by layer, attention and FFN add to the stream. Nothing is overwritten.";
    const { layer, head } = this.deciding;
    if (ms < READ)
      return `Layer ${layer}, head ${head} speaks loudest for the “${this.digit}”. This is what “${typed.at(-1)}” reads there.`;
    if (ms < TO_END) return "The remaining layers go on from there.";
    return ms < DROP
      ? `The last column becomes a share for every token. “${this.digit}” has the largest.`
      : "It drops into the text, and all of it begins again for the next token.";
  }
}

/** The head whose part of the first digit's logit is largest, with all norms and patterns held. */
function decidingHead({ scene }: Plan, position: number): Flight["deciding"] {
  const { tokens, vocabulary } = scene.manifest;
  const whole = logit(scene, position, vocabulary.indexOf(tokens[position + 1] ?? ""));
  const heads = (whole ? unfold(scene, whole) : []).filter(({ head }) => head !== null);
  const best = heads.sort((a, b) => b.value - a.value)[0];
  return best ? { layer: best.tensor.layer!, head: best.head! } : null;
}
