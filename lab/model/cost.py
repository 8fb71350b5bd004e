"""What a model costs, summed from what its parts say of themselves; the unit is in the name."""

from __future__ import annotations

from lab.model.config import GPTConfig, LayerConfig, MixtureOfExpertsConfig
from lab.model.gpt import GPT
from lab.model.roles import roles


def parameters(model: GPT) -> dict[str, int]:
    """Numbers in each part of the model; they sum to all of them."""
    of = roles(model)
    norms = {id(p): p.numel() for name, p in model.named_parameters() if of[name] == "gain"}
    parts = {
        "embedding": [model.embed],
        "positions": [model.position],
        "attention": [block.attention for block in model.blocks],
        "ffn": [block.ffn for block in model.blocks],
        "residual": [model.residual],
        "unembedding": [model.unembed],
    }
    out = {
        name: sum(p.numel() for m in modules for p in m.parameters() if id(p) not in norms)
        for name, modules in parts.items()
    }
    if out["residual"] == 0:  # a plain sum
        del out["residual"]
    return {**out, "norms": sum(norms.values())}


def parameters_of(config: GPTConfig) -> int:
    """All numbers of the model that `config` describes, without building it."""
    tables = 2 * config.vocab_size * config.d_model + config.position.parameters(config)
    layers = sum(layer_parameters(layer) for layer in config.layers)
    return tables + layers + config.residual.parameters(config) + config.d_model


def layer_parameters(layer: LayerConfig) -> int:
    """All numbers of one layer, its norms among them."""
    return sum(part.parameters(layer) for part in (layer.block, layer.attention, layer.ffn))


def active_parameters_of(config: GPTConfig) -> int:
    """Numbers that one token meets: all but those of the experts that it is not sent to."""
    return parameters_of(config) - sum(unmet_parameters(layer) for layer in config.layers)


def unmet_parameters(layer: LayerConfig) -> int:
    """Numbers of the experts of a layer that one token is not sent to."""
    ffn = layer.ffn
    if not isinstance(ffn, MixtureOfExpertsConfig):
        return 0
    return ffn.parameters(layer) - ffn.active_parameters(layer)


def flops_per_token_forward(config: GPTConfig, n_seen: int) -> int:
    """Multiplications and additions of one token that attends to `n_seen` tokens.

    Two for every weight of every matrix that it meets, and those of scores and mix; norms, softmax,
    turns and activations, under 2% here, are not counted.
    """
    layers = sum(x.attention.flops(x, n_seen) + x.ffn.flops(x) for x in config.layers)
    # The embedding costs nothing: a row is looked up, and not multiplied.
    return layers + config.residual.flops(config) + 2 * config.d_model * config.vocab_size


def prefill_flops(config: GPTConfig, n_token: int) -> int:
    """Operations of reading a text of `n_token` at once; scores that the mask hides are formed."""
    return n_token * flops_per_token_forward(config, n_token)


def step_flops(config: GPTConfig, n_token: int, *, cached: bool) -> int:
    """Operations of the step that reads the last of `n_token` tokens, or without a cache all."""
    return flops_per_token_forward(config, n_token) if cached else prefill_flops(config, n_token)


def writing_flops(config: GPTConfig, n_prompt: int, n_token: int, *, cached: bool) -> int:
    """Operations of writing on from a prompt to a text of `n_token` tokens, the last one unread."""
    steps = range(n_prompt + 1, n_token)
    return prefill_flops(config, n_prompt) + sum(
        step_flops(config, n, cached=cached) for n in steps
    )


def cache_bytes_per_token(config: GPTConfig, bytes_per_number: int) -> int:
    """What all layers keep of one token."""
    numbers = sum(layer.attention.cached_numbers(layer) for layer in config.layers)
    return numbers * bytes_per_number


def matrix_bytes(config: GPTConfig, bytes_per_number: int) -> int:
    """All weights that every forward reads: not the tables, of which it reads a row a token."""
    layers = sum(x.attention.parameters(x) + x.ffn.parameters(x) for x in config.layers)
    return bytes_per_number * (layers + config.d_model * config.vocab_size)


def forward_bytes(
    config: GPTConfig, n_token: int, *, batch: int = 1, bytes_per_number: int = 4
) -> int:
    """Bytes that one forward must move: all matrices once, and the cache of every row once.

    `n_token` are those of each row, the newest among them: read from the cache, or written to it.
    Activations, which a processor keeps near, are not counted, nor the gains of norms.
    """
    kept = cache_bytes_per_token(config, bytes_per_number)
    return matrix_bytes(config, bytes_per_number) + batch * n_token * kept
