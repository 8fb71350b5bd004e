"""The book in a real browser: it draws, it answers, nothing errs, nothing scrolls sideways."""

from __future__ import annotations

import re
import time

import pytest
from driver import no_sideways_scroll, sideways_scroll, wait_idle
from playwright.sync_api import expect

BOOK = "The White-Box Transformer"
PATHS = {
    "/": BOOK,
    "/chain_of_thought?reveal=1": f"Chain of thought · {BOOK}",
    "/claims": f"Claims · {BOOK}",
}
"""Where the book is opened, and what its tab is called there."""


LOOKS = [
    (1280, False),
    (390, True),
    pytest.param(1280, True, marks=pytest.mark.slow),
    pytest.param(390, False, marks=pytest.mark.slow),
]
"""Each width and each theme; every pair of them among the slow tests."""


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(("width", "dark"), LOOKS)
def test_every_page_draws_without_error(open_page, path: str, width: int, dark: bool) -> None:
    page = open_page(path, width, dark)
    assert page.console_errors == []
    assert no_sideways_scroll(page), sideways_scroll(page)
    assert page.locator('[data-testid="stException"]').count() == 0
    expect(page).to_have_title(PATHS[path])


def test_one_figure_stands_alone_with_its_controls_and_a_line_to_the_book(open_page) -> None:
    page = open_page("/rope?figure=kinds&embed=true&ch20_size=5")
    expect(page.locator('[data-testid="stVegaLiteChart"]')).to_have_count(1)
    expect(page.get_by_text("Digits of both numbers")).to_be_visible()
    expect(page.get_by_role("link", name="Positions that turn")).to_be_visible()
    expect(page.locator('[data-testid="stSidebar"]')).to_have_count(0)
    assert page.locator("h1, h2, h3").count() == 0
    chosen = page.locator('[data-testid="stButtonGroup"] [aria-checked="true"]')
    expect(chosen).to_have_text("5")


def test_home_multiplies_37_by_48_and_shows_its_working(open_page) -> None:
    page = open_page("/")
    signs = page.locator(".arcs .token:not(.later) .sign")
    assert "".join(signs.all_text_contents()) == "37*48=692+0841=6771$"
    expect(page.locator(".arcs .said")).to_have_text("14 tokens written, all of them right.")
    expect(page.get_by_text("37 × 48 = 1776")).to_be_visible()


def test_a_digit_on_home_shows_its_own_arcs_and_asks_no_server(open_page) -> None:
    page = open_page("/")
    sent: list[object] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.webSocketFrameSent", lambda frame: sent.append(frame))
    page.locator(".arcs .token.answer").first.hover()
    expect(page.locator(".arcs .said")).to_contain_text("Most weight: head 0 at")
    assert page.locator(".arcs .arc.strong").count() > 0
    assert sent == []


@pytest.mark.timing
def test_home_answers_own_numbers_within_a_second_once_warm(open_page, slowness: float) -> None:
    page = open_page("/")
    multiply(page, "12", "34")
    seconds = [timed(page, a, b) for a, b in (("58", "7"), ("99", "99"), ("6", "80"))]
    assert min(seconds) < slowness, seconds


def timed(page, a: str, b: str) -> float:
    began = time.perf_counter()
    multiply(page, a, b)
    return time.perf_counter() - began


def multiply(page, a: str, b: str) -> None:
    page.get_by_label("First number").fill(a)
    page.get_by_label("First number").press("Enter")
    page.get_by_label("Second number").fill(b)
    page.get_by_label("Second number").press("Enter")
    page.get_by_text(f"{a} × {b} = {int(a) * int(b)}").first.wait_for(timeout=30_000)


def test_home_explains_a_bad_number_and_recovers(open_page) -> None:
    page = open_page("/")
    box = page.get_by_label("First number")
    box.fill("٣٤")
    box.press("Enter")
    page.get_by_text("write a whole number from 0 to 99").wait_for()
    box.fill("7")
    box.press("Enter")
    page.get_by_text("7 × 48 = 336").wait_for(timeout=30_000)
    assert page.console_errors == []


def test_pulling_out_a_head_breaks_a_step_and_the_link_reproduces_it(open_page) -> None:
    page = open_page("/")
    page.get_by_role("button", name="head 3", exact=True).press("Enter")
    page.get_by_text("goes wrong first").wait_for(timeout=30_000)
    wait_idle(page)
    said = page.get_by_text("goes wrong first").inner_text()
    assert page.locator(".arcs .token.wrong").count() > 0
    page.get_by_text("More", exact=True).click()
    link = page.locator('[data-testid="stCode"]').first.inner_text().strip()
    again = open_page("/" + link.split("/", 3)[3])
    again.get_by_text("goes wrong first").wait_for(timeout=30_000)
    assert again.get_by_text("goes wrong first").inner_text() == said
    again.get_by_role("button", name="head 3", exact=True).click()
    again.get_by_text("37 × 48 = 1776").wait_for(timeout=30_000)
    assert "pull" not in again.url


def test_a_click_in_the_atlas_opens_that_pair(open_page) -> None:
    page = open_page("/chain_of_thought")
    chart = page.locator('[data-testid="stVegaLiteChart"]:has(canvas)').first
    chart.scroll_into_view_if_needed()
    wait_idle(page)
    written = page.get_by_text("The model writes:")
    before = written.inner_text()
    canvas = chart.locator("canvas")
    box = canvas.bounding_box()
    canvas.click(position={"x": box["width"] * 0.4, "y": box["height"] * 0.75})
    expect(written).not_to_have_text(before, use_inner_text=True, timeout=30_000)
    assert re.match(r"\d+ × \d+ = \d+\. The model writes:", written.inner_text())
    assert page.console_errors == []


def test_a_chapter_is_reached_from_the_map(open_page) -> None:
    page = open_page("/")
    page.locator("a.wb-card", has_text="Chain of thought").click()
    page.wait_for_url("**/chain_of_thought")
    wait_idle(page)
    assert page.locator("h1").first.inner_text() == "Chain of thought"
