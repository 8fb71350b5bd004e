"""One problem twice, token by token: teacher forced, and as the model writes it for itself.

The browser plays both lines side by side once, and rests with the whole. Pointing at a token tells
what the model was evaluated on before it, and what the right token cost.

Shapes: `W` written tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from components.ui.drawings.drawing import digest, drawing, moments

HTML = f"""
<div class="drawing forced">
  <div class="title">The loss of each right token, in nats, and their mean</div>
  <div class="race" role="group">
    <div class="lane lane0"><p><span>Teacher forcing: it reads the right tokens</span>
      <span class="sum"></span></p><div class="columns"></div></div>
    <div class="lane lane1"><p><span>Writing for itself: it reads its own tokens</span>
      <span class="sum"></span></p><div class="columns"></div></div>
  </div>
  {moments("Tokens written")}
  <div class="said" role="status"></div>
  <div class="legend">
    <span><i class="forcing"></i>the right token stands there</span>
    <span><i class="own"></i>it wrote a wrong one</span>
    <span><i class="after"></i>rightly added up from wrong numbers</span>
  </div>
</div>
"""

component = drawing("forced_and_alone", "forced", HTML)


class Race(NamedTuple):
    """A problem that a model is taught and writes. Texts with the problem in front; losses in nats
    of the right token, (W,), behind the right text and behind its own."""

    right: str
    own: str
    implied: str
    """What is right at each place of its own text, given the tokens before."""
    forced: Sequence[float]
    alone: Sequence[float]


def show_race(
    key: str, race: Race, names: Sequence[str], *, alt: str, seconds: float = 7.0
) -> None:
    """`names` of the written tokens. Raises ValueError for texts, losses and names that do not
    fit."""
    data = race_data(race, names) | {"alt": alt, "seconds": seconds}
    component(data=data | {"digest": digest(data)}, key=key)


def race_data(race: Race, names: Sequence[str]) -> dict[str, Any]:
    """What the browser needs, as plain numbers."""
    n = len(names)
    if not n == len(race.forced) == len(race.alone):
        raise ValueError(f"{len(race.forced)} and {len(race.alone)} losses; {n} tokens are written")
    given = len(race.right) - n
    if not len(race.right) == len(race.own) == len(race.implied):
        raise ValueError(f"{race.own!r} and {race.implied!r} are not as long as {race.right!r}")
    follows = [
        own != right and own == implied
        for own, right, implied in zip(race.own, race.right, race.implied, strict=True)
    ]
    return {
        "given": given,
        "right": race.right,
        "names": [*names],
        "lanes": [
            {"text": text, "losses": [round(float(loss), 4) for loss in losses]}
            for text, losses in ((race.right, race.forced), (race.own, race.alone))
        ],
        "follows": follows[given:],
    }
