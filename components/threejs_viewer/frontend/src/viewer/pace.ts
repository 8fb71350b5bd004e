// Whether frames in motion come too slowly for added light and sharp edges. Pure: times in.

/** Frames further apart are not of one motion. */
const APART_MS = 300;
const SLOW_MS = 50;
const ENOUGH = 5;

export class Pace {
  private gaps: number[] = [];
  private last = -Infinity;
  /** Once slow, slow for good: without light the same frames come faster. */
  slow = false;

  /** A frame is drawn. */
  note(now: number): void {
    const gap = now - this.last;
    this.last = now;
    if (gap > APART_MS) this.gaps = [];
    else this.gaps = [...this.gaps, gap].slice(-ENOUGH);
    const middle = [...this.gaps].sort((a, b) => a - b)[ENOUGH >> 1];
    if (this.gaps.length === ENOUGH && middle! > SLOW_MS) this.slow = true;
  }
}
