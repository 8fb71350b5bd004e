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
from components.ui.plots.ends import by_signs, from_zero, last_of, named, powers, shares

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


HIGH = CURVE + 40
"""In pixels: eight names stand beside the readings of a run."""


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


def over_steps(
    rows: Rows, title: str, tones: dict[str, Tone], *, percent: bool = False, log: bool = False
) -> Chart:
    """A thin line a seed and a strong one at their median. Rows: run, seed, step, value, and where
    there are two of them decay, which makes a colour weaker."""
    named_rows: list[dict[str, Any]] = [
        {**row, "line": f"{row['run']}, {row['decay']}" if row.get("decay") else row["run"]}
        for row in rows
    ]
    looks = {row["line"]: look_of(tones[row["run"]], row.get("decay")) for row in named_rows}
    values = [row["value"] for row in rows]
    axis = powers(values) if log else from_zero(values, "~%") if percent else by_signs(values)
    if log:  # a loss of zero has no place on it
        named_rows = [row for row in named_rows if row["value"] > 0]
    base = alt.Chart(pd.DataFrame(named_rows)).encode(
        x=of_steps(), color=alt.Color("line:N", scale=toned(looks), legend=None)
    )
    shown = alt.Tooltip("value:Q", format=".1%" if percent else ",.3~r")
    seeds = base.mark_line(strokeWidth=1, opacity=0.35).encode(
        y=axis.y("value:Q", title), detail="seed:N", tooltip=["line", "seed", "step", shown]
    )
    middle = base.mark_line(strokeWidth=2.5).encode(y=axis.y("median(value):Q", title))
    names = named(last_of(named_rows, "line", "step", "value"), axis, looks)
    return finished(alt.layer(seeds, middle, names).properties(height=CURVE))


def look_of(tone: Tone, decay: str | None) -> str:
    """Weaker with weight decay."""
    return tone.now + ("90" if decay and not decay.startswith("no ") else "")


def moved_when(rows: Rows, fall: float | None) -> Chart:
    """When each reading of one run moved, and a rule where its score fell. Rows: reading, step,
    value."""
    axis = shares(max(1.0, *(row["value"] for row in rows)))
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=of_steps(),
        y=axis.y("value:Q", "part of its largest change"),
        color=alt.Color("reading:N", scale=toned(READINGS), legend=None),
        tooltip=["reading", "step", alt.Tooltip("value:Q", format=".0%")],
    )
    is_score = alt.datum.reading == SCORE
    lines = alt.layer(
        base.transform_filter(~is_score).mark_line(strokeWidth=1.8),
        base.transform_filter(is_score).mark_line(strokeWidth=4),
        named(last_of(rows, "reading", "step", "value"), axis, READINGS, height=HIGH),
    )
    if fall is None:
        return finished(lines.properties(height=HIGH))
    at_fall = pd.DataFrame([{"step": fall, "said": "five more in a\nhundred are wrong"}])
    rule = alt.Chart(at_fall).mark_rule(color=SOFT.now).encode(x=of_steps())
    words = (
        alt.Chart(at_fall)
        .mark_text(align="right", dx=-6, baseline="top", lineBreak="\n", color=SOFT.now)
        .encode(x=of_steps(), y=alt.value(4), text="said:N")
    )
    return finished(alt.layer(lines, rule, words).properties(height=HIGH))


def put_back(rows: Rows) -> Chart:
    """A dot a seed, a row a network of a run. Rows: network, run, seed, value."""
    tones = only(row["run"] for row in rows)
    points = [
        {**row, "group": network, "arm": row["run"]}
        for network in dict.fromkeys(row["network"] for row in rows)
        for row in rows
        if row["network"] == network
    ]
    return dots.seeds(points, "other problems wrong", shares(), "value", form=".1%", tones=tones)
