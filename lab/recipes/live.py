"""The runs that a reader sets up on a page: a small network on two-digit problems."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lab.data.problems import Format, Style
from lab.data.sources import ListedPairs, PackedStream, Pairs
from lab.fields import require_flag, require_whole, require_word
from lab.model.config import DenseFFNConfig, GPTConfig, MultiHeadAttentionConfig
from lab.model.cost import parameters_of
from lab.recipes import chain_of_thought
from lab.recipes.attention_residuals import Arm, residual_of
from lab.recipes.curriculum import WITH_ONE_DIGIT, Blend, lesson
from lab.recipes.feature_collapse import BATCH, N_PAIR, RATE, few_pairs, knows_two_digits
from lab.recipes.latent_experts import with_experts, with_latents
from lab.recipes.rope import BASE, STREAM, Encoding, position_of
from lab.training.recipe import OptimiserName, Recipe

MOST_PARAMETERS = 2_000_000
MOST_STEPS = 2000
HEAD_DIM = 32

FAST: dict[str, Any] = {"d_model": 64, "batch": 128, "check_every": 50}
"""Arguments of `multiply` that learn in the fewest seconds: the last rung on one thread of the
ladder (`lab.recipes.speedrun`). A check takes as long as a dozen of such steps."""

PART_WORK = 3e9
"""Parameters times tokens of one part of a step: about 0.15 s on one core."""


def multiply(
    style: Style = "cot_reversed",
    fraction: float = 0.30,
    d_model: int = 128,
    n_layer: int = 2,
    rate: float = 3e-3,
    optimiser: OptimiserName = "muon",
    steps: int = 400,
    seed: int = 0,
    pairs: tuple[tuple[int, int], ...] = (),
    encoding: Encoding = "learned",
    base: float = BASE,
    packed: bool = False,
    batch: int = 256,
    residual: Arm = "plain",
    latent: int = 0,
    experts: int = 0,
    balanced: bool = True,
    check_every: int = 25,
) -> Recipe:
    """The twin, every setting an argument. `rate` is AdamW's; Muon's matrices take five times it.

    `batch`: texts of a step. `packed`: streams of problems, cut anywhere, of as many tokens. `base`
    is RoPE's. `residual`: a plain sum, or attention over depth, full or over groups of layers.
    `latent`: of how many numbers keys and values are made; 0 for heads that have their own.
    `experts`: how many share out the neurons, 0 for one dense FFN, their loads `balanced` by biases
    or not. `check_every`: steps from one look at some of the pairs to the next.

    Raises `ValueError` for a setting that is not allowed, and says what is.
    """
    if d_model % HEAD_DIM or d_model < HEAD_DIM:
        raise ValueError(f"d_model={d_model} is not a multiple of {HEAD_DIM}, the size of a head")
    require_steps(steps)
    form = Format(style)
    sums = ListedPairs(form, pairs, fraction) if pairs else Pairs(form, fraction)
    require_word("residual", residual, Arm)
    require_whole("latent", latent, least=0, most=d_model)
    require_whole("experts", experts, least=0, most=64)
    require_flag("balanced", balanced)
    require_whole("batch", batch, most=256)
    heads = MultiHeadAttentionConfig(n_head=d_model // HEAD_DIM, head_dim=HEAD_DIM)
    plan = Recipe(
        name="multiply",
        model=GPTConfig(
            n_layer=n_layer,
            d_model=d_model,
            position=position_of(encoding, base, STREAM if packed else 32),
            attention=with_latents(heads, latent) if latent else heads,
            ffn=with_experts(4 * d_model, experts, balanced)
            if experts
            else DenseFFNConfig(4 * d_model),
            residual=residual_of(residual, n_layer),
        ),
        data=PackedStream(sums, STREAM) if packed else sums,
        steps=steps,
        batch_size=round(batch * form.length / STREAM) if packed else batch,
        optimiser=optimiser,
        rate=rate,
        muon_rate=min(1.0, 5 * rate),
        decay=0.8,
        seed=seed,
        check_every=check_every,
    )
    size = parameters_of(plan.model)
    if size > MOST_PARAMETERS:
        raise ValueError(
            f"this model has {size:,} parameters, {size / MOST_PARAMETERS:.1f} times the "
            f"{MOST_PARAMETERS:,} that a live run may have; take fewer layers or a smaller d_model"
        )
    return plan


def require_steps(steps: int) -> None:
    if not 1 <= steps <= MOST_STEPS:
        raise ValueError(f"steps={steps}; a live run takes 1 to {MOST_STEPS}")


KNOWS_ONE_DIGIT = "one_digit_small"
"""The committed run that fine-tuning begins with."""


def fine_tune(
    random: float = 40,
    carries: float = 20,
    zeros: float = 15,
    rehearsed: float = 25,
    scratch: bool = False,
    steps: int = 400,
    rate: float = 5e-4,
    seed: int = 0,
) -> Recipe:
    """The twin that knows one digit learns two, from a mix; `scratch`: from random weights instead.

    The parts of the mix are those of `Blend`. `rate` as in `multiply`.

    Raises `ValueError` for a setting that is not allowed, and says what is.
    """
    require_steps(steps)
    require_flag("scratch", scratch)
    blend = Blend(random, carries, zeros, 0, rehearsed)
    return Recipe(
        name="fine_tune",
        model=multiply().model,
        data=lesson(((2, 2),), WITH_ONE_DIGIT, blend, in_full=True),
        start_from="" if scratch else KNOWS_ONE_DIGIT,
        steps=steps,
        batch_size=64,
        rate=rate,
        muon_rate=min(1.0, 5 * rate),
        decay=0.8,
        seed=seed,
        check_every=50,
    )


KNOWS_TWO_DIGITS = "knows_two_digits"
"""The committed run that goes on with a few problems."""

MOST_FEW = 256


def go_on(few: int = N_PAIR, weight_decay: float = 0.0, steps: int = 1500, seed: int = 0) -> Recipe:
    """A network that knows two digits goes on with a few problems, drawn by the seed, at a constant
    rate.

    Raises `ValueError` for a setting that is not allowed, and says what is.
    """
    require_steps(steps)
    require_whole("few", few, most=MOST_FEW)
    return replace(
        knows_two_digits(),
        name="go_on",
        data=few_pairs(few, seed),
        start_from=KNOWS_TWO_DIGITS,
        steps=steps,
        batch_size=BATCH,
        optimiser="adamw",
        rate=RATE,
        weight_decay=weight_decay,
        decay=0.0,
        seed=seed,
        check_every=50,
    )


KNOWS_FEW_PAIRS = "few_pairs"
"""The committed run that studies: it was trained on one pair in twenty."""


def study(
    pairs: tuple[tuple[int, int], ...] = (),
    steps: int = 240,
    rate: float = 3e-4,
    seed: int = 0,
) -> Recipe:
    """The twin that saw few pairs goes on with these alone, each way round; with none, on all pairs
    that may be trained on. `rate` as in `multiply`.

    Raises `ValueError` for a setting that is not allowed, and says what is.
    """
    require_steps(steps)
    usual = chain_of_thought.few_pairs()
    form = usual.format
    return replace(
        usual,
        name="study",
        data=ListedPairs(form, pairs) if pairs else Pairs(form),
        start_from=KNOWS_FEW_PAIRS,
        steps=steps,
        batch_size=32,
        rate=rate,
        muon_rate=min(1.0, 5 * rate),
        decay=0.5,
        warmup=10,
        precision="fp32",
        seed=seed,
        check_every=20,
    )
