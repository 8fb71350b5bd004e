"""What the losses of a run say while it goes on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def overshoots(losses: Sequence[float], window: int = 20) -> int:
    """The step by which every step goes too far: past the warm-up the loss is high, and jumps from
    step to step; 0 if that never comes."""
    for end in range(3 * window, len(losses) + 1, window):
        recent = np.array(losses[end - window : end])
        if recent.mean() > 1.5 and np.diff(recent).std() > 0.1:
            return end
    return 0
