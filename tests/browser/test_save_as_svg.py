"""A section's figures, saved as SVG: files that stand alone and hold what the page shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from xml.etree import ElementTree

import driver
import pytest
from playwright.sync_api import Download, Locator

SVG = "{http://www.w3.org/2000/svg}"


def press(page: driver.BookPage, within: Locator, n: int) -> list[Download]:
    """The n files that come when the button is pressed, in their order."""
    files: list[Download] = []
    page.on("download", lambda file: files.append(file))
    within.get_by_role("button", name="Save as SVG").click()
    driver.wait_for(page, lambda: len(files) >= n)
    within.get_by_text(f"{n} file").wait_for()
    return files


def saved_of(page: driver.BookPage, section: str, n: int) -> list[Download]:
    """The same, in the source of a figure."""
    place = page.locator(f".st-key-{section}_1_svg")
    place.wait_for(state="attached")
    for chart in page.get_by_test_id("stVegaLiteChart").all()[:4]:
        chart.scroll_into_view_if_needed()
        driver.wait_idle(page)
    page.get_by_test_id("stExpander").filter(has=place).last.locator("summary").click()
    driver.wait_idle(page)
    return press(page, place, n)


def read(file: Download) -> ElementTree.Element:
    root = ElementTree.parse(file.path()).getroot()
    for shape in root.iter():
        assert not {"class", "style"} & set(shape.attrib)
        assert "var(" not in str(shape.attrib) and "color(" not in str(shape.attrib)
    return root


def texts(root: ElementTree.Element) -> str:
    return " ".join("".join(text.itertext()) for text in root.iter(f"{SVG}text"))


def size(root: ElementTree.Element) -> tuple[float, ...]:
    return tuple(map(float, root.attrib["viewBox"].split()))[2:]


def test_a_section_saves_its_chart_as_a_file_that_needs_no_style_sheet(open_page) -> None:
    page = open_page("/rope?reveal=1")
    [file] = saved_of(page, "ch20_blind", 1)
    assert file.suggested_filename == "20_rope-blind-0.svg"
    root = read(file)
    width, height = size(root)
    assert width > 600 and height > 150
    assert "learned table, layer 1" in texts(root)
    bars = [p for p in root.iter(f"{SVG}path") if p.get("aria-roledescription") == "bar"]
    assert len(bars) == 6
    assert all(bar.attrib["fill"].startswith("rgb(") and bar.attrib["d"] for bar in bars)
    assert page.console_errors == []


def test_a_section_saves_its_drawing_with_the_colours_of_the_page(open_page) -> None:
    page = open_page("/rope?reveal=1", dark=True)
    [file] = saved_of(page, "ch20_clock", 1)
    assert file.suggested_filename == "20_rope-clock-0.svg"
    root = read(file)
    for words in ("query at 30", "Pair 1 of 0 to 7", "= sum of all matches"):
        assert words in texts(root)
    hands = [line for line in root.iter(f"{SVG}line") if line.get("stroke-width") == "4px"]
    assert len({hand.attrib["stroke"] for hand in hands}) == 2
    paper = next(root.iter(f"{SVG}rect")).attrib["fill"]
    assert paper == page.evaluate(
        "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    )
    assert page.console_errors == []


def test_a_section_of_two_charts_saves_both_and_not_its_neighbours(open_page) -> None:
    files = saved_of(open_page("/rope?reveal=1"), "ch20_clip", 2)
    assert [f.suggested_filename for f in files] == [f"20_rope-clip-{n}.svg" for n in range(2)]


@pytest.fixture
def app(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("drawings") / "streamlit.log"
    script = driver.ROOT / "tests" / "browser" / "drawings_app.py"
    with path.open("wb") as log, driver.serve(script, log) as url:
        yield url


def test_drawings_and_a_chart_on_a_canvas_come_in_the_order_of_the_page(
    app: str, enter: Callable[..., driver.BookPage]
) -> None:
    page = enter(app, 1280, 1000)
    page.locator(".save").wait_for()
    page.get_by_test_id("stVegaLiteChart").scroll_into_view_if_needed()
    driver.wait_idle(page)
    waves, clocks, tape, atlas = map(read, press(page, page.locator(".st-key-save"), 4))
    assert "the signal" in texts(waves) and "score" in texts(clocks)
    assert "learned" in texts(tape) and "Pull it apart" not in texts(tape)
    [image] = atlas.iter(f"{SVG}image")
    assert image.attrib["href"].startswith("data:image/png;base64,")
    assert float(image.attrib["width"]) > 300
