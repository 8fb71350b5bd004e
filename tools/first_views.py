"""Compute ahead what the pages show before anyone has touched them: `python -m tools.first_views`.

Each page is opened once as it is and once with all answers shown, and the queues of chapter 4 are
served, of which a reader can choose no more than thirty. What functions marked `ahead` gave on the
way is written to `components/ui/first_views.pickle.xz`, with the digests of all weights.
"""

from __future__ import annotations

import lzma
import pickle
from pathlib import Path

import streamlit as st
from streamlit.testing.v1 import AppTest

from components.ui import computed_ahead
from components.ui.book import CONTENTS
from components.ui.chapters.ch40.probes import every_queue, queue_of
from components.ui.loaded_models import loaded_models
from lab.training.checkpoint import CHECKPOINTS
from lab.weights import fingerprint

ROOT = Path(__file__).resolve().parents[1]
PACKED = {"id": lzma.FILTER_LZMA2, "preset": 9, "lc": 2, "lp": 2}
"""Numbers of four bytes: told so, it packs them by 3% more closely."""

PATIENCE = 600.0
"""Seconds for a page."""


def open_every_page() -> None:
    """Whatever a page asks of a model, it asks while this runs."""
    for entry in CONTENTS:
        if not entry.written:
            continue
        for reveal in ("0", "1"):
            at = AppTest.from_file(ROOT / "pages" / f"{entry.slug}.py", default_timeout=PATIENCE)
            at.query_params["reveal"] = reveal
            at.run()
            if at.exception:
                raise SystemExit(f"{entry.slug}: {at.exception[0].message}")


def main() -> None:
    st.cache_data.clear()
    with computed_ahead.record() as recording:
        open_every_page()
        for n, seed in every_queue():
            queue_of(n, seed)
    runs = sorted(loaded_models().loaded)
    weights = {run: fingerprint(CHECKPOINTS / run) for run in runs}
    found = dict(sorted(recording.found.items()))
    kept = pickle.dumps({"weights": weights, "found": found})
    computed_ahead.FILE.write_bytes(lzma.compress(kept, filters=[PACKED]))
    for asked, answer in found.items():
        print(f"{len(answer):>9,} {asked[:120]}")


if __name__ == "__main__":
    main()
