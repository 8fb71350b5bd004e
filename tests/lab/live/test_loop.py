"""lab.live.loop: many runs share a worker, each gets its turn, and each ends exactly once."""

import math
import queue
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from tiny import failures

from lab.data.problems import Format, all_pairs, split_values
from lab.data.sources import ListedPairs, Pairs
from lab.inference.scoring import RIGHT, exactness, last
from lab.live import loop as live
from lab.live import protocol
from lab.live.loop import (
    Commands,
    Live,
    check_pairs,
    drive,
    kept_on_the_way,
    part_of_pairs,
    rows_in_a_part,
    train_in_slices,
)
from lab.live.losses import overshoots
from lab.live.protocol import (
    NOT_ASKED,
    Continue,
    Ended,
    Event,
    Forget,
    Forgotten,
    PairsCheck,
    Progress,
    RunSpec,
    Snapshot,
    Start,
    Stop,
    Waiting,
    Weights,
)
from lab.model.gpt import GPT
from lab.recipes.live import multiply
from lab.training.checkpoint import from_bytes
from lab.training.kept_steps import MOST_STEPS
from lab.training.recipe import Recipe
from lab.training.state import TrainState
from lab.training.train import masked_loss, train

SMALL: dict[str, Any] = {"d_model": 32, "n_layer": 1, "steps": 3}


def start(run: str, **arguments: Any) -> Start:
    return Start(run, RunSpec("multiply", {**SMALL, **arguments}))


def driven(*commands: Any, hear: Callable[[Event, Commands], None] | None = None, **settings: Any):
    """The events of a worker that is given these commands and asked to end when all have ended."""
    said: list[Event] = []
    inbox: Commands = queue.Queue()
    left = {c.run for c in commands if isinstance(c, Start)}
    for command in commands:
        inbox.put(command)

    def emit(event: Event) -> None:
        said.append(event)
        if hear:
            hear(event, inbox)
        if isinstance(event, Ended):
            left.discard(event.run)
            if not left:
                inbox.put(None)

    drive(inbox, emit, **settings)
    return said


def ends(said: list[Event]) -> dict[str, Ended]:
    found = [e for e in said if isinstance(e, Ended)]
    assert len({e.run for e in found}) == len(found), "a run ended twice"
    return {e.run: e for e in found}


# ---------------------------------------------------------------- one run


def test_a_live_run_is_the_run_of_the_command_line() -> None:
    """The same losses, step by step, as lab.training.train gives for the recipe."""
    recipe = multiply(**SMALL)
    losses = [m.loss for m in train(recipe, TrainState.start(recipe))]
    said = driven(start("a"))
    shown = [e.snapshot.loss for e in said if isinstance(e, Progress)]
    assert shown == losses


def test_a_run_says_where_it_waits_then_how_it_goes_then_what_it_left_and_ends_once() -> None:
    said = driven(start("a"))
    kinds = [type(e) for e in said]
    assert kinds == [Waiting, Progress, Progress, Progress, Weights, Ended]
    assert ends(said)["a"].how == "done"


def test_the_weights_are_those_of_the_trained_model() -> None:
    recipe = multiply(**SMALL)
    state = TrainState.start(recipe)
    for _ in train(recipe, state):
        pass
    sent = next(e for e in driven(start("a")) if isinstance(e, Weights))
    model = from_bytes("a", sent.data, recipe.model, recipe.format).model
    assert sent.step == 3
    for name, tensor in model.state_dict().items():
        assert (tensor == state.model.state_dict()[name].bfloat16().float()).all()


def test_the_last_look_asks_every_pair_and_counts_what_evaluate_counts() -> None:
    recipe = multiply(**SMALL)
    state = TrainState.start(recipe)
    shots = [s for s in train_in_slices(recipe, state) if s is not None]
    seen = shots[-1].check
    assert seen is not None
    verdicts = np.frombuffer(seen.first_wrong, np.int8)
    assert NOT_ASKED not in verdicts
    a, b = all_pairs()
    held = split_values(a, b) >= 0.30
    score = last(exactness(state.model, recipe.format, a[held], b[held], decode=False))
    assert (seen.n_heldout, seen.errors_heldout) == (score.n, score.errors_strict)
    assert int((verdicts[held] != RIGHT).sum()) == seen.errors_heldout
    assert seen.n_train + seen.n_heldout == 10_000


