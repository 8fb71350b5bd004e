// out[p] = of[by][p]: which operand, the place tells

import type { Scene } from "../data";
import { compile, parse, told as inWords, Unreadable } from "../expression";
import { axesIn, type Rule } from "../rules";
import type { Where } from "../text";
import { lookIn } from "../leaves";
import { tell, type Made, type Place, type Reads, type Values } from "../values";

export function choose(rule: Rule, of: (Values | null)[], scene: Scene): Made {
  const first = of.find((x) => x !== null);
  if (!first || rule.index === undefined || rule.by === undefined)
    throw new Unreadable("a choice needs operands, names of axes and what it goes by");
  const names = axesIn(rule.index);
  const number = compile(parse(rule.by), names, lookIn(scene));
  const chosen = (place: Place, reads?: Reads): Values | null | undefined =>
    of[number(place, reads)];
  const { by } = rule;

  /** "key 2 ≤ query 1 does not hold" */
  function reason(place: Place, axes: readonly string[]): string {
    const words = inWords(by, (name) => {
      const axis = names.indexOf(name);
      return `${axes[axis] ?? name} ${place[axis]}`;
    });
    if (parse(by).kind !== "compare") return `${words} is ${number(place, undefined)}`;
    return `${words} ${number(place, undefined) ? "holds" : "does not hold"}`;
  }

  /** Every place of the axes that are left whole, as a nested list of what is chosen there. */
  function list(where: Where, place: number[] = []): string {
    const axis = place.length;
    if (axis === where.length) return String(number(place, undefined));
    const at = where[axis];
    if (typeof at === "number") return list(where, [...place, at]);
    const all = Array.from({ length: first!.shape[axis]! }, (_, i) => list(where, [...place, i]));
    return `[${all.join(", ")}]`;
  }

  const line = (x: Values | null, where: Where): string => (x ? x.line(where) : "-np.inf");
  return {
    shape: first.shape,
    formed: of.some((x) => x?.formed),
    at(place, reads) {
      const x = chosen(place, reads);
      return x ? x.at(place, reads) : x === null ? -Infinity : NaN;
    },
    make(place, reads, axes = names) {
      const x = chosen(place, reads);
      if (x) return tell(x, place, reads);
      const value = x === null ? -Infinity : NaN;
      return { value, working: `masked, since ${reason(place, axes)}`, terms: [] };
    },
    symbol(where) {
      const fixed = where.every((at) => typeof at === "number");
      const x = fixed ? chosen(where as number[]) : first;
      return x ? x.symbol(where) : "−∞";
    },
    line(where) {
      const free = names.filter((_, axis) => typeof where[axis] !== "number");
      if (!free.length) return line(chosen(where as number[]) ?? null, where);
      // One operand a place: each is written where it stands.
      if (free.length === 1 && free[0] === by && where.includes(null)) {
        const at = (i: number): Where => where.map((place) => place ?? i);
        return `np.array([${of.map((x, i) => line(x, at(i))).join(", ")}])`;
      }
      return `np.choose(${list(where)}, [${of.map((x) => line(x, where)).join(", ")}])`;
    },
    followed: [],
    undo: () => [],
  };
}
