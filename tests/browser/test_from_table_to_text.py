"""Page 01 in a real browser."""

from __future__ import annotations

import pytest
from driver import sideways_scroll, wait_idle

pytestmark = pytest.mark.slow


def test_the_page_fits_a_phone(open_page) -> None:
    page = open_page("/from_table_to_text?reveal=1", width=390)
    wait_idle(page)
    assert sideways_scroll(page) == []
    shown, all_of_it = page.locator(".wb-drawn").evaluate("e => [e.clientHeight, e.scrollHeight]")
    assert 100 < shown < 200 and all_of_it > 2 * shown
