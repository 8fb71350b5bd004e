"""Chapter 7 in a real browser: the viewer draws the model that the page has."""

from __future__ import annotations

import re

from driver import wait_idle


def viewer(page):
    page.locator("iframe").first.scroll_into_view_if_needed()
    frame = page.frame_locator("iframe").first
    frame.locator("canvas").first.wait_for(timeout=30_000)
    return frame


def test_the_viewer_opens_and_follows_a_changed_prompt(open_page) -> None:
    page = open_page("/forward_pass_3d")
    frame = viewer(page)
    frame.get_by_text("tokens become vectors").first.wait_for(timeout=30_000)
    box = page.get_by_label("Prompt")
    box.fill("3*4=")
    box.press("Enter")
    wait_idle(page)
    page.get_by_text("It writes 3*4=12$.").wait_for()
    assert page.console_errors == []


def test_a_bad_prompt_leaves_the_page_alive(open_page) -> None:
    page = open_page("/forward_pass_3d?ch70_prompt=zebra")
    page.get_by_text("is no token of this model").wait_for()
    page.get_by_label("Prompt").fill("6*7=")
    page.get_by_label("Prompt").press("Enter")
    page.get_by_text("It writes 6*7=42$.").wait_for()
    assert page.console_errors == []


def test_the_five_of_fifty_six_is_followed_home_to_the_prompt(open_page) -> None:
    page = open_page("/forward_pass_3d")
    frame = viewer(page)
    frame.get_by_role("button", name='Follow the "5" home').click()
    rows = frame.locator(".home li button")
    rows.first.wait_for(timeout=30_000)
    while rows.count():
        assert "Rounding leaves" in frame.locator(".home .sum").inner_text()
        rows.first.click()
    assert re.fullmatch(
        'You stand on the "[78]" at position [02], which you typed.',
        frame.locator(".home .arrived").inner_text(),
    )


def test_two_models_stand_side_by_side_with_the_weights_of_both(open_page) -> None:
    page = open_page("/forward_pass_3d?ch70_beside=another+model")
    viewer(page)
    frame = next(f for f in page.frames if "threejs_viewer" in f.url)
    frame.wait_for_function(
        """() => window.viewer3d?.sides.length === 2
          && viewer3d.sides.every(s => s.plan.scene.halves.weight.length > 0)"""
    )
    sizes = frame.evaluate("viewer3d.sides.map(s => s.plan.scene.byName.get('embed').cols)")
    assert sizes == [256, 48]
    assert "have no partner" in frame.locator(".notice").inner_text()
    assert page.console_errors == []
