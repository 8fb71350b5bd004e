"""Charts of page 20: what a shuffle changes, scores by place, and the race of the encodings."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from components.ui.plots import bars, dots
from components.ui.plots.chart_parts import (
    CURVE,
    Chart,
    Numbers,
    finished,
    kinds,
    places,
    rows_high,
    signs,
    square,
    swatches,
    token_axis,
    toned,
)
from components.ui.plots.colours import ACCENT, GREY, INK, RIGHT, WORSE, WRONG, apart
from components.ui.plots.drawn_once import DrawnChart, drawn_once
from components.ui.plots.ends import by_signs, from_zero, last_of, named
from lab.data.problems import PLACE_NAMES, Format
from lab.numerals import written


@drawn_once
def changes(rows: Sequence[Mapping[str, Any]]) -> Chart:
    """A bar for each layer of each model. Rows: model, layer, change (a share)."""
    data = pd.DataFrame(rows)
    data["where"] = data["model"] + ", " + data["layer"]
    data["label"] = [f"{100 * change:.0f}%" for change in data["change"]]
    base = alt.Chart(data).encode(
        x=from_zero([ROOM * max(data["change"])], "~%").x(
            "change:Q", "change of the attention output"
        ),
        y=alt.Y("where:N", title=None, sort=None),
        tooltip=["model", "layer", alt.Tooltip("change", format=".2~%")],
    )
    shown = base.mark_bar().encode(
        color=alt.Color("model:N", scale=kinds(data["model"]), legend=None)
    )
    counts = base.mark_text(align="left", dx=5, color=INK.now).encode(text="label:N")
    return finished(alt.layer(shown, counts).properties(height=rows_high(len(data), 26)))


ROOM = 1.15
"""Of an axis, past the longest bar: its number stands there."""


@drawn_once
def scores_by_place(scores: Numbers) -> Chart:
    """Row i the query's position, column j the key's, (n, n). Click a cell to outline all cells of
    its distance i - j."""
    i, j = np.indices(scores.shape)
    most = float(np.abs(scores).max())
    data = pd.DataFrame(
        {
            "i": i.ravel(),
            "j": j.ravel(),
            "distance": (i - j).ravel(),
            "score": scores.ravel(),
        }
    )
    picked = alt.selection_point(fields=["distance"], empty=False)
    chart = (
        alt.Chart(data)
        .mark_rect()
        .encode(
            x=alt.X("j:O", title="position of the key", axis=sparse(), scale=square()),
            y=alt.Y("i:O", title="position of the query", axis=sparse()),
            color=alt.Color(
                "score:Q",
                scale=signs(most),
                legend=swatches(title="score", orient="bottom"),
            ),
            stroke=alt.condition(picked, alt.value(INK.now), alt.value(None)),
            tooltip=[
                alt.Tooltip("i", title="query at"),
                alt.Tooltip("j", title="key at"),
                alt.Tooltip("distance", title="i − j"),
                alt.Tooltip("score", format=".3f"),
            ],
        )
        .add_params(picked)
    )
    return finished(chart.properties(height=400))


def sparse() -> alt.Axis:
    return alt.Axis(values=list(range(0, 256, 8)), labelAngle=0)


@drawn_once
def by_distance(curves: Mapping[str, Numbers], chosen: str) -> Chart:
    """A line a base, the `chosen` one strong: the score at distances 0, 1, 2, ..."""
    rows = [
        {"base": name, "distance": d, "score": float(x)}
        for name, values in curves.items()
        for d, x in enumerate(values)
    ]
    tones, axis = apart(curves), by_signs(np.concatenate(list(curves.values())).tolist())
    lines = (
        alt.Chart(pd.DataFrame(rows))
        .mark_line()
        .encode(
            x=alt.X("distance:Q", title="distance i − j", scale=alt.Scale(nice=False)),
            y=axis.y("score:Q", "score"),
            color=alt.Color("base:N", scale=toned(tones), legend=None),
            size=alt.condition(alt.datum["base"] == chosen, alt.value(3.5), alt.value(1)),
            tooltip=["base", "distance", alt.Tooltip("score", format=".3f")],
        )
    )
    ends = last_of(rows, "base", "distance", "score")
    names = named(
        {f"base {base}": score for base, score in ends.items()},
        axis,
        {f"base {base}": tone for base, tone in tones.items()},
    )
    return finished(alt.layer(lines, names).properties(height=CURVE))


@drawn_once
def pair_layouts(rows: Sequence[Mapping[str, Any]]) -> Chart:
    """The numbers of a head side by side, an arc over each pair; a line for each way to read them.

    Rows: read (what is said of the line), order (the row of W_Q that stands in each place), pairs
    (of places), kept (were these pairs trained?).
    """
    arcs, cells, lines = [], [], []
    for level, row in enumerate(rows):
        base = -LINE_APART * level
        lines.append({"read": row["read"], "x": -0.4, "y": base + 2.3})
        cells += [{"x": x, "y": base, "number": n} for x, n in enumerate(row["order"])]
        kind = "trained as a pair" if row["kept"] else "never a pair in training"
        for clock, (left, right) in enumerate(row["pairs"]):
            half, turn = (right - left) / 2, np.linspace(0, np.pi, 25)
            arcs += [
                {"line": level, "clock": clock, "pair": kind, "order": step, "x": x, "y": y}
                for step, (x, y) in enumerate(
                    zip(
                        left + half - half * np.cos(turn),
                        base + 0.3 + 0.6 * half * np.sin(turn),
                        strict=True,
                    )
                )
            ]
    n, low = len(rows[0]["order"]), -LINE_APART * (len(rows) - 1)
    x = alt.X("x:Q", axis=None, scale=alt.Scale(domain=[-0.6, n - 0.4], nice=False))
    y = alt.Y("y:Q", axis=None, scale=alt.Scale(domain=[low - 0.4, 2.6], nice=False))
    pairs = (
        alt.Chart(pd.DataFrame(arcs))
        .mark_line()
        .encode(
            x=x,
            y=y,
            order="order:Q",
            detail=["line:N", "clock:N"],
            color=alt.Color(
                "pair:N",
                title=None,
                scale=toned({"trained as a pair": RIGHT, "never a pair in training": WRONG}),
                legend=alt.Legend(orient="bottom", symbolType="stroke"),
            ),
            tooltip=["clock", "pair"],
        )
    )
    numbers = alt.Chart(pd.DataFrame(cells)).mark_text(fontSize=15)
    words = alt.Chart(pd.DataFrame(lines)).mark_text(align="left", fontWeight="bold")
    chart = alt.layer(
        pairs, numbers.encode(x=x, y=y, text="number:N"), words.encode(x=x, y=y, text="read:N")
    )
    return finished(chart.configure_view(strokeWidth=0).properties(height=LINE_HIGH * len(rows)))


LINE_APART, LINE_HIGH = 3.4, 110


NEVER = "never arrived"


def goal_points(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A dot a seed of an encoding; one that never arrived stands where it ended.

    Rows: setting, encoding, seed, steps (infinite for never), ended.
    """
    return [
        {
            **row,
            "group": row["setting"],
            "arm": row["encoding"],
            "seed": row["seed"],
            "shown": row["steps"] if math.isfinite(row["steps"]) else row["ended"],
            "came": "arrived" if math.isfinite(row["steps"]) else NEVER,
        }
        for row in rows
    ]


