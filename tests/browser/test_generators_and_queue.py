"""The two generators and the queue in a real browser: at rest until asked, counted by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import driver
import pytest
from generators_app import GIVEN, N_SLOTS, TEXT, timelines, two_writings
from playwright.sync_api import Locator

Open = Callable[..., driver.BookPage]
N = len(TEXT) - GIVEN


@pytest.fixture(scope="module")
def app(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    path = tmp_path_factory.mktemp("generators") / "streamlit.log"
    script = driver.ROOT / "tests" / "browser" / "generators_app.py"
    with path.open("wb") as log, driver.serve(script, log) as url:
        yield url


@pytest.fixture
def open_drawings(app: str, enter: Callable[..., driver.BookPage]) -> Open:
    def open_one(width: int = 1280, dark: bool = False, touch: bool = False) -> driver.BookPage:
        page = enter(app, width, 1000, dark=dark, touch=touch)
        for name in ("generators", "queue"):
            said = page.locator(f".{name} .said").filter(has_text=re.compile(r"\S"))
            said.wait_for(state="attached")
        driver.wait_idle(page)
        return page

    return open_one


def counted(side: Locator, name: str) -> int:
    return int(side.locator(f".{name}").inner_text().replace(",", ""))


def check_side(side: Locator, s: int, written: int) -> None:
    """Counters and columns against a count by hand, when so many tokens are written."""
    clocked = two_writings()[s]
    assert counted(side, "pushed") == clocked.read[:written].sum()
    assert side.locator("g.computed").count() == clocked.read[written - 1]
    assert side.locator("g.kept").count() == GIVEN + written - 1 - clocked.read[written - 1]
    assert side.locator("g.none").count() == len(TEXT) - (GIVEN + written - 1)
    shown = side.locator(".text").inner_text()
    assert "".join(shown.split()) == TEXT[: GIVEN + written]


def check_generators(generators: Locator, *written: int) -> None:
    for s, side in enumerate(generators.locator(".side").all()):
        check_side(side, s, written[s])


def test_untouched_both_generators_have_ended_and_tell_what_it_took(open_drawings: Open) -> None:
    page = open_drawings()
    generators = page.locator(".generators")
    check_generators(generators, N, N)
    without, cached = two_writings()
    for side, clocked in zip(generators.locator(".side").all(), (without, cached), strict=True):
        assert side.locator(".seconds").inner_text() == f"{clocked.seconds.sum():.3f} s"
    ratios = generators.locator(".ratios b").all_inner_texts()
    assert ratios[0] == f"{without.read.sum() / cached.read.sum():.0f}×"
    assert ratios[2] == f"{without.seconds.sum() / cached.seconds.sum():.1f}×"
    assert page.console_errors == []


def test_a_token_at_a_time_both_stand_at_the_same_one(open_drawings: Open) -> None:
    page = open_drawings()
    generators = page.locator(".generators")
    generators.get_by_role("button", name="A token at a time").click()
    generators.get_by_label("One step back").click()
    check_generators(generators, N - 1, N - 1)
    scrub = generators.get_by_role("slider")
    scrub.fill("23")
    check_generators(generators, 23, 23)
    left = sum(range(GIVEN, GIVEN + 23))
    said = f"At token 23, {left} tokens have gone through the network without a cache, 32 with one."
    assert generators.get_by_role("status").inner_text() == said
    scrub.press("ArrowRight")
    check_generators(generators, 24, 24)


def test_as_measured_the_left_falls_behind_the_right(open_drawings: Open) -> None:
    page = open_drawings()
    generators = page.locator(".generators")
    clocks = [clocked.seconds.cumsum() for clocked in two_writings()]
    generators.get_by_role("slider").fill("40")
    pattern = r"After ([\d.]+) s, (\d+) tokens are written without a cache, (\d+) with one; "
    found = re.match(pattern, generators.get_by_role("status").inner_text())
    assert found is not None
    seconds, one, other = float(found[1]), int(found[2]), int(found[3])
    assert one + other == 40 and one < other
    for clock, written in zip(clocks, (one, other), strict=True):
        assert clock[written - 1] - 6e-4 <= seconds <= clock[written] + 6e-4
    check_generators(generators, one, other)
    assert generators.locator(".ratios b").all_inner_texts() == [str(other - one)]


def test_who_wants_no_motion_gets_steps_alone(open_drawings: Open) -> None:
    page = open_drawings()
    for name in ("generators", "queue"):
        assert page.locator(f".{name} .play").is_hidden()
        assert page.locator(f".{name}").get_by_label("One step back").is_visible()


def test_a_film_plays_when_it_is_asked_to_and_pauses(open_drawings: Open) -> None:
    page = open_drawings()
    page.emulate_media(reduced_motion="no-preference")
    for name in ("generators", "queue"):
        drawing = page.locator(f".{name}")
        scrub = drawing.get_by_role("slider")
        last = scrub.input_value()
        page.wait_for_timeout(300)
        assert scrub.input_value() == last
        drawing.get_by_role("button", name="Play").click()
        driver.wait_for(page, lambda scrub=scrub: int(scrub.input_value()) > 3)
        drawing.get_by_role("button", name="Pause").click()
        at = scrub.input_value()
        assert int(at) < int(last)
        page.wait_for_timeout(300)
        assert scrub.input_value() == at
    assert page.console_errors == []


def test_untouched_the_queue_is_served_and_the_shorter_timeline_is_the_shorter_bar(
    open_drawings: Open,
) -> None:
    queue = open_drawings().locator(".queue")
    widths = [box["width"] for f in queue.locator(".frame").all() if (box := f.bounding_box())]
    steps = [one.n_steps for one in timelines()]
    assert widths[1] / widths[0] == pytest.approx(steps[1] / steps[0], abs=0.01)
    for timeline, figure in zip(timelines(), queue.locator(".timeline").all(), strict=True):
        tokens = sum(bar.written for bar in timeline.bars)
        busy = sum(bar.end - bar.start for bar in timeline.bars)
        idle = f"{100 - 100 * busy / (timeline.n_steps * N_SLOTS):.0f}% of the slots idle"
        totals = f"{timeline.n_steps} steps, {tokens:,} tokens written, {idle}"
        assert figure.locator(".totals").inner_text() == totals
        assert figure.locator(".sum").count() == len(timeline.bars)
        assert figure.locator(".sum.runs").count() == 0


def test_the_cursor_of_a_queue_lists_the_sums_that_run(open_drawings: Open) -> None:
    queue = open_drawings().locator(".queue")
    for step in (0, 60):
        queue.get_by_role("slider").fill(str(step))
        for timeline, figure in zip(timelines(), queue.locator(".timeline").all(), strict=True):
            running = [bar.text for bar in timeline.bars if bar.start <= step < bar.end]
            names = ", ".join(text.split("=")[0] for text in running)
            assert figure.locator(".running").inner_text() == f"running: {names}"
            assert figure.locator(".sum.runs").count() == len(running)


def told(nth: int) -> str:
    bar = timelines()[1].bars[nth]
    return (
        f"{bar.text}: steps {bar.start + 1} to {bar.end}, read in {bar.reading}, "
        f"{bar.written} tokens written, slot {bar.slot + 1}, Continuous batching"
    )


def test_a_bar_tells_its_sum_while_a_hand_is_over_it(open_drawings: Open) -> None:
    page = open_drawings()
    queue = page.locator(".queue")
    queue.locator(".timeline").nth(1).locator(".sum").nth(9).hover()
    assert queue.locator(".pointed").inner_text() == told(9)
    queue.locator(".said").hover()
    assert queue.locator(".pointed").inner_text() == "Point at a bar to read its sum."


def test_a_bar_that_was_tapped_goes_on_telling_its_sum(open_drawings: Open) -> None:
    queue = open_drawings(width=390, touch=True).locator(".queue")
    queue.locator(".timeline").nth(1).locator(".sum").nth(4).tap()
    assert queue.locator(".pointed").inner_text() == told(4)


@pytest.mark.parametrize("dark", [False, True])
def test_the_drawings_of_the_cache_fit_a_phone(open_drawings: Open, dark: bool) -> None:
    page = open_drawings(width=390, dark=dark)
    assert driver.sideways_scroll(page) == []
    for name in ("generators", "queue"):
        wide = page.locator(f".{name}").evaluate(
            """root => [...root.querySelectorAll('*')].filter(e =>
              e.getBoundingClientRect().right > root.getBoundingClientRect().right + 1).length"""
        )
        assert wide == 0, name
    first, second = (f.bounding_box() for f in page.locator(".generators .side").all())
    assert first and second and second["y"] > first["y"] + first["height"]
    assert page.console_errors == []
