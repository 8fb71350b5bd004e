"""Charts of page 40: what a token changes of those before it, what a cache takes, how it fails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import altair as alt
import numpy as np
import pandas as pd

from components.ui.plots import bars
from components.ui.plots.chart_parts import (
    CURVE,
    DASHED,
    Chart,
    finished,
    rows_high,
    toned,
)
from components.ui.plots.colours import (
    ACCENT,
    GREY,
    INK,
    OCHRE,
    RIGHT,
    SOFT,
    VIOLET,
    WORSE,
    WRONG,
    apart,
)
from components.ui.plots.drawn_once import DrawnChart, drawn_once
from components.ui.plots.ends import from_zero, last_of, named, powers
from lab.data.vocabulary import VOCABULARY

if TYPE_CHECKING:
    from components.ui.chapters.ch40.claims import Machine
    from components.ui.chapters.ch40.probes import Drafting
    from lab.inference.drafted import Round
    from lab.measure.phases import Piece

UNITS = ("bytes", "KB", "MB", "GB", "TB")


ALONE = "writing alone"


@drawn_once
def drafting(rows: Sequence[Mapping[str, Any]]) -> Chart:
    """Times as fast as writing alone, by how much is drafted, a line a draft. Rows: draft, n_draft,
    kept, speed."""
    tones = apart(row["draft"] for row in rows)
    axis = from_zero([1, *(row["speed"] for row in rows)])
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X("n_draft:O", title="tokens drafted at a time", axis=alt.Axis(labelAngle=0)),
        y=axis.y("speed:Q", "times as fast as alone"),
    )
    lines = base.mark_line(point=alt.OverlayMarkDef(size=70), strokeWidth=2).encode(
        color=alt.Color("draft:N", scale=toned(tones), legend=None),
        tooltip=[
            "draft",
            alt.Tooltip("n_draft", title="drafted at a time"),
            alt.Tooltip("kept", title="kept of them", format=".2f"),
            alt.Tooltip("speed", title="times as fast", format=".2f"),
        ],
    )
    alone = alt.Chart(pd.DataFrame({"speed": [1.0]})).mark_rule(color=SOFT.now)
    names = named(
        last_of(rows, "draft", "n_draft", "speed") | {ALONE: 1.0}, axis, tones | {ALONE: SOFT}
    )
    return finished(alt.layer(alone.encode(y="speed:Q"), lines, names).properties(height=CURVE))


@drawn_once
def memory(weights: float, cache: float, cards: Mapping[str, int]) -> Chart:
    """Weights, cache and both as bars of bytes, with a line for every card of about that size."""
    total = weights + cache
    step = min(len(UNITS) - 1, int(np.log(total) / np.log(1024)))
    unit = 1024.0**step
    near = {name: size / unit for name, size in cards.items() if total / 8 <= size <= 3 * total}
    rows = [
        ("weights", "weights", weights),
        ("cache", "cache", cache),
        ("together", "weights", weights),
        ("together", "cache", cache),
    ]
    data = pd.DataFrame(rows, columns=["bar", "what", "bytes"]).assign(
        amount=lambda d: d["bytes"] / unit
    )
    scale = alt.Scale(domain=[0, 1.08 * max(total / unit, *near.values(), 0)], nice=False)
    x = alt.X("amount:Q", title=UNITS[step], scale=scale, stack="zero")
    bars = (
        alt.Chart(data)
        .mark_bar()
        .encode(
            x=x,
            y=alt.Y("bar:N", title=None, sort=None),
            color=alt.Color("what:N", scale=toned({"weights": GREY, "cache": ACCENT}), legend=None),
            order=alt.Order("what:N", sort="descending"),
            tooltip=["what", alt.Tooltip("amount", title=UNITS[step], format=",.3~f")],
        )
    )
    lines = alt.Chart(pd.DataFrame({"card": list(near), "amount": list(near.values())}))
    rules = lines.mark_rule(color=INK.now).encode(x=alt.X("amount:Q"))
    names = lines.mark_text(y=-9, color=INK.now).encode(x=alt.X("amount:Q"), text="card:N")
    return finished(alt.layer(bars, rules, names).properties(height=rows_high(3, 60)))


def fates(rows: Sequence[Mapping[str, Any]]) -> DrawnChart:
    """A bar a fault: right, right for another sum, with a mistake. Rows: fault, fate, rank, n."""
    data = pd.DataFrame(rows)
    names = list(dict.fromkeys(data.sort_values("rank")["fate"]))
    looks = ((RIGHT, "✓"), (WORSE, "✗"), (WRONG, "✗"))
    ranked = dict(zip(names, looks, strict=True))
    return bars.fate_bars(rows, "fault", "fate", ranked, title="problems")


# ---------------------------------------------------------------- drafts


def rounds_html(found: Drafting) -> str:
    """A line a round: what was kept of the draft, what was struck out, and the network's own."""
    lines = "".join(f"<li>{round_html(one)}</li>" for one in found.rounds)
    return f'<ol class="wb-drafts" aria-label="Rounds of drafting">{lines}</ol>'


def round_html(one: Round) -> str:
    kept = "".join(token(id_, "kept") for id_ in one.drafted[: one.accepted])
    struck = "".join(token(id_, "struck") for id_ in one.drafted[one.accepted :])
    own = "".join(token(id_, "own") for id_ in one.written[one.accepted :])
    said = f"{one.accepted} of {len(one.drafted)} kept"
    return f"{kept}{struck}{own} <small>{said}</small>"


def token(id_: int, kind: str) -> str:
    tag = {"kept": "span", "struck": "s", "own": "b"}[kind]
    return f'<{tag} class="wb-token wb-draft-{kind}">{escape(VOCABULARY[id_])}</{tag}>'


