"""components.ui.drawings.shift: a shift of all logits, and probabilities that do not see it."""

from __future__ import annotations

import numpy as np
import pytest
from drawing_cases import Case, case

from components.ui.drawings import shift
from components.ui.drawings.shift import shift_data
from lab.by_hand.mlp import softmax

TOKENS, LOGITS = ("6", "4", "8"), (3.0, 1.5, -2.25)
MARKS = [(0.0, "at first"), (-38.3, "later")]

# ---------------------------------------------------------------- what the front end is tried on


def shifted() -> Case:
    def at(by: float) -> dict[str, object]:
        logits = np.array(LOGITS) + by
        return {"by": by, "logits": logits.tolist(), "p": softmax(logits).tolist()}

    return case(
        shift,
        lambda: shift.show_shift(
            "k", TOKENS, LOGITS, low=-45, high=10, at=-12, marks=MARKS, alt="Logits"
        ),
        [at(by) for by in (0.0, -45.0, -38.3, 0.1, 10.0)],
    )


CASES = {"shift": shifted}

# ---------------------------------------------------------------- what Python sends


def test_what_cannot_be_shifted_is_refused() -> None:
    assert shift_data(TOKENS, LOGITS, -45, 10, -12, MARKS)["marks"] == [
        [0.0, "at first"],
        [-38.3, "later"],
    ]
    with pytest.raises(ValueError, match="2 logits of 3 tokens"):
        shift_data(TOKENS, LOGITS[:2], -45, 10, -12, MARKS)
    with pytest.raises(ValueError, match="2 logits of 2 tokens; one finite"):
        shift_data(TOKENS[:2], (1.0, np.inf), -45, 10, -12, MARKS)
    with pytest.raises(ValueError, match="shifts from -30 to 10"):
        shift_data(TOKENS, LOGITS, -30, 10, -12, MARKS)
