"""Charts that are made once on a server and shared by all readers who ask for the same.

To build a chart of Altair takes five times as long as to send it, and Streamlit does one chart at a
time.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from functools import wraps
from threading import Lock
from typing import Any, ParamSpec

import altair as alt
import pandas as pd
import pyarrow as pa
import streamlit as st

from components.ui.plots.chart_parts import Chart
from components.ui.plots.colours import is_dark

Given = ParamSpec("Given")

CHECKED = False
"""Is a chart compared with the schema of Vega-Lite when it is made? In the tests each is."""

MOST = 24
"""Charts of one function that a server keeps; what nobody asked for the longest goes first."""


class DrawnChart:
    """A chart whose specification is made at its first drawing. Else it is the chart itself."""

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.spec: dict[str, Any] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.chart, name)

    def to_dict(self) -> dict[str, Any]:
        """As Streamlit asks for it: tables beside the specification, by name."""
        if self.spec is None:
            tables: dict[int, pd.DataFrame] = {}
            with alt.data_transformers.enable("beside", tables=tables):
                spec = self.chart.to_dict(validate=CHECKED)
            sent = {named(i): pa.Table.from_pandas(x) for i, x in enumerate(tables.values())}
            self.spec = spec | {"datasets": spec.get("datasets", {}) | sent}
        return dict(self.spec)


def beside(data: Any, tables: dict[int, pd.DataFrame]) -> dict[str, Any]:
    """The name of a table in the specification, the table itself into `tables`, by its identity:
    layers of a chart share one."""
    if not isinstance(data, pd.DataFrame):
        return data
    tables.setdefault(id(data), data)
    return {"name": named([*tables].index(id(data)))}


def named(i: int) -> str:
    return f"table_{i}"


alt.data_transformers.register("beside", beside)


class Kept:
    """The charts of a function by what was asked for, in the order of the last time."""

    def __init__(self) -> None:
        self.charts: dict[bytes, DrawnChart] = {}
        self.lock = Lock()

    def get(self, asked: bytes) -> DrawnChart | None:
        with self.lock:
            if found := self.charts.pop(asked, None):
                self.charts[asked] = found
        return found

    def keep(self, asked: bytes, chart: DrawnChart) -> None:
        with self.lock:
            self.charts[asked] = chart
            while len(self.charts) > MOST:
                del self.charts[next(iter(self.charts))]


def drawn_once(make: Callable[Given, Chart]) -> Callable[Given, DrawnChart]:
    """For a function that makes a chart of numbers and names, and of nothing else but the colours
    of the page: light and dark are two charts."""

    kept = Kept()

    @wraps(make)
    def asked_for(*args: Given.args, **kwargs: Given.kwargs) -> DrawnChart:
        asked = pickle.dumps((is_dark(), args, kwargs))
        chart = kept.get(asked)
        if chart is None:
            chart = DrawnChart(make(*args, **kwargs))
            kept.keep(asked, chart)
        return chart

    return asked_for


def show(chart: DrawnChart, alt: str, place: Any = st) -> None:
    """A chart as wide as its place, with words for those who don't see it; of a page's own charts
    `page.draw` takes care."""
    place.altair_chart(chart, width="stretch", alt=alt)
