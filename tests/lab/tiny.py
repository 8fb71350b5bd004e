"""Models of a few thousand numbers. Their weights are random everywhere: what starts at zero in
training (output projections, unembedding) would make most claims about a model true by itself."""

import contextlib
import itertools
import math
import re
import sys
import threading
from collections.abc import Callable, Generator, Iterable
from dataclasses import asdict, replace
from functools import lru_cache
from typing import Any

import torch

from lab.data.position_ids import position_ids
from lab.data.problems import Format
from lab.data.sources import Pairs
from lab.model.config import (
    PARTS,
    AbsorbedLatentAttentionConfig,
    ALiBiPositionsConfig,
    AttentionResidualConfig,
    BlockAttentionResidualConfig,
    ClippedCoupledRotaryPositionsConfig,
    ClippedRotaryPositionsConfig,
    CoupledRotaryPositionsConfig,
    CrossLayerAttentionConfig,
    DenseFFNConfig,
    FlashKernelConfig,
    GPTConfig,
    GroupedQueryAttentionConfig,
    InterpolatedRotaryPositionsConfig,
    LatentAttentionConfig,
    LayerPattern,
    LearnedPositionsConfig,
    MathKernelConfig,
    MixtureOfExpertsConfig,
    MultiHeadAttentionConfig,
    NoPositionsConfig,
    ParallelBlockConfig,
    PlainResidualConfig,
    PostNormBlockConfig,
    RotaryPositionsConfig,
    SdpaKernelConfig,
    SequentialBlockConfig,
    SlidingWindowAttentionConfig,
    YarnRotaryPositionsConfig,
)
from lab.model.gpt import GPT
from lab.recipes.recipe_index import RECIPES
from lab.scene.manifest import MOST_TOKENS
from lab.training.checkpoint import committed_runs
from lab.training.recipe import Recipe
from lab.training.state import TrainState
from lab.training.train import StepMetrics

# Every size is another number, so that a swapped axis shows.
DENSE = DenseFFNConfig(d_ff=30)
BASE = GPTConfig(
    n_layer=2,
    d_model=16,
    position=LearnedPositionsConfig(max_length=32),
    attention=MultiHeadAttentionConfig(n_head=3, head_dim=4),
    ffn=DENSE,
)

GROUPED = GroupedQueryAttentionConfig(n_head=6, head_dim=4, n_kv_head=2, qk_norm=True)
SLIDING = SlidingWindowAttentionConfig(n_head=3, head_dim=4, window=3)
EXPERTS = MixtureOfExpertsConfig(5, n_routed_experts=6, num_experts_per_tok=2)
LATENT = {
    **{"n_head": 3, "q_lora_rank": 10, "kv_lora_rank": 7, "qk_nope_head_dim": 5},
    **{"qk_rope_head_dim": 4, "v_head_dim": 6},
}

SAMPLES: dict[str, dict[str, Any]] = {
    "position": {
        "learned": LearnedPositionsConfig(max_length=32),
        "rotary": RotaryPositionsConfig(base=100.0),
        "interleaved": RotaryPositionsConfig(base=100.0, layout="interleaved"),
        "interpolated": InterpolatedRotaryPositionsConfig(base=100.0, factor=3.0),
        "yarn": YarnRotaryPositionsConfig(
            base=100.0, factor=3.0, original_length=16, beta_fast=2.0
        ),
        "coupled": CoupledRotaryPositionsConfig(base=100.0),
        "clipped": ClippedRotaryPositionsConfig(base=100.0, farthest=3),
        "clipped_coupled": ClippedCoupledRotaryPositionsConfig(100.0, 1.0, 2, 1),
        "alibi": ALiBiPositionsConfig(),
        "none": NoPositionsConfig(),
    },
    "block": {
        "sequential": SequentialBlockConfig(),
        "parallel": ParallelBlockConfig(),
        "post_norm": PostNormBlockConfig(),
    },
    "attention": {
        "multi_head": BASE.attention,
        "grouped": GROUPED,
        "sliding": SLIDING,
        "cross": LayerPattern((GROUPED, CrossLayerAttentionConfig(**vars(GROUPED)))),
        "alternating": LayerPattern((SLIDING, BASE.attention)),
        "latent": LatentAttentionConfig(**LATENT),
        "absorbed": AbsorbedLatentAttentionConfig(**LATENT),
    },
    "ffn": {
        **{kind: replace(BASE.ffn, activation=kind) for kind in ("relu2", "gelu", "swiglu")},
        "experts": EXPERTS,
        "first_dense": LayerPattern((EXPERTS,), first=(DENSE,)),
        "grouped_experts": MixtureOfExpertsConfig(
            moe_intermediate_size=5,
            n_routed_experts=8,
            num_experts_per_tok=3,
            n_shared_experts=2,
            n_group=4,
            topk_group=2,
            routed_scaling_factor=2.5,
            activation="swiglu",
            balance_factor=0.01,
        ),
    },
    "residual": {
        "plain": PlainResidualConfig(),
        "depth": AttentionResidualConfig(),
        "block_depth": BlockAttentionResidualConfig(block_size=1),
    },
    "kernel": {
        "math": MathKernelConfig(),
        "sdpa": SdpaKernelConfig(),
        "flash": FlashKernelConfig(3, 4),
    },
}
"""Of every kind of every part at least one, small."""

