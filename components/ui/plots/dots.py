"""Arms compared over seeds: a dot a seed, the median as a mark, and the pairs in words.

Five seeds are shown, not summed up: a bar of error over five would say more than they can. In a row
each seed has a height of its own, so that runs of one seed can be found in all rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

import altair as alt
import pandas as pd

from components.ui.plots.chart_parts import Chart, finished, rows_axis, rows_high, shaped, toned
from components.ui.plots.colours import INK, Tone, tone_of
from components.ui.plots.drawn_once import drawn_once
from components.ui.plots.ends import Ticked
from components.ui.words import spelled
from lab.readings import Counts, join_words, part_of, seeds_ahead

Rows = Sequence[Mapping[str, Any]]

ROW, SPREAD = 40, 18
"""In pixels: a row, and the part of it over which its seeds are spread."""


def seed_points(arms: Mapping[str, Counts], record: Any) -> list[dict[str, Any]]:
    """Rows for `seeds`: the share that came out wrong in every seed of every arm."""
    return [
        seed_point(name, row["cell"]["seed"], wrong, n)
        for name, counts in arms.items()
        for row, wrong, n in counts.points(record)
    ]


def seed_point(arm: str, seed: int, wrong: int, n: int) -> dict[str, Any]:
    return {"arm": arm, "share": wrong / n, "seed": seed, "errors": part_of(wrong, n)}


def layers_of_seeds(
    rows: Rows,
    title: str,
    axis: Ticked,
    field: str = "share",
    *,
    down: str = "",
    never: str = "",
    said: Sequence[str] = (),
    form: str = ".4f",
    tones: Mapping[str, Tone] | None = None,
) -> Chart:
    """A dot a seed, a row an arm, a mark at the median. Rows: arm, seed, the `field`, and what
    the tooltip says too, `said`; `group`, if arms are compared in several.

    `axis` runs along the chart. What did not arrive has `never` in `came`; it stands, hollow, where
    it ended, and behind all others for the median.
    """
    data = pd.DataFrame(rows)
    grouped = "group" in data
    data["row"] = data["group"] + ": " + data["arm"] if grouped else data["arm"]
    data["came"] = data.get("came", "")
    order = list(dict.fromkeys(data["row"]))
    tones = tones or {arm: tone_of(arm) for arm in dict.fromkeys(data["arm"])}
    lines = {seed: at for at, seed in enumerate(sorted(set(data["seed"])))}
    data["line"] = [lines[seed] for seed in data["seed"]]
    half = SPREAD / 2 if len(lines) > 1 else 0
    some_never = never and never in set(data["came"])
    x = axis.x(f"{field}:Q", f"{title} (hollow: {never})" if some_never else title)
    base = alt.Chart(data).encode(
        y=alt.Y(
            "row:N",
            sort=order,
            title=down or None,
            axis=rows_axis(order, domain=False, grid=True, tickSize=0, labelPadding=10),
        )
    )
    hollow = alt.datum["came"] == (never or None)
    dots = base.mark_point(size=64, opacity=0.8, strokeWidth=1.8).encode(
        x=x,
        yOffset=alt.YOffset(
            "line:Q",
            scale=alt.Scale(
                domain=[0, max(1, len(lines) - 1)],
                range=[alt.ExprRef(f"bandwidth('y') / 2 {sign} {half}") for sign in "-+"],
            ),
        ),
        color=alt.Color("arm:N", scale=toned(tones), legend=None),
        shape=shaped(tones),
        fillOpacity=alt.condition(hollow, alt.value(0), alt.value(1)) if never else alt.value(1),
        fill=alt.Fill("arm:N", scale=toned(tones), legend=None),
        tooltip=[
            *(["group"] if grouped else []),
            "arm",
            "seed",
            *said,
            alt.Tooltip(f"{field}:Q", format=form),
            *(["came"] if never else []),
        ],
    )
    middles = [{"row": row, field: x} for row, x in medians(data, field, never).items()]
    marks = (
        alt.Chart(pd.DataFrame(middles, columns=["row", field]))
        .mark_tick(thickness=3, size=30, color=INK.now)
        .encode(
            x=x,
            y=alt.Y("row:N", sort=order),
            tooltip=["row", alt.Tooltip(f"{field}:Q", format=form, title="median")],
        )
    )
    return finished(alt.layer(dots, marks).properties(height=rows_high(len(order), ROW)))


seeds = drawn_once(layers_of_seeds)


def medians(data: pd.DataFrame, field: str, never: str) -> dict[str, float]:
    """Of each row whose middle run arrived."""
    found: dict[str, float] = {}
    for row, runs in data.groupby("row", sort=False):
        ended = zip(runs[field], runs["came"], strict=True)
        middle = median(math.inf if never and came == never else x for x, came in ended)
        if math.isfinite(middle):
            found[str(row)] = middle
    return found


def in_pairs(
    rows: Rows,
    against: str,
    field: str = "share",
    *,
    name: str = "arm",
    by: str = "group",
    more: bool = False,
    never: str = "",
) -> str:
    """In words how often each arm was better than the one `against`, run by run of one seed. Better
    is less, or with `more` more; who never arrived is behind who did. Rows: the arm's `name`, seed,
    the `field`, and `by`, if arms are compared in several groups."""

    def runs(arm: str, group: Any) -> dict[Any, float]:
        return {
            row["seed"]: math.inf if never and row.get("came") == never else float(row[field])
            for row in rows
            if row[name] == arm and row.get(by) == group
        }

    groups = list(dict.fromkeys(row.get(by) for row in rows))

    def named(arm: str, where: Sequence[Any]) -> str:
        """The arm, and in which groups, unless there is one alone."""
        if not any(where):
            return f"*{arm}*"
        if len(where) == len(groups) > 2:
            return f"*{arm}* (in all {spelled(len(where))})"
        return f"*{arm}* ({join_words([*map(str, where)])})"

    found: dict[tuple[int, int], dict[str, list[Any]]] = {}
    for group in groups:
        theirs = runs(against, group)
        for arm in dict.fromkeys(row[name] for row in rows if row.get(by) == group):
            won, n = seeds_ahead(runs(arm, group), theirs, more=more)
            if arm != against and n:
                found.setdefault((won, n), {}).setdefault(arm, []).append(group)
    if not found:
        return ""
    counts = sorted(found, key=lambda count: -count[0] / count[1])
    said = "; ".join(
        f"in {part_of(*count)}: {join_words([named(*arm) for arm in found[count].items()])}"
        for count in counts
    )
    return f"Compared seed by seed, better than *{against}* {said}."
