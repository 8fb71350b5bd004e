"""One text, token by token: what the model wrote, how sure it was, how long it took.

torch is imported only to write: a recorded transcript can be read without it.
"""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab.data.vocabulary import decode, encode

if TYPE_CHECKING:
    from lab.model.gpt import GPT
    from lab.model.trace import Edit


@dataclass(frozen=True)
class Transcript:
    """`beliefs[i]` holds the probabilities of all tokens for the i-th new one; seconds for all."""

    text: str
    given: int
    beliefs: tuple[tuple[float, ...], ...]
    seconds: float

    @property
    def tokens_per_second(self) -> float:
        return len(self.beliefs) / self.seconds

    @property
    def probabilities(self) -> list[float]:
        """What the model gave to each token it chose: greedily, the largest."""
        return [max(belief) for belief in self.beliefs]


def transcribe(
    model: GPT,
    given: str,
    length: int,
    edits: Collection[Edit] = (),
    *,
    likely: str = "",
    stop: int | None = None,
) -> Transcript:
    """Write on greedily from `given` to `length` tokens in all, or to the first `stop`, under
    `edits` if any.

    With a `likely` text it is the same text, sooner: what of it the model would write by itself is
    read at once.

    Raises `ValueError` for a character that is no token, and for an edit that never met anything or
    not all that it names.
    """
    from lab.inference.generate import greedy_steps
    from lab.inference.likely import steps_of_likely

    prompt = encode(given)[None]
    began = time.perf_counter()
    if likely:
        steps = steps_of_likely(model, prompt, encode(likely)[None], length, edits, stop)
    else:
        steps = greedy_steps(model, prompt, length, edits, stop)
    seconds = time.perf_counter() - began
    beliefs = tuple(tuple(step.probabilities[0].tolist()) for step in steps)
    return Transcript(given + decode(int(s.ids[0]) for s in steps), len(given), beliefs, seconds)
