"""Is our latent attention the published one? Logits beside those of transformers' DeepSeek-V3, in
both forms and for whole texts as well as with a cache, the weights the same random ones.

Its queries and keys turn interleaved pairs, its latents and experts stand in joined matrices.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import torch

from lab.experiments.sweep import Cell
from lab.model.cache import KVCache
from lab.model.config import (
    AbsorbedLatentAttentionConfig,
    GPTConfig,
    LatentAttentionConfig,
    MixtureOfExpertsConfig,
    RotaryPositionsConfig,
)
from lab.model.gpt import GPT

N_TEXT, LENGTH, PROMPT = 3, 13, 6
"""Random texts, and how many tokens of each are read at once before the cache serves."""

CONFIGS: dict[str, GPTConfig] = {
    "small": GPTConfig(
        n_layer=2,
        d_model=24,
        position=RotaryPositionsConfig(100.0, "interleaved"),
        attention=LatentAttentionConfig(3, 11, 9, 6, 4, 5),
        ffn=MixtureOfExpertsConfig(10, 6, 2, activation="swiglu"),
    ),
    "grouped": GPTConfig(
        n_layer=3,
        d_model=20,
        position=RotaryPositionsConfig(10_000.0, "interleaved"),
        attention=LatentAttentionConfig(2, 16, 12, 8, 8, 8),
        ffn=MixtureOfExpertsConfig(
            moe_intermediate_size=7,
            n_routed_experts=8,
            num_experts_per_tok=3,
            n_shared_experts=2,
            n_group=4,
            topk_group=2,
            routed_scaling_factor=2.5,
            activation="swiglu",
        ),
    ),
    "absorbed": GPTConfig(
        n_layer=1,
        d_model=32,
        position=RotaryPositionsConfig(100.0, "interleaved"),
        attention=AbsorbedLatentAttentionConfig(4, 20, 8, 8, 4, 8),
        ffn=MixtureOfExpertsConfig(12, 4, 1, routed_scaling_factor=1.5, activation="swiglu"),
    ),
}
"""All that their class can be: its FFN is gated, its positions turn neighbours."""


def blocks_of(model: GPT) -> list[Any]:
    return list(model.blocks)


def ours_of(config: GPTConfig) -> GPT:
    """Random everywhere, biases of the routers too, so that they change choices."""
    model, generator = GPT(config).eval(), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in model.parameters():
            spread = 0.2 if parameter.ndim == 1 else parameter.shape[1] ** -0.5
            parameter.normal_(float(parameter.ndim == 1), spread, generator=generator)
        for buffer in model.buffers():
            buffer.normal_(std=0.3, generator=generator)
    return model.requires_grad_(False)


def theirs_of(config: GPTConfig) -> Any:
    """`ValueError` without transformers."""
    try:
        their: Any = import_module("transformers")
    except ModuleNotFoundError:
        raise ValueError("transformers is not installed: pip install -e '.[parity]'") from None
    attention, ffn, position = config.attention, config.ffn, config.position
    assert isinstance(attention, LatentAttentionConfig) and isinstance(ffn, MixtureOfExpertsConfig)
    assert isinstance(position, RotaryPositionsConfig)
    sizes: dict[str, Any] = {
        name: getattr(attention, name)
        for name in (
            *("q_lora_rank", "kv_lora_rank"),
            *("qk_nope_head_dim", "qk_rope_head_dim", "v_head_dim"),
        )
    }
    sizes |= {
        name: getattr(ffn, name)
        for name in (
            *("moe_intermediate_size", "n_routed_experts", "num_experts_per_tok"),
            *("n_shared_experts", "n_group", "topk_group", "routed_scaling_factor"),
        )
    }
    return their.DeepseekV3ForCausalLM(
        their.DeepseekV3Config(
            **sizes,
            vocab_size=config.vocab_size,
            hidden_size=config.d_model,
            intermediate_size=8,
            num_hidden_layers=config.n_layer,
            num_attention_heads=attention.n_head,
            num_key_value_heads=attention.n_head,
            first_k_dense_replace=0,
            rms_norm_eps=config.norm_eps,
            rope_parameters={"rope_type": "default", "rope_theta": position.base},
            pad_token_id=None,
            bos_token_id=None,
            eos_token_id=None,
            attn_implementation="eager",
            experts_implementation="eager",
        )
    ).eval()


def as_theirs(model: GPT) -> dict[str, torch.Tensor]:
    """Our weights under their names: what we keep apart joined, heads first."""
    own = model.state_dict()
    out = {
        "model.embed_tokens.weight": own["embed.weight"],
        "model.norm.weight": own["final_norm.gain"],
        "lm_head.weight": own["unembed.weight"],
    }
    for layer, block in enumerate(blocks_of(model)):
        attention, ffn = (f"model.layers.{layer}.{part}" for part in ("self_attn", "mlp"))
        n_head, n_expert = int(block.attention.n_head), int(block.ffn.n_expert)

        def of(name: str, layer: int = layer) -> torch.Tensor:
            return own[f"blocks.{layer}.{name}"]

        def joined(one: str, other: str, n: int = n_head) -> torch.Tensor:
            parts = [of(f"attention.{name}.weight").unflatten(0, (n, -1)) for name in (one, other)]
            return torch.cat(parts, dim=1).flatten(0, 1)

        def experts(name: str, n: int = n_expert) -> torch.Tensor:
            return of(f"ffn.{name}.weight").unflatten(0, (n, -1))

        down = [of(f"attention.{name}.weight") for name in ("w_dkv", "w_kr")]
        out |= {
            f"model.layers.{layer}.input_layernorm.weight": of("attn_norm.gain"),
            f"model.layers.{layer}.post_attention_layernorm.weight": of("ffn_norm.gain"),
            f"{attention}.q_a_proj.weight": of("attention.w_dq.weight"),
            f"{attention}.q_a_layernorm.weight": of("attention.q_norm.gain"),
            f"{attention}.q_b_proj.weight": joined("w_uq", "w_qr"),
            f"{attention}.kv_a_proj_with_mqa.weight": torch.cat(down),
            f"{attention}.kv_a_layernorm.weight": of("attention.kv_norm.gain"),
            f"{attention}.kv_b_proj.weight": joined("w_uk", "w_uv"),
            f"{attention}.o_proj.weight": of("attention.wo.weight"),
            f"{ffn}.gate.weight": of("ffn.router.weight"),
            f"{ffn}.gate.e_score_correction_bias": of("ffn.bias"),
            f"{ffn}.experts.gate_up_proj": torch.cat([experts("w_gate"), experts("w_in")], dim=1),
            f"{ffn}.experts.down_proj": torch.stack(of("ffn.w_out.weight").chunk(n_expert, dim=1)),
            f"{ffn}.shared_experts.gate_proj.weight": of("ffn.shared.w_gate.weight"),
            f"{ffn}.shared_experts.up_proj.weight": of("ffn.shared.w_in.weight"),
            f"{ffn}.shared_experts.down_proj.weight": of("ffn.shared.w_out.weight"),
        }
    return out


def off(got: torch.Tensor, expected: torch.Tensor) -> float:
    return float((got - expected).abs().max() / expected.abs().max())


def pair_of(name: str) -> tuple[GPT, Any]:
    """Ours and theirs, of the same weights."""
    ours, theirs = ours_of(CONFIGS[name]), theirs_of(CONFIGS[name])
    missing, unexpected = theirs.load_state_dict(as_theirs(ours), strict=False)
    if missing or unexpected:
        raise ValueError(f"weights do not match: {missing} missing, {unexpected} unexpected")
    return ours, theirs


def tokens_of_texts() -> torch.Tensor:
    return torch.randint(16, (N_TEXT, LENGTH), generator=torch.Generator().manual_seed(1))


def parity_cells() -> list[Cell]:
    return [{"config": name} for name in CONFIGS]


def measure_parity(cell: Cell) -> dict[str, Any]:
    """The largest difference of a logit, as a share of the largest logit, of `n` logits."""
    ours, theirs = pair_of(cell["config"])
    tokens = tokens_of_texts()
    with torch.no_grad():
        expected = theirs(tokens).logits
    return {
        "n": expected.numel(),
        "whole": off(ours(tokens), expected),
        "cached": max(cached_off(ours, theirs, tokens)),
        "seeds": [0],
        "sample": {"drawn": "generator", "of": "texts of random tokens", "n": N_TEXT, "seed": 1},
    }


def cached_off(ours: GPT, theirs: Any, tokens: torch.Tensor) -> list[float]:
    """The difference at every step of decoding with a cache."""
    cache, kept, found = KVCache(LENGTH), None, list[float]()
    steps = [slice(0, PROMPT), *(slice(t, t + 1) for t in range(PROMPT, LENGTH))]
    for some in steps:
        with torch.no_grad():
            answer = theirs(tokens[:, some], past_key_values=kept, use_cache=True)
        kept = answer.past_key_values
        found.append(off(ours(tokens[:, some], cache=cache), answer.logits))
    return found
