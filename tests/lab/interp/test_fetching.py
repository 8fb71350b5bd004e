"""fetching: a digit's sources are the digits that long multiplication makes it from."""

import numpy as np
import pytest

from lab.data.problems import Format
from lab.interp.fetching import PRODUCT, SUM, made_from, weight_on_sources
from lab.interp.patterns import patterns
from lab.training.checkpoint import load_run

FORM = Format("cot_reversed", 3, 3)
A, B = 742, 869
TEXT = FORM.text(A, B)


def digits(slots: list[int]) -> list[int]:
    return [int(TEXT[slot]) for slot in slots]


def test_a_digit_of_a_product_follows_from_its_sources_and_a_carry() -> None:
    for position, sources in made_from(FORM):
        if FORM.field_at(position).kind != "partial product" or not sources["digit of a"]:
            continue
        ((x,), (y,)) = (digits(sources[kind]) for kind in ("digit of a", "digit of b"))
        carries = {(int(TEXT[position]) - x * y - carry) % 10 == 0 for carry in range(9)}
        assert True in carries
        if not sources["one place back"][:-1]:  # the units: no carry comes in
            assert x * y % 10 == int(TEXT[position])


def test_a_digit_of_a_sum_is_its_summands_and_at_most_a_carry_of_one() -> None:
    n = 0
    for position, sources in made_from(FORM):
        if "upper summand" in sources and all(sources[kind] for kind in SUM[:2]):
            total = sum(digits(sources["upper summand"] + sources["lower summand"]))
            assert (int(TEXT[position]) - total) % 10 in (0, 1)
            n += 1
    assert n == sum(len(field.positions) for field in FORM.written) - 4 - 5 - 6 - 2


def test_every_source_stands_before_the_digit_it_makes() -> None:
    for position, sources in made_from(FORM):
        assert all(slot < position for slots in sources.values() for slot in slots)


@pytest.mark.parametrize("kinds", [PRODUCT, SUM])
def test_the_weight_on_a_source_is_the_mean_over_its_digits(kinds) -> None:
    model = load_run("two_digits_coupled").model
    form = Format("cot_reversed", 2, 2)
    text = form.text(37, 48)
    found = weight_on_sources(model, text, form, kinds)
    assert (
        found.shape == (2, 4, len(kinds))
        and (found >= 0).all()
        and (found.sum(-1) <= 1 + 1e-9).all()
    )
    weights = patterns(model, text)
    some = [(p, s) for p, s in made_from(form) if all(s.get(kind) for kind in kinds)]
    by_hand = np.mean([weights[1, 2, p - 1, s[kinds[0]]].sum() for p, s in some])
    assert found[1, 2, 0] == pytest.approx(by_hand)


def test_the_heads_of_a_trained_twin_look_where_the_digits_come_from() -> None:
    """Of 20 tokens and more a random head would put less than a tenth on one."""
    model = load_run("two_digits_coupled").model
    form = Format("cot_reversed", 2, 2)
    found = weight_on_sources(model, form.text(37, 48), form, PRODUCT)
    assert (found[..., 1:].max(axis=(0, 1)) > 0.5).all()


def test_a_sum_without_such_a_digit_is_refused() -> None:
    model, form = load_run("two_digits_coupled").model, Format("cot_reversed", 1, 1)
    with pytest.raises(ValueError, match=r"no digit of '7\*8=65\$' is made from all of digit of a"):
        weight_on_sources(model, form.text(7, 8), form, PRODUCT)
