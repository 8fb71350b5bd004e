// The three things to do that stand over the picture: follow a digit home, break a head, break a
// neuron. With them
// the ranking of all heads, and the banner that says what a break changed.

import {
  answerOf,
  chanceOf,
  leadLost,
  lostWithout,
  mostRead,
  partOf,
  sameEdit,
  withoutNeuron,
  type Edit,
  type HeadCost,
  type Lead,
  type Neuron,
  type Whole,
} from "./broken";
import { say, type Scene } from "./data";
import { button, make } from "../shared/dom";
import { percent } from "./next";
import { bare, tokenAt } from "./text";

export interface TreasureActs {
  follow: (token: number) => void;
  rank: () => void;
  breakHead: (layer: number, head: number) => void;
  breakNeuron: (neuron: Neuron) => void;
  mend: () => void;
  say: (text: string) => void;
}

/** What the model does now, and what it did before parts of it were broken. */
export interface Found {
  scene: Scene;
  edits: Edit[];
  whole: Whole | null;
  /** The scene of the whole model on the same prompt, if it was seen. */
  mended: Scene | null;
  /** null: not asked for. */
  ranking: HeadCost[] | null;
  /** One that is worth breaking, if this model has it. */
  neuron?: Neuron | null;
}

export class Treasures {
  readonly root = make("div", { class: "treasures" });
  private follow = button("", "", () => this.acts.follow(this.given));
  private breaker = button(
    "Break a head",
    "Break a head: all heads by how much the answer needs them",
    () => this.open(!!this.list.hidden),
  );
  private neuron = button("", "", () => {
    const { neuron, edits } = this.found;
    this.open(false);
    if (neuron && !edits.some((e) => isNeuron(e, neuron))) this.acts.breakNeuron(neuron);
    else this.acts.mend();
  });
  private list = make("section", { class: "ranking", "aria-label": "All heads", hidden: true });
  private banner = make("section", { class: "banner", "aria-label": "What broke", hidden: true });
  private found!: Found;
  private said = "";

