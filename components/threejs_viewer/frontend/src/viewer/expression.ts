// The small language of places: `h//2`, `h*64+i`, `expert[t,k]`, `t - 4 < s <= t`.
//
// Names stand for whole numbers. Division rounds down and a remainder has the sign of the divisor, as
// in Python; a comparison that holds is 1, else 0, and may be chained. NAME[...] reads a whole number
// out of a table.

export type Expression =
  | { kind: "number"; value: number }
  | { kind: "name"; name: string }
  | { kind: "read"; name: string; at: Expression[] }
  | { kind: "binary"; op: Arithmetic; left: Expression; right: Expression }
  | { kind: "compare"; first: Expression; rest: { op: Comparison; side: Expression }[] };

type Arithmetic = "+" | "-" | "*" | "//" | "%";
type Comparison = "<" | "<=" | ">" | ">=" | "==";

const ARITHMETIC: Record<Arithmetic, (a: number, b: number) => number> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "//": (a, b) => Math.floor(a / b),
  "%": (a, b) => a - b * Math.floor(a / b),
};

const COMPARISONS: Record<Comparison, (a: number, b: number) => boolean> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "==": (a, b) => a === b,
};

const TOKEN = /\s*([A-Za-z_]\w*(?:\.\w+)*|\d+|\/\/|<=|>=|==|[-+*%<>()[\],])/y;

/** A text that is no expression, or a rule that is none. */
export class Unreadable extends Error {}

const known = new Map<string, Expression>();

export function parse(text: string): Expression {
  const found = known.get(text) ?? new Parser(text).whole();
  known.set(text, found);
  return found;
}

function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const found = TOKEN.exec(text);
    if (!found) throw new Unreadable(`"${text}" is no expression of places`);
    tokens.push(found[1]!);
  }
  return tokens;
}

class Parser {
  private tokens: string[];
  private at = 0;

  constructor(private text: string) {
    this.tokens = tokensOf(text);
  }

  whole(): Expression {
    const found = this.compared();
    if (this.at < this.tokens.length) this.refuse();
    return found;
  }

  private refuse(): never {
    throw new Unreadable(`"${this.text}" is no expression of places`);
  }

  private takes(...wanted: string[]): string | null {
    const token = this.tokens[this.at];
    if (token === undefined || !wanted.includes(token)) return null;
    this.at++;
    return token;
  }

  private compared(): Expression {
    const first = this.sum();
    const rest: { op: Comparison; side: Expression }[] = [];
    for (let op; (op = this.takes(...Object.keys(COMPARISONS))); )
      rest.push({ op: op as Comparison, side: this.sum() });
    return rest.length ? { kind: "compare", first, rest } : first;
  }

  private sum(): Expression {
    let left = this.product();
    for (let op; (op = this.takes("+", "-")); )
      left = { kind: "binary", op: op as Arithmetic, left, right: this.product() };
    return left;
  }

  private product(): Expression {
    let left = this.signed();
    for (let op; (op = this.takes("*", "//", "%")); )
      left = { kind: "binary", op: op as Arithmetic, left, right: this.signed() };
    return left;
  }

  private signed(): Expression {
    if (!this.takes("-")) return this.single();
    return { kind: "binary", op: "-", left: { kind: "number", value: 0 }, right: this.signed() };
  }

  private single(): Expression {
    if (this.takes("(")) {
      const inside = this.compared();
      return this.takes(")") ? inside : this.refuse();
    }
    const token = this.tokens[this.at++] ?? this.refuse();
    if (/^\d/.test(token)) return { kind: "number", value: Number(token) };
    if (!/^[A-Za-z_]/.test(token)) this.refuse();
    if (!this.takes("[")) return { kind: "name", name: token };
    const at = [this.compared()];
    while (this.takes(",")) at.push(this.compared());
    return this.takes("]") ? { kind: "read", name: token, at } : this.refuse();
  }
}

function partsOf(e: Expression): Expression[] {
  if (e.kind === "read") return e.at;
  if (e.kind === "binary") return [e.left, e.right];
  return e.kind === "compare" ? [e.first, ...e.rest.map(({ side }) => side)] : [];
}

/** The places that an expression asks for, in the order in which they come. */
export function namesOf(e: Expression): string[] {
  return e.kind === "name" ? [e.name] : [...new Set(partsOf(e).flatMap(namesOf))];
}

/** The tables that an expression reads, and where. */
export function readsIn(e: Expression): { name: string; at: Expression[] }[] {
  const inside = partsOf(e).flatMap(readsIn);
  return e.kind === "read" ? [e, ...inside] : inside;
}

/** Whether equal steps of a name are equal steps of the expression. */
export function isEven(e: Expression, name: string): boolean {
  if (!namesOf(e).includes(name)) return true;
  if (e.kind === "name") return true;
  if (e.kind !== "binary" || e.op === "//" || e.op === "%") return false;
  const [left, right] = [e.left, e.right];
  if (e.op === "*" && [left, right].every((side) => namesOf(side).includes(name))) return false;
  return isEven(left, name) && isEven(right, name);
}

/** What stands in a table; `Log` is handed through. */
export type Look<Log> = (name: string) => (at: number[], log: Log) => number;
export type Compiled<Log> = (values: ArrayLike<number>, log: Log) => number;

/** An expression as a function of the values of `names`. Unreadable if it asks for another. */
export function compile<Log>(e: Expression, names: string[], look: Look<Log>): Compiled<Log> {
  const inside = (x: Expression): Compiled<Log> => compile(x, names, look);
  switch (e.kind) {
    case "number":
      return () => e.value;
    case "name": {
      const slot = names.indexOf(e.name);
      if (slot < 0) throw new Unreadable(`nothing is called ${e.name}`);
      return (values) => values[slot]!;
    }
    case "read": {
      const [read, at] = [look(e.name), e.at.map(inside)];
      return (values, log) =>
        read(
          at.map((x) => x(values, log)),
          log,
        );
    }
    case "binary": {
      const [f, left, right] = [ARITHMETIC[e.op], inside(e.left), inside(e.right)];
      return (values, log) => f(left(values, log), right(values, log));
    }
    case "compare": {
      const sides = [e.first, ...e.rest.map(({ side }) => side)].map(inside);
      const holds = e.rest.map(({ op }) => COMPARISONS[op]);
      return (values, log) => {
        const found = sides.map((side) => side(values, log));
        return Number(holds.every((f, i) => f(found[i]!, found[i + 1]!)));
      };
    }
  }
}

/** An expression in words: every name as `say` says it. */
export function told(text: string, say: (name: string) => string): string {
  const signs = { "<=": "≤", ">=": "≥", "==": "=", "-": "−", "*": "·" } as Record<string, string>;
  return text.replace(/[A-Za-z_]\w*(?:\.\w+)*(?=\[)|[A-Za-z_]\w*|<=|>=|==|[-*]/g, (token, at) =>
    /^[A-Za-z_]/.test(token) && text[(at as number) + token.length] !== "["
      ? say(token)
      : (signs[token] ?? token),
  );
}
