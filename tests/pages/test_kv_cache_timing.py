"""Chapter 4's sections of seconds: what the record says, and what is measured piece by piece."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from streamlit.runtime.scriptrunner import StopException

from components.ui.book import PAGES
from components.ui.chapter import sections_of
from components.ui.chapters.ch30 import worked as ch30
from components.ui.chapters.ch40 import claims, figures, probes, worked
from components.ui.claims import claim, claim_index
from components.ui.live import measuring
from components.ui.live.measuring import Measuring
from components.ui.stamps import stamp_of
from lab.measure.phases import Piece, TimedStep, Work, decode, prefill
from lab.model.cost import step_flops
from lab.records import RECORDS, read_lines
from lab.training.checkpoint import load_run

PAGE = "40_kv_cache"
ABOUT = {
    "seeds": [0],
    "date": "2026-01-01",
    "commit": "abc",
    "cpu": "none",
    "amx": False,
    "torch": "2",
    "command": "none",
}


def seconds(batch: int, cached: bool, length: int) -> float:
    """Made up: a step with a cache is the same at all lengths, without one it grows in a line."""
    return 0.002 + 0.0001 * batch if cached else 0.001 * length * (1 + batch / 64)


def made_up() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {
            "cell": {"part": "machine"},
            "flops_per_second": 120e9,
            "bytes_per_second": 40e9,
            "bytes_per_second_near": 80e9,
        },
        {
            "cell": {"part": "memory", "key_heads": 4, "dtype": "float32", "batch": 1},
            "bytes_moved": 20_000_000,
            "bytes": 4_000_000,
            "length": 340,
            "seconds": 0.002,
        },
    ]
    for batch in claims.BATCHES:
        for cached in (True, False):
            every = 1 if cached or batch == 1 else 16
            lengths = list(range(4, 512, every))
            cell = {"part": "time", "model": "far_clipped", "batch": batch, "cached": cached}
            timed = [seconds(batch, cached, n) for n in lengths]
            rows.append({"cell": cell, "every": every, "lengths": lengths, "seconds": timed})
    lengths = list(range(4, 512))
    cell = {"part": "time", "model": "rope", "batch": 1, "cached": True}
    timed = [seconds(1, True, n) / 2 for n in lengths]
    rows.append({"cell": cell, "every": 1, "lengths": lengths, "seconds": timed})
    for batch, theirs in ((1, 3.0), (64, 0.5)):
        taken = {"ours": 1.0, "sdpa": theirs, "eager": theirs + 1}
        rows.append({"cell": {"part": "rival", "batch": batch}, "seconds": taken})
    return [{**row, **ABOUT} for row in rows]


@pytest.fixture
def recorded(
    monkeypatch: pytest.MonkeyPatch, patches_what_is_never_kept: None
) -> list[dict[str, Any]]:
    rows, read = made_up(), claim.read_record

    def read_or_make_up(path: Path) -> Any:
        return rows if path.name == "kv_cache.jsonl" else read(path)

    for module in (claim, claim_index):
        monkeypatch.setattr(module, "read_record", read_or_make_up)
    measure_anew(monkeypatch)
    return rows


def measure_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim is kept as long as its files stay, and here they do."""
    monkeypatch.setattr(claim_index, "kept_figure", claim_index.kept_figure.__wrapped__)


def text_of(app: Any) -> str:
    return " ".join(element.value for element in app.markdown)


def rows_of_charts(app: Any, *columns: str) -> list[dict[str, Any]]:
    """The rows of all charts that have these columns."""
    return [
        row
        for element in app.get("vega_lite_chart")
        for data in element.proto.datasets
        for row in pa.ipc.open_stream(data.data.data).read_pandas().to_dict("records")
        if set(columns) <= row.keys()
    ]


def bars(app: Any) -> list[str]:
    return [element.proto.text for element in app.get("progress")]


def clicked(app: Any, key: str) -> Any:
    return app.button(key=key).click().run()


# ---------------------------------------------------------------- the record


@pytest.mark.usefixtures("recorded")
def test_guesses_come_first_and_the_answers_follow_the_record(book: Any) -> None:
    app = book(PAGE)
    assert not app.exception
    assert "Read at once, written one by one" in text_of(app)
    assert not rows_of_charts(app, "which", "milliseconds")
    app = book(PAGE, reveal="1")
    assert not app.exception
    assert "The answer: **2.1 times**" in text_of(app)  # 46 ms against 22 ms
    assert f"The answer: **{worked.ONLY_WITHOUT}**" in text_of(app)
    assert f"The answer: **{worked.how_much_quicker(made_up()).value:.0f} times**" in text_of(app)


