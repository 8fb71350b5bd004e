"""A cache that grows: each step adds a line to K and V, and what it spares is pale.

The browser writes the text once when it is opened, step by step, and rests at the last. A switch
takes the cache away: then each step reads all tokens anew. Nothing is computed there but counts.

Shapes: `T` tokens, `D` numbers of a line.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import as_signed_bytes, digest, drawing, moments

Numbers = NDArray[np.float64]

HTML = f"""
<div class="drawing growing">
  <p class="headline">Each step writes a token and adds one line to K and V. Switch the cache off
    and compare.</p>
  <div class="title">Tokens read so far</div>
  <div class="tally" role="group" aria-label="Cache"></div>
  <div class="strip" aria-hidden="true"></div>
  <div class="maps" role="img"></div>
  {moments("Step", first=1)}
  <div class="said" role="status"></div>
</div>
"""

component = drawing("growing_cache", "growing", HTML)


class Head(NamedTuple):
    """Which one is drawn."""

    layer: int
    head: int


def show_growing(
    key: str,
    text: str,
    q: Numbers,
    k: Numbers,
    v: Numbers,
    *,
    n_prompt: int,
    head: Head,
    alt: str,
    seconds: float = 8.0,
) -> None:
    """Queries, keys and values of one head while `text` is written, (T, D) each, in `seconds`.

    The first step reads the first `n_prompt` tokens, and each later one a token more. Raises
    ValueError for arrays that do not fit the text, and a prompt that is none or all of it.
    """
    data = growing_data(text, q, k, v, n_prompt) | {
        "alt": alt,
        "seconds": seconds,
        **head._asdict(),
    }
    component(data=data | {"digest": digest(data)}, key=key)


def growing_data(text: str, q: Numbers, k: Numbers, v: Numbers, n_prompt: int) -> dict[str, Any]:
    """What the browser needs: the tokens, and every line as signed bytes, a scale for each map."""
    if not 0 < n_prompt < len(text):
        raise ValueError(f"n_prompt={n_prompt}; of {text!r} it is 1 to {len(text) - 1}")
    maps = {"q": q, "k": k, "v": v}
    for name, lines in maps.items():
        if lines.ndim != 2 or len(lines) != len(text) or lines.shape[1] != k.shape[-1]:
            wanted = f"({len(text)}, {k.shape[-1]})"
            raise ValueError(f"{name} has shape {lines.shape}; for {text!r} it is {wanted}")
    packed = {name: as_signed_bytes(x / abs(x).max()) for name, x in maps.items()}
    return {"tokens": list(text), "n_prompt": n_prompt, **packed}
