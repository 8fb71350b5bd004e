"""A page of one viewer: a model of 2 layers and 8 numbers a token, its weights thrown by dice.

Run by tests/browser/test_threejs_viewer.py with `streamlit run`. The manifest is written out here
by hand, so that the viewer is tested against its contract and not against what makes it.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
import torch

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from components.threejs_viewer import Side, last_answer, show_model  # noqa: E402
from lab.data.vocabulary import VOCABULARY  # noqa: E402
from lab.model.config import DenseFFN, GPTConfig, LearnedPositions, MultiHeadAttention  # noqa: E402
from lab.model.gpt import GPT  # noqa: E402
from lab.model.trace import ACTIVATIONS, Edit, Trace  # noqa: E402

CONFIG = GPTConfig(
    n_layer=2,
    d_model=8,
    position=LearnedPositions(16),
    attention=MultiHeadAttention(n_head=2, head_dim=4),
    ffn=DenseFFN(d_ff=16),
)

HOW: dict[str, tuple[str, tuple[str, ...]]] = {
    "attn_norm": ("norm", ("resid_pre", "attn_norm.gain")),
    "q": ("split_matmul", ("attn_norm", "attention.wq.weight")),
    "k": ("split_matmul", ("attn_norm", "attention.wk.weight")),
    "v": ("split_matmul", ("attn_norm", "attention.wv.weight")),
    "scores": ("scores", ("q", "k")),
    "pattern": ("softmax", ("scores",)),
    "z": ("weighted_sum", ("pattern", "v")),
    "attn_out": ("matmul", ("z", "attention.wo.weight")),
    "resid_mid": ("add", ("resid_pre", "attn_out")),
    "ffn_norm": ("norm", ("resid_mid", "ffn_norm.gain")),
    "ffn_pre": ("matmul", ("ffn_norm", "ffn.w_in.weight")),
    "ffn_post": ("activation", ("ffn_pre",)),
    "ffn_out": ("matmul", ("ffn_post", "ffn.w_out.weight")),
    "resid_post": ("add", ("resid_mid", "ffn_out")),
}


@st.cache_resource
def model() -> GPT:
    made = GPT(CONFIG)
    dice = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for p in made.parameters():
            p.copy_(torch.randn(p.shape, generator=dice) * (0.6 if p.ndim > 1 else 0.1))
            if p.ndim == 1:
                p.add_(1.0)
    return made.eval()


class Blob:
    """Numbers one after the other, and where each tensor begins."""

    def __init__(self, kind: str) -> None:
        self.kind, self.parts, self.end, self.entries = kind, [], 0, []

    def add(self, name: str, axes: list[str], value: torch.Tensor, **rest: Any) -> None:
        layer = int(name.split(".")[1]) if name.startswith("blocks.") else None
        entry = {"name": name, "kind": self.kind, "axes": axes, "shape": list(value.shape)}
        entry |= {"offset": self.end, "scale": 1.0, "layer": layer, "formula": ""}
        self.entries.append(entry | rest)
        self.parts.append(value.detach().numpy().astype(np.float16).ravel())
        self.end += value.numel()

    @property
    def bytes(self) -> bytes:
        return np.concatenate(self.parts).tobytes()


def scene(text: str, edits: list[dict[str, Any]]) -> tuple[dict[str, Any], bytes, bytes]:
    weights, activations = Blob("weight"), Blob("activation")
    for name, p in model().named_parameters():
        weights.add(name, ["out", "in"][-p.ndim :], p)
    names = [n for n in ACTIVATIONS if not n.startswith("rot_") and n in model().emits]
    trace = Trace(names, [as_edit(edit) for edit in edits])
    with torch.inference_mode():
        model()(torch.tensor([[VOCABULARY.index(c) for c in text]]), trace=trace)
    inputs: dict[str, tuple[str, list[str]]] = {
        "embed": ("lookup", ["embed.weight"]),
        "pos_embed": ("lookup", ["position.table.weight"]),
    }
    order = ["embed", "pos_embed"]
    for layer in range(CONFIG.n_layer):
        at = f"blocks.{layer}."
        before = ["embed", "pos_embed"] if layer == 0 else [f"blocks.{layer - 1}.resid_post"]
        inputs[at + "resid_pre"] = ("add", before)
        order.append(at + "resid_pre")
        for name, (op, parts) in HOW.items():
            inputs[at + name] = (op, [at + part for part in parts])
            order.append(at + name)
    inputs["final_norm"] = ("norm", [order[-1], "final_norm.gain"])
    inputs["logits"] = ("logits", ["final_norm", "unembed.weight"])
    for name in [*order, "final_norm", "logits"]:
        op, parts = inputs[name]
        axes = list(ACTIVATIONS[name.rpartition(".")[2]].axes)
        activations.add(name, axes, trace[name], op=op, inputs=parts)
    probs = trace["logits"].softmax(-1)
    activations.add("probs", ["batch", "position", "vocab"], probs, op="softmax", inputs=["logits"])
    manifest = {"version": 1, "run": "dice", "vocabulary": VOCABULARY, "tokens": list(text)}
    manifest |= {"config": CONFIG.to_dict(), "weights_digest": "dice-3"}
    manifest |= {"activations_digest": f"{text} {edits}"}
    manifest["edited"] = [f"blocks.{edit['layer']}.{edit['name']}" for edit in edits]
    manifest["tensors"] = weights.entries + activations.entries
    return manifest, weights.bytes, activations.bytes


def damaged(blob: bytes, how: str | None) -> bytes:
    """A blob cut off in its last tensor, or with NaN for the first ten numbers of its first."""
    if how == "short":
        return blob[:-41]
    return np.full(10, np.nan, np.float16).tobytes() + blob[20:] if how == "nan" else blob


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


def app() -> None:
    st.set_page_config(layout="wide")
    text = st.text_input("Prompt", "7*8=56")
    edits: list[dict[str, Any]] = st.session_state.setdefault("edits", [])
    answer = last_answer("viewer")
    if answer and answer.edit and answer.count > st.session_state.get("done", 0):
        st.session_state["done"] = answer.count
        edit = dict(answer.edit)
        kept = [e for e in edits if (e["name"], e["index"]) != (edit["name"], edit["index"])]
        edits = st.session_state["edits"] = kept + ([edit] if edit["scale"] != 1 else [])
    manifest, weights, activations = scene(text, edits)
    activations = damaged(activations, st.query_params.get("damage"))
    lent = None if "bare" in st.query_params else lambda: weights
    beside = second(st.text_input("Beside"))
    show_model(manifest, activations, lent, key="viewer", edits=edits, beside=beside)
    st.write(f"answer: {answer}")


if __name__ == "__main__":
    app()
