"""lab.interp.over_problems: one number over all problems, and which digits settle it."""

import numpy as np
import pytest
from tiny import tiny_model

from lab.data.problems import Format, all_pairs
from lab.inference.forward import run_with_trace
from lab.interp.intervene import Node
from lab.interp.over_problems import digits_by_name, fewest_that_tell, told_by, values_over

FORM = Format("cot_reversed")


def test_a_neuron_is_read_as_it_stands_in_the_whole_text() -> None:
    model, (a, b) = tiny_model(), (x[::613] for x in all_pairs())
    node = Node("ffn_post", 1, 5, (9,))
    found = np.concatenate([x for _, x in values_over(model, FORM, a, b, node, batch=7)])
    trace = run_with_trace(model, FORM.render(a, b)[0], ["ffn_post"])
    assert np.allclose(found, trace["blocks.1.ffn_post"][:, 9, 5].numpy(), atol=1e-6)


@pytest.mark.parametrize(
    "node", [Node("ffn_post", 0, 3), Node("ffn_out", 0, None, (3,)), Node("z", 0, 0, (3,))]
)
def test_more_than_one_number_is_refused(node: Node) -> None:
    a, b = (x[:3] for x in all_pairs())
    with pytest.raises(ValueError, match="one"):
        list(values_over(tiny_model(), FORM, a, b, node))


def test_digits_that_settle_a_value_tell_all_of_it_and_others_nothing() -> None:
    a, b = all_pairs()
    digits = digits_by_name(a, b)
    of_two = np.where((a % 10) * (b % 10) >= 30, 1.0, 0.0)
    shares = told_by(of_two, digits)
    assert shares["units of a and units of b"] == pytest.approx(1)
    assert shares["tens of a"] == pytest.approx(0)
    assert 0 < shares["units of a"] < 1
    assert fewest_that_tell(shares) == "units of a and units of b"
    assert fewest_that_tell(told_by((a // 10).astype(float), digits)) == "tens of a"
    assert fewest_that_tell(told_by(np.random.default_rng(0).normal(size=10_000), digits)) is None


def test_a_value_that_never_changes_is_told_by_nothing() -> None:
    a, b = all_pairs()
    assert set(told_by(np.ones(10_000), digits_by_name(a, b)).values()) == {0.0}
