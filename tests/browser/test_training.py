"""Chapter 1 in a real browser: a link leads to a moment of it, a newcomer guesses and trains there,
stops, races, reloads, leaves."""

from __future__ import annotations

import re
import time

import pytest
from driver import wait_idle
from own_sum import (
    a_sum_typed_there_is_the_sum_of_the_page,
    stays_at_the_top_and_leaves_the_buttons_free,
)
from playwright.sync_api import expect

from tests.ui.test_stop import book_at, free_port

PAGE = "/chain_of_thought"
SMALL = "ch10_d_model=32&ch10_n_layer=1&ch10_steps=400"
LONG = "ch10_steps=2000&ch10_d_model=128"
"""Minutes of training, and no test waits for its end."""

MOMENT = "at=forge&ch10_a=12&ch10_b=34&ch10_forge_to=9"

STEP = re.compile(r"step (\d+) of")


def lines(page) -> list[str]:
    """What the page says of each run."""
    return page.get_by_text(STEP).all_inner_texts()


def steps(page) -> list[int]:
    """How far each run on the page is."""
    return [int(found[1]) for line in lines(page) if (found := STEP.search(line))]


def ended(page, how: str) -> int:
    return sum(line.endswith(how) for line in lines(page))


def in_the_link(page, setting: str) -> None:
    """Wait until the page has taken a setting; while a run is polled it is seldom idle."""
    page.wait_for_function("setting => location.search.includes(setting)", arg=setting)


def train(page) -> None:
    button = page.get_by_role("button", name="Train", exact=True)
    button.scroll_into_view_if_needed()
    button.click()


def wait_for(page, true, seconds: float = 120.0) -> None:
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, lines(page)
        page.wait_for_timeout(100)


def goes_on(page) -> None:
    """Wait until the first run has made a step more."""
    wait_for(page, lambda: steps(page))
    before = steps(page)[0]
    wait_for(page, lambda: steps(page)[0] > before)


def stop(page) -> None:
    """Press the first Stop, and wait until the page says that the run has stopped."""
    before = ended(page, "Stopped.")
    page.get_by_role("button", name="Stop", exact=True).first.click()
    wait_for(page, lambda: ended(page, "Stopped.") > before)


@pytest.mark.slow
def test_a_reload_keeps_the_guesses_and_the_run_that_a_moment_of_the_page_has(open_page) -> None:
    """The link leads to a moment; a guess is made there, and a run started."""
    page = open_page(f"{PAGE}?{MOMENT}&{LONG}")
    a_moment_comes_back_where_it_was_copied(page)
    said, left = guessed_and_shown(page)
    train(page)
    a_setting_that_is_moved_leaves_the_run_alone(page)

    page.reload()
    page.get_by_text(f"You said {said}").wait_for()
    goes_on(page)
    stops = page.get_by_role("button", name="Stop", exact=True)
    wait_for(page, lambda: stops.count() >= 1)
    assert page.get_by_text("You are watching").count() == 0
    stop(page)

    wait_idle(page)
    assert page.get_by_text(f"You said {said}").count() == 1
    assert page.get_by_role("button", name="Show", exact=True).count() == left
    no_link_that_the_page_gives_away_has_a_guess(page)
    stays_at_the_top_and_leaves_the_buttons_free(page)
    a_sum_typed_there_is_the_sum_of_the_page(page, 12)
    page.set_viewport_size({"width": 390, "height": 900})
    stays_at_the_top_and_leaves_the_buttons_free(page)
    assert page.console_errors == []


def top(page) -> float:
    return page.evaluate("document.getElementById('sought').getBoundingClientRect().top")


def a_moment_comes_back_where_it_was_copied(page) -> None:
    assert 0 < top(page) < 300
    assert page.get_by_text("The forgery implies 1308").is_visible()
    assert page.get_by_role("button", name="Show", exact=True).count() > 0
    page.mouse.move(600, 400)
    page.mouse.wheel(0, -600)
    wait_for(page, lambda: top(page) > 300)


def guessed_and_shown(page) -> tuple[str, int]:
    """A guess that is made, and how many are still to be made once another has been shown."""
    pill = page.locator(".st-key-ch10_forge_guess button").last
    said = pill.inner_text()
    pill.click()
    page.get_by_role("button", name="Show", exact=True).first.click()
    page.get_by_text(f"You said {said}").wait_for()
    wait_for(page, lambda: "_shown=1" in page.url and "_guess=" in page.url)
    wait_idle(page)
    return said, page.get_by_role("button", name="Show", exact=True).count()


def a_setting_that_is_moved_leaves_the_run_alone(page) -> None:
    page.get_by_text("Width, layers, optimiser and seed").click()
    page.get_by_role("slider", name=re.compile("^Layers")).press("ArrowRight")
    in_the_link(page, "ch10_n_layer=")
    goes_on(page)
    assert page.get_by_text("of 2000").count() == 1 or page.get_by_text("of 2,000").count() == 1


