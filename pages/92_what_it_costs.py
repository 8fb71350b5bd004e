"""Behind the chapters: what it costs. How seconds grow with parameters, length, batch, readers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import streamlit as st

from components.ui.chapter import Chapter
from components.ui.chapters.ch92 import claims, figures, probes, worked
from components.ui.chapters.ch92.worked import CALC, GROWS, READERS
from components.ui.live import measuring
from components.ui.page_records import rows_of

page = Chapter("92_what_it_costs", CALC)
page.open()

RECORD, CROWD = "what_it_costs.jsonl", "bench_readers.json"


def curves_of(grows: str) -> tuple[Sequence[claims.Curve], Mapping[str, Any]]:
    """What was measured as this grew, and a row that says where; nothing without its record."""
    if grows == READERS:
        document = cast(Mapping[str, Any], rows_of(CROWD))
        return (claims.crowds_of(document), document) if document else ((), {})
    rows = rows_of(RECORD)
    return (claims.curves_of(rows, grows), rows[-1]) if rows else ((), {})


@page.section("grows", told=False)
def what_grows() -> None:
    of_all = ("line_{}", "{}_guess", "{}_shown")
    page.link.knows(*(page.prefix + key.format(grows) for grows in GROWS for key in of_all))
    grows = page.choose("grows", "What grows", list(GROWS), kind="segments")
    curves, source = curves_of(grows)
    if not curves:
        return
    asked = worked.asked_of(curves, grows)
    told = page.guess(
        worked.question(asked, grows),
        (),
        lambda: worked.answer(asked),
        frame=worked.frame(asked, grows),
        name=grows,
    )

    def draw(seen: Sequence[probes.Piece]) -> None:
        now = worked.rows_now(line, seen) if seen else []
        lines = worked.lines_of(curves) if told else []
        page.draw(
            figures.growth(
                worked.points_of(curves, told),
                lines,
                now,
                worked.axis_of(curves, grows),
                GROWS[grows].axis,
                worked.milliseconds_of(curves),
            ),
            alt=f"Milliseconds by {GROWS[grows].axis}, both axes in logarithms: points, a straight "
            "line through each half, and the least under the roof",
        )

    line = ""
    if not told or grows == READERS:
        draw(())
    else:
        options = worked.one_of(grows)
        line = page.choose(
            f"line_{grows}",
            "On this server, now",
            options,
            kind="segments",
            words=claims.WORDS.__getitem__,
        )
        key = f"ch92_{line}"
        measuring.watch(key, "Measure it here", lambda: probes.start(line), draw)
    if told and (rows := worked.slopes(curves, grows)):
        page.table("Slopes, both axes in logarithms", rows)
    st.caption(worked.machine_of(source))
    page.source(
        "lab.experiments.time_scaling.measure_line",
        "lab.measure.scaling.Line.work",
        "lab.measure.scaling.slope",
        "lab.measure.scaling.slope_of_rounds",
    )


page.prose("opening")


@page.section("counted")
def what_can_be_counted() -> None:
    page.notice()
    page.source(
        "lab.model.cost.flops_per_token_forward",
        "lab.measure.phases.decode",
        "lab.measure.scaling.Timed.least",
    )


@page.section("over")
def where_the_count_fails() -> None:
    page.notice()
    page.source("lab.measure.profiled.shares_of", "lab.measure.stopwatch.Counting")


page.close("end")
