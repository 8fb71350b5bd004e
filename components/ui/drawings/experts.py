"""A sum's tokens on their way through a mixture of experts: who is sent where, layer by layer.

Python sends which experts a router chose, and what each is multiplied by; the browser draws a
ribbon for each choice, counts how many tokens every expert got by then, and says it in words.

Shapes: `T` tokens, `E` experts, `K` experts of a token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import digest, drawing, moments
from lab.fields import require_whole

MOST_TOKENS, MOST_CHARACTERS = 64, 3
"""With more tokens, or longer ones, a row of them is no text any more."""

FEWEST_EXPERTS, MOST_EXPERTS = 2, 16
"""Of more, a number would be wider than its box on a telephone."""

MOST_SHARED, MOST_LAYERS = 4, 12

HTML = f"""
<div class="drawing experts">
  <div class="choice layers" role="group" aria-label="Layer"></div>
  <svg class="flow" role="group"></svg>
  <div class="legend">
    <span><i class="ribbon"></i>a ribbon is as wide as its weight</span>
    <span><i class="filled"></i>how many tokens an expert got</span>
    <span><i class="mean"></i>mean of all experts: <span class="level"></span></span>
  </div>
  <div class="hold">
    <div class="hint">Point at a token or an expert, or use the arrow keys.</div>
    {moments("Tokens read")}
    <div class="said" role="status"></div>
  </div>
</div>
"""

component = drawing("mixture_of_experts", "experts", HTML)


@dataclass(frozen=True)
class Layer:
    """Where one layer's router sends each token.

    `chosen`, (T, K), are the numbers of its experts, the best first, and `weights`, (T, K), what
    the output of each is multiplied by.
    """

    title: str
    chosen: NDArray[np.integer[Any]]
    weights: NDArray[np.floating[Any]]


def show_experts(
    key: str,
    layers: Sequence[Layer],
    tokens: Sequence[str],
    n_expert: int,
    *,
    alt: str,
    at: int = 0,
    n_shared: int = 0,
    seconds: float = 6.0,
) -> None:
    """Ribbons from each of the T tokens to its K experts, and bars of what each of the E got.

    The layer `at` is shown first; the reader changes it in the browser. The tokens stream in once
    in so many `seconds`; of other data that come later the end is shown. `n_shared` experts that
    every token goes to have one box together. Raises ValueError for what `experts_data` refuses.
    """
    data = experts_data(layers, tokens, n_expert, at=at, n_shared=n_shared)
    data |= {"alt": alt, "seconds": seconds}
    component(data=data | {"digest": digest(data)}, key=key)


def experts_data(
    layers: Sequence[Layer],
    tokens: Sequence[str],
    n_expert: int,
    *,
    at: int = 0,
    n_shared: int = 0,
) -> dict[str, Any]:
    """What the browser needs, as plain numbers.

    Raises ValueError for no token, layer or expert or too many, for a token that is too long, for
    choices that are not of these tokens, of no expert that is there, or of one expert twice, and
    for weights of another shape, negative or not finite.
    """
    require_tokens(tokens)
    require_whole("n_expert", n_expert, least=FEWEST_EXPERTS, most=MOST_EXPERTS)
    require_whole("n_shared", n_shared, least=0, most=MOST_SHARED)
    if not 1 <= len(layers) <= MOST_LAYERS:
        raise ValueError(f"{len(layers)} layers; 1 to {MOST_LAYERS} can be shown")
    require_whole("at", at, least=0, most=len(layers) - 1)
    for layer in layers:
        require_chosen(layer, len(tokens), n_expert)
        require_weights(layer)
    return {
        "tokens": [*tokens],
        "n_expert": n_expert,
        "n_shared": n_shared,
        "at": at,
        "layers": [
            {
                "title": layer.title,
                "chosen": layer.chosen.tolist(),
                "weights": layer.weights.astype(np.float64).round(4).tolist(),
            }
            for layer in layers
        ],
    }


def require_tokens(tokens: Sequence[str]) -> None:
    if not 1 <= len(tokens) <= MOST_TOKENS:
        raise ValueError(f"{len(tokens)} tokens; 1 to {MOST_TOKENS} can be shown")
    for place, token in enumerate(tokens, start=1):
        if not 1 <= len(token) <= MOST_CHARACTERS:
            raise ValueError(
                f"token {place} is {token!r}; 1 to {MOST_CHARACTERS} characters can be shown"
            )


def require_chosen(layer: Layer, n_token: int, n_expert: int) -> None:
    """Raise ValueError for choices that are not `K` different experts of every token."""
    chosen = layer.chosen
    if chosen.ndim != 2 or len(chosen) != n_token or not 1 <= chosen.shape[1] <= n_expert:
        raise ValueError(
            f"{layer.title!r}: chosen of shape {chosen.shape}; ({n_token}, K) is wanted, "
            f"with K from 1 to {n_expert}"
        )
    if not np.issubdtype(chosen.dtype, np.integer):
        raise ValueError(f"{layer.title!r}: chosen holds {chosen.dtype}; whole numbers are wanted")
    for place, experts in enumerate(chosen.tolist(), start=1):
        where = f"{layer.title!r}: token {place}"
        for expert in experts:
            if not 0 <= expert < n_expert:
                raise ValueError(f"{where} goes to expert {expert}; 0 to {n_expert - 1} are there")
            if experts.count(expert) > 1:
                raise ValueError(f"{where} goes to expert {expert} twice; once is allowed")


def require_weights(layer: Layer) -> None:
    chosen, weights = layer.chosen, layer.weights
    if weights.shape != chosen.shape:
        raise ValueError(
            f"{layer.title!r}: weights of shape {weights.shape}; {chosen.shape} is wanted, "
            "as of chosen"
        )
    wrong = np.argwhere(~np.isfinite(weights) | (weights < 0))
    if len(wrong):
        t, k = wrong[0]
        raise ValueError(
            f"{layer.title!r}: a weight of token {t + 1} is {weights[t, k]:g}; 0 or more is wanted"
        )
