"""The panel in which a reader trains a model: settings, start and stop, curves, atlas, history."""

from __future__ import annotations

import atexit
import csv
import inspect
import io
import math
import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from components.ui.lazily import lazily
from components.ui.live.service import LiveRun, LiveRuns, Refused
from components.ui.page_records import needs_records
from components.ui.plots import curves, maps
from components.ui.plots.drawn_once import show
from components.ui.plots.pictures import as_url, atlas_picture
from components.ui.words import spelled
from lab.readings import errors_in
from lab.statistics import steps_until
from lab.training import ray_cluster

if TYPE_CHECKING:
    from lab.live.protocol import Backend, Emit, RunSpec, Snapshot, Weights
    from lab.training.checkpoint import Checkpoint

live = lazily("lab.live.protocol")
losses = lazily("lab.live.losses")

KEPT = 4
LIVE_GOAL = 0.05
"""Of the held-out problems a run may get so many wrong when it counts as arrived."""

PACE_STEPS = 10
"""From this step on a run is told how far its limit lets it come: the first ones are slow."""

UNCROWDED = 2
"""Runs that go on at once, of all readers, up to which a page looks every second: of more, each
makes hardly a step in that time."""

PHASES = {
    "waiting": "waits",
    "going": "trains",
    "stopping": "stopping",
    "done": "done",
    "cancelled": "stopped",
    "failed": "failed",
    "lost": "lost",
}


def backend(emit: Emit) -> Backend:
    """What computes the live runs of this server: a process of low priority, begun by the first.

    `WHITE_BOX_NICENESS` in the environment says another one than `lab.live.backends.NICENESS`;
    `LAB_CLUSTER` names a Ray cluster whose machines compute them instead.
    """
    if address := ray_cluster.asked_for():
        from lab.live.ray_backend import RayBackend

        ray_cluster.join(address)
        return RayBackend(emit)
    from lab.live.backends import NICENESS, ProcessBackend

    return ProcessBackend(emit, niceness=int(os.environ.get("WHITE_BOX_NICENESS", NICENESS)))


@st.cache_resource(show_spinner=False)
def service() -> LiveRuns:
    """The live runs of this server. What computes them ends before it does."""
    runs = LiveRuns(backend)
    atexit.register(runs.backend.close)  # Streamlit releases no resource when it is stopped
    return runs


@st.cache_resource(
    scope="session", on_release=lambda owner: service().leave(owner), show_spinner=False
)
def this_reader() -> str:
    """A name for this tab; when the tab is gone, the service hears of it."""
    return secrets.token_urlsafe(8)


# ---------------------------------------------------------------- settings


def per_cent(share: float) -> str:
    return f"{round(100 * share)} in 100"


# ---------------------------------------------------------------- the runs a reader has on the page


def kept(key: str) -> list[str]:
    """The IDs of the runs on this page, oldest first."""
    return st.session_state.setdefault(f"{key}_kept", [])


def runs_here(key: str) -> list[LiveRun]:
    if not kept(key):
        return []
    found = [run for name in kept(key) if (run := service().runs.get(name))]
    for run in found:
        if not run.goes_on and run.left_at is not None:
            service().visit(run.id, this_reader())  # looked at here: not among the first to go
    return found


def defaults() -> dict[str, Any]:
    """The settings of `multiply` where nothing is said."""
    from lab.recipes.live import multiply

    return {name: p.default for name, p in inspect.signature(multiply).parameters.items()}


def launch(
    key: str, arguments: Mapping[str, Any], recipe: str = "multiply", *, keep: bool = False
) -> None:
    """Start a run and keep it on the page; `Refused` is shown in its own words.

    `recipe`: one of `lab.live.protocol.ALLOWED`. `keep`: as of `RunSpec`.
    """
    spec = live.RunSpec(recipe, dict(arguments), keep)
    if len(kept(key)) >= KEPT:
        st.session_state[f"{key}_refused"] = (
            f"The page keeps {KEPT} runs. Remove one below to make room for the next."
        )
        return
    try:
        run = service().start(spec, this_reader())
    except Refused as refused:
        refuse(key, refused)
        return
    for memory in ("refused", "arrived"):
        st.session_state.pop(f"{key}_{memory}", None)
    kept(key).append(run)


