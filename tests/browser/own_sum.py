"""The reader's own sum, which follows down the page of the chain of thought."""

from __future__ import annotations

from driver import sideways_scroll, wait_idle
from playwright.sync_api import Page

STRIP = ".st-key-own_sum"


def stays_at_the_top_and_leaves_the_buttons_free(page: Page) -> None:
    """Where a later section is in view: the strip is slim, and beside Streamlit's own buttons."""
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


def a_sum_typed_there_is_the_sum_of_the_page(page: Page, a: int = 37) -> None:
    box = page.locator(".st-key-ch10_b input")
    box.fill("148")
    box.press("Enter")
    page.locator(STRIP).get_by_text("0 to 99").wait_for()
    wait_idle(page)
    assert page.locator(".lanes").count() == 1
    box.fill("76")
    box.press("Enter")
    page.locator(f'{STRIP} .wb-text[aria-label^="{a}*76="]').wait_for()
    page.locator(f'.lanes .working[aria-label^="{a} × 76"]').wait_for()
