"""Maps that several pages show: all pairs of numbers, and one head's weights."""

from __future__ import annotations

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from components.ui.plots.colours import ACCENT, GREY, RIGHT_FIELD, WORSE, WRONG
from components.ui.plots.core import (
    Chart,
    Numbers,
    amounts,
    finished,
    grid,
    places,
    square,
    token_axis,
)

ATLAS_KINDS = ("right, trained on", "right, never shown", "wrong, never shown", "wrong, trained on")
ATLAS_ORDER = ((False, True), (False, False), (True, False), (True, True))
"""The kinds as (is it wrong, was it trained on)."""

NOT_ASKED = -2
"""In `wrong_at`: this pair has no verdict yet."""


def atlas_colours() -> tuple[str, ...]:
    """Of the kinds, in their order; the ground is faint, and what is wrong stronger than right."""
    return (GREY.now + "30", RIGHT_FIELD.now, WRONG.now, WORSE.now)


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
    return finished(chart.properties(height=640))


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
            color=alt.Color("value:Q", scale=amounts(), title="weight"),
            tooltip=[
                alt.Tooltip("row", title="having read"),
                alt.Tooltip("writes", title="about to write"),
                alt.Tooltip("column", title="looks at"),
                alt.Tooltip("value", title="weight", format=".3f"),
            ],
        )
    )
    return finished(chart.properties(height=560))
