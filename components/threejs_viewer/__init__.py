"""The forward pass in 3D: a matrix is a box, a cell is a number, and every number is real.

Python side of a Streamlit component whose front end lies in `frontend/` (built into
`frontend/dist`; `npm ci && npm run build` there builds it again). Importing this needs no torch.

What it shows is a manifest (plain JSON: names, axes, shapes, places in a blob, formulas) and two
blobs of float16 numbers, value = float16 * scale. Weights travel once: the browser keeps them by
digest and asks for those it lacks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
import streamlit.components.v1 as components

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

    `edit` holds `name`, `layer`, `index` (axis -> place) and `scale`, as `lab.trace.Edit` means
    them; scale 1 takes the edit back.
    """

    count: int
    pin: Pin | None = None
    edit: Mapping[str, Any] | None = None


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
) -> None:
    """Draw a scene. What the reader does in it is the next run's `last_answer(key)`.

    `weights` is called only when the browser says that it lacks `manifest["weights_digest"]`; None
    for a run whose weights are not here. `edits` are those in force, as `Answer.edit` gives them.
    Call it inside an `st.fragment`: a pin reruns what is around it.
    """
    before = read_answer(st.session_state.get(key))
    lacking = before.get("need_weights") == manifest["weights_digest"]
    sent = weights() if lacking and weights is not None else None
    declared()(
        manifest=dict(manifest),
        weights=sent,
        activations=activations,
        edits=[dict(edit) for edit in edits],
        has_weights=weights is not None,
        # Streamlit sends a keyed component again only when its JSON changes; bytes do not count.
        weights_sent=manifest["weights_digest"] if sent is not None else None,
        key=key,
        default=None,
    )


def last_answer(key: str) -> Answer | None:
    """What the reader pinned or switched off last in the scene of that key, or None.

    To be asked before the scene is made: an edit then costs one run of the script, not two.
    """
    return answer_of(read_answer(st.session_state.get(key)))


def read_answer(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def answer_of(value: Mapping[str, Any]) -> Answer | None:
    """What came from the browser, checked: it may hold anything."""
    count = value.get("n")
    if not isinstance(count, int):
        return None
    pin, edit = value.get("pin"), value.get("edit")
    kept = None
    if isinstance(pin, Mapping) and isinstance(pin.get("name"), str):
        index = pin.get("index")
        if isinstance(index, list) and all(isinstance(i, int) for i in index):
            kept = Pin(pin["name"], tuple(index))
    return Answer(count, kept, edit if isinstance(edit, Mapping) else None)
