// A drawing of many moments, and the strip of controls below it. A button plays them, pauses and
// plays them again, a slider goes over them and has marks where something begins; they are stepped
// through, played at another speed, begun anew, copied as a link, and saved as a picture. Who wants
// no motion finds the last moment, and no button that plays.

import { make } from "../../shared/dom";
import { addressOf, momentIn, nameOf, setIn } from "./address";
import { cardOf } from "./card";
import { Drawing, type Sent } from "./drawing";
import { say, setShare, still } from "./elements";
import { handText } from "./handed";
import { named, type Landmark } from "./landmarks";
import { clamp } from "./numbers";
import { download } from "./picture";
import { evenly, frameAt, FRAMES, type Motion, type Schedule } from "./schedule";

const ROOM = 350; // pixels of a slider that is not on the page yet

// In milliseconds.
const LATE = 250; // a frame that is later than this holds up all that follow
const LEAST = 1000 / 60; // from frame to frame

export abstract class MovingDrawing<Data extends Sent> extends Drawing<Data> {
  /** The moment shown; while it plays, also one between two of the slider's. */
  protected at = 0;
  private readonly slider = this.part<HTMLInputElement>("scrub");
  private readonly button = this.part("play");
  private readonly speed = this.part<HTMLSelectElement>("speed");
  private signposts: { at: number; place: HTMLElement }[] = [];
  private schedule: Schedule = evenly(0, 0, 0);
  /** From one step to the next, in moments. */
  private stride = 1;
  private began = 0;
  /** So many times as fast as the schedule says. */
  private rate = 1;
  private timer = 0;
  /** The one that is shown while it plays. */
  private current = 0;

  override open(): void {
    this.slider.oninput = () => this.stopAt(Number(this.slider.value));
    this.button.onclick = () => (this.plays ? this.pause() : this.play());
    this.part("back").onclick = () => this.stepBy(-1);
    this.part("on").onclick = () => this.stepBy(1);
    this.part("reset").onclick = () => this.reset();
    this.part("copy").onclick = () => void this.copyMoment();
    this.part("shot").onclick = () => void this.savePicture();
    this.part("unfold").onclick = () => this.unfold(!this.unfolded);
    this.part("extras").addEventListener("click", ({ target }) => {
      if (target instanceof HTMLButtonElement) this.unfold(false);
    });
    this.speed.onchange = () => this.plays && this.play(this.current);
    this.atEnd(() => this.stop());
    super.open();
    this.comeToTheMoment();
  }

  /** Draws a moment and returns it in words. */
  protected abstract show(at: number): string;

  /** The words of the slider, if they are not those below the drawing. */
  protected worded(told: string): string {
    return told;
  }

  /** What has a mark on the slider. */
  protected landmarks(): Landmark[] {
    return [];
  }

  /** The moment of the slider that its knob stands at. */
  protected knob(at: number): number {
    return Math.floor(at);
  }

  /** What a reader points at or has chosen, given back. */
  protected letGo(): void {}

  /** What a reader has set besides, as words of a link: small letters, then a number or none. */
  protected get linked(): string[] {
    return [];
  }

  /** Sets what a link says of this drawing; words that it does not know change nothing. */
  protected followLink(_words: readonly string[]): void {}

  /** The moment to which all is set back. */
  protected get home(): number {
    return Number(this.slider.min);
  }

  protected get plays(): boolean {
    return this.timer !== 0;
  }

  /** Up to the moment `last` in so many seconds, each as long as any other. */
  protected evenly(last: number, seconds: number, motion: Motion = "steps"): Schedule {
    return evenly(Number(this.slider.min), last, seconds, motion);
  }

  /** Plays the moments once, now, from the moment `from` on; the slider may go on to `most`. */
  protected playOnce(schedule: Schedule, most = lastOf(schedule), from = -Infinity): void {
    this.take(schedule, most);
    if (still() || schedule.seconds === 0) this.rest();
    else this.play(schedule.frames.findIndex(({ at }) => at >= from));
  }

  /** Shows for some seconds what it comes to, then plays once how it came to that. */
  protected playAfterItsEnd(schedule: Schedule, hold: number): void {
    this.take(schedule, lastOf(schedule));
    if (still() || schedule.seconds === 0) return this.rest();
    this.timer = window.setTimeout(() => this.play(0), 1000 * hold);
    this.to(lastOf(schedule));
  }

  /** Shows a moment until a reader asks for others; buttons go from every so many to the next. */
  protected wait(schedule: Schedule, at = lastOf(schedule), stride = 1): void {
    this.take(schedule, lastOf(schedule));
    this.stride = stride;
    this.stopAt(at);
  }

  /** The same moment again, in other colours or another size. */
  protected again(): void {
    this.to(this.at);
  }

  protected pause(): void {
    this.stop();
    this.again();
  }

  /** At the last moment that is played. */
  protected rest(): void {
    this.stopAt(lastOf(this.schedule));
  }

  protected stopAt(at: number): void {
    this.stop();
    this.to(clamp(at, Number(this.slider.min), Number(this.slider.max)));
  }

  private take(schedule: Schedule, most: number): void {
    this.stop();
    this.schedule = schedule;
    this.slider.max = String(most);
    this.markLandmarks();
  }

