"""A newcomer reads the first page of chapter 5 in a browser: a tile and cards, three notations."""

from __future__ import annotations

import re

import pytest
from driver import wait_idle
from playwright.sync_api import expect

PAGE = "/flash_attention"

pytestmark = pytest.mark.slow


def test_a_row_and_a_card_are_moved_and_a_step_stays_lit_in_another_notation(open_page) -> None:
    page = open_page(f"{PAGE}?reveal=1")
    tiles = page.locator(".tiles")
    wait_idle(page)
    field, shown = tiles.locator(".field"), tiles.locator(".which")
    box = field.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 30, box["y"] + 0.9 * box["height"])
    expect(shown).to_have_text(re.compile(r"row 57"))
    tiles.locator(".card").nth(3).press("End")
    expect(tiles.locator(".card").last).to_have_attribute("aria-valuenow", "57")
    expect(tiles.locator(".said")).to_contain_text("softmax over the whole row")
    notations = page.locator(".notations").first
    notations.scroll_into_view_if_needed()
    notations.locator(".choice button").nth(6).click()
    notations.locator(".switch button").last.click()
    assert notations.locator(".line[aria-current=step]:visible").count() >= 1
    assert not page.console_errors
