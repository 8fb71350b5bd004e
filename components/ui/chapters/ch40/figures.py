"""Charts of page 40: what a token changes of those before it, what a cache takes, how it fails."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from components.ui.plots import bars
from components.ui.plots.colours import ACCENT, GREY, INK, RIGHT, SOFT, WORSE, WRONG, apart
from components.ui.plots.core import (
    CURVE,
    Chart,
    Numbers,
    finished,
    kinds,
    places,
    rows_high,
    token_axis,
    toned,
)

UNITS = ("bytes", "KB", "MB", "GB", "TB")


def drafting(rows: Sequence[Mapping[str, Any]]) -> Chart:
    """Times as fast as writing alone, by how much is drafted, a line a draft. Rows: draft, n_draft,
    kept, speed."""
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("n_draft:O", title="tokens drafted at a time", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("speed:Q", title="times as fast as alone", scale=alt.Scale(zero=True)),
    )
    lines = base.mark_line(point=alt.OverlayMarkDef(size=70), strokeWidth=2).encode(
        color=alt.Color(
            "draft:N",
            title="who drafts",
            scale=toned(apart(row["draft"] for row in rows)),
            legend=alt.Legend(orient="bottom"),
        ),
        tooltip=[
            "draft",
            alt.Tooltip("n_draft", title="drafted at a time"),
            alt.Tooltip("kept", title="kept of them", format=".2f"),
            alt.Tooltip("speed", title="times as fast", format=".2f"),
        ],
    )
    alone = alt.Chart(pd.DataFrame({"speed": [1.0]})).mark_rule(strokeDash=[4, 4], color=SOFT.now)
    return finished(alt.layer(alone.encode(y="speed:Q"), lines).properties(height=CURVE))


def memory(weights: float, cache: float, cards: Mapping[str, int]) -> Chart:
    """Weights, cache and both as bars of bytes, with a line for every card of about that size."""
    total = weights + cache
    step = min(len(UNITS) - 1, int(np.log(total) / np.log(1024)))
    unit = 1024.0**step
    near = {name: size / unit for name, size in cards.items() if total / 8 <= size <= 3 * total}
    rows = [
        ("weights", "weights", weights),
        ("cache", "cache", cache),
        ("together", "weights", weights),
        ("together", "cache", cache),
    ]
    data = pd.DataFrame(rows, columns=["bar", "what", "bytes"]).assign(
        amount=lambda d: d["bytes"] / unit
    )
    scale = alt.Scale(domain=[0, 1.08 * max(total / unit, *near.values(), 0)], nice=False)
    x = alt.X("amount:Q", title=UNITS[step], scale=scale, stack="zero")
    bars = (
        alt.Chart(data)
        .mark_bar()
        .encode(
            x=x,
            y=alt.Y("bar:N", title=None, sort=None),
            color=alt.Color("what:N", scale=toned({"weights": GREY, "cache": ACCENT}), legend=None),
            order=alt.Order("what:N", sort="descending"),
            tooltip=["what", alt.Tooltip("amount", title=UNITS[step], format=",.3~f")],
        )
    )
    lines = alt.Chart(pd.DataFrame({"card": list(near), "amount": list(near.values())}))
    rules = lines.mark_rule(strokeDash=[4, 4], color=INK.now).encode(x=alt.X("amount:Q"))
    names = lines.mark_text(y=-9, color=INK.now).encode(x=alt.X("amount:Q"), text="card:N")
    return finished(alt.layer(bars, rules, names).properties(height=rows_high(3, 60)))


def logit_changes(as_they_were: Numbers, turned_again: Numbers, text: str) -> Chart:
    """A line for keys that stand as they were and one for keys turned again, token by token (T,).

    `text` holds the tokens after which the logits are.
    """
    names = {"as they were": as_they_were, "turned again": turned_again}
    data = pd.DataFrame(
        [
            {"keys": name, "token": token, "place": place, "change": float(change)}
            for name, changes in names.items()
            for place, (token, change) in enumerate(zip(places(text), changes, strict=True))
        ]
    )
    chart = (
        alt.Chart(data)
        .mark_line(point=True)
        .encode(
            x=token_axis(alt.X, "token", "after reading", "bottom"),
            y=alt.Y(
                "change:Q",
                title="change of the logits",
                scale=alt.Scale(domainMin=0),
                axis=alt.Axis(format="%"),
            ),
            color=alt.Color(
                "keys:N",
                title="kept keys",
                scale=kinds(names),
                legend=alt.Legend(orient="bottom"),
            ),
            tooltip=["keys", "token", alt.Tooltip("change", format=".2%")],
        )
    )
    return finished(chart.properties(height=CURVE))


def fates(rows: Sequence[Mapping[str, Any]]) -> Chart:
    """A bar a fault: right, right for another sum, with a mistake. Rows: fault, fate, rank, n."""
    data = pd.DataFrame(rows)
    names = list(dict.fromkeys(data.sort_values("rank")["fate"]))
    looks = ((RIGHT, "✓"), (WORSE, "✗ another sum"), (WRONG, "✗ mistake"))
    ranked = dict(zip(names, looks, strict=True))
    return bars.fate_bars(rows, "fault", "fate", ranked, named_from=0.4)
