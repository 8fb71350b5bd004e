// A text that grows, and maps of one line a token: what the drawings of a cache share.

import { make } from "../../shared/dom";
import { set, tone } from "./elements";
import { EITHER_WAY, steppedThrough } from "./stepped";

const CELL = 6; // pixels of a canvas; CSS says how large it is on the page
const ASIDE = 0.2; // of the strength of a line that is not the one asked for
const GAIN = 2 / 127; // half of the largest number has the full colour already: few are larger

/** The tokens of a text; `grow` marks the newest, and those that are not there yet. */
export class Strip {
  private readonly tokens: HTMLElement[];

  constructor(parent: HTMLElement, tokens: readonly string[]) {
    this.tokens = tokens.map((token) => make("span", {}, token));
    parent.replaceChildren(...this.tokens);
  }

  /** Calls of each token that a hand or the focus comes to, and of none when it leaves. */
  pointedAt(point: (token: number | null) => void): void {
    steppedThrough(this.tokens, EITHER_WAY);
    this.tokens.forEach((token, i) => {
      set(token, { role: "img", "aria-label": `token ${i + 1}, “${token.textContent}”` });
      token.onpointerenter = token.onfocus = () => point(i);
      token.onpointerleave = token.onblur = () => point(null);
    });
  }

  /** One token alone, or all. */
  only(token: number | null): void {
    this.tokens.forEach((one, i) => one.classList.toggle("aside", token !== null && i !== token));
  }

  grow(length: number): void {
    this.tokens.forEach((token, i) => {
      token.classList.toggle("newest", i === length - 1);
      token.classList.toggle("later", i >= length);
    });
  }
}

/** Lines of signed numbers, 127 the largest: nothing is drawn where they are zero. */
export class HeatMap {
  readonly box: HTMLElement;
  private readonly canvas = make("canvas");
  private readonly mark = make("i", { class: "mark" });
  private readonly spared = make("i", { class: "spared" });
  /** The line that is asked for; the others are faint. */
  only: number | null = null;

  /** With room for so many lines of `width` numbers, drawn so many times as strong. */
  constructor(
    private readonly room: number,
    private readonly width: number,
    private readonly strength = 1,
  ) {
    this.box = make("div", { class: "map" }, this.canvas, this.mark, this.spared);
    this.spare(0);
    set(this.canvas, { width: width * CELL, height: room * CELL });
  }

  /** So many lines from the first on are not there, and would be computed again. */
  spare(n: number): void {
    this.spared.style.height = `${(100 * n) / this.room}%`;
  }

  /** Lines one below another from line `top` on; those from `newest` on are marked, if any is. */
  show(lines: ArrayLike<number>, newest: number | null, top = 0, marked = 1): void {
    this.mark.hidden = newest === null;
    this.mark.style.top = `${(100 * (newest ?? 0)) / this.room}%`;
    this.mark.style.height = `${(100 * marked) / this.room}%`;
    const pen = this.canvas.getContext("2d");
    if (!pen) return;
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const [negative, positive] = ["--wb-negative", "--wb-positive"].map((name) =>
      tone(this.canvas, name),
    );
    for (let i = 0; i < lines.length; i++) {
      if (lines[i] === 0) continue;
      pen.fillStyle = lines[i] < 0 ? negative : positive;
      const [x, y] = [i % this.width, top + Math.floor(i / this.width)];
      const aside = this.only !== null && y !== this.only;
      const strength = this.strength * GAIN * Math.abs(lines[i]);
      pen.globalAlpha = (aside ? ASIDE : 1) * Math.min(1, strength);
      pen.fillRect(x * CELL, y * CELL, CELL, CELL);
    }
  }
}
