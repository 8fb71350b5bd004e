// out[..., d] = x[..., d] / sqrt(mean_j x[..., j]^2 + eps) gain[d]

import { Unreadable } from "../expression";
import type { Rule } from "../rules";
import { atom, bare, inner } from "../text";
import { isMade, rowOf, tell, type Made, type Place, type Values } from "../values";

export function norm(rule: Rule, [x, gain]: (Values | null)[]): Made {
  if (!x || !gain) throw new Unreadable("a norm needs x and a gain");
  const eps = rule.eps ?? 0;
  const rms = (row: Float64Array): number =>
    Math.sqrt(row.reduce((sum, v) => sum + v * v, 0) / row.length + eps);
  const apart = (place: Place): [Place, number] => [place.slice(0, -1), place[place.length - 1]!];
  return {
    shape: x.shape,
    formed: x.formed || gain.formed,
    at(place, reads) {
      const [prefix, at] = apart(place);
      const row = rowOf(x, prefix, reads);
      return (row[at]! / rms(row)) * gain.at([at], reads);
    },
    make(place, reads) {
      const [prefix, at] = apart(place);
      const row = rowOf(x, prefix, reads);
      const own = tell(x, place, reads);
      const [size, factor] = [rms(row), gain.at([at], reads)];
      return {
        value: (row[at]! / size) * factor,
        working:
          (isMade(x) ? `${own.working}, and ` : "") +
          `${inner(row[at]!)} / ${bare(size)} · ${inner(factor)}`,
        terms: own.terms,
      };
    },
    symbol: (where) => `norm(${x.symbol(where)}) · ${gain.symbol(where.slice(-1))}`,
    line(where) {
      const [last, others] = [where[where.length - 1]!, where.slice(0, -1)];
      const [row, factor] = [x.line([...others, null]), gain.line([last])];
      // One row is measured as it is; several at once, each for itself.
      const alone = others.every((at) => typeof at === "number");
      const mean = alone ? "mean()" : `mean(-1${last === null ? ", keepdims=True" : ""})`;
      const measured = (name: string): string => `np.sqrt((${name} ** 2).${mean} + ${eps})`;
      if (!isMade(x)) return `${x.line(where)} / ${measured(row)} * ${factor}`;
      const own = last === null ? "" : alone ? `[${last}]` : `[..., ${last}]`;
      return `(x := ${row})${own} / ${measured("x")} * ${atom(factor)}`;
    },
    followed: [x],
    undo({ prefix, direction }) {
      const size = rms(rowOf(x, prefix));
      const gains = rowOf(gain, []);
      return [{ values: x, prefix, direction: direction.map((d, i) => (d * gains[i]!) / size) }];
    },
  };
}
