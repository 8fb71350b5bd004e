"""lab.model.attention.mla: latents, made into keys and values or never; two forms, one function."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tiny import BASE, LATENT, SAMPLES, blocks_of, failures, read, some_tokens, tiny_model

from lab.data.position_ids import position_ids
from lab.model.cache import KVCache
from lab.model.config import (
    AbsorbedLatentAttentionConfig,
    GPTConfig,
    LatentAttentionConfig,
    PositionConfig,
    RotaryPositionsConfig,
)
from lab.model.gpt import GPT, rebuilt
from lab.model.trace import Trace
from lab.published.cache_size import Latent

KEPT = replace(BASE, attention=LatentAttentionConfig(**LATENT))
ABSORBED = replace(BASE, attention=AbsorbedLatentAttentionConfig(**LATENT))


def placed(config: GPTConfig, position: PositionConfig) -> GPT:
    return tiny_model(replace(config, position=position))


@pytest.mark.parametrize("position", SAMPLES["position"].values(), ids=SAMPLES["position"])
def test_both_forms_are_one_function_of_the_same_weights(position: PositionConfig) -> None:
    made = placed(KEPT, position)
    absorbed = rebuilt(made, replace(ABSORBED, position=position))
    tokens = some_tokens(2, 11)
    whole = read(made, tokens)
    assert torch.allclose(read(absorbed, tokens), whole, rtol=0, atol=1e-10)
    cache, ids = KVCache(11), position_ids(tokens, position.n_axis)
    steps = (slice(0, 5), *(slice(t, t + 1) for t in range(5, 11)))
    parts = [absorbed(tokens[:, s], positions=ids[:, s], cache=cache) for s in steps]
    assert torch.allclose(torch.cat(parts, dim=1), whole, rtol=0, atol=1e-10)


def test_a_head_is_what_the_equations_say() -> None:
    """Number by number in NumPy, with rotations as complex numbers."""
    config = replace(KEPT, n_layer=1, position=RotaryPositionsConfig(100.0, "interleaved"))
    model, tokens = tiny_model(config), some_tokens(1, 6)
    trace = Trace(["attn_norm", "z"])
    read(model, tokens, trace=trace)
    x, z = (trace[f"blocks.0.{name}"][0].numpy() for name in ("attn_norm", "z"))
    w = {n: p.numpy() for n, p in blocks_of(model)[0].attention.named_parameters()}

    def norm(v: Any, gain: Any) -> Any:
        return v / np.sqrt((v**2).mean() + config.norm_eps) * gain

    def turned(v: Any, place: int) -> Any:
        speeds = 100.0 ** (-np.arange(0, 4, 2) / 4)
        pairs = (v[0::2] + 1j * v[1::2]) * np.exp(1j * place * speeds)
        return np.stack([pairs.real, pairs.imag], axis=-1).ravel()

    c_q = [norm(w["w_dq.weight"] @ v, w["q_norm.gain"]) for v in x]
    c = [norm(w["w_dkv.weight"] @ v, w["kv_norm.gain"]) for v in x]
    k_rope = [turned(w["w_kr.weight"] @ v, s) for s, v in enumerate(x)]
    for head in range(3):
        nope, rope, value = (slice(n * head, n * head + n) for n in (5, 4, 6))
        for t in range(6):
            q = w["w_uq.weight"][nope] @ c_q[t]
            q_rope = turned(w["w_qr.weight"][rope] @ c_q[t], t)
            keys = [w["w_uk.weight"][nope] @ c[s] for s in range(t + 1)]
            scores = np.array([(q @ keys[s] + q_rope @ k_rope[s]) / 3 for s in range(t + 1)])
            share = np.exp(scores) / np.exp(scores).sum()
            mix = sum(share[s] * (w["w_uv.weight"][value] @ c[s]) for s in range(t + 1))
            assert np.allclose(z[head, t], mix, rtol=1e-10)


def test_the_absorbed_cache_holds_a_latent_and_one_turned_key_a_token_and_layer() -> None:
    numbers = Latent(**LATENT).numbers
    assert numbers == 7 + 4
    for config, each in ((ABSORBED, numbers), (KEPT, 3 * (5 + 6) + 4)):
        config = replace(config, position=RotaryPositionsConfig(100.0))
        cache = KVCache(20)
        read(tiny_model(config), some_tokens(2, 9), cache=cache)
        assert cache.bytes_held == 8 * 2 * 9 * config.n_layer * each
        assert config.layers[0].attention.cached_numbers(config.layers[0]) == each


def test_positions_touch_nothing_but_the_part_that_is_theirs() -> None:
    """Moved as a whole, a text scores as before; its queries and keys apart from `rot_` too."""
    model, tokens = placed(ABSORBED, RotaryPositionsConfig(100.0)), some_tokens(1, 7)
    here, there = Trace(model.emits), Trace(model.emits)
    model(tokens, positions=torch.arange(7), trace=here)
    model(tokens, positions=torch.arange(7) + 40, trace=there)
    assert torch.allclose(here["blocks.0.scores"], there["blocks.0.scores"], rtol=0, atol=1e-10)
    for name in ("q", "q_rope", "c_kv", "k_rope"):
        assert torch.equal(here[f"blocks.0.{name}"], there[f"blocks.0.{name}"])
    for name in ("rot_q", "rot_k"):
        assert not torch.allclose(here[f"blocks.0.{name}"], there[f"blocks.0.{name}"], atol=1e-2)


def test_sizes_that_do_not_fit_are_refused_by_name() -> None:
    def holds(changed: dict[str, int], words: str) -> None:
        small = {"n_head": 3, "q_lora_rank": 9} | changed
        with pytest.raises(ValueError, match=words):
            replace(
                BASE,
                position=RotaryPositionsConfig(),
                attention=LatentAttentionConfig(**{**LATENT, **small}),
            )

    cases = [
        ({"kv_lora_rank": 17}, r"kv_lora_rank=17 .*d_model=16 .*allowed are 1 to 16"),
        ({"q_lora_rank": 17}, r"q_lora_rank=17 .*allowed are 1 to 16"),
        (
            {"n_head": 1, "kv_lora_rank": 12},
            r"kv_lora_rank=12 .*11 are made.*allowed are 1 to 11",
        ),
        ({"kv_lora_rank": 0}, r"attention\.kv_lora_rank=0"),
        ({"qk_rope_head_dim": 3}, r"head_dim=3 must be even"),
    ]
    assert failures(holds, cases) == []


def test_sizes_of_one_head_are_asked_of_no_latent_attention() -> None:
    with pytest.raises(ValueError, match=r"LatentAttentionConfig\(n_head=3.*several sizes"):
        _ = KEPT.heads
    assert BASE.heads == BASE.attention
