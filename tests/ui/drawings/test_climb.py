"""components.ui.drawings.climb: every share travels; what no course can be is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import climb
from components.ui.drawings.climb import Band, climb_data

# ---------------------------------------------------------------- what the front end is tried on


def climbing_course() -> Case:
    """Synthetic shares, in thousandths; the last stage ends behind the last check."""
    lengths, steps = ("1x1", "2x2", "3x3"), [0, 500, 2000, 3500, 5000]
    stages = [climb.Band("one digit", 0, 2000), climb.Band("three", 2000, 6000)]
    thousandths = np.sort(np.random.default_rng(11).integers(1, 1000, size=(5, 3)), axis=0)
    thousandths[0], thousandths[-1, 0] = 0, 1000
    names = ["one digit", "one digit", "one digit", "three", "three"]
    return case(
        climb,
        lambda: climb.show_climb(
            "k", lengths, steps, thousandths / 1000, stages, alt="A course", seconds=4
        ),
        [
            {"step": f"{step:,}", "stage": stage, "of_100": [f"{n / 10:g}" for n in row]}
            for step, stage, row in zip(steps, names, thousandths.tolist(), strict=True)
        ],
    )


CASES = {"climb": climbing_course}


# ---------------------------------------------------------------- what Python sends

LENGTHS = ("1x1", "2x2")
STEPS = np.array([0, 500, 2000])
RIGHT = np.array([[0.0, 0.0], [0.75, 0.125], [1.0, 0.5]])
STAGES = [Band("one", 0, 500), Band("two", 500, 3000)]


def test_every_share_travels_with_its_check_and_every_stage_with_its_sums() -> None:
    sent = climb_data(LENGTHS, STEPS, RIGHT, STAGES)
    assert (np.array(sent["right"]) == RIGHT).all()
    assert (sent["lengths"], sent["steps"]) == (["1x1", "2x2"], [0, 500, 2000])
    assert [Band(*stage) for stage in sent["stages"]] == STAGES


def test_shares_that_do_not_fit_their_checks_are_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        (LENGTHS, STEPS, RIGHT.T, r"shape \(2, 3\); there are 3 checks of 2 lengths"),
        (("1x1",), STEPS, RIGHT, "there are 3 checks of 1 lengths"),
        (LENGTHS, STEPS, 100 * RIGHT, "shares from 0.0 to 100.0; 0 to 1 is wanted"),
        (LENGTHS, STEPS, np.full((3, 2), np.nan), "shares from nan to nan"),
        (LENGTHS, STEPS[::-1], RIGHT, r"steps=\[2000, 500, 0\]; at least two that rise"),
        (LENGTHS, STEPS - 1, RIGHT, "rise from 0 or more"),
        (LENGTHS, STEPS[:1], RIGHT[:1], r"steps=\[0\]; at least two"),
    ]
    assert (
        not_refused(lambda lengths, steps, right: climb_data(lengths, steps, right, STAGES), cases)
        == []
    )


def test_a_stage_that_overlaps_or_reads_nothing_is_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        (Band("three", 2000, 4000), "name='three', .*: 3000 <= begin < end is wanted"),
        (Band("none", 3000, 3000), "name='none', .* is wanted"),
    ]
    assert (
        not_refused(lambda stage: climb_data(LENGTHS, STEPS, RIGHT, [*STAGES, stage]), cases) == []
    )
