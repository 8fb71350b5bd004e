"""Chapter 2 as a reader sets it: figures are lab's own, and a bad link says what it drops."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np

from lab.checkpoint import load_run
from lab.positions import frequencies
from lab.ruler import on_the_tape, shifts

PAGE = "20_rope"
SUM = "37*48=692+0841=6771$"


def text_of(app: Any) -> str:
    return " ".join(element.value for element in app.markdown)


def drawn(app: Any, alt: str) -> dict[str, Any]:
    """The data of the first drawing on the page whose description says so."""
    found = [json.loads(element.proto.json) for element in app.get("bidi_component")]
    return next(data for data in found if alt in data.get("alt", ""))


def test_the_page_opens_whole_and_guesses_come_first(book: Any) -> None:
    app = book(PAGE)
    assert not app.exception
    assert "Shift is free" in text_of(app)
    assert "It is **not at all**" not in text_of(app)
    app = book(PAGE, reveal="1")
    assert not app.exception
    assert "It is **not at all**" in text_of(app) and "It is **the rotary one**" in text_of(app)


def test_the_clocks_turn_at_the_speeds_of_the_chosen_base(book: Any) -> None:
    app = book(PAGE, reveal="1")
    for base in (100, 3):
        app.select_slider(key="ch20_base").set_value(base).run()
        data = drawn(app, "hands of clocks")
        assert np.allclose(data["speeds"], frequencies(16, base).numpy(), atol=1e-6)


def test_the_tape_shows_the_chosen_head_of_the_rotary_run(book: Any) -> None:
    app = book(PAGE, reveal="1")
    app.button_group(key="ch20_head").set_value(2).run()
    app.button_group(key="ch20_layer").set_value(0).run()
    assert not app.exception
    side = drawn(app, "One sum on a tape")["sides"][0]
    model = load_run("rope_small").model
    pattern = on_the_tape(model, SUM, shifts(len(SUM), [7]), 0, 2).pattern[0]
    rows, columns = np.tril_indices(len(SUM))
    triangles = np.frombuffer(base64.b64decode(side["shifted"]["weights"]), np.uint8)
    shown = triangles.reshape(-1, len(rows))[7]
    assert np.abs(shown / 255 - pattern[rows, columns]).max() <= 1 / 255


def test_a_shuffle_is_drawn_anew_for_every_number(book: Any) -> None:
    app = book(PAGE, reveal="1")
    before = text_of(app)
    app.number_input(key="ch20_seed").set_value(5).run()
    assert not app.exception and text_of(app) != before


def test_a_link_with_nonsense_opens_the_defaults_and_says_so(book: Any) -> None:
    app = book(PAGE, ch20_base="-1", ch20_seed="1e9", ch20_colour="red", reveal="1")
    assert not app.exception
    said = " ".join(info.value for info in app.info)
    assert all(part in said for part in ("ch20_base=-1", "ch20_seed=1e9", "ch20_colour=red"))
    assert app.select_slider(key="ch20_base").value == 100


def test_a_run_of_ones_own_starts_with_the_settings_of_the_page(
    book: Any, monkeypatch: Any
) -> None:
    from components.ui import training

    started: list[dict[str, Any]] = []
    monkeypatch.setattr(training, "launch", lambda key, arguments: started.append(arguments))
    app = book(PAGE)
    app.select_slider(key="ch20_live_base").set_value(10).run()
    app.button(key="ch20_train_rotary").click().run()
    assert started == [{"encoding": "rotary", "base": 10.0, "packed": True, "steps": 600}]
