"""The page of all claims."""

from __future__ import annotations

import re
from typing import Any

from components.ui.book import CONTENTS
from components.ui.claims import claim_index

HEADING = re.compile(r"<h2>(.*?) <small>(\d+)</small></h2>")


def test_claims_stand_under_the_page_that_makes_them_and_none_is_left_out(book: Any) -> None:
    app = book("91_claims")
    assert not app.exception
    headings = [HEADING.findall(found.proto.body) for found in app.get("html")]
    (found,) = [some for some in headings if some]
    titles = [entry.title for entry in CONTENTS]
    assert [title for title, _ in found] == sorted((t for t, _ in found), key=titles.index)
    n_claims = len(claim_index.all_claims()) + len(claim_index.all_cells())
    assert len(found) > 10 and sum(int(n) for _, n in found) == n_claims
