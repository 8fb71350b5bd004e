"""What a model costs, summed from what its parts say of themselves; the unit is in the name."""

from __future__ import annotations

from typing import cast

from lab.model.config import GPTConfig
from lab.model.gpt import GPT, Block
from lab.model.roles import roles


def parameters(model: GPT) -> dict[str, int]:
    """Numbers in each part of the model; they sum to all of them."""
    blocks = [cast(Block, block) for block in model.blocks]
    of = roles(model)
    norms = {id(p): p.numel() for name, p in model.named_parameters() if of[name] == "gain"}
    parts = {
        "embedding": [model.embed],
        "positions": [model.position],
        "attention": [block.attention for block in blocks],
        "ffn": [block.ffn for block in blocks],
        "unembedding": [model.unembed],
    }
    out = {
        name: sum(p.numel() for m in modules for p in m.parameters() if id(p) not in norms)
        for name, modules in parts.items()
    }
    return {**out, "norms": sum(norms.values())}


def parameters_of(config: GPTConfig) -> int:
    """All numbers of the model that `config` describes, without building it."""
    block = config.attention.parameters(config) + config.ffn.parameters(config) + 2 * config.d_model
    tables = 2 * config.vocab_size * config.d_model + config.position.parameters(config)
    return tables + config.n_layer * block + config.d_model


def flops_per_token_forward(config: GPTConfig, n_seen: int) -> int:
    """Multiplications and additions of one token that attends to `n_seen` tokens.

    Two for every weight of every matrix that it meets, and those of scores and mix; norms, softmax
    and activations, under 2% here, are not counted, nor the further products that clipped
    distances take.
    """
    per_layer = config.attention.flops(config, n_seen) + config.ffn.flops(config)
    return config.n_layer * per_layer + 2 * config.d_model * config.vocab_size


def cache_bytes_per_token(config: GPTConfig, bytes_per_number: int) -> int:
    """What all layers keep of one token."""
    return config.n_layer * config.attention.cached_numbers * bytes_per_number
