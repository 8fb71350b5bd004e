// `npm run dev`, then /dev/?size=big&prompt=7*8=56&theme=dark&flat=1: the viewer without Streamlit.

import { themeOf } from "../src/shared/theme";
import type { Edit } from "../src/viewer/broken";
import { halvesOf } from "../src/viewer/data";
import { Clock, Handle } from "../src/viewer/handle";
import type { Numbers } from "../src/viewer/scenes";
import { Viewer } from "../src/viewer/viewer";
import { BIG, SMALL, fake, type Payload as Made, type Sizes } from "./fake";

const query = new URLSearchParams(location.search);
const dark = query.get("theme") === "dark" || matchMedia("(prefers-color-scheme: dark)").matches;
const theme = { base: dark ? "dark" : "light" };
document.body.style.background = themeOf(theme).background;
const log: unknown[] = [];
let edits: Edit[] = [];
const watch = new Clock();
const viewer = new Viewer(
  document.getElementById("root")!,
  {
    pin: (name, index) => log.push({ pin: { name, index } }),
    edit: (edit) => {
      log.push({ edit });
      edits = [...edits.filter((e) => e.name !== edit.name), edit];
      show(query.get("prompt") ?? "7*8=56");
    },
    mend: (edit) => {
      log.push({ mend: edit });
      edits = edit ? [edit] : [];
      show(query.get("prompt") ?? "7*8=56");
    },
    rank: () => log.push({ rank: true }),
    goOn: (prompt) => show(prompt),
  },
  { theme, flat: query.get("flat") === "1", watch },
);

function sizes(): Sizes {
  if (query.get("size") === "big") return BIG;
  return query.get("size") === "middle" ? { layers: 3, d: 48, heads: 4, ff: 192 } : SMALL;
}

/** One array a digest, as the adapter keeps them. */
const kept = new Map<string, Uint16Array>();
function weightsOf({ manifest, weights }: Made): Uint16Array {
  const digest = manifest.weights_digest;
  if (!kept.has(digest)) kept.set(digest, halvesOf(weights));
  return kept.get(digest)!;
}

/** `&beside=7*9=63` is a second text; with `&seed=8` it is read by other weights. */
function beside(): (Numbers & { title: string }) | null {
  const text = query.get("beside");
  if (!text) return null;
  const made = fake(text, { ...sizes(), seed: Number(query.get("seed") ?? 7) });
  const activations = halvesOf(made.activations);
  return { manifest: made.manifest, weights: weightsOf(made), activations, title: "" };
}

function show(prompt: string, damage: "none" | "nan" | "short" | "no weights" = "none"): number {
  const payload = fake(prompt, sizes());
  const activations = halvesOf(payload.activations).slice(0, damage === "short" ? -40 : undefined);
  if (damage === "nan") activations.fill(0x7e00, 20, 40);
  const start = performance.now();
  viewer.update({
    manifest: payload.manifest,
    weights: damage === "no weights" ? new Uint16Array(0) : weightsOf(payload),
    activations,
    edits,
    beside: beside(),
  });
  viewer.draw();
  return performance.now() - start;
}

const first = show(
  query.get("prompt") ?? "7*8=56",
  (query.get("damage") as "nan" | null) ?? "none",
);
Object.assign(window, { viewer3d: new Handle(viewer, watch), log, show, first });
