"""A newcomer reads chapter 3 in a browser: the climb, a mix, a map, the sieve."""

from __future__ import annotations

from driver import wait_idle

PAGE = "/curriculum"


def test_the_page_begins_with_its_figure(open_page) -> None:
    page = open_page(PAGE)
    figure = page.locator(".climb .plot")
    figure.wait_for()
    box = figure.bounding_box()
    assert box["y"] + box["height"] < 900
    said = page.locator(".climb .said")
    page.locator(".climb .scrub").fill("3")
    early = said.inner_text()
    page.locator(".climb .scrub").fill("30")
    assert said.inner_text() != early
    assert not page.console_errors


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


def test_a_guess_opens_the_strip_of_rounds(open_page) -> None:
    page = open_page(PAGE)
    page.get_by_text("they stay right", exact=True).click()
    page.get_by_text("You said they stay right", exact=False).wait_for()
    page.get_by_text("Trains on", exact=True).wait_for()
    assert not page.console_errors
