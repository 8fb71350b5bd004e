"""Networks that choose what they read of earlier layers, beside one that sums them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal, get_args

from lab.model.config import (
    AttentionResidualConfig,
    BlockAttentionResidualConfig,
    CoupledRotaryPositionsConfig,
    DenseFFNConfig,
    GPTConfig,
    MultiHeadAttentionConfig,
    PlainResidualConfig,
    ResidualConfig,
)
from lab.recipes.chain_of_thought import FULL_SIZE
from lab.recipes.reach import SLOW_BASE, sums_up_to
from lab.training.recipe import Recipe

Arm = Literal["plain", "full", "block"]
ARMS: tuple[Arm, ...] = get_args(Arm)

N_GROUP = 3
"""Groups of layers whose contributions are summed, whatever the depth."""


def twin(depth: int) -> GPTConfig:
    """A small network of so many layers, 96 numbers wide."""
    return GPTConfig(
        n_layer=depth,
        d_model=96,
        position=CoupledRotaryPositionsConfig(SLOW_BASE),
        attention=MultiHeadAttentionConfig(n_head=4, head_dim=24),
        ffn=DenseFFNConfig(d_ff=384),
    )


def full_size() -> GPTConfig:
    return replace(FULL_SIZE, position=CoupledRotaryPositionsConfig(SLOW_BASE))


def residual_of(arm: Arm, n_layer: int) -> ResidualConfig:
    match arm:
        case "plain":
            return PlainResidualConfig()
        case "full":
            return AttentionResidualConfig()
        case "block":
            return BlockAttentionResidualConfig(max(1, n_layer // N_GROUP))


def with_arm(network: GPTConfig, arm: Arm) -> GPTConfig:
    """A network with these residual connections, and exactly as many parameters in every arm.

    Two queries a layer are 2 D numbers, and so is one more neuron of an FFN, which the plain arm
    gets.
    """
    more, ffn = (1 if arm == "plain" else 0), network.ffn
    assert isinstance(ffn, DenseFFNConfig)
    return replace(
        network,
        residual=residual_of(arm, network.n_layer),
        ffn=replace(ffn, d_ff=ffn.d_ff + more),
    )


# ---------------------------------------------------------------- the runs

RATE = 2e-3


def on_sums(name: str, model: GPTConfig, steps: int) -> Recipe:
    """Problems of up to 3 x 3 digits, the rate falling at the end."""
    return Recipe(
        name=name,
        model=model,
        data=sums_up_to(3),
        steps=steps,
        batch_size=32,
        rate=RATE,
        muon_rate=5 * RATE,
        precision="fp32",
    )


def attention_residuals() -> Recipe:
    """Three groups of two layers: 4.7M parameters."""
    return at_full_size("attention_residuals", "block")


def at_full_size(name: str, arm: Arm) -> Recipe:
    return on_sums(name, with_arm(full_size(), arm), 800)


def attention_residuals_small() -> Recipe:
    """The twin of six layers, in the full form."""
    return on_sums("attention_residuals_small", with_arm(twin(6), "full"), 1200)


LIVE: dict[str, Any] = {"n_layer": 4, "d_model": 64, "steps": 300}
"""The settings of the race on the page."""
