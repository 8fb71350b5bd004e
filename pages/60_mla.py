"""Chapter 6, first page: latent attention. How little of a token need be kept?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from components.ui import tokens, training
from components.ui.chapter import Chapter
from components.ui.chapters.ch60 import exercises, figures, probes, worked
from components.ui.chapters.ch60.probes import HEADS_RUN, RUN
from components.ui.chapters.ch60.worked import CALC
from components.ui.drawings.strip import Strip, show_strip
from components.ui.lazily import lazily
from components.ui.operands import last_allowed

mla = lazily("lab.model.attention.mla")
latents = lazily("lab.interp.latents")
cache_size = lazily("lab.model.cache_size")
lengths = lazily("lab.experiments.lengths")

page = Chapter("60_mla", CALC)
page.open()


def heads_of(name: str, numbers: Any) -> list[tuple[str, int]]:
    return [(f"{name}, head {h}", len(row)) for h, row in enumerate(numbers)]


def strips_of(left: probes.Left) -> list[Strip]:
    """What one token leaves, from most to least; shared heads are the mean of those that share."""
    keys, values = left.keys, left.values
    pairs = (
        keys.reshape(-1, 2, keys.shape[-1]).mean(1),
        values.reshape(-1, 2, values.shape[-1]).mean(1),
    )
    latent = np.concatenate([left.latent, left.turned])
    parts = [("latent", len(left.latent)), ("turned key", len(left.turned))]
    return [
        Strip(
            worked.STEPS[0],
            np.concatenate([keys.ravel(), values.ravel()]),
            [*heads_of("key", keys), *heads_of("value", values)],
        ),
        Strip(
            worked.STEPS[1],
            np.concatenate([half.ravel() for half in pairs]),
            [*heads_of("key", pairs[0]), *heads_of("value", pairs[1])],
            note="constructed: the means of the two that share",
        ),
        Strip(worked.STEPS[3], latent, parts, note="another network, which learned with latents"),
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
    page.numbers(
        "Numbers of one token", [{"kept": n, "numbers": k} for n, k in worked.sizes().items()]
    )
    page.source(mla.AbsorbedLatentAttention)


page.three_from_before("before_kept", "before_turn", "before_rank")
page.prose("opening")
page.prose("share")


@page.section("absorb", needs=[RUN])
def a_key_that_is_never_made() -> None:
    page.notice()
    page.source(mla.LatentAttention, mla.AbsorbedLatentAttention)


@page.section("apart")
def turned_apart() -> None:
    page.prose("apart_controls")
    left, right = st.columns(2)
    with left:
        rank = page.choose("rank", "Numbers of the latent", (8, 16, 32, 64, 128, 256, 512), 512)
        heads = page.choose("heads", "Heads", (4, 8, 16, 32, 64, 128), 128)
    with right:
        rope = page.choose("rope", "Numbers of the turned key", (8, 16, 32, 64), 64)
        layers = page.choose("layers", "Layers", (6, 12, 24, 32, 61, 80), 61)
    rows = worked.kept_rows(heads, worked.DEEPSEEK_HEAD_DIM, rank, rope, layers)
    page.draw(figures.bytes_kept(rows), alt="Bytes that one token leaves in all layers, three ways")
    page.notice()
    page.source(cache_size.cache_bytes, cache_size.Latent)


# ---------------------------------------------------------------- 4. squeeze

pair = worked.SUM
if page.draws("squeeze"):
    asked = page.pair(digits=probes.TRAINED_DIGITS, a=str(worked.SUM[0]), b=str(worked.SUM[1]))
    pair = last_allowed(f"{page.prefix}last", asked, worked.SUM)

RANKS = (64, 48, 40, 32, 28, 24, 20, 16, 12, 8, 4, 2)


@page.section("squeeze", needs=[RUN])
def squeeze() -> None:
    if not page.guess(
        "As directions are dropped, what goes wrong first on this sum?",
        worked.FIRST,
        lambda: next(
            filter(None, (worked.first_to_fall(*pair, r) for r in RANKS)), worked.FIRST[0]
        ),
    ):
        return
    page.prose("squeeze_controls")
    rank = page.choose("directions", "Directions that are kept", RANKS, 24)
    form = probes.form_of(*pair)
    said = probes.squeezed(*pair, rank)
    marks = tokens.Marks(wrong=tokens.wrong_tokens(said.text, form.text(*pair)))
    st.html(tokens.strip(said.text, form, *pair, marks=marks, small=True))
    page.draw(
        figures.falls(worked.fall_rows(*pair, RANKS), rank),
        alt="The share of wrong tokens by the directions that are kept, a line a kind",
    )
    page.notice()
    page.source(latents.squeeze, latents.directions)


@page.section("long", needs=[RUN])
def longer() -> None:
    asked = page.pair("long", digits=probes.MOST_DIGITS, a="37481920", b="61525384")
    own = last_allowed(f"{page.prefix}last_long", asked, (37481920, 61525384))
    form, said = probes.form_of(*own), probes.written(*own)
    marks = tokens.Marks(wrong=tokens.wrong_tokens(said.text, form.text(*own)))
    st.html(tokens.strip(said.text, form, *own, marks=marks, small=True))
    page.source(lengths.clipped)


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
