// Where the reader is: which number is kept or pointed at, what glows, which stage of the walk is
// told, and whether the picture shows that stage alone. Plain data, and functions from one state to
// the next. No page, no picture, no clock.

import type { Scene } from "./data";
import { END } from "./captions";
import { type Stage } from "./walk";

/** One number: the side that it stands on, its matrix, and its place along the matrix's axes. It
 * stays good when other numbers come. */
export interface Address {
  readonly side: number;
  readonly name: string;
  readonly place: number[];
}

/** A stop on the way home: the column of a token in a matrix, or one number of that column. */
export interface Stop {
  readonly side: number;
  readonly name: string;
  readonly head: number | null;
  readonly position: number;
  readonly neuron: number | null;
  /** Nothing is left to unfold. */
  readonly home: boolean;
}

export interface State {
  readonly stages: Stage[];
  /** The stage that is told below the picture. */
  readonly stage: number;
  /** Whether the picture shows that stage and fades all else. If not, the whole model is there, and
   * the walk goes on from that stage. */
  readonly walking: boolean;
  readonly playing: boolean;
  readonly pinned: Address | null;
  /** Whether it is kept as the logit of what the model wrote: where other numbers write another token,
   * the logit of that token is kept instead. */
  readonly following: boolean;
  readonly hovered: Address | null;
  /** The matrices that a word points at. */
  readonly glow: string[] | null;
  readonly standing: Stop | null;
  /** Of two sides, whether the right one shows its numbers less the left ones. */
  readonly shaded: boolean;
}

export const BEGINNING: State = {
  stages: [],
  stage: 0,
  walking: false,
  playing: false,
  pinned: null,
  following: false,
  hovered: null,
  glow: null,
  standing: null,
  shaded: true,
};

/** The same state, if the changes are none: who draws what changed then has nothing to do. */
function change(state: State, changes: Partial<State>): State {
  const keys = Object.keys(changes) as (keyof State)[];
  return keys.every((key) => same(state[key], changes[key])) ? state : { ...state, ...changes };
}

const same = (a: unknown, b: unknown): boolean =>
  a === b || (!Array.isArray(a) && JSON.stringify(a) === JSON.stringify(b));

// ------------------------------------------------------------ the walk

const lastOf = (state: State): number => state.stages.length - 1;

function enter(state: State, at: number): State {
  if (!state.stages.length) return state;
  const stage = Math.max(0, Math.min(lastOf(state), at));
  return change(state, { stage, walking: true, glow: null, standing: null });
}

/** To a stage that the reader chose. */
export const scrub = (state: State, at: number): State => enter(pause(state), at);

/** A stage on or back. From the whole model, a step on lights the stage that is told already; before
 * the first stage there is the whole model. */
export function step(state: State, by: number): State {
  const at = state.stage + (state.walking || by < 0 ? by : 0);
  return at < 0 ? leave(state) : scrub(state, at);
}

/** From the stage that is told; from the first, if that was the last. */
export function play(state: State): State {
  const from = state.stage < lastOf(state) ? state.stage : 0;
  return change(enter(state, from), { playing: state.stages.length > 0 });
}

export const pause = (state: State): State => change(state, { playing: false });

/** A stage of a walk that plays has had its time. It stops at the last one, where the answer stands. */
export const tick = (state: State): State =>
  state.stage < lastOf(state) ? enter(state, state.stage + 1) : pause(state);

/** The whole model is back. The stage stays told, so that the walk can go on from there. */
export const leave = (state: State): State =>
  change(state, { walking: false, playing: false, glow: null });

// ------------------------------------------------------------ numbers

export const point = (state: State, at: Address | null): State => change(state, { hovered: at });

/** Keep a number, or none; a way home ends with the number that it began at, and so does a token's
 * column with the one in it. */
export const pin = (state: State, at: Address | null): State =>
  change(state, {
    pinned: at,
    hovered: null,
    ...(at && same(at, state.pinned) ? {} : { standing: null, following: false }),
  });

/** Keep the logit of a token that the model wrote, to follow it home. */
export const follow = (state: State, at: Address): State =>
  change(pin(state, at), { following: true });

export const glow = (state: State, names: string[] | null): State => change(state, { glow: names });

