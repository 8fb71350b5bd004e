"""Charts of page 31: what becomes of the labels of a round."""

from __future__ import annotations

from components.ui.plots.colours import GREY, RIGHT_FIELD, WORSE, WRONG, Tone

KINDS_OF_LABELS: dict[str, tuple[Tone, str]] = {
    "kept, right": (RIGHT_FIELD, "✓"),
    "kept, wrong": (WRONG, "✗"),
    "thrown away, wrong": (WORSE, "✗"),
    "thrown away, right": (GREY, "✓"),
}
