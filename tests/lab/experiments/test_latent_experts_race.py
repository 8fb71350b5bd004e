"""lab.experiments.latent_experts_race and low_rank: arms differ in what is compared, rows say it
all."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lab.data.problems import Format
from lab.experiments import latent_experts_race, long_sums, low_rank
from lab.experiments.expert_ablations import expert_cells, measure_ablated
from lab.experiments.frontier import evaluate_forced
from lab.experiments.latent_experts_race import (
    EQUAL_RATES,
    RACERS,
    RATE_SEEDS,
    RATES,
    SEEDS,
    best_rate,
    equal_cells,
    equals,
    labels_of,
    looked_at,
    measure,
    median_rate,
    of_equal_size,
    plan,
)
from lab.experiments.lengths import problems_of_shape
from lab.model.config import LatentAttentionConfig
from lab.model.cost import active_parameters_of, parameters_of
from lab.recipes.latent_experts import far_longer, mla_moe, network, with_experts
from lab.records import RECORDS, read_lines, select

SHUT = "shut_experts.jsonl"


@pytest.mark.parametrize("size", ["small", "full"])
def test_a_dense_ffn_has_as_many_neurons_as_all_experts_together(size: Any) -> None:
    dense, moe = network(size, "mla", "dense"), network(size, "mla", "moe")
    routers = dense.n_layer * 8 * dense.d_model
    assert parameters_of(moe) == parameters_of(dense) + routers


def test_the_run_is_as_small_as_it_is_said_to_be() -> None:
    model = mla_moe().model
    assert parameters_of(model) <= 5_000_000
    assert active_parameters_of(model) <= 2_500_000


def test_a_run_in_miniature_tells_errors_loads_and_what_experts_know(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {
        "STEPS": 2,
        "CHECK_EVERY": 1,
        "N_ASKED": 6,
        "N_FAR": 2,
        "N_LOOKED_AT": 16,
    }.items():
        monkeypatch.setattr(latent_experts_race, name, value)
    row = measure(replace(plan(network("small", "mla", "moe"), 2e-3, 1), batch_size=2), "test")
    assert row["wrong_4x4"] == row["n_4x4"] == 6 and row["wrong_8x8"] == row["n_8x8"] == 2
    assert [check[0] for check in row["curve"]] == [1, 2]
    assert all(1 <= uneven <= 8 for check in row["curve"] for uneven in check[2])
    assert np.allclose(np.sum(row["loads"], axis=1), 1, atol=1e-3)
    assert row["told"].keys() == {"place", "line", "carry", "token_read"}


def test_what_comes_next_is_labelled_by_place_and_line() -> None:
    texts, writes = looked_at(plan(network("small", "mha", "dense"), 2e-3, 1))
    labels = labels_of(texts, writes)
    per_text = int(writes[0].sum())
    first = {name: found[:per_text].tolist() for name, found in labels.items()}
    assert first["place"][:5] == [0, 1, 2, 3, 4]  # units first: 4 x 1 digits have five places
    assert first["line"][:5] == [0] * 5 and max(first["line"]) == 7  # the answer adds line 3
    assert first["place"][-1] == first["line"][-1] == -1  # `$` is no digit
    (a, *_), (b, *_) = latent_experts_race.sums_looked_at()
    assert first["carry"][:2] == [0, (a % 10) * (b % 10) // 10]  # into the units, into the tens
    of_sums = [label for label, line in zip(first["carry"], first["line"], strict=True) if line % 2]
    assert set(of_sums) == {-1}


def test_the_best_rate_is_asked_of_a_whole_grid() -> None:
    rows = [
        {"cell": {"part": "rate", "attention": "mha", "ffn": "moe", "rate": rate}, "loss": loss}
        for rate, loss in zip(RATES["mha"], (0.3, 0.1, 0.2, 0.4), strict=True)
    ]
    assert best_rate(rows, "mha", "moe") == RATES["mha"][1]
    with pytest.raises(ValueError, match="2 of 4 rates are measured for mha, moe"):
        best_rate(rows[:2], "mha", "moe")


def test_networks_of_the_second_race_are_of_one_size() -> None:
    """Within one part in a hundred; those with own heads are the networks of the first."""
    sizes = {racer: of_equal_size(*racer) for racer in RACERS}
    counts = {racer: parameters_of(model) for racer, model in sizes.items()}
    assert max(counts.values()) < 1.01 * min(counts.values())
    for (attention, ffn), model in sizes.items():
        usual = network("small", attention, ffn)
        assert replace(model, ffn=usual.ffn) == usual
        assert (model == usual) == (attention == "mha")


def test_every_network_of_the_second_race_runs_at_its_median_rate() -> None:
    rows = equals()
    recorded = read_lines(RECORDS / "equal_latents.jsonl")
    assert sorted(map(str, (row["cell"] for row in recorded))) == sorted(map(str, equal_cells()))
    for attention, ffn in RACERS:
        grid, best = EQUAL_RATES[attention, ffn], median_rate(rows, attention, ffn)
        assert best not in (min(grid), max(grid))
        raced = select(rows, part="race", attention=attention, ffn=ffn)
        assert {row["cell"]["seed"] for row in raced} == {*SEEDS}
        assert {row["rate"] for row in raced} == {best}
        sizes = {row["parameters"] for row in raced}
        assert sizes == {parameters_of(of_equal_size(attention, ffn))}
    without = [row for row in rows if row["cell"]["seed"] != RATE_SEEDS[2]]
    with pytest.raises(ValueError, match="by three seeds for mla, moe"):
        median_rate(without, "mla", "moe")


def test_heads_that_go_on_read_what_latents_read() -> None:
    own, latent = far_longer(), mla_moe()
    same = {"name": latent.name, "model": latent.model, "start_from": latent.start_from}
    assert replace(own, **same) == latent
    places: list[Any] = [plan.model.position for plan in (own, latent)]
    assert [(p.farthest_place, p.farthest_line) for p in places] == [(4, 3), (4, 2)]


def test_ranks_differ_in_the_latent_alone_or_are_matched_by_neurons() -> None:
    heads = low_rank.ranked(0, False, low_rank.FEW, 0)
    for rank in low_rank.RANKS:
        own, matched = (low_rank.ranked(rank, m, low_rank.FEW, 0) for m in (False, True))
        attention: Any = own.model.attention
        assert isinstance(attention, LatentAttentionConfig) and attention.kv_lora_rank == rank
        assert replace(own.model, attention=heads.model.attention) == heads.model
        one = own.model.n_layer * 2 * own.model.d_model
        assert abs(parameters_of(matched.model) - parameters_of(heads.model)) <= one / 2
        assert replace(matched, model=own.model) == own


def shut_rows() -> dict[str, dict[str, Any]]:
    """The whole network, the cell that matters most, and a layer without what all share."""
    rows = read_lines(RECORDS / SHUT)
    worst = max((row for row in rows if "shut" in row), key=lambda row: row["shut"]["errors"])
    last = max((row for row in rows if "silent" in row), key=lambda row: row["silent"]["errors"])
    return {"whole": rows[0], "shut": worst, "silent": last}


def test_the_record_of_shut_experts_has_every_cell_in_order() -> None:
    assert [row["cell"] for row in read_lines(RECORDS / SHUT)] == expert_cells()


@pytest.mark.parametrize(
    "what",
    [
        "whole",
        pytest.param("shut", marks=pytest.mark.slow),
        pytest.param("silent", marks=pytest.mark.slow),
    ],
)
def test_shut_experts_of_the_record_are_those_of_the_committed_run(what: str) -> None:
    row = shut_rows()[what]
    found = measure_ablated(row["cell"])
    told = {name: found[name] for name in ("whole", "shut", "forced", "silent") if name in found}
    assert what in told
    assert json.loads(json.dumps(told)) == {name: row[name] for name in told}


def test_long_sums_are_those_of_the_record_on_a_sample() -> None:
    """Of every network the first sums of five digits, asked again: no more wrong than on record."""
    rows = {
        row["cell"]["arm"]: row
        for row in read_lines(RECORDS / "long_sums.jsonl")
        if row["cell"]["digits"] == 5
    }
    assert rows.keys() == long_sums.ARMS.keys()
    a, b = problems_of_shape(5, 5, long_sums.N_ASKED[5])
    for name, arm in long_sums.ARMS.items():
        if not arm.committed:
            continue
        wrong = evaluate_forced(arm.model(), Format("cot_reversed", 5, 5), a[:40], b[:40])["wrong"]
        assert wrong <= rows[name]["errors"] and rows[name]["n"] == len(a)


def test_neurons_are_shared_out_evenly_or_the_number_of_experts_is_refused() -> None:
    ffn = with_experts(512, 8, balanced=False)
    assert (ffn.moe_intermediate_size, ffn.n_routed_experts, ffn.bias_update_speed) == (64, 8, 0)
    for n in (1, 2, 7):
        with pytest.raises(ValueError, match=rf"experts={n} .*allowed are 4, 8, 16"):
            with_experts(512, n)