def go_on(key: str, run: LiveRun) -> None:
    """Continue a stopped run; `Refused` is shown in its own words."""
    try:
        service().go_on(run.id, this_reader())
    except Refused as refused:
        refuse(key, refused)
        return
    for memory in ("refused", "arrived"):
        st.session_state.pop(f"{key}_{memory}", None)


def refuse(key: str, refused: Refused) -> None:
    said = str(refused)
    st.session_state[f"{key}_refused"] = f"{said[:1].upper()}{said[1:]}."


def remove(key: str, run: LiveRun) -> None:
    service().let_go(run.id, this_reader())
    kept(key).remove(run.id)


def arrive(key: str) -> str:
    """Take up the runs that this visit's link names; a sentence on those that do not go on."""
    memory = f"{key}_arrived"
    if memory not in st.session_state:
        asked = dict.fromkeys(st.query_params.get_all("run"))
        found = [take_up(key, name) for name in asked if name not in kept(key)][:KEPT]
        st.session_state[memory] = " ".join(dict.fromkeys(filter(None, found)))
    keep_in_the_address(key)
    return st.session_state[memory]


def take_up(key: str, name: str) -> str:
    """A run of the link joins the others on the page; a sentence if it does not go on as theirs."""
    run = service().visit(name, this_reader())
    if run is None:
        return (
            "A run in this link is not known here: the server has forgotten it or was started "
            "again since. The settings in the link still stand; train it once more."
        )
    kept(key).append(run.id)
    if not run.goes_on:
        return f"A run in this link has ended ({PHASES[run.phase]}); this is what it left."
    if run.owner == this_reader():
        return ""
    st.session_state[f"{key}_came"] = time.monotonic()
    return "You are watching a run that another tab owns. Only that tab can stop it."


def keep_in_the_address(key: str) -> None:
    """The page's own address names the runs on it, so that a reload finds them."""
    if st.query_params.get_all("run") != kept(key):
        if kept(key):
            st.query_params["run"] = kept(key)
        else:
            del st.query_params["run"]


# ---------------------------------------------------------------- the panel


Name = Callable[[Mapping[str, Any]], str]
Rows = Sequence[Mapping[str, Any]]


Also = Callable[[Sequence[LiveRun], Sequence[str]], None]
"""Draws what a page alone shows of its runs, which have these names."""


def nothing_else(runs: Sequence[LiveRun], names: Sequence[str]) -> None:
    pass


def watch(
    key: str, name_of: Name, ghosts: Rows = (), also: Also = nothing_else, x: curves.Across = "step"
) -> None:
    """The runs of this page: polled while one goes on, at rest when none does.

    `ghosts`: recorded curves, in the rows of `curve_rows`. They look the same before the first run
    and under it. `x`: what the curves of what was learned run across.
    """
    arrived = arrive(key)
    if arrived:
        st.info(arrived)
    refused = st.session_state.get(f"{key}_refused")
    if refused:
        st.warning(refused)
    runs = runs_here(key)
    if not runs:
        draw_exactness(ghosts, x)
        return
    going = any(run.goes_on for run in runs)
    every = (1.0 if service().count() <= UNCROWDED else 2.0) if going else None
    draw = needs_records(draw_runs)
    st.fragment(partial(draw, key, name_of, ghosts, going, also, x), run_every=every)()


