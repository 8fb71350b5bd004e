"""components.ui.drawings.waves: a signal that can be drawn travels whole, any other is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
from drawing_cases import Case, case
from refused import not_refused

from components.ui.drawings import waves
from components.ui.drawings.waves import waves_data
from lab.interp.fourier_shift import shifted, spectrum, turn_waves

# ---------------------------------------------------------------- what the front end is tried on


def turned_waves() -> Case:
    odd, even = (np.random.default_rng(7).normal(size=n) for n in (9, 8))

    def moved(signal: np.ndarray, by: float) -> dict[str, Any]:
        still = spectrum(signal)
        return {
            "by": by,
            "waves": turn_waves(still, by).tolist(),
            "samples": shifted(signal, by).tolist(),
        }

    return case(
        waves,
        lambda: waves.show_waves("k", odd, alt="A signal", start=2.5),
        [
            {
                "signal": signal.tolist(),
                "spectrum": spectrum(signal).tolist(),
                "moved": [moved(signal, by) for by in (2.5, 0.0, 0.1, 4.0, len(signal))],
            }
            for signal in (odd, even)
        ],
    )


CASES = {"waves": turned_waves}


# ---------------------------------------------------------------- what Python sends


def test_the_samples_are_not_rounded_on_their_way() -> None:
    signal = np.random.default_rng(0).normal(size=15)
    sent = waves_data(signal, start=2.5)
    assert (np.array(sent["signal"]) == signal).all() and sent["start"] == 2.5


def test_what_cannot_be_drawn_is_refused() -> None:
    cases: list[tuple[Any, ...]] = [
        (np.ones((4, 4)), 0, r"shape \(4, 4\); it is \(N,\) with N of 4 to 64"),
        (np.ones(3), 0, r"shape \(3,\)"),
        (np.ones(65), 0, r"shape \(65,\)"),
        (np.zeros(8), 0, "zero everywhere or not finite"),
        (np.full(8, np.nan), 0, "zero everywhere or not finite"),
        (np.ones(8), 8.1, "start=8.1 is not within 0 to 8 samples"),
        (np.ones(8), -0.1, "start=-0.1 is not within 0 to 8 samples"),
    ]
    assert not_refused(lambda signal, start: waves_data(signal, start), cases) == []
