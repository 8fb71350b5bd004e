"""Chapter 5, third page: feature collapse. Training that goes on far past the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch52 import claims, exercises, figures, probes, worked
from components.ui.chapters.ch52.worked import CALC
from components.ui.drawings.shift import show_shift
from components.ui.drawings.spheres import show_spheres
from components.ui.lazily import lazily
from components.ui.live import training
from components.ui.page_records import rows_of
from lab.numerals import written

collapse = lazily("lab.recipes.feature_collapse")

page = Chapter("52_feature_collapse", CALC)
page.open()


@page.section("spheres", told=False, was=("cloud",))
def directions_in_a_long_run() -> None:
    rows = rows_of(worked.RECORD)
    found = probes.arrows_of(*(claims.ARM_OF[kind] for kind in worked.DRAWN))
    if found is None or not rows:
        st.info("This figure needs its arrows in records/, which are missing or damaged.")
        return
    arms, usual = worked.arms_drawn(rows, found), worked.pictured(rows, claims.FEW)
    steps = [look["step"] for look in usual["looks"]]
    show_spheres(
        f"{page.prefix}spheres",
        steps,
        arms,
        found.roles,
        n_few=usual["n_few"],
        n=usual["n"],
        held=found.held,
        marks=[worked.folding_begins(rows)],
        alt="Three spheres with an arrow for each feature, in the same three directions",
    )
    page.numbers("Of the three runs", worked.drawn_rows(arms, steps))
    page.source(
        "lab.experiments.collapse_texts.three_directions",
        "lab.experiments.collapse_texts.cosines_by_position",
        "lab.experiments.collapse.units",
    )


page.prose("opening")
page.three_from_before("before_norm", "before_loss", "before_depth")

# ---------------------------------------------------------------- 1. past the end


@page.section("past")
def past_the_end() -> None:
    rows = rows_of(worked.RECORD)
    if rows and page.guess(
        "It goes on as long, but with all problems of its first training. How many are wrong then?",
        worked.ON_ALL,
        lambda: worked.wrong_on_all(rows),
        frame=worked.to_be_wrong(rows),
    ):
        page.source(
            "lab.experiments.collapse.measure_collapse",
            "lab.experiments.collapse.follow_run",
            "lab.experiments.collapse.long_recipe",
        )


# ---------------------------------------------------------------- 2. what folds

page.prose("measures")


@page.section("inside")
def what_folds() -> None:
    rows = rows_of(worked.RECORD)
    if not rows:
        return
    what = page.choose("inside", "By step", list(worked.INSIDE), kind="list")
    page.draw(
        figures.over_steps(
            worked.kind_rows(rows, what, worked.DRAWN),
            what,
            figures.only(worked.DRAWN),
            log=what == "loss of the few problems",
        ),
        alt=f"{what} by step, one line for each seed of three ways to go on",
    )
    page.notice()
    page.source("lab.interp.diagnostics.token_cosine", "lab.interp.diagnostics.effective_rank")


# ---------------------------------------------------------------- 3. who pushes


@page.section("shift")
def a_shift_of_all_logits() -> None:
    rows = rows_of("collapse_push.jsonl")
    show_shift(
        f"{page.prefix}shift",
        list(worked.SHIFTED),
        list(worked.SHIFTED.values()),
        **worked.SHIFTS,
        marks=worked.marks_of_shift(rows) if rows else [],
        alt="Logits of five digits, and below them their probabilities",
    )
    page.notice()
    page.source("lab.by_hand.mlp.softmax", "lab.experiments.collapse.pushed")


@page.section("push")
def who_pushes() -> None:
    if not page.guess(
        "From which lead on does float32 no longer pull the right logit?",
        worked.ROUNDED_AT,
        worked.where_the_pull_ends,
        frame=worked.UNTIL_ROUNDED,
    ):
        return
    lead = page.choose(
        "lead", "The right logit leads by", worked.LEADS, worked.LEAD, words="{:g}".format
    )
    page.table("Pulls on the logits of one token", worked.pull_rows(lead))
    page.notice()
    page.source("lab.training.train.masked_loss")


page.prose("bits")

# ---------------------------------------------------------------- 4. does the fold cost accuracy


@page.section("cost", was=("bits", "beside"))
def what_costs_accuracy() -> None:
    rows = rows_of(worked.RECORD)
    if not rows:
        return
    page.link.knows(f"{page.prefix}across")
    when = page.choose("when", "Seen", list(worked.WHEN), kind="segments")
    page.draw(
        figures.beside(worked.beside_rows(rows, when), worked.asked(rows)),
        alt="How many more other problems are wrong than in the float32 run of the same seed, a "
        "dot for each seed, a row for each way to go on, by whether its features fold",
    )
    page.notice()
    page.source("lab.training.train.without_common_part", "lab.experiments.collapse.long_recipe")


# ---------------------------------------------------------------- 5. what warned, and where it sits


@page.section("warn", was=("where",))
def what_warned() -> None:
    rows = rows_of(worked.RECORD)
    if rows and page.guess(
        "For how many kinds of readings was a useful rule found?",
        worked.USEFUL,
        lambda: worked.useful_readings(rows),
        frame=worked.HAVE_A_RULE,
    ):
        page.source(
            "lab.experiments.warnings.WarningRule.warns",
            "lab.experiments.warnings.fit",
            "lab.experiments.warnings.judge",
        )


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
    page.source("lab.recipes.live.go_on")


# ---------------------------------------------------------------- exercises

page.prose("exercises")


@page.section("ex_rank")
def a_rank_by_hand() -> None:
    exercises.a_rank_by_hand(page)


@page.section("ex_rule")
def a_rule_of_your_own() -> None:
    exercises.a_rule_of_your_own(page)


page.close("end", "read")
