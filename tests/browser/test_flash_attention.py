"""A newcomer reads the first page of chapter 5 in a browser: cards, tiles, three notations."""

from __future__ import annotations

from driver import wait_idle

PAGE = "/flash_attention"


def test_the_page_begins_with_its_figure(open_page) -> None:
    page = open_page(PAGE)
    figure = page.locator(".registers").first
    figure.wait_for()
    box = figure.bounding_box()
    assert box["y"] < 600
    said = figure.locator(".said")
    figure.locator(".scrub").fill("1")
    early = said.inner_text()
    figure.locator(".scrub").fill("3")
    assert said.inner_text() != early
    assert not page.console_errors


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
