"""A problem's tokens on their way through a mixture of experts: how each layer's router chooses.

Python sends scores, biases, which experts were chosen and would be chosen without a bias, and what
each is multiplied by. The browser draws a ribbon for each choice, the scores of a token with the
biases on top, counts how many tokens every expert got by then, and says it in words.

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
  <p class="headline"></p>
  <div class="controls">
    <div class="choice layers" role="group" aria-label="Layer"></div>
    <button class="plain" role="switch" aria-checked="false"><i></i>without bias</button>
  </div>
  <svg class="flow" role="group"></svg>
  <div class="legend">
    <span><i class="filled"></i>score</span>
    <span class="biased"><i class="added"></i>its bias</span>
    <span class="biased"><i class="taken"></i>a bias below zero</span>
  </div>
  <div class="hold">
    {moments("Tokens read")}
    <div class="said" role="status"></div>
  </div>
</div>
"""

component = drawing("mixture_of_experts", "experts", HTML)


@dataclass(frozen=True)
class Routed:
    """Where a router sends each token.

    `chosen`, (T, K), are the numbers of its experts, the best first, and `weights`, (T, K), what
    the output of each is multiplied by.
    """

    chosen: NDArray[np.integer[Any]]
    weights: NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Layer:
    """One layer's router: the scores of every token, (T, E), the biases of its experts, (E,), where
    tokens go by both, and where they would go by scores alone. `idle` experts get no token of a
    large sample either."""

    title: str
    scores: NDArray[np.floating[Any]]
    bias: NDArray[np.floating[Any]]
    biased: Routed
    plain: Routed
    idle: Sequence[int] = ()


def show_experts(
    key: str,
    layers: Sequence[Layer],
    tokens: Sequence[str],
    *,
    alt: str,
    at: int = 0,
    n_shared: int = 0,
    idle: str = "",
    headline: str = "",
    from_end: str = "",
    seconds: float = 9.0,
) -> None:
    """Ribbons from each of the T tokens to its K experts, the scores of one of them as bars, a bias
    on top of each, and how many tokens each of the E experts got.

    The layer `at` is shown first; the reader changes it in the browser, and the token. The tokens
    stream in once in so many `seconds`; of other data that come later the end is shown. `n_shared`
    experts that every token goes to have one box together. `idle` says of what sample the idle
    experts get no token, and `headline` stands above all. `from_end` says from which end numbers
    behind the first equals sign are read. Raises ValueError for what `experts_data` refuses.
    """
    data = experts_data(layers, tokens, at=at, n_shared=n_shared)
    data |= {"alt": alt, "idle": idle, "headline": headline, "seconds": seconds}
    data |= {"from_end": from_end}
    component(data=data | {"digest": digest(data)}, key=key)


def experts_data(
    layers: Sequence[Layer], tokens: Sequence[str], *, at: int = 0, n_shared: int = 0
) -> dict[str, Any]:
    """What the browser needs, as plain numbers.

    Raises ValueError for no token, layer or expert or too many, for a token that is too long, for
    scores and biases of another shape or not finite, for choices that are not of these tokens, of
    no expert that is there, or of one expert twice, and for weights of another shape, negative or
    not finite.
    """
    require_tokens(tokens)
    require_whole("n_shared", n_shared, least=0, most=MOST_SHARED)
    if not 1 <= len(layers) <= MOST_LAYERS:
        raise ValueError(f"{len(layers)} layers; 1 to {MOST_LAYERS} can be shown")
    require_whole("at", at, least=0, most=len(layers) - 1)
    n_expert = layers[0].bias.size
    require_whole("n_expert", n_expert, least=FEWEST_EXPERTS, most=MOST_EXPERTS)
    for layer in layers:
        require_scores(layer, len(tokens), n_expert)
        for routed in (layer.biased, layer.plain):
            require_chosen(layer.title, routed.chosen, len(tokens), n_expert)
            require_weights(layer.title, routed)
    return {
        "tokens": [*tokens],
        "n_expert": n_expert,
        "n_shared": n_shared,
        "at": at,
        "layers": [
            {
                "title": layer.title,
                "scores": in_places(layer.scores, 4),
                "bias": in_places(layer.bias, 6),
                "biased": routed_data(layer.biased),
                "plain": routed_data(layer.plain),
                "idle": [*layer.idle],
            }
            for layer in layers
        ],
    }


def routed_data(routed: Routed) -> dict[str, Any]:
    return {"chosen": routed.chosen.tolist(), "weights": in_places(routed.weights, 6)}


def in_places(numbers: NDArray[np.floating[Any]], places: int) -> list[Any]:
    return numbers.astype(np.float64).round(places).tolist()


def require_tokens(tokens: Sequence[str]) -> None:
    if not 1 <= len(tokens) <= MOST_TOKENS:
        raise ValueError(f"{len(tokens)} tokens; 1 to {MOST_TOKENS} can be shown")
    for place, token in enumerate(tokens, start=1):
        if not 1 <= len(token) <= MOST_CHARACTERS:
            raise ValueError(
                f"token {place} is {token!r}; 1 to {MOST_CHARACTERS} characters can be shown"
            )


def require_scores(layer: Layer, n_token: int, n_expert: int) -> None:
    """Raise ValueError for scores that are not shares of these tokens, or biases not of these
    experts, and for an idle expert that is none of them."""
    for name, numbers, shape in (
        ("scores", layer.scores, (n_token, n_expert)),
        ("bias", layer.bias, (n_expert,)),
    ):
        if numbers.shape != shape:
            raise ValueError(f"{layer.title!r}: {name} of shape {numbers.shape}; {shape} is wanted")
        if not np.isfinite(numbers).all():
            raise ValueError(f"{layer.title!r}: {name} must be finite")
    if layer.scores.min() < 0 or layer.scores.max() > 1:
        raise ValueError(f"{layer.title!r}: scores lie between 0 and 1")
    for expert in layer.idle:
        require_whole("idle", expert, least=0, most=n_expert - 1)


def require_chosen(
    title: str, chosen: NDArray[np.integer[Any]], n_token: int, n_expert: int
) -> None:
    """Raise ValueError for choices that are not `K` different experts of every token."""
    if chosen.ndim != 2 or len(chosen) != n_token or not 1 <= chosen.shape[1] <= n_expert:
        raise ValueError(
            f"{title!r}: chosen of shape {chosen.shape}; ({n_token}, K) is wanted, "
            f"with K from 1 to {n_expert}"
        )
    if not np.issubdtype(chosen.dtype, np.integer):
        raise ValueError(f"{title!r}: chosen holds {chosen.dtype}; whole numbers are wanted")
    for place, experts in enumerate(chosen.tolist(), start=1):
        where = f"{title!r}: token {place}"
        for expert in experts:
            if not 0 <= expert < n_expert:
                raise ValueError(f"{where} goes to expert {expert}; 0 to {n_expert - 1} are there")
            if experts.count(expert) > 1:
                raise ValueError(f"{where} goes to expert {expert} twice; once is allowed")


def require_weights(title: str, routed: Routed) -> None:
    chosen, weights = routed.chosen, routed.weights
    if weights.shape != chosen.shape:
        raise ValueError(
            f"{title!r}: weights of shape {weights.shape}; {chosen.shape} is wanted, as of chosen"
        )
    wrong = np.argwhere(~np.isfinite(weights) | (weights < 0))
    if len(wrong):
        t, k = wrong[0]
        raise ValueError(
            f"{title!r}: a weight of token {t + 1} is {weights[t, k]:g}; 0 or more is wanted"
        )
