// What stands beside the pointer: the number, which one it is, and how it was made.

import { pairAt, sayPair, sayShown, type Comparison } from "./compare";
import { placeOf } from "./data";
import { make } from "../shared/dom";
import type { Explanation } from "./explain";
import { places } from "./panel";
import type { Cell } from "./pick";
import { stageOf, type Stage } from "./walk";

export function fillTip(
  tip: HTMLElement,
  { box, index }: Cell,
  why: Explanation | null,
  comparison: Comparison | null,
  stages: Stage[],
  opens: boolean,
): void {
  const { scene, tensor: t } = box;
  const pair = comparison && sayPair(pairAt(comparison, scene, t, index));
  const stage = stageOf(stages, t.name);
  tip.replaceChildren(
    make("b", {}, sayShown(comparison, scene, t, index)),
    ` ${t.name}`,
    make("small", {}, places(scene, t, placeOf(t, index))),
    ...(pair ? [make("span", { class: "pair" }, pair)] : []),
    make("span", {}, why?.text ?? ""),
    ...(opens ? [make("small", { class: "opens" }, "a click opens it")] : []),
    make("small", {}, stage < 0 ? "" : `stop ${stage + 1}: ${stages[stage]!.title}`),
  );
}

/** Beside a place of the picture, on the side that has room. */
export function placeTip(
  tip: HTMLElement,
  x: number,
  y: number,
  width: number,
  height: number,
): void {
  const right = x > width - 315;
  tip.style.left = right ? "auto" : `${x + 16}px`;
  tip.style.right = right ? `${width - x + 12}px` : "auto";
  tip.style.top = `${Math.min(y + 14, height - 90)}px`;
}
