"""lab.interp.depth: names and shares of readings, and thin threads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import BASE, tiny_model

from lab.data.problems import Format
from lab.inference.forward import logits_of
from lab.inference.scoring import likeliest
from lab.interp.depth import cut, depth_shares, readers_of, readings_of, sources_of, thinned
from lab.model.config import AttentionResidualConfig, BlockAttentionResidualConfig

FULL = replace(BASE, n_layer=3, residual=AttentionResidualConfig())
GROUPS = replace(FULL, residual=BlockAttentionResidualConfig(2))
FORM = Format("cot_reversed", 1, 1)
TEXTS = FORM.render(np.array([7, 3]), np.array([8, 9]))


def test_readers_and_sources_are_named_in_the_order_of_the_network() -> None:
    assert readers_of(FULL) == ["FFN 0", "attention 1", "FFN 1", "attention 2", "FFN 2", "end"]
    assert sources_of(FULL)[:3] == ["token", "attention 0", "FFN 0"]
    assert len(sources_of(FULL)) == 7
    assert sources_of(GROUPS) == ["token", "group 0", "group 1"]
    with pytest.raises(ValueError, match="a plain sum chooses nothing"):
        readings_of(BASE)


@pytest.mark.parametrize("config", [FULL, GROUPS], ids=["full", "groups"])
def test_shares_sum_to_one_over_what_is_there(config: object) -> None:
    model = tiny_model(config)  # pyright: ignore
    shares = depth_shares(model, "7*8=56")
    assert shares.shape == (6, 6, len(sources_of(model.config)))
    assert np.allclose(np.nansum(shares, axis=2), 1)
    there = np.isfinite(shares[0]).sum(axis=1)
    assert there.tolist() == [r.n_source for r in readings_of(model.config)]


def test_a_cut_connection_is_nothing_in_the_shares() -> None:
    model = tiny_model(FULL)
    shares = depth_shares(model, "7*8=", [cut(model.config, 3, 2)])
    assert (shares[:, 3, 2] == 0).all() and (shares[:, 3, 1] > 0).all()
    assert np.allclose(np.nansum(shares[:, 2], axis=1), 1)


def test_without_a_bound_nothing_is_cut_and_with_one_over_all_everything() -> None:
    model = tiny_model(FULL)
    none, every = (thinned(model, *TEXTS, below) for below in (0.0, 1.1))
    texts, mask = TEXTS
    missed = (likeliest(logits_of(model, texts[:, :-1]), texts) != texts) & mask
    assert none.cut == 0 and none.errors == missed.any(axis=1).sum() and none.n == 2
    assert every.cut == every.connections == mask[:, 1:].sum() * sum(range(2, 8))


def test_a_bound_cuts_the_threads_below_it() -> None:
    """With equal shares in every reading, a fifth cuts those of more than five sources."""
    model = tiny_model(FULL)
    with torch.no_grad():
        for query in model.residual.parameters():
            query.zero_()
    found = thinned(model, *TEXTS, 0.19)
    _, mask = TEXTS
    assert found.cut == mask[:, 1:].sum() * (6 + 7)
