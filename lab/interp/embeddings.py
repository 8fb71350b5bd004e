"""How a few vectors lie to one another: the plane that shows them best, angles, a circle.

Shapes: `N` vectors of `D` numbers each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float64]


@dataclass(frozen=True)
class Plane:
    """`points` (N, 2): where the vectors fall. `share`: of their variance, what the plane keeps."""

    points: Vectors
    share: float


def best_plane(vectors: Vectors) -> Plane:
    """Principal components: the two directions in which the vectors differ most. (N, D) -> (N, 2)

    X - mean = U S V'; the points are the first two columns of U S, and S^2 is the variance kept.
    """
    U, S, _ = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)
    total = float((S**2).sum())
    return Plane(U[:, :2] * S[:2], float((S[:2] ** 2).sum()) / total if total else 0.0)


def cosines(vectors: Vectors) -> Vectors:
    """x . y / (|x| |y|) for every two vectors, (N, N): 1 in one direction, 0 at right angles."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-300)
    return unit @ unit.T


def wave_shares(vectors: Vectors) -> Vectors:
    """Of the variance of vectors x_0 ... x_(N-1), what goes round k times: k = 1 ... N // 2.

    The discrete Fourier transform over n, |sum_n x_n e^(-2 pi i k n / N)|^2 summed over D. Vectors
    that lie on one circle in order have all of it at k = 1. Adds up to 1.
    """
    waves = np.fft.rfft(vectors - vectors.mean(axis=0), axis=0)  # (N // 2 + 1, D)
    power = (abs(waves) ** 2).sum(axis=1)
    twice = np.where(np.arange(len(power)) * 2 == len(vectors), 1, 2)  # k and -k, but not N / 2
    power = (power * twice)[1:]
    return power / max(float(power.sum()), 1e-300)
