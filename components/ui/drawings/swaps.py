"""A carry predicted and observed: something of one problem is copied into another, problem by
problem, and each mark stands at the digit that was predicted and the digit that was written.

Everything is counted beforehand; the browser puts the marks where they belong.

Shapes: `N` swaps, each of two problems.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from components.ui.drawings.drawing import digest, drawing, moments, sent_by

MOST_SWAPS = 200
"""Of more the marks would be too small to be seen."""

KINDS = ("carry", "column", "digit", "nothing", "else")
"""What may come of a swap, as `lab.experiments.carry_swaps.OUTCOMES`."""


class Swap(NamedTuple):
    """The problem that is written and the one that is copied from, in words; what the column of the
    first comes to, and both carries; and how the column of the first and the carry of the second
    come about, between asterisks the digits that make them."""

    written: str
    source: str
    column: int
    carries: tuple[int, int]
    working: tuple[str, str]


class Site(NamedTuple):
    """What is copied. Layer by layer, of each swap the digit that was written ("." for none) and
    the number of its kind, (N,) characters each."""

    name: str
    digits: Sequence[str]
    kinds: Sequence[str]


class Carried(NamedTuple):
    """A carry: what it is called, its swaps, what may be copied in them, and what the digits are
    called that make it and the digit that it goes into."""

    name: str
    swaps: Sequence[Swap]
    sites: Sequence[Site]
    places: tuple[str, str]


HTML = f"""
<div class="drawing swaps">
  <div class="head">
    <p class="headline">Copy one part, see which digit is written</p>
    <div class="asked">
      <label><span>Carry</span> <select class="carry"></select></label>
      <label><span>Copied</span> <select class="what"></select></label>
      <label class="of"><span>in layer</span> <select class="layer"></select></label>
      <label><span>Network</span> <select class="network"></select></label>
    </div>
  </div>
  <div class="board">
    <div class="experiment"></div>
    <div class="found">
      <p class="outcome"></p>
      <p class="counts"></p>
    </div>
    <svg class="grid" role="group"></svg>
  </div>
  {moments("Problems copied")}
  <div class="said" role="status"></div>
</div>
"""

component = drawing("carry_predicted_and_observed", "swaps", HTML)


def show_swaps(
    key: str,
    carries: Sequence[Carried],
    *,
    chosen: tuple[int, int, int] = (0, 0, 0),
    networks: Sequence[str],
    network: int = 0,
    on_network: Callable[[int], None] | None = None,
    alt: str,
    seconds: float = 8.0,
) -> None:
    """Each carry with what may be copied; `chosen`: which carry, site and layer are shown first.
    The carries are those of `network`, one of `networks`; `on_network` gets the one that a reader
    chooses instead. Of one carry, or one network, there is nothing to choose.

    Raises ValueError for no swap or more than `MOST_SWAPS`, for lists that do not fit one another,
    for characters that are no digit or no kind, and for a choice that is not there.
    """
    if not 0 <= network < len(networks):
        raise ValueError(f"network={network} is none of {len(networks)}")
    data = swaps_data(carries, chosen) | {"alt": alt, "seconds": seconds}
    data |= {"networks": [*networks], "network": network}

    def changed() -> None:
        sent = sent_by(key, "network")
        if on_network and isinstance(sent, int) and 0 <= sent < len(networks):
            on_network(sent)

    component(data=data | {"digest": digest(data)}, key=key, on_network_change=changed)


def swaps_data(carries: Sequence[Carried], chosen: tuple[int, int, int]) -> dict[str, Any]:
    if not carries:
        raise ValueError("no carry; at least one is wanted")
    for one in carries:
        require_carried(one)
    carry, site, layer = chosen
    if not (
        0 <= carry < len(carries)
        and 0 <= site < len(carries[carry].sites)
        and 0 <= layer < len(carries[carry].sites[site].digits)
    ):
        raise ValueError(f"chosen={chosen} is no carry, site and layer that there is")
    return {
        "carries": [
            {
                "name": name,
                "places": [*places],
                "swaps": [[x, y, column, *both, *how] for x, y, column, both, how in swaps],
                "sites": [[site.name, [*site.digits], [*site.kinds]] for site in sites],
            }
            for name, swaps, sites, places in carries
        ],
        "chosen": [*chosen],
    }


def require_carried(one: Carried) -> None:
    n = len(one.swaps)
    if not 1 <= n <= MOST_SWAPS:
        raise ValueError(f"{n} swaps of {one.name!r}; 1 to {MOST_SWAPS} can be seen")
    if not one.sites:
        raise ValueError(f"nothing to copy of {one.name!r}")
    for name, digits, kinds in one.sites:
        if not digits or len(digits) != len(kinds):
            raise ValueError(f"{name!r}: digits of {len(digits)} layers, kinds of {len(kinds)}")
        for layer, (written, came) in enumerate(zip(digits, kinds, strict=True)):
            if {len(written), len(came)} != {n}:
                raise ValueError(
                    f"{name!r}, layer {layer}: {len(written)} digits and {len(came)} kinds of {n}"
                )
            if bad := sorted({*written} - {*"0123456789."}):
                raise ValueError(f"{name!r}, layer {layer}: {bad} are no digits")
            if bad := sorted({*came} - {*map(str, range(len(KINDS)))}):
                raise ValueError(f"{name!r}, layer {layer}: {bad} are no kinds")