CLIPPED = replace(BASE, position=ClippedRotaryPositionsConfig(base=100.0, farthest=3))


@lru_cache
def product_of_samples() -> list[tuple[str, GPTConfig]]:
    """Every combination of samples that makes a model, by the names of its samples."""
    out: list[tuple[str, GPTConfig]] = []
    for names in itertools.product(*SAMPLES.values()):
        parts = {part: SAMPLES[part][name] for part, name in zip(SAMPLES, names, strict=True)}
        with contextlib.suppress(ValueError):
            out.append(("-".join(names), replace(BASE, **parts)))
    return out


def pairwise(combinations: list[tuple[str, GPTConfig]]) -> list[tuple[str, GPTConfig]]:
    """Few of the combinations, with every two samples together in one that are so in any."""

    pairs = {name: {*itertools.combinations(name.split("-"), 2)} for name, _ in combinations}
    missing = set[tuple[str, str]]().union(*pairs.values())
    chosen: list[tuple[str, GPTConfig]] = []
    while missing:
        best = max(combinations, key=lambda one: len(pairs[one[0]] & missing))
        chosen.append(best)
        missing -= pairs[best[0]]
    return chosen


def variants() -> list[Any]:
    """Models for pytest: the gate takes one that differs in each sample and those of `MEETINGS`;
    the pairwise cover is slow, and `test_slow` takes every combination."""
    import pytest

    quick = one_by_one()
    slow = [(name, config) for name, config in cover_of_samples() if name not in dict(quick)]
    return [
        *(pytest.param(config, id=name) for name, config in quick),
        *(pytest.param(config, id=name, marks=pytest.mark.slow) for name, config in slow),
    ]


MEETINGS = (
    {"rotary", "latent"},
    {"yarn", "absorbed"},
    {"coupled", "grouped", "flash"},
    {"alibi", "sliding", "flash"},
    {"clipped", "absorbed", "depth"},
    {"parallel", "depth", "cross", "clipped_coupled"},
    {"alternating", "first_dense", "interleaved"},
    {"interleaved", "absorbed", "experts", "block_depth"},
)
"""Samples that compute otherwise beside each other: a position that turns a share of a head and
heads with such a share, a bias and a window in tiles, grouped heads in tiles, a route of two."""


@lru_cache
def one_by_one() -> list[tuple[str, GPTConfig]]:
    """Of every sample the model that is nearest to `BASE`, and of every meeting likewise."""
    everything = product_of_samples()
    base = next(name.split("-") for name, config in everything if config == BASE)
    chosen: dict[str, GPTConfig] = {}
    for wanted in (*({name} for of in SAMPLES.values() for name in of), *MEETINGS):
        there = [one for one in everything if wanted <= {*one[0].split("-")}]
        nearest = min(there, key=lambda one: len({*one[0].split("-")} - {*base}))
        chosen[nearest[0]] = nearest[1]
    return list(chosen.items())


@lru_cache
def cover_of_samples() -> list[tuple[str, GPTConfig]]:
    return pairwise(product_of_samples())


