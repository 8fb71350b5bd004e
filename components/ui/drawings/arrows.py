"""Attention drawn: keys as arrows, a query that follows the hand, weights as ribbons, the blend.

The browser computes the weights while the hand moves, with the equation of `lab.by_hand.attention`;
on release the query comes back to Python. In the same plane a head learns, whose arrows are sent
frame by frame. The same ribbons show a real head, whose weights are sent.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import digest, drawing, moments, sent_by
from lab.by_hand.attention import KEY_LENGTH, LONGEST_QUERY
from lab.by_hand.learning_head import Film, read
from lab.data.vocabulary import encode

Numbers = NDArray[np.float64]

HTML = f"""
<div class="drawing head">
  <p class="headline"></p>
  <div class="picture"><svg class="plane" role="group"></svg></div>
  <div class="side">
    <div class="score"><span class="loss"></span><b class="wrong"></b>
      <span class="problems"></span> wrong
      <div class="track"><div class="missed"></div></div></div>
    <div class="caption lead"></div>
    <div class="row"><svg class="ribbons" aria-hidden="true"></svg><div class="tokens"></div></div>
    <div class="mix"><div class="caption mixed"></div>
      <div class="blend"></div></div>
    <div class="said" role="status"></div>
  </div>
  {moments()}
</div>
"""

LONGEST_SWEPT = KEY_LENGTH / 0.7
"""Of the query that goes round: its keys reach far out in the picture."""

component = drawing("attention_head", "arrows", HTML)


def show_query(
    key: str,
    text: str,
    places: Sequence[str],
    keys: Numbers,
    angle: float,
    length: float,
    *,
    alt: str,
    wanted: Collection[int] = (),
    on_turn: Callable[[float, float], None] | None = None,
    sweep: bool = False,
) -> None:
    """A constructed head: `keys` (S, 2) of the tokens of `text`, and the query of the last one.

    The query has an angle in degrees and a length; with `sweep` it goes round once when it is
    opened. `on_turn(angle, length)` is called on release.
    """
    data = query_data(text, places, keys, angle, length)
    data |= {"alt": alt, "wanted": [*wanted], "sweep": sweep}
    if sweep:
        data["longest"] = round(LONGEST_SWEPT, 1)
    data["digest"] = digest(data)

    def turned() -> None:
        sent = sent_by(key, "query")
        if on_turn and sent:
            on_turn(*read_query(sent))

    component(data=data, key=key, on_query_change=turned)


def show_learning(
    key: str,
    text: str,
    places: Sequence[str],
    name: str,
    film: Film,
    at: Sequence[int] | None,
    *,
    alt: str,
    wanted: Collection[int] = (),
    problems: str = "held-out problems",
) -> None:
    """A head in training, which reads `text` at the positions `at`; `problems`: those that the film
    counts. Another `name` of a film is played once."""
    data = learning_data(text, places, film, at)
    data |= {"film": name, "alt": alt, "wanted": [*wanted], "problems": problems}
    component(data=data | {"digest": digest(data)}, key=key)


def show_weights(
    key: str, text: str, places: Sequence[str], weights: Numbers, at: int, *, alt: str
) -> None:
    """A real head: its weights (T, T) on `text`, read from token `at` at first."""
    data = weights_data(text, places, weights) | {"at": at, "alt": alt, "wanted": []}
    component(data=data | {"digest": digest(data)}, key=key)


def query_data(
    text: str, places: Sequence[str], keys: Numbers, angle: float, length: float
) -> dict[str, Any]:
    """What the browser needs to draw the keys and to match them with any query."""
    return {
        "tokens": list(text),
        "places": list(places),
        "keys": keys.round(6).tolist(),
        "angle": angle,
        "length": length,
        "longest": LONGEST_QUERY,
        "key_length": KEY_LENGTH,
    }


def learning_data(
    text: str, places: Sequence[str], film: Film, at: Sequence[int] | None
) -> dict[str, Any]:
    """What the browser needs to match the keys with the query in each frame."""
    readings = [read(frame, encode(text)[None], at) for frame in film.frames]
    frames = [
        {
            "step": frame.step,
            "query": reading.query[0].round(3).tolist(),
            "keys": reading.keys[0].round(3).tolist(),
            "p": reading.p[0].round(3).tolist(),
            "errors": errors,
            "loss": round(loss, 3),
        }
        for frame, reading, errors, loss in zip(
            film.frames, readings, film.errors, film.losses, strict=True
        )
    ]
    return {
        "tokens": list(text),
        "places": list(places),
        "frames": frames,
        "n": film.n,
        "longest": LONGEST_QUERY,
    }


def weights_data(text: str, places: Sequence[str], weights: Numbers) -> dict[str, Any]:
    return {"tokens": list(text), "places": list(places), "weights": weights.round(4).tolist()}


def read_query(sent: Sequence[float]) -> tuple[int, float]:
    """An angle of 0 to 359 whole degrees and a length in tenths, whatever the browser sent."""
    angle, length = (float(x) if np.isfinite(float(x)) else 0.0 for x in sent)
    return round(angle) % 360, round(min(max(length, 0.0), LONGEST_QUERY), 1)