def test_the_answers_turn_with_the_record() -> None:
    rows = made_up()
    for row in rows:
        if row["cell"].get("cached"):
            row["seconds"] = [0.05 + 0.001 * n for n in row["lengths"]]
    assert worked.how_much_longer(rows).value > 10
    assert worked.what_grows(rows) == worked.BOTH
    assert worked.how_much_quicker(rows).value < 3
    for row in rows:
        if "lengths" in row:
            row["seconds"] = [0.05 for _ in row["lengths"]]
    assert worked.what_grows(rows) == worked.NEITHER


@pytest.mark.usefixtures("recorded")
def test_claims_are_sums_and_ratios_of_the_record() -> None:
    def shown(name: str) -> str:
        measured = claim_index.look_up(f"kv_cache.{name}").measured
        assert measured, claim_index.look_up(f"kv_cache.{name}").problem
        return measured.shown

    def ratio(batch: int, length: int) -> float:
        without, cached = (
            sum(seconds(batch, way, n) for n in range(4, length)) for way in (False, True)
        )
        return without / cached

    assert shown("speedup_64") == f"{ratio(1, 64):.0f} times as quick"
    assert shown("speedup_350") == f"{ratio(1, 350):.0f} times as quick"
    assert shown("speedup_350_batch") == f"{ratio(64, 350):.0f} times as quick"
    assert shown("rival_1") == "3 times as long" and shown("rival_64") == "0.5 times as long"
    moved = (20_000_000 + 4_000_000 / 2) / seconds(1, True, 340)
    assert shown("bandwidth_share") == f"{100 * moved / 40e9:.0f}%" and shown("ridge") == "3"
    assert shown("step_of_64") == f"{0.0084 / 0.0021:.2g} times"
    assert shown("plain_step") == "50 in 100"
    config = claims.config_of(claims.MODEL)
    taken = [(prefill(config, n), seconds(1, False, n)) for n in (22, 88, 340)]
    taken += [(decode(config, 33, batch), seconds(batch, True, 33)) for batch in (1, 8, 64)]
    least = [max(w.operations / 120e9, w.bytes / 40e9) for w, _ in taken]
    nearest = max(under / took for under, (_, took) in zip(least, taken, strict=True))
    assert shown("roof_most") == f"{nearest:.0%}"
    assert shown("roof_one") == f"{0.0021 / least[3]:.2g} times"
    assert shown("read_and_write") == "22 ms to read them and 46 ms to write as many"


def test_a_ratio_reads_well_whichever_way_it_falls() -> None:
    assert claims.as_quick(4.21) == "4.2 times as quick"
    assert claims.as_quick(0.5) == "2 times as slow"
    assert claims.as_quick(1.01) == "as quick as without"


@pytest.mark.usefixtures("recorded")
def test_points_stand_at_the_work_and_the_seconds_of_their_steps(book: Any) -> None:
    app = book(PAGE, figure="roofline")
    config = probes.network().config
    points = {row["name"]: row for row in rows_of_charts(app, "intensity", "phase")}
    assert set(points) == {
        *("reads 22", "reads 88", "reads 340"),
        *("writes, 1 text", "writes, 8 texts", "writes, 64 texts"),
    }
    read, written = prefill(config, 88), decode(config, 33, batch=64)
    assert points["reads 88"]["intensity"] == pytest.approx(read.intensity)
    speed = read.operations / seconds(1, False, 88) / 1e9
    assert points["reads 88"]["speed"] == pytest.approx(speed)
    assert points["writes, 64 texts"]["intensity"] == pytest.approx(written.intensity)
    speed = written.operations / seconds(64, True, 33) / 1e9
    assert points["writes, 64 texts"]["speed"] == pytest.approx(speed)
    corners = [(r["intensity"], r["speed"]) for r in rows_of_charts(app, "bytes", "speed")]
    assert (3, 120) in corners and (1.5, 120) in corners  # both ridges, under one level


