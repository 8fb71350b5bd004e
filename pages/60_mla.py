"""Chapter 6, first page: latent attention. How little of a token need be kept?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from components.ui import tokens
from components.ui.chapter import Chapter
from components.ui.chapters.ch60 import exercises, figures, probes, worked
from components.ui.chapters.ch60.probes import HEADS_RUN, LONG_RUN, RUN
from components.ui.chapters.ch60.worked import CALC
from components.ui.drawings.strip import Strip, show_strip
from components.ui.lazily import lazily
from components.ui.live import training
from components.ui.operand_boxes import last_allowed
from components.ui.page_records import rows_of
from components.ui.plots import dots
from components.ui.plots.ends import shares

published = lazily("lab.published.models")
mla = lazily("lab.model.attention.mla")
latents = lazily("lab.interp.latents")
cache_size = lazily("lab.published.cache_size")
lengths = lazily("lab.experiments.lengths")
race = lazily("lab.experiments.latent_experts_race")
ranks = lazily("lab.experiments.low_rank")

page = Chapter("60_mla", CALC)
page.open()


def heads_of(name: str, numbers: Any) -> list[tuple[str, int]]:
    return [(f"{name}, head {h}", len(row)) for h, row in enumerate(numbers)]


def of_heads(name: str, keys: Any, values: Any, note: str = "") -> Strip:
    parts = [*heads_of("key", keys), *heads_of("value", values)]
    return Strip(name, np.concatenate([keys.ravel(), values.ravel()]), parts, note=note)


def by_two(heads: Any) -> Any:
    """The mean of each two that share, as if they had learned to."""
    return heads.reshape(-1, 2, heads.shape[-1]).mean(1)


def strips_of(left: probes.Left) -> list[Strip]:
    """What one token leaves, from most to least."""
    pairs, all_heads = (by_two(left.keys), by_two(left.values)), "constructed: means of heads"
    parts = [("latent", len(left.latent)), ("rotated key", len(left.turned))]
    latent = np.concatenate([left.latent, left.turned])
    return [
        of_heads("a key and a value for every head", left.keys, left.values),
        of_heads("two heads share", *pairs, note=all_heads),
        Strip("a latent for all heads", latent, parts, note="another network, which learned it"),
    ]


@page.section("strip", needs=[HEADS_RUN, RUN], told=False)
def one_token() -> None:
    a, b = worked.SUM
    left = probes.left_by(a, b, 0)
    show_strip(
        f"{page.prefix}strip",
        strips_of(left),
        alt="What one token leaves in one layer of the cache, number by number, in three ways",
    )
    page.numbers("Numbers of one token", worked.step_rows(worked.STEPS[-1]))
    page.source(mla.AbsorbedLatentAttention)


page.prose("opening")
page.prose("share")
page.three_from_before("before_kept", "before_turn", "before_rank")


@page.section("absorb", needs=[RUN])
def a_key_that_is_never_made() -> None:
    if not page.guess(
        f"At {worked.READ_FIRST} tokens, how many operations does the absorbed form cost, against "
        "keys and values that are kept?",
        worked.LINKED,
        worked.times_dearer,
        frame=worked.DEARER,
    ):
        return
    n = page.choose("read", "Tokens in the cache", worked.READ, worked.READ_FIRST)
    rows = worked.reading_rows(n)
    for what in (worked.KEPT, worked.OPERATIONS):
        page.draw(figures.ways(rows, what), alt=f"Bars of three ways to attend: {what}")
    page.notice()
    page.source(mla.LatentAttention.attend, mla.AbsorbedLatentAttention.attend)


@page.section("apart", needs=[HEADS_RUN, RUN])
def four_steps() -> None:
    upto = page.choose("step", "Steps shown, up to", worked.STEPS, worked.STEPS[-1])
    page.table(
        "What is kept of a token, and what is made of it, step by step", worked.step_rows(upto)
    )
    page.notice()
    page.source(cache_size.KeysAndValues, cache_size.Latent)


@page.section("sizes")
def sizes_of_your_own() -> None:
    left, right = st.columns(2)
    with left:
        rank = page.choose("rank", "Numbers in the latent", (8, 16, 32, 64, 128, 256, 512), 512)
        heads = page.choose("heads", "Heads", (4, 8, 16, 32, 64, 128), 128)
    with right:
        rope = page.choose("rope", "Numbers in the rotated key", (8, 16, 32, 64), 64)
        layers = page.choose("layers", "Layers", (6, 12, 24, 32, 61, 80), 61)
    rows = worked.kept_rows(heads, published.DEEPSEEK_LATENT.v_head_dim, rank, rope, layers)
    page.draw(
        figures.bytes_kept(rows),
        alt="Bytes of one token in all layers, for three kinds of attention",
    )
    page.notice()
    page.source(cache_size.cache_bytes, cache_size.Latent)


# ---------------------------------------------------------------- 4. squeeze


@page.section("squeeze", needs=[RUN])
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
    page.source(latents.squeeze, latents.directions)


@page.section("long", needs=[LONG_RUN])
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
    page.source(lengths.clipped, lengths.limited)


@page.section("cause")
def is_it_the_latents() -> None:
    rows = worked.race_rows()
    if not rows or not page.guess(
        "With latents in place of multi-head attention, how many of "
        f"{worked.asked_in_race(rows):,} problems are wrong?",
        worked.HELP,
        lambda: worked.wrong_with_latents(rows),
        frame=worked.to_be_wrong(rows),
    ):
        return
    page.draw(
        dots.seeds(
            points := worked.race_points(rows),
            "problems of four by four digits wrong",
            shares(),
            said=["errors"],
        ),
        alt="Wrong problems of four small networks, a point for each seed",
    )
    st.caption(dots.in_pairs(points, points[0]["arm"]))
    page.notice()
    page.source(race.measure)


# ---------------------------------------------------------------- 7. a regulariser?


@page.section("rank")
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
    page.source(ranks.ranked)


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


@page.section("ex_share", needs=[RUN])
def share_out() -> None:
    exercises.share_out(page)


page.close("end", "read")
