"""head_gradients: the slope of the loss, by moving the output of a head a little."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from tiny import BASE, tiny_model

from lab.data.problems import Format
from lab.data.vocabulary import encode
from lab.interp.head_gradients import head_gradient
from lab.model.config import GroupedQueryAttentionConfig
from lab.model.trace import Edit, Trace

TEXT = Format("cot_reversed", 1, 1).text(7, 8)


def loss_with(model: torch.nn.Module, edits: list[Edit]) -> float:
    ids = torch.as_tensor(encode(TEXT)).long()[None]
    given = TEXT.index("=") + 1
    logits = model(ids[:, :-1], trace=Trace([], edits))
    return float(F.cross_entropy(logits[0, given - 1 :], ids[0, given:]))


def test_a_gradient_is_the_slope_of_the_loss() -> None:
    model, layer, head = tiny_model(BASE), 0, 1
    found = head_gradient(model, TEXT, layer, head)
    assert found.dz.shape == found.z.shape == (len(TEXT) - 1, 4)
    step = 1e-6
    for place, number in ((0, 0), (3, 2), (len(TEXT) - 2, 3)):
        moved: list[float] = []
        for by in (-step, step):
            push = torch.zeros(4, dtype=torch.float64)
            push[number] = by
            at = {"head": head, "position": place}
            moved.append(loss_with(model, [Edit("z", lambda z, push=push: z + push, layer, at)]))
        slope = (moved[1] - moved[0]) / (2 * step)
        assert found.dz[place, number] == pytest.approx(slope, abs=1e-8)
    assert np.abs(found.dz).max() > 1e-4


def test_the_output_is_what_queries_keys_and_values_make() -> None:
    found = head_gradient(tiny_model(BASE), TEXT, 1, 2)
    scores = found.q @ found.k.T / 2 + np.triu(np.full((len(TEXT) - 1,) * 2, -np.inf), 1)
    shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    assert np.allclose(shares @ found.v, found.z)


def test_heads_of_a_group_read_the_key_that_they_share() -> None:
    shared = GroupedQueryAttentionConfig(n_head=6, head_dim=4, n_kv_head=2)
    model = tiny_model(replace(BASE, attention=shared))
    for head in (1, 3, 5):
        found = head_gradient(model, TEXT, 0, head)
        scores = found.q @ found.k.T / 2 + np.triu(np.full((len(TEXT) - 1,) * 2, -np.inf), 1)
        shares = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        assert np.allclose(shares @ found.v, found.z)


@pytest.mark.parametrize("text", ["7*8", "7*8=", ""])
def test_a_text_in_which_nothing_is_written_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="at least one token behind the ="):
        head_gradient(tiny_model(BASE), text, 0, 0)
