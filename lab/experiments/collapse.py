"""Training without end on a small fixed set: what becomes of the features, and what warned first?

A small network learns to multiply two digits by two, from all problems that may be trained on. Then
it goes on with 64 of them alone, at a constant rate, more than fifty times as long as it takes to
get all of these right. At moments evenly spaced in the logarithm of the step it is looked at from
outside (how many problems are wrong, of the 64 and of others) and from inside
(`lab.interp.diagnostics` on problems that it never trains on).

Controls change one thing each. Some runs go on with all problems instead. Some take softmax and
loss in float64, where a probability near one is not rounded to one, so that the right logit is
still pulled up while the others are pushed down (arXiv:2501.04697). Some keep float32 and take the
sum that rounding leaves off the logits' gradient. Some keep moving in float64, because AdamW adds
less to the size of a gradient; and some hardly move in float32, because it adds more.

Shapes: `M` moments, `P` features of `D` numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from lab.data.problems import Integers
from lab.data.samples import Sample
from lab.data.sources import Pairs
from lab.experiments.collapse_texts import (
    ARMS,
    DRAWN,
    N_ASKED,
    N_LOOKED_AT,
    PICTURED_SEED,
    Asked,
    points_drawn,
    units_path,
)
from lab.experiments.fine_tuning import as_live
from lab.experiments.sweep import Cell
from lab.inference.forward import run_with_trace
from lab.inference.scoring import teacher_forced
from lab.inference.token_loss import token_loss
from lab.interp.diagnostics import (
    attention_entropy,
    effective_rank,
    norm_of,
    rank_residual,
    singular_shares,
    token_cosine,
)
from lab.model.gpt import GPT
from lab.model.trace import Edit, Trace
from lab.recipes.feature_collapse import (
    BATCH,
    FORM,
    N_PAIR,
    RATE,
    STEPS,
    STREAMS,
    Stream,
    few_pairs,
    knows_two_digits,
)
from lab.recipes.live import go_on
from lab.training.recipe import Recipe
from lab.training.state import TrainState
from lab.training.train import train

N_MOMENT = 44


# ---------------------------------------------------------------- two trainings


@lru_cache(maxsize=1)
def base(stream: Stream, seed: int) -> GPT:
    """The network as it is before the long run."""
    recipe = knows_two_digits(stream, seed)
    state = TrainState.start(recipe)
    for _ in train(recipe, state):
        pass
    return state.model.eval()


def long_recipe(cell: Cell) -> Recipe:
    """A cell's long run: at a constant rate after the warm-up."""
    return replace(
        knows_two_digits(cell["stream"], cell["seed"]),
        name="collapse",
        data=Pairs(FORM) if cell["goes_on_with"] == "all" else few_pairs(N_PAIR, cell["seed"]),
        steps=STEPS,
        batch_size=BATCH,
        optimiser=cell["optimiser"],
        rate=RATE,
        muon_rate=5 * RATE,
        weight_decay=cell["weight_decay"],
        decay=0.0,
        precision=cell["precision"],
        logit_gradient=cell["logit_gradient"],
        eps=cell["eps"],
    )


# ---------------------------------------------------------------- a look


@dataclass(frozen=True)
class Inspection:
    """A network at one moment. From outside: what is wrong of the small set, both ways round, of
    `N_ASKED` test problems (`wrong`, and their `loss`), and of all validation problems. From inside
    a number a place in the stream, the first being what enters layer 0. `centred_rank` is the
    effective rank without the mean feature, `logit_norm` the root mean square of a logit about the
    mean of its token's, `moved` how far the weights are from those of the base, over their length,
    and `gradient` the length of the last step's gradient."""

    step: int
    few_wrong: int
    few_loss: float
    wrong: int
    wrong_validation: int
    loss: float
    token_cosine: list[float]
    effective_rank: list[float]
    centred_rank: list[float]
    rank_residual: list[float]
    attention_entropy: list[float]
    weight_norm: float
    logit_norm: float
    moved: float = 0.0
    gradient: float | None = None


