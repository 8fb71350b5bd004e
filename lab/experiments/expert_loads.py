"""Which experts work? The load of every expert of the committed networks, by how much an idle one
misses being chosen, and what becomes of both when biases are set otherwise or go on alone.

Shapes: `N` texts, `T` tokens, `E` experts, `K` experts of a token.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lab.data.problems import Format
from lab.data.samples import Sample
from lab.data.vocabulary import PADDING, Tokens
from lab.experiments.error_book import some
from lab.experiments.latent_experts_race import labels_of, sums_looked_at
from lab.experiments.sweep import Cell
from lab.inference.forward import run_with_trace
from lab.inference.scoring import likeliest
from lab.interp.routing import choices, imbalance, told_by, told_by_chance, with_biases
from lab.model.ffn.moe import MixtureOfExperts, loads
from lab.model.gpt import GPT
from lab.recipes.latent_experts import mla_moe
from lab.training.checkpoint import load_run

RUN, BEFORE = "mla_moe", "mla_moe_before"
SEED = 0
N_LOADS = {4: 10_000, 8: 300}
"""Problems of which loads are counted, by the digits of each number."""

N_ASKED, AT_ONCE = 1000, 100
IDLE = ((0, 3), (1, 0), (1, 4))
"""Layer and expert: those of `mla_moe` to which no token is sent. A test compares the record."""

RAISED = 0.001
"""One step of training, by which the bias of an idle expert is raised."""

STEPS, SPEEDS = 40, (0.001, 0.0001)
"""For how long biases go on alone, by steps as large as in training and a tenth of them."""


def load_cells() -> list[Cell]:
    """Loads; then biases of zero, in a layer or in all, and higher ones of idle experts; then
    biases that go on alone; last what a token's first expert tells."""
    n_layer = load_run(RUN).model.config.n_layer
    cells: list[Cell] = [
        {"part": "loads", "run": run, "digits": digits}
        for run, digits in ((BEFORE, 4), (RUN, 4), (RUN, 8))
    ]
    cells += [{"part": "zero", "run": RUN, "layer": layer} for layer in (*range(n_layer), None)]
    cells += [
        {"part": "raised", "run": RUN, "layer": layer, "expert": expert, "by": RAISED}
        for layer, expert in IDLE
    ]
    cells += [{"part": "alone", "run": RUN, "speed": speed} for speed in SPEEDS]
    return [*cells, {"part": "told", "run": RUN}]


def measure_cell(cell: Cell) -> dict[str, Any]:
    measured, sample = MEASURES[cell["part"]](cell)
    return {**measured, **sample.document(), "seeds": [SEED]}


Found = tuple[dict[str, Any], Sample]


def drawn(digits: int, n: int) -> tuple[Tokens, NDArray[np.bool_], Sample]:
    """The texts of `n` different problems, which of their tokens are written, and the sample."""
    form = Format("cot_reversed", digits, digits)
    texts, mask = form.render(*some(np.random.default_rng(SEED), n, form, "validation"))
    of = f"validation pairs of {digits}x{digits}, without replacement"
    return texts, mask, Sample("generator", of, n, SEED)


def parts(n: int) -> Iterator[slice]:
    return (slice(begin, begin + AT_ONCE) for begin in range(0, n, AT_ONCE))


def mixtures(model: GPT) -> list[MixtureOfExperts]:
    """The mixture of every layer."""
    return [cast(MixtureOfExperts, block.ffn) for block in model.blocks]


def shortened(x: Any) -> Any:
    """An array as lists, its numbers to six digits."""
    return [float(f"{v:.6g}") for v in x] if np.ndim(x) == 1 else [shortened(v) for v in x]


# ---------------------------------------------------------------- who is sent where


