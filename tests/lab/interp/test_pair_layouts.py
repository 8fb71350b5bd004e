"""Two layouts of one rotation: rows in order repair exactly, with either layout first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import BASE, tiny_model

from lab.data.problems import Format
from lab.inference.forward import logits_of
from lab.interp.pair_layouts import read_as, rows_for
from lab.model.config import LearnedPositionsConfig, PairLayout, RotaryPositionsConfig

TEXTS = Format("cot_reversed").render(np.array([37, 90]), np.array([48, 5]))[0]


@pytest.mark.parametrize(
    ("trained", "read"), [("half", "interleaved"), ("interleaved", "half"), ("half", "half")]
)
def test_rows_in_order_give_the_logits_of_the_layout_that_was_trained(
    trained: PairLayout, read: PairLayout
) -> None:
    model = tiny_model(replace(BASE, position=RotaryPositionsConfig(100.0, trained)))
    right = logits_of(model, TEXTS)
    head_dim = model.config.heads.head_dim
    ordered = read_as(model, read, rows_for(head_dim, trained, read))
    assert torch.allclose(logits_of(ordered, TEXTS), right, atol=1e-11)
    if trained != read:
        assert (logits_of(read_as(model, read), TEXTS) - right).abs().max() > 1e-3
    assert torch.equal(logits_of(model, TEXTS), right)


def test_a_model_that_turns_nothing_has_no_pairs() -> None:
    with pytest.raises(ValueError, match="only rotary"):
        read_as(tiny_model(replace(BASE, position=LearnedPositionsConfig(64))), "half")
