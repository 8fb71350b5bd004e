"""The charts of chapter 5, third page.

`Rows` are plain dicts with the named fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

import altair as alt
import pandas as pd

from components.ui.plots.chart_parts import CURVE, Chart, finished, shape_of, toned
from components.ui.plots.colours import (
    BROWN,
    GREY,
    INK,
    OCHRE,
    RESIDUALS,
    ROSE,
    TEAL,
    Tone,
)
from components.ui.plots.ends import by_signs, from_zero, last_of, named, powers

Rows = Sequence[Mapping[str, Any]]

KINDS: dict[str, Tone] = {
    "float32": OCHRE,
    "float64": TEAL,
    "float32, centred": ROSE,
    "float32, balanced": INK,
    "float64, small eps": TEAL,
    "float32, large eps": OCHRE,
    "float32, all problems": GREY,
}
"""Ways to go on, as the page calls them."""

OWN_EPS = ("float64, small eps", "float32, large eps")
"""In the colour of their precision, and another shape."""

OTHERS: dict[str, Tone] = {
    "weight decay 0.1": BROWN,
    "attention over depth": RESIDUALS["attention over depth"],
}
"""Those that shrink the weights, and another residual."""

HIGH = CURVE + 80
"""In pixels: nine names stand beside the dots."""


def only(runs: Iterable[str]) -> dict[str, Tone]:
    """The colours of these ways to go on, in the order of all."""
    shown = set(runs)
    return {name: tone for name, tone in KINDS.items() if name in shown}


def of_steps() -> alt.X:
    return alt.X(
        "step:Q",
        title="step",
        scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(format=",d", values=[1, 10, 100, 1000, 10_000]),
    )


def over_steps(rows: Rows, title: str, tones: dict[str, Tone], *, log: bool = False) -> Chart:
    """A thin line a seed and a strong one at their median. Rows: run, seed, step, value."""
    values = [row["value"] for row in rows]
    axis = powers(values) if log else by_signs(values)
    drawn = [row for row in rows if row["value"] > 0 or not log]  # a loss of zero has no place
    base = alt.Chart(pd.DataFrame(drawn)).encode(
        x=of_steps(), color=alt.Color("run:N", scale=toned(tones), legend=None)
    )
    shown = alt.Tooltip("value:Q", format=",.3~r")
    seeds = base.mark_line(strokeWidth=1, opacity=0.35).encode(
        y=axis.y("value:Q", title), detail="seed:N", tooltip=["run", "seed", "step", shown]
    )
    middle = base.mark_line(strokeWidth=2.5).encode(y=axis.y("median(value):Q", title))
    names = named(last_of(drawn, "run", "step", "value"), axis, tones)
    return finished(alt.layer(seeds, middle, names).properties(height=CURVE))


def apart(rows: Rows, across: str, unit: str = "") -> Chart:
    """A dot a seed and way to go on, named at the right at the height of its median. Rows: run,
    seed, across, value; `unit` follows the name of what lies across."""
    axis = from_zero([row["value"] for row in rows], "~%")
    along = from_zero([row["across"] for row in rows])
    tones = KINDS | OTHERS
    signs = ["diamond" if name in OWN_EPS else shape_of(name) for name in tones]
    looks = alt.Scale(domain=[*tones], range=signs)
    dots = (
        alt.Chart(pd.DataFrame(rows))
        .mark_point(size=64, opacity=0.85, strokeWidth=1.8)
        .encode(
            x=along.x("across:Q", f"{across}{unit}"),
            y=axis.y("value:Q", "other problems wrong"),
            color=alt.Color("run:N", scale=toned(tones), legend=None),
            fill=alt.Fill("run:N", scale=toned(tones), legend=None),
            shape=alt.Shape("run:N", scale=looks, legend=None),
            tooltip=[
                "run",
                "seed",
                alt.Tooltip("across:Q", title=across, format=".2f"),
                alt.Tooltip("value:Q", title="other problems wrong", format=".1%"),
            ],
        )
    )
    runs = dict.fromkeys(row["run"] for row in rows)
    middles = {run: median(row["value"] for row in rows if row["run"] == run) for run in runs}
    names = named(middles, axis, tones, height=HIGH)
    return finished(alt.layer(dots, names).properties(height=HIGH))
