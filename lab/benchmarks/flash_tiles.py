"""FlashAttention by hand against torch's fused kernel: by the size of its tiles, and where it goes.

No size reaches torch's forward (`records/bench_flash_tiles.json`). With one thread of an AMD EPYC,
512 and 1,024 tokens, tiles from 64 x 256 to 128 x 1024 took 1.3 to 1.5 times as long as torch, with
the backward 1.0 to 1.2 times, and larger ones more, 512 x 512 about twice: they no longer fit the
caches near the core, and more of a tile on the diagonal is computed to be hidden. Two fifths to a
half of our forward were products, about an eighth lay between the operations, and the rest were
passes over a tile, one an operation (the mask, the largest, less it, exp, their sum), each of which
fetches and stores what torch keeps in registers. So fewer calls save the eighth at most, and passes
that write in place of what they read saved less than a tenth. What is left takes a kernel that does
all of a tile at once, which no order of operations in Python is. Threads help
torch more: it parts the tiles among them once, and we meet after every operation, so a machine that
does other things as well stops us more.
"""

from __future__ import annotations

from typing import Any

import torch

from lab.experiments.attention_kernel_costs import (
    forward,
    seconds_in_turn,
    some_text,
    there_and_back,
)
from lab.measure.profiled import Kind, shares_of
from lab.model.attention.flash import FlashAttention
from lab.model.attention.kernels import Kernel, sdpa_attention
from lab.statistics import spread

THREADS, LENGTHS = (1, 2), (512, 1024)
ROWS, COLUMNS = (64, 128, 256, 512), (256, 512, 1024)
TURNS = 15


def bench_flash_tiles() -> dict[str, Any]:
    """By threads and tokens, times torch's seconds: forward, and with the backward; two minutes."""
    usual = f"{FlashAttention.rows} x {FlashAttention.columns}"
    cells: list[dict[str, Any]] = []
    for threads in THREADS:
        torch.set_num_threads(threads)
        for n in LENGTHS:
            found = by_tiles(n)
            print(f"{threads} threads, {n} tokens; where the seconds of {usual} go:")
            for way, shares in found["where"].items():
                print(f"{way:>12}  {shares}  at least {found['at_least'][way]}")
            for name, times in found["times_sdpa"].items():
                print(f"{name:>12}  {times}", flush=True)
            cells.append({"threads": threads, "tokens": n, **found})
    return {"usual": usual, "turns": TURNS, "cells": cells}


def by_tiles(n: int) -> dict[str, Any]:
    """`times_sdpa`: of each size, the median within a turn. `where`: shares of the seconds of the
    usual size. `at_least`: its times torch's if nothing lay between the operations, and if the
    products were all there is."""
    usual = FlashAttention()
    sizes = [(i, j) for i in ROWS for j in COLUMNS if i <= n and j <= n]
    kernels: dict[str, Kernel] = {"sdpa": sdpa_attention, "usual": usual}
    kernels |= {f"{i} x {j}": FlashAttention(i, j) for i, j in sizes}
    seconds = seconds_in_turn(kernels, n, TURNS)
    times = {
        name: {way: middle(some, seconds["sdpa"][way]) for way, some in ways.items()}
        for name, ways in seconds.items()
    }
    where = profiled(usual, n)
    at_least = {
        way: {
            "nothing_between": round(times["usual"][way] * (1 - shares["between"]), 2),
            "products_alone": round(times["usual"][way] * shares["products"], 2),
        }
        for way, shares in where.items()
    }
    return {"times_sdpa": times, "where": where, "at_least": at_least}


def middle(ours: list[float], theirs: list[float]) -> float:
    return round(spread(a / b for a, b in zip(ours, theirs, strict=True)).median, 2)


def profiled(kernel: Kernel, n: int) -> dict[str, dict[Kind, float]]:
    text = some_text(n)
    alone = [x.detach() for x in text]
    return {
        "forward": shares_of(lambda: forward(kernel, alone)),
        "both": shares_of(lambda: there_and_back(kernel, text)),
    }
