// Marks of one row or column: Tab reaches one of them, from there arrows go to the others.

import { clamp } from "./numbers";

type Mark = HTMLElement | SVGElement;

/** By how many marks a key goes on, or back. */
type Arrows = Readonly<Record<string, number>>;

export const UP_DOWN: Arrows = { ArrowUp: -1, ArrowDown: 1 };
export const ACROSS: Arrows = { ArrowLeft: -1, ArrowRight: 1 };
export const EITHER_WAY: Arrows = { ...UP_DOWN, ...ACROSS };

/** Row by row, so many marks a row. */
export const tableOf = (columns: number): Arrows => ({
  ...ACROSS,
  ArrowUp: -columns,
  ArrowDown: columns,
});

/** Enter and the space bar click. */
export function steppedThrough(marks: readonly Mark[], arrows: Arrows): void {
  marks.forEach((mark, i) => {
    mark.setAttribute("tabindex", i ? "-1" : "0");
    mark.onkeydown = (event) => {
      const { key } = event;
      const by = arrows[key];
      if (by) goTo(marks, i + by);
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
