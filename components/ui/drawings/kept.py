"""K and V of every layer after t tokens, after t + 1, and the difference, with or without a mask.

Every map is made beforehand by `lab.measure.cache_growth`; the browser picks those that belong to
the place of its slider and takes one from the other.

Shapes: `T` tokens of the text, `L` layers, `D` numbers of a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import as_signed_bytes, digest, drawing, moments

if TYPE_CHECKING:
    from lab.measure.cache_growth import Growth, Kept

Numbers = NDArray[np.float64]

ROUNDING = 1e-5
"""A change below this share of a layer's largest number is what rounding to float32 makes of it."""

HTML = f"""
<div class="drawing kept">
  <div class="controls">
    <div class="choice" role="group" aria-label="What is shown">
      <button data-what="keys">keys</button><button data-what="values">values</button>
    </div>
    <div class="choice" role="group" aria-label="Causal mask">
      <span>causal mask</span>
      <button data-mask="on">on</button><button data-mask="off">off</button>
    </div>
    <span class="length"></span>
  </div>
  <div class="strip" aria-hidden="true"></div>
  <div class="layers" role="group"></div>
  {moments("Tokens so far, t", first=1)}
  <div class="said" role="status"></div>
  <div class="legend">
    <span><i class="positive"></i>above 0</span>
    <span><i class="negative"></i>below 0, one scale for each layer</span>
    <span><i class="new"></i>the new line</span>
    <span class="counts"></span>
  </div>
</div>
"""

component = drawing("kept_lines", "kept", HTML)


def show_kept(key: str, kept: dict[str, Any], *, alt: str) -> None:
    """What a cache would hold, with the causal mask and without it, as `kept_data` packs it. At
    first with the mask."""
    data = kept | {"alt": alt}
    component(data=data | {"digest": digest(data)}, key=key)


def kept_data(text: str, masked: Kept, unmasked: Kept, head: int, start: int) -> dict[str, Any]:
    """What the browser needs: the tokens, and of keys and values all lines after each token.

    Drawn is one `head`, at first after `start` tokens; changes are the largest of all heads, in
    parts of the largest number of their layer. Raises ValueError for readings of another text, and
    for a head or a start that is not there.
    """
    for growth in (masked.keys, masked.values, unmasked.keys, unmasked.values):
        lengths = [lines.shape[2] for lines in growth.after]
        if lengths != [*range(1, len(text) + 1)]:
            raise ValueError(f"readings of {lengths} tokens; {text!r} grows from 1 to {len(text)}")
    n_layer, n_head, _, width = masked.keys.after[0].shape
    if not 0 <= head < n_head:
        raise ValueError(f"head={head}; the readings have heads 0 to {n_head - 1}")
    if not 1 <= start < len(text):
        raise ValueError(f"start={start} tokens of {text!r}: another must follow")
    return {
        "tokens": list(text),
        "n_layer": n_layer,
        "n_head": n_head,
        "head": head,
        "width": width,
        "start": start,
        "keys": compared(masked.keys, unmasked.keys, head),
        "values": compared(masked.values, unmasked.values, head),
    }


def compared(masked: Growth, unmasked: Growth, head: int) -> dict[str, Any]:
    """Both on one scale a layer: the largest number of the head in any of them, (L,)."""
    scale = np.max(
        [abs(lines[:, head]).max(axis=(1, 2)) for lines in [*masked.after, *unmasked.after]], axis=0
    )
    return {"on": packed(masked, head, scale), "off": packed(unmasked, head, scale)}


def packed(growth: Growth, head: int, scale: Numbers) -> dict[str, Any]:
    """Lines as they travel, and by layer the largest change of all heads, as a share; `rounding`
    is none."""
    shares = [lines[:, head] / scale[:, None, None] for lines in growth.after]  # (L, t, D) each
    changes, largest = growth.changes(), abs(growth.after[-1]).max(axis=(1, 2, 3))
    return {
        "lines": [as_signed_bytes(layer) for layer in settled(shares)],
        "change": (changes / largest).tolist(),
        "rounding": (changes < ROUNDING * scale).tolist(),
    }


def settled(shares: Sequence[Numbers]) -> Numbers:
    """The shares after 1, 2, ... T tokens, one below another: (L, T (T + 1) / 2, D).

    A number that moves by less than rounding stays what it was, or its byte might tip over.
    """
    out = [shares[0]]
    for new in shares[1:]:
        old = out[-1]
        still = abs(new[:, :-1] - old) < ROUNDING
        out.append(np.concatenate([np.where(still, old, new[:, :-1]), new[:, -1:]], axis=1))
    return np.concatenate(out, axis=1)
