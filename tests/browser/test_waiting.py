"""How long a reader waits: for Home, and for the first sum of a server that has just started."""

from __future__ import annotations

import time

import pytest
from driver import ROOT, new_context, serve, watch

pytestmark = pytest.mark.timing


def seconds_to_see(page, url: str) -> float:
    began = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.locator(".arcs .sign").first.wait_for(timeout=30_000)
    return time.perf_counter() - began


def test_home_opens_within_two_seconds_from_a_warm_server(
    open_page, server: str, slowness: float
) -> None:
    open_page("/")
    page = open_page("/claims")
    assert min(seconds_to_see(page, server) for _ in range(3)) < 2.0 * slowness


def test_home_moves_as_soon_as_it_stands(browser_on_the_clock, open_page, server: str) -> None:
    """Against the whole of the writing, since a machine that draws slowly is late with all of it;
    how soon the sum stands is asked above."""
    open_page("/")
    context = browser_on_the_clock.new_context(viewport={"width": 1280, "height": 900})
    page = watch(context.new_page())
    shares: list[float] = []
    for _ in range(2):  # at the first visit the files of the book are fetched as well
        page.goto(server, wait_until="commit")
        page.locator(".arcs .sign").first.wait_for(timeout=30_000)
        began = time.perf_counter()
        page.locator(".arcs .arc:not(.later)").first.wait_for(timeout=30_000)
        moved = time.perf_counter() - began
        assert page.locator(".arcs .token.later").count() > 0  # it is still being written
        page.locator(".arcs .token.later").last.wait_for(state="detached", timeout=30_000)
        shares.append(moved / (time.perf_counter() - began))
    context.close()
    assert min(shares) < 0.5, shares


def test_the_first_sum_on_a_cold_server_comes_within_five_seconds(
    browser_on_the_clock, tmp_path, slowness: float
) -> None:
    with (tmp_path / "log").open("wb") as log, serve(ROOT / "Home.py", log) as url:
        context = new_context(browser_on_the_clock)
        page = watch(context.new_page())
        seconds_to_see(page, url)
        began = time.perf_counter()
        box = page.get_by_label("First number")
        box.fill("58")
        box.press("Enter")
        page.get_by_text("58 × 48 = 2784").wait_for(timeout=30_000)
        seconds = time.perf_counter() - began
        assert page.console_errors == []
        context.close()
    assert seconds < 5.0 * slowness
