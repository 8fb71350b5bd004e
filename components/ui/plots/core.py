"""What the charts of several pages share: inks, colours, and data laid out cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st
from altair.utils import schemapi
from numpy.typing import NDArray

# A chart is checked as a whole when it is drawn; that each of its parts is checked as it is made as
# well only costs time.
schemapi.DEBUG_MODE = False

Numbers = NDArray[np.float64]
Chart = alt.Chart | alt.LayerChart | alt.FacetChart
Orient = Literal["top", "left"]

READABLE = [0, 1.6]
"""A colour domain that leaves out the strongest tones, so that numbers in a cell stay readable."""

BLUE, ORANGE, GREY = "#2f86ba", "#e07b2a", "#8a8378"


def ink() -> str:
    """The colour of text in a chart: the theme dresses axes, not marks."""
    return "#ece7dd" if st.context.theme.type == "dark" else "#1d1b18"


def paper() -> str:
    """The page's own background: where a map has its zero."""
    return "#151412" if st.context.theme.type == "dark" else "#fbf8f1"


def grid(values: Numbers, rows: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """A matrix as one line a cell: row, column, value."""
    return pd.DataFrame(
        {
            "row": np.repeat(list(rows), len(columns)),
            "column": np.tile(list(columns), len(rows)),
            "value": values.ravel(),
        }
    )


def places(text: str) -> list[str]:
    """Tokens with their place before them, so that equal tokens stay apart: '07 6'."""
    return [f"{place:02d} {token}" for place, token in enumerate(text)]


def token_axis(channel: Any, name: str, title: str, orient: Orient) -> Any:
    axis = alt.Axis(
        orient=orient,
        labelAngle=0,
        labelExpr="split(datum.label, ' ')[1]",
        labelFontSize=14,
        labelOverlap=False,
    )
    return channel(f"{name}:N", sort=None, title=title, axis=axis)
