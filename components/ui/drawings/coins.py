"""What a model expects next as bars, and the loss of the right token as a pile of coins.

The browser lets the wrong token that the model wrote grow to where the model has it, and rests. A
reader drags its bar or that of the right one; all others stay. Probabilities and loss are worked
out there, with the equations of `lab.by_hand.mlp`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from components.ui.drawings.drawing import digest, drawing, moments

HTML = f"""
<div class="drawing coins">
  <p class="headline"></p>
  <svg class="plot" role="group"></svg>
  {moments("Certainty of the wrong digit")}
  <div class="said" role="status"></div>
  <div class="legend">
    <span class="wrong"><i></i>the wrong digit that it wrote</span>
    <span class="right"><i></i>the right digit</span>
    <span><i class="coin"></i>one coin: a guess at one half, ln 2 = 0.69 nats</span>
  </div>
</div>
"""

BELOW, ABOVE, ROOM = 11.0, 11.0, 1.0
"""How far the logit of the wrong token can be moved from where the model has it, and beyond."""

component = drawing("loss_in_coins", "coins", HTML)


def show_coins(
    key: str,
    given: str,
    tokens: str,
    p: Sequence[float],
    right: str,
    wrong: str,
    *,
    shown: int,
    alt: str,
    seconds: float = 4.0,
) -> None:
    """`p` is what the model gives to each of `tokens` after the text `given`; the first `shown`
    have a bar. Raises ValueError as `coins_data`."""
    data = coins_data(given, tokens, p, right, wrong, shown) | {"alt": alt, "seconds": seconds}
    component(data=data | {"digest": digest(data)}, key=key)


def coins_data(
    given: str, tokens: str, p: Sequence[float], right: str, wrong: str, shown: int
) -> dict[str, Any]:
    """Logits with a mean of zero over what is shown: only their differences count.

    Raises ValueError for probabilities that do not fit the tokens or are not above zero, and for a
    right or wrong token that has no bar.
    """
    if len(p) != len(tokens) or min(p) <= 0:
        raise ValueError(f"{len(p)} probabilities from {min(p)}; {len(tokens)} above 0 are wanted")
    if right == wrong or not {right, wrong} <= {*tokens[:shown]}:
        raise ValueError(f"{right=}, {wrong=}; two of {tokens[:shown]!r} are wanted")
    logits = [math.log(x) for x in p]
    middle = sum(logits[:shown]) / shown
    logits = [round(logit - middle, 3) for logit in logits]
    at = logits[tokens.index(wrong)]
    return {
        "given": given,
        "tokens": tokens,
        "logits": logits,
        "shown": shown,
        "right": tokens.index(right),
        "wrong": tokens.index(wrong),
        "low": round(at - BELOW, 3),
        "high": round(at + ABOVE, 3),
        "least": round(min(*logits[:shown], at - BELOW) - ROOM, 3),
        "most": round(at + ABOVE + ROOM, 3),
    }
