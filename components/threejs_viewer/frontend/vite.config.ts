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

/** What three's renderer asks of parts that this viewer never uses: it brings its own shaders, casts no
 * shadow maps, has no surroundings and no headset. */
const UNUSED: [RegExp, string][] = [
  [/renderers\/shaders\/ShaderChunk\.js$/, "export const ShaderChunk = {};"],
  [/renderers\/webgl\/WebGLShadowMap\.js$/, "export class WebGLShadowMap { render() {} }"],
  [/extras\/PMREMGenerator\.js$/, "export class PMREMGenerator {}"],
  [
    /renderers\/webxr\/WebXRManager\.js$/,
    `export class WebXRManager {
      enabled = false;
      isPresenting = false;
      addEventListener() {}
      removeEventListener() {}
      setAnimationLoop() {}
      getEnvironmentBlendMode() {}
      dispose() {}
    }`,
  ],
];

const withoutUnused: Plugin = {
  name: "without-unused",
  apply: "build",
  enforce: "pre",
  load: (id) => UNUSED.find(([file]) => file.test(id))?.[1] ?? null,
};

export default defineConfig(({ command }) => ({
  base: "./",
  plugins: [squeezed, withoutUnused],
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
