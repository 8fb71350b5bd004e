"""lab.live.expected: seconds follow from operations, and a speed from seconds."""

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
    check_flops,
    expected_seconds,
    flops_of_a_step,
    measured_speed,
    speed_from,
    steps_that_fit,
)
from lab.live.loop import train_in_slices
from lab.recipes.bench import usual
from lab.recipes.presets import PRESETS
from lab.training.recipe import OptimiserName, Recipe
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
        assert flops_of_a_step(recipe) == pytest.approx(counted, rel=0.2), name


def test_checks_do_as_many_operations_as_torch_counts() -> None:
    recipe = replace(FEW, data=Pairs(Format("cot", 1, 2)), steps=3, check_every=1)
    state = TrainState.start(recipe)
    with FlopCounterMode(display=False) as counter:
        for _ in train_in_slices(recipe, state):
            pass
    counted = counter.get_total_flops() - 3 * flops_of_a_step(recipe)
    assert check_flops(recipe) == pytest.approx(counted, rel=0.3)


def test_seconds_are_operations_over_the_rate_and_what_each_layer_takes() -> None:
    plan = replace(usual(), steps=100)
    flops = 100 * flops_of_a_step(plan) + check_flops(plan)
    assert expected_seconds(plan, Speed(1e9, 0.0)) == pytest.approx(flops / 1e9)
    slow = Speed(1e9, 0.5)
    assert expected_seconds(plan, slow) == pytest.approx(flops / 1e9 + 100 * 2 * 0.5)
    seconds = expected_seconds(plan, slow)
    assert [steps_that_fit(plan, slow, x * seconds) for x in (0.25, 1.001, 9)] == [25, 100, 100]


def test_a_speed_gives_back_the_seconds_that_it_was_measured_from() -> None:
    few, many = replace(usual(), batch_size=1), usual()

    def took(recipe: Recipe, speed: Speed) -> float:
        return speed.seconds(flops_of_a_step(recipe), recipe.model.n_layer)

    for true in (Speed(5e10, 0.002), Speed(1e9, 0.0)):
        found = speed_from(few, took(few, true), many, took(many, true))
        assert found.operations_per_second == pytest.approx(true.operations_per_second)
        assert found.seconds_per_layer == pytest.approx(true.seconds_per_layer, abs=1e-9)
    odd = speed_from(few, 0.2, many, 0.1)
    assert odd.operations_per_second > 0 and odd.seconds_per_layer >= 0


def test_this_machine_has_a_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expected, "usual", lambda: replace(FEW, batch_size=64))
    found = measured_speed()
    assert found.operations_per_second > 1e6 and 0 <= found.seconds_per_layer < 10
    assert torch.get_num_threads() == 1
