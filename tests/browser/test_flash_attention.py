"""A newcomer reads the first page of chapter 5 in a browser: cards, tiles, three notations."""

from __future__ import annotations

import pytest
from driver import wait_idle

PAGE = "/flash_attention"

pytestmark = pytest.mark.slow


def test_tiles_are_walked_and_a_step_is_lit_in_every_notation(open_page) -> None:
    page = open_page(f"{PAGE}?reveal=1")
    tiles = page.locator(".tiles").first
    tiles.scroll_into_view_if_needed()
    tiles.locator(".said").wait_for()
    wait_idle(page)
    tiles.locator(".scrub").fill("1")
    first = tiles.locator(".said").inner_text()
    tiles.locator(".scrub").fill("2")
    assert tiles.locator(".said").inner_text() != first
    notations = page.locator(".notations").first
    notations.scroll_into_view_if_needed()
    notations.locator(".choice button").nth(6).click()
    assert notations.locator("[aria-current=step]").count() >= 3
    assert not page.console_errors
