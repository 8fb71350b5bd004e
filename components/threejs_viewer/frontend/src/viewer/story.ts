// The text of a stage, whose words are tied to matrices: a word makes its matrices glow, and a
// matrix that is pointed at marks its words.

import { make } from "../shared/dom";
import { inWords } from "./pieces";
import type { Stage } from "./walk";

export interface StoryActs {
  glow: (names: string[] | null) => void;
  choose: (name: string) => void;
}

export function fillStory(text: HTMLElement, stage: Stage, acts: StoryActs): void {
  const word = (said: string, names: string[]): HTMLElement =>
    make(
      "button",
      {
        type: "button",
        class: "word",
        "data-names": names.join(" "),
        pointerenter: () => acts.glow(names),
        pointerleave: () => acts.glow(null),
        focus: () => acts.glow(names),
        blur: () => acts.glow(null),
        click: () => acts.choose(names[0]!),
      },
      said,
    );
  text.replaceChildren(
    ...stage.text.map((p) => (typeof p === "string" ? p : word(p.word, p.names))),
  );
}

export function markWords(text: HTMLElement, name: string | null): void {
  for (const word of text.querySelectorAll<HTMLElement>(".word"))
    word.classList.toggle("on", !!name && word.dataset["names"]!.split(" ").includes(name));
}

/** The same for the ear. */
export const heard = ({ title, text }: Stage): string => `${title}. ${inWords(text)}`;
