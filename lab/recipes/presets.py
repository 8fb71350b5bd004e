"""Where the bench may begin: the networks of the chapters, and published ones on a small scale.

All learn problems of up to 2 x 2 digits from random weights, so that they can be compared. Of a
published model the shape is kept: what it is built of, and how large its parts are beside each
other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from lab.data.problems import Format
from lab.data.sources import PackedStream, Pairs, Shapes
from lab.model.config import (
    BlockAttentionResidualConfig,
    DenseFFNConfig,
    FlashKernelConfig,
    GPTConfig,
    GroupedQueryAttentionConfig,
    LatentAttentionConfig,
    LayerPattern,
    LearnedPositionsConfig,
    MixtureOfExpertsConfig,
    MultiHeadAttentionConfig,
    NoPositionsConfig,
    RotaryPositionsConfig,
    SlidingWindowAttentionConfig,
)
from lab.published.models import DEEPSEEK_ROUTING
from lab.recipes import attention_residuals, latent_experts
from lab.recipes.bench import usual
from lab.recipes.chain_of_thought import TWIN
from lab.recipes.curriculum import COUPLED, TWO_DIGITS
from lab.recipes.feature_collapse import knows_two_digits
from lab.recipes.rope import BASE, STREAM
from lab.recipes.times_table import LEGIBLE
from lab.recipes.variants import (
    cross_layer_attention,
    local_and_global_attention,
    parallel_block,
)
from lab.training.recipe import Recipe

ROOM = 32
"""Rows of a learned table: more than a problem of 2 x 2 digits has tokens."""


def network(name: str, model: GPTConfig, **changes: Any) -> Recipe:
    return replace(usual(), name=name, model=model, **changes)


def usual_with(name: str, **parts: Any) -> Recipe:
    """The usual network, some of its parts replaced."""
    return network(name, replace(usual().model, **parts))


# ---------------------------------------------------------------- the chapters


def with_working() -> Recipe:
    """Chapter 1: working written out, back to front."""
    return usual_with("with_working")


def without_working() -> Recipe:
    """Chapter 1: the product is written at once."""
    return replace(usual_with("without_working"), data=Pairs(Format("plain")))


def rotary_stream() -> Recipe:
    """Chapter 2: rotary positions, on streams of problems that are cut anywhere."""
    stream = PackedStream(Pairs(Format("cot_reversed")), STREAM)
    plan = usual_with("rotary_stream", position=RotaryPositionsConfig(BASE))
    return replace(plan, data=stream, batch_size=20)


def without_positions() -> Recipe:
    """Chapter 2: nothing is said of positions."""
    return usual_with("without_positions", position=NoPositionsConfig())


def two_axes() -> Recipe:
    """Chapter 3: positions along two axes, and no zeros in front."""
    data = Shapes(Format("cot_reversed", padded=False), TWO_DIGITS)
    return replace(usual_with("two_axes", position=COUPLED), data=data)


def shared_keys() -> Recipe:
    """Chapter 4: four heads of queries share one head of keys and values."""
    heads = GroupedQueryAttentionConfig(n_head=4, head_dim=32, n_kv_head=1)
    return usual_with("shared_keys", attention=heads)


def borrowed_keys() -> Recipe:
    """Chapter 4: every second layer reads keys and values of the layer below."""
    return network("borrowed_keys", cross_layer_attention().model)


def in_tiles() -> Recipe:
    """Chapter 5: FlashAttention by hand, in tiles of 8 queries and 8 keys."""
    return usual_with("in_tiles", kernel=FlashKernelConfig(8, 8))


def mixed_over_depth() -> Recipe:
    """Chapter 5: every reading mixes the contributions of earlier layers."""
    twin = attention_residuals.with_arm(attention_residuals.twin(6), "full")
    return network("mixed_over_depth", twin)


def narrow() -> Recipe:
    """Chapter 5: three layers of 64 numbers, whose features were watched to the end."""
    return network("narrow", knows_two_digits().model)


def latents() -> Recipe:
    """Chapter 6: keys and values are made of latents."""
    return network("latents", latent_experts.network("small", "mla", "dense"))


def experts() -> Recipe:
    """Chapter 6: eight experts share out the neurons."""
    return network("experts", latent_experts.network("small", "mha", "moe"))


def few_problems() -> Recipe:
    """Chapter 6: one pair in twenty, after which there are errors to study."""
    return network("few_problems", TWIN, data=Pairs(Format("cot_reversed"), fraction=0.05))


def legible() -> Recipe:
    """Chapter 7: so small that every number fits on a screen."""
    return network("legible", replace(LEGIBLE, position=LearnedPositionsConfig(ROOM)))


# ---------------------------------------------------------------- published shapes

FOUR = replace(usual().model, n_layer=4)
"""Four layers of 128 numbers, the parts to be said."""


def gpt_2() -> Recipe:
    """A table of positions, heads of 64, four neurons of GELU for each number of the stream.

    (Radford and others 2019.) It had biases, and norms that take off the mean.
    """
    heads = MultiHeadAttentionConfig(n_head=2, head_dim=64)
    model = replace(FOUR, attention=heads, ffn=DenseFFNConfig(4 * 128, "gelu"))
    return network("gpt_2", model, optimiser="adamw", schedule="cosine", weight_decay=0.1)


def llama_3() -> Recipe:
    """Slow rotary positions, four heads of queries to one of keys, gated FFNs.

    (arXiv:2407.21783.)
    """
    heads = GroupedQueryAttentionConfig(n_head=8, head_dim=16, n_kv_head=2)
    return network("llama_3", gated(FOUR, heads, base=500_000.0))


def mistral() -> Recipe:
    """The same with a window: half of the longest text, in every layer (arXiv:2310.06825).

    Here each head has keys of its own.
    """
    return network("mistral", gated(FOUR, SlidingWindowAttentionConfig(8, 16, window=10)))


def gated(model: GPTConfig, heads: MultiHeadAttentionConfig, base: float = 10_000.0) -> GPTConfig:
    """Rotary positions, and gated FFNs of 3.5 neurons for each number of the stream."""
    ffn = DenseFFNConfig(round(3.5 * model.d_model * 3 / 2), "swiglu")
    return replace(model, position=RotaryPositionsConfig(base), attention=heads, ffn=ffn)


def palm() -> Recipe:
    """Attention and FFN read the same norm, side by side (arXiv:2204.02311)."""
    return network("palm", parallel_block().model)


def gemma_2() -> Recipe:
    """Layers that see a few tokens and layers that see all, in turn (arXiv:2408.00118)."""
    return network("gemma_2", local_and_global_attention().model)


DEEPSEEK_EXPERTS = MixtureOfExpertsConfig(
    moe_intermediate_size=36,
    n_routed_experts=16,
    n_group=4,
    topk_group=2,
    routed_scaling_factor=DEEPSEEK_ROUTING.scale,
    activation="swiglu",
    bias_update_speed=latent_experts.SMALL_SPEED,
    balance_factor=DEEPSEEK_ROUTING.balance,
)


def deepseek_v3() -> Recipe:
    """Latents for queries, keys and values; a dense layer, then experts, half of whose groups are
    open to a token (arXiv:2412.19437). Of 256 experts there are 16, and not eight but two are
    chosen."""
    model = replace(
        FOUR,
        position=RotaryPositionsConfig(),
        attention=LatentAttentionConfig(16, 28, 9, 16, 8, 16),
        ffn=LayerPattern((DEEPSEEK_EXPERTS,), first=(DenseFFNConfig(494, "swiglu"),)),
    )
    return network("deepseek_v3", model)


def kimi_attention_residuals() -> Recipe:
    """Every reading mixes groups of two layers, and experts follow one dense layer.

    (arXiv:2603.15031.) Its linear attention is no part of this lab; here all layers have heads.
    """
    model = replace(
        FOUR,
        n_layer=6,
        position=RotaryPositionsConfig(),
        ffn=LayerPattern((DEEPSEEK_EXPERTS,), first=(DenseFFNConfig(494, "swiglu"),)),
        residual=BlockAttentionResidualConfig(block_size=2),
    )
    return network("kimi_attention_residuals", model)


CHAPTERS = (
    *(with_working, without_working, rotary_stream, without_positions, two_axes, shared_keys),
    *(borrowed_keys, in_tiles, mixed_over_depth, narrow, latents, experts, few_problems, legible),
)
PUBLISHED = (gpt_2, llama_3, mistral, palm, gemma_2, deepseek_v3, kimi_attention_residuals)

PRESETS: dict[str, Callable[[], Recipe]] = {make.__name__: make for make in CHAPTERS + PUBLISHED}
