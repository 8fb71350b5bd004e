// Where on a slider something begins that has a name.
import { clamp } from "./numbers";

/** A moment, and what begins there. */
export interface Landmark {
  at: number;
  name: string;
}

/** In a text that is told token by token: its working and its answer, if it is one problem. */
export function landmarksOf(tokens: readonly string[]): Landmark[] {
  if (tokens.filter((token) => token === "*").length !== 1) return [];
  const [first, last] = [tokens.indexOf("="), tokens.lastIndexOf("=")];
  const answer = { at: last + 2, name: "answer" };
  if (first < 0 || last === tokens.length - 1) return [];
  return first === last ? [answer] : [{ at: first + 2, name: "working" }, answer];
}

const CHARACTER = 6; // pixels of a name

/** Of marks in their order along `room` pixels, how far the middle of each name stands from its mark,
    so that no name reaches over an end; null where it has no room beside the one before. */
export function named(
  marks: readonly Landmark[],
  share: (at: number) => number,
  room: number,
): (number | null)[] {
  let end = 0;
  return marks.map(({ at, name }) => {
    const [middle, wide] = [share(at) * room, name.length * CHARACTER];
    const start = clamp(middle - wide / 2, 0, room - wide);
    if (start < end) return null;
    end = start + wide + CHARACTER;
    return start + wide / 2 - middle;
  });
}