def look_at(model: GPT, asked: Asked, step: int) -> tuple[Inspection, list[Tensor]]:
    """And the features of the texts at every place, (N, T, D) each."""
    few, others = (token_loss(model, FORM, *pairs) for pairs in (asked.few, asked.others))
    trace = run_with_trace(
        model, asked.texts[:, :-1], ["resid_pre", "resid_post", "pattern", "logits"]
    )
    features, logits = stream_of(model, trace), trace["logits"]
    patterns = [trace[f"blocks.{i}.pattern"] for i in range(model.config.n_layer)]
    spread = logits - logits.mean(-1, keepdim=True)
    look = Inspection(
        step=step,
        few_wrong=few.errors_texts,
        few_loss=rounded(few.loss),
        wrong=others.errors_texts,
        wrong_validation=wrong_of(model, asked.validation),
        loss=rounded(others.loss),
        token_cosine=[rounded(token_cosine(x)) for x in features],
        effective_rank=[rounded(effective_rank(singular_shares(x))) for x in features],
        centred_rank=[rounded(effective_rank(singular_shares(centred(x)))) for x in features],
        rank_residual=[rounded(rank_residual(x)) for x in features],
        attention_entropy=[rounded(attention_entropy(pattern)) for pattern in patterns],
        weight_norm=rounded(norm_of([p.detach() for p in model.parameters()])),
        logit_norm=rounded(float(spread.square().mean().sqrt())),
    )
    return look, features


def stream_of(model: GPT, trace: Trace) -> list[Tensor]:
    """What enters layer 0, and what leaves every layer."""
    leaving = [trace[f"blocks.{i}.resid_post"] for i in range(model.config.n_layer)]
    return [trace["blocks.0.resid_pre"], *leaving]


def centred(x: Tensor) -> Tensor:
    """Features without their mean over all tokens of all texts."""
    return x - x.mean((0, 1))


def rounded(x: float) -> float:
    return float(f"{x:.5g}")


# ---------------------------------------------------------------- one run


def moments() -> list[int]:
    """Steps at which a run is looked at: before the first, and evenly in the logarithm."""
    return [0, *sorted({round(x) for x in np.geomspace(1, STEPS, N_MOMENT)})]


def follow_run(
    cell: Cell, asked: Asked, state: TrainState
) -> Iterator[tuple[Inspection, list[Tensor]]]:
    """From the base on, a look at every one of the moments."""
    wanted, start = set(moments()), base(cell["stream"], cell["seed"])
    state.model.load_state_dict(start.state_dict())
    yield look_at(start, asked, 0)
    for done in train(state.recipe, state):
        if done.step in wanted:
            look, features = look_at(deepcopy(state.model).eval(), asked, done.step)
            moved, gradient = distance(state.model, start), rounded(done.grad_norm)
            yield replace(look, moved=moved, gradient=gradient), features


def distance(model: GPT, start: GPT) -> float:
    """|w - w0| / |w0|, all weights as one vector."""
    pairs = zip(model.parameters(), start.parameters(), strict=True)
    gone = norm_of([(w - first).detach() for w, first in pairs])
    return rounded(gone / norm_of([first.detach() for first in start.parameters()]))


def measure_collapse(cell: Cell) -> dict[str, Any]:
    """All looks of a run, and its last network taken apart; one of each arm that is drawn also
    leaves its arrows in `records/`."""
    asked, state = Asked.of(cell["seed"]), TrainState.start(long_recipe(cell))
    looks, features = zip(*follow_run(cell, asked, state), strict=True)
    for arm, drawn in unit_cells().items():
        if cell == drawn:
            save_file({"units": units(features)}, units_path(arm))
    model, start = state.model.eval(), base(cell["stream"], cell["seed"])
    return {
        "looks": [asdict(look) for look in looks],
        "wrong_without_mean": wrong_without_mean(model, asked),
        "wrong_with_part_of_base": {
            part: wrong_of(with_part_of(model, start, part), asked.others) for part in PARTS
        },
        "n_few": len(asked.few[0]),
        "n": N_ASKED,
        "n_validation": len(asked.validation[0]),
        "n_texts": N_LOOKED_AT,
        "steps": STEPS,
        **Sample("generator", "test pairs, each once", N_ASKED, 0).document(),
        "seeds": [cell["seed"]],
    }


# ---------------------------------------------------------------- the last network, taken apart

PARTS = {
    "token_table": "embed",
    "block_0": "blocks.0",
    "block_1": "blocks.1",
    "block_2": "blocks.2",
}
"""And how the names of their weights begin."""


def wrong_of(model: GPT, pairs: tuple[Integers, Integers]) -> int:
    return token_loss(model, FORM, *pairs).errors_texts


def with_part_of(model: GPT, start: GPT, part: str) -> GPT:
    """A network that has this part's weights from the base, and all others of its own."""
    own, before = model.state_dict(), start.state_dict()
    mixed = deepcopy(model)
    mixed.load_state_dict(
        {name: (before if name.startswith(PARTS[part]) else own)[name] for name in own}
    )
    return mixed


