"""The runs of chapter 6: latent attention and a mixture of experts, beside what they replace."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from lab.model.config import (
    AbsorbedLatentAttentionConfig,
    AttentionConfig,
    ClippedCoupledRotaryPositionsConfig,
    CoupledRotaryPositionsConfig,
    DenseFFNConfig,
    FFNConfig,
    GPTConfig,
    LatentAttentionConfig,
    MixtureOfExpertsConfig,
    MultiHeadAttentionConfig,
)
from lab.recipes.reach import FAR, SLOW_BASE, far, sums_up_to
from lab.training.recipe import Recipe

POSITION = CoupledRotaryPositionsConfig(SLOW_BASE, FAR)

AttentionName = Literal["mha", "mla"]
FFNName = Literal["dense", "moe"]
Size = Literal["small", "full"]

WIDTHS: dict[Size, tuple[int, int]] = {"small": (3, 128), "full": (6, 256)}
"""Layers, and numbers of the stream."""

SMALL_SPEED = 0.01
"""By how much a step of a small network, which takes few, moves a bias."""

ATTENTIONS: dict[tuple[Size, AttentionName], AttentionConfig] = {
    ("small", "mha"): MultiHeadAttentionConfig(n_head=4, head_dim=32),
    ("small", "mla"): LatentAttentionConfig(4, 48, 32, 16, 16, 32),
    ("full", "mha"): MultiHeadAttentionConfig(n_head=4, head_dim=64),
    ("full", "mla"): LatentAttentionConfig(4, 96, 64, 32, 64, 64),
}
FFNS: dict[tuple[Size, FFNName], FFNConfig] = {
    ("small", "dense"): DenseFFNConfig(d_ff=576),
    ("small", "moe"): MixtureOfExpertsConfig(64, n_routed_experts=8, bias_update_speed=SMALL_SPEED),
    ("full", "dense"): DenseFFNConfig(d_ff=1152),
    ("full", "moe"): MixtureOfExpertsConfig(128, n_routed_experts=8),
}
"""A dense FFN has as many neurons as all experts together."""


def network(size: Size, attention: AttentionName, ffn: FFNName) -> GPTConfig:
    n_layer, d_model = WIDTHS[size]
    return GPTConfig(
        n_layer=n_layer,
        d_model=d_model,
        position=POSITION,
        attention=ATTENTIONS[size, attention],
        ffn=FFNS[size, ffn],
    )


def on_sums_up_to_four(name: str, model: GPTConfig, steps: int) -> Recipe:
    """Problems of up to 4 x 4 digits, learned as `far_coupled` learns them."""
    return replace(far(name, POSITION), model=model, steps=steps)


FARTHEST = (4, 2)
"""Of places and lines: no distance counts as larger, so that longer problems hold no new one. Of
eight limits that were tried on validation problems of 8 x 8 digits, one of the two that failed
least."""


OWN_FARTHEST = (4, 3)
"""The same of `far_coupled`, chosen on validation in `records/limits.jsonl`."""


def mla_moe_before() -> Recipe:
    """Latents and experts on problems of up to 4 x 4: 4.7M parameters, 2.3M for a token."""
    model = network("full", "mla", "moe")
    return on_sums_up_to_four("mla_moe_before", absorbed(model), 1600)


def mla_moe() -> Recipe:
    """The same goes on with problems of up to 8 x 8 digits, its distances limited from now on."""
    before = mla_moe_before()
    limited = ClippedCoupledRotaryPositionsConfig(SLOW_BASE, FAR, *FARTHEST)
    return replace(
        before,
        name="mla_moe",
        model=replace(before.model, position=limited),
        data=sums_up_to(8),
        start_from=before.name,
        steps=600,
        batch_size=24,
        rate=1e-3,
        muon_rate=5e-3,
        decay=0.5,
    )


def far_longer() -> Recipe:
    """The control of `mla_moe`: heads with keys and values of their own, `far_coupled`, go on with
    the same problems in the same order, at the same rate, their distances limited as they were."""
    own = far("far_longer", ClippedCoupledRotaryPositionsConfig(SLOW_BASE, FAR, *OWN_FARTHEST))
    same = mla_moe()
    return replace(same, name=own.name, model=own.model, start_from="far_coupled")


def with_experts(neurons: int, n_expert: int, balanced: bool = True) -> MixtureOfExpertsConfig:
    """Experts that share out so many neurons evenly, beside one more that every token meets.

    `balanced`: biases even out their loads. `ValueError` for neurons that cannot be shared out so.
    """
    if n_expert < 3 or neurons % n_expert:
        allowed = [n for n in range(3, neurons + 1) if neurons % n == 0]
        raise ValueError(
            f"experts={n_expert} cannot share out {neurons} neurons evenly, two for each token; "
            f"allowed are {', '.join(map(str, allowed[:8]))}"
        )
    speed = SMALL_SPEED if balanced else 0.0
    return MixtureOfExpertsConfig(neurons // n_expert, n_expert, bias_update_speed=speed)


def with_latents(heads: MultiHeadAttentionConfig, rank: int) -> LatentAttentionConfig:
    """Latents of `rank` numbers in the place of keys and values; queries are of full rank.

    Half of the numbers of a query and a key are turned by positions, the others are not.
    """
    half = heads.head_dim // 2
    return LatentAttentionConfig(heads.n_head, heads.width, rank, half, half, heads.head_dim)


def absorbed(model: GPTConfig) -> GPTConfig:
    """The same function in the form that keeps latents alone."""
    attention = model.attention
    assert isinstance(attention, LatentAttentionConfig)
    return replace(model, attention=AbsorbedLatentAttentionConfig(**vars(attention)))
