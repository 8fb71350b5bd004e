// Follow a digit home, as a list to click: the parts of what is explained, largest first, and the
// way so far as a row of crumbs.

import { say, type Scene } from "./data";
import { actOf, looksUpTokens, type Act } from "./act";
import { button, make } from "../shared/dom";
import { byShare, isHome, logit, neurons, restOf, total, unfold, type Term } from "./home";
import { isOverDepth } from "./depth";
import { isReadAfar } from "./leaves";
import { shade, type Theme } from "../shared/theme";
import { inLayer, tokenAt, writer } from "./text";

/** Where the reader stands on the way home: the part, and what to say of it. */
export interface Standing {
  part: Term;
  text: string;
  home: boolean;
}

export interface TrailEvents {
  /** The reader took a step; null: none is left to show. */
  stand: (at: Standing | null) => void;
  leave: () => void;
}

const FIRST = 6;
const LAST = 2;
const NEURONS = 4;

export class Trail {
  readonly root = make("section", { class: "home", "aria-label": "Follow it home", hidden: true });
  private way: Term[] = [];
  /** Whether the parts in the middle of the list are shown as well. */
  private all = false;
  private scene!: Scene;
  private theme!: Theme;

  constructor(private events: TrailEvents) {}

  load(scene: Scene, theme: Theme): void {
    this.scene = scene;
    this.theme = theme;
    this.clear();
  }

  repaint(theme: Theme): void {
    this.theme = theme;
    if (this.way.length) this.fill();
  }

  clear(): void {
    if (!this.way.length) return;
    this.way = [];
    this.root.hidden = true;
    this.root.replaceChildren();
    this.events.stand(null);
  }

  /** Begin at a logit, unless this way began there already; whether it is a new one. */
  start(position: number, token: number): boolean {
    const [root] = this.way;
    if (root?.position === position && root.direction[token] === 1) return false;
    const next = logit(this.scene, position, token);
    if (!next) {
      this.clear();
      return false;
    }
    this.way = [next];
    this.all = false;
    this.root.hidden = false;
    this.fill();
    this.events.stand(null);
    return true;
  }

  // ------------------------------------------------------------ steps

  private go(): void {
    const focused = this.root.contains(document.activeElement);
    this.all = false;
    this.fill();
    this.events.stand({ part: this.here, text: this.heard(), home: isHome(this.scene, this.here) });
    if (focused) this.root.querySelector<HTMLElement>("li button, .arrived")?.focus();
  }

  private step(part: Term): void {
    this.way.push(part);
    this.go();
  }

  private back(to: number): void {
    this.way.length = to + 1;
    this.go();
  }

  private get here(): Term {
    return this.way[this.way.length - 1]!;
  }

  private get edited(): string[] {
    return this.scene.manifest.edited ?? [];
  }

  private heard(): string {
    const { here } = this;
    const whole = this.way.at(-2);
    const told = `${this.shared(here)}, ${this.at(here.position)}: ${say(here.value)}`;
    if (!whole) return told;
    const share = this.shareOf(this.way.length - 1);
    const rest = say(whole.value - here.value);
    return `${told}, ${share} of the step before. That was ${this.name(whole)} with ${say(whole.value)}, and its other parts bring ${rest}`;
  }

  private shareOf(step: number): string {
    return percent(this.way[step]!.value / this.way[step - 1]!.value);
  }

  // ------------------------------------------------------------ names

  private at(position: number): string {
    return tokenAt(this.scene, position);
  }

  private name({ tensor, position, direction, head, neuron }: Term): string {
    const { vocabulary } = this.scene.manifest;
    const act = actOf(this.scene, tensor);
    if (act === "logits") return `logit of "${vocabulary[direction.indexOf(1)]}"`;
    if (act === "heads")
      return (
        this.at(position) + (isReadAfar(this.scene, tensor) ? ` in layer ${tensor.layer}` : "")
      );
    if (act === "lookup")
      return looksUpTokens(this.scene, tensor) ? `the token itself` : "its position";
    if (neuron !== null) return `neuron ${neuron}`;
    return head === null ? writer(tensor) : inLayer(tensor, `head ${head}`);
  }

