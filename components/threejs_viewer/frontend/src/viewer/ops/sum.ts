// out = a + b + ..., of one shape

import { Unreadable } from "../expression";
import type { Rule } from "../rules";
import { added, bracket, inner, TERMS } from "../text";
import { isFlat, isMade, tell, type Made, type Values } from "../values";

export function sum(_: Rule, of: (Values | null)[]): Made {
  const parts = of.filter((x) => x !== null);
  const [first] = parts;
  if (!first || parts.length < of.length) throw new Unreadable("a sum needs its summands");
  const symbol: Values["symbol"] = (where) =>
    added(
      parts.map((x) => x.symbol(where)),
      "−",
    );
  return {
    shape: first.shape,
    formed: parts.some((x) => x.formed),
    at: (place, reads) => parts.reduce((total, x) => total + x.at(place, reads), 0),
    make(place, reads) {
      const told = parts.map((x) => tell(x, place, reads));
      const value = told.reduce((total, part) => total + part.value, 0);
      const named = (x: Values): string =>
        isFlat(x) && x.tensor ? x.tensor.name : x.symbol(place);
      const terms = parts.map((x, i) => ({ label: named(x), value: told[i]!.value }));
      if (parts.length === 1 && isMade(first)) return told[0]!;
      const same = `${named(first)}${isFlat(first) && first.tensor ? bracket(place) : ""}`;
      const numbers = told.map((part) => inner(part.value)).join(" + ");
      const symbols = parts.some(isMade) ? `${symbol(place)} = ` : "";
      terms.sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
      return {
        value,
        working: parts.length === 1 ? same : symbols + numbers,
        terms: terms.slice(0, TERMS),
      };
    },
    symbol,
    line: (where) =>
      added(
        parts.map((x) => x.line(where)),
        "-",
      ),
    followed: parts,
    undo: ({ prefix, direction }) => parts.map((values) => ({ values, prefix, direction })),
  };
}
