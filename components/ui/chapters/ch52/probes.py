"""Pictures of the recorded runs, and the pulls of one loss, kept for readers that ask the same."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from components.ui.lazily import lazily
from lab.data.vocabulary import VOCABULARY, decode
from lab.experiments import collapse_texts as texts

if TYPE_CHECKING:
    from lab.recipes.feature_collapse import Stream

recipes = lazily("lab.recipes.feature_collapse")
safetensors = lazily("safetensors")
files = lazily("safetensors.numpy")
torch = lazily("torch")

Numbers = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Picture:
    """Of a run: its points in three axes, (M, P, 3), and what tokens they are of; the cosines of
    one text, (M, C, C), and its tokens; the spectra by place, (M, L, D)."""

    points: Numbers
    groups: list[str]
    cosines: Numbers
    tokens: list[str]
    spectra: Numbers


@lru_cache
def picture_of(stream: Stream, weight_decay: float) -> Picture | None:
    """None where the file is missing or damaged; the page says so."""
    path = texts.picture_path(stream, weight_decay)
    try:
        found = files.load_file(path)
        points, cosines, spectra = (
            found[name].astype(np.float32) for name in ("points", "cosines", "spectra")
        )
    except (OSError, ValueError, KeyError, safetensors.SafetensorError):
        return None
    _, places = texts.points_drawn()
    first = decode(texts.Asked.of(texts.PICTURED_SEED).texts[0])
    return Picture(
        points,
        [recipes.FORM.field_at(place).role for place in places],
        np.clip(cosines, -1, 1),
        [*first[:-1]],
        spectra,
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
