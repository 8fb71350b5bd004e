// The tokens above the picture. Each can be clicked: a typed one leads to its column where it comes
// in, one that the model wrote to the logit where its way home begins.

import { END } from "./script";
import { button, make } from "../shared/dom";
import type { Chip, Stop } from "./state";

export function fillPrompt(
  list: HTMLElement,
  chips: Chip[],
  go: (at: number, chip: Chip) => void,
): void {
  list.classList.toggle("long", chips.length > 16);
  list.replaceChildren(
    ...chips.map((chip, i) =>
      make(
        "li",
        {
          class: `${chip.look} ${chip.written ? "written" : ""}`,
          ...(chip.look === "next" ? { "aria-label": `next: ${chip.token}` } : {}),
        },
        button(chip.token, titleOf(chip, i), () => go(i, chip)),
      ),
    ),
  );
}

function titleOf({ token, written }: Chip, at: number): string {
  if (!written) return `See where token ${at} "${token}" comes in`;
  return `Follow the "${token}" home${token === END ? ", which says that the answer is done" : ""}`;
}

/** The token on whose column the reader stands, told of the left side. */
export function markPrompt(list: HTMLElement, standing: Stop | null): void {
  [...list.children].forEach((chip, i) => {
    const here = standing?.position === i && standing.side === 0;
    chip.classList.toggle("stand", here);
    chip.classList.toggle("reached", here && !!standing?.home);
  });
}
