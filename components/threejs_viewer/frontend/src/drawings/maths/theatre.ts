// The moments of a problem as it is written, and of the theatre (components/ui/drawings/arcs.py):
// a problem is typed and written, one token shows where its heads looked, a head is ablated, and
// put back.

import type { Landmark } from "../shared/landmarks";
import { range } from "../shared/numbers";
import { timed, type Schedule } from "../shared/schedule";
import { isWrong, mostOf, percent, toldOfText, type Text } from "./arcs";

export interface Moment<T extends Text> {
  text: T;
  /** So many tokens are there. */
  length: number;
  /** Of the newest token, the heads whose arcs are drawn and named; null for all, unnamed. */
  heads: number[] | null;
  /** The head that is shown as ablated. */
  out: number | null;
  said: string;
  /** How long it stays. */
  seconds: number;
}

export interface Theatre<T extends Text> {
  whole: T;
  broken: T;
  /** The one whose arcs come head by head. */
  token: number;
  why: string;
}

// How long a moment of each kind stays, in seconds: just over eleven in all for the book's problem.
const TYPED = 0.15;
const FIRST = 0.8; // the first written token: what writing is
const NEWEST = 0.4;
const HEAD = 0.55;
const WHY = 1.1;
const REST = 0.07;
const WHOLE = 0.4;
const OUT = 0.9;
const AGAIN = 0.04;
const BREAKS = 1;
const FOLLOWS = 0.07;
const BROKEN = 1.2;
const BACK = 0.6;

/** Token by token; the last says how the whole is. */
export function writing<T extends Text>(text: T): Moment<T>[] {
  return range(text.tokens.length - text.given + 1).map((n) => there(text, text.given + n, 1));
}

function there<T extends Text>(text: T, length: number, seconds: number): Moment<T> {
  const said = toldOfText(text, length);
  return { text, length, heads: null, out: text.pulled, said, seconds };
}

/** It ends with what is the reader's `own`. */
export function played<T extends Text>(
  { whole, broken, token, why }: Theatre<T>,
  own: T,
): Moment<T>[] {
  const { given, tokens, layer } = whole;
  const all = tokens.length;
  const head = broken.pulled!;
  const errors = range(all).filter((i) => isWrong(broken, i));
  const looks = mostOf(whole, token);
  const newest = there(whole, token + 1, NEWEST);
  const after = (text: T, from: number, seconds: number): Moment<T>[] =>
    range(all - from).map((n) => there(text, from + n + 1, seconds));
  const last = (moments: Moment<T>[], seconds: number): Moment<T>[] =>
    moments.map((one, i) => (i === moments.length - 1 ? { ...one, seconds } : one));
  return [
    ...last(
      range(given + 1).map((n) => there(whole, n, TYPED)),
      2 * TYPED,
    ),
    ...range(token - given).map((n) => ({
      ...there(whole, given + n + 1, FIRST),
      said: "The model writes one token after the other, and each number back to front.",
    })),
    { ...newest, heads: [], said: `${tokens[token]} is written. Where did the heads look?` },
    ...looks.map(({ head, from, weight }, n) => ({
      ...newest,
      heads: looks.slice(0, n + 1).map((look) => look.head),
      said: `Head ${head} fetches ${tokens[from]} (${whole.places[from]}), with ${percent(weight)} of its attention.`,
      seconds: HEAD,
    })),
    { ...newest, heads: looks.map((look) => look.head), said: why, seconds: WHY },
    ...last(after(whole, token + 1, REST), WHOLE),
    {
      ...there(whole, all, OUT),
      out: head,
      said: `Head ${head} of layer ${layer} is ablated: its output is set to zero.`,
    },
    ...last(
      after(broken, given, AGAIN).map((one, n) => ({
        ...one,
        seconds: given + n < errors[0] ? AGAIN : given + n === errors[0] ? BREAKS : FOLLOWS,
      })),
      BROKEN,
    ),
    { ...there(whole, all, BACK), said: `Head ${head} is put back. ${whole.verdict}` },
    { ...there(own, own.tokens.length, 0), said: `${own.verdict} Now type your own numbers.` },
  ];
}

/** Each moment as long as it wants. */
export function asLongAs(moments: readonly Moment<Text>[]): Schedule {
  let seconds = 0;
  return timed(
    moments.map((moment) => {
      const at = seconds;
      seconds += moment.seconds;
      return at;
    }),
  );
}

/** Where the working begins, the answer, what is wrong in either, and a head that is ablated; in the
    theatre the heads come with the working, and are named for it. */
export function landmarksOf(moments: readonly Moment<Text & { roles: string[] }>[]): Landmark[] {
  const first = (wanted: (moment: (typeof moments)[number], i: number) => boolean): number =>
    moments.findIndex((moment, i) => moment.length > 0 && wanted(moment, i));
  const { text } = moments[0];
  const begins = (role: string): number =>
    text.roles.findIndex((one, i) => one === role && i >= text.given) + 1;
  const heads = first((moment) => moment.heads?.length === 1);
  const working = first(({ length }) => length === begins("working"));
  const out = first((moment) => moment.out !== text.pulled);
  const found: [at: number, name: string][] = [
    heads < 0 ? [working, "working"] : [heads, "head by head"],
    [first(({ length }) => length === begins("answer")), "answer"],
    [out, "ablated"],
    [first(({ text, length }) => isWrong(text, length - 1)), "first error"],
    [out < 0 ? -1 : first((moment, i) => i > out && moment.out === text.pulled), "put back"],
  ];
  return found
    .filter(([at]) => at >= 0)
    .map(([at, name]) => ({ at, name }))
    .sort((one, other) => one.at - other.at);
}