def test_no_mark_of_the_record_touches_the_roof_and_calls_tell_the_time_of_a_step() -> None:
    """By the record: the twin saves calls and next to no work, and is quicker by its calls."""
    rows = read_lines(RECORDS / "kv_cache.jsonl")
    shares = {(p.what, p.batch): share for p, share in claims.under_the_roof(rows)}
    assert max(shares.values()) < 0.5 and shares["decode", 1] < 0.1
    limited, plain = (claims.config_of(model) for model in (claims.MODEL, claims.PLAIN))
    works = decode(plain, 33), decode(limited, 33)
    assert works[0].operations > 0.95 * works[1].operations
    assert works[0].bytes > 0.95 * works[1].bytes
    quicker = claims.PLAIN_OVER_LIMITED.value(rows)
    assert quicker == pytest.approx(
        probes.calls(claims.PLAIN) / probes.calls(claims.MODEL), abs=0.05
    )
    assert quicker < 0.75


def test_texts_with_caches_of_their_own_never_keep_the_arithmetic_busy() -> None:
    """Llama 3.1 8B on an H100: two operations a weight of two bytes, 131,072 bytes a token."""
    assert worked.CALC["meet"]() == f"{989 / 3.35:.0f}"
    fetched, computed = 131_072_000 / 3.35e12, 2 * 8_030_261_248 / 989e12
    assert worked.CALC["one_more_fetched"]() == f"{1e6 * fetched:.0f}"
    assert worked.CALC["one_more_computed"]() == f"{1e6 * computed:.0f}"
    steps = worked.streams()
    assert [n for n in (1, 22, 64, 128, 295, 512) if n not in steps.counts] == []
    assert all(step.fetching > step.operations for step in steps.texts)


def test_the_operations_that_a_cache_saves_are_counted_step_by_step() -> None:
    config = probes.network().config
    read_all = sum(step_flops(config, n, cached=False) for n in range(4, 64))
    read_one = step_flops(config, 4, cached=False) + sum(
        step_flops(config, n, cached=True) for n in range(5, 64)
    )
    assert worked.CALC["work_short"]() == f"{read_all / read_one:.0f}"
    weights, look = int(worked.CALC["by_weights"]().replace(",", "")), worked.by_looking()
    assert worked.CALC["looked_at"]() == f"{weights / look:.0f}"
    for t in (5, 63):
        assert step_flops(config, t, cached=True) == weights + t * look
        assert step_flops(config, t, cached=False) == t * (weights + t * look)


@pytest.mark.usefixtures("recorded")
def test_the_record_is_drawn_for_the_chosen_number_of_texts(book: Any) -> None:
    app = book(PAGE, figure="bench", ch40_batch="64")
    assert not app.exception
    drawn = rows_of_charts(app, "when", "milliseconds")
    without = {
        row["length"]: row["milliseconds"] for row in drawn if row["which"] == figures.WITHOUT
    }
    assert without[20] == pytest.approx(1000 * seconds(64, False, 20) / 64)
    assert "here and now would take too long" in " ".join(c.value for c in app.caption)


def test_without_the_record_the_page_says_so_and_still_measures(
    book: Any, monkeypatch: pytest.MonkeyPatch, patches_what_is_never_kept: None
) -> None:
    read = claim.read_record

    def missing(path: Path) -> Any:
        if path.name == "kv_cache.jsonl":
            raise FileNotFoundError(path)
        return read(path)

    for module in (claim, claim_index):
        monkeypatch.setattr(module, "read_record", missing)
    measure_anew(monkeypatch)
    monkeypatch.setattr(probes, "HERE", {1: (8, 1), 8: (8, 2)})
    app = book(PAGE)
    assert not app.exception
    assert any("records/kv_cache.jsonl is missing" in info.value for info in app.info)
    assert claim.MISSING in text_of(app)
    app = book(PAGE, figure="bench")
    app = clicked(app, "ch40_bench_1_run")
    assert not app.exception
    assert {row["when"] for row in rows_of_charts(app, "when", "milliseconds")} == {figures.NOW}


# ---------------------------------------------------------------- piece by piece


def pieces_of_a_machine() -> Iterator[Piece]:
    """Twice as slow as the record's in every way."""
    for what in ("product", "far", "near"):
        for _ in range(probes.TURNS):
            yield Piece(what, Work(60, 30), 1e-9 if what == "product" else 1.5e-9)
    yield Piece("prefill", Work(10_000, 100), 1e-6, 1, 22)
    yield Piece("decode", Work(100, 200), 1e-7, 1, 23)


