"""A newcomer reads the second page of chapter 6: tokens stream to experts, and one is ablated."""

from __future__ import annotations

import pytest
from driver import wait_idle
from playwright.sync_api import expect

PAGE = "/moe"

pytestmark = pytest.mark.slow


def test_an_expert_that_matters_is_shut_and_opened_again(open_page) -> None:
    page = open_page(f"{PAGE}?reveal=1")
    written = page.locator(".wb-text").first
    written.scroll_into_view_if_needed()
    wait_idle(page)
    shut = written.get_attribute("aria-label")
    page.get_by_role("radio", name="left alone").click()
    expect(written).not_to_have_attribute("aria-label", shut, timeout=30_000)
    assert not page.console_errors


def test_a_live_run_shows_how_uneven_its_loads_are(open_page) -> None:
    page = open_page(f"{PAGE}?reveal=1")
    button = page.get_by_role("button", name="Train: without biases")
    button.scroll_into_view_if_needed()
    wait_idle(page)
    button.click()
    stop = page.get_by_role("button", name="Stop", exact=True)
    stop.wait_for()
    page.get_by_text("load of the busiest expert, times the mean").first.wait_for(timeout=90_000)
    stop.click()
    page.get_by_text("stopped").first.wait_for()
    assert not page.console_errors
