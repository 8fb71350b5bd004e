"""Chapter 0 in a real browser: the film plays and is scrubbed there, and a run draws as it goes."""

from __future__ import annotations

import re

import pytest
from driver import wait_for, wait_idle

PAGE = "/numpy_mlp"
RIGHT = re.compile(r"Right: (\d+) of 100")


COUNT_CHANGES = """(element, milliseconds) => new Promise((done) => {
  let changes = 0;
  const watch = new MutationObserver(() => changes++);
  watch.observe(element, { childList: true, characterData: true, subtree: true });
  setTimeout(() => (watch.disconnect(), done(changes)), milliseconds);
})"""


def film(page, name: str):
    block = page.locator(f".st-key-{name}")
    block.locator(".said").filter(has_text=RIGHT).wait_for(state="attached")
    block.scroll_into_view_if_needed()
    return block


def said(block) -> str:
    return block.locator(".said").inner_text()


def how_many_right(block) -> int:
    found = RIGHT.search(said(block))
    assert found, said(block)
    return int(found[1])


def test_the_table_fills_and_is_scrubbed_without_the_server(open_page) -> None:
    page = open_page(PAGE)
    block = film(page, "ch00_first")
    assert how_many_right(block) == 100
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_text("Random start 1.").wait_for()
    wait_for(page, lambda: how_many_right(block) == 100)
    wait_for(page, lambda: block.get_by_role("button", name="Play").count() == 1)
    wait_idle(page)

    sent: list[str] = []
    page.context.new_cdp_session(page).send("Network.enable")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.webSocketFrameSent", lambda _: sent.append("frame"))
    slider = block.get_by_role("slider", name="Moment of the training")
    slider.press("Home")
    wait_for(page, lambda: how_many_right(block) < 20, 2)
    for _ in range(5):
        slider.press("ArrowRight")
    slider.press("End")
    wait_for(page, lambda: how_many_right(block) == 100, 2)
    assert block.locator(".grid .right").count() == 100
    block.get_by_role("button", name="gradients").click()
    assert block.get_by_role("button", name="gradients").get_attribute("aria-pressed") == "true"
    assert sent == []
    assert page.console_errors == []


def test_the_colour_of_the_edges_stays_as_chosen_after_a_step(open_page) -> None:
    page = open_page(PAGE)
    block = film(page, "ch00_steps")
    chosen = block.locator("[data-view][aria-pressed=true]")
    assert chosen.inner_text() == "gradients"
    block.get_by_role("button", name="weights").click()
    page.get_by_text("well below", exact=True).click()  # what is told moves the picture down
    page.get_by_text("You said").first.wait_for()
    for step in (1, 2):
        page.get_by_role("button", name="One batch").click()
        wait_for(page, lambda step=step: said(block).startswith(f"step {step}, "))
        wait_idle(page)
        assert chosen.inner_text() == "weights"
    assert "over the framed cells" in said(block) and "in the whole table" in said(block)
    assert page.console_errors == []


def test_plotly_is_fetched_where_the_valley_is_opened_and_nowhere_else(open_page) -> None:
    fetched = "() => performance.getEntries().some(e => e.name.includes('PlotlyChart'))"
    other = open_page("/claims")
    assert not other.evaluate(fetched)
    page = open_page(PAGE)
    assert not page.evaluate(fetched)
    page.get_by_text("Deeper: two ways into one valley").click()
    wait_for(page, lambda: page.evaluate(fetched))


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


def test_an_edge_and_an_example_are_picked_by_a_click(open_page) -> None:
    page = open_page(PAGE)
    block = film(page, "ch00_steps")
    edges = block.locator("canvas.edges")
    box = edges.bounding_box()
    edges.click(position={"x": box["width"] * 0.3, "y": box["height"] * 0.95})
    page.get_by_text(re.compile("Weight from the second digit 9")).first.wait_for()
    block.locator(".grid > [title^='3 × 4 =']").click()
    page.get_by_text("each digit of 3 × 4 = 12").wait_for()
    assert block.locator(".grid .asked").get_attribute("title").startswith("3 × 4 = 12")
    assert page.console_errors == []


def test_a_wild_run_is_explained_and_the_page_lives_on(open_page) -> None:
    query = "ch00_encoding=its+size&ch00_target=its+size&ch00_optimiser=sgd&ch00_rate=100.0"
    page = open_page(f"{PAGE}?{query}")
    page.get_by_text("It broke, and this is how it looks").wait_for()
    page.get_by_role("button", name="Train", exact=True).click()
    block = film(page, "ch00_first")
    wait_for(page, lambda: how_many_right(block) == 100)
    assert page.console_errors == []


@pytest.mark.timing
def test_a_live_run_draws_five_times_a_second_and_can_be_stopped(
    open_page, slowness: float
) -> None:
    page = open_page(f"{PAGE}?ch00_epochs=2000&ch00_width=64&ch00_depth=2")
    button = page.get_by_role("button", name="Train it", exact=True)
    button.scroll_into_view_if_needed()
    wait_idle(page)
    button.click()
    stop = page.get_by_role("button", name="Stop", exact=True)
    stop.wait_for()
    block = film(page, "ch00_live_film")
    draws = block.locator(".said").evaluate(COUNT_CHANGES, 4000)
    assert draws / 4 >= 5 / slowness
    stop.click()
    page.get_by_text("Stopped.").wait_for()
    wait_idle(page)  # no timer goes on
    assert page.console_errors == []
