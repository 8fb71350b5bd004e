"""A newcomer reads chapter 4 in a browser: guesses, switches the mask off, lets a draft fail."""

from __future__ import annotations

import pytest

PAGE = "/kv_cache"

pytestmark = pytest.mark.slow


def test_a_draft_is_struck_out_and_the_text_is_the_same(open_page) -> None:
    page = open_page(f"{PAGE}?reveal=1")
    page.get_by_text("Deeper: what would refute this; fewer key heads, queues and drafts").click()
    rounds = page.locator(".wb-drafts")
    rounds.wait_for()
    assert rounds.locator("s").count() > 10
    page.get_by_role("radio", name="itself").click()
    page.locator(".wb-drafts:not(:has(s))").wait_for()
    page.get_by_text("the same text as alone").wait_for()
    assert not page.console_errors