def test_checks_on_the_way_ask_a_part_and_between_them_every_pair() -> None:
    parts = [part_of_pairs(k) for k in range(protocol.CHECKS_IN_A_ROUND)]
    assert sorted(np.concatenate(parts).tolist()) == list(range(10_000))
    assert (part_of_pairs(protocol.CHECKS_IN_A_ROUND) == parts[0]).all()
    for part in parts:
        for digit in range(4):
            counts = np.bincount(part // 10**digit % 10, minlength=10)
            assert abs(counts - 250).max() < 4 * np.sqrt(250 * 0.9)


def test_of_chosen_pairs_what_was_not_listed_is_neither_trained_on_nor_held_out() -> None:
    pairs = [(int(a), int(b)) for a in range(5) for b in range(a, 5)]
    recipe = multiply(**SMALL)
    below = tuple(p for p in pairs if split_values(*(np.array([x]) for x in p))[0] < 0.30)
    recipe = replace(recipe, data=ListedPairs(recipe.format, below))
    state = TrainState.start(recipe)
    *_, seen = check_pairs(recipe, state.model, np.arange(10_000), 1000)
    assert seen is not None
    ordered = {order for a, b in below for order in ((a, b), (b, a))}
    assert seen.n_train == len(ordered)
    assert seen.n_heldout == int((split_values(*all_pairs()) >= 0.30).sum())


def test_a_large_models_step_is_cut_into_parts_and_a_small_ones_is_not() -> None:
    assert rows_in_a_part(multiply(), multiply().format.length, 256) == 256
    large = multiply(d_model=256, n_layer=2)
    rows = rows_in_a_part(large, large.format.length, 256)
    assert 1 <= rows < 256
    assert rows * large.format.length * 1.6e6 < 2 * live.PART_WORK
    streams = rows_in_a_part(multiply(), 256, 256)
    assert streams * 256 * 0.4e6 <= live.PART_WORK


def test_a_run_on_fewer_digits_is_evaluated_on_the_pairs_that_it_can_write() -> None:
    """The corner of the table: 10 numbers by 100, and nothing else was asked, also on the way."""
    data = Pairs(Format("plain", 1, 2))
    recipe = replace(multiply(**SMALL), data=data, steps=2, check_every=1)
    checks = [
        shot.check
        for shot in train_in_slices(recipe, TrainState.start(recipe))
        if shot is not None and shot.check is not None
    ]
    asked = [np.frombuffer(x.first_wrong, np.int8).reshape(100, 100) != NOT_ASKED for x in checks]
    assert len(asked) == 2 and asked[1][:10].all() and not asked[1][10:].any()
    assert 0 < asked[0].sum() < 1000 and not asked[0][10:].any()
    assert checks[1].n_train == int(data.trained_on().sum())
    assert checks[1].n_train + checks[1].n_heldout == 1000


def test_weights_are_told_on_the_way_if_they_are_to_be_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """At most as many as are kept, evenly spread, and the last at the end."""
    monkeypatch.setattr(live, "check_pairs", lambda *_: iter([PairsCheck(0, 0, 0, 0, b"")]))
    for steps, told in ((3, [1, 2, 3]), (21, [*range(2, 21, 2), 21])):
        begin = start("a", steps=steps, batch=4)
        said = driven(replace(begin, spec=replace(begin.spec, keep=True)))
        assert [e.step for e in said if isinstance(e, Weights)] == told
    assert max(len(kept_on_the_way(multiply(steps=n))) for n in range(1, 2001, 7)) < MOST_STEPS


# ---------------------------------------------------------------- many runs


def test_all_runs_have_moved_before_one_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock of which a turn is one look at the work: however fast the machine, none is done in
    its first turn. Nothing is asked of them, which would take more turns than there are steps."""
    looks = count()
    clock = SimpleNamespace(perf_counter=lambda: 0.06 * next(looks), thread_time=lambda: 0.0)
    monkeypatch.setattr(live, "time", clock)
    asked_nothing = PairsCheck(0, 0, 0, 0, b"")
    monkeypatch.setattr(live, "check_pairs", lambda *_: iter([asked_nothing]))
    said = driven(*(start(str(i), steps=8) for i in range(8)))
    first_end = next(i for i, e in enumerate(said) if isinstance(e, Ended))
    assert {e.run for e in said[:first_end] if isinstance(e, Progress)} == set("01234567")
    assert {e.how for e in ends(said).values()} == {"done"}


def test_runs_past_the_limit_wait_and_are_told_their_place() -> None:
    said = driven(*(start(str(i)) for i in range(4)), max_active=1)
    places = [(e.run, e.place) for e in said if isinstance(e, Waiting)]
    assert places[:4] == [("0", 1), ("1", 2), ("2", 3), ("3", 4)]
    assert ("3", 1) in places
    order = [e.run for e in said if isinstance(e, Ended)]
    assert order == ["0", "1", "2", "3"]


def test_two_hands_work_on_two_runs_side_by_side_and_a_third_has_its_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each of two waits within its turn until the other is in its own: one hand would wait for
    ever."""
    both, threads = threading.Barrier(2, timeout=60), dict[str, set[int]]()
    turn = Live.turn

    def met(run: Live, *arguments: Any) -> Any:
        threads.setdefault(run.run, set()).add(threading.get_ident())
        if run.state.step == 0 and run.run in "ab":
            both.wait()
        return turn(run, *arguments)

    monkeypatch.setattr(Live, "turn", met)
    said = driven(start("a"), start("b"), start("c"), hands=2, slice_seconds=1e-3)
    assert {run: e.how for run, e in ends(said).items()} == dict.fromkeys("abc", "done")
    assert len(set.union(*threads.values())) == 2
    recipe = multiply(**SMALL)
    losses = [m.loss for m in train(recipe, TrainState.start(recipe))]
    for run in "abc":
        assert [e.snapshot.loss for e in said if isinstance(e, Progress) and e.run == run] == losses


def test_with_two_hands_a_run_is_stopped_in_its_turn_and_can_go_on() -> None:
    def stop_once(event: Event, inbox: Commands) -> None:
        match event:
            case Progress(run="a") if event.snapshot.step == 2:
                inbox.put(Stop("a"))
            case Ended(run="a", kept=True):
                inbox.put(Continue("a"))
            case _:
                pass

    inbox: Commands = queue.Queue()
    said: list[Event] = []
    for run in "abc":
        inbox.put(start(run, steps=30))

    def emit(event: Event) -> None:
        said.append(event)
        stop_once(event, inbox)
        if sum(isinstance(e, Ended) for e in said) == 4:
            inbox.put(None)

    drive(inbox, emit, hands=2, slice_seconds=1e-3)
    how = sorted((e.run, e.how) for e in said if isinstance(e, Ended))
    assert how == [("a", "cancelled"), ("a", "done"), ("b", "done"), ("c", "done")]
    steps = [e.snapshot.step for e in said if isinstance(e, Progress) and e.run == "a"]
    assert steps == list(range(1, 31))


def test_what_is_raised_in_the_second_hand_ends_the_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = threading.get_ident()
    both = threading.Barrier(2, timeout=60)
    turn = Live.turn

    def gone(run: Live, *arguments: Any) -> Any:
        if not both.broken and both.wait() is not None and threading.get_ident() != first:
            both.abort()
            raise KeyboardInterrupt
        return turn(run, *arguments)

    monkeypatch.setattr(Live, "turn", gone)
    with pytest.raises(KeyboardInterrupt):
        driven(start("a", steps=2000), start("b", steps=2000), hands=2)


def test_stop_ends_a_run_that_goes_and_one_that_waits_and_no_other() -> None:
    def stop_two(event: Event, inbox: Commands) -> None:
        if isinstance(event, Progress) and event.run == "a" and event.snapshot.step == 2:
            inbox.put(Stop("a"))
            inbox.put(Stop("c"))

    said = driven(
        start("a", steps=2000),
        start("b"),
        start("c"),
        hear=stop_two,
        max_active=1,
        slice_seconds=0.001,
    )
    how = {run: e.how for run, e in ends(said).items()}
    assert how == {"a": "cancelled", "b": "done", "c": "cancelled"}
    assert max(e.snapshot.step for e in said if isinstance(e, Progress) and e.run == "a") <= 4
    assert [e.run for e in said if isinstance(e, Weights)] == ["a", "b"]


def test_stopping_an_ended_or_unknown_run_is_nothing() -> None:
    said = driven(Stop("x"), start("a"))
    assert ends(said)["a"].how == "done"


def test_a_run_that_has_ended_leaves_no_model_in_the_worker(monkeypatch) -> None:
    begun: dict[str, weakref.ref[GPT]] = {}
    begin = Live.begin

    def noted(start: Start, limit: float) -> Live:
        run = begin(start, limit)
        begun[run.run] = weakref.ref(run.state.model)
        return run

    monkeypatch.setattr(Live, "begin", noted)
    inbox: Commands = queue.Queue()
    said: queue.Queue[Event] = queue.Queue()
    worker = threading.Thread(target=drive, args=(inbox, said.put), daemon=True)
    worker.start()
    for run, steps in (("ends", 2), ("stopped", 2000), ("forgotten", 2000)):
        inbox.put(start(run, steps=steps))
        if run != "ends":
            while not isinstance(said.get(timeout=60), Progress):
                pass
            inbox.put(Stop(run, keep=run == "forgotten"))
        while not isinstance(said.get(timeout=60), Ended):
            pass
        if run == "forgotten":
            assert begun[run]() is not None
            inbox.put(Forget(run))
        until = time.monotonic() + 60
        while begun[run]() is not None and time.monotonic() < until:
            time.sleep(0.01)
        assert begun[run]() is None, run
    inbox.put(None)
    worker.join(10)


def test_a_run_that_raises_fails_alone_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Recipe:
        return replace(multiply(**SMALL), name="broken")

    def loss_of(recipe: Recipe, *arguments: Any) -> torch.Tensor:
        return masked_loss(recipe, *arguments) * (math.nan if recipe.name == "broken" else 1)

    monkeypatch.setattr("lab.training.train.masked_loss", loss_of)
    monkeypatch.setattr(protocol, "ALLOWED", {**protocol.ALLOWED, "broken": broken})
    said = driven(Start("x", RunSpec("broken")), start("a"))
    assert ends(said)["a"].how == "done"
    assert ends(said)["x"].how == "failed"
    assert "learning rate" in ends(said)["x"].why


def test_what_is_not_allowed_fails_before_it_begins() -> None:
    def holds(spec: RunSpec, why: str) -> None:
        said = driven(Start("x", spec))
        assert ends(said)["x"].how == "failed"
        assert why in ends(said)["x"].why

    cases = [
        (RunSpec("os.system"), "there are: multiply"),
        (RunSpec("multiply", {"steps": 10**9}), "1 to 2000"),
        (RunSpec("multiply", {"d_model": 4096}), "times the 2,000,000"),
        (RunSpec("multiply", {"colour": "red"}), "colour"),
        (RunSpec("multiply", {"seed": -1}), "seed=-1"),
        (RunSpec("multiply", {"style": "latin"}), "latin"),
    ]
    assert failures(holds, cases) == []


@dataclass
class Clocks:
    """What `time` says in the loop; each step takes so much of them."""

    wall: float = 0.0
    processor: float = 0.0

    def steps(self, wall: float, processor: float) -> Callable[..., Iterator[Snapshot | None]]:
        def slow(recipe: Recipe, _state: TrainState) -> Iterator[Snapshot | None]:
            for step in range(1, recipe.steps + 1):
                self.wall += wall
                self.processor += processor
                yield Snapshot(step, recipe.steps, 0, 0.0)

        return slow

    def perf_counter(self) -> float:
        return self.wall

    def thread_time(self) -> float:
        return self.processor


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    clocks = Clocks()
    monkeypatch.setattr(live, "time", clocks)
    monkeypatch.setattr(live, "train_in_slices", clocks.steps(wall=10.0, processor=1.0))
    return clocks


@pytest.mark.usefixtures("clocks")
def test_the_limit_counts_the_processors_time_of_a_run_and_says_so() -> None:
    """Ten seconds of the clock pass at each step of any run, one of them its own."""
    short = [start(str(i), steps=3) for i in range(6)]
    said = driven(start("long", steps=20), *short, most_seconds=8.5)
    assert {e.how for run, e in ends(said).items() if run != "long"} == {"done"}
    assert ends(said)["long"].how == "cancelled" and ends(said)["long"].kept
    assert "used up the 8.5 s of the processor's time" in ends(said)["long"].why
    shots = [e.snapshot for e in said if isinstance(e, Progress) and e.run == "long"]
    assert [(shot.seconds, shot.left) for shot in shots] == [(n, 8.5 - n) for n in range(1, 10)]


class JumpingClock:
    """On the wall: it stands, and is set by hours whenever something is told of a run."""

    def __init__(self, hours: int) -> None:
        self.hours, self.shown = hours, 1.8e9

    def jump(self, _event: Event, _inbox: Commands) -> None:
        self.shown += 3600 * self.hours

    def time(self) -> float:
        return self.shown


def test_a_wall_clock_that_jumps_at_every_step_changes_nothing_of_a_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = losses(driven(start("a")))
    for hours in (1, -1):
        clock = JumpingClock(hours)
        monkeypatch.setattr(time, "time", clock.time)
        said = driven(start("a"), hear=clock.jump)
        assert abs(clock.shown - 1.8e9) >= 3600 * len(expected)
        assert losses(said) == expected and ends(said)["a"].how == "done"
        spent = [e.snapshot.seconds for e in said if isinstance(e, Progress)]
        assert spent == sorted(spent) and spent[0] >= 0 and spent[-1] < live.MOST_SECONDS


# ---------------------------------------------------------------- stopped, and continued


def losses(said: list[Event]) -> list[float]:
    return [e.snapshot.loss for e in said if isinstance(e, Progress)]


def checked(said: list[Event]) -> list[tuple[int, Any]]:
    shots = [e.snapshot for e in said if isinstance(e, Progress)]
    return [(shot.step, shot.check) for shot in shots if shot.check]


@pytest.mark.push
@pytest.mark.parametrize("part_work", [live.PART_WORK, 2e7], ids=["whole steps", "in parts"])
def test_a_run_stopped_at_its_limit_and_continued_is_the_run_that_was_not(
    monkeypatch: pytest.MonkeyPatch, part_work: float
) -> None:
    """Stopped after every part of its work: between steps, within a step and within a check."""
    monkeypatch.setattr(live, "PART_WORK", part_work)
    steps = {"steps": 27}
    straight = driven(start("a", **steps))
    inbox: Commands = queue.Queue()
    inbox.put(start("a", **steps))
    said: list[Event] = []

    def emit(event: Event) -> None:
        said.append(event)
        if isinstance(event, Ended):
            inbox.put(Continue("a") if event.kept else None)

    drive(inbox, emit, most_seconds=0.0, slice_seconds=1e-4)
    stops = [e for e in said if isinstance(e, Ended)]
    assert len(stops) > steps["steps"] and {e.how for e in stops[:-1]} == {"cancelled"}
    assert stops[-1] == Ended("a", "done")
    assert losses(said) == losses(straight)
    assert checked(said) == checked(straight) and len(checked(said)) == 2
    left, wanted = ([e for e in heard if isinstance(e, Weights)][-1] for heard in (said, straight))
    assert left == wanted


@pytest.mark.usefixtures("clocks")
def test_a_run_that_the_reader_stopped_has_its_whole_limit_again() -> None:
    """Ten steps of a second each, of which the limit allows six on end."""
    inbox: Commands = queue.Queue()
    inbox.put(start("a", steps=10))
    said: list[Event] = []

    def emit(event: Event) -> None:
        said.append(event)
        if isinstance(event, Progress) and event.snapshot.step == 5:
            inbox.put(Stop("a"))
        if isinstance(event, Ended):
            inbox.put(Continue("a") if event.how == "cancelled" else None)

    drive(inbox, emit, most_seconds=6.5, slice_seconds=0.5)
    shots = [e.snapshot for e in said if isinstance(e, Progress)]
    assert [shot.step for shot in shots] == list(range(1, 11))
    assert [shot.left for shot in shots] == [5.5, 4.5, 3.5, 2.5, 1.5, 5.5, 4.5, 3.5, 2.5, 1.5]
    assert [(e.how, e.why) for e in said if isinstance(e, Ended)] == [
        ("cancelled", ""),
        ("done", ""),
    ]


def stopped_in_turn(*runs: str, **settings: Any) -> list[Event]:
    """What is said when runs are stopped one after another and then all are asked to go on."""
    inbox: Commands = queue.Queue()
    said: list[Event] = []
    to_come = list(runs)
    inbox.put(start(to_come.pop(0), steps=2000))

    def emit(event: Event) -> None:
        said.append(event)
        if isinstance(event, Progress) and event.snapshot.step == 1:
            inbox.put(Stop(event.run))
        if isinstance(event, Ended):
            if to_come:
                inbox.put(start(to_come.pop(0), steps=2000))
            elif len([e for e in said if isinstance(e, Ended)]) == len(runs):
                inbox.put(Continue(runs[0]))
            else:
                inbox.put(None)

    drive(inbox, emit, slice_seconds=1e-3, **settings)
    return said


def test_where_stopped_runs_stand_is_kept_within_a_bound_and_the_oldest_goes_first() -> None:
    size = Live.begin(start("a")).size
    said = stopped_in_turn("a", "b", "c", most_kept_bytes=int(2.9 * size))
    assert [e for e in said if isinstance(e, Forgotten)] == [Forgotten("a")]
    assert said[-1] == Ended("a", "lost", "what it would go on from is no longer kept")
    kept = [e.kept for e in said if isinstance(e, Ended)]
    assert kept == [True, True, True, False]


def test_a_run_larger_than_the_bound_is_not_kept() -> None:
    said = stopped_in_turn("a", most_kept_bytes=1000)
    assert [(e.how, e.kept) for e in said if isinstance(e, Ended)] == [
        ("cancelled", False),
        ("lost", False),
    ]


def test_the_bound_holds_some_small_twins_and_the_largest_run() -> None:
    def after_a_step(**arguments: Any) -> int:
        run = Live.begin(Start("a", RunSpec("multiply", arguments)))
        next(run.steps)
        return run.size

    assert 5 * after_a_step() < live.MOST_KEPT_BYTES
    largest = {"d_model": 256, "n_layer": 2, "optimiser": "adamw"}
    assert after_a_step(**largest) < live.MOST_KEPT_BYTES


def test_a_continued_run_waits_for_its_place_and_can_be_stopped_there() -> None:
    inbox: Commands = queue.Queue()
    said: list[Event] = []
    inbox.put(start("a", steps=2000))

    def emit(event: Event) -> None:
        said.append(event)
        ends = [e.run for e in said if isinstance(e, Ended)]
        match event:
            case Progress(run="a"):
                inbox.put(Stop("a"))
            case Ended(run="a") if ends == ["a"]:
                inbox.put(start("b", steps=30))
                inbox.put(Continue("a"))
                inbox.put(Stop("a"))
            case Ended(run="b"):
                inbox.put(Continue("a"))
            case Ended(run="a") if ends == ["a", "a", "b", "a"]:
                inbox.put(None)
            case _:
                pass

    drive(inbox, emit, max_active=1, slice_seconds=1e-3)
    assert [(e.run, e.how, e.kept) for e in said if isinstance(e, Ended)] == [
        ("a", "cancelled", True),
        ("a", "cancelled", True),
        ("b", "done", False),
        ("a", "cancelled", True),
    ]
    shown = [e.snapshot.step for e in said if isinstance(e, Progress) and e.run == "a"]
    assert shown == list(range(1, len(shown) + 1)) and len(shown) > 1


@pytest.mark.push
def test_a_rate_too_large_is_told_from_one_that_learns_and_one_that_is_slow() -> None:
    def losses(**arguments: Any) -> list[float]:
        settings: dict[str, Any] = {**SMALL, "steps": 80, **arguments}
        recipe = multiply(**settings)
        return [m.loss for m in train(recipe, TrainState.start(recipe))]

    assert overshoots(losses(rate=1.0))
    assert not overshoots(losses())
    assert not overshoots(losses(rate=3e-4, optimiser="adamw"))
    assert not overshoots([3.0, 1.0] * 20), "too early to tell"
