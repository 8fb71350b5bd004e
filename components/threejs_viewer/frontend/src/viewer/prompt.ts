// The tokens above the picture.

import { button, make } from "../shared/dom";
import type { Chip, Stop } from "./state";

export function fillPrompt(
  list: HTMLElement,
  chips: Chip[],
  follow: (token: number) => void,
): void {
  list.classList.toggle("long", chips.length > 16);
  list.replaceChildren(
    ...chips.map(({ token, look, written }, i) =>
      make(
        "li",
        { class: look, ...(look === "next" ? { "aria-label": `next: ${token}` } : {}) },
        written ? button(token, `Follow the "${token}" home`, () => follow(i)) : token,
      ),
    ),
  );
}

/** The token on whose column the reader stands, told of the left side. */
export function markPrompt(list: HTMLElement, standing: Stop | null): void {
  [...list.children].forEach((chip, i) => {
    const here = standing?.position === i && standing.side === 0;
    chip.classList.toggle("stand", here);
    chip.classList.toggle("reached", here && !!standing?.home);
  });
}
