"""The rotation of a manifest as the matrix that it stands for.

Pair n is (n, n + P), or (2 n, 2 n + 1) with the layout "interleaved". At an angle a and with a gain
g, the matrix maps (first, second) to (g (first cos a - second sin a), g (first sin a + second
cos a)); all else in it is 0.

Shapes: `T` tokens, `P` pairs, `A` axes of a position.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from lab.scene.operands import Numbers, Places

if TYPE_CHECKING:
    from lab.model.positions import Rotation


class Turning:
    """(T, 2P, 2P), or (T, T, 2P, 2P) where pairs turn by distances; indexed as an array is."""

    def __init__(self, given: Rotation) -> None:
        self.gain, self.layout = given["gain"], given["layout"]
        self.places = np.asarray(given["places"])  # (T, A) or (T, T, A)
        self.speeds = np.asarray(given["speeds"])  # (A, P)
        self.n_pair = self.speeds.shape[1]

    @property
    def shape(self) -> tuple[int, ...]:
        return (*self.places.shape[:-1], 2 * self.n_pair, 2 * self.n_pair)

    def __getitem__(self, at: Places) -> Numbers:
        *where, i, j = at
        (n, i_second), (m, j_second) = self.in_pairs(i), self.in_pairs(j)
        angle = (self.places[tuple(where)] * self.speeds.T[n]).sum(-1)
        sine = np.where(i_second, 1.0, -1.0) * np.sin(angle)
        turned = np.where(i_second == j_second, np.cos(angle), sine)
        return self.gain * np.where(n == m, turned, 0.0)

    def in_pairs(self, i: Any) -> tuple[Any, Any]:
        """The number of the pair of coordinate i, and whether it comes second in it."""
        i = np.asarray(i)
        if self.layout == "interleaved":
            return i // 2, i % 2 == 1
        return i % self.n_pair, i >= self.n_pair
