"""self_evolution: an arm reads what its name says, a round goes on where the last ended."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lab.data.problems import TEST_FROM, Format, split_value
from lab.data.sources import Mix, WrittenTexts
from lab.data.vocabulary import decode
from lab.experiments import self_evolution
from lab.experiments.self_evolution import (
    Arm,
    about_labels,
    evolution_cells,
    file_of_texts,
    measure_evolution,
    measure_seed,
    model_after,
    one_round,
    parts_to_read,
    plan_of_round,
    save_weights,
    seed_cells,
    shapes_with,
    texts_of_round,
    texts_to_read,
)
from lab.inference.pseudo_labels import CHECKS, Labels
from lab.recipes.recipe_index import recipe
from lab.training.checkpoint import load_run
from lab.training.state import TrainState

FORM = Format("cot_reversed", 2, 2)
A, B = np.array([37, 48, 99, 12]), np.array([48, 37, 1, 34])


def labelled(votes: int = 2) -> Labels:
    """Four labels: the second has a wrong working, the third a wrong answer."""
    texts, _ = FORM.render(A, B)
    texts[1, FORM.prompt_length] = (texts[1, FORM.prompt_length] + 1) % 10
    texts[2, FORM.answer.start] = (texts[2, FORM.answer.start] + 1) % 10
    return Labels(FORM, A, B, texts, (texts,) * votes, A * B)


@pytest.mark.parametrize(
    ("arm", "texts", "right"),
    [("sieve", 3, 2), ("unfiltered", 4, 2), ("short", 0, 0), ("true", 4, 4), ("two_agree", 3, 2)],
)
def test_an_arm_reads_what_it_is_named_for(arm: Arm, texts: int, right: int) -> None:
    read = texts_to_read(arm, labelled())
    true = {FORM.text(a, b) for a, b in zip(A.tolist(), B.tolist(), strict=True)}
    assert len(read) == texts and len(true & set(read)) == right


def test_labels_are_counted_by_what_each_check_lets_through() -> None:
    about = about_labels([labelled()])
    assert (about["labels"], about["right"]) == (4, 2)
    assert about["checks"]["vote"] == {"kept": 4, "wrong": 2}
    assert about["checks"]["all"] == about["checks"]["eleven"] == {"kept": 3, "wrong": 1}
    assert about["names"] == list(CHECKS)
    by_sum = dict(zip([tuple(s) for s in about["sums"]], about["flags"], strict=True))
    assert by_sum[37, 48, 1776] == 0b11111 and by_sum[48, 37, 1776] == 0b11110
    assert by_sum[99, 1, 90] == 0b01010  # nine more or less is nothing to nine


def test_one_model_alone_has_no_vote() -> None:
    assert about_labels([labelled(votes=0)])["names"] == ["swap", "nine", "eleven"]


def test_a_round_labels_sums_with_one_digit_more() -> None:
    assert set(shapes_with(3)) == {(1, 3), (2, 3), (3, 3), (3, 2), (3, 1)}
    assert evolution_cells()[:2] == [{"arm": "sieve", "digits": d} for d in (4, 5)]


def test_the_first_voter_is_the_committed_run() -> None:
    own = load_run("reach_coupled_slow").model.state_dict()
    begun = model_after("sieve", 3, 0).state_dict()
    assert own.keys() == begun.keys() and all((own[name] == begun[name]).all() for name in own)


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three steps a round, of a network that has learned nothing."""
    taught = recipe("reach_coupled_slow")
    tiny = replace(taught.model, n_layer=1, d_model=32)
    plan = replace(taught, model=tiny, steps=2, batch_size=4)
    monkeypatch.setattr(self_evolution, "recipe", lambda _name, seed: replace(plan, seed=seed))
    monkeypatch.setattr(self_evolution, "FOLDER", tmp_path)
    monkeypatch.setattr(self_evolution, "COMMITTED", tmp_path / "committed.safetensors")
    save_weights(TrainState.start(plan).model, tmp_path / "committed.safetensors")
    for name, value in {"LABELS": 6, "TOKENS": 4000, "ASKED": 3, "MOST_DIGITS": 5}.items():
        monkeypatch.setattr(self_evolution, name, value)
    monkeypatch.setattr(self_evolution, "ROUNDS", range(4, 6))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("arm", ["sieve", "short", "two_agree"])
