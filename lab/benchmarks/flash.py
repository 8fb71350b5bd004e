"""Chapter 5, first page, in a reduced form: memory and seconds of three kernels; two minutes."""

from __future__ import annotations

from typing import Any

import numpy as np

from lab.experiments.flash import KERNELS, measure_flash

MEMORY_LENGTHS, SPEED_LENGTHS = (1024, 2048, 4096), (64, 512, 2048)


def bench_flash() -> dict[str, Any]:
    peaks = {
        name: {
            n: measure_flash({"part": "memory", "kernel": name, "tokens": n})["peak_bytes"]
            for n in MEMORY_LENGTHS
        }
        for name in KERNELS
    }
    seconds = {n: measure_flash({"part": "speed", "tokens": n})["seconds"] for n in SPEED_LENGTHS}
    for name, by_length in peaks.items():
        shown = ", ".join(f"{n}: {peak / 2**20:.1f} MB" for n, peak in by_length.items())
        print(f"{name:>5}  {shown}")
    for n, by_kernel in seconds.items():
        shown = ", ".join(f"{name} {1e3 * took['both']:.2f} ms" for name, took in by_kernel.items())
        print(f"{n:>5}  {shown}")
    return {
        "peak_bytes": peaks,
        "memory_grows_with_power": {name: power(by_length) for name, by_length in peaks.items()},
        "seconds": seconds,
        "times_sdpa": {
            n: {
                way: round(took["flash"][way] / took["sdpa"][way], 2) for way in ("forward", "both")
            }
            for n, took in seconds.items()
        },
    }


def power(by_length: dict[int, int]) -> float:
    """The slope of log bytes against log tokens: 1 where linear, 2 where quadratic."""
    slope, _ = np.polyfit(np.log([*by_length]), np.log([*by_length.values()]), 1)
    return round(float(slope), 2)
