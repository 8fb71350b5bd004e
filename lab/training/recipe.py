"""Everything that decides a run, as one frozen object that JSON can hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from hashlib import blake2b
from itertools import accumulate
from reprlib import repr as shown
from typing import Any, Literal, cast

import numpy as np
from numpy.typing import NDArray

from lab.data.problems import Format
from lab.data.sources import (
    ListedPairs,
    PackedStream,
    Pairs,
    Shapes,
    Source,
    WholeTable,
    either,
    pairs_from,
    require_source,
    source_from_dict,
    source_to_dict,
)
from lab.fields import (
    build,
    object_of,
    require_flag,
    require_number,
    require_whole,
    require_word,
)
from lab.model.config import GPTConfig

OptimiserName = Literal["adamw", "muon"]
Schedule = Literal["wsd", "cosine"]
Precision = Literal["auto", "fp32", "fp64_loss", "bf16"]
LogitGradient = Literal["whole", "centred", "balanced"]
Beginning = Literal["fresh", "kept"]
WORDS = {
    "optimiser": OptimiserName,
    "schedule": Schedule,
    "precision": Precision,
    "logit_gradient": LogitGradient,
}

MOST_SAID = 4

LARGEST_SEED = 2**32 - 1
"""Every generator takes a seed up to here."""


@dataclass(frozen=True)
class Stage:
    """A part of a course: `steps` steps on `data`.

    `rate`: the share of the recipe's learning rates that it takes. `optimiser`: fresh begins it
    anew, and the schedule with it; kept goes on with both, so that only what is read changes.
    """

    data: Source
    steps: int
    rate: float = 1.0
    optimiser: Beginning = "kept"

    def __post_init__(self) -> None:
        require_source("Stage.data", self.data)
        require_whole("Stage.steps", self.steps)
        require_number("Stage.rate", self.rate, above=0, most=1)
        require_word("Stage.optimiser", self.optimiser, Beginning)

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "data": source_to_dict(self.data)}

    @classmethod
    def from_dict(cls, document: object) -> Stage:
        values = dict(object_of("stage", document))
        if "data" in values:
            values["data"] = source_from_dict(values["data"])
        return build(cls, values)


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a run. Variants by `dataclasses.replace`.

    `data`: what is trained on, a source of `lab.data.sources`. `stages`: a course, if it is trained
    on one thing after another; then `steps` are those of all stages and `data` is that of the last,
    which the run is scored on (`in_stages` sees to both). `start_from`: the committed run whose
    weights it begins with; empty for random ones.
    `gap_chance`, `gap_most`: gaps in the position ids (`with_gaps`).
    `rate`: peak learning rate of AdamW; `muon_rate` that of Muon's matrices.
    `schedule`: wsd holds the rate, then falls linearly to 0 over the last `decay` of the steps;
    cosine falls all the way. Both warm up over `warmup` steps.
    `precision`: auto takes bf16 where the CPU has bf16 instructions; fp64_loss is fp32 up to the
    logits, and softmax and loss in 64 bits.
    `logit_gradient`: whole is the loss's own. Rounding leaves a part of it that is common to all
    logits; centred takes off the mean over the vocabulary, and balanced takes the same sum off the
    logits of wrong tokens alone (`lab.training.train.without_common_part`).
    `eps`: what AdamW adds to the size of a gradient before it divides by it.
    """

    name: str
    model: GPTConfig
    data: Source = field(default_factory=Pairs)
    stages: tuple[Stage, ...] = ()
    start_from: str = ""
    gap_chance: float = 0.0
    gap_most: int = 8
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
    logit_gradient: LogitGradient = "whole"
    eps: float = 1e-8
    seed: int = 0
    check_every: int = 100

    def __post_init__(self) -> None:
        require_identifier("name", self.name)
        if self.start_from != "":
            require_identifier("start_from", self.start_from)
        if not isinstance(cast(object, self.model), GPTConfig):
            raise ValueError(f"model={shown(self.model)} must be a GPTConfig")
        require_source("data", self.data)
        for name in ("steps", "batch_size", "check_every", "gap_most"):
            require_whole(f"Recipe.{name}", getattr(self, name))
        require_whole("Recipe.warmup", self.warmup, least=0)
        require_whole("seed", self.seed, least=0, most=LARGEST_SEED)
        for name, words in WORDS.items():
            require_word(name, getattr(self, name), words)
        self.require_numbers()
        self.require_stages()

    def require_numbers(self) -> None:
        require_number("rate", self.rate, above=0, most=1)
        require_number("muon_rate", self.muon_rate, above=0, most=1)
        require_number("weight_decay", self.weight_decay, least=0, most=1)
        require_number("decay", self.decay, least=0, most=1)
        require_number("clip", self.clip, above=0, most=1e30)
        require_number("eps", self.eps, above=0, most=1)
        require_number("gap_chance", self.gap_chance, least=0, below=1)

    def require_stages(self) -> None:
        """What is said twice agrees, and no stage shows what is held out from the run."""
        stages = cast(object, self.stages)
        if not isinstance(stages, tuple) or not all(map(is_stage, stages)):
            raise ValueError(f"stages={shown(self.stages)} must be a tuple of Stage")
        if not self.stages:
            return
        steps = sum(stage.steps for stage in self.stages)
        if steps != self.steps:
            raise ValueError(f"steps={self.steps} must be the {steps} steps of its stages")
        if self.stages[-1].data != self.data:
            raise ValueError(
                f"data={shown(self.data)} must be that of the last stage, "
                f"{shown(self.stages[-1].data)}: a run is scored on what it ends with"
            )
        for stage in self.stages:
            if isinstance(stage.data, WholeTable):
                raise ValueError(
                    f"stages holds {shown(stage.data)}, which holds nothing out: it must be the "
                    f"only data of a run"
                )

    # ------------------------------------------------------------ what it trains on

    @property
    def format(self) -> Format:
        """What the run writes in the end."""
        return self.data.format

    @property
    def fraction(self) -> float:
        """No pair with u from here on is ever trained on."""
        return max(stage.data.fraction for stage in self.course)

    @property
    def tokens_per_step(self) -> int:
        """Padding included; of a course, in its last stage."""
        return self.batch_size * self.data.tokens_per_row

    def trained_on(self) -> NDArray[np.bool_]:
        """True for the pairs [a, b] that it trains on, (10^p, 10^q); at most 2 x 2 digits are told.

        What the run of `start_from` has seen is not counted.
        """
        return either([stage.data.trained_on() for stage in self.course])

    # ------------------------------------------------------------ when

    @property
    def course(self) -> tuple[Stage, ...]:
        """The stages; without any, the whole run is one."""
        return self.stages or (Stage(self.data, self.steps),)

    def stage_at(self, step: int) -> Stage:
        """The stage that takes step `step` (from 0)."""
        ends = accumulate(stage.steps for stage in self.course)
        return next(
            (stage for stage, end in zip(self.course, ends, strict=True) if step < end),
            self.course[-1],
        )

    @property
    def fresh_starts(self) -> tuple[int, ...]:
        """The steps (from 0) before which the optimiser, and its schedule, begin anew."""
        ends = accumulate(stage.steps for stage in self.course)
        later = zip(self.course[1:], ends, strict=False)
        return (0, *(begin for stage, begin in later if stage.optimiser == "fresh"))

    # ------------------------------------------------------------ as a document

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types, as `result.json` and a saved state hold them."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        values |= {"model": self.model.to_dict(), "data": source_to_dict(self.data)}
        values["stages"] = [stage.to_dict() for stage in self.stages]
        return json.loads(json.dumps(values))

    @classmethod
    def from_dict(cls, document: object) -> Recipe:
        """Undoes `to_dict`. A missing field takes its default; an unknown one is refused.

        Reads documents of the time when a recipe held the fields of its data itself, as well.
        """
        values = dict(object_of("recipe", document))
        older = {name: values.pop(name) for name in FLAT if name in values}
        if older and "data" in values:
            raise ValueError(
                f"data={shown(values['data'])} and {', '.join(older)} both say what is trained on"
            )
        if older:
            values["data"] = make_source(**older)
        elif "data" in values:
            values["data"] = source_from_dict(values["data"])
        if "model" in values:
            values["model"] = GPTConfig.from_dict(values["model"])
        if "stages" in values:
            if not isinstance(values["stages"], list):
                raise ValueError(f"stages={shown(values['stages'])} must be a list of stages")
            listed = cast(list[object], values["stages"])
            values["stages"] = tuple(Stage.from_dict(stage) for stage in listed)
        return build(cls, values)

    @property
    def hash(self) -> str:
        """Twelve hex digits that change with any field."""
        text = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"))
        return blake2b(text.encode()).hexdigest()[:12]


