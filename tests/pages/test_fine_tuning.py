"""The reader's own mix on page 30: what it shows, what it starts, and what it says of a bad one."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from shown import ended, on_the_way
from streamlit.testing.v1 import AppTest

from components.ui.chapters.ch30 import probes
from components.ui.live import training
from lab.data.problems import Format, read_operands

PAGE = "30_curriculum"
KEYS = {part: f"ch30_mix_{part}" for part in probes.TUNED_PARTS}


def panel() -> None:
    from components.ui.chapter import Chapter
    from components.ui.chapters.ch30.probes import fine_tuning

    fine_tuning(Chapter("30_curriculum"))


@pytest.fixture
def opened() -> Callable[..., AppTest]:
    """The panel alone, its sliders at these places."""

    def open_panel(**mix: int) -> AppTest:
        return moved(AppTest.from_function(panel, default_timeout=300).run(), **mix)

    return open_panel


def moved(app: AppTest, **mix: int) -> AppTest:
    for part, amount in mix.items():
        app.slider(key=KEYS[part]).set_value(amount)
    app.run()
    assert not app.exception
    return app


def lines_of(app: AppTest) -> list[str]:
    return app.code[0].value.split("\n")


def test_the_panel_shows_lines_of_the_mix(opened: Any) -> None:
    app = opened(random=0, carries=0, zeros=100, rehearsed=0)
    numbers = [read_operands(line, Format("cot_reversed")) for line in lines_of(app)]
    assert len(numbers) == probes.N_SHOWN and all(min(pair) > 9 for pair in numbers)
    before = lines_of(app)
    app.number_input(key="ch30_mix_draw").set_value(1).run()
    assert lines_of(app) != before


def test_an_empty_mix_is_one_sentence_and_keeps_the_last_figure_and_starts_nothing(
    opened: Any,
) -> None:
    app = opened(zeros=100)
    shown = lines_of(app)
    moved(app, **dict.fromkeys(probes.TUNED_PARTS, 0))
    [said] = [warning.value for warning in app.warning]
    assert "give one a weight. What you see is the last mix that had something in it." in said
    assert lines_of(app) == shown
    assert [(b.disabled, b.help in said) for b in app.button] == [(True, True)] * 2
    moved(app, random=1)
    assert not app.warning and not any(b.disabled for b in app.button)


def test_the_buttons_start_the_mix_of_the_sliders_from_either_beginning(
    opened: Any, monkeypatch: Any, patches_what_is_never_kept: None
) -> None:
    started: list[Any] = []
    monkeypatch.setattr(
        training, "launch", lambda key, arguments, recipe: started.append((recipe, arguments))
    )
    app = opened(rehearsed=0)
    for button in ("ch30_tune", "ch30_scratch"):
        app.button(key=button).click().run()
    mix = {**probes.TUNED_USUAL, "rehearsed": 0}
    assert started == [("fine_tune", {**mix, "scratch": scratch}) for scratch in (False, True)]


def test_a_run_is_named_by_its_beginning_and_what_is_unusual_in_its_mix() -> None:
    assert probes.run_name({**probes.TUNED_USUAL, "scratch": False}) == "fine-tuned"
    unusual = {**probes.TUNED_USUAL, "rehearsed": 0, "zeros": 40, "scratch": True}
    assert probes.run_name(unusual) == "from scratch, zeros 40, no rehearsal"


def test_a_run_that_starts_again_starts_by_its_own_recipe(
    monkeypatch: Any, patches_what_is_never_kept: None
) -> None:
    started: list[Any] = []
    monkeypatch.setattr(training, "launch", lambda *given, keep: started.append((*given, keep)))
    monkeypatch.setattr(training, "remove", lambda key, run: None)
    run: Any = SimpleNamespace(
        spec=SimpleNamespace(recipe="fine_tune", arguments={"zeros": 1}, keep=False)
    )
    training.start_again("here", run)
    assert started == [("here", {"zeros": 1}, "fine_tune", False)]


def test_a_fine_tuning_goes_on_the_page_and_can_be_stopped(opened: Any) -> None:
    app = opened()
    app.button(key="ch30_tune").click().run()
    on_the_way(app)
    [stop] = [b for b in app.button if "_stop_" in str(b.key)]
    stop.click().run()
    ended(app, "Stopped.")
    assert any("1. fine-tuned" in m.value for m in app.markdown)
