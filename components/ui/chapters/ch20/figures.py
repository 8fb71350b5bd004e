"""Charts of page 20: what a shuffle changes, scores by place, and the race of the encodings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from components.ui.plots import bars
from components.ui.plots.colours import ACCENT, GREY, INK, RIGHT, SOFT, WORSE, WRONG
from components.ui.plots.core import (
    CURVE,
    Chart,
    Numbers,
    finished,
    kinds,
    places,
    rows_high,
    signs,
    square,
    swatches,
    token_axis,
    toned,
)


def changes(rows: Sequence[Mapping[str, Any]]) -> Chart:
    """A bar for each layer of each model. Rows: model, layer, change (a share)."""
    data = pd.DataFrame(rows)
    data["where"] = data["model"] + ", " + data["layer"]
    chart = (
        alt.Chart(data)
        .mark_bar()
        .encode(
            x=alt.X(
                "change:Q",
                title="change of what the last token hears",
                scale=alt.Scale(domainMin=0),
                axis=alt.Axis(format="%", tickCount=5),
            ),
            y=alt.Y("where:N", title=None, sort=None),
            color=alt.Color("model:N", scale=kinds(data["model"]), legend=None),
            tooltip=["model", "layer", alt.Tooltip("change", format=".2e")],
        )
    )
    return finished(chart.properties(height=rows_high(len(data), 26)))


def scores_by_place(scores: Numbers) -> Chart:
    """Row i the query's position, column j the key's, (n, n). Click a cell to outline all cells of
    its distance i - j."""
    i, j = np.indices(scores.shape)
    most = float(np.abs(scores).max())
    data = pd.DataFrame(
        {
            "i": i.ravel(),
            "j": j.ravel(),
            "distance": (i - j).ravel(),
            "score": scores.ravel(),
        }
    )
    picked = alt.selection_point(fields=["distance"], empty=False)
    chart = (
        alt.Chart(data)
        .mark_rect()
        .encode(
            x=alt.X("j:O", title="position of the key", axis=sparse(), scale=square()),
            y=alt.Y("i:O", title="position of the query", axis=sparse()),
            color=alt.Color(
                "score:Q",
                scale=signs(most),
                legend=swatches(title="score", orient="bottom"),
            ),
            stroke=alt.condition(picked, alt.value(INK.now), alt.value(None)),
            tooltip=[
                alt.Tooltip("i", title="query at"),
                alt.Tooltip("j", title="key at"),
                alt.Tooltip("distance", title="i - j"),
                alt.Tooltip("score", format=".3f"),
            ],
        )
        .add_params(picked)
    )
    return finished(chart.properties(height=400))


def sparse() -> alt.Axis:
    return alt.Axis(values=list(range(0, 256, 8)), labelAngle=0)


def by_distance(curves: Mapping[str, Numbers]) -> Chart:
    """A line a base: the score at distances 0, 1, 2, ..."""
    rows = [
        {"base": name, "distance": d, "score": float(x)}
        for name, values in curves.items()
        for d, x in enumerate(values)
    ]
    data = pd.DataFrame(rows)
    x = alt.X("distance:Q", title="distance i - j")
    y = alt.Y("score:Q", title="score")
    lines = (
        alt.Chart(data)
        .mark_line()
        .encode(
            x=x,
            y=y,
            color=alt.Color("base:N", scale=kinds(curves), title="base"),
            tooltip=["base", "distance", alt.Tooltip("score", format=".3f")],
        )
    )
    return finished(lines.properties(height=CURVE))


def pair_layouts(rows: Sequence[Mapping[str, Any]]) -> Chart:
    """The numbers of a head side by side, an arc over each pair; a line for each way to read them.

    Rows: read (what is said of the line), order (the row of W_Q that stands in each place), pairs
    (of places), kept (were these pairs trained?).
    """
    arcs, cells, lines = [], [], []
    for level, row in enumerate(rows):
        base = -LINE_APART * level
        lines.append({"read": row["read"], "x": -0.4, "y": base + 2.3})
        cells += [{"x": x, "y": base, "number": n} for x, n in enumerate(row["order"])]
        kind = "trained together" if row["kept"] else "strangers"
        for clock, (left, right) in enumerate(row["pairs"]):
            half, turn = (right - left) / 2, np.linspace(0, np.pi, 25)
            arcs += [
                {"line": level, "clock": clock, "pair": kind, "order": step, "x": x, "y": y}
                for step, (x, y) in enumerate(
                    zip(
                        left + half - half * np.cos(turn),
                        base + 0.3 + 0.6 * half * np.sin(turn),
                        strict=True,
                    )
                )
            ]
    n, low = len(rows[0]["order"]), -LINE_APART * (len(rows) - 1)
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.6, n - 0.4], nice=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[low - 0.4, 2.6], nice=False))
    pairs = (
        alt.Chart(pd.DataFrame(arcs))
        .mark_line()
        .encode(
            x=x,
            y=y,
            order="order:Q",
            detail=["line:N", "clock:N"],
            color=alt.Color(
                "pair:N",
                title=None,
                scale=toned({"trained together": RIGHT, "strangers": WRONG}),
                legend=alt.Legend(orient="bottom", symbolType="stroke"),
            ),
            tooltip=["clock", "pair"],
        )
    )
    numbers = alt.Chart(pd.DataFrame(cells)).mark_text(fontSize=15)
    words = alt.Chart(pd.DataFrame(lines)).mark_text(align="left", fontWeight="bold")
    chart = alt.layer(
        pairs, numbers.encode(x=x, y=y, text="number:N"), words.encode(x=x, y=y, text="read:N")
    )
    return finished(chart.configure_view(strokeWidth=0).properties(height=LINE_HIGH * len(rows)))


LINE_APART, LINE_HIGH = 3.4, 110


def steps_to_goal(rows: Sequence[Mapping[str, Any]], most: int) -> Chart:
    """A point a seed, a line an arm; one that never arrived stands where it ended.

    Rows: setting, encoding, seed, steps (infinite for never), ended.
    """
    data = pd.DataFrame(rows)
    never = "did not arrive"
    data["arm"] = data["setting"] + ": " + data["encoding"]
    data["came"] = np.where(np.isfinite(data["steps"]), "arrived", never)
    data["shown"] = data["steps"].where(np.isfinite(data["steps"]), data["ended"])
    chart = (
        alt.Chart(data)
        .mark_point(size=80, filled=True, opacity=0.75)
        .encode(
            x=alt.X("shown:Q", title="steps to the goal", scale=alt.Scale(domain=[0, most])),
            y=alt.Y("arm:N", sort=None, title=None, axis=alt.Axis(labelOverlap=False, grid=True)),
            shape=alt.Shape(
                "came:N",
                title=None,
                scale=alt.Scale(domain=["arrived", never], range=["circle", "triangle-right"]),
                legend=alt.Legend(orient="bottom", symbolFillColor=SOFT.now),
            ),
            color=alt.Color("encoding:N", scale=kinds(data["encoding"]), legend=None),
            tooltip=["setting", "encoding", "seed", "shown", "came"],
        )
    )
    return finished(chart.properties(height=rows_high(len(set(data["arm"])), 30)))


def failures(rows: Sequence[Mapping[str, Any]]) -> Chart:
    """A bar an arm: right, wrong in a digit first, wrong in a length first. Rows: arm, kind, n."""
    looks = {
        "right to the end": (RIGHT, "✓"),
        "a wrong digit first": (WRONG, "✗ digit"),
        "a wrong length first": (WORSE, "✗ length"),
    }
    return bars.fate_bars(rows, "arm", "kind", looks, named_from=0.15)


def missed_without(missed: Sequence[int], unhidden: int, n: int, prompt: str) -> Chart:
    """Sums begun wrong when one token of the prompt is hidden, a bar a token, and with none hidden.

    `missed` (T,), of `n` sums each; `prompt` holds the T tokens of one of them.
    """
    data = pd.DataFrame({"token": places(prompt), "missed": missed})
    data["label"] = [f"{m:,}" for m in missed]
    most = alt.Scale(domain=[0, n])
    base = alt.Chart(data).encode(x=token_axis(alt.X, "token", "hidden from the first =", "bottom"))
    bars = base.mark_bar().encode(
        y=alt.Y("missed:Q", title=f"begun wrong, of {n:,}", scale=most),
        color=alt.when(alt.datum["missed"] < unhidden / 2)
        .then(alt.value(ACCENT.now))
        .otherwise(alt.value(GREY.now)),
        tooltip=["token", "missed"],
    )
    counts = base.mark_text(dy=-8, color=INK.now).encode(
        y=alt.Y("missed:Q", scale=most), text="label:N"
    )
    rule = alt.Chart(pd.DataFrame({"missed": [unhidden], "name": ["nothing hidden"]}))
    level = rule.mark_rule(strokeDash=[4, 4], color=INK.now).encode(y="missed:Q")
    return finished(alt.layer(bars, counts, level).properties(height=220))
