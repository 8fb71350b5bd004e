"""Charts of page 01: plain numbers in, a chart of Altair out, and one of plotly to turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from components.ui import tokens as marked
from components.ui.lazily import lazily
from components.ui.plots.chart_parts import (
    CURVE,
    Chart,
    Numbers,
    finished,
    grid,
    readable,
    signs,
    square,
    swatches,
    toned,
)
from components.ui.plots.colours import ACCENT, GREY, INK
from components.ui.plots.drawn_once import drawn_once
from components.ui.plots.ends import powers

plotly = lazily("plotly.graph_objects")


@drawn_once
def cosine_map(cosines: Numbers, names: Sequence[str]) -> Chart:
    """Signed heat map of a square of cosines, its zero the page's own colour. (N, N)"""
    data = grid(cosines, names, names)
    data["label"] = [f"{round(x, 1) or 0.0:+.1f}".replace("-", "−") for x in data["value"]]
    data.loc[data["label"] == "+0.0", "label"] = "0.0"
    base = alt.Chart(data).encode(
        x=alt.X(
            "column:N",
            sort=None,
            title="digit",
            axis=alt.Axis(orient="top", labelAngle=0),
            scale=square(),
        ),
        y=alt.Y("row:N", sort=None, title="digit"),
    )
    cells = base.mark_rect().encode(
        color=alt.Color(
            "value:Q",
            title="cosine",
            scale=signs(1),
            legend=swatches(),
        ),
        tooltip=["row", "column", alt.Tooltip("value", format="+.3f")],
    )
    numbers = base.mark_text().encode(text="label:N", color=readable("abs(datum.value) > 0.72"))
    return finished(alt.layer(cells, numbers).properties(height=400))


@drawn_once
def loss_and_perplexity(rows: Sequence[Mapping[str, float]]) -> Chart:
    """Loss by tokens read, on a log scale; perplexity in the tooltip."""
    data = pd.DataFrame(rows)
    data["perplexity"] = np.exp(data["loss"])
    base = alt.Chart(data).encode(
        x=alt.X(
            "tokens:Q", title="tokens read in training", axis=alt.Axis(format=",d", tickCount=4)
        ),
        y=powers(data["loss"].tolist()).y("loss:Q", "loss, nats a token"),
        tooltip=[
            "tokens",
            alt.Tooltip("loss", format=",.3r"),
            alt.Tooltip("perplexity", format=".5f"),
        ],
    )
    points = base.mark_circle(size=30, opacity=1)
    return finished(alt.layer(base.mark_line(), points).properties(height=CURVE))


@drawn_once
def two_sets_of_bars(before: Numbers, after: Numbers, tokens: str) -> Chart:
    """Probabilities as the model gives them, and as the settings leave them. (V,) each."""
    rows = [
        {"token": token, "p": float(p), "whose": whose}
        for whose, values in (("the model's own", before), ("after the settings", after))
        for token, p in zip(tokens, values, strict=True)
    ]
    both = {"the model's own": GREY, "after the settings": ACCENT}
    chart = (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar()
        .encode(
            x=alt.X("token:N", sort=None, title=None, axis=alt.Axis(labelAngle=0)),
            xOffset=alt.XOffset("whose:N", sort=None),
            y=alt.Y("p:Q", title="probability", scale=alt.Scale(domain=[0, 1])),
            color=alt.Color(
                "whose:N",
                title=None,
                scale=toned(both),
            ),
            tooltip=["token", "whose", alt.Tooltip("p", format=".4f")],
        )
    )
    return finished(chart.properties(height=240))


@drawn_once
def chain(n: int, measured: tuple[float, float] | None) -> Chart:
    """p^n against p, and where a run was measured: (tokens right, texts right)."""
    p = np.linspace(0.8, 1, 101)
    axes: dict[str, Any] = {
        "x": alt.X("p:Q", title="share of tokens right", scale=alt.Scale(domain=[0.8, 1])),
        "y": alt.Y("whole:Q", title="share of texts right", scale=alt.Scale(domain=[0, 1])),
    }
    layers = [
        alt.Chart(pd.DataFrame({"p": p, "whole": p**n})).mark_line(color=INK.now).encode(**axes)
    ]
    if measured:
        point = pd.DataFrame([{"p": measured[0], "whole": measured[1], "what": "measured"}])
        dot = alt.Chart(point).mark_point(filled=True, size=160, color=ACCENT.now)
        name = alt.Chart(point).mark_text(align="right", dx=-12)
        layers += [dot.encode(**axes), name.encode(text="what:N", **axes)]
    return finished(alt.layer(*layers).properties(height=CURVE))


# ---------------------------------------------------------------- texts that a model has drawn


def drawn_texts(texts: Sequence[str], right: str, implied: Callable[[str], str]) -> str:
    """HTML of texts that a model has drawn, one on a line, in a box that scrolls inside itself.

    `implied` says what is right at each token of a text, given those before it.

    Only digits and signs of the vocabulary get here, never a reader's own characters.
    """
    lines = "".join(f"<li>{drawn_line(text, right, implied(text))}</li>" for text in texts)
    return (
        '<div class="wb-drawn" role="region" tabindex="0" aria-label="The texts that were counted">'
        f"<ol>{lines}</ol></div>"
    )


def drawn_line(text: str, right: str, implied: str) -> str:
    """A text, its wrong tokens struck out, weaker those that only follow from an earlier error, and
    how many are wrong."""
    wrong = marked.wrong_tokens(text, right[: len(text)])
    shown = ""
    for (is_wrong, follows), slots in groupby(
        range(len(text)), lambda i: (i in wrong, i in wrong and text[i] == implied[i])
    ):
        characters = "".join(text[i] for i in slots)
        shown += struck(characters, follows) if is_wrong else characters
    return f"<code>{shown}</code> {verdict(len(wrong), len(right) - len(text))}"


def struck(characters: str, follows: bool) -> str:
    """Struck out for the eye, and named for who listens to the page."""
    kind, named = (' class="wb-follows"', "wrong as before") if follows else ("", "wrong")
    return (
        f'<s{kind}><span class="wb-unseen"> {named}: </span>{characters}</s>'
        '<span class="wb-unseen">, then </span>'
    )


def verdict(n_wrong: int, n_missing: int) -> str:
    if n_missing:
        return '<small class="wb-no">✗ ends too soon</small>'
    if n_wrong == 0:
        return '<small class="wb-yes">✓ right</small>'
    return f'<small class="wb-no">✗ {n_wrong} wrong</small>'
