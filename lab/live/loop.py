"""Live runs: many trainings share one worker, which gives each a slice of time in turn.

The worker has one hand, or two where there is a second core: a thread that works on one run at a
time. So two runs go on side by side, and each of them computes with one thread, as alone.

A run comes as data, `Start(run, RunSpec)`, and goes on until it ends or `Stop(run)` comes. A run
that was stopped, by `Stop` or its limit, is kept as it stands for a while: `Continue(run)` takes it
up in the middle of its step, and it ends once more. What is said is in `lab.live.protocol`.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from lab.data.problems import Format, Integers, all_pairs, split_values
from lab.data.sources import PackedStream
from lab.data.vocabulary import Tokens
from lab.inference.scoring import (
    RIGHT,
    first_wrong,
    teacher_forced_all,
    teacher_forced_in_streams,
)
from lab.interp.routing import choices, shares_of_load
from lab.live.protocol import (
    CHECKS_IN_A_ROUND,
    MOST_SECONDS,
    NOT_ASKED,
    Command,
    Continue,
    Emit,
    Ended,
    Event,
    Forget,
    Forgotten,
    How,
    PairsCheck,
    Progress,
    Snapshot,
    Start,
    Stop,
    Waiting,
    Weights,
)
from lab.model.config import MixtureOfExpertsConfig
from lab.model.cost import parameters_of
from lab.model.gpt import GPT
from lab.recipes.live import PART_WORK
from lab.training import checkpoint, kept_steps
from lab.training.recipe import Recipe
from lab.training.state import TrainState
from lab.training.train import train_in_parts

SLICE_SECONDS = 0.1
"""A turn ends with the part of work that passes this; no part takes much longer than it."""

MOST_TEXTS = 256
"""In a part of a check."""

MOST_KEPT_BYTES = 48_000_000
"""Of stopped runs: ten of the small twin, or one of the largest."""

MOST_ACTIVE = 8

Commands = queue.Queue[Command | None]
"""What a worker reads; None asks it to end."""


# ---------------------------------------------------------------- one run


def train_in_slices(recipe: Recipe, state: TrainState) -> Iterator[Snapshot | None]:
    """Train and check, in parts short enough for a slice: None between them."""
    longest = max(stage.data.tokens_per_row for stage in recipe.course)
    rows = rows_in_a_part(recipe, longest, recipe.batch_size)
    texts = rows_in_a_part(recipe, recipe.format.length, MOST_TEXTS)
    asked, n_checks = cells_of(recipe.format), 0
    for done in train_in_parts(recipe, state, rows):
        if done is None:
            yield None
            continue
        now = Snapshot(done.step, recipe.steps, done.tokens, done.loss)
        last = done.step == recipe.steps
        if not (last or done.step % recipe.check_every == 0):
            yield now
            continue
        cells = asked if last else np.intersect1d(asked, part_of_pairs(n_checks))
        n_checks += 1
        for found in check_pairs(recipe, state.model, cells, texts):
            if found is None:
                yield None
            else:
                yield replace(now, check=found, loads=loads_of(recipe, state.model, cells))


def rows_in_a_part(recipe: Recipe, length: int, most: int) -> int:
    """How many rows of `length` tokens are one part of work, `most` at most."""
    return max(1, min(most, int(PART_WORK / parameters_of(recipe.model) / length)))


def cells_of(form: Format) -> NDArray[np.int64]:
    """100 a + b of the pairs that a format has room for: all, unless it writes fewer digits."""
    a, b = all_pairs()
    return np.flatnonzero((a < 10**form.p) & (b < 10**form.q))


def part_of_pairs(k: int) -> np.ndarray:
    """100 a + b of the pairs that check number k evaluates, drawn from all over the table."""
    # Shuffled: parts of the table in its order would hold unlike problems.
    parts = np.array_split(np.random.default_rng(0).permutation(10_000), CHECKS_IN_A_ROUND)
    return np.sort(parts[k % CHECKS_IN_A_ROUND])


def check_pairs(
    recipe: Recipe, model: GPT, cells: np.ndarray, batch: int
) -> Iterator[PairsCheck | None]:
    """Evaluate the model on the pairs `cells` = 100 a + b, alone or in streams as in its training:
    None after each batch, at last the check."""
    a, b = (x[cells] for x in all_pairs())
    found = np.full(10_000, NOT_ASKED, dtype=np.int8)
    for rows, texts in guesses(recipe, model, a, b, batch):
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


def guesses(
    recipe: Recipe, model: GPT, a: Integers, b: Integers, batch: int
) -> Iterator[tuple[slice | NDArray[np.int64], Tokens]]:
    """Which problems, and what the model takes for each token of their texts, batch by batch."""
    if isinstance(recipe.data, PackedStream):
        length = recipe.data.length
        return teacher_forced_in_streams(model, recipe.format, a, b, length=length, batch=batch)
    return teacher_forced_all(model, recipe.format, a, b, batch=batch)


def loads_of(
    recipe: Recipe, model: GPT, cells: np.ndarray, n: int = 128
) -> tuple[tuple[float, ...], ...]:
    """Of every layer the share of choices on each expert, over texts of some pairs that were
    evaluated; nothing without experts, and where layers differ in how many they have or choose."""
    ffns = [layer.ffn for layer in model.config.layers]
    experts = [own for own in ffns if isinstance(own, MixtureOfExpertsConfig)]
    if len({(own.n_routed_experts, own.num_experts_per_tok) for own in experts}) != 1:
        return ()
    some = np.random.default_rng(0).choice(cells, min(n, len(cells)), replace=False)
    texts, _ = recipe.format.render(*(x[some] for x in all_pairs()))
    loads = shares_of_load(choices(model, texts[:, :-1]), experts[0].n_routed_experts)
    return tuple(tuple(layer) for layer in loads.tolist())


def kept_on_the_way(recipe: Recipe) -> range:
    """Steps evenly spread, so many that with the last, told when a run ends, all can be kept."""
    every = -(-recipe.steps // kept_steps.MOST_STEPS)
    return range(every, recipe.steps, every)


@dataclass
class Live:
    """A run that has begun."""

    run: str
    state: TrainState
    recipe: Recipe
    steps: Iterator[Snapshot | None]
    used: float = 0.0
    """Seconds of the processor's time, in this thread: torch's helpers work while it does."""
    limit: float = MOST_SECONDS
    """At so many it is stopped."""
    keep: bool = False
    """Its weights are told on the way."""
    told_to_stop: Stop | None = None
    """Once its turn is over."""

    @classmethod
    def begin(cls, start: Start, limit: float = MOST_SECONDS) -> Live:
        recipe = start.spec.build()
        state, keep = TrainState.start(recipe), start.spec.keep
        steps = train_in_slices(recipe, state)
        return cls(start.run, state, recipe, steps, limit=limit, keep=keep)

    def turn(self, emit: Emit, seconds: float) -> How | None:
        """Work for one slice of the clock; how the run ended, if it did."""
        began = time.perf_counter()
        while time.perf_counter() - began < seconds:
            before = time.thread_time()
            try:
                snapshot = next(self.steps)
            except StopIteration:
                return "done"
            finally:
                # The thread's own time: what other programs take of the clock is not the run's.
                self.used += time.thread_time() - before
            if snapshot is not None:
                emit(Progress(self.run, self.timed(snapshot)))
                if self.keep and snapshot.step in kept_on_the_way(self.recipe):
                    emit(self.weights())
        return None

    def timed(self, snapshot: Snapshot) -> Snapshot:
        return replace(snapshot, seconds=self.used, left=self.limit - self.used)

    def weights(self) -> Weights:
        return Weights(self.run, self.state.step, checkpoint.to_bytes(self.state.model))

    @property
    def size(self) -> int:
        """Bytes of the weights, of their gradients in the middle of a step, and the optimiser's."""
        weights = list(self.state.model.parameters())
        gradients = [p.grad for p in weights if p.grad is not None]
        tensors = [*weights, *gradients, *self.state.optimiser.state().values()]
        return sum(tensor.nbytes for tensor in tensors)


