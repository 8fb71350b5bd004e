"""FlashAttention over a real table of scores: a tile crosses it, and m, l and O of its rows change.

Python sends scores, values and which way to begin; the browser walks over the tiles, adds up what
passes between the two memories, and opens one row as cards whose order the reader changes.

Shapes: `N` tokens; a query sees itself and the keys before it. `D` numbers of a value are drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import digest, drawing, moments, sent_by
from lab.by_hand.flash import H100_MEMORIES, Memory
from lab.fields import require_whole

MOST_TOKENS, MOST_NUMBERS = 64, 8
"""Of more, a row or a number is too small to be seen."""

ORDERS = {"written": "as written", "first": "largest first", "last": "largest last"}


class Opened(NamedTuple):
    """What a reader has chosen: the row that is open, the sizes of a tile, and the order in which
    the cards of the row come, one of `ORDERS`."""

    row: int
    rows: int
    columns: int
    order: str = "written"


def box(memory: Memory) -> str:
    rate = f'<span class="longer">, {memory.speed}</span>'
    return f"<b>{memory.name}</b> {memory.size}{rate}"


HBM, L2, SHARED, REGISTERS = H100_MEMORIES

HTML = f"""
<div class="drawing tiles">
  <p class="headline">A tile crosses the table of scores; of each row only three things are kept.
    Pick any row.</p>
  <div class="controls">
    <div class="choice rows" role="group" aria-label="Queries in a tile"></div>
    <div class="choice columns" role="group" aria-label="Keys in a tile"></div>
    <div class="choice turned" role="group" aria-label="Row that is open">
      <span>row</span>
      <button type="button" class="above" aria-label="Row above">↑</button>
      <button type="button" class="below" aria-label="Row below">↓</button>
      <b class="at"></b>
    </div>
  </div>
  <svg class="plan"></svg>
  <div class="moved">
    <div class="memories">
      <div class="slow">{box(HBM)}</div>
      <div class="longer">{L2.name} between them, {L2.size}, not counted</div>
      <div class="fast">{box(SHARED)}<span class="longer"> + {REGISTERS.name}</span></div>
    </div>
    <div class="pass">
      <span>with tiles</span>
      <div class="bar" aria-hidden="true">
        <i class="more"></i><i class="read"></i><i class="written"></i><i class="end"></i>
      </div>
      <b class="passed"></b>
    </div>
    <div class="pass">
      <span>plain<span class="longer"> attention</span></span>
      <div class="bar" aria-hidden="true">
        <i class="whole">the whole table, its hidden half too, written and read</i>
      </div>
      <b class="plain"></b>
    </div>
    <div class="legend">
      <span><i class="read"></i>fetched <b class="n_read"></b></span>
      <span><i class="written"></i>written <b class="n_written"></b></span>
      <span><i class="end"></i>in the end <b class="flash"></b></span>
      <span><i class="more"></i>more than plain attention</span>
    </div>
  </div>
  {moments("Tile shown")}
  <div class="said" role="status"></div>
  <div class="opened" role="group">
    <div class="head">
      <b class="which"></b>
      <div class="choice orders" role="group" aria-label="Order in which its cards come">
        {"".join(f'<button data-order="{order}">{name}</button>' for order, name in ORDERS.items())}
      </div>
    </div>
    <ol class="cards" role="list" aria-label="Cards in the order in which they come"></ol>
    <div class="sums"><span class="m"></span><span class="l"></span><span class="O"></span></div>
    <div class="legend">
      <span><i class="was"></i>before it shrinks</span>
      <span><i class="shrunk"></i>kept</span>
      <span><i class="new"></i>has just come</span>
      <span>drag a card, or move it with the arrow keys</span>
    </div>
  </div>
</div>
"""

component = drawing("tiles_and_cards", "tiles", HTML)


def show_tiles(
    key: str,
    tokens: Sequence[str],
    scores: NDArray[np.floating[Any]],
    values: NDArray[np.floating[Any]],
    *,
    size: int,
    parts: Sequence[tuple[str, int, int]],
    rows: Sequence[int],
    columns: Sequence[int],
    opened: Opened,
    alt: str,
    bytes_per_number: int = 4,
    seconds: float = 7.0,
    on_read: Callable[[Opened], None] | None = None,
) -> None:
    """The `scores` (N, N) of `tokens`, and of each value (N, D) the numbers that are drawn; a
    query, a key and a value have `size` numbers each.

    A tile has so many queries as one of `rows` says and keys as one of `columns`; `parts` of the
    text are named at the edge, each with its first token and the one behind its last. The walk
    takes so many `seconds`. `on_read` is called at every choice of a reader. Raises ValueError for
    what `tiles_data` refuses.
    """
    data = tiles_data(
        tokens, scores, values, size=size, rows=rows, columns=columns, opened=opened
    ) | {
        "parts": [[*part] for part in parts],
        "bytes": bytes_per_number,
        "alt": alt,
        "seconds": seconds,
    }

    def read() -> None:
        sent = sent_by(key, "read")
        if on_read and sent:
            on_read(Opened(*sent))

    component(data=data | {"digest": digest(data)}, key=key, on_read_change=read)


def tiles_data(
    tokens: Sequence[str],
    scores: NDArray[np.floating[Any]],
    values: NDArray[np.floating[Any]],
    *,
    size: int,
    rows: Sequence[int],
    columns: Sequence[int],
    opened: Opened,
) -> dict[str, Any]:
    """What the browser needs, as plain numbers: of each row the scores that its query may see.

    Raises ValueError for no token or more than `MOST_TOKENS`, for scores and values that do not fit
    them or are not finite, for a tile with no token or more than there are, and for an `opened`
    that is none of these.
    """
    n = len(tokens)
    require_whole("tokens", n, most=MOST_TOKENS)
    require_whole("size", size)
    for name, sizes in (("rows", rows), ("columns", columns)):
        for one in sizes:
            require_whole(name, one, most=n)
    if scores.shape != (n, n):
        raise ValueError(f"scores of shape {scores.shape}; ({n}, {n}) is wanted")
    if values.ndim != 2 or len(values) != n or not 1 <= values.shape[1] <= MOST_NUMBERS:
        wanted = f"({n}, D) with D from 1 to {MOST_NUMBERS}"
        raise ValueError(f"values of shape {values.shape}; {wanted} is wanted")
    seen = [np.round(scores[i, : i + 1].astype(np.float64), 4) for i in range(n)]
    if not (all(np.isfinite(row).all() for row in seen) and np.isfinite(values).all()):
        raise ValueError("a score or a value is not finite")
    allowed = (range(n), rows, columns, ORDERS)
    for name, one, of in zip(Opened._fields, opened, allowed, strict=True):
        if one not in of:
            raise ValueError(f"{name}={one!r}; it is one of {[*of]}")
    return {
        "tokens": [*tokens],
        "scores": [row.tolist() for row in seen],
        "values": np.round(values.astype(np.float64), 4).tolist(),
        "size": size,
        "rows": [*rows],
        "columns": [*columns],
        "opened": [*opened],
    }
