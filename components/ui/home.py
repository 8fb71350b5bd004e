"""What Home asks of the book's model and the pictures on its cards, kept from visit to visit, and
the ways through the book.

Streamlit runs `Home.py` anew for every reader and click, so nothing can be kept there.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from components.ui import book
from components.ui.lazily import lazily
from components.ui.loaded_models import BOOK_RUN, load_with_progress, write
from components.ui.page_records import FORM, opening
from lab.readings import join_words

intervene = lazily("lab.interp.intervene")
patterns = lazily("lab.interp.patterns")

CARDS = Path(__file__).with_name("cards")

ROUTES: dict[str, tuple[str, ...]] = {
    "First time here": (
        *("00_numpy_mlp", "01_from_table_to_text", "02_attention_by_hand", "03_one_block"),
        *("70_forward_pass_3d", "10_chain_of_thought", "40_kv_cache", "80_bench"),
    ),
    "I serve models": (
        *("02_attention_by_hand", "03_one_block", "40_kv_cache", "50_flash_attention", "60_mla"),
    ),
    "I do research": (
        *("10_chain_of_thought", "20_rope", "30_curriculum", "51_attention_residuals"),
        *("52_feature_collapse", "62_error_book", "80_bench"),
    ),
}
"""Pages in the order in which they are read; one that is not written yet is passed over."""

Looked = tuple[str, NDArray[np.float64]]
"""What the model wrote, and where the heads of one block looked, (n_head, T, T)."""


def written_and_looked(a: int, b: int, layer: int, head: int | None) -> Looked:
    """Of a x b, with that head of the block pulled out, if any: recorded, or asked now.

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


def route(name: str, slugs: Sequence[str]) -> str:
    """A way through the book: links to those of its pages that are written, and its minutes."""
    written = [page for page in map(book.entry, slugs) if page.written]
    links = [f'<a href="{page.url}" target="_self">{page.title}</a>' for page in written]
    minutes = sum(page.minutes for page in written)
    return f"<div><strong>{name}</strong><br>{join_words(links)}. About {minutes} minutes.</div>"
