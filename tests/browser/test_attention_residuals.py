"""A newcomer reads the second page of chapter 5: threads between layers, and one of them cut."""

from __future__ import annotations

import pytest
from driver import wait_idle
from playwright.sync_api import expect

PAGE = "/attention_residuals"

pytestmark = pytest.mark.slow


def test_a_cut_connection_reaches_the_network_and_can_be_mended(open_page) -> None:
    page = open_page(f"{PAGE}?reveal=1")
    figure = page.locator(".threads").nth(1)
    figure.scroll_into_view_if_needed()
    figure.locator(".said").wait_for()
    wait_idle(page)
    written = page.locator(".wb-text").first
    whole = written.get_attribute("aria-label")
    figure.locator("[aria-label^='end']").first.click()
    figure.get_by_role("button", name="cut FFN 5 → end").click()
    expect(written).not_to_have_attribute("aria-label", whole, timeout=30_000)
    figure.get_by_role("button", name="whole again").click()
    expect(written).to_have_attribute("aria-label", whole, timeout=30_000)
    assert not page.console_errors


def test_share_times_length_draws_the_threads_anew(open_page) -> None:
    page = open_page(f"{PAGE}?reveal=1")
    figure = page.locator(".threads").nth(1)
    figure.scroll_into_view_if_needed()
    said = figure.locator(".said")
    said.wait_for()
    wait_idle(page)
    before = said.inner_text()
    page.get_by_role("radio", name="share times length").first.click()
    expect(said).not_to_have_text(before, timeout=30_000)
    expect(figure.get_by_text("as a plain sum").first).to_be_hidden()
    assert not page.console_errors
