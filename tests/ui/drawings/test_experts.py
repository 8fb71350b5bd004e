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
    Routed,
    experts_data,
)

# ---------------------------------------------------------------- what the front end is tried on

SUM = "37*48=692+0841=6771$"


def thrown_layers(n_layer: int = 2, n_expert: int = 7, K: int = 2) -> list[experts.Layer]:
    """Scores of the tokens of `SUM` and biases, thrown by dice with a seed. A bias holds the best
    expert of the first layer down."""
    dice = np.random.default_rng(20)
    layers: list[experts.Layer] = []
    for number in range(n_layer):
        scores = 0.7 * dice.random((len(SUM), n_expert)) + np.linspace(0.3, 0, n_expert)
        scores = scores.round(3)  # they are written so
        bias = (np.linspace(-0.4, 0.3, n_expert) * (1 - number)).round(3)

        def routed(totals: Any, scores: Any = scores) -> experts.Routed:
            chosen = np.argsort(-totals, axis=1)[:, :K]
            weights = np.take_along_axis(scores, chosen, axis=1)
            shares = weights / weights.sum(axis=1, keepdims=True)
            return experts.Routed(chosen, shares.round(4))

        idle = [4] if number else []
        by_both, by_scores = routed(scores + bias), routed(scores)
        title = f"layer {number}"
        layers.append(experts.Layer(title, scores, bias, by_both, by_scores, idle))
    return layers


def sent_to_experts() -> Case:
    layers = thrown_layers()

    def counted(routed: experts.Routed) -> Any:
        goes = np.zeros((len(SUM), 7), dtype=int)
        np.put_along_axis(goes, routed.chosen, 1, axis=1)
        return np.vstack([np.zeros(7, dtype=int), goes.cumsum(axis=0)])

    def expected(layer: experts.Layer) -> dict[str, Any]:
        loads, plain = counted(layer.biased), counted(layer.plain)
        totals = layer.scores + layer.bias

        def listed(t: int, routed: experts.Routed) -> str:
            first, second = routed.chosen[t]
            return f"experts {first} and {second} come out on top."

        def shares(t: int, routed: experts.Routed) -> str:
            first, second = (f"{weight:.2f}" for weight in routed.weights[t])
            own = layer.scores[t, routed.chosen[t]]
            scores = f"{own[0]:.3f} and {own[1]:.3f}"
            return f"Their scores, {scores}, give the weights {first} and {second}."

        def sent(t: int) -> str:
            said = f"“{SUM[t]}”, token {t + 1}: {listed(t, layer.biased)} {shares(t, layer.biased)}"
            best = layer.scores[t].argmax()
            if best in layer.biased.chosen[t]:
                return said
            score, total = layer.scores[t, best], totals[t, best]
            return (
                f"{said} Expert {best} has the highest score, {score:.3f}, "
                f"but its bias takes it to {total:.3f}."
            )

        def sent_plain(t: int) -> str:
            top = listed(t, layer.plain)
            return f"“{SUM[t]}”, token {t + 1}: without bias, {top} {shares(t, layer.plain)}"

        def got(read: int, expert: int) -> str:
            load = loads[read, expert]
            share = f"{50 * load / read:.1f}".removesuffix(".0")
            tokens = "1 token" if read == 1 else f"{read} tokens"
            choices = f"{share}% of all choices, the mean is 14.3%"
            return f"Expert {expert}: {load} of {tokens}; {choices}."

        asked = ((20, 0), (20, 6), (9, 3), (1, int(layer.biased.chosen[0, 1])))
        return {
            "loads": loads.tolist(),
            "plain": plain.tolist(),
            "totals": totals.tolist(),
            "sent": [sent(t) for t in range(len(SUM))],
            "sent_plain": [sent_plain(t) for t in range(len(SUM))],
            "got": [(read, expert, got(read, expert)) for read, expert in asked],
        }

    return case(
        experts,
        lambda: experts.show_experts(
            "k",
            layers,
            SUM,
            alt="Experts",
            n_shared=1,
            idle="no token of 10",
            headline="Click",
            from_end="units first",
            seconds=4,
        ),
        [expected(layer) for layer in layers],
    )


CASES = {"experts": sent_to_experts}


# ---------------------------------------------------------------- what Python sends

TEXT = "7*8="


def one(**changed: Any) -> Layer:
    """A layer in which something is otherwise, or, of `chosen` and `weights`, its choices are."""
    chosen = np.array([[0, 1], [2, 0], [1, 2], [0, 2]])
    routed = Routed(chosen, np.full((4, 2), 0.5))
    of_choices = {name: changed.pop(name) for name in ("chosen", "weights") if name in changed}
    other = replace(routed, **of_choices)
    return replace(Layer("layer 0", np.full((4, 3), 0.5), np.zeros(3), other, routed), **changed)


def with_expert(expert: int) -> np.ndarray:
    """The second choice of the second token is another."""
    chosen = one().biased.chosen.copy()
    chosen[1, 1] = expert
    return chosen


def with_weight(weight: float) -> np.ndarray:
    weights = one().biased.weights.copy()
    weights[2, 0] = weight
    return weights


def test_choices_travel_as_they_are_and_numbers_rounded() -> None:
    layers = thrown_layers()
    sent = experts_data(layers, SUM, at=1, n_shared=2)
    assert sent["tokens"] == list(SUM)
    assert (sent["n_expert"], sent["n_shared"], sent["at"]) == (7, 2, 1)
    for drawn, given in zip(sent["layers"], layers, strict=True):
        assert (drawn["title"], drawn["idle"]) == (given.title, given.idle)
        assert abs(np.array(drawn["scores"]) - given.scores).max() <= 0.5001e-4
        assert abs(np.array(drawn["bias"]) - given.bias).max() <= 0.5001e-6
        for name in ("biased", "plain"):
            routed = getattr(given, name)
            assert drawn[name]["chosen"] == routed.chosen.tolist()
            assert abs(np.array(drawn[name]["weights"]) - routed.weights).max() <= 0.5001e-6


