"""How a page looks at first: its figure on top, and not too long on a phone."""

from __future__ import annotations

import pytest
from driver import FIGURE, no_sideways_scroll, sideways_scroll

from components.ui.book import CONTENTS

TOP, LEAST = 900, 150
"""The first screen at 1280 pixels, and how much of a figure stands on it at least."""

PAGES = ["/", *(f"/{entry.url}" for entry in CONTENTS if entry.written)]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_opens_with_its_figure(open_page, path: str) -> None:
    page = open_page(path)
    box = page.locator(FIGURE).first.bounding_box()
    assert box and box["height"] > 0
    assert box["y"] + min(LEAST, box["height"]) <= TOP, box
    first = page.locator(f"{FIGURE}, [data-testid=stExpander]").first
    assert first.evaluate("e => e.dataset.testid") != "stExpander", "something folded comes first"
    assert page.console_errors == []


def test_chapter_1_is_not_endless_on_a_phone(open_page) -> None:
    page = open_page("/chain_of_thought", 390)
    height = page.locator('[data-testid="stMainBlockContainer"]').bounding_box()["height"]
    assert height < 16_000
    assert no_sideways_scroll(page), sideways_scroll(page)


@pytest.mark.parametrize("path", ["/error_book", "/chain_of_thought", "/one_block"])
def test_no_option_of_a_guess_is_cut_off_on_a_phone(open_page, path: str) -> None:
    page = open_page(path, 390)
    beyond = page.locator('[data-testid="stButtonGroup"] button').evaluate_all(
        "all => all.filter(e => e.checkVisibility() && e.getBoundingClientRect().right > 390)"
        ".map(e => e.innerText)"
    )
    assert beyond == []


def test_the_sidebar_lists_the_sections_and_the_end_leads_on(open_page) -> None:
    page = open_page("/rope")
    sections = page.locator(".contents button")
    assert sections.first.inner_text().startswith("1. ")
    sections.nth(2).click()
    current = page.locator('.contents [aria-current="location"]')
    current.filter(has_text="3. ").wait_for()
    page.locator(".wb-way-on a").click()
    page.wait_for_url("**/curriculum")
