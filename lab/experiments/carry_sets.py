"""Which parts of a network make a digit with its carry, and are they a circuit?

Units are the heads and FFNs at the slot that writes the column: all that can be replaced there
without replacing the typed tokens themselves.

  carriers  The fewest units that, copied together from y into x, move the carry alone: greedy, on
            validation pairs in which column and carry differ, until nine in ten pairs write the
            column of x with the carry of y. Then they are swapped on test problems as the sites of
            `carry_swaps` are, beside as many other units drawn at random. Refuted: "a few parts
            carry", where up to `MOST` together do not. (The search first stopped where the mean
            pair wrote it. It was made stricter after a trial in which a hundred test pairs of the
            small network of seed 0 were read.)
  circuit   Units that are needed, one by one, to keep the digit of x, in pairs with the same column
            and another carry: all others are as in y (resample ablation). `carry_needed` tries
            pairs of them, too, of which some can be spared. One pass from the unit
            that matters least, on validation pairs; dropped is what leaves `KEPT` of the difference
            of logits. On test pairs then the three criteria (arXiv:2211.00593): faithfulness, 1 as
            the whole network and 0 as with every unit replaced; completeness, how far apart circuit
            and network are with parts of it replaced; minimality, the most that each part matters
            beside some subset.
  neurons   Those of all FFNs, ranked by attribution patching for the carry moved; the first so many
            are swapped together, beside as many at random.

Shapes: `N` pairs of problems, `L` tokens of a text.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache, partial
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor

from lab.data.problems import SplitName
from lab.data.vocabulary import Tokens
from lab.experiments.carry_models import BOOK, loaded, named
from lab.experiments.carry_swaps import (
    CARRIES_FROM,
    CHOICE,
    RANDOM,
    TEST,
    Begun,
    Site,
    about_sample,
    both_right,
    carries,
    copied,
    counted,
    counts,
    drawn,
    kept_at,
    plain,
    swap_cells,
)
from lab.experiments.sweep import Cell, Figures, Row, Small
from lab.interp.carries import CARRIES, Carry, predicted
from lab.interp.circuits import (
    NOTHING,
    Nodes,
    Score,
    completeness,
    faithfulness,
    minimality,
    smallest_cut,
    some_subsets,
)
from lab.interp.intervene import Node, Recorded
from lab.interp.patching import gradients, of_token, record
from lab.model.config import DenseFFNConfig
from lab.model.gpt import GPT
from lab.model.trace import Edit
from lab.statistics import lower_bound_95

SEARCHED, DECIDED, CONTROLLED = 200, 3000, 600
"""Pairs of problems: for the searches and the criteria, for the count on test problems, and for its
controls."""

MOST = 6
"""Units that a search tries together."""

KEPT = 0.9
"""Of the difference of logits, with all but the circuit replaced."""

SUBSETS = 16
NEURONS = (1, 4, 16, 64, 256, 1024)


def measure_sets(
    cell: Cell, searched: int = SEARCHED, decided: int = DECIDED, controlled: int = CONTROLLED
) -> Figures:
    model, carry = loaded(cell["model"]).model, CARRIES[cell["carry"]]
    units = units_of(model, carry)
    return {
        "n": decided,
        "units": len(units),
        "carriers": carriers(model, carry, units, searched, decided, controlled),
        "circuit": circuit(model, carry, units, searched),
        "neurons": neurons_swapped(model, carry, searched, controlled),
        **about_sample(carry, decided),
        **named(cell["model"]),
    }


def units_of(model: GPT, carry: Carry) -> list[Node]:
    at = (carry.slot,)
    return [
        node
        for layer, choice in enumerate(model.config.layers)
        for node in (
            *(Node("z", layer, head, at) for head in range(choice.attention.n_head)),
            Node("ffn_out", layer, None, at),
        )
    ]


def label_of(node: Node) -> str:
    """'head 0.1' or 'FFN 2'."""
    return f"FFN {node.layer}" if node.part is None else f"head {node.layer}.{node.part}"


# ---------------------------------------------------------------- the fewest that carry


def carriers(model: GPT, carry: Carry, units: list[Node], n: int, decided: int, few: int) -> Row:
    """What the search finds, or where it gave up its best; and that on test problems."""
    cuts = list(smallest_cut(carry_moved(model, carry, units, n), units, most=MOST))
    cut = cuts[-1] if cuts[-1].score > 0 else max(cuts[1:], key=lambda one: one.score)
    nodes = tuple(sorted(cut.nodes, key=str))
    own = Site("set", nodes)
    (row,) = counts(model, carry, [own], "both differ", "test", decided, TEST)
    for how in ("other carry", "other column"):
        (control,) = counts(model, carry, [own], how, "test", few, TEST)
        row[how] = plain(control)
    row |= {
        "found": cut.score > 0,
        "nodes": [label_of(node) for node in nodes],
        "bound": round(lower_bound_95(row["n"] - row["carry"], row["n"]), 4),
        "carries": carries(row),
    }
    others = [node for node in units if node not in cut.nodes]
    drawn_at_random = np.random.default_rng(RANDOM).permutation(len(others))[: len(nodes)]
    site = Site("others", tuple(others[i] for i in drawn_at_random))
    (control,) = counts(model, carry, [site], "both differ", "test", few, TEST)
    return {**row, "random": {**plain(control), "nodes": [label_of(one) for one in site.nodes]}}


def carry_moved(model: GPT, carry: Carry, units: list[Node], n: int) -> Score:
    """F(S): with S of y in x, by how much the column of x with the carry of y leads the next best
    digit, in the pair that stands at a tenth of all: above 0, nine in ten pairs write it."""
    x, y = drawn(carry.name, "both differ", "validation", n, CHOICE)
    wanted = torch.from_numpy(predicted(carry, x, y).carry)
    logits_with = swapping(model, carry, x, y, units)

    @lru_cache(maxsize=100_000)
    def score(nodes: Nodes) -> float:
        logits = logits_with(nodes)
        others = logits.scatter(-1, wanted[:, None], -torch.inf).amax(-1)
        return float((of(logits, wanted) - others).quantile(1 - CARRIES_FROM))

    return score


def swapping(
    model: GPT, carry: Carry, x: Tokens, y: Tokens, units: list[Node]
) -> Callable[[Nodes], Tensor]:
    """The logits (N, V) of the column's digit of x, with some units as they are in y."""
    own, kept = Begun(model, x, carry.slot), kept_at(Begun(model, y, carry.slot), units)

    def logits_with(nodes: Nodes) -> Tensor:
        edits = [copied(node, kept[node], None) for node in nodes]
        return own.under(edits, to_end=False)["logits"][:, 0].double()

    return logits_with


