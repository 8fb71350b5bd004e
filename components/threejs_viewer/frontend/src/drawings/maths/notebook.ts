// An error book (components/ui/drawings/notebook.py): how each mistake stands at a moment, what is in
// its boxes, how many stand so, and what is said.

import { range } from "../shared/numbers";

export interface Mistake {
  sum: string;
  /** What was written so far. */
  before: string;
  written: string;
  right: string;
  /** What should follow. */
  after: string;
  kind: string;
  /** The probability that the network gave what it wrote. */
  belief: number;
  /** In which round, from 1. */
  noted: number;
  /** After that round and each later one. */
  wrong_after: boolean[];
}

// ---------------------------------------------------------------- when

/** By then so many mistakes are noted and so many rounds studied; before the first, `round` is 0. */
export interface Moment {
  round: number;
  noted: number;
  studied: number;
}

/** Of each round a moment for each mistake that is noted in it, and one when it is studied. */
export function momentsOf(mistakes: readonly Mistake[], nRound: number): Moment[] {
  const moments: Moment[] = [{ round: 0, noted: 0, studied: 0 }];
  for (const round of range(nRound).map((r) => r + 1)) {
    const { noted } = moments.at(-1)!;
    const asked = mistakes.filter((mistake) => mistake.noted === round).length;
    for (const n of range(asked)) moments.push({ round, noted: noted + n + 1, studied: round - 1 });
    moments.push({ round, noted: noted + asked, studied: round });
  }
  return moments;
}

const isStudied = ({ round, studied }: Moment): boolean => round === studied;

// ---------------------------------------------------------------- how a mistake stands

/** Those that a mistake in the book has, in the order in which they are counted. */
export const STANDINGS = ["noted", "wrong", "back", "mended"] as const;

export type Standing = (typeof STANDINGS)[number];

/** After each round that is studied by then. */
const known = ({ noted, wrong_after }: Mistake, { studied }: Moment): boolean[] =>
  wrong_after.slice(0, Math.max(0, studied - noted + 1));

/** The mistake of this number; `null` if it is not in the book yet. */
export function standing(mistake: Mistake, i: number, moment: Moment): Standing | null {
  if (i >= moment.noted) return null;
  const wrong = known(mistake, moment);
  if (!wrong.length) return "noted";
  if (!wrong.at(-1)) return "mended";
  return wrong.includes(false) ? "back" : "wrong";
}

export function standings(mistakes: readonly Mistake[], moment: Moment): (Standing | null)[] {
  return mistakes.map((mistake, i) => standing(mistake, i, moment));
}

/** There is none for a round before the mistake was noted. */
export type Box = "none" | "open" | "right" | "wrong";

export function boxes(mistake: Mistake, nRound: number, moment: Moment): Box[] {
  const wrong = known(mistake, moment);
  return range(nRound).map((r) => {
    const after = r + 1 - mistake.noted;
    if (after < 0) return "none";
    if (after >= wrong.length) return "open";
    return wrong[after] ? "wrong" : "right";
  });
}

/** Whether it is the first that is noted in its round. */
export const begins = (mistakes: readonly Mistake[], i: number): boolean =>
  i === 0 || mistakes[i - 1].noted < mistakes[i].noted;

// ---------------------------------------------------------------- in words

/** 84%; what is not quite certain is not called so. */
export function percent(share: number): string {
  if (share >= 0.995) return "over 99%"; // no probability of a softmax is 1
  if (share > 0 && share < 0.005) return "under 1%";
  return `${Math.round(100 * share)}%`;
}

/** Round 2 of 4, studied */
export function when(moment: Moment, nRound: number): string {
  const { round } = moment;
  if (round === 0) return "Before round 1";
  return `Round ${round} of ${nRound}, ${isStudied(moment) ? "studied" : "evaluated"}`;
}

export function told(mistakes: readonly Mistake[], moment: Moment): string {
  const { round, noted } = moment;
  if (round === 0) return "The book is empty.";
  if (isStudied(moment)) return `Round ${round}, studied: ${toldOfAll(mistakes, moment)}.`;
  const { sum, written, right, kind } = mistakes[noted - 1];
  return `Round ${round}, evaluated: ${sum} goes wrong, ${written} where ${right} belongs (${kind}).`;
}

/** 37 × 48: 2 where 3 belongs (carry), belief 84%. After round 1 wrong, after round 2 right. */
export function toldOfOne(mistake: Mistake, moment: Moment, nRound: number): string {
  const { sum, written, right, kind, belief } = mistake;
  const said = `${sum}: ${written} where ${right} belongs (${kind}, sure: ${percent(belief)})`;
  const rounds = boxes(mistake, nRound, moment).flatMap((box, r) =>
    box === "right" || box === "wrong" ? [`after round ${r + 1} ${box}`] : [],
  );
  return `${said}; ${rounds.join(", ") || "not studied yet"}.`;
}

function toldOfAll(mistakes: readonly Mistake[], moment: Moment): string {
  const all = standings(mistakes, moment);
  const count = (...some: (Standing | null)[]): number =>
    all.filter((one) => some.includes(one)).length;
  const [noted, wrong, back] = [moment.noted, count("wrong", "back"), count("back")];
  if (!noted) return "no mistake is in the book yet";
  if (!wrong)
    return noted === 1 ? "the one in the book is right" : `all ${noted} in the book are right`;
  const are = wrong === 1 ? "is" : "are";
  if (!back) return `${wrong} of ${noted} in the book ${are} still wrong`;
  const returned = back === wrong ? (back === 1 ? "it" : "all of them") : `${back} of them`;
  return `${wrong} of ${noted} in the book ${are} wrong, ${returned} came back`;
}
