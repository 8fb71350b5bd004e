"""The scaffold of a page, on a small page made here: what is drawn, what is asked, what a link may
say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from components.ui.chapter import usual_kind

NAMES = ("first", "broken", "last")


def small_page(tossed: list[str]) -> None:
    """Three sections: one asks and has controls, one needs a run that is not there, one is plain.

    Each time the answer of its guess is computed, `tossed` grows by it.
    """
    import altair as alt
    import pandas as pd
    import streamlit as st

    from components.ui.chapter import Chapter
    from components.ui.loaded_models import loaded_run
    from components.ui.words import spelled

    prose = {
        "first": "A coin is tossed {calc:times} times.",
        "first_why": "Coins are like that.",
        "first_notice": "The figure has moved.",
        "broken": "This one needs a run.",
        "last": "The last one needs nothing.",
        "end": "All was said.",
    }

    class Small(Chapter):
        def raw(self, section: str) -> str:
            return prose[section]

    def toss() -> str:
        tossed.append("tails")
        return "tails"

    page = Small("03_one_block", {"times": lambda: spelled(3)})
    page.open()

    @page.section("first")
    def first() -> None:
        if not page.guess("Which side is up?", ("heads", "tails"), toss):
            return
        side = page.choose("side", "Side", ("up", "down"))
        many = page.number("many", "How many", 1, 9, 3)
        st.markdown(f"drawn: {many} {side}")
        data = pd.DataFrame({"x": [1.0, 2.0]})
        page.draw(alt.Chart(data).mark_point().encode(x="x:Q"), alt="Two points")
        page.notice()
        page.source("components.ui.words.spelled")

    @page.section("broken")
    def broken() -> None:
        loaded_run("no_such_run")
        st.markdown("drawn without its run")

    with page.deeper("the last one"):

        @page.section("last")
        def last() -> None:
            st.markdown(f"drawn: speed {page.choose('speed', 'Speed', (1, 2, 3))}")

    page.close("end")


def opened(tossed: list[str] | None = None, **query: str | list[str]) -> AppTest:
    kwargs = {"tossed": [] if tossed is None else tossed}
    app = AppTest.from_function(small_page, default_timeout=60, kwargs=kwargs)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def elements(block: Any) -> Iterator[Any]:
    """From the top of the page to its end."""
    for child in block.children.values():
        if hasattr(child, "children"):
            yield from elements(child)
        else:
            yield child


def reading(app: AppTest) -> list[str]:
    """The words and the keys of widgets, in the order of the page."""
    return [
        str(getattr(e, "key", None) or getattr(e, "value", "") or "") for e in elements(app.main)
    ]


def text_of(app: AppTest) -> str:
    return "\n".join(element.value for element in app.markdown)


def told(app: AppTest) -> str:
    return "\n".join(element.value for element in app.info)


# ---------------------------------------------------------------- from top to bottom


def test_a_section_is_its_prose_its_guess_its_controls_and_its_figure_in_that_order() -> None:
    seen = reading(opened(reveal="1"))
    order = [
        "A coin is tossed three times.",
        "ch03_first_guess",
        "The answer: **tails**.\n\nCoins are like that.",
        "ch03_side",
        "ch03_many",
        "drawn: 3 up",
        "**What to notice.** The figure has moved.",
        "The last one needs nothing.",
        "ch03_speed",
        "drawn: speed 1",
        "All was said.",
    ]
    places = [seen.index(what) for what in order]
    assert places == sorted(places)


def page_of_a_number(computed: list[str]) -> None:
    """A section whose title has a number; `computed` grows by each time that it is worked out."""
    from components.ui.chapter import Chapter

    class Small(Chapter):
        def raw(self, section: str) -> str:
            return "## 1. {calc:sides} sides\n\nA coin has them."

    def sides() -> str:
        computed.append("two")
        return computed[-1]

    page = Small("03_one_block", {"sides": sides})
    page.open()
    page.prose("sides")


def test_a_number_in_prose_is_worked_out_once() -> None:
    """The sidebar takes it from the heading: tests/ui/test_sidebar.py."""
    computed: list[str] = []
    app = AppTest.from_function(page_of_a_number, default_timeout=60, kwargs={"computed": computed})
    app.run()
    assert not app.exception and computed == ["two"]
    assert "## 1. two sides" in text_of(app)


@pytest.mark.usefixtures("unfolded")
def test_a_figure_is_drawn_with_what_it_shows_in_words_and_its_source_behind_it() -> None:
    app = opened(reveal="1")
    (chart,) = app.get("vega_lite_chart")
    assert chart.proto.alt == "Two points"
    blocks = [block.value for block in app.code]
    assert any(block.startswith("def spelled(") for block in blocks)
    assert any(block.endswith("?figure=first&embed=true") for block in blocks)


def test_code_and_data_come_when_their_fold_is_opened() -> None:
    app = opened(reveal="1")
    (fold,) = (fold for fold in app.expander if fold.label == "Code and data")
    assert not app.code and not fold.children
    app.session_state["source_ch03_first_0"] = True
    assert any(block.value.startswith("def spelled(") for block in app.run().code)


def test_a_run_that_is_not_there_is_one_sentence_and_the_next_section_is_drawn() -> None:
    app = opened()
    (warning,) = app.warning
    assert "needs a trained model that cannot be read here" in warning.value
    assert "no_such_run" in warning.value
    assert "This one needs a run." in text_of(app) and "without its run" not in text_of(app)
    assert "drawn: speed 1" in text_of(app)


def page_of_faults() -> None:
    """Each section fails in a way of its own, the last does not; the second reads a record."""
    import streamlit as st

    from components.ui.chapter import Chapter
    from components.ui.claims.claim import read_record
    from lab.records import ROOT

    class Small(Chapter):
        def raw(self, section: str) -> str:
            return f"Prose of {section}."

    page = Small("03_one_block")
    page.open()

    @page.section("broken")
    def broken() -> None:
        raise KeyError("a fault of the book's own")

    @page.section("older")
    def older() -> None:
        st.markdown(read_record(ROOT / "records/heads.jsonl")[0]["no_such_field"])

    @page.section("missing")
    def missing() -> None:
        read_record(ROOT / "records/no_such_record.jsonl")

    @page.section("sound")
    def sound() -> None:
        st.markdown("drawn to the end")

    page.close("end")


def test_whatever_fails_in_a_section_the_page_goes_on_below_it() -> None:
    app = AppTest.from_function(page_of_faults, default_timeout=60).run()
    (error,) = app.exception
    assert error.proto.type == "KeyError" and "the book's own" not in error.message
    text = text_of(app)
    assert [f"Prose of {name}." in text for name in ("older", "missing", "sound")] == [True] * 3
    assert "drawn to the end" in text and "Prose of end." in text
    older, missing = (element.value for element in app.info)
    assert "records/heads.jsonl lacks what it reads (KeyError)" in older
    assert "waits for records/no_such_record.jsonl: missing or damaged" in missing


# ---------------------------------------------------------------- guesses


def test_an_answer_is_not_computed_before_it_is_asked_for() -> None:
    tossed: list[str] = []
    app = opened(tossed)
    assert tossed == [] and "drawn: 3 up" not in text_of(app)
    assert not app.slider and "tails" not in text_of(app)
    app.button_group(key="ch03_first_guess").set_value("heads").run()
    assert tossed == ["tails"]
    assert "You said **heads**. The answer: **tails**.\n\nCoins are like that." in text_of(app)
    assert "drawn: 3 up" in text_of(app)
    app.button_group(key="ch03_first_guess").set_value("tails").run()
    assert "You said **tails**, which is right.\n\nCoins are like that." in text_of(app)


def test_a_reader_may_look_without_a_guess() -> None:
    app = opened()
    app.button(key="ch03_first_skip").click().run()
    assert not app.exception
    assert "The answer: **tails**.\n\nCoins are like that." in text_of(app)
    assert "drawn: 3 up" in text_of(app)


def address(app: AppTest) -> dict[str, Any]:
    """What the page's own address says, a reload's link."""
    return {k: v[-1] if isinstance(v, list) else v for k, v in app.query_params.items()}


def test_the_address_keeps_that_the_reader_was_shown_and_a_reload_finds_it() -> None:
    app = opened()
    app.button(key="ch03_first_skip").click().run()
    assert address(app) == {"ch03_first_shown": "1"}
    again = opened(**address(app))
    assert "The answer: **tails**." in text_of(again) and not again.info
    assert address(opened(ch03_first_shown="2")) == {}


def test_a_guess_in_the_address_is_the_readers_and_one_that_is_no_option_is_told() -> None:
    app = opened(ch03_first_guess="heads")
    assert "You said **heads**. The answer: **tails**." in text_of(app) and not app.info
    app = opened(ch03_first_guess="edge")
    assert "You said" not in text_of(app) and "drawn: 3 up" not in text_of(app)
    assert "ch03_first_guess=edge, which this page does not allow: it takes heads, tails" in told(
        app
    )
    assert address(app) == {}


def page_of_two_frames(asked: list[str]) -> None:
    """A number to be dragged to, then a row to be picked; `asked` grows by each answer computed."""
    import streamlit as st

    from components.ui.chapter import Chapter
    from components.ui.drawings.guess import Answer, Axis, Dragged, Picked

    class Small(Chapter):
        def raw(self, section: str) -> str:
            return f"Prose of {section}."

    def number() -> Answer:
        asked.append("number")
        return Answer(62, "median 62", "No more is known.")

    def row() -> str:
        asked.append("row")
        return "tails"

    page = Small("03_one_block")
    page.open()
    axis = Axis("of 160", 0, 160)

    @page.section("number")
    def dragged() -> None:
        frame = Dragged(axis, "heads")
        if page.guess("How many?", ("few", "many"), number, frame=frame):
            st.markdown("drawn: number")

    @page.section("row")
    def picked() -> None:
        frame = Picked(axis, lambda: {"heads": 1, "tails": 9})
        if page.guess("Which?", ("heads", "tails"), row, frame=frame):
            st.markdown("drawn: row")

    page.close("end")


def framed(asked: list[str], **query: str) -> AppTest:
    app = AppTest.from_function(page_of_two_frames, default_timeout=60, kwargs={"asked": asked})
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def sent_to_the_frames(app: AppTest) -> str:
    return " ".join(e.proto.json for e in app.main.get("bidi_component"))


def test_a_frame_computes_and_sends_its_answer_when_it_is_told_and_not_before() -> None:
    asked: list[str] = []
    app = framed(asked)
    sent = sent_to_the_frames(app)
    assert "How many?" in sent and "Which?" in sent
    assert asked == [] and "62" not in sent and "drawn" not in text_of(app)
    app = framed(asked, ch03_number_guess="110", ch03_row_guess="heads")
    assert asked == ["number", "row"] and "median 62" in sent_to_the_frames(app)
    assert (
        "You said **110**. The answer: **median 62**, 48 fewer than you said. No more is known."
        "\n\nProse of number_why."
    ) in text_of(app)
    assert "You said **heads**. The answer: **tails**." in text_of(app) and not app.info
    assert address(app) == {"ch03_number_guess": "110", "ch03_row_guess": "heads"}


def test_a_link_with_a_word_of_before_opens_the_answer_of_a_number() -> None:
    app = framed([], ch03_number_guess="many")
    assert "You said **many**. The answer: **median 62**." in text_of(app) and not app.info
    assert "drawn: number" in text_of(app)
    assert "You said **62**, which is right." in text_of(framed([], ch03_number_guess="62"))


@pytest.mark.parametrize("nonsense", ["161", "-1", "nan", "1e400", "", "٣", "zebra"])
def test_a_number_off_the_axis_is_told_and_is_no_guess(nonsense: str) -> None:
    app = framed([], ch03_number_guess=nonsense)
    assert "You said" not in text_of(app) and "drawn" not in text_of(app)
    assert "it takes a whole number from 0 to 160" in told(app) and address(app) == {}


def test_all_answers_are_shown_from_the_head_and_hidden_again() -> None:
    app = framed([])
    app.button(key="ch03_all_answers").click().run()
    assert address(app) == {"reveal": "1"}
    assert "drawn: number" in text_of(app) and "drawn: row" in text_of(app)
    assert app.button(key="ch03_all_answers").label == "Hide all answers"
    app.button(key="ch03_all_answers").click().run()
    assert address(app) == {} and "drawn" not in text_of(app)


def page_without_a_guess() -> None:
    from components.ui.chapter import Chapter

    page = Chapter("03_one_block")
    page.open()
    page.close()


def test_a_page_without_a_guess_has_no_answers_to_show() -> None:
    app = AppTest.from_function(page_without_a_guess, default_timeout=60).run()
    assert not app.exception and not app.button


@pytest.mark.usefixtures("unfolded")
def test_no_link_that_the_page_gives_away_says_what_the_reader_guessed() -> None:
    app = opened(ch03_first_guess="heads", ch03_first_shown="1", ch03_many="7")
    (link,) = [block.value for block in app.code if "?" in block.value]
    assert link.endswith("?ch03_many=7&figure=first&embed=true")


def test_a_link_to_a_section_comes_there_and_tells_its_guess() -> None:
    app = opened(at="first")
    assert "The answer: **tails**." in text_of(app) and not app.info
    (place,) = [e.proto.body for e in app.get("html") if 'id="sought"' in e.proto.body]
    assert "scrollIntoView" in place
    elsewhere = opened(at="last")
    assert "drawn: 3 up" not in text_of(elsewhere)
    assert [e for e in elsewhere.get("html") if 'id="sought"' in e.proto.body]
    assert told(opened(at="zebra" * 99)).startswith("The link leads to 'zebrazebra")
    assert not [e for e in opened().get("html") if 'id="sought"' in e.proto.body]


# ---------------------------------------------------------------- the link


def test_what_a_link_says_is_taken_and_kept_quiet_about() -> None:
    app = opened(reveal="1", ch03_side="down", ch03_many="7", ch03_speed="2")
    assert "drawn: 7 down" in text_of(app) and "drawn: speed 2" in text_of(app)
    assert not app.info


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("ch03_side", "sideways", "up, down"),
        ("ch03_side", "", "up, down"),
        ("ch03_many", "77", "a whole number from 1 to 9"),
        ("ch03_many", "٣", "a whole number from 1 to 9"),
        ("ch03_speed", "9", "1, 2, 3"),
    ],
)
def test_a_value_that_is_not_allowed_is_told_on_top_with_what_is(
    key: str, value: str, allowed: str
) -> None:
    app = opened(None, reveal="1", **{key: value})
    assert "drawn: 3 up" in text_of(app) and "drawn: speed 1" in text_of(app)
    (info,) = app.info
    assert f"The link said {key}={value}, which" in info.value
    assert f"it takes {allowed}." in info.value
    seen = reading(app)
    assert seen.index(info.value) < seen.index(key)


def test_a_value_that_came_twice_is_told_and_dropped() -> None:
    """A slider would take two numbers for a range."""
    app = opened(reveal="1", ch03_many=["5", "7"])
    assert "drawn: 3 up" in text_of(app) and "ch03_many=5&ch03_many=7, which" in told(app)
    assert address(app) == {"reveal": "1"}


def test_a_long_value_is_cut_short() -> None:
    assert f"ch03_side={'x' * 20}," in told(opened(reveal="1", ch03_side="x" * 400))


def test_an_unknown_name_is_told_at_the_top_once_no_guess_waits() -> None:
    """What stands behind a guess may know it: until then nobody can say."""
    app = opened(ch03_zebra="1", other="2")
    assert not app.info
    app.button_group(key="ch03_first_guess").set_value("tails").run()
    assert told(app) == "The link also said ch03_zebra=1, which this page does not know."
    seen = reading(app)
    assert seen.index(told(app)) < seen.index("A coin is tossed three times.")


# ---------------------------------------------------------------- one figure


def test_one_figure_alone_is_that_section_with_its_controls_and_a_way_to_the_book() -> None:
    tossed: list[str] = []
    app = opened(tossed, figure="first", ch03_many="7")
    assert "drawn: 7 up" in text_of(app) and app.get("vega_lite_chart")
    assert tossed == [] and not app.title and not app.expander
    for prose in ("A coin", "like that", "What to notice", "The last one", "All was said"):
        assert prose not in text_of(app)
    assert "drawn: speed" not in text_of(app) and not app.warning
    assert "From [One layer, one stream](one_block), a chapter of" in text_of(app)


def test_one_figure_from_a_folded_part_stands_open() -> None:
    app = opened(figure="last")
    assert "drawn: speed 1" in text_of(app) and not app.expander


@pytest.mark.parametrize("name", ["zebra", "", "x" * 400])
def test_a_figure_that_there_is_not_lists_those_that_there_are(name: str) -> None:
    app = opened(figure=name)
    assert told(app) == (f"This page has no figure {name[:40]!r}. It has {', '.join(NAMES)}.")
    assert "drawn" not in text_of(app)


# ---------------------------------------------------------------- kinds of controls


def test_numbers_slide_a_handful_of_words_lie_side_by_side_more_make_a_list() -> None:
    kinds: list[tuple[Any, str]] = [
        (range(64), "slider"),
        ((0.5, 1, 2), "slider"),
        (("one head", "two heads"), "segments"),
        (tuple("abcde"), "segments"),
        (tuple("abcdef"), "list"),
        (("1", 2), "segments"),
    ]
    assert [options for options, kind in kinds if usual_kind(options) != kind] == []
