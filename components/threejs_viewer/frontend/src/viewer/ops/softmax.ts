// out[..., s] = e^x[..., s] / sum_j e^x[..., j]

import { Unreadable } from "../expression";
import type { Rule } from "../rules";
import { bare, inner } from "../text";
import { isMade, rowOf, tell, type Made, type Place, type Reads, type Values } from "../values";

export function softmax(_: Rule, [x]: (Values | null)[]): Made {
  if (!x) throw new Unreadable("a softmax needs x");
  const shares = (place: Place, reads?: Reads) => {
    const row = rowOf(x, place.slice(0, -1), reads);
    const at = place[place.length - 1]!;
    const top = row.reduce((most, v) => (v > most ? v : most), -Infinity);
    const raised = row.map((v) => Math.exp(v - top));
    const sum = raised.reduce((all, v) => all + v, 0);
    return {
      own: row[at]!,
      top,
      raised: raised[at]!,
      sum,
      seen: row.filter((v) => v !== -Infinity).length,
    };
  };
  return {
    shape: x.shape,
    formed: x.formed,
    at(place, reads) {
      const { raised, sum } = shares(place, reads);
      return raised / sum;
    },
    make(place, reads) {
      const { own, top, raised, sum, seen } = shares(place, reads);
      return {
        value: raised / sum,
        working:
          (isMade(x) ? `${tell(x, place, reads).working} = ${bare(own)}, and ` : "") +
          `e^(${bare(own)} − ${inner(top)}) / sum of ${seen} like it = ${bare(raised)} / ${bare(sum)}`,
        terms: [],
      };
    },
    symbol: (where) => `softmax(${x.symbol(where)})`,
    line(where) {
      const [last, others] = [where[where.length - 1]!, where.slice(0, -1)];
      const row = `np.exp(${x.line([...others, null])})`;
      const alone = others.every((at) => typeof at === "number");
      const sum = alone ? "sum()" : "sum(-1, keepdims=True)";
      const all = isMade(x) ? `(e := ${row}) / e.${sum}` : `${row} / ${row}.${sum}`;
      return last === null ? all : `(${all})[${alone ? "" : "..., "}${last}]`;
    },
    followed: [],
    undo: () => [],
  };
}
