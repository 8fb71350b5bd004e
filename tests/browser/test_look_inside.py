"""A newcomer reads the second page of chapter 8: a cell is dragged, and a patch is copied on."""

from __future__ import annotations

import pytest
from driver import wait_idle
from playwright.sync_api import expect

PAGE = "/look_inside"

pytestmark = pytest.mark.slow


def test_cells_that_are_dragged_turn_56_into_63(open_page) -> None:
    """By the mouse, onto the other run; then one that was not computed ahead comes from Python."""
    page = open_page(f"{PAGE}?figure=cut")
    figure = page.locator(".drawing.cut")
    answer = figure.locator(".answer")
    expect(answer).to_have_text("63", timeout=60_000)
    figure.locator(".reset").click()
    expect(answer).to_have_text("56")
    onto = figure.locator(".target .grid").bounding_box()
    for name, text in (("units", "53"), ("tens", "63")):
        cell = figure.locator(".source").get_by_role(
            "button", name=f"FFN 0, where it writes the {name}", exact=False
        )
        box = cell.bounding_box()
        assert box is not None and onto is not None
        page.mouse.move(box["x"] + 8, box["y"] + 8)
        page.mouse.down()
        page.mouse.move(onto["x"] + 40, onto["y"] + 60, steps=6)
        page.mouse.up()
        expect(answer).to_have_text(text)
    page.wait_for_url(lambda url: "ch81_cut=" in url)
    target = figure.locator(".target")
    for name in ("Head 1 of layer 2", "FFN 3"):
        target.get_by_role("button", name=f"{name}, where it writes the tens", exact=False).click()
    wait_idle(page)
    expect(figure.locator(".said")).not_to_contain_text("anew")
    expect(answer).to_have_text("63")
    assert not page.console_errors


def test_a_patch_goes_into_a_link_and_opens_from_it(open_page) -> None:
    page = open_page(
        f"{PAGE}?figure=patch&ch81_pair_clean_a=7&ch81_pair_clean_b=9&ch81_pair_corrupted_a=7"
        "&ch81_pair_corrupted_b=8&ch81_run=times_table"
    )
    row = page.get_by_role("row", name="patched")
    expect(row).to_contain_text("yes", timeout=60_000)
    page.get_by_text("Is it needed?").click()
    wait_idle(page)
    expect(row).to_contain_text("no")
    assert not page.console_errors
