"""mistakes: wrong sums are counted by what they hold, and a suite asks its own sums."""

import numpy as np
import pytest

from lab.data.problems import Format, sample_exact
from lab.data.suites import SUITES
from lab.experiments import mistakes
from lab.experiments.mistakes import (
    counts_by,
    measure_mistakes,
    measure_suite,
    suite_cells,
    wrong_sums,
)
from lab.experiments.served_models import model_called
from lab.inference.scoring import exactness, last


def test_the_wrong_sums_are_those_that_greedy_decoding_gets_wrong() -> None:
    form = Format("cot_reversed", 3, 2)
    a, b = sample_exact(np.random.default_rng(0), 40, 3, 2, 0.3, 0.4)
    model = model_called("two_digits_coupled")
    wrong = wrong_sums(model, form, a, b)
    assert wrong.sum() == last(exactness(model, form, a, b, decode=True)).errors_strict > 0


def test_counts_by_a_measure_add_up() -> None:
    measure, wrong = np.array([0, 0, 1, 3, 3, 3]), np.array([1, 0, 1, 0, 1, 1], dtype=bool)
    assert counts_by(measure, wrong) == {"0": (2, 1), "1": (1, 1), "3": (3, 2)}


def test_a_row_counts_every_sum_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mistakes, "ASKED", 30)
    row = measure_mistakes({"model": "two_digits_coupled"})
    for by in ("by_carry", "by_zeros"):
        assert sum(n for n, _ in row[by].values()) == row["n"] == 30
        assert sum(wrong for _, wrong in row[by].values()) == row["wrong"] > 20
    digits = sum(field.width for field in mistakes.FORM.written)
    assert sum(n for n, _ in row["by_chain"].values()) == 30 * digits
    in_digits = [f for f in row["failures"] if f["company"]]
    assert sum(wrong for _, wrong in row["by_chain"].values()) == len(in_digits)
    assert len(row["failures"]) == row["wrong"]
    assert all(f["right"] != f["written"] for f in row["failures"])


def test_a_digit_is_counted_by_how_far_its_carry_came() -> None:
    """9999 x 9 carries eight into every place but the first; 1111 x 1 carries nothing."""
    a, b = np.array([9999, 1111]), np.array([9999, 1111])
    found = mistakes.counts_by_chain(a, b, [])
    assert found["times 0"][0] > 0 and found["plus 0"][0] > 0
    only = mistakes.counts_by_chain(a[1:], b[1:], [])
    assert set(only) == {"times 0", "plus 0"}


def test_a_suite_is_asked_in_its_own_format(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mistakes, "SUITE_SIZE", 20)
    assert len(suite_cells()) == 3 * len(SUITES)
    easy = measure_suite({"model": "far_clipped", "suite": "unequal_lengths"})
    assert (easy["n"], easy["wrong"]) == (20, 0)
    hard = measure_suite({"model": "two_digits_coupled", "suite": "leading_zeros"})
    assert hard["n"] == 20 and hard["wrong"] == len(hard["examples"]) > 10
    assert hard["sample"]["of"] == "test sums of the suite 'leading zeros'"
