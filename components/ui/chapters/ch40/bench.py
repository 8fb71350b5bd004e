"""Section 4 of chapter 4: the time of one more token, recorded, and here and now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import altair as alt
import pandas as pd

from components.ui.chapters.ch40 import phases, timing
from components.ui.chapters.ch40.timing import Rows
from components.ui.lazily import lazily
from components.ui.live.measuring import Measuring
from components.ui.plots.colours import INK, OCHRE, VIOLET
from components.ui.plots.core import CURVE, Chart, finished, toned
from components.ui.words import band, spelled
from lab.data.problems import Format

if TYPE_CHECKING:
    from lab.inference.stopwatch import TimedStep

experiment = lazily("lab.experiments.stopwatch")
stopwatch = lazily("lab.inference.stopwatch")
torch = lazily("torch")
cost = lazily("lab.model.cost")

PROMPT = Format("cot_reversed", 1, 1)
"""The sum that the record begins with as well: 7*8=."""

HERE = {1: (256, 1), 8: (128, 8)}
"""By texts side by side, how long they get here and now, and every how many lengths are timed
without a cache: so that no piece takes much longer than a third of a second."""

MOST_SECONDS = 12.0
DRAWN = 4
"""Of the recorded lengths, every so many."""

WITHOUT, WITH = "without a cache", "with a cache"
TONES = {WITHOUT: OCHRE, WITH: VIOLET}
RECORDED, NOW = "recorded", "here and now"


def start(batch: int) -> Measuring[TimedStep]:
    """Both ways by turns, step by step, from the prompt on."""
    longest, every = HERE[batch]
    given = PROMPT.prompt_length
    prompt = torch.from_numpy(PROMPT.prompt(7, 8)).long().repeat(batch, 1)
    steps = stopwatch.both_ways(phases.network(), prompt, longest, every)
    n = longest - given
    return Measuring(steps, n + -(-n // every), MOST_SECONDS)


def row_of(when: str, cached: bool, length: int, seconds: float, batch: int) -> dict[str, Any]:
    """Milliseconds for each token: a step writes one in each text."""
    which = WITH if cached else WITHOUT
    return {
        "when": when,
        "which": which,
        "length": length,
        "milliseconds": 1000 * seconds / batch,
    }


def recorded(rows: Rows, batch: int) -> list[dict[str, Any]]:
    return [
        row_of(RECORDED, cached, length, seconds, batch)
        for cached in (False, True)
        for row in [timing.timed(rows, batch, cached=cached)]
        for length, seconds in zip(row["lengths"], row["seconds"], strict=True)
        if row["every"] > 1 or (length - row["lengths"][0]) % DRAWN == 0
    ]


def measured(steps: Sequence[TimedStep], batch: int) -> list[dict[str, Any]]:
    return [row_of(NOW, step.cached, step.length, step.seconds, batch) for step in steps]


def times_of_a_token(ghosts: Sequence[dict[str, Any]], now: Sequence[dict[str, Any]]) -> Chart:
    """Recorded lines dashed, and what is measured now as points; then only as far as it has come.

    Rows: when, which, length, milliseconds.
    """
    most = max((row["length"] for row in now), default=None)
    longest = max(1.25 * most, 32) if most else max(row["length"] for row in ghosts)
    data = pd.DataFrame([*ghosts, *now])
    data = data[data["length"] <= longest]
    base = alt.Chart(data).encode(
        x=alt.X(
            "length:Q",
            title="tokens before it",
            scale=alt.Scale(domain=[0, longest], nice=False),
        ),
        y=alt.Y("milliseconds:Q", title="milliseconds a token", scale=alt.Scale(domainMin=0)),
        color=alt.Color(
            "which:N", title=None, scale=toned(TONES), legend=alt.Legend(orient="bottom", columns=1)
        ),
        tooltip=["when", "which", "length", alt.Tooltip("milliseconds", format=".3~g")],
    )
    lines = (
        base.transform_filter(alt.datum["when"] == RECORDED)
        .mark_line(strokeWidth=1.5)
        .encode(
            strokeDash=alt.StrokeDash(
                "when:N",
                title=None,
                scale=alt.Scale(domain=[RECORDED], range=[[4, 3]]),
                legend=alt.Legend(
                    orient="bottom",
                    symbolType="stroke",
                    symbolStrokeColor=INK.now,
                    symbolSize=600,
                ),
            )
        )
    )
    points = base.transform_filter(alt.datum["when"] == NOW).mark_circle(size=22, opacity=0.8)
    return finished(alt.layer(lines, points).properties(height=CURVE))


# ---------------------------------------------------------------- the guesses, and the prose

BOTH, ONLY_WITHOUT, NEITHER = "with a cache and without", "only without one", "in neither case"
SHAPES = (BOTH, ONLY_WITHOUT, NEITHER)
GROWN = 2.0
"""A step that takes so many times as long has grown."""

FACTORS = (
    "less than three times",
    "three to twenty times",
    "twenty to a hundred times",
    "more than that",
)
EDGES = (3, 20, 100)


def growth(rows: Rows, cached: bool) -> float:
    """The step behind the long text over that behind the short one."""
    row = timing.timed(rows, 1, cached=cached)
    return timing.seconds_at(row, timing.LONG) / timing.seconds_at(row, timing.SHORT)


def what_grows(rows: Rows) -> str:
    without, with_one = (growth(rows, cached) >= GROWN for cached in (False, True))
    return BOTH if with_one else ONLY_WITHOUT if without else NEITHER


def how_much_quicker(rows: Rows) -> str:
    return band(timing.speedup(rows, timing.LONG, 1), EDGES, FACTORS)


def work_saved(length: int) -> str:
    """How many times the operations a text takes without a cache."""
    without, with_one = (
        cost.writing_flops(phases.network().config, PROMPT.prompt_length, length, cached=cached)
        for cached in (False, True)
    )
    return timing.times(without / with_one)


CALC: dict[str, Callable[[], str]] = {
    "short": lambda: f"{timing.SHORT}",
    "long": lambda: f"{timing.LONG}",
    "work_short": lambda: work_saved(timing.SHORT),
    "work_long": lambda: work_saved(timing.LONG),
    "bench_texts": lambda: f"{timing.BATCHES[-1]}",
    "bench_few": lambda: spelled(8),
    "bench_seconds": lambda: f"{MOST_SECONDS:g}",
    "bench_longest": lambda: f"{HERE[1][0]}",
    "bench_longest_few": lambda: f"{HERE[8][0]}",
    "bench_every": lambda: spelled(experiment.EVERY),
    "repeats": lambda: spelled(experiment.REPEATS),
}
