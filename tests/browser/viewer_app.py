"""A page of one viewer: a model of 2 layers and 8 numbers a token, its weights thrown by dice.

Run by tests/browser/test_threejs_viewer.py with `streamlit run`.
"""

import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import streamlit as st
import torch

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from components.threejs_viewer import Side, last_answer, show_model  # noqa: E402
from lab.model.config import (  # noqa: E402
    ALiBiPositionsConfig,
    AttentionResidualConfig,
    DenseFFNConfig,
    GPTConfig,
    GroupedQueryAttentionConfig,
    LearnedPositionsConfig,
    MultiHeadAttentionConfig,
    RotaryPositionsConfig,
    SlidingWindowAttentionConfig,
)
from lab.model.gpt import GPT  # noqa: E402
from lab.model.trace import Edit  # noqa: E402
from lab.scene import build  # noqa: E402

CONFIG = GPTConfig(
    n_layer=2,
    d_model=8,
    position=LearnedPositionsConfig(16),
    attention=MultiHeadAttentionConfig(n_head=2, head_dim=4),
    ffn=DenseFFNConfig(d_ff=16),
)

KINDS: dict[str, dict[str, Any]] = {
    "plain": {},
    "alibi": {"position": ALiBiPositionsConfig()},
    "grouped": {"attention": GroupedQueryAttentionConfig(n_head=4, head_dim=4, n_kv_head=2)},
    "depth": {"residual": AttentionResidualConfig()},
    "sliding": {
        "position": RotaryPositionsConfig(base=100.0),
        "attention": SlidingWindowAttentionConfig(n_head=2, head_dim=4, window=3),
    },
}
"""What a visit asks for with `kind=...`."""


@st.cache_resource
def model(kind: str = "plain") -> GPT:
    made = GPT(replace(CONFIG, **KINDS[kind]))
    dice = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for p in made.parameters():
            p.copy_(torch.randn(p.shape, generator=dice) * (0.6 if p.ndim > 1 else 0.1))
            if p.ndim == 1:
                p.add_(1.0)
    made.register_forward_hook(lambda *_: counted().update(["forwards"]))
    return made.eval()


@st.cache_resource
def counted() -> Counter[str]:
    """How often the server did what takes its time."""
    return Counter()


def scene(
    text: str, edits: list[dict[str, Any]], kind: str = "plain"
) -> tuple[dict[str, Any], bytes, bytes]:
    made = build.scene(model(kind), text, run="dice", edits=[as_edit(edit) for edit in edits])
    return dict(made.manifest), made.weights, made.activations


def damaged(blob: bytes, how: str | None) -> bytes:
    """A blob cut off in its last tensor, or with NaN for the first ten numbers of its first."""
    if how == "short":
        return blob[:-41]
    return np.full(10, np.nan, np.float16).tobytes() + blob[20:] if how == "nan" else blob


def once_released(until: str | None, weights: bytes) -> bytes:
    """The weights of a visit with `late=FILE` stay on their way until that file is there. A script
    that is run again meanwhile waits for the same file."""
    while until and not Path(until).exists():
        time.sleep(0.05)
    return weights


def as_edit(edit: dict[str, Any]) -> Edit:
    def scaled(x: torch.Tensor) -> torch.Tensor:
        return x * edit["scale"]

    return Edit(edit["name"], scaled, edit["layer"], edit["index"])


def second(text: str) -> Side | None:
    """The same dice on another text; damaged where a word stands before it: `nan 7*9=63`."""
    damage, _, text = text.rpartition(" ")
    if not text:
        return None
    manifest, weights, activations = scene(text, [])
    if damage == "short":
        activations = activations[:-40]
    if damage == "nan":
        place = 2 * next(t["offset"] for t in manifest["tensors"] if t["name"] == "embed")
        activations = activations[:place] + b"\x00\x7e" + activations[place + 2 :]
    if damage == "strange":
        manifest["version"] = 99
    manifest["activations_digest"] += damage
    return Side(manifest, activations, lambda: weights)


def edits_in_force(key: str) -> list[dict[str, Any]]:
    """What was switched off in the viewer of that key, the last click among it."""
    edits: list[dict[str, Any]] = st.session_state.setdefault(f"{key} edits", [])
    answer = last_answer(key)
    if answer and answer.edit and answer.count > st.session_state.get(f"{key} done", 0):
        st.session_state[f"{key} done"] = answer.count
        edit = dict(answer.edit)
        kept = [e for e in edits if (e["name"], e["index"]) != (edit["name"], edit["index"])]
        edits = st.session_state[f"{key} edits"] = kept + ([edit] if edit["scale"] != 1 else [])
    return edits


def show(visit: str) -> None:
    """All that stands under keys of this visit: another one begins with nothing of it."""
    asked, key = dict(parse_qsl(visit)), f"viewer of {visit}"
    text = st.text_input("Prompt", "7*8=56", key=f"{key} prompt")
    edits = edits_in_force(key)
    manifest, weights, activations = scene(text, edits, asked.get("kind", "plain"))
    activations = damaged(activations, asked.get("damage"))
    lent = None if "bare" in asked else lambda: once_released(asked.get("late"), weights)
    beside = second(st.text_input("Beside", key=f"{key} beside"))
    show_model(manifest, activations, lent, key=key, edits=edits, beside=beside)
    st.write(f"answer: {last_answer(key)}, forwards so far: {counted()['forwards']}")


def app() -> None:
    """A viewer for each visit, `visit=3&kind=alibi`, mounted anew. At first there is none."""
    st.set_page_config(layout="wide")
    if visit := st.text_input("Visit"):
        show(visit)


if __name__ == "__main__":
    app()
