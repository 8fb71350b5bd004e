"""lab.model.cost against torch's own counters and the cache itself."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch
from tiny import (
    BASE,
    CLIPPED,
    key_heads,
    math_variants,
    one_by_one,
    read,
    some_tokens,
    tiny_model,
    variants,
)
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from lab.inference.generate import generate, read_on
from lab.model.cache import NO_CACHE, KVCache
from lab.model.config import (
    AttentionResidualConfig,
    BlockAttentionResidualConfig,
    CrossLayerAttentionConfig,
    GPTConfig,
    GroupedQueryAttentionConfig,
    LearnedPositionsConfig,
    MixtureOfExpertsConfig,
    MultiHeadAttentionConfig,
    NoPositionsConfig,
    ParallelBlockConfig,
)
from lab.model.cost import (
    active_parameters_of,
    cache_bytes_per_token,
    flops_by_part,
    flops_per_token_forward,
    forward_bytes,
    kept_numbers,
    matrix_bytes,
    parameters,
    parameters_by_part,
    parameters_of,
    prefill_flops,
    step_flops,
    training_flops,
    writing_flops,
)


@pytest.mark.parametrize("config", variants())
def test_parameters_sum_to_all_of_them(config: GPTConfig) -> None:
    model = tiny_model(config)
    parts = parameters(model)
    assert sum(parts.values()) == sum(p.numel() for p in model.parameters())
    assert sum(parts.values()) == parameters_of(config)
    assert parts["embedding"] == parts["unembedding"] == 16 * 16
    norms = 16 * (3 if isinstance(config.block, ParallelBlockConfig) else 5)
    borrows = [isinstance(x.attention, CrossLayerAttentionConfig) for x in config.layers]
    first = config.layers[0].attention
    if isinstance(first, MultiHeadAttentionConfig):
        key_and_value = 2 - sum(borrows)  # layers that have W_K and W_V
        heads = 2 * first.n_head + key_and_value * key_heads(config)
        assert parts["attention"] == 2 * 16 * 4 * heads
        assert parts["norms"] == norms + (4 * (2 + key_and_value) if first.qk_norm else 0)
    else:  # 3 heads, latents of 10 and 7, parts of 5 and 4, values of 6
        down, up = 16 * (10 + 7 + 4), 10 * 3 * (5 + 4) + 7 * 3 * (5 + 6)
        assert parts["attention"] == 2 * (down + up + 3 * 6 * 16)
        assert parts["norms"] == norms + 2 * (10 + 7)
    assert parts["positions"] == sum(p.numel() for p in model.position.parameters())
    if isinstance(config.position, LearnedPositionsConfig):
        assert parts["positions"] == 16 * 32


def test_a_configuration_tells_the_parameters_of_each_part_of_its_model() -> None:
    for name, config in one_by_one():
        assert parameters_by_part(config) == parameters(tiny_model(config)), name


def test_a_token_meets_all_numbers_but_those_of_experts_that_it_is_not_sent_to() -> None:
    experts = MixtureOfExpertsConfig(10, n_routed_experts=8, num_experts_per_tok=2)
    config = replace(BASE, ffn=experts)
    routed = sum(
        p.numel()
        for name, p in tiny_model(config).named_parameters()
        if name.endswith(("ffn.w_in.weight", "ffn.w_out.weight"))
    )
    assert active_parameters_of(config) == parameters_of(config) - routed * 6 // 8
    assert active_parameters_of(BASE) == parameters_of(BASE)


@pytest.mark.parametrize("config", math_variants())
def test_flops_are_those_torch_counts(config: GPTConfig) -> None:
    """Seven tokens that all attend to seven slots, as the math kernel computes them."""
    model = tiny_model(config)
    counter = FlopCounterMode(display=False)
    with counter:
        read(model, some_tokens(1, 7))
    matrices = flops_per_token_forward(config, n_seen=7) - config.residual.flops(config)
    assert counter.get_total_flops() == 7 * matrices  # torch counts no products with a vector


def test_the_parts_of_a_model_share_out_its_operations() -> None:
    for name, config in one_by_one():
        parts = flops_by_part(config, 7)
        assert sum(parts.values()) == flops_per_token_forward(config, 7), name
        (without,) = {flops_by_part(config, n)["ffn"] for n in (1, 7)}
        assert parts["ffn"] == without and parts["unembedding"] == 2 * 16 * 16, name


def test_a_step_multiplies_three_times_as_often_as_a_forward() -> None:
    """But for the gradient of what is read first, which nobody needs."""
    model = tiny_model().requires_grad_(True)
    taken = counted(lambda: read(model, some_tokens(5, 7)).sum().backward())
    assert training_flops(BASE, 5, 7) == pytest.approx(taken, rel=0.1)


def test_what_a_forward_keeps_for_its_backward_is_as_much_as_told_within_a_factor_of_two() -> None:
    """Beside the bytes that autograd holds on to, without the weights."""
    shares: dict[str, float] = {}
    for name, config in one_by_one():
        model, held = tiny_model(config).requires_grad_(True), dict[int, Tensor]()
        weights = {p.untyped_storage().data_ptr() for p in model.parameters()}

        def keep(x: Tensor, held: dict[int, Tensor] = held) -> Tensor:
            held[x.untyped_storage().data_ptr()] = x
            return x

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
            logits = read(model, some_tokens(2, 19))
        assert logits.requires_grad
        kept = [x.untyped_storage().nbytes() / 8 for at, x in held.items() if at not in weights]
        shares[name] = 2 * kept_numbers(config, 19) / sum(kept)
    assert {name: x for name, x in shares.items() if not 0.5 < x < 2} == {}


def test_a_reading_costs_two_operations_a_number_and_source_for_score_and_mix() -> None:
    d, sources = BASE.d_model, (2, 3, 4, 5)  # readings of two layers, in the full form
    assert BASE.residual.flops(BASE) == 0
    assert AttentionResidualConfig().flops(BASE) == sum(2 * n * d + 2 * n * d for n in sources)
    assert BlockAttentionResidualConfig(2).flops(BASE) == 4 * (2 * 2 * d + 2 * 2 * d)


@pytest.mark.parametrize("config", variants())
def test_the_cache_holds_as_many_bytes_as_promised(config: GPTConfig) -> None:
    for dtype in (torch.float32, torch.float64):
        cache = KVCache(20)
        read(tiny_model(config, dtype=dtype), some_tokens(1, 7), cache=cache)
        assert cache.bytes_held == 7 * cache_bytes_per_token(config, dtype.itemsize)


def test_grouped_keys_are_cached_once_a_group() -> None:
    grouped = replace(
        BASE, attention=GroupedQueryAttentionConfig(n_head=6, head_dim=4, n_kv_head=2)
    )
    whole = replace(BASE, attention=MultiHeadAttentionConfig(n_head=6, head_dim=4))
    assert 3 * cache_bytes_per_token(grouped, 2) == cache_bytes_per_token(whole, 2)


def test_only_a_learned_table_ends() -> None:
    assert LearnedPositionsConfig(max_length=9).longest_text == 9
    assert NoPositionsConfig().longest_text is None


def counted(run: Callable[[], object]) -> int:
    """Multiplications and additions as torch counts them."""
    counter = FlopCounterMode(display=False)
    with counter:
        run()
    return counter.get_total_flops()


@pytest.mark.parametrize("config", math_variants())
def test_operations_of_prefill_and_of_each_step_are_those_torch_counts(config: GPTConfig) -> None:
    model, text = tiny_model(config), some_tokens(1, 9)
    cache = KVCache(9)
    for known, n in ((0, 6), (6, 7), (7, 8)):
        vectors = config.residual.flops(config)  # of a token: torch counts matrices alone
        steps = counted(lambda n=n: read_on(model, text[:, :n], cache)) + (n - known) * vectors
        assert steps == (step_flops(config, n, cached=True) if known else prefill_flops(config, n))
        again = counted(lambda n=n: read_on(model, text[:, :n], NO_CACHE)) + n * vectors
        assert again == step_flops(config, n, cached=False)


@pytest.mark.parametrize("cached", [True, False])
def test_operations_of_writing_are_those_of_its_steps(cached: bool) -> None:
    for config in (BASE, CLIPPED):
        writing = generate(
            tiny_model(config), some_tokens(1, 4), max_new=6, cached=cached, stop=None
        )
        assert counted(lambda w=writing: list(w)) == writing_flops(config, 4, 10, cached=cached)


@pytest.mark.parametrize("config", variants())
def test_bytes_of_a_forward_are_its_matrices_and_the_cache_of_every_row(config: GPTConfig) -> None:
    model, cache = tiny_model(config, dtype=torch.float32), KVCache(7)
    read(model, some_tokens(3, 7), cache=cache)
    of_layers = [p for block in model.blocks for p in block.parameters()]
    matrices = [p for p in of_layers if p.ndim == 2] + [model.unembed.weight]
    assert matrix_bytes(config, 4) >= 4 * sum(p.numel() for p in matrices)
    gains = 4 * sum(p.numel() for p in of_layers if p.ndim == 1)
    assert matrix_bytes(config, 4) <= 4 * sum(p.numel() for p in matrices) + gains
    assert forward_bytes(config, 7, batch=3) == matrix_bytes(config, 4) + cache.bytes_held
    assert cache.bytes_held == 3 * 7 * cache_bytes_per_token(config, 4)