def test_weights_need_not_fall_nor_sum_to_one() -> None:
    weights = np.tile(np.array([0, 2.5], np.float32), (4, 1))
    (sent,) = experts_data([one(weights=weights)], TEXT)["layers"]
    assert sent["biased"]["weights"] == [[0.0, 2.5]] * 4


def test_layers_may_send_to_more_or_fewer_experts() -> None:
    single = one(chosen=np.array([[2], [2], [2], [0]], np.uint8), weights=np.ones((4, 1)))
    all_of_them = one(chosen=np.tile(np.arange(3), (4, 1)), weights=np.ones((4, 3)))
    sent = experts_data([single, all_of_them], TEXT)["layers"]
    assert [drawn["biased"]["chosen"][0] for drawn in sent] == [[2], [0, 1, 2]]


def test_as_much_as_can_be_shown_is_not_too_much() -> None:
    chosen = np.tile(np.arange(MOST_EXPERTS), (MOST_TOKENS, 1))
    routed = Routed(chosen, np.ones(chosen.shape))
    layer = Layer("layer 0", np.ones(chosen.shape), np.zeros(MOST_EXPERTS), routed, routed)
    sent = experts_data(
        [layer] * MOST_LAYERS, ["000"] * MOST_TOKENS, at=MOST_LAYERS - 1, n_shared=MOST_SHARED
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
        ({"chosen": one().biased.chosen / 1}, "chosen holds float64; whole numbers are wanted"),
        ({"chosen": one().biased.chosen > 0}, "chosen holds bool; whole numbers are wanted"),
        ({"chosen": with_expert(3)}, "token 2 goes to expert 3; 0 to 2 are there"),
        ({"chosen": with_expert(-1)}, "token 2 goes to expert -1; 0 to 2 are there"),
        ({"chosen": with_expert(2)}, "token 2 goes to expert 2 twice; once is allowed"),
        ({"weights": np.ones((4, 3))}, r"weights of shape \(4, 3\); \(4, 2\) is wanted"),
        ({"weights": np.ones(4)}, r"weights of shape \(4,\); \(4, 2\) is wanted"),
        ({"weights": with_weight(-0.25)}, "token 3 is -0.25; 0 or more is wanted"),
        ({"weights": with_weight(np.nan)}, "token 3 is nan; 0 or more is wanted"),
        ({"weights": with_weight(np.inf)}, "token 3 is inf; 0 or more is wanted"),
    ]
    assert not_refused(lambda changed: experts_data([one(), one(**changed)], TEXT), cases) == []


def test_scores_biases_and_idle_experts_that_do_not_fit_are_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        ({"scores": np.ones((3, 3))}, r"'layer 0': scores of shape \(3, 3\); \(4, 3\) is wanted"),
        ({"bias": np.ones(4)}, r"'layer 0': bias of shape \(4,\); \(3,\) is wanted"),
        ({"scores": np.full((4, 3), np.nan)}, "'layer 0': scores must be finite"),
        ({"bias": np.full(3, np.inf)}, "'layer 0': bias must be finite"),
        ({"scores": np.full((4, 3), 1.5)}, "'layer 0': scores lie between 0 and 1"),
        ({"idle": [3]}, "idle=3 must be a whole number from 0 to 2"),
    ]
    assert not_refused(lambda changed: experts_data([one(), one(**changed)], TEXT), cases) == []
    for n in (1, MOST_EXPERTS + 1):
        chosen = np.zeros((4, 1), int)
        routed = Routed(chosen, np.ones((4, 1)))
        layer = Layer("layer 0", np.ones((4, n)), np.zeros(n), routed, routed)
        with pytest.raises(ValueError, match=f"n_expert={n} must be a whole number from 2 to 16"):
            experts_data([layer], TEXT)


def test_no_layer_and_too_many_are_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        (n, f"{n} layers; 1 to 12 can be shown") for n in [0, MOST_LAYERS + 1]
    ]
    assert not_refused(lambda n: experts_data([one()] * n, TEXT), cases) == []


def test_no_token_too_many_and_too_long_ones_are_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        ("", "0 tokens; 1 to 64 can be shown"),
        ("7" * 65, "65 tokens; 1 to 64 can be shown"),
        (["7", "*", "", "="], "token 3 is ''; 1 to 3 characters can be shown"),
        (["7", "plus", "8", "="], "token 2 is 'plus'; 1 to 3 characters"),
    ]
    assert not_refused(lambda tokens: experts_data([one()], tokens), cases) == []


def test_numbers_out_of_bounds_are_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        ({"n_shared": -1}, "n_shared=-1 must be a whole number from 0 to 4"),
        ({"n_shared": 5}, "n_shared=5 must be a whole number from 0 to 4"),
        ({"at": 1}, "at=1 must be a whole number from 0 to 0"),
        ({"at": -1}, "at=-1 must be a whole number from 0 to 0"),
    ]

    def drawn(changed: dict[str, int]) -> None:
        experts_data([one()], TEXT, **changed)

    assert not_refused(drawn, cases) == []


def test_what_is_drawn_is_sent_with_its_words_and_a_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(experts, "component", lambda data, **_: sent.append(data))
    for title in ("", "", "another"):
        experts.show_experts("k", [one(title=title)], TEXT, alt="Experts", seconds=2)
    same, again, other = (data["digest"] for data in sent)
    assert (sent[0]["alt"], sent[0]["seconds"]) == ("Experts", 2)
    assert same == again != other
