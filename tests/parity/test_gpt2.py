"""The peer that is written out here against GPT-2 of transformers: the extra `parity`."""

from typing import Any

import pytest
import torch

from lab.experiments.nano_gpt import NanoGPT
from lab.model.config import DenseFFNConfig, GPTConfig, MultiHeadAttentionConfig

transformers: Any = pytest.importorskip(
    "transformers", reason="transformers is not installed (pip install -e '.[parity]')"
)

LONGEST = 20
CONFIG = GPTConfig(
    n_layer=2,
    d_model=16,
    attention=MultiHeadAttentionConfig(n_head=4, head_dim=4),
    ffn=DenseFFNConfig(d_ff=30),
)


def test_it_computes_what_transformers_gpt2_computes() -> None:
    """By a GELU of the same form; queries, keys and values lie there in one matrix as well."""
    config = transformers.GPT2Config(
        vocab_size=16,
        n_positions=LONGEST,
        n_embd=CONFIG.d_model,
        n_layer=CONFIG.n_layer,
        n_head=4,
        n_inner=30,
        activation_function="gelu",
        bos_token_id=None,
        eos_token_id=None,
    )
    ours = NanoGPT(CONFIG, LONGEST).eval()
    theirs = transformers.GPT2LMHeadModel(config).eval()
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in ours.parameters():
            parameter.normal_(std=0.3, generator=generator)
    own = ours.state_dict()
    named = {"wte.weight": own["embed.weight"], "wpe.weight": own["positions.weight"]}
    for which in ("weight", "bias"):
        named[f"ln_f.{which}"] = own[f"final_norm.{which}"]
        for layer in range(CONFIG.n_layer):
            for there, here in {
                "ln_1": "attention_norm",
                "ln_2": "ffn_norm",
                "attn.c_attn": "attention.qkv",
                "attn.c_proj": "attention.out",
                "mlp.c_fc": "ffn.0",
                "mlp.c_proj": "ffn.2",
            }.items():
                value = own[f"blocks.{layer}.{here}.{which}"]
                # transformers keeps the matrices of GPT-2 the other way round.
                named[f"h.{layer}.{there}.{which}"] = value.T if value.ndim == 2 else value
    theirs.transformer.load_state_dict(named)
    tokens = torch.randint(16, (3, 9), generator=generator)
    with torch.no_grad():
        expected = theirs(tokens).logits
        torch.testing.assert_close(ours(tokens), expected, rtol=1e-4, atol=1e-4)
