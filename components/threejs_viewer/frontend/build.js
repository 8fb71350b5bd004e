// Builds dist: the viewer as vite.config.ts says, then each drawing of src/drawings by itself.
// A drawing's script stands in the page, where it can import nothing: so it is one ES module that
// holds what it shares with others. Python finds it by its name (components/ui/drawings/drawing.py).
// With --check it builds elsewhere and says in which files dist is another.

import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";

const DIST = "dist";
const CHECK = process.argv.includes("--check");
const OUT = CHECK ? mkdtempSync(join(tmpdir(), "built-")) : DIST;
const DRAWINGS = "src/drawings";

await build({ build: { outDir: OUT, emptyOutDir: true } });
for (const file of readdirSync(DRAWINGS).filter((name) => name.endsWith(".ts")))
  await build({
    configFile: false,
    logLevel: "warn",
    build: {
      outDir: `${OUT}/drawings`,
      emptyOutDir: false,
      target: "es2022",
      rolldownOptions: {
        input: `${DRAWINGS}/${file}`,
        preserveEntrySignatures: "strict", // or the default export is left out
        output: { entryFileNames: "[name].js", assetFileNames: "[name][extname]" },
      },
    },
  });

if (CHECK) {
  const names = new Set([...files(OUT), ...files(DIST)]);
  const differ = [...names].filter((name) => text(OUT, name) !== text(DIST, name));
  rmSync(OUT, { recursive: true });
  if (differ.length)
    throw new Error(`dist is not what the sources build, see ${differ.join(", ")}: npm run build`);
}

function files(folder) {
  const all = readdirSync(folder, { recursive: true });
  return all.filter((name) => statSync(join(folder, name)).isFile());
}

function text(folder, name) {
  try {
    return readFileSync(join(folder, name), "utf-8").replaceAll("\r\n", "\n");
  } catch {
    return null;
  }
}
