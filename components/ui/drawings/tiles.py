"""FlashAttention over the table of scores: a tile is made, used and thrown away, none is kept.

Python says whether a tile fits and how much is moved in all; the browser walks over the tiles,
and says what lies in fast memory at each and how many numbers have been moved by then.

Shapes: `T` queries, `S` keys; where it is causal, T is S.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from components.ui.drawings.drawing import digest, drawing, moments
from lab.by_hand.flash import held, moved_by_flash, moved_by_plain, tiles_of
from lab.fields import require_whole

MOST_TILES = 4096
"""Of more, a tile is too small to be seen."""

MOST_LABELS = 32
"""Of more tokens the edges have no room for labels: they are numbered."""

PARTS = {
    "query": "Q<sub>i</sub>",
    "key": "K<sub>j</sub>",
    "value": "V<sub>j</sub>",
    "score": "S, or P instead",
    "output": "O<sub>i</sub>",
    "most": "m",
    "sum": "l",
}
"""What lies in fast memory."""

ROWS = "".join(
    f'<tr class="{part}"><th scope="row"><i></i>{name}</th>'
    '<td class="shape"></td><td class="count"></td></tr>'
    for part, name in PARTS.items()
)
STROKES = "M0 4L4 0M0 10L10 0M6 10L16 0M12 10L18 4"

HTML = f"""
<div class="drawing tiles">
  <div class="picture">
    <div class="title">The table of scores: queries down, keys across</div>
    <svg class="plan" role="img"></svg>
    {moments("Tile shown")}
    <div class="said" role="status"></div>
    <div class="legend">
      <span><i class="now"></i>computed now, from what is lit at the edges</span>
      <span><i class="made"></i>made, used, thrown away: no tile is kept</span>
      <span><i class="done"></i>O that is put into slow memory</span>
      <span class="skipped">
        <svg viewBox="0 0 18 10"><path class="hatch" d="{STROKES}"/></svg>later keys, hidden:
        a tile of nothing else is skipped
      </span>
    </div>
  </div>
  <div class="panel">
    <table>
      <caption class="title">In fast memory</caption>
      <tbody>{ROWS}</tbody>
      <tfoot>
        <tr>
          <th scope="row" colspan="2">together, of M = <span class="room"></span> numbers</th>
          <td class="total"></td>
        </tr>
      </tfoot>
    </table>
    <div class="bar fast" aria-hidden="true">
      {"".join(f'<i class="{part}"></i>' for part in PARTS)}
    </div>
    <div class="moved">
      <div class="title">Numbers moved between slow and fast memory</div>
      <div class="bar" aria-hidden="true">
        <i class="read"></i><i class="written"></i><i class="end"></i><i class="mark"></i>
      </div>
      <div class="legend">
        <span><i class="read"></i>read <b class="n_read"></b></span>
        <span><i class="written"></i>written <b class="n_written"></b></span>
        <span>together <b class="together"></b></span>
        <span><i class="end"></i>in the end <b class="flash"></b></span>
        <span><i class="mark"></i>plain attention, which writes and reads all of S and P,
          <b class="plain"></b></span>
      </div>
      <div class="past"></div>
    </div>
  </div>
</div>
"""

component = drawing("walk_over_scores", "tiles", HTML)


def show_tiles(
    key: str,
    *,
    n_query: int,
    n_key: int,
    d_key: int,
    d_value: int,
    rows: int,
    columns: int,
    fast: int,
    causal: bool,
    labels: Sequence[str] | None = None,
    alt: str,
    seconds: float = 8.0,
) -> None:
    """T queries meet S keys in tiles of `rows` and `columns`; fast memory holds `fast` numbers.

    The walk takes so many `seconds` when the drawing is opened; of other sizes that come later its
    end is shown. `labels`, one a token, stand at the edges if there are at most `MOST_LABELS`.
    Raises ValueError for what `tiles_data` refuses.
    """
    data = tiles_data(
        n_query=n_query,
        n_key=n_key,
        d_key=d_key,
        d_value=d_value,
        rows=rows,
        columns=columns,
        fast=fast,
        causal=causal,
        labels=labels,
    )
    data |= {"alt": alt, "seconds": seconds}
    component(data=data | {"digest": digest(data)}, key=key)


def tiles_data(
    *,
    n_query: int,
    n_key: int,
    d_key: int,
    d_value: int,
    rows: int,
    columns: int,
    fast: int,
    causal: bool,
    labels: Sequence[str] | None = None,
) -> dict[str, Any]:
    """What the browser needs, as plain numbers.

    Raises ValueError for a tile without tokens or with more than there are, for more tiles than
    `MOST_TILES`, for one that `fast` numbers have no room for, for causal attention of other than
    as many queries as keys, and for labels that are not one a token.
    """
    sizes = {"n_query": n_query, "n_key": n_key, "d_key": d_key, "d_value": d_value}
    for name, size in sizes.items():
        require_whole(name, size)
    require_whole("rows", rows, most=n_query)
    require_whole("columns", columns, most=n_key)
    require_seen(n_query, n_key, rows, columns)
    require_room(fast, rows, columns, d_key, d_value)
    if labels is not None and not len(labels) == n_query == n_key:
        tokens = f"{n_query} queries and {n_key} keys"
        raise ValueError(f"{len(labels)} labels of {tokens}; one a token is wanted, or none")
    return {
        **sizes,
        "rows": rows,
        "columns": columns,
        "fast": fast,
        "causal": causal,
        "labels": [*labels] if labels and n_query <= MOST_LABELS else [],
        "flash": moved_by_flash(n_query, n_key, d_key, d_value, rows=rows, causal=causal),
        "plain": moved_by_plain(n_query, n_key, d_key, d_value),
    }


def require_seen(n_query: int, n_key: int, rows: int, columns: int) -> None:
    """Raise ValueError for more tiles than can be seen; it says how many there are."""
    n = len([*tiles_of(n_query, rows)]) * len([*tiles_of(n_key, columns)])
    if n > MOST_TILES:
        of = f"{rows} queries and {columns} keys"
        raise ValueError(f"{n:,} tiles of {of}; 1 to {MOST_TILES:,} can be seen: take larger ones")


def require_room(fast: int, rows: int, columns: int, d_key: int, d_value: int) -> None:
    """Raise ValueError for a tile that does not fit; it says how many numbers it takes."""
    taken = held(rows, columns, d_key, d_value)
    if fast < taken:
        raise ValueError(
            f"fast={fast:,} holds no tile of {rows} queries and {columns} keys, which takes "
            f"{taken:,} numbers: take a smaller one"
        )
