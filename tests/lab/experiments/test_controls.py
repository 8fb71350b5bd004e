"""controls: arms that differ in one thing, scored on groups of pairs that are what they say."""

from dataclasses import replace

import numpy as np
import pytest

from lab.data.coverage import covered
from lab.data.problems import STYLES, SplitName, all_pairs, pairs_of
from lab.experiments import controls
from lab.experiments.controls import CONTROLS, census, equal_tokens, train_and_score, usual_groups
from lab.inference.scoring import exactness, last
from lab.recipes.live import multiply
from lab.training.state import TrainState
from lab.training.train import train

SMALL = multiply(d_model=32, n_layer=1, steps=30)


@pytest.mark.parametrize("style", STYLES)
def test_every_arm_reads_the_same_number_of_tokens(style) -> None:
    recipe = equal_tokens(multiply(style=style))
    assert recipe.steps * recipe.tokens_per_step == pytest.approx(controls.TOKENS, rel=0.002)


def test_the_race_differs_in_format_and_seed_alone() -> None:
    plans = [multiply(**cell) for cell in controls.race_cells()]
    assert len(plans) == 25
    assert len({replace(p, data=replace(p.data, format=SMALL.format), seed=0) for p in plans}) == 1


@pytest.mark.parametrize("name", CONTROLS)
def test_no_two_cells_of_a_control_are_alike(name: str) -> None:
    cells = [str(cell) for cell in CONTROLS[name][0]()]
    assert cells and len(set(cells)) == len(cells)


def test_the_groups_are_the_split_and_the_partial_products() -> None:
    groups = usual_groups(multiply(fraction=0.10))
    assert groups["heldout"].sum() == len(pairs_of("heldout")[0])
    assert groups["test"].sum() == len(pairs_of("test")[0])
    assert not (groups["trained"] & groups["heldout"]).any()
    parts = np.stack([groups[f"unseen_{k}"] for k in range(3)])
    assert (parts.sum(axis=0) == groups["heldout"]).all()
    assert min(parts.sum(axis=1)) > 100
    a, b = (x[groups["trained"]] for x in all_pairs())
    seen = covered(zip(a.tolist(), b.tolist(), strict=True))
    first = int(np.flatnonzero(groups["unseen_2"])[0])
    assert not seen[first // 100, first % 10] and not seen[first // 100, first % 100 // 10]


def test_the_census_counts_what_evaluate_counts() -> None:
    state = TrainState.start(SMALL)
    for _ in train(SMALL, state):
        pass
    groups = usual_groups(SMALL)
    counts = census(SMALL, state.model.eval(), groups)
    splits: dict[str, SplitName] = {"heldout": "heldout", "test": "test", "trained": "train"}
    for name, split in splits.items():
        score = last(exactness(state.model, SMALL.format, *pairs_of(split), decode=True))
        assert (counts[f"n_{name}"], counts[f"errors_{name}"]) == (score.n, score.errors_strict)


def test_a_scored_arm_holds_its_curve_and_its_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(controls, "TOKENS", 30 * SMALL.tokens_per_step)
    row = train_and_score(SMALL, {"odd": np.arange(10_000) % 2 == 1})
    assert [check["step"] for check in row["curve"]] == [25, 30]
    assert row["n_odd"] == 5000 and row["n"] == 10_000
    assert row["errors"] == row["errors_heldout"] + row["errors_trained"]
    assert row["seeds"] == [0] and row["precision"] in ("fp32", "bf16")


def test_hidden_operands_stand_in_no_training_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[set[int]] = []

    def note(recipe, groups):
        shown.append({x for pair in recipe.data.pairs for x in pair})
        return {name: int(group.sum()) for name, group in groups.items()}

    monkeypatch.setattr(controls, "train_and_score", note)
    row = controls.measure_operands({"numbers": 20, "seed": 3})
    assert len(row["hidden"]) == 20
    assert not shown[0] & set(row["hidden"])
    assert shown[0] == set(range(100)) - set(row["hidden"])
    assert sum(row[f"strange_{k}"] for k in range(3)) == len(pairs_of("test")[0])
