// Builds dist: the viewer as vite.config.ts says, then each drawing of src/drawings by itself.
// A drawing's script stands in the page, where it can import nothing: so it is one ES module that
// holds what it shares with others. Python finds it by its name (components/ui/drawings/drawing.py).

import { readdirSync } from "node:fs";
import { build } from "vite";

const DRAWINGS = "src/drawings";

await build();
for (const file of readdirSync(DRAWINGS).filter((name) => name.endsWith(".ts")))
  await build({
    configFile: false,
    logLevel: "warn",
    build: {
      outDir: "dist/drawings",
      emptyOutDir: false,
      target: "es2022",
      rolldownOptions: {
        input: `${DRAWINGS}/${file}`,
        preserveEntrySignatures: "strict", // or the default export is left out
        output: { entryFileNames: "[name].js", assetFileNames: "[name][extname]" },
      },
    },
  });
