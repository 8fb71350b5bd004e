"""position_ids: coupled ids against the fields of the format, gaps against their promise."""

import numpy as np
import pytest
import torch
from tiny import failures

from lab.data.position_ids import coupled_ids, position_ids, with_gaps
from lab.data.problems import Format, sample_exact

SHAPES = [(1, 1), (2, 2), (3, 1), (1, 3), (4, 3), (10, 10), (20, 20), (50, 50)]


def by_fields(form: Format) -> list[tuple[int, int]]:
    """(place, line) of every token, read off the kinds of the fields.

    In the working it is that of the digit after it, or of the one that would be if a number ends.
    """
    out: list[tuple[int, int]] = []
    line = 0
    opener = -1
    for field in form.fields:
        for slot in field.positions:
            if field.kind == "a":
                out.append((form.p - 1 - slot, 0))
            elif field.kind == "*":
                out.append((form.p + 1, form.q))
            elif field.kind == "b":
                out.append((0, field.place(slot)))
            elif field.role == "operator":
                line += field.kind == "+"
                opener = slot
                out.append((-line, line))
            else:
                out.append((slot - opener - line, line))
    return out


def test_coupled_ids_say_which_digits_a_digit_is_made_of() -> None:
    def holds(p: int, q: int) -> None:
        form = Format("cot_reversed", p, q)
        a, b = sample_exact(np.random.default_rng(0), 3, p, q)
        ids = coupled_ids(torch.from_numpy(form.render(a, b)[0]))
        expected = by_fields(form)
        for text in ids.tolist():
            end = form.length - 1  # nothing is read off the end mark
            assert [tuple(pair) for pair in text[:end]] == expected[:end]

    assert failures(holds, SHAPES) == []


def test_the_digit_of_the_sum_above_stands_at_one_fixed_distance() -> None:
    form = Format("cot_reversed", 3, 3)
    ids = coupled_ids(torch.from_numpy(form.render(123, 456)[0]))[0]
    (above,) = (field for field in form.written if field.kind == "sum")
    below = form.answer
    for slot in above.positions:
        same = below.start + below.place(below.start) + slot - above.start
        assert (ids[slot] - ids[same]).tolist() == [1, -1]


def test_an_id_does_not_change_while_the_working_is_written() -> None:
    """Behind the prompt ids depend on what came before, so a cache may keep what it has turned."""
    tokens = torch.from_numpy(Format("cot_reversed", 2, 3).render(37, 481)[0])
    whole = coupled_ids(tokens)
    for length in range(7, tokens.shape[1]):
        assert torch.equal(coupled_ids(tokens[:, :length]), whole[:, :length])


@pytest.mark.parametrize("chance", [0.0, 0.3, 0.9])
def test_gaps_keep_the_order_and_never_skip_more_than_allowed(chance: float) -> None:
    ids = torch.tensor([[[0, 3], [1, -2], [1, 0], [5, 3]], [[2, 0], [4, 1], [3, 0], [0, -1]]])
    for seed in range(50):
        out = with_gaps(ids, np.random.default_rng(seed), chance, 4)
        for text, before in zip(out, ids, strict=True):
            for axis in range(2):
                x, y = before[:, axis], text[:, axis]
                apart, now = x[:, None] - x, y[:, None] - y
                assert torch.equal(apart == 0, now == 0)
                assert torch.equal(apart.sign(), now.sign())
                assert (now.abs() >= apart.abs()).all() and (now.abs() <= 5 * apart.abs()).all()


def test_no_chance_means_no_gap_and_some_chance_means_gaps_of_every_width() -> None:
    ids = torch.arange(400)[None, :, None]
    rng = np.random.default_rng(0)
    assert torch.equal(with_gaps(ids, rng, 0.0, 4).diff(dim=1), torch.ones(1, 399, 1))
    steps = with_gaps(ids, rng, 0.5, 4).diff(dim=1).unique(return_counts=True)
    assert steps[0].tolist() == [1, 2, 3, 4, 5]
    assert 150 < steps[1][0] < 250 and (steps[1][1:] > 25).all()


def test_each_text_and_each_axis_has_gaps_of_its_own() -> None:
    ids = torch.arange(50)[None, :, None].expand(2, 50, 2)
    out = with_gaps(ids, np.random.default_rng(0), 0.5, 4)
    lines = [out[text, :, axis] for text in range(2) for axis in range(2)]
    assert not any(torch.equal(x, y) for i, x in enumerate(lines) for y in lines[:i])


# ---------------------------------------------------------------- by the number of axes


def test_one_axis_is_a_plain_count_and_two_are_read_off_the_text() -> None:
    a, b = sample_exact(np.random.default_rng(0), 3, 2, 2)
    tokens = torch.from_numpy(Format("cot_reversed").render(a, b)[0]).long()
    assert position_ids(tokens, 1).tolist() == [list(range(tokens.shape[1]))]
    assert torch.equal(position_ids(tokens, 2), coupled_ids(tokens))
    for n_axis in (0, 3):
        with pytest.raises(ValueError, match=f"n_axis={n_axis}; positions have 1 axis or 2"):
            position_ids(tokens, n_axis)
