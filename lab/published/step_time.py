"""How long a step of a large model takes at least: what it fetches, beside what it computes.

From published peaks alone. Overhead is left out, and the arithmetic of scores and averages, which
is 3% of the rest behind 1,000 tokens of Llama 3.1 8B. All weights count as fetched and used; of
the table of tokens a step needs a row a token, so both times are 7% too long there, and their ratio
is not.
"""

from __future__ import annotations

from dataclasses import dataclass

from lab.fields import require_whole
from lab.published.models import Model


@dataclass(frozen=True)
class Speed:
    """The most that a card reaches: operations a second in 16 bits, and bytes from its memory."""

    card: str
    operations_per_second: float
    bytes_per_second: float
    source: str


H100 = Speed("H100", 989e12, 3.35e12, "https://www.nvidia.com/en-us/data-center/h100/")
"""SXM, without the doubling for sparse matrices."""


@dataclass(frozen=True)
class StepTime:
    """Seconds in which a step's weights are fetched, and its caches, and its operations done."""

    weights: float
    caches: float
    operations: float

    @property
    def fetching(self) -> float:
        return self.weights + self.caches


def step_time(model: Model, speed: Speed, n_token: int, n_behind: int = 0) -> StepTime:
    """weights = bytes / bytes a second; operations = 2 x parameters x tokens / operations a second.

    `n_token` are those of one prompt; behind so many others each is a text of its own, whose cache
    is fetched as well. `ValueError` for a model whose tokens meet some of its weights alone.
    """
    require_whole("n_token", n_token)
    if model.experts is not None:
        raise ValueError(f"{model.name}: which weights a step fetches depends on its tokens")
    caches = model.cache_bytes(model.bytes_per_weight, n_behind, n_token) if n_behind else 0.0
    return StepTime(
        model.weight_bytes / speed.bytes_per_second,
        caches / speed.bytes_per_second,
        2 * model.parameters * n_token / speed.operations_per_second,
    )


def tokens_until_both_are_busy(model: Model, speed: Speed) -> float:
    """Tokens of a prompt for which the operations take as long as the weights."""
    one = step_time(model, speed, 1)
    return one.weights / one.operations
