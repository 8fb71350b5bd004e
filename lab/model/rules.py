"""How each activation comes from others: what a part says of the things that it emits.

Shapes: `T` tokens, `H` heads, `Dk` head_dim.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Op = Literal[
    "lookup",
    "add",
    "norm",
    "matmul",
    "split_matmul",
    "rotate",
    "scores",
    "softmax",
    "weighted_sum",
    "activation",
    "gated",
    "logits",
]
"""The operations that are known by name; `lab.scene.recompute` has the equation of each."""


@dataclass(frozen=True)
class Rule:
    """An activation is `op` of `inputs`.

    An input is an activation or a parameter of the same block, or else of the whole model;
    `before.x` is x of the block before, `last.x` that of the last block.
    """

    op: Op
    inputs: tuple[str, ...]


Rules = Mapping[str, Rule | None]
"""Of each activation that a part emits its rule; None where no operation of `Op` says it."""
