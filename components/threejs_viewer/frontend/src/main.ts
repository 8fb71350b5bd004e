// The adapter to Streamlit: takes the arguments, keeps the weights, hands back pins and edits.

import { Streamlit, type RenderData, type Theme } from "streamlit-component-lib/dist/streamlit";
import { halvesOf, isManifest } from "./data";
import { borrowFonts } from "./fonts";
import { TestedViewer } from "./handle";
import type { Options } from "./viewer";
import type { Edit } from "./panel";

interface Arguments {
  manifest?: unknown;
  weights?: Uint8Array | null;
  activations?: Uint8Array | null;
  edits?: Edit[] | null;
  /** false: this run's weights are nowhere to be had, so they are not asked for. */
  has_weights?: boolean;
}

const query = new URLSearchParams(location.search);
const asked = (name: string): boolean => query.get(name) === "1" || parentAsks(name);
const known = new Map<string, Uint16Array>();
let viewer: TestedViewer | null = null;
let shown = "";
let wanted = "";
let count = 0;

/** `?bench=1` may stand on the page around this frame. */
function parentAsks(name: string): boolean {
  try {
    return new URLSearchParams(window.parent.location.search).get(name) === "1";
  } catch {
    return false;
  }
}

/** `n` tells two equal answers in a row apart. What is still missing is asked for in every answer. */
function answer(value: Record<string, unknown>): void {
  const missing = wanted && !known.has(wanted) ? { need_weights: wanted } : {};
  Streamlit.setComponentValue({ ...value, ...missing, n: ++count });
}

function render(event: Event): void {
  const { args, theme } = (event as CustomEvent<RenderData<Arguments>>).detail as {
    args: Arguments;
    theme?: Theme;
  };
  const look: Options = {
    flat: asked("flat"),
    bench: asked("bench"),
    ...(theme ? { theme: theme as NonNullable<Options["theme"]> } : {}),
    ...(theme?.font ? { font: theme.font } : {}),
  };
  if (theme) document.body.style.background = theme.backgroundColor;
  if (!viewer) {
    viewer = new TestedViewer(
      document.getElementById("root")!,
      {
        pin: (name, index) => answer({ pin: { name, index } }),
        edit: (edit) => answer({ edit }),
      },
      look,
    );
    (window as unknown as { viewer3d: TestedViewer }).viewer3d = viewer;
  }
  viewer.retheme(look.theme, look.font);
  load(viewer, args);
  Streamlit.setFrameHeight();
}

function load(to: TestedViewer, args: Arguments): void {
  const { manifest } = args;
  if (!isManifest(manifest))
    return to.fail("there is nothing to show yet: no manifest came, or one of another version");
  if (args.weights) known.set(manifest.weights_digest, halvesOf(args.weights));
  const weights = known.get(manifest.weights_digest);
  if (!weights && args.has_weights !== false && wanted !== manifest.weights_digest) {
    wanted = manifest.weights_digest;
    answer({});
  }
  const edits = args.edits ?? [];
  const digest = JSON.stringify([
    manifest.weights_digest,
    manifest.activations_digest,
    !!weights,
    edits,
  ]);
  if (digest === shown) return; // only the theme or the width changed
  shown = digest;
  to.update({
    manifest,
    weights: weights ?? new Uint16Array(0),
    activations: halvesOf(args.activations ?? null),
    edits,
    note:
      args.has_weights === false && !weights
        ? "the weights of this run are not here: they are hatched, all else is real"
        : null,
  });
  const settled = !!weights || args.has_weights === false;
  if (asked("bench") && settled)
    setTimeout(async () => {
      const times = await to.bench();
      console.info("bench", JSON.stringify({ ...to.clock.report(), ...times }));
    }, 500);
}

Streamlit.events.addEventListener(Streamlit.RENDER_EVENT, render);
borrowFonts(() => viewer?.reletter());
addEventListener("pagehide", () => viewer?.dispose());
new ResizeObserver(() => viewer && Streamlit.setFrameHeight()).observe(document.body);
Streamlit.setComponentReady();
