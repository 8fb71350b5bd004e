"""What a step costs as something grows, for page 92: `python -m lab sweep what_it_costs`.

Seconds are those of one thread, and nothing else may run meanwhile. All sizes of a line are timed
in turn, `ROUNDS` times, so that whatever else the machine does falls on all of them; a first round
warms up and is not counted.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator, Sequence
from statistics import median
from typing import Any

import torch

from lab.data.problems import Format
from lab.data.samples import Sample
from lab.data.sources import Pairs
from lab.experiments.decoding_speed import with_random_weights
from lab.experiments.sweep import Cell, Figures, Row, Small
from lab.measure.phases import roof
from lab.measure.profiled import shares_of
from lab.measure.scaling import LINES, TEXT, Line, Size
from lab.measure.stopwatch import Counting, machine
from lab.model.cache import KVCache
from lab.model.cost import parameters_of
from lab.recipes.chain_of_thought import FULL_SIZE
from lab.training.recipe import Recipe
from lab.training.state import TrainState
from lab.training.train import train

THREADS, ROUNDS = 1, 5
LONG_ENOUGH = 0.1
"""Seconds that a size is timed in a round: one step of a large network, many of a small one."""

TURNS = 20
FAR = 2**26
"""Turns of the machine's own speed, and how many numbers lie beyond every cache."""

TakeStep = Callable[[], object]


def scaling_cells() -> list[Cell]:
    return [{"part": "machine"}, *({"part": "line", "line": name} for name in LINES)]


def measure_scaling(cell: Cell) -> dict[str, Any]:
    return measure_machine() if cell["part"] == "machine" else measure_line(cell["line"])


def told(repeats: int) -> dict[str, Any]:
    """What every row says of how it was measured; seconds depend on versions too."""
    sample = Sample("generator", "weights, texts and prompts, all random", 1, 0)
    return {
        "threads": THREADS,
        "repeats": repeats,
        "precision": "fp32",
        "python": platform.python_version(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "seeds": [0],
        **sample.document(),
    }


def measure_machine(turns: int = TURNS, far: int = FAR) -> dict[str, Any]:
    """The most that one thread reached of operations a second, and of bytes from memory, and of
    as many as the book's weights take, which may stay in the processor's cache."""
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    try:
        pieces = list(machine(turns, far=far, near=min(far, parameters_of(FULL_SIZE))))
    finally:
        torch.set_num_threads(before)
    most, near = roof(pieces, "far"), roof(pieces, "near")
    return {
        "flops_per_second": round(most.operations_per_second),
        "bytes_per_second": round(most.bytes_per_second),
        "bytes_per_second_near": round(near.bytes_per_second),
        **told(turns),
    }


def measure_line(
    name: str,
    values: Sequence[int] = (),
    rounds: int = ROUNDS,
    long_enough: float = LONG_ENOUGH,
) -> dict[str, Any]:
    """Seconds of a step of every size, a round after another; then, apart from the clock, how many
    operations of torch it calls, and into what its time goes."""
    line = LINES[name]
    values = values or line.values
    before = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    try:
        steps = {value: step_of(line, value) for value in values}
        seconds: dict[int, list[float]] = {value: [] for value in values}
        for value, took in rounds_of(steps, rounds, long_enough):
            seconds[value].append(took)
        points = [
            {
                "value": value,
                "amount": line.amount(value),
                "seconds": [round(took, 8) for took in seconds[value]],
                "operations": line.work(value).operations,
                "bytes": line.work(value).bytes,
                "calls": calls_of(take),
                "shares": shares_of(take),
            }
            for value, take in steps.items()
        ]
    finally:
        torch.set_num_threads(before)
    return {"points": points, **told(rounds)}


def rounds_of(
    steps: dict[int, TakeStep], rounds: int, long_enough: float = LONG_ENOUGH
) -> Iterator[tuple[int, float]]:
    """(the value, its seconds) of every size in every round, up and down by turns."""
    for take in steps.values():
        seconds_of(take, long_enough)
    for turn in range(rounds):
        for value in reversed(steps) if turn % 2 else steps:
            yield value, seconds_of(steps[value], long_enough)


def seconds_of(take: TakeStep, long_enough: float = LONG_ENOUGH) -> float:
    """Of a step: the median of as many as are long enough together, of one at least."""
    took: list[float] = []
    while not took or sum(took) < long_enough:
        began = time.perf_counter()
        take()
        took.append(time.perf_counter() - began)
    return median(took)


# ---------------------------------------------------------------- the three kinds of step


def step_of(line: Line, value: int) -> TakeStep:
    """A step of this size, which may be taken again and again."""
    size = line.size(value)
    match line.step:
        case "training":
            return training_step(size)
        case "prefill":
            return prefill_step(size)
        case "decode":
            return decode_step(size)


def recipe_of(size: Size) -> Recipe:
    """As a page trains: problems are drawn for each step, and the gradient is clipped. With AdamW
    alone, since Muon multiplies matrices of its own."""
    return Recipe(
        name="what_it_costs",
        model=size.config,
        data=Pairs(Format("cot_reversed")),
        steps=10**6,
        batch_size=size.batch,
        optimiser="adamw",
        precision="fp32",
    )


def training_step(size: Size) -> TakeStep:
    recipe = recipe_of(size)
    assert recipe.data.tokens_per_row == size.n_token + 1 == TEXT + 1
    steps = train(recipe, TrainState.start(recipe))
    return lambda: next(steps)


def prefill_step(size: Size) -> TakeStep:
    model, text = with_random_weights(size.config), some_text(size.batch, size.n_token)

    def read() -> None:
        with torch.inference_mode():
            model(text)

    return read


def decode_step(size: Size) -> TakeStep:
    """The newest token of each text is read behind those that the cache holds, again and again."""
    model, text = with_random_weights(size.config), some_text(size.batch, size.n_token)
    cache, held = KVCache(size.n_token), size.n_token - 1
    with torch.inference_mode():
        # A text at a time would do, but the cache takes all rows at once.
        model(text[:, :held], cache=cache)

    def read() -> None:
        with torch.inference_mode():
            model(text[:, held:], cache=cache)
        cache.cut(held)

    return read


def some_text(batch: int, n_token: int) -> torch.Tensor:
    """(B, T)"""
    generator = torch.Generator().manual_seed(0)
    return torch.randint(10, (batch, n_token), generator=generator)


def calls_of(take: TakeStep) -> int:
    """Operations of torch that a step calls, views of a tensor among them."""
    with Counting() as counting:
        take()
    return counting.n


# ---------------------------------------------------------------- the small setting, a minute


def scaling_small() -> dict[str, Small]:
    """Of every line the smallest size, the middle one and the largest that takes no second."""
    return {
        name: Small(
            [{"part": "line", "line": name}],
            lambda cell: measure_line(cell["line"], some_values(cell["line"]), rounds=2),
            milliseconds,
        )
        for name in LINES
    }


def some_values(name: str) -> tuple[int, ...]:
    values = LINES[name].values
    return values[0], values[len(values) // 2], values[-2]


def milliseconds(rows: list[Row]) -> Figures:
    """The median of the rounds, by what grows."""
    (row,) = rows
    chosen = some_values(row["cell"]["line"])
    return {
        f"{point['amount']:,}, ms": round(1000 * median(point["seconds"]), 3)
        for point in row["points"]
        if point["value"] in chosen
    }
