"""lab.model.gpt: every combination of parts gives the same numbers however it is run."""

from dataclasses import replace
from itertools import product
from typing import Any

import pytest
import torch
from tiny import BASE, blocks_of, math_variants, read, some_tokens, tiny_model, variants

from lab.data.position_ids import position_ids
from lab.model.cache import KVCache
from lab.model.config import (
    FlashKernelConfig,
    GPTConfig,
    LearnedPositionsConfig,
    MathKernelConfig,
    NoPositionsConfig,
    SdpaKernelConfig,
)
from lab.model.gpt import GPT, with_kernel
from lab.model.trace import Trace

TOLERANCE = {torch.float32: 2e-5, torch.float64: 1e-10}
"""In fp32 one sum in two orders differs by 1.6e-5 at most here, on one CPU more than on another."""
MODELS = variants()
CHUNKS = {"token_by_token": [5] + [1] * 12, "uneven": [1, 7, 2, 1, 6]}


def difference(a: torch.Tensor, b: torch.Tensor) -> float:
    """The largest difference, as a share of the largest number."""
    return float((a - b).abs().max() / b.abs().max())


@pytest.mark.parametrize("config", MODELS)
def test_cached_decode_equals_the_full_forward(config: GPTConfig) -> None:
    for dtype, chunks in product(TOLERANCE, CHUNKS.values()):
        model, tokens = tiny_model(config, dtype=dtype), some_tokens(3, 17)
        full, ids = read(model, tokens), position_ids(tokens, config.position.n_axis)
        cache, parts, start = KVCache(17), list[torch.Tensor](), 0
        for size in chunks:
            some = slice(start, start + size)
            parts.append(model(tokens[:, some], positions=ids[:, some], cache=cache))
            start += size
        cached = torch.cat(parts, dim=1)
        assert cache.length == 17
        assert difference(cached, full) <= TOLERANCE[dtype], (dtype, chunks)
        assert torch.equal(cached.argmax(-1), full.argmax(-1)), (dtype, chunks)


@pytest.mark.parametrize("config", MODELS)
def test_a_traced_run_is_bit_identical_to_an_untraced_one(config: GPTConfig) -> None:
    model, tokens = tiny_model(config, dtype=torch.float32), some_tokens(2, 9)
    trace = Trace(model.emits)
    assert torch.equal(read(model, tokens, trace=trace), read(model, tokens))
    assert torch.equal(trace["logits"], read(model, tokens))


@pytest.mark.parametrize("config", MODELS)
def test_a_token_changes_no_earlier_logit_and_all_later_that_hear_of_it(config: GPTConfig) -> None:
    """In a window a token hears of `window` - 1 tokens before it more with every layer."""
    reach = config.n_layer * (getattr(config.attention, "window", 9) - 1)
    model, tokens = tiny_model(config), some_tokens(2, 9)
    ids = position_ids(tokens, config.position.n_axis)
    before = model(tokens, positions=ids)
    for place in (1, 5, 8):
        changed = tokens.clone()
        changed[:, place] = (changed[:, place] + 1) % 16
        after = model(changed, positions=ids)
        assert difference(after[:, :place], before[:, :place]) < 1e-14
        last = min(place + reach, 8)
        assert all(difference(after[:, t], before[:, t]) > 1e-6 for t in range(place, last + 1))
        assert last == 8 or difference(after[:, last + 1 :], before[:, last + 1 :]) < 1e-14


@pytest.mark.parametrize("config", math_variants())
def test_a_fused_kernel_equals_math(config: GPTConfig) -> None:
    for dtype, kernel in product(TOLERANCE, (SdpaKernelConfig(), FlashKernelConfig(3, 5))):
        model, tokens = tiny_model(config, dtype=dtype), some_tokens(3, 12)
        if config.position.scores not in kernel.takes:
            with pytest.raises(
                ValueError, match=r"KernelConfig\(.*\).*ClippedC?o?u?p?l?e?d?Rotary"
            ):
                with_kernel(model, kernel)
            continue
        fused = with_kernel(model, kernel)
        for first in (None, torch.tensor([0, 5, 11])):
            a, b = (read(m, tokens, first=first) for m in (fused, model))
            assert difference(a, b) <= TOLERANCE[dtype], (dtype, kernel, first)


@pytest.mark.parametrize("config", MODELS)
def test_a_text_behind_padding_reads_as_it_would_alone(config: GPTConfig) -> None:
    """Rows of unlike length, whole and, behind a prefill, token by token."""
    model, tokens, first = tiny_model(config), some_tokens(3, 9), torch.tensor([0, 5, 3])
    n_axis = config.position.n_axis
    ids = position_ids(tokens, n_axis, first)
    whole = model(tokens, positions=ids, first=first)
    cache, parts = KVCache(9), list[torch.Tensor]()
    for some in (slice(0, 6), slice(6, 7), slice(7, 8), slice(8, 9)):
        parts.append(model(tokens[:, some], positions=ids[:, some], first=first, cache=cache))
    for row, begin in enumerate(first.tolist()):
        alone = read(model, tokens[row : row + 1, begin:])
        for logits in (whole, torch.cat(parts, dim=1)):
            assert difference(logits[row : row + 1, begin:], alone) < 1e-12


