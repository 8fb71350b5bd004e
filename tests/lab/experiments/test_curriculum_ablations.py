"""curriculum: arms that differ in one thing, read as much, and hold nothing of the test."""

from collections import Counter
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from lab.data.problems import Format, split_value
from lab.data.sources import Mix, Pool
from lab.data.vocabulary import decode
from lab.experiments import curriculum_ablations
from lab.experiments.curriculum_ablations import (
    BEGINNINGS,
    EVERY_LESSON,
    OTHER_BASES,
    WIDE,
    base_cells,
    best_rate,
    control,
    control_cells,
    evaluate_shapes,
    fewest,
    fewest_cells,
    measure_base,
    rehearsing,
    tokens_of,
)
from lab.inference.scoring import exactness, last
from lab.model.config import DenseFFNConfig, GPTConfig, MultiHeadAttentionConfig
from lab.recipes.curriculum import (
    COUPLED,
    COURSE,
    LEARNED,
    TWO_DIGITS,
    Blend,
    course_of_twin,
    lesson,
    two_digits_coupled,
)
from lab.recipes.recipe_index import recipe
from lab.records import RECORDS, read_lines, select
from lab.training.recipe import Recipe
from lab.training.state import TrainState

TINY = GPTConfig(
    n_layer=1,
    d_model=16,
    position=COUPLED,
    attention=MultiHeadAttentionConfig(n_head=2, head_dim=8),
    ffn=DenseFFNConfig(d_ff=32),
)


def shrunk(plan: Recipe) -> Recipe:
    """The same course, three steps a stage, by a network that learns nothing in them."""
    stages = tuple(replace(stage, steps=3) for stage in plan.stages)
    model = replace(TINY, position=plan.model.position)
    return replace(plan, model=model, stages=stages, steps=9, start_from="", check_every=5)


# ---------------------------------------------------------------- the course


def test_every_shape_up_to_four_digits_is_new_once() -> None:
    new = Counter(shape for shapes in COURSE.values() for shape in set(shapes))
    assert set(new) == {(p, q) for p in range(1, 5) for q in range(1, 5)}
    assert set(new.values()) == {1}


def operands(plan: Recipe, stage: int, n: int = 2000) -> list[tuple[str, str]]:
    tokens, _ = plan.stages[stage].data.draw(np.random.default_rng(0), n)
    left = (decode(row).partition("=")[0].partition("*") for row in tokens)
    return [(a, b) for a, _, b in left]


def test_a_stage_reads_what_is_new_and_rehearses_what_came_before() -> None:
    plan = course_of_twin()
    for stage, new in [*enumerate(COURSE.values())][1:]:
        bare = [(a, b) for a, b in operands(plan, stage) if not has_zeros_in_front(a, b)]
        share = np.mean([(len(a), len(b)) in set(new) for a, b in bare])
        assert 0.6 < share < 0.9
        assert all(split_value(int(a), int(b)) < 0.30 for a, b in bare)


def has_zeros_in_front(a: str, b: str) -> bool:
    return any(len(number) > 1 and number[0] == "0" for number in (a, b))


def test_padding_writes_zeros_in_front_and_without_it_there_are_none() -> None:
    padded, without = (
        np.mean([has_zeros_in_front(a, b) for a, b in operands(control(arm, 0), 3)])
        for arm in ("the_course", "no_padding")
    )
    assert padded > 0.03 and without == 0


def test_a_table_of_positions_reads_every_number_in_full() -> None:
    plan = course_of_twin("two_digits_learned", position=LEARNED)
    for stage in range(3):
        assert all(len(a) == len(b) for a, b in operands(plan, stage, 300))


def test_a_mix_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="all its parts 0 has nothing to read; give one a weight"):
        Blend(0, 0, 0, 0, 0)
    with pytest.raises(ValueError, match=r"Blend.carries=-1"):
        Blend(carries=-1)


def test_what_has_no_weight_is_not_in_the_mix() -> None:
    only = lesson(COURSE["3x3"], TWO_DIGITS, Blend(1, 0, 0, 0, 0))
    assert [weight for _, weight in only.sources] == [1]


# ---------------------------------------------------------------- the arms


def test_all_arms_read_as_many_tokens() -> None:
    plans = [control(**cell) for cell in control_cells()] + [fewest(**c) for c in fewest_cells()]
    usual = tokens_of(course_of_twin())
    for plan in plans:
        assert tokens_of(plan) == pytest.approx(usual, rel=0.005)
    assert usual == pytest.approx(2_000_000, rel=0.02)


def test_the_controls_differ_in_what_they_read_alone() -> None:
    plans = [control(**cell) for cell in control_cells()]
    apart = {"data": EVERY_LESSON, "stages": (), "steps": 1, "seed": 0, "start_from": ""}
    bare = [replace(plan, **apart, rate=1.0, muon_rate=1.0) for plan in plans]
    assert all(plan == bare[0] for plan in bare)
    assert len({plan.hash for plan in plans}) == len(plans)


@pytest.mark.parametrize("share", [0, 5, 20])
def test_so_many_rows_in_a_hundred_are_rehearsed(share: int) -> None:
    parts = vars(rehearsing(share))
    assert parts["rehearsed"] / sum(parts.values()) == pytest.approx(share / 100)


