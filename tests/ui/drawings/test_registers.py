"""components.ui.drawings.registers: every number travels; what is no card is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import registers
from components.ui.drawings.registers import MOST_CARDS, registers_data
from lab.by_hand.flash import SlowMemory, flash_attention

# ---------------------------------------------------------------- what the front end is tried on

TOKENS = "37*48=1"
NUMBERS = np.array([1.5, 3.2, -0.7, 3.2, 2.1, 6.0, 0.4])
VECTORS = np.random.default_rng(13).integers(-30, 31, size=(7, 2)) / 10
ORDERS = (
    [0, 1, 2, 3, 4, 5, 6],
    [5, 0, 1, 2, 3, 4, 6],
    [0, 1, 2, 3, 4, 6, 5],
    [6, 2, 0, 4, 1, 3, 5],
)


def softmax_in_pieces() -> Case:
    return case(
        registers,
        lambda: registers.show_registers("k", TOKENS, NUMBERS, VECTORS, alt="Three registers"),
        {
            "runs": [kept_after(order, size) for order in ORDERS for size in (1, 2, 4)],
            "naive": [naive(scale) for scale in (1.0, 1.8, 4.0, -30.0)],
        },
    )


def kept_after(order: list[int], size: int) -> dict[str, Any]:
    """m, l and O of all that has come by then, computed anew; the answer as lab has it."""

    def kept(n: int) -> dict[str, Any]:
        scores, values = NUMBERS[order[:n]], VECTORS[order[:n]]
        powers = np.exp(scores - scores.max())
        answer, _ = flash_attention(
            np.ones((1, 1)),
            scores[:, None],
            values,
            scale=1.0,
            rows=1,
            columns=size,
            memory=SlowMemory(),
            causal=False,
        )
        return {
            "m": float(scores.max()),
            "l": float(powers.sum()),
            "O": (powers @ values).tolist(),
            "answer": answer[0].tolist(),
        }

    ends = [*range(size, len(order), size), len(order)]
    return {"order": order, "size": size, "after": [kept(n) for n in ends]}


def naive(scale: float) -> dict[str, Any]:
    """Softmax without m in float16; JSON has no word for what is not finite."""
    with np.errstate(all="ignore"):
        powers = np.exp(scale * NUMBERS).astype(np.float16)
        total = added(powers)
        blend = [added(powers * column) for column in VECTORS.T.astype(np.float16)]
        answer = [part / total for part in blend]
    written = {"powers": powers, "sum": [total], "blend": blend, "answer": answer}
    return {"scale": scale} | {key: [str(float(x)) for x in some] for key, some in written.items()}


def added(numbers: np.ndarray) -> np.float16:
    """From the first to the last, rounded each time."""
    total = np.float16(0)
    for number in numbers:
        total = total + number
    return total


CASES = {"registers": softmax_in_pieces}


# ---------------------------------------------------------------- what Python sends

LABELS = ("3", "*", "4")
SCORES = (2.5, -1.0, 1e4)
VALUES = np.array([[1.0, 0.5], [0.0, -2.0], [0.25, 3.0]])


def test_every_score_and_value_travels_with_its_label() -> None:
    sent = registers_data(LABELS, np.array(SCORES), VALUES)
    assert sent == {"labels": [*LABELS], "scores": [*SCORES], "values": VALUES.tolist()}
    assert registers_data(LABELS, SCORES, VALUES.tolist()) == sent


def test_one_card_of_one_number_is_enough_and_sixteen_cards_are_not_too_many() -> None:
    for n in (1, MOST_CARDS):
        sent = registers_data(["7"] * n, [1.0] * n, [[2.0]] * n)
        assert len(sent["labels"]) == n


def test_what_is_no_card_is_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        ((), (), np.empty((0, 2)), "0 cards; 1 to 16 can be seen"),
        (("7",) * 17, (1.0,) * 17, np.ones((17, 2)), "17 cards; 1 to 16"),
        (LABELS, SCORES[1:], VALUES, r"scores of shape \(2,\); \(3,\) is wanted, one a label"),
        (LABELS, np.ones((3, 1)), VALUES, r"scores of shape \(3, 1\)"),
        (LABELS, SCORES, VALUES[1:], r"values of shape \(2, 2\); \(3, D\) with D from 1 to 4"),
        (LABELS, SCORES, np.ones(3), r"values of shape \(3,\)"),
        (LABELS, SCORES, np.ones((3, 0)), r"values of shape \(3, 0\)"),
        (LABELS, SCORES, np.ones((3, 5)), r"values of shape \(3, 5\)"),
        (LABELS, (2.5, math.inf, 1.0), VALUES, r"the score of card 2, '\*', is inf; finite"),
        (LABELS, (2.5, 1.0, math.nan), VALUES, "the score of card 3, '4', is nan; finite"),
        (LABELS, SCORES, VALUES * [1, -math.inf], "the value of card 1, '3', is -inf; finite"),
    ]
    assert not_refused(registers_data, cases) == []
