"""What it costs: each thing that grows is guessed first, and drawn as its record has it; a line is
measured on the reader's own server."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from shown import charts, frames, tables, text_of

from components.ui import page_records
from components.ui.chapters.ch92 import claims, probes, worked
from components.ui.chapters.ch92.worked import GROWS, READERS
from components.ui.claims import claim_index
from components.ui.claims.claim import MISSING
from components.ui.live import measuring
from lab.measure.scaling import LINES, slope

PAGE = "92_what_it_costs"
SOURCE: dict[str, Any] = {
    **dict.fromkeys(("date", "commit", "torch", "command"), "made up"),
    **{"cpu": "a slide rule", "amx": False, "seeds": [0]},
}
POWER = {"training": 1.0, "prefill": 1.5, "decode": 0.25}
NOW = {"line", "amount", "milliseconds"}
ROUNDS = (0.9, 1.0, 1.0, 1.0, 1.2)


def seconds(line: str, value: int) -> float:
    """A power of what grows: 1 ms at the smallest size."""
    first = LINES[line].amount(LINES[line].values[0])
    return 1e-3 * (LINES[line].amount(value) / first) ** POWER[LINES[line].step]


def row_of(line: str) -> dict[str, Any]:
    points = [
        {
            "value": value,
            "amount": LINES[line].amount(value),
            "seconds": [seconds(line, value) * each for each in ROUNDS],
            "operations": LINES[line].work(value).operations,
            "bytes": LINES[line].work(value).bytes,
            "calls": 200,
            "shares": {"products": 0.5, "attention": 0.1, "other": 0.3, "between": 0.1},
        }
        for value in LINES[line].values
    ]
    about = {"threads": 1, "python": "9.9", "instructions": "NONE"}
    return {"cell": {"part": "line", "line": line}, "points": points, **about, **SOURCE}


def record() -> list[dict[str, Any]]:
    machine = {"flops_per_second": 1e11, "bytes_per_second": 2e10, "bytes_per_second_near": 4e10}
    return [{"cell": {"part": "machine"}, **machine, **SOURCE}, *map(row_of, LINES)]


def crowds(*found: tuple[int, float, float]) -> dict[str, Any]:
    """Readers, and milliseconds that half of all answers take, and nineteen in twenty."""
    cells = [{"readers": n, "p50_ms": p50, "p95_ms": p95} for n, p50, p95 in found]
    return {"cells": cells, **SOURCE}


TWO = crowds((50, 100.0, 800.0), (100, 200.0, 6400.0))


@pytest.fixture
def with_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Records made up for the page, or none."""

    def put(
        rows: list[dict[str, Any]] | None = None, crowd: Mapping[str, Any] | None = None
    ) -> None:
        (tmp_path / "records").mkdir()
        if rows is not None:
            lines = "".join(f"{json.dumps(row)}\n" for row in rows)
            (tmp_path / "records/what_it_costs.jsonl").write_text(lines)
        if crowd is not None:
            (tmp_path / "records/bench_readers.json").write_text(json.dumps(crowd))
        monkeypatch.setattr(page_records, "ROOT", tmp_path)
        for asked in ("look_up", "cells_of"):
            usual = getattr(claim_index, asked)
            monkeypatch.setattr(claim_index, asked, partial(usual, root=tmp_path))

    return put


def drawn(app: Any) -> list[dict[str, Any]]:
    """The points of the chart."""
    return [row for rows in charts(app, "low", "high", "milliseconds") for row in rows]


def test_without_records_the_page_stands_and_says_what_it_waits_for(
    book: Any, with_record: Callable[..., None]
) -> None:
    with_record()
    app = book(PAGE, reveal="1")
    assert not app.exception and MISSING in text_of(app)
    assert "records/what_it_costs.jsonl is missing" in " ".join(i.value for i in app.info)
    app = book(PAGE, reveal="1", ch92_grows=READERS)
    assert "records/bench_readers.json is missing" in " ".join(i.value for i in app.info)
    assert not app.exception and frames(app, told=False) == frames(app, told=True) == {}


