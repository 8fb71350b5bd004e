"""The ladder: untouched, answered, without its records, and what a reader trains on it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from math import prod
from pathlib import Path
from typing import Any

import pytest
from shown import charts, ended, frames, said, tables, text_of

from components.ui import page_records
from components.ui.chapters.ch93 import claims, worked
from components.ui.chapters.ch93.claims import LADDER
from components.ui.claims import claim_index
from components.ui.claims.claim import MISSING, read_record
from lab.live.protocol import RunSpec
from lab.recipes.bench import NAME, to_json
from lab.recipes.live import multiply
from lab.recipes.speedrun import ATTEMPTS, RUNGS, recipe_of
from lab.records import ROOT

PAGE = "93_speedrun"
QUESTION = "One idea at a time makes a training shorter. How many seconds does the last rung take?"
SEEDS = range(5)
SOURCE = dict.fromkeys(("date", "commit", "cpu", "amx", "torch", "command"), "made up")


def median_seconds(at: int) -> float:
    """Each rung takes nine tenths of the time of the one before it."""
    return 60 * 0.9**at


def made_up() -> Iterator[dict[str, Any]]:
    """Five seeds a rung, the median the third; in the last rung one seed has missed. In turns each
    rung did better than its seconds say."""
    for at, rung in enumerate(RUNGS):
        for seed in SEEDS:
            errors = 40 if rung == RUNGS[-1] and seed == 4 else seed
            yield SOURCE | {
                "cell": {"rung": rung.name, "seed": seed},
                "seconds": median_seconds(at) + (seed - 2) / 2,
                "seconds_before": median_seconds(at - 1) if at else None,
                "ratio": 0.85 if at else None,
                "steps": rung.recipe.steps,
                "batch": rung.recipe.batch_size,
                "tokens": rung.recipe.steps * rung.recipe.tokens_per_step,
                "parameters": 430_000,
                "threads": rung.threads,
                "heldout": {"errors": errors, "n": 6949},
                "all": {"errors": errors, "n": 10_000},
                "curve": [[10.0, 25, 900, 1017], [median_seconds(at), rung.recipe.steps, 2, 1017]],
                "seeds": [seed],
            }


def tried() -> Iterator[dict[str, Any]]:
    """Both more wrong than their rung; the first is slower by its steps in turns and not by its
    seconds, the second faster."""
    for attempt, seconds, ratio in zip(ATTEMPTS, (54.0, 30.0), (1.1, 0.5), strict=False):
        yield SOURCE | {
            "cell": {"attempt": attempt.name, "seed": 0},
            "on": RUNGS[0].name,
            "seconds": seconds,
            "seconds_before": 60.0,
            "ratio": ratio,
            "validation": {"errors": 34, "n": 1017},
            "seeds": [0],
        }


@pytest.fixture
def with_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Records made up for the page, or none."""

    def put(**rows: Iterator[dict[str, Any]]) -> None:
        (tmp_path / "records").mkdir()
        for name, found in rows.items():
            lines = "".join(f"{json.dumps(row)}\n" for row in found)
            (tmp_path / f"records/{name}.jsonl").write_text(lines)
        monkeypatch.setattr(page_records, "ROOT", tmp_path)
        for asked in ("look_up", "cells_of"):
            usual = getattr(claim_index, asked)
            monkeypatch.setattr(claim_index, asked, partial(usual, root=tmp_path))

    return put


def test_without_records_the_page_stands_and_says_what_it_waits_for(
    book: Any, with_record: Callable[..., None]
) -> None:
    with_record()
    app = book(PAGE, reveal="1")
    assert not app.exception
    waits = " ".join(info.value for info in app.info)
    assert "records/speedrun.jsonl is missing" in waits
    assert "records/speedrun_attempts.jsonl is missing" in waits
    assert MISSING in text_of(app) and frames(app, told=False) == frames(app, told=True) == {}


def test_untouched_the_first_rung_stands_there_and_no_other_gives_its_seconds(
    book: Any, with_record: Callable[..., None]
) -> None:
    with_record(speedrun=made_up(), speedrun_attempts=tried())
    app = book(PAGE)
    assert not app.exception and not app.info
    frame = frames(app, told=False)[QUESTION]
    first, *between, last = frame["rows"]
    assert [row["part"] for row in frame["rows"]] == ["given", *["later"] * len(between), "asked"]
    assert (frame["axis"]["low"], first["value"], first["dots"]) == (
        0,
        60,
        [59.0, 59.5, 60.0, 60.5, 61.0],
    )
    assert [row["value"] for row in (*between, last)] == [None] * (len(RUNGS) - 1)
    assert first["name"].endswith(", median 60.0 s")
    assert first["note"] == "2 of 10,000 wrong"
    assert MISSING not in text_of(app)


