"""Many changes on one scale: how many times fewer errors each leaves, a dot a seed.

A row is a change, in its group; whoever points at it, or comes to it with the arrows, reads which
two arms it compares and where that was measured. The browser only places what it is sent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log10
from typing import Any

from components.ui.drawings.drawing import digest, drawing

HTML = """
<div class="drawing weighing">
  <div class="panel">
    <a class="where" target="_self"></a>
    <div class="said" role="status"></div>
  </div>
  <div class="scale" aria-hidden="true"></div>
  <div class="rows" role="group"></div>
  <button class="more" type="button"></button>
</div>
"""

Groups = Mapping[str, Sequence[Mapping[str, Any]]]
"""The rows of each group, by its name."""

component = drawing("weighed_changes", "weighing", HTML)

LOW, HIGH = -2.5, 4.0
"""Ends of the scale, powers of ten: from some hundred times as many errors to ten thousand times
fewer."""

TICKS = {-2: "100×", -1: "10×", 0: "alike", 1: "10×", 2: "100×", 3: "1,000×"}


def show_weighing(
    key: str,
    groups: Mapping[str, Sequence[Mapping[str, Any]]],
    hues: Mapping[str, str],
    *,
    alt: str,
) -> None:
    """A row has a `name`, the ratios of its seeds as `dots`, their `median`, whether they `agree`,
    what is `said` of it at the link to its `page`, whose words are in `where`, and whether it is
    among the `first`: a button shows the others.

    `hues` of the groups, names of colours.json. Raises ValueError for a ratio off the scale.
    """
    data = weighing_data(groups, hues) | {"alt": alt}
    component(data=data | {"digest": digest(data)}, key=key)


def weighing_data(groups: Groups, hues: Mapping[str, str]) -> dict[str, Any]:
    """What the browser needs: every ratio as its place on the scale, from 0 to 1."""
    return {
        "ticks": [[at(10.0**power), words] for power, words in TICKS.items()],
        "groups": [
            {
                "name": name,
                "hue": hues[name],
                "rows": [
                    {
                        **row,
                        "dots": [at(ratio) for ratio in row["dots"]],
                        "median": at(row["median"]),
                    }
                    for row in rows
                ],
            }
            for name, rows in groups.items()
        ],
    }


def at(ratio: float) -> float:
    """Where a ratio stands on the scale."""
    place = (log10(ratio) - LOW) / (HIGH - LOW)
    if not 0 <= place <= 1:
        raise ValueError(f"a ratio of {ratio:g} is off the scale, {10**LOW:g} to {10**HIGH:g}")
    return round(place, 4)
