"""A newcomer plays with the sieve of page 31 in a browser."""

from __future__ import annotations

import pytest
from driver import wait_idle

PAGE = "/self_training"

pytestmark = pytest.mark.slow


def test_checks_let_wrong_labels_fall_through(open_page) -> None:
    page = open_page(f"{PAGE}?reveal=1")
    drawn = page.locator(".sieve").first
    drawn.scroll_into_view_if_needed()
    kept = drawn.locator(".kept")
    kept.wait_for()
    wait_idle(page)
    before = kept.inner_text()
    drawn.locator(".checks input, .checks button").first.click()
    assert kept.inner_text() != before
    assert not page.console_errors
