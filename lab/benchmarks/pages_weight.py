"""What the pages weigh, how soon their first figures stand, and what the 3D viewer costs."""

from __future__ import annotations

from typing import Any

from lab.benchmarks.live_runs import measured_by


def bench_pages() -> dict[str, Any]:
    """Seconds to import Home; of every page the bytes that a browser gets and the seconds to its
    first figure, by a cold server and by a warm one; the viewer's bytes and its frames.

    It needs Chromium, whose pictures are drawn by the processor where there is no graphics card:
    `drawn_by` of the viewer says which.
    """
    return measured_by("tests/browser/page_weight.py", "pages")