def draw_runs(
    key: str, name_of: Name, ghosts: Rows, going: bool, also: Also, x: curves.Across = "step"
) -> None:
    runs = runs_here(key)
    keep_in_the_address(key)
    if not runs or going != any(run.goes_on for run in runs) or taken_over(key, runs):
        st.rerun()  # the whole page, once: that starts or stops the timer, or ends the list
    names = unlike([name_of(run.spec.arguments) for run in runs])
    for run, name in zip(runs, names, strict=True):
        draw_line(key, run, name)
    also(runs, names)
    draw_runs_so_far(runs, names, ghosts, x)


def taken_over(key: str, runs: Sequence[LiveRun], seconds: float = 5.0) -> bool:
    """A reload can arrive before the server notices that the old tab is gone: look again."""
    if time.monotonic() - st.session_state.get(f"{key}_came", -seconds) > seconds:
        return False
    others = [run for run in runs if run.owner != this_reader()]
    if not any(
        service().visit(r.id, this_reader()) is r and r.owner == this_reader() for r in others
    ):
        return False
    del st.session_state[f"{key}_came"]
    st.session_state.pop(f"{key}_arrived", None)
    return True


def unlike(names: Sequence[str]) -> list[str]:
    """Names that tell the runs apart: '1. cot, reversed'."""
    return [f"{i}. {name}" for i, name in enumerate(names, 1)]


def draw_line(key: str, run: LiveRun, name: str) -> None:
    """One run in a line: what it is, how far, and what its owner may do."""
    mine = run.owner == this_reader()
    with st.container(border=True):
        st.markdown(f"**{name}** — {describe(run)}")
        latest = run.latest
        if latest is not None:
            st.progress(latest.step / latest.steps)
        with st.container(horizontal=True, gap="small"):
            if run.goes_on and mine:
                st.button(
                    "Stop",
                    key=f"{key}_stop_{run.id}",
                    icon=":material/stop:",
                    disabled=run.phase == "stopping",
                    on_click=service().stop,
                    args=(run.id, this_reader()),
                )
            if run.state == "kept" and mine:
                st.button(
                    "Continue",
                    key=f"{key}_go_on_{run.id}",
                    icon=":material/play_arrow:",
                    on_click=go_on,
                    args=(key, run),
                )
            if not run.goes_on and run.phase != "done":
                st.button(
                    "Start it again",
                    key=f"{key}_again_{run.id}",
                    icon=":material/replay:",
                    on_click=start_again,
                    args=(key, run),
                )
            if not run.goes_on or not mine:
                st.button(
                    "Remove",
                    key=f"{key}_remove_{run.id}",
                    icon=":material/close:",
                    on_click=remove,
                    args=(key, run),
                )
            if run.snapshots and not run.goes_on:
                st.download_button(
                    "History as CSV",
                    history_csv(run),
                    f"run-{run.id}.csv",
                    "text/csv",
                    key=f"{key}_csv_{run.id}",
                    on_click="ignore",
                    icon=":material/download:",
                )


def start_again(key: str, run: LiveRun) -> None:
    remove(key, run)
    launch(key, run.spec.arguments, run.spec.recipe, keep=run.spec.keep)


def describe(run: LiveRun) -> str:
    """Where a run stands, in a sentence."""
    latest = run.latest
    if run.phase == "waiting":
        return f"waits; number {run.place} in the queue." if run.place > 1 else "begins."
    parts: list[str] = []
    if latest is not None:
        parts.append(
            f"step {latest.step} of {latest.steps}, {latest.seconds:.0f} s of the processor's "
            f"time, loss {latest.loss:.4f}"
        )
    if run.checks:
        seen = run.checks[-1].check
        assert seen is not None
        parts.append(
            f"held out: {errors_in(seen.errors_heldout, seen.n_heldout)}{of_all(run.checks[-1])}"
        )
        parts.extend(filter(None, [arrival(run)]))
    if run.goes_on:
        parts.extend(filter(None, [steps_within_the_limit(run)]))
    after = ""
    if run.state == "forgotten":
        after = " Where it stood is no longer kept; you can start it again."
    elif run.state == "kept" and run.why:
        after = f" *Continue* gives it {live.MOST_SECONDS:g} s more."
    ending = {
        "going": "",
        "stopping": "It is being stopped.",
        "done": "Done.",
        "cancelled": f"Stopped{': ' + run.why if run.why else ''}.{after}",
        "failed": f"It failed. {run.why}.",
        "lost": f"It is lost: {run.why}. You can start it again.",
    }[run.phase]
    text = "; ".join(parts)
    return " ".join(filter(None, [f"{text}." if text else "", ending, too_fast(run)]))


