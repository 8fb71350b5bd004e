"""Page 01 in a real browser."""

from __future__ import annotations

from driver import wait_for, wait_idle
from playwright.sync_api import Locator


def test_a_newcomer_types_a_sum_guesses_and_warms_the_model(open_page) -> None:
    page = open_page("/from_table_to_text")
    page.get_by_label("First number").first.fill("58")
    page.get_by_label("First number").first.press("Enter")
    wait_idle(page)
    page.get_by_text("about 2.8", exact=True).click()
    page.get_by_text("You said about 2.8, and so it is").wait_for()
    wait_idle(page)
    slider = page.get_by_role("slider", name="Temperature")
    slider.press("End")
    wait_idle(page)
    page.get_by_text("of 20 right in every token").wait_for()
    assert slider.input_value() == "5" and "ch01_a=58" in page.url
    page.get_by_text("How sure is such a count").scroll_into_view_if_needed()
    at_hand = page.locator(".st-key-ch01_model")
    wait_for(page, lambda: is_in_sight(at_hand))
    at_hand.get_by_text("the book's model").click()
    wait_idle(page)
    assert "the book's model wrote 58 × 48 twenty times" in page.inner_text("body")
    page.get_by_text("What is still missing").scroll_into_view_if_needed()
    wait_for(page, lambda: not is_in_sight(at_hand))
    assert page.console_errors == []


def is_in_sight(what: Locator) -> bool:
    box = what.bounding_box()
    return box is not None and 0 <= box["y"] < 900


def test_the_page_fits_a_phone(open_page) -> None:
    from driver import sideways_scroll

    page = open_page("/from_table_to_text?reveal=1", width=390)
    wait_idle(page)
    assert sideways_scroll(page) == []
    shown, all_of_it = page.locator(".wb-drawn").evaluate("e => [e.clientHeight, e.scrollHeight]")
    assert 100 < shown < 200 and all_of_it > 2 * shown
