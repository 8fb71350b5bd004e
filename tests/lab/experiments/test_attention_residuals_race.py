"""lab.experiments.attention_residuals_race and residual_ablations: arms are alike but for what is
compared."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from lab.data.position_ids import position_ids
from lab.experiments import attention_residuals_race as experiment
from lab.experiments import residual_ablations
from lab.experiments.attention_residuals_race import (
    COMMITTED,
    MEASURED_AT,
    N_CHECK,
    NEAR,
    RACERS,
    begun,
    best_rate,
    by_depth,
    full_run,
    measure,
    plan,
    race_cells,
    race_plan,
    rates_of_the_race,
)
from lab.inference.forward import run_with_trace
from lab.model.config import (
    AttentionResidualConfig,
    BlockAttentionResidualConfig,
    PlainResidualConfig,
)
from lab.model.cost import parameters_of
from lab.model.residual import AttentionResidual as Chosen
from lab.recipes.attention_residuals import ARMS, full_size, residual_of, twin, with_arm
from lab.recipes.live import multiply
from lab.records import RECORDS, read_lines, select
from lab.statistics import steps_until
from lab.training.checkpoint import load_run

RACE = read_lines(RECORDS / "residuals_race.jsonl")


@pytest.mark.parametrize("network", [twin(3), twin(6), full_size()], ids=["3", "6", "full"])
def test_every_arm_has_exactly_as_many_parameters(network: Any) -> None:
    assert len({parameters_of(with_arm(network, arm)) for arm in ARMS}) == 1


def test_arms_differ_in_their_residual_and_one_neuron_alone() -> None:
    plans = [plan(arm, 6, 1e-3, 3, 100) for arm in ARMS]
    plain = plans[0]
    for other in plans[1:]:
        back = replace(other.model, residual=PlainResidualConfig(), ffn=plain.model.ffn)
        assert replace(other, name=plain.name, model=back) == plain
        layers = [model.layers[0] for model in (plain.model, other.model)]
        weights = [layer.ffn.parameters(layer) for layer in layers]
        assert weights[0] - weights[1] == 2 * plain.model.d_model


def test_one_run_in_miniature_tells_all_that_the_page_reads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(experiment, "N_CHECK", 40)
    monkeypatch.setattr(experiment, "N_LOOKED_AT", 8)
    recipe = replace(plan("full", 3, 1e-3, 0, 25), batch_size=2)
    row = measure(recipe, "validation", 25)
    assert row["steps"] == row["measured_at"] == 25 and row["steps_to_target"] is None
    assert [len(shares) for shares in row["depth_pattern"]] == [2, 3, 4, 5, 6, 7]
    assert all(sum(shares) == pytest.approx(1, abs=2e-3) for shares in row["depth_pattern"])
    assert len(row["gradient"]) == len(row["resid_post"]) == 3
    plain = measure(replace(plan("plain", 3, 1e-3, 0, 25), batch_size=2), "validation", 25)
    assert plain["depth_pattern"] == []


def test_the_recorded_race_took_the_best_rates_and_ran_to_the_goal() -> None:
    rows = read_lines(RECORDS / "residuals.jsonl")
    for depth in experiment.DEPTHS:
        for arm in ARMS:
            raced = select(rows, part="race", depth=depth, arm=arm)
            assert {row["cell"]["seed"] for row in raced} == {*experiment.SEEDS}
            assert {row["rate"] for row in raced} == {best_rate(rows, arm, depth)}
            for row in raced:
                assert row["measured_at"] == MEASURED_AT[depth]
                assert row["steps_to_target"] or row["steps"] == row["most_steps"]


def test_one_number_a_connection_begins_as_attention_does_and_asks_no_token() -> None:
    """Both read the mean of all that was written at first. Then a reading's shares are softmax of
    its own vector, at every token."""
    recipe = race_plan("fixed", 1e-3, 1, 10)
    model = begun(recipe, "fixed").model
    fixed, (texts, _) = model.residual, recipe.data.draw(np.random.default_rng(0), 2)
    tokens = torch.from_numpy(texts).long()
    places = position_ids(tokens, model.config.position.n_axis)
    assert [p.numel() for p in fixed.parameters()] == [2, 3, 4, 5, 6, 7]
    begins = model(tokens, positions=places)
    model.residual = Chosen(model.config, AttentionResidualConfig())
    torch.testing.assert_close(begins, model(tokens, positions=places))

    model.residual = fixed
    with torch.no_grad():
        next(fixed.parameters()).copy_(torch.tensor([1.0, 0.0]))
    trace = run_with_trace(model, texts, ["embed", "attn_out", "resid_mid"])
    embed, note, read = (
        trace[name] for name in ("embed", "blocks.0.attn_out", "blocks.0.resid_mid")
    )
    share = 1 / (1 + math.exp(-1))
    torch.testing.assert_close(read, share * embed + (1 - share) * note)


def test_every_arm_of_the_race_takes_its_median_rate_and_is_asked_all_at_its_goals() -> None:
    rates = rates_of_the_race()
    assert [row["cell"] for row in RACE] == race_cells()
    for arm in RACERS:
        best = experiment.median_rate(rates, arm)
        assert best not in (min(NEAR[arm]), max(NEAR[arm]))
        raced = select(RACE, part="race", arm=arm)
        assert {row["rate"] for row in raced} == {best}
        for row in raced:
            for goal in (0.05, 0.01, 0.001):
                arrived = steps_until(row["curve"], goal)
                decided = [n for step, _, n, _ in row["curve"] if step == arrived]
                assert math.isinf(arrived) or decided == [N_CHECK]


def test_a_median_rate_needs_every_rate_by_every_seed() -> None:
    rates = [row for row in rates_of_the_race() if row["cell"]["seed"] != 6]
    with pytest.raises(ValueError, match="by three seeds for plain"):
        experiment.median_rate(rates, "plain")


def test_the_live_race_may_choose_its_residual_and_says_what_is_allowed() -> None:
    assert multiply(residual="full").model.residual == AttentionResidualConfig()
    assert multiply().model.residual == PlainResidualConfig()
    assert residual_of("block", 2) == residual_of("block", 3)
    with pytest.raises(ValueError, match=r"residual='depth'.*plain.*full.*block"):
        multiply(residual="depth")  # pyright: ignore


def test_cut_connections_are_counted_by_kind_of_digit() -> None:
    rows = read_lines(RECORDS / "threads.jsonl")
    (whole,) = select(rows, pinned="none")
    found = residual_ablations.measure_connections(whole["cell"])
    assert {"errors": found["errors"], "wrong": found["wrong"]} == {
        "errors": whole["errors"],
        "wrong": {kind: tuple(counts) for kind, counts in whole["wrong"].items()},
    }
    digits = {kind: counts[0] for kind, counts in whole["wrong"].items()}
    assert min(digits.values()) > 0
    for row in rows:
        for one in row.get("cut", []):
            assert {kind: counts[0] for kind, counts in one["wrong"].items()} == digits


def test_a_group_is_a_third_of_the_layers() -> None:
    assert [residual_of("block", n) for n in (3, 6, 9)] == [
        BlockAttentionResidualConfig(1),
        BlockAttentionResidualConfig(2),
        BlockAttentionResidualConfig(3),
    ]


@pytest.mark.slow
def test_the_row_of_the_run_at_full_size_is_of_its_committed_weights() -> None:
    (row,) = select(read_lines(RECORDS / "residuals_full.jsonl"), arm=COMMITTED)
    found = by_depth(load_run("attention_residuals").model, full_run(COMMITTED))
    assert found.keys() <= row.keys()
    for name in ("depth_pattern", "resid_post", "ffn_out"):
        assert flat(found[name]) == pytest.approx(flat(row[name]), rel=1e-3, abs=1e-4)


def flat(numbers: Any) -> list[float]:
    return [x for one in numbers for x in (one if isinstance(one, list) else [one])]
