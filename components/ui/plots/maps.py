"""Maps that several pages show: all pairs of numbers, one head's weights, lengths, small tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from components.ui.plots.chart_parts import (
    READABLE,
    Chart,
    Numbers,
    amounts,
    finished,
    grid,
    places,
    readable,
    square,
    swatches,
    token_axis,
    toned,
)
from components.ui.plots.colours import (
    ACCENT,
    GREY,
    INK,
    LINE,
    PAPER,
    RIGHT_FIELD,
    SOFT,
    WORSE,
    WRONG,
)
from components.ui.plots.drawn_once import drawn_once

ATLAS_KINDS = ("right, trained on", "right, held out", "wrong, held out", "wrong, trained on")
ATLAS_ORDER = ((False, True), (False, False), (True, False), (True, True))
"""The kinds as (is it wrong, was it trained on)."""

NOT_ASKED = -2
"""In `wrong_at`: this pair has no verdict yet."""


def atlas_colours() -> tuple[str, ...]:
    """Of the kinds, in their order; the ground is faint, and what is wrong stronger than right."""
    return (GREY.now + "30", RIGHT_FIELD.now, WRONG.now, WORSE.now)


def picture_colours() -> tuple[str, ...]:
    """Of the kinds in a picture of all pairs: as `pairs.css` has them, of the squares that play."""
    return (GREY.now + "4d", RIGHT_FIELD.now + "e0", WRONG.now, GREY.now + "e6")


def atlas_key() -> str:
    """HTML of what each colour of an atlas says, for one that is a picture."""
    colours = zip(ATLAS_KINDS, picture_colours(), strict=True)
    spans = (f'<span><i style="background: {c}"></i>{kind}</span>' for kind, c in colours)
    return f'<div class="wb-legend">{"".join(spans)}</div>'


@drawn_once
def atlas(wrong_at: NDArray[np.int64], trained_on: NDArray[np.bool_]) -> Chart:
    """All 100 x 100 pairs. `wrong_at` (100, 100): first wrong token, -1 for none, `NOT_ASKED`."""
    a, b = np.divmod(np.arange(10_000), 100)
    wrong, held = (wrong_at >= 0).ravel(), ~trained_on.ravel()
    kind = np.select([~wrong & ~held, ~wrong & held, wrong & held], [0, 1, 2], 3)
    data = pd.DataFrame(
        {"a": a, "b": b, "kind": np.array(ATLAS_KINDS)[kind], "at": wrong_at.ravel()}
    )
    data = data[data["at"] != NOT_ASKED]
    click = alt.selection_point(name="cell", fields=["a", "b"], on="click", empty=False)
    ticks = alt.Axis(values=list(range(0, 100, 10)), grid=False, labelAngle=0)
    chart = (
        alt.Chart(data, usermeta={"embedOptions": {"renderer": "canvas"}})
        .mark_rect()
        .encode(
            x=alt.X("b:O", title="second number", axis=ticks, scale=square()),
            y=alt.Y("a:O", title="first number", axis=ticks),
            color=alt.Color(
                "kind:N",
                title=None,
                scale=alt.Scale(domain=ATLAS_KINDS, range=atlas_colours()),
                legend=alt.Legend(columns=2),
            ),
            stroke=alt.condition(click, alt.value(ACCENT.now), alt.value(None)),
            strokeWidth=alt.condition(click, alt.value(2), alt.value(0)),
            tooltip=["a", "b", "kind", alt.Tooltip("at", title="first wrong token")],
        )
        .add_params(click)
    )
    return finished(chart.properties(height=460))


@drawn_once
def attention_map(pattern: Numbers, text: str) -> Chart:
    """One head's weights, a row a query, a column a key: (T, T). Row t writes text[t + 1]."""
    keys = places(text)
    data = grid(pattern, keys, keys)
    data["writes"] = np.repeat([*text[1:], ""], len(text))
    chart = (
        alt.Chart(data)
        .mark_rect()
        .encode(
            x=token_axis(alt.X, "column", "looks at", "top", square()),
            y=token_axis(alt.Y, "row", "having read", "left"),
            color=alt.Color("value:Q", scale=amounts(), title="weight", legend=swatches()),
            tooltip=[
                alt.Tooltip("row", title="having read"),
                alt.Tooltip("writes", title="about to write"),
                alt.Tooltip("column", title="looks at"),
                alt.Tooltip("value", title="weight", format=".3f"),
            ],
        )
    )
    return finished(chart.properties(height=560))


LENGTH_MAP = 190
"""In pixels: how wide a map of lengths is with its axis."""


@drawn_once
def length_map(rows: Sequence[Mapping[str, Any]], trained: int) -> Chart:
    """The share wrong for p (down) by q digits; inside the frame it was trained.

    Rows: p, q, n, wrong, and whatever else a tooltip says of a cell.
    """
    data = pd.DataFrame(rows)
    more = [name for name in data.columns if name not in ("p", "q", "n", "wrong")]
    data["share"] = data["wrong"] / data["n"]
    most = max(row["p"] for row in rows)
    for edge, axis in (("left", "q"), ("top", "p")):
        data[edge] = data[axis] - 0.5
        data[f"{edge}_end"] = data[axis] + 0.5
    sides = alt.Scale(domain=[0.5, most + 0.5], nice=False)
    marks = alt.Axis(
        values=[1, trained, most],
        format="d",
        grid=False,
        tickSize=0,
        labelPadding=3,
        titlePadding=4,
    )
    cells = (
        alt.Chart(data)
        .mark_rect(stroke=GREY.now, strokeWidth=0.5, strokeOpacity=0.4)
        .encode(
            x=alt.X("left:Q", title="digits of b", scale=sides, axis=marks),
            x2="left_end",
            y=alt.Y(
                "top:Q",
                title="digits of a",
                scale=alt.Scale(domain=[most + 0.5, 0.5], nice=False),
                axis=marks,
            ),
            y2="top_end",
            color=alt.Color(
                "share:Q",
                scale=alt.Scale(
                    domain=[0, 1], range=[PAPER.now, WRONG.now], interpolate="rgb", clamp=True
                ),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("p", title="digits of a"),
                alt.Tooltip("q", title="digits of b"),
                alt.Tooltip("n", title="problems"),
                "wrong",
                *more,
            ],
        )
    )
    frame = (
        alt.Chart(pd.DataFrame([{"low": 0.5, "high": trained + 0.5}]))
        .mark_rect(filled=False, stroke=INK.now, strokeWidth=1.5)
        .encode(x="low:Q", x2="high", y="low:Q", y2="high")
    )
    return finished(alt.layer(cells, frame).properties(width=LENGTH_MAP, height=LENGTH_MAP - 28))


