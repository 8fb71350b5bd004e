"""lab.experiments.collapse and warnings: what a long run goes on with, and which reading warned."""

from __future__ import annotations

import math
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from components.ui.chapters.ch52 import claims, worked
from lab.data.problems import split_value
from lab.experiments import collapse, collapse_texts, warnings
from lab.experiments.warnings import WarningRule, fall_of, fit, judge
from lab.model.gpt import GPT
from lab.recipes.feature_collapse import few_pairs, knows_two_digits
from lab.records import RECORDS, read_lines
from lab.training.train import Batch, masked_loss, without_common_part

ROWS = read_lines(RECORDS / "collapse.jsonl")

# ---------------------------------------------------------------- what is trained


def test_the_few_are_drawn_by_the_seed_from_what_may_be_trained_on() -> None:
    for seed in (1, 2):
        found = few_pairs(collapse.N_PAIR, seed)
        assert len(set(found.pairs)) == collapse.N_PAIR
        assert max(split_value(*pair) for pair in found.pairs) < 0.30
    assert few_pairs(64, 1) == few_pairs(64, 1) != few_pairs(64, 2)


def test_cells_differ_in_what_they_name_alone() -> None:
    recipes = {str(cell): collapse.long_recipe(cell) for cell in collapse.collapse_cells()}
    assert len(recipes) == len(collapse.collapse_cells())
    usual = collapse.long_recipe(collapse.cell_of("plain", 0.0, 1))
    exact = collapse.long_recipe(collapse.cell_of("plain", 0.0, 1, precision="fp64_loss"))
    changed = {k for k, v in vars(usual).items() if vars(exact)[k] != v}
    assert changed == {"precision"}
    arms = [
        collapse.long_recipe(collapse.cell_of("plain", 0.0, 1, **unusual))
        for unusual in collapse.ARMS.values()
    ]
    assert len({recipe.hash for recipe in arms}) == len(collapse.ARMS)
    assert usual.steps == collapse.STEPS and usual.decay == 0 and usual.weight_decay == 0


def test_it_is_looked_at_from_before_the_first_step_to_the_last() -> None:
    found = collapse.moments()
    assert found[0] == 0 and found[-1] == collapse.STEPS
    assert all(later > earlier for earlier, later in pairwise(found))


@pytest.mark.parametrize(("precision", "cancels"), [("fp32", False), ("fp64_loss", True)])
def test_only_in_64_bits_the_pulls_on_a_certain_token_cancel(precision: str, cancels: bool) -> None:
    """The gradient of the loss by the logits of one token, with a lead of twenty, sums to zero."""
    recipe = collapse.long_recipe(collapse.cell_of("plain", 0.0, 1, precision=precision))
    logits = torch.zeros(1, 3, 16)
    logits[..., 5] = 20.0
    logits.requires_grad_(True)
    model: Any = lambda tokens, **_: logits  # noqa: E731
    tokens = torch.full((1, 4), 5)
    masked_loss(recipe, model, Batch(tokens, tokens == 5)).backward()
    gradient = logits.grad
    assert gradient is not None
    pushed = float(gradient.clamp_min(0).sum())
    assert pushed > 0
    assert (abs(float(gradient.double().sum())) < 1e-3 * pushed) is cancels


