"""MLA and experts against transformers' DeepSeek-V3 with the same weights: `parity`."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from lab.experiments.parity import (
    CONFIGS,
    blocks_of,
    cached_off,
    off,
    pair_of,
    tokens_of_texts,
)
from lab.model.gpt import GPT
from lab.model.trace import Trace
from lab.records import RECORDS, read_lines

transformers = pytest.importorskip(
    "transformers", reason="transformers is not installed (pip install -e '.[parity]')"
)

TOLERANCE = 1e-5
"""Of the largest logit, in fp32."""


@pytest.fixture(params=CONFIGS)
def pair(request: pytest.FixtureRequest) -> tuple[GPT, Any]:
    return pair_of(request.param)


TOKENS = tokens_of_texts()


def test_logits_of_whole_texts_are_theirs(pair: tuple[GPT, Any]) -> None:
    ours, theirs = pair
    with torch.no_grad():
        expected = theirs(TOKENS).logits
    assert off(ours(TOKENS), expected) < TOLERANCE
    bias = blocks_of(ours)[0].ffn.bias
    bias[0] += 1
    assert off(ours(TOKENS), expected) > 100 * TOLERANCE, "another choice would show"


def test_logits_of_cached_decoding_are_theirs(pair: tuple[GPT, Any]) -> None:
    assert max(cached_off(*pair, TOKENS)) < TOLERANCE


def test_the_record_says_no_more_than_this_tolerance() -> None:
    rows = read_lines(RECORDS / "parity.jsonl")
    assert [row["cell"]["config"] for row in rows] == [*CONFIGS]
    assert all(0 < row[what] < TOLERANCE for row in rows for what in ("whole", "cached"))


@pytest.mark.parametrize("seed", range(5))
def test_the_gate_chooses_and_weighs_as_theirs_does_under_any_bias(
    pair: tuple[GPT, Any], seed: int
) -> None:
    ours, theirs = pair
    generator = torch.Generator().manual_seed(seed)
    for layer, block in enumerate(blocks_of(ours)):
        ffn = block.ffn
        gate = theirs.model.layers[layer].mlp.gate
        bias = torch.randn(ffn.n_expert, generator=generator)
        ffn.bias.copy_(bias)
        gate.e_score_correction_bias.data.copy_(bias)
    trace = Trace(["ffn_norm", "expert_index", "expert_weight"])
    ours(TOKENS, trace=trace)
    for layer in range(len(ours.blocks)):
        x = trace[f"blocks.{layer}.ffn_norm"]
        _, weight, index = theirs.model.layers[layer].mlp.gate(x)
        n_expert = int(blocks_of(ours)[layer].ffn.n_expert)
        expected = torch.zeros(len(index), n_expert).scatter_(1, index, weight.detach())
        own = trace[f"blocks.{layer}.expert_index"].flatten(0, 1)
        got = torch.zeros_like(expected).scatter_(
            1, own, trace[f"blocks.{layer}.expert_weight"].flatten(0, 1)
        )
        assert torch.equal(got > 0, expected > 0)
        assert torch.allclose(got, expected, rtol=1e-5, atol=0)
