"""What the book's network is asked on the page: one head of a reader's problems, swapped."""

from __future__ import annotations

from components.ui.chapters.ch82 import worked
from components.ui.computed_apart import apart
from components.ui.lazily import lazily
from components.ui.loaded_models import loaded_run
from lab.data.vocabulary import Tokens

carries = lazily("lab.interp.carries")
intervene = lazily("lab.interp.intervene")
swaps = lazily("lab.experiments.carry_swaps")

RUN = "chain_of_thought"
LAYER, HEAD = 0, 1
"""The head of the sum's carry, chosen on validation."""

Pair = tuple[int, int]


@apart
def with_head_of(one: Pair, other: Pair) -> str:
    """The hundreds digit of the sum of one problem, with that head as it is in the other."""
    x, y = (worked.texts_of(pair) for pair in (one, other))
    return worked.sign(int(with_head(x, y, to_end=False)[0, 0]))


@apart
def goes_on(one: Pair, other: Pair) -> str:
    """The answer to one problem, read forwards: its last two digits as they are, the hundreds with
    that head as it is in the other, and the thousands as the network goes on from there."""
    carry = carries.CARRIES["sum"]
    x, y = (worked.texts_of(pair) for pair in (one, other))
    written = x.copy()
    written[:, carry.token] = with_head(x, y, to_end=False)[:, 0]
    written[:, carry.token + 1] = with_head(written, y, to_end=True)[:, 1]
    answer = written[0, carry.token - 2 : carry.token + 2]
    return "".join(worked.sign(int(token)) for token in answer[::-1])


def with_head(x: Tokens, y: Tokens, *, to_end: bool) -> Tokens:
    """The likeliest tokens of x from the hundreds digit on, with that head as it is in y."""
    carry = carries.CARRIES["sum"]
    site = swaps.Site("head", (intervene.Node("z", LAYER, HEAD, (carry.slot,)),))
    (said,) = swaps.swapped(loaded_run(RUN).model, carry, x, y, [site], to_end=to_end)
    return said
