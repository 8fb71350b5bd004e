"""choosing: the bars are those of sampling, and a count of sums is a count of draws."""

from __future__ import annotations

import numpy as np
import pytest

from lab.inference.choosing import before_and_after, sums_right
from lab.inference.generate import Sampling
from lab.training.checkpoint import load_run

LOADED = load_run("few_pairs")
GIVEN = "37*48="


def test_temperature_one_changes_nothing_and_greedy_puts_all_on_one() -> None:
    own, same = before_and_after(LOADED.model, GIVEN, Sampling(1.0))
    assert same == pytest.approx(own) and own.sum() == pytest.approx(1)
    _, greedy = before_and_after(LOADED.model, GIVEN, Sampling(0.0))
    assert greedy.tolist() == np.eye(16)[own.argmax()].tolist()


def test_heat_flattens_and_top_k_cuts() -> None:
    own, hot = before_and_after(LOADED.model, GIVEN, Sampling(3.0))
    assert own.max() > hot.max() > 1 / 16 and hot.argmax() == own.argmax()
    _, cut = before_and_after(LOADED.model, GIVEN, Sampling(3.0, top_k=3))
    assert (cut > 0).sum() == 3 and cut.sum() == pytest.approx(1)
    assert cut[own.argmax()] > hot[own.argmax()]


def test_greedy_writes_all_or_nothing_and_heat_costs_sums() -> None:
    book = load_run("chain_of_thought")
    assert sums_right(book.model, book.format, 37, 48, Sampling(0.0), 5) == 5
    assert sums_right(book.model, book.format, 37, 48, Sampling(30.0), 5) == 0


def test_the_same_seed_draws_the_same() -> None:
    hot = Sampling(2.0)
    counts = [sums_right(LOADED.model, LOADED.format, 12, 13, hot, 50, seed) for seed in (0, 0, 1)]
    assert counts[0] == counts[1] and all(0 <= count <= 50 for count in counts)