@pytest.mark.parametrize("drawn", ["by_stages", "at_random", "chosen"])
def test_an_arm_of_few_problems_holds_so_many_different_ones(drawn: str) -> None:
    plan = fewest(drawn, 300, 0)
    pools = [stage.data for stage in plan.course]
    assert all(isinstance(pool, Pool) for pool in pools)
    seen = {
        decode(row)
        for pool in pools
        for row in np.unique(pool.draw(np.random.default_rng(0), 6000)[0], axis=0)
    }
    assert 270 <= len(seen) <= 300  # a stage may rehearse what another holds


def test_the_bases_differ_in_where_they_begin_and_how_they_say_positions() -> None:
    cells = base_cells()
    assert len({str(cell) for cell in cells}) == 16
    made = {name: begins(2e-3, 0) for name, begins in BEGINNINGS.items()}
    assert {name: (plan.start_from, plan.model.position) for name, plan in made.items()} == {
        "learned": ("two_digits_learned", LEARNED),
        "coupled": ("two_digits_coupled", COUPLED),
        "nothing": ("", COUPLED),
        "nothing_all_at_once": ("", COUPLED),
    }


def test_each_arm_has_the_rate_that_was_best_on_validation() -> None:
    longest = curriculum_ablations.name_shape(4, 4)
    best = {
        base: min(
            select(read_lines(RECORDS / "bases.jsonl"), base=base),
            key=lambda row: row["stages"][-1]["shapes"][longest][1],
        )["cell"]["rate"]
        for base in ("nothing", "nothing_all_at_once", "coupled")
    }
    chosen = ("COURSE_RATE", "AT_ONCE_RATE", "TAUGHT_RATE")
    assert [*best.values()] == [getattr(curriculum_ablations, name) for name in chosen]


def test_other_bases_begin_with_weights_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trained as the committed base was but for the seed, and handed to the course whole."""
    quick = replace(two_digits_coupled(), model=TINY, steps=2)
    monkeypatch.setattr(curriculum_ablations, "two_digits_coupled", lambda: quick)
    curriculum_ablations.knows_two_digits.cache_clear()
    one, two = (curriculum_ablations.knows_two_digits(seed).state_dict() for seed in (1, 2))
    assert any(not torch.equal(p, two[name]) for name, p in one.items())
    began: list[TrainState] = []

    def course(plan: Recipe, split: str, state: TrainState) -> dict[str, Any]:
        began.append(deepcopy(state))
        return {"stages": [], "asked": split, "from": plan.start_from}

    monkeypatch.setattr(curriculum_ablations, "train_course", course)
    monkeypatch.setattr(curriculum_ablations, "course_of_twin", lambda *_, **__: quick)
    monkeypatch.setattr(curriculum_ablations, "ASKED", 2)
    curriculum_ablations.train_from(1, 1e-3, 0, "validation")
    assert all(torch.equal(p, one[name]) for name, p in began[0].model.state_dict().items())
    curriculum_ablations.knows_two_digits.cache_clear()


def test_the_course_of_another_base_takes_its_best_rate() -> None:
    rows = read_lines(RECORDS / "other_bases.jsonl")
    for base in OTHER_BASES:
        best = best_rate(rows, base)
        assert best not in (min(WIDE), max(WIDE))
        assert {row["rate"] for row in select(rows, part="course", base=base)} == {best}
    with pytest.raises(ValueError, match="4 of 5 rates are measured for base 1"):
        best_rate([row for row in rows if row["rate"] != WIDE[0]], 1)


# ---------------------------------------------------------------- a row


def test_a_row_tells_every_shape_after_every_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curriculum_ablations, "ASKED", 5)
    monkeypatch.setattr(curriculum_ablations, "ASKED_MOST", 7)
    shrinking = {
        name: lambda r, s, b=begins: shrunk(b(r, s)) for name, begins in BEGINNINGS.items()
    }
    monkeypatch.setattr(curriculum_ablations, "BEGINNINGS", shrinking)
    row = measure_base(base_cells()[0])
    assert [stage["step"] for stage in row["stages"]] == [3, 6, 9]
    for stage in row["stages"]:
        assert len(stage["shapes"]) == 16
        n = {shape: found[0] for shape, found in stage["shapes"].items()}
        assert set(n.values()) <= {5, 7} and n["4x4"] == (7 if stage["step"] == 9 else 5)
    assert row["problems"] == 9 * 32 and row["sample"]["drawn"] == "generator"


def test_every_shape_is_asked_as_exactness_asks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Here 2x2 by greedy decoding, from the committed twin that knows two digits."""
    plan = course_of_twin("two_digits_coupled")
    model = TrainState.start(plan).model.eval()
    monkeypatch.setattr(curriculum_ablations, "ASKED", 50)
    found = evaluate_shapes(model, plan, "validation", 50)["shapes"]
    form = Format("cot_reversed", 2, 2)
    rng = np.random.default_rng(0)
    a, b = curriculum_ablations.sample_exact(rng, 50, 2, 2, 0.30, 0.40)
    assert found["2x2"] == (50, last(exactness(model, form, a, b, decode=True)).errors_strict)
    assert found["2x2"][1] < 10 < 45 < found["4x4"][1]


def test_the_committed_course_is_what_the_recipes_say() -> None:
    before, final = recipe("curriculum_before"), recipe("curriculum_4x4")
    problems = [plan.steps * plan.batch_size for plan in (before, final)]
    assert sum(problems) <= 150_000
    assert final.start_from == "curriculum_before" and isinstance(final.data, Mix)