def of_all(check: Snapshot) -> str:
    """Which of the pairs a check counted: all after the last step alone."""
    if check.step == check.steps:
        return ""
    return f" (one of {spelled(live.CHECKS_IN_A_ROUND)} parts of all pairs)"


def arrival(run: LiveRun) -> str:
    """When the run first met the goal at two checks in a row; empty before."""
    curve: list[tuple[int, int, int]] = []
    for shot in run.checks:
        assert shot.check is not None
        curve.append((shot.step, shot.check.errors_heldout, shot.check.n_heldout))
    step = steps_until(curve, LIVE_GOAL)
    return "" if math.isinf(step) else f"at most 1 in {1 / LIVE_GOAL:.0f} wrong from step {step} on"


def steps_within_the_limit(run: LiveRun) -> str:
    """How far the limit lets a run come, at its pace so far; empty if that is to its end."""
    latest = run.latest
    if latest is None or latest.step < PACE_STEPS:
        return ""
    last = latest.step + math.floor(latest.left * latest.step / latest.seconds)
    if last >= latest.steps:
        return ""
    return f"at this pace its limit, {latest.left:.0f} s more, lets it come to step {last}"


def too_fast(run: LiveRun) -> str:
    """What to say of a run whose steps are too large; empty for any other."""
    if not (step := losses.overshoots([shot.loss for shot in run.snapshots])):
        return ""
    return (
        f"It diverges: by step {step} the loss jumps from step to step instead of falling. A "
        "blind guess among sixteen tokens is charged ln 16 = 2.77. Each step goes too far, so take "
        "a smaller learning rate."
    )


# ---------------------------------------------------------------- what the runs show


