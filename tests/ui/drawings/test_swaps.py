"""components.ui.drawings.swaps: every swap travels; what does not fit is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import swaps
from components.ui.drawings.swaps import KINDS, Carried, Site, Swap, swaps_data

# ---------------------------------------------------------------- what the front end is tried on


def thrown(n: int = 24, layers: int = 3, seed: int = 5) -> Carried:
    """Swaps thrown by dice, and sites whose digits agree with what came of them."""
    rng = np.random.default_rng(seed)
    columns, own = rng.integers(0, 82, n), rng.integers(0, 9, n)
    other = (own + rng.integers(1, 9, n)) % 9
    made = [
        Swap(f"{i} × 7", f"{90 - i} × 8", int(c), (int(x), int(y)), (f"1 + *{c}*", f"*{y}*9"))
        for i, (c, x, y) in enumerate(zip(columns, own, other, strict=True))
    ]
    sites: list[Site] = []
    for name in ("all that attention adds", "head 1"):
        came = rng.integers(0, 5, (layers, n))
        carry, stays = (columns + other) % 10, (columns + own) % 10
        written = np.where(came == 0, carry, np.where(came == 3, stays, rng.integers(0, 10, n)))
        texts = [["".join(map(str, row)) for row in rows.tolist()] for rows in (written, came)]
        sites.append(Site(name, *texts))
    return Carried("carry of a product", made, sites, ("units", "tens"))


def counted(one: Carried) -> list[list[list[int]]]:
    """Of each site and layer, by a table: how many of the first half came to each kind."""
    half = len(one.swaps) // 2
    return [
        [[kinds[:half].count(str(k)) for k in range(len(KINDS))] for kinds in site.kinds]
        for site in one.sites
    ]


def carry_predicted_and_observed() -> Case:
    sent = [thrown(), thrown(18, 2, seed=6)._replace(name="carry of a sum")]
    return case(
        swaps,
        lambda: swaps.show_swaps(
            "k", sent, chosen=(0, 1, 0), networks=["large", "small"], alt="Swaps", seconds=6
        ),
        [counted(one) for one in sent],
    )


CASES = {"swaps": carry_predicted_and_observed}


# ---------------------------------------------------------------- what Python sends


def test_every_swap_and_every_site_travels() -> None:
    one = thrown()
    sent = swaps_data([one], (0, 1, 2))
    (found,) = sent["carries"]
    assert [
        Swap(x, y, column, (p, q), (u, v)) for x, y, column, p, q, u, v in found["swaps"]
    ] == one.swaps
    assert [Site(*site) for site in found["sites"]] == one.sites
    assert sent["chosen"] == [0, 1, 2] and tuple(found["places"]) == one.places


def test_what_does_not_fit_is_refused() -> None:
    one, (site, *_) = thrown(), thrown().sites
    short = site._replace(digits=["0"], kinds=["0"])
    cases: list[tuple[Any, ...]] = [
        ([], (0, 0, 0), "no carry"),
        ([one._replace(swaps=[])], (0, 0, 0), "0 swaps"),
        ([one._replace(swaps=[*one.swaps] * 20)], (0, 0, 0), "480 swaps"),
        ([one._replace(sites=[])], (0, 0, 0), "nothing to copy"),
        ([one._replace(sites=[short])], (0, 0, 0), "layer 0: 1 digits"),
        ([one._replace(sites=[site._replace(kinds=site.kinds[:1])])], (0, 0, 0), "kinds of 1"),
        ([one._replace(sites=[site._replace(digits=["x" * 24] * 3)])], (0, 0, 0), "no digits"),
        ([one._replace(sites=[site._replace(kinds=["7" * 24] * 3)])], (0, 0, 0), "no kinds"),
        ([one], (1, 0, 0), "no carry, site and layer"),
        ([one], (0, 2, 0), "no carry, site and layer"),
        ([one], (0, 0, 3), "no carry, site and layer"),
    ]
    assert not_refused(swaps_data, cases) == []


def test_a_network_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="network=2 is none of 2"):
        swaps.show_swaps("k", [thrown()], networks=["large", "small"], network=2, alt="Swaps")
