"""The lead of a written token as bars, one for each part of the model; a part is taken out by hand.

The browser adds up the bars once when it is opened, takes one of them out, and rests. A reader
takes out another: its bar leaves the sum, and above stands what the model does without it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from components.ui.drawings.drawing import digest, drawing, moments, sent_by

if TYPE_CHECKING:
    from lab.interp.taken_out import TakenOut

HTML = f"""
<div class="drawing ledger">
  <p class="headline"></p>
  <div class="texts">
    <div class="line"><span>the model writes</span><div class="cells whole" role="group"
      aria-label="The token whose lead is shown"></div></div>
    <div class="line without"><span>without <b class="missing"></b></span>
      <div class="cells anew"></div></div>
  </div>
  <svg class="plot" role="group"></svg>
  {moments("Parts added")}
  <div class="said" role="status"></div>
</div>
"""

GIVEN = "token + position"
"""What the model is given; it can be taken out of no model."""

component = drawing("lead_as_a_sum", "ledger", HTML)


def show_ledger(
    key: str,
    found: TakenOut,
    names: Sequence[str],
    place: int,
    *,
    alt: str,
    out: str = "",
    on_take: Callable[[int, str], None] | None = None,
    seconds: float = 4.5,
) -> None:
    """`names` of the written tokens; at first the token at `place` is shown, with the part `out`
    taken out, if any. `on_take(place, part)` is called at every choice of a reader.

    Raises ValueError for a place that is not written, a part that is none, or names that do not
    fit.
    """
    data = ledger_data(found, names, place, out) | {"alt": alt, "seconds": seconds}

    def taken() -> None:
        sent = sent_by(key, "taken")
        if on_take and sent:
            on_take(int(sent[0]), str(sent[1]))

    component(data=data | {"digest": digest(data)}, key=key, on_taken_change=taken)


def ledger_data(found: TakenOut, names: Sequence[str], place: int, out: str) -> dict[str, Any]:
    """What the browser needs, token and position as one part."""
    n = len(found.leads)
    if len(names) != n:
        raise ValueError(f"{len(names)} names; {n} tokens are written")
    if not 0 <= place - found.given < n:
        raise ValueError(
            f"place={place}; tokens {found.given} to {found.given + n - 1} are written"
        )
    given = [added for part, added in found.added.items() if part not in found.without]
    own = {part: added for part, added in found.added.items() if part in found.without}
    parts = [part_of(GIVEN, [sum(terms) for terms in zip(*given, strict=True)])]
    parts += [part_of(part, added) for part, added in own.items()]
    if out and out not in own:
        raise ValueError(f"out={out!r}; it is one of {', '.join(own)}")
    return {
        "tokens": list(found.text),
        "given": found.given,
        "names": [*names],
        "rivals": found.rivals,
        "leads": found.leads,
        "parts": parts,
        "without": [None, *(vars(found.without[part]) for part in own)],
        "at": place - found.given,
        "out": 1 + list(own).index(out) if out else None,
    }


def part_of(name: str, added: Sequence[float]) -> dict[str, Any]:
    """'head 0.2' is of kind head and layer 0; what the model is given has no layer."""
    kind, _, where = name.partition(" ")
    inside = kind in ("head", "FFN")
    return {
        "name": name,
        "kind": kind if inside else "given",
        "layer": int(where.split(".")[0]) if inside else None,
        "added": [*added],
    }
