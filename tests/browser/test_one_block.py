"""The page on the stream in a real browser: charts are drawn, it fits a phone, a pull shows."""

from __future__ import annotations

import pytest
from driver import fit_height, sideways_scroll, wait_idle

PAGE = "/one_block"
MARKS = ".mark-rect path, .mark-symbol path, .mark-area path"
EIGHT_WITH_MARKS = f"""() => {{
  const charts = [...document.querySelectorAll('[data-testid="stVegaLiteChart"] svg')];
  return charts.length === 8 && charts.every(svg => svg.querySelector('{MARKS}'));
}}"""


def text_written(page) -> list[str]:
    return page.locator(".wb-text").evaluate_all("all => all.map(e => e.ariaLabel)")


@pytest.mark.parametrize(("width", "dark"), [(390, True), (1280, False)])
def test_every_figure_is_drawn_and_nothing_scrolls_sideways(open_page, width, dark) -> None:
    page = open_page(f"{PAGE}?reveal=1", width, dark)
    fit_height(page, most=20_000)
    page.wait_for_function(EIGHT_WITH_MARKS)
    assert sideways_scroll(page) == []
    assert page.console_errors == []


def test_a_guess_opens_the_sum_and_a_part_is_pulled_out(open_page) -> None:
    page = open_page(PAGE)
    assert page.get_by_text("The sum of the parts").count() == 0
    page.get_by_text("all heads together", exact=True).click()
    page.get_by_text("The sum of the parts").wait_for()
    page.get_by_text("another text", exact=True).last.click()
    block = page.locator(".st-key-ch03_pull")
    page.get_by_text("With all parts, and without the one you chose").wait_for()
    wait_idle(page)
    before = text_written(page)
    block.locator("input").click()
    page.get_by_role("option", name="FFN 0").click()
    page.get_by_text("Subtracting the bar of FFN 0 would leave").wait_for()
    wait_idle(page)
    after = text_written(page)
    assert len(before) == len(after) and before != after
    assert page.console_errors == []
