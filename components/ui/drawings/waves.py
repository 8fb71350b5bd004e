"""The shift theorem drawn: a signal, its waves as clocks, and one shift that turns every clock.

The browser turns the clocks while the hand moves, with the equations of `lab.interp.fourier_shift`,
and draws the signal again from the turned clocks.

Shapes: `N` samples.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from components.ui.drawings.drawing import digest, drawing

Numbers = NDArray[np.float64]

LEAST_SAMPLES, MOST_SAMPLES = 4, 64
"""With more samples there are more clocks than a page can show."""

HTML = """
<div class="drawing waves">
  <svg class="signal" role="group"></svg>
  <div class="legend">
    <span><i class="ghost"></i>the signal</span>
    <span><i class="moved"></i>drawn again from the turned clocks</span>
    <span>below a clock: its wave, and its turn in radians</span>
  </div>
  <div class="row" aria-hidden="true"></div>
  <div class="said" role="status"></div>
</div>
"""

component = drawing("turned_waves", "waves", HTML)


def show_waves(key: str, signal: Numbers, *, alt: str, start: float = 0.0) -> None:
    """A signal (N,), shifted by `start` samples at first; the reader drags it on, round the end.

    A clock is drawn for each wave k = 0 ... N/2; the others are their mirror images and turn with
    them. Raises ValueError for a signal that cannot be drawn and a shift outside 0 to N.
    """
    data = waves_data(signal, start) | {"alt": alt}
    component(data=data | {"digest": digest(data)}, key=key)


def waves_data(signal: Numbers, start: float) -> dict[str, Any]:
    if signal.ndim != 1 or not LEAST_SAMPLES <= len(signal) <= MOST_SAMPLES:
        allowed = f"{LEAST_SAMPLES} to {MOST_SAMPLES}"
        raise ValueError(f"signal has shape {signal.shape}; it is (N,) with N of {allowed}")
    if not np.isfinite(signal).all() or not signal.any():
        raise ValueError("signal is zero everywhere or not finite: there is nothing to draw")
    if not 0 <= start <= len(signal):
        raise ValueError(f"start={start} is not within 0 to {len(signal)} samples")
    return {"signal": signal.tolist(), "start": start}
