"""What becomes of a network's features while it is trained far past the end.

A cloud of dots in three axes, the cosines between the features of some tokens, singular values a
layer, and scores: one slider moves all of them through training. All numbers come from Python; the
browser finds what stands between two moments, and turns the cloud.

Shapes: `S` moments, `P` points, `L` layers, `K` singular values, `C` tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import as_signed_bytes, as_text, digest, drawing, moments
from components.ui.plots.colours import GROUPS

Numbers = NDArray[np.floating[Any]]

MOST_MOMENTS, MOST_POINTS = 80, 256
"""Of more, a page would have to wait."""

MOST_KINDS, MOST_VALUES, MOST_SCORES = 6, 64, 6
MOST_TOKENS, MOST_CHARACTERS = 32, 12
"""With more, a mark is too small to be seen or a label leaves no room."""

HUES = (*GROUPS["kinds"], "ink")
"""For kinds of points that are no role of a token."""

ROUNDING = 1e-6
"""By so much a share or a cosine may lie beyond 1."""

HTML = f"""
<div class="drawing cloud">
  <div class="panels">
    <div class="space">
      <div class="title full">Features of the tokens, in three fixed axes</div>
      <div class="sheet"><canvas class="dots" role="slider" tabindex="0"></canvas></div>
      <div class="legend kinds"></div>
    </div>
    <div class="cosines full">
      <div class="title">Cosine between the features of two tokens</div>
      <div class="square" role="img" aria-label="Cosine between the features of two tokens">
        <div class="across"></div>
        <div class="down"></div>
      </div>
      <div class="scale"><span>&#8722;1</span><i></i><span>0</span><i></i><span>1</span></div>
    </div>
  </div>
  <div class="full">
    <div class="heading">
      <div class="title">Singular values of a layer’s features, largest first</div>
      <div class="choice" role="group" aria-label="Layer"></div>
      <div class="legend"><span><i class="dash"></i><span class="begun"></span></span></div>
    </div>
    <svg class="spectrum" role="img"></svg>
    <svg class="scores" role="img"></svg>
  </div>
  <div class="hold">
    {moments()}
    <div class="said" role="status"></div>
  </div>
