"""Our model beside others of equal size, in ten minutes.

Training as it runs without a compiler, decoding, memory, and our share of what the machine can do.
"""

from __future__ import annotations

from typing import Any

from lab.experiments import peers
from lab.experiments.sweep import Cell, Figures


def bench_peers() -> dict[str, Any]:
    """Every cell but those of `torch.compile`; without transformers, what needs no package."""
    if len(peers.here(peers.TRAINING, all_of=False)) < len(peers.TRAINING):
        print(peers.INSTALL, flush=True)
    print(f"{peers.THREADS} thread, median of {peers.REPEATS} turns")
    rows: list[dict[str, Any]] = []
    for cell in peers.peers_cells():
        if cell.get("mode") == "compiled":
            continue
        found = peers.measure_peers(cell, peers.OURS, peers.REPEATS, all_of=False)
        print(*lines_of(cell, found), sep="\n", flush=True)
        rows.append({"cell": cell, **found})
    return {"threads": peers.THREADS, "repeats": peers.REPEATS, "cells": rows}


def lines_of(cell: Cell, found: Figures) -> list[str]:
    """What of a cell is printed."""
    out = ["", ", ".join(f"{name} {value}" for name, value in cell.items())]
    if "left_out" in found:
        return [*out, f"  left out: {found['left_out']}"]
    if "ratio" in found:
        out += [
            f"{arm:>12}  {found['tokens_per_second'][arm]:>9,} tokens/s  "
            f"{ratio['median']:.2f} times {found['beside']}, "
            f"{ratio['low']:.2f} to {ratio['high']:.2f}"
            for arm, ratio in found["ratio"].items()
        ]
    for name in ("training_bytes", "decoding_bytes"):
        out += [f"{arm:>12}  {n / 2**20:>7.0f} MB {name}" for arm, n in found.get(name, {}).items()]
    out += [
        f"{arm:>12}  {n:,} parameters, {found['differ_from_ours'][arm]:+.1%}"
        for arm, n in found.get("parameters", {}).items()
    ]
    out += [
        f"{name:>14}  {under['share_of_operations']:.0%} of the operations, "
        f"{under['share_of_bytes']:.0%} of the bytes that are possible; next: "
        f"{under['next_bottleneck']}"
        for name, under in found.items()
        if isinstance(under, dict) and "next_bottleneck" in under
    ]
    return out
