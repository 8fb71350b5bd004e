"""lab.interp.routing: what is told, what is told beyond what is known, and other biases."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tiny import BASE, tiny_model

from lab.data.vocabulary import encode
from lab.inference.forward import logits_of
from lab.interp.routing import by_scores, choices, told_by, told_by_chance, with_biases
from lab.model.config import MixtureOfExpertsConfig
from lab.model.ffn.moe import MixtureOfExperts

RNG = np.random.default_rng(0)
X, Z = RNG.integers(0, 4, 4000), RNG.integers(0, 3, 4000)


def test_a_label_is_told_whole_by_itself_and_not_by_lot() -> None:
    assert told_by(X, X) == pytest.approx(1) and told_by(X, np.zeros_like(X)) == 0
    assert told_by(X, Z) <= max(told_by_chance(X, Z, RNG)) < 0.01


def test_where_nothing_is_left_to_be_known_nothing_is_told() -> None:
    """Labels that follow from what is given: the rounding of entropies counts for nothing."""
    for seed in range(50):
        rng = np.random.default_rng(seed)
        x, z = rng.integers(0, 5, 800), rng.integers(0, 7, 800)
        y = rng.integers(0, 4, 7)[z]
        assert told_by(x, y, given=z) == 0 == max(told_by_chance(x, y, rng, 1, given=z)), seed


def test_half_of_a_label_is_told_by_its_own_half() -> None:
    """Two fair bits, of which one is known: half of the two; and nothing beyond itself."""
    bits = RNG.permutation(np.repeat(np.arange(4), 1000))
    assert told_by(bits // 2, bits) == pytest.approx(0.5)
    assert told_by(bits // 2, bits, given=bits // 2) == pytest.approx(0, abs=1e-12)
    assert told_by(bits % 2, bits, given=bits // 2) == pytest.approx(1)


def test_what_is_told_through_something_known_is_nothing_beyond_it() -> None:
    """x and y each follow z with noise of their own: x tells of y, and nothing that z does not."""

    def noisy() -> Any:
        return np.where(RNG.random(len(Z)) < 0.7, Z, RNG.integers(0, 3, len(Z)))

    x, y = noisy(), noisy()
    assert told_by(x, y) > 5 * max(told_by_chance(x, y, RNG))
    assert told_by(x, y, given=Z) < 2 * max(told_by_chance(x, y, RNG, given=Z)) < 0.01


def test_chance_beyond_what_is_known_keeps_what_is_known() -> None:
    """Labels are dealt out among tokens that have the same: what z tells of y stays."""
    y = Z + 3 * RNG.integers(0, 2, len(Z))
    (found,) = told_by_chance(Z, y, RNG, 1, given=Z)
    assert found == pytest.approx(0, abs=1e-12)
    with_x = told_by_chance(X, y, RNG, 5, given=Z)
    assert 0 < max(with_x) < 0.01


def test_other_biases_are_those_of_a_copy_and_decide_who_is_chosen() -> None:
    model = tiny_model(replace(BASE, ffn=MixtureOfExpertsConfig(8, n_routed_experts=4), n_layer=2))
    text = encode("12*34=")[None]
    before = logits_of(model, torch.from_numpy(text).long())

    def first_and_last(bias: torch.Tensor) -> torch.Tensor:
        return torch.tensor([5.0, -5.0, -5.0, 5.0])

    other = with_biases(model, {1: first_and_last})
    assert set(np.unique(choices(other, text)[1])) == {0, 3}
    assert np.array_equal(choices(other, text)[0], choices(model, text)[0])
    assert torch.equal(logits_of(model, torch.from_numpy(text).long()), before)
    assert torch.equal(logits_of(with_biases(model, {}), torch.from_numpy(text).long()), before)


def test_by_scores_is_how_a_mixture_without_biases_chooses_and_weighs() -> None:
    torch.manual_seed(0)
    part = MixtureOfExperts(MixtureOfExpertsConfig(4, 6, 2), d_model=8)
    scores = torch.rand(2, 5, 6)
    index, share = by_scores(scores, 2)
    assert (index == part.choose(scores)).all()
    chosen = scores.gather(-1, index)
    assert torch.allclose(share, chosen / chosen.sum(-1, keepdim=True))