def no_link_that_the_page_gives_away_has_a_guess(page) -> None:
    page.locator(".moment .copy").click()
    copied = page.locator(".moment .copied")
    expect(copied).not_to_have_value("")
    links = [copied.input_value()]
    assert [text for text in links if "at=forge" in text]
    assert not [text for text in links if "_guess=" in text or "_shown=" in text]


@pytest.mark.slow
def test_a_newcomers_path(open_page) -> None:
    page = open_page(PAGE)
    train(page)
    goes_on(page)
    stop(page)

    page.get_by_text("Width, layers, optimiser and seed").click()
    for name, smallest in (("Width, d_model", "ch10_d_model=32"), ("Layers", "ch10_n_layer=1")):
        page.get_by_role("slider", name=name).press("Home")
        in_the_link(page, smallest)
    box = page.get_by_role("spinbutton", name="Steps")
    box.fill("60")
    box.press("Enter")
    wait_idle(page)
    train(page)
    wait_for(page, lambda: len(steps(page)) == 2)
    page.locator(".st-key-ch10_style").get_by_role("radio", name="plain").click()
    in_the_link(page, "ch10_style=plain")
    train(page)
    wait_for(page, lambda: ended(page, "Done.") == 2, 300)
    assert page.console_errors == []

    race = [line for line in lines(page) if line.endswith("Done.")]
    errors = [int(re.findall(r"held out: ([\d,]+) error", t)[0].replace(",", "")) for t in race]
    better = race[errors.index(min(errors))].split(" — ")[0]
    page.locator(".st-key-ch10_trained").scroll_into_view_if_needed()
    page.locator(".st-key-ch10_trained input").click()
    page.get_by_role("option", name=better, exact=True).click()
    expect(page.get_by_text("The model writes:")).to_have_count(2, timeout=30_000)

    other = open_page("/" + page.url.split("/", 3)[3])
    assert "run=" in page.url and "ch10_steps=60" in page.url
    other.get_by_text("A run in this link has ended (done)").wait_for()
    other.get_by_text("Width, layers, optimiser and seed").click()
    assert other.get_by_role("spinbutton", name="Steps").input_value() == "60"
    assert other.get_by_text(STEP).count() == 3
    assert other.console_errors == []


@pytest.mark.slow
def test_a_reload_keeps_the_run_and_it_finishes(open_page) -> None:
    page = open_page(f"{PAGE}?{SMALL}")
    train(page)
    wait_for(page, lambda: steps(page))
    page.reload()
    wait_for(page, lambda: steps(page))
    wait_for(page, lambda: ended(page, "Done.") == 1)
    assert page.get_by_text("You are watching").count() == 0
    assert page.console_errors == []


@pytest.mark.slow
def test_a_closed_tab_ends_its_run(open_page) -> None:
    """After its grace of 20 s."""
    page = open_page(f"{PAGE}?{LONG}")
    train(page)
    wait_for(page, lambda: steps(page))
    watcher = open_page("/" + page.url.split("/", 3)[3], idle=False)
    watcher.get_by_text("You are watching a run").wait_for()
    watcher.wait_for_timeout(6000)  # who comes within 5 s of a close counts as its reload
    page.close()
    wait_for(watcher, lambda: ended(watcher, "Stopped.") == 1)


NOTE_SOCKETS = """
window.sockets = [];
window.WebSocket = class extends WebSocket {
  constructor(...asked) { super(...asked); sockets.push(this); }
};
"""


@pytest.mark.slow
def test_a_socket_that_is_dropped_in_mid_training_is_opened_again_and_nothing_is_lost(
    open_page,
) -> None:
    """The server lives: the page connects again by itself, to the same visit."""
    page = open_page(f"{PAGE}?{LONG}", first=NOTE_SOCKETS)
    train(page)
    goes_on(page)
    settings, dropped = page.url, page.evaluate("sockets.length")
    page.evaluate("sockets.at(-1).close()")
    page.wait_for_function(
        "n => sockets.length > n && sockets.at(-1).readyState === 1", arg=dropped
    )
    goes_on(page)
    assert page.url == settings and page.get_by_text("You are watching").count() == 0
    page.locator(".st-key-ch10_style").get_by_role("radio", name="plain").click()
    in_the_link(page, "ch10_style=plain")
    stop(page)


@pytest.mark.slow
def test_a_page_whose_server_was_killed_is_usable_again_once_one_is_back(enter, tmp_path) -> None:
    """On the same address: the page connects again by itself, with its settings, and says that its
    run is lost."""
    port = free_port()
    with book_at(port, tmp_path / "first") as (url, _):
        page = enter(f"{url}{PAGE}?{LONG}")
        wait_idle(page)
        train(page)
        wait_for(page, lambda: steps(page))
        settings = page.url.partition("&run=")[0]
    with book_at(port, tmp_path / "second"):
        page.get_by_text("A run in this link is not known here").wait_for(timeout=120_000)
        wait_idle(page)
        assert "run=" not in page.url and page.url.startswith(settings)
        train(page)
        wait_for(page, lambda: steps(page))
        in_the_link(page, "run=")
        stop(page)
