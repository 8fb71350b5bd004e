"""The worked numbers in the prose of chapter 6, first page, and what its records say."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from components.ui.chapters.ch60 import probes
from components.ui.lazily import lazily
from components.ui.runs import take_with_progress
from components.ui.tokens import wrong_tokens
from lab.model.cache_size import KeysAndValues, Latent, cache_bytes
from lab.model.known_sizes import KNOWN

positions = lazily("lab.model.positions")
torch = lazily("torch")

Row = dict[str, Any]
SUM = (3748, 6152)

# ---------------------------------------------------------------- by hand

Q = np.array([1.0, 2.0])
W_UK = np.array([[2.0, 0.0, 1.0], [1.0, -1.0, 0.0]])
"""Makes a key of two numbers from a latent of three."""

C = np.array([3.0, 1.0, -2.0])
ANGLE = 90
"""Degrees by which a key is turned against a query."""


def absorbed() -> np.ndarray:
    """q W_UK: the query that meets latents as q meets the keys made of them."""
    return Q @ W_UK


def vector(x: Any) -> str:
    return "(" + ", ".join(f"{number:g}" for number in np.round(x, 2)) + ")"


def turned(x: np.ndarray, degrees: float) -> np.ndarray:
    """A pair of numbers, turned."""
    angle = np.deg2rad(degrees)
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin], [sin, cos]]) @ x


# ---------------------------------------------------------------- bytes

BYTES = 4
"""Of a number in 32 bits."""

STEPS = ("own keys and values", "two share", "all share", "a latent")
"""What is kept of a token, from most to least."""


@lru_cache
def sizes() -> dict[str, int]:
    """Numbers that one token leaves in one layer."""
    heads = take_with_progress(probes.HEADS_RUN).model.config.heads
    latent = take_with_progress(probes.RUN).model.config.attention
    own, size = heads.n_head, heads.head_dim
    return {
        STEPS[0]: KeysAndValues(own, own, size).numbers,
        STEPS[1]: KeysAndValues(own, own // 2, size).numbers,
        STEPS[2]: KeysAndValues(own, 1, size).numbers,
        STEPS[3]: Latent(latent.kv_lora_rank, latent.qk_rope_head_dim).numbers,
    }


def kept_rows(n_head: int, head_dim: int, rank: int, rope: int, n_layer: int) -> list[Row]:
    """What one token leaves in all layers, in 16 bits, by what is kept."""
    whole = {
        "every head its own": KeysAndValues(n_head, n_head, head_dim),
        "one for all heads": KeysAndValues(n_head, 1, head_dim),
        "a latent and a turned key": Latent(rank, rope),
    }
    return [
        {"kept": name, "numbers a layer": kept.numbers, "bytes": cache_bytes(n_layer, kept, 2, 1)}
        for name, kept in whole.items()
    ]


@lru_cache
def deepseek() -> Any:
    return next(model for model in KNOWN if model.name == "DeepSeek-V3")


DEEPSEEK_HEADS, DEEPSEEK_HEAD_DIM = 128, 128
"""Heads of DeepSeek-V3, and numbers of a value (arXiv:2412.19437, section 4.2)."""


def deepseek_times() -> float:
    """How many times as much its heads would keep, each with a key and a value of its own."""
    kept = deepseek().kept
    whole = KeysAndValues(DEEPSEEK_HEADS, DEEPSEEK_HEADS, DEEPSEEK_HEAD_DIM)
    return whole.numbers / kept.numbers


# ---------------------------------------------------------------- two ranks, live

FEW = 0.1
"""Of all pairs the part that a live run trains on: rank might matter where there is little to read."""

LIVE = {8: "latents of 8", 128: "latents of 128", 0: "heads with their own"}

# ---------------------------------------------------------------- which digits fall first

KINDS = ("partial product", "sum", "answer")
FIRST = ("a digit of a partial product", "a digit of a running sum", "a sign or a dot")


def first_to_fall(a: int, b: int, rank: int) -> str | None:
    """What the first wrong token of the squeezed network is; None if it writes all of it right."""
    form, said = probes.form_of(a, b), probes.squeezed(a, b, rank)
    wrong = wrong_tokens(said.text, form.text(a, b))
    if not wrong:
        return None
    field = form.field_at(min(wrong))
    if not field.holds_number:
        return FIRST[2]
    return FIRST[0] if field.kind == "partial product" else FIRST[1]


def fall_rows(a: int, b: int, ranks: Sequence[int]) -> list[Row]:
    """By the directions that are kept: how many written tokens are wrong, of each kind."""
    form = probes.form_of(a, b)
    right = form.text(a, b)
    rows: list[Row] = []
    for rank in ranks:
        wrong = set(wrong_tokens(probes.squeezed(a, b, rank).text, right))
        for kind in KINDS:
            slots = [
                slot
                for slot in range(form.prompt_length, form.length)
                if form.field_at(slot).kind == kind
            ]
            if slots:
                share = sum(slot in wrong for slot in slots) / len(slots)
                rows.append({"directions": rank, "kind": kind, "wrong": share})
    return rows


BUDGET = 120
"""Directions in all layers that an exercise allows."""

CALC: dict[str, Callable[[], str]] = {
    "q": lambda: vector(Q),
    "c": lambda: vector(C),
    "k": lambda: vector(W_UK @ C),
    "qk": lambda: f"{Q @ (W_UK @ C):g}",
    "absorbed": lambda: vector(absorbed()),
    "absorbed_score": lambda: f"{absorbed() @ C:g}",
    "w_first": lambda: vector(W_UK[0]),
    "w_second": lambda: vector(W_UK[1]),
    "angle": lambda: f"{ANGLE}",
    "turned_k": lambda: vector(turned(W_UK @ C, ANGLE)),
    "turned_score": lambda: f"{Q @ turned(W_UK @ C, ANGLE):g}",
    "budget": lambda: f"{BUDGET}",
    "own_numbers": lambda: f"{sizes()[STEPS[0]]}",
    "own_bytes": lambda: f"{BYTES * sizes()[STEPS[0]]:,}",
    "latent_numbers": lambda: f"{sizes()[STEPS[3]]}",
    "latent_bytes": lambda: f"{BYTES * sizes()[STEPS[3]]:,}",
    "times": lambda: f"{sizes()[STEPS[0]] / sizes()[STEPS[3]]:.1f}",
    "deepseek_latent": lambda: f"{deepseek().kept.numbers:,}",
    "deepseek_layers": lambda: f"{deepseek().n_layer}",
    "deepseek_times": lambda: f"{deepseek_times():.0f}",
}
