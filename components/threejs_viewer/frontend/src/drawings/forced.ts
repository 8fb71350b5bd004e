// One problem twice, token by token: with teacher forcing each token is judged behind the right ones,
// and when the model writes for itself behind its own. All losses come from Python.

import { make } from "../shared/dom";
import { written } from "../shared/numerals";
import "./forced.css";
import type { Sent } from "./shared/drawing";
import { setShare } from "./shared/elements";
import type { Landmark } from "./shared/landmarks";
import { mounted } from "./shared/mount";
import { MovingDrawing } from "./shared/moving";
import { ACROSS, steppedThrough } from "./shared/stepped";

const COIN = Math.log(2);
const FAINT = 0.05; // nats: a loss below it has no number

interface Lane {
  /** With the problem in front. */
  text: string;
  /** Of the right token at each place that is written, in nats. */
  losses: number[];
}

interface Data extends Sent {
  given: number;
  right: string;
  /** What the places that are written are called. */
  names: string[];
  /** Teacher forced, and written by itself. */
  lanes: [Lane, Lane];
  /** Of its own tokens: wrong, but right after a wrong one before. */
  follows: boolean[];
  alt: string;
  seconds: number;
}

interface Shown {
  columns: HTMLElement[];
  marks: HTMLElement[];
  sum: HTMLElement;
}

type Place = readonly [lane: number, token: number];

class Forced extends MovingDrawing<Data> {
  private shown: Shown[] = [];
  private pointed: Place | null = null;

  protected build(): void {
    const { lanes, alt, seconds } = this.data;
    this.pointed = null;
    this.part("race").setAttribute("aria-label", alt);
    this.part("race").style.setProperty("--n", String(this.data.right.length));
    const most = Math.max(...lanes.flatMap(({ losses }) => losses), COIN);
    this.shown = lanes.map((lane, i) => this.buildLane(lane, i, most));
    this.playOnce(this.evenly(this.data.names.length, seconds));
  }

  private buildLane({ text, losses }: Lane, lane: number, most: number): Shown {
    const { given, right } = this.data;
    const marks: HTMLElement[] = [];
    const columns = [...text].map((token, i) => {
      if (i < given) return make("div", { class: "given" }, make("b", {}, token));
      const loss = losses[i - given];
      const bar = make("i");
      setShare(bar, "--share", loss / most);
      const label = make("small", {}, loss < FAINT ? "" : short(loss));
      const wrong = token !== right[i];
      const kind = wrong ? (this.data.follows[i - given] ? "wrong follows" : "wrong") : "";
      const column = make("div", { class: kind, role: "img" }, label, bar, make("b", {}, token));
      column.onpointerenter = column.onfocus = () => this.point([lane, i - given]);
      column.onpointerleave = column.onblur = () => this.point(null);
      column.setAttribute("aria-label", this.saidOf([lane, i - given]));
      marks.push(column);
      return column;
    });
    steppedThrough(marks, ACROSS);
    const [row] = this.all(`.lane${lane} .columns`);
    row.replaceChildren(...columns);
    return { columns, marks, sum: this.all(`.lane${lane} .sum`)[0] };
  }

  private point(place: Place | null): void {
    this.pointed = place;
    if (!this.plays) this.again();
  }

  protected override letGo(): void {
    this.pointed = null;
  }

  /** Where the lanes part, and where the answer begins. */
  protected override landmarks(): Landmark[] {
    const { given, right, lanes } = this.data;
    const parts = [...right].findIndex((token, i) => token !== lanes[1].text[i]);
    const answer = { at: right.lastIndexOf("=") - given + 2, name: "answer" };
    return [...(parts < 0 ? [] : [{ at: parts - given + 1, name: "first mistake" }]), answer];
  }

  // ------------------------------------------------------------ drawn at every moment

  protected show(at: number): string {
    const { given } = this.data;
    const only = this.plays ? null : this.pointed;
    this.shown.forEach(({ columns, sum }, lane) => {
      columns.forEach((column, i) => {
        column.classList.toggle("later", i - given >= at);
        const aside = only !== null && (lane !== only[0] || i > given + only[1]);
        column.classList.toggle("aside", aside);
        column.classList.toggle("meant", only?.[0] === lane && i === given + only[1]);
      });
      sum.textContent = this.meanOf(lane, at);
    });
    return only && only[1] < at ? this.saidOf(only) : this.told(at);
  }

  /** The losses of the tokens so far, added up and shared out. */
  private meanOf(lane: number, at: number): string {
    const sum = this.sumOf(lane, at);
    return at ? `${written(sum, 3)} / ${at} = ${written(sum / at, 2)} nats` : "0 nats";
  }

  private sumOf(lane: number, at: number): number {
    const sum = this.data.lanes[lane].losses.slice(0, at).reduce((a, b) => a + b, 0);
    return Math.abs(sum) < 5e-3 ? 0 : sum;
  }

  private saidOf([lane, token]: Place): string {
    const { given, right, names, lanes } = this.data;
    const { text, losses } = lanes[lane];
    const [due, said, loss] = [right[given + token], text[given + token], losses[token]];
    const mine = lane && text.slice(given, given + token) !== right.slice(given, given + token);
    const read = `evaluated on ${text.slice(0, given + token)}${mine ? ", its own mistake in it" : ""}`;
    const wrote = lane ? ` It wrote ${said}.` : "";
    return `${names[token]}, ${read}: the right token is ${due}, at a loss of ${nats(loss)}.${wrote}`;
  }

  private told(at: number): string {
    const { given, right, names, lanes } = this.data;
    if (at === 0) return "The problem is given, and bears no loss.";
    const [dear, wrong] = [
      lanes[0].losses.slice(0, at).filter((loss) => loss > COIN).length,
      [...lanes[1].text].slice(given, given + at).filter((token, i) => token !== right[given + i])
        .length,
    ];
    const begin = at === names.length ? "" : `${names[at - 1]}. `;
    return `${begin}Reading the right tokens, it loses more than a coin on ${counted(dear)}. Reading its own, it writes ${counted(wrong)} wrong.`;
  }
}

const counted = (n: number): string => `${n || "no"} ${n === 1 ? "token" : "tokens"}`;
const nats = (loss: number): string => `${Math.abs(loss) < 5e-4 ? "0" : written(loss, 3)} nats`;

/** As wide as a column of a phone. */
const short = (loss: number): string => written(loss, loss < 1 ? 1 : 2);

export default mounted(Forced);