# ---------------------------------------------------------------- the time of a token

WITHOUT, WITH = "without a cache", "with a cache"
TONES = {WITHOUT: OCHRE, WITH: VIOLET}
RECORDED, NOW = "recorded", "here and now"


@drawn_once
def times_of_a_token(ghosts: Sequence[dict[str, Any]], now: Sequence[dict[str, Any]]) -> Chart:
    """Recorded lines dashed, and what is measured now as points; then only as far as it has come.

    Rows: when, which, length, milliseconds.
    """
    most = max((row["length"] for row in now), default=None)
    longest = max(1.25 * most, 32) if most else max(row["length"] for row in ghosts)
    rows = [row for row in (*ghosts, *now) if row["length"] <= longest]
    axis = from_zero([row["milliseconds"] for row in rows])
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X(
            "length:Q",
            title="tokens before it",
            scale=alt.Scale(domain=[0, longest], nice=False),
        ),
        y=axis.y("milliseconds:Q", "milliseconds a token" + (" (dashed: recorded)" if now else "")),
        color=alt.Color("which:N", scale=toned(TONES), legend=None),
        tooltip=["when", "which", "length", alt.Tooltip("milliseconds", format=",.3~r")],
    )
    lines = base.transform_filter(alt.datum["when"] == RECORDED).mark_line(
        strokeWidth=1.5, strokeDash=DASHED
    )
    points = base.transform_filter(alt.datum["when"] == NOW).mark_circle(size=22, opacity=0.8)
    names = named(last_of(rows, "which", "length", "milliseconds"), axis, TONES)
    return finished(alt.layer(lines, points, names).properties(height=CURVE))


# ---------------------------------------------------------------- the roofline

LOW, HIGH = 0.2, 2000.0
"""Where the axis of operations for each byte begins and ends."""

MACHINES = {RECORDED: GREY, NOW: ACCENT}
NAMES_AT = {"prefill": 4, "decode": -4}
"""How far below its mark a name stands, to the right of it: a prompt stands just below as many
texts, and their names have room one below the other."""

MEMORY, CACHE = "from memory", "from the processor's cache"


def named_step(piece: Piece) -> str:
    if piece.what == "prefill":
        return f"reads {piece.length}"
    return f"writes, {piece.batch} text{'s' if piece.batch > 1 else ''}"


def rows_of_points(machines: Iterable[Machine]) -> list[dict[str, Any]]:
    """A row a step: machine, phase, name, intensity, milliseconds, and speed in 10^9 a second."""
    return [
        {
            "machine": machine.name,
            "phase": piece.what,
            "name": named_step(piece),
            "intensity": piece.work.intensity,
            "speed": piece.operations_per_second / 1e9,
            "milliseconds": 1000 * piece.seconds,
        }
        for machine in machines
        for piece in machine.pieces
    ]


def rows_of_roofs(machines: Iterable[Machine]) -> list[dict[str, Any]]:
    """The corners of each roof: machine, bytes (from where), intensity, speed in 10^9 a second."""
    return [
        {"machine": machine.name, "bytes": where, "intensity": x, "speed": roof.at(x) / 1e9}
        for machine in machines
        for where, roof in ((MEMORY, machine.roof), (CACHE, machine.near))
        for x in (LOW, min(max(roof.ridge, LOW), HIGH), HIGH)
    ]


@drawn_once
def roofline(machines: Sequence[Machine]) -> Chart:
    """Roofs as lines, steps as points under them, both axes by powers of ten."""
    lines, tones = rows_of_roofs(machines), {one.name: MACHINES[one.name] for one in machines}
    colour = alt.Color("machine:N", scale=toned(tones), legend=None)
    axis = powers([row["speed"] for row in (*lines, *rows_of_points(machines))])
    x = alt.X(
        "intensity:Q",
        title="operations for each byte",
        scale=alt.Scale(type="log", domain=[LOW, HIGH], nice=False),
        axis=alt.Axis(values=[1, 10, 100, 1000], format=",d"),
    )
    y = axis.y("speed:Q", f"billion operations a second (thin: {CACHE})")
    roofs = [
        alt.Chart(pd.DataFrame([row for row in lines if row["bytes"] == where]))
        .mark_line(strokeWidth=wide)
        .encode(x=x, y=y, color=colour, detail="bytes:N")
        for where, wide in ((MEMORY, 2.5), (CACHE, 1))
    ]
    points = alt.Chart(pd.DataFrame(rows_of_points(machines))).encode(x=x, y=y, color=colour)
    marks = points.mark_point(size=90, filled=True, opacity=0.85).encode(
        shape=alt.Shape(
            "phase:N",
            title=None,
            scale=alt.Scale(domain=list(NAMES_AT), range=["square", "circle"]),
            legend=None,
        ),
        tooltip=[
            "machine",
            "name",
            alt.Tooltip("intensity", title="operations a byte", format=",.3~r"),
            alt.Tooltip("speed", title="billion operations a second", format=",.3~r"),
            alt.Tooltip("milliseconds", format=",.3~r"),
        ],
    )
    of_first = points.transform_filter(alt.datum["machine"] == machines[0].name)
    names = [
        of_first.transform_filter(alt.datum["phase"] == phase)
        .mark_text(align="left", dx=8, dy=dy)
        .encode(text="name:N")
        for phase, dy in NAMES_AT.items()
    ]
    high = CURVE + 80
    ends = named(last_of(lines, "machine", "intensity", "speed"), axis, tones, height=high)
    return finished(alt.layer(*roofs, marks, *names, ends).properties(height=high))
