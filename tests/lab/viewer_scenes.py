"""Small scenes for the front end's own tests: every operation, and each cell as lab recomputes it.

`python tests/lab/viewer_scenes.py` writes them to test/viewer/scenes of the front end.
Rounded to float16 they are the same on every machine but for a last bit, which test_viewer_scenes
allows for.
"""

from __future__ import annotations

import base64
import json
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from tiny import BASE, SAMPLES, tiny_model  # noqa: E402

from lab.model.config import (  # noqa: E402
    AbsorbedLatentAttentionConfig,
    CrossLayerAttentionConfig,
    DenseFFNConfig,
    GPTConfig,
    GroupedQueryAttentionConfig,
    LatentAttentionConfig,
    LayerPattern,
    MixtureOfExpertsConfig,
    MultiHeadAttentionConfig,
    ParallelBlockConfig,
    PostNormBlockConfig,
    RotaryPositionsConfig,
    SlidingWindowAttentionConfig,
)
from lab.scene.build import scene  # noqa: E402
from lab.scene.manifest import Scene  # noqa: E402
from lab.scene.recompute import recompute_cell  # noqa: E402

FOLDER = ROOT / "components" / "threejs_viewer" / "frontend" / "test" / "viewer" / "scenes"
TEXT = "7*8="

# As in tiny.py, every size is another number: a swapped axis must not fit.
SMALL = replace(
    BASE,
    d_model=6,
    attention=MultiHeadAttentionConfig(n_head=2, head_dim=4),
    ffn=DenseFFNConfig(d_ff=10),
)
POSITIONS = SAMPLES["position"]
CROSS = LayerPattern(
    (
        GroupedQueryAttentionConfig(n_head=4, head_dim=4, n_kv_head=2),
        CrossLayerAttentionConfig(n_head=4, head_dim=4, n_kv_head=2),
    )
)
FIRST_DENSE = LayerPattern(
    (MixtureOfExpertsConfig(3, n_routed_experts=4, num_experts_per_tok=2),),
    first=(DenseFFNConfig(d_ff=10),),
)
CONFIGS: dict[str, GPTConfig] = {
    "learned-gelu": replace(SMALL, ffn=DenseFFNConfig(10, "gelu")),
    "parallel-relu2": replace(SMALL, block=ParallelBlockConfig()),
    "post_norm-relu2": replace(SMALL, block=PostNormBlockConfig()),
    "none-relu2": replace(SMALL, position=POSITIONS["none"]),
    "interleaved-relu2": replace(SMALL, position=RotaryPositionsConfig(100.0, "interleaved")),
    "yarn-relu2": replace(SMALL, position=POSITIONS["yarn"]),
    "interpolated-relu2": replace(SMALL, position=POSITIONS["interpolated"]),
    "coupled-relu2": replace(SMALL, position=POSITIONS["coupled"]),
    "clipped-relu2": replace(SMALL, position=replace(POSITIONS["clipped"], farthest=1)),
    "alibi-relu2": replace(SMALL, position=POSITIONS["alibi"]),
    "grouped-gelu": replace(
        SMALL,
        position=POSITIONS["rotary"],
        attention=GroupedQueryAttentionConfig(n_head=4, head_dim=4, n_kv_head=2, qk_norm=True),
        ffn=DenseFFNConfig(10, "gelu"),
    ),
    "clipped_coupled-swiglu": replace(
        SMALL,
        position=replace(POSITIONS["clipped_coupled"], farthest_place=1),
        ffn=DenseFFNConfig(10, "swiglu"),
    ),
    "sliding-relu2": replace(
        SMALL,
        position=POSITIONS["rotary"],
        attention=SlidingWindowAttentionConfig(n_head=2, head_dim=4, window=2),
    ),
    "cross-relu2": replace(SMALL, position=POSITIONS["rotary"], attention=CROSS, n_layer=3),
    "first_dense-experts": replace(SMALL, n_layer=3, ffn=FIRST_DENSE),
    "alternating-relu2": replace(
        SMALL,
        n_layer=4,
        position=POSITIONS["rotary"],
        attention=LayerPattern(
            (SlidingWindowAttentionConfig(n_head=2, head_dim=4, window=2), SMALL.attention)
        ),
    ),
    "latent-experts": replace(
        SMALL,
        position=POSITIONS["rotary"],
        attention=LatentAttentionConfig(2, 5, 3, 4, 2, 4),
        ffn=MixtureOfExpertsConfig(3, n_routed_experts=4, num_experts_per_tok=2),
    ),
    "absorbed-gated_experts": replace(
        SMALL,
        position=replace(POSITIONS["clipped_coupled"], farthest_place=1),
        attention=AbsorbedLatentAttentionConfig(2, 5, 3, 4, 4, 4),
        ffn=MixtureOfExpertsConfig(
            moe_intermediate_size=3,
            n_routed_experts=4,
            num_experts_per_tok=2,
            n_shared_experts=0,
            routed_scaling_factor=2.5,
            activation="swiglu",
        ),
    ),
    "depth-relu2": replace(SMALL, residual=SAMPLES["residual"]["depth"]),
    "block_depth-relu2": replace(
        SMALL, n_layer=3, residual=replace(SAMPLES["residual"]["block_depth"], block_size=2)
    ),
    "rotary-qk_norm-swiglu": replace(
        SMALL,
        position=POSITIONS["rotary"],
        attention=replace(SMALL.attention, qk_norm=True),
        ffn=DenseFFNConfig(10, "swiglu"),
    ),
}


def scene_of(name: str) -> Scene:
    return scene(tiny_model(CONFIGS[name]), TEXT, run=name)


def recomputed(s: Scene) -> np.ndarray:
    """Every cell of every activation as Python computes it again, in the order of the blob."""
    return np.array(
        [
            recompute_cell(s.manifest, s.blobs, entry["name"], place)
            for entry in s.manifest["tensors"]
            if entry["kind"] == "activation"
            for place in product(*map(range, entry["shape"]))
        ]
    )


def exported(name: str) -> dict[str, Any]:
    """A scene as JSON. The lines of the source are left out: they move with every edit of lab."""
    s = scene_of(name)
    tensors = [{k: v for k, v in e.items() if k != "source"} for e in s.manifest["tensors"]]
    digests = {"weights_digest": f"{name} weights", "activations_digest": f"{name} activations"}
    return {
        "manifest": {**s.manifest, **digests, "tensors": tensors},
        "weights": base64.b64encode(s.weights).decode(),
        "activations": base64.b64encode(s.activations).decode(),
        "recomputed": base64.b64encode(recomputed(s).astype("<f8").tobytes()).decode(),
    }


def path_of(name: str) -> Path:
    return FOLDER / f"{name}.json"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in CONFIGS:
        path_of(name).write_text(json.dumps(exported(name)) + "\n")
