"""What a model makes of many problems at once: where each goes wrong first, and how sure it was.

Shapes: `N` problems, `L` tokens of a text.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lab.data.problems import Format, Integers
from lab.data.vocabulary import Tokens
from lab.inference.forward import logits_of
from lab.inference.scoring import BATCH, RIGHT
from lab.model.gpt import GPT


@dataclass(frozen=True)
class Answers:
    """Of N problems, under teacher forcing.

    `slot`: the first wrong token, or `RIGHT`. `p`: of the right text as a whole. `margin`: by how
    much the logit of a right token leads the next best, at the token of the text where it leads by
    least; below zero where the text goes wrong. `written`: the token that stands at `slot`, and
    `belief`: its probability; the last token's where nothing is wrong. (N,) each.
    """

    slot: NDArray[np.int64]
    p: NDArray[np.float64]
    margin: NDArray[np.float64]
    written: NDArray[np.int64]
    belief: NDArray[np.float64]

    @property
    def wrong(self) -> NDArray[np.bool_]:
        return self.slot != RIGHT


def answers(model: GPT, form: Format, a: Integers, b: Integers, *, batch: int = BATCH) -> Answers:
    """Evaluate on every problem, `batch` of them a forward. `ValueError` for none."""
    if not len(a):
        raise ValueError("no sums, no answers; at least one is asked")
    parts = [
        answers_of(model, *form.render(a[begin : begin + batch], b[begin : begin + batch]))
        for begin in range(0, len(a), batch)
    ]
    sides = zip(*(vars(part).values() for part in parts), strict=True)
    return Answers(*map(np.concatenate, sides))


def answers_of(model: GPT, texts: Tokens, mask: NDArray[np.bool_]) -> Answers:
    """Of right texts and which of their tokens count, (N, L) each."""
    logits = logits_of(model, texts[:, :-1]).double()
    right = texts[:, 1:, None].astype(np.int64)
    scores, p = logits.numpy(), logits.softmax(-1).numpy()
    of_right = np.take_along_axis(scores, right, axis=2)[..., 0]
    others = scores.copy()
    np.put_along_axis(others, right, -np.inf, axis=2)
    counts = mask[:, 1:]
    lead = np.where(counts, of_right - others.max(-1), np.inf)
    # Sums of logarithms: a product of many small p would leave float64.
    log_p = np.log(np.maximum(np.take_along_axis(p, right, axis=2)[..., 0], 1e-300))
    missed = (scores.argmax(-1) != right[..., 0]) & counts
    slot = np.where(missed.any(1), missed.argmax(1) + 1, RIGHT)
    row, place = np.arange(len(texts)), slot - 1
    return Answers(
        slot=slot,
        p=np.exp(np.where(counts, log_p, 0).sum(1)),
        margin=lead.min(1),
        written=scores.argmax(-1)[row, place],
        belief=p.max(-1)[row, place],
    )
