"""A newcomer reads the third page of chapter 6, and a network studies."""

from __future__ import annotations

from textwrap import wrap

import pytest
from driver import wait_idle
from playwright.sync_api import expect

from components.ui.plots.ends import WIDE

PAGE = "/error_book"

pytestmark = pytest.mark.slow


def test_a_live_run_shows_how_much_of_the_book_is_right(open_page) -> None:
    page = open_page(f"{PAGE}?reveal=1")
    button = page.get_by_role("button", name="Study", exact=True)
    button.scroll_into_view_if_needed()
    wait_idle(page)
    button.click()
    stop = page.get_by_role("button", name="Stop", exact=True)
    stop.wait_for()
    page.get_by_text("problems of the book").wait_for(timeout=300_000)
    page.get_by_text("texts right in every token").wait_for(timeout=300_000)
    # the chart breaks a name that is longer than `ends.WIDE`
    for line in wrap("ordinary training, recorded", WIDE):
        page.get_by_text(line, exact=True).first.wait_for()
    expect(page.locator("[data-testid=stException]")).to_have_count(0)
    stop.click()
    page.get_by_text("stopped").first.wait_for()
    assert not page.console_errors
