"""The page on the chain of thought in a browser: the reader's own sum follows down the page."""

from __future__ import annotations

import pytest
from driver import sideways_scroll, wait_idle

STRIP = ".st-key-own_sum"


@pytest.mark.parametrize("width", [1280, 390])
def test_the_own_sum_stays_at_the_top_slim_and_leaves_the_buttons_of_the_page_free(
    open_page, width: int
) -> None:
    page = open_page("/chain_of_thought", width)
    page.get_by_role("heading", name="8. Tamper").evaluate("e => e.scrollIntoView()")
    wait_idle(page)
    strip = page.locator(STRIP).bounding_box()
    assert strip and -1 <= strip["y"] <= 1 and strip["height"] <= 58, strip
    for name in ("stExpandSidebarButton", "stMainMenuButton"):
        for box in map(lambda e: e.bounding_box(), page.get_by_test_id(name).all()):
            assert (
                not box
                or box["x"] >= strip["x"] + strip["width"] - 1
                or (box["x"] + box["width"] <= strip["x"] + 1)
            ), (name, box, strip)
    assert sideways_scroll(page) == []
    box = page.locator(".st-key-ch10_b input")
    box.fill("148")
    box.press("Enter")
    page.locator(STRIP).get_by_text("0 to 99").wait_for()
    wait_idle(page)
    assert page.locator(".wb-turns").count() == 2
    box.fill("76")
    box.press("Enter")
    page.locator(f'{STRIP} .wb-text[aria-label^="37*76="]').wait_for()
    page.locator(".wb-fetches", has_text="37*76=").wait_for()
    assert page.console_errors == []
