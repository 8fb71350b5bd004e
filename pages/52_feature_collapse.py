"""Chapter 5, third page: feature collapse. Training that goes on far past the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch52 import claims, exercises, figures, probes, worked
from components.ui.chapters.ch52.worked import CALC
from components.ui.drawings.cloud import show_cloud
from components.ui.lazily import lazily
from components.ui.live import training
from components.ui.page_records import rows_of
from components.ui.plots import dots
from lab.experiments import warnings
from lab.experiments.collapse_texts import PICTURED_SEED
from lab.numerals import written

if TYPE_CHECKING:
    from lab.recipes.feature_collapse import Stream

collapse = lazily("lab.recipes.feature_collapse")
experiment = lazily("lab.experiments.collapse")
diagnostics = lazily("lab.interp.diagnostics")
recipes = lazily("lab.recipes.live")
steps = lazily("lab.training.train")

RECORD = "collapse.jsonl"
Rows = Sequence[dict[str, Any]]

page = Chapter("52_feature_collapse", CALC)
page.open()


def cloud(name: str, stream: Stream, weight_decay: float, *, compact: bool) -> None:
    """The picture of a recorded run; a sentence where it is missing."""
    rows, picture = rows_of(RECORD), probes.picture_of(stream, weight_decay)
    if picture is None:
        st.info("This figure needs its picture in records/, which is missing or damaged.")
        return
    if not rows:
        return
    pictured = claims.GRID.where(stream=stream, weight_decay=weight_decay, seed=PICTURED_SEED)
    for row in pictured.of(rows):
        show_cloud(
            f"{page.prefix}{name}",
            [look["step"] for look in row["looks"]],
            picture.points,
            picture.groups,
            picture.spectra,
            picture.cosines,
            worked.scores(row, compact=compact),
            layers=worked.PLACES,
            tokens=picture.tokens,
            alt="Features of tokens in three axes, step by step through a long training",
            compact=compact,
        )
        page.numbers("Scores of the run", worked.score_rows(row))


@page.section("cloud", told=False)
def features_of_a_long_run() -> None:
    cloud("cloud", "plain", 0.0, compact=True)
    page.source(experiment.picture, diagnostics.three_axes)


page.prose("opening")
page.three_from_before("before_norm", "before_loss", "before_depth")

# ---------------------------------------------------------------- 1. past the end


@page.section("past")
def past_the_end() -> None:
    rows = rows_of(RECORD)
    if not rows or not page.guess(
        f"At the start {worked.wrong_at_start(rows)} of {worked.asked(rows):,} other problems are "
        "wrong. How many at the end?",
        worked.FALLS,
        lambda: worked.wrong_at_end(rows),
        frame=worked.to_be_wrong(rows),
    ):
        return
    what = page.choose("past", "Share of", list(worked.SHARES), kind="segments")
    page.draw(
        figures.over_steps(worked.grid_rows(rows, what), what, figures.STREAMS, percent=True),
        alt=f"{what} by step, one line for each seed, kind of residual and weight decay",
    )
    page.notice()
    page.source(experiment.measure_collapse, experiment.follow_run, experiment.long_recipe)


# ---------------------------------------------------------------- 2. what happens inside

page.prose("measures")


@page.section("inside")
def what_happens_inside() -> None:
    rows = rows_of(RECORD)
    if not rows or not page.guess(
        "The loss of the few problems is next to nothing. What do the features do from there on?",
        worked.TURNS,
        lambda: worked.how_they_turn(rows),
    ):
        return
    page.prose("inside_controls")
    left, right = st.columns(2)
    with left:
        stream = page.choose(
            "stream", "Residual", list(claims.STREAMS), words=claims.STREAMS.__getitem__
        )
    with right:
        decay = page.choose(
            "decay",
            "Weight decay",
            list(claims.DECAYS),
            kind="segments",
            words=claims.DECAYS.__getitem__,
        )
    cloud("inside", stream, decay, compact=False)
    page.notice()
    page.source(diagnostics.token_cosine, diagnostics.effective_rank, experiment.picture)


# ---------------------------------------------------------------- 3. who pushes


@page.section("push")
def who_pushes() -> None:
    lead = page.choose(
        "lead", "The right logit leads by", worked.LEADS, worked.LEAD, words="{:g}".format
    )
    found = worked.pull_rows(lead)
    page.table("Pulls on the logits of one token", found)
    page.notice()
    page.source(steps.masked_loss)


def compare(rows: Rows, name: str, kinds: Sequence[str], first: str) -> None:
    """A reading of a reader's choice by step, a colour for each way to go on."""
    what = page.choose(name, "By step", worked.MOVING, first, kind="list")
    found = worked.kind_rows(rows, what, kinds)
    page.draw(
        figures.over_steps(
            found,
            what,
            figures.only(kinds),
            percent=what in worked.SHARES,
            log=what == "loss of the few problems",
        ),
        alt=f"{what} by step, for {len(kinds)} ways to go on",
    )


