"""error_book: arms differ in what they pick, mined sums may be trained on, a round costs what it
says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lab.data.difficulty import longest_carry
from lab.data.problems import HELDOUT_FROM, Integers, SplitName, read_operands, split_values
from lab.data.sources import Mix, Pairs, Shapes, WrittenTexts
from lab.experiments import error_book
from lab.experiments.error_book import (
    ARMS,
    ASKS,
    DRAWN_ANEW,
    PICKS,
    TASKS,
    Arm,
    ErrorBookSetting,
    Learner,
    Pool,
    best_rate,
    cells_of,
    choose_source,
    measure_arm,
    plan_of_round,
    rounds_of,
    sizes_for,
    start,
    texts_of,
)
from lab.inference.answers import answers
from lab.inference.scoring import RIGHT

PAIRS = TASKS["2x2"]


class SmallSetting(ErrorBookSetting):
    """Of its pool and of what it is asked every eighth problem."""

    def pool(self, seed: int, n: int) -> tuple[Integers, Integers]:
        a, b = super().pool(seed, n)
        return a[::8], b[::8]

    def asked(self, split: SplitName, n: int) -> tuple[Integers, Integers]:
        a, b = super().asked(split, n)
        return a[::8], b[::8]


SMALL_TASK = SmallSetting(**vars(replace(PAIRS, steps=2)))


@pytest.fixture(scope="module")
def pool() -> Pool:
    a, b = PAIRS.pool(0, 0)
    some = np.random.default_rng(1).permutation(len(a))[:300]
    own = answers(start(PAIRS), PAIRS.form, a[some], b[some])
    other = replace(own, slot=np.roll(own.slot, 7))  # as often wrong, and not for the same pairs
    return Pool(a[some], b[some], own, other)


@pytest.mark.parametrize("name", TASKS)
def test_a_pool_holds_no_sum_that_is_held_out_and_none_twice(name: Any) -> None:
    a, b = TASKS[name].pool(5, 400)
    u = split_values(a, b)
    assert len({*zip(a.tolist(), b.tolist(), strict=True)}) == len(a) >= 400
    assert u.max() < HELDOUT_FROM and u.min() >= TASKS[name].seen
    test_a, test_b = TASKS[name].asked("test", 400)
    assert split_values(test_a, test_b).min() >= 0.4


def test_pairs_that_were_trained_on_are_in_no_pool() -> None:
    trained = error_book.recipe(PAIRS.run).trained_on()
    a, b = PAIRS.pool(0, 0)
    assert not trained[a, b].any()


@pytest.mark.parametrize("arm", ARMS)
def test_every_arm_picks_as_many_and_none_twice(arm: Arm, pool: Pool) -> None:
    rng = np.random.default_rng(0)
    rows = PICKS[arm](pool, rng, 40)
    texts = texts_of(arm, PAIRS.form, pool, rows, rng)
    assert 30 <= len(set(texts)) <= len(texts) == 40
    for text in texts:
        a, b = read_operands(text, PAIRS.form)
        assert text == PAIRS.form.text(a, b)
        assert split_values(np.array([a]), np.array([b]))[0] < HELDOUT_FROM


def test_arms_pick_what_they_are_named_for(pool: Pool) -> None:
    rng, found = np.random.default_rng(0), pool.answers
    assert found.wrong[PICKS["own_mistakes"](pool, rng, 40)].all()
    both = found.wrong[PICKS["mistakes_and_random"](pool, rng, 40)]
    assert both[:20].all() and not both[20:].all()
    assert pool.others is not None
    hard = np.flatnonzero(pool.others.wrong)
    theirs = PICKS["mistakes_of_another"](pool, rng, len(hard))
    assert sorted(theirs.tolist()) == hard.tolist()
    own = found.wrong[theirs]
    assert own.any() and not own.all() and np.array_equal(own, np.sort(own))
    carried = longest_carry(pool.a, pool.b)
    assert carried[PICKS["long_carries"](pool, rng, 40)].min() >= np.sort(carried)[-40]
    sure = np.abs(found.margin)
    assert sure[PICKS["smallest_margin"](pool, rng, 40)].max() <= np.sort(sure)[39]
    doubt = found.p * (1 - found.p)
    assert doubt[PICKS["least_certain"](pool, rng, 40)].min() >= np.sort(doubt)[-40]


def test_a_book_with_fewer_mistakes_is_read_as_it_is(pool: Pool) -> None:
    right = replace(pool.answers, slot=np.full(len(pool.a), RIGHT))
    none = Pool(pool.a, pool.b, right)
    assert len(PICKS["own_mistakes"](none, np.random.default_rng(0), 40)) == 0


def test_rows_are_drawn_anew_in_one_arm_alone() -> None:
    assert isinstance(choose_source(DRAWN_ANEW, PAIRS, ["x"]), Pairs)
    assert isinstance(choose_source(DRAWN_ANEW, TASKS["4x4"], ["x"]), Shapes)
    text = PAIRS.form.text(*(int(side[0]) for side in PAIRS.pool(0, 0)))
    assert isinstance(choose_source("random_matched", PAIRS, [text]), WrittenTexts)
    half = choose_source("mistakes_and_anew", PAIRS, [text])
    assert isinstance(half, Mix) and {weight for _, weight in half.sources} == {1}
    plans = [plan_of_round(PAIRS, arm, [text], 1e-3, 7) for arm in PAIRS.arms]
    assert len({(p.steps, p.batch_size, p.data.tokens_per_row, p.rate) for p in plans}) == 1


def learner(arm: Arm) -> Learner:
    return Learner(SMALL_TASK, arm, 1e-3, 1, start(PAIRS))


def test_rounds_ask_pick_study_and_keep_a_ledger(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(error_book, "LISTED", 3)
    curve, book = rounds_of(learner("own_mistakes"), [8, 8])
    assert [at["round"] for at in curve] == [0, 1, 2] and curve[0]["tokens"] == 0
    read = 2 * 32 * PAIRS.form.length
    assert [at["tokens"] for at in curve] == [0, read, 2 * read]
    n = len(SMALL_TASK.pool(0, 0)[0])
    assert [at["tokens_asked"] for at in curve] == [0, *(k * n * PAIRS.form.length for k in (1, 2))]
    assert [len(mistake["again"]) for mistake in book] == [2] * 3 + [1] * 3
    for mistake in book:
        text = PAIRS.form.text(mistake["a"], mistake["b"])
        assert (
            error_book.recipe(PAIRS.run).format.field_at(mistake["slot"]).label == mistake["kind"]
        )
        assert text[mistake["slot"]] != str(mistake["written"]) and 0 < mistake["belief"] <= 1


def test_an_arm_that_asks_nothing_has_no_book() -> None:
    curve, book = rounds_of(learner("random_matched"), [8])
    assert not book and curve[-1]["tokens_asked"] == 0 and "random_matched" not in ASKS
    assert curve[-1]["distinct"] == 8


def test_controls_study_as_many_as_the_error_book_found() -> None:
    cell = {"part": "race", "task": "2x2", "arm": "long_carries", "seed": 3}
    with pytest.raises(ValueError, match="comes first"):
        sizes_for([], cell)
    own = {"cell": {**cell, "arm": "own_mistakes"}, "curve": [{"round": 0}, {"distinct": 7}]}
    assert sizes_for([own], cell) == [7]
    assert cells_of("2x2")[0]["arm"] == "own_mistakes"


def test_a_rate_is_chosen_once_all_are_measured() -> None:
    rows: list[dict[str, Any]] = [
        {"cell": cell, "after": abs(cell["rate"] - 3e-4), "rate": cell["rate"]}
        for cell in cells_of("2x2")
        if cell["part"] == "rate"
    ]
    assert best_rate(rows, "2x2", "own_mistakes") == 3e-4
    with pytest.raises(ValueError, match="3 of 5 rates"):
        best_rate([row for row in rows if row["rate"] > 1e-4], "2x2", "own_mistakes")


def test_a_row_says_what_was_mended_and_what_was_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TASKS, "2x2", SMALL_TASK)
    monkeypatch.setattr(error_book, "ROUNDS", 1)
    row = measure_arm(
        {"part": "rate", "task": "2x2", "arm": "own_mistakes", "rate": 1e-3, "seed": 0}
    )
    assert row["after"] == row["before"] - row["mended"] + row["broken"]
    assert sum(row["kinds_before"].values()) == row["before"] and row["n_known"] > 400
    assert row["sample"]["drawn"] == "census" and "validation" in row["sample"]["of"]
