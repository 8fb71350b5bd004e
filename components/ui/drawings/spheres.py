"""What becomes of a network's features while training goes on, under several ways to train.

Every feature is an arrow of length one from zero, in a sphere for each way; one slider moves them
all through training, and a hand turns all spheres together. Below stand what is wrong and how alike
the features are. All numbers come from Python; the browser finds what stands between two moments.

Shapes: `S` moments, `P` arrows, `C` positions of a text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import as_signed_bytes, digest, drawing, moments
from components.ui.plots.colours import GROUPS

Numbers = NDArray[np.float64]

ROUNDING = 1e-2
"""By so much an arrow of 16 bits may be longer than 1, and a cosine too."""

HTML = f"""
<div class="drawing spheres">
  <div class="top">
    <p class="headline">Each arrow is a feature in one of three runs. Drag the steps, or turn the
      spheres.</p>
    <div class="legend kinds"></div>
  </div>
  <div class="names"></div>
  <div class="balls" role="slider" tabindex="0"></div>
  <div class="facts"></div>
  <div class="title lost"></div>
  <svg class="lines" role="img"></svg>
  {moments("Training steps")}
  <div class="said" role="status"></div>
  <div class="legend notes"></div>
</div>
"""

component = drawing("spheres_of_features", "spheres", HTML)


class Arm(NamedTuple):
    """A way to train: where its arrows end, (S, P, 3), the cosines by position, (S, C, C), and at
    each moment how many trained and how many other problems are wrong, and the token cosine."""

    name: str
    told: str
    hue: str
    arrows: Numbers
    cosines: Numbers
    few_wrong: Sequence[int]
    wrong: Sequence[int]
    token_cosine: Sequence[float]


def show_spheres(
    key: str,
    moments: Sequence[int],
    arms: Sequence[Arm],
    roles: Sequence[str],
    *,
    n_few: int,
    n: int,
    held: float,
    marks: Sequence[tuple[int, str]],
    alt: str,
    seconds: float = 9.0,
) -> None:
    """At each of the `moments`, (S,), training steps, the `arms` beside each other.

    `roles`, (P,), are those of the arrows' tokens; `n_few` problems are trained on and `n` others
    looked at. `held` is how much of the squared length the three directions have, and `marks` are
    moments with a name. The end is shown, then all is played once in so many `seconds`. Raises
    ValueError for what `spheres_data` refuses.
    """
    data = spheres_data(moments, arms, roles)
    data |= {"n_few": n_few, "n": n, "held": round(held, 4), "marks": [list(x) for x in marks]}
    data |= {"alt": alt, "seconds": seconds}
    component(data=data | {"digest": digest(data)}, key=key)


def spheres_data(
    moments: Sequence[int], arms: Sequence[Arm], roles: Sequence[str]
) -> dict[str, Any]:
    """What the browser needs: a byte a number, 127 the sphere's radius or a cosine of 1.

    Raises ValueError for steps that do not rise from 0, for numbers of another shape, for an arrow
    that leaves the sphere, and for a role that has no colour.
    """
    if list(moments) != sorted({*moments}) or len(moments) < 2 or moments[0] != 0:
        raise ValueError(f"moments={moments}; two or more that rise from 0 are wanted")
    kinds = [*dict.fromkeys(roles)]
    if not {*kinds} <= {*GROUPS["tokens"]}:
        raise ValueError(f"roles {kinds}; those of {list(GROUPS['tokens'])} have a colour")
    S, C = len(moments), arms[0].cosines.shape[-1]
    for arm in arms:
        require(f"arrows of {arm.name}", arm.arrows, (S, len(roles), 3))
        require(f"cosines of {arm.name}", arm.cosines, (S, C, C))
        require(f"lengths of {arm.name}", np.linalg.norm(arm.arrows, axis=-1), (S, len(roles)))
        for line in (arm.few_wrong, arm.wrong, arm.token_cosine):
            require(f"a line of {arm.name}", np.array(line, dtype=float), (S,), np.inf)
    return {
        "moments": [*moments],
        "kinds": kinds,
        "kind_of": [kinds.index(role) for role in roles],
        "positions": C,
        "arms": [
            {
                **arm._asdict(),
                "arrows": as_signed_bytes(np.clip(arm.arrows, -1, 1)),
                "cosines": as_signed_bytes(np.clip(arm.cosines, -1, 1)),
                "few_wrong": [*arm.few_wrong],
                "wrong": [*arm.wrong],
                "token_cosine": [*arm.token_cosine],
            }
            for arm in arms
        ],
    }


def require(name: str, numbers: Numbers, shape: tuple[int, ...], most: float = 1) -> None:
    """Raise ValueError for another shape, and for a number that is not finite or too large."""
    if numbers.shape != shape:
        raise ValueError(f"{name} of shape {numbers.shape}; {shape} is wanted")
    if not np.isfinite(numbers).all() or abs(numbers).max() > most + ROUNDING:
        raise ValueError(f"{name} up to {abs(numbers).max():g}; at most {most:g} is wanted")