  /** The same, and in which share it was let in. */
  private shared(part: Term): string {
    return this.name(part) + (part.share === 1 ? "" : ` × ${say(part.share, 2).replace("+", "")}`);
  }

  private act({ tensor }: Term): Act | null {
    return actOf(this.scene, tensor);
  }

  // ------------------------------------------------------------ what is shown

  private fill(): void {
    const parts = byShare(this.here, unfold(this.scene, this.here));
    this.root.replaceChildren(
      make(
        "div",
        { class: "head" },
        make("h3", {}, "Follow it home"),
        button("×", "Leave the way home", () => this.events.leave()),
      ),
      make("nav", { "aria-label": "The way so far" }, ...this.way.map((_, i) => this.crumb(i))),
      ...this.another(),
      ...(parts.length ? this.sum(parts) : this.arrival()),
    );
  }

  /** Where the model writes another token than the one whose logit is followed. */
  private another(): Node[] {
    const { manifest, given } = this.scene;
    const { position, direction } = this.way[0]!;
    const own = manifest.vocabulary[direction.indexOf(1)];
    const next = manifest.tokens[position + 1];
    if (next === undefined || next === own || position + 1 < given) return [];
    const text = `Behind ${this.at(position)} the model writes "${next}", not "${own}".`;
    return [make("p", { class: "another" }, text)];
  }

  private crumb(i: number): HTMLElement {
    const part = this.way[i]!;
    const share = i ? ` (${this.shareOf(i)})` : "";
    const crumb = button(
      `${this.shared(part)} ${say(part.value)}${share}`,
      `back to ${this.name(part)}${i ? `: ${this.shareOf(i)} of the step before` : ""}`,
      () => this.back(i),
    );
    if (i === this.way.length - 1) crumb.setAttribute("aria-current", "step");
    return crumb;
  }

  private sum(parts: Term[]): Node[] {
    const { here, scene } = this;
    const most = Math.max(...parts.map((p) => Math.abs(p.value)), 1e-9);
    const strongest = neurons(scene, here, NEURONS);
    return [
      make("p", {}, this.told(parts[0]!)),
      make("ol", {}, ...this.rows(parts, most)),
      ...this.twice(parts[0]!),
      make(
        "p",
        { class: "note sum" },
        `${parts.length} parts add up to ${say(total(parts), 4)}. ${this.restOf(parts)}`,
      ),
      ...(strongest.length
        ? [
            make("p", {}, "Or neuron by neuron, of which these weigh most:"),
            make("ol", {}, ...strongest.map((p) => this.row(p, most))),
          ]
        : []),
      make("p", { class: "note" }, this.held(parts)),
    ];
  }

  /** Of a part that stood in the list before as well, why it has another number now. */
  private twice(part: Term): Node[] {
    const whole = this.way.at(-2);
    const before = whole && unfold(this.scene, whole).find((one) => isSame(one, part));
    if (!before || say(before.value) === say(part.value)) return [];
    const way = this.way.length > 2 ? `by way of ${this.name(whole)}` : "by itself";
    const text = `The list before had ${this.name(part)} with ${say(before.value)}, which it adds ${way}. Its ${say(part.value)} in this list goes by way of ${this.name(this.here)}.`;
    return [make("p", { class: "twice" }, text)];
  }

  /** What the sums take as given. */
  private held(parts: Term[]): string {
    const shared = parts.some(({ share }) => share !== 1);
    return (
      `${shared ? "Behind × stands the share of a part that is read. " : ""}` +
      `The norms' scales, the attention patterns${this.scene.tensors.some(isOverDepth) ? ", those over depth too," : ""} and the neurons' gates are held as they are here: ` +
      `the sums are exact for this text${this.edited.length ? ", but for what was changed by hand," : ""} and say nothing of what would happen without a part.`
    );
  }

