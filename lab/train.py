"""Training as a generator: one `next()` is one step, and between two steps the state is whole.

`train(recipe, state)` yields plain numbers and owns nothing: the caller holds `state`, may save it,
load it and go on bit for bit, or stop iterating.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor

from lab.config import GPTConfig, require_positive
from lab.gpt import GPT
from lab.optim import AdamW, Both, Muon, Optimiser
from lab.problems import Format, require_fraction, sample_pairs

OptimiserName = Literal["adamw", "muon"]
Schedule = Literal["wsd", "cosine"]
Precision = Literal["auto", "fp32", "bf16"]


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a run. Variants by `dataclasses.replace`.

    `rate`: peak learning rate of AdamW; `muon_rate` that of Muon's matrices.
    `schedule`: wsd holds the rate, then falls linearly to 0 over the last `decay` of the steps;
    cosine falls all the way. Both warm up over `warmup` steps.
    `precision`: auto takes bf16 where the CPU has bf16 instructions.
    """

    name: str
    model: GPTConfig
    format: Format = field(default_factory=Format)
    fraction: float = 0.30
    steps: int = 1000
    batch_size: int = 256
    optimiser: OptimiserName = "muon"
    rate: float = 3e-3
    muon_rate: float = 0.02
    weight_decay: float = 0.0
    schedule: Schedule = "wsd"
    warmup: int = 50
    decay: float = 0.4
    clip: float = 1.0
    precision: Precision = "auto"
    seed: int = 0
    check_every: int = 100

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "check_every"):
            require_positive(f"Recipe.{name}", getattr(self, name))
        require_fraction(self.fraction)
        kinds = {"optimiser": OptimiserName, "schedule": Schedule, "precision": Precision}
        for name, allowed in kinds.items():
            if getattr(self, name) not in get_args(allowed):
                raise ValueError(
                    f"{name}={getattr(self, name)!r} is not one of {get_args(allowed)}"
                )
        if self.warmup < 0 or not 0 <= self.decay <= 1:
            raise ValueError(f"warmup={self.warmup} is at least 0, decay={self.decay} in [0, 1]")
        if not (0 < self.rate <= 1 and 0 < self.muon_rate <= 1):
            raise ValueError(f"rate={self.rate} and muon_rate={self.muon_rate} lie in (0, 1]")

    @property
    def tokens_per_step(self) -> int:
        return self.batch_size * self.format.length


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


@dataclass
class TrainState:
    """All that a run carries from step to step: saved and loaded, it goes on bit for bit."""

    model: GPT
    optimiser: Optimiser
    rng: np.random.Generator
    step: int = 0
    seconds: float = 0.0

    @classmethod
    def start(cls, recipe: Recipe, device: str = "cpu") -> TrainState:
        generator = torch.Generator().manual_seed(recipe.seed)
        model = GPT(recipe.model, generator).to(device).train()
        return cls(model, build_optimiser(recipe, model), np.random.default_rng(recipe.seed))

    def save(self, path: Path) -> None:
        """Write model, optimiser, generator and step to one safetensors file, all or nothing."""
        tensors = {f"model.{n}": p.detach() for n, p in self.model.state_dict().items()}
        tensors |= {f"optimiser.{n}": t for n, t in self.optimiser.state().items()}
        progress = {"step": self.step, "seconds": self.seconds, "rng": self.rng.bit_generator.state}
        part = path.with_suffix(".part")
        path.parent.mkdir(parents=True, exist_ok=True)
        save_file(tensors, part, metadata={"progress": json.dumps(progress)})
        part.replace(path)

    @classmethod
    def load(cls, recipe: Recipe, path: Path, device: str = "cpu") -> TrainState:
        """The inverse of `save`. `ValueError` if the state is not one of this recipe's model."""
        state = cls.start(recipe, device)
        tensors = load_file(path, device=device)
        groups: dict[str, dict[str, Tensor]] = {"model": {}, "optimiser": {}}
        for name, tensor in tensors.items():
            group, _, rest = name.partition(".")
            groups[group][rest] = tensor
        try:
            state.model.load_state_dict(groups["model"])
            state.optimiser.load(groups["optimiser"])
        except (RuntimeError, KeyError) as error:
            raise ValueError(
                f"{path.name} holds a state of another model than the recipe of {recipe.name} makes"
            ) from error
        progress = read_progress(path)
        state.step, state.seconds = progress["step"], progress["seconds"]
        state.rng.bit_generator.state = progress["rng"]
        return state


