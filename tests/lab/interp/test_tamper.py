"""lab.interp.tamper: what is counted, against models whose behaviour is known beforehand."""

from typing import Any

import numpy as np
import pytest
import torch
from tiny import failures, tiny_model

import lab.interp.tamper
from lab.data.problems import Format, all_pairs
from lab.data.samples import hashed_pairs
from lab.data.vocabulary import decode, encode
from lab.interp.tamper import Outcome, forge, forgeries, tampered, tokens_given

FORM = Format("cot_reversed")


def believer(_: Any, given: np.ndarray, length: int) -> np.ndarray:
    """Finishes a text as one who adds up the two partial products that stand there."""
    out: list[np.ndarray] = []
    for row in given:
        text = decode(row)
        right = FORM.text(int(text[:2]), int(text[3:5]))
        text += right[len(text) :]
        total = int(text[6:9][::-1]) + int(text[10:14][::-1])
        out.append(encode(text[:15] + str(total).zfill(4)[::-1][:4] + "$"))
    return np.stack(out)


def doubter(_: Any, given: np.ndarray, length: int) -> np.ndarray:
    """Finishes a text with the true product, whatever stands there."""
    texts = [decode(row) for row in given]
    rights = [FORM.text(int(t[:2]), int(t[3:5])) for t in texts]
    return np.stack([encode(t + r[len(t) :]) for t, r in zip(texts, rights, strict=True)])


def test_forgeries_are_the_digits_of_the_partial_products() -> None:
    assert [f.position for f in forgeries(FORM)] == [6, 7, 8, 10, 11, 12, 13]
    assert [f.place for f in forgeries(FORM)] == [0, 1, 2, 0, 1, 2, 3]
    assert forgeries(Format("plain")) == []


def test_a_forgery_changes_one_digit_to_another_and_says_by_how_much() -> None:
    texts, _ = FORM.render(*all_pairs())
    before = texts.copy()
    forged, change = forge(texts, 7, np.random.default_rng(0))
    assert (texts == before).all()
    assert (forged[:, 7] <= 9).all() and (change != 0).all()
    assert (forged[:, 7].astype(int) - texts[:, 7] == change).all()
    assert (np.delete(forged, 7, axis=1) == np.delete(texts, 7, axis=1)).all()
    assert set(change.tolist()) == set(range(-9, 10)) - {0}


def test_one_who_adds_what_stands_there_follows_every_forgery(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def holds(forgery: Any) -> None:
        monkeypatch.setattr(lab.interp.tamper, "go_on", believer)
        a, b = hashed_pairs(244)
        *_, outcome = tampered(tiny_model(), FORM, a, b, forgery, np.random.default_rng(0))
        overflow = outcome.n - outcome.followed  # a sum of five digits does not fit the answer
        assert outcome.stayed == 0 and outcome.n == len(a)
        assert outcome.unwritable == outcome.neither == overflow
        assert overflow == 0 if forgery.place < 3 else overflow <= 0.1 * outcome.n

    assert failures(holds, forgeries(FORM)) == []


@pytest.mark.parametrize("forgery", forgeries(FORM)[::3], ids=lambda f: str(f.position))
def test_one_who_knows_the_product_stays_with_it(
    monkeypatch: pytest.MonkeyPatch, forgery: Any
) -> None:
    monkeypatch.setattr(lab.interp.tamper, "go_on", doubter)
    a, b = hashed_pairs(244)
    outcomes = list(tampered(tiny_model(), FORM, a, b, forgery, np.random.default_rng(0)))
    assert outcomes[-1] == Outcome(len(a), 0, len(a), 0, 0)


def test_a_model_that_writes_noise_does_neither_and_all_are_counted() -> None:
    a, b = hashed_pairs(100)
    model = tiny_model(dtype=torch.float32)
    *_, outcome = tampered(model, FORM, a, b, forgeries(FORM)[0], np.random.default_rng(0))
    assert outcome.n == len(a) == outcome.followed + outcome.stayed + outcome.neither
    assert outcome.neither > 0.9 * outcome.n
    assert Outcome(4, 1, 2, 1, 0) + Outcome(6, 3, 0, 3, 2) == Outcome(10, 4, 2, 4, 2)


def test_partial_products_are_handed_over_whole() -> None:
    text = FORM.text(12, 34)
    handed = [text[: tokens_given(FORM, n)] for n in range(3)]
    assert handed == ["12*34=", "12*34=840", "12*34=840+0630"]
    with pytest.raises(ValueError, match="n_given=3; this text has 2 partial products"):
        tokens_given(FORM, 3)
