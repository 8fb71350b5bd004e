"""A newcomer reads the first page of chapter 6: a cache that shrinks, and is squeezed."""

from __future__ import annotations

import pytest
from driver import wait_idle
from playwright.sync_api import expect

PAGE = "/mla"

pytestmark = pytest.mark.slow


def test_fewer_directions_change_the_strip_and_then_the_text(open_page) -> None:
    page = open_page(f"{PAGE}?reveal=1&ch60_directions=64")
    written = page.locator(".wb-text").first
    written.wait_for()
    whole = written.get_attribute("aria-label")
    strip = page.locator(".strip").first
    strip.scroll_into_view_if_needed()
    before = strip.locator(".said").inner_text()
    slider = page.get_by_role("slider", name="Directions that are kept")
    slider.focus()
    slider.press("Home")
    wait_idle(page)
    expect(written).not_to_have_attribute("aria-label", whole, timeout=30_000)
    expect(strip.locator(".said")).not_to_have_text(before)
    assert not page.console_errors


def test_a_long_sum_is_typed_and_written(open_page) -> None:
    page = open_page(f"{PAGE}?reveal=1")
    box = page.get_by_label("First number").nth(1)
    box.scroll_into_view_if_needed()
    box.fill("123456")
    box.press("Enter")
    page.locator(".wb-text[aria-label^='123456']").wait_for(timeout=60_000)
    assert not page.console_errors