def in_stages(recipe: Recipe, first: Stage, *more: Stage) -> Recipe:
    """The recipe as a course: all the steps of the stages, and scored on what the last reads."""
    stages = (first, *more)
    steps = sum(stage.steps for stage in stages)
    return replace(recipe, stages=stages, steps=steps, data=stages[-1].data)


def is_stage(value: object) -> bool:
    return isinstance(value, Stage)


def require_identifier(name: str, value: object) -> None:
    if type(value) is not str or not value.isidentifier():
        raise ValueError(f"{name}={shown(value)} must be a word: letters, digits and _")


# ---------------------------------------------------------------- documents of an earlier time

FLAT = ("format", "fraction", "pairs", "shapes", "pack", "trains_on_everything")
"""Fields of a recipe that said what it trains on, before it had `data`."""


def make_source(
    format: Any = None,
    fraction: Any = 0.30,
    pairs: Any = (),
    shapes: Any = (),
    pack: Any = 0,
    trains_on_everything: Any = False,
) -> Source:
    """The source that the fields of an older document describe. Defaults are those of its time."""
    form = Format() if format is None else build(Format, format)
    listed, mixed = pairs_from("pairs", pairs), pairs_from("shapes", shapes)
    require_whole("pack", pack, least=0)
    require_flag("trains_on_everything", trains_on_everything)
    if sum(map(bool, (listed, mixed, trains_on_everything))) > 1:
        raise ValueError(
            f"only one of pairs={shown(listed)}, shapes={shown(mixed)} and "
            f"trains_on_everything={trains_on_everything} says what is trained on"
        )
    if trains_on_everything and fraction != 1.0:
        raise ValueError(f"trains_on_everything needs fraction=1.0, and it is {shown(fraction)}")
    if trains_on_everything:
        source: Source = WholeTable(form)
    elif mixed:
        source = Shapes(form, mixed, fraction)
    else:
        source = ListedPairs(form, listed, fraction) if listed else Pairs(form, fraction)
    return PackedStream(cast(Pairs, source), pack) if pack else source


# ---------------------------------------------------------------- two recipes


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
