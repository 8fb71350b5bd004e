"""lab.interp.brackets: the two brackets give the scores of the model, and a rotation parts them."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from lab.inference.forward import run_with_trace
from lab.interp.brackets import Brackets, brackets, rotated_between
from lab.model.positions import RotaryPositions, frequencies, turn_pairs
from lab.training.checkpoint import load_run

TEXT, LAYER, HEAD, AT = "37*48=692+0841=6771$", 2, 1, 17


@pytest.fixture(scope="module")
def found() -> Brackets:
    return brackets(load_run("mla_moe_before").model, TEXT, LAYER, HEAD, AT)


def test_both_brackets_give_the_same_scores_and_with_the_rotated_key_those_of_the_model(
    found: Brackets,
) -> None:
    assert abs(found.by_keys - found.by_latents).max() < 1e-12 * abs(found.by_keys).max()
    trace = run_with_trace(load_run("mla_moe_before").model, TEXT, ["scores"])
    theirs = trace[f"blocks.{LAYER}.scores"][0, HEAD, AT, : AT + 1].numpy()
    assert np.allclose(found.scores, theirs, atol=1e-3)
    assert not np.allclose(found.by_latents, theirs, atol=1e-1)


def test_a_matrix_for_each_distance_is_what_two_rotations_leave(found: Brackets) -> None:
    """Query and key rotated each by its own position, as multi-head attention does."""
    n = len(found.q)
    position = RotaryPositions(frequencies(n, 100.0)[None])

    def rotated(x: np.ndarray, at: int) -> np.ndarray:
        cos, sin = position.turn(torch.tensor([[float(at)]]), torch.float64)
        return turn_pairs(torch.from_numpy(x)[None, None, None], cos, sin).numpy()[0, 0, 0]

    distances = [0, 1, 5]
    between = rotated_between(found.w, distances, position)
    assert np.allclose(between[0], found.w)
    for distance, matrix in zip(distances, between, strict=True):
        own = AT - distance
        expected = rotated(found.q, AT) @ rotated(found.keys[own], own)
        assert np.isclose(found.q @ matrix @ found.c[own], expected)
    assert not np.allclose(between[1], between[2], atol=0.01)
