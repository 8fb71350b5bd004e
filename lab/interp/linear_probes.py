"""Linear probes: can a label be read off an activation, and of examples unlike those it was fitted
to?

What can be read off need not be used: a probe says where to patch, and the patch decides. Beside
each probe stand three controls: random labels, one for each token (arXiv:1909.03368), which tell
how much a probe can learn by heart; shuffled labels; and an untrained model.

Shapes: `N` examples, `D` numbers of an activation, `C` labels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from lab.data.problems import Integers
from lab.data.vocabulary import Tokens
from lab.inference.forward import run_with_trace
from lab.inference.scoring import BATCH
from lab.interp.intervene import Node
from lab.model.gpt import GPT
from lab.model.roles import roles

Numbers = NDArray[np.float64]


def activations(
    model: GPT, texts: Tokens, nodes: Sequence[Node], batch: int = BATCH
) -> dict[Node, Numbers]:
    """What stands at each node on texts (N, T), all numbers of it in a row: (N, D) each."""
    found: dict[Node, list[Numbers]] = {node: [] for node in nodes}
    for begin in range(0, len(texts), batch):
        trace = run_with_trace(model, texts[begin : begin + batch], {node.name for node in nodes})
        for node in nodes:
            found[node].append(node.of(trace).flatten(1).double().numpy())
    return {node: np.concatenate(parts) for node, parts in found.items()}


# ---------------------------------------------------------------- the probe


@dataclass(frozen=True)
class LinearProbe:
    """argmax over labels of (x - mean) W + shares: `mean` (D,), `W` (D, C), the rest (C,)."""

    labels: Integers
    shares: Numbers
    mean: Numbers
    W: Numbers

    def says(self, x: Numbers) -> Integers:
        """(N, D) -> (N,)"""
        return self.labels[self.shares_of(x).argmax(axis=1)]

    def shares_of(self, x: Numbers) -> Numbers:
        """Of each label what the regression gives: (N, D) -> (N, C)"""
        return (x - self.mean) @ self.W + self.shares

    def rounds(self, x: Numbers) -> Integers:
        """The label as a quantity: read along one direction alone, the one that regression to the
        label itself finds, and rounded. (N, D) -> (N,)"""
        return np.rint(self.shares_of(x) @ self.labels).astype(np.int64)


def fit(x: Numbers, y: Integers, penalty: float = 1e-3) -> LinearProbe:
    """Ridge regression of x (N, D) to the labels y (N,), one column each, in closed form.

    W = (X'X + lambda I)^-1 X'Y, X and Y without their means, lambda = penalty * trace(X'X) / D: so
    a penalty means the same for activations of any size. `ValueError` for one label alone.
    """
    labels, column = np.unique(y, return_inverse=True)
    if len(labels) < 2:
        raise ValueError(f"all {len(y)} labels are {labels.tolist()}; a probe tells at least two")
    mean, one_hot = x.mean(axis=0), np.eye(len(labels))[column]
    shares = one_hot.mean(axis=0)
    X, Y = x - mean, one_hot - shares
    squares = X.T @ X  # (D, D)
    # At least a little: activations that never change leave nothing to invert.
    ridge = max(penalty * float(squares.trace()) / len(squares), 1e-12)
    W = np.linalg.solve(squares + ridge * np.eye(len(squares)), X.T @ Y)
    return LinearProbe(labels, shares, mean, W)


def told_apart(
    x: Numbers,
    y: Integers,
    groups: Integers,
    *,
    folds: int = 5,
    seed: int = 0,
    penalty: float = 1e-3,
    by: Callable[[LinearProbe, Numbers], Integers] = LinearProbe.says,
) -> NDArray[np.bool_]:
    """Which labels y (N,) are told right by a probe that has seen no example of their group, (N,).
    `by`: how it says them.

    Groups (N,) are what recurs, such as the pair of unit digits: rows drawn at random would have
    every pair on both sides. They are dealt into `folds` by the seed, and each fold is told by what
    was fitted to the others. `ValueError` for fewer groups than folds.
    """
    every, group = np.unique(groups, return_inverse=True)
    if not 2 <= folds <= len(every):
        raise ValueError(f"folds={folds} of {len(every)} groups; each fold holds at least one")
    fold = np.random.default_rng(seed).permutation(len(every))[group] % folds  # (N,)
    right = np.zeros(len(y), dtype=bool)
    for own in range(folds):
        held_out = fold == own
        probe = fit(x[~held_out], y[~held_out], penalty)
        right[held_out] = by(probe, x[held_out]) == y[held_out]
    return right


# ---------------------------------------------------------------- controls


def commonest(y: Integers) -> float:
    """The share of the commonest label: what is right without looking."""
    return float(np.unique(y, return_counts=True)[1].max() / len(y))


def labels_by_token(tokens: Integers, y: Integers, rng: np.random.Generator) -> Integers:
    """A control task: each token, of (N,), has one label, drawn at random from y. (N,)

    Whoever reads the token can learn it and nothing is behind it, so what a probe is better at than
    this is not mere memory of tokens (arXiv:1909.03368).
    """
    every, which = np.unique(tokens, return_inverse=True)
    return rng.choice(y, len(every))[which]


def shuffled_labels(y: Integers, rng: np.random.Generator) -> Integers:
    """The same labels on other examples: nothing is left to tell."""
    return rng.permutation(y)


@torch.no_grad()
def untrained(model: GPT, seed: int = 0) -> GPT:
    """The same architecture with weights drawn at random, in eval mode.

    What writes to the stream starts at zero in training, so that a fresh model hands on single
    tokens; here it is drawn like all else, so that tokens are mixed at random.
    """
    generator = torch.Generator().manual_seed(seed)
    fresh = GPT(model.config, generator)
    of = roles(fresh)
    for name, parameter in fresh.named_parameters():
        if of[name] == "writes":
            parameter.normal_(std=parameter.shape[1] ** -0.5, generator=generator)
    return fresh.eval().requires_grad_(False)