def read_progress(path: Path) -> dict[str, Any]:
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:  # pyright: ignore[reportUnknownVariableType]
        return json.loads(file.metadata()["progress"])  # pyright: ignore


def train(recipe: Recipe, state: TrainState) -> Iterator[StepMetrics]:
    """Run `recipe` from `state` to its last step, one step a `next()`. Raises `Diverged`."""
    while state.step < recipe.steps:
        began = time.perf_counter()
        rate = rate_at(recipe, state.step)
        loss = masked_loss(recipe, state)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(state.model.parameters(), recipe.clip)
        if not math.isfinite(loss.item()) or not math.isfinite(norm.item()):
            raise Diverged(
                f"step {state.step + 1}: the loss is {loss.item()}, the gradient's norm "
                f"{norm.item()}. The learning rate ({recipe.rate}) is the usual cause"
            )
        state.optimiser.step(rate)
        state.model.zero_grad(set_to_none=True)
        state.step += 1
        state.seconds += time.perf_counter() - began
        yield StepMetrics(
            step=state.step,
            loss=loss.item(),
            rate=rate,
            grad_norm=norm.item(),
            tokens=state.step * recipe.tokens_per_step,
            seconds=state.seconds,
        )


def masked_loss(recipe: Recipe, state: TrainState) -> Tensor:
    """Mean of -ln p over the tokens of a fresh batch that bear loss."""
    device = next(state.model.parameters()).device
    form = recipe.format
    pairs = sample_pairs(state.rng, recipe.batch_size, form.p, form.q, 0.0, recipe.fraction)
    tokens, mask = (torch.from_numpy(x).to(device) for x in form.render(*pairs))
    tokens = tokens.long()
    with torch.autocast(device.type, torch.bfloat16, enabled=uses_bf16(recipe, device)):
        logits = state.model(tokens[:, :-1])
    return F.cross_entropy(logits[mask[:, 1:]].float(), tokens[:, 1:][mask[:, 1:]])


def uses_bf16(recipe: Recipe, device: torch.device) -> bool:
    if recipe.precision != "auto":
        return recipe.precision == "bf16"
    return device.type == "cuda" or torch.cpu._is_avx512_bf16_supported()  # pyright: ignore


def rate_at(recipe: Recipe, step: int) -> float:
    """The schedule as a share of the peak, in (0, 1], before step `step` (from 0)."""
    if step < recipe.warmup:
        return (step + 1) / recipe.warmup
    if recipe.schedule == "cosine":
        part = (step - recipe.warmup) / max(1, recipe.steps - recipe.warmup)
        return 0.5 * (1 + math.cos(math.pi * part))
    return min(1.0, (recipe.steps - step) / max(1, round(recipe.decay * recipe.steps)))


def build_optimiser(recipe: Recipe, model: GPT) -> Optimiser:
    """AdamW for everything, or Muon for the blocks' matrices and AdamW for the rest."""
    matrices = [p for n, p in model.named_parameters() if n.startswith("blocks.") and p.ndim == 2]
    if recipe.optimiser == "adamw":
        return AdamW(list(model.parameters()), factor=recipe.rate, weight_decay=recipe.weight_decay)
    hidden = {id(p) for p in matrices}
    rest = [p for p in model.parameters() if id(p) not in hidden]
    return Both(
        muon=Muon(matrices, factor=recipe.muon_rate, weight_decay=recipe.weight_decay),
        adamw=AdamW(rest, factor=recipe.rate),
    )
