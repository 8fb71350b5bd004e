"""Do two heads back each other up? What the network fetches at `=` is copied between two problems
that differ in the units of b, part by part and two heads at a time.

The token that is predicted is the first that is written: the units of the first partial product.
A part is *enough* where the clean digit comes back once it is copied into the corrupted run, and
*needed* where the clean digit is lost once it is copied the other way.

Shapes: `N` problems, `T` tokens up to the one that is predicted.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lab.data.problems import Format, Integers
from lab.data.samples import hashed_pairs
from lab.experiments.sweep import Cell
from lab.interp.intervene import Node
from lab.interp.patching import Contrast, contrast, force_alike
from lab.model.gpt import GPT
from lab.training.checkpoint import load_run

RUNS = ("chain_of_thought", "few_pairs")
"""The book's network, and a smaller one that writes the same text."""

N, SEED = 500, 0
HALF = 0.5


def alike_cells() -> list[Cell]:
    return [{"run": run} for run in RUNS]


def measure_alike(cell: Cell, n: int = N) -> dict[str, Any]:
    """A row for each part of layer 0 alone, for two of its heads at a time, and for all heads."""
    loaded = load_run(cell["run"])
    pair = contrast_of(loaded.model, loaded.format, *problems(n))
    parts = parts_of(loaded.model, pair.slots[0])
    return {
        "n": len(pair.clean.texts),
        "parts": [{"parts": list(name), **copied(pair, nodes)} for name, nodes in parts.items()],
        "sample": {
            "drawn": "hash",
            "of": "ordered pairs of 2x2 digits, with another units digit of b drawn by seed",
            "n": len(pair.clean.texts),
            "seed": SEED,
        },
        "seeds": [SEED],
    }


def problems(n: int) -> tuple[Integers, Integers, Integers]:
    """a, b and another b, (N,) each, of `n` problems drawn: those of which another units digit of b
    makes another units digit of the product. No product by zero has one."""
    rng = np.random.default_rng(SEED)
    found: list[tuple[int, int, int]] = []
    for a, b in zip(*hashed_pairs(n, SEED), strict=True):
        others = [d for d in range(10) if (int(a) * d - int(a) * int(b)) % 10]
        if others:
            found.append((int(a), int(b), int(b) // 10 * 10 + int(rng.choice(others))))
    a, b, other = np.array(found).T
    return a, b, other


def contrast_of(model: GPT, form: Format, a: Integers, b: Integers, other: Integers) -> Contrast:
    """Of the problems of which both runs are right."""
    token = form.prompt_length
    clean, corrupted = force_alike(form, (a, b), (a, other), token)
    names = ("z", "ffn_out")
    pair = contrast(model, clean, corrupted, [token - 1], names)
    said = pair.judge(pair.clean.trace["logits"])
    wanted = [a * x % 10 for x in (b, other)]
    right = (said.right[:, 0].numpy() == wanted[0]) & (said.wrong[:, 0].numpy() == wanted[1])
    return contrast(model, clean[right], corrupted[right], [token - 1], names)


def parts_of(model: GPT, slot: int) -> dict[tuple[str, ...], Sequence[Node]]:
    """By their names; all at one slot of layer 0."""
    heads = [
        (f"head {head}", Node("z", 0, head, (slot,)))
        for head in range(model.config.layers[0].attention.n_head)
    ]
    sets: list[tuple[tuple[str, Node], ...]] = [(head,) for head in heads]
    sets += combinations(heads, 2)
    if len(heads) > 2:
        sets.append(tuple(heads))
    sets.append((("FFN", Node("ffn_out", 0, None, (slot,))),))
    return {tuple(name for name, _ in own): [node for _, node in own] for own in sets}


def copied(pair: Contrast, nodes: Sequence[Node]) -> dict[str, int]:
    """Of N problems: digits brought back, and lost, and how often a part is `spare`: enough and not
    needed. And how often more than half of the way between both runs is restored, and left."""
    back, away = pair.denoise(nodes), pair.noise(nodes)
    restored, left = above_half(back.restored.numpy()), above_half(away.restored.numpy())
    return {
        "enough": int(back.exact.sum()),
        "needed": int((~away.exact).sum()),
        "spare": int((back.exact & away.exact).sum()),
        "restored": int(restored.sum()),
        "left": int(left.sum()),
    }


def above_half(share: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    return share[:, 0] > HALF
