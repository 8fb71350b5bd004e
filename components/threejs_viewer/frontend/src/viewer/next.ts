// The next token: a bar for every token of the vocabulary, at a temperature, and draws from them.

import { actOf } from "./act";
import { read, type Scene } from "./data";
import { button, make } from "../shared/dom";
import { chancesAt, dice, drawn } from "./sampling";
import { focused, span, type State } from "./state";

const SEED = 1;
const MANY = 100;

/** The token behind which the model says what comes: the one whose logits are pointed at or kept, the
 * one that the walk computes, or the last of the prompt. */
export function tokenOf(state: State, scene: Scene): number {
  const { tokens } = scene.manifest;
  const at = focused(state);
  const t = at && scene.byName.get(at.name);
  const read = at && t?.kind === "activation" && t.axes.includes("vocab") ? at.place[0] : undefined;
  const last = read ?? span(state)?.[1] ?? scene.given - 1;
  return Math.max(0, Math.min(last, tokens.length - 1));
}

/** The logits of all tokens behind token `t`; null where they are not all there. */
export function logitsOf(scene: Scene, t: number): number[] | null {
  const logits = scene.tensors.find((x) => actOf(scene, x) === "logits");
  if (!logits) return null;
  const row = Array.from({ length: logits.cols }, (_, c) =>
    read(scene, logits, t * logits.cols + c),
  );
  return row.every((x) => x !== undefined && Number.isFinite(x)) ? (row as number[]) : null;
}

export class Next {
  readonly root = make("section", { class: "upcoming", "aria-label": "The next token" });
  private title = button("", "", () => this.toggle());
  private bars = make("ol", {});
  private warmth = make("input", {
    type: "range",
    min: 0,
    max: 2,
    step: 0.05,
    value: 1,
    "aria-label": "Temperature",
  });
  private told = make("output", {});
  private tally = make("p", { class: "tally" });
  private scene: Scene | null = null;
  private token = 0;
  private logits: number[] | null = null;
  private draws: number[] = [];
  private throwDice = dice(SEED);

  private onward = button("", "", () => {
    const { tokens, vocabulary } = this.scene!.manifest;
    const before = tokens.slice(0, this.token + 1).join("");
    this.goOn(before + vocabulary[this.draws.at(-1)!]);
  });

  /** Three bars are enough again. */
  close(): void {
    if (this.root.classList.contains("open")) this.toggle();
  }

  /** `goOn`: the model is to write on behind a text that ends with what was drawn. */
  constructor(
    private goOn: (text: string) => void,
    private say: (text: string) => void,
  ) {
    this.warmth.addEventListener("input", () => this.renew());
    const more = make(
      "div",
      {},
      make("label", {}, "Temperature ", this.warmth, this.told),
      make(
        "p",
        {},
        button("Draw 1", "Draw a token", () => this.draw(1)),
        button(`Draw ${MANY}`, `Draw ${MANY} tokens`, () => this.draw(MANY)),
        this.onward,
      ),
      this.tally,
      make(
        "p",
        { class: "note" },
        "softmax(logits / T): a T below 1 makes every ratio of two shares larger, one above 1 smaller. At 0 the largest is taken, as in all texts of this page.",
      ),
    );
    this.root.append(this.title, this.bars, more);
    this.toggle(false);
  }

  /** Closed, it shows the largest three. */
  private toggle(open?: boolean): void {
    this.title.setAttribute("aria-expanded", String(this.root.classList.toggle("open", open)));
  }

  /** What comes behind a token; drawn anew only where that is another one, or of another scene. */
  show(scene: Scene, token: number): void {
    if (scene === this.scene && token === this.token) return;
    [this.scene, this.token] = [scene, token];
    this.logits = logitsOf(scene, token);
    this.renew();
  }

  private get temperature(): number {
    return Number(this.warmth.value);
  }

  /** Other chances: what was drawn before is not of them. */
  private renew(): void {
    const T = this.temperature;
    this.draws = [];
    this.throwDice = dice(SEED);
    this.told.textContent = T === 0 ? "0, greedy" : T.toFixed(2);
    this.warmth.setAttribute("aria-valuetext", this.told.textContent);
    this.fill();
  }

  private draw(times: number): void {
    if (!this.logits) return;
    const chances = chancesAt(this.logits, this.temperature);
    for (let i = 0; i < times; i++) this.draws.push(drawn(chances, this.throwDice()));
    this.fill();
    this.say(this.tally.textContent);
  }

  private fill(): void {
    const { tokens, vocabulary } = this.scene!.manifest;
    const { logits, draws } = this;
    const chances = logits ? chancesAt(logits, this.temperature) : [];
    const order = [...chances.keys()].sort((a, b) => logits![b]! - logits![a]!);
    this.title.textContent = `Next after "${tokens[this.token]}"`;
    this.title.setAttribute("aria-label", `${this.title.textContent}, token ${this.token}`);
    this.bars.replaceChildren(
      ...order.map((c) => {
        const times = draws.filter((token) => token === c).length;
        return row(vocabulary[c] ?? "?", chances[c]!, draws.length ? `${times}×` : null);
      }),
    );
    const last = vocabulary[draws.at(-1) ?? -1];
    this.onward.hidden = last === undefined;
    this.onward.textContent = `Go on with ${last}`;
    this.onward.setAttribute("aria-label", this.onward.textContent);
    this.tally.textContent = !logits
      ? "Its logits are not all there."
      : draws.length
        ? `${draws.length} drawn, the last one ${last}.`
        : "";
  }
}

function row(token: string, chance: number, times: string | null): HTMLElement {
  return make(
    "li",
    {},
    make("b", {}, token),
    make("span", { class: "bar" }, make("i", { style: `width:${100 * chance}%` })),
    make("small", {}, times ?? percent(chance)),
  );
}

export const percent = (chance: number): string =>
  chance > 0.9999 ? "> 99.99%" : chance < 0.0001 ? "< 0.01%" : `${(100 * chance).toFixed(2)}%`;
