"""One number of the model over all problems: what do the digits have to be for it to speak up?

torch is imported only to read them: what the digits tell is counted without it.

Shapes: `N` problems, `T` tokens.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from lab.data.problems import Format, Integers

if TYPE_CHECKING:
    from lab.interp.intervene import Node
    from lab.model.gpt import GPT

Numbers = NDArray[np.float64]

BATCH = 500


def values_over(
    model: GPT, form: Format, a: Integers, b: Integers, node: Node, batch: int = BATCH
) -> Iterator[tuple[slice, Numbers]]:
    """A neuron at one token while the right texts of problems (N,) are read: (rows, values).

    No token behind it is read, since it sees none. `ValueError` unless the node is one number.
    """
    from lab.inference.forward import run_with_trace

    if node.slots is None or len(node.slots) != 1 or node.part is None:
        raise ValueError(f"{node} is no single number: one part at one slot is wanted")
    (slot,) = node.slots
    for begin in range(0, len(a), batch):
        rows = slice(begin, min(begin + batch, len(a)))
        texts, _ = form.render(a[rows], b[rows])
        trace = run_with_trace(model, texts[:, : slot + 1], [node.name])
        value = node.of(trace).flatten(1).double().numpy()
        if value.shape[1] != 1:
            raise ValueError(f"{node} holds {value.shape[1]} numbers of a text; one is wanted")
        yield rows, value[:, 0]


def digits_by_name(a: Integers, b: Integers) -> dict[str, Integers]:
    """The digits of two-digit problems, by the names that the book gives them."""
    return {
        "tens of a": a // 10,
        "units of a": a % 10,
        "tens of b": b // 10,
        "units of b": b % 10,
    }


def told_by(values: Numbers, digits: Mapping[str, Integers], most: int = 2) -> dict[str, float]:
    """The share of the variance of values (N,) that a set of digits tells, for every set of up to
    `most`: 1 where they settle the value, 0 where it is the same on average whatever they are.

    1 - E[Var(value | digits)] / Var(value), over the problems as they are given.
    """
    whole, found = float(values.var()), dict[str, float]()
    for size in range(1, most + 1):
        for names in combinations(digits, size):
            groups = np.zeros(len(values), dtype=np.int64)
            for name in names:
                groups = groups * (int(digits[name].max()) + 1) + digits[name]
            n = np.bincount(groups)
            mean = np.bincount(groups, values) / np.maximum(n, 1)
            left = float(((values - mean[groups]) ** 2).mean())
            found[" and ".join(names)] = 1 - left / whole if whole else 0.0
    return found


def fewest_that_tell(shares: Mapping[str, float], enough: float = 0.9) -> str | None:
    """Of the sets that tell `enough`, the smallest, and of these the one that tells most."""
    able = [name for name, share in shares.items() if share >= enough]
    return min(able, key=lambda name: (name.count(" and "), -shares[name]), default=None)
