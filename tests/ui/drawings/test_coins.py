"""components.ui.drawings.coins: the bars are the logits of the model, the coins its loss."""

from __future__ import annotations

import math

import numpy as np
import pytest
from drawing_cases import Case, case

from components.ui.drawings import coins
from components.ui.drawings.coins import coins_data
from lab.by_hand.mlp import softmax

# ---------------------------------------------------------------- what the front end is tried on

TOKENS = "0123456789*$"
P = [0.001, 0.002, 0.05, 1e-6, 0.94, 1e-5, 0.006, 1e-7, 1e-6, 1e-8, 1e-7, 1e-8]
GIVEN, RIGHT, WRONG = "61*76=6", 6, 4


def two_moved() -> Case:
    sent = coins_data(GIVEN, TOKENS, P, "6", "4", 10)

    def at(wrong: float, right: float) -> dict[str, object]:
        logits = np.array(sent["logits"])
        logits[WRONG], logits[RIGHT] = wrong, right
        p = softmax(logits)
        nats = -math.log(p[RIGHT])
        return {"logits": logits.tolist(), "p": p.tolist(), "nats": nats, "coins": nats / np.log(2)}

    own = sent["logits"][WRONG], sent["logits"][RIGHT]
    moved = [at(*own), at(own[0] + 8, own[1]), at(own[0], own[1] + 12), at(0, 0)]
    return case(
        coins,
        lambda: coins.show_coins("k", GIVEN, TOKENS, P, "6", "4", shown=10, alt="A loss"),
        moved,
    )


CASES = {"coins": two_moved}


# ---------------------------------------------------------------- what Python sends


def test_the_logits_give_back_the_probabilities_of_the_model() -> None:
    sent = coins_data(GIVEN, TOKENS, P, "6", "4", 10)
    assert softmax(np.array(sent["logits"])) == pytest.approx(np.array(P) / sum(P), rel=2e-3)
    assert sum(sent["logits"][:10]) == pytest.approx(0, abs=0.01)
    assert sent["least"] < sent["low"] < sent["logits"][WRONG] < sent["high"] < sent["most"]


def test_what_has_no_bar_or_no_logarithm_is_refused() -> None:
    with pytest.raises(ValueError, match="two of '0123456789' are wanted"):
        coins_data(GIVEN, TOKENS, P, "6", "$", 10)
    with pytest.raises(ValueError, match="12 above 0 are wanted"):
        coins_data(GIVEN, TOKENS, [0.0, *P[1:]], "6", "4", 10)
