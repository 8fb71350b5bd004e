"""A cache that grows: each token adds one line to K and one to V, and no other line changes.

The browser writes the text once when it is opened, token by token, and rests with the full cache.

Shapes: `T` tokens, `D` numbers of a line.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import as_signed_bytes, digest, drawing, moments

Numbers = NDArray[np.float64]

HTML = f"""
<div class="drawing growing">
  <div class="strip" aria-hidden="true"></div>
  <div class="maps" role="img"></div>
  {moments("Tokens written", first=1)}
  <div class="said" role="status"></div>
</div>
"""

component = drawing("growing_cache", "growing", HTML)


def show_growing(
    key: str, text: str, q: Numbers, k: Numbers, v: Numbers, *, alt: str, seconds: float = 8.0
) -> None:
    """Queries, keys and values of one head while `text` is written, (T, D) each, in `seconds`.

    Of the queries only the newest is shown. Raises ValueError for arrays that do not fit the text.
    """
    data = growing_data(text, q, k, v, seconds) | {"alt": alt}
    component(data=data | {"digest": digest(data)}, key=key)


def growing_data(text: str, q: Numbers, k: Numbers, v: Numbers, seconds: float) -> dict[str, Any]:
    """What the browser needs: the tokens, and every line as signed bytes, a scale for each map."""
    maps = {"q": q, "k": k, "v": v}
    for name, lines in maps.items():
        if lines.ndim != 2 or len(lines) != len(text) or lines.shape[1] != k.shape[-1]:
            wanted = f"({len(text)}, {k.shape[-1]})"
            raise ValueError(f"{name} has shape {lines.shape}; for {text!r} it is {wanted}")
    packed = {name: as_signed_bytes(x / abs(x).max()) for name, x in maps.items()}
    return {"tokens": list(text), "seconds": seconds, **packed}
