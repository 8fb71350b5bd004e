// out = fn(a, ...), number by number

import { Unreadable } from "../expression";
import type { Rule } from "../rules";
import { atom, bare, inner, type Where } from "../text";
import { isMade, rowOf, tell, type Made, type Values } from "../values";

interface Function {
  f: (...x: number[]) => number;
  /** The formula with its numbers. */
  text: (...x: number[]) => string;
  /** In NumPy, of numbers or, if `many`, of arrays. */
  numpy: (x: string[], many: boolean) => string;
}

/** The functions that lab/scene/ops/map.py has. */
export const FUNCTIONS: Record<string, Function> = {
  relu2: {
    f: (x) => Math.max(x, 0) ** 2,
    text: (x) => `max(${bare(x)}, 0)²`,
    numpy: ([x]) => `np.maximum(${x}, 0) ** 2`,
  },
  gelu: {
    f: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
    text: (x) => `gelu(${bare(x)}) = ${inner(x)} · (1 + erf(${inner(x)} / √2)) / 2`,
    numpy: ([x], many) =>
      once(x!, (own, again) => {
        const erf = many ? "np.vectorize(math.erf)" : "math.erf";
        return `0.5 * ${own} * (1 + ${erf}(${again} / math.sqrt(2)))`;
      }),
  },
  silu: {
    f: (x) => x / (1 + Math.exp(-x)),
    text: (x) => `silu(${bare(x)}) = ${inner(x)} / (1 + e^(${bare(-x)}))`,
    numpy: ([x]) => once(x!, (own, again) => `${own} / (1 + np.exp(-${again}))`),
  },
  sigmoid: {
    f: (x) => 1 / (1 + Math.exp(-x)),
    text: (x) => `sigmoid(${bare(x)}) = 1 / (1 + e^(${bare(-x)}))`,
    numpy: ([x]) => `1 / (1 + np.exp(-${atom(x!)}))`,
  },
  reciprocal: {
    f: (x) => 1 / x,
    text: (x) => `1 / ${inner(x)}`,
    numpy: ([x]) => `1 / ${atom(x!)}`,
  },
  multiply: {
    f: (...x) => x.reduce((product, factor) => product * factor, 1),
    text: (...x) => x.map(inner).join(" · "),
    numpy: ([x, ...others]) => [atom(x!, "+-"), ...others.map((y) => atom(y))].join(" * "),
  },
};

/** What is more than a cell to write is written once, and called x from then on. */
const once = (x: string, write: (own: string, again: string) => string): string =>
  /[( ]/.test(x.replaceAll(", ", ",")) ? write(`(x := ${x})`, "x") : write(x, x);

export function map(rule: Rule, of: (Values | null)[]): Made {
  const fn = FUNCTIONS[rule.fn ?? ""];
  const parts = of.filter((x) => x !== null);
  const [first] = parts;
  const many = rule.fn === "multiply";
  if (!fn || !first || parts.length < of.length || (!many && parts.length > 1))
    throw new Unreadable(`${rule.fn} of ${of.length} is not known`);
  const followed = parts.findLast((x) => x.formed);
  const full = (where: Where): where is number[] => where.every((at) => typeof at === "number");

  return {
    shape: first.shape,
    formed: parts.some((x) => x.formed),
    at: (place, reads) => fn.f(...parts.map((x) => x.at(place, reads))),
    make(place, reads) {
      const told = parts.map((x) => tell(x, place, reads));
      const numbers = told.map((part) => part.value);
      const terms = told.findLastIndex((part) => part.terms.length);
      // The factor of which terms are told, times all the others.
      const by = fn.f(...numbers.filter((_, i) => i !== terms));
      const before = many
        ? `${parts.map((x) => atom(x.symbol(place))).join(" · ")} = `
        : `${told[0]!.working}, and `;
      return {
        value: fn.f(...numbers),
        working: (parts.some(isMade) ? before : "") + fn.text(...numbers),
        terms:
          many && terms >= 0 ? told[terms]!.terms.map((t) => ({ ...t, value: t.value * by })) : [],
      };
    },
    symbol(where) {
      if (many) return parts.map((x) => atom(x.symbol(where))).join(" · ");
      return `${rule.fn}(${full(where) ? bare(first.at(where)) : first.symbol(where)})`;
    },
    line(where) {
      return fn.numpy(
        parts.map((x) => x.line(where)),
        !full(where),
      );
    },
    followed: followed ? [followed] : [],
    /** f(x) = gate x with gate = f(x) / x; of a product, all but the last factor is the gate. */
    undo({ values, prefix, direction }) {
      const after = rowOf(values, prefix);
      const x = rowOf(followed!, prefix);
      const held = parts.filter((other) => other !== followed).map((other) => rowOf(other, prefix));
      const gate = (i: number): number =>
        many ? fn.f(...held.map((row) => row[i]!)) : x[i] === 0 ? 0 : after[i]! / x[i]!;
      return [{ values: followed!, prefix, direction: direction.map((d, i) => d * gate(i)) }];
    },
  };
}

/** By a series of terms of one sign, so that nothing cancels. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let [term, sum] = [x, x];
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
