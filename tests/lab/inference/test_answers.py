"""answers: where texts go wrong, how likely the right ones are, and by how much they lead."""

from __future__ import annotations

import numpy as np
import pytest

from lab.data.problems import Format, sample_pairs
from lab.inference.answers import answers
from lab.inference.scoring import RIGHT, first_wrong, teacher_forced_all
from lab.inference.token_loss import beliefs
from lab.training.checkpoint import load_run

FORM = Format("cot_reversed")
MODEL = load_run("few_pairs").model.eval()
A, B = sample_pairs(np.random.default_rng(3), 120, 2, 2)


def test_a_text_goes_wrong_where_teacher_forcing_says() -> None:
    found = answers(MODEL, FORM, A, B, batch=50)
    expected = [
        first_wrong(FORM, A[rows], B[rows], texts)
        for rows, texts in teacher_forced_all(MODEL, FORM, A, B)
    ]
    assert (found.slot == np.concatenate(expected)).all()
    assert 20 < found.wrong.sum() < 100
    assert ((found.margin < 0) == found.wrong).all()


def test_likelihoods_are_products_of_what_each_token_gets() -> None:
    found = answers(MODEL, FORM, A, B)
    texts, mask = FORM.render(A, B)
    p = beliefs(MODEL, texts)
    for row in range(len(A)):
        of_right = [p[row, t - 1, texts[row, t]] for t in np.flatnonzero(mask[row])]
        assert found.p[row] == pytest.approx(np.prod(of_right), rel=1e-6)
        if found.slot[row] == RIGHT:
            continue
        at = p[row, found.slot[row] - 1]
        assert found.written[row] == at.argmax() != texts[row, found.slot[row]]
        assert found.belief[row] == pytest.approx(at.max())


def test_a_margin_is_the_least_lead_of_a_right_token() -> None:
    found = answers(MODEL, FORM, A[:20], B[:20])
    texts, mask = FORM.render(A[:20], B[:20])
    logs = np.log(beliefs(MODEL, texts))
    for row in range(20):
        leads = []
        for t in np.flatnonzero(mask[row]):
            others = np.delete(logs[row, t - 1], texts[row, t])
            leads.append(logs[row, t - 1, texts[row, t]] - others.max())
        assert found.margin[row] == pytest.approx(min(leads), abs=1e-5)


def test_nothing_asked_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one is asked"):
        answers(MODEL, FORM, A[:0], B[:0])