def test_a_round_begins_where_the_one_before_ended(arm: Arm) -> None:
    first, second = (measure_evolution({"arm": arm, "digits": digits}) for digits in (4, 5))
    assert first["labels"] == second["labels"] == 6
    seeds = (0,) if arm == "short" else (0, 1, 2)
    assert tuple(second["seeds"]) == seeds and len(second["shapes"]) == len(seeds)
    plan = plan_of_round(arm, 5, 0)
    assert plan.steps * plan.tokens_per_step == pytest.approx(4000, rel=0.3)
    weights = [model_after(arm, digits, 0).embed.weight for digits in (3, 4, 5)]
    assert (weights[0] != weights[1]).any() and (weights[1] != weights[2]).any()


@pytest.mark.usefixtures("small")
def test_later_rounds_rehearse_the_labels_of_earlier_ones() -> None:
    for digits in (4, 5):
        measure_evolution({"arm": "true", "digits": digits})
    new, old, short = (source for source, _ in parts_to_read("true", 5))
    assert isinstance(new, WrittenTexts) and new.texts == texts_of_round("true", 5)
    assert isinstance(old, WrittenTexts) and old.texts == texts_of_round("true", 4)
    assert short.format.p == 3 and isinstance(plan_of_round("true", 5, 0).data, Mix)
    operands = [text.partition("=")[0].split("*") for text in new.texts]
    assert all(split_value(int(a), int(b)) < 0.30 < TEST_FROM for a, b in operands)


# ---------------------------------------------------------------- the controls, two networks more


def test_each_control_has_two_networks_more_and_no_arm_with_a_vote() -> None:
    first, *rounds = seed_cells()
    assert first == {"part": "voters"} and len(rounds) == 2 * 3 * 5
    assert {(cell["arm"], cell["seed"]) for cell in rounds} == {
        (arm, seed) for arm in ("unfiltered", "short", "true") for seed in (1, 2)
    }


@pytest.mark.usefixtures("small")
def test_true_and_unfiltered_of_one_seed_read_the_same_problems_in_the_same_order() -> None:
    read: dict[Arm, list[str]] = {}
    arms: tuple[Arm, ...] = ("true", "unfiltered")
    for arm in arms:
        for digits in (4, 5):
            row = measure_seed({"part": "round", "arm": arm, "seed": 2, "digits": digits})
            assert row["seeds"] == [2] and [*row["shapes"]] == ["2"] and row["read"] == 6
        assert row["ones"][0] == 56
        tokens, _ = plan_of_round(arm, 5, 2, 2).data.draw(np.random.default_rng(2), 40)
        read[arm] = [decode(text).partition("=")[0] for text in tokens]
        begun = model_after(arm, 3, 2).state_dict()
        assert all(
            (begun[k] == v).all() for k, v in model_after("sieve", 3, 2).state_dict().items()
        )
    assert read["true"] == read["unfiltered"]
    assert texts_of_round("true", 4, 2) != texts_of_round("unfiltered", 4, 2)


@pytest.mark.usefixtures("small")
def test_another_network_leaves_the_texts_of_the_first_alone() -> None:
    for seed in (0, 1):
        one_round("unfiltered", 4, (seed,))
    assert file_of_texts("unfiltered", 4) != file_of_texts("unfiltered", 4, 1)
    assert texts_of_round("unfiltered", 4) != texts_of_round("unfiltered", 4, 1)


@pytest.mark.usefixtures("small")
def test_the_voters_are_compared_with_the_labels_on_record() -> None:
    row = measure_seed({"part": "voters"})
    assert [*row["shapes"]] == ["0", "1", "2"]
    for arm, kept in (("sieve", 1353), ("two_agree", 1907)):
        beside = row["first_labels"][arm]
        assert beside["on_record"]["labels"] == 2000 and beside["here"]["labels"] == 6
        assert beside["on_record"]["checks"]["vote"]["kept"] == kept
