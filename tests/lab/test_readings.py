"""lab.readings: a question to a record, what it says in words, and what it refuses."""

from __future__ import annotations

import math
from typing import Any

import pytest

from lab.readings import Measured, bench, errors_in, result, rows, share_of
from lab.statistics import lower_bound_95


def row(errors: int, n: int = 100, **cell: Any) -> dict[str, Any]:
    return {"cell": cell, "errors": errors, "n": n, "looks": [{"x": 1.0}, {"x": errors / 4}]}


RECORD = [*(row(e, arm="a", seed=s) for s, e in enumerate((7, 3, 5))), row(50, arm="b", seed=0)]
ARM = rows("some", arm="a")


def test_a_question_reads_nothing_until_it_is_asked() -> None:
    assert rows("nowhere").errors().path == "records/nowhere.jsonl"
    assert bench("nothing").path == "records/nothing.json"
    assert result("nobody").numbers("parameters").path == "checkpoints/nobody/result.json"


def test_rows_are_those_whose_cell_says_so_and_that_pass() -> None:
    assert [r["errors"] for r in ARM.of(RECORD)] == [7, 3, 5]
    few = ARM.passing(lambda r: r["errors"] < 6)
    assert [r["errors"] for r in few.of(RECORD)] == [3, 5]
    assert [r["errors"] for r in few.where(seed=1).of(RECORD)] == [3]
    with pytest.raises(LookupError, match=r"^no row of records/some.jsonl says {'arm': 'c'}$"):
        rows("some", arm="c").of(RECORD)
    assert bench("one").of({"errors": 2}) == [{"errors": 2}]


def test_counts_say_what_several_rows_say_together() -> None:
    counts = ARM.errors()
    assert counts.pooled().measure(RECORD) == Measured("15 of 300", 15, 300)
    assert counts.median().measure(RECORD) == Measured("5 [3, 7] of 100", 7, 100)
    assert counts.each().measure(RECORD) == Measured("7, 3 and 5 of 100", 7, 100)
    assert counts.right().measure(RECORD).shown == "285 of 300"
    assert counts.median().right().measure(RECORD).shown == "95 [93, 97] of 100"
    assert counts.said(errors_in).measure(RECORD).shown == "15 errors in 300"
    assert counts.median().said(share_of).measure(RECORD).shown == "5 in 100"
    assert counts.bound().measure(RECORD).bound == lower_bound_95(15, 300)
    assert ARM.before_choice().errors().bound().measure(RECORD).bound is None
    assert ARM.before_choice().errors().measure(RECORD).read_before
    assert (counts.value(RECORD), counts.median().right().value(RECORD)) == (0.05, 0.95)
    mixed = [*RECORD, row(1, 40, arm="a", seed=9)]
    with pytest.raises(ValueError, match=r"counts of \[40, 100\] have no common n"):
        counts.median().measure(mixed)
    assert counts.pooled().measure(mixed).shown == "16 of 340"


def test_those_are_counted_among_the_rows_that_were_asked_for() -> None:
    few = ARM.those(lambda r: r["errors"] < 6)
    assert few.measure(RECORD) == Measured("2 of 3", 2, 3)
    assert ARM.before_choice().those(bool).measure(RECORD).read_before
    assert [(r["errors"], part, n) for r, part, n in few.points(RECORD)] == [
        (7, 0, 1),
        (3, 1, 1),
        (5, 1, 1),
    ]


def test_numbers_are_found_by_a_path_or_a_function() -> None:
    last = ARM.numbers("looks.-1.x", "{:.2f}")
    assert last.measure(RECORD).shown == "1.25 [0.75, 1.75]"
    assert last.largest().measure(RECORD).shown == "1.75"
    assert last.smallest().measure(RECORD).shown == "0.75"
    assert ARM.numbers("errors", unit="pairs").total().measure(RECORD).shown == "15 pairs"
    assert ARM.numbers(lambda r: r["n"] * 1000).measure(RECORD).shown == "100,000"
    assert [value for _, value in last.points(RECORD)] == [1.75, 0.75, 1.25]
    with pytest.raises(LookupError):
        ARM.numbers("looks.5.x").measure(RECORD)


def test_what_a_function_says_stays_a_function() -> None:
    assert ARM.told(lambda found: f"{len(found)} runs").measure(RECORD).shown == "3 runs"
    whole = Measured("all", 1, 2)
    assert ARM.told(lambda _: whole).measure(RECORD) == whole


# ---------------------------------------------------------------- steps to a goal


def raced(seed: int, arrives: int | None, arm: str = "a") -> dict[str, Any]:
    """A run that is good from the first step on, or, with None, never."""
    checks = range(25, 1001, 25)
    curve = [[at, 0 if arrives and at >= arrives else 50, 100, 0.1] for at in checks]
    return {"cell": {"arm": arm, "seed": seed}, "curve": curve}


def test_steps_say_who_arrived_and_who_did_not() -> None:
    question = ARM.steps_to(0.01)

    def shown(*steps: int | None) -> str:
        return question.measure([raced(i, s) for i, s in enumerate(steps)]).shown

    assert shown(500, 300, 400) == "400 [300, 500] steps"
    assert shown(500, None, 400) == "500 steps (2 of 3 seeds arrive, the first after 400)"
    assert shown(500, None, None) == "1 of 3 seeds arrive, the first after 500 steps"
    assert shown(None, None, None) == "in none of 3 seeds within 1,000 steps"
    assert shown(600) == "600 steps"
    assert question.value([raced(0, None), raced(1, 50), raced(2, 75)]) == 75
    assert math.isinf(question.value([raced(0, None)]))


def test_a_ratio_has_its_interval_and_an_open_end_where_runs_never_came() -> None:
    slow, fast = (rows("some", arm=arm).steps_to(0.01) for arm in "ab")
    ratio = slow.ratio_to(fast)
    base = [raced(i, 200, "b") for i in range(5)]
    slower = [raced(i, 800) for i in range(5)]
    assert ratio.measure([*base, *slower]).shown == "4.00 times (95%, 5 seeds: 4.00 to 4.00)"
    assert ratio.value([*base, *slower]) == 4
    some = [raced(i, s) for i, s in enumerate((400, 400, 800, None, None))]
    shown = ratio.measure([*base, *some]).shown
    assert shown == "4.00 times (95%, 5 seeds: 2.00 to no end in sight)"
    assert ratio.measure([*base, *slower[:3]]).shown == "4.00 times (medians of 3 seeds)"
