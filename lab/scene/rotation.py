"""The rotation of a manifest as the matrix that it stands for.

Pair n is (n, n + P), or (2 n, 2 n + 1) with the layout "interleaved". At an angle a and with a gain
g, the matrix maps (first, second) to (g (first cos a - second sin a), g (first sin a + second
cos a)); all else in it is 0.

Shapes: `P` pairs, `A` axes of a position.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.model.positions import Rotation
from lab.scene.operands import Numbers, Places


def shape(given: Rotation) -> tuple[int, ...]:
    size = 2 * np.shape(given["speeds"])[1]
    return (*np.shape(given["places"])[:-1], size, size)


def at(given: Rotation, places: Places) -> Numbers:
    """What stands in row i and column j at a token, or at two: places are (t, i, j), (t, s, i, j)."""
    *where, i, j = places
    pairs = np.shape(given["speeds"])[1]
    (n, i_second), (m, j_second) = (in_pairs(x, pairs, given["layout"]) for x in (i, j))
    stands = np.asarray(given["places"])[tuple(where)]  # (..., A)
    angle = sum(stands[..., a] * np.asarray(speeds)[n] for a, speeds in enumerate(given["speeds"]))
    sine = np.where(i_second, 1.0, -1.0) * np.sin(angle)
    return given["gain"] * np.where(n != m, 0.0, np.where(i_second == j_second, np.cos(angle), sine))


def in_pairs(i: Any, pairs: int, layout: str) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The number of the pair of coordinate i, and whether it comes second in it."""
    i = np.asarray(i)
    return (i // 2, i % 2 == 1) if layout == "interleaved" else (i % pairs, i >= pairs)
