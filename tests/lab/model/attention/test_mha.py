"""lab.model.attention.mha against torch.nn.MultiheadAttention with the same matrices."""

from dataclasses import replace

import pytest
import torch
from tiny import BASE, blocks_of, some_tokens, tiny_model

from lab.model.attention.kernels import math_attention
from lab.model.attention.mha import Heads
from lab.model.cache import NO_CACHE, KVCache
from lab.model.call import Call, Slots
from lab.model.config import GroupedQueryAttentionConfig, MultiHeadAttentionConfig
from lab.model.positions import Relation
from lab.model.trace import NO_TRACE, Trace


def test_grouped_queries_are_heads_that_share_copies_of_one_key() -> None:
    """Multi-head attention with each key head written out once a query head says the same."""
    grouped = GroupedQueryAttentionConfig(n_head=6, head_dim=4, n_kv_head=2)
    model = tiny_model(replace(BASE, attention=grouped))
    whole = tiny_model(replace(BASE, attention=MultiHeadAttentionConfig(n_head=6, head_dim=4)))
    copied = {
        name: weight.unflatten(0, (2, 4)).repeat_interleave(3, dim=0).flatten(0, 1)
        if name.endswith(("wk.weight", "wv.weight"))
        else weight
        for name, weight in model.state_dict().items()
    }
    whole.load_state_dict(copied)
    tokens = some_tokens(2, 9)
    assert torch.allclose(model(tokens), whole(tokens), rtol=1e-12)
    assert not torch.allclose(model(tokens), tiny_model(model.config, seed=1)(tokens), rtol=1e-2)


@pytest.mark.parametrize("n_kv_head", [1, 3])
def test_keys_with_a_norm_are_cached_as_they_are_scored(n_kv_head: int) -> None:
    """One key for all heads, or one for each: the cover of `tiny.py` has groups of two."""
    attention = GroupedQueryAttentionConfig(n_head=3, head_dim=4, n_kv_head=n_kv_head, qk_norm=True)
    model, tokens = tiny_model(replace(BASE, attention=attention)), some_tokens(2, 9)
    cache, trace = KVCache(9), Trace(["k"])
    parts = [model(tokens[:, t : t + 1], cache=cache) for t in range(9)]
    assert torch.allclose(torch.cat(parts, dim=1), model(tokens, trace=trace), rtol=1e-10)
    k, gain = trace["blocks.0.k"], blocks_of(model)[0].attention.k_norm.gain
    assert k.shape[1] == n_kv_head
    assert torch.allclose(
        (k / gain).square().mean(-1), torch.ones(2, n_kv_head, 9).double(), atol=1e-4
    )


def test_groups_must_be_of_one_size() -> None:
    with pytest.raises(ValueError, match=r"n_head=6 must be a multiple of attention\.n_kv_head=4"):
        GroupedQueryAttentionConfig(n_head=6, n_kv_head=4)


def test_multi_head_attention_is_torchs() -> None:
    config = BASE.heads
    width = config.n_head * config.head_dim  # torch knows no width but that of its input
    model = tiny_model(BASE.__class__(n_layer=1, d_model=width, attention=config, ffn=BASE.ffn))
    ours = blocks_of(model)[0].attention
    theirs = torch.nn.MultiheadAttention(
        width, config.n_head, bias=False, batch_first=True
    ).double()
    with torch.no_grad():
        theirs.in_proj_weight.copy_(
            torch.cat([ours.wq.weight, ours.wk.weight, ours.wv.weight])  # pyright: ignore
        )
        theirs.out_proj.weight.copy_(ours.wo.weight)  # pyright: ignore
    x = torch.randn(2, 5, width, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    mask = torch.ones(5, 5, dtype=torch.bool).triu(1)
    expected, _ = theirs(x, x, x, attn_mask=mask)
    at = torch.arange(5)[None]
    got, _ = ours(x, Call(Slots(), Relation(model.position, at, at), NO_CACHE, NO_TRACE))
    assert torch.allclose(got, expected, rtol=1e-10, atol=1e-12)


def test_an_attention_that_does_not_say_what_it_emits_is_not_built() -> None:
    with pytest.raises(TypeError, match=r"abstract method '?emits"):
        Heads(2, 4, math_attention)  # pyright: ignore