def of(logits: Tensor, tokens: Tensor) -> Tensor:
    """(N, V), (N,) -> (N,)"""
    return logits.gather(-1, tokens[:, None])[:, 0]


# ---------------------------------------------------------------- a circuit, and the three criteria


def circuit(model: GPT, carry: Carry, units: list[Node], n: int) -> Row:
    """Pruned on validation pairs, judged on test pairs."""
    everything, kept = (
        frozenset(units),
        pruned(kept_digit(model, carry, units, "validation", n), units),
    )
    score, rng = kept_digit(model, carry, units, "test", n), np.random.default_rng(RANDOM)
    subsets = some_subsets(kept, SUBSETS, rng)
    gaps = list(completeness(score, kept, everything, subsets))
    matters = minimality(score, kept, everything, subsets)
    parts = sorted(kept, key=str)
    return {
        "nodes": [label_of(node) for node in parts],
        "n_judged": n,
        "all_replaced": round(score(everything), 4),
        "faithfulness": round(faithfulness(score, kept, everything), 4),
        # Replaced parts of the circuit, the circuit with them replaced, the network likewise.
        "gaps": [[len(gap.removed), round(gap.circuit, 4), round(gap.model, 4)] for gap in gaps],
        "minimality": [round(matters[node], 4) for node in parts],
    }


def kept_digit(model: GPT, carry: Carry, units: list[Node], split: SplitName, n: int) -> Score:
    """F(S): in pairs with another carry, what is left of the lead of x's digit over y's with S as
    in y: the mean of (d - d_y) / (d_x - d_y), 1 for all of it and 0 for as in y."""
    x, y, _ = both_right(model, carry, *drawn(carry.name, "other carry", split, n, CHOICE))
    own, other = (torch.from_numpy(t[:, carry.token]).long() for t in (x, y))
    logits_with = swapping(model, carry, x, y, units)

    def lead(logits: Tensor) -> Tensor:
        return of(logits, own) - of(logits, other)

    best = lead(logits_with(NOTHING))
    worst = lead(Begun(model, y, carry.slot).under(to_end=False)["logits"][:, 0].double())
    return cache(lambda nodes: float(((lead(logits_with(nodes)) - worst) / (best - worst)).mean()))


