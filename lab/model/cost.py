"""What a model costs, summed from what its parts say of themselves; the unit is in the name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.model.config import GPTConfig, LayerConfig, MixtureOfExpertsConfig
from lab.model.roles import roles

if TYPE_CHECKING:  # a configuration has a cost before torch is there
    from lab.model.gpt import GPT


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
    return sum(parameters_by_part(config).values())


def parameters_by_part(config: GPTConfig) -> dict[str, int]:
    """As `parameters`, of the model that `config` describes, without building it."""
    table = config.vocab_size * config.d_model
    attention = sum(layer.attention.matrices(layer) for layer in config.layers)
    ffn = sum(layer.ffn.parameters(layer) for layer in config.layers)
    residual = config.residual.parameters(config)
    layers = sum(layer_parameters(layer) for layer in config.layers)
    return {
        "embedding": table,
        "positions": config.position.parameters(config),
        "attention": attention,
        "ffn": ffn,
        **({"residual": residual} if residual else {}),
        "unembedding": table,
        # What is no matrix of a layer is a gain; the last norm belongs to no layer.
        "norms": layers - attention - ffn + config.d_model,
    }


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
    return sum(flops_by_part(config, n_seen).values())


def flops_by_part(config: GPTConfig, n_seen: int) -> dict[str, int]:
    """What each part of the model adds to `flops_per_token_forward`."""
    residual = config.residual.flops(config)
    return {
        # The embedding costs nothing: a row is looked up, and not multiplied.
        "attention": sum(layer.attention.flops(layer, n_seen) for layer in config.layers),
        "ffn": sum(layer.ffn.flops(layer) for layer in config.layers),
        **({"residual": residual} if residual else {}),
        "unembedding": 2 * config.d_model * config.vocab_size,
    }


def training_flops(config: GPTConfig, n_text: int, n_token: int) -> int:
    """Of one step on so many texts: a forward, and a backward that multiplies twice as often."""
    return 3 * n_text * prefill_flops(config, n_token)


def kept_numbers(config: GPTConfig, n_token: int) -> int:
    """How many numbers the forward over one text keeps for its backward, within a factor of 2.

    A number that a matrix makes takes two operations for each of D inputs, so how many it makes
    follows from its operations; so does what a head multiplies for one score. Of the stream there
    are about five copies in a layer, and one or two of the scores.
    """
    numbers = 0
    for layer in config.layers:
        attention, scores = layer.attention, layer.attention.n_head * config.position.n_product
        of_matrices = attention.flops(layer, 0) + layer.ffn.flops(layer)
        of_heads = attention.flops(layer, 1) - attention.flops(layer, 0)
        numbers += of_matrices // (2 * config.d_model) + of_heads // 2
        numbers += 5 * config.d_model + 3 * scores * n_token // 2
    return n_token * numbers


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
