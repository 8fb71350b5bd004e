"""What takes minutes: the whole census of the book's model, and a twin that learns from nothing."""

from __future__ import annotations

import json

import pytest

from lab.data.problems import Format, all_pairs, pairs_of
from lab.data.sources import Pairs
from lab.inference.evaluate import exactness, last
from lab.recipes.index import recipe
from lab.training.checkpoint import CHECKPOINTS, load_run
from lab.training.run import read_model
from lab.training.state import TrainState
from lab.training.train import train

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("batch", [500, 137])
def test_the_census_of_the_books_model_is_its_record_at_any_batch_size(batch: int) -> None:
    loaded = load_run("chain_of_thought")
    *_, reading = read_model(loaded.model, loaded.format, *all_pairs(), batch=batch)
    result = json.loads((CHECKPOINTS / "chain_of_thought" / "result.json").read_text())
    recorded = max(reversed(result["readings"]), key=lambda reading: reading["n"])
    assert reading.document() == {key: recorded[key] for key in reading.document()}


def test_a_twin_learns_to_multiply_held_out_pairs_in_300_steps() -> None:
    plan = recipe("few_pairs", data=Pairs(Format("cot_reversed"), 0.30), steps=300)
    state = TrainState.start(plan)
    losses = [metrics.loss for metrics in train(plan, state)]
    held = last(exactness(state.model.eval(), plan.format, *pairs_of("validation"), decode=False))
    assert losses[-1] < 0.05 < 2 < losses[0]
    assert held.errors_strict < 0.2 * held.n
