"""Which parts make an answer: the smallest cut that turns it, and what makes a set a circuit.

Everything here asks one function of a set of nodes, F(S): how an answer stands with the nodes of S
as they are in another run. `turned_by` and `left_without` make one of a contrast.

Shapes: none; a set of nodes is a frozenset.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from lab.interp.intervene import PART_AXES, Node
from lab.interp.patching import Contrast, ForwardPass, preview
from lab.model.trace import ACTIVATIONS

Nodes = frozenset[Node]
Score = Callable[[Nodes], float]

NOTHING: Nodes = frozenset()

AT_ONCE = 64
"""Sets that are tried in one forward."""


def turned_by(pair: Contrast) -> Score:
    """F(S): the corrupted run with S as in the clean one, by how much a token of the clean run
    leads there, at the place where it leads least. Above 0 the whole answer is turned: what is
    forced is what greedy decoding then writes."""
    return cache(lambda nodes: float(pair.denoise(nodes).margin.min()))


def turned_by_each(pair: Contrast) -> Callable[[Sequence[Nodes]], list[float]]:
    """`turned_by` of many sets at once."""
    return lambda sets: pair.each(sets).margin.amin(dim=-1).tolist()


def left_without(pair: Contrast) -> Score:
    """F(S): the clean run with S as in the corrupted one, the mean of `restored`: 1 for nothing
    lost, 0 for as corrupted."""
    return cache(lambda nodes: float(pair.noise(nodes).restored.mean()))


def nodes_in(
    forward: ForwardPass,
    names: Collection[str] = ("z", "ffn_out"),
    slots: Collection[int] | None = None,
) -> list[Node]:
    """What was recorded under these names, layer by layer: heads of "z" and neurons of "ffn_post"
    one by one, "ffn_out" as a whole; at each of the slots apart, or at all at once."""
    found = list[tuple[str, int, int | None]]()
    for layer, formed in forward.model.formed.items():
        for name in names:
            if layer is None or name not in formed:
                continue
            shape = Node(name, layer).of(forward.trace).shape
            sizes = zip(ACTIVATIONS[name].axes, shape, strict=True)
            parts = [range(size) for axis, size in sizes if axis in PART_AXES]
            found += [(name, layer, part) for part in (parts[0] if parts else [None])]
    if slots is None:
        return [Node(*one) for one in found]
    return [Node(*one, (slot,)) for slot in slots for one in found]


def promising(pair: Contrast, nodes: Sequence[Node], n: int) -> list[Node]:
    """Of many nodes the `n` whose value of the clean run, put alone into the corrupted one, would
    raise the margin most, by the `preview`: what a search is worth while among neurons."""
    guesses = preview(pair, nodes, measure=lambda effect: effect.margin).sum(1)
    return [nodes[i] for i in guesses.argsort(descending=True, stable=True)[:n].tolist()]


def count_numbers(nodes: Iterable[Node], forward: ForwardPass) -> int:
    """How many numbers of one text the nodes hold together."""
    return sum(node.of(forward.trace)[0].numel() for node in nodes)


# ---------------------------------------------------------------- the smallest cut


@dataclass(frozen=True)
class Cut:
    """The best set of its size so far, after `tried` of the sets `of` this size."""

    nodes: Nodes
    score: float
    tried: int
    of: int


def smallest_cut(
    score: Score,
    nodes: Collection[Node],
    *,
    beam: int = 1,
    most: int = 8,
    each: Callable[[Sequence[Nodes]], Sequence[float]] | None = None,
) -> Iterator[Cut]:
    """The fewest nodes with F(S) > 0 that a search finds; the last cut is the result.

    Size by size, each of the `beam` best sets is tried with every further node; one is greedy. From
    what is found all is taken back that it does without. No proof that fewer would not do, unless
    the beam holds all sets. Where `most` nodes are not enough, the last score is not above 0.
    `each` gives the score of many sets faster than one by one. `ValueError` for a beam of nothing.
    """
    if beam < 1:
        raise ValueError(f"beam={beam}; a search goes on from at least 1 set")
    found, kept = Cut(NOTHING, score(NOTHING), 1, 1), [NOTHING]
    yield found
    while found.score <= 0 and len(kept[0]) < min(most, len(nodes)):
        wider = list(dict.fromkeys(own | {n} for own in kept for n in nodes if n not in own))
        scores = dict[Nodes, float]()
        for tried, own in enumerate(wider, 1):
            if each and own not in scores:
                ahead = wider[tried - 1 : tried - 1 + AT_ONCE]
                scores |= zip(ahead, each(ahead), strict=True)
            elif own not in scores:
                scores[own] = score(own)
            if tried == 1 or scores[own] > found.score:
                found = Cut(own, scores[own], tried, len(wider))
            found = replace(found, tried=tried)
            yield found
        kept = sorted(scores, key=scores.__getitem__, reverse=True)[:beam]
    for node in [n for n in nodes if n in found.nodes and found.score > 0]:
        if (left := score(found.nodes - {node})) > 0:
            found = replace(found, nodes=found.nodes - {node}, score=left)
    yield found


def elsewhere(cut: Nodes, nodes: Collection[Node], rng: np.random.Generator) -> Nodes:
    """A control: as many other nodes of the same names, so of equally many numbers where layers are
    alike. `ValueError` where there are too few others."""
    drawn = list[Node]()
    for name, n in Counter(node.name for node in cut).items():
        others = [node for node in nodes if node.name == name and node not in cut]
        if len(others) < n:
            raise ValueError(f"{n} others called {name!r} are wanted; there are {len(others)}")
        drawn += [others[i] for i in rng.choice(len(others), n, replace=False)]
    return frozenset(drawn)


# ---------------------------------------------------------------- is it a circuit?
# The three criteria of arXiv:2211.00593, which takes means for what is left out; here it is as in
# the other run (resample ablation). `everything` are all nodes that are looked at.


def faithfulness(score: Score, circuit: Nodes, everything: Nodes) -> float:
    """Does the circuit alone do what the model does? (F(rest) - F(all)) / (F(none) - F(all)): 1 as
    the model, 0 as with everything replaced. `ValueError` where these two do not differ."""
    whole, empty = score(NOTHING), score(everything)
    if whole == empty:
        raise ValueError(f"F={whole} with everything replaced and with nothing: no scale")
    return (score(everything - circuit) - empty) / (whole - empty)


@dataclass(frozen=True)
class Gap:
    """F without the nodes of `removed`, of the circuit alone and of the whole model."""

    removed: Nodes
    circuit: float
    model: float


def completeness(
    score: Score, circuit: Nodes, everything: Nodes, removed: Iterable[Nodes]
) -> Iterator[Gap]:
    """Does the circuit hold all that does it? For each subset K of it, F(rest + K) beside F(K):
    where they differ, the model has a way that the circuit lacks."""
    for own in removed:
        yield Gap(own, score(everything - circuit | own), score(own))


def minimality(
    score: Score, circuit: Nodes, everything: Nodes, removed: Collection[Nodes]
) -> dict[Node, float]:
    """Does each node v matter? The largest |F(rest + K) - F(rest + K + v)| over subsets K; 0 for a
    node that none needs."""
    rest = everything - circuit
    return {
        v: max(abs(score(rest | own - {v}) - score(rest | own | {v})) for own in removed)
        for v in circuit
    }


def some_subsets(nodes: Nodes, n: int, rng: np.random.Generator) -> list[Nodes]:
    """`n` subsets, each node in or out by a coin."""
    listed = sorted(nodes, key=str)  # a set has another order in every process
    coins = rng.integers(0, 2, (n, len(listed))).astype(bool)
    return [frozenset(node for node, own in zip(listed, row, strict=True) if own) for row in coins]
