"""components.ui.drawings.experts: every choice travels; what is no choice of experts is refused."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from typing import Any

import numpy as np
import pytest
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import experts
from components.ui.drawings.experts import (
    MOST_EXPERTS,
    MOST_LAYERS,
    MOST_SHARED,
    MOST_TOKENS,
    Layer,
    experts_data,
)

# ---------------------------------------------------------------- what the front end is tried on

SUM = "37*48=692+0841=6771$"


def thrown_layers(n_layer: int = 2, n_expert: int = 7, K: int = 2) -> list[experts.Layer]:
    """Experts of the tokens of `SUM`, thrown by dice with a seed."""
    dice = np.random.default_rng(16)
    layers: list[experts.Layer] = []
    for number in range(n_layer):
        scores = dice.random((len(SUM), n_expert)) + np.linspace(0.4, 0, n_expert)
        chosen = np.argsort(-scores, axis=1)[:, :K]
        weights = np.take_along_axis(scores, chosen, axis=1)
        weights /= weights.sum(axis=1, keepdims=True)
        layers.append(experts.Layer(f"layer {number}", chosen, weights))
    return layers


def sent_to_experts() -> Case:
    layers = thrown_layers()

    def expected(layer: experts.Layer) -> dict[str, Any]:
        goes = np.zeros((len(SUM), 7), dtype=int)
        np.put_along_axis(goes, layer.chosen, 1, axis=1)
        loads = np.vstack([np.zeros(7, dtype=int), goes.cumsum(axis=0)])

        def sent(t: int) -> str:
            pairs = zip(layer.chosen[t], layer.weights[t], strict=True)
            first, second = (f"expert {expert} ({weight:.2f})" for expert, weight in pairs)
            to = f"{first} and {second}, and, like every token, to the shared expert"
            return f"“{SUM[t]}”, token {t + 1}, goes to {to}."

        def got(read: int, expert: int) -> str:
            load = loads[read, expert]
            share = f"{50 * load / read:.1f}".removesuffix(".0")
            tokens = "1 token" if read == 1 else f"{read} tokens"
            choices = f"{share}% of all choices, the mean is 14.3%"
            return f"Expert {expert}: {load} of {tokens}; {choices}."

        return {
            "loads": loads.tolist(),
            "sent": [sent(t) for t in range(len(SUM))],
            "got": [
                (read, expert, got(read, expert))
                for read, expert in ((20, 0), (20, 6), (9, 3), (1, int(layer.chosen[0, 1])))
            ],
        }

    return case(
        experts,
        lambda: experts.show_experts("k", layers, SUM, 7, alt="Experts", n_shared=1, seconds=4),
        [expected(layer) for layer in layers],
    )


CASES = {"experts": sent_to_experts}


# ---------------------------------------------------------------- what Python sends

TEXT = "7*8="


def one(**changed: Any) -> Layer:
    chosen = np.array([[0, 1], [2, 0], [1, 2], [0, 2]])
    return replace(Layer("layer 0", chosen, np.full((4, 2), 0.5)), **changed)


def with_expert(expert: int) -> np.ndarray:
    """The second choice of the second token is another."""
    chosen = one().chosen.copy()
    chosen[1, 1] = expert
    return chosen


def with_weight(weight: float) -> np.ndarray:
    weights = one().weights.copy()
    weights[2, 0] = weight
    return weights


def test_choices_travel_as_they_are_and_weights_in_four_places() -> None:
    layers = thrown_layers()
    sent = experts_data(layers, SUM, 7, at=1, n_shared=2)
    assert sent["tokens"] == list(SUM)
    assert (sent["n_expert"], sent["n_shared"], sent["at"]) == (7, 2, 1)
    for drawn, given in zip(sent["layers"], layers, strict=True):
        assert drawn["title"] == given.title
        assert drawn["chosen"] == given.chosen.tolist()
        assert abs(np.array(drawn["weights"]) - given.weights).max() <= 0.5001e-4


def test_weights_need_not_fall_nor_sum_to_one() -> None:
    weights = np.tile(np.array([0, 2.5], np.float32), (4, 1))
    (sent,) = experts_data([one(weights=weights)], TEXT, 3)["layers"]
    assert sent["weights"] == [[0.0, 2.5]] * 4


def test_layers_may_send_to_more_or_fewer_experts() -> None:
    single = one(chosen=np.array([[2], [2], [2], [0]], np.uint8), weights=np.ones((4, 1)))
    all_of_them = one(chosen=np.tile(np.arange(3), (4, 1)), weights=np.ones((4, 3)))
    sent = experts_data([single, all_of_them], TEXT, 3)["layers"]
    assert [drawn["chosen"][0] for drawn in sent] == [[2], [0, 1, 2]]


def test_as_much_as_can_be_shown_is_not_too_much() -> None:
    chosen = np.tile(np.arange(MOST_EXPERTS), (MOST_TOKENS, 1))
    layer = Layer("layer 0", chosen, np.ones(chosen.shape))
    sent = experts_data(
        [layer] * MOST_LAYERS,
        ["000"] * MOST_TOKENS,
        MOST_EXPERTS,
        at=MOST_LAYERS - 1,
        n_shared=MOST_SHARED,
    )
    assert len(sent["layers"]) == MOST_LAYERS


def test_a_layer_is_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        one().title = "another"  # pyright: ignore[reportAttributeAccessIssue]


def test_what_is_no_choice_of_experts_is_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        ({"chosen": np.zeros(4, int)}, r"'layer 0': chosen of shape \(4,\); \(4, K\) is wanted"),
        ({"chosen": np.zeros((3, 2), int)}, r"chosen of shape \(3, 2\); \(4, K\) is wanted"),
        ({"chosen": np.zeros((4, 4), int)}, r"shape \(4, 4\); .*, with K from 1 to 3"),
        ({"chosen": np.zeros((4, 0), int)}, r"shape \(4, 0\); .*, with K from 1 to 3"),
        ({"chosen": one().chosen / 1}, "chosen holds float64; whole numbers are wanted"),
        ({"chosen": one().chosen > 0}, "chosen holds bool; whole numbers are wanted"),
        ({"chosen": with_expert(3)}, "token 2 goes to expert 3; 0 to 2 are there"),
        ({"chosen": with_expert(-1)}, "token 2 goes to expert -1; 0 to 2 are there"),
        ({"chosen": with_expert(2)}, "token 2 goes to expert 2 twice; once is allowed"),
        ({"weights": np.ones((4, 3))}, r"weights of shape \(4, 3\); \(4, 2\) is wanted"),
        ({"weights": np.ones(4)}, r"weights of shape \(4,\); \(4, 2\) is wanted"),
        ({"weights": with_weight(-0.25)}, "token 3 is -0.25; 0 or more is wanted"),
        ({"weights": with_weight(np.nan)}, "token 3 is nan; 0 or more is wanted"),
        ({"weights": with_weight(np.inf)}, "token 3 is inf; 0 or more is wanted"),
    ]
    assert not_refused(lambda changed: experts_data([one(), one(**changed)], TEXT, 3), cases) == []


def test_no_layer_and_too_many_are_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        (n, f"{n} layers; 1 to 12 can be shown") for n in [0, MOST_LAYERS + 1]
    ]
    assert not_refused(lambda n: experts_data([one()] * n, TEXT, 3), cases) == []


def test_no_token_too_many_and_too_long_ones_are_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        ("", "0 tokens; 1 to 64 can be shown"),
        ("7" * 65, "65 tokens; 1 to 64 can be shown"),
        (["7", "*", "", "="], "token 3 is ''; 1 to 3 characters can be shown"),
        (["7", "plus", "8", "="], "token 2 is 'plus'; 1 to 3 characters"),
    ]
    assert not_refused(lambda tokens: experts_data([one()], tokens, 3), cases) == []


def test_numbers_out_of_bounds_are_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        ({"n_expert": 1}, "n_expert=1 must be a whole number from 2 to 16"),
        ({"n_expert": 17}, "n_expert=17 must be a whole number from 2 to 16"),
        ({"n_shared": -1}, "n_shared=-1 must be a whole number from 0 to 4"),
        ({"n_shared": 5}, "n_shared=5 must be a whole number from 0 to 4"),
        ({"at": 1}, "at=1 must be a whole number from 0 to 0"),
        ({"at": -1}, "at=-1 must be a whole number from 0 to 0"),
    ]

    def drawn(changed: dict[str, int]) -> None:
        experts_data([one()], TEXT, **{"n_expert": 3} | changed)

    assert not_refused(drawn, cases) == []


def test_what_is_drawn_is_sent_with_its_words_and_a_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(experts, "component", lambda data, **_: sent.append(data))
    for title in ("", "", "another"):
        experts.show_experts("k", [one(title=title)], TEXT, 3, alt="Experts", seconds=2)
    same, again, other = (data["digest"] for data in sent)
    assert (sent[0]["alt"], sent[0]["seconds"]) == ("Experts", 2)
    assert same == again != other