@pytest.fixture
def one_at_a_time(monkeypatch: pytest.MonkeyPatch, patches_what_is_never_kept: None) -> None:
    """A turn is a piece, and its seconds are made up."""
    monkeypatch.setattr(measuring, "TURN", 0.0)
    n = len(list(pieces_of_a_machine()))
    monkeypatch.setattr(probes, "start_roof", lambda: Measuring(pieces_of_a_machine(), n, 1000.0))


@pytest.mark.usefixtures("recorded", "one_at_a_time")
def test_a_measurement_runs_stops_and_goes_on_and_outlives_its_section(
    book: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = clicked(book(PAGE, figure="roofline"), "ch40_roof_run")
    assert bars(app)[0].startswith("1 of 17 pieces")
    app.run()
    assert bars(app)[0].startswith("2 of 17 pieces")
    app = clicked(app, "ch40_roof_stop")
    assert bars(app)[0].startswith("2 of 17 pieces") and bars(app)[0].endswith("stopped.")
    app.run()
    assert bars(app)[0].startswith("2 of 17 pieces")
    assert {row["machine"] for row in rows_of_charts(app, "intensity", "machine")} == {"recorded"}
    app = clicked(app, "ch40_roof_go_on")
    assert bars(app)[0].startswith("3 of 17 pieces")
    monkeypatch.setattr(measuring, "TURN", math.inf)  # from here all that is left in one turn
    app.run()
    assert bars(app)[0].startswith("All 17 pieces are measured") and not app.exception
    own = [row for row in rows_of_charts(app, "intensity", "phase") if row["machine"] != "recorded"]
    assert [(row["name"], row["intensity"]) for row in own] == [
        ("reads 22", 100),
        ("writes, 1 text", 0.5),
    ]
    roofs = [row for row in rows_of_charts(app, "bytes", "speed") if row["machine"] != "recorded"]
    assert max(row["speed"] for row in roofs) == pytest.approx(60)


def test_its_time_ends_a_measurement_and_it_can_go_on(
    monkeypatch: pytest.MonkeyPatch, patches_what_is_never_kept: None
) -> None:
    monkeypatch.setattr(measuring, "TURN", 0.0)
    begun = Measuring(iter(range(3)), 3, seconds=0.0)
    begun.take_a_turn()
    assert (
        begun.seen == [0]
        and not begun.going
        and "its time is up" in measuring.describe_progress(begun)
    )
    begun.go_on()
    assert begun.going
    for _ in range(2):
        begun.take_a_turn()
    assert begun.done and not begun.going and begun.share == 1


def test_a_slice_whose_script_ends_while_it_waits_comes_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As Streamlit ends a script: by an exception, where it next draws."""
    monkeypatch.setattr(measuring, "TURN", 1e9)
    ends = [1]

    def ask(i: int) -> int:
        if i in ends:
            ends.remove(i)
            raise StopException
        return 10 * i

    begun = Measuring(measuring.Slices(ask, 3), 3, seconds=1e9)
    with pytest.raises(StopException):
        begun.take_a_turn()
    assert begun.seen == [0] and begun.going
    begun.take_a_turn()
    assert begun.seen == [0, 10, 20] and begun.done and not begun.going


@pytest.mark.usefixtures("recorded")
def test_the_benchmark_writes_both_ways_and_is_drawn_over_the_record(
    book: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "HERE", {1: (9, 1), 8: (12, 3)})
    monkeypatch.setattr(measuring, "TURN", math.inf)
    app = clicked(book(PAGE, figure="bench"), "ch40_bench_1_run")
    assert not app.exception
    now = [row for row in rows_of_charts(app, "when", "which") if row["when"] == figures.NOW]
    assert sorted((row["length"], row["which"]) for row in now) == [
        (n, which) for n in range(4, 9) for which in (figures.WITH, figures.WITHOUT)
    ]
    app.button_group(key="ch40_batch").set_value(8).run()
    assert {row["when"] for row in rows_of_charts(app, "when", "which")} == {figures.RECORDED}
    app = clicked(app, "ch40_bench_8_run")
    now = [row for row in rows_of_charts(app, "when", "which") if row["when"] == figures.NOW]
    assert [row["length"] for row in now if row["which"] == figures.WITHOUT] == [4, 7, 10]
    app.button_group(key="ch40_batch").set_value(1).run()
    assert figures.NOW in {row["when"] for row in rows_of_charts(app, "when", "which")}


@pytest.mark.parametrize("turn", [0.0, math.inf])
def test_a_measurement_says_rightly_how_many_pieces_come_in_small_turns_and_in_one(
    monkeypatch: pytest.MonkeyPatch, patches_what_is_never_kept: None, turn: float
) -> None:
    monkeypatch.setattr(measuring, "TURN", turn)
    monkeypatch.setattr(probes, "READ", (5, 9))
    monkeypatch.setattr(probes, "BATCHES", (1, 2))
    monkeypatch.setattr(probes, "IN_MEMORY", 1000)
    monkeypatch.setattr(probes, "HERE", {1: (9, 1), 8: (13, 4)})
    for begun in (probes.start_roof(), probes.start_tokens(1), probes.start_tokens(8)):
        begun.limit = math.inf
        turns = 0
        while not begun.done:
            begun.take_a_turn()
            turns += 1
        assert len(begun.seen) == begun.n and not begun.going
        assert turns == (1 if turn else begun.n) and begun.measure() >= 0
        assert len(begun.seen) == begun.n


def test_a_piece_that_has_come_stays_when_the_script_ends_while_it_waits_for_the_next(
    monkeypatch: pytest.MonkeyPatch, patches_what_is_never_kept: None
) -> None:
    class Ended(BaseException):
        pass

    class Pieces(Iterator[int]):
        def __init__(self) -> None:
            self.asked = iter([0, 1, None, 2])

        def __next__(self) -> int:
            if (piece := next(self.asked)) is None:
                raise Ended
            return piece

    monkeypatch.setattr(measuring, "TURN", math.inf)
    begun = Measuring(Pieces(), 3, 1000.0)
    with pytest.raises(Ended):
        begun.take_a_turn()
    assert begun.seen == [0, 1]
    begun.take_a_turn()
    assert begun.seen == [0, 1, 2] and begun.done


@pytest.mark.slow
def test_turns_go_on_where_the_turn_before_ended(
    monkeypatch: pytest.MonkeyPatch, patches_what_is_never_kept: None
) -> None:
    """Each piece in a turn of its own is the same as all of them in one."""
    monkeypatch.setattr(probes, "IN_MEMORY", 1000)
    monkeypatch.setattr(probes, "HERE", {1: (9, 1), 8: (13, 4)})

    def said(piece: Piece | TimedStep) -> tuple[Any, ...]:
        if isinstance(piece, Piece):
            return piece.what, piece.work, piece.batch, piece.length
        return piece.length, piece.cached, piece.ids.tolist()

    for start in (probes.start_roof, *(lambda n=n: probes.start_tokens(n) for n in (1, 8))):
        found: list[list[tuple[Any, ...]]] = []
        for turn in (0.0, math.inf):
            monkeypatch.setattr(measuring, "TURN", turn)
            begun = start()
            begun.limit = math.inf
            while not begun.done:
                begun.take_a_turn()
            found.append([said(piece) for piece in begun.seen])
        assert found[0] == found[1]


def test_the_network_that_is_timed_is_the_one_with_its_limit() -> None:
    loaded, timed = load_run("far_coupled").model, probes.network()
    assert timed.config.position != loaded.config.position
    assert np.array_equal(timed.unembed.weight, loaded.unembed.weight)
    assert claims.config_of(claims.MODEL) == timed.config
    assert claims.config_of(claims.PLAIN) == load_run("rope").model.config


def test_both_networks_of_nearly_one_size_are_named_with_theirs() -> None:
    """4.73 and 4.75 million: the larger has a table of positions, and is the book's own."""
    told = {
        run: f"{sum(p.numel() for p in load_run(run).model.parameters()) / 1e6:.2f} million"
        for run in ("chain_of_thought", "far_coupled", "curriculum_4x4")
    }
    assert told["far_coupled"] == told["curriculum_4x4"] != told["chain_of_thought"]

    def prose(page: str, section: str, calc: dict[str, Callable[[], str]] = worked.CALC) -> str:
        path = PAGES / f"{page}.md"
        return claim_index.fill(sections_of(path, stamp_of(path))[section], calc)

    said = prose(PAGE, "generators")
    assert f"limit on distances, which has {told['far_coupled']} parameters" in said
    book = told["chain_of_thought"]
    assert f"The book's network, with its table of positions, has {book}" in said
    said = prose("30_curriculum", "four", ch30.CALC)
    assert f"{told['curriculum_4x4']} parameters" in said
