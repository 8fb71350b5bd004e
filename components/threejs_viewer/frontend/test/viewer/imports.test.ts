import { expect, test } from "vitest";

// Which file of the front end imports which; types count, since a reader follows them as well.

const sources = import.meta.glob<string>("../../src/**/*.ts", {
  query: "?raw",
  import: "default",
  eager: true,
});

const IMPORT = /\b(?:from|import)\s+"(\.[./]*[\w/-]+)"/g;
const LATER = /\bimport\("(\.[./]*[\w/-]+)"\)/g;

function found(file: string, how: RegExp): string[] {
  return [...sources[file]!.matchAll(how)].map(
    ([, path]) => new URL(path! + ".ts", new URL(file, "file:///a/b/c/d/")).pathname,
  );
}

const pathOf = (file: string): string => new URL(file, "file:///a/b/c/d/").pathname;
const graph = (...how: RegExp[]): Map<string, string[]> =>
  new Map(
    Object.keys(sources).map((file) => [pathOf(file), how.flatMap((one) => found(file, one))]),
  );

/** All that a file brings along, itself among them. */
function reached(from: string, imports: Map<string, string[]>): Set<string> {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const next of imports.get(file) ?? []) visit(next);
  };
  visit(from);
  return seen;
}

const named = (name: string): string => pathOf(`../../src/viewer/${name}.ts`);

test("every import leads to a file that is there", () => {
  const all = graph(IMPORT, LATER);
  expect(all.size).toBeGreaterThan(20);
  for (const [file, imports] of all)
    for (const one of imports) expect(all.has(one), `${file} imports ${one}`).toBe(true);
});

test("no file imports itself by way of others", () => {
  const all = graph(IMPORT, LATER);
  for (const [file, imports] of all)
    for (const one of imports)
      expect(reached(one, all).has(file), `${file} imports ${one}, which leads back`).toBe(false);
});

test("the state of the reader knows no page, no picture and no clock", () => {
  const text = new Map(Object.entries(sources).map(([file, code]) => [pathOf(file), code]));
  for (const file of reached(named("state"), graph(IMPORT)))
    expect(text.get(file), file).not.toMatch(
      /from "three|shared\/dom|\b(document|window|performance|setTimeout)\b[.(]/,
    );
});

test("what tests and the stopwatch need is imported by main only later, and by no other", () => {
  const users = [...graph(/\bimport (?!type)[^;]*?from "(\.[./]*[\w/-]+)"/g)]
    .filter(([, imports]) => imports.some((f) => f === named("handle") || f === named("bench")))
    .map(([file]) => file);
  expect(users).toEqual([named("handle")]);
});
