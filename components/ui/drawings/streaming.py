"""Weights that stream past the tokens of a step, and two clocks: bytes fetched, operations done.

Python sends the seconds of steps of more and more tokens, of one prompt and of as many texts; the
browser draws the step that its slider is at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from components.ui.drawings.drawing import digest, drawing, moments

if TYPE_CHECKING:
    from lab.published.step_time import StepTime

TURN = 10.0
"""Milliseconds in which a clock goes round."""


def dial(kind: str, name: str) -> str:
    return f"""
    <figure class="{kind}">
      <figcaption>{name}</figcaption>
      <svg class="dial" viewBox="-52 -52 104 104" aria-hidden="true"></svg>
      <b class="took"></b>
    </figure>"""


HTML = f"""
<div class="drawing streaming">
  <div class="controls">
    <div class="choice" role="group" aria-label="Tokens of a step">
      <button data-kind="prompt">one prompt is read</button>
      <button data-kind="texts">many texts are written</button>
    </div>
    <span class="about"></span>
  </div>
  <div class="scene" role="img">
    <div class="flow">
      <div class="memory"><span>memory</span><b class="weights"></b><b class="caches"></b></div>
      <svg class="layers" viewBox="0 0 300 104" aria-hidden="true"></svg>
      <svg class="tokens" viewBox="0 0 300 110" aria-hidden="true"></svg>
      <div class="used"></div>
    </div>
    <div class="times">
      <div class="dials">
        {dial("fetched", "bytes fetched")}
        {dial("done", "operations done")}
      </div>
      <div class="verdict"></div>
      <div class="turn">A full turn is {TURN:g} ms.</div>
    </div>
  </div>
  <svg class="plot" aria-hidden="true"></svg>
  {moments("Tokens of a step")}
  <div class="said" role="status"></div>
</div>
"""

component = drawing("streaming_weights", "streaming", HTML)


@dataclass(frozen=True)
class Streams:
    """Steps of so many tokens of one prompt, and of so many texts with caches, as far as these go.

    `marked` are counts with a name.
    """

    counts: Sequence[int]
    prompt: Sequence[StepTime]
    texts: Sequence[StepTime]
    n_behind: int
    weight_bytes: float
    cache_bytes: float
    n_layer: int
    marked: Sequence[tuple[int, str]]


def show_streaming(key: str, streams: Streams, *, alt: str, seconds: float = 10.0) -> None:
    """`cache_bytes` are those of one text. It waits at the step of one token.

    Raises ValueError for what `streaming_data` refuses.
    """
    data = streaming_data(streams) | {"alt": alt, "seconds": seconds}
    component(data=data | {"digest": digest(data)}, key=key)


def streaming_data(streams: Streams) -> dict[str, Any]:
    """Milliseconds of each step, as far as a turn of the clock.

    Raises ValueError for counts that do not rise from 1 on, and times that are missing or longer
    than a turn.
    """
    counts = list(streams.counts)
    if counts[:1] != [1] or counts != sorted(set(counts)):
        raise ValueError(f"counts={counts} rise from 1 on")
    if len(streams.prompt) != len(counts) or not 1 < len(streams.texts) <= len(counts):
        n = len(streams.prompt), len(streams.texts)
        raise ValueError(f"{n[0]} and {n[1]} steps for {len(counts)} counts")
    longest = max(1000 * max(s.fetching, s.operations) for s in (*streams.prompt, *streams.texts))
    if longest > TURN:
        raise ValueError(f"a step of {longest:.3g} ms; a turn is {TURN:g} ms")
    if unknown := [n for n, _ in streams.marked if n not in counts]:
        raise ValueError(f"marked={unknown} are no counts")
    return {
        "turn": TURN,
        "counts": counts,
        "prompt": milliseconds(streams.prompt),
        "texts": milliseconds(streams.texts),
        "n_behind": streams.n_behind,
        "weight_bytes": streams.weight_bytes,
        "cache_bytes": streams.cache_bytes,
        "n_layer": streams.n_layer,
        "marked": [list(mark) for mark in streams.marked],
    }


def milliseconds(steps: Sequence[StepTime]) -> dict[str, list[float]]:
    return {
        name: [round(1000 * getattr(step, name), 6) for step in steps]
        for name in ("weights", "caches", "operations")
    }