IN_TWO_LINES = "split(replace(datum.label, ' of the ', ' of '), ' of ')"
"""A long name, 'tens of the first number', as 'tens' above 'first number'."""


HATCH = "\u2571" * 4
"""What stands in a cell that has no number. Stripes would be a gradient, which SVG looks up under
an address that the next control changes."""


def table_key(blank: str, hatched: str) -> str:
    """HTML of what a cell without a number says in `table_map`, blank or hatched."""
    frame = f"box-shadow: inset 0 0 0 1px {LINE.now}"
    lines = f"{PAPER.now} 0 2px, {SOFT.now} 2px 3px"
    ground = f"repeating-linear-gradient(135deg, {lines})"
    return (
        f'<div class="wb-legend"><span><i style="{frame}"></i>{blank}</span>'
        f'<span><i style="background: {ground}; {frame}"></i>{hatched}</span></div>'
    )


@drawn_once
def table_map(
    values: Numbers,
    rows: Sequence[str],
    columns: Sequence[str],
    row_title: str,
    column_title: str,
    *,
    hatched: bool = False,
) -> Chart:
    """A small heat map with its numbers in the cells. `values` (rows, columns) in [0, 1]; where
    there is none, NaN, there is no cell, or it is `hatched`. Where most would read 0.00, those stay
    blank: `table_key` says what either means."""
    whole = grid(values, rows, columns)
    data = whole.dropna()
    blank = data["value"] < 0.005
    sparse = bool(blank.mean() > 0.5)
    data["said"] = [f"{x:.2f}" for x in data["value"]]
    data.loc[blank & sparse, "said"] = ""
    base = alt.Chart(data).encode(
        x=alt.X(
            "column:N",
            sort=list(columns),
            title=column_title,
            axis=alt.Axis(orient="top", labelAngle=0, labelOverlap=False),
        ),
        y=alt.Y(
            "row:N",
            sort=list(rows),
            title=row_title,
            axis=alt.Axis(labelExpr=IN_TWO_LINES),
        ),
    )
    cells = base.mark_rect(stroke=LINE.now, strokeWidth=1 if sparse else 0).encode(
        color=alt.Color("value:Q", scale=amounts(READABLE[1]), legend=None),
        tooltip=[
            alt.Tooltip("row", title=row_title),
            alt.Tooltip("column", title=column_title),
            alt.Tooltip("value", title="share", format=".3f"),
        ],
    )
    numbers = base.mark_text(fontSize=15).encode(
        text="said:N", color=readable("datum.value > 0.92")
    )
    layers = [cells, numbers]
    if hatched and len(data) < len(whole):
        empty = alt.Chart(whole.loc[whole["value"].isna(), ["row", "column"]])
        for mark in (
            empty.mark_rect(fill=PAPER.now, stroke=LINE.now),
            empty.mark_text(text=HATCH, fontSize=18, color=SOFT.now),
        ):
            layers.append(mark.encode(x=base.encoding.x, y=base.encoding.y))
    return finished(alt.layer(*layers).properties(height=48 * len(rows)))


@drawn_once
def early_reading(
    letters: Sequence[str], sure: Numbers, rows: Sequence[str], written: str, first: int
) -> Chart:
    """What the stream would say if it ended at each row. `letters` (rows), `sure` (rows, places).

    `written` is what the model wrote, its first token at place `first` of the text.
    """
    columns = places(" " * first + written)[first:]
    data = grid(sure, rows, columns)
    data["says"] = [token for row in letters for token in row]
    data["what"] = np.where(data["says"] == np.tile([*written], len(rows)), "as written", "other")
    base = alt.Chart(data).encode(
        x=token_axis(alt.X, "column", "token that is written", "top"),
        y=alt.Y("row:N", sort=None, title=None),
    )
    cells = base.mark_rect().encode(
        color=alt.Color(
            "what:N",
            title=None,
            scale=toned({"as written": ACCENT, "other": GREY}),
        ),
        opacity=alt.Opacity("value:Q", scale=alt.Scale(domain=[0, 1], range=[0, 0.5]), legend=None),
        tooltip=[
            alt.Tooltip("row", title="read"),
            alt.Tooltip("says", title="would write"),
            alt.Tooltip("value", title="probability", format=".3f"),
        ],
    )
    letters_of = base.mark_text(fontSize=14).encode(text="says:N")
    agreed = alt.datum.what == "as written"
    bold = letters_of.mark_text(fontSize=14, fontWeight="bold").transform_filter(agreed)
    plain = letters_of.transform_filter(f"!({agreed})")
    return finished(alt.layer(cells, plain, bold).properties(height=34 * len(rows)))
