// Where on a slider something begins that has a name.

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

/** Of marks in their order along `room` pixels, whether the name of each has room beside the one
    before. */
export function named(marks: readonly Landmark[], share: (at: number) => number, room: number) {
  let end = -Infinity;
  return marks.map(({ at, name }) => {
    const [middle, half] = [share(at) * room, (name.length * CHARACTER) / 2];
    if (middle - half < end || middle + half > room + CHARACTER * 8) return false;
    end = middle + half + CHARACTER;
    return true;
  });
}
