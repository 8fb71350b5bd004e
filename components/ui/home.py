"""What Home asks of the book's model and the pictures on its cards, kept from visit to visit.

Streamlit runs `Home.py` anew for every reader and click, so nothing can be kept there.
"""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from components.ui import tokens
from components.ui.book import ROUTE, ROUTES
from components.ui.claims import claim
from components.ui.computed_apart import apart
from components.ui.drawings.arcs import Theatre, WrittenSum
from components.ui.lazily import lazily
from components.ui.loaded_models import BOOK_RUN, loaded_run, write
from components.ui.page_records import FORM, broken_opening, opening
from lab.data.problems import Problem, partial_products
from lab.readings import join_words

intervene = lazily("lab.interp.intervene")
patterns = lazily("lab.interp.patterns")

CARDS = Path(__file__).with_name("cards")

Looked = tuple[str, NDArray[np.float64]]
"""What the model wrote, and where the heads of one layer looked, (n_head, T, T)."""


def sum_written(a: int, b: int, layer: int, head: int | None) -> WrittenSum:
    """a x b with that head of the layer ablated, if any: recorded, or asked now.

    Raises `CheckpointError` if the model is asked and cannot be read.
    """
    played = theatre()
    if played and (a, b, layer, head) == (played.whole.a, played.whole.b, 0, None):
        return played.whole
    return with_verdict(a, b, *asked_of_the_model(a, b, layer, head), layer, head)


def with_verdict(
    a: int, b: int, text: str, weights: NDArray[np.float64], layer: int, head: int | None
) -> WrittenSum:
    said = verdict(text, a, b, layer, head)
    return WrittenSum(a, b, FORM, text, weights, layer, head, said)


@lru_cache
def theatre() -> Theatre | None:
    """What Home plays to who comes first, as its record has it; None where that is missing."""
    known, gone = opening(BOOK_RUN), broken_opening(BOOK_RUN)
    if known is None or gone is None:
        return None
    a, b = known.a, known.b
    whole = with_verdict(a, b, known.written.text, known.weights, gone.layer, None)
    broken = with_verdict(a, b, gone.text, gone.weights, gone.layer, gone.head)
    return Theatre(whole, broken, TENS, why_the_tens(a, b))


TENS = FORM.partial_products[0].start + 1
"""The token that the theatre explains: the tens of the first partial product, which need a digit
of each number and a carry."""


def why_the_tens(a: int, b: int) -> str:
    """What the digits that the heads look at there come to."""
    tens, by, came = a // 10, b % 10, (a % 10) * (b % 10)
    here = tens * by + came // 10
    return (
        f"{tens} × {by} + {came // 10} = {here}, with the {came // 10} carried "
        f"from {a % 10} × {b % 10} = {came}. So {here % 10} is right."
    )


def worked_tens(a: int, b: int) -> str:
    """The same as it is worked on paper."""
    tens, by, came = a // 10, b % 10, (a % 10) * (b % 10)
    here = tens * by + came // 10
    return (
        f"{tens} × {by}, plus the {came // 10} carried from {came}, is {here}: "
        f"write {here % 10}, carry {here // 10}"
    )


def first_out() -> str:
    """The head that the theatre ablates."""
    played = theatre()
    return claim.MISSING if played is None else f"head {played.broken.pulled}"


def how_many(pairs: NDArray[np.bool_]) -> str:
    return f"{pairs.sum():,}"


def verdict(text: str, a: int, b: int, layer: int, head: int | None) -> str:
    """One sentence on the sum, and on what a missing head did to it."""
    problem = Problem(a, b, partial_products(a, b, FORM.q), a * b)
    steps = [step for step in tokens.check_working(text, FORM, problem) if not step.right]
    moved = tokens.wrong_tokens(text, FORM.text(a, b))
    without = "" if head is None else f"Without head {head} of layer {layer}: "
    if steps:
        return (
            f"{without}{steps[0].what} goes wrong first. The model writes {steps[0].written}, "
            f"where {steps[0].expected} is right."
        )
    if moved:
        return f"{without}{tokens.place_of(moved[0], FORM, a, b)} goes wrong first."
    if head is None:
        return f"{a} × {b} = {a * b}, and every token of the working is right."
    return (
        f"{without}{a} × {b} = {a * b} all the same. The answer did not change for this problem. "
        "Try another."
    )


@apart
def asked_of_the_model(a: int, b: int, layer: int, head: int | None) -> Looked:
    edits = [] if head is None else [intervene.ablate(intervene.Node("z", layer, head))]
    text = write(BOOK_RUN, FORM.text(a, b)[: FORM.prompt_length], edits).text
    return text, patterns.patterns(loaded_run(BOOK_RUN).model, text)[layer]


@lru_cache
def small_picture(slug: str, theme: str) -> str:
    """HTML of what opens a page, as `tests/browser/cards.py` drew it: a few KB, inside the page."""
    path = CARDS / f"{slug}-{theme}.webp"
    if not path.is_file():  # of a page that was begun just now
        return ""
    url = f"data:image/webp;base64,{b64encode(path.read_bytes()).decode()}"
    return f'<img alt="" width="320" height="160" src="{url}">'


def route(name: str) -> str:
    """HTML of a way through the book: a link to its first page, what it leads through, how long."""
    way = ROUTES[name]
    titles = join_words([page.title for page in way.written])
    minutes = sum(page.minutes for page in way.written)
    return (
        f'<a href="{way.written[0].url}?{ROUTE}={name}" target="_self"><strong>{way.title}</strong>'
        f"{titles}.<small>{len(way.written)} pages, about {minutes} minutes</small></a>"
    )
