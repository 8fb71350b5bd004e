"""lab.live.expected: seconds follow from work, and a speed from seconds."""

from dataclasses import replace

import pytest
import torch
from tiny import BASE
from torch.utils.flop_counter import FlopCounterMode

from lab.data.problems import Format
from lab.data.sources import Pairs
from lab.live import expected
from lab.live.expected import (
    Speed,
    check_work,
    expected_seconds,
    measured_speed,
    n_cells,
    probes,
    speed_from,
    step_work,
    steps_that_fit,
)
from lab.live.loop import cells_of, train_in_slices
from lab.recipes.bench import usual
from lab.recipes.presets import PRESETS
from lab.training.recipe import OptimiserName
from lab.training.state import TrainState
from lab.training.train import train

FEW = replace(usual(), model=BASE, batch_size=4, precision="fp32")


@pytest.mark.parametrize("optimiser", ["adamw", "muon"])
def test_a_step_does_as_many_operations_as_torch_counts(optimiser: OptimiserName) -> None:
    """Nearly: of Muon's rounds, that depend on the shape of a matrix, a middle is taken."""
    for name in ("narrow", "latents"):
        recipe = replace(PRESETS[name](), batch_size=4, precision="fp32", optimiser=optimiser)
        state = TrainState.start(recipe)
        with FlopCounterMode(display=False) as counter:
            next(train(recipe, state))
        counted = counter.get_total_flops()
        assert step_work(recipe).flops == pytest.approx(counted, rel=0.2), name


def test_checks_do_as_many_operations_as_torch_counts() -> None:
    recipe = replace(FEW, data=Pairs(Format("cot", 1, 2)), steps=3, check_every=1)
    state = TrainState.start(recipe)
    with FlopCounterMode(display=False) as counter:
        for _ in train_in_slices(recipe, state):
            pass
    counted = counter.get_total_flops() - 3 * step_work(recipe).flops
    assert check_work(recipe).flops == pytest.approx(counted, rel=0.3)


def test_a_check_evaluates_as_many_pairs_as_are_counted() -> None:
    for form in (Format("cot", p, q) for p in (1, 2, 3) for q in (1, 2, 3)):
        assert n_cells(form) == len(cells_of(form))


def test_seconds_are_those_of_all_steps_and_checks() -> None:
    plan = replace(usual(), steps=100)
    flops = 100 * step_work(plan).flops + check_work(plan).flops
    assert expected_seconds(plan, Speed(1e-9, 0, 0)) == pytest.approx(flops / 1e9)
    assert expected_seconds(plan, Speed(0, 0, 0.5)) == pytest.approx(100 * 2 * 0.5)
    assert step_work(PRESETS["experts"]()).rounds == 3 + 3 * 8
    speed = Speed(1e-11, 1e-9, 0.01)
    seconds = expected_seconds(plan, speed)
    assert [steps_that_fit(plan, speed, x * seconds) for x in (0.25, 1.001, 9)] == [25, 100, 100]


def test_a_speed_gives_back_the_seconds_that_it_was_measured_from() -> None:
    works = [step_work(recipe) for recipe in probes()]
    for true in (Speed(6e-12, 2e-9, 0.008), Speed(1e-10, 1e-8, 1e-4)):
        found = speed_from(works, [true.seconds(work) for work in works])
        assert vars(found) == pytest.approx(vars(true))
    odd = speed_from(works, [0.1, 0.0, 0.2])
    assert min(vars(odd).values()) > 0


def test_this_machine_has_a_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    plans = [replace(x, batch_size=1 + x.batch_size // 16) for x in probes()]
    monkeypatch.setattr(expected, "probes", lambda: plans)
    assert 0 < expected_seconds(usual(), measured_speed()) < 1e6
    assert torch.get_num_threads() == 1
