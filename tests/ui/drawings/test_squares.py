"""components.ui.drawings.squares: every verdict travels as a bit, and a pair is two numbers."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import squares
from components.ui.drawings.squares import Square, Writing, read_cell, squares_data

# ---------------------------------------------------------------- what the front end is tried on

WRONG_BY_CHECK = (1.0, 0.4, 0.02)
N_TRAINED = 3000


def trained_pairs() -> np.ndarray:
    return np.random.default_rng(3).permutation(10_000) < N_TRAINED


def two_networks() -> list[Square]:
    """One learns all pairs, the other those alone that it trains on."""
    thrown = np.random.default_rng(4).random((2, 3, 10_000))
    learns = thrown < np.array(WRONG_BY_CHECK)[:, None]
    learns[1, :, ~trained_pairs()] |= thrown[1, :, ~trained_pairs()] < 0.8
    return [Square("one", "both groups", learns[0]), Square("two", "by heart", learns[1])]


def writing(name: str) -> Writing:
    written = [f"{name}*{check}" for check in range(3)]
    return Writing(written, ["wrong", "wrong", "right"], f"{name}*2", ["operand"] * 5, [0, 0, 0, 0, 3])


def two_squares() -> Case:
    networks, trained = two_networks(), trained_pairs()
    cell, writings = (12, 34), [writing("one"), writing("two")]

    def counted(wrong: np.ndarray) -> list[list[int]]:
        return [[int((~check & group).sum()) for group in (trained, ~trained)] for check in wrong]

    return case(
        squares,
        lambda: squares.show_squares(
            "k", networks, trained, [0, 50, 99], cell, writings, alt="Pairs", choose=lambda _: None
        ),
        {"right": [counted(square.wrong) for square in networks], "n_trained": N_TRAINED},
    )


CASES = {"squares": two_squares}


# ---------------------------------------------------------------- what Python sends


def test_every_verdict_travels_as_a_bit() -> None:
    networks, trained = two_networks(), trained_pairs()
    sent = squares_data(networks, trained, [0, 50, 99])
    packed = [sent["trained"], *(square["wrong"] for square in sent["squares"])]
    found = [np.unpackbits(np.frombuffer(base64.b64decode(text), np.uint8)) for text in packed]
    for bits, whole in zip(found, [trained, *(s.wrong for s in networks)], strict=True):
        assert (bits == whole.ravel()).all()


def test_what_does_not_fit_and_what_is_no_pair_is_refused() -> None:
    networks, trained = two_networks(), trained_pairs()
    short = [networks[0]._replace(wrong=networks[0].wrong[1:])]
    cases: list[tuple[Any, ...]] = [
        (networks, trained[1:], [0, 1, 2], r"trained has shape \(9999,\); \(10000,\) is wanted"),
        (networks, trained, [0, 5, 5], r"tokens=\[0, 5, 5\]; at least two that rise"),
        (short, trained, [0, 1, 2], r"one has shape \(2, 10000\); there are 3 checks"),
    ]
    assert not_refused(lambda s, t, n: squares_data(s, t, n), cases) == []
    sent: list[object] = [[12, 34], [100, 1], [1], [1, -1], "12", None, [1.0, 2]]
    assert [read_cell(cell) for cell in sent] == [(12, 34), *[None] * 6]
