"""Our model against Hugging Face transformers with the same weights: the extra `parity`."""

from typing import Any

import pytest
import torch

from lab.model.config import (
    DenseFFNConfig,
    GPTConfig,
    MultiHeadAttentionConfig,
    RotaryPositionsConfig,
)
from lab.model.gpt import GPT

transformers = pytest.importorskip(
    "transformers", reason="transformers is not installed (pip install -e '.[parity]')"
)

NAMES = {
    "attention.wq": "self_attn.q_proj",
    "attention.wk": "self_attn.k_proj",
    "attention.wv": "self_attn.v_proj",
    "attention.wo": "self_attn.o_proj",
    "attention.q_norm": "self_attn.q_norm",
    "attention.k_norm": "self_attn.k_norm",
    "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm",
    "ffn.w_in": "mlp.up_proj",
    "ffn.w_gate": "mlp.gate_proj",
    "ffn.w_out": "mlp.down_proj",
}
OUTSIDE = {"embed": "model.embed_tokens", "final_norm": "model.norm", "unembed": "lm_head"}


def their_name(ours: str) -> str:
    path, leaf = ours.rsplit(".", 1)
    if path.startswith("blocks."):
        _, layer, rest = path.split(".", 2)
        path = f"model.layers.{layer}.{NAMES[rest]}"
    else:
        path = OUTSIDE[path]
    return f"{path}.weight" if leaf in ("weight", "gain") else f"{path}.{leaf}"


@pytest.mark.parametrize("qk_norm", [False, True], ids=["llama", "qwen3"])
def test_rotary_swiglu_is_the_published_architecture(qk_norm: bool) -> None:
    """Llama, and with qk_norm Qwen3: logits in float64, the same to rounding."""
    ours = GPT(
        GPTConfig(
            n_layer=2,
            d_model=24,
            position=RotaryPositionsConfig(base=100.0),
            attention=MultiHeadAttentionConfig(n_head=3, head_dim=8, qk_norm=qk_norm),
            ffn=DenseFFNConfig(d_ff=60, activation="swiglu"),
        )
    ).double()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter.normal_(std=0.5, generator=generator)
    sizes: dict[str, Any] = {
        **{"vocab_size": 16, "hidden_size": 24, "intermediate_size": 40, "head_dim": 8},
        **{"num_hidden_layers": 2, "num_attention_heads": 3, "num_key_value_heads": 3},
        **{"rms_norm_eps": 1e-6, "tie_word_embeddings": False, "attention_bias": False},
        "rope_theta": 100.0,  # transformers 4; from 5 on it is
        "rope_parameters": {"rope_type": "default", "rope_theta": 100.0},
        "attn_implementation": "eager",
    }
    if qk_norm:
        theirs = transformers.Qwen3ForCausalLM(transformers.Qwen3Config(**sizes))
    else:
        theirs = transformers.LlamaForCausalLM(transformers.LlamaConfig(**sizes))
    theirs = theirs.double().eval()
    weights = {their_name(name): p for name, p in ours.state_dict().items()}
    missing, unexpected = theirs.load_state_dict(weights, strict=False)
    assert not missing and not unexpected
    tokens = torch.randint(16, (2, 11), generator=generator)
    with torch.no_grad():
        expected, got = theirs(tokens).logits, ours(tokens)
    # Their rotary table and norms round to fp32 on the way.
    assert float((got - expected).abs().max() / expected.abs().max()) < 1e-5