def wrong_without_mean(model: GPT, asked: Asked) -> int:
    """Others that are wrong once the mean feature of the small set is taken from what leaves the
    last layer, at every token."""
    own, _ = FORM.render(*asked.few)
    leaving = stream_of_last(model, run_with_trace(model, own[:, :-1], ["resid_post"]))
    mean = leaving.mean((0, 1))
    edit = Edit("resid_post", lambda x: x - mean, layer=model.config.n_layer - 1)
    texts, mask = FORM.render(*asked.others)
    told = teacher_forced(model, texts, edits=[edit])
    return int(((told != texts) & mask).any(axis=1).sum())


# ---------------------------------------------------------------- the arrows of a run


def units(features: Sequence[Sequence[Tensor]]) -> Tensor:
    """The features that are drawn after the last layer, as arrows of length one at full width,
    (M, P, D), 16 bits."""
    text, place = points_drawn()
    last = torch.stack([found[-1][text, place] for found in features])
    return torch.nn.functional.normalize(last, dim=-1).half().contiguous()


# ---------------------------------------------------------------- the sweep

SEEDS = range(1, 7)
DECAYS = (0.0, 0.1)


def cell_of(
    stream: Stream,
    weight_decay: float,
    seed: int,
    *,
    goes_on_with: str = "few",
    optimiser: str = "adamw",
    precision: str = "fp32",
    logit_gradient: str = "whole",
    eps: float = 1e-8,
) -> Cell:
    return {
        "stream": stream,
        "weight_decay": weight_decay,
        "goes_on_with": goes_on_with,
        "optimiser": optimiser,
        "precision": precision,
        "logit_gradient": logit_gradient,
        "eps": eps,
        "seed": seed,
    }


def collapse_cells() -> list[Cell]:
    """Seed by seed, so that a base is trained once: the arms, then the rest of the grid of two
    kinds of residual and of weight decay. Last three points beside it, one run each."""
    cells = [cell for seed in SEEDS for cell in cells_of_seed(seed)]
    beside = [
        cell_of("plain", 1.0, 1),
        cell_of("plain", 0.0, 1, precision="bf16"),
        cell_of("plain", 0.0, 1, optimiser="muon"),
    ]
    return cells + beside


def cells_of_seed(seed: int) -> list[Cell]:
    arms = [cell_of("plain", 0.0, seed, **unusual) for unusual in ARMS.values()]
    grid = [cell_of(stream, decay, seed) for stream in STREAMS for decay in DECAYS]
    return arms + [cell for cell in grid if cell not in arms]


def unit_cells() -> dict[str, Cell]:
    """The runs whose features are kept as arrows, one of each arm that is drawn."""
    return {arm: cell_of("plain", 0.0, PICTURED_SEED, **ARMS[arm]) for arm in DRAWN}


# ---------------------------------------------------------------- where the push goes

PUSHED = ("usual", "fp64", "centred", "balanced", "fp64_small_eps")
PUSHED_AT = (0, 300, 1000, 3000, 5000)


def push_cells() -> list[Cell]:
    return [{"arm": arm} for arm in PUSHED]


def measure_push(cell: Cell) -> dict[str, Any]:
    """A reader's own run, longer: at some steps the mean of all logits, and the cosine between the
    mean feature after the last layer and the direction in which all logits fall alike."""
    recipe = replace(go_on(), precision="fp32", steps=PUSHED_AT[-1])
    recipe = replace(recipe, **ARMS[cell["arm"]])
    state, asked = TrainState.start(recipe), Asked.of(recipe.seed)
    seen = [pushed(state.model, asked)]
    for done in train(recipe, state):
        if done.step in PUSHED_AT:
            seen.append(pushed(deepcopy(state.model).eval(), asked))
    return {
        "steps": list(PUSHED_AT),
        "mean_logit": [rounded(mean) for mean, _ in seen],
        "cosine": [rounded(cosine) for _, cosine in seen],
        **Sample("generator", "validation pairs", N_LOOKED_AT, 0).document(),
        "seeds": [recipe.seed],
    }


def pushed(model: GPT, asked: Asked) -> tuple[float, float]:
    trace = run_with_trace(model, asked.texts[:, :-1], ["resid_post", "logits"])
    mean = stream_of_last(model, trace).mean((0, 1))
    down = -(model.unembed.weight * model.final_norm.gain).mean(0).detach()
    return float(trace["logits"].mean()), float(torch.cosine_similarity(mean, down, dim=0))


def stream_of_last(model: GPT, trace: Trace) -> Tensor:
    return trace[f"blocks.{model.config.n_layer - 1}.resid_post"]


# ---------------------------------------------------------------- what a reader may run

LIVE = (4, 64, 256)
"""Pairs that the recorded live runs go on with."""


def live_cells() -> list[Cell]:
    return [{"few": few} for few in LIVE]


def measure_live(cell: Cell) -> dict[str, Any]:
    return as_live(go_on(**cell))