def test_answered_every_rung_has_its_bar_and_the_chosen_one_says_what_it_changed(
    book: Any, with_record: Callable[..., None]
) -> None:
    with_record(speedrun=made_up(), speedrun_attempts=tried())
    app = book(PAGE, ch93_ladder_guess="20")
    assert not app.exception
    frame = frames(app, told=True)[QUESTION]
    values = [row["value"] for row in frame["rows"]]
    assert values == pytest.approx([median_seconds(at) for at in range(len(RUNGS))])
    assert ", 1\N{NO-BREAK SPACE}missed" in text_of(app) and "You said **20.0 s**" in text_of(app)
    assert f"trains {values[0] / values[-1]:.1f} times as fast as the first" in text_of(app)
    assert f"**{RUNGS[1].idea}** It takes 54.0 [53.0, 55.0] s" in text_of(app)
    assert "Timed in turns, at the median step of each, it takes 0.85 times as" in text_of(app)
    app.selectbox(key="ch93_rung").set_value(RUNGS[2].name).run()
    assert not app.exception
    assert worked.changes(RUNGS[1], RUNGS[2]) in text_of(app)


def test_how_many_times_as_fast_is_the_quotient_of_what_the_table_says() -> None:
    """Of the record of the book, whose ratios multiplied come to more."""
    record = LADDER.of(read_record(ROOT / LADDER.path))
    table = claims.TABLES["speedrun.ends"].rows["seconds"]
    first, last = (float(table[end].measure(record).shown.split()[0]) for end in ("first", "last"))
    said = claims.CLAIMS["speedrun.times_faster"].question.measure(record).shown
    assert said == f"{first / last:.1f} times"
    assert said != f"{1 / prod(filter(None, ratios_in(record))):.1f} times"


def ratios_in(record: Any) -> list[float | None]:
    return [claims.ratio(found) for _, found in claims.rungs_in(record)]


def test_without_one_of_its_ends_the_ladder_has_no_such_quotient() -> None:
    found = [row for row in made_up() if row["cell"]["rung"] != claims.LAST]
    with pytest.raises(LookupError):
        claims.times_faster(found)


MOST_LETTERS = 18
"""Of a name behind which "comes with the answer" stands in the same line of a phone, and with its
seconds of one that stands in a line on a wide screen."""


def test_every_label_of_a_rung_is_its_title_as_it_is_written_and_short(
    book: Any, with_record: Callable[..., None]
) -> None:
    with_record(speedrun=made_up(), speedrun_attempts=tried())
    app = book(PAGE, ch93_ladder_guess="20")
    options = app.selectbox(key="ch93_rung").options
    names = [row["name"] for row in frames(app, told=True)[QUESTION]["rows"]]
    for at, (rung, name, option) in enumerate(zip(RUNGS, names, options, strict=True), 1):
        assert option == f"{at}. {rung.title}" and name.startswith(option)
        assert len(option) <= MOST_LETTERS, option
    labels = " ".join([*names, *options, text_of(app)])
    assert "Muon" in labels and "muon" not in labels


def test_what_failed_is_told_as_it_was_measured(
    book: Any, with_record: Callable[..., None]
) -> None:
    with_record(speedrun=made_up(), speedrun_attempts=tried())
    (rows,) = tables(book(PAGE), "tried")
    told = [
        (row["seconds"], row["times as long"], row["validation wrong"], row["so"]) for row in rows
    ]
    wrong = "3.3% against 0.2%"
    slower, faster = "slower and more wrong", "more wrong"
    assert told == [("54.0", "1.10", wrong, slower), ("30.0", "0.50", wrong, faster)]


def test_a_live_run_of_a_rung_is_that_rungs_recipe() -> None:
    rung = RUNGS[-1].name
    assert RunSpec("speedrun", {"rung": rung, "seed": 3}).build() == recipe_of(rung, 3)
    with pytest.raises(ValueError, match="is no rung; there are: "):
        recipe_of("nowhere", 0)


@pytest.mark.parametrize("text", ["", "{", '{"steps": 0}', '{"model": {"n_layer": 99}}'])
def test_a_recipe_that_is_none_gets_a_sentence_and_no_run(book: Any, text: str) -> None:
    app = book(PAGE, figure="own")
    app.text_area(key="ch93_pasted").set_value(text).run()
    app.button(key="ch93_own").click().run()
    assert not app.exception
    (told,) = app.warning
    assert told.value.startswith("Not started: ")
    assert told.value.endswith("; what the bench exports as JSON is allowed, within its limits.")
    assert "run" not in app.query_params


def test_a_recipe_of_ones_own_is_trained_and_stands_beside_the_ladder(
    book: Any, with_record: Callable[..., None]
) -> None:
    with_record(speedrun=made_up(), speedrun_attempts=tried())
    small = to_json(multiply(d_model=32, n_layer=1, steps=2)).replace('"multiply"', f'"{NAME}"')
    app = book(PAGE)
    app.text_area(key="ch93_pasted").set_value(small).run()
    app.button(key="ch93_own").click().run()
    app = ended(app)
    (rows,) = tables(app, "held-out pairs wrong")
    first, last, own = (row["run"] for row in rows)
    assert (first, last) == (worked.title_of(RUNGS[0]), worked.title_of(RUNGS[-1]))
    assert own.startswith("yours: 1. ") and rows[2]["seeds"] == "1"
    (curve,) = charts(app, "run", "seconds", "what")
    ghost = [row["seconds"] for row in curve if row["run"] == "first rung, recorded"]
    assert ghost == [10.0, median_seconds(0)] and {row["run"] for row in curve} > {own[7:]}
    assert "step 2 of 2" in said(app)
