"""Live runs: many trainings share one worker, which gives each a slice of time in turn.

A run comes as data, `Start(run, RunSpec)`, and goes on until it ends or `Stop(run)` comes. What
comes back are events: `Waiting`, `Progress`, `Weights`, and exactly one `Ended` a run. The same
loop, `drive`, runs in a thread or in a process of its own.
"""

from __future__ import annotations

import queue
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from lab.data.problems import all_pairs, split_values
from lab.inference.evaluate import RIGHT, first_wrong, teacher_forced_all
from lab.model.cost import parameters_of
from lab.model.gpt import GPT
from lab.recipes.live import multiply
from lab.training import checkpoint
from lab.training.recipe import Recipe
from lab.training.state import TrainState
from lab.training.train import train_in_parts

SLICE_SECONDS = 0.1
"""A turn ends with the part of work that passes this; no part takes much longer than it."""

PART_WORK = 3e9
"""Parameters times tokens of one part of a step: about 0.15 s on one core."""

MOST_TEXTS = 256
"""In a part of a check."""

MOST_SECONDS = 300.0
"""For the steps and the checks of one run together."""

MOST_ACTIVE = 8

CHECKS_IN_A_ROUND = 4
"""Checks on the way, each at another part of all pairs, until every pair was asked."""

NOT_ASKED = 254
"""In `PairsCheck.first_wrong`: the model was not asked this pair."""

ALLOWED: Mapping[str, Callable[..., Recipe]] = {"multiply": multiply}


# ---------------------------------------------------------------- what is said


@dataclass(frozen=True)
class RunSpec:
    """A run as data: a recipe of the allow-list and its arguments."""

    recipe: str = "multiply"
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def build(self) -> Recipe:
        """The recipe. `ValueError` says what is not allowed."""
        if self.recipe not in ALLOWED:
            raise ValueError(f"{self.recipe!r} is no live run; there are: {', '.join(ALLOWED)}")
        arguments = dict(self.arguments)
        if "pairs" in arguments:
            arguments["pairs"] = tuple((int(a), int(b)) for a, b in arguments["pairs"])
        return ALLOWED[self.recipe](**arguments)


@dataclass(frozen=True)
class PairsCheck:
    """The model asked on a share of all pairs, under teacher forcing.

    `first_wrong`: a byte for each of the 10,000 pairs, a major: the first wrong token, `RIGHT`,
    or `NOT_ASKED`.
    """

    n_train: int
    errors_train: int
    n_heldout: int
    errors_heldout: int
    first_wrong: bytes


@dataclass(frozen=True)
class Snapshot:
    """A run after a step: `seconds` in its steps, without the checks; mean loss in nats a token."""

    step: int
    steps: int
    tokens: int
    seconds: float
    loss: float
    check: PairsCheck | None = None


@dataclass(frozen=True)
class Start:
    run: str
    spec: RunSpec


@dataclass(frozen=True)
class Stop:
    run: str


@dataclass(frozen=True)
class Waiting:
    """`place` runs will begin before this one does, this one included."""

    run: str
    place: int


@dataclass(frozen=True)
class Progress:
    run: str
    snapshot: Snapshot


@dataclass(frozen=True)
class Weights:
    """The model after `step`, as the bytes of a safetensors file in bf16."""

    run: str
    step: int
    data: bytes


How = Literal["done", "cancelled", "failed", "lost"]


@dataclass(frozen=True)
class Ended:
    run: str
    how: How
    why: str = ""


Command = Start | Stop
Event = Waiting | Progress | Weights | Ended
Emit = Callable[[Event], None]
Commands = queue.Queue[Command | None]
"""What a worker reads; None asks it to end."""


# ---------------------------------------------------------------- one run


def steps_of(recipe: Recipe, state: TrainState) -> Iterator[Snapshot | None]:
    """Train and check, in parts short enough for a slice: None between them."""
    longest = max(stage.data.tokens_per_row for stage in recipe.course)
    rows = rows_in_a_part(recipe, longest, recipe.batch_size)
    texts = rows_in_a_part(recipe, recipe.format.length, MOST_TEXTS)
    n_checks = 0
    for done in train_in_parts(recipe, state, rows):
        if done is None:
            yield None
            continue
        now = Snapshot(done.step, recipe.steps, done.tokens, done.seconds, done.loss)
        last = done.step == recipe.steps
        if not (last or done.step % recipe.check_every == 0):
            yield now
            continue
        cells = np.arange(10_000) if last else part_of_pairs(n_checks)
        n_checks += 1
        for found in check_pairs(recipe, state.model, cells, 3 * texts):
            yield None if found is None else replace(now, check=found)


def rows_in_a_part(recipe: Recipe, length: int, most: int) -> int:
    """How many rows of `length` tokens are one part of work, `most` at most."""
    return max(1, min(most, int(PART_WORK / parameters_of(recipe.model) / length)))


def part_of_pairs(k: int) -> np.ndarray:
    """100 a + b of the pairs that check number k asks, drawn from all over the table."""
    parts = np.array_split(np.random.default_rng(0).permutation(10_000), CHECKS_IN_A_ROUND)
    return np.sort(parts[k % CHECKS_IN_A_ROUND])