def steps_to_goal(rows: Sequence[Mapping[str, Any]], most: float) -> DrawnChart:
    """A dot a seed, a row an arm, along steps up to `most`. Rows are those of `goal_points`."""
    return dots.seeds(
        rows, "steps to the goal", from_zero([most]), "shown", never=NEVER, form=",.0f"
    )


def failures(rows: Sequence[Mapping[str, Any]]) -> DrawnChart:
    """A bar an arm: right, wrong in a digit first, wrong in a length first. Rows: arm, kind, n."""
    looks = {
        "right to the end": (RIGHT, "✓"),
        "a wrong digit first": (WRONG, "✗"),
        "a wrong length first": (WORSE, "✗"),
    }
    return bars.fate_bars(rows, "arm", "kind", looks, title="problems")


@drawn_once
def missed_without(missed: Sequence[int], unhidden: int, n: int, prompt: str) -> Chart:
    """Sums begun wrong when one token of the prompt is hidden, a bar a token, and with none hidden.

    `missed` (T,), of `n` sums each; `prompt` holds the T tokens of one of them.
    """
    data = pd.DataFrame({"token": places(prompt), "missed": missed})
    data["label"] = [f"{m:,}" for m in missed]
    most = alt.Scale(domain=[0, n])
    base = alt.Chart(data).encode(x=token_axis(alt.X, "token", "hidden from the first =", "bottom"))
    bars = base.mark_bar().encode(
        y=alt.Y("missed:Q", title=f"first digit wrong, of {n:,}", scale=most),
        color=alt.when(alt.datum["missed"] < unhidden / 2)
        .then(alt.value(ACCENT.now))
        .otherwise(alt.value(GREY.now)),
        tooltip=["token", "missed"],
    )
    counts = base.mark_text(dy=-8, color=INK.now).encode(
        y=alt.Y("missed:Q", scale=most), text="label:N"
    )
    rule = alt.Chart(pd.DataFrame({"missed": [unhidden], "name": ["nothing hidden"]}))
    level = rule.mark_rule(color=INK.now).encode(y="missed:Q")
    name = rule.mark_text(align="left", dy=-8).encode(x=alt.value(2), y="missed:Q", text="name:N")
    return finished(alt.layer(bars, counts, level, name).properties(height=220))


