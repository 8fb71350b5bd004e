"""choosing: the bars are those of sampling, and a count of sums is a count of draws."""

from __future__ import annotations

import numpy as np
import pytest

from lab.inference.choosing import before_and_after, drawn_texts
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
    right = book.format.text(37, 48)
    assert drawn_texts(book.model, book.format, 37, 48, Sampling(0.0), 5) == [right] * 5
    assert right not in drawn_texts(book.model, book.format, 37, 48, Sampling(30.0), 5)


def test_the_same_seed_draws_the_same() -> None:
    hot = Sampling(2.0)
    first, again, other = (
        drawn_texts(LOADED.model, LOADED.format, 12, 13, hot, 20, seed) for seed in (0, 0, 1)
    )
    assert first == again != other


def test_a_drawn_text_ends_at_its_first_end_and_a_slip_is_added_up_as_it_stands() -> None:
    form, hot = LOADED.format, Sampling(3.0)
    texts = drawn_texts(LOADED.model, form, 37, 48, hot, 20)
    assert all(text.startswith(GIVEN) and len(text) <= form.length for text in texts)
    assert all("$" not in text[:-1] for text in texts)
    assert min(map(len, texts)) < form.length  # one has ended too soon
    assert "37*48=642+0841=6271$" in texts and 246 + 1480 == 1726