def curve_rows(runs: Sequence[LiveRun], names: Sequence[str]) -> list[dict[str, Any]]:
    """Rows for the charts: run, step, seconds, what, value."""
    rows: list[dict[str, Any]] = []
    for run, name in zip(runs, names, strict=True):
        shots = settled(run)
        every = max(1, len(shots) // 150)
        for shot in shots[::-every][::-1]:
            rows.append({"run": name, **when(shot), "what": "loss", "value": shot.loss})
        for shot in run.checks:
            seen = shot.check
            assert seen is not None
            for what, errors, n in (
                ("trained on", seen.errors_train, seen.n_train),
                ("held out", seen.errors_heldout, seen.n_heldout),
            ):
                if n:
                    rows.append({"run": name, **when(shot), "what": what, "value": 1 - errors / n})
    return rows


def when(shot: Snapshot) -> dict[str, float]:
    return {"step": shot.step, "seconds": shot.seconds}


AT_ONCE, LOOKS = 10, 40
"""Steps by which the curve of a run grows, and more of a long run: its chart is made so often."""


def settled(run: LiveRun) -> Sequence[Snapshot]:
    n = len(run.snapshots)
    at_once = max(AT_ONCE, run.snapshots[-1].steps // LOOKS) if n else AT_ONCE
    return run.snapshots[: n - n % at_once] if run.goes_on and n > at_once else run.snapshots


def draw_exactness(every: Rows, x: curves.Across = "step") -> None:
    """Recorded runs, and on top of them the reader's own: what was learned."""
    if any(row["what"] != "loss" for row in every):
        show(
            curves.exactness_curves(without_steps(every), x),
            "Share of texts right in every token, a colour a kind of run, dashes if recorded",
        )


def without_steps(every: Rows) -> Rows:
    """All but the loss, of which one row tells that there is the run: so a step alone changes
    nothing, and the chart of before is drawn."""
    told, found = set[str](), list[Mapping[str, Any]]()
    for row in every:
        if row["what"] != "loss":
            found.append(row)
        elif row["run"] not in told:
            told.add(row["run"])
            found.append({**row, "step": 1, "seconds": 0, "value": 0})
    return found


def draw_runs_so_far(
    runs: Sequence[LiveRun], names: Sequence[str], ghosts: Rows, x: curves.Across = "step"
) -> None:
    """What the runs have learned first, in curves and pair by pair; below, small, the loss, which
    falls whether they learn to multiply or not."""
    every = [*ghosts, *curve_rows(runs, names)]
    learned, pairs = st.columns([3, 2])
    with learned:
        draw_exactness(every, x)
    below, beside = st.columns(2)
    if any(run.checks for run in runs):
        with pairs:
            draw_atlas_so_far(runs, names)
        with beside:
            say_of_atlas()
    if any(row["what"] == "loss" for row in every):
        show(
            curves.loss_curves(every),
            "Loss by step, a colour a kind of run, dashes if recorded",
            below,
        )


def draw_atlas_so_far(runs: Sequence[LiveRun], names: Sequence[str]) -> None:
    """A small picture of all pairs for each run, as it was last asked; two side by side."""
    columns = st.columns(min(2, len(runs)))
    for i, (run, name) in enumerate(zip(runs, names, strict=True)):
        said = f"All pairs up to 99 as {name} writes them: right, wrong or not asked yet"
        url = as_url(atlas_picture(run.wrong_at, trained_cells(run)))
        columns[i % len(columns)].html(
            f'<figure class="wb-atlas"><img alt="{escape(said)}" src="{url}">'
            f"<figcaption>{escape(name)}</figcaption></figure>"
        )


def say_of_atlas() -> None:
    """Its colours, and how old a dot may be."""
    parts = live.CHECKS_IN_A_ROUND
    st.html(maps.atlas_key())
    st.caption(
        "The first number goes down, the second across. "
        f"Each check evaluates another of {spelled(parts)} parts of all pairs, so a dot is up to "
        f"{spelled(parts - 1)} checks old. The last evaluates all pairs."
    )


def trained_cells(run: LiveRun) -> NDArray[np.bool_]:
    """True for the pairs that a run trains on, (100, 100); one that writes fewer digits is not
    asked for the others."""
    found = run.spec.build().trained_on()
    cells = np.zeros((100, 100), dtype=np.bool_)
    cells[: found.shape[0], : found.shape[1]] = found
    return cells


def history_csv(run: LiveRun) -> str:
    """Every step as a line; the counts stand where the model was asked."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n").writerow
    write(
        [
            "step",
            "tokens",
            "seconds",
            "loss",
            "train_errors",
            "train_n",
            "heldout_errors",
            "heldout_n",
        ]
    )
    for shot in run.snapshots:
        seen = shot.check
        counts = (
            [seen.errors_train, seen.n_train, seen.errors_heldout, seen.n_heldout]
            if seen
            else [""] * 4
        )
        write([shot.step, shot.tokens, f"{shot.seconds:.3f}", f"{shot.loss:.6g}", *counts])
    return out.getvalue()


def network_of(weights: Weights, spec: RunSpec) -> Checkpoint:
    """The model that a run left, for a function that is computed apart: no run is known there."""
    return rebuilt(weights.run, weights.step, weights, spec)


@st.cache_resource(show_spinner=False, max_entries=4)
def rebuilt(run: str, step: int, _weights: Weights, _spec: RunSpec) -> Checkpoint:
    """Run and step stand for the weights."""
    from lab.training.checkpoint import from_bytes

    recipe = _spec.build()
    return from_bytes(run, _weights.data, recipe.model, recipe.format)
