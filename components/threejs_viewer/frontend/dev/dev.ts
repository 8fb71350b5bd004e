// `npm run dev`, then /dev/?size=big&prompt=7*8=56&theme=dark&flat=1: the viewer without Streamlit.

import { halvesOf } from "../src/data";
import { TestedViewer } from "../src/handle";
import type { Edit } from "../src/panel";
import { BIG, SMALL, fake } from "./fake";

const query = new URLSearchParams(location.search);
const dark = query.get("theme") === "dark" || matchMedia("(prefers-color-scheme: dark)").matches;
document.body.style.background = dark ? "#151412" : "#fbf8f1";
const log: unknown[] = [];
let edits: Edit[] = [];
const viewer = new TestedViewer(
  document.getElementById("root")!,
  {
    pin: (name, index) => log.push({ pin: { name, index } }),
    edit: (edit) => {
      log.push({ edit });
      edits = [...edits.filter((e) => e.name !== edit.name), edit];
      show(query.get("prompt") ?? "7*8=56");
    },
  },
  { theme: { base: dark ? "dark" : "light" }, flat: query.get("flat") === "1" },
);

function show(prompt: string, damage: "none" | "nan" | "short" | "no weights" = "none"): number {
  const payload = fake(
    prompt,
    query.get("size") === "big"
      ? BIG
      : query.get("size") === "middle"
        ? { layers: 3, d: 48, heads: 4, ff: 192 }
        : SMALL,
  );
  const activations = halvesOf(payload.activations).slice(0, damage === "short" ? -40 : undefined);
  if (damage === "nan") activations.fill(0x7e00, 20, 40);
  const start = performance.now();
  viewer.update({
    manifest: payload.manifest,
    weights: damage === "no weights" ? new Uint16Array(0) : halvesOf(payload.weights),
    activations,
    edits,
  });
  viewer.draw();
  return performance.now() - start;
}

const first = show(
  query.get("prompt") ?? "7*8=56",
  (query.get("damage") as "nan" | null) ?? "none",
);
Object.assign(window, { viewer3d: viewer, log, show, first });
