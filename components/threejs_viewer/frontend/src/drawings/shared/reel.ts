// Moments that are played once when a drawing is opened, and that rest at the last: Replay plays
// them again, a slider goes over them. Who wants no motion finds the last moment.

import { say, still, type Part } from "./elements";

export class Reel {
  /** The moment shown; while it plays, also one between two of the slider's. */
  at = 0;
  private timer = 0;
  private last = 0;
  private seconds = 0;
  private finer = 1;
  private readonly scrub: HTMLInputElement;

  /** `show` draws a moment and returns it in words. */
  constructor(
    private readonly part: Part,
    private readonly show: (at: number) => string,
  ) {
    this.scrub = part("scrub");
    this.scrub.oninput = () => {
      this.stop();
      this.to(Number(this.scrub.value));
    };
    part("replay").onclick = () => this.play();
  }

  get plays(): boolean {
    return this.timer !== 0;
  }

  /** Up to the moment `last` in so many seconds, each in `finer` parts. */
  load(last: number, seconds: number, finer = 1): void {
    [this.last, this.seconds, this.finer] = [last, seconds, finer];
    this.scrub.max = String(last);
    this.stop();
    if (still()) this.to(last);
    else this.play();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = 0;
  }

  /** The same moment again, in other colours or another size. */
  again(): void {
    this.to(this.at);
  }

  private play(): void {
    const { last, finer } = this;
    const first = Number(this.scrub.min);
    const parts = (last - first) * finer;
    let part = 0;
    this.stop();
    this.timer = window.setInterval(
      () => {
        if (part === parts) this.stop();
        else part++;
        this.to(first + part / finer);
      },
      (1000 * this.seconds) / (parts + 1),
    );
    this.to(first);
  }

  private to(at: number): void {
    this.at = at;
    const told = this.show(at);
    this.scrub.value = String(Math.floor(at));
    this.scrub.setAttribute("aria-valuetext", told);
    this.part("said").setAttribute("aria-live", this.plays ? "off" : "polite");
    say(this.part("said"), told);
  }
}
