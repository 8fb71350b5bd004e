"""Chapter 5, second page: attention residuals. A layer chooses which earlier layers it reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from components.ui import tokens
from components.ui.chapter import Chapter
from components.ui.chapters.ch51 import claims, exercises, figures, probes, worked
from components.ui.chapters.ch51.probes import RUN
from components.ui.chapters.ch51.worked import CALC
from components.ui.drawings.threads import show_threads
from components.ui.lazily import lazily
from components.ui.live import training
from components.ui.operand_boxes import last_allowed
from components.ui.page_records import rows_of
from components.ui.plots import dots

residual = lazily("lab.model.residual")
depth = lazily("lab.interp.depth")
intervene = lazily("lab.interp.intervene")
experiment = lazily("lab.experiments.attention_residuals_race")
cut_connections = lazily("lab.experiments.residual_ablations")
recipes = lazily("lab.recipes.attention_residuals")

OF_A_SUM = ("whom",)
"""Sections that show the reader's own sum."""

page = Chapter("51_attention_residuals", CALC)
page.open()


def share_rows(found: probes.Shares) -> list[dict[str, Any]]:
    means = found.shares.mean(axis=0)
    return [
        {"read by": reader, **dict(zip(found.sources, map(float, row), strict=True))}
        for reader, row in zip(found.readers, means, strict=True)
    ]


@page.section("threads", needs=[RUN], told=False)
def who_reads_whom() -> None:
    found = probes.shares_of(*worked.SUM)
    show_threads(
        f"{page.prefix}threads",
        list(found.tokens),
        found.sources,
        found.readers,
        found.shares,
        alt="Every part of a network of six layers, and how much it reads of each contribution",
    )
    page.numbers("Shares over all tokens", share_rows(found))
    page.source(residual.DepthStream, depth.depth_shares)


page.prose("opening")
page.three_from_before("before_stream", "before_norm", "before_pieces")

# ---------------------------------------------------------------- 1. attention over depth


@page.section("sum", needs=[RUN])
def attention_over_depth() -> None:
    if page.guess("All queries are zero. The network then computes", worked.SAME, worked.SAME[0]):
        page.notice()
        page.source(residual.DepthStream.pattern, residual.DepthStream.mix, residual.PlainStream)


page.prose("hand")

# ---------------------------------------------------------------- 2. whom a layer reads

page.prose("whom")
pair = worked.SUM
if page.draws(*OF_A_SUM):
    pair = last_allowed(f"{page.prefix}last", page.pair(digits=probes.MOST_DIGITS), worked.SUM)


@page.section("whom", needs=[RUN], told=False)
def whom_it_reads() -> None:
    page.prose("whom_controls")
    weighed = page.choose("weighed", "A connection is as wide as", worked.WEIGHED)
    found = probes.shares_of(*pair)
    cut = show_threads(
        f"{page.prefix}whom",
        list(found.tokens),
        found.sources,
        found.readers,
        found.shares if weighed == worked.WEIGHED[0] else found.amounts,
        cuttable=True,
        compared=weighed == worked.WEIGHED[0],
        alt="How much each part reads of each contribution to your problem; any can be cut",
    )
    said = probes.write_with_cut(*pair, (cut.reading, cut.note) if cut else None)
    form = probes.form_of(*pair)
    marks = tokens.marks_of(said.text, form, *pair)
    st.html(tokens.strip(said.text, form, *pair, marks=marks, small=True))
    page.notice()
    page.source(depth.depth_shares, depth.depth_amounts, intervene.cut_connection)


@page.section("cut", needs=[RUN])
def which_digit_dies() -> None:
    rows = rows_of("threads.jsonl")
    if not rows or not page.guess(
        "After training, one part gets equal shares, as in a plain sum. Which parts still do well?",
        worked.BEAR,
        lambda: worked.who_bears_it(rows),
        frame=worked.given_equal_shares(rows),
    ):
        return
    page.prose("cut_controls")
    kind = page.choose("kind", "Count", list(worked.KINDS), words=worked.KINDS.__getitem__)
    page.draw(
        figures.threads(
            worked.wrong_when_cut(rows, kind),
            depth.readers_of(probes.config()),
            depth.sources_of(probes.config()),
        ),
        alt="The share that is wrong with one connection cut: parts down, contributions across",
    )
    page.notice()
    page.source(cut_connections.measure_connections, intervene.even_depth)


# ---------------------------------------------------------------- 3. how the stream grows


@page.section("growth")
def how_the_stream_grows() -> None:
    rows = rows_of("residuals.jsonl")
    if not rows or not page.guess(
        "How many times longer is the stream of the plain sum after the last of six layers than "
        "after the first?",
        worked.GROWS,
        lambda: worked.times_longer(rows),
        frame=worked.LONGER,
    ):
        return
    left, right = st.columns(2)
    with left:
        look = page.choose("look", "Size of", list(claims.LOOKS), kind="list")
    with right:
        n_layer = page.choose(
            "layers",
            "Network of",
            list(worked.DEPTHS),
            claims.DEEP,
            kind="segments",
            words=worked.DEPTHS.__getitem__,
        )
    page.draw(
        figures.by_layer(worked.layer_rows(rows, n_layer, look), worked.UNITS[look]),
        alt=f"{look} by layer, a line for each kind of residual connection",
    )
    page.notice()
    page.source(experiment.by_depth, experiment.gradient_by_layer)


# ---------------------------------------------------------------- 4. the race


@page.section("race")
def the_race() -> None:
    runs = worked.race_runs()
    if not runs or not page.guess(
        "Does attention over depth need fewer steps than the plain sum, at both depths?",
        worked.FASTER,
        lambda: worked.is_faster(runs),
    ):
        return
    what = page.choose("what", "Compare", [*claims.GOALS, worked.LOSS], kind="list")
    never = "" if what == worked.LOSS else worked.NEVER
    points = worked.race_points(runs, what)
    chart = figures.race(points, what, never)
    page.draw(chart, alt=f"{what}: each point is one seed, by depth and residual connection")
    st.caption(dots.in_pairs(points, claims.ARMS["plain"], "value", by="depth", never=never))
    page.table("Medians of the race", worked.summary(runs))
    page.notice()
    page.source(experiment.measure, experiment.residual_cells, recipes.with_arm)


def train_with(arm: str) -> None:
    training.launch("ch51_live", {"residual": arm, **experiment.LIVE})


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


@page.section("ex_thin", needs=[RUN])
def thin_threads() -> None:
    exercises.thin_threads(page)


page.close("end", "read")
