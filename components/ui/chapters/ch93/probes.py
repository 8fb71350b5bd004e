"""What a reader trains on page 93: the last rung of the ladder, or a recipe of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from components.ui.chapters.ch93.claims import FIRST, LAST
from components.ui.lazily import lazily
from components.ui.live import training

if TYPE_CHECKING:
    from components.ui.live.service import LiveRun

bench = lazily("lab.recipes.bench")
controls = lazily("lab.recipes.bench_controls")
speedrun = lazily("lab.recipes.speedrun")

LIVE_KEY = "ch93_live"
PASTED = "ch93_pasted"
REFUSED = "ch93_document_refused"
BEGUN = "ch93_begun"
SEED = 0


def run_name(arguments: Mapping[str, Any]) -> str:
    """Of a rung, or of a recipe of the bench."""
    if "variant" in arguments:
        return controls.in_words(bench.read(arguments["variant"]), bench.usual())
    rung = str(arguments["rung"])
    return {FIRST: "first rung", LAST: "last rung"}.get(rung, rung)


def train(rung: str) -> None:
    training.launch(LIVE_KEY, {"rung": rung, "seed": SEED}, "speedrun")


def last_as_json() -> str:
    """What the box holds before a reader pastes something: the last rung, as the bench would have
    it."""
    return bench.to_json(replace(speedrun.recipe_of(LAST, SEED), name=bench.NAME))


def train_pasted() -> None:
    """Start the recipe of the box, or keep the sentence that says what is allowed."""
    st.session_state.pop(REFUSED, None)
    try:
        recipe = bench.bench(bench.from_json(st.session_state[PASTED]).to_dict())
    except ValueError as error:
        st.session_state[REFUSED] = (
            f"Not started: {error}; what the bench exports as JSON is allowed, within its limits."
        )
        return
    training.launch(LIVE_KEY, {"variant": recipe.to_dict()}, "bench")
    st.session_state[BEGUN] = True


def refused() -> str:
    return st.session_state.get(REFUSED, "")


def follow_a_new_run() -> None:
    """The whole page once more, since the panel of the runs stands in another section."""
    if st.session_state.pop(BEGUN, False):
        st.rerun()


def own_runs() -> dict[str, LiveRun]:
    """The runs of pasted recipes, by the names that the panel gives them."""
    runs = training.runs_here(LIVE_KEY)
    names = training.unlike([run_name(run.spec.arguments) for run in runs])
    both = zip(names, runs, strict=True)
    return {name: run for name, run in both if run.spec.recipe == "bench"}


def readings(runs: Mapping[str, LiveRun]) -> dict[str, tuple[float, int, int]]:
    """Of each run that is done: its seconds, and the errors of its last check on held-out pairs."""
    found: dict[str, tuple[float, int, int]] = {}
    for name, run in runs.items():
        if run.phase == "done" and run.latest is not None and run.checks:
            seen = run.checks[-1].check
            assert seen is not None
            found[name] = run.latest.seconds, seen.errors_heldout, seen.n_heldout
    return found
