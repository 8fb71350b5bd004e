"""The Fourier shift theorem, next to which a rotary position is the same equation.

A signal is a sum of waves. To move it, turn each wave by an angle: its own speed times the
distance. RoPE does this to the pairs of numbers of a query or key, with speeds of its own choice.

Shapes: `N` samples, `K` waves.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from lab.model.positions import turn_pairs

Numbers = NDArray[np.float64]


def speeds(n: int) -> Numbers:
    """Radians a sample of the waves of a signal of `n` samples: 2 pi k / n, signed. (N,)"""
    k = np.arange(n)
    return 2 * np.pi * np.where(2 * k < n, k, k - n) / n


def spectrum(signal: Numbers) -> Numbers:
    """Each wave as a pair (cosine part, sine part): X_k = sum_t x_t e^(-i w_k t). (N,) -> (N, 2)"""
    n = len(signal)
    angles = np.outer(speeds(n), np.arange(n))
    return np.stack([np.cos(angles) @ signal, -np.sin(angles) @ signal], axis=1)


def signal_of(waves: Numbers) -> Numbers:
    """The signal again: x_t = (1/N) sum_k Re(X_k e^(i w_k t)). (N, 2) -> (N,)"""
    n = len(waves)
    angles = np.outer(np.arange(n), speeds(n))
    return (np.cos(angles) @ waves[:, 0] - np.sin(angles) @ waves[:, 1]) / n


def turn_waves(waves: Numbers, by: float) -> Numbers:
    """Every wave turned by the angle -w_k by: what RoPE does to the pairs of a vector. (N, 2)"""
    angles = torch.from_numpy(-by * speeds(len(waves)))[:, None]
    pairs = torch.from_numpy(waves)
    return turn_pairs(pairs, angles.cos(), angles.sin(), "interleaved").numpy()


def shifted(signal: Numbers, by: float) -> Numbers:
    """The signal moved `by` samples to the right, round the end: x_(t - by). (N,) -> (N,)

    For a `by` that is no whole number, and N even, the fastest wave cannot be moved exactly.
    """
    return signal_of(turn_waves(spectrum(signal), by))
