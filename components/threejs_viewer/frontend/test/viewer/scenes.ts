// Scenes of tiny models with RoPE, norms of queries and keys, SwiGLU and GELU, as Python exports
// them (tests/lab/viewer_scenes.py), and every cell as Python computes it again.

import { halvesOf, openScene, type Manifest, type Scene } from "../../src/viewer/data";

interface Exported {
  manifest: Manifest;
  weights: string;
  activations: string;
  recomputed: string;
}

const files = import.meta.glob<Exported>(["./scenes/*.json", "!./scenes/*.numpy.json"], {
  eager: true,
  import: "default",
});

const bytes = (text: string): Uint8Array => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

export interface FromPython {
  name: string;
  scene: Scene;
  /** Every cell of every activation, in the order of the blob. */
  recomputed: Float64Array;
}

export const fromPython: FromPython[] = Object.values(files).map((file) => ({
  name: file.manifest.run,
  scene: openScene(file.manifest, {
    weight: halvesOf(bytes(file.weights)),
    activation: halvesOf(bytes(file.activations)),
  }),
  recomputed: new Float64Array(bytes(file.recomputed).buffer),
}));
