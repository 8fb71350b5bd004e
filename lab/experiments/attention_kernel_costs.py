"""What attention takes: memory and seconds of three kernels, by the length of the text.

One text, causal, `N_HEAD` heads of `HEAD_DIM`, fp32, forward and backward. Seconds are those of
this machine with `THREADS` threads, and nothing else may run meanwhile.
"""

from __future__ import annotations

import multiprocessing
import os
import re
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.metadata import version
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from lab.data.samples import Sample
from lab.experiments.sweep import Cell, Figures, Row, Small
from lab.measure.stopwatch import timed
from lab.model.attention.flash import FlashAttention
from lab.model.attention.kernels import Kernel, math_attention, sdpa_attention
from lab.model.call import Slots

KERNELS: dict[str, Kernel] = {
    "math": math_attention,
    "sdpa": sdpa_attention,
    "flash": FlashAttention(),
}
N_HEAD, HEAD_DIM = 4, 64
THREADS = 2
MEMORY_LENGTHS = (512, 1024, 2048, 4096, 8192)
SPEED_LENGTHS = (64, 128, 256, 512, 1024, 2048, 4096)
SMALL_MEMORY_LENGTHS, SMALL_SPEED_LENGTHS = (1024, 2048, 4096), (64, 512, 2048)
REPEATS = 7
TRITON_LENGTH = 200
STATUS = Path("/proc/self/status")


def flash_cells() -> list[Cell]:
    memory = [
        {"part": "memory", "kernel": kernel, "tokens": n}
        for kernel in KERNELS
        for n in MEMORY_LENGTHS
    ]
    speed = [{"part": "speed", "tokens": n} for n in SPEED_LENGTHS]
    return [*memory, *speed, *({"part": "triton", "causal": causal} for causal in (True, False))]


def measure_flash(cell: Cell) -> dict[str, Any]:
    torch.set_num_threads(THREADS)
    match cell:
        case {"part": "memory", "kernel": kernel, "tokens": n}:
            found: dict[str, Any] = {"peak_bytes": peak_of(kernel, n)}
        case {"part": "speed", "tokens": n}:
            found = {"seconds": seconds_of(n), "repeats": REPEATS}
        case _:
            found = error_of_triton(causal=cell["causal"])
    sample = Sample("generator", "queries, keys and values of one text, normal", 1, 0)
    return {**found, "threads": THREADS, "precision": "fp32", **sample.document(), "seeds": [0]}


def flash_small() -> dict[str, Small]:
    """Two minutes."""
    memory = {
        f"memory of {kernel}": Small(
            [{"part": "memory", "kernel": kernel, "tokens": n} for n in SMALL_MEMORY_LENGTHS],
            measure_flash,
            growth_of_memory,
        )
        for kernel in KERNELS
    }
    speed = {
        f"seconds of {n} tokens": Small([{"part": "speed", "tokens": n}], measure_flash, times_sdpa)
        for n in SMALL_SPEED_LENGTHS
    }
    return {**memory, **speed}


def growth_of_memory(rows: list[Row]) -> Figures:
    """MB by tokens, and the power of the tokens with which they grow: the slope of the logarithms.

    1 where memory is linear, 2 where it is quadratic.
    """
    peaks = {row["cell"]["tokens"]: row["peak_bytes"] for row in rows}
    power, _ = np.polyfit(np.log([*peaks]), np.log([*peaks.values()]), 1)
    megabytes = {f"{n} tokens, MB": round(peak / 2**20, 1) for n, peak in peaks.items()}
    return {**megabytes, "power": round(float(power), 2)}


def times_sdpa(rows: list[Row]) -> Figures:
    """How many times as long as torch's kernel ours takes, forward alone and with its backward."""
    (row,) = rows
    ours, torchs = row["seconds"]["flash"], row["seconds"]["sdpa"]
    return {way: round(ours[way] / torchs[way], 2) for way in ours}


def some_text(n: int) -> list[Tensor]:
    """Queries, keys and values of `n` tokens, (1, H, T, Dk) each."""
    generator = torch.Generator().manual_seed(0)
    shape = (1, N_HEAD, n, HEAD_DIM)
    return [torch.randn(shape, generator=generator).requires_grad_() for _ in range(3)]


