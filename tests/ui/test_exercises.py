"""The exercises as a reader meets them: untouched, solved, not solved, and with bad input."""

from __future__ import annotations

from itertools import combinations

import pytest
from streamlit.testing.v1 import AppTest

from components.ui import tokens
from components.ui.chapters.ch10 import exercises
from lab.data.problems import HELDOUT_FROM, split_value
from lab.exercises.chain_of_thought_exercises import (
    COVERED,
    FORM,
    MOST_PAIRS,
    ForgedDigit,
    HandWritten,
    PulledHead,
    grade_text,
    partners,
)

BAD = ["", "   ", "-1", "100", "3.5", "٣", "9" * 400, "<b>7</b>", "12\n13"]


def scene() -> None:
    """A page with prose of its own, so that these tests need no chapter's text."""
    import streamlit as st

    from components.ui.chapter import Chapter
    from components.ui.chapters.ch10 import exercises

    class Page(Chapter):
        def raw(self, section: str) -> str:
            return f"(the section {section})"

    page = Page("10_chain_of_thought")

    which = st.session_state["which"]

    @page.section(which)
    def exercise() -> None:
        if which == "ex_forge":
            exercises.forge_a_digit(page)
        elif which == "ex_cover":
            exercises.choose_pairs(page)
        elif which == "ex_head":
            exercises.find_the_adding_head(page)
        else:
            exercises.be_the_model(page)


def open_scene(which: str) -> AppTest:
    app = AppTest.from_function(scene, default_timeout=60)
    app.session_state["which"] = which
    return checked(app.run())


def checked(app: AppTest) -> AppTest:
    assert not app.exception
    return app


def said(app: AppTest) -> str:
    return " ".join(element.value for element in app.markdown)


def solved(app: AppTest) -> bool:
    return len(app.success) == 1 and "**Hint.**" not in said(app)


def html_of(app: AppTest) -> str:
    return " ".join(element.proto.body for element in app.get("html"))


# ---------------------------------------------------------------- forge a digit


def test_the_untouched_forgery_is_ten_short_of_the_mark_and_says_why() -> None:
    app = open_scene("ex_forge")
    assert "(the section ex_forge)" in said(app)
    assert not solved(app)
    assert "moved the answer by +10." in said(app)
    assert "counts tens. Which digit counts hundreds?" in said(app)


def test_a_forgery_of_one_hundred_is_accepted_and_two_hundred_is_not() -> None:
    app = open_scene("ex_forge")
    app.selectbox(key="ch10_ex_forge_at").set_value(12)
    app.select_slider(key="ch10_ex_forge_to").set_value(5)
    assert solved(checked(app.run()))
    app.select_slider(key="ch10_ex_forge_to").set_value(6)
    assert not solved(checked(app.run()))
    assert "you changed it by +2" in said(app)


def test_a_forgery_works_on_a_readers_own_sum() -> None:
    app = open_scene("ex_forge")
    app.text_input(key="ch10_ex_forge_a").set_value("62")
    app.text_input(key="ch10_ex_forge_b").set_value("57")
    app.selectbox(key="ch10_ex_forge_at").set_value(8)
    app.select_slider(key="ch10_ex_forge_to").set_value(5)
    assert solved(checked(app.run()))


@pytest.mark.parametrize("which", ["ex_forge", "ex_head"])
def test_a_bad_operand_gets_one_sentence(which: str) -> None:
    """One after another, as a reader types who does not know what is wanted."""
    app, silent = open_scene(which), list[str]()
    for text in BAD:
        app.text_input(key=f"ch10_{which}_a").set_value(text)
        if not refused(checked(app.run()), "0 to 99", 200):
            silent.append(text)
    assert silent == []


def refused(app: AppTest, needle: str, most: int) -> bool:
    """In one short sentence, without a word of praise, and nothing of it reaches HTML."""
    warnings = [warning.value for warning in app.warning]
    told = len(warnings) == 1 and len(warnings[0]) < most and needle in warnings[0]
    return told and not app.success and "<b>7" not in html_of(app)


def test_a_sum_that_the_model_gets_wrong_is_not_asked_about(monkeypatch) -> None:
    from lab.inference.transcript import Transcript

    wrong = Transcript("37*48=692+0841=6781$", 6, ((1.0,),) * 14, 1.0)
    monkeypatch.setattr(exercises, "write_sum", lambda run, a, b: wrong)
    for which in ("ex_forge", "ex_head"):
        app = open_scene(which)
        assert not app.success and "Choose another problem" in said(app)