@pytest.mark.parametrize("only_wrong", [False, True])
def test_without_the_common_part_nothing_is_pushed_and_only_one_way_pulls_again(
    only_wrong: bool,
) -> None:
    """Of a token so certain that float32 rounds its probability to one, and of one that is not."""
    logits = torch.zeros(2, 16)
    logits[0, 5], logits[1, 5] = 20.0, 2.0
    right = torch.tensor([5, 5])
    logits.requires_grad_(True)
    torch.nn.functional.cross_entropy(logits, right).backward()
    whole = logits.grad
    assert whole is not None and whole[0].sum() > 0
    found = without_common_part(whole, right, only_wrong=only_wrong)
    assert abs(float(found[0].double().sum())) < 1e-6 * float(whole[0].sum())
    assert whole[0, 5] == 0 and bool(found[0, 5] == 0) is only_wrong and found[0, 5] <= 0
    assert torch.allclose(found[1], whole[1], atol=1e-7)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A run of a few steps, from a network that knows nothing."""

    def fresh(stream: Any, seed: int) -> GPT:
        return GPT(knows_two_digits(stream).model).eval()

    torch.manual_seed(0)
    kept = fresh("plain", 0)
    monkeypatch.setattr(collapse, "base", lambda stream, seed: kept)
    monkeypatch.setattr(collapse, "STEPS", 6)
    monkeypatch.setattr(collapse, "N_MOMENT", 3)
    monkeypatch.setattr(collapse_texts, "N_ASKED", 40)
    monkeypatch.setattr(collapse_texts, "RECORDS", tmp_path)
    return tmp_path


def test_one_run_in_miniature_tells_all_that_the_page_reads(short: Path) -> None:
    row = collapse.measure_collapse(collapse.cell_of("plain", 0.0, collapse.PICTURED_SEED))
    assert [look["step"] for look in row["looks"]] == [0, 1, 2, 6]
    assert set(row["looks"][0]) == set(ROWS[0]["looks"][0])
    moved = [look["moved"] for look in row["looks"]]
    assert moved[0] == 0 and all(later > earlier for earlier, later in pairwise(moved))
    assert set(row["wrong_with_part_of_base"]) == set(collapse.PARTS)
    units = load_file(collapse.units_path("usual"))["units"].float()
    assert units.shape == (4, collapse_texts.N_POINT, 64)
    assert torch.allclose(units.norm(dim=-1), torch.ones(4, collapse_texts.N_POINT), atol=2e-3)


def test_other_problems_are_of_two_parts_and_come_once() -> None:
    asked = collapse_texts.Asked.of(1)
    for (a, b), low, high in ((asked.others, 0.4, 1.0), (asked.validation, 0.3, 0.4)):
        pairs = list(zip(a.tolist(), b.tolist(), strict=True))
        assert len(set(pairs)) == len(pairs)
        assert all(low <= split_value(*pair) < high for pair in pairs)
    assert len(asked.others[0]) == collapse_texts.N_ASKED


def test_a_part_put_back_is_that_of_the_base_and_no_other(short: Path) -> None:
    start = collapse.base("plain", 1)
    worn = deepcopy(start)
    with torch.no_grad():
        for weight in worn.parameters():
            weight.add_(1)
    mixed = collapse.with_part_of(worn, start, "block_1").state_dict()
    for name, weight in start.state_dict().items():
        assert torch.equal(mixed[name], weight) is name.startswith("blocks.1")
    name = "blocks.1.ffn.w_in.weight"
    assert not torch.equal(worn.state_dict()[name], start.state_dict()[name])


# ---------------------------------------------------------------- the record


def test_the_few_stay_right_and_runs_on_all_sums_do_not_fall() -> None:
    for row in ROWS:
        assert [look["step"] for look in row["looks"]] == collapse.moments()
        if row["cell"]["goes_on_with"] == "all":
            assert math.isinf(fall_of(row))


@pytest.mark.parametrize("arm", collapse.ARMS)
def test_the_features_turn_one_way_with_the_push_and_stay_without(arm: str) -> None:
    for seed in collapse.SEEDS:
        cell = collapse.cell_of("plain", 0.0, seed, **collapse.ARMS[arm])
        (row,) = (row for row in ROWS if row["cell"] == cell)
        first, last = (row["looks"][n]["token_cosine"][-1] for n in (0, -1))
        if arm == "all":  # some get nearly as certain
            assert last < first + 0.4
        else:
            assert last > first + 0.7 if arm == "usual" else abs(last - first) < 0.1


@pytest.mark.parametrize("arm", collapse.unit_cells())
def test_the_arrows_that_are_kept_are_those_of_the_run(arm: str) -> None:
    """The mean cosine of two of them, not all of one text, follows that of the record."""
    (row,) = (row for row in ROWS if row["cell"] == collapse.unit_cells()[arm])
    units = load_file(collapse.units_path(arm))["units"].double()
    assert units.shape == (len(row["looks"]), collapse_texts.N_POINT, 64)
    mean = (units @ units.transpose(1, 2)).mean((1, 2)) - 1 / collapse_texts.N_POINT
    told = torch.tensor([look["token_cosine"][-1] for look in row["looks"]], dtype=torch.float64)
    assert (mean - told).abs().max() < 0.1


def test_arrows_are_kept_of_the_arms_that_the_page_draws_and_of_no_other() -> None:
    drawn = {claims.ARM_OF[kind] for kind in worked.DRAWN}
    assert set(collapse.unit_cells()) == drawn
    kept = sorted(path.name for path in RECORDS.glob("collapse_units_*"))
    assert kept == sorted(collapse.units_path(arm).name for arm in drawn)


def test_the_three_directions_hold_the_most_of_the_squared_length() -> None:
    rng = np.random.default_rng(0)
    arrows = rng.normal(size=(2, 300, 5)) * [5, 3, 2, 0.1, 0.1] + [0, 0, 0, 0, 4]
    axes = collapse_texts.three_directions(arrows)
    assert np.allclose(axes.T @ axes, np.eye(3))
    held = ((arrows @ axes) ** 2).sum()
    *_, sizes, _ = np.linalg.svd(arrows.reshape(-1, 5))
    assert held == pytest.approx((sizes[:3] ** 2).sum())
    assert (axes[abs(axes).argmax(0), range(3)] > 0).all()


def test_cosines_by_position_are_means_over_all_pairs_of_two_arrows() -> None:
    arrows = np.random.default_rng(1).normal(size=(2, 6, 4))
    arrows /= np.linalg.norm(arrows, axis=-1, keepdims=True)
    positions = [0, 1, 0, 1, 2, 2]
    found = collapse_texts.cosines_by_position(arrows, positions)
    for i, j in ((0, 1), (1, 1), (2, 0)):
        pairs = [
            (a, b)
            for a, one in enumerate(positions)
            for b, other in enumerate(positions)
            if (one, other) == (i, j) and a != b
        ]
        expected = [np.mean([moment[a] @ moment[b] for a, b in pairs]) for moment in arrows]
        assert found[:, i, j] == pytest.approx(expected)


# ---------------------------------------------------------------- rules


def made_up(values: list[float], wrong: list[int]) -> dict[str, Any]:
    """A row of which one reading and the score are told."""
    looks = [
        {"step": step, "wrong": w, "wrong_validation": w, "logit_norm": value}
        for step, (value, w) in enumerate(zip(values, wrong, strict=True))
    ]
    return {"looks": looks, "n": 100, "n_validation": 100}


FALLS = made_up([1, 1, 1.2, 1.2, 1.2, 1.2], [0, 0, 0, 0, 4, 5])
STANDS = made_up([1, 1, 1.05, 1.05, 1.05, 1.05], [0, 0, 0, 0, 0, 0])


def test_a_fall_is_the_first_look_with_five_more_in_a_hundred() -> None:
    assert fall_of(FALLS) == 5 and math.isinf(fall_of(STANDS))


def test_a_rule_warns_at_the_second_of_two_looks_and_not_at_one_alone() -> None:
    assert WarningRule("logit_norm", None, True, 0.1).warns(FALLS) == 3
    assert math.isinf(WarningRule("logit_norm", None, True, 0.1).warns(STANDS))
    assert math.isinf(WarningRule("logit_norm", None, False, 0.1).warns(FALLS))
    once = made_up([1, 2, 1, 1, 1, 1], [0] * 6)
    assert math.isinf(WarningRule("logit_norm", None, True, 0.1).warns(once))


def test_a_late_warning_and_one_for_nothing_are_mistakes() -> None:
    early = judge(WarningRule("logit_norm", None, True, 0.1), [FALLS, STANDS])
    assert (early.warned, early.fell, early.false, early.stood, early.mistakes) == (1, 1, 0, 1, 0)
    assert early.lead == pytest.approx(5 / 3)
    eager = judge(WarningRule("logit_norm", None, True, 0.05), [FALLS, STANDS])
    assert (eager.false, eager.mistakes) == (1, 1)
    late = made_up([1, 1, 1, 1, 1.2, 1.2], [0, 0, 0, 5, 5, 5])
    assert judge(WarningRule("logit_norm", None, True, 0.1), [late]).warned == 0


def test_the_rule_that_is_written_down_makes_the_fewest_mistakes() -> None:
    found = fit([FALLS, STANDS], "logit_norm", None)
    assert found.rises and 0.05 < found.amount <= 0.2
    assert judge(found, [FALLS, STANDS]).mistakes == 0


def test_rules_are_written_down_by_validation_and_judged_on_test() -> None:
    row = made_up([1, 1, 1.2, 1.2, 1.2, 1.2], [0, 0, 0, 0, 0, 5])
    for look in row["looks"]:
        look["wrong_validation"] = 5 if look["step"] >= 4 else 0
    assert (fall_of(row), warnings.fall_on_validation(row)) == (5, 4)
    assert warnings.worth(warnings.Clock(4), [row])[0] == 1
    assert judge(warnings.Clock(4), [row]).mistakes == 0


def test_a_clock_warns_whatever_it_reads() -> None:
    clock = warnings.fit_clock([FALLS, STANDS])
    found = judge(clock, [FALLS, STANDS])
    assert (found.warned, found.false) == (1, 1) and clock.step == 1


def test_features_have_turned_where_the_last_cosine_is_far_above_its_start() -> None:
    looks = [{"step": n, "token_cosine": [0.9, x]} for n, x in enumerate((0.1, 0.2, 0.31, 0.2))]
    assert warnings.turn_of({"looks": looks}) == 2
    assert math.isinf(warnings.turn_of({"looks": looks[:2]}))


def test_rules_are_judged_on_seeds_that_they_were_not_written_down_on() -> None:
    assert not {*warnings.FITTED_ON} & {*warnings.TESTED_ON}
    assert {*warnings.FITTED_ON, *warnings.TESTED_ON} == {*collapse.SEEDS}
    for seeds in (warnings.FITTED_ON, warnings.TESTED_ON):
        rows = [row for row in ROWS if row["cell"]["seed"] in seeds]
        falls = [fall_of(row) for row in rows]
        assert np.isfinite(falls).any() and np.isinf(falls).any()


def test_the_best_rule_on_other_seeds_is_first() -> None:
    found = warnings.best_rules(ROWS)
    order = [(tested.mistakes, -tested.lead) for _, _, tested in found]
    assert order == sorted(order)
    assert len(found) == len({name for name, _ in warnings.readings()}) + 1
    fitted, tested = warnings.by_seeds(ROWS)
    for rule, own, other in found:
        assert own == judge(rule, fitted) and other == judge(rule, tested)
