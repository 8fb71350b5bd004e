// @vitest-environment happy-dom
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { cases, opened } from "./cases";

const DIST = "dist/drawings";
const modules = import.meta.glob<Record<string, never>>("../../dist/drawings/*.js", {
  eager: true,
});
const sources = import.meta.glob<{ default: never }>("../../src/drawings/*.ts", { eager: true });

const names = Object.keys(sources).map((path) => /([a-z]+)\.ts/.exec(path)![1]);

const text = (name: string): string => readFileSync(`${DIST}/${name}.js`, "utf-8");

test("every drawing is built into one script and one style sheet, and nothing else is", () => {
  const files = names.flatMap((name) => [`${name}.css`, `${name}.js`]);
  expect(readdirSync(DIST).sort()).toEqual(files.sort());
});

test.each(names)("%s holds one default export, and all that it needs", (name) => {
  expect(Object.keys(modules[`../../dist/drawings/${name}.js`])).toEqual(["default"]);
  expect(text(name).match(/\bexport\b/g)).toEqual(["export"]);
  expect(text(name)).not.toMatch(/\bimport\b|\brequire\b|sourceMappingURL/);
});

test.each(names)("%s as built draws what its source draws", (name) => {
  const one = cases[name as keyof typeof cases];
  const drawn = [
    modules[`../../dist/drawings/${name}.js`],
    sources[`../../src/drawings/${name}.ts`],
  ].map((module) => opened(module.default, one as never).root.innerHTML);
  expect(drawn[0].length).toBeGreaterThanOrEqual(one.html.length);
  expect(drawn[0]).toBe(drawn[1]);
});
