"""Training as a generator: one `next()` is one step, and between two steps the state is whole.

`train(recipe, state)` yields plain numbers and owns nothing: the caller holds `state`, may save it,
load it and go on bit for bit, or stop iterating.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from pathlib import Path
from reprlib import repr as shown
from typing import Any, Literal, cast

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from lab.data.packing import pack, texts_in
from lab.data.position_ids import position_ids, with_gaps
from lab.data.problems import (
    Format,
    all_pairs,
    require_fraction,
    sample_listed,
    sample_pairs,
    sample_shapes,
    split_value,
    split_values,
)
from lab.data.vocabulary import Tokens
from lab.fields import (
    build,
    object_of,
    require_flag,
    require_number,
    require_whole,
    require_word,
)
from lab.model.config import GPTConfig
from lab.model.gpt import GPT
from lab.training.optim import AdamW, Both, Muon, Optimiser

OptimiserName = Literal["adamw", "muon"]
Schedule = Literal["wsd", "cosine"]
Precision = Literal["auto", "fp32", "bf16"]
WORDS = {"optimiser": OptimiserName, "schedule": Schedule, "precision": Precision}

Pairs = tuple[tuple[int, int], ...]

MOST_SAID = 4

LARGEST_SEED = 2**32 - 1
"""Every generator takes a seed up to here."""


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a run. Variants by `dataclasses.replace`.

    `pairs`: if any, train on these unordered pairs alone, all of them with u < `fraction`.
    `shapes`: if any, the numbers of digits (p, q) that problems have, each as likely as it is often
    listed, in a format that is not padded. `pack`: if not 0, a row of a batch is a stream of so
    many tokens, cut at random from sum after sum. `gap_chance`, `gap_most`: gaps in the position
    ids (`with_gaps`).
    `trains_on_everything`: hold nothing out, the one exception to the split. Such a run learns the
    100 one-digit products by heart, so no score of it says anything of pairs it has not seen.
    `rate`: peak learning rate of AdamW; `muon_rate` that of Muon's matrices.
    `schedule`: wsd holds the rate, then falls linearly to 0 over the last `decay` of the steps;
    cosine falls all the way. Both warm up over `warmup` steps.
    `precision`: auto takes bf16 where the CPU has bf16 instructions.
    """

    name: str
    model: GPTConfig
    format: Format = field(default_factory=Format)
    fraction: float = 0.30
    pairs: Pairs = ()
    shapes: Pairs = ()
    pack: int = 0
    gap_chance: float = 0.0
    gap_most: int = 8
    trains_on_everything: bool = False
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
        if type(self.name) is not str or not self.name.isidentifier():
            raise ValueError(f"name={shown(self.name)} must be a word: letters, digits and _")
        for name, kind in {"model": GPTConfig, "format": Format}.items():
            if not isinstance(getattr(self, name), kind):
                raise ValueError(f"{name}={shown(getattr(self, name))} must be a {kind.__name__}")
        for name in ("steps", "batch_size", "check_every", "gap_most"):
            require_whole(f"Recipe.{name}", getattr(self, name))
        for name in ("pack", "warmup"):
            require_whole(f"Recipe.{name}", getattr(self, name), least=0)
        require_whole("seed", self.seed, least=0, most=LARGEST_SEED)
        require_flag("trains_on_everything", self.trains_on_everything)
        for name, words in WORDS.items():
            require_word(name, getattr(self, name), words)
        self.require_numbers()
        self.require_layout()
        self.require_split()

    def require_numbers(self) -> None:
        require_number("rate", self.rate, above=0, most=1)
        require_number("muon_rate", self.muon_rate, above=0, most=1)
        require_number("weight_decay", self.weight_decay, least=0, most=1)
        require_number("decay", self.decay, least=0, most=1)
        require_number("clip", self.clip, above=0, most=1e30)
        require_number("gap_chance", self.gap_chance, least=0, below=1)

    def require_layout(self) -> None:
        form = self.format
        require_pairs("shapes", self.shapes)
        if self.shapes and form.padded:
            raise ValueError(f"shapes={shown(self.shapes)} need a format with padded=False")
        for p, q in self.shapes:
            if not (1 <= p <= form.p and 1 <= q <= form.q):
                raise ValueError(f"shapes holds {(p, q)}; the format allows up to {form.p, form.q}")
        if self.pack and (not form.padded or self.pack <= form.length):
            raise ValueError(
                f"pack={self.pack} needs a padded format and more than its {form.length} tokens"
            )

    def require_split(self) -> None:
        """Nothing that is trained on is held out."""
        require_pairs("pairs", self.pairs)
        if self.trains_on_everything:
            return self.require_the_whole_times_table()
        require_fraction(self.fraction)
        if self.pairs and self.format.p != self.format.q:
            raise ValueError(
                f"pairs are written both ways round; p={self.format.p} and q={self.format.q} differ"
            )
        for pair in self.pairs:
            if max(pair) >= 10**self.format.p:
                raise ValueError(f"pairs holds {pair}; the format has {self.format.p} digits")
            if split_value(*pair) >= self.fraction:
                raise ValueError(
                    f"pairs holds {pair}, whose u={split_value(*pair):.3f} is not below "
                    f"fraction={self.fraction}: it is held out"
                )

    def require_the_whole_times_table(self) -> None:
        form = self.format
        if (form.p, form.q, self.fraction, self.pairs) != (1, 1, 1.0, ()):
            raise ValueError(
                f"trains_on_everything is for all one-digit products: p={form.p} and q={form.q} "
                f"must be 1, fraction={shown(self.fraction)} must be 1.0, and "
                f"pairs={shown(self.pairs)} none"
            )

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types, as `result.json` and a saved state hold them."""
        return json.loads(json.dumps({**asdict(self), "model": self.model.to_dict()}))

    @classmethod
    def from_dict(cls, document: object) -> Recipe:
        """Undoes `to_dict`. A missing field takes its default; an unknown one is refused."""
        values = dict(object_of("recipe", document))
        if "model" in values:
            values["model"] = GPTConfig.from_dict(values["model"])
        if "format" in values:
            values["format"] = build(Format, values["format"])
        for name in {"pairs", "shapes"} & values.keys():
            values[name] = pairs_from(name, values[name])
        return build(cls, values)

    @property
    def hash(self) -> str:
        """Twelve hex digits that change with any field."""
        text = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))
        return blake2b(text.encode()).hexdigest()[:12]

    @property
    def tokens_per_step(self) -> int:
        return self.batch_size * (self.pack or self.format.length)


def require_pairs(name: str, value: object) -> None:
    if not isinstance(value, tuple) or not all(is_pair(pair) for pair in cast(Pairs, value)):
        raise ValueError(f"{name}={shown(value)} must be pairs of whole numbers from 0 on")


def is_pair(pair: object) -> bool:
    if not isinstance(pair, tuple):
        return False
    numbers = cast(tuple[int, ...], pair)
    return [type(x) for x in numbers] == [int, int] and min(numbers) >= 0


def pairs_from(name: str, listed: Any) -> Pairs:
    """Pairs as JSON has them, lists of two."""
    try:
        return tuple((a, b) for a, b in listed)
    except (TypeError, ValueError):
        raise ValueError(f"{name}={shown(listed)} must be a list of pairs") from None


def differences(there: Recipe, here: Recipe) -> str:
    """'steps is 4 there and 6 here, ...': the fields in which two recipes differ, the first few."""
    old, new = flat(there.to_dict()), flat(here.to_dict())
    names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    names.sort(key=lambda name: name not in ("name", "seed", "steps"))
    said = [
        f"{name} is {shown(old.get(name))} there and {shown(new.get(name))} here" for name in names
    ]
    rest = len(said) - MOST_SAID
    return ", ".join(said[:MOST_SAID] + ([f"and {rest} more"] if rest > 0 else []))


def flat(document: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """{"model": {"d_model": 16}} -> {"model.d_model": 16}"""
    out: dict[str, Any] = {}
    for name, value in document.items():
        inside = isinstance(value, dict)
        out |= flat(value, f"{before}{name}.") if inside else {before + name: value}
    return out


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
    """All that a run carries from step to step: saved and loaded, it goes on bit for bit.

    `recipe` is the one that it is trained by.
    """

    recipe: Recipe
    model: GPT
    optimiser: Optimiser
    rng: np.random.Generator
    step: int = 0
    seconds: float = 0.0

    @property
    def device(self) -> torch.device:
        return next(self.model.parameters()).device

    @classmethod
    def start(cls, recipe: Recipe, device: str = "cpu") -> TrainState:
        generator = torch.Generator().manual_seed(recipe.seed)
        model = GPT(recipe.model, generator).to(device).train()
        rng = np.random.default_rng(recipe.seed)
        return cls(recipe, model, build_optimiser(recipe, model), rng)

    def save(self, path: Path) -> None:
        """Write everything to one safetensors file, all or nothing."""
        tensors = {f"model.{n}": p.detach() for n, p in self.model.state_dict().items()}
        tensors |= {f"optimiser.{n}": t for n, t in self.optimiser.state().items()}
        progress = {"step": self.step, "seconds": self.seconds, "rng": self.rng.bit_generator.state}
        part = path.with_suffix(".part")
        path.parent.mkdir(parents=True, exist_ok=True)
        about = {"progress": progress, "recipe": self.recipe.to_dict(), "hash": self.recipe.hash}
        save_file(tensors, part, metadata={key: json.dumps(said) for key, said in about.items()})
        part.replace(path)

    @classmethod
    def load(cls, recipe: Recipe, path: Path, device: str = "cpu") -> TrainState:
        """The inverse of `save`. `ValueError` for what is no state, or one of another recipe."""
        saved = Saved.read(path)
        if saved.recipe.model != recipe.model:
            raise ValueError(
                f"{path} holds a state of another model than the recipe of {recipe.name} "
                f"makes: {differences(saved.recipe, recipe)}"
            )
        if saved.recipe != recipe:
            raise ValueError(
                f"{path} holds a state of another recipe than that of {recipe.name}: "
                f"{differences(saved.recipe, recipe)}"
            )
        state = cls.start(recipe, device)
        state.step, state.seconds = saved.step, saved.seconds
        try:
            tensors = load_file(path, device=device)
            state.model.load_state_dict(under("model.", tensors))
            state.optimiser.load(under("optimiser.", tensors))
            state.rng.bit_generator.state = saved.rng
        except (SafetensorError, RuntimeError, LookupError, ValueError, TypeError) as error:
            raise ValueError(
                f"{path} does not hold all that a run of {recipe.name} goes on from"
            ) from error
        return state


def under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}


@dataclass(frozen=True)
class Saved:
    """What a saved state says of itself: whose it is, and how far it has come."""

    recipe: Recipe
    step: int
    seconds: float
    rng: dict[str, Any]

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
            require_number("seconds", saved.seconds, least=0, most=1e9)
        except ValueError as error:
            raise ValueError(f"{path} is not a saved state: {error}") from error
        return saved


def metadata_of(path: Path) -> dict[str, str]:
    try:
        with safe_open(path, framework="pt") as file:
            return file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path} is damaged or cut short ({error})") from error


def train(recipe: Recipe, state: TrainState) -> Iterator[StepMetrics]:
    """Run `recipe` from `state` to its last step, one step a `next()`. Raises `Diverged`."""
    for done in train_in_parts(recipe, state, recipe.batch_size):
        if done is not None:
            yield done


def train_in_parts(recipe: Recipe, state: TrainState, most: int) -> Iterator[StepMetrics | None]:
    """As `train`, but with a pause, None, wherever a step has read `most` problems of its batch.

    The parts' gradients add up to the gradient of the whole batch. `state` is whole only after
    `StepMetrics`; their `seconds` leave out the pauses.
    """
    state.recipe = recipe
    while state.step < recipe.steps:
        began = time.perf_counter()
        rate = rate_at(recipe, state.step)
        batch = draw_batch(recipe, state)
        loss = 0.0
        for begin in range(0, recipe.batch_size, most):
            rows = slice(begin, begin + most)
            some = batch.part(rows)
            weight = float(some.mask.sum() / batch.mask.sum())
            part = weight * masked_loss(recipe, state.model, some)
            part.backward()
            loss += part.item()
            if rows.stop < recipe.batch_size:
                state.seconds += time.perf_counter() - began
                yield None
                began = time.perf_counter()
        norm = torch.nn.utils.clip_grad_norm_(state.model.parameters(), recipe.clip).item()
        if not math.isfinite(loss) or not math.isfinite(norm):
            raise Diverged(
                f"step {state.step + 1}: the loss is {loss}, the gradient's norm {norm}. "
                f"The learning rate ({recipe.rate}) is the usual cause"
            )
        state.optimiser.step(rate)
        state.model.zero_grad(set_to_none=True)
        state.step += 1
        state.seconds += time.perf_counter() - began
        yield StepMetrics(
            step=state.step,
            loss=loss,
            rate=rate,
            grad_norm=norm,
            tokens=state.step * recipe.tokens_per_step,
            seconds=state.seconds,
        )


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
    """The texts of fresh problems, laid out as the recipe says."""
    form, n = recipe.format, recipe.batch_size
    if recipe.pack:
        texts = texts_of(recipe, state, n * texts_in(recipe.pack, form))
        tokens, mask, _ = pack(*texts, n, recipe.pack, state.rng)
    else:
        tokens, mask = texts_of(recipe, state, n)
    device = state.device
    shown = torch.from_numpy(tokens).to(device).long()
    positions = stand(recipe, state, shown)
    return Batch(shown, torch.from_numpy(mask).to(device), positions)


def texts_of(recipe: Recipe, state: TrainState, n: int) -> tuple[Tokens, NDArray[np.bool_]]:
    """`n` fresh problems as texts and their loss masks, (n, L) each."""
    form, low, high = recipe.format, 0.0, recipe.fraction
    if recipe.pairs:
        return form.render(*sample_listed(state.rng, n, recipe.pairs))
    if recipe.shapes:
        return form.render(*sample_shapes(state.rng, n, recipe.shapes, low, high))
    return form.render(*sample_pairs(state.rng, n, form.p, form.q, low, high))


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


def trained_on(recipe: Recipe) -> NDArray[np.bool_]:
    """True for the pairs [a, b] that a recipe of at most 2 x 2 digits trains on."""
    form = recipe.format
    shape = (10**form.p, 10**form.q)
    if not recipe.pairs:
        return (split_values(*all_pairs(form.p, form.q)) < recipe.fraction).reshape(shape)
    out = np.zeros(shape, dtype=bool)
    a, b = np.array(recipe.pairs).T
    out[a, b] = out[b, a] = True
    return out


def masked_loss(recipe: Recipe, model: GPT, batch: Batch) -> Tensor:
    """Mean of -ln p over the tokens that bear loss."""
    device, to_predict = batch.tokens.device, batch.mask[:, 1:]
    positions = None if batch.positions is None else batch.positions[:, :-1]
    half = precision_on(recipe, device) == "bf16"
    with torch.autocast(device.type, torch.bfloat16, enabled=half):
        logits = model(batch.tokens[:, :-1], positions=positions)
    return F.cross_entropy(logits[to_predict].float(), batch.tokens[:, 1:][to_predict])


def precision_on(recipe: Recipe, device: torch.device) -> Literal["fp32", "bf16"]:
    """What a recipe computes in on a device: auto is settled there, and a record says how."""
    if recipe.precision != "auto":
        return recipe.precision
    fast = device.type == "cuda" or torch.cpu._is_avx512_bf16_supported()  # pyright: ignore
    return "bf16" if fast else "fp32"


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
