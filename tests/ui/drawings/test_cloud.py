"""components.ui.drawings.cloud: every number travels; what no history can be is refused."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import cloud
from components.ui.drawings.cloud import cloud_data

# ---------------------------------------------------------------- what the front end is tried on

STEPS = [0, 100, 400, 1600, 50_000]


def cloud_history(seed: int = 14) -> dict[str, Any]:
    """Seven points that shrink, two layers of four singular values, three tokens, three scores."""
    dice = np.random.default_rng(seed)
    S = len(STEPS)
    features = dice.normal(size=(S, 3, 5))
    features /= np.linalg.norm(features, axis=2, keepdims=True)
    spectra = np.sort(dice.random((S, 2, 4)))[:, :, ::-1]
    return {
        "moments": STEPS,
        "points": dice.normal(size=(S, 7, 3)) / 10.0 ** np.arange(S)[:, None, None],
        "groups": ["digit", "carry", "digit", "sign", "sign", "digit", "carry"],
        "spectra": spectra / spectra.sum(axis=2, keepdims=True),
        "cosines": features @ features.transpose(0, 2, 1),
        "scores": {
            "held out, wrong": [900, 64, 40, 71, 1406],
            "train, wrong": np.array([900, 12, 0, 0, 0]),
            "effective rank": [12.3456, 9.0, 3.21, 0.012345, -0.5],
        },
        "layers": ["block 1", "block 2"],
        "tokens": ["3", "=", "12"],
    }


def cloud_of_features() -> Case:
    history = cloud_history()
    points = history["points"] / np.linalg.norm(history["points"], axis=2).max()

    def at(numbers: np.ndarray, moment: float) -> np.ndarray:
        """On the straight line from a moment to the next."""
        before = int(moment)
        share = moment - before
        return (1 - share) * numbers[before] + share * numbers[min(before + 1, len(numbers) - 1)]

    def seen(moment: float, turned: int, tilted: int) -> dict[str, Any]:
        """By matrices. What is four reaches before the eye is as large as it is."""
        turn, tilt = np.radians([turned, tilted])
        around = [[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]]
        forward = [[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]]
        right, up, near = np.array(forward) @ around @ at(points, moment).T
        size = 4 / (4 - near)
        places = np.stack([right * size, up * size, size], axis=1)
        view = {"turned": turned, "tilted": tilted}
        return {"at": moment, "view": view, "places": places.tolist()}

    def shown(moment: float) -> dict[str, Any]:
        spectra = at(history["spectra"], moment) / history["spectra"].max()
        cosines = at(history["cosines"], moment)
        return {"at": moment, "spectra": spectra.tolist(), "cosines": cosines.tolist()}

    decades = np.log10(STEPS[1:]) - 2
    along = [0.0, *(0.08 + 0.92 * decades / decades[-1])]
    lines = {
        name: (np.array(line) - min(line)) / (max(line) - min(line))
        for name, line in history["scores"].items()
    }
    views = [(0.0, 30, 20), (0.5, 30, 20), (4.0, 0, 0), (2.25, 200, -90)]
    return case(
        cloud,
        lambda: cloud.show_cloud("k", **history, alt="A cloud", seconds=1),
        {
            "seen": [seen(*view) for view in views],
            "shown": [shown(moment) for moment in (0.0, 1.7, 2.0, 4.0)],
            "along": along,
            "heights": [line.tolist() for line in lines.values()],
            "told": [
                "step 0 · held out, wrong 900 · train, wrong 900 · effective rank 12.3",
                "step 100 · held out, wrong 64 · train, wrong 12 · effective rank 9",
                "step 400 · held out, wrong 40 · train, wrong 0 · effective rank 3.21",
                "step 1,600 · held out, wrong 71 · train, wrong 0 · effective rank 0.0123",
                "step 50,000 · held out, wrong 1,406 · train, wrong 0 · effective rank −0.5",
            ],
        },
    )


CASES = {"cloud": cloud_of_features}


# ---------------------------------------------------------------- what Python sends

HISTORY = cloud_history()
S = len(HISTORY["moments"])


def numbers(text: str, *shape: int, kind: type = np.int8) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind).reshape(shape).astype(np.float64)


def test_points_travel_in_127_steps_of_what_their_own_moment_reaches() -> None:
    sent = cloud_data(**HISTORY)
    reach = np.array(sent["reach"])
    points = numbers(sent["points"], S, 7, 3) / 127 * reach[:, None]
    expected = HISTORY["points"] / np.linalg.norm(HISTORY["points"], axis=2).max()
    assert (abs(points - expected) < 0.501 / 127 * reach[:, None]).all()
    assert (reach > 0).all() and reach[-1].max() < 1e-3


def test_spectra_and_cosines_travel_as_bytes_and_scores_as_they_are() -> None:
    sent = cloud_data(**HISTORY)
    spectra = numbers(sent["spectra"], S, 2, 4, kind=np.uint8) / 255 * sent["tallest"]
    assert abs(spectra - HISTORY["spectra"]).max() < 0.501 / 255 * sent["tallest"]
    assert sent["tallest"] == HISTORY["spectra"].max()
    assert abs(numbers(sent["cosines"], S, 3, 3) / 127 - HISTORY["cosines"]).max() < 0.501 / 127
    scores = dict(sent["scores"])
    assert scores == {name: [*line] for name, line in HISTORY["scores"].items()}
    assert (sent["moments"], sent["tokens"]) == (HISTORY["moments"], ["3", "=", "12"])


def test_a_role_of_a_token_keeps_its_colour_and_other_kinds_have_one_each() -> None:
    sent = cloud_data(**HISTORY)
    assert sent["kinds"] == [("digit", "violet"), ("carry", "carry"), ("sign", "ochre")]
    assert [sent["kinds"][kind][0] for kind in sent["kind_of"]] == HISTORY["groups"]
    colours = cloud.tones(["a", "b", "c", "d", "e", "f"])
    assert len(set(colours)) == cloud.MOST_KINDS


def test_a_cloud_that_never_leaves_the_middle_is_drawn_there() -> None:
    still: dict[str, Any] = {"points": np.zeros((S, 7, 3)), "spectra": np.zeros((S, 2, 4))}
    sent = cloud_data(**HISTORY | still)
    assert not numbers(sent["points"], S, 7, 3).any() and not np.any(sent["reach"])
    assert sent["tallest"] == 1.0


def test_what_the_compact_one_does_not_show_does_not_travel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[dict[str, Any]] = []
    monkeypatch.setattr(cloud, "component", lambda data, **_: sent.append(data))
    for compact in (True, False):
        cloud.show_cloud("k", **HISTORY, alt="A cloud", compact=compact)
    small, full = sent
    assert [name for name, _ in small["scores"]] == ["held out, wrong"]
    left_out = ("spectra", "layers", "cosines", "tokens")
    assert not any(small[name] for name in left_out) and all(full[name] for name in left_out)
    assert (small["compact"], small["points"]) == (True, full["points"])


def moments_of(n: int) -> dict[str, Any]:
    return {"moments": range(n)}


def spoiled(name: str, number: float) -> dict[str, Any]:
    numbers = HISTORY[name].copy()
    numbers.flat[3] = number
    return {name: numbers}


def test_what_is_no_history_is_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        (moments_of(1), "a history of one point shows no change: 1 moments"),
        (moments_of(0), "a history of one point shows no change: 0 moments"),
        (moments_of(81), "81 moments; 1 to 80 can be shown"),
        ({"moments": [0, 100, 100, 200, 300]}, r"moments=\[0, 100, 100, .*rise from 0 or more"),
        ({"moments": [-1, 0, 1, 2, 3]}, "rise from 0 or more"),
        ({"moments": [0.5, 1, 2, 3, 4]}, r"shape \(5,\) and type float64"),
        ({"moments": np.arange(6).reshape(2, 3)}, r"shape \(2, 3\) and type int64"),
        ({"moments": [0, 1]}, r"points of shape \(5, 7, 3\); \(2, 7, 3\) is wanted"),
        ({"groups": ["digit"] * 6}, r"points of shape \(5, 7, 3\); \(5, 6, 3\)"),
        ({"groups": []}, "0 points; 1 to 256 can be shown"),
        ({"groups": ["digit"] * 257}, "257 points; 1 to 256"),
        ({"groups": [*"abcdefg"]}, "7 kinds of points; 1 to 6"),
        (spoiled("points", np.inf), "points: 1 numbers are not finite"),
        ({"layers": ["one"]}, r"spectra of shape \(5, 2, 4\); \(5, 1, 4\)"),
        ({"layers": []}, "0 layers; at least 1"),
        ({"spectra": np.ones((S, 2, 65))}, "65 singular values; 1 to 64"),
        ({"spectra": np.float64(1)}, "0 singular values"),
        (spoiled("spectra", 1.5), "spectra from .* to 1.5; 0 to 1 is wanted"),
        (spoiled("spectra", -0.1), "spectra from -0.1 to"),
        (spoiled("cosines", np.nan), "cosines: 1 numbers are not finite"),
        (spoiled("cosines", -1.01), "cosines from -1.01 to 1; -1 to 1 is wanted"),
        ({"tokens": ["3", "="]}, r"cosines of shape \(5, 3, 3\); \(5, 2, 2\)"),
        ({"tokens": []}, "0 tokens; 1 to 32"),
        ({"tokens": ["3"] * 33}, "33 tokens; 1 to 32"),
        ({"tokens": ["3", "=", "a long label."]}, "'a long label.' has 13 characters; .* 12"),
        ({"scores": {}}, "0 scores; 1 to 6"),
        ({"scores": {f"score {n}": range(S) for n in range(7)}}, "7 scores; 1 to 6"),
        ({"scores": {"loss": [1, 2]}}, r"the score 'loss' of shape \(2,\); \(5,\) is wanted"),
        ({"scores": {"loss": [1, 2, 3, 4, np.nan]}}, "the score 'loss': 1 numbers are not finite"),
    ]
    assert not_refused(lambda changed: cloud_data(**HISTORY | changed), cases) == []
