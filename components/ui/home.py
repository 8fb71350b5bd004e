"""What Home asks of the book's model and the pictures on its cards, kept from visit to visit.

Streamlit runs `Home.py` anew for every reader and click, so nothing can be kept there.
"""

from __future__ import annotations

from base64 import b64encode
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from components.ui.book import ROUTE, ROUTES
from components.ui.lazily import lazily
from components.ui.loaded_models import BOOK_RUN, load_with_progress, write
from components.ui.page_records import FORM, opening
from lab.readings import join_words

intervene = lazily("lab.interp.intervene")
patterns = lazily("lab.interp.patterns")

CARDS = Path(__file__).with_name("cards")

Looked = tuple[str, NDArray[np.float64]]
"""What the model wrote, and where the heads of one layer looked, (n_head, T, T)."""


def written_and_looked(a: int, b: int, layer: int, head: int | None) -> Looked:
    """Of a x b, with that head of the layer ablated, if any: recorded, or asked now.

    Raises `CheckpointError` if the model is asked and cannot be read.
    """
    known = opening(BOOK_RUN)
    if known and (a, b, layer, head) == (known.a, known.b, 0, None):
        return known.written.text, known.weights
    load_with_progress(BOOK_RUN)
    return asked_of_the_model(a, b, layer, head)


@lru_cache(maxsize=256)
def asked_of_the_model(a: int, b: int, layer: int, head: int | None) -> Looked:
    edits = [] if head is None else [intervene.ablate_head(layer, head)]
    text = write(BOOK_RUN, FORM.text(a, b)[: FORM.prompt_length], edits).text
    return text, patterns.patterns(load_with_progress(BOOK_RUN).model, text)[layer]


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