def forward(kernel: Kernel, text: list[Tensor]) -> Tensor:
    q, k, v = text
    return kernel(q, k, v, scale=HEAD_DIM**-0.5)


def there_and_back(kernel: Kernel, text: list[Tensor]) -> None:
    torch.autograd.grad(forward(kernel, text).sum(), text)


# ---------------------------------------------------------------- memory


def peak_of(kernel: str, n: int) -> int:
    """Bytes that a forward and a backward have in use at most, beyond the text."""
    return told_by_another(tell_peak, kernel, n)


def told_by_another(tell: Callable[..., None], *arguments: Any) -> int:
    """Bytes that a process of its own tells through the connection that `tell` is given first: one
    that has freed memory takes none."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=tell, args=(theirs, *arguments))
    child.start()
    theirs.close()
    try:
        return int(ours.recv())
    except EOFError:
        what = " ".join(map(str, arguments))
        raise RuntimeError(f"{what}: no memory was left, or it was stopped") from None
    finally:
        child.join()


def tell_peak(to: Connection, kernel: str, n: int) -> None:
    torch.set_num_threads(THREADS)
    there_and_back(KERNELS[kernel], some_text(64))  # what torch sets up once
    text = some_text(n)
    to.send(peak_bytes(lambda: there_and_back(KERNELS[kernel], text)))


def peak_bytes(run: Callable[[], object]) -> int:
    """What this process holds at most while something runs, beyond what it held before (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    before = held_bytes("VmRSS")
    run()
    return held_bytes("VmHWM") - before


def held_bytes(field: str) -> int:
    (kilobytes,) = re.findall(rf"{field}:\s+(\d+) kB", STATUS.read_text())
    return int(kilobytes) * 1024


# ---------------------------------------------------------------- seconds


def seconds_of(n: int) -> dict[str, dict[str, float]]:
    """The median of each kernel, forward alone and with its backward; kernels take turns."""
    return {
        name: {way: round(float(np.median(seconds)), 7) for way, seconds in ways.items()}
        for name, ways in seconds_in_turn(KERNELS, n, REPEATS).items()
    }


def seconds_in_turn(
    kernels: Mapping[str, Kernel], n: int, repeats: int
) -> dict[str, dict[str, list[float]]]:
    """Of each turn, forward alone and with its backward."""
    text = some_text(n)
    taken: dict[str, dict[str, list[float]]] = {}
    for turn in range(repeats + 1):
        for name, kernel in kernels.items():
            with torch.no_grad():
                forward_only, _ = timed(lambda kernel=kernel: forward(kernel, text))
            both, _ = timed(lambda kernel=kernel: there_and_back(kernel, text))
            if turn:  # the first is for what torch sets up
                of_kernel = taken.setdefault(name, {"forward": [], "both": []})
                of_kernel["forward"].append(forward_only)
                of_kernel["both"].append(both)
    return taken


def seconds_there_and_back(kernel: str, text: list[Tensor]) -> float:
    return timed(lambda: there_and_back(KERNELS[kernel], text))[0]


# ---------------------------------------------------------------- the kernel for a card


def error_of_triton(*, causal: bool) -> dict[str, Any]:
    """How far the kernel's output is from plain attention in float64, as it runs here: on a card,
    or in Triton's interpreter. Needs the extra `triton`."""
    on_card = torch.cuda.is_available()
    if not on_card:
        os.environ["TRITON_INTERPRET"] = "1"
    kernel = import_module("lab.model.attention.flash_triton")
    text = [x.detach().to("cuda" if on_card else "cpu") for x in some_text(TRITON_LENGTH)]
    out, _ = kernel.flash_on_a_card(*text, scale=HEAD_DIM**-0.5, causal=causal)
    q, k, v = (x.double() for x in text)
    right = math_attention(q, k, v, scale=HEAD_DIM**-0.5, slots=Slots(causal=causal))
    return {
        "where": torch.cuda.get_device_name() if on_card else "interpreter",
        "triton": version("triton"),
        "tokens": TRITON_LENGTH,
        "largest_error": float((out - right).abs().max()),
    }