@pytest.mark.parametrize("grows", GROWS)
def test_untouched_the_smaller_half_is_drawn_and_nothing_tells_the_rest(
    book: Any, with_record: Callable[..., None], grows: str
) -> None:
    with_record(record(), TWO)
    app = book(PAGE, ch92_grows=grows)
    assert not app.exception and not app.info
    ((question, frame),) = frames(app, told=False).items()
    given, asked = frame["rows"]
    assert asked["value"] is None and frame["start"] == pytest.approx(
        math.sqrt(frame["axis"]["low"] * frame["axis"]["high"])
    )
    curves = claims.crowds_of(TWO) if grows == READERS else claims.curves_of(record(), grows)
    curve = worked.asked_of(curves, grows)
    assert given["value"] == pytest.approx(curve.points[-1].amount / curve.points[0].amount)
    assert frame["axis"]["high"] > 3 * given["value"]
    sizes = [row["amount"] for row in drawn(app) if row["line"] == curve.name]
    assert sizes == [point.amount for point in curve.points[: (len(curve.points) + 1) // 2]]
    assert not charts(app, "which") and not tables(app, "slope")
    first, last = (worked.size(curve.points[at].amount, grows) for at in (0, -1))
    assert f" {first} " in question and last in question


def test_answered_the_points_their_fits_and_the_least_are_drawn(
    book: Any, with_record: Callable[..., None]
) -> None:
    with_record(record(), TWO)
    app = book(PAGE, ch92_grows="length", ch92_length_guess="64")
    assert not app.exception
    (frame,) = frames(app, told=True).values()
    assert frame["rows"][1]["value"] == pytest.approx(64**1.5)
    assert "8 times more than you said" in text_of(app)
    rows = [row for row in drawn(app) if row["line"] == claims.WORDS["length_prefill"]]
    assert [row["amount"] for row in rows] == [*LINES["length_prefill"].values]
    assert [row["milliseconds"] for row in rows] == pytest.approx(
        [1000 * seconds("length_prefill", n) for n in LINES["length_prefill"].values]
    )
    assert rows[0]["low"] == pytest.approx(0.9) and rows[0]["high"] == pytest.approx(1.2)
    lines = [row for part in charts(app, "which") for row in part]
    ends = [row for row in lines if row["which"] == "fit" and "scores formed" in row["line"]]
    assert len(ends) == 4
    for one, other in (ends[:2], ends[2:]):
        found = slope([(row["amount"], row["milliseconds"]) for row in (one, other)])
        assert found == pytest.approx(1.5)
    (table,) = tables(app, "slope")
    assert [row["slope"] for row in table[:2]] == ["1.50", "1.50"]
    assert "a slide rule, one thread, instructions up to NONE, torch made up, Python 9.9" in (
        " ".join(caption.value for caption in app.caption)
    )


def test_the_least_is_what_the_roof_allows() -> None:
    curves = claims.curves_of(record(), "batch")
    lines = worked.lines_of(curves)
    for name, curve in (("batch_training", curves[0]), ("batch_decode", curves[1])):
        least = [row for row in lines if row["which"] == "least" and row["line"] == curve.name]
        works = [LINES[name].work(value) for value in LINES[name].values]
        assert [row["milliseconds"] for row in least] == pytest.approx(
            [1000 * max(work.operations / 1e11, work.bytes / 2e10) for work in works]
        )


def test_crowds_have_no_roof_and_a_slope_of_one_measurement_each(
    book: Any, with_record: Callable[..., None]
) -> None:
    with_record(record(), TWO)
    app = book(PAGE, ch92_grows=READERS, reveal="1")
    assert not app.exception and not charts(app, "which")
    assert [row["milliseconds"] for row in drawn(app)] == [800, 6400, 100, 200]
    (table,) = tables(app, "slope")
    assert [(row["slope"], row["of"]) for row in table] == [
        ("3.00", "two crowds, each once"),
        ("1.00", "two crowds, each once"),
    ]
    assert "a slope of 3.0" in text_of(app) and "from 800 ms to 6,400 ms" in text_of(app)
    assert not [b for b in app.button if b.key and b.key.endswith("_run")]


def test_one_crowd_alone_has_no_slope(book: Any, with_record: Callable[..., None]) -> None:
    with_record(record(), crowds((50, 100.0, 800.0)))
    app = book(PAGE, ch92_grows=READERS, reveal="1")
    assert not app.exception and not tables(app, "slope") and MISSING in text_of(app)


def test_a_line_is_measured_here_round_by_round_and_drawn_beside_the_record(
    book: Any,
    with_record: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    patches_what_is_never_kept: None,
) -> None:
    with_record(record(), TWO)
    monkeypatch.setitem(probes.LARGEST, "batch_decode", 2)
    monkeypatch.setattr(probes, "LONG_ENOUGH", 0.0)
    monkeypatch.setattr(measuring, "TURN", 0.0)
    link = {"figure": "grows", "ch92_grows": "batch", "ch92_line_batch": "one more token each"}
    app = book(PAGE, **link)
    app.button(key="ch92_batch_decode_run").click().run()
    bar = app.get("progress")[0].proto.text
    assert bar.startswith("1 of 6 pieces")
    app.button(key="ch92_batch_decode_stop").click().run()
    assert app.get("progress")[0].proto.text.endswith("stopped.")
    monkeypatch.setattr(measuring, "TURN", math.inf)
    app.button(key="ch92_batch_decode_go_on").click().run()
    assert not app.exception
    assert app.get("progress")[0].proto.text.startswith("All 6 pieces are measured")
    (now,) = (rows for rows in charts(app, "milliseconds") if rows[0].keys() == NOW)
    assert [(row["line"], row["amount"]) for row in now] == [
        ("one more token each", 1),
        ("one more token each", 2),
    ]


def test_what_is_measured_goes_on_behind_what_has_come(
    monkeypatch: pytest.MonkeyPatch, patches_what_is_never_kept: None
) -> None:
    monkeypatch.setattr(probes, "LONG_ENOUGH", 0.0)
    for line in LINES:
        values = probes.values_here(line)
        assert len(values) >= 4 and values == [*LINES[line].values][: len(values)]
    monkeypatch.setitem(probes.LARGEST, "parameters_decode", 64)
    whole = [value for value, _ in probes.pieces("parameters_decode", 0)]
    assert whole == [32, 64] * probes.ROUNDS
    assert [value for value, _ in probes.pieces("parameters_decode", 4)] == whole[4:]


def test_the_median_of_the_rounds_so_far_is_drawn() -> None:
    rows = worked.rows_now("batch_decode", [(1, 0.002), (2, 0.004), (1, 0.001), (1, 0.009)])
    assert rows == [
        {"line": "one more token each", "amount": 1, "milliseconds": 2.0},
        {"line": "one more token each", "amount": 2, "milliseconds": 4.0},
    ]


def test_scores_take_as_many_operations_as_weights_where_the_page_says() -> None:
    line, level = LINES["length_prefill"], int(worked.CALC["level"]())
    config = line.size(64).config
    layers = [layer.attention.flops(layer, level) for layer in config.layers]
    weights = [x.attention.flops(x, 0) + x.ffn.flops(x) for x in config.layers]
    scores = sum(layers) - sum(x.attention.flops(x, 0) for x in config.layers)
    assert scores == sum(weights)


@pytest.mark.parametrize(
    ("name", "said"),
    [("ch92_grows", "money"), ("ch92_line_batch", "a cup of tea"), ("ch92_length_guess", "-3")],
)
def test_what_a_link_may_not_say_is_answered_with_what_it_may(
    book: Any, with_record: Callable[..., None], name: str, said: str
) -> None:
    with_record(record(), TWO)
    grows = name.split("_")[-1] if "line" in name else "length"
    link = {"ch92_grows": grows, "reveal": "1"} | {name: said}
    app = book(PAGE, **link)
    assert not app.exception
    told = " ".join(box.value for box in (*app.info, *app.warning))
    assert said in told
