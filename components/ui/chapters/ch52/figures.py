"""The charts of chapter 5, third page.

`Rows` are plain dicts with the named fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.ui.plots.chart_parts import CURVE, Chart, finished, rows_high, toned
from components.ui.plots.colours import (
    BROWN,
    GREY,
    INK,
    OCHRE,
    RESIDUALS,
    ROSE,
    SOFT,
    TEAL,
    VIOLET,
    WRONG,
    Tone,
)

Rows = Sequence[Mapping[str, Any]]

STREAMS: dict[str, Tone] = {name: RESIDUALS[name] for name in ("plain sum", "attention over depth")}
KINDS: dict[str, Tone] = {
    "float32, as above": OCHRE,
    "softmax in float64": TEAL,
    "no push: taken off all logits": VIOLET,
    "no push: taken off wrong ones": ROSE,
    "float64, small eps": BROWN,
    "float32, large eps": INK,
    "all problems": GREY,
}
"""Ways to go on, as the page calls them."""

SCORE = "other problems wrong"
READINGS: dict[str, Tone] = {
    SCORE: WRONG,
    "token cosine": VIOLET,
    "effective rank": OCHRE,
    "rank about the mean": TEAL,
    "attention entropy": ROSE,
    "size of the weights": BROWN,
    "size of the logits": INK,
    "loss of the few problems": GREY,
}


def only(runs: Iterable[str]) -> dict[str, Tone]:
    """The colours of these ways to go on, in the order of all."""
    shown = set(runs)
    return {name: tone for name, tone in KINDS.items() if name in shown}


def of_steps() -> alt.X:
    return alt.X(
        "step:Q",
        title="step",
        scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(format="~s", values=[1, 10, 100, 1000, 10_000]),
    )


def over_steps(
    rows: Rows, title: str, tones: dict[str, Tone], *, percent: bool = False, log: bool = False
) -> Chart:
    """A thin line a seed and a strong one at their median. Rows: run, seed, step, value, and where
    there are two of them decay."""
    data = pd.DataFrame(rows)
    base = alt.Chart(data).encode(
        x=of_steps(),
        color=alt.Color("run:N", title=None, scale=toned(tones), legend=alt.Legend(columns=1)),
    )
    if "decay" in data:
        base = base.encode(
            strokeDash=alt.StrokeDash(
                "decay:N", title=None, sort=None, legend=alt.Legend(columns=1)
            )
        )
    scale, axis = (
        alt.Scale(type="log" if log else "linear"),
        alt.Axis(format="%" if percent else "~g"),
    )
    if log:
        axis = alt.Axis(format=".0e", tickCount=5)
    shown = alt.Tooltip("value:Q", format=".1%" if percent else ".3~g")
    seeds = base.mark_line(strokeWidth=1, opacity=0.35).encode(
        y=alt.Y("value:Q", title=title, scale=scale, axis=axis),
        detail="seed:N",
        tooltip=["run", "seed", "step", shown],
    )
    median = base.mark_line(strokeWidth=2.5).encode(
        y=alt.Y("median(value):Q", title=title, scale=scale, axis=axis)
    )
    return finished(alt.layer(seeds, median).properties(height=CURVE))


def moved_when(rows: Rows, fall: float | None) -> Chart:
    """When each reading of one run moved, and a rule where its score fell. Rows: reading, step,
    value."""
    data = pd.DataFrame(rows)
    base = alt.Chart(data).encode(
        x=of_steps(),
        y=alt.Y(
            "value:Q", title="part of its largest change", axis=alt.Axis(format="%", tickCount=5)
        ),
        color=alt.Color(
            "reading:N", title=None, scale=toned(READINGS), legend=alt.Legend(columns=2)
        ),
        tooltip=["reading", "step", alt.Tooltip("value:Q", format=".0%")],
    )
    is_score = alt.datum.reading == SCORE
    lines = alt.layer(
        base.transform_filter(~is_score).mark_line(strokeWidth=1.8),
        base.transform_filter(is_score).mark_line(strokeWidth=4),
    )
    if fall is None:
        return finished(lines.properties(height=CURVE))
    at_fall = pd.DataFrame([{"step": fall, "said": "five more in a hundred are wrong"}])
    rule = alt.Chart(at_fall).mark_rule(color=SOFT.now, strokeDash=[4, 4]).encode(x=of_steps())
    words = (
        alt.Chart(at_fall)
        .mark_text(align="right", dx=-6, baseline="top", color=SOFT.now)
        .encode(x=of_steps(), y=alt.value(4), text="said:N")
    )
    return finished(alt.layer(lines, rule, words).properties(height=CURVE))


def put_back(rows: Rows) -> Chart:
    """A point a seed, a tick at the median, a row a network of a run. Rows: network, run, seed,
    value."""
    data = pd.DataFrame(rows)
    tones = toned(only(data["run"]))
    x = alt.X("value:Q", title="other problems wrong", axis=alt.Axis(format="%"))
    base = alt.Chart(data).encode(
        y=alt.Y("network:N", sort=None, title=None, axis=alt.Axis(labelLimit=220, grid=True)),
        yOffset=alt.YOffset("run:N", sort=None),
        color=alt.Color("run:N", title=None, scale=tones, legend=alt.Legend(columns=1)),
    )
    points = base.mark_point(size=60, filled=True, opacity=0.75).encode(
        x=x, tooltip=["network", "run", "seed", alt.Tooltip("value:Q", format=".1%")]
    )
    ticks = base.mark_tick(thickness=3, size=16).encode(
        x=alt.X("median(value):Q", title="other problems wrong", axis=alt.Axis(format="%"))
    )
    return finished(
        alt.layer(points, ticks).properties(height=rows_high(len(set(data["network"])), 44))
    )
