"""components.ui.drawings.network: what travels to the browser is the run, thinned and rounded."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from drawing_cases import Case, case

from components.ui.drawings import network
from lab.by_hand import mlp_experiment as experiment
from lab.by_hand.mlp import MLP, Task, softmax
from lab.by_hand.mlp_experiment import Settings, film, hide

# ---------------------------------------------------------------- what the front end is tried on


def film_of_a_network() -> Case:
    task = Task(1, "one_hot", "digits")
    settings = experiment.Settings(task, hidden=(4,), epochs=60)
    cells = experiment.hide(task, [7])
    frames = [*experiment.film(settings, cells)][::12]

    def scaled(kind: str, layer: int, power: float) -> list[list[int]]:
        """Row by row: the share of the largest number of all moments, in 127 steps."""
        moments = np.array([getattr(frame, kind)[layer] for frame in frames])
        share = moments / abs(moments).max()
        steps = np.round(127 * np.sign(share) * abs(share) ** power)
        return steps.reshape(len(frames), -1).astype(int).tolist()

    def ablated(frame: experiment.Frame) -> list[list[bool]]:
        """Where the answer is right without each neuron."""
        net = MLP(frame.W, frame.b)
        return [experiment.right_without(net, task, o).tolist() for o in range(4)]

    def way(frame: experiment.Frame, a: int, b: int) -> dict[str, Any]:
        """One cell forward, and its gradient."""
        net, at = MLP(frame.W, frame.b), (np.array([a]), np.array([b]))
        h, votes = net.forward(experiment.inputs(net, task, *at))[-1]
        loss, g = experiment.gradients(net, task, *at)
        p = softmax(votes.reshape(2, 10)).ravel()
        dW = [dw.ravel().tolist() for dw in g[:2]]
        return {"cell": 10 * a + b, "h": h[0].tolist(), "p": p.tolist(), "loss": loss, "dW": dW}

    def seen(frame: experiment.Frame) -> dict[str, Any]:
        right = experiment.right_cells(task, frame.answers)
        counts = [int(right[which].sum()) for which in (cells, ~cells)]
        return {"answers": frame.answers.tolist(), "right": right.tolist(), "counts": counts}

    return case(
        network,
        lambda: network.show_film("k", frames, settings, cells, alt="A film", alike=[1]),
        {
            "moments": [seen(frame) for frame in frames],
            "W": [[frame.W[layer].ravel().tolist() for frame in frames] for layer in range(2)],
            "dW": [scaled("dW", layer, 0.5) for layer in range(2)],
            "without": [ablated(frame) for frame in frames],
            "ways": [way(frames[2], 7, 8), way(frames[-1], 3, 4)],
            "moments_of_ways": [2, len(frames) - 1],
            "asked": [int(cells.sum()), int((~cells).sum())],
        },
    )


CASES = {"network": film_of_a_network}


# ---------------------------------------------------------------- what Python sends

USUAL = Settings(Task(1, "one_hot", "digits"), epochs=300)


def numbers(text: str, *shape: int) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.int8).reshape(-1, *shape)


def test_a_long_run_is_thinned_and_keeps_its_first_and_last_moment() -> None:
    shown = hide(USUAL.task, [7])
    frames = list(film(USUAL, shown))
    sent = network.reel(frames, USUAL, shown)
    assert len(sent["epochs"]) == network.MOST_FRAMES == len(sent["answers"])
    assert sent["epochs"][0] == 0 and sent["epochs"][-1] == 300
    assert sent["answers"][-1] == frames[-1].answers.tolist()
    assert sent["still"] == [7]


def test_colours_keep_sign_order_and_the_exact_zero() -> None:
    moments = [np.array([[0.0, -2.0]]), np.array([[1.0, 0.5]])]
    assert numbers(network.colours(moments), 1, 2).tolist() == [[[0, -127]], [[64, 32]]]
    root = numbers(network.colours(moments, power=0.5), 1, 2)
    assert root[0, 0, 0] == 0 and root[1, 0, 1] == 64
    assert (numbers(network.colours([np.zeros((2, 2))]), 2, 2) == 0).all()


def test_the_gradient_of_a_hidden_row_is_not_drawn() -> None:
    shown = hide(USUAL.task, [7])
    frames = list(film(USUAL, shown))[:20]
    sent = network.reel(frames, USUAL, shown)
    assert (numbers(sent["dW"][0], 20, 16)[:, 7] == 0).all()


def test_while_a_guess_is_open_nothing_that_is_said_of_hidden_cells_is_sent(monkeypatch) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(network, "component", lambda data, **_: sent.append(data))
    shown = hide(USUAL.task, [7])
    frames = list(film(USUAL, shown))[:2]
    network.show_film("k", frames, USUAL, shown, alt="", covered=True)
    for said, frame in zip(sent[0]["answers"], frames, strict=True):
        assert said[70:80] == [None] * 10 and said[:70] == frame.answers[:70].tolist()


def test_a_wide_network_is_shown_by_its_answers_alone() -> None:
    wide = Settings(Task(1, "one_hot", "class"), hidden=(64, 64), epochs=1)
    shown = hide(wide.task)
    sent = network.reel(list(film(wide, shown)), wide, shown)
    assert sent["W"] == [] and len(sent["answers"]) == 2


def test_the_table_of_logarithms_begins_at_one() -> None:
    logs = Settings(Task(1, "log", "regression"), epochs=1)
    shown = hide(logs.task)
    sent = network.reel(list(film(logs, shown)), logs, shown)
    assert (sent["first"], sent["side"]) == (1, 9)
    assert sent["labels"][0] == ["ln a", "ln b"] and sent["labels"][-1] == ["ln ab"]


def test_the_curve_ends_at_the_latest_point() -> None:
    curve = network.thinned([(1 / (i + 1), i / 1000) for i in range(1001)])
    assert len(curve) <= 202
    assert curve[0] == (0, 1.0, 0.0) and curve[-1] == (1000, 0.000999, 1.0)


def test_a_reel_without_a_curve_of_its_own_takes_that_of_its_frames() -> None:
    shown = hide(USUAL.task)
    frames = list(film(USUAL, shown))
    curve = network.reel(frames, USUAL, shown)["curve"]
    assert curve[0][0] == 0 and curve[0][2] < 0.2 and curve[-1][::2] == (300, 1.0)


def test_a_loss_beyond_a_thousand_is_told_by_its_order_of_size() -> None:
    told = [network.short(loss) for loss in (2.4271, 999.9, 1000.0, 1.1e304, 3e-5)]
    assert told == ["2.4271", "999.9000", "1,000", "1.1\u00a0×\u00a010³⁰⁴", "3.0\u00a0×\u00a010⁻⁵"]
