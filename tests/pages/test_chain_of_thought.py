"""Chapter 1 as a reader sets it; test_training.py has the panel that trains."""

from __future__ import annotations

from typing import Any

from shown import text_of

from lab.exercises.chain_of_thought_exercises import FORM

PAGE = "10_chain_of_thought"


def test_chapter_1_reveals_after_a_guess(book: Any) -> None:
    app = book(PAGE)
    assert "You said" not in text_of(app)
    app.button_group(key="ch10_fail_guess").set_value("over 90 in 100").run()
    assert not app.exception
    assert "You said **over 90 in 100**" in text_of(app)


def test_chapter_1_forgery_follows_the_chosen_digit(book: Any) -> None:
    app = book(PAGE)
    app.selectbox(key="ch10_forge_at").select_index(4).run()
    assert "The forgery implies" not in text_of(app)
    app.button_group(key="ch10_forge_guess").set_value("the true product").run()
    assert not app.exception
    assert "You said **the true product**" in text_of(app)
    assert "The forgery implies" in text_of(app)


def test_chapter_1_takes_a_forgery_from_a_link(book: Any) -> None:
    link = {"ch10_a": "12", "ch10_b": "34", "ch10_forge_to": "9"}
    app = book(PAGE, **link, ch10_forge_at="12 × 30: hundreds", reveal="1")
    assert not app.exception and not app.info
    place = app.selectbox(key="ch10_forge_at").value
    assert FORM.text(12, 34)[place:] == "30=8040$"
    assert "The forgery implies 1008, the truth is 408" in text_of(app)