def measure_loads(cell: Cell) -> Found:
    """Of every layer and expert: tokens sent to it of all that are read, those of them before a
    token that the model writes, what `Counts` holds besides, and the bias."""
    model, n = load_run(cell["run"]).model, N_LOADS[cell["digits"]]
    texts, mask, sample = drawn(cell["digits"], n)
    counts = [Counts(ffn) for ffn in mixtures(model)]
    for rows in parts(n):
        trace = run_with_trace(model, texts[rows, :-1], [*Counts.reads])
        for layer, count in enumerate(counts):
            read = [trace[f"blocks.{layer}.{name}"] for name in Counts.reads]
            count.add(*read, writes=torch.from_numpy(mask[rows, 1:]))
    tokens, written = texts[:, :-1].size, int(mask[:, 1:].sum())
    layers = [count.row(tokens) for count in counts]
    return {"n": n, "tokens": tokens, "written": written, "layers": layers}, sample


class Counts:
    """What one layer's router does with tokens that come in parts, expert by expert, (E,) each."""

    reads = ("router_scores", "expert_index", "expert_weight")

    def __init__(self, ffn: MixtureOfExperts) -> None:
        self.bias, self.step = ffn.bias, ffn.config.bias_update_speed
        none = torch.zeros(len(ffn.bias))
        self.load, self.written, self.step_up, self.step_down = (none.long() for _ in range(4))
        self.score, self.weight = none.double(), none.double()
        self.missed_by = torch.full_like(none, float("inf"))

    def add(self, score: Tensor, index: Tensor, weight: Tensor, *, writes: Tensor) -> None:
        """Scores (N, T, E), choices and their weights (N, T, K), whether the model writes the next
        token (N, T)."""
        chosen = torch.zeros_like(score, dtype=torch.bool).scatter_(-1, index, True)
        biased = score + self.bias
        best = biased.topk(index.shape[-1] + 1).values
        last, next_best = best[..., -2:-1], best[..., -1:]
        every = (0, 1)
        self.load += chosen.sum(every)
        self.written += (chosen & writes[..., None]).sum(every)
        self.step_up += (chosen | (biased + self.step > last)).sum(every)
        self.step_down += (chosen & (biased - self.step >= next_best)).sum(every)
        self.score += score.double().sum(every)
        self.weight += torch.zeros_like(score).scatter_(-1, index, weight).double().sum(every)
        self.missed_by = torch.minimum(self.missed_by, (last - biased).amin(every))

    def row(self, tokens: int) -> dict[str, Any]:
        """`step_up`, `step_down`: the load if the expert's bias alone stood one step of training
        higher or lower. `score`: mean over all tokens, `weight`: over its own. `missed_by`: by how
        much at least an expert without a token fell short of the last that was chosen."""
        missed = zip(shortened(self.missed_by), self.load.tolist(), strict=True)
        return {
            "load": self.load.tolist(),
            "written": self.written.tolist(),
            "step_up": self.step_up.tolist(),
            "step_down": self.step_down.tolist(),
            "bias": shortened(self.bias),
            "score": shortened(self.score / tokens),
            "weight": shortened(self.weight / self.load.clamp(min=1)),
            "missed_by": [None if load else short for short, load in missed],
        }


# ---------------------------------------------------------------- other biases


def measure_zero(cell: Cell) -> Found:
    """Without biases in one layer, or in all: each token goes where its scores are largest."""
    model = load_run(cell["run"]).model
    layers = range(model.config.n_layer) if cell["layer"] is None else [cell["layer"]]
    return evaluate_with_loads(with_biases(model, {layer: torch.zeros_like for layer in layers}))


def measure_raised(cell: Cell) -> Found:
    """The bias of one expert higher than it is."""

    def raised(bias: Tensor) -> Tensor:
        return bias + cell["by"] * (torch.arange(len(bias)) == cell["expert"])

    return evaluate_with_loads(with_biases(load_run(cell["run"]).model, {cell["layer"]: raised}))


def evaluate_with_loads(model: GPT) -> Found:
    """Texts with a wrong token, each predicted from the right ones, and the loads, (L, E)."""
    texts, mask, sample = drawn(4, N_ASKED)
    errors, sent = 0, list[NDArray[np.int64]]()
    for rows in parts(N_ASKED):
        trace = run_with_trace(model, texts[rows, :-1], ["logits", "expert_index"])
        missed = (likeliest(trace["logits"], texts[rows]) != texts[rows]) & mask[rows]
        errors += int(missed.any(axis=1).sum())
        sent.append(loads_of(model, [trace[key] for key in index_keys(model)]))
    tokens, load = texts[:, :-1].size, np.sum(sent, axis=0).tolist()
    return {"n": N_ASKED, "errors": errors, "tokens": tokens, "loads": load}, sample


