"""What takes minutes: a whole census, a twin that learns from nothing, every model there can be."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from tiny import product_of_samples, read, some_tokens, tiny_model

from lab.data.position_ids import position_ids
from lab.data.problems import Format, all_pairs, pairs_of
from lab.data.sources import Pairs
from lab.data.vocabulary import encode
from lab.evaluation import read_model
from lab.inference.scoring import exactness, last
from lab.interp.attribution import attribute
from lab.model.cache import KVCache
from lab.model.config import GPTConfig
from lab.model.trace import Trace
from lab.recipes.recipe_index import recipe
from lab.scene.build import scene
from lab.training.checkpoint import CHECKPOINTS, load_run
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


@pytest.mark.parametrize("config", [pytest.param(c, id=name) for name, c in product_of_samples()])
def test_every_combination_of_parts_computes_one_thing(config: GPTConfig) -> None:
    """Cached, padded and traced as in one forward; components sum to logits; cells are right."""
    model, text = tiny_model(config), "37*48=692+0841=67"
    tokens = torch.from_numpy(encode(text)).long()[None]
    n_axis, length = config.position.n_axis, len(text)
    whole = read(model, tokens)
    padded = torch.cat([some_tokens(1, 3), tokens], dim=1)
    first, cache, parts = torch.tensor([3]), KVCache(length + 3), list[torch.Tensor]()
    ids = position_ids(padded, n_axis, first)
    for some in (slice(0, 9), *(slice(t, t + 1) for t in range(9, length + 3))):
        parts.append(model(padded[:, some], positions=ids[:, some], first=first, cache=cache))
    assert torch.allclose(torch.cat(parts, dim=1)[:, 3:], whole, rtol=0, atol=1e-10)
    trace = Trace(model.emits)
    assert torch.equal(read(model, tokens, trace=trace), whole)
    found = attribute(model, text)
    assert np.allclose(found.added.sum(axis=0), whole[0].numpy(), rtol=0, atol=1e-10)
    scene(model, text)


def test_a_twin_learns_to_multiply_held_out_pairs_in_300_steps() -> None:
    plan = recipe("few_pairs", data=Pairs(Format("cot_reversed"), 0.30), steps=300)
    state = TrainState.start(plan)
    losses = [metrics.loss for metrics in train(plan, state)]
    held = last(exactness(state.model.eval(), plan.format, *pairs_of("validation"), decode=False))
    assert losses[-1] < 0.05 < 2 < losses[0]
    assert held.errors_strict < 0.2 * held.n
