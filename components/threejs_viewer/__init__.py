"""The forward pass in 3D: a matrix is a box, a cell is a number, and every number is real.

Python side of a Streamlit component whose front end lies in `frontend/` (built into
`frontend/dist`; `npm ci && npm run build` there builds it again). Importing this needs no torch.

What it shows is a manifest (plain JSON: names, axes, shapes, places in a blob, formulas) and two
blobs of float16 numbers, value = float16 * scale, with a second float16 for what is left of an
activation (see `lab.scene.manifest.Entry`). Weights travel once: the browser keeps them by
digest and asks for those it lacks. A second scene may stand beside the first, to be compared.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any

import streamlit as st
import streamlit.components.v1 as components

if TYPE_CHECKING:
    from lab.interp.head_cost import HeadCost

FRONTEND = Path(__file__).parent / "frontend"
DIST = FRONTEND / "dist"


@dataclass(frozen=True)
class Pin:
    """A cell that the reader keeps: a tensor and a place along its axes, without the batch."""

    name: str
    index: tuple[int, ...]


@dataclass(frozen=True)
class Answer:
    """What the reader did last. `count` grows with every answer: an old one comes again at each
    rerun of the script, and only a larger count is news.

    `edit` holds `name`, `layer`, `index` (axis -> place) and `scale`, as
    `lab.model.trace.Edit` means them; scale 1 takes the edit back. `mend` takes all of them back,
    before an edit that comes with it. `rank` asks for the ranking of heads.
    `prompt` is a text that ends with a token that was drawn, to be gone on with.
    """

    count: int
    pin: Pin | None = None
    edit: Mapping[str, Any] | None = None
    mend: bool = False
    rank: bool = False
    prompt: str | None = None


@dataclass(frozen=True)
class Whole:
    """What the model writes with all its parts: the text, how many of its tokens were given, and
    the probability of what it wrote behind them."""

    text: str
    given: int
    chance: float


@dataclass(frozen=True)
class Neuron:
    """A neuron that is worth breaking: the products that the model writes wrong without it, such
    as 7*8, of so many."""

    layer: int
    neuron: int
    wrong: tuple[str, ...]
    of: int


@dataclass(frozen=True)
class Side:
    """One scene. `weights` is called only when the browser says that it lacks
    `manifest["weights_digest"]`; None for a run whose weights are not here. `title` stands above
    it where two are compared, behind left or right and before its text."""

    manifest: Mapping[str, Any]
    activations: bytes
    weights: Callable[[], bytes] | None
    title: str = ""

    @property
    def digest(self) -> str:
        return self.manifest["weights_digest"]


@cache
def declared() -> Callable[..., Any]:
    """Raises `FileNotFoundError` if the front end was never built."""
    if not (DIST / "index.html").is_file():
        raise FileNotFoundError(f"{DIST} is missing: run `npm ci && npm run build` in {FRONTEND}")
    return components.declare_component("threejs_viewer", path=str(DIST))


def show_model(
    manifest: Mapping[str, Any],
    activations: bytes,
    weights: Callable[[], bytes] | None,
    *,
    key: str,
    edits: Sequence[Mapping[str, Any]] = (),
    whole: Whole | None = None,
    ranking: Sequence[HeadCost] | None = None,
    neuron: Neuron | None = None,
    beside: Side | None = None,
) -> None:
    """Draw a scene. What the reader does in it is the next run's `last_answer(key)`.

    The first three arguments are those of `Side`. `edits` are those in force, as `Answer.edit`
    gives them; with `whole` the picture says what they change. `ranking` is of all heads, once a
    reader has asked for it: the dearest first, none where no answer was written. `neuron` gets a
    button of its own. `beside` stands on the right, shaded by its numbers less those of the first
    scene.
    Call it inside an `st.fragment`: a pin reruns what is around it.
    """
    sides = {"": Side(manifest, activations, weights)} | ({"beside_": beside} if beside else {})
    sent = weights_to_send(read_answer(st.session_state.get(key)), list(sides.values()))
    # Streamlit sends a keyed component again only when its JSON changes; bytes do not count.
    arguments: dict[str, Any] = {"weights_sent": sorted(sent)}
    for prefix, side in sides.items():
        arguments[f"{prefix}manifest"] = dict(side.manifest)
        arguments[f"{prefix}activations"] = side.activations
        arguments[f"{prefix}weights"] = sent.pop(side.digest, None)  # once, if both have them
        arguments[f"{prefix}has_weights"] = side.weights is not None
    declared()(
        **arguments,
        beside_title=beside.title if beside else None,
        edits=[dict(edit) for edit in edits],
        whole=whole and asdict(whole),
        neuron=neuron and asdict(neuron),
        ranking=None if ranking is None else [asdict(cost) for cost in ranking],
        key=key,
        default=None,
    )


def last_answer(key: str) -> Answer | None:
    """What the reader pinned or switched off last in the scene of that key, or None.

    To be asked before the scene is made: an edit then costs one run of the script, not two.
    """
    return answer_of(read_answer(st.session_state.get(key)))


def weights_to_send(before: Mapping[str, Any], sides: Sequence[Side]) -> dict[str, bytes]:
    """By digest, the weights that the browser lacked at its last answer."""
    needed = before.get("need_weights")
    lacking = needed if isinstance(needed, list) else []
    return {
        side.digest: side.weights()
        for side in sides
        if side.weights is not None and side.digest in lacking
    }


def read_answer(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def answer_of(value: Mapping[str, Any]) -> Answer | None:
    """What came from the browser, checked: it may hold anything."""
    count = value.get("n")
    if type(count) is not int:
        return None
    prompt = value.get("prompt")
    return Answer(
        count,
        pin_of(value.get("pin")),
        edit_of(value.get("edit")),
        mend=value.get("mend") is True,
        rank=value.get("rank") is True,
        prompt=prompt if isinstance(prompt, str) else None,
    )


def pin_of(value: object) -> Pin | None:
    match value:
        case {"name": str(name), "index": list(index)} if all(type(i) is int for i in index):
            return Pin(name, tuple(index))
        case _:
            return None


def edit_of(value: object) -> Mapping[str, Any] | None:
    """An edit in form; whether there is such a part, the model says."""
    match value:
        case {"name": str(name), "layer": layer, "index": dict(index), "scale": scale}:
            places = all(type(axis) is str and type(i) is int for axis, i in index.items())
            in_form = places and type(layer) in (int, NoneType) and type(scale) in (int, float)
            edit = {"name": name, "layer": layer, "index": index, "scale": scale}
            return edit if in_form else None
        case _:
            return None
