"""How a few vectors lie to one another: the axes that show them best, angles, a circle.

Shapes: `N` vectors of `D` numbers each.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float64]


@dataclass(frozen=True)
class Projection:
    """`points` (N, K): where the vectors fall. `shares` (K,): of their variance, an axis each."""

    points: Vectors
    shares: Vectors


def principal_axes(vectors: Vectors, K: int) -> Projection:
    """The K directions in which the vectors differ most, the first most of all. (N, D) -> (N, K)

    X - mean = U S V'; the points are the first K columns of U S, and S^2 is the variance kept.
    """
    U, S, _ = np.linalg.svd(vectors - vectors.mean(axis=0), full_matrices=False)
    return Projection(U[:, :K] * S[:K], S[:K] ** 2 / max(float((S**2).sum()), 1e-300))


def cosines(vectors: Vectors) -> Vectors:
    """x . y / (|x| |y|) for every two vectors, (N, N): 1 in one direction, 0 at right angles."""
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-300)
    return unit @ unit.T


def neighbours_and_others(vectors: Vectors) -> tuple[float, float]:
    """The mean cosine of vectors next to each other in their order, and of all other pairs."""
    apart = abs(np.subtract.outer(np.arange(len(vectors)), np.arange(len(vectors))))
    found = cosines(vectors)
    return float(found[apart == 1].mean()), float(found[apart > 1].mean())


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


def share_by_chance(N: int) -> float:
    """Of N random vectors, what one wave holds: two of the N - 1 directions the mean leaves."""
    return 2 / (N - 1)
