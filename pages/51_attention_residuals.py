"""Chapter 5, second page: attention residuals. A layer chooses which earlier layers it reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch51 import claims, exercises, figures, probes, worked
from components.ui.chapters.ch51.worked import CALC
from components.ui.drawings.connections import Connection, show_connections
from components.ui.lazily import lazily
from components.ui.link import one_of
from components.ui.live import training
from components.ui.operand_boxes import last_allowed
from components.ui.page_records import rows_of
from components.ui.plots import dots

recipes = lazily("lab.recipes.attention_residuals")

page = Chapter("51_attention_residuals", CALC)
page.open()

# ---------------------------------------------------------------- a connection is cut


def chosen(reads: probes.Reads) -> tuple[Connection, int]:
    """The connection that is cut and the width that is drawn: as left or linked, or the first."""
    cuts = worked.named(reads)
    cut = page.kept("ch51_cut", *one_of([*cuts])) or " to ".join(worked.FIRST_CUT)
    weighed = page.kept("ch51_weighed", *one_of(worked.WIDTHS)) or worked.AMOUNT
    return cuts[cut], worked.WIDTHS.index(weighed)


def choose(cut: Connection, width: int) -> None:
    """What a reader chose in the figure, kept as guesses are: here, and in the address."""
    st.session_state["ch51_cut"] = worked.name_of(probes.reads_of(*worked.SUM), cut)
    st.session_state["ch51_weighed"] = worked.WIDTHS[width]


@page.section("connection", told=False, was=("threads", "whom"))
def one_connection_is_cut() -> None:
    asked = page.pair(digits=probes.MOST_DIGITS, slim=True)
    pair = last_allowed("ch51_last", asked, worked.SUM)
    reads, record = probes.reads_of(*pair), rows_of("threads.jsonl")
    cut, width = chosen(reads)
    show_connections(
        "ch51_connections",
        worked.cuts(pair, cut, record),
        cut,
        alt="The parts of a network of six layers, and how much each reads of all before it",
        width=width,
        on_change=choose,
    )
    if pair != worked.SUM:
        st.caption(worked.OF_YOUR_OWN)
    page.numbers("Connections", worked.connection_rows(reads, record))
    page.source()


page.prose("opening")
page.three_from_before("before_stream", "before_norm", "before_pieces")

# ---------------------------------------------------------------- 1. attention over depth


@page.section("sum")
def attention_over_depth() -> None:
    if page.guess("All queries are zero. The network then computes", worked.SAME, worked.SAME[0]):
        page.notice()
        page.source(
            "lab.model.residual.DepthStream.pattern",
            "lab.model.residual.DepthStream.mix",
            "lab.model.residual.PlainStream",
        )


page.prose("hand")

# ---------------------------------------------------------------- 2. whom a layer reads

page.prose("whom")


@page.section("cut")
def equal_shares() -> None:
    rows = rows_of("threads.jsonl")
    if not rows or not page.guess(
        "After training, the query of one part is set to zero. Which parts still do well?",
        worked.BEAR,
        lambda: worked.who_bears_it(rows),
        frame=worked.given_equal_shares(rows),
    ):
        return
    page.source(
        "lab.experiments.residual_ablations.measure_connections", "lab.interp.intervene.even_depth"
    )


# ---------------------------------------------------------------- 3. dilution


@page.section("growth")
def dilution() -> None:
    rows = rows_of("residuals.jsonl")
    if not rows or not page.guess(
        page.text("growth_question"),
        worked.GROWS,
        lambda: worked.left_of_it(rows),
        frame=worked.thinned_out(rows),
    ):
        return
    what = page.choose("diluted", "Contribution", worked.PARTS, worked.DILUTED, kind="list")
    points = worked.diluted_rows(rows, what)
    page.draw(
        figures.by_part(points, worked.readers_of(what)),
        alt=f"How much of what each later part reads was written by {what}",
    )
    page.notice()
    page.source("lab.experiments.attention_residuals_race.by_depth")


# ---------------------------------------------------------------- 4. the race


@page.section("race")
def the_race() -> None:
    runs = worked.race_runs()
    if not runs or not page.guess(
        "With three layers, after how many steps is attention over depth down to 1 wrong in 20?",
        worked.FASTER,
        lambda: worked.steps_of_the_others(runs),
        frame=worked.raced(runs),
    ):
        return
    what = page.choose("what", "Compare", [*claims.GOALS, worked.LOSS], kind="list")
    never = "" if what == worked.LOSS else worked.NEVER
    points = worked.race_points(runs, what)
    intervals = worked.race_intervals(runs, what)
    chart = figures.over_plain(points, intervals, "times the plain sum", never)
    page.draw(chart, alt=f"{what}: each point is one seed, by depth and residual connection")
    st.caption(dots.in_pairs(points, claims.ARMS["plain"], "value", by="depth", never=never))
    page.notice()
    page.source(
        "lab.experiments.attention_residuals_race.measure",
        "lab.experiments.attention_residuals_race.residual_cells",
        "lab.recipes.attention_residuals.with_arm",
    )


def train_with(arm: str) -> None:
    training.launch("ch51_live", {"residual": arm, **recipes.LIVE})


def run_name(arguments: Mapping[str, Any]) -> str:
    return claims.ARMS[arguments.get("residual", "plain")]


@page.section("live")
def race_them_yourself() -> None:
    with st.container(horizontal=True, gap="small"):
        for arm, words in worked.WITH.items():
            st.button(
                f"Train {words}",
                key=f"{page.prefix}train_{arm}",
                icon=":material/play_arrow:",
                on_click=train_with,
                args=(arm,),
            )
    rows = rows_of("residuals_live.jsonl")
    training.watch("ch51_live", run_name, worked.recorded_curves(rows) if rows else ())
    page.notice()


# ---------------------------------------------------------------- exercises

page.prose("exercises")


@page.section("ex_query")
def a_query_by_hand() -> None:
    exercises.a_query_by_hand(page)


@page.section("ex_thin")
def thin_threads() -> None:
    exercises.thin_threads(page)


page.link.knows(*(f"{page.prefix}{name}" for name in worked.REMOVED))
page.close("end", "read")
