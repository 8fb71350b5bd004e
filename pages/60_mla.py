"""Chapter 6, first page: latent attention. How little of a token need be kept?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from components.ui import tokens
from components.ui.chapter import Chapter
from components.ui.chapters.ch60 import exercises, figures, probes, worked
from components.ui.chapters.ch60.worked import CALC
from components.ui.drawings.bracket import show_bracket
from components.ui.drawings.strip import Strip, show_strip
from components.ui.live import training
from components.ui.operand_boxes import last_allowed
from components.ui.page_records import rows_of
from components.ui.plots import dots

page = Chapter("60_mla", CALC)
page.open()


@page.section("bracket", told=False, was=["strip"])
def where_the_bracket_stands() -> None:
    show_bracket(
        f"{page.prefix}bracket",
        worked.shown(),
        headline=page.text("bracket_headline"),
        alt="A query, a matrix and a cache as coloured numbers, and the bracket between them",
    )
    page.source("lab.model.attention.mla.AbsorbedLatentAttention")


page.prose("opening")
page.prose("share")
page.three_from_before("before_kept", "before_turn", "before_rank")


@page.section("absorb")
def a_key_that_is_never_made() -> None:
    page.source(
        "lab.model.attention.mla.LatentAttention.attend",
        "lab.model.attention.mla.AbsorbedLatentAttention.attend",
    )


@page.section("apart")
def two_heads() -> None:
    latent, own = worked.two_patterns()
    text = worked.bracket_text()
    left, right = st.columns(2)
    with left:
        page.draw(figures.pattern(latent, text), alt="Where a head with latents looks")
    with right:
        page.draw(figures.pattern(own, text), alt="Where a head with keys of its own looks")
    page.notice()
    page.source("lab.published.cache_size.Latent.operations_read")


# ---------------------------------------------------------------- 4. squeeze


@page.section("squeeze")
def squeeze() -> None:
    asked = page.pair(digits=probes.SQUEEZED_DIGITS, a=str(worked.SUM[0]), b=str(worked.SUM[1]))
    pair = last_allowed(f"{page.prefix}last", asked, worked.SUM)
    if not page.guess(
        "As directions are dropped, what goes wrong first in your problem?",
        worked.FIRST,
        lambda: worked.first_to_fall(*pair),
    ):
        return
    page.prose("squeeze_controls")
    rank = page.choose(
        "directions",
        "Directions that are kept",
        probes.RANKS[::-1],
        worked.first_broken(*worked.SUM),
    )
    along = probes.along_directions(*pair, 0)
    kept = Strip("directions of the latent", along, [("direction", len(along))], kept=rank)
    show_strip(
        f"{page.prefix}squeezed",
        [kept],
        alt="The latent of the first token along its directions, those dropped hollow",
        seconds=0.0,
    )
    form, text = probes.form_of(*pair), probes.squeezed(*pair)[rank]
    marks = tokens.marks_of(text, form, *pair)
    st.html(tokens.strip(text, form, *pair, marks=marks, small=True))
    page.draw(
        figures.falls(worked.fall_rows(*pair), rank),
        alt="The share of wrong tokens by the directions that are kept, a line for each kind",
    )
    page.notice()
    page.source("lab.interp.latents.squeeze", "lab.interp.latents.directions")


@page.section("breaks")
def which_break_first() -> None:
    rows = rows_of("squeezed.jsonl")
    if not rows or not page.guess(
        f"How many of {worked.sizes().rank} directions are left when the median problem breaks?",
        worked.BREAKS_AT,
        lambda: worked.median_break(rows),
        frame=worked.BREAKING,
    ):
        return
    page.draw(
        figures.breaks(worked.broken_rows(rows)),
        alt="Problems by the directions with which they break",
    )
    page.notice()
    page.source("lab.experiments.squeezed.breaks")


@page.section("long")
def longer() -> None:
    asked = page.pair("long", digits=probes.MOST_DIGITS, a="37481920", b="61525384")
    own = last_allowed(f"{page.prefix}last_long", asked, (37481920, 61525384))
    form, said = probes.form_of(*own), probes.write_problem(*own)
    marks = tokens.marks_of(said.text, form, *own)
    st.html(tokens.strip(said.text, form, *own, marks=marks, small=True))
    if rows := rows_of("long_sums.jsonl"):
        page.draw(
            figures.by_digits(worked.length_rows(rows)),
            alt="The share of problems wrong by the digits of both numbers, a line a network",
        )
        page.notice()
    page.source("lab.experiments.lengths.clipped", "lab.experiments.lengths.limited")


@page.section("cause")
def is_it_the_latents() -> None:
    rows = worked.race_rows()
    if not rows or not page.guess(
        f"How many of {worked.asked_in_race(rows):,} problems are wrong with latents and a dense "
        "FFN, in the median of five seeds?",
        worked.HELP,
        lambda: worked.wrong_with_latents(rows),
        frame=worked.to_be_wrong(rows),
    ):
        return
    points, axis = worked.race_points(rows), worked.race_axis(rows)
    page.draw(
        dots.seeds(points, axis.label, worked.drawn(axis), "wrong", said=["errors"], form=",.0f"),
        alt="Wrong problems of four small networks, a point for each seed",
    )
    st.caption(dots.in_pairs(points, points[0]["arm"]))
    page.notice()
    page.source("lab.experiments.latent_experts_race.measure")


# ---------------------------------------------------------------- 7. a regulariser?


@page.section("rank", was=["ratios"])
def is_low_rank_a_regulariser() -> None:
    rows = rows_of("low_rank.jsonl")
    if not rows or not page.guess(
        f"Trained on a fifth of all pairs, how many of {worked.held_out(rows):,} held-out pairs do "
        f"{worked.SMALLER} leave wrong?",
        worked.LOW_RANK_HELPS,
        lambda: worked.left_by_small_latents(rows),
        frame=worked.to_be_left(rows),
    ):
        return
    page.draw(
        figures.by_taught(worked.rank_points(rows)),
        alt="Errors on held-out and on training pairs, by the share of all pairs trained on",
    )
    page.notice()
    page.draw(figures.ratios(worked.ratio_rows()), alt="Every ratio of this page with its interval")
    page.source("lab.experiments.low_rank.ranked")


page.prose("lost")


def train_with(rank: int) -> None:
    training.launch("ch60_live", {"latent": rank, "encoding": "rotary", "fraction": worked.FEW})


def run_name(arguments: Mapping[str, Any]) -> str:
    return worked.LIVE[arguments.get("latent", 0)]


@page.section("live")
def two_ranks() -> None:
    with st.container(horizontal=True, gap="small"):
        for rank, words in worked.LIVE.items():
            st.button(
                f"Train {words}",
                key=f"{page.prefix}train_{rank}",
                icon=":material/play_arrow:",
                on_click=train_with,
                args=(rank,),
            )
    training.watch("ch60_live", run_name)
    page.notice()


# ---------------------------------------------------------------- exercises

page.prose("exercises")


@page.section("ex_absorb")
def absorb() -> None:
    exercises.absorb(page)


@page.section("ex_share")
def share_out() -> None:
    exercises.share_out(page)


page.close("end", "read")