  constructor(private acts: TreasureActs) {
    this.root.append(
      this.list,
      this.banner,
      make("div", { class: "two" }, this.follow, this.breaker, this.neuron),
    );
    this.root.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.list.hidden) return;
      event.stopPropagation();
      this.open(false);
      this.breaker.focus();
    });
    this.open(false);
  }

  private get tokens(): string[] {
    return this.found.scene.manifest.tokens;
  }

  show(found: Found): void {
    this.found = found;
    const digit = this.tokens[this.given];
    this.follow.hidden = digit === undefined;
    this.follow.textContent = `Follow the ${digit} home`;
    this.follow.setAttribute("aria-label", this.follow.textContent);
    this.showNeuron();
    this.fillRanking();
    const said = this.fillBanner();
    if (said !== this.said) this.acts.say(said || "all parts are mended");
    this.said = said;
  }

  private showNeuron(): void {
    const { neuron, edits } = this.found;
    this.neuron.hidden = !neuron;
    if (!neuron) return;
    this.neuron.textContent = `Break neuron ${neuron.neuron}`;
    this.neuron.title = `Without it, ${lostWithout(neuron)}`;
    this.neuron.setAttribute("aria-label", `${this.neuron.textContent}: ${this.neuron.title}`);
    this.neuron.setAttribute("aria-pressed", String(edits.some((e) => isNeuron(e, neuron))));
  }

  // ------------------------------------------------------------ the ranking

  private open(on: boolean): void {
    this.list.hidden = !on;
    this.breaker.setAttribute("aria-expanded", String(on));
    if (on && !this.found.ranking) this.acts.rank();
  }

  private fillRanking(): void {
    const { ranking, scene, edits } = this.found;
    if (!ranking) return this.list.replaceChildren(make("p", {}, weighing(scene)));
    const most = Math.max(...ranking.map(({ nats }) => nats), 1e-9);
    const before = ranking.length ? (this.found.whole?.text ?? this.tokens.join("")) : "";
    const off = (c: HeadCost): boolean => edits.some((e) => isHead(e, c.layer, c.head));
    this.list.replaceChildren(
      ...(ranking.length
        ? [
            make(
              "p",
              {},
              `How much less likely the answer "${answerOf(before, this.given)}" is without each head, in nats: 1 nat is 2.7 times less likely. Click a head to break it.`,
            ),
            make("ol", {}, ...ranking.map((cost) => this.row(cost, most, before, off(cost)))),
          ]
        : [make("p", {}, "The model writes nothing behind this prompt: no head can be weighed.")]),
    );
  }

  /** How many tokens the model was given. */
  private get given(): number {
    return this.found.scene?.given ?? 0;
  }

  private row(cost: HeadCost, most: number, before: string, off: boolean): HTMLElement {
    const { layer, head, nats, writes } = cost;
    const [was, is] = [answerOf(before, this.given), answerOf(writes, 0)];
    const text = was === is ? `still ${is}` : `${was.length > 4 ? "" : was} → ${is}`;
    const b = button(
      "",
      `Break head ${head} of layer ${layer}: ${rounded(nats)} nats, ${text}`,
      () => {
        this.open(false);
        this.breaker.focus();
        this.acts.breakHead(layer, head);
      },
    );
    b.setAttribute("aria-pressed", String(off));
    b.append(
      make(
        "span",
        { class: "bar" },
        make("i", { style: `width:${(100 * Math.max(0, nats)) / most}%` }),
      ),
      make("span", {}, `head ${head} of layer ${layer}`),
      make("b", {}, rounded(nats)),
      make("small", { class: was === is ? "" : "changed" }, text),
    );
    return make("li", {}, b);
  }

  // ------------------------------------------------------------ the banner

  /** What it says. */
  private fillBanner(): string {
    const { edits, whole, scene } = this.found;
    const edit = edits.at(-1);
    this.banner.hidden = !edit;
    if (!edit) return "";
    const now = this.tokens.join("");
    const typed = now.slice(0, this.given);
    const [was, is] = [answerOf(whole?.text ?? now, this.given), answerOf(now, this.given)];
    const change = was === is ? `still ${is}` : `${was} → ${is}`;
    const parts = edits.map((e) => this.broken(e)).join(" ");
    const told = `${parts}${this.doubt(was === is)}${this.fetched(edit)}${this.lost()}`;
    const why = make("p", { class: "why", hidden: true });
    this.banner.replaceChildren(
      make("p", { class: "change" }, make("small", {}, typed), ` ${change}`),
      make("p", {}, told),
      why,
      make(
        "p",
        {},
        button("Mend", "Mend all parts", () => {
          this.breaker.focus();
          this.acts.mend();
        }),
        edits.length === 1 && this.found.mended && edit.scale === 0
          ? button("Why?", "What went missing with it", () => {
              why.hidden = !why.hidden;
              why.textContent = saidOf(leadLost(this.found.mended!, scene, edit, this.given), edit);
            })
          : null,
      ),
    );
    return `${typed} ${change}. ${told}`;
  }

  private broken(edit: Edit): string {
    const part = partOf(edit, this.found.scene);
    const how = edit.scale === 0 ? "broken: it hands on nothing" : `scaled by ${edit.scale}`;
    return `${part[0]!.toUpperCase()}${part.slice(1)} is ${how}.`;
  }

  /** Of an answer that stays: how sure the model is of it now. */
  private doubt(same: boolean): string {
    const { whole, scene } = this.found;
    if (!whole || !same) return "";
    const now = chanceOf(scene, whole.given);
    return ` The probability of the answer went from ${percent(whole.chance)} to ${percent(now)}.`;
  }

  /** Of the one neuron: what else the model can no longer do. */
  private lost(): string {
    const { edits, neuron } = this.found;
    const alone = edits.length === 1 && neuron && isNeuron(edits[0]!, neuron);
    return alone ? ` Without it, ${lostWithout(neuron)}.` : "";
  }

  /** Of a head: what it reads for the last token of the prompt, which no break of its output changes. */
  private fetched(edit: Edit): string {
    const query = this.given - 1;
    const most = edit.name === "z" ? mostRead(this.found.scene, edit, query) : null;
    if (!most || query < 0) return "";
    return ` For ${tokenAt(this.found.scene, query)} it would fetch most from ${tokenAt(this.found.scene, most.key)}: ${percent(most.share)} of its attention.`;
  }
}

const rounded = (nats: number): string =>
  nats
    .toFixed(3)
    .replace(/^-0\.0+$/, "0.000")
    .replace("-", "−");

const isNeuron = (edit: Edit, neuron: Neuron): boolean =>
  sameEdit(edit, withoutNeuron(neuron)) && edit.scale === 0;

const isHead = ({ name, layer, index }: Edit, of: number, head: number): boolean =>
  name === "z" && layer === of && index["head"] === head;

/** While the heads are weighed. */
function weighing({ tensors }: Scene): string {
  const heads = tensors.filter((t) => t.name.endsWith(".z")).reduce((sum, t) => sum + t.planes, 0);
  return `Weighing ${heads} heads …`;
}

/** What went missing with a part, in numbers. */
function saidOf(lead: Lead | null, { name }: Edit): string {
  if (!lead) return "The numbers that would say it are not all there.";
  const { right, rival, before, after, own } = lead;
  const lost = before - after;
  const led = `The logit of "${right}" was ${say(before)} over that of "${rival}"; now it is ${say(after)}.`;
  if (own === null) return `${led} ${name} writes nothing to the stream itself.`;
  return (
    `${led} Of the ${bare(lost)} that are gone, the part itself had written ${say(own)} to the stream. ` +
    `The other ${bare(lost - own)} went with what later parts made of it, and with the scale of the last norm.`
  );
}
