"""Two generators on one sum, without a cache and with one: what each token costs the network.

The browser counts and plays; what each token took was measured by `lab.measure.clocked`.

Shapes: `N` written tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from components.ui.drawings.drawing import digest, drawing, moments

if TYPE_CHECKING:
    from lab.measure.clocked import Clocked

MOST_TOKENS, MOST_LAYERS = 64, 12
"""With more, a cell of the grid is too small to be seen."""

TITLES = ("Without a cache", "With a cache")
TOTALS = {
    "pushed": "tokens read by the network",
    "flops": "multiplications and additions",
    "seconds": "time, as measured",
}
LEGEND = {
    "computed": "computed for this token",
    "kept": "kept from before",
    "none": "not there yet",
    "times": "how often a token was read so far",
}
SIDE = f"""
    <figure class="side">
      <figcaption class="title"></figcaption>
      <svg class="cells" role="img"></svg>
      <div class="text"></div>
      <dl>{"".join(f'<div><dt>{t}</dt><dd class="{c}"></dd></div>' for c, t in TOTALS.items())}</dl>
    </figure>
"""
HTML = f"""
<div class="drawing generators">
  <div class="legend">
    <span>a column for each token, a row for each layer</span>
    {"".join(f'<span><i class="{c}"></i>{t}</span>' for c, t in LEGEND.items())}
  </div>
  <div class="sides">{SIDE}{SIDE}</div>
  <div class="ratios"></div>
  <div class="modes" role="group" aria-label="How the two are played">
    <button data-mode="measured">As measured</button>
    <button data-mode="together">A token at a time</button>
    <span class="pace"></span>
  </div>
  {moments()}
  <div class="said" role="status"></div>
</div>
"""

component = drawing("two_generators", "generators", HTML)


def show_generators(key: str, without: Clocked, cached: Clocked, *, n_layer: int, alt: str) -> None:
    """One text, written without a cache and with one, by a network of `n_layer` layers.

    Untouched it shows the finished text, and what it took both. Raises ValueError for two texts
    that differ, counts that do not fit the text, and more than can be seen.
    """
    data = generators_data(without, cached, n_layer) | {"alt": alt}
    component(data=data | {"digest": digest(data)}, key=key)


def generators_data(without: Clocked, cached: Clocked, n_layer: int) -> dict[str, Any]:
    """What the browser needs: the tokens, and of each side what every written one took."""
    text, n_given = without.text, without.n_given
    if (cached.text, cached.n_given) != (text, n_given):
        raise ValueError(
            f"the sides write {text!r} from {n_given} tokens and {cached.text!r} from "
            f"{cached.n_given}; one text is compared"
        )
    if len(text) > MOST_TOKENS:
        raise ValueError(f"{len(text)} tokens; at most {MOST_TOKENS} can be seen")
    if not 1 <= n_given < len(text):
        raise ValueError(f"n_given={n_given} leaves nothing to read or to write of {text!r}")
    if not 1 <= n_layer <= MOST_LAYERS:
        raise ValueError(f"n_layer={n_layer}; 1 to {MOST_LAYERS} layers can be seen")
    return {
        "tokens": list(text),
        "n_given": n_given,
        "n_layer": n_layer,
        "sides": [
            side_data(title, side) for title, side in zip(TITLES, (without, cached), strict=True)
        ],
    }


def side_data(title: str, side: Clocked) -> dict[str, Any]:
    """Raises ValueError for numbers that no writing of this text has."""
    n = len(side.text) - side.n_given
    for name in ("read", "flops", "seconds"):
        numbers = getattr(side, name)
        if numbers.shape != (n,):
            raise ValueError(f"{name} of {title!r} has shape {numbers.shape}, not ({n},)")
        if not (np.isfinite(numbers).all() and (numbers > 0).all()):
            raise ValueError(f"{name} of {title!r} holds {numbers.min()}; all are above 0")
    there = side.n_given + np.arange(n)
    if (side.read > there).any():
        at = int((side.read > there).argmax())
        raise ValueError(
            f"read of {title!r} is {side.read[at]} at step {at}, where {there[at]} tokens stand"
        )
    return {
        "title": title,
        "read": side.read.tolist(),
        "flops": side.flops.tolist(),
        "seconds": side.seconds.round(6).tolist(),
    }
