"""Several processes that train one model take the steps of one process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import torch
from team_steps import main as train_alone
from tiny import BASE, tiny_recipe

from lab.data.problems import Format
from lab.data.sources import Pairs
from lab.model.config import MixtureOfExpertsConfig
from lab.records import ROOT, read_lines
from lab.training.checkpoint import read_result
from lab.training.recipe import Recipe
from lab.training.state import TrainState
from lab.training.team import ALONE, Team, launcher

STEPS = Path(__file__).parents[1] / "team_steps.py"


def test_every_row_is_of_one_process_and_no_process_has_two_rows_more_than_another() -> None:
    for size in range(1, 9):
        for n in range(size, 40):
            shares = [Team(rank, size).share(n) for rank in range(size)]
            assert [*chain.from_iterable(shares)] == [*range(n)], (n, size)
            assert max(map(len, shares)) - min(map(len, shares)) <= 1
    with pytest.raises(ValueError, match="a batch of 2 rows is too small for 3 processes"):
        Team(0, 3).share(2)


def test_one_alone_sends_nothing_and_is_started_as_ever() -> None:
    model = torch.nn.Linear(2, 1)
    model.weight.grad = given = torch.ones(1, 2)
    assert ALONE.add_up(model, 3.5) == 3.5
    assert model.weight.grad is given and model.bias.grad is None
    assert ALONE.whole(given, 1) is given
    assert launcher() == ["python"]


# ---------------------------------------------------------------- real processes

CLOSE = 1e-4


def torchrun(n: int, *command: str, **environment: str) -> str:
    """What `n` processes print; torchrun itself may lie outside the path."""
    start = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    said = subprocess.run(
        [*start, "--nproc-per-node", str(n), *command],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0, said.stderr
    return said.stdout


def steps_of(recipe: Recipe, n: int, folder: Path) -> tuple[list[Any], list[TrainState]]:
    """What `n` processes tell of their steps, and the state that each holds at the end."""
    folder.mkdir()
    (folder / "recipe.json").write_text(json.dumps(recipe.to_dict()))
    if n == 1:
        train_alone(folder)
    else:
        torchrun(n, str(STEPS), str(folder))
    told = [json.loads((folder / f"{rank}.json").read_text()) for rank in range(n)]
    assert [found["size"] for found in told] == [n] * n
    states = [TrainState.load(recipe, folder / f"{rank}.safetensors") for rank in range(n)]
    return [found["steps"] for found in told], states


def furthest(one: TrainState, other: TrainState) -> float:
    """The largest difference between two models, buffers included."""
    pairs = zip(one.model.state_dict().values(), other.model.state_dict().values(), strict=True)
    return max(float((a.double() - b.double()).abs().max()) for a, b in pairs)


FORMAT = Format("cot_reversed", 2, 2, padded=False)
"""Texts of unlike length, so that the rows of a share bear unlike numbers of losses."""

PADDED = Pairs(Format("cot_reversed", 1, 2), 0.30)

ADAMW = tiny_recipe(format=FORMAT, steps=20, batch_size=15, optimiser="adamw")


@pytest.mark.slow
@pytest.mark.parametrize("n", [2, 3])
def test_twenty_steps_of_adamw_are_those_of_one_process(n: int, tmp_path: Path) -> None:
    """A batch of 15 rows, which two processes cannot halve; fp32."""
    (alone,), (expected,) = steps_of(ADAMW, 1, tmp_path / "alone")
    told, states = steps_of(ADAMW, n, tmp_path / "team")
    assert len(alone) == 20
    for steps, state in zip(told, states, strict=True):
        assert torch.tensor(steps) == pytest.approx(torch.tensor(alone), abs=CLOSE)
        assert furthest(state, expected) < CLOSE
        assert furthest(state, states[0]) == 0.0, "all of them hold the same weights"
        assert (state.tokens, state.step) == (expected.tokens, expected.step)


@pytest.mark.slow
def test_what_experts_turn_after_a_step_is_of_the_whole_batch(tmp_path: Path) -> None:
    """Their biases are turned by how many tokens each got, and some experts get none in a share."""
    experts = MixtureOfExpertsConfig(
        moe_intermediate_size=16, n_routed_experts=8, num_experts_per_tok=1
    )
    recipe = replace(ADAMW, model=replace(BASE, n_layer=2, ffn=experts), steps=5)
    _, (expected,) = steps_of(recipe, 1, tmp_path / "alone")
    _, states = steps_of(recipe, 2, tmp_path / "team")
    assert [furthest(state, expected) < CLOSE for state in states] == [True, True]
    turned = {n: b for n, b in expected.model.state_dict().items() if "bias" in n and b.any()}
    assert turned
    for name, bias in turned.items():
        assert torch.equal(states[1].model.state_dict()[name], bias), name


@pytest.mark.slow
def test_the_command_line_trains_in_a_team_and_one_process_writes_the_run(tmp_path: Path) -> None:
    file = tmp_path / "team.json"
    file.write_text(json.dumps(replace(ADAMW, name="team", data=PADDED).to_dict()))
    train, home = ["-m", "lab", "train", str(file)], {"HOME": str(tmp_path)}
    said = torchrun(2, *train, "--steps", "6", "--out", str(tmp_path / "both"), **home)
    assert said.splitlines()[-1:] == [f"written to {tmp_path / 'both'}"]
    assert said.count("written to") == 1
    assert said.count("errors on validation") == 2, "at steps 3 and 6, by the first process alone"
    subprocess.run(
        [sys.executable, *train, "--steps", "6", "--out", str(tmp_path / "alone")],
        cwd=ROOT,
        env=os.environ | home,
        check=True,
        capture_output=True,
    )
    both, alone = (read_result(tmp_path / name) for name in ("both", "alone"))
    assert both["command"].startswith("torchrun --nproc-per-node 2 -m lab train ")
    assert alone["command"].startswith("python -m lab train ")
    assert both["recipe"] == alone["recipe"]
    histories = [read_lines(tmp_path / name / "history.jsonl") for name in ("both", "alone")]
    losses = [[row["loss"] for row in history] for history in histories]
    assert losses[0] == pytest.approx(losses[1], abs=CLOSE)
