"""The chart of page 92: seconds by what grows, both axes in logarithms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from components.ui.chapters.ch92.claims import HALF, MOST, WORDS
from components.ui.plots.chart_parts import CURVE, Chart, finished, toned
from components.ui.plots.colours import OCHRE, ROSE, TEAL, VIOLET, Tone
from components.ui.plots.drawn_once import drawn_once
from components.ui.plots.ends import Ticked, last_of, named, powers
from lab.measure.scaling import LINES

HIGH = CURVE + 60

OF_STEPS = {"training": OCHRE, "decode": VIOLET, "prefill": TEAL}

TONES: Mapping[str, Tone] = {
    **{WORDS[name]: OF_STEPS[line.step] for name, line in LINES.items()},
    WORDS["length_prefill_fused"]: ROSE,
    MOST: OCHRE,
    HALF: VIOLET,
}


@drawn_once
def growth(
    points: Sequence[Mapping[str, Any]],
    lines: Sequence[Mapping[str, Any]],
    now: Sequence[Mapping[str, Any]],
    x_axis: Ticked,
    grows: str,
    between: tuple[float, float],
) -> Chart:
    """Points with their lowest and highest round, fits as thick lines, the least under the roof as
    thin ones, and what is measured now as diamonds.

    Rows: line, amount, milliseconds; of points low and high too, of lines which ("fit" or "least")
    and part. `between`: the least and the most milliseconds of the record, drawn or not.
    """
    names = list(dict.fromkeys(row["line"] for row in points))
    tones = {name: TONES[name] for name in names}
    y_axis = powers([*between, *(row["milliseconds"] for row in now)])
    x = x_axis.x("amount:Q", grows)
    colour = alt.Color("line:N", scale=toned(tones), legend=None)
    tips = ["line", alt.Tooltip("amount", title=grows, format=",")]
    tips.append(alt.Tooltip("milliseconds", format=",.3~r"))

    def y(field: str) -> alt.Y:
        return y_axis.y(f"{field}:Q", "milliseconds" + (" (diamonds: here, now)" if now else ""))

    base = alt.Chart(pd.DataFrame(points)).encode(x=x, color=colour)
    layers: list[Any] = [
        alt.Chart(pd.DataFrame([row for row in lines if row["which"] == which]))
        .mark_line(strokeWidth=wide, opacity=opacity)
        .encode(x=x, y=y("milliseconds"), color=colour, detail="part:N")
        for which, wide, opacity in (("least", 1, 1.0), ("fit", 3, 0.55))
        if any(row["which"] == which for row in lines)
    ]
    layers.append(base.mark_rule(strokeWidth=2).encode(y=y("low"), y2="high:Q"))
    layers.append(
        base.mark_point(size=55, filled=True, opacity=1).encode(y=y("milliseconds"), tooltip=tips)
    )
    if now:
        layers.append(
            alt.Chart(pd.DataFrame(now))
            .mark_point(size=110, shape="diamond", strokeWidth=2)
            .encode(x=x, y=y("milliseconds"), color=colour, tooltip=tips)
        )
    ends = named(last_of(points, "line", "amount", "milliseconds"), y_axis, tones, height=HIGH)
    return finished(alt.layer(*layers, ends).properties(height=HIGH))
