// out[..., k] = at which place along the last axis of x its number k in size stands, from 0

import { Unreadable } from "../expression";
import type { Rule } from "../rules";
import { bare } from "../text";
import { rowOf, type Made, type Place, type Reads, type Values } from "../values";

export function largest(rule: Rule, [x]: (Values | null)[]): Made {
  const { n } = rule;
  if (!x || n === undefined) throw new Unreadable("the largest need x and how many they are");
  const chosen = (place: Place, reads?: Reads) => {
    const row = rowOf(x, place.slice(0, -1), reads);
    // Of equal numbers the first comes first.
    const order = Array.from(row.keys()).sort((a, b) => row[b]! - row[a]! || a - b);
    return { row, order, own: order[place[place.length - 1]!] ?? NaN };
  };
  return {
    shape: [...x.shape.slice(0, -1), n],
    formed: x.formed,
    at: (place, reads) => chosen(place, reads).own,
    make(place, reads) {
      const { row, order, own } = chosen(place, reads);
      const k = place[place.length - 1]!;
      const ranked = order.slice(0, n).map((i) => bare(row[i]!));
      const more = order.length > n ? ", …" : "";
      return {
        value: own,
        working: `the index of number ${k} in ${ranked.join(" ≥ ")}${more}`,
        terms: order.map((i) => ({ label: String(i), value: row[i]! })),
      };
    },
    symbol: (where) => `argsort(−(${x.symbol(where)}))`,
    line(where) {
      const [last, others] = [where[where.length - 1]!, where.slice(0, -1)];
      const sorted = `np.argsort(-(${x.line([...others, null])}), kind="stable")`;
      const alone = others.every((at) => typeof at === "number");
      if (last === null) return `${sorted}[${alone ? "" : "..., "}:${n}]`;
      return `${sorted}[${alone ? "" : "..., "}${last}]`;
    },
    followed: [],
    undo: () => [],
  };
}