  /** What the number is a sum of. */
  private told(first: Term): string {
    const act = this.act(this.here);
    const whole = this.name(this.here);
    const value = say(this.here.value);
    if (this.act(first) === "heads") return `${upper(whole)}, ${value}, adds up what it took from:`;
    const there = this.at(first.position);
    if (act === "logits")
      return `The ${whole}, ${value}, is a sum over all that was written to the stream of ${there}:`;
    const part =
      act === "heads"
        ? `What the head took from ${whole}`
        : `${upper(whole)} reads the stream of ${there}. Its part`;
    return `${part}, ${value}, is a sum over what was written there before:`;
  }

  private rows(parts: Term[], most: number): HTMLElement[] {
    const middle = parts.slice(FIRST, -LAST);
    if (this.all || middle.length < 2) return parts.map((p) => this.row(p, most));
    const others = this.line(`${middle.length} others`, total(middle), most, () => {
      this.all = true;
      this.fill();
      this.root.querySelectorAll<HTMLElement>("li button")[FIRST]?.focus();
    });
    return [
      ...parts.slice(0, FIRST).map((p) => this.row(p, most)),
      others,
      ...parts.slice(-LAST).map((p) => this.row(p, most)),
    ];
  }

  private row(part: Term, most: number): HTMLElement {
    return this.line(this.shared(part), part.value, most, () => this.step(part));
  }

  private line(name: string, value: number, most: number, click: () => void): HTMLElement {
    const b = button("", `${name}: ${say(value)}`, click);
    const wide = Math.min(50, (50 * Math.abs(value)) / most);
    const colour = shade(value, 1e-9, this.theme);
    const bar = make("i", {
      style: `width:${wide}%;${value < 0 ? "right:50%" : "left:50%"};background:${colour}`,
    });
    b.append(
      make("span", { class: "bar" }, bar),
      make("span", {}, name),
      make("b", {}, say(value)),
      make("small", {}, percent(value / this.here.value)),
    );
    return make("li", {}, b);
  }

  /** Rounding; or, where a formula does not hold, that it does not. */
  private restOf(parts: Term[]): string {
    const { rest, rounded } = restOf(this.scene, this.here, parts);
    if (rounded) return `Rounding leaves ${say(rest, 2)}.`;
    return this.edited.length
      ? `${say(rest)} is left over: ${this.edited.join(", ")} was changed by hand, and no formula says by how much.`
      : `${say(rest)} is left over, which is more than rounding.`;
  }

  private arrival(): Node[] {
    const { here, scene } = this;
    const whose = here.position < scene.given ? "you typed" : "the model wrote";
    const where =
      this.act(here) !== "lookup"
        ? `This viewer does not know how ${here.tensor.name} was made: the way ends here.`
        : looksUpTokens(scene, here.tensor)
          ? `You stand on ${this.at(here.position)}, which ${whose}.`
          : `You stand on position ${here.position}: its column of the table, whatever token is there.`;
    const root = this.way[0]!;
    return [
      make("p", { class: "arrived", tabindex: -1 }, where),
      make(
        "p",
        { class: "note" },
        `This one way carries ${say(here.value)} of ${say(root.value)}: ${percent(here.value / root.value)} of the ${this.name(root)}. All the other ways carry the rest.`,
      ),
    ];
  }
}

/** Whether it is of the same part of the model, whatever its number. */
const isSame = (a: Term, b: Term): boolean =>
  a.tensor === b.tensor && a.position === b.position && a.head === b.head && a.neuron === b.neuron;

const upper = (text: string): string => text[0]!.toUpperCase() + text.slice(1);

function percent(share: number): string {
  if (!Number.isFinite(share)) return "–";
  const size = Math.abs(share);
  if (size < 0.0005) return "0%";
  const text =
    size >= 10 ? `${Math.round(size)}×` : `${(100 * size).toFixed(size < 0.0995 ? 1 : 0)}%`;
  return (share < 0 ? "−" : "") + text;
}
