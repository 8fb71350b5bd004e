// The moments of a problem as it is written, and of the theatre (components/ui/drawings/arcs.py):
// a problem is typed and written, one token shows where its heads looked, a head is ablated, and
// put back.

import type { Landmark } from "../shared/landmarks";
import { range } from "../shared/numbers";
import { timed, type Schedule } from "../shared/schedule";
import { isWrong, mostOf, toldOfText, type Text } from "./arcs";

export interface Moment<T extends Text> {
  text: T;
  /** So many tokens are there. */
  length: number;
  /** Of the newest token, the heads whose arcs are drawn and named; null for all, unnamed. */
  heads: number[] | null;
  /** Of those the one that is spoken of; null for all. */
  head: number | null;
  /** The token whose arcs stand out at rest. */
  focus: number | null;
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

// How long a moment of each kind stays, in seconds: just under twelve in all for the book's problem,
// most of it for the two sentences on which all depends, `WHY` and `BROKEN`.
const TYPED = 0.06;
const FIRST = 0.8; // the first written token: what writing is
const NEWEST = 0.7;
const HEAD = 0.5;
const WHY = 2.2;
const REST = 0.04;
const WHOLE = 0.2;
const OUT = 0.8;
const AGAIN = 0.04;
const BREAKS = 0.45;
const FOLLOWS = 0.04;
const BROKEN = 2.5;
const BACK = 0.7;

const WRITING = "The model writes token by token, and each number back to front.";

/** Token by token; the last says how the whole is. */
export function writing<T extends Text>(text: T): Moment<T>[] {
  return range(text.tokens.length - text.given + 1).map((n) => there(text, text.given + n, 1));
}

function there<T extends Text>(text: T, length: number, seconds: number): Moment<T> {
  const said = toldOfText(text, length);
  return { text, length, heads: null, head: null, focus: null, out: text.pulled, said, seconds };
}

/** It ends with what is the reader's `own`. */
export function played<T extends Text>(
  { whole, broken, token, why }: Theatre<T>,
  own: T,
): Moment<T>[] {
  const { given, tokens } = whole;
  const all = tokens.length;
  const head = broken.pulled!;
  const errors = range(all).filter((i) => isWrong(broken, i));
  const looks = mostOf(whole, token);
  const newest = there(whole, token + 1, NEWEST);
  const ablated = `Head ${head} is ablated: its output is set to zero.`;
  const after = (text: T, from: number, seconds: number): Moment<T>[] =>
    range(all - from).map((n) => there(text, from + n + 1, seconds));
  const last = (moments: Moment<T>[], seconds: number): Moment<T>[] =>
    moments.map((one, i) => (i === moments.length - 1 ? { ...one, seconds } : one));
  return [
    ...last(
      range(given + 1).map((n) => there(whole, n, TYPED)),
      2 * TYPED,
    ),
    ...range(token - given).map((n) => ({ ...there(whole, given + n + 1, FIRST), said: WRITING })),
    { ...newest, heads: [], said: WRITING },
    ...looks.map(({ head, from }, n) => ({
      ...newest,
      heads: looks.slice(0, n + 1).map((look) => look.head),
      head,
      said: `Before ${tokens[token]}, head ${head} looks at ${tokens[from]}.`,
      seconds: HEAD,
    })),
    { ...newest, heads: looks.map((look) => look.head), said: why, seconds: WHY },
    ...last(after(whole, token + 1, REST), WHOLE).map((one) => ({ ...one, said: why })),
    { ...there(whole, all, OUT), out: head, said: ablated },
    ...last(
      after(broken, given, AGAIN).map((one, n) => ({
        ...one,
        seconds: given + n < errors[0] ? AGAIN : given + n === errors[0] ? BREAKS : FOLLOWS,
        said: given + n + 1 < all ? ablated : one.said,
      })),
      BROKEN,
    ),
    { ...there(whole, all, BACK), said: `Head ${head} is put back.` },
    {
      ...there(own, own.tokens.length, 0),
      focus: own === whole ? token : null,
      said: `${own.verdict} Now type your own numbers.`,
    },
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
