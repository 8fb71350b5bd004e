"""Arrows of the recorded runs, and the pulls of one loss, kept for readers that ask the same."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from components.ui.computed_ahead import ahead
from components.ui.lazily import lazily
from lab.data.vocabulary import VOCABULARY
from lab.experiments import collapse_texts as texts

recipes = lazily("lab.recipes.feature_collapse")
safetensors = lazily("safetensors")
files = lazily("safetensors.numpy")
torch = lazily("torch")

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Arrows:
    """Of some runs the ends of their arrows in three directions, (M, P, 3) each, the cosines by
    position, (M, C, C) each; the role of each arrow's token, and how much of the squared length of
    all arrows the directions hold."""

    ends: list[Numbers]
    cosines: list[Numbers]
    roles: list[str]
    held: float


@lru_cache
def arrows_of(*arms: str) -> Arrows | None:
    """In the same three directions for all arms and moments: those that hold the most of the first
    and the last arrows of all. None where a file is missing or damaged; the page says so."""
    try:
        units = [files.load_file(texts.units_path(arm))["units"].astype(float) for arm in arms]
    except (OSError, ValueError, KeyError, safetensors.SafetensorError):
        return None
    all_arms = np.stack(units)
    directions = texts.three_directions(all_arms[:, [0, -1]])
    ends = all_arms @ directions
    _, positions = texts.points_drawn()
    return Arrows(
        [*ends],
        [texts.cosines_by_position(one, positions) for one in units],
        [recipes.FORM.field_at(position).role for position in positions],
        float((ends**2).sum() / (all_arms**2).sum()),
    )


@dataclass(frozen=True)
class Pulls:
    """Which way a step of training pulls the logits of one token: the right one up, all others
    together down, and what is left when both are added; and 1 - p of the right token."""

    up: float
    down: float

    @property
    def left(self) -> float:
        return self.up - self.down


@ahead
@lru_cache(maxsize=256)
def pulls(lead: float, bits: int) -> Pulls:
    """Of torch's own cross entropy in so many bits, where the right logit leads all others."""
    n_token = len(VOCABULARY)
    logits = torch.zeros(1, n_token, dtype={32: torch.float32, 64: torch.float64}[bits])
    logits[0, 0] = lead
    logits.requires_grad_(True)
    with torch.enable_grad():
        torch.nn.functional.cross_entropy(logits, torch.tensor([0])).backward()
    (gradient,) = logits.grad.double()
    return Pulls(-float(gradient[0]), float(gradient[1:].sum()))
