"""All that a run carries from step to step, and the file that it is resumed from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from reprlib import repr as shown
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from lab.fields import build, object_of, require_number, require_whole
from lab.model.gpt import GPT
from lab.records import replacing
from lab.training.optim import Optimiser, build_optimiser
from lab.training.recipe import Recipe, differences
from lab.training.start import begin_from

MOST_TOKENS = 10**15


@dataclass
class TrainState:
    """All that a run carries from step to step: saved and loaded, it goes on bit for bit.

    `recipe` is the one that it is trained by. `tokens` counts those read so far, padding included.
    `started_from` is the fingerprint of the weights that `recipe.start_from` named; empty if none.
    """

    recipe: Recipe
    model: GPT
    optimiser: Optimiser
    rng: np.random.Generator
    step: int = 0
    seconds: float = 0.0
    tokens: int = 0
    started_from: str = ""

    @property
    def device(self) -> torch.device:
        return next(self.model.parameters()).device

    @classmethod
    def start(cls, recipe: Recipe, device: str = "cpu") -> TrainState:
        """Before the first step. `ValueError` if the weights of `start_from` are not there, or do
        not fit."""
        state = cls.blank(recipe, device)
        if recipe.start_from:
            state.started_from = begin_from(recipe, state.model)
        return state

    @classmethod
    def blank(cls, recipe: Recipe, device: str = "cpu") -> TrainState:
        """With weights drawn from the recipe's seed."""
        generator = torch.Generator().manual_seed(recipe.seed)
        # Drawn on the CPU wherever it trains, so that a seed gives the same weights everywhere.
        model = GPT(recipe.model, generator).to(device).train()
        rng = np.random.default_rng(recipe.seed)
        return cls(recipe, model, build_optimiser(recipe, model), rng)

    def save(self, path: Path) -> None:
        """Write everything to one safetensors file, all or nothing.

        `FloatingPointError` if a number is NaN or infinite: what was saved before is worth more.
        """
        tensors = {f"model.{n}": p.detach() for n, p in self.model.state_dict().items()}
        tensors |= {f"optimiser.{n}": t for n, t in self.optimiser.state().items()}
        if amiss := not_finite(tensors):
            raise FloatingPointError(f"step {self.step}: {amiss} holds NaN or infinity")
        progress = {
            "step": self.step,
            "seconds": self.seconds,
            "tokens": self.tokens,
            "started_from": self.started_from,
            "rng": self.rng.bit_generator.state,
        }
        said = {"progress": progress, "recipe": self.recipe.to_dict()}
        about = {key: json.dumps(value) for key, value in said.items()}
        about["checksum"] = checksum(tensors, about)
        with replacing(path) as part:
            try:
                save_file(tensors, part, metadata=about)
            except SafetensorError as error:
                raise OSError(f"{path} could not be written: {error}") from error

    @classmethod
    def load(cls, recipe: Recipe, path: Path, device: str = "cpu") -> TrainState:
        """The inverse of `save`. `ValueError` for what is no state, is damaged, holds NaN or
        infinity, or is of another recipe."""
        saved = Saved.read(path)
        tensors = read_tensors(path)
        require_same(saved.recipe, recipe, path)
        state = cls.blank(recipe, device)
        state.step, state.seconds, state.tokens = saved.step, saved.seconds, saved.tokens
        state.started_from = saved.started_from
        try:
            state.model.load_state_dict(under("model.", tensors))
            state.optimiser.load(under("optimiser.", tensors))
            state.rng.bit_generator.state = saved.rng
        except (RuntimeError, LookupError, ValueError, TypeError) as error:
            raise ValueError(
                f"{path} does not hold all that a run of {recipe.name} goes on from"
            ) from error
        return state


def read_tensors(path: Path) -> dict[str, Tensor]:
    """What a state holds, bit for bit as it was saved."""
    try:
        tensors, about = load_file(path), metadata_of(path)
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path} is damaged or cut short ({error})") from error
    noted = about.pop("checksum", None)
    if noted is None:  # older states had none; nor has one whose damage hides its checksum
        raise ValueError(f"{path} names no checksum, so nobody knows whether it is damaged")
    if noted != checksum(tensors, about):
        raise ValueError(f"{path} is damaged: its checksum is not that of what it holds")
    if amiss := not_finite(tensors):
        raise ValueError(f"{path}: {amiss} holds NaN or infinity, so no run can go on from it")
    return tensors


def checksum(tensors: Mapping[str, Tensor], about: Mapping[str, str]) -> str:
    """Another one if any bit of a tensor, its name, type or shape, or of the texts is another."""
    digest = blake2b(json.dumps(about, sort_keys=True).encode(), digest_size=16)
    for name in sorted(tensors):
        x = tensors[name].cpu().contiguous()
        digest.update(f"{name} {x.dtype} {[*x.shape]}".encode())
        digest.update(x.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()


def not_finite(tensors: Mapping[str, Tensor]) -> str:
    """The first tensor, by name, that holds NaN or infinity; empty if none does."""
    return next((name for name in sorted(tensors) if not tensors[name].isfinite().all()), "")


def require_same(there: Recipe, here: Recipe, path: Path) -> None:
    if there.model != here.model:
        raise ValueError(
            f"{path} holds a state of another model than the recipe of {here.name} "
            f"makes: {differences(there, here)}"
        )
    if there != here:
        raise ValueError(
            f"{path} holds a state of another recipe than that of {here.name}: "
            f"{differences(there, here)}"
        )


def under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}


@dataclass(frozen=True)
class Saved:
    """What a saved state says of itself: whose it is, and how far it has come."""

    recipe: Recipe
    step: int
    seconds: float
    tokens: int
    rng: dict[str, Any]
    started_from: str = ""

    @classmethod
    def read(cls, path: Path) -> Saved:
        """`ValueError` says in one sentence what is wrong with a file that is no saved state."""
        about = metadata_of(path)
        try:
            progress, recipe = (
                json.loads(about.get(key, "null")) for key in ("progress", "recipe")
            )
            values = {**object_of("progress", progress), "recipe": Recipe.from_dict(recipe)}
            saved = build(cls, values)
            require_whole("step", saved.step, least=0, most=saved.recipe.steps)
            require_whole("tokens", saved.tokens, least=0, most=MOST_TOKENS)
            require_number("seconds", saved.seconds, least=0, most=1e9)
            if type(saved.started_from) is not str:
                raise ValueError(f"started_from={shown(saved.started_from)} must be text")
        except ValueError as error:
            raise ValueError(f"{path} is not a saved state: {error}") from error
        return saved


def metadata_of(path: Path) -> dict[str, str]:
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path} is damaged or cut short ({error})") from error
