"""Curves of training: loss, and how many texts are right.

A run's colour is its kind, here as in every figure. Dashes say that it is recorded and nothing
else, a thin line that its texts were trained on, and the second of two runs of a kind is weaker.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import altair as alt
import pandas as pd

from components.ui.plots.chart_parts import CURVE, DASHED, Chart, finished, toned
from components.ui.plots.colours import RECORDED, Tone, apart
from components.ui.plots.drawn_once import drawn_once
from components.ui.plots.ends import last_of, named, powers, shares

Rows = Sequence[Mapping[str, Any]]
Across = Literal["step", "tokens", "seconds"]
"""What a curve runs across."""

SOLID = [1, 0]
HELD_OUT, TRAINED_ON = "held out", "trained on"
WIDTHS = {HELD_OUT: 2.5, TRAINED_ON: 1.0}
WEAKER = ("", "90", "50")
"""How opaque, in two digits after a colour: the first run of a kind, the second, those behind."""


@drawn_once
def loss_curves(rows: Rows) -> Chart:
    """Loss by step on a log scale. Rows: run, step, what, value."""
    losses = [row for row in rows if row["what"] == "loss"]
    axis, tones = powers([row["value"] for row in losses]), tones_of(rows, losses)
    lines = (
        alt.Chart(pd.DataFrame(losses, columns=["run", "step", "what", "value"]))
        .mark_line()
        .encode(
            x=alt.X("step:Q", axis=WHOLE),
            y=axis.y("value:Q", "loss, −ln p per token"),
            tooltip=["run", "step", alt.Tooltip("value", format=",.4~r")],
            **run_looks(tones),
        )
    )
    names = named(last_of(losses, "run", "step", "value"), axis, tones)
    return finished(alt.layer(lines, names).properties(height=CURVE))


@drawn_once
def exactness_curves(rows: Rows, x: Across = "step") -> Chart:
    """Share of right texts: held out a line, trained on a thin one. Rows: run, x, what, value."""
    asked = [row for row in rows if row["what"] != "loss"]
    axis, tones = shares(), tones_of(rows, asked)
    looks = run_looks(tones)
    both = {row["what"] for row in asked} == set(WIDTHS)
    title = "texts right in every token" + (f" (thin: {TRAINED_ON})" if both else "")
    base = alt.Chart(pd.DataFrame(asked, columns=["run", x, "what", "value"])).encode(
        x=alt.X(f"{x}:Q", axis=WHOLE),
        y=axis.y("value:Q", title),
        color=looks["color"],
    )
    lines = [
        base.transform_filter(alt.datum["what"] == what)
        .mark_line(strokeWidth=wide)
        .encode(strokeDash=looks["strokeDash"])
        for what, wide in WIDTHS.items()
    ]
    points = base.mark_circle(size=18, opacity=1).encode(
        tooltip=["run", "what", x, alt.Tooltip("value", format=".4f")]
    )
    told = {row["run"]: HELD_OUT for row in asked if row["what"] == HELD_OUT}
    last = [row for row in asked if row["what"] == told.get(row["run"], TRAINED_ON)]
    names = named(last_of(last, "run", x, "value"), axis, tones)
    return finished(alt.layer(*lines, points, names).properties(height=CURVE))


WHOLE = alt.Axis(format=",d", tickMinStep=1, tickCount=5)
"""Of an axis of steps or tokens."""


def tones_of(every: Rows, shown: Rows) -> dict[str, str]:
    """The colours of the runs that a chart shows, of all that the page has."""
    before: Counter[tuple[Tone, bool]] = Counter()
    colours: dict[str, str] = {}
    for name, tone in apart(row["run"] for row in every).items():
        same = (tone, name.endswith(RECORDED))
        colours[name] = tone.now + WEAKER[min(before[same], len(WEAKER) - 1)]
        before[same] += 1
    return {name: colours[name] for name in dict.fromkeys(row["run"] for row in shown)}


def run_looks(tones: Mapping[str, str]) -> dict[str, Any]:
    """Colour and dashes of runs, which are named where they end."""
    dashes = [DASHED if name.endswith(RECORDED) else SOLID for name in tones]
    return {
        "color": alt.Color("run:N", scale=toned(tones), legend=None),
        "strokeDash": alt.StrokeDash(
            "run:N", scale=alt.Scale(domain=list(tones), range=dashes), legend=None
        ),
    }
