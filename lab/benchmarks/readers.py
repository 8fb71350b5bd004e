"""How the book answers a class that opens it at once, while four of its readers train."""

from __future__ import annotations

from typing import Any

from lab.benchmarks.live_runs import measured_by


def bench_readers() -> dict[str, Any]:
    """Fifty readers and four trainings for ten minutes; then 25 readers more at a time, a minute
    each, until one move in twenty takes more than a second. About twenty minutes; run it alone.

    The readers have no browser: an answer has come when the last message of its run has arrived.
    """
    return measured_by("tools.crowd", "readers")
