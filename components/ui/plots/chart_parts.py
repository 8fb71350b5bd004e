"""What charts share: how one is finished, scales of colour, and data laid out cell by cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd
from altair.utils import schemapi
from numpy.typing import NDArray

from components.ui.plots.colours import (
    INK,
    LINE,
    NEGATIVE,
    ON_STRONG,
    PAPER,
    POSITIVE,
    Tone,
    apart,
    shape_of,
)
from components.ui.plots.theme import LABEL

# A chart is checked as a whole, by the tests; that each of its parts is checked as it is made as
# well only costs time.
schemapi.DEBUG_MODE = False


def list_classes_once() -> object | None:
    """Let Altair list its classes by their schemas once: it would draw that list up anew for every
    channel that is given as a text.

    The list, which is private to Altair. None where there is none of this form: then Altair stays
    as it is, and charts are the same and slower to make.
    """
    try:
        classes = schemapi._FromDict(alt.X._default_wrapper_classes())  # pyright: ignore[reportPrivateUsage]
    except (AttributeError, TypeError):
        return None
    schemapi._FromDict = lambda _classes: classes  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]
    return classes


CLASSES = list_classes_once()

Numbers = NDArray[np.float64]
Chart = alt.Chart | alt.LayerChart | alt.FacetChart
Orient = Literal["top", "left", "bottom"]

READABLE = [0, 1.6]
"""A colour domain that leaves out the strongest tones, so that numbers in a cell stay readable."""

SHARES = [0, 0.25, 0.5, 0.75, 1]
"""Where an axis of shares has its ticks."""

DASHED = [5, 4]
"""The one pattern of dashes in charts. It says that a line was recorded, and nothing else."""

PHONE = 350
"""In pixels: how wide a chart is on a phone."""

CURVE, BARS = 300, 180
"""In pixels: how high a curve is, and how high bars are at least."""


def finished(chart: Chart) -> Chart:
    """A chart ready to be drawn: as wide as its place, its plot as high as its height says.

    Streamlit's theme fits legend and titles into the height as well, and only a chart itself can
    say otherwise. Finishing twice is finishing once.
    """
    return chart.properties(autosize=alt.AutoSizeParams(type="fit-x", contains="padding"))


def square(**more: Any) -> alt.Scale:
    """Of an x axis: no wider than the plot is high, so that a square map is square."""
    return alt.Scale(range=[0, alt.ExprRef("min(width, height)")], **more)


def room_for_labels(values: Iterable[float]) -> alt.Scale:
    """Of an axis along which each bar has its number at its end."""
    return alt.Scale(domain=[0, 1.3 * max(values)], nice=False)


def rows_high(n: int, each: int) -> int:
    """The height of `n` rows, and of bars at least."""
    return max(BARS, each * n)


def amounts(most: float = 1.0) -> alt.Scale:
    """From nothing, the page's own colour, to `most`; what lies beyond keeps the last colour."""
    return alt.Scale(domain=[0, most], clamp=True)


def signs(most: float) -> alt.Scale:
    """Blue below zero, orange above, the page's own colour at zero. In HCL it would pass green."""
    tones = [NEGATIVE.now, PAPER.now, POSITIVE.now]
    return alt.Scale(domain=[-most, 0, most], range=tones, interpolate="rgb", clamp=True)


def swatches(**more: Any) -> alt.Legend:
    """Of a scale of colours: some of its values, a mark each.

    A ramp would be filled by a gradient, which SVG looks up under the address that the page had
    when it was drawn: the next control changes the address, and the ramp is empty.
    """
    return alt.Legend(
        type="symbol",
        symbolType="square",
        symbolSize=240,
        symbolStrokeColor=LINE.now,
        symbolStrokeWidth=1,
        tickCount=3,  # in one row on a phone
        **more,
    )


def readable(strong: str) -> Any:
    """The ink of a number in a cell; `strong` says in which cells the colour itself is strong."""
    return alt.condition(strong, alt.value(ON_STRONG.now), alt.value(INK.now))


def toned(tones: Mapping[str, Tone | str]) -> alt.Scale:
    """A colour for each name, in their order: one of the book's, or a weaker one of those."""
    colours = [tone if isinstance(tone, str) else tone.now for tone in tones.values()]
    return alt.Scale(domain=list(tones), range=colours)


def shaped(names: Iterable[str], field: str = "arm") -> alt.Shape:
    """Each kind in its own shape."""
    several = list(dict.fromkeys(names))
    scale = alt.Scale(domain=several, range=[shape_of(name) for name in several])
    return alt.Shape(f"{field}:N", scale=scale, legend=None)


def kinds(names: Iterable[str]) -> alt.Scale:
    """Each kind in its own colour."""
    return toned(apart(names))


NAME = 150
"""In pixels: the longest line of a row's name."""


def rows_axis(names: Iterable[str], **more: Any) -> alt.Axis:
    """Of rows with these names: long ones are told over two lines, or a phone has no room left."""
    return alt.Axis(labelOverlap=False, labelLimit=NAME, labelExpr=two_lines(names), **more)


def two_lines(names: Iterable[str]) -> str:
    """What a row is called, over two lines where it is long."""
    broken = {name: broken_name(name) for name in names if len(name) > 20}
    cases = "".join(
        f"datum.label === {quoted(name)} ? [{', '.join(map(quoted, two))}] : "
        for name, two in broken.items()
    )
    return f"{cases}datum.label"


def broken_name(name: str) -> tuple[str, str]:
    """At the space or the colon nearest to its middle."""
    if ": " in name:
        first, rest = name.split(": ", 1)
        return first, rest
    places = [i for i, letter in enumerate(name) if letter == " "]
    if not places:
        return name, ""
    at = min(places, key=lambda i: abs(i - len(name) / 2))
    return name[:at], name[at + 1 :]


def quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


LONG = 20 * "m"
"""The longest line of a row's name, in letters."""


def abreast(names: Iterable[str], beside: Iterable[str] = ()) -> int:
    """How many names of a legend stand side by side on a phone, above a plot whose rows are called
    as `beside` says."""
    left = 7 * max(map(len, beside), default=6)
    return max(1, (PHONE - left) // (7 * max(map(len, names)) + 30))


def named_above(data: pd.DataFrame, field: str) -> alt.Color:
    """A colour for each name of a column of text, told above the chart: for bars and points, which
    have no end at which a name could stand."""
    above = alt.Legend(columns=abreast(data[field], [LONG]), labelLimit=300)
    return alt.Color(f"{field}:N", title=None, scale=kinds(data[field]), legend=above)


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


def token_axis(
    channel: Any, name: str, title: str, orient: Orient, scale: Any = alt.Undefined
) -> Any:
    axis = alt.Axis(
        orient=orient,
        labelAngle=0,
        labelExpr="split(datum.label, ' ')[1]",
        labelFontSize=LABEL,
        labelOverlap=False,
    )
    return channel(f"{name}:N", sort=None, title=title, axis=axis, scale=scale)
