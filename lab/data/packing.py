"""Problem after problem in one stream of tokens, as a language model reads its books.

Shapes: `N` streams of `S` tokens, `M` texts of `L` tokens.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.data.problems import Format
from lab.data.vocabulary import Tokens


def texts_in(length: int, form: Format) -> int:
    """How many texts touch a stream of `length` tokens at most."""
    return (length - 2) // form.length + 2


def pack(
    texts: Tokens, mask: NDArray[np.bool_], n: int, length: int, rng: np.random.Generator
) -> tuple[Tokens, NDArray[np.bool_], NDArray[np.int64]]:
    """`n` streams cut at random from the texts (M, L) one behind the other.

    Gives streams and loss mask, (N, S), and where in its first text each begins, (N,). A problem
    whose beginning was cut off bears no loss, for nobody could go on with it.
    """
    width = texts.shape[1]
    # Cut anywhere: if each stream began with a text, a position alone would tell the field.
    starts = rng.integers(0, width, n)
    streams, loss = (cut(x, n, length, starts) for x in (texts, mask))
    return streams, loss & ~headless(width, length, starts), starts


def cut(x: NDArray[Any], n: int, length: int, starts: NDArray[np.int64]) -> NDArray[Any]:
    """Rows of `length`, the i-th from `starts[i]` on of its share of x."""
    lines = x.reshape(n, -1)
    return np.take_along_axis(lines, starts[:, None] + np.arange(length), axis=1)


def headless(width: int, length: int, starts: NDArray[np.int64]) -> NDArray[np.bool_]:
    """True on the tokens of a text whose beginning lies before the stream, (N, S)."""
    return (starts[:, None] > 0) & (starts[:, None] + np.arange(length) < width)


def whole_texts(width: int, length: int, starts: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """For each stream the slots at which a text begins that also ends within it."""
    return [np.arange(-start % width, length - width + 1, width) for start in starts]
