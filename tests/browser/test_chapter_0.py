"""Chapter 0 in a real browser: the film plays and is scrubbed there, and a run draws as it goes."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from driver import Sent, wait_for, wait_idle

from components.ui.chapters.ch00.probes import TICK, TICKS

PAGE = "/numpy_mlp"
RIGHT = re.compile(r"Right: (\d+) of 100")

EPOCHS, WHOLE = re.compile(r"right after (\d+) epochs\."), 2000
"""How far the live run is, and the most epochs that a reader may ask for."""

# The page asks for the next picture of a live run by a timer of its own. With this in place it does
# so only when the test lets it: a run cannot end before a test has looked.
HOLD_THE_TIMER = """(tick) => {
  const real = window.setInterval;
  window.ticks = 0;
  window.setInterval = (call, pause, ...rest) => Math.round(pause) !== tick
    ? real(call, pause, ...rest)
    : real(() => { if (window.ticks > 0 && window.ticks--) call(); }, pause);
}"""
ONE_TICK = "() => { window.ticks = 1; }"


def film(page, name: str):
    page.mouse.move(0, 0)  # a cell that is pointed at is told in place of the moment
    block = page.locator(f".st-key-{name}")
    block.locator(".said").filter(has_text=RIGHT).wait_for(state="attached")
    block.scroll_into_view_if_needed()
    return block


def said(block) -> str:
    return block.locator(".said").inner_text()


def how_far(page) -> int:
    """Epochs of the live run, 0 before it is there."""
    told = page.get_by_text(EPOCHS)
    found = EPOCHS.search(told.last.inner_text()) if told.count() else None
    return int(found[1]) if found else 0


def test_films_are_scrubbed_edges_picked_and_a_live_run_draws_each_part_of_it_and_stops(
    open_page,
) -> None:
    page = open_page(f"{PAGE}?ch00_epochs={WHOLE}&ch00_width=64&ch00_depth=2")
    the_table_fills_and_is_scrubbed_without_the_server(page)
    an_edge_and_an_example_are_picked_by_a_click(page)
    the_colour_of_the_edges_stays_as_chosen_after_a_step(page)
    a_live_run_draws_as_it_goes_and_is_stopped(page)
    assert page.console_errors == []


def the_table_fills_and_is_scrubbed_without_the_server(page) -> None:
    block = page.locator(".st-key-ch00_first")
    shown = block.locator(".said").filter(has_text="Right, shown: 90 of 90")
    shown.wait_for()
    assert block.locator(".grid .covered").count() == 10
    sent = Sent(page)
    slider = block.get_by_role("slider", name="Moment of the training")
    slider.press("Home")
    shown.wait_for(state="detached")
    slider.press("End")
    shown.wait_for()
    assert block.locator(".table .right").count() == 90
    block.get_by_role("button", name="gradients").click()
    assert block.get_by_role("button", name="gradients").get_attribute("aria-pressed") == "true"
    a_cell_lights_its_way_and_a_neuron_goes_dark(block)
    assert sent.messages == 0


def a_cell_lights_its_way_and_a_neuron_goes_dark(block) -> None:
    """By the keyboard, from the first cell on, and down the units to the first hidden one."""
    cells, units = block.locator(".table .grid > :not(.head)"), block.locator(".units > div")
    cells.first.press("ArrowRight")
    assert "0 × 1 = 0; it says 0. Forward: " in said(block)
    assert block.locator(".table .faint").count() == 99
    for _ in range(20):
        block.locator(".units > [tabindex='0']").press("ArrowDown")
    block.locator(".units > [tabindex='0']").press("Enter")
    assert said(block).startswith("Without neuron 0: ")
    lost = block.locator(".table .lost").count()
    assert lost > 0 and block.locator(".table .right").count() == 90 - lost
    units.nth(20).press(" ")
    assert block.locator(".table .lost").count() == 0


def an_edge_and_an_example_are_picked_by_a_click(page) -> None:
    block = film(page, "ch00_steps")
    edges = block.locator("canvas.edges")
    box = edges.bounding_box()
    edges.click(position={"x": box["width"] * 0.3, "y": box["height"] * 0.95})
    page.get_by_text(re.compile("Weight from the second digit 9")).first.wait_for()
    block.locator(".grid > [title^='3 × 4 =']").click()
    block.locator(".grid .asked[title^='3 × 4 = 12']").wait_for()


def the_colour_of_the_edges_stays_as_chosen_after_a_step(page) -> None:
    block = film(page, "ch00_steps")
    chosen = block.locator("[data-view][aria-pressed=true]")
    assert chosen.inner_text() == "gradients"
    block.get_by_role("button", name="weights").click()
    page.locator(".st-key-asks_ch00_blind .knob").press("Enter")  # moves the picture down
    page.get_by_text("You said").first.wait_for()
    for step in (1, 2):
        page.get_by_role("button", name="One batch").click()
        wait_for(page, lambda step=step: said(block).startswith(f"step {step}, "))
        wait_idle(page)
        assert chosen.inner_text() == "weights"
    assert "over the framed cells" in said(block) and "in the whole table" in said(block)


def a_live_run_draws_as_it_goes_and_is_stopped(page) -> None:
    """A picture for each tick, and each of them no more than one of so many parts of the run."""
    page.evaluate(HOLD_THE_TIMER, round(1000 * TICK))
    page.get_by_role("slider", name="Learning rate").press("ArrowLeft")
    page.get_by_role("button", name="Stop", exact=True).wait_for()
    wait_idle(page)
    drawn = [how_far(page)]
    for _ in range(4):
        before = said(film(page, "ch00_live_film"))
        page.evaluate(ONE_TICK)
        wait_for(page, lambda: how_far(page) > drawn[-1])
        wait_for(page, lambda before=before: said(film(page, "ch00_live_film")) != before)
        drawn.append(how_far(page))
    steps = [after - before for before, after in pairwise(drawn)]
    assert all(0 < step <= WHOLE // TICKS for step in steps), drawn
    page.get_by_role("button", name="Stop", exact=True).click()
    page.get_by_text("Stopped.").wait_for()
    wait_idle(page)
    page.evaluate(ONE_TICK)
    wait_idle(page)
    assert page.evaluate("window.ticks") == 1, "a timer goes on"


@pytest.mark.slow
def test_the_slider_of_the_valley_walks_it(open_page) -> None:
    page = open_page(f"{PAGE}?figure=valley&embed=true")
    valley = page.get_by_role("figure", name=re.compile("gutter with a level floor"))
    count = "e => e.querySelector('.js-plotly-plot')._fullData[1].x.length"
    wait_for(page, lambda: valley.locator(".slider-grip-rect").count() == 1)
    assert valley.evaluate(count) == 101
    grip = valley.locator(".slider-grip-rect").bounding_box()
    page.mouse.move(grip["x"] + 5, grip["y"] + 5)
    page.mouse.down()
    page.mouse.move(grip["x"] - 400, grip["y"] + 5)
    page.mouse.up()
    wait_for(page, lambda: 1 < valley.evaluate(count) < 100)
    assert page.console_errors == []


@pytest.mark.slow
def test_a_wild_run_is_explained_and_the_page_lives_on(open_page) -> None:
    query = "ch00_encoding=its+size&ch00_target=its+size&ch00_optimiser=sgd&ch00_rate=100.0"
    page = open_page(f"{PAGE}?{query}")
    page.get_by_text("It broke, and this is how it looks").wait_for()
    page.locator(".st-key-ch00_first .said").filter(has_text="90 of 90").wait_for()
    assert page.console_errors == []
