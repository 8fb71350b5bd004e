"""Margin notes, and what Markdown becomes that has some."""

from components.ui.asides import (
    Aside,
    by_first_sentence,
    first_symbols,
    of_symbols,
    titled,
    with_asides,
)
from components.ui.book import PAGES
from components.ui.chapter import displayed, sections_of
from components.ui.notation import NOTATION, ON_PAGE

NOTE = Aside("Why care", ["One **fact**."])


def test_a_note_stands_behind_the_first_sentence_of_the_first_paragraph() -> None:
    text = "## A heading\n\n- a list\n\nWords. Others.\n\n$$x$$\n\nMore words."
    before, after = with_asides(text, [NOTE], "name").split(" <span", 1)
    assert before == "## A heading\n\n- a list\n\nWords."
    assert after.endswith("</span></span></span> Others.\n\n$$x$$\n\nMore words.")
    assert 'aria-describedby="aside-name-0"' in after and 'id="aside-name-0"' in after


def test_a_sentence_does_not_end_in_a_formula_code_brackets_or_emphasis() -> None:
    for first in (
        "It is $a. b$ here.",
        "So says `x. y`.",
        "One (see A. B. and others) does.",
        "**A title.** One sentence.",
        "[A link. Or two](https://a.b) leads on!",
        "A <span>term<span>It is. It does.</span></span> is one.",
    ):
        assert by_first_sentence(f"{first} The rest. And more.") == (first, "The rest. And more.")
    assert by_first_sentence("One alone") == ("One alone", "")


def test_without_a_paragraph_a_note_makes_one_and_without_a_note_nothing_changes() -> None:
    assert with_asides("- a\n- b", [NOTE], "name").startswith("- a\n- b\n\n<span")
    assert with_asides("Words.", [], "name") == "Words."


def test_a_symbol_is_explained_where_a_reader_meets_it_first() -> None:
    sections = {"before_a": "$z$", "one": "$x + y$", "one_why": "$x$", "two": "$y - z$"}
    assert first_symbols(sections) == {"one": ["x", "y"], "one_why": [], "two": ["z"]}
    assert of_symbols([], "03_one_block") == []
    assert [line[:3] for line in of_symbols(["x", "z"], "03_one_block")[0].lines] == ["$x$", "$z$"]


def test_a_page_says_of_a_symbol_what_it_means_there() -> None:
    (flash,), (other,) = (of_symbols(["m"], slug) for slug in ("50_flash_attention", "40_kv_cache"))
    assert flash.lines == ["$m$ the largest score so far"]
    assert "the largest score so far" in other.lines[0] and "ALiBi" in other.lines[0]
    for slug, symbols in ON_PAGE.items():
        met = {
            s
            for found in first_symbols(sections_of(PAGES / f"{slug}.md", (0, 0))).values()
            for s in found
        }
        assert symbols.keys() <= met & NOTATION.keys(), slug


def test_a_displayed_formula_is_set_in_display_size_and_one_among_words_is_not() -> None:
    assert displayed(r"$a$ $$\frac{a}{b}$$") == r"$a$ $$\displaystyle \frac{a}{b}$$"
    lines = r"$$\begin{aligned} a \\ b \end{aligned}$$"
    assert displayed(lines) == lines
    assert displayed(f"{lines}\n\n$$x$$") == f"{lines}\n\n$$\\displaystyle x$$"


def test_a_note_says_why_to_care_unless_it_begins_with_a_title_of_its_own() -> None:
    assert titled("A model has **many** heads.") == Aside(
        "Why care", ["A model has **many** heads."]
    )
    assert titled("**Measured, five seeds.** It is.") == Aside("Measured, five seeds", ["It is."])
