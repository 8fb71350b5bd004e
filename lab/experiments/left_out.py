"""A small network trained without one of its parts, at another rate or for longer; and one step of
one weight.

The parts are left out before training, so the rest may learn to do without. An ablation
(`lab.experiments.ablations`) takes a part out of a network that was trained with it.

Shapes: `B` batch, `T` tokens, `D` d_model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from lab.data.samples import Sample
from lab.data.vocabulary import VOCABULARY
from lab.experiments.controls import census, equal_tokens, training_of, usual_groups
from lab.experiments.sweep import Cell
from lab.model.config import NoPositionsConfig
from lab.model.gpt import GPT
from lab.model.norm import RMSNorm
from lab.model.residual import PlainResidual, PlainStream
from lab.model.roles import roles
from lab.model.trace import TraceLike
from lab.recipes.live import multiply
from lab.training.optim import AdamW, Both
from lab.training.recipe import Recipe
from lab.training.state import TrainState
from lab.training.train import Diverged, clip_and_step, draw_batch, masked_loss, train

WIDTH = 64
"""Half the usual one: so small a network is trained in a third of the time."""

SEEDS = range(3)
NOTHING = "nothing"
PARTS = (NOTHING, "positions", "attention", "ffn", "norms", "residual")
TIMES = (0.1, 10.0)
"""Rates, in usual ones."""
TOKENS = (0.5, 2.0)
"""How much is read, in usual amounts."""


def left_out_cells() -> list[Cell]:
    arms: list[Cell] = [
        *({"without": part} for part in PARTS),
        *({"rate": x} for x in TIMES),
        *({"tokens": x} for x in TOKENS),
    ]
    return [{**arm, "seed": seed} for seed in SEEDS for arm in arms]


def measure_left_out(cell: Cell) -> dict[str, Any]:
    """Trained on as many tokens as in the race, or so many times that, and scored on all pairs."""
    recipe = recipe_of(cell)
    state = TrainState.start(recipe)
    leave_out(state.model, cell.get("without", NOTHING))
    loss, ended = 0.0, ""
    try:
        for done in train(recipe, state):
            loss = done.loss
    except Diverged as error:
        ended = str(error)
    return {
        **training_of(recipe, state),
        "loss": loss,
        "diverged": ended,
        **census(recipe, state.model.eval(), usual_groups(recipe)),
        "seeds": [recipe.seed],
    }


def recipe_of(cell: Cell) -> Recipe:
    usual = multiply(d_model=WIDTH, seed=cell["seed"])
    if "rate" in cell:
        return multiply(d_model=WIDTH, seed=cell["seed"], rate=cell["rate"] * usual.rate)
    if "tokens" in cell:
        return equal_tokens(usual, cell["tokens"])
    if cell["without"] == "positions":
        usual = replace(usual, model=replace(usual.model, position=NoPositionsConfig()))
    return equal_tokens(usual)


@torch.no_grad()
def leave_out(model: GPT, part: str) -> None:
    """`ValueError` for a part that is none of `PARTS`."""
    match part:
        case "attention" | "ffn":
            # What writes to the stream starts at zero, and now stays there: it adds nothing.
            for block in model.blocks:
                for weights in writers(getattr(block, part)):
                    weights.requires_grad_(False)
        case "norms":
            norms = [n for n, module in model.named_modules() if isinstance(module, RMSNorm)]
            for name in norms:
                owner, _, leaf = name.rpartition(".")
                setattr(model.get_submodule(owner), leaf, nn.Identity())
        case "residual":
            model.residual = NoResidual(model.config)
            # At zero they would let nothing through, and nothing would ever be learned.
            generator = torch.Generator().manual_seed(0)
            for weights in writers(model):
                weights.normal_(std=weights.shape[1] ** -0.5, generator=generator)
        case "nothing" | "positions":
            pass
        case _:
            raise ValueError(f"part={part!r} is none of {', '.join(PARTS)}")


def writers(module: nn.Module) -> Iterator[Tensor]:
    """The matrices that write to the stream."""
    of = roles(module)
    return (p for name, p in module.named_parameters() if of[name] == "writes")


class NoResidual(PlainResidual):
    """Makes streams that hold what was written last, and nothing else."""

    def begin(self, x: Tensor) -> PlainStream:
        return LastStream(x)


class LastStream(PlainStream):
    def write(self, site: str, out: Tensor, trace: TraceLike) -> None:
        self.x = trace(site, out)


# ---------------------------------------------------------------- one step of one weight

STEP, TOKEN, NUMBER = 100, VOCABULARY.index("7"), 0
"""The step that is worked out, and the weight: of this token's row of the unembedding, this one."""


WEIGHT = Sample("given", "weights of the usual network", 1)


def one_step_cells() -> list[Cell]:
    return [{"step": STEP, "weight": "unembed", "token": TOKEN, "number": NUMBER, "seed": 0}]


def measure_one_step(cell: Cell) -> dict[str, Any]:
    """The usual network of chapter 1 is trained up to a step; of that step all that moves a weight.

    after = before - rate * mean / (root + eps), with AdamW's means corrected for their start.
    """
    recipe = equal_tokens(multiply(seed=cell["seed"]))
    state = TrainState.start(recipe)
    for done in train(recipe, state):
        if done.step == cell["step"] - 1:
            break
    weights = state.model.unembed.weight
    at = (cell["token"], cell["number"])
    before = weights[at].item()
    loss = masked_loss(recipe, state.model, draw_batch(recipe, state))
    loss.backward()
    assert weights.grad is not None
    gradient = weights.grad[at].item()  # read here, since a step forgets it
    share, norm = clip_and_step(recipe, state, loss.item())
    adamw = adamw_of(state)
    k = next(i for i, p in enumerate(adamw.parameters) if p is weights)
    (b1, b2), t = adamw.betas, int(adamw.count)
    return {
        **training_of(recipe, state),
        "loss": loss.item(),
        "before": before,
        "gradient": gradient,
        "norm": norm,
        "rate": share * adamw.factor,
        "mean": (adamw.m[k][at] / (1 - b1**t)).item(),
        "root": (adamw.v[k][at] / (1 - b2**t)).sqrt().item(),
        "after": weights[at].item(),
        **WEIGHT.document(),
        "seeds": [recipe.seed],
    }


def adamw_of(state: TrainState) -> AdamW:
    assert isinstance(state.optimiser, Both)
    found = state.optimiser.parts["adamw"]
    assert isinstance(found, AdamW)
    return found
