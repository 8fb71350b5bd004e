"""Where the seconds of a run go: into products of matrices, other operations, or between them.

torch's profiler tells of every operation how long it took without those that it called. What is
left of the clock is Python, torch's way from one operation to the next, and autograd's. A profiler
slows what is short, so these are shares, to be set beside seconds that were measured without it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Literal, get_args

from torch.profiler import ProfilerActivity, profile

Kind = Literal["products", "attention", "other", "between"]
"""products: of matrices. attention: torch's fused kernel, whose products lie inside. other: every
other operation, mostly a pass over all numbers of a tensor. between: no operation runs."""

PRODUCTS = {
    *("aten::mm", "aten::addmm", "aten::bmm", "aten::baddbmm", "aten::addbmm"),
    *("aten::mv", "aten::addmv", "aten::dot", "aten::mkldnn_linear", "mkldnn::_linear_pointwise"),
}


def kind_of(operation: str) -> Kind:
    """Of what the profiler names; `Optimizer.step` and nodes of autograd are no operations."""
    if operation in PRODUCTS:
        return "products"
    if "scaled_dot_product" in operation or "flash_attention" in operation:
        return "attention"
    return "other" if "::" in operation and not operation.startswith("autograd::") else "between"


def shares_of(run: Callable[[], object]) -> dict[Kind, float]:
    """Of the seconds of one run the share of each kind; they sum to 1."""
    with profile(activities=[ProfilerActivity.CPU]) as seen:
        began = time.perf_counter()
        run()
        whole = time.perf_counter() - began
    microseconds: dict[str, float] = {}
    for event in seen.key_averages():
        key, spent = str(event.key), float(event.self_cpu_time_total)
        microseconds[key] = microseconds.get(key, 0.0) + spent
    return shares(microseconds, whole)


def shares(microseconds: Mapping[str, float], whole: float) -> dict[Kind, float]:
    """By the operations' own microseconds, and the seconds of the clock."""
    out: dict[Kind, float] = dict.fromkeys(get_args(Kind), 0.0)
    for operation, spent in microseconds.items():
        if (kind := kind_of(operation)) != "between":
            out[kind] += spent / 1e6
    # A clock is read a little later than the profiler begins, so the sum may be past the whole.
    whole = max(whole, sum(out.values()))
    out["between"] = whole - sum(out.values())
    return {kind: round(spent / whole, 4) for kind, spent in out.items()}
