"""The two generators and the queue in a real browser: at rest until asked, counted by hand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from drawings_generators import GIVEN, N_SLOTS, TEXT, timelines, two_writings
from playwright.sync_api import Locator

if TYPE_CHECKING:
    from drawings_visit import Drawings

pytest_plugins = ["drawings_visit"]

N = len(TEXT) - GIVEN


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


def test_untouched_both_generators_have_ended_and_tell_what_it_took(drawings: Drawings) -> None:
    generators = drawings.anew("generators")
    check_generators(generators, N, N)
    without, cached = two_writings()
    for side, clocked in zip(generators.locator(".side").all(), (without, cached), strict=True):
        assert side.locator(".seconds").inner_text() == f"{clocked.seconds.sum():.3f} s"
    ratios = generators.locator(".ratios b").all_inner_texts()
    assert ratios[0] == f"{without.read.sum() / cached.read.sum():.0f}×"
    assert ratios[2] == f"{without.seconds.sum() / cached.seconds.sum():.1f}×"


def test_a_token_at_a_time_both_stand_at_the_same_one(drawings: Drawings) -> None:
    generators = drawings.anew("generators")
    generators.get_by_role("button", name="A token at a time").click()
    generators.get_by_label("One step back").click()
    check_generators(generators, N - 1, N - 1)
    scrub = generators.get_by_role("slider")
    scrub.fill("23")
    check_generators(generators, 23, 23)
    left = sum(range(GIVEN, GIVEN + 23))
    said = f"At token 23, {left} tokens are read without a cache, 32 with one."
    assert generators.locator(".said").inner_text() == said
    scrub.press("ArrowRight")
    check_generators(generators, 24, 24)


def test_as_measured_the_left_falls_behind_the_right(drawings: Drawings) -> None:
    generators = drawings.anew("generators")
    clocks = [clocked.seconds.cumsum() for clocked in two_writings()]
    generators.get_by_role("slider").fill("40")
    pattern = r"After ([\d.]+) s, (\d+) tokens are written without a cache, (\d+) with one; "
    found = re.match(pattern, generators.locator(".said").inner_text())
    assert found is not None
    seconds, one, other = float(found[1]), int(found[2]), int(found[3])
    assert one + other == 40 and one < other
    for clock, written in zip(clocks, (one, other), strict=True):
        assert clock[written - 1] - 6e-4 <= seconds <= clock[written] + 6e-4
    check_generators(generators, one, other)
    assert generators.locator(".ratios b").all_inner_texts() == [str(other - one)]


def test_who_wants_no_motion_gets_steps_alone(drawings: Drawings) -> None:
    for name in ("generators", "queue"):
        drawing = drawings.anew(name)
        assert drawing.locator(".play").is_hidden()
        assert drawing.get_by_label("One step back").is_visible()


def stands_still(scrub: Locator, frames: int = 20) -> bool:
    """Whether it shows the same moment while so many frames are drawn; a film moves at each."""
    return scrub.evaluate(
        """async (scrub, frames) => {
          const before = scrub.value;
          for (let i = 0; i < frames; i++) await new Promise(requestAnimationFrame);
          return scrub.value === before;
        }""",
        frames,
    )


# Presses Pause at the first frame after this moment; what it then shows is `root.paused`.
PAUSE_AFTER = """(root, moment) => {
  root.paused = new Promise(done => {
    const [scrub, play] = ["scrub", "play"].map(name => root.querySelector(`.${name}`));
    const look = () => {
      if (play.textContent !== "Pause" || scrub.value <= moment) return requestAnimationFrame(look);
      play.click();
      done(scrub.value);
    };
    requestAnimationFrame(look);
  });
}"""


def test_a_film_plays_when_it_is_asked_to_and_pauses(drawings: Drawings) -> None:
    drawings.page.emulate_media(reduced_motion="no-preference")
    for name in ("generators", "queue"):
        drawing = drawings.anew(name)
        scrub = drawing.get_by_role("slider")
        last = scrub.input_value()
        assert stands_still(scrub)
        drawing.evaluate(PAUSE_AFTER, 3)
        drawing.get_by_role("button", name="Play").click()
        at = drawing.evaluate("root => root.paused")
        assert 3 < int(at) < int(last)
        assert drawing.get_by_role("button", name="Play").is_visible()
        assert stands_still(scrub) and scrub.input_value() == at


def test_untouched_the_queue_is_served_and_the_shorter_timeline_is_the_shorter_bar(
    drawings: Drawings,
) -> None:
    queue = drawings.anew("queue")
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


def test_the_cursor_of_a_queue_lists_the_sums_that_run(drawings: Drawings) -> None:
    queue = drawings.anew("queue")
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


def test_a_bar_tells_its_sum_while_a_hand_is_over_it(drawings: Drawings) -> None:
    queue = drawings.anew("queue")
    queue.locator(".timeline").nth(1).locator(".sum").nth(9).hover()
    assert queue.locator(".pointed").inner_text() == told(9)
    queue.locator(".said").hover()
    assert queue.locator(".pointed").inner_text() == "Point at a bar to read its problem."


def test_a_bar_that_was_tapped_goes_on_telling_its_sum(on_a_touched_phone: Drawings) -> None:
    queue = on_a_touched_phone.anew("queue")
    queue.locator(".timeline").nth(1).locator(".sum").nth(4).tap()
    assert queue.locator(".pointed").inner_text() == told(4)
