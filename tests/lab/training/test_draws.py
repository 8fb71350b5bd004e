"""The batches and losses of each kind of run, against those that older code gave (`draws.json`).

Drawn numbers must be the same to the last bit, or no run could be trained again; losses only to
1e-3, since processors round unlike.
"""

import json
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from torch import Tensor

from lab.data.coverage import random_pairs
from lab.data.position_ids import coupled_ids
from lab.recipes.live import multiply
from lab.recipes.recipe_index import recipe
from lab.training.recipe import Recipe
from lab.training.state import TrainState
from lab.training.train import draw_batch, train

RECORD = json.loads(Path(__file__).with_name("draws.json").read_text())
"""By the code of `commit`: digests of the first three batches, the first 20 losses in fp32."""

LISTED = tuple(random_pairs(40, seed=3))
PLANS: dict[str, Recipe] = {
    "fixed": recipe("few_pairs", batch_size=32),
    "packed": recipe("rope_small", batch_size=2),
    "shapes": recipe("reach_coupled", batch_size=12),
    "gaps": recipe("reach_coupled_gaps", batch_size=12),
    "listed": replace(multiply(pairs=LISTED, d_model=64), batch_size=32),
    "listed_packed": replace(
        multiply(pairs=LISTED, d_model=64, packed=True, encoding="rotary"), batch_size=2
    ),
    "whole_table": recipe("times_table_small", batch_size=32),
}


def digest(tensor: Tensor | None) -> str | None:
    return (
        tensor if tensor is None else blake2b(tensor.numpy().tobytes(), digest_size=16).hexdigest()
    )


def recorded(name: str) -> dict[str, Any]:
    return RECORD["recipes"][name]


def test_the_record_names_the_commit_that_made_it_and_every_kind_of_run() -> None:
    assert len(RECORD["commit"]) == 7
    assert RECORD["recipes"].keys() == PLANS.keys()


@pytest.mark.parametrize("name", PLANS)
def test_the_first_batches_are_those_of_older_code_to_the_last_bit(name: str) -> None:
    plan = PLANS[name]
    state = TrainState.start(plan)
    batches = [draw_batch(plan, state) for _ in range(3)]
    parts = ("tokens", "mask", "positions")
    found = [{part: digest(getattr(batch, part)) for part in parts} for batch in batches]
    if name == "shapes":  # older code read the ids off the text inside the model
        for batch, seen in zip(batches, found, strict=True):
            assert seen.pop("positions") == digest(coupled_ids(batch.tokens))
            seen["positions"] = None
    assert found == recorded(name)["batches"]
    assert len({batch["tokens"] for batch in found}) == 3


@pytest.mark.parametrize("name", PLANS)
def test_the_first_losses_are_those_of_older_code(name: str) -> None:
    """Two processors round differently, and each step doubles what they differ by: the first losses
    agree to a thousandth, the twentieth to a few hundredths of itself."""
    plan = replace(PLANS[name], precision="fp32")
    steps = train(plan, TrainState.start(plan))
    losses = [next(steps).loss for _ in range(20)]
    assert losses[:8] == pytest.approx(recorded(name)["losses"][:8], abs=1e-3)
    assert losses == pytest.approx(recorded(name)["losses"], rel=0.05)
