"""A newcomer reads the third page of chapter 5: the cloud, and softmax in two formats."""

from __future__ import annotations

import pytest
from driver import wait_idle
from playwright.sync_api import expect

PAGE = "/feature_collapse"

pytestmark = pytest.mark.slow


def test_another_run_is_drawn_when_it_is_chosen(open_page) -> None:
    page = open_page(f"{PAGE}?reveal=1")
    figure = page.locator(".cloud").nth(1)
    figure.scroll_into_view_if_needed()
    said = figure.locator(".said")
    said.wait_for()
    wait_idle(page)
    before = said.inner_text()
    page.get_by_role("radio", name="attention over depth").first.click()
    expect(said).not_to_have_text(before, timeout=30_000)
    assert not page.console_errors