# ---------------------------------------------------------------- both counts of a sum

Ids = Sequence[tuple[int, int]]
"""(place, line) of every token."""


def counts_strip(text: str, form: Format, ids: Ids, asked: int) -> str:
    """HTML of a text, its place and its line under each token. Framed is the token `asked`; lit are
    the counts that it shares with the digits of which the next token is made."""
    lit = shared_with(form, ids, asked)
    fields = "".join(
        '<span class="wb-field"><span class="wb-run">'
        + "".join(
            column(text[i], field.role, ids[i], i == asked, lit.get(i, ()))
            for i in range(field.start, field.stop)
        )
        + "</span></span>"
        for field in form.fields
    )
    names = '<span class="wb-counts wb-soft"><b>token</b><i>place</i><i>line</i></span>'
    return (
        f'<div class="wb-text" role="img" aria-label="{text}, with the place and the line of each '
        f'token">{names}{fields}</div>'
    )


def column(token: str, role: str, at: tuple[int, int], asked: bool, lit: Collection[int]) -> str:
    """One token with its counts below it; those in `lit`, by their axis, stand out."""
    counts = "".join(
        f'<i class="{"wb-lit" if axis in lit or asked else ""}">{count}</i>'
        for axis, count in enumerate(at)
    )
    frame = " wb-asked" if asked else ""
    return (
        f'<span class="wb-counts{frame}"><b class="wb-token wb-{role}">{token}</b>{counts}</span>'
    )


def shared_with(form: Format, ids: Ids, asked: int) -> dict[int, tuple[int, ...]]:
    """By slot the axes on which digits stand where the token `asked` does: a digit of a at its
    place, a digit of b on its line. For the product, the two summands, which share neither."""
    (place, line), (a, _, b) = ids[asked], form.fields[:3]
    if asked + 1 in form.answer.positions:
        return {slot: (0, 1) for slot in summands(form, asked)}
    found = {i: (0,) for i in a.positions if ids[i][0] == place}
    return found | {i: (1,) for i in b.positions if ids[i][1] == line}


def summands(form: Format, asked: int) -> list[int]:
    """The slots of the digits that count as much as the digit of the product behind `asked`."""
    power = form.answer.place(asked + 1)
    return [
        i for field in form.partial_products for i in field.positions if field.place(i) == power
    ]


def describe_shared(text: str, form: Format, ids: Ids, asked: int) -> str:
    """What the framed token shares with which digits, in a sentence or two."""
    (place, line), after = ids[asked], text[asked + 1]
    at = f"The framed `{text[asked]}` stands at place {written(place)} and line {written(line)}"
    if asked + 1 in form.answer.positions:
        power = PLACE_NAMES[form.answer.place(asked + 1)]
        digits = " and ".join(f"`{text[i]}`" for i in summands(form, asked)) or "no digit"
        return f"{at}. Next come the {power} of the product, `{after}`, made from {digits}."
    if not after.isdigit():
        return f"{at}. The number is full, so `{after}` comes next."
    shared = shared_with(form, ids, asked)
    of = {axis: [text[i] for i, axes in shared.items() if axis in axes] for axis in (0, 1)}
    second = f"the `{of[1][0]}` of $b$ on its line"
    if not of[0]:
        return f"{at}: no digit of $a$ at its place, {second}. Next comes `{after}`."
    return f"{at}: the `{of[0][0]}` of $a$ at its place, {second}. Next comes `{after}`."
