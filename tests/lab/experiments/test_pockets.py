"""pockets: an error is found wherever it stands, and a head is aimed and transplanted as told."""

from typing import Any

import numpy as np
import pytest

from lab.data.problems import TEST_FROM, split_values
from lab.experiments import pockets
from lab.experiments.mistakes import wrong_sums
from lab.experiments.pockets import (
    FORM,
    HEAD,
    LAYER,
    PLACES,
    POCKETS,
    digit,
    drawn,
    drawn_b,
    errors,
    key,
    least_lead,
    products,
    query,
    share_out,
    written_with_z_of,
)
from lab.experiments.served_models import model_called
from lab.inference.forward import run_with_trace
from lab.inference.scoring import teacher_forced_all
from lab.model.gpt import GPT

FAILING = {9299: 1239, 7299: 7619, 6826: 7739, 2826: 5829, 2602: 9599}
"""Of each pocket: times this b the first partial product is wrong."""


@pytest.fixture(scope="module")
def model() -> GPT:
    return model_called(pockets.RUN)


def arrays(found: dict[int, int]) -> Any:
    return np.array(list(found)), np.array(list(found.values()))


def test_a_right_token_leads_least_below_zero_where_a_text_is_wrong(model: GPT) -> None:
    a, b = arrays({**FAILING, 4837: 2916, 9298: 1239})
    lead = least_lead(model, a, b)
    assert ((lead < 0) == wrong_sums(model, FORM, a, b)).all()
    assert (lead < 0).sum() == len(FAILING) and lead.max() > pockets.CLOSE


def test_every_error_is_listed_with_what_the_head_does_there(
    model: GPT, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of ten problems in two parts; what is not close in bfloat16 is not evaluated again."""
    right = {4837: 2916, 9298: 1239, 9399: 1239, 8299: 1239, 2602: 9598}
    a, b = (np.concatenate(two) for two in zip(arrays(FAILING), arrays(right), strict=True))
    monkeypatch.setattr(pockets, "READ", 10)
    monkeypatch.setattr(pockets, "PARTS", 2)
    monkeypatch.setattr(pockets, "sample_exact", lambda *_: (a, b))
    first, second = (errors(model, part) for part in range(2))
    assert (first["n"], first["wrong"], first["in_float32"]) == (5, 5, 5)
    assert (second["n"], second["wrong"], second["failures"]) == (5, 0, [])
    assert {int(one["a"]): int(one["b"]) for one in first["failures"]} == FAILING
    assert all(one["number"] == 0 and one["right_when_aimed"] for one in first["failures"])
    assert min(one["share"] for one in first["failures"]) >= pockets.SLIPS


def test_a_query_writes_the_digit_that_its_key_makes() -> None:
    a, b = np.array([4837]), np.array([2916])
    (text,), _ = FORM.render(a, b)
    for line in range(FORM.q):
        product = 4837 * int(digit(b, line)[0])
        for place in PLACES:
            assert text[key(place)] == digit(a, place)[0]
            assert text[query(place, line) + 1] == product // 10**place % 10, (line, place)


def test_a_partial_product_is_counted_as_in_the_whole_text(model: GPT) -> None:
    a, b = arrays(FAILING)
    ((_, guesses),) = teacher_forced_all(model, FORM, a, b)
    right, _ = FORM.render(a, b)
    for line in range(FORM.q):
        field = FORM.partial_products[line]
        missed, _ = products(model, a, b, line)
        own = (guesses != right)[:, field.start + line : field.stop]
        assert missed.shape == own.shape == (len(a), FORM.p + 1) and (missed == own).all(), line


def test_the_head_is_shared_out_as_told(model: GPT) -> None:
    text, _ = FORM.render(4837, 2916)
    given = text[:, : FORM.partial_products[0].stop - 1]
    edit = share_out(1, 0, 0.3)
    pattern = run_with_trace(model, given, ["pattern"], [edit])[f"blocks.{LAYER}.pattern"]
    row = pattern[0, HEAD, query(1)]
    assert row[[key(1), key(2)]].tolist() == pytest.approx([0.7, 0.3]) and row.sum() == 1
    whole = run_with_trace(model, given, ["pattern"])[f"blocks.{LAYER}.pattern"]
    assert (pattern[:, :HEAD] == whole[:, :HEAD]).all()


def test_the_head_slips_where_the_product_is_wrong_and_aiming_it_mends_it(model: GPT) -> None:
    for a, b in FAILING.items():
        one = np.array([a]), np.array([b])
        missed, shares = products(model, *one)
        place = int(missed[0].argmax())
        assert missed.sum() == 1 and digit(one[0], place + 1) == 2
        assert shares[0].argmax() == place and shares[0, place] >= pockets.SLIPS
        aimed, _ = products(model, *one, edits=[share_out(place, 0, 0.0)])
        assert not aimed.any(), a


def test_a_transplant_brings_the_digit_and_keeps_the_carry(model: GPT) -> None:
    """9299 * 9: the tens are 9 * 9 and a carry of 8. From 9549 comes a 4, from 9591 no carry."""
    one, b = np.array([9299]), np.array([1239])

    def written(donor: int, **which: int) -> int:
        return int(written_with_z_of(model, np.array([donor]), one, b, 1, **which)[0])

    assert written(int(one[0])) != 9
    assert written(9549) == (9 * 4 + 8) % 10
    assert written(9591) == 9
    assert written(9549, layer=1) != 4


def test_what_is_drawn_is_of_test_and_comes_once() -> None:
    for name, pocket in POCKETS.items():
        for line in range(FORM.q):
            a, b = drawn(name, line)
            assert len({*zip(a.tolist(), b.tolist(), strict=True)}) == len(a) == pocket.n
            assert set(a.tolist()) <= set(pocket.a) and (digit(b, line) == 9).all()
            assert (b >= 1000).all() and (split_values(a, b) >= TEST_FROM).all()
    a = np.arange(1000, 1100)
    last = a % 7
    b = drawn_b(np.random.default_rng(0), a, last)
    assert (b % 10 == last).all() and (b >= 1000).all() and (split_values(a, b) >= TEST_FROM).all()


def test_every_digit_has_slipped_or_held(model: GPT, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pockets, "products", lambda _, a, b: some_products(len(a)))
    row = pockets.every_first_product(model, nine=True)
    counts = np.array([row["slipped"], row["held"]])
    assert counts[:, :, 0].sum(axis=0).tolist() == [9000] * len(PLACES)
    assert counts[:, :, 1].sum() == len(row["failures"]) == row["wrong"] == 1
    assert np.array(row["by_neighbour"]).sum(axis=1).tolist() == counts[0, :, 0].tolist()
    assert row["failures"][0][2] == 2 and counts[0, 2].tolist() == [9000, 1]


def some_products(n: int) -> Any:
    """One wrong digit, of the hundreds; the head slips there and nowhere else."""
    missed, shares = np.zeros((n, 5), dtype=bool), np.zeros((n, 3), dtype=np.float32)
    missed[7, 2], shares[:, 2] = True, 0.9
    return missed, shares
