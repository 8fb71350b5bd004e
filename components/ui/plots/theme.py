"""The look of every chart. What is not said here, Streamlit's own theme says.

The theme is asked for at each drawing, so a chart is light or dark as the page is.
"""

from __future__ import annotations

from typing import Any

import altair as alt

from components.ui.plots.colours import ACCENT, HUES, INK, LINE, SOFT

LABEL = 13
"""In pixels: the text of axes, legends and marks."""


@alt.theme.register("white_box", enable=True)
def white_box() -> alt.theme.ThemeConfig:
    words = {"labelFontSize": LABEL, "labelColor": SOFT.now}
    titles = {"titleFontSize": LABEL, "titleColor": SOFT.now, "titleFontWeight": "normal"}
    config: Any = {
        "axis": {
            **words,
            **titles,
            "labelFlush": False,  # a label stands at its column, not shifted into the plot
            "labelPadding": 6,
            "titlePadding": 8,
            "gridColor": LINE.now,
            "domainColor": LINE.now,
        },
        "axisQuantitative": {"tickCount": 6},
        "axisYDiscrete": {"labelOverlap": False, "labelLimit": 240},
        "header": {**words, **titles},
        "legend": {
            **words,
            **titles,
            "orient": "top",
            "labelLimit": 340,
            "symbolOpacity": 1,
            "symbolSize": 110,
            "symbolStrokeWidth": 2.5,
        },
        "title": {"fontSize": 15, "color": INK.now, "offset": 12},
        "mark": {"color": ACCENT.now},
        "line": {"strokeWidth": 2.5},
        "point": {"opacity": 1},
        "rule": {"color": INK.now},
        "text": {"fontSize": LABEL, "color": INK.now},
        "tick": {"color": INK.now},
        "range": {"category": [hue.now for hue in HUES]},
    }
    return {"config": config}