</div>
"""

component = drawing("cloud_of_features", "cloud", HTML)


def show_cloud(
    key: str,
    moments: Sequence[int] | NDArray[np.integer[Any]],
    points: Numbers,
    groups: Sequence[str],
    spectra: Numbers,
    cosines: Numbers,
    scores: Mapping[str, Sequence[float] | NDArray[Any]],
    *,
    layers: Sequence[str],
    tokens: Sequence[str],
    alt: str,
    seconds: float = 8.0,
    compact: bool = False,
) -> None:
    """At each of the `moments`, (S,), training steps: where the features stand, and how it scores.

    `points`, (S, P, 3), are features of P tokens in three fixed axes, and `groups`, (P,), say what
    each token is. `spectra`, (S, L, K), are shares from 0 to 1 for each of the `layers`, `cosines`,
    (S, C, C), are those between `tokens`, and each of the `scores` is a line, (S,). It is played
    once in so many `seconds`. `compact`, for the top of a page, is the cloud and the first score.
    Raises ValueError for what `cloud_data` refuses.
    """
    data = cloud_data(moments, points, groups, spectra, cosines, scores, layers, tokens)
    if compact:
        data |= {"spectra": "", "layers": [], "cosines": "", "tokens": []}
        data["scores"] = data["scores"][:1]
    data |= {"compact": compact, "alt": alt, "seconds": seconds}
    component(data=data | {"digest": digest(data)}, key=key)


def cloud_data(
    moments: Sequence[int] | NDArray[np.integer[Any]],
    points: Numbers,
    groups: Sequence[str],
    spectra: Numbers,
    cosines: Numbers,
    scores: Mapping[str, Sequence[float] | NDArray[Any]],
    layers: Sequence[str],
    tokens: Sequence[str],
) -> dict[str, Any]:
    """What the browser needs: bytes, their scales, and names.

    Raises ValueError for moments that are too few or too many, not whole or not rising, for numbers
    of another shape, not finite or out of their range, and for more than can be seen.
    """
    steps = check_history(moments)
    S, P, C = len(steps), len(groups), len(tokens)
    require_count("points", P, MOST_POINTS)
    require_count("kinds of points", len(set(groups)), MOST_KINDS)
    require_count("layers", len(layers))
    require_count("tokens", C, MOST_TOKENS)
    require_count("scores", len(scores), MOST_SCORES)
    require_short(tokens)
    require_numbers("points", points, (S, P, 3))
    K = spectra.shape[-1] if spectra.ndim else 0
    require_count("singular values", K, MOST_VALUES)
    require_numbers("spectra", spectra, (S, len(layers), K), 0, 1 + ROUNDING)
    require_numbers("cosines", cosines, (S, C, C), -1 - ROUNDING, 1 + ROUNDING)
    lines = {name: np.asarray(line, dtype=np.float64) for name, line in scores.items()}
    for name, line in lines.items():
        require_numbers(f"the score {name!r}", line, (S,))
    kinds = [*dict.fromkeys(groups)]
    tallest = spectra.max() or 1.0
    return {
        "moments": steps,
        **packed(points),
        "kinds": [*zip(kinds, tones(kinds), strict=True)],
        "kind_of": [kinds.index(group) for group in groups],
        "spectra": as_text(np.rint(255 * spectra / tallest).astype(np.uint8)),
        "tallest": float(tallest),
        "layers": [*layers],
        "cosines": as_signed_bytes(np.clip(cosines, -1, 1)),
        "tokens": [*tokens],
        "scores": [[name, line.tolist()] for name, line in lines.items()],
    }


def packed(points: Numbers) -> dict[str, Any]:
    """Bytes, and what 127 of them is at each moment on each axis, (S, 3).

    1 is as far from the middle as any point ever is. A cloud that has shrunk to a thousandth is
    still drawn in as many steps as a large one.
    """
    farthest = np.linalg.norm(points, axis=2).max() or 1.0
    reach = abs(points).max(axis=1)
    shares = points / np.where(reach > 0, reach, 1.0)[:, None]
    return {"points": as_signed_bytes(shares), "reach": (reach / farthest).tolist()}


def tones(kinds: Sequence[str]) -> list[str]:
    """A named colour each: a role of tokens has its own through the book."""
    left = iter(HUES)
    return [kind if kind in GROUPS["tokens"] else next(left) for kind in kinds]


def check_history(moments: Sequence[int] | NDArray[np.integer[Any]]) -> list[int]:
    """Raise ValueError for what is no history."""
    steps = np.asarray(moments)
    n = steps.size
    if n < 2:
        raise ValueError(f"a history of one point shows no change: {n} moments, at least 2 wanted")
    require_count("moments", n, MOST_MOMENTS)
    if steps.ndim != 1 or steps.dtype.kind not in "iu":
        raise ValueError(f"moments of shape {steps.shape} and type {steps.dtype}; (S,) whole ones")
    if steps[0] < 0 or (np.diff(steps.astype(np.int64)) <= 0).any():
        raise ValueError(f"moments={steps.tolist()}; such that rise from 0 or more are wanted")
    return steps.tolist()


def require_count(name: str, n: int, most: int | None = None) -> None:
    if n < 1 or (most is not None and n > most):
        wanted = "at least 1 is wanted" if most is None else f"1 to {most} can be shown"
        raise ValueError(f"{n} {name}; {wanted}")


def require_short(tokens: Sequence[str]) -> None:
    longest = max(tokens, key=len)
    if len(longest) > MOST_CHARACTERS:
        raise ValueError(
            f"the token {longest!r} has {len(longest)} characters; there is room for "
            f"{MOST_CHARACTERS}"
        )


def require_numbers(
    name: str,
    numbers: Numbers,
    shape: tuple[int, ...],
    low: float = -np.inf,
    high: float = np.inf,
) -> None:
    """Raise ValueError for another shape, and for a number that is not finite or out of range."""
    if numbers.shape != shape:
        raise ValueError(f"{name} of shape {numbers.shape}; {shape} is wanted")
    if not np.isfinite(numbers).all():
        raise ValueError(f"{name}: {(~np.isfinite(numbers)).sum()} numbers are not finite")
    if numbers.min() < low or numbers.max() > high:
        raise ValueError(
            f"{name} from {numbers.min():g} to {numbers.max():g}; {low:g} to {high:g} is wanted"
        )
