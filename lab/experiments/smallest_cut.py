"""How few numbers of one problem, copied into another, turn its answer? A search over heads and
FFN outputs, and one over single neurons, at the steps that write the answer's two digits.

Left out is what would make it trivial: the embeddings of the typed tokens, the stream before layer
0, the logits, and the heads of layer 0, each of which hands on a typed digit as it stands.
"""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import numpy as np

from lab.data.problems import Format
from lab.data.samples import Sample
from lab.experiments.sweep import Cell
from lab.interp.circuits import (
    Nodes,
    Score,
    count_numbers,
    elsewhere,
    nodes_in,
    promising,
    smallest_cut,
    turned_by,
    turned_by_each,
)
from lab.interp.intervene import Node
from lab.interp.patching import Contrast, contrast, force_alike
from lab.training.checkpoint import load_run

RUN = "times_table"
FORM = Format("plain", 1, 1)
STEPS = (FORM.prompt_length - 1, FORM.prompt_length)
"""The slots after which the answer's digits are written: `=`, and the first digit."""

UNITS: dict[str, tuple[str, ...]] = {"parts": ("z", "ffn_out"), "neurons": ("ffn_post",)}
MOST_NEURONS = 16
N_OTHERS, N_CONTROLS, SEED = 20, 100, 0


class Pair(NamedTuple):
    """The answer of `target` is to become that of `source`."""

    target: tuple[int, int]
    source: tuple[int, int]


FIRST = Pair((7, 8), (7, 9))


def smallest_cut_cells() -> list[Cell]:
    """The first pair in several ways, and others by greedy search among a hundred neurons."""

    def cell(pair: Pair, units: str, beam: int, among: int) -> Cell:
        named = {"target": [*pair.target], "source": [*pair.source]}
        return {"run": RUN, **named, "units": units, "beam": beam, "among": among}

    whole = [cell(FIRST, "parts", beam, 0) for beam in (1, 3, 8)]
    fine = [cell(FIRST, "neurons", beam, among) for beam, among in ((1, 100), (3, 400))]
    return whole + fine + [cell(pair, "neurons", 1, 100) for pair in other_pairs()]


def other_pairs() -> list[Pair]:
    """By seed: neighbours as 7 x 8 and 7 x 9 are, of which both digits of the answers differ."""
    found = [
        Pair((a, b), (a, b + 1))
        for a, b in product(range(1, 10), range(1, 9))
        if all(x != y for x, y in zip(f"{a * b:02}", f"{a * (b + 1):02}", strict=True))
    ]
    found.remove(FIRST)
    picked = np.random.default_rng(SEED).choice(len(found), N_OTHERS, replace=False)
    return [found[i] for i in picked]


def contrast_of(run: str, pair: Pair, names: tuple[str, ...]) -> Contrast:
    """Clean is the source, corrupted the target, both followed by the source's digits."""
    clean, corrupted = force_alike(FORM, pair.source, pair.target, STEPS[-1] + 1)
    return contrast(load_run(run).model, clean, corrupted, STEPS, names)


def units_of(pair: Contrast, names: tuple[str, ...]) -> list[Node]:
    """What may be copied: all but the heads of layer 0."""
    found = nodes_in(pair.clean, names, STEPS)
    return [node for node in found if not (node.name == "z" and node.layer == 0)]


def measure_smallest_cut(cell: Cell) -> dict[str, Any]:
    """The nodes found, in an order in which each does most; `turned`: of as many others, drawn by
    seed, how many sets turn the answer too."""
    names = UNITS[cell["units"]]
    pair = contrast_of(cell["run"], Pair(tuple(cell["target"]), tuple(cell["source"])), names)
    score, each = turned_by(pair), turned_by_each(pair)
    units = units_of(pair, names)
    among = promising(pair, units, cell["among"]) if cell["among"] else units
    *_, found = smallest_cut(score, among, beam=cell["beam"], most=MOST_NEURONS, each=each)
    rng = np.random.default_rng(SEED)
    others = [elsewhere(found.nodes, units, rng) for _ in range(N_CONTROLS)]
    return {
        "found": found.score > 0,
        "nodes": [document(node) for node in in_order(found.nodes, score)],
        "numbers": count_numbers(found.nodes, pair.clean),
        "of": count_numbers(units, pair.clean),
        "margin": round(found.score, 4),
        "turned": sum(score > 0 for score in each(others)),
        "n": N_CONTROLS,
        **Sample("generator", "sets of other units", N_CONTROLS, SEED).document(),
        "seeds": [SEED],
    }


def in_order(nodes: Nodes, score: Score) -> list[Node]:
    """One after another, each time the one that raises the score most."""
    order = list[Node]()
    while left := sorted(nodes - set(order), key=str):
        order.append(max(left, key=lambda node: score(frozenset({*order, node}))))
    return order


def document(node: Node) -> dict[str, Any]:
    (slot,) = node.slots or (-1,)
    return {"name": node.name, "layer": node.layer, "part": node.part, "slot": slot}


def node_of(said: dict[str, Any]) -> Node:
    return Node(said["name"], said["layer"], said["part"], (said["slot"],))
