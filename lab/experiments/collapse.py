"""Training without end on a small fixed set: what becomes of the features, and what warned first?

A small network learns to multiply two digits by two, from all sums that may be trained on. Then it
goes on with 64 of them alone, at a constant rate, more than fifty times as long as it takes to get
all of these right. At moments evenly spaced in the logarithm of the step it is looked at from
outside (how many sums are wrong, of the 64 and of others) and from inside (`lab.interp.diagnostics`
on sums that it never trains on). As a control some runs go on with all sums instead; and some take
softmax and loss in 64 bits, where a probability near one is not rounded to one, so that the right
logit is still pulled up while the others are pushed down (arXiv:2501.04697).

Shapes: `M` moments, `L` places in the stream, `P` features, `C` tokens of one text.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from lab.data.problems import BOUNDS, Format, Integers, sample_pairs
from lab.data.samples import Sample
from lab.data.sources import ListedPairs, Pairs
from lab.data.vocabulary import Tokens
from lab.experiments.sweep import Cell
from lab.inference.evaluate import likeliest
from lab.inference.forward import logits_of, run_with_trace
from lab.inference.token_loss import token_loss
from lab.interp.diagnostics import (
    attention_entropy,
    cosines,
    effective_rank,
    norm_of,
    rank_residual,
    singular_shares,
    three_axes,
    token_cosine,
)
from lab.model.config import (
    AttentionResidual,
    CoupledRotaryPositions,
    DenseFFN,
    GPTConfig,
    MultiHeadAttention,
    PlainResidual,
    Residual,
)
from lab.model.gpt import GPT
from lab.model.trace import Edit, Trace
from lab.recipes.reach import SLOW_BASE
from lab.records import RECORDS
from lab.training.recipe import Recipe
from lab.training.state import TrainState
from lab.training.train import train

Stream = Literal["plain", "attention"]
STREAMS: dict[Stream, Residual] = {"plain": PlainResidual(), "attention": AttentionResidual()}

FORM = Format("cot_reversed")
N_PAIR = 64
"""Unordered pairs that a run goes on with, both ways round."""

BASE_STEPS, STEPS = 1000, 10_000
RATE, BATCH = 3e-4, 16
"""Of the long run; AdamW's rate, and Muon's is five times it."""

N_MOMENT = 44
N_ASKED = 1000
"""Sums that it never trained on, asked at every moment."""

N_LOOKED_AT = 64
"""Of these, so many have their features looked at."""


# ---------------------------------------------------------------- two trainings


def base_recipe(stream: Stream, seed: int) -> Recipe:
    """Three layers of 64, on all sums that may be trained on."""
    return Recipe(
        name=f"collapse_{stream}",
        model=GPTConfig(
            n_layer=3,
            d_model=64,
            position=CoupledRotaryPositions(SLOW_BASE),
            attention=MultiHeadAttention(n_head=4, head_dim=16),
            ffn=DenseFFN(d_ff=256),
            residual=STREAMS[stream],
        ),
        data=Pairs(FORM),
        steps=BASE_STEPS,
        batch_size=32,
        rate=2e-3,
        muon_rate=1e-2,
        precision="fp32",
        seed=seed,
    )


@lru_cache(maxsize=1)
def base(stream: Stream, seed: int) -> GPT:
    """The network as it is before the long run."""
    recipe = base_recipe(stream, seed)
    state = TrainState.start(recipe)
    for _ in train(recipe, state):
        pass
    return state.model.eval()


def long_recipe(cell: Cell) -> Recipe:
    """A cell's long run: at a constant rate after the warm-up."""
    return replace(
        base_recipe(cell["stream"], cell["seed"]),
        data=Pairs(FORM) if cell["goes_on_with"] == "all" else few_pairs(cell["seed"]),
        steps=STEPS,
        batch_size=BATCH,
        optimiser=cell["optimiser"],
        rate=RATE,
        muon_rate=5 * RATE,
        weight_decay=cell["weight_decay"],
        decay=0.0,
        precision=cell["precision"],
    )


def few_pairs(seed: int) -> ListedPairs:
    """Drawn by the seed from the pairs that may be trained on."""
    a, b = sample_pairs(np.random.default_rng(seed), 4 * N_PAIR, 2, 2, *BOUNDS["train"])
    drawn = {(int(min(p)), int(max(p))): None for p in zip(a, b, strict=True)}
    return ListedPairs(FORM, tuple(list(drawn)[:N_PAIR]))


# ---------------------------------------------------------------- a look


@dataclass(frozen=True)
class Look:
    """A network at one moment. From outside: what is wrong of the small set, both ways round, and
    of `N_ASKED` others. From inside a number a place in the stream, the first being what enters
    block 0. `centred_rank` is the effective rank without the mean feature, `logit_norm` the root
    mean square of a logit about the mean of its token's, `moved` how far the weights are from those
    of the base, over their length, and `gradient` the length of the last step's gradient."""

    step: int
    few_wrong: int
    few_loss: float
    wrong: int
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


