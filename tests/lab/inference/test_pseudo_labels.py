"""pseudo_labels: checks on labels that look at no truth."""

from dataclasses import replace

import numpy as np
import pytest
from tiny import BASE, tiny_model

from lab.data.problems import Format, Integers
from lab.data.vocabulary import EQUALS, Tokens
from lab.inference import pseudo_labels
from lab.inference.pseudo_labels import CHECKS, Labels, label, label_by_two
from lab.inference.scoring import decode_all
from lab.model.config import LearnedPositionsConfig

FORM = Format("cot_reversed", 2, 2)
A, B = np.array([37, 48, 99, 12, 60]), np.array([48, 37, 1, 34, 7])


def answered(answers: Integers) -> Tokens:
    """The right workings with these answers behind them."""
    texts, _ = FORM.render(A, B)
    for place in range(FORM.answer.width):
        texts[:, FORM.answer.start + place] = answers // 10**place % 10
    return texts


def labels(answers: Integers, swapped: Integers | None = None) -> Labels:
    texts = answered(answers)
    return Labels(FORM, A, B, texts, (texts, texts), A * B if swapped is None else swapped)


def test_a_right_label_passes_every_check() -> None:
    right = labels(A * B)
    assert right.right.all() and right.passes(CHECKS).all()


def test_nine_lets_swapped_digits_through_and_eleven_does_not() -> None:
    """1767 for 1776: the digit sum is the same, the alternating sum is not."""
    wrong = labels(np.array([1767, 7176, 99, 408, 420]))
    assert not wrong.right[:2].any()
    assert wrong.passes(["nine"])[:2].all() and not wrong.passes(["eleven"])[:2].any()
    assert wrong.passes(CHECKS).tolist() == [False, False, True, True, True]


def test_digits_swapped_across_one_pass_eleven_too() -> None:
    wrong = labels(np.array([7716, 1776, 99, 408, 420]))
    assert not wrong.right[0] and wrong.passes(["nine", "eleven"])[0]


def test_one_wrong_digit_never_passes_nine_unless_zero_became_nine() -> None:
    for place in range(4):
        for digit in range(10):
            old = A * B // 10**place % 10
            changed = labels(A * B + (digit - old) * 10**place)
            passes = changed.passes(["nine"])
            assert (passes == ((digit - old) % 9 == 0)).all()


def test_a_vote_needs_the_same_text_and_a_swap_the_same_answer() -> None:
    texts = answered(A * B)
    other = texts.copy()
    other[0, FORM.prompt_length] += 1  # a digit of the working, the answer is the same
    split = Labels(FORM, A, B, texts, (texts, other), A * B - (np.arange(5) == 3))
    assert split.passes(["vote"]).tolist() == [False, True, True, True, True]
    assert split.passes(["swap"]).tolist() == [True, True, True, False, True]


def test_a_label_without_a_number_passes_no_check_on_numbers() -> None:
    texts = answered(A * B)
    texts[:, FORM.answer.start] = EQUALS
    broken = Labels(FORM, A, B, texts, (texts,), np.full(5, -1))
    for name in ("swap", "nine", "eleven"):
        assert not broken.passes([name]).any(), name


def test_the_first_model_labels_and_answers_the_other_way_round_too() -> None:
    config = replace(BASE, position=LearnedPositionsConfig(max_length=32))
    models = [tiny_model(config, seed=seed) for seed in (0, 1)]
    form = Format("cot_reversed", 1, 2)
    a, b = np.array([3, 7]), np.array([48, 10])
    found = label(models, form, a, b)
    for texts, model in zip((found.texts, *found.others), models, strict=True):
        ((_, expected),) = decode_all(model, form, a, b)
        assert (texts == expected).all()
    assert found.swapped.shape == (2,)
    with pytest.raises(KeyError):
        found.passes(["truth"])  # pyright: ignore[reportArgumentType]


def test_any_two_models_that_agree_make_a_label(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last two agree on the first sum, all on the second, none on the third, the outer two on
    the fourth, the first two on the last."""
    told = np.array([[1, 0, 1, 0, 5], [0, 0, 2, 1, 5], [0, 0, 3, 0, 0]])

    def write(model: int, _form: Format, a: Integers, b: Integers) -> Tokens:
        texts, _ = FORM.render(a, b)
        texts[:, FORM.answer.start] = told[model] if (a == A).all() else model
        return texts

    monkeypatch.setattr(pseudo_labels, "write_all", write)
    found = label_by_two([0, 1, 2], FORM, A, B)  # pyright: ignore[reportArgumentType]
    assert found.texts[:, FORM.answer.start].tolist() == [0, 0, 1, 0, 5]
    assert found.passes(["vote"]).tolist() == [True, True, False, True, True]
    assert (found.swapped % 10).tolist() == [1, 0, 0, 0, 0]  # of the model whose label it is
    assert len(found.others) == 1
