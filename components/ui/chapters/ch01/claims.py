"""The measured figures of the page from table to text."""

from __future__ import annotations

import math
from collections.abc import Sequence

from components.ui.claims.claim import Claim
from components.ui.claims.results import parameters
from components.ui.loaded_models import BOOK_RUN
from components.ui.words import spelled
from lab.readings import Counts, Row, result, rows, share_of

TWIN = "few_pairs"


def right_tokens(run: str) -> Counts:
    """Of the held-out sums of a run, teacher forced."""
    return rows("prices", run=run).counts("errors_tokens", "n_tokens").right().said(share_of)


def right_texts(run: str) -> Counts:
    """Of those, the sums that are right in every token."""
    return rows("prices", run=run).counts("errors_texts").right().said(share_of)


def in_ten(found: Sequence[Row]) -> str:
    (run,) = found
    return f"{spelled(round(10 * run['recipe']['fraction']))} pairs in ten"


CLAIMS: dict[str, Claim] = {
    "from_table_to_text.book_share": Claim(
        "Share of all pairs that the book's model is trained on.", result(BOOK_RUN).told(in_ten)
    ),
    "from_table_to_text.twin_parameters": Claim(
        "Parameters of the small twin of the book's model, which is trained on few pairs.",
        parameters(TWIN),
    ),
    "from_table_to_text.perplexity": Claim(
        "Perplexity of the book's model on held-out problems.",
        rows("prices", run=BOOK_RUN).numbers(lambda row: math.exp(row["loss"]), "{:.9f}"),
    ),
    "from_table_to_text.few_tokens": Claim(
        "Tokens of held-out problems that the small twin has right, teacher forced.",
        right_tokens(TWIN),
    ),
    "from_table_to_text.few_texts": Claim(
        "Held-out problems that the small twin has right in every token, teacher forced.",
        right_texts(TWIN),
    ),
}
