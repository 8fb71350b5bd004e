"""A newcomer reads chapter 4 in a browser: guesses, switches the mask off, lets a draft fail."""

from __future__ import annotations

from driver import wait_idle

PAGE = "/kv_cache"


def test_the_page_begins_with_its_figure(open_page) -> None:
    page = open_page(PAGE)
    figure = page.locator(".growing .maps")
    figure.wait_for()
    box = figure.bounding_box()
    assert box["y"] + box["height"] < 900
    page.locator(".growing .scrub").fill("3")
    assert "3" in page.locator(".growing .said").inner_text()
    assert not page.console_errors


def test_without_the_mask_deeper_layers_change(open_page) -> None:
    page = open_page(PAGE)
    page.get_by_text("all of them", exact=True).click()
    page.get_by_text("You said all of them; it is none.").wait_for()
    drawn = page.locator(".kept")
    drawn.scroll_into_view_if_needed()
    said = drawn.locator(".said")
    said.filter(has_text="was there").wait_for()
    wait_idle(page)
    masked = said.inner_text()
    drawn.get_by_role("button", name="off").click()
    assert said.inner_text() != masked and "in layers 1 to 5" in said.inner_text()
    drawn.get_by_role("button", name="on", exact=True).click()
    assert said.inner_text() == masked
    assert not page.console_errors


def test_a_draft_is_struck_out_and_the_text_is_the_same(open_page) -> None:
    page = open_page(f"{PAGE}?reveal=1")
    page.get_by_text("Deeper: drafts that are checked").click()
    rounds = page.locator(".wb-drafts")
    rounds.wait_for()
    assert rounds.locator("s").count() > 10
    page.get_by_role("radio", name="itself").click()
    page.locator(".wb-drafts:not(:has(s))").wait_for()
    page.get_by_text("the same text as alone").wait_for()
    assert not page.console_errors
