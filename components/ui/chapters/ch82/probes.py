"""What the book's network is asked on the page: one head of a reader's problems, swapped."""

from __future__ import annotations

from functools import lru_cache

from components.ui.chapters.ch82 import worked
from components.ui.lazily import lazily
from components.ui.loaded_models import load_with_progress

carries = lazily("lab.interp.carries")
intervene = lazily("lab.interp.intervene")
swaps = lazily("lab.experiments.carry_swaps")

RUN = "chain_of_thought"
LAYER, HEAD = 0, 1
"""The head of the sum's carry, chosen on validation."""

Pair = tuple[int, int]


@lru_cache(maxsize=256)
def with_head_of(one: Pair, other: Pair) -> str:
    """The hundreds digit of the sum of one problem, with that head as it is in the other."""
    carry = carries.CARRIES["sum"]
    x, y = (worked.texts_of(pair) for pair in (one, other))
    site = swaps.Site("head", (intervene.Node("z", LAYER, HEAD, (carry.slot,)),))
    model = load_with_progress(RUN).model
    (said,) = swaps.swapped(model, carry, x, y, [site], to_end=False)
    return worked.sign(int(said[0, 0]))