def check_pairs(
    recipe: Recipe, model: GPT, cells: np.ndarray, batch: int
) -> Iterator[PairsCheck | None]:
    """Ask the model the pairs `cells` = 100 a + b: None after each batch, at last the check."""
    a, b = (x[cells] for x in all_pairs())
    found = np.full(10_000, NOT_ASKED, dtype=np.uint8)
    for rows, texts in teacher_forced_all(model, recipe.format, a, b, batch=batch):
        found[cells[rows]] = first_wrong(recipe.format, a[rows], b[rows], texts)
        yield None
    wrong = found[cells] != RIGHT
    trained, held = recipe.trained_on()[a, b], split_values(a, b) >= recipe.fraction
    yield PairsCheck(
        n_train=int(trained.sum()),
        errors_train=int((wrong & trained).sum()),
        n_heldout=int(held.sum()),
        errors_heldout=int((wrong & held).sum()),
        first_wrong=found.tobytes(),
    )


def overshoots(losses: Sequence[float], window: int = 20) -> bool:
    """Every step goes too far: past the warm-up the loss is high, and jumps from step to step."""
    for end in range(3 * window, len(losses) + 1, window):
        recent = np.array(losses[end - window : end])
        if recent.mean() > 1.5 and np.diff(recent).std() > 0.1:
            return True
    return False


@dataclass
class Live:
    """A run that has begun."""

    run: str
    state: TrainState
    recipe: Recipe
    steps: Iterator[Snapshot | None]
    used: float = 0.0

    @classmethod
    def begin(cls, start: Start) -> Live:
        recipe = start.spec.build()
        state = TrainState.start(recipe)
        return cls(start.run, state, recipe, steps_of(recipe, state))

    def turn(self, emit: Emit, seconds: float) -> How | None:
        """Work for one slice; how the run ended, if it did."""
        began = time.perf_counter()
        ended: How | None = None
        while time.perf_counter() - began < seconds:
            try:
                snapshot = next(self.steps)
            except StopIteration:
                ended = "done"
                break
            if snapshot is not None:
                emit(Progress(self.run, snapshot))
        self.used += time.perf_counter() - began
        return ended

    def weights(self) -> Weights:
        return Weights(self.run, self.state.step, checkpoint.to_bytes(self.state.model))


# ---------------------------------------------------------------- the loop


def drive(
    commands: Commands,
    emit: Emit,
    *,
    max_active: int = MOST_ACTIVE,
    slice_seconds: float = SLICE_SECONDS,
    most_seconds: float = MOST_SECONDS,
) -> None:
    """Serve commands until None comes: a slice of work for each active run in turn.

    An exception of a run ends that run alone. Whatever else is raised ends the worker.
    """
    active: deque[Live] = deque()
    waiting: deque[Start] = deque()
    while True:
        for command in read(commands, block=not active and not waiting):
            if command is None:
                return
            obey(command, active, waiting, emit)
        while waiting and len(active) < max_active:
            begin(waiting.popleft(), active, emit)
            tell_places(waiting, emit)
        if active:
            take_turn(active, emit, slice_seconds, most_seconds)


def read(commands: Commands, *, block: bool) -> Iterator[Command | None]:
    """Everything that has been asked for; waits for the first if there is nothing else to do."""
    if block:
        yield commands.get()
    while not commands.empty():
        yield commands.get()


def obey(command: Command, active: deque[Live], waiting: deque[Start], emit: Emit) -> None:
    if isinstance(command, Start):
        waiting.append(command)
        emit(Waiting(command.run, len(waiting)))
        return
    for live in [live for live in active if live.run == command.run]:
        active.remove(live)
        emit(live.weights())
        emit(Ended(live.run, "cancelled"))
    for start in [start for start in waiting if start.run == command.run]:
        waiting.remove(start)
        emit(Ended(start.run, "cancelled"))
        tell_places(waiting, emit)


def tell_places(waiting: deque[Start], emit: Emit) -> None:
    for place, start in enumerate(waiting, 1):
        emit(Waiting(start.run, place))


def begin(start: Start, active: deque[Live], emit: Emit) -> None:
    try:
        active.append(Live.begin(start))
    except Exception as error:
        emit(Ended(start.run, "failed", sentence(error)))


def take_turn(active: deque[Live], emit: Emit, slice_seconds: float, most_seconds: float) -> None:
    """One slice of the run whose turn it is; back in the queue it goes unless it has ended.

    Nothing holds an ended run while the worker waits for the next: model, gradients and the
    optimiser's state are up to 32 MB.
    """
    live = active.popleft()
    try:
        how = live.turn(emit, slice_seconds)
        why = ""
        if how is None and live.used > most_seconds:
            why = f"its steps and checks together used up the {most_seconds:g} s a run has"
            how = "cancelled"
        if how is None:
            active.append(live)
            return
        emit(live.weights())
        emit(Ended(live.run, how, why))
    except Exception as error:
        emit(Ended(live.run, "failed", sentence(error)))


def sentence(error: Exception) -> str:
    """What a reader is told of an error; a bare one is named by its kind."""
    return str(error) or type(error).__name__
