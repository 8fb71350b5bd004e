"""Models of a few thousand numbers. Their weights are random everywhere: what starts at zero in
training (output projections, unembedding) would make most claims about a model true by itself."""

import itertools
import math
from dataclasses import asdict, replace
from typing import Any

import torch

from lab.data.problems import Format
from lab.data.sources import Pairs
from lab.model.config import (
    ClippedRotaryPositions,
    DenseFFN,
    GPTConfig,
    LearnedPositions,
    MathKernel,
    MultiHeadAttention,
    NoPositions,
    RotaryPositions,
    SdpaKernel,
    YarnRotaryPositions,
)
from lab.model.gpt import GPT
from lab.training.recipe import Recipe
from lab.training.state import TrainState
from lab.training.train import StepMetrics

# Every size is another number, so that a swapped axis shows.
BASE = GPTConfig(
    n_layer=2,
    d_model=16,
    position=LearnedPositions(max_length=32),
    attention=MultiHeadAttention(n_head=3, head_dim=4),
    ffn=DenseFFN(d_ff=30),
)

POSITIONS = {
    "learned": LearnedPositions(max_length=32),
    "rotary": RotaryPositions(base=100.0),
    "yarn": YarnRotaryPositions(base=100.0, factor=3.0, original_length=16, beta_fast=2.0),
    "none": NoPositions(),
}
CLIPPED = replace(BASE, position=ClippedRotaryPositions(base=100.0, farthest=3))
KERNELS = {"math": MathKernel(), "sdpa": SdpaKernel()}


def variants() -> list[Any]:
    """Every combination of parts, each with a readable name for pytest."""
    import pytest

    out: list[Any] = []
    for position, kernel, activation, qk_norm in itertools.product(
        POSITIONS, KERNELS, ("relu2", "gelu", "swiglu"), (False, True)
    ):
        config = replace(
            BASE,
            position=POSITIONS[position],
            kernel=KERNELS[kernel],
            attention=replace(BASE.attention, qk_norm=qk_norm),
            ffn=replace(BASE.ffn, activation=activation),
        )
        name = "-".join([position, kernel, activation, *(["qk_norm"] if qk_norm else [])])
        out.append(pytest.param(config, id=name))
    return out


def tiny_model(
    config: GPTConfig = BASE, *, seed: int = 0, dtype: torch.dtype = torch.float64
) -> GPT:
    """A model whose every number is random, gains included."""
    generator = torch.Generator().manual_seed(seed)
    model = GPT(config, generator)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.normal_(std=parameter.shape[1] ** -0.5, generator=generator)
            else:
                parameter.normal_(mean=1.0, std=0.2, generator=generator)
    return model.to(dtype).eval().requires_grad_(False)


def blocks_of(model: GPT) -> list[Any]:
    """The blocks, for tests that reach into their matrices."""
    return list(model.blocks)


def some_tokens(n: int, length: int, seed: int = 0, vocab_size: int = 16) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(vocab_size, (n, length), generator=generator)


def tiny_recipe(*, format: Any = None, fraction: Any = 0.30, **changes: Any) -> Recipe:
    """A few steps of a very small model on one-digit sums, in fp32.

    `format` and `fraction` are those of its pairs; `data` is any other source.
    """
    plain = Recipe(
        name="tiny",
        model=replace(BASE, n_layer=1),
        data=Pairs(format or Format("cot_reversed", 1, 2), fraction),
        steps=6,
        batch_size=8,
        warmup=2,
        check_every=3,
        precision="fp32",
    )
    return replace(plain, **changes)


def wrong_values(right: Any) -> list[Any]:
    """What JSON can hold in the place of a value, and is not like it."""
    common = [None, [], [1], {}, math.nan, "two\nlines"]
    if isinstance(right, bool):
        return [*common, 0, 1, "true"]
    if isinstance(right, str):
        return [*common, True, 3]
    numbers = [*common, True, "3", math.inf, -math.inf, -1, 10**33, 10**400]
    return [*numbers, 1.5] if isinstance(right, int) else numbers


def numbers(metrics: StepMetrics) -> dict[str, float]:
    """A step without its duration."""
    return {name: value for name, value in asdict(metrics).items() if name != "seconds"}


def weights_of(state: TrainState) -> dict[str, torch.Tensor]:
    return {name: p.detach().clone() for name, p in state.model.named_parameters()}
