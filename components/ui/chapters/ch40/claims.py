"""The measured figures of chapter 4."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from components.ui.chapters.ch40 import timing
from components.ui.chapters.ch40.timing import RECORD, Rows
from components.ui.claims.core import Claim
from components.ui.claims.readings import over_seeds
from lab.readings import Measured, part_of, share_of
from lab.records import select


def one(record: Rows, **cell: Any) -> dict[str, Any]:
    """The row of one cell."""
    (row,) = select(record, **cell)
    return row


def differing(how: str, digits: int) -> Callable[[Rows], Measured]:
    """Texts that come out otherwise than with a cache in single precision."""

    def pick(rows: Rows) -> Measured:
        row = one(rows, part="exact", how=how, digits=digits)
        return Measured(part_of(row["differing"], row["n"]), row["differing"], row["n"])

    return pick


def largest_change(how: str) -> Callable[[Rows], Measured]:
    """Of a logit against a cache in single precision, in parts of the largest, of all lengths."""

    def pick(rows: Rows) -> Measured:
        return Measured(
            parts(max(r["largest_change"] for r in select(rows, part="exact", how=how)))
        )

    return pick


def parts(x: float) -> str:
    """A small share, rounded up to tenths of a hundredth, or to millionths."""
    if x > 1e-3:
        return f"{math.ceil(1000 * x) / 10:g} in 100"
    return f"{math.ceil(1e6 * x)} millionths"


def queue(rows: Rows, policy: str) -> dict[str, Any]:
    return one(rows, part="queue", policy=policy, rows=8)


def queue_gain(rows: Rows) -> Measured:
    """Tokens a second, continuous over static."""
    static, continuous = (queue(rows, policy) for policy in ("static", "continuous"))
    return Measured(f"{static['seconds'] / continuous['seconds']:.1f} times")


def wasted(policy: str) -> Callable[[Rows], Measured]:
    """Rows that were computed at some step and had no text."""

    def pick(rows: Rows) -> Measured:
        row = queue(rows, policy)
        return Measured(share_of(row["wasted"], row["computed"]))

    return pick


def draft_best(rows: Rows) -> Measured:
    """The largest gain of drafting over writing alone, of all drafts at 4 x 4 digits."""
    drafts = select(rows, part="draft", digits=4)
    return Measured(f"{max(row['seconds_alone'] / row['seconds'] for row in drafts):.1f} times")


def count_of(**cell: Any) -> Callable[[Rows], Measured]:
    return lambda rows: Measured(f"{select(rows, **cell)[0]['n']:,}")


SAME = {
    **{f"same_{d}x{d}": ("uncached", d) for d in (2, 4, 10)},
    **{f"drafted_{d}x{d}": ("drafted", d) for d in (2, 4)},
    **{f"ragged_{d}x{d}": ("ragged", d) for d in (4,)},
    **{f"{how}_{d}x{d}": (how, d) for how in ("float16", "bfloat16") for d in (2, 4, 10)},
}

CLAIMS: dict[str, Claim] = timing.CLAIMS | {
    **{
        f"kv_cache.{name}": Claim(
            f"Texts of {digits} x {digits} digits that {how} decoding writes otherwise",
            RECORD,
            differing(how, digits),
        )
        for name, (how, digits) in SAME.items()
    },
    **{
        f"kv_cache.{name}_change": Claim(
            f"Largest change of a logit by {how} decoding, in parts of the largest",
            RECORD,
            largest_change(how),
        )
        for name, how in (("same", "uncached"), ("float16", "float16"), ("bfloat16", "bfloat16"))
    },
    "kv_cache.queue_sums": Claim("Sums in the queue", RECORD, count_of(part="queue")),
    "kv_cache.queue_gain": Claim(
        "Tokens a second of continuous batching over static, 8 rows", RECORD, queue_gain
    ),
    **{
        f"kv_cache.queue_wasted_{policy}": Claim(
            f"Rows without a text, {policy} batching in 8 rows", RECORD, wasted(policy)
        )
        for policy in ("static", "continuous")
    },
    "kv_cache.draft_sums": Claim("Sums drafted for", RECORD, count_of(part="draft", digits=4)),
    "kv_cache.draft_best": Claim(
        "Drafting over writing alone, the best of all drafts at 4 x 4 digits", RECORD, draft_best
    ),
    "kv_cache.grouped_seeds": Claim(
        "Seeds an arm of the twins with grouped heads",
        RECORD,
        lambda rows: Measured(f"{len(select(rows, part='grouped', key_heads=4))}"),
    ),
    **{
        f"kv_cache.grouped_{heads}": Claim(
            f"Held-out pairs wrong of twins with {heads} key heads",
            RECORD,
            over_seeds("heldout", part="grouped", key_heads=heads),
        )
        for heads in (4, 2, 1)
    },
}
