"""What a reader may take away from a figure: its numbers as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd


def csv_of(figure: Any) -> str:
    """The rows behind a chart, a table a layer or trace, with an empty line between two."""
    return "\n".join(table.to_csv(index=False) for table in tables_of(figure))


def tables_of(figure: Any) -> Iterator[pd.DataFrame]:
    if hasattr(figure, "to_plotly_json"):
        for trace in figure.data:
            names = [name for name in ("text", *"xyz") if trace[name] is not None]
            yield pd.DataFrame({name: pd.Series(trace[name]) for name in names})
        return
    if isinstance(getattr(figure, "data", None), pd.DataFrame):
        yield figure.data
    for parts in ("layer", "hconcat", "vconcat", "concat"):
        for part in getattr(figure, parts, None) or ():
            yield from tables_of(part)
