// Moments that are played once when a drawing is opened, and that rest at the last: Replay plays
// them again, a slider goes over them. Who wants no motion finds the last moment.

import { say, still, type Part } from "./elements";
import { clamp } from "./numbers";

const FRAMES = 40; // a second

/** Whether a drawing can also stand between two moments, or goes from one to another. */
type Motion = "smooth" | "steps";

export class Reel {
  /** The moment shown; while it plays, also one between two of the slider's. */
  at = 0;
  private timer = 0;
  private last = 0;
  private seconds = 0;
  private motion: Motion = "steps";
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

  /** Up to the moment `last` in so many seconds; of more moments than frames some are left out. */
  load(last: number, seconds: number, motion: Motion = "steps"): void {
    [this.last, this.seconds, this.motion] = [last, seconds, motion];
    this.scrub.max = String(last);
    if (still()) this.rest();
    else this.play();
  }

  /** At the last moment. */
  rest(): void {
    this.stop();
    this.to(this.last);
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
    const first = Number(this.scrub.min);
    const moments = this.last - first;
    const frames = Math.max(1, Math.ceil(FRAMES * this.seconds));
    const parts = this.motion === "smooth" ? frames : clamp(moments, 1, frames);
    let part = 0;
    this.stop();
    this.timer = window.setInterval(
      () => {
        if (part === parts) this.stop();
        else part++;
        const at = first + (moments * part) / parts;
        this.to(this.motion === "smooth" ? at : Math.floor(at));
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
