// Moments of a drawing: played at their own times, stepped through, or scrubbed. Nothing moves
// before a reader asks; player.css leaves out the button of who wants no motion.

import type { Part } from "./elements";
import { clamp } from "./numbers";

/** The last moment that has come after so many seconds; `times` do not fall, and begin with 0. */
export function momentAt(times: readonly number[], seconds: number): number {
  return Math.max(
    0,
    times.findLastIndex((time) => time <= seconds),
  );
}

export class Player {
  at = 0;
  private times: readonly number[] = [0];
  private frame = 0;
  /** From one step to the next, in moments. */
  private stride = 1;
  private readonly scrub: HTMLInputElement;

  /** `show` draws a moment and returns it in words. */
  constructor(
    private readonly part: Part,
    private readonly show: (at: number) => string,
  ) {
    this.scrub = part("scrub");
    this.scrub.oninput = () => this.stopAt(Number(this.scrub.value));
    part("back").onclick = () => this.step(-1);
    part("on").onclick = () => this.step(1);
    part("play").onclick = () => (this.frame ? this.pause() : this.play());
  }

  /** Moments that come at these seconds once they are played; `at` is shown. The buttons go from
      every so many to the next. */
  load(times: readonly number[], at: number, stride = 1): void {
    [this.times, this.stride] = [times, stride];
    this.scrub.max = String(times.length - 1);
    this.stopAt(at);
  }

  /** Moves nothing any more. */
  pause(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.part("play").textContent = "Play";
    this.part("said").ariaLive = "polite";
  }

  private get last(): number {
    return this.times.length - 1;
  }

  private step(by: 1 | -1): void {
    const at = this.at / this.stride;
    this.stopAt(this.stride * (by > 0 ? Math.floor(at) + 1 : Math.ceil(at) - 1));
  }

  private stopAt(at: number): void {
    this.pause();
    this.to(clamp(at, 0, this.last));
  }

  private play(): void {
    if (this.at === this.last) this.to(0);
    const began = performance.now() - 1000 * this.times[this.at];
    this.part("play").textContent = "Pause";
    this.part("said").ariaLive = "off"; // or every moment of many a second is read out
    const next = (): void => {
      const at = momentAt(this.times, (performance.now() - began) / 1000);
      if (at !== this.at) this.to(at);
      if (at === this.last) this.pause();
      else this.frame = requestAnimationFrame(next);
    };
    this.frame = requestAnimationFrame(next);
  }

  private to(at: number): void {
    this.at = at;
    this.scrub.value = String(at);
    this.scrub.setAttribute("aria-valuetext", this.show(at));
  }
}
