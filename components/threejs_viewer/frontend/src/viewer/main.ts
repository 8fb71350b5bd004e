// The adapter to Streamlit: takes the arguments, keeps the weights, hands back pins and edits.

import { Streamlit, type RenderData, type Theme } from "streamlit-component-lib/dist/streamlit";
import type { Edit, HeadCost, Neuron, Whole } from "./broken";
import { halvesOf, isManifest, type Manifest } from "./data";
import { borrowFonts } from "../shared/fonts";
import type { Handle } from "./handle";
import type { Numbers } from "./scenes";
import { Viewer, type Options } from "./viewer";

type Bytes = Uint8Array | null;

/** A scene as Python sends it: the second one under names that begin with `beside_`, since bytes
 * travel at the top of the arguments only. */
type Sent<Prefix extends string> = {
  [Name in `${Prefix}manifest`]: unknown;
} & {
  [Name in `${Prefix}weights` | `${Prefix}activations`]: Bytes;
} & {
  /** false: this run's weights are nowhere to be had, so they are not asked for. */
  [Name in `${Prefix}has_weights`]: boolean;
};

type Arguments = Sent<""> &
  Partial<Sent<"beside_">> & {
    edits: Edit[] | null;
    whole: Whole | null;
    ranking: HeadCost[] | null;
    neuron: Neuron | null;
    beside_title: string | null;
  };

interface Arrived {
  manifest: Manifest;
  weights: Bytes;
  activations: Bytes;
  hasWeights: boolean;
}

const query = new URLSearchParams(location.search);
const asked = (name: string): boolean => query.get(name) === "1" || parentAsks(name);
const known = new Map<string, Uint16Array>();
/** For tests and the stopwatch, which ask for it; it does not travel to a reader. */
let tools: typeof import("./handle") | null = null;
let handle: Handle | null = null;
let viewer: Viewer | null = null;
let shown = "";
/** Digests of weights that were asked for. */
const wanted = new Set<string>();
let count = 0;

/** `?test=1` may stand on the page around this frame. */
function parentAsks(name: string): boolean {
  try {
    return new URLSearchParams(window.parent.location.search).get(name) === "1";
  } catch {
    return false;
  }
}

/** `n` tells two equal answers in a row apart. What is still missing is asked for in every answer. */
function answer(value: Record<string, unknown>): void {
  const missing = [...wanted].filter((digest) => !known.has(digest));
  Streamlit.setComponentValue({ ...value, need_weights: missing, n: ++count });
}

function render(event: Event): void {
  const { args, theme } = (event as CustomEvent<RenderData<Arguments>>).detail as {
    args: Arguments;
    theme?: Theme;
  };
  const look: Options = {
    flat: asked("flat"),
    ...(theme ? { theme: theme as NonNullable<Options["theme"]> } : {}),
    ...(theme?.font ? { font: theme.font } : {}),
  };
  if (theme) document.body.style.background = theme.backgroundColor;
  if (!viewer) {
    const watch = tools && new tools.Clock();
    viewer = new Viewer(
      document.getElementById("root")!,
      {
        pin: (name, index) => answer({ pin: { name, index } }),
        edit: (edit) => answer({ edit }),
        mend: (edit) => answer({ mend: true, ...(edit ? { edit } : {}) }),
        rank: () => answer({ rank: true }),
        goOn: (prompt) => answer({ prompt }),
      },
      watch ? { ...look, watch } : look,
    );
    handle = tools && watch && new tools.Handle(viewer, watch);
    if (handle) Object.assign(window, { viewer3d: handle });
  }
  viewer.retheme(look.theme, look.font);
  fillWindow();
  load(viewer, args);
  fitFrame();
}