def one_of_a_kind(*also_slow: str) -> list[Any]:
    """Committed runs for pytest. The gate takes the book's and, of those built of parts of the same
    kinds, the smallest of several layers; the others are slow, and those named are too."""
    import pytest

    smallest: dict[str, str] = {}
    for run in sorted(committed_runs(), key=size_of_run):
        if RECIPES[run]().model.n_layer > 1:
            smallest.setdefault(kinds_of_run(run), run)
    quick = {"chain_of_thought", *smallest.values()} - {*also_slow}
    return [
        run if run in quick else pytest.param(run, marks=pytest.mark.slow)
        for run in committed_runs()
    ]


def size_of_run(run: str) -> int:
    model = RECIPES[run]().model
    return model.n_layer * model.d_model


def kinds_of_run(run: str) -> str:
    parts = RECIPES[run]().model.to_dict()
    return str([(part, own["kind"]) for part, own in parts.items() if part in PARTS])


def key_heads(config: GPTConfig) -> int:
    """How many heads keep a key of their own."""
    attention = config.layers[0].attention
    return getattr(attention, "n_kv_head", attention.n_head)


def math_variants() -> list[Any]:
    """Those of the variants that form scores and pattern."""
    return [v for v in variants() if str(v.id).endswith("-math")]


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
        for buffer in model.buffers():
            if buffer.is_floating_point():
                buffer.normal_(std=0.2, generator=generator)
    return model.to(dtype).eval().requires_grad_(False)


def read(model: GPT, tokens: torch.Tensor, **options: Any) -> torch.Tensor:
    """The logits of whole texts, their tokens placed as the model needs it."""
    options.setdefault("positions", position_ids(tokens, model.config.position.n_axis))
    return model(tokens, **options)


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


def refusal(make: Callable[[], object], kind: type[Exception] = ValueError) -> str:
    """What is said where something is refused, so that a loop can name all that is not."""
    try:
        make()
    except kind as error:
        return str(error)
    except Exception as error:
        return f"<another error: {type(error).__name__}>"
    return "<not refused>"


def refused_otherwise(
    cases: Iterable[tuple[object, Callable[[], object], str]], kind: type[Exception] = ValueError
) -> list[tuple[object, str]]:
    """Of (case, what is to be refused, pattern of the sentence) those that are not refused so."""
    told = [(case, refusal(make, kind), pattern) for case, make, pattern in cases]
    assert told, "there is no case"
    return [(case, said) for case, said, pattern in told if not re.search(pattern, said)]


def failures(claim: Callable[..., None], cases: Iterable[Any]) -> list[str]:
    """Of all cases those of which the claim does not hold, each with what went wrong. A tuple holds
    the arguments of the claim, anything else is the only one."""
    import pytest

    failed, tried = list[str](), 0
    for tried, case in enumerate(cases, 1):  # noqa: B007
        try:
            claim(*(case if isinstance(case, tuple) else (case,)))
        except (Exception, pytest.fail.Exception) as error:
            failed.append(f"{str(case)[:200]}: {type(error).__name__}: {str(error)[:500]}")
    assert tried, "there is no case"
    return failed


def calls_in(work: Callable[[], object]) -> int:
    """How often Python calls anything meanwhile: what takes the time of a loop, on any machine."""
    called = 0

    def count(_frame: Any, event: str, _of: Any) -> None:
        nonlocal called
        called += event in ("call", "c_call")

    usual = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(usual)
    return called


@contextlib.contextmanager
def forwards() -> Generator[list[tuple[int, ...]]]:
    """The rows and tokens of every forward pass of any model meanwhile, in their order; what other
    threads compute does not count."""
    shapes: list[tuple[int, ...]] = []
    forward, here = GPT.forward, threading.get_ident()

    def noted(self: GPT, tokens: torch.Tensor, *arguments: Any, **options: Any) -> torch.Tensor:
        if threading.get_ident() == here:
            shapes.append(tuple(tokens.shape))
        return forward(self, tokens, *arguments, **options)

    GPT.forward = noted
    try:
        yield shapes
    finally:
        GPT.forward = forward


def numbers(metrics: StepMetrics) -> dict[str, float]:
    """A step without its duration."""
    return {name: value for name, value in asdict(metrics).items() if name != "seconds"}


def weights_of(state: TrainState) -> dict[str, torch.Tensor]:
    return {name: p.detach().clone() for name, p in state.model.named_parameters()}


def in_a_scene(form: Format) -> Format:
    """The shape of a sum that a scene can show: no longer than four by four digits."""
    return form if form.length <= MOST_TOKENS else replace(form, p=4, q=4)
