"""Every page as axe reads it, all of it told, in both themes: text stands out, and what can be used
has a name. On each push test_every_page has axe read the pages as a reader meets them."""

from __future__ import annotations

import pytest
from axe import read_by_axe

from components.ui.book import BEHIND, CONTENTS

ENTRIES = [*CONTENTS, *BEHIND]
PAGES = ["/", *(f"/{entry.url}?reveal=1" for entry in ENTRIES if entry.written)]


@pytest.mark.slow
@pytest.mark.parametrize("path", PAGES)
def test_text_stands_out_and_controls_have_names(open_page, axe: str, path: str) -> None:
    page = open_page(path)
    assert read_by_axe(page, axe, ("light", "dark")) == []
