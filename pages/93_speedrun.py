"""Behind the chapters: the ladder. How a network came to learn to multiply in fewer seconds."""

from __future__ import annotations

from functools import partial

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch93 import claims, probes, worked
from components.ui.chapters.ch93.worked import CALC
from components.ui.live import training
from components.ui.page_records import needs_records, rows_of

page = Chapter("93_speedrun", CALC)
page.open()


@page.section("ladder", told=False)
def the_ladder() -> None:
    rows = rows_of("speedrun.jsonl")
    measured = {rung.name: rung for rung, _ in claims.rungs_in(rows)}
    if len(measured) < 2 or not page.guess(
        "One idea at a time makes a training shorter. How many seconds does the last rung take?",
        (),
        lambda: worked.last_rung(rows),
        frame=worked.ladder(rows),
    ):
        return
    page.numbers("The ladder, a row a seed", worked.as_rows(rows))
    names = [*measured]
    words = {name: worked.title_of(rung) for name, rung in measured.items()}
    chosen = page.choose(
        "rung", "Read a rung", names, names[1], kind="list", words=words.__getitem__
    )
    st.markdown(worked.about(measured[chosen], rows))
    page.source("lab.recipes.speedrun.recipe_of", "lab.training.recipe.differences")


page.prose("opening")

# ---------------------------------------------------------------- 1. run it


@page.section("run")
def train_the_last_rung() -> None:
    rows = rows_of("speedrun.jsonl")
    with st.container(horizontal=True, gap="small"):
        st.button(
            "Train the last rung",
            key="ch93_train",
            type="primary",
            icon=":material/play_arrow:",
            on_click=probes.train,
            args=(claims.LAST,),
        )
        st.button(
            "Train the first beside it", "ch93_first", on_click=probes.train, args=[claims.FIRST]
        )
    recorded = worked.recorded(rows)
    training.watch(probes.LIVE_KEY, probes.run_name, recorded, x="seconds")
    if recorded:
        page.numbers("The first rung, recorded", recorded)
    page.notice()
    page.source("lab.live.loop.train_in_slices", "lab.training.train.train_in_parts")


# ---------------------------------------------------------------- 2. what failed


@page.section("failed")
def what_was_tried_and_not_kept() -> None:
    tried = rows_of("speedrun_attempts.jsonl")
    if not tried:
        return
    page.table(
        "What was tried, on which rung, its seconds and its validation errors",
        worked.attempts(tried, rows_of("speedrun.jsonl")),
    )
    page.notice()
    page.source()


# ---------------------------------------------------------------- 3. your own


def tell_own_runs(going: bool) -> None:
    """Beside the ladder once they are done; until then how far they are."""
    runs = probes.own_runs()
    if going != any(run.goes_on for run in runs.values()):
        st.rerun()
    for name, run in runs.items():
        if run.goes_on or run.phase != "done":
            st.markdown(f"**{name}**: {training.describe(run)}")
    if done := probes.readings(runs):
        page.table(
            "Your runs beside the ends of the ladder",
            worked.beside_the_ladder(rows_of("speedrun.jsonl"), done),
        )


@page.section("own")
def a_recipe_of_your_own() -> None:
    st.text_area("A recipe, as JSON", probes.last_as_json(), height=160, key=probes.PASTED)
    st.button("Train this recipe", key="ch93_own", on_click=probes.train_pasted)
    if said := probes.refused():
        st.warning(said)
    if said := st.session_state.get(f"{probes.LIVE_KEY}_refused"):
        st.warning(said)
    probes.follow_a_new_run()
    if runs := probes.own_runs():
        going = any(run.goes_on for run in runs.values())
        draw = needs_records(partial(tell_own_runs, going))
        st.fragment(draw, run_every=1.0 if going else None)()
    page.source("lab.recipes.bench.bench")


page.close("end")