@page.section("bits")
def in_more_bits() -> None:
    rows = rows_of(RECORD)
    if not rows or not page.guess(
        "How much of the turn is left?",
        worked.STILL,
        lambda: worked.turn_left(rows),
        frame=worked.TURN_LEFT,
    ):
        return
    compare(rows, "bits", claims.ROUNDED, worked.MOVING[0])
    page.notice()
    page.source(steps.masked_loss, experiment.long_recipe)


@page.section("cost")
def what_costs_the_score() -> None:
    rows = rows_of(RECORD)
    if not rows or not page.guess(
        "Without the push the features do not turn. How many other problems are lost?",
        worked.COSTS,
        lambda: worked.lost_without_push(rows),
        frame=worked.LOST_WITHOUT_PUSH,
    ):
        return
    compare(rows, "cost", claims.CAUSES, worked.MOVING[-1])
    page.notice()
    page.source(steps.without_common_part, experiment.long_recipe)


# ---------------------------------------------------------------- 4. what warned first


@page.section("warn")
def what_warned_first() -> None:
    rows = rows_of(RECORD)
    if not rows or not page.guess(
        "When are five more in a hundred of the other problems wrong, with no weight decay?",
        worked.WHEN,
        lambda: worked.step_of_fall(rows),
        frame=worked.UNTIL_IT_FALLS,
    ):
        return
    page.prose("warn_controls")
    found = claims.RUNS.of(rows)
    seeds = [row["cell"]["seed"] for row in found]
    seed = page.choose("seed", "Seed", seeds, kind="segments")
    row = found[seeds.index(seed)]
    fall = warnings.fall_of(row)
    page.draw(
        figures.moved_when(worked.change_rows(row), fall if fall <= collapse.STEPS else None),
        alt="When each reading of one run moved, as a part of its largest change",
    )
    page.table("Rules, and what came of them", worked.rule_rows(rows))
    page.notice()
    page.source(warnings.WarningRule.warns, warnings.fit, warnings.judge)


# ---------------------------------------------------------------- 5. where it broke


@page.section("where")
def where_it_broke() -> None:
    rows = rows_of(RECORD)
    if not rows or not page.guess(
        "Which part mends most when it is put back?",
        tuple(worked.PARTS),
        lambda: worked.where_it_is(rows),
        frame=worked.put_back(rows),
    ):
        return
    points = worked.part_rows(rows)
    page.draw(
        figures.put_back(points),
        alt="Other problems wrong after the long run, and with one part of the network put back",
    )
    st.caption(dots.in_pairs(points, claims.FEW, "value", name="run", by="network"))
    page.notice()
    page.source(experiment.with_part_of, experiment.wrong_without_mean)


@page.section("beside")
def points_beside() -> None:
    rows = rows_of(RECORD)
    if not rows:
        return
    page.table("One run each", worked.beside_rows(rows))
    page.notice()


# ---------------------------------------------------------------- do it yourself


def go_on_with(few: int, decay: float) -> None:
    training.launch("ch52_live", {"few": few, "weight_decay": decay}, recipe="go_on")


def run_name(arguments: Mapping[str, Any]) -> str:
    decay = arguments.get("weight_decay", 0.0)
    return f"{arguments.get('few', collapse.N_PAIR)} pairs" + (
        f", weight decay {decay:g}" if decay else ""
    )


@page.section("live")
def wear_it_out_yourself() -> None:
    left, right = st.columns(2)
    with left:
        few = page.choose("few", "Pairs that it goes on with", worked.FEWS, collapse.N_PAIR)
    with right:
        decay = page.choose(
            "live_decay", "Weight decay", (0.0, 0.1, 1.0), kind="segments", words=written
        )
    st.button(
        "Go on training",
        key=f"{page.prefix}go_on",
        icon=":material/play_arrow:",
        on_click=go_on_with,
        args=(few, decay),
    )
    rows = rows_of("collapse_live.jsonl")
    training.watch("ch52_live", run_name, worked.recorded_curves(rows) if rows else ())
    page.notice()
    page.source(recipes.go_on)


# ---------------------------------------------------------------- exercises

page.prose("exercises")


@page.section("ex_rank")
def a_rank_by_hand() -> None:
    exercises.a_rank_by_hand(page)


@page.section("ex_rule")
def a_rule_of_your_own() -> None:
    exercises.a_rule_of_your_own(page)


page.close("end", "read")
