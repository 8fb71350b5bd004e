"""Chapter 6, second page: a mixture of experts. Who does the work when not all do?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import streamlit as st

from components.ui import tokens
from components.ui.chapter import Chapter
from components.ui.chapters.ch60.probes import SQUEEZED_DIGITS, form_of
from components.ui.chapters.ch61 import claims, exercises, figures, probes, worked
from components.ui.chapters.ch61.worked import CALC, Numbers
from components.ui.drawings.experts import show_experts
from components.ui.live import training
from components.ui.operand_boxes import last_allowed
from components.ui.page_records import rows_of
from components.ui.plots import dots, maps
from components.ui.plots.drawn_once import show
from components.ui.plots.ends import shares

page = Chapter("61_moe", CALC)
page.open()

pair = worked.SUM
if page.draws("stream", "shut"):
    pair = last_allowed(
        f"{page.prefix}last",
        page.pair(digits=SQUEEZED_DIGITS, a=str(pair[0]), b=str(pair[1])),
        pair,
    )


@page.section("stream", told=False)
def how_a_token_is_sent() -> None:
    loads = rows_of("expert_loads.jsonl")
    show_experts(
        f"{page.prefix}stream",
        worked.with_idle(probes.sent(*pair), loads),
        form_of(*pair).text(*pair)[:-1],
        n_shared=1,
        idle=worked.idle_said(loads),
        headline=worked.headline(),
        from_end="units first",
        alt="The scores of a token's experts, with their biases, in each layer, and who is chosen",
    )
    page.source()


page.prose("opening")
page.three_from_before("before_ffn", "before_active", "before_softmax")

# ---------------------------------------------------------------- 1. total and active


@page.section("sizes")
def total_and_active() -> None:
    left, middle, right = st.columns(3)
    with left:
        n_expert = page.choose("experts", "Experts", worked.EXPERTS, 8)
    with middle:
        chosen = page.choose("chosen", "Chosen for each token", worked.CHOSEN, 2)
    with right:
        neurons = page.choose("neurons", "Neurons in each", worked.NEURONS, 128)
    if chosen > n_expert:
        st.warning(f"Of {n_expert} experts a token takes {n_expert} at most; that is drawn.")
    page.draw(
        figures.parameters(worked.size_rows(n_expert, min(chosen, n_expert), neurons)),
        alt="All parameters of the network, and the active ones",
    )
    page.notice()
    page.source("lab.model.cost.parameters_of")


# ---------------------------------------------------------------- 2. the router

page.prose("router")

# ---------------------------------------------------------------- 3. shut one


def expert_map(values: Numbers, column_title: str) -> Any:
    """A number for every expert of every layer, (L, E); a hatched cell for none."""
    layers, experts = ([*range(n)] for n in values.shape)
    return maps.table_map(
        values,
        [f"layer {i}" for i in layers],
        [str(i) for i in experts],
        "layer",
        column_title,
        hatched=True,
    )


@page.section("shut")
def shut_one() -> None:
    rows, loads = rows_of("shut_experts.jsonl"), rows_of("expert_loads.jsonl")
    if not (rows and loads) or not page.guess(
        "Of the experts that get tokens, how many, ablated alone, break one problem in ten?",
        worked.MATTERS,
        lambda: worked.number_that_matter(rows),
        frame=worked.to_matter(rows),
    ):
        return
    found = worked.shut_map(rows)
    n_layer, n_expert = found.shape
    idle = claims.sent(worked.loads_of(loads)) == 0
    st.html(maps.table_key("blank: breaks no problem", "idle: never chosen"))
    page.draw(
        expert_map(np.where(idle, np.nan, found), "ablated expert"),
        alt="The share of problems wrong when an expert of one layer is ablated; idle ones hatched",
    )
    page.prose("shut_controls")
    how = page.choose("how", "One expert is", probes.HOW, probes.HOW[1])
    left, right = st.columns(2)
    with left:
        layer = page.choose("layer", "Layer", tuple(range(n_layer)), n_layer - 1)
    with right:
        expert = page.choose("expert", "Expert", tuple(range(n_expert)), int(found[-1].argmax()))
    form, said = form_of(*pair), probes.write_with_expert(*pair, how, layer, expert)
    marks = tokens.marks_of(said.text, form, *pair)
    st.html(tokens.strip(said.text, form, *pair, marks=marks, small=True))
    page.notice()
    page.source("lab.interp.routing.forbid", "lab.interp.routing.force")


# ---------------------------------------------------------------- 4. shared or chosen


@page.section("silent")
def shared_or_chosen() -> None:
    rows = rows_of("expert_stand_ins.jsonl")
    if not rows or not page.guess(
        "With the mean in place of what the chosen experts add, how many problems go wrong?",
        worked.SPOILED,
        lambda: worked.number_spoiled(rows),
        frame=worked.to_be_spoiled(rows),
    ):
        return
    by = page.choose("by", "Replaced by", tuple(claims.STAND_INS), "the mean of other problems")
    page.draw(
        figures.left_out(worked.stood_in_rows(rows, claims.STAND_INS[by])),
        alt="Problems wrong with what shared and chosen experts add replaced, layer by layer",
    )
    page.notice()
    page.source(
        "lab.experiments.expert_stand_ins.replaced",
        "lab.experiments.expert_stand_ins.parts_of",
        "lab.interp.intervene.stand_in",
    )


# ---------------------------------------------------------------- 5. balance


@page.section("balance")
def even_loads() -> None:
    race, changes = rows_of("latent_experts.jsonl"), rows_of("expert_changes.jsonl")
    if not (race and changes) or not page.guess(
        "Trained without biases, how many of a small network's experts get no token in the end?",
        (),
        lambda: worked.number_idle(changes),
        frame=worked.to_be_idle(race),
    ):
        return
    page.draw(
        figures.unevenness(worked.uneven_rows(race, changes)),
        alt="The largest load over the mean by step, with biases and without, a line for each run",
    )
    page.notice()
    page.source("lab.model.ffn.moe.MixtureOfExperts.after_step")


@page.section("loads")
def loads_of_the_book() -> None:
    rows = rows_of("expert_loads.jsonl")
    if not rows:
        return
    counted = worked.loads_of(rows)
    page.draw(
        expert_map(claims.sent(counted) / counted["tokens"], "expert"),
        alt="The share of all tokens that is sent to each expert, layer by layer",
    )
    page.notice()
    page.source(
        "lab.experiments.expert_loads.measure_loads",
        "lab.experiments.expert_loads.Counts",
        "lab.interp.routing.with_biases",
    )


def train_with(balanced: bool) -> None:
    training.launch("ch61_live", {"experts": worked.LIVE_EXPERTS, "balanced": balanced})


def run_name(arguments: Mapping[str, Any]) -> str:
    return worked.LIVE[arguments.get("balanced", True)]


def draw_loads(runs: Sequence[Any], names: Sequence[str]) -> None:
    if rows := worked.live_rows(runs, names):
        show(
            figures.unevenness(rows),
            "How many times the mean the busiest expert gets, by step, a line for each run",
        )


@page.section("live")
def balance_live() -> None:
    with st.container(horizontal=True, gap="small"):
        for balanced, words in worked.LIVE.items():
            st.button(
                f"Train: {words}",
                key=f"{page.prefix}train_{int(balanced)}",
                icon=":material/play_arrow:",
                on_click=train_with,
                args=(balanced,),
            )
    training.watch("ch61_live", run_name, also=draw_loads)
    page.notice()
    page.source("lab.model.ffn.moe.MixtureOfExperts.after_step")


# ---------------------------------------------------------------- 5. what they specialise in


@page.section("told")
def what_experts_tell() -> None:
    race = rows_of("latent_experts.jsonl")
    if not race or not page.guess(
        "After the first layer, about what does a token's first expert tell the most?",
        tuple(claims.LABELS.values()),
        lambda: worked.told_most(race),
        frame=worked.to_be_told(race),
    ):
        return
    page.draw(
        figures.told(worked.told_rows(race)),
        alt="How much a token's first expert tells about it, by label and layer",
    )
    page.notice()
    page.source("lab.interp.routing.told_by", "lab.interp.routing.told_by_chance")


# ---------------------------------------------------------------- 7. does it pay?


@page.section("pays")
def does_it_pay() -> None:
    race, changes, second = (
        rows_of(f"{name}.jsonl") for name in ("latent_experts", "expert_changes", "equal_latents")
    )
    if not (race and changes and second) or not page.guess(
        "With sixteen experts in place of the first race's eight, the network has "
        f"{worked.times_as_large(race, changes)} times as many parameters. How many problems does "
        "it get wrong?",
        worked.LARGER,
        lambda: worked.wrong_with_sixteen(race, changes),
        frame=worked.to_pay(race, changes),
    ):
        return
    page.draw(
        dots.seeds(
            points := worked.pay_points(race, changes, second),
            "problems of four by four digits wrong",
            shares(),
            said=["errors"],
        ),
        alt="Wrong problems of small networks, dense and with experts, a point for each seed",
    )
    st.caption(dots.in_pairs(points, worked.EIGHT))
    page.table("Four, eight and sixteen experts: size and errors", worked.pay_table(race, changes))
    page.notice()
    page.source("lab.experiments.latent_experts_race.measure_change")


# ---------------------------------------------------------------- 8. what a large model has besides


@page.section("besides")
def what_a_large_model_has_besides() -> None:
    race, changes = rows_of("latent_experts.jsonl"), rows_of("expert_changes.jsonl")
    if not (race and changes):
        return
    page.table("Parts of DeepSeek-V3's experts", worked.besides(race, changes))
    page.notice()
    page.source("lab.model.ffn.moe.MixtureOfExperts")


# ---------------------------------------------------------------- exercises

page.prose("exercises")


@page.section("ex_even")
def even_out() -> None:
    exercises.even_out(page)


page.close("end", "read")