/** The column of a token on the left side. */
export const columnAt = (name: string, position: number): Stop => ({
  side: 0,
  name,
  head: null,
  position,
  neuron: null,
  home: false,
});

export const stand = (state: State, at: Stop | null): State =>
  change(state, { standing: at, glow: null });

/** One thing a time: the kept number, then the stage. The same state if there is neither. */
export function letGo(state: State): State {
  if (state.pinned) return pin(state, null);
  return state.walking ? leave(state) : state;
}

// ------------------------------------------------------------ what comes from outside

/** Other numbers are here: another prompt, a broken part, a second side. The reader stays where he
 * is as far as that is still there. A way home begins anew. */
export function arrive(state: State, scenes: Scene[], stages: Stage[]): State {
  const kept = state.following ? written(state.pinned, scenes[0]!) : state.pinned;
  const pinned = kept && again(kept, scenes);
  return {
    ...state,
    stages,
    stage: Math.max(0, Math.min(stages.length - 1, state.stage)),
    pinned,
    following: state.following && pinned !== null,
    hovered: null,
    glow: null,
    standing: null,
  };
}

/** The logit of what the model writes at the same place now; null where it writes nothing there. */
function written(at: Address | null, { manifest, given }: Scene): Address | null {
  const position = at?.place[0] ?? -1;
  const token = manifest.tokens[position + 1];
  if (!at || token === undefined || position + 1 < given) return null;
  return { ...at, place: [position, manifest.vocabulary.indexOf(token)] };
}

function again(at: Address, scenes: Scene[]): Address | null {
  const moved = scenes[at.side] ? at : { ...at, side: 0 };
  return holds(scenes[moved.side], moved) ? moved : null;
}

/** Whether a scene has that number. */
export function holds(scene: Scene | undefined, { name, place }: Address): boolean {
  const shape = scene?.byName.get(name)?.shape;
  return shape?.length === place.length && place.every((i, axis) => i >= 0 && i < shape[axis]!);
}

export const shade = (state: State, shaded: boolean): State =>
  change(state, { shaded, hovered: null, standing: null });

// ------------------------------------------------------------ what follows from it

export const told = (state: State): Stage | null => state.stages[state.stage] ?? null;

const lighted = (state: State): Stage | null => (state.walking ? told(state) : null);

/** The matrices that are drawn in full while all others are faded; null: none is faded. */
export function lit(state: State): Set<string> | null {
  const names =
    state.glow ?? (state.standing ? [state.standing.name] : (lighted(state)?.names ?? null));
  return names && new Set(names);
}

/** The first and last token that are being computed; null: all of them are there. */
export const span = (state: State): [number, number] | null => lighted(state)?.span ?? null;

/** The matrix that a stage makes. */
export const made = (stage: Stage | null): string => stage?.names.at(-1) ?? "";

/** The one look that the stage tells of, drawn as an arc. */
export const lookTold = (state: State): Stage["arc"] => lighted(state)?.arc ?? null;

/** The matrix whose attention is drawn, if it is one of attention. */
export const underway = (state: State): string => made(lighted(state));

/** The number that the picture points out: on the way home it is the stop, and none. */
export const chosen = (state: State): Address | null =>
  state.hovered ?? (state.standing ? null : state.pinned);

/** The number that is explained. */
export const focused = (state: State): Address | null => state.hovered ?? state.pinned;

/** A token of the text as it stands above the picture. */
export interface Chip {
  token: string;
  look: "" | "now" | "later" | "next";
  /** Whether the model wrote it, so that it can be followed home; a typed one is where a way ends. */
  written: boolean;
}

export function chips(state: State, { manifest: { tokens }, given }: Scene): Chip[] {
  const stage = lighted(state);
  const stands = stage?.next?.token === END; // the answer, of which its end is no part
  const out = tokens.slice(0, stands ? stage.shown : undefined).map((token, i): Chip => {
    const written = i > 0 && i >= given;
    return { token, look: stage ? lookAt(stage, i) : "", written };
  });
  // The digit that drops in takes its place, or stands behind the last one.
  if (stage?.next && !stands)
    out[stage.span[1] + 1] = { token: stage.next.token, look: "next", written: true };
  return out;
}

function lookAt({ span: [first, last], shown }: Stage, token: number): Chip["look"] {
  if (token >= shown) return "later";
  return token >= first && token <= last ? "now" : "";
}
