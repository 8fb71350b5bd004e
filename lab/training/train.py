"""Training as a generator: one `next()` is one step, and between two steps the state is whole.

`train(recipe, state)` yields plain numbers and owns nothing: the caller holds `state`, may save it,
load it and go on bit for bit, or stop iterating.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from lab.data.position_ids import position_ids, with_gaps
from lab.model.gpt import GPT
from lab.model.trace import NO_TRACE, TraceLike
from lab.training.after_step import Watch
from lab.training.optim import build_optimiser
from lab.training.recipe import Precision, Recipe
from lab.training.state import TrainState
from lab.training.team import ALONE, Team


@dataclass(frozen=True)
class StepMetrics:
    """A step: its number from 1, mean loss in nats a token, rate, gradient norm, tokens so far."""

    step: int
    loss: float
    rate: float
    grad_norm: float
    tokens: int
    seconds: float


class Diverged(FloatingPointError):
    """The loss is no longer a number."""


def train(recipe: Recipe, state: TrainState, team: Team = ALONE) -> Iterator[StepMetrics]:
    """Run `recipe` from `state` to its last step, one step a `next()`. Raises `Diverged`."""
    for done in train_in_parts(recipe, state, recipe.batch_size, team):
        if done is not None:
            yield done


def train_in_parts(
    recipe: Recipe, state: TrainState, most: int, team: Team = ALONE
) -> Iterator[StepMetrics | None]:
    """As `train`, but with a pause, None, wherever a step has read `most` problems of its batch.

    The parts' gradients add up to the gradient of the whole batch, and so do those of a team, each
    of which reads its share. `state` is whole only after `StepMetrics`; their `seconds` leave out
    the pauses.
    """
    state.recipe = recipe
    watch, mine = Watch(state.model, team), team.share(recipe.batch_size)
    while state.step < recipe.steps:
        began = time.perf_counter()
        # The first start is left out: `state` came with an optimiser, perhaps a resumed one.
        if state.step in recipe.fresh_starts[1:]:
            state.optimiser = build_optimiser(recipe, state.model)
        batch = draw_batch(recipe, state)
        loss = 0.0
        for begin in range(mine.start, mine.stop, most):
            rows = slice(begin, min(begin + most, mine.stop))
            some = batch.part(rows)
            # By tokens and not by rows, since rows may bear unlike numbers of losses.
            weight = float(some.mask.sum() / batch.mask.sum())
            part = weight * masked_loss(recipe, state.model, some, watch.trace())
            (part + weight * watch.loss(some.tokens[:, :-1])).backward()
            loss += part.item()
            if rows.stop < mine.stop:
                state.seconds += time.perf_counter() - began
                yield None
                began = time.perf_counter()
        loss = team.add_up(state.model, loss)
        rate, norm = clip_and_step(recipe, state, loss)
        # The last token of a row is predicted and never read.
        watch.after_step(batch.tokens[:, :-1])
        state.step += 1
        state.tokens += batch.tokens.numel()
        state.seconds += time.perf_counter() - began
        yield StepMetrics(state.step, loss, rate, norm, state.tokens, state.seconds)


def clip_and_step(recipe: Recipe, state: TrainState, loss: float) -> tuple[float, float]:
    """Clip the gradient and move the weights against it: the rate, and the gradient's norm before.

    Raises `Diverged` for a loss or a norm that is no number.
    """
    rate = rate_at(recipe, state.step)
    # One odd batch would otherwise stay in the running means of the optimiser for many steps.
    norm = torch.nn.utils.clip_grad_norm_(state.model.parameters(), recipe.clip).item()
    # Asked before the step, so that the weights are still those of the last good one.
    if not math.isfinite(loss) or not math.isfinite(norm):
        raise Diverged(
            f"step {state.step + 1}: the loss is {loss}, the gradient's norm {norm}. "
            f"The learning rate ({recipe.rate}) is the usual cause"
        )
    state.optimiser.step(rate)
    # None, not zeros: the memory is free until the next backward, which then need not add.
    state.model.zero_grad(set_to_none=True)
    return rate, norm


@dataclass(frozen=True)
class Batch:
    """Tokens (N, L), which of them are to be predicted, (N, L), and where they stand."""

    tokens: Tensor
    mask: Tensor
    positions: Tensor | None = None

    def part(self, rows: slice) -> Batch:
        positions = None if self.positions is None else self.positions[rows]
        return Batch(self.tokens[rows], self.mask[rows], positions)


def draw_batch(recipe: Recipe, state: TrainState) -> Batch:
    """Fresh rows of what the recipe trains on at this step, and where they stand."""
    source, device = recipe.stage_at(state.step).data, state.device
    tokens, mask = (
        torch.from_numpy(x).to(device) for x in source.draw(state.rng, recipe.batch_size)
    )
    tokens = tokens.long()
    return Batch(tokens, mask, stand(recipe, state, tokens))


def stand(recipe: Recipe, state: TrainState, tokens: Tensor) -> Tensor | None:
    """Where the tokens of a batch stand, if not a plain count; with gaps, an axis at a time."""
    n_axis = recipe.model.position.n_axis
    if n_axis == 1 and not recipe.gap_chance:
        return None
    ids = position_ids(tokens, n_axis)
    if not recipe.gap_chance:
        return ids
    axes = ids.expand(len(tokens), -1)[..., None] if n_axis == 1 else ids
    out = with_gaps(axes, state.rng, recipe.gap_chance, recipe.gap_most)
    return out[..., 0] if n_axis == 1 else out


def masked_loss(recipe: Recipe, model: GPT, batch: Batch, trace: TraceLike = NO_TRACE) -> Tensor:
    """Mean of -ln p over the tokens that count in the loss."""
    # Prompts bear no loss: operands are drawn at random, so nothing about them can be learned.
    device, to_predict = batch.tokens.device, batch.mask[:, 1:]
    positions = None if batch.positions is None else batch.positions[:, :-1]
    precision = precision_on(recipe, device)
    # The forward alone: parameters, their gradients and the optimiser's means stay in float32.
    with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
        logits = model(batch.tokens[:, :-1], positions=positions, trace=trace)
    # Never in bf16: 1 - p of a sure token would round to 0, and with it the gradient.
    of_loss = torch.float64 if precision == "fp64_loss" else torch.float32
    told, right = logits[to_predict].to(of_loss), batch.tokens[:, 1:][to_predict]
    if recipe.logit_gradient != "whole":
        only_wrong = recipe.logit_gradient == "balanced"
        told.register_hook(partial(without_common_part, right=right, only_wrong=only_wrong))
    return F.cross_entropy(told, right)


def without_common_part(gradient: Tensor, right: Tensor, *, only_wrong: bool) -> Tensor:
    """The loss's gradient by logits, (N, V), changed so that it sums to zero over the vocabulary.

    g_j = p_j - [j right] sums to zero as long as nothing is rounded. What is left over is taken off
    all logits alike; with `only_wrong` the `right` token's, (N,), keeps its own.
    """
    shared = torch.ones_like(gradient)
    if only_wrong:
        shared.scatter_(1, right[:, None], 0)
    left_over = gradient.sum(-1, keepdim=True)
    return gradient - left_over * shared / shared.sum(-1, keepdim=True)


def precision_on(recipe: Recipe, device: torch.device) -> Precision:
    """What a recipe computes in on a device: auto is settled there, and a record says how."""
    if recipe.precision != "auto":
        return recipe.precision
    # Without such instructions bf16 is emulated, and slower than float32.
    fast = device.type == "cuda" or torch.cpu._is_avx512_bf16_supported()  # pyright: ignore
    return "bf16" if fast else "fp32"


def rate_at(recipe: Recipe, step: int) -> float:
    """The schedule as a share of the peak, in (0, 1], before step `step` (from 0).

    It runs from each fresh start of a course to the next, times the share of the stage.
    """
    starts = (*recipe.fresh_starts, recipe.steps)
    begin = max(start for start in recipe.fresh_starts if start <= step)
    end = min(start for start in starts if start > step)
    return recipe.stage_at(step).rate * scheduled(recipe, step - begin, end - begin)


def scheduled(recipe: Recipe, step: int, steps: int) -> float:
    """The schedule over `steps` steps, before step `step` of them."""
    if step < recipe.warmup:
        # The optimiser's first running means rest on a few batches, so its first steps are small.
        return (step + 1) / recipe.warmup
    if recipe.schedule == "cosine":
        part = (step - recipe.warmup) / max(1, steps - recipe.warmup)
        return 0.5 * (1 + math.cos(math.pi * part))
    # Level first: until the fall begins, a run may still be made longer (arXiv:2404.06395).
    return min(1.0, (steps - step) / max(1, round(recipe.decay * steps)))
