import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Comments and indentation of shaders, styles and captions need not travel. */
const squeezed: Plugin = {
  name: "squeezed",
  apply: "build",
  enforce: "pre",
  transform(code, id) {
    if (!/src\/viewer\/(shaders|style|script)\.ts$/.test(id)) return null;
    const short = code
      .replace(/[ \t]*\/\/[^\n]*$/gm, "")
      .replace(/^[ \t]+/gm, "")
      .replace(/\n{2,}/g, "\n");
    return {
      code: id.endsWith("style.ts") ? short.replace(/([:;,{}]) +/g, "$1") : short,
      map: null,
    };
  },
};

/** What three's renderer makes for every scene and this viewer, with two shaders of its own and no
 * lights, never asks anything of: by file, what stands there instead. */
const UNUSED: Record<string, string> = {
  "shaders/ShaderChunk": "export const ShaderChunk = {};",
  "shaders/DFGLUTData": "export const getDFGLUT = () => null;",
  "webgl/WebGLEnvironments":
    "export const WebGLEnvironments = function () { this.get = t => t; this.dispose = () => {}; };",
  "webgl/WebGLMaterials":
    "export const WebGLMaterials = function () { this.refreshMaterialUniforms = (_, m) => { m.uniformsNeedUpdate = false; }; };",
  "webgl/WebGLMorphtargets": "export const WebGLMorphtargets = function () {};",
  "webgl/WebGLOutput": "export const WebGLOutput = function () {};",
  "webgl/WebGLShadowMap": "export const WebGLShadowMap = function () { this.render = () => {}; };",
  "webxr/WebXRManager":
    "const no = () => {}; export const WebXRManager = function () { Object.assign(this, { enabled: false, isPresenting: false, addEventListener: no, removeEventListener: no, setAnimationLoop: no, getEnvironmentBlendMode: no, dispose: no }); };",
};

const leftOut: Plugin = {
  name: "left-out",
  apply: "build",
  enforce: "pre",
  load(id) {
    const file = /three\/src\/renderers\/(.*)\.js$/.exec(id)?.[1];
    return (file && UNUSED[file]) ?? null;
  },
};

export default defineConfig(({ command }) => ({
  base: "./",
  plugins: [squeezed, leftOut],
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