@dataclass(frozen=True)
class Asked:
    """The small set, sums of the test split, and texts of validation sums to look inside."""

    few: tuple[Integers, Integers]
    others: tuple[Integers, Integers]
    texts: Tokens

    @classmethod
    def of(cls, seed: int) -> Asked:
        rng = np.random.default_rng(0)
        others = sample_pairs(rng, N_ASKED, FORM.p, FORM.q, *BOUNDS["test"])
        inside = sample_pairs(rng, N_LOOKED_AT, FORM.p, FORM.q, *BOUNDS["validation"])
        return cls(few_pairs(seed).both_ways(), others, FORM.render(*inside)[0])


def look_at(model: GPT, asked: Asked, step: int) -> tuple[Look, list[Tensor]]:
    """And the features of the texts at every place, (N, T, D) each."""
    few, others = (token_loss(model, FORM, *pairs) for pairs in (asked.few, asked.others))
    trace = run_with_trace(
        model, asked.texts[:, :-1], ["resid_pre", "resid_post", "pattern", "logits"]
    )
    features, logits = stream_of(model, trace), trace["logits"]
    patterns = [trace[f"blocks.{i}.pattern"] for i in range(model.config.n_layer)]
    spread = logits - logits.mean(-1, keepdim=True)
    look = Look(
        step=step,
        few_wrong=few.errors_texts,
        few_loss=rounded(few.loss),
        wrong=others.errors_texts,
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
    """What enters block 0, and what leaves every block."""
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


def follow_run(cell: Cell, asked: Asked, state: TrainState) -> Iterator[tuple[Look, list[Tensor]]]:
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
    """All looks of a run, and its last network taken apart; that of a pictured cell also leaves its
    picture in `records/`."""
    asked, state = Asked.of(cell["seed"]), TrainState.start(long_recipe(cell))
    looks, features = zip(*follow_run(cell, asked, state), strict=True)
    if cell in pictured_cells():
        save_file(picture(features), picture_path(cell["stream"], cell["weight_decay"]))
    model, start = state.model.eval(), base(cell["stream"], cell["seed"])
    return {
        "looks": [asdict(look) for look in looks],
        "wrong_without_mean": wrong_without_mean(model, asked),
        "wrong_with_part_of_base": {
            part: wrong_of(with_part_of(model, start, part), asked.others) for part in PARTS
        },
        "n_few": len(asked.few[0]),
        "n": N_ASKED,
        "n_texts": N_LOOKED_AT,
        "steps": STEPS,
        **Sample("generator", "pairs of the test split", N_ASKED, 0).document(),
        "seeds": [cell["seed"]],
    }


# ---------------------------------------------------------------- the last network, taken apart

PARTS = {
    "token table": "embed",
    "block 0": "blocks.0",
    "block 1": "blocks.1",
    "block 2": "blocks.2",
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
    last block, at every token."""
    last = model.config.n_layer - 1
    own, _ = FORM.render(*asked.few)
    mean = run_with_trace(model, own[:, :-1], ["resid_post"])[f"blocks.{last}.resid_post"]
    edit = Edit("resid_post", lambda x: x - mean.mean((0, 1)), layer=last)
    texts, mask = FORM.render(*asked.others)
    told = likeliest(logits_of(model, texts[:, :-1], trace=Trace(edits=[edit])), texts)
    return int(((told != texts) & mask).any(axis=1).sum())


# ---------------------------------------------------------------- the picture of a run

N_POINT = 128
"""Features drawn, of all tokens of the texts."""


def picture_path(stream: Stream, weight_decay: float) -> Path:
    return RECORDS / f"collapse_{stream}_{weight_decay:g}.safetensors"


def points_drawn() -> tuple[list[int], list[int]]:
    """Which tokens are drawn, by text and place."""
    n_token = FORM.length - 1
    chosen = np.random.default_rng(0).choice(N_LOOKED_AT * n_token, N_POINT, replace=False)
    return (chosen // n_token).tolist(), (chosen % n_token).tolist()


def picture(features: Sequence[Sequence[Tensor]]) -> dict[str, Tensor]:
    """Of the last place `points` in three axes that are the same at all moments, (M, P, 3), and
    `cosines` of the first text, (M, C, C); of every place `spectra`, (M, L, D). 16 bits each."""
    text, place = points_drawn()
    last = torch.stack([found[-1] for found in features])  # (M, N, T, D)
    drawn = last[:, text, place]  # (M, P, D)
    middle = drawn.flatten(0, 1).mean(0)
    axes = three_axes(drawn.flatten(0, 1))
    spectra = torch.stack([torch.stack([singular_shares(x) for x in found]) for found in features])
    found = {"points": (drawn - middle) @ axes, "cosines": cosines(last[:, 0]), "spectra": spectra}
    return {name: x.half().contiguous() for name, x in found.items()}


# ---------------------------------------------------------------- which of them warned

FALL = 0.05
"""The held-out score has fallen once so much more of it is wrong than at the start."""

PLACES: dict[str, Sequence[int]] = {
    "token_cosine": (1, 2, 3),
    "effective_rank": (1, 2, 3),
    "centred_rank": (1, 2, 3),
    "rank_residual": (1, 2, 3),
    "attention_entropy": (0, 1, 2),
}
"""Where each is read that has a number a place."""

AMOUNTS = (0.01, 0.02, 0.03, 0.05, 0.07, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0)
"""By how much of its first value a reading must have changed; those down to 0 for a fall."""

FITTED_ON, TESTED_ON = (1, 2, 3), (4, 5, 6)
"""Seeds on which the rule is written down, and those on which it is tested."""


def readings() -> list[tuple[str, int | None]]:
    """All that might warn, without a held-out sum being asked; a place where there are several."""
    by_place = [(name, place) for name, places in PLACES.items() for place in places]
    return [*by_place, *((name, None) for name in ("weight_norm", "logit_norm", "few_loss"))]


def curve_of(row: Mapping[str, Any], name: str, place: int | None) -> list[float]:
    found = [look[name] for look in row["looks"]]
    return found if place is None else [values[place] for values in found]


def fall_of(row: Mapping[str, Any]) -> float:
    """The step of the first look at which the held-out score has fallen; infinite if at none."""
    first = row["looks"][0]["wrong"]
    steps = [k["step"] for k in row["looks"] if k["wrong"] >= first + FALL * row["n"]]
    return steps[0] if steps else math.inf


@dataclass(frozen=True)
class Rule:
    """It warns at the first of two looks in a row at which a reading has risen (or fallen) by so
    much of what it was at the start."""

    name: str
    place: int | None
    rises: bool
    amount: float

    def warns(self, row: Mapping[str, Any]) -> float:
        """The step of the warning; infinite for none."""
        values = np.array(curve_of(row, self.name, self.place))
        change = (values / values[0] - 1) * (1 if self.rises else -1)
        over = change >= self.amount
        steps = [look["step"] for look in row["looks"]]
        both = [step for step, pair in zip(steps, pairwise(over), strict=False) if all(pair)]
        return both[0] if both else math.inf


@dataclass(frozen=True)
class Verdict:
    """Of a rule on some runs: in how many of those that fell it warned before, in how many of those
    that did not it warned all the same, and how early: the step of the fall over that of the
    warning, the median of the runs where it warned before."""

    warned: int
    fell: int
    false: int
    stood: int
    lead: float

    @property
    def mistakes(self) -> int:
        return self.fell - self.warned + self.false


def judge(rule: Rule, rows: Sequence[Mapping[str, Any]]) -> Verdict:
    pairs = [(rule.warns(row), fall_of(row)) for row in rows]
    fell = [(warned, fall) for warned, fall in pairs if math.isfinite(fall)]
    before = [fall / max(1.0, warned) for warned, fall in fell if warned < fall]
    stood = [warned for warned, fall in pairs if not math.isfinite(fall)]
    return Verdict(
        warned=len(before),
        fell=len(fell),
        false=sum(map(math.isfinite, stood)),
        stood=len(stood),
        lead=float(np.median(before)) if before else 1.0,
    )


def fit(rows: Sequence[Mapping[str, Any]], name: str, place: int | None) -> Rule:
    """The rule with the fewest mistakes, and of these the one that warns earliest."""
    rules = [
        Rule(name, place, rises, amount)
        for rises in (True, False)
        for amount in AMOUNTS
        if rises or amount < 1
    ]

    def worth(rule: Rule) -> tuple[int, float]:
        verdict = judge(rule, rows)
        return verdict.mistakes, -verdict.lead

    return min(rules, key=worth)


# ---------------------------------------------------------------- the sweep

SEEDS = range(1, 7)
DECAYS = (0.0, 0.1)
CONTROLS = (1, 2, 4, 5)
"""Seeds of the runs that go on with all sums, and of those whose loss is in 64 bits."""

PICTURED_SEED = 1


def cell_of(
    stream: Stream,
    weight_decay: float,
    seed: int,
    *,
    goes_on_with: str = "few",
    optimiser: str = "adamw",
    precision: str = "fp32",
) -> Cell:
    return {
        "stream": stream,
        "weight_decay": weight_decay,
        "goes_on_with": goes_on_with,
        "optimiser": optimiser,
        "precision": precision,
        "seed": seed,
    }


def collapse_cells() -> list[Cell]:
    """The grid; the controls of two kinds; and three points beside it, one run each."""
    grid = [cell_of(s, decay, seed) for seed in SEEDS for s in STREAMS for decay in DECAYS]
    controls = [cell_of("plain", 0.0, seed, goes_on_with="all") for seed in CONTROLS]
    exact = [cell_of("plain", 0.0, seed, precision="fp64_loss") for seed in CONTROLS]
    beside = [
        cell_of("plain", 1.0, 1),
        cell_of("plain", 0.0, 1, precision="bf16"),
        cell_of("plain", 0.0, 1, optimiser="muon"),
    ]
    return grid + controls + exact + beside


def pictured_cells() -> list[Cell]:
    return [cell_of(s, decay, PICTURED_SEED) for s in STREAMS for decay in DECAYS]
