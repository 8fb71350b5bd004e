"""lab.model.outlines: the shapes add up to the counts that were published, and to our own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lab.model.config import GPTConfig, MixtureOfExperts, RotaryPositions
from lab.model.known_sizes import KNOWN
from lab.model.outlines import DEEPSEEK_V3, PUBLISHED, Outline, Part, ours
from lab.training.checkpoint import load_run


def test_ours_holds_every_matrix_of_the_model_and_nothing_else() -> None:
    model = load_run("times_table").model
    made = ours("ours", model.config, sum(p.numel() for p in model.parameters()))
    matrices = sum(p.numel() for p in model.parameters() if p.ndim == 2)
    assert made.whole.parameters_of_one == made.whole.met_of_one == matrices
    assert made.published == pytest.approx(matrices, rel=1e-3)


@pytest.mark.parametrize("model", PUBLISHED, ids=lambda model: model.name)
def test_the_matrices_add_up_to_what_was_published(model: Outline) -> None:
    """Within one in a thousand; 671 billion is itself a rounded number."""
    assert model.whole.parameters_of_one == pytest.approx(model.published, rel=1e-3)
    assert model.whole.met_of_one == pytest.approx(model.published_met, rel=0.02)
    assert model.source.startswith("https://")


def test_a_size_that_stands_in_two_places_is_the_same_in_both() -> None:
    known = {model.parameters for model in KNOWN}
    assert {model.published for model in PUBLISHED} <= known


def test_a_token_meets_nine_experts_of_two_hundred_and_fifty_seven() -> None:
    mixture = DEEPSEEK_V3.parts[2].parts[1].parts
    assert sum(part.times for part in mixture[1:]) == 257
    assert sum(part.n_met for part in mixture[1:]) == 9
    assert {part.parameters_of_one for part in mixture[1:]} == {3 * 2048 * 7168}


def test_copies_are_counted_as_often_as_they_stand_there() -> None:
    pair = Part("pair", parts=(Part("a", (2, 3)), Part("b", (4, 5), times=3, met=1)), times=7)
    assert (pair.parameters_of_one, pair.met_of_one) == (66, 26)


@pytest.mark.parametrize(
    "other", [{"position": RotaryPositions()}, {"ffn": MixtureOfExperts()}], ids=["position", "ffn"]
)
def test_other_parts_than_those_of_chapter_7_are_refused(other: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"no outline of .*(Rotary|MixtureOfExperts)"):
        ours("ours", replace(GPTConfig(), **other), 1)