def index_keys(model: GPT) -> list[str]:
    return [f"blocks.{layer}.expert_index" for layer in range(model.config.n_layer)]


def loads_of(model: GPT, chosen: list[Tensor]) -> NDArray[np.int64]:
    """Layer by layer, how many choices fell on each expert, (L, E)."""
    pairs = zip(chosen, mixtures(model), strict=True)
    return torch.stack([loads(index, ffn.n_expert) for index, ffn in pairs]).numpy()


# ---------------------------------------------------------------- biases that go on alone


def measure_alone(cell: Cell) -> Found:
    """Steps of training that move nothing but biases, by `speed`.

    Of every expert (L, E): the tokens of all steps together, the steps in which it got none, and
    its bias at the end. Of every layer the largest load over the mean: of all steps together, and
    in the median step.
    """
    model, recipe = with_biases(load_run(cell["run"]).model, {}), mla_moe()
    for ffn in mixtures(model):
        ffn.config = replace(ffn.config, bias_update_speed=cell["speed"])
    rng, steps = np.random.default_rng(SEED), list[NDArray[np.int64]]()
    for _ in range(STEPS):
        read = recipe.data.draw(rng, recipe.batch_size)[0][:, :-1]
        real = torch.from_numpy(read != PADDING)
        trace = run_with_trace(model, read, ["expert_index"])
        chosen = [trace[key] for key in index_keys(model)]
        steps.append(loads_of(model, [index[real] for index in chosen]))
        for ffn, index in zip(mixtures(model), chosen, strict=True):
            ffn.after_step({"expert_index": index}, real)
    each = np.stack(steps)  # (steps, L, E)
    found = {
        "n": STEPS * recipe.batch_size,
        "steps": STEPS,
        "loads": each.sum(0).tolist(),
        "idle_steps": (each == 0).sum(0).tolist(),
        "bias": shortened([ffn.bias for ffn in mixtures(model)]),
        "uneven_all": shortened(imbalance(each.sum(0))),
        "uneven_step": shortened(np.median(imbalance(each), axis=0)),
    }
    return found, Sample("generator", "training problems of 1x1 to 8x8", found["n"], SEED)


# ---------------------------------------------------------------- what experts tell


def measure_told(cell: Cell) -> Found:
    """Of every layer, what a token's first expert tells of its labels, and the most that it tells
    of them dealt out anew; of the carry also what it tells beyond the token that is read, and
    beyond place and line."""
    form = Format("cot_reversed", 4, 4)
    texts, mask = form.render(*sums_looked_at())
    read, writes = texts[:, :-1], mask[:, 1:]
    first = choices(load_run(cell["run"]).model, read)[:, writes, 0]
    labels, rng = labels_of(read, writes), np.random.default_rng(SEED)
    place_and_line = labels["place"] + (1 + labels["place"].max()) * labels["line"]
    asked_of = {
        **{name: (label, None) for name, label in labels.items()},
        "carry_given_token": (labels["carry"], labels["token_read"]),
        "carry_given_place_and_line": (labels["carry"], place_and_line),
    }
    told: dict[str, list[list[float]]] = {}
    for name, (label, given) in asked_of.items():
        has = label >= 0
        y, z = label[has], None if given is None else given[has]
        chance = [max(told_by_chance(x[has], y, rng, given=z)) for x in first]
        found = [told_by(x[has], y, z) for x in first]
        told[name] = [shortened(pair) for pair in zip(found, chance, strict=True)]
    n = len(texts)
    return {"n": n, "told": told}, Sample("generator", "validation pairs of 4x4", n, 1)


MEASURES: dict[str, Callable[[Cell], Found]] = {
    "loads": measure_loads,
    "zero": measure_zero,
    "raised": measure_raised,
    "alone": measure_alone,
    "told": measure_told,
}
