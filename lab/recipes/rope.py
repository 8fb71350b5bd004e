"""The runs of chapter 2: one stream of problems, and three ways to say where a token stands."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, get_args

from lab.data.problems import Format
from lab.data.sources import PackedStream, Pairs
from lab.model.config import (
    DenseFFNConfig,
    GPTConfig,
    LearnedPositionsConfig,
    MultiHeadAttentionConfig,
    NoPositionsConfig,
    PositionConfig,
    RotaryPositionsConfig,
)
from lab.recipes.chain_of_thought import FULL_SIZE
from lab.training.recipe import Recipe

Encoding = Literal["rotary", "learned", "none"]
ENCODINGS: tuple[Encoding, ...] = get_args(Encoding)

STREAM = 256
BASE = 100.0


def position_of(encoding: Encoding, base: float = BASE, length: int = STREAM) -> PositionConfig:
    """How positions are encoded; `base` counts for rotary alone, `length` for a learned table."""
    match encoding:
        case "learned":
            return LearnedPositionsConfig(max_length=length)
        case "rotary":
            return RotaryPositionsConfig(base)
        case "none":
            return NoPositionsConfig()


def small(position: PositionConfig) -> GPTConfig:
    """A network of two layers, 0.4M parameters."""
    return GPTConfig(
        n_layer=2,
        d_model=128,
        position=position,
        attention=MultiHeadAttentionConfig(n_head=4, head_dim=32),
        ffn=DenseFFNConfig(d_ff=512),
    )


def streamed(name: str, encoding: Encoding) -> Recipe:
    """The small network on streams of problems, cut anywhere."""
    return Recipe(
        name=name,
        model=small(position_of(encoding)),
        data=PackedStream(Pairs(Format("cot_reversed")), STREAM),
        steps=5000,
        batch_size=8,
        rate=2e-3,
        muon_rate=0.01,
        decay=0.8,
    )


def rope_small() -> Recipe:
    """Rotary positions in the small network."""
    return streamed("rope_small", "rotary")


def learned_small() -> Recipe:
    """A learned table of positions in the same network, on the same streams."""
    return streamed("learned_small", "learned")


def unordered_small() -> Recipe:
    """The same again, and nothing is said of positions."""
    return streamed("unordered_small", "none")


def rope() -> Recipe:
    """Rotary positions in the full-size network."""
    model = replace(FULL_SIZE, position=position_of("rotary"))
    return replace(
        rope_small(),
        name="rope",
        model=model,
        steps=2400,
        precision="fp32",
        rate=1e-3,
        muon_rate=5e-3,
    )
