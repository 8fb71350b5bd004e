"""A newcomer reads chapter 2 in a real browser: guesses, drags, and trains two encodings."""

from __future__ import annotations

import re

import pytest
from driver import no_sideways_scroll, sideways_scroll, wait_idle

PAGE = "/rope"

pytestmark = pytest.mark.slow


def test_a_shift_leaves_the_rotary_map_and_a_gap_does_not(open_page) -> None:
    page = open_page(f"{PAGE}?reveal=1")
    tape = page.locator(".tape")
    tape.scroll_into_view_if_needed()
    rotary = tape.locator(".side").first.locator(".change b")
    rotary.wait_for()
    assert rotary.inner_text() == "0.000"
    assert "14 of 14" in tape.locator(".side").first.locator(".count").inner_text()
    tape.get_by_role("button", name="Pull it apart").click()
    assert float(rotary.inner_text()) > 0.1
    assert "14 of 14" not in tape.locator(".side").first.locator(".count").inner_text()
    assert not page.console_errors


def test_two_encodings_train_side_by_side(open_page) -> None:
    page = open_page(PAGE)
    for name in ("rotary", "learned table"):
        button = page.get_by_role("button", name=f"Train with {name}")
        button.scroll_into_view_if_needed()
        button.click()
        page.get_by_text(re.compile(rf"{name}.*stream")).first.wait_for(timeout=30_000)
    page.wait_for_function(
        "() => (document.body.innerText.match(/step \\d+ of 600/g) ?? []).length >= 2",
        timeout=60_000,
    )
    for stopped in (1, 2):
        page.get_by_role("button", name="Stop", exact=True, disabled=False).first.click()
        page.wait_for_function(
            "n => (document.body.innerText.match(/Stopped\\./g) ?? []).length >= n",
            arg=stopped,
            timeout=60_000,
        )
    assert not page.console_errors


def test_on_a_phone_no_table_is_too_wide_and_the_limit_follows_its_slider(open_page) -> None:
    page = open_page(f"{PAGE}?reveal=1", 390)
    assert no_sideways_scroll(page), sideways_scroll(page)
    scrolling = "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.innerText)"
    assert page.locator("table").filter(has_text="learned table").count() > 1
    assert page.locator("table").evaluate_all(scrolling) == []
    page.locator("summary").filter(has_text="how networks fail").click()
    slider = page.get_by_role("slider", name="Farthest place")
    slider.scroll_into_view_if_needed()
    page.get_by_label(re.compile("^Problems.* at most 3 places and 2 lines")).first.wait_for()
    slider.press("ArrowRight")
    page.get_by_label(re.compile("^Problems.* at most 4 places and 2 lines")).first.wait_for()
    assert not page.console_errors


def test_a_problem_of_ones_own_grows_and_what_is_no_number_is_refused(open_page) -> None:
    page = open_page(f"{PAGE}?reveal=1")
    for label, text in (("First number", "123456"), ("Second number", "98")):
        box = page.get_by_label(label).last
        box.scroll_into_view_if_needed()
        box.fill(text)
        box.press("Enter")
        wait_idle(page)
    page.locator(".longer .said").filter(has_text="123456 × 98").wait_for()
    assert page.locator(".longer .panel").count() == 4
    page.get_by_label("Second number").last.fill("-1")
    page.get_by_label("Second number").last.press("Enter")
    page.get_by_text("from 0 to 9999999999").wait_for()
    assert page.locator(".longer .panel").count() == 4
    assert not page.console_errors
