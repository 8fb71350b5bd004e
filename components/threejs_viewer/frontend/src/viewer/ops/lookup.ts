// out[t, d] = table[rows[t], d]

import type { Scene } from "../data";
import { Unreadable } from "../expression";
import type { Rule } from "../rules";
import { bracket } from "../text";
import { named } from "../leaves";
import { isFlat, type Made, type Values } from "../values";

export function lookup(rule: Rule, [table]: (Values | null)[], scene: Scene): Made {
  if (!table || !isFlat(table) || table.shape.length !== 2 || !rule.rows)
    throw new Unreadable("a lookup needs a table and its rows");
  const rows = named(scene, rule.rows);
  const rowAt = (t: number): number => rows.at([t]);
  const { tensor } = table;
  /** A token by its name; whatever else by its axis. */
  const why = (row: number): string =>
    tensor?.axes[0] === "vocab"
      ? `token "${scene.manifest.vocabulary[row]}"`
      : `${tensor?.axes[0] ?? rule.rows} ${row}`;
  return {
    shape: [rows.shape[0]!, table.shape[1]!],
    formed: table.formed,
    at: ([t, d], reads) => table.at([rowAt(t!), d!], reads),
    make([t, d], reads) {
      const row = rowAt(t!);
      const name = tensor?.name ?? table.symbol([]);
      return {
        value: table.at([row, d!], reads),
        working: `${why(row)} is column ${row}: ${name}${bracket([row, d!])}`,
        terms: [],
      };
    },
    symbol: ([t, ...rest]) =>
      typeof t === "number" ? table.symbol([rowAt(t), ...rest]) : table.symbol([null, ...rest]),
    line([t, d]) {
      if (typeof t === "number") return table.line([rowAt(t), d ?? null]);
      return `${table.line([])}[${rows.line([null])}${d === null ? "" : `, ${d}`}]`;
    },
    followed: [], // home
    undo: () => [],
  };
}