HINTS = [
    (ForgedDigit(2, 0, 0, None), 8, "Write another digit"),
    (ForgedDigit(0, 3, 0, None), 10, "does not read this digit"),
    (ForgedDigit(1, -9, 10, 8), 7, "implies -90, but behind it the model changed 37 × 8"),
    (ForgedDigit(3, 1, 400, None), 13, "implies +1,000, but the sum went astray"),
    (ForgedDigit(1, 1, 10, None), 11, "counts tens"),
    (ForgedDigit(3, 1, 1000, None), 13, "counts thousands"),
    (ForgedDigit(2, 2, 200, None), 12, "changed it by +2"),
    (ForgedDigit(2, 1, None, None), 12, "implies +100"),
]


def test_the_hint_of_a_forgery_comes_from_where_the_answer_went() -> None:
    given = [(x, exercises.forgery_hint(forged, at, 37, 48)) for forged, at, x in HINTS]
    assert [(needle, hint) for needle, hint in given if needle not in hint] == []


def test_a_nine_that_counts_hundreds_cannot_grow() -> None:
    assert FORM.text(99, 10)[12] == "9"
    hint = exercises.forgery_hint(ForgedDigit(2, -1, -100, None), 12, 99, 10)
    assert "a 9 cannot grow" in hint


# ---------------------------------------------------------------- choose the pairs


def pairs_in(app: AppTest) -> list[str]:
    return (app.text_area(key="ch10_ex_cover_pairs").value or "").splitlines()


def write_pairs(app: AppTest, text: str) -> AppTest:
    app.text_area(key="ch10_ex_cover_pairs").set_value(text)
    return checked(app.run())


