"""Pictures of a pixel a pair: they travel inside the page, and need no chart."""

from __future__ import annotations

import base64
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from components.ui.plots import maps


def atlas_picture(wrong_at: NDArray[np.int64], trained_on: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """(100, 100, 4): a colour a kind of pair; clear where a pair was not asked yet."""
    picture = np.zeros((100, 100, 4), dtype=np.uint8)
    kinds = zip(maps.ATLAS_ORDER, maps.picture_colours(), strict=True)
    for (is_wrong, was_trained), colour in kinds:
        same = ((wrong_at >= 0) == is_wrong) & (trained_on == was_trained)
        picture[same & (wrong_at != maps.NOT_ASKED)] = rgba(colour)
    return picture


def rgba(colour: str) -> tuple[int, ...]:
    """#rrggbb or #rrggbbaa as four bytes."""
    return tuple(bytes.fromhex((colour[1:] + "ff")[:8]))


def as_url(picture: NDArray[np.uint8]) -> str:
    """A picture inside the page itself: a file that is replaced every second can be missed."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "png")
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
