"""components.ui.drawings.spheres: every arrow travels and stays in its ball; what is none is
refused."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import spheres
from components.ui.drawings.spheres import Arm, spheres_data

# ---------------------------------------------------------------- what the front end is tried on

STEPS = [0, 100, 400, 1600, 50_000]
ROLES = ["operand", "working", "answer", "operand", "operator", "working"]
S, P = len(STEPS), len(ROLES)


def arm(name: str, seed: int) -> Arm:
    """Arrows that come from five directions to three, and three positions of a text."""
    dice = np.random.default_rng(seed)
    arrows = dice.normal(size=(S, P, 5))
    arrows /= np.linalg.norm(arrows, axis=2, keepdims=True)
    some = arrows[:, :3]
    return Arm(
        name,
        "what becomes of it",
        "ochre",
        arrows[:, :, :3],
        some @ some.transpose(0, 2, 1),
        [0, 2, 0, 0, 0],
        dice.integers(0, 1000, S).tolist(),
        np.round(dice.random(S), 4).tolist(),
    )


ARMS = [arm("float32", 1), arm("float64", 2)]


def spheres_of_features() -> Case:
    def at(numbers: np.ndarray, moment: float) -> np.ndarray:
        """On the straight line from a moment to the next."""
        before = int(moment)
        share = moment - before
        return (1 - share) * numbers[before] + share * numbers[min(before + 1, S - 1)]

    def seen(moment: float, turned: int, tilted: int) -> dict[str, Any]:
        """By matrices."""
        turn, tilt = np.radians([turned, tilted])
        around = [[np.cos(turn), 0, np.sin(turn)], [0, 1, 0], [-np.sin(turn), 0, np.cos(turn)]]
        forward = [[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]]
        whole = np.array(forward) @ around
        places = [(at(one.arrows, moment) @ whole.T).tolist() for one in ARMS]
        return {"at": moment, "view": {"turned": turned, "tilted": tilted}, "places": places}

    def told(moment: int) -> str:
        said = []
        for one in ARMS:
            few = f"{one.few_wrong[moment]} of 127 trained wrong, " if one.few_wrong[moment] else ""
            others = f"{one.wrong[moment]} of 1,000 others wrong"
            cosine = f"cosine {one.token_cosine[moment]:.2f}"
            said.append(f"{one.name}: {few}{others}, {cosine}")
        return f"Step {STEPS[moment]:,}. {'. '.join(said)}."

    views = [(0.0, 30, 20), (0.5, 30, 20), (4.0, 0, 0), (2.25, 200, -90)]
    return case(
        spheres,
        lambda: spheres.show_spheres(
            "k",
            STEPS,
            ARMS,
            ROLES,
            n_few=127,
            n=1000,
            held=0.41,
            marks=[(3, "folds")],
            alt="Two spheres",
            seconds=1,
        ),
        {
            "seen": [seen(*view) for view in views],
            "shown": [
                {"at": moment, "cosines": [at(one.cosines, moment).tolist() for one in ARMS]}
                for moment in (0.0, 2.0, 4.0)
            ],
            "along": [moment / (S - 1) for moment in range(S)],
            "told": [told(moment) for moment in range(S)],
        },
    )


CASES = {"spheres": spheres_of_features}


# ---------------------------------------------------------------- what Python sends


def numbers(text: str, *shape: int) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), np.int8).reshape(shape).astype(np.float64)


def test_arrows_and_cosines_travel_as_bytes_and_never_made_longer() -> None:
    sent = spheres_data(STEPS, ARMS, ROLES)
    for one, told in zip(ARMS, sent["arms"], strict=True):
        assert abs(numbers(told["arrows"], S, P, 3) / 127 - one.arrows).max() < 0.501 / 127
        assert abs(numbers(told["cosines"], S, 3, 3) / 127 - one.cosines).max() < 0.501 / 127
        assert (told["wrong"], told["few_wrong"]) == (one.wrong, one.few_wrong)
    assert [sent["kinds"][kind] for kind in sent["kind_of"]] == ROLES


def test_what_is_no_sphere_of_arrows_is_refused() -> None:
    (first, _) = ARMS
    long, broken = first.arrows.copy(), first.cosines.copy()
    long[2, 3], broken[1, 1, 1] = [0.8, 0.8, 0], np.nan
    cases: list[tuple[Any, ...]] = [
        ({"moments": [0]}, r"moments=\[0\]; two or more that rise"),
        ({"moments": [1, 2, 3, 4, 5]}, "rise from 0"),
        ({"moments": [0, 100, 100, 200, 300]}, "rise from 0"),
        ({"roles": ["digit"] * P}, r"roles \['digit'\]; those of"),
        ({"roles": ROLES[:5]}, r"arrows of float32 of shape \(5, 6, 3\); \(5, 5, 3\) is wanted"),
        ({"arms": [first._replace(arrows=long)]}, "lengths of float32 up to 1.13"),
        ({"arms": [first._replace(cosines=broken)]}, "cosines of float32 up to nan"),
        ({"arms": [first._replace(wrong=[1, 2])]}, r"a line of float32 of shape \(2,\)"),
    ]
    whole = {"moments": STEPS, "arms": ARMS, "roles": ROLES}
    assert not_refused(lambda changed: spheres_data(**whole | changed), cases) == []


@pytest.mark.parametrize("arms", [("usual", "centred", "fp64")])
def test_recorded_arrows_fold_in_float32_alone_and_end_inside_their_balls(arms: Any) -> None:
    """In directions shared by all, whose squared lengths are told."""
    from components.ui.chapters.ch52 import probes

    found = probes.arrows_of(*arms)
    assert found is not None and len(found.roles) == found.ends[0].shape[1]
    squared = [(ends**2).sum(-1) for ends in found.ends]
    assert max(one.max() for one in squared) < 1.01
    assert np.mean(squared) == pytest.approx(found.held, rel=1e-3)
    mean = [
        np.linalg.norm(ends[-1].mean(0)) / np.linalg.norm(ends[-1], axis=-1).mean()
        for ends in found.ends
    ]
    assert mean[0] > 0.9 > 0.5 > max(mean[1:])
    off = ~np.eye(found.cosines[0].shape[-1], dtype=bool)
    assert found.cosines[0][-1][off].mean() > 0.7 > 0.2 > found.cosines[1][-1][off].mean()
