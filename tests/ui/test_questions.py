"""A question from prose has one right option, and a sentence for each."""

from __future__ import annotations

from typing import Any

import pytest
from refused import not_refused
from streamlit.testing.v1 import AppTest

from components.ui.questions import Question, read_question


def scene() -> None:
    from components.ui.chapter import ask
    from components.ui.questions import read_question

    text = "How much is it?\n\n- *one* Too few.\n- **two** As it is.\n- *three* Too many.\n"
    ask(read_question(text), "ex_0")


def test_a_question_says_why_after_a_click_right_or_wrong() -> None:
    app = AppTest.from_function(scene, default_timeout=60).run()

    def said() -> str:
        assert not app.exception
        return " ".join(element.value for element in app.markdown)

    assert "As it is." not in said() and "Too few." not in said()
    app.button_group(key="ex_0").set_value("one").run()
    assert "Not so. Too few." in said()
    app.button_group(key="ex_0").set_value("two").run()
    assert "Yes. As it is." in said()


def test_a_question_has_one_right_option() -> None:
    cases: list[tuple[Any, ...]] = [
        (text, "one right option")
        for text in ["Which?\n\n- *a* No.\n- *b* No.", "Which?\n- **a** A.\n- **b** B."]
    ]
    assert not_refused(lambda text: read_question(text), cases) == []


def test_a_question_lacks_no_sentence() -> None:
    with pytest.raises(ValueError, match="'b' of 'Which\\?' has no sentence"):
        Question("Which?", ("a", "b"), "a", {"a": "Yes."})
    with pytest.raises(ValueError, match="not among the options"):
        Question("Which?", ("a",), "c", {"a": "Yes."})
