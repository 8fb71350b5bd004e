"""Layers that differ, and layers of another order: against their equations, written out by hand."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tiny import BASE, DENSE, EXPERTS, GROUPED, SLIDING, blocks_of, read, some_tokens, tiny_model
from torch import Tensor

from lab.data.vocabulary import decode
from lab.interp.attribution import attribute
from lab.interp.head_gradients import head_gradient
from lab.interp.logit_lens import ffn_in_numpy, notebook
from lab.interp.pair_layouts import read_as
from lab.interp.routing import choices
from lab.measure.cache_growth import queries_keys_values
from lab.model.cache import KVCache
from lab.model.config import (
    ALiBiPositionsConfig,
    AttentionResidualConfig,
    BlockAttentionResidualConfig,
    CrossLayerAttentionConfig,
    GPTConfig,
    LatentAttentionConfig,
    LayerPattern,
    MultiHeadAttentionConfig,
    ParallelBlockConfig,
    PostNormBlockConfig,
    RotaryPositionsConfig,
    SequentialBlockConfig,
)
from lab.model.cost import cache_bytes_per_token, flops_per_token_forward, parameters_of
from lab.model.positions import turn_pairs
from lab.model.trace import Edit, Trace

LENGTH = 7
CROSS = CrossLayerAttentionConfig(**vars(GROUPED))
ROTARY = RotaryPositionsConfig(100.0)
FOUR = replace(BASE, n_layer=4, position=ROTARY)
SHARED = replace(FOUR, attention=LayerPattern((GROUPED, CROSS, CROSS)))
FIRST_DENSE = replace(FOUR, n_layer=3, ffn=LayerPattern((EXPERTS,), first=(DENSE,)))


def recorded(model: Any, tokens: Tensor, edits: tuple[Edit, ...] = ()) -> Trace:
    trace = Trace(model.emits, edits)
    read(model, tokens, trace=trace)
    return trace


def softmax_attention(q: Tensor, k: Tensor, v: Tensor, window: int = LENGTH) -> Tensor:
    """Of heads (B, H, T, Dk), each with the keys of its group; it sees `window` tokens."""
    k, v = (x.repeat_interleave(q.shape[1] // x.shape[1], dim=1) for x in (k, v))
    t = torch.arange(q.shape[2])
    far = t[:, None] - t
    scores = (q @ k.mT / q.shape[-1] ** 0.5).masked_fill((far < 0) | (far >= window), -torch.inf)
    return scores.softmax(-1) @ v


def rms(x: Tensor, gain: Tensor) -> Tensor:
    return x / (x.square().mean(-1, keepdim=True) + 1e-6).sqrt() * gain


# ---------------------------------------------------------------- what is computed


def test_a_parallel_block_adds_attention_and_ffn_of_one_norm() -> None:
    model = tiny_model(replace(BASE, block=ParallelBlockConfig()))
    trace = recorded(model, some_tokens(2, LENGTH))
    for layer, block in enumerate(blocks_of(model)):
        x = trace[f"blocks.{layer}.resid_pre"]
        h = rms(x, block.block_norm.gain)
        q, k, v = (
            (h @ w.weight.T).unflatten(-1, (3, 4)).transpose(1, 2)
            for w in (block.attention.wq, block.attention.wk, block.attention.wv)
        )
        attention = softmax_attention(q, k, v).transpose(1, 2).flatten(2)
        ffn = (h @ block.ffn.w_in.weight.T).clamp(min=0) ** 2 @ block.ffn.w_out.weight.T
        expected = x + attention @ block.attention.wo.weight.T + ffn
        assert torch.allclose(trace[f"blocks.{layer}.resid_post"], expected, rtol=1e-10, atol=1e-12)
        assert not {"resid_mid", "attn_norm", "ffn_norm"} & model.formed[layer]


def test_a_post_norm_block_norms_the_sum_and_not_what_is_read() -> None:
    model = tiny_model(replace(BASE, block=PostNormBlockConfig()))
    trace = recorded(model, some_tokens(2, LENGTH))
    x = trace["embed"] + trace["pos_embed"]
    for layer, block in enumerate(blocks_of(model)):
        q, k, v = (
            (x @ w.weight.T).unflatten(-1, (3, 4)).transpose(1, 2)
            for w in (block.attention.wq, block.attention.wk, block.attention.wv)
        )
        attention = softmax_attention(q, k, v).transpose(1, 2).flatten(2)
        x = rms(x + attention @ block.attention.wo.weight.T, block.mid_norm.gain)
        ffn = (x @ block.ffn.w_in.weight.T).clamp(min=0) ** 2 @ block.ffn.w_out.weight.T
        x = rms(x + ffn, block.post_norm.gain)
        assert torch.allclose(trace[f"blocks.{layer}.resid_post"], x, rtol=1e-10, atol=1e-12)
        assert not {"attn_norm", "ffn_norm"} & model.formed[layer]


def test_layers_without_keys_of_their_own_meet_those_of_the_nearest_that_has_some() -> None:
    model, tokens = tiny_model(SHARED), some_tokens(2, LENGTH)
    trace = recorded(model, tokens)
    angles = torch.arange(LENGTH)[:, None] * 100.0 ** (-torch.arange(2).double() / 2)
    for layer, source in enumerate((0, 0, 0, 3)):
        attention = blocks_of(model)[layer].attention
        h = trace[f"blocks.{layer}.attn_norm"]
        q = (h @ attention.wq.weight.T).unflatten(-1, (6, 4)).transpose(1, 2)
        q = turn_pairs(rms(q, attention.q_norm.gain), angles.cos(), angles.sin())
        k, v = (trace[f"blocks.{source}.{name}"] for name in ("rot_k", "v"))
        expected = softmax_attention(q, k, v)
        assert torch.allclose(trace[f"blocks.{layer}.z"], expected, rtol=1e-10, atol=1e-12)
        assert ("k" in model.formed[layer]) == (layer == source)


def test_an_edit_of_a_value_reaches_the_layers_that_borrow_it() -> None:
    model, tokens = tiny_model(SHARED), some_tokens(1, LENGTH)
    edit = Edit("v", torch.zeros_like, layer=0, index={"position": 2})
    before, after = recorded(model, tokens), recorded(model, tokens, (edit,))
    # Layer 1 writes the same pattern's mix only if its values are its own.
    changed = [f"blocks.{i}.z" for i in (0, 1, 2)]
    assert all((before[name] != after[name]).any() for name in changed)
    pattern = before["blocks.1.pattern"]
    lost = pattern[..., 2, None] * before["blocks.0.v"].repeat_interleave(3, dim=1)[:, :, 2:3]
    alone = Trace(["z"], (edit, keep("q", before["blocks.1.q"], 1)))
    read(model, tokens, trace=alone)
    # With its own queries held, what layer 1 loses is exactly that token's share.
    assert torch.allclose(alone["blocks.1.z"], before["blocks.1.z"] - lost, rtol=1e-10, atol=1e-12)


def keep(name: str, value: Tensor, layer: int) -> Edit:
    return Edit(name, lambda x: value, layer=layer)


def test_local_and_global_layers_in_turn_see_a_window_and_everything() -> None:
    pattern = LayerPattern((SLIDING, BASE.heads))
    model = tiny_model(replace(FOUR, position=BASE.position, attention=pattern))
    trace = recorded(model, some_tokens(2, LENGTH))
    for layer, window in enumerate((3, LENGTH, 3, LENGTH)):
        q, k, v = (trace[f"blocks.{layer}.{name}"] for name in "qkv")
        expected = softmax_attention(q, k, v, window)
        assert torch.allclose(trace[f"blocks.{layer}.z"], expected, rtol=1e-10, atol=1e-12)


def test_a_dense_layer_stands_below_layers_of_experts() -> None:
    model = tiny_model(FIRST_DENSE)
    has = [
        ("router_scores" in model.formed[i], "ffn.router.weight" in parts(i, model))
        for i in range(3)
    ]
    assert has == [(False, False), (True, True), (True, True)]


def parts(layer: int, model: Any) -> set[str]:
    return {name for name, _ in model.blocks[layer].named_parameters()}


# ---------------------------------------------------------------- what it costs


def test_costs_are_summed_over_layers() -> None:
    grouped = replace(FOUR, attention=GROUPED)
    shared = replace(FOUR, attention=LayerPattern((GROUPED, CROSS)))
    assert 2 * cache_bytes_per_token(shared, 2) == cache_bytes_per_token(grouped, 2)
    # Two layers lack W_K and W_V, two heads of four numbers each, and the gain of the keys' norm.
    assert parameters_of(grouped) - parameters_of(shared) == 2 * (2 * 16 * 2 * 4 + 4)
    fewer = flops_per_token_forward(grouped, 5) - flops_per_token_forward(shared, 5)
    assert fewer == 2 * 2 * (2 * 16 * 2 * 4)
    parallel = replace(FOUR, block=ParallelBlockConfig())
    assert parameters_of(FOUR) - parameters_of(parallel) == 4 * 16
    one = [parameters_of(replace(FOUR, n_layer=1, ffn=ffn)) for ffn in (DENSE, EXPERTS)]
    assert parameters_of(FIRST_DENSE) == parameters_of(replace(FOUR, n_layer=3)) + 2 * (
        one[1] - one[0]
    )


def test_what_borrowing_layers_leave_out_of_the_cache_survives_cut_copy_and_forget() -> None:
    model, tokens = tiny_model(replace(SHARED, position=BASE.position)), some_tokens(2, 9)
    whole, cache = model(tokens), KVCache(12)
    model(tokens[:, :4], cache=cache)
    model(tokens[:, 5:7], cache=cache)  # a guess, taken back
    cache.cut(4)
    cache = cache.copy(rows=torch.tensor([1, 0]))
    rest = model(tokens[[1, 0], 4:], cache=cache)
    assert torch.allclose(rest, whole[[1, 0], 4:], rtol=1e-10, atol=1e-12)
    assert {layer for layer, _ in cache.store} == {0, 3}


# ---------------------------------------------------------------- attention over depth


@pytest.mark.parametrize(
    "block", [ParallelBlockConfig(), LayerPattern((ParallelBlockConfig(), SequentialBlockConfig()))]
)
def test_attention_over_depth_has_a_query_for_every_later_reading_of_any_block(block: Any) -> None:
    config = replace(FOUR, block=block, residual=AttentionResidualConfig())
    model, text = tiny_model(config), "7*8=56"
    n_parallel = sum(isinstance(x.block, ParallelBlockConfig) for x in config.layers)
    assert len(list(model.residual.parameters())) == 2 * 4 - n_parallel
    found = attribute(model, text)
    assert np.allclose(found.added.sum(0), found.logits, rtol=1e-10, atol=1e-12)


# ---------------------------------------------------------------- norms in the stream


@pytest.mark.parametrize(
    "block",
    [
        PostNormBlockConfig(),
        LayerPattern((PostNormBlockConfig(), SequentialBlockConfig())),
        LayerPattern((ParallelBlockConfig(), PostNormBlockConfig())),
    ],
)
def test_what_was_written_sums_to_the_stream_behind_norms_in_it(block: Any) -> None:
    model, text = tiny_model(replace(FOUR, block=block)), "7*8=56"
    book = notebook(model.requires_grad_(True), text)
    assert np.allclose(book.contribution.sum(0), book.last, rtol=1e-10, atol=1e-12)
    found = attribute(model, text)
    assert np.allclose(found.added.sum(0), found.logits, rtol=1e-10, atol=1e-12)


# ---------------------------------------------------------------- refusals


def test_what_does_not_fit_is_refused_with_both_values() -> None:
    heads = MultiHeadAttentionConfig(n_head=3, head_dim=4)
    wide = MultiHeadAttentionConfig(n_head=2, head_dim=6)
    latent = LatentAttentionConfig(3, 10, 7, 5, 4, 6)
    lone = replace(CROSS, n_kv_head=3)
    cases: list[tuple[Callable[[], object], str]] = [
        (
            lambda: replace(FOUR, attention=CROSS),
            "CrossLayer.* of layer 0 makes no keys.*there attention=None",
        ),
        (
            lambda: replace(FOUR, attention=LayerPattern((latent, CROSS))),
            "of layer 1 .*there attention=Latent",
        ),
        (
            lambda: replace(FOUR, attention=LayerPattern((GROUPED, lone))),
            "kv_width=12 of layer 1 .*8 of layer 0",
        ),
        (
            lambda: replace(FOUR, attention=LayerPattern((wide, CROSS)), position=BASE.position),
            "head_dim=4 of layer 1 .*6 of layer 0",
        ),
        (
            lambda: replace(FOUR, attention=LayerPattern((heads, wide))),
            "rotated_dim must be one too; it is 4 in layer 0 and 6 in layer 1",
        ),
        (
            lambda: replace(
                FOUR, attention=LayerPattern((heads, wide)), position=ALiBiPositionsConfig()
            ),
            "n_head must be one too; it is 3 in layer 0 and 2",
        ),
        (
            lambda: replace(FOUR, block=PostNormBlockConfig(), residual=AttentionResidualConfig()),
            "residual=Attention.*block=PostNorm.* of layer 0 norms .* at resid_mid and resid_post: "
            "allowed .* residual=Plain",
        ),
        (
            lambda: replace(
                FOUR,
                block=LayerPattern((SequentialBlockConfig(), PostNormBlockConfig())),
                residual=BlockAttentionResidualConfig(),
            ),
            "residual=BlockAttention.*block=PostNorm.* of layer 1 norms",
        ),
        (lambda: replace(FOUR, ffn=LayerPattern(())), "needs at least one choice"),
        (lambda: replace(FOUR, ffn=LayerPattern((heads,))), "ffn=.* is not one of DenseFFNConfig"),  # pyright: ignore
        (
            lambda: replace(FOUR, position=LayerPattern((ROTARY,))),
            "position=.* is not one of Learned",
        ),  # pyright: ignore
        (
            lambda: GPTConfig.from_dict({"ffn": {"kind": "pattern", "then": 3}}),
            "ffn.then=3 must be a list",
        ),
        (lambda: GPTConfig.from_dict({"ffn": {"kind": "pattern"}}), "LayerPattern lacks then"),
        (
            lambda: GPTConfig.from_dict({"kernel": {"kind": "pattern", "then": []}}),
            "kernel.kind='pattern' is not known",
        ),
    ]
    for make, said in cases:
        with pytest.raises(ValueError, match=said):
            make()


def test_a_missing_activation_is_refused_by_a_sentence_with_layer_and_part() -> None:
    model, text = tiny_model(SHARED), decode(some_tokens(1, 6)[0].tolist())
    said = (
        r"layer 1 \(block sequential, attention cross_layer, ffn dense\) never forms '(k|rot_k)'; "
        "of all layers these do: 0, 3"
    )
    cases: list[Callable[[], object]] = [
        lambda: read(
            model, some_tokens(1, 4), trace=Trace(edits=[Edit("k", torch.zeros_like, layer=1)])
        ),
        lambda: head_gradient(model, "7*8=56", 1, 0),
        lambda: queries_keys_values(model, text),
        lambda: model.require_formed("k", 1),
    ]
    for reads in cases:
        with pytest.raises(ValueError, match=said):
            reads()
    experts = tiny_model(FIRST_DENSE)
    with pytest.raises(ValueError, match=r"layer 0 .*ffn dense\) never forms 'expert_index'"):
        experts.require_formed("expert_index", 0)
    with pytest.raises(ValueError, match="of layer 1 is not two matrices with relu2 between"):
        ffn_in_numpy(experts, "7*8=", 1)
    with pytest.raises(ValueError, match="never forms 'ffn_norm'"):
        ffn_in_numpy(tiny_model(replace(BASE, block=ParallelBlockConfig())), "7*8=", 1)


def test_readers_take_the_layers_that_form_what_they_read() -> None:
    model = tiny_model(FIRST_DENSE)
    assert choices(model, "7*8=56").shape == (2, 1, 6, 2)
    shared = tiny_model(replace(SHARED, attention=LayerPattern((GROUPED, CROSS))))
    turned = read_as(shared, "interleaved", rows=[0, 2, 1, 3])
    assert all(
        hasattr(block.attention, "wk") == (n % 2 == 0) for n, block in enumerate(blocks_of(turned))
    )
    with pytest.raises(ValueError, match=r"layer 0 .*latent.* has no W_Q"):
        read_as(
            tiny_model(replace(FOUR, attention=LatentAttentionConfig(3, 10, 7, 5, 4, 6))),
            "interleaved",
            rows=[0, 2, 1, 3],
        )


def test_a_configuration_says_its_layers() -> None:
    kinds = [layer.kinds for layer in FIRST_DENSE.layers]
    assert [re.findall(r"ffn (\w+)", said) for said in kinds] == [
        ["dense"],
        ["mixture_of_experts"],
        ["mixture_of_experts"],
    ]
    assert [SHARED.layers[i].attention for i in range(4)] == [GROUPED, CROSS, CROSS, GROUPED]
    assert GPTConfig().layers[3].attention == GPTConfig().attention
