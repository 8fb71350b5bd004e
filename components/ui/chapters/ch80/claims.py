"""The measured figures of chapter 8, first page: one change at a time of the usual network, from
records of earlier chapters."""

from __future__ import annotations

from components.ui.claims.claim import Claim
from lab.readings import Counts, Rows, rows, share_of

USUAL = rows("race", style="cot_reversed")

CHANGES: dict[str, Rows] = {
    "half the width": rows("sizes", style="cot_reversed", d_model=64),
    "RoPE, not a learned table": rows("low_rank", rank=0, matched=False, fraction=0.3),
    "working front to back": rows("race", style="cot"),
    "a third of the problems": rows("fractions", fraction=0.1),
}
"""Networks that differ from the usual one in one thing, and were trained on as many tokens."""

SHORT = ("width", "rope", "order", "third")
"""Of the claims, in the same order."""


def wrong(found: Rows) -> Counts:
    """Held-out pairs, the median of the seeds; the bound is that of the worst."""
    return found.errors("heldout").median().said(share_of).bound()


CLAIMS = {
    "bench.usual": Claim(
        "Held-out pairs wrong, the usual network of two layers and width 128 with working back to "
        "front, trained on three pairs in ten: median of the seeds.",
        wrong(USUAL),
    ),
    **{
        f"bench.{short}": Claim(
            f"Held-out pairs wrong, the usual small network but for one thing ({name}), after as "
            "many tokens: median of the seeds.",
            wrong(found),
        )
        for short, (name, found) in zip(SHORT, CHANGES.items(), strict=True)
    },
    "bench.half_parameters": Claim(
        "Parameters of the usual network at half its width.",
        CHANGES["half the width"].numbers("parameters"),
    ),
}