FIVE = next(
    five
    for five in combinations([b for b in partners(COVERED) if b // 10 != b % 10], MOST_PAIRS)
    if len(set("".join(f"{b:02d}" for b in five))) == 10
)
"""Partners of the number that show ten digits between them."""


def test_the_untouched_list_shows_one_digit_twice_and_the_hint_leads_on() -> None:
    app = open_scene("ex_cover")
    assert pairs_in(app) == ["37 48", "37 98"]
    assert not solved(app)
    assert "37 times 3 of the ten digits" in said(app)
    assert "the digit that leaves least choice" in said(app)
    assert not app.button, "nothing to press: the list is thought out"


def test_five_pairs_that_show_ten_digits_are_accepted_and_four_of_them_are_not() -> None:
    app = write_pairs(open_scene("ex_cover"), "\n".join(f"{b} 37" for b in FIVE))
    assert solved(app) and "in 5 pairs" in app.success[0].value
    app = write_pairs(app, "\n".join(f"37 {b}" for b in FIVE[1:]))
    assert not solved(app) and "37 times 8 of the ten digits" in said(app)


def test_five_pairs_that_show_a_digit_twice_hear_which() -> None:
    app = write_pairs(open_scene("ex_cover"), "37 48\n37 98\n37 86\n37 41\n37 24")
    assert not solved(app) and "4 and 8 are shown more than once" in said(app)


HELD = next((a, b) for a in range(100) for b in range(a, 100) if split_value(a, b) >= HELDOUT_FROM)


LISTS = [
    ("12 34\nseven", "Line 2, `'seven'`, cannot be read"),
    ("٣ 4", "Line 1"),
    ("-3 4\n1 100", "the first of 2, cannot be read"),
    ("9" * 400, "Line 1, `'999999999999…'`"),
    ("`<b>7</b>`", "Line 1, `''<b>7</b>''`"),
    (f"{HELD[0]} {HELD[1]}", f"{HELD[0]} × {HELD[1]} is held out"),
    ("\n".join(f"37 {b}" for b in partners(37)[:6]), "6 pairs are too many"),
]


def test_a_list_that_may_not_be_trained_on_says_so_and_is_not_accepted() -> None:
    app = open_scene("ex_cover")
    assert [x for x, needle in LISTS if not refused_first(write_pairs(app, x), needle)] == []


def refused_first(app: AppTest, needle: str) -> bool:
    """What is said first; more may follow on what else is amiss."""
    first = app.warning[0].value
    short = needle in first and len(first) < 200
    return short and not app.success and "<b>7" not in html_of(app)


def test_an_unreadable_line_keeps_a_full_cover_from_being_accepted() -> None:
    five = "\n".join(f"37 {b}" for b in FIVE)
    app = write_pairs(open_scene("ex_cover"), f"{five}\nseven")
    assert "37 times 10 of the ten digits" in said(app)
    assert not app.success and "Mend what is named above" in said(app)


# ---------------------------------------------------------------- pull out a head


def test_the_untouched_head_breaks_a_partial_product_and_the_hint_says_so() -> None:
    app = open_scene("ex_head")
    assert not solved(app)
    assert "the first wrong token is **37 × 8: units**" in said(app)
    assert "before the sum begins" in said(app)


def test_the_head_that_the_sum_alone_needs_is_accepted() -> None:
    app = open_scene("ex_head")
    app.select_slider(key="ch10_ex_head_head").set_value(1)
    assert solved(checked(app.run()))
    assert "product: hundreds" in app.success[0].value
    app.select_slider(key="ch10_ex_head_layer").set_value(5)
    assert not solved(checked(app.run()))
    assert "every token comes out right" in said(app)


def test_a_sign_that_went_wrong_is_told_from_a_number() -> None:
    assert "A sign went wrong" in exercises.head_hint(PulledHead(9), 0)


# ---------------------------------------------------------------- be the model


def answer(app: AppTest, text: str, number: int = 0) -> AppTest:
    app.text_input(key=f"ch10_ex_write_text_{number}").set_value(text)
    return checked(app.run())


def test_the_untouched_text_forgets_a_carry_and_hears_it() -> None:
    app = open_scene("ex_write")
    assert not solved(app)
    assert "it makes a carry, and yours is missing here" in said(app)
    assert html_of(app).count(' wb-bad"') == 1


def test_the_right_text_is_accepted_and_another_sum_begins_from_nothing() -> None:
    from lab.exercises.chain_of_thought_exercises import draw_sum

    app = open_scene("ex_write")
    assert solved(answer(app, FORM.text(*draw_sum(0))[FORM.prompt_length :]))
    checked(app.button(key="ch10_ex_write_another").click().run())
    assert not app.success and len(app.warning) == 1 and "empty" in app.warning[0].value
    assert solved(answer(app, FORM.text(*draw_sum(1)), 1))


def test_bad_text_gets_one_sentence_and_never_reaches_html() -> None:
    app = open_scene("ex_write")
    texts = ["", "٣", "692-0841", "<b>7</b>", "6" * 400, "²"]
    assert [text for text in texts if not refused(answer(app, text), "", 120)] == []


def test_a_text_that_goes_on_behind_its_end_is_refused_and_drawn_to_its_end() -> None:
    from lab.exercises.chain_of_thought_exercises import draw_sum

    app = answer(open_scene("ex_write"), FORM.text(*draw_sum(0)) + "77")
    assert not solved(app) and "and then goes on" in said(app)
    assert html_of(app).count('class="wb-token') == FORM.length


MISTAKES = [
    ("37*48=296+0841=6771$", "37 × 8: units", "front to back"),
    ("37*48=692+0841=6761$", "product: hundreds", "Look at product: tens"),
    ("37*48=792+0841=6771$", "37 × 8: units", "you have added one"),
    ("37*48=692+841=6771$", "37 × 40: units", "counts tens"),
    ("37*48=69+0841=6771$", "37 × 8: hundreds", "has 3 digits"),
    ("37*48=6920+0841=6771$", "the sign +", "too long"),
    ("37*48=692+0841", "the sign =", "Write on"),
    ("37*48=692+0841=9771$", "product: units", "on paper"),
]


def test_the_hint_names_the_place_and_the_mistake() -> None:
    vague: list[str] = []
    for text, where, needle in MISTAKES:
        found = grade_text(37, 48, text)
        wrote, hint = exercises.what_you_wrote(found, 37, 48), exercises.text_hint(found, 37, 48)
        if where not in wrote or needle not in hint:
            vague.append(f"{text}: {wrote} {hint}")
    assert vague == []


def test_no_hint_gives_the_right_token_away() -> None:
    """Over all wrong digits: neither the verdict nor the hint shows what is right."""
    right = FORM.text(37, 48)
    for position in range(FORM.prompt_length, FORM.length - 1):
        for digit in "0123456789":
            if not right[position].isdigit() or digit == right[position]:
                continue
            found = grade_text(37, 48, right[:position] + digit + right[position + 1 :])
            shown = exercises.what_you_wrote(found, 37, 48) + exercises.text_hint(found, 37, 48)
            where = tokens.place_of(position, FORM, 37, 48)
            shown = shown.replace(where, "").replace("37 × 40", "").replace("37 × 8", "")
            assert f"`{right[position]}`" not in shown


def test_a_right_text_has_no_hint() -> None:
    assert exercises.text_hint(HandWritten(), 37, 48) == ""