@pytest.mark.parametrize("config", MODELS)
def test_padding_is_seen_by_nobody_but_itself(config: GPTConfig) -> None:
    """Before a text begins, a token changes its own logits and no others."""
    model, tokens, first = tiny_model(config), some_tokens(1, 9), torch.tensor([4])
    changed = tokens.clone()
    changed[0, 2] = (changed[0, 2] + 1) % 16
    ids = position_ids(tokens, config.position.n_axis, first)
    others = [t for t in range(9) if t != 2]
    before, after = (model(x, positions=ids, first=first) for x in (tokens, changed))
    assert difference(after[:, others], before[:, others]) < 1e-14
    seen = [model(x, positions=ids)[:, others] for x in (tokens, changed)]
    assert difference(*seen) > 1e-6


def test_without_positions_the_order_of_the_past_does_not_matter_to_one_layer() -> None:
    """One layer without positions reads a set: the last logits survive a shuffle of the rest."""
    tokens = some_tokens(1, 9)
    shuffled = tokens[:, [3, 1, 0, 6, 2, 7, 5, 4, 8]]
    for position, same in ((NoPositionsConfig(), True), (LearnedPositionsConfig(16), False)):
        model = tiny_model(replace(BASE, n_layer=1, position=position))
        gap = difference(model(tokens)[:, -1], model(shuffled)[:, -1])
        assert (gap < 1e-12) is same


def test_positions_may_be_told() -> None:
    """A text that starts at position 7 reads the rows from 7 on, and its mask stays its own."""
    model, tokens = tiny_model(), some_tokens(2, 5)
    table: Any = model.get_parameter("position.table.weight")
    told = model(tokens, positions=torch.arange(7, 12))
    table[:5] = table[7:12].clone()
    assert torch.equal(told, model(tokens))


def test_a_new_model_predicts_nothing_and_writes_nothing() -> None:
    """Output projections and the unembedding start at zero: every token is equally likely."""
    model, tokens = GPT(BASE), some_tokens(2, 9)
    trace = Trace(["attn_out", "ffn_out", "embed", "pos_embed"])
    assert torch.equal(model(tokens, trace=trace), torch.zeros(2, 9, 16))
    for layer in range(BASE.n_layer):
        assert not trace[f"blocks.{layer}.attn_out"].any()
        assert not trace[f"blocks.{layer}.ffn_out"].any()
    assert trace["embed"].any() and trace["pos_embed"].any()


def test_the_start_of_a_model_is_its_generators_alone() -> None:
    first = GPT(BASE, torch.Generator().manual_seed(3))
    torch.manual_seed(99)
    second = GPT(BASE, torch.Generator().manual_seed(3))
    other = GPT(BASE, torch.Generator().manual_seed(4))
    same = zip(first.parameters(), second.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in same)
    assert not torch.equal(first.embed.weight, other.embed.weight)


def test_matrices_start_with_the_variance_that_keeps_the_size_of_a_vector() -> None:
    model = GPT(replace(BASE, d_model=256), torch.Generator().manual_seed(0))
    for layer in blocks_of(model):
        weight = layer.ffn.w_in.weight
        assert float(weight.detach().std() * 256**0.5) == pytest.approx(1, abs=0.03)  # type: ignore


def test_embeddings_start_small_so_that_training_shapes_them() -> None:
    model = GPT(replace(BASE, d_model=256), torch.Generator().manual_seed(0))
    assert float(model.embed.weight.detach().std()) == pytest.approx(0.02, rel=0.05)


def test_another_kernel_shares_the_weights() -> None:
    model = tiny_model(replace(BASE, kernel=SdpaKernelConfig()))
    twin = with_kernel(model, MathKernelConfig())
    pairs = zip(model.named_parameters(), twin.named_parameters(), strict=True)
    assert all(a == b and p is q for (a, p), (b, q) in pairs)
    assert "pattern" in twin.emits and "pattern" not in model.emits


def test_a_text_longer_than_a_learned_table_is_refused() -> None:
    model = tiny_model(replace(BASE, position=LearnedPositionsConfig(max_length=4)))
    with pytest.raises(ValueError, match="position 4 is past the table of max_length=4"):
        model(some_tokens(1, 5))


@pytest.mark.parametrize("config", MODELS)
def test_the_gradient_is_that_of_finite_differences(config: GPTConfig) -> None:
    """d loss / d w along a random direction, against (loss(w + h d) - loss(w - h d)) / 2h."""
    model, tokens = tiny_model(config).requires_grad_(True), some_tokens(2, 7)
    generator = torch.Generator().manual_seed(1)

    def loss() -> torch.Tensor:
        logits = read(model, tokens[:, :-1]).flatten(0, 1)
        return torch.nn.functional.cross_entropy(logits, tokens[:, 1:].flatten())

    loss().backward()
    ways = [torch.randn(p.shape, generator=generator).double() for p in model.parameters()]
    grads = [p.grad for p in model.parameters()]
    slope = sum(float((g * w).sum()) for g, w in zip(grads, ways, strict=True) if g is not None)
    assert all(g is not None and g.any() for g in grads)
    h, losses = 1e-6, list[float]()
    with torch.no_grad():
        for side in (h, -2 * h):
            for p, way in zip(model.parameters(), ways, strict=True):
                p += side * way
            losses.append(float(loss()))
    assert (losses[0] - losses[1]) / (2 * h) == pytest.approx(slope, rel=1e-5)
