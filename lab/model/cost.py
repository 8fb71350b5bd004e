"""What a model costs, counted from its configuration; the unit is in the name."""

from __future__ import annotations

from lab.model.config import GPTConfig, LearnedPositions
from lab.model.gpt import GPT


def parameters(model: GPT) -> dict[str, int]:
    """Numbers in each part of the model; they sum to all of them."""
    out = {"embedding": 0, "positions": 0, "attention": 0, "ffn": 0, "norms": 0, "unembedding": 0}
    for name, parameter in model.named_parameters():
        out[part_of(name)] += parameter.numel()
    return out


def part_of(name: str) -> str:
    if "norm" in name:
        return "norms"
    for key in ("attention", "ffn"):
        if f".{key}." in name:
            return key
    return {"embed": "embedding", "position": "positions", "unembed": "unembedding"}[
        name.split(".")[0]
    ]


def parameters_of(config: GPTConfig) -> int:
    """All numbers of the model that `config` describes, without building it."""
    d, width = config.d_model, config.attention.n_head * config.attention.head_dim
    gated = config.ffn.activation == "swiglu"
    ffn = d * (config.ffn.d_ff * 2 // 3) * 3 if gated else d * config.ffn.d_ff * 2
    qk_gains = 2 * config.attention.head_dim if config.attention.qk_norm else 0
    per_layer = 4 * d * width + qk_gains + ffn + 2 * d
    positions = (longest_text(config) or 0) * d
    return 2 * config.vocab_size * d + positions + config.n_layer * per_layer + d


def flops_per_token_forward(config: GPTConfig, n_seen: int) -> int:
    """Multiplications and additions of one token that attends to `n_seen` tokens.

    Two for every weight of every matrix, and 4 n_seen (H Dk) a layer for scores and mix; norms,
    softmax and activations, under 2% here, are not counted, nor the further products that clipped
    distances take.
    """
    width = config.attention.n_head * config.attention.head_dim
    gated = config.ffn.activation == "swiglu"
    hidden = (config.ffn.d_ff * 2 // 3) * 3 if gated else config.ffn.d_ff * 2
    matrices = config.d_model * (4 * width + hidden)
    per_layer = 2 * matrices + 4 * n_seen * width
    return config.n_layer * per_layer + 2 * config.d_model * config.vocab_size


def cache_bytes_per_token(config: GPTConfig, bytes_per_number: int) -> int:
    """Keys and values of one token in all layers: 2 n_layer H Dk numbers."""
    return (
        2 * config.n_layer * config.attention.n_head * config.attention.head_dim * bytes_per_number
    )


def longest_text(config: GPTConfig) -> int | None:
    """Tokens a model can read at most; None where positions have no end."""
    return config.position.max_length if isinstance(config.position, LearnedPositions) else None
