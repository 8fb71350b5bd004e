import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

// streamlit-component-lib brings Apache Arrow along for data frames; this component sends none.
const stub = fileURLToPath(new URL("./src/no-arrow.ts", import.meta.url));

export default defineConfig({
  base: "./",
  resolve: { alias: { "apache-arrow": stub } },
  build: { outDir: "dist", target: "es2022", sourcemap: false, chunkSizeWarningLimit: 900 },
});
