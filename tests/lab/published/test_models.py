"""lab.published.models: widths add up to the counts that were published, and to our own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tiny import failures

from lab.model.config import (
    AttentionResidualConfig,
    DenseFFNConfig,
    GPTConfig,
    GroupedQueryAttentionConfig,
    LayerPattern,
    MixtureOfExpertsConfig,
    MultiHeadAttentionConfig,
    ParallelBlockConfig,
    RotaryPositionsConfig,
    SlidingWindowAttentionConfig,
)
from lab.model.cost import cache_bytes_per_token, parameters_of
from lab.published.cards import CARDS
from lab.published.matrices import PartSize
from lab.published.models import (
    DEEPSEEK_V3,
    GPT_2,
    LLAMA_2_7B,
    LLAMA_3_8B,
    LLAMA_3_70B,
    MISTRAL_7B,
    MODELS,
    QWEN_2_7B,
    Model,
    ours,
)
from lab.training.checkpoint import load_run

COUNTS = [
    (GPT_2, 124_439_808),
    (LLAMA_2_7B, 6_738_415_616),
    (LLAMA_3_8B, 8_030_261_248),
    (LLAMA_3_70B, 70_553_706_496),
    (MISTRAL_7B, 7_241_732_096),
    (QWEN_2_7B, 7_615_616_512),
]
"""Numbers in the files of the released weights."""


def each(models: Any, check: Callable[[Model], None]) -> list[str]:
    named = {model.name: model for model in models}
    return failures(lambda name: check(named[name]), named)


# ---------------------------------------------------------------- how large they are


def test_the_widths_give_the_published_number_to_the_last_parameter() -> None:
    assert {model.name: model.parameters for model, _ in COUNTS} == {
        model.name: count for model, count in COUNTS
    }
    assert {model.name for model, _ in COUNTS} == {m.name for m in MODELS} - {"DeepSeek-V3"}


def test_the_matrices_are_all_but_one_in_a_thousand() -> None:
    """671 and 37 billion are themselves rounded numbers."""

    def holds(model: Model) -> None:
        assert model.whole.parameters_of_one == pytest.approx(model.parameters, rel=1e-3)
        assert model.whole.met_of_one == pytest.approx(model.parameters_met, rel=0.02)

    assert each(MODELS, holds) == []
    assert (DEEPSEEK_V3.parameters, DEEPSEEK_V3.parameters_met) == (671e9, 37e9)


def test_a_token_meets_all_of_a_model_without_experts() -> None:
    dense = [model for model in MODELS if model.experts is None]
    assert [model.parameters_met for model in dense] == [count for _, count in COUNTS]


def test_a_token_meets_nine_experts_of_two_hundred_and_fifty_seven() -> None:
    mixture = DEEPSEEK_V3.layers[1].parts[1].parts
    assert sum(part.times for part in mixture[1:]) == 257
    assert sum(part.n_met for part in mixture[1:]) == 9
    assert {part.parameters_of_one for part in mixture[1:]} == {3 * 2048 * 7168}


def test_copies_are_counted_as_often_as_they_stand_there() -> None:
    pair = PartSize(
        "pair", parts=(PartSize("a", (2, 3)), PartSize("b", (4, 5), times=3, met=1)), times=7
    )
    assert (pair.parameters_of_one, pair.met_of_one) == (66, 26)
    assert (pair.biases_of_one(("a",)), pair.biases_of_one(("a", "b"))) == (2, 14)


def test_every_size_has_a_source() -> None:
    for sized in (*MODELS, *CARDS):
        assert sized.source.startswith("https://"), sized


# ---------------------------------------------------------------- other key heads


def test_key_heads_divide_the_query_heads_and_a_latent_has_none() -> None:
    with pytest.raises(ValueError, match="n_head=32 must be a multiple of n_kv_head=5"):
        LLAMA_2_7B.with_key_heads(5)
    with pytest.raises(ValueError, match="DeepSeek-V3 keeps a latent"):
        DEEPSEEK_V3.with_key_heads(8)
    grouped = LLAMA_2_7B.with_key_heads(8)
    assert grouped.cache_bytes(2, 100) == LLAMA_3_8B.cache_bytes(2, 100)
    assert grouped.weight_bytes == LLAMA_2_7B.weight_bytes


# ---------------------------------------------------------------- our own


def test_ours_holds_every_matrix_of_the_model_and_nothing_else() -> None:
    model = load_run("times_table").model
    made = ours("ours", model.config)
    matrices = sum(p.numel() for p in model.parameters() if p.ndim == 2)
    assert made.whole.parameters_of_one == made.whole.met_of_one == matrices
    assert made.parameters == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("attention", [MultiHeadAttentionConfig(), GroupedQueryAttentionConfig()])
def test_ours_costs_what_its_configuration_says(attention: Any) -> None:
    config = replace(GPTConfig(), attention=attention)
    made = ours("ours", config)
    assert made.parameters == parameters_of(config)
    assert made.cache_bytes(4, 10) == 10 * cache_bytes_per_token(config, 4)


@pytest.mark.parametrize(
    "other",
    [
        {"position": RotaryPositionsConfig()},
        {"ffn": MixtureOfExpertsConfig()},
        {"attention": SlidingWindowAttentionConfig()},
        {"attention": MultiHeadAttentionConfig(qk_norm=True)},
        {"residual": AttentionResidualConfig()},
        {"block": ParallelBlockConfig()},
        {"ffn": LayerPattern((MixtureOfExpertsConfig(),), first=(DenseFFNConfig(),))},
    ],
    ids=["position", "ffn", "window", "qk_norm", "residual", "block", "pattern"],
)
def test_other_parts_than_those_of_chapter_7_are_refused(other: dict[str, Any]) -> None:
    kinds = "Rotary|MixtureOfExperts|SlidingWindow|AttentionResidual|ParallelBlock|LayerPattern"
    named = rf"no sizes of ({kinds}|.*qk_norm)"
    with pytest.raises(ValueError, match=named):
        ours("ours", replace(GPTConfig(), **other))