  /** Anew where a reader's hand moves what they stand for. */
  protected markLandmarks(): void {
    const [first, most] = [this.slider.min, this.slider.max].map(Number);
    const share = (at: number): number => (at - first) / (most - first);
    const marks = this.landmarks().filter(({ at }) => at > first && at <= most);
    const room = this.slider.clientWidth || ROOM;
    const shifts = named(marks, share, room);
    this.signposts = marks.map((mark, i) => {
      const shift = shifts[i] ?? named([mark], share, room)[0]!;
      const { at, name } = mark;
      const place = make("span", { title: name }, make("b", {}, name));
      place.classList.toggle("crowded", shifts[i] === null);
      setShare(place, "--at", share(at));
      place.style.setProperty("--shift", `${shift}px`);
      return { at, place };
    });
    this.part("landmarks").replaceChildren(...this.signposts.map(({ place }) => place));
    this.nameNearest();
  }

  /** The mark whose name has room on a phone. */
  private nameNearest(): void {
    const far = ({ at }: { at: number }): number => Math.abs(at - this.at);
    const least = Math.min(...this.signposts.map(far));
    const nearest = this.signposts.find((mark) => far(mark) === least);
    for (const mark of this.signposts) mark.place.classList.toggle("near", mark === nearest);
  }

  private get unfolded(): boolean {
    return this.part("unfold").getAttribute("aria-expanded") === "true";
  }

  /** What stands in the strip of a wide page, and behind a button on a phone. */
  private unfold(whether: boolean): void {
    this.part("unfold").setAttribute("aria-expanded", String(whether));
  }

  private reset(): void {
    this.letGo();
    this.stopAt(this.home);
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.timer = 0;
  }

  private stepBy(by: 1 | -1): void {
    const at = this.at / this.stride;
    this.stopAt(this.stride * (by > 0 ? Math.floor(at) + 1 : Math.ceil(at) - 1));
  }

  private get ended(): boolean {
    return this.at >= lastOf(this.schedule);
  }

  // ------------------------------------------------------------ played

  /** From where it stands, or from the first moment if that is the last. */
  private play(
    from = this.ended ? 0 : this.schedule.frames.findIndex(({ at }) => at >= this.at),
  ): void {
    this.stop();
    this.rate = Number(this.speed.value);
    this.began = performance.now() - (1000 * this.schedule.frames[from].seconds) / this.rate;
    this.showFrame(from);
  }

  private showFrame(i: number): void {
    const { frames, seconds } = this.schedule;
    this.current = i;
    const next = frames[i + 1]?.seconds ?? seconds;
    const wait = (1000 * next) / this.rate - (performance.now() - this.began);
    this.timer = window.setTimeout(() => this.come(i + 1), Math.max(wait, LEAST));
    this.to(frames[i].at);
  }

  /** What is a little late catches up, and on a page that is busy, or hidden, it takes longer. Left
      out are only frames that come closer together than FRAMES a second. */
  private come(i: number): void {
    const { frames } = this.schedule;
    if (i === frames.length) return this.rest();
    const { seconds } = frames[i];
    const late = performance.now() - this.began - (1000 * seconds) / this.rate;
    if (late > LATE) this.began += late;
    const close = late > LATE ? 0 : this.rate * Math.min(late / 1000, 1 / FRAMES);
    this.showFrame(Math.max(i, frameAt(this.schedule, seconds + close)));
  }

  // ------------------------------------------------------------ handed on

  /** Where the address names a moment of this drawing. */
  private comeToTheMoment(): void {
    const name = nameOf(this.root);
    const at = momentIn(location.href, name);
    if (at === null) return;
    this.followLink(setIn(location.href, name));
    this.stopAt(at);
    this.root.scrollIntoView?.({ block: "center" });
  }

  private get said(): string {
    return this.part("said").textContent.trim();
  }

  /** A whole one, since an address names no other. */
  private settle(): void {
    this.stopAt(Math.round(this.at));
  }

  private async copyMoment(): Promise<void> {
    this.settle();
    const address = addressOf(location.href, nameOf(this.root), this.at, this.linked);
    await handText(this.part, `${this.said}\n${address}`);
  }

  private async savePicture(): Promise<void> {
    this.settle();
    const page = location.pathname.split("/").filter(Boolean).at(-1) ?? "home";
    const [title, ...book] = document.title.split(" · ");
    const address = [...book, `${location.host}${location.pathname}`].join(" · ");
    try {
      download(`${page}.png`, await cardOf(this.root, { title, said: this.said, address }));
      say(this.part("handed"), "Saved as a picture.");
    } catch {
      say(this.part("handed"), "Your browser cannot make the picture.");
    }
  }

  private to(at: number): void {
    this.at = at;
    const told = this.show(at);
    this.slider.value = String(this.knob(at));
    this.nameNearest();
    this.slider.setAttribute("aria-valuetext", this.worded(told));
    this.part("said").setAttribute("aria-live", this.plays ? "off" : "polite");
    say(this.part("said"), told);
    say(this.button, this.plays ? "Pause" : this.ended ? "Replay" : "Play");
  }
}

const lastOf = ({ frames }: Schedule): number => frames.at(-1)!.at;
