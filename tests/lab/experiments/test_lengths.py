"""lengths: the first wrong token against plain greedy decoding, stretched rotations by hand."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tiny import BASE, tiny_model

from lab.data.problems import Format, count_digits, split_value
from lab.data.vocabulary import encode
from lab.experiments.lengths import (
    ARMS,
    GROWS,
    Arm,
    FirstWrong,
    chosen_limit,
    count_turns,
    edges,
    first_wrong_tokens,
    length_cells,
    limit_cells,
    measure_limit,
    problems_of_shape,
    share_drawn_out,
    span,
)
from lab.inference.scoring import go_on
from lab.model.config import (
    ClippedCoupledRotaryPositionsConfig,
    ClippedRotaryPositionsConfig,
    CoupledRotaryPositionsConfig,
    NoPositionsConfig,
    RotaryPositionsConfig,
)
from lab.model.positions import frequencies
from lab.recipes.recipe_index import RECIPES
from lab.records import RECORDS, read_lines
from lab.training.checkpoint import Checkpoint

KINDS = [RotaryPositionsConfig(100.0), CoupledRotaryPositionsConfig(100.0), NoPositionsConfig()]


@pytest.mark.parametrize("position", KINDS, ids=lambda kind: type(kind).__name__)
@pytest.mark.parametrize("seed", range(3))
def test_the_first_wrong_token_is_the_one_that_greedy_decoding_writes(
    position: object, seed: int
) -> None:
    model = tiny_model(replace(BASE, position=position), seed=seed, dtype=torch.float32)
    form = Format("cot_reversed", 2, 3)
    a, b = problems_of_shape(2, 3, 120)
    found = first_wrong_tokens(model, form, a, b)
    right, _ = form.render(a, b)
    written = go_on(model, right[:, : form.prompt_length], form.length)
    for i in range(len(a)):
        missed = np.flatnonzero(written[i] != right[i])
        assert found.slot[i] == (missed[0] if len(missed) else -1)
        if len(missed):
            assert found.written[i] == written[i, missed[0]]
            assert found.right[i] == right[i, missed[0]]
    assert found.wrong.any()


def test_a_sign_out_of_place_is_of_length_and_a_digit_is_not() -> None:
    right, written = (encode(text) for text in ("3+=3$3", "4=+$34"))
    found = FirstWrong(np.array([5, 5, 5, 5, 5, -1]), right, written)
    assert found.wrong.tolist() == [True] * 5 + [False]
    assert found.of_length.tolist() == [False, True, True, True, True, False]


def run_of(position: object) -> Checkpoint:
    model = tiny_model(replace(BASE, position=position), dtype=torch.float32)
    return Checkpoint("toy", model, Format("cot_reversed", 3, 3, padded=False))


def test_a_stretched_run_turns_no_further_than_it_was_trained() -> None:
    loaded = run_of(RotaryPositionsConfig(100.0))
    trained = loaded.format.length
    usual = frequencies(BASE.heads.head_dim, 100.0)
    for how in ("interpolated", "yarn"):
        arm = Arm("toy", how)  # pyright: ignore[reportArgumentType]
        assert arm.model_for(loaded, trained) is loaded.model
        model = arm.model_for(loaded, 3 * trained)
        speeds = model.position.frequencies[0]  # pyright: ignore
        assert torch.allclose(speeds[-1], usual[-1] / 3)
        assert torch.allclose(speeds[0], usual[0] / (3 if how == "interpolated" else 1))
        weights = zip(model.parameters(), loaded.model.parameters(), strict=True)
        assert all(x is y for x, y in weights)
    assert Arm("toy").model_for(loaded, 3 * trained) is loaded.model


def test_only_a_rotation_can_be_stretched() -> None:
    with pytest.raises(ValueError, match="only rotary positions can be stretched"):
        Arm("toy", "yarn").model_for(run_of(NoPositionsConfig()), 1000)
    with pytest.raises(ValueError, match="only rotary positions can be stretched"):
        Arm("toy", "interpolated").model_for(run_of(CoupledRotaryPositionsConfig(100.0)), 1000)


def test_a_clipped_run_keeps_its_weights_and_its_clocks() -> None:
    for usual, farthest, expected in (
        (RotaryPositionsConfig(100.0), (7,), ClippedRotaryPositionsConfig(100.0, 7)),
        (
            CoupledRotaryPositionsConfig(9.0, 2.0),
            (3, 1),
            ClippedCoupledRotaryPositionsConfig(9.0, 2.0, 3, 1),
        ),
    ):
        loaded = run_of(usual)
        model = Arm("toy", farthest=farthest).model_for(loaded, 1)
        assert model.config.position == expected
        weights = zip(model.parameters(), loaded.model.parameters(), strict=True)
        assert all(x is y for x, y in weights)
    with pytest.raises(ValueError, match="only rotary and coupled distances can be clipped"):
        Arm("toy", farthest=(7,)).model_for(run_of(NoPositionsConfig()), 1)


def test_limits_are_chosen_on_validation_sums() -> None:
    a, b = problems_of_shape(3, 3, 200, "validation")
    assert all(0.3 <= split_value(int(x), int(y)) < 0.4 for x, y in zip(a, b, strict=True))
    assert {tuple(cell["farthest"]) for cell in limit_cells()} > {
        arm.farthest for name, arm in ARMS.items() if arm.farthest and not name.startswith("far")
    }


def wrong(row: dict[str, Any]) -> int:
    return row["wrong_digit"] + row["wrong_length"]


@pytest.mark.parametrize("name", ["coupled_clipped", "coupled_slow_clipped"])
def test_no_other_limit_on_record_misses_fewer_sums_one_digit_longer(name: str) -> None:
    arm = ARMS[name]
    misses = {
        tuple(row["cell"]["farthest"]): wrong(row)
        for row in read_lines(RECORDS / "limits.jsonl")
        if row["cell"]["run"] == arm.run and row["cell"]["digits"] == 4
    }
    assert len(misses) == 15
    assert arm.farthest and misses[arm.farthest] == min(misses.values()) < max(misses.values())


@pytest.mark.parametrize(
    ("run", "farthest"),
    [("reach_coupled", [4, 2]), ("reach_rotary", [32]), ("reach_coupled_gaps", [3, 2])],
)
def test_the_record_of_limits_is_measured_again(run: str, farthest: list[int]) -> None:
    cell = {"run": run, "farthest": farthest, "digits": 4}
    (row,) = (r for r in read_lines(RECORDS / "limits.jsonl") if r["cell"] == cell)
    assert abs(wrong(measure_limit(cell)) - wrong(row)) <= 2 < wrong(row)


def test_the_edges_that_the_prose_names_stand_in_the_record() -> None:
    rows = read_lines(RECORDS / "lengths.jsonl")
    far = [(r["cell"]["p"], r["cell"]["q"], r) for r in rows if r["cell"]["arm"] == "far_coupled"]
    ends_amiss = {(p, q) for p, q, row in far if row["wrong_length"]}
    assert ends_amiss == {(p, q) for p, q, _ in far if p + q >= 14 or q == 10}
    assert min(q for p, q, row in far if p == 1 and row["wrong_digit"]) == 7
    clipped = [r for r in rows if ARMS[r["cell"]["arm"]].run in TWO_COUNTS and is_clipped(r)]
    assert len(clipped) == 2 * 36 + 100 and not any(r["wrong_length"] for r in clipped)


TWO_COUNTS = ("reach_coupled", "reach_coupled_slow", "far_coupled")


def is_clipped(row: dict[str, Any]) -> bool:
    return ARMS[row["cell"]["arm"]].farthest is not None


def test_one_problem_grows_beyond_nine_digits_for_nobody_and_to_nine_with_both() -> None:
    rows = {
        (r["cell"]["arm"], len(str(r["cell"]["a"]))): r for r in read_lines(RECORDS / "grown.jsonl")
    }
    right = {arm: [n for n in range(3, 11) if rows[arm, n]["slot"] < 0] for arm in GROWS}
    assert right == {
        "rotary": [3],
        "rotary_clipped": [3],
        "coupled": [3, 4],
        "coupled_clipped": [*range(3, 10)],
    }


def test_every_small_run_is_at_home_where_it_was_trained() -> None:
    rows = read_lines(RECORDS / "lengths.jsonl")
    home = [r for r in rows if max(r["cell"]["p"], r["cell"]["q"]) <= 3]
    assert {r["cell"]["arm"] for r in home} == set(ARMS)
    assert max(wrong(r) / r["n"] for r in home) < 0.01


def test_gaps_draw_some_sums_out_to_one_digit_more_and_have_four_times_the_steps() -> None:
    gapped, usual = RECIPES["reach_gaps"](), RECIPES["reach_rotary"]()
    assert gapped.steps == 4 * usual.steps
    own, more = (Format("cot_reversed", digits, digits).length for digits in (3, 4))
    assert share_drawn_out(gapped, own) == 1 > share_drawn_out(gapped, more) > 0.1
    assert share_drawn_out(gapped, own + 4 * own) == 0
    assert share_drawn_out(usual, own) == 1 > share_drawn_out(usual, own + 1) == 0


@pytest.mark.parametrize(("p", "q"), [(1, 1), (1, 3), (6, 6), (20, 20), (2, 50)])
def test_problems_of_shape_are_different_held_out_and_of_their_shape(p: int, q: int) -> None:
    a, b = problems_of_shape(p, q, 300)
    assert (count_digits(a) == p).all() and (count_digits(b) == q).all()
    assert all(split_value(int(x), int(y)) >= 0.4 for x, y in zip(a, b, strict=True))
    assert len({*zip(a.tolist(), b.tolist(), strict=True)}) == len(a) > 30


def test_every_arm_is_a_run_and_every_shape_is_asked() -> None:
    assert {arm.run for arm in ARMS.values()} <= RECIPES.keys()
    for name, arm in ARMS.items():
        asked = {(cell["p"], cell["q"]) for cell in length_cells() if cell["arm"] == name}
        assert len(asked) == arm.most_digits**2 and max(asked) == (arm.most_digits,) * 2


def limited(farthest: tuple[int, int], digits: int, wrong: int, run: str = "r") -> dict[str, Any]:
    cell = {"run": run, "farthest": list(farthest), "digits": digits}
    return {"cell": cell, "wrong_digit": wrong, "wrong_length": 0}


def test_the_chosen_limit_fails_least_over_all_sizes_and_is_the_smallest_of_equals() -> None:
    rows = [limited((3, 2), 3, 0), limited((3, 2), 4, 5), limited((4, 2), 3, 4)]
    rows += [limited((4, 2), 4, 1), limited((2, 2), 3, 9), limited((9, 9), 3, 0, run="other")]
    assert chosen_limit(rows, "r") == (3, 2)
    assert chosen_limit([*rows, limited((3, 2), 5, 1)], "r") == (4, 2)


@pytest.mark.parametrize("arm", [name for name, arm in ARMS.items() if arm.farthest])
def test_the_limit_of_every_arm_is_the_one_that_validation_picks(arm: str) -> None:
    rows = read_lines(RECORDS / "limits.jsonl")
    assert all(row["sample"]["of"].startswith("validation") for row in rows)
    assert chosen_limit(rows, ARMS[arm].run) == ARMS[arm].farthest


def test_the_edge_of_lengths_is_read_off_the_shapes_that_fail() -> None:
    def shape(p: int, q: int, wrong: int) -> dict[str, Any]:
        return {"cell": {"p": p, "q": q}, "wrong_length": wrong, "n": 100}

    square = [
        shape(p, q, 50 if p + q >= 7 or q == 5 else 1) for p in range(1, 6) for q in range(1, 6)
    ]
    assert edges(square) == (7, 5)
    assert edges([row for row in square if row["cell"]["q"] < 5]) == (7, 5)


def test_how_far_a_clock_has_turned_by_hand() -> None:
    """A working of 2 x 2 has places from -1 to 3 (the times sign): four over 2 pi, slowed down."""
    assert count_turns(CoupledRotaryPositionsConfig(10.0), 2, 2) == pytest.approx(4 / (2 * np.pi))
    assert count_turns(CoupledRotaryPositionsConfig(10.0, 2.0), 2, 2) == pytest.approx(
        2 / (2 * np.pi)
    )
    assert count_turns(CoupledRotaryPositionsConfig(10.0), 2, 2, axis=1) == pytest.approx(
        2 / (2 * np.pi)
    )


def test_how_far_apart_the_ends_of_a_working_stand_by_hand() -> None:
    """A working of 2 x 2 has places from -1 to 3, and lines from 0, where a stands, to 2."""
    assert span(2, 2) == (4, 2)
    assert [span(digits, digits) for digits in (3, 4)] == [(6, 3), (8, 4)]
