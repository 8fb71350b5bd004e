"""The charts of chapter 5, third page.

`Rows` are plain dicts with the named fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.ui.plots import dots
from components.ui.plots.chart_parts import CURVE, Chart, finished, toned
from components.ui.plots.colours import (
    GREY,
    INK,
    OCHRE,
    ROSE,
    TEAL,
    Tone,
    tone_of,
)
from components.ui.plots.drawn_once import drawn_once
from components.ui.plots.ends import by_signs, last_of, named, powers

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


@drawn_once
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


FOLDS, NO_FOLD = "folds", "no fold"
"""Of a way to go on: what becomes of its features."""


@drawn_once
def beside(rows: Rows, n: int) -> Chart:
    """A dot a seed, a row a way to go on, a mark at the median: how many more of `n` are wrong than
    in the usual run of that seed, which a rule stands for. Rows: group, arm, seed, more."""
    tones = {row["arm"]: KINDS.get(row["arm"]) or tone_of(row["arm"]) for row in rows}
    axis, title = by_signs([row["more"] for row in rows]), f"more wrong of {n:,} than float32"
    chart = dots.layers_of_seeds(rows, title, axis, "more", form="+d", tones=tones)
    even = (
        alt.Chart(pd.DataFrame([{"none": 0}]))
        .mark_rule(color=INK.now, opacity=0.5)
        .encode(x=axis.x("none:Q", title))
    )
    chart.layer = [even, *chart.layer]  # pyright: ignore
    return chart
