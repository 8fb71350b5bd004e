"""Page 01 in a real browser."""

from __future__ import annotations

from driver import wait_idle


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
    assert page.console_errors == []


def test_the_page_fits_a_phone(open_page) -> None:
    from driver import sideways_scroll

    page = open_page("/from_table_to_text?reveal=1", width=390)
    wait_idle(page)
    assert sideways_scroll(page) == []