def pruned(score: Score, units: list[Node]) -> Nodes:
    """What is left when each unit is replaced in turn, that which alone matters least first, as
    long as `KEPT` is kept."""
    left = {node: score(frozenset([node])) for node in units}
    replaced: Nodes = NOTHING
    for node in sorted(units, key=lambda one: -left[one]):
        if score(replaced | {node}) >= KEPT:
            replaced |= {node}
    return frozenset(units) - replaced


# ---------------------------------------------------------------- neurons


def neurons_swapped(model: GPT, carry: Carry, n: int, few: int) -> list[Row]:
    """The first so many by attribution, and as many at random, on test problems."""
    ranked = ranking(model, carry, n)
    rng = np.random.default_rng(RANDOM)
    x, y = drawn(carry.name, "both differ", "test", few, TEST)
    x, y, _ = both_right(model, carry, x, y)
    own, there = Begun(model, x, carry.slot), Begun(model, y, carry.slot)
    kept = there.under(names=["ffn_post"], to_end=False)
    rows: list[Row] = []
    for k in (k for k in NEURONS if k <= len(ranked)):
        for how, chosen in (("ranked", ranked[:k]), ("random", rng.permutation(ranked)[:k])):
            said = with_neurons(own, kept, chosen)
            rows.append({"neurons": k, "how": how, **plain(counted(carry, x, y, said))})
    return rows


def ranking(model: GPT, carry: Carry, n: int) -> Any:
    """All neurons, as numbers layer * d_ff + neuron, those first that in the mean move the wanted
    digit's logit most against those of x and of y: (y - x) times the slope (arXiv:2403.00745)."""
    x, y = drawn(carry.name, "both differ", "validation", n, CHOICE)
    expected = predicted(carry, x, y)
    wanted, own, other = (
        torch.from_numpy(digits)[:, None]
        for digits in (expected.carry, expected.nothing, expected.digit)
    )
    base = record(model, x[:, : carry.token], ("ffn_post",))
    there = record(model, y[:, : carry.token], ("ffn_post",)).trace
    layers = range(model.config.n_layer)
    keys = [f"blocks.{layer}.ffn_post" for layer in layers]

    def measure(logits: Tensor) -> Tensor:
        last = logits[:, -1:]
        return (2 * of_token(last, wanted) - of_token(last, own) - of_token(last, other)).sum()

    slopes = gradients(base, keys, measure)
    moved = [((there[key] - base.trace[key]) * slopes[key])[:, -1].sum(0) for key in keys]
    return torch.cat(moved).argsort(descending=True, stable=True).numpy()


def with_neurons(own: Begun, kept: Recorded, chosen: Any) -> Tokens:
    """The tokens from the column's on, with some neurons of all layers as they were kept."""
    config = own.model.config
    size = cast(DenseFFNConfig, config.layers[0].ffn).d_ff
    edits: list[Edit] = []
    for layer in range(config.n_layer):
        some = (chosen[chosen // size == layer] % size).tolist()
        if some:
            value = kept[f"blocks.{layer}.ffn_post"][:, :, some]
            index = {"position": [own.slot], "d_ff": some}
            edits.append(Edit("ffn_post", partial(put, value), layer, index))
    return own.under(edits, to_end=True)["logits"].argmax(-1).numpy().astype(np.uint8)


def put(value: Tensor, now: Tensor) -> Tensor:
    return value.expand_as(now)


def sets_small() -> dict[str, Small]:
    few = partial(measure_sets, searched=30, decided=100, controlled=50)

    def read(rows: list[Row]) -> Figures:
        (row,) = rows
        return {what: row[what]["nodes"] for what in ("carriers", "circuit")}

    cells = [cell for cell in swap_cells() if cell["model"] == BOOK]
    return {cell["carry"]: Small([cell], few, read) for cell in cells}
