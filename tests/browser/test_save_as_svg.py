"""A section's figures, saved as SVG: files that stand alone and hold what the page shows."""

from __future__ import annotations

from collections.abc import Iterator

import driver
import pytest
from drawings_saved import SVG, press, read, size, texts
from playwright.sync_api import Download


@pytest.fixture(scope="module")
def rope(server: str, visitors: driver.Visitors) -> Iterator[driver.BookPage]:
    """Dark, so that a colour that is not the page's own shows; its first charts are drawn."""
    with visitors.door() as enter:
        page = enter(f"{server}/rope?reveal=1", dark=True)
        driver.wait_idle(page)
        for chart in page.get_by_test_id("stVegaLiteChart").all()[:4]:
            chart.scroll_into_view_if_needed()
            driver.wait_idle(page)
        yield page


def saved_of(page: driver.BookPage, section: str, n: int) -> list[Download]:
    """The n files that come when the button is pressed in the source of a figure."""
    source = page.locator(f".st-key-source_{section}_0")
    for fold in page.get_by_test_id("stExpander").filter(has=source).all():
        fold.locator("summary").first.click()
    source.locator("summary").first.click()
    place = page.locator(f".st-key-{section}_1_svg")
    place.wait_for(state="attached")
    driver.wait_idle(page)
    return press(page, place, n)


def test_a_section_saves_its_chart_as_a_file_that_needs_no_style_sheet(
    rope: driver.BookPage,
) -> None:
    [file] = saved_of(rope, "ch20_blind", 1)
    assert file.suggested_filename == "20_rope-blind-0.svg"
    root = read(file)
    width, height = size(root)
    assert width > 600 and height > 150
    assert "learned table, layer 1" in texts(root)
    bars = [p for p in root.iter(f"{SVG}path") if p.get("aria-roledescription") == "bar"]
    assert len(bars) == 6
    assert all(bar.attrib["fill"].startswith("rgb(") and bar.attrib["d"] for bar in bars)
    assert rope.console_errors == []


def test_a_section_saves_its_drawing_with_the_colours_of_the_page(rope: driver.BookPage) -> None:
    [file] = saved_of(rope, "ch20_turning", 1)
    assert file.suggested_filename == "20_rope-turning-0.svg"
    root = read(file)
    for words in ("query of =", "gap 7", "score, by the gap alone"):
        assert words in texts(root)
    hands = [line for line in root.iter(f"{SVG}line") if line.get("stroke-width") == "4px"]
    assert len({hand.attrib["stroke"] for hand in hands}) == 2
    paper = next(root.iter(f"{SVG}rect")).attrib["fill"]
    assert paper == rope.evaluate(
        "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    )
    assert rope.console_errors == []


def test_a_section_of_two_charts_saves_both_and_not_its_neighbours(rope: driver.BookPage) -> None:
    files = saved_of(rope, "ch20_scores", 2)
    assert [f.suggested_filename for f in files] == [f"20_rope-scores-{n}.svg" for n in range(2)]
    assert rope.console_errors == []
