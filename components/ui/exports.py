"""What a reader may take away from a figure: its numbers as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from components.ui.lazily import lazily

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = lazily("pandas")  # a third of a second, which Home and what only reads need not wait for


def csv_of(figure: Any) -> str:
    """A table, a column a name or a row a mapping, as it is; of a chart the rows of each layer or
    trace, an empty line between two."""
    return "\n".join(table.to_csv(index=False) for table in tables_of(figure))


def tables_of(figure: Any) -> Iterator[pd.DataFrame]:
    if isinstance(figure, Mapping | Sequence | pd.DataFrame):
        yield pd.DataFrame(figure)
        return
    if hasattr(figure, "to_plotly_json"):
        yield from map(table_of_trace, figure.data)
        return
    if isinstance(getattr(figure, "data", None), pd.DataFrame):
        yield figure.data
    for parts in ("layer", "hconcat", "vconcat", "concat"):
        for part in getattr(figure, parts, None) or ():
            yield from tables_of(part)


def table_of_trace(trace: Any) -> pd.DataFrame:
    """A row a point; of a surface, whose heights are a grid (len(y), len(x)), a row a corner. What
    is drawn off its height carries the height as `customdata`."""
    columns = {axis: np.asarray(trace[axis]) for axis in "xyz" if trace[axis] is not None}
    if trace.customdata is not None:
        columns["z"] = np.asarray(trace.customdata)
    if "z" in columns and columns["z"].ndim == 2:
        columns["x"], columns["y"] = np.meshgrid(columns["x"], columns["y"])
    table = pd.DataFrame({axis: pd.Series(values.ravel()) for axis, values in columns.items()})
    if trace["text"] is not None:
        table = table.assign(text=list(trace["text"]))
    return table if trace["name"] is None else table.assign(of=trace["name"])
