"""Charts of page 10: plain numbers in, Altair out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import altair as alt
import pandas as pd

from components.ui import tokens
from components.ui.plots.chart_parts import (
    CURVE,
    SHARES,
    Chart,
    finished,
    rows_axis,
    rows_high,
    toned,
)
from components.ui.plots.colours import GREY, LOOKS, OCHRE, RIGHT, VIOLET, WRONG, apart, tone_of
from components.ui.plots.drawn_once import drawn_once
from components.ui.plots.ends import last_of, named, shares
from lab.data.problems import PLACE_NAMES, Format
from lab.exercises.chain_of_thought_exercises import FORM

NUMBERS = ("first partial product", "second partial product", "product")
"""The names of `FORM.written`, without a reader's numbers."""


def digit_name(position: int) -> str:
    """A digit that is written, without a reader's numbers: 'product, tens'."""
    field = FORM.field_at(position)
    return f"{NUMBERS[FORM.written.index(field)]}, {PLACE_NAMES[field.place(position)]}"


def forged_name(position: int) -> str:
    """A digit of a partial product, short: 'first, tens'."""
    field = FORM.field_at(position)
    return f"{('first', 'second')[field.number]}, {PLACE_NAMES[field.place(position)]}"


# ---------------------------------------------------------------- charts


@drawn_once
def beliefs(probabilities: Sequence[float], tokens: str, right: str, chosen: str) -> Chart:
    """What the model gave to every token at one place, the right and the chosen one named."""
    tones = (
        {"right": RIGHT, "written": WRONG, "other": GREY}
        if right != chosen
        else {"written and right": RIGHT, "other": GREY}
    )
    names = {chosen: "written", right: "right"} if right != chosen else {right: "written and right"}
    said = [names.get(token, "other") for token in tokens]
    marks = {"written": "✗", "other": ""}
    data = pd.DataFrame({"token": list(tokens), "p": probabilities, "what": said})
    data["mark"] = [marks.get(what, "✓") for what in said]
    base = alt.Chart(data).encode(
        x=alt.X("token:N", sort=None, title=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("p:Q", title="probability", scale=alt.Scale(domain=[0, 1])),
    )
    bars = base.mark_bar().encode(
        color=alt.Color("what:N", title=None, scale=toned(tones)),
        tooltip=["token", alt.Tooltip("p", format=".4f"), "what"],
    )
    ticks = base.mark_text(dy=-9).encode(text="mark:N")
    return finished(alt.layer(bars, ticks).properties(height=180))


@drawn_once
def by_stand_in(rows: Sequence[Mapping[str, Any]], title: str, most: int) -> Chart:
    """A point a stand-in in the row of each ablated part. Rows: part, by, wrong."""
    data = pd.DataFrame(rows)
    names = list(dict.fromkeys(data["by"]))
    data["line"] = [names.index(by) for by in data["by"]]
    shapes = alt.Scale(domain=names, range=[LOOKS[name].shape for name in names])
    points = (
        alt.Chart(data)
        .mark_point(size=80, filled=True, opacity=0.9)
        .encode(
            x=alt.X("wrong:Q", title=title, scale=alt.Scale(domain=[0, most])),
            y=alt.Y("part:N", sort=None, title="without", axis=rows_axis(data["part"], grid=True)),
            yOffset=alt.YOffset(
                "line:Q",
                scale=alt.Scale(
                    domain=[0, max(1, len(names) - 1)],
                    range=[alt.ExprRef(f"bandwidth('y') / 2 {sign} 7") for sign in "-+"],
                ),
            ),
            color=alt.Color(
                "by:N",
                title="replaced by",
                scale=toned({x: tone_of(x) for x in names}),
                legend=alt.Legend(columns=1),
            ),
            shape=alt.Shape("by:N", title="replaced by", scale=shapes),
            tooltip=["part", "by", "wrong"],
        )
    )
    return finished(points.properties(height=rows_high(len({row["part"] for row in rows}), 34)))


OUTCOME_TONES = {"moves as implied": VIOLET, "stays true": OCHRE, "does neither": GREY}
"""None is right or wrong here: a forged digit leads to a wrong answer if the model follows it."""


@drawn_once
def outcomes(rows: Sequence[Mapping[str, Any]]) -> Chart:
    """Stacked shares of what a forged digit does. Rows: digit, outcome, share, label, order."""
    base = alt.Chart(pd.DataFrame(rows)).encode(
        y=alt.Y("digit:N", sort=None, title="partial product, digit"),
        x=alt.X(
            "share:Q",
            stack="zero",
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(format="%", values=SHARES),
            title="share of all pairs",
        ),
        order="order:Q",
    )
    chart = base.mark_bar().encode(
        color=alt.Color(
            "outcome:N",
            title="the answer",
            scale=toned(OUTCOME_TONES),
            legend=alt.Legend(columns=1),
        ),
        tooltip=["digit", "outcome", "label"],
    )
    return finished(chart.properties(height=rows_high(len({row["digit"] for row in rows}), 34)))


@drawn_once
def over_seeds(rows: Sequence[Mapping[str, Any]], x_title: str, y_title: str) -> Chart:
    """A thin line a seed and a strong one at their median. Rows: arm, seed, x, share."""
    tones, axis = apart(row["arm"] for row in rows), shares()
    y = axis.y("share:Q", y_title)
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("x:Q", title=x_title, axis=alt.Axis(format=",d", tickCount=4)),
        color=alt.Color("arm:N", scale=toned(tones), legend=None),
    )
    seeds = base.mark_line(strokeWidth=1, opacity=0.4).encode(
        y=y, detail="seed:N", tooltip=["arm", "seed", "x", alt.Tooltip("share", format=".4f")]
    )
    middle = base.mark_line().encode(y=axis.y("median(share):Q", y_title))
    names = named(last_of(rows, "arm", "x", "share"), axis, tones)
    return finished(alt.layer(seeds, middle, names).properties(height=CURVE))


# ---------------------------------------------------------------- rows of tokens


def prompted(a: int, b: int, mark: str, asked: str, text: str, given: int) -> str:
    """HTML of a text behind its mark; `given` tokens of the right working are forced upon it."""
    works = text[PLUS_AT : PLUS_AT + 1] == "+"
    form = FORM if works else Format("plain")
    text, right = text[: form.length].ljust(form.length, "_"), form.text(a, b)
    marks = replace(
        tokens.marks_of(text, form, a, b),
        given=range(FORM.prompt_length, FORM.prompt_length + given),
    )
    if works and given:
        asked = "asked for at once, yet with working"
    return (
        f'<div class="wb-note"><b>{asked}</b> <span class="wb-soft">behind '
        f"<code>{mark}{right[: form.prompt_length]}</code></span></div>"
        + tokens.strip(text, form, a, b, marks=marks, small=True)
    )


PLUS_AT = FORM.partial_products[1].start - 1
"""The sign between the partial products: where it stands, a text has working."""
