"""Charts of page 30: what the sums of a mix are like."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt
import numpy as np
import pandas as pd

from components.ui.plots.colours import ACCENT, GREY
from components.ui.plots.core import BARS, Chart, finished, toned
from lab.data.problems import Integers

MIX, RANDOM = "this mix", "random sums"


def amounts_in_mix(found: Mapping[str, Integers], title: str) -> Chart:
    """How often each amount is found in the sums of the mix, beside random ones. (N,) each."""
    data = pd.DataFrame(
        [
            {"sums": sums, "amount": amount, "share": float(np.mean(amounts == amount))}
            for sums, amounts in found.items()
            for amount in range(int(max(map(np.max, found.values()))) + 1)
        ]
    )
    chart = (
        alt.Chart(data)
        .mark_bar()
        .encode(
            x=alt.X("amount:O", title=title, axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("sums:N", sort=None),
            y=alt.Y(
                "share:Q",
                title="share of the sums",
                scale=alt.Scale(domain=[0, 1]),
                axis=alt.Axis(format="%", tickCount=3),
            ),
            color=alt.Color(
                "sums:N",
                title=None,
                scale=toned({MIX: ACCENT, RANDOM: GREY}),
                legend=alt.Legend(orient="bottom"),
            ),
            tooltip=["sums", "amount", alt.Tooltip("share", format=".1%")],
        )
    )
    return finished(chart.properties(height=BARS))
