"""Figures that open a page: real numbers that move once and rest, in HTML and CSS alone.

They need no script of their own, so they stand there as soon as the page does. Under
`prefers-reduced-motion` they are drawn as they rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from lab.data.problems import Format

Numbers = NDArray[np.float64]

LEAST_PRICE = 0.05
"""Nats from which a loss is written above its bar."""

TURN_SECONDS = 5
"""What moves longer has a strip of controls, and these figures have none."""


def opener(body: str, alt: str, caption: str) -> str:
    """A figure with its sentence below it."""
    return (
        f'<figure class="wb-opener"><div role="img" aria-label="{escape(alt)}">{body}</div>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def priced_text(text: str, form: Format, prices: Sequence[float], written_from: int) -> str:
    """The loss of each token that is written, as a bar that stands on it. `prices`: nats of all
    tokens but the first. Raises ValueError if they are not as many."""
    if len(prices) != len(text) - 1:
        raise ValueError(f"{len(prices)} prices; a text of {len(text)} tokens has {len(text) - 1}")
    most = max(prices[written_from - 1 :])
    columns: list[str] = []
    for i, token in enumerate(text):
        price = prices[i - 1] if i >= written_from else 0.0
        label = f"<b>{price:.2f}</b>" if price >= LEAST_PRICE else ""
        columns.append(
            f'<div style="--share:{price / most:.4f};--i:{max(0, i - written_from)}">{label}<i></i>'
            f'<span class="wb-token wb-{form.field_at(i).role}">{token}</span></div>'
        )
    return f'<div class="wb-priced">{"".join(columns)}</div>'


def contribution_map(lengths: Numbers, lines: Sequence[str], text: str) -> str:
    """How long a contribution each line of the stream holds at each token, line by line: `lengths`
    (lines, T), on a logarithmic scale from 1."""
    strength = np.log10(np.maximum(lengths, 1)) / np.log10(lengths.max())
    head = "".join(f"<span>{token}</span>" for token in text)
    rows = "".join(
        f'<b style="--i:{n}">{line}</b>'
        + "".join(f'<i style="--s:{100 * s:.0f}%;--i:{n}"></i>' for s in row)
        for n, (line, row) in enumerate(zip(lines, strength.tolist(), strict=True))
    )
    return f'<div class="wb-notes" style="--n:{len(text)}"><b></b>{head}{rows}</div>'


def turning_clocks(speeds: Sequence[float], places: int) -> str:
    """A clock for each speed, in radians per position; the hands turn from 0 to `places`."""
    clocks = "".join(
        f'<div><div class="wb-dial"><i style="--turn:{speed * places:.4f}rad"></i></div>'
        f"<span>{speed:.2g}</span></div>"
        for speed in speeds
    )
    ruler = f'<div class="wb-ruler"><span>position 0</span><i></i><span>{places}</span></div>'
    return f'<div class="wb-turning" style="--t:{TURN_SECONDS}s"><div>{clocks}</div>{ruler}</div>'
