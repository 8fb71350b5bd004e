"""better_mix: two arms read the same candidates; digits are far where `frontier` says so."""

from typing import cast

import numpy as np
import pytest

from lab.data.difficulty import FAR, MEASURES
from lab.data.problems import sample_exact
from lab.data.sources import Mix
from lab.data.vocabulary import decode
from lab.experiments import better_mix
from lab.experiments.better_mix import ARMS, FORM, digits_wrong, kinds_of_digits, mix_cells
from lab.experiments.curriculum_ablations import control_cells, tokens_of
from lab.experiments.frontier import company
from lab.records import RECORDS, read_lines, select
from lab.training.checkpoint import load_run


def test_the_arms_differ_in_what_is_picked_alone() -> None:
    """Same candidates, same order: texts of the other sources are the same, one by one."""
    course, products = (ARMS[arm](1) for arm in ("the_course", "far_products"))
    assert tokens_of(course) == tokens_of(products) and course.rate == products.rate
    for one, other in zip(course.stages, products.stages, strict=True):
        read, instead = (
            stage.data.draw(np.random.default_rng(0), 400)[0] for stage in (one, other)
        )
        unlike = (read != instead).any(axis=1).mean()
        assert 0.05 < unlike < 0.17  # of the 15 in 100 that are picked so, few are the same
        weights = [[w for _, w in cast(Mix, stage.data).sources] for stage in (one, other)]
        assert weights[0] == weights[1]
        amounts = [of_texts(texts[(read != instead).any(axis=1)]) for texts in (read, instead)]
        assert amounts[1] > amounts[0] + 1


def of_texts(tokens: np.ndarray) -> float:
    """Far digits of products in the mean."""
    operands = [decode(row).partition("=")[0].split("*") for row in tokens]
    a, b = np.array(operands, dtype=np.int64).T
    return float(MEASURES["far_products"](a, b).mean())


def test_the_digits_are_those_that_frontier_calls_far() -> None:
    a, b = sample_exact(np.random.default_rng(3), 60, 4, 4)
    a[0], b[0] = 9999, 7777
    kinds = kinds_of_digits(a, b)
    total = np.sum([*kinds.values()], axis=0)
    digits = [t for field in FORM.written for t in field.positions]
    assert (total[:, digits] == 1).all() and total.sum() == len(a) * len(digits)
    for i, (x, y) in enumerate(zip(a.tolist(), b.tolist(), strict=True)):
        for field in FORM.partial_products:
            for t in field.positions:
                made_of = company(FORM, field, field.place(t), x, y)
                assert kinds["far"][i, t] == (made_of.chain >= FAR)
    assert (kinds["far"].sum(axis=1) == MEASURES["far_products"](a, b)).all()


def test_wrong_digits_are_counted_where_they_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that is right but for the thousands of every first product."""
    field = FORM.partial_products[0]
    slot = next(t for t in field.positions if field.place(t) == 3)

    def nearly(_: object, form: object, a: np.ndarray, b: np.ndarray):
        texts, _ = FORM.render(a, b)
        texts[:, slot] = (texts[:, slot] + 1) % 10
        yield slice(0, len(a)), texts

    monkeypatch.setattr(better_mix, "teacher_forced_all", nearly)
    found = digits_wrong(load_run("curriculum_before_small").model, 50)
    assert found["far"][1] + found["near"][1] == 50
    assert found["first"]["far"] + found["first"]["near"] == 50
    assert (found["shift"][1], found["sums"][1], found["first"]["signs"]) == (0, 0, 0)
    assert found["far"][0] + found["near"][0] == 50 * 4 * 5


def test_the_course_is_trained_once_more_as_it_was() -> None:
    """On another machine, so its errors are near those on record and not the same."""
    cells = mix_cells()
    assert [c for c in cells if c["arm"] == "the_course"] == select_cells("the_course")
    for row in read_lines(RECORDS / "far_products.jsonl"):
        assert row["digits"]["problems"] == row["stages"][-1]["shapes"]["4x4"][0]
        if row["cell"]["arm"] == "the_course":
            (before,) = select(read_lines(RECORDS / "course.jsonl"), **row["cell"])
            assert [s["step"] for s in row["stages"]] == [s["step"] for s in before["stages"]]
            assert row["tokens"] == before["tokens"]


def select_cells(arm: str) -> list[dict[str, object]]:
    return [cell for cell in control_cells() if cell["arm"] == arm]
