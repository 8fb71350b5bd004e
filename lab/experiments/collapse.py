"""Training without end on a small fixed set: what happens to the features, and what warned first.

Every run reads the same few pairs over and over, fifty times as long as it took to learn them. At
moments evenly spaced in the logarithm of the step it is looked at from outside (how many sums are
wrong, of those it learned and of others) and from inside (the diagnostics).

Shapes: `M` moments, `L` places in the stream, `P` features, `C` tokens of one text.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast

import numpy as np
from torch import Tensor

from lab.data.problems import BOUNDS, Format, sample_pairs
from lab.data.sources import ListedPairs
from lab.data.vocabulary import Tokens
from lab.inference.forward import run_with_trace
from lab.inference.token_loss import token_loss
from lab.interp.diagnostics import (
    attention_entropy,
    effective_rank,
    norm_of,
    rank_residual,
    singular_shares,
    token_cosine,
)
from lab.model.config import (
    AttentionResidual,
    DenseFFN,
    GPTConfig,
    LearnedPositions,
    MultiHeadAttention,
    PlainResidual,
    Residual,
)
from lab.model.gpt import GPT
from lab.model.roles import roles
from lab.training.recipe import OptimiserName, Precision, Recipe
from lab.training.state import TrainState
from lab.training.train import train

Stream = Literal["plain", "attention"]
STREAMS: dict[Stream, Residual] = {"plain": PlainResidual(), "attention": AttentionResidual()}

FORM = Format("cot_reversed")
N_PAIR = 300
"""Unordered pairs that are read, both ways round."""

STEPS = 12_000
N_MOMENT = 60
N_ASKED = 1000
"""Held-out sums that are asked at every moment."""

N_LOOKED_AT = 64
"""Texts whose features are looked at, half of them learned."""


def pairs_of(seed: int) -> tuple[tuple[int, int], ...]:
    """The pairs of a run: drawn by its seed from those that may be trained on."""
    a, b = sample_pairs(np.random.default_rng(seed), 4 * N_PAIR, 2, 2, *BOUNDS["train"])
    drawn = {(int(min(p)), int(max(p))): None for p in zip(a, b, strict=True)}
    return tuple(list(drawn)[:N_PAIR])


def recipe_of(
    stream: Stream,
    weight_decay: float,
    seed: int,
    *,
    optimiser: OptimiserName = "adamw",
    precision: Precision = "fp32",
    steps: int = STEPS,
) -> Recipe:
    """One run: three layers of 64, a constant rate after the warm-up."""
    return Recipe(
        name=f"collapse_{stream}",
        model=GPTConfig(
            n_layer=3,
            d_model=64,
            position=LearnedPositions(FORM.length),
            attention=MultiHeadAttention(n_head=4, head_dim=16),
            ffn=DenseFFN(d_ff=256),
            residual=STREAMS[stream],
        ),
        data=ListedPairs(FORM, pairs_of(seed)),
        steps=steps,
        batch_size=32,
        optimiser=optimiser,
        rate=RATE,
        muon_rate=5 * RATE,
        weight_decay=weight_decay,
        decay=0.0,
        precision=precision,
        seed=seed,
    )


RATE = 1e-3


def moments(steps: int = STEPS) -> list[int]:
    """Steps at which a run is looked at: the first, the last, and evenly in the logarithm."""
    return sorted({round(x) for x in np.geomspace(1, steps, N_MOMENT)})


# ---------------------------------------------------------------- one look


@dataclass(frozen=True)
class Inside:
    """What the diagnostics say at one moment; a list has a number a place in the stream, the first
    being what enters block 0."""

    token_cosine: list[float]
    effective_rank: list[float]
    rank_residual: list[float]
    attention_entropy: list[float]
    weight_norm: float
    logit_norm: float


def look_inside(model: GPT, texts: Tokens) -> Inside:
    """`logit_norm` is the root mean square of a logit about the mean of its token's."""
    trace = run_with_trace(model, texts[:, :-1], ["resid_pre", "resid_post", "pattern", "logits"])
    stream = features(model, trace)
    layers = range(model.config.n_layer)
    logits = trace["logits"]
    of = roles(model)
    matrices = [p.detach() for name, p in model.named_parameters() if of[name] != "gain"]
    return Inside(
        token_cosine=[rounded(token_cosine(x)) for x in stream],
        effective_rank=[rounded(effective_rank(singular_shares(x))) for x in stream],
        rank_residual=[rounded(rank_residual(x)) for x in stream],
        attention_entropy=[
            rounded(attention_entropy(trace[f"blocks.{i}.pattern"])) for i in layers
        ],
        weight_norm=rounded(norm_of(matrices)),
        logit_norm=rounded(float((logits - logits.mean(-1, keepdim=True)).square().mean().sqrt())),
    )


def features(model: GPT, trace: Any) -> list[Tensor]:
    """The stream before block 0 and after every block, (N, T, D) each."""
    last = range(model.config.n_layer)
    names = ["blocks.0.resid_pre", *(f"blocks.{i}.resid_post" for i in last)]
    return [trace[name] for name in names]


def rounded(x: float) -> float:
    return float(f"{x:.5g}")


def texts_looked_at(recipe: Recipe) -> Tokens:
    """Half of them learned, half held out, drawn by the run's seed."""
    rng, half = np.random.default_rng(recipe.seed), N_LOOKED_AT // 2
    a, b = cast(ListedPairs, recipe.data).both_ways()
    chosen = rng.permutation(len(a))[:half]
    other_a, other_b = sample_pairs(rng, half, FORM.p, FORM.q, *BOUNDS["validation"])
    texts, _ = FORM.render(np.append(a[chosen], other_a), np.append(b[chosen], other_b))
    return texts


# ---------------------------------------------------------------- one run


@dataclass(frozen=True)
class Moment:
    """A run from outside and from inside: errors in all sums learned, and in N_ASKED others."""

    step: int
    train_wrong: int
    train_loss: float
    held_out_wrong: int
    held_out_loss: float
    inside: Inside

    def document(self) -> dict[str, Any]:
        outside = {key: value for key, value in vars(self).items() if key != "inside"}
        return {**outside, **asdict(self.inside)}


def follow_run(recipe: Recipe, state: TrainState) -> Iterator[Moment]:
    """Train to the end; a look at every one of the moments."""
    learned = cast(ListedPairs, recipe.data).both_ways()
    others = sample_pairs(np.random.default_rng(0), N_ASKED, FORM.p, FORM.q, *BOUNDS["validation"])
    texts, wanted = texts_looked_at(recipe), set(moments(recipe.steps))
    for done in train(recipe, state):
        if done.step not in wanted:
            continue
        model = state.model.eval()
        own, other = (token_loss(model, FORM, *pairs) for pairs in (learned, others))
        yield Moment(
            done.step,
            own.errors_texts,
            rounded(own.loss),
            other.errors_texts,
            rounded(other.loss),
            look_inside(model, texts),
        )
        model.train()
