import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Comments and indentation of shaders, styles and captions need not travel. */
const squeezed: Plugin = {
  name: "squeezed",
  apply: "build",
  enforce: "pre",
  transform(code, id) {
    if (!/src\/viewer\/(shaders|style|captions|summaries)\.ts$/.test(id)) return null;
    return {
      code: code
        .replace(/[ \t]*\/\/[^\n]*$/gm, "")
        .replace(/^[ \t]+/gm, "")
        .replace(/\n{2,}/g, "\n"),
      map: null,
    };
  },
};

/** This viewer brings its own two shaders, so three's hundred snippets stay at home. */
const noChunks: Plugin = {
  name: "no-chunks",
  apply: "build",
  enforce: "pre",
  load(id) {
    return /three\/src\/renderers\/shaders\/ShaderChunk\.js$/.test(id)
      ? "export const ShaderChunk = {};"
      : null;
  },
};

export default defineConfig(({ command }) => ({
  base: "./",
  plugins: [squeezed, noChunks],
  resolve: {
    alias: [
      // streamlit-component-lib brings Apache Arrow along for data frames; this component sends none.
      { find: "apache-arrow", replacement: here("./src/viewer/no-arrow.ts") },
      // From its sources, so that what is not used is left out.
      ...(command === "build"
        ? [{ find: /^three$/, replacement: here("./node_modules/three/src/Three.js") }]
        : []),
    ],
  },
  build: { outDir: "dist", target: "es2022", sourcemap: false, chunkSizeWarningLimit: 700 },
}));
