"""Bars and points that compare several arms on one axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.ui.plots.chart_parts import SHARES, Chart, finished, rows_high, toned
from components.ui.plots.colours import PAPER, Tone, tone_of
from lab.readings import Counts, part_of


def count_bars(counts: Mapping[str, int], row_title: str, count_title: str) -> Chart:
    """Horizontal bars with their counts beside them."""
    data = pd.DataFrame({"row": list(counts), "count": list(counts.values())})
    base = alt.Chart(data).encode(
        y=alt.Y("row:N", sort=None, title=row_title),
        x=alt.X("count:Q", title=count_title, scale=alt.Scale(nice=False)),
    )
    labels = base.mark_text(align="left", dx=5).encode(text=alt.Text("count:Q", format=","))
    return finished(
        alt.layer(base.mark_bar(), labels).properties(height=rows_high(len(counts), 28))
    )


def seed_points(arms: Mapping[str, Counts], record: Any) -> list[dict[str, Any]]:
    """Rows for `seeds`: the share that came out wrong in every seed of every arm."""
    return [
        seed_point(name, row["cell"]["seed"], wrong, n)
        for name, counts in arms.items()
        for row, wrong, n in counts.points(record)
    ]


def seed_point(arm: str, seed: int, wrong: int, n: int) -> dict[str, Any]:
    return {"arm": arm, "share": wrong / n, "seed": seed, "errors": part_of(wrong, n)}


def seeds(
    rows: Sequence[Mapping[str, Any]],
    title: str = "",
    share: str = "texts right in every token",
    most: float = 1.0,
) -> Chart:
    """A point a seed, a line an arm, a bar at the median, up to the share `most`. Rows: arm, share,
    seed, and errors or right, the count that a tooltip tells."""
    arms = {row["arm"]: tone_of(row["arm"]) for row in rows}
    counted = "right" if "right" in rows[0] else "errors"
    base = alt.Chart(pd.DataFrame(rows)).encode(y=alt.Y("arm:N", sort=None, title=title or None))
    x = alt.X(
        "share:Q",
        title=share,
        scale=alt.Scale(domain=[0, most]),
        axis=alt.Axis(format="%", values=[most * part for part in SHARES]),
    )
    points = base.mark_circle(size=80, opacity=0.6).encode(
        x=x,
        color=alt.Color("arm:N", scale=toned(arms), legend=None),
        tooltip=["arm", "seed", counted, alt.Tooltip("share", format=".4f")],
    )
    medians = base.mark_tick(thickness=3, size=24).encode(
        x=alt.X("median(share):Q", scale=alt.Scale(domain=[0, most]))
    )
    return finished(alt.layer(points, medians).properties(height=rows_high(len(arms), 44)))


def fate_bars(
    rows: Sequence[Mapping[str, Any]],
    row: str,
    kind: str,
    looks: Mapping[str, tuple[Tone, str]],
    *,
    named_from: float,
    title: str = "problems",
) -> Chart:
    """A bar a `row`, its parts one `kind` each with a tone and a mark. Rows: row, kind, rank, n.

    A part bears its mark if it is a larger share of its bar than `named_from`.
    """
    data = pd.DataFrame(rows)
    wide = data["n"] / data.groupby(row)["n"].transform("sum") > named_from
    marks = pd.Series([looks[name][1] for name in data[kind]], index=data.index)
    base = alt.Chart(data.assign(mark=marks.where(wide, ""))).encode(
        y=alt.Y(f"{row}:N", title=None, sort=None), order=alt.Order("rank:Q")
    )
    n = alt.X("n:Q", title=title, stack="zero")
    bars = base.mark_bar().encode(
        x=n,
        color=alt.Color(
            f"{kind}:N",
            title=None,
            scale=toned({name: tone for name, (tone, _) in looks.items()}),
            legend=alt.Legend(orient="bottom", columns=1),
        ),
        tooltip=[row, kind, "n"],
    )
    inside = base.mark_text(color=PAPER.now).encode(x=n.bandPosition(0.5), text="mark:N")
    high = rows_high(len(set(data[row])), 44)
    return finished(alt.layer(bars, inside).properties(height=high))
