"""All drawings together: they fit a phone in light and dark, and are saved in their order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import driver
from drawings_app import DRAWINGS
from drawings_saved import SVG, press, read, texts
from playwright.sync_api import Error, Locator

if TYPE_CHECKING:
    from drawings_visit import Drawings

pytest_plugins = ["drawings_visit"]

MORE_ROOM = {"waves": 24, "clocks": 24, "tape": 24}
"""Pixels beyond a drawing's right edge into which its numbers may reach; elsewhere 1."""

SIGNED_MAPS = ("growing", "kept")


def sticking_out(drawing: Locator, room: int) -> int:
    """How many elements reach further than so many pixels beyond the right edge."""
    return drawing.evaluate(
        """(root, room) => [...root.querySelectorAll('*')].filter(e =>
          e.getBoundingClientRect().right > root.getBoundingClientRect().right + room).length""",
        room,
    )


def warm_and_cold(canvas: Locator) -> list[int]:
    """How many pixels are orange, and how many blue."""
    return canvas.evaluate(
        """canvas => {
          const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          let [warm, cold] = [0, 0];
          for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 99) {
            if (data[i] > data[i + 2] + 60) warm++;
            if (data[i + 2] > data[i] + 60) cold++;
          }
          return [warm, cold];
        }"""
    )


def misfits(visit: Drawings) -> Iterator[str]:
    """A drawing that is dead is one too, and those after it are looked at all the same."""
    yield from driver.sideways_scroll(visit.page)
    for name in DRAWINGS:
        try:
            for what in misfits_of(name, visit.drawn(name)):
                yield f"{name}: {what}"
        except (AssertionError, Error) as error:
            yield f"{name}: {error}"


def misfits_of(name: str, drawing: Locator) -> Iterator[str]:
    if n := sticking_out(drawing, MORE_ROOM.get(name, 1)):
        yield f"{n} elements stick out"
    if name in SIGNED_MAPS:
        canvas = drawing.locator("canvas").first
        driver.wait_for(drawing.page, lambda: min(warm_and_cold(canvas)) > 100)
    if name == "generators":
        first, second = (side.bounding_box() for side in drawing.locator(".side").all())
        if not first or not second or second["y"] <= first["y"] + first["height"]:
            yield f"the second stands not below the first: {first}, {second}"


def test_all_drawings_fit_a_dark_phone(on_a_dark_phone: Drawings) -> None:
    assert [*misfits(on_a_dark_phone)] == []


def test_all_drawings_fit_a_light_phone_that_is_touched(on_a_touched_phone: Drawings) -> None:
    assert [*misfits(on_a_touched_phone)] == []


def test_drawings_and_a_chart_on_a_canvas_are_saved_in_the_order_of_the_page(
    drawings: Drawings,
) -> None:
    page, chart = drawings.page, drawings.page.get_by_test_id("stVegaLiteChart")
    chart.scroll_into_view_if_needed()
    chart.locator("canvas").wait_for()
    for name in ("waves", "clocks", "tape"):
        drawings.drawn(name)
    waves, clocks, tape, atlas = map(read, press(page, page.locator(".st-key-save"), 4))
    assert "the signal" in texts(waves) and "score" in texts(clocks)
    assert "learned" in texts(tape) and "Pull it apart" not in texts(tape)
    [image] = atlas.iter(f"{SVG}image")
    assert image.attrib["href"].startswith("data:image/png;base64,")
    assert float(image.attrib["width"]) > 300
