"""Chapter 6, third page: the error book. Does a network learn most from its own mistakes?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch62 import claims, exercises, figures, worked
from components.ui.chapters.ch62.worked import CALC
from components.ui.drawings.bet import COUNTS, allows, guess_in, show_bet
from components.ui.drawings.notebook import show_notebook
from components.ui.link import one_of
from components.ui.live import training
from components.ui.live.service import LiveRun
from components.ui.loaded_models import write_sum
from components.ui.operand_boxes import last_allowed
from components.ui.page_records import atlases, opening, rows_of
from components.ui.plots import dots
from components.ui.plots.drawn_once import show
from components.ui.plots.ends import from_zero
from lab.readings import Row

RECORD, NEAR = "error_book_2x2.jsonl", "error_book_4x4.jsonl"

page = Chapter("62_error_book", CALC)
page.open()
page.prose("opening")


def keep_counts(said: str) -> None:
    """What an evaluated token counts in the figure, here and in the address."""
    st.session_state[f"{page.prefix}counts"] = said


@page.section("bet", told=False, was=["race"])
def the_bet() -> None:
    rows = rows_of(RECORD)
    if not rows:
        return
    bet, key = worked.the_bet(rows), f"{page.prefix}bet"
    said = page.kept(f"{key}_guess", *allows(bet.n_round, bet.most))
    told = said is not None or page.is_shown(f"{key}_shown") or page.alone is not None
    page.asks, page.waits = True, page.waits or not told
    show_bet(
        key,
        bet,
        guess_in(said),
        told=told,
        again=not page.revealed and page.alone is None,
        counts=page.kept(f"{page.prefix}counts", *one_of([*COUNTS])) or worked.COUNTED,
        alt="Three ways to train, on one axis of tokens: below, what each is evaluated on and "
        "studies; above, pairs that its runs get wrong after each round, and the reader's guess",
        on_guess=partial(page.keep, key),
        on_show=partial(page.tell, key),
        on_again=partial(page.ask_again, key),
        on_counts=keep_counts,
    )
    if told:
        st.caption(page.text("bet_caption"))
        page.numbers("Validation pairs wrong, run by run", worked.bet_rows(rows))
        page.notice()
        page.source(
            "lab.experiments.error_book.mistakes", "lab.experiments.error_book.plan_of_round"
        )


@page.section("picks")
def what_each_way_reads() -> None:
    rows = rows_of(RECORD)
    if not rows:
        return
    found = worked.first_round(rows)
    st.html(figures.studied_key("Different pairs that each way reads in its first round"))
    page.draw(figures.studied(found), alt=worked.first_round_said(found))
    st.caption(page.text("picks_caption"))
    page.source("lab.statistics.different_of")


page.prose("why")
page.three_from_before("before_split", "before_seeds", "before_few")

# ---------------------------------------------------------------- 1. the rules


page.prose("rules")


def draw_runs(points: Sequence[Row], title: str, most: int, alt: str) -> None:
    """Problems wrong, a dot a run, and how often each way beats ordinary training. `most`: where
    the axis ends."""
    axis = from_zero([most])
    page.draw(dots.seeds(points, title, axis, "wrong", form=",.0f"), alt=alt)
    st.caption(dots.in_pairs(points, claims.ARMS["random_anew"], "wrong"))
    page.notice()


def draw_pairs(ways: Sequence[str], alt: str, *made_by: str) -> None:
    """What each of these ways leaves wrong of the test pairs, and what to notice."""
    if rows := rows_of(RECORD):
        points = worked.end_rows(claims.PAIRS, rows, ways)
        draw_runs(points, worked.of_test_pairs(rows), worked.MOST_WRONG, alt)
        page.source(*made_by)


with page.deeper("every way to pick, and what it leaves wrong"):

    @page.section("ways")
    def every_way_to_pick() -> None:
        alt = "Test pairs wrong at the end, a point for each seed"
        draw_pairs(worked.BOUNDED, alt, "lab.experiments.error_book.most_of")


# ---------------------------------------------------------------- 2. what stands in it


@page.section("kinds")
def what_stands_in_it() -> None:
    rows = rows_of(RECORD)
    if rows and page.guess(
        "In which number does the first mistake of a text stand most often?",
        tuple(worked.KINDS.values()),
        lambda: worked.most_frequent(rows),
        frame=worked.where_first(rows),
    ):
        page.table("Where the first mistake of a text stands", worked.kind_rows(rows))
        page.source("lab.experiments.error_book.kinds", "lab.inference.answers.answers_of")


@page.section("own")
def a_problem_of_your_own() -> None:
    """Nothing is computed before a reader types: the first problem is recorded."""
    known = opening(worked.TWIN)
    start = (known.a, known.b) if known else (worked.A, worked.B)
    typed = page.pair("own", a=str(start[0]), b=str(start[1]))
    a, b = last_allowed(f"{page.prefix}own_last", typed, start)
    written = known.written if known and (a, b) == start else write_sum(worked.TWIN, a, b)
    page.draw(
        figures.written(worked.token_rows(written, a, b)),
        alt=f"Each token of {a} × {b} as the network writes it, and its probability",
    )
    st.markdown(worked.said_of(written, a, b))
    if known:
        st.caption(page.text("own_caption"))
    page.source("lab.inference.answers.answers_of")


# ---------------------------------------------------------------- 3. do they come back?


@page.section("ledger")
def do_they_come_back() -> None:
    rows = rows_of(RECORD)
    if not rows or not page.guess(
        "Of the mistakes of the first round, how many are wrong after the last round?",
        worked.BACK,
        lambda: worked.back_in_percent(rows),
        frame=worked.COMING_BACK,
    ):
        return
    page.draw(
        figures.ledger(worked.ledger(rows)),
        alt="The share of the mistakes noted in a round that is wrong after it and in later rounds",
    )
    page.notice()
    page.source("lab.experiments.error_book.ask_again")


@page.section("notebook")
def a_page_of_mistakes() -> None:
    rows = rows_of(RECORD)
    if not rows:
        return
    found = worked.notebook(rows)
    if not found:
        st.info("The error book of this run is empty: it got every problem of its pools right.")
        return
    show_notebook(
        f"{page.prefix}notebook",
        found,
        worked.n_rounds(rows),
        alt="Mistakes of a network as a notebook, round by round: noted, studied, evaluated again",
    )
    st.caption(page.text("notebook_caption"))
    page.source("lab.experiments.error_book.rounds_of", "lab.inference.answers.answers")


# ---------------------------------------------------------------- 4. what counts more


@page.section("variety")
def what_counts_more() -> None:
    rows = rows_of(RECORD)
    if rows and page.guess(
        "Fresh pairs, as many a round as ordinary training reads: how many test pairs stay wrong?",
        worked.NUMBER,
        lambda: worked.left_by_the_number(rows),
        frame=worked.to_be_left(rows),
    ):
        alt = "Test pairs wrong at the end, for ways that differ in what else is read"
        draw_pairs(worked.SUSPECTS, alt, "lab.experiments.error_book.sizes_for")


# ---------------------------------------------------------------- 5. near the end


@page.section("near")
def near_the_end() -> None:
    rows = rows_of(NEAR)
    if not rows or not page.guess(
        f"The network gets {worked.wrong_near(rows)} of {worked.asked_near(rows):,} test problems "
        "wrong. How many after it has studied its mistakes?",
        worked.LEVEL,
        lambda: worked.left_near(rows),
        frame=worked.to_be_left_near(rows),
    ):
        return
    draw_runs(
        worked.end_rows(claims.NEAR, rows, worked.NEAR_THE_END),
        f"test problems wrong at the end, of {worked.asked_near(rows):,}",
        worked.MOST_WRONG_NEAR,
        "Problems of four by four digits wrong at the end, a point for each run of each way",
    )
    page.source("lab.experiments.error_book.count_steps", "lab.experiments.error_book.mistakes")


# ---------------------------------------------------------------- 6. wrong before, or lost


@page.section("fates")
def wrong_before_or_lost() -> None:
    rows = rows_of(RECORD)
    if not rows:
        return
    draw_runs(
        worked.lost_rows(rows),
        f"wrong at the end, of {worked.right_at_first(rows):,} test pairs right at the start",
        worked.LOST_MOST,
        "Test pairs that were right at the start and are wrong at the end, a point a seed",
    )
    page.source("lab.experiments.error_book.before_and_after")


# ---------------------------------------------------------------- 7. live


def study(pairs: Sequence[tuple[int, int]]) -> None:
    training.launch("ch62_live", {"pairs": [[a, b] for a, b in pairs]}, recipe="study")


@page.section("live")
def study_on_your_screen() -> None:
    atlas = atlases().get("few_pairs")
    if atlas is None:
        return
    book = worked.wrong_pairs(atlas)
    if not book:
        st.info("The network gets every pair right that it may study: its error book is empty.")
        return
    left, right = st.columns(2)
    with left:
        what = worked.READS[
            page.choose("what", "It is trained on", tuple(worked.READS), kind="list")
        ]
    with right:
        n = 0 if what == "random_anew" else page.choose("n", "Number of pairs", worked.BOOKS, 80)
    st.button(
        "Study",
        key=f"{page.prefix}study",
        icon=":material/play_arrow:",
        on_click=study,
        args=(worked.to_read(atlas, what, n),),
    )

    def name_of(arguments: Mapping[str, Any]) -> str:
        pairs = {(int(a), int(b)) for a, b in arguments.get("pairs", ())}
        if not pairs:
            return claims.ARMS["random_anew"]
        arm = "own_mistakes" if pairs <= set(book) else "random_matched"
        return f"{claims.ARMS[arm]}, {len(pairs)}"

    def the_book(runs: Sequence[LiveRun], names: Sequence[str]) -> None:
        asked = [(run, name) for run, name in zip(runs, names, strict=True) if run.checks]
        if asked:
            show(
                figures.left(worked.book_rows(book, asked)),
                "Of all problems in the error book, how many each run writes right by now",
            )

    rows = rows_of(RECORD)
    ghosts = worked.recorded_curves(rows, worked.task().steps) if rows else ()
    training.watch("ch62_live", name_of, ghosts, also=the_book)
    page.notice()
    page.source("lab.recipes.live.study")


page.box("Outside this book", "care")
page.prose("sure")

# ---------------------------------------------------------------- exercises

page.prose("exercises")


@page.section("ex_like")
def a_neighbour() -> None:
    exercises.a_neighbour(page)


@page.section("ex_cost")
def what_asking_costs() -> None:
    exercises.what_asking_costs(page)


page.close("end", "read")
