"""Figures that open a page: real numbers that move once and rest, in HTML and CSS alone.

They need no script of their own, so they stand there as soon as the page does. Under
`prefers-reduced-motion` they are drawn as they rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from lab.numerals import written

Numbers = NDArray[np.float64]


def opener(body: str, alt: str, caption: str) -> str:
    """A figure with its sentence below it."""
    return (
        f'<figure class="wb-opener"><div role="img" aria-label="{escape(alt)}">{body}</div>'
        f"<figcaption>{escape(caption)}</figcaption></figure>"
    )


def contribution_map(lengths: Numbers, lines: Sequence[str], text: str) -> str:
    """How long a contribution each line of the stream holds at each token, line by line: `lengths`
    (lines, T), on a logarithmic scale from 1. Below it, the scale: powers of ten, and the longest.
    """
    longest = lengths.max()

    def strength(length: Numbers) -> Numbers:
        return np.log10(np.maximum(length, 1)) / np.log10(longest)

    head = "".join(f"<span>{token}</span>" for token in text)
    rows = "".join(
        f'<b style="--i:{n}">{line}</b>'
        + "".join(f'<i style="--s:{100 * s:.0f}%;--i:{n}"></i>' for s in row)
        for n, (line, row) in enumerate(zip(lines, strength(lengths).tolist(), strict=True))
    )
    marks = [*(10.0**power for power in range(int(np.log10(longest)) + 1)), longest]
    names = ["1 or less", *(written(mark, "{:,.0f}") for mark in marks[1:])]
    scale = "".join(
        f'<span><i style="--s:{100 * s:.0f}%"></i>{name}</span>'
        for s, name in zip(strength(np.array(marks)).tolist(), names, strict=True)
    )
    scale = f'<div class="wb-shades"><span>length of a contribution</span>{scale}</div>'
    return f'<div class="wb-notes" style="--n:{len(text)}"><b></b>{head}{rows}</div>{scale}'
