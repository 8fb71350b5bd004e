"""lab.interp.latents and routing: what is dropped from a latent, and who is sent where."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import BASE, LATENT, SAMPLES, read, some_tokens, tiny_model

from lab.interp.latents import directions, squeeze
from lab.interp.routing import (
    choices,
    forbid,
    force,
    imbalance,
    shares_of_load,
    told_by,
    told_by_chance,
)
from lab.model.config import AbsorbedLatentAttentionConfig, MixtureOfExpertsConfig
from lab.model.trace import Edit, Trace

MODEL = tiny_model(replace(BASE, attention=AbsorbedLatentAttentionConfig(**LATENT)))
TEXTS = some_tokens(4, 9)


def test_all_directions_leave_the_model_as_it_is_and_none_silence_a_layer() -> None:
    whole = read(MODEL, TEXTS)
    found = directions(MODEL, TEXTS)
    every = [squeeze(i, d, len(d.axes)) for i, d in enumerate(found)]
    assert torch.allclose(read(MODEL, TEXTS, trace=Trace((), every)), whole, rtol=0, atol=1e-12)
    trace = Trace(["z"], [squeeze(1, found[1], 0)])
    assert not torch.allclose(read(MODEL, TEXTS, trace=trace), whole, atol=1e-2)
    assert bool((trace["blocks.1.z"] == 0).all()) and bool((trace["blocks.0.z"] != 0).any())


@pytest.mark.parametrize("rank", [1, 3, 6])
def test_what_is_dropped_is_what_the_other_directions_reach(rank: int) -> None:
    """The squared error of a squeezed latent is the sum of the squares that were dropped."""
    found = directions(MODEL, TEXTS)[0]
    before, after = Trace(["c_kv"]), Trace(["c_kv"], [squeeze(0, found, rank)])
    for trace in (before, after):
        read(MODEL, TEXTS, trace=trace)
    off = (before["blocks.0.c_kv"] - after["blocks.0.c_kv"]).square().sum()
    assert float(off) == pytest.approx(float(found.reach[rank:].square().sum()))
    assert int(torch.linalg.matrix_rank(after["blocks.0.c_kv"].flatten(0, 1))) == rank


def test_each_text_of_a_batch_may_keep_directions_of_its_own() -> None:
    found, ranks = directions(MODEL, TEXTS)[0], (7, 3, 1, 0)
    together = read(MODEL, TEXTS, trace=Trace((), [squeeze(0, found, ranks)]))
    for row, rank in enumerate(ranks):
        alone = read(MODEL, TEXTS[row : row + 1], trace=Trace((), [squeeze(0, found, rank)]))
        assert torch.allclose(together[row], alone[0], rtol=0, atol=1e-10)
    with pytest.raises(ValueError, match=r"rank=\(7, 8\) of 7 directions"):
        squeeze(0, found, (7, 8))


def test_ranks_and_models_that_do_not_fit_are_refused() -> None:
    found = directions(MODEL, TEXTS)[0]
    for rank in (-1, 8):
        with pytest.raises(ValueError, match=rf"rank={rank} of 7 directions"):
            squeeze(0, found, rank)
    with pytest.raises(ValueError, match="keeps no latents"):
        directions(tiny_model(), TEXTS)
    with pytest.raises(ValueError, match="has no experts"):
        choices(tiny_model(), TEXTS)


# ---------------------------------------------------------------- routing


def test_loads_are_counted_layer_by_layer() -> None:
    model = tiny_model(replace(BASE, ffn=SAMPLES["ffn"]["experts"]))
    chosen = choices(model, TEXTS)
    assert chosen.shape == (2, 4, 9, 2)
    loads = shares_of_load(chosen, 6)
    assert np.allclose(loads.sum(-1), 1)
    assert loads[1, 3] == (chosen[1] == 3).mean()
    even = np.array([[0.25] * 4, [1.0, 0.0, 0.0, 0.0]])
    assert imbalance(even).tolist() == [1.0, 4.0]


FFN = SAMPLES["ffn"]["experts"]
EXPERTS = tiny_model(replace(BASE, ffn=FFN))


def sent(edits: Collection[Edit]) -> torch.Tensor:
    trace = Trace(["expert_index"], edits)
    read(EXPERTS, TEXTS, trace=trace)
    return trace["blocks.1.expert_index"]


def test_an_expert_that_is_shut_gets_no_token_and_the_others_keep_theirs() -> None:
    usual, shut = sent([]), sent([forbid(FFN, 1, 3)])
    assert bool((usual == 3).any()) and not bool((shut == 3).any())
    untouched = (usual != 3).all(-1)
    assert bool((usual[untouched] == shut[untouched]).all())
    assert all(len(set(token.tolist())) == 2 for token in shut.flatten(0, 1))


def test_an_expert_that_is_forced_gets_every_token_once_and_the_best_choice_stays() -> None:
    usual, forced = sent([]), sent([force(FFN, 1, 3)])
    assert bool(((forced == 3).sum(-1) == 1).all())
    assert bool((forced[..., 0] == usual[..., 0]).all())
    there = (usual == 3).any(-1)
    assert bool((forced[there] == usual[there]).all())


def test_of_as_many_experts_as_a_token_takes_none_can_be_shut() -> None:
    with pytest.raises(ValueError, match="2 experts are open to a token, which takes 2"):
        forbid(MixtureOfExpertsConfig(5, 2, 2), 0, 1)
    for edit in (forbid, force):
        with pytest.raises(ValueError, match="expert"):
            edit(FFN, 0, 6)


def test_what_is_told_lies_between_nothing_and_everything() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(8, size=4000)
    assert told_by(x, x) == pytest.approx(1)
    assert told_by(x, x // 4) == pytest.approx(1)  # x tells all of a coarser y
    assert told_by(x // 4, x) == pytest.approx(1 / 3, abs=0.01)  # one bit of three
    assert told_by(x, np.zeros(4000, dtype=np.int64)) == 0
    assert max(told_by_chance(x, x, rng)) < 0.01
