// Marks of one row or column: Tab reaches one of them, from there arrows go to the others.

import { clamp } from "./numbers";

type Mark = HTMLElement | SVGElement;

/** The keys that go back, and those that go on. */
type Arrows = [back: readonly string[], on: readonly string[]];

export const UP_DOWN: Arrows = [["ArrowUp"], ["ArrowDown"]];
export const ACROSS: Arrows = [["ArrowLeft"], ["ArrowRight"]];
export const EITHER_WAY: Arrows = [
  ["ArrowLeft", "ArrowUp"],
  ["ArrowRight", "ArrowDown"],
];

/** Enter and the space bar click. */
export function steppedThrough(marks: readonly Mark[], [back, on]: Arrows): void {
  marks.forEach((mark, i) => {
    mark.setAttribute("tabindex", i ? "-1" : "0");
    mark.onkeydown = (event) => {
      const { key } = event;
      if (back.includes(key)) goTo(marks, i - 1);
      else if (on.includes(key)) goTo(marks, i + 1);
      else if (key === "Home") goTo(marks, 0);
      else if (key === "End") goTo(marks, marks.length - 1);
      else if (key === "Enter" || key === " ") mark.dispatchEvent(new MouseEvent("click"));
      else return;
      event.preventDefault();
    };
  });
}

function goTo(marks: readonly Mark[], place: number): void {
  const to = clamp(place, 0, marks.length - 1);
  marks.forEach((mark, i) => mark.setAttribute("tabindex", i === to ? "0" : "-1"));
  marks[to].focus();
}