# ---------------------------------------------------------------- the loop


def drive(
    commands: Commands,
    emit: Emit,
    *,
    hands: int = 1,
    max_active: int = MOST_ACTIVE,
    slice_seconds: float = SLICE_SECONDS,
    most_seconds: float = MOST_SECONDS,
    most_kept_bytes: int = MOST_KEPT_BYTES,
) -> None:
    """Serve commands until None comes: a slice of work for each active run in turn.

    This thread is the first of `hands`; `emit` is called by all of them, one at a time. An
    exception of a run ends that run alone. Whatever else is raised ends the worker.
    """
    worker = Worker(emit, max_active, slice_seconds, most_seconds, most_kept_bytes)
    with worker.helped(hands - 1, commands):
        while True:
            for command in read(commands, block=worker.idle):
                if command is None:
                    return
                worker.obey(command)
            worker.take_turn()


def read(commands: Commands, *, block: bool) -> Iterator[Command | None]:
    """Everything that has been asked for; waits for the first if there is nothing else to do."""
    if block:
        yield commands.get()
    while not commands.empty():
        yield commands.get()


@dataclass
class Worker:
    """The runs of one loop: those in a hand, that wait for their turn or for a place, that were
    stopped.

    Nothing else holds a run: model, gradients and the optimiser's state are up to 32 MB.
    """

    emit_alone: Emit
    max_active: int
    slice_seconds: float
    most_seconds: float
    most_kept_bytes: int
    active: deque[Live] = field(default_factory=deque[Live])
    in_hand: list[Live] = field(default_factory=list[Live])
    waiting: deque[Start | Live] = field(default_factory=deque[Start | Live])
    kept: dict[str, Live] = field(default_factory=dict[str, Live])
    changed: threading.Condition = field(default_factory=threading.Condition)
    closed: bool = False
    failed: BaseException | None = None

    def emit(self, event: Event) -> None:
        with self.changed:
            self.emit_alone(event)

    @property
    def idle(self) -> bool:
        """Nothing is to do for the first hand: another may have the last run."""
        with self.changed:
            return not self.active and not self.may_begin

    @property
    def may_begin(self) -> bool:
        return bool(self.waiting) and len(self.active) + len(self.in_hand) < self.max_active

    @property
    def wants_help(self) -> bool:
        return bool(self.active) and len(self.active) + len(self.in_hand) > 1

    # ------------------------------------------------ what is wanted

    def obey(self, command: Command) -> None:
        with self.changed:
            match command:
                case Start():
                    self.wait(command)
                case Stop():
                    self.stop(command)
                case Continue():
                    self.go_on(command.run)
                case Forget():
                    self.kept.pop(command.run, None)

    def wait(self, run: Start | Live) -> None:
        self.waiting.append(run)
        self.emit(Waiting(run.run, len(self.waiting)))

    def stop(self, command: Stop) -> None:
        for live in [live for live in self.in_hand if live.run == command.run]:
            live.told_to_stop = command
        for live in [live for live in self.active if live.run == command.run]:
            self.active.remove(live)
            self.end(live, keep=command.keep)
        for run in [run for run in self.waiting if run.run == command.run]:
            self.waiting.remove(run)
            if isinstance(run, Live):
                self.end(run, keep=command.keep)
            else:
                self.emit(Ended(run.run, "cancelled"))
            self.tell_places()

    def go_on(self, run: str) -> None:
        live = self.kept.pop(run, None)
        if live is None:
            self.emit(Ended(run, "lost", "what it would go on from is no longer kept"))
            return
        live.limit = live.used + self.most_seconds
        self.wait(live)

    # ------------------------------------------------ what is done

    @contextmanager
    def helped(self, n: int, commands: Commands) -> Generator[None]:
        """With so many hands more. What is raised in one of them is raised here."""
        hands = [
            threading.Thread(target=self.help, args=(commands,), name="hand") for _ in range(n)
        ]
        for hand in hands:
            hand.start()
        try:
            yield
        finally:
            with self.changed:
                self.closed = True
                self.changed.notify_all()
            for hand in hands:
                hand.join()
        if self.failed:
            raise self.failed

    def help(self, commands: Commands) -> None:
        """Turns, while there is more to do than the first hand does. The last run stays with who
        has it: the memory of a step is kept by its thread."""
        try:
            while True:
                with self.changed:
                    self.changed.wait_for(lambda: self.closed or self.wants_help)
                    if self.closed:
                        return
                self.take_turn(going_on=True)
        except BaseException as error:
            self.failed = error
            commands.put(None)

    def take_turn(self, *, going_on: bool = False) -> None:
        """One slice of the run whose turn it is; back in the queue it goes unless it has ended."""
        live = self.taken()
        while live is not None:
            self.give_back(live, self.slice_of(live))
            live = self.taken() if going_on else None

    def taken(self) -> Live | None:
        with self.changed:
            self.fill_places()
            if self.closed or not self.active:
                return None
            live = self.active.popleft()
            self.in_hand.append(live)
            return live

    def fill_places(self) -> None:
        while self.may_begin:
            run = self.waiting.popleft()
            try:
                live = run if isinstance(run, Live) else Live.begin(run, self.most_seconds)
                self.active.append(live)
                self.changed.notify_all()
            except Exception as error:
                self.emit(Ended(run.run, "failed", sentence(error)))
            self.tell_places()

    def tell_places(self) -> None:
        for place, run in enumerate(self.waiting, 1):
            self.emit(Waiting(run.run, place))

    def slice_of(self, live: Live) -> How | Exception | None:
        try:
            return live.turn(self.emit, self.slice_seconds)
        except Exception as error:
            return error

    def give_back(self, live: Live, how: How | Exception | None) -> None:
        with self.changed:
            self.in_hand.remove(live)
            try:
                self.settle(live, how)
            except Exception as error:
                self.emit(Ended(live.run, "failed", sentence(error)))
            self.changed.notify_all()

    def settle(self, live: Live, how: How | Exception | None) -> None:
        stop, live.told_to_stop = live.told_to_stop, None
        if isinstance(how, Exception):
            raise how
        if how is not None:
            self.emit(live.weights())
            self.emit(Ended(live.run, how))
        elif stop is not None:
            self.end(live, keep=stop.keep)
        elif live.used > live.limit:
            self.end(live, all_used(self.most_seconds))
        else:
            self.active.append(live)

    def end(self, live: Live, why: str = "", *, keep: bool = True) -> None:
        """Before its end. Those that were stopped first make room for it, if they must."""
        keep = keep and live.size <= self.most_kept_bytes
        self.emit(live.weights())
        self.emit(Ended(live.run, "cancelled", why, kept=keep))
        if keep:
            self.kept[live.run] = live
        while sum(kept.size for kept in self.kept.values()) > self.most_kept_bytes:
            first = next(iter(self.kept))
            del self.kept[first]
            self.emit(Forgotten(first))


def all_used(seconds: float) -> str:
    return f"its steps and checks used up the {seconds:g} s of the processor's time that a run has"


def sentence(error: Exception) -> str:
    """What a reader is told of an error; a bare one is named by its kind."""
    return str(error) or type(error).__name__
