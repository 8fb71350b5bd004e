"""What the drawings share: how one becomes a component, its moments, and how numbers travel."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import numpy as np
import streamlit as st
import streamlit.components.v2 as components
from numpy.typing import NDArray

from components.threejs_viewer import DIST, FRONTEND

DRAWINGS = DIST / "drawings"

SPEEDS = ("0.5", "1", "2")

COPY = """<button class="copy" title="Copy this moment and its link">Copy this moment</button>"""
HANDED = """<span class="handed" role="status"></span>
  <textarea class="copied" aria-label="This moment, to copy" readonly hidden></textarea>"""
HAND_ON = COPY + HANDED


def moments(label: str = "Moment shown", first: int = 0) -> str:
    """The strip of a drawing of many moments, from `first` on: a button that plays, pauses and
    plays them again, two that step, and a slider of that name over them; their speed; back to the
    first; the moment copied, and saved as a picture. On a phone the last four unfold. See
    `shared/moving.ts` of the front end."""
    speeds = "".join(
        f'<option value="{speed}"{" selected" if speed == "1" else ""}>{speed}×</option>'
        for speed in SPEEDS
    )
    return f"""
<div class="reel" role="group" aria-label="Playback">
  <button class="play">Replay</button>
  <button class="back" aria-label="One step back">&#8592;</button>
  <button class="on" aria-label="One step on">&#8594;</button>
  <div class="moments">
    <div class="landmarks" aria-hidden="true"></div>
    <input class="scrub" type="range" min="{first}" aria-label="{label}">
  </div>
  <button class="unfold" aria-label="More" aria-expanded="false">&#8943;</button>
  <div class="extras">
    <select class="speed" aria-label="Speed">{speeds}</select>
    <button class="reset">Reset</button>
    {COPY}
    <button class="shot" title="Picture: a card to share, as PNG">Picture</button>
  </div>
  {HANDED}
</div>
"""


def drawing(name: str, file: str, html: str) -> Any:
    """The component `name` of `file`.css and `file`.js, as the front end is built."""
    return components.component(name, html=html, css=built(f"{file}.css"), js=built(f"{file}.js"))


def built(file: str) -> str:
    """The text of a built file, below a line of its own: one line alone Streamlit takes for a path.

    Raises `FileNotFoundError` if the front end was never built.
    """
    path = DRAWINGS / file
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: run `npm ci && npm run build` in {FRONTEND}")
    return f"/* {file} */\n{path.read_text('utf-8')}"


def sent_by(key: str, name: str) -> Any:
    """What the browser sent of a drawing under `name`; None of one that has left the page since."""
    return st.session_state.get(key, {}).get(name)


def digest(data: dict[str, Any]) -> str:
    """The browser builds a drawing anew only when this changes."""
    return hashlib.sha1(json.dumps(data).encode()).hexdigest()


def as_text(numbers: NDArray[np.uint8] | NDArray[np.int8] | NDArray[np.int16]) -> str:
    """Bytes in base64."""
    return base64.b64encode(np.ascontiguousarray(numbers).tobytes()).decode()


def as_signed_bytes(shares: NDArray[np.floating[Any]]) -> str:
    """Numbers from -1 to 1 as whole ones from -127 to 127, in base64."""
    return as_text(np.rint(127 * shares).astype(np.int8))


def as_signed_words(shares: NDArray[np.floating[Any]]) -> str:
    """Numbers from -1 to 1 as whole ones of two bytes from -32767 to 32767, in base64."""
    return as_text(np.rint(32767 * shares).astype("<i2"))