/** The picture is as high as the window allows, in which the page stands as it was opened. */
function fillWindow(): void {
  try {
    const frame = window.frameElement!;
    const page = frame.closest('[data-testid="stMain"]');
    const top = frame.getBoundingClientRect().top + (page?.scrollTop ?? 0);
    viewer?.fill(window.parent.innerHeight - top);
  } catch {
    // The page around is another's: the picture has the height of its style.
  }
}

/** Nothing stands in the frame while the viewer has the whole screen: the frame waits as it is. */
function fitFrame(): void {
  if (viewer && !document.fullscreenElement) Streamlit.setFrameHeight();
}

function load(to: Viewer, args: Arguments): void {
  const first = arrived(args, "");
  if (!first)
    return to.fail("there is nothing to show yet: no manifest came, or one of another version");
  const second = arrived(args, "beside_");
  const scenes = second ? [first, second] : [first];
  keepWeights(scenes);
  const edits = args.edits ?? [];
  const { whole, ranking, neuron } = args;
  const digest = JSON.stringify([
    scenes.map(({ manifest: m }) => [
      m.weights_digest,
      m.activations_digest,
      known.has(m.weights_digest),
    ]),
    args.beside_title,
    edits,
    whole?.given, // one text may be typed in part
  ]);
  // Only the theme or the width changed, or what is known of the heads.
  if (digest === shown) return to.judge(whole, ranking, neuron);
  shown = digest;
  to.update({
    ...numbersOf(first),
    edits,
    whole,
    ranking,
    neuron,
    notes: notesOn(args, scenes),
    beside: second && { ...numbersOf(second), title: args.beside_title ?? "" },
  });
  const settled = scenes.every((s) => !s.hasWeights || known.has(s.manifest.weights_digest));
  if (asked("bench") && settled) setTimeout(() => void handle?.tellTimes(), 500);
}

/** A scene among the arguments; null if none came or none that can be read. */
function arrived(args: Arguments, prefix: "" | "beside_"): Arrived | null {
  const manifest = args[`${prefix}manifest`];
  if (!isManifest(manifest)) return null;
  return {
    manifest,
    weights: args[`${prefix}weights`] ?? null,
    activations: args[`${prefix}activations`] ?? null,
    hasWeights: args[`${prefix}has_weights`] ?? false,
  };
}

/** Takes up the weights that came and asks, once each, for those that are lacking. */
function keepWeights(scenes: Arrived[]): void {
  const before = wanted.size;
  for (const { manifest, weights, hasWeights } of scenes) {
    if (weights) known.set(manifest.weights_digest, halvesOf(weights));
    else if (!known.has(manifest.weights_digest) && hasWeights) wanted.add(manifest.weights_digest);
  }
  if (wanted.size > before) answer({});
}

const numbersOf = ({ manifest, activations, hasWeights }: Arrived): Numbers => ({
  manifest,
  weights: known.get(manifest.weights_digest) ?? new Uint16Array(0),
  activations: halvesOf(activations),
  pending: hasWeights && !known.has(manifest.weights_digest),
});

function notesOn(args: Arguments, scenes: Arrived[]): string[] {
  const notes: string[] = [];
  if (scenes.some((s) => !s.hasWeights && !known.has(s.manifest.weights_digest)))
    notes.push("the weights of this run are not here: they are hatched, all else is real");
  if (args.beside_manifest && scenes.length < 2)
    notes.push("the second scene cannot be read, so the first stands alone");
  return notes;
}

async function start(): Promise<void> {
  if (asked("test") || asked("bench")) tools = await import("./handle");
  Streamlit.events.addEventListener(Streamlit.RENDER_EVENT, render);
  borrowFonts(() => viewer?.reletter());
  addEventListener("pagehide", () => viewer?.dispose());
  new ResizeObserver(fitFrame).observe(document.body);
  const tall = new AbortController();
  try {
    window.parent.addEventListener("resize", fillWindow, { signal: tall.signal });
  } catch {
    // as above
  }
  addEventListener("pagehide", () => tall.abort());
  Streamlit.setComponentReady();
}

void start();
