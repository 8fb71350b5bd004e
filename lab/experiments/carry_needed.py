"""Is what carries also needed? And is a circuit found the least, and better than one drawn?

The sites are those of `carry_sets`, found on validation problems: the fewest parts that together
move a carry, or where none do, the best that the search tried; and the circuit. Here they are put
to tests that the record of the swaps has not:

  needed    The parts are taken away on test problems: in their place the mean of what they hand on
            over all problems that are not of test, or what they hand on in another test problem,
            drawn by seed. Counted is whether the digit of the column goes wrong, apart for problems
            with a carry and without, and whether any later token does (its true tokens forced).
            "The parts are needed for the carry" is refuted if, by another problem's value with the
            other carry, fewer than nine in ten digits go wrong, or if, with the same carry, more
            than one in ten do.
  units     Each head and FFN alone, by its mean, likewise.
  direction The swaps of `carry_sets` again, apart for a carry brought and a carry taken (of more
            than two values: one raised and one lowered). And where the moved carry changes the next
            carry as well, so runs on: whether the next digit follows once the written one is read;
            and, to tell the two apart, with the written one read and the parts left alone, and with
            the parts swapped and the old digit read.
  thinner   The pass that found the circuit replaced its parts one at a time. Two that only make
            sense together stay in it, though both could go. So here every part of it and every
            pair of parts is replaced too, on validation pairs; of those that leave `KEPT`, the one
            that leaves most goes, and so on until none does. What is left is judged on test pairs.
            "What the pass could not replace is the least" is refuted where anything goes.
  drawn     The faithfulness of as many parts drawn by seed, `DRAWS` times: of all units, and as
            many heads and as many FFNs; and how many of the draws hold all that is left of the
            thinner circuit.

Shapes: `N` texts, `L` tokens of a text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from lab.data.problems import pairs_of
from lab.data.vocabulary import Tokens
from lab.experiments.carry_models import BOOK, MODELS, loaded, named
from lab.experiments.carry_sets import KEPT, SEARCHED, kept_digit, label_of, units_of
from lab.experiments.carry_swaps import (
    BATCH,
    DECIDED,
    RANDOM,
    TEST,
    Begun,
    Site,
    both_right,
    copied,
    drawn,
    kept_at,
    not_of_test,
    outcomes,
    swapped,
)
from lab.experiments.sweep import Cell, Figures, Row
from lab.interp.carries import CARRIES, FORM, Carry
from lab.interp.circuits import NOTHING, Nodes, Score, faithfulness
from lab.interp.intervene import Node
from lab.model.gpt import GPT
from lab.records import RECORDS, read_lines, select

ABLATED, DRAWS = 1000, 1000
"""Test problems of which a part is taken away; circuits that are drawn."""

Truth = NDArray[np.bool_]
Means = dict[Node, Tensor]


def measure_needed(
    cell: Cell, n: int = ABLATED, decided: int = DECIDED, judged: int = SEARCHED, draws: int = DRAWS
) -> Figures:
    model, carry = loaded(cell["model"]).model, CARRIES[cell["carry"]]
    (found,) = select(read_lines(RECORDS / "carry_sets.jsonl"), **cell)
    units = units_of(model, carry)
    of = {label_of(node): node for node in units}
    own = [of[label] for label in found["carriers"]["nodes"]]
    circuit = frozenset(of[label] for label in found["circuit"]["nodes"])
    x = problems(model, carry, n)
    means = means_at(model, carry, units, not_of_test())
    chosen, score = (
        kept_digit(model, carry, units, split, judged) for split in ("validation", "test")
    )
    thin, steps = thinned(chosen, circuit, units)
    return {
        "n": len(x),
        "nodes": found["carriers"]["nodes"],
        "needed": needed(model, carry, own, means, x),
        "units": alone(model, carry, of, means, x),
        "direction": direction(model, carry, own, decided),
        "thinner": {**steps, "faithfulness": round(faithfulness(score, thin, frozenset(units)), 4)},
        "drawn": circuits_drawn(score, circuit, units, draws, thin),
        "sample": {
            "drawn": "generator",
            "of": "ordered pairs of the test part that the network gets right",
            "n": len(x),
            "seed": TEST,
        },
        "chosen_on": "validation problems, by carry_sets",
        "means_of": "problems of training and validation",
        "precision": "fp32",
        "batch": BATCH,
        **named(cell["model"]),
        "seeds": [TEST, RANDOM],
    }


def problems(model: GPT, carry: Carry, n: int) -> Tokens:
    """Texts (N, L) of test problems, drawn by seed, without those that the network gets wrong from
    the column on."""
    a, b = pairs_of("test")
    some = np.random.default_rng(TEST).permutation(len(a))[:n]
    texts, _ = FORM.render(a[some], b[some])
    return both_right(model, carry, texts, texts)[0]


def means_at(model: GPT, carry: Carry, nodes: Sequence[Node], texts: Tokens) -> Means:
    """What each node hands on at the slot, in the mean over texts (N, L): (1, ...)."""
    sums: Means = {}
    for begin in range(0, len(texts), BATCH):
        kept = kept_at(Begun(model, texts[begin : begin + BATCH], carry.slot), nodes)
        for node, value in kept.items():
            some = value.double().sum(dim=0, keepdim=True)
            sums[node] = sums[node] + some if node in sums else some
    return {node: total / len(texts) for node, total in sums.items()}


# ---------------------------------------------------------------- taken away


def by_mean(
    model: GPT, carry: Carry, sets: Sequence[Sequence[Node]], means: Means, x: Tokens, to_end: bool
) -> list[Tokens]:
    """Of each set of nodes, the likeliest tokens of x from the column's on with their means in
    their place."""
    said: list[list[Tokens]] = [[] for _ in sets]
    for begin in range(0, len(x), BATCH):
        own = Begun(model, x[begin : begin + BATCH], carry.slot)
        for nodes, tokens in zip(sets, said, strict=True):
            edits = [copied(node, means[node], None) for node in nodes]
            logits = own.under(edits, to_end=to_end)["logits"]
            tokens.append(logits.argmax(-1).numpy().astype(np.uint8))
    return [np.concatenate(tokens) for tokens in said]


def needed(model: GPT, carry: Carry, nodes: Sequence[Node], means: Means, x: Tokens) -> list[Row]:
    """A row for each way to take the nodes away, apart for problems with a carry and without."""
    y = x[np.random.default_rng(RANDOM).permutation(len(x))]
    own, other = carry.into(x), carry.into(y)
    (mean,) = by_mean(model, carry, [nodes], means, x, to_end=True)
    (resampled,) = swapped(model, carry, x, y, [Site("own", tuple(nodes))], to_end=True)
    ways: list[tuple[str, Tokens, Truth]] = [
        ("mean", mean, np.ones(len(x), dtype=bool)),
        ("resample, same carry", resampled, own == other),
        ("resample, other carry", resampled, own != other),
    ]
    return [
        {"by": way, "carry": has, **wrong_of(carry, x, said, where & ((own > 0) == has))}
        for way, said, where in ways
        for has in (True, False)
    ]


def wrong_of(carry: Carry, x: Tokens, said: Tokens, where: Truth) -> Row:
    """Digits of the column that go wrong, of so many; how many of them by the size of a carry; and
    texts of which a later token does."""
    right = x[:, carry.token : carry.token + said.shape[1]]
    wrong = said != right
    column, is_digit = carry.column(x), said[:, 0] < 10
    others = [(column + k) % 10 for k in range(carry.most + 1)]
    by_carry = np.any([said[:, 0] == digit for digit in others], axis=0) & is_digit
    return {
        "n": int(where.sum()),
        "wrong": int((wrong[:, 0] & where).sum()),
        "by_carry": int((wrong[:, 0] & by_carry & where).sum()),
        "collateral": int((wrong[:, 1:].any(axis=1) & where).sum()),
    }


def alone(model: GPT, carry: Carry, of: Mapping[str, Node], means: Means, x: Tokens) -> list[Row]:
    """A row a unit: digits that go wrong with its mean in its place, with a carry and without."""
    every = by_mean(model, carry, [[node] for node in of.values()], means, x, to_end=False)
    has = carry.into(x) > 0
    return [
        {
            "unit": label,
            "with": wrong_of(carry, x, said, has)["wrong"],
            "without": wrong_of(carry, x, said, ~has)["wrong"],
        }
        for label, said in zip(of, every, strict=True)
    ]


# ---------------------------------------------------------------- raised and lowered


def needed_cells() -> list[Cell]:
    """The carry of the sum in every network, and that of a product in the book's."""
    return [
        *({"model": model, "carry": "sum"} for model in MODELS),
        {"model": BOOK, "carry": "partial_product"},
    ]


def direction(model: GPT, carry: Carry, nodes: Sequence[Node], n: int) -> dict[str, Row]:
    """How often the carry moves, raised and lowered; and, where it then runs on, the next digit."""
    x, y = drawn(carry.name, "both differ", "test", n, TEST)
    x, y, _ = both_right(model, carry, x, y)
    site = Site("own", tuple(nodes))
    (said,) = swapped(model, carry, x, y, [site], to_end=True)
    found, _ = outcomes(carry, x, y, said)
    moved, raised = found == 0, carry.into(y) > carry.into(x)
    rows = {
        name: {"n": int(which.sum()), "carry": int((moved & which).sum())}
        for name, which in (("raised", raised), ("lowered", ~raised))
    }
    on = moved & (next_digit(carry, x, y) != x[:, carry.token + 1])
    return {**rows, "runs on": runs_on(model, carry, site, x[on], y[on], said[on])}


def next_digit(carry: Carry, x: Tokens, y: Tokens) -> NDArray[np.int64]:
    """The digit behind the column's, had x the carry of y: one more or less where the column then
    passes a ten, or no longer does."""
    column = carry.column(x)
    more = (column + carry.into(y)) // 10 - (column + carry.into(x)) // 10
    return (x[:, carry.token + 1].astype(np.int64) + more) % 10


def runs_on(model: GPT, carry: Carry, site: Site, x: Tokens, y: Tokens, said: Tokens) -> Row:
    """Of texts in which the moved carry makes another next digit: how often that is written, and
    how often the old one, once the column's new digit stands in the text. And how often that next
    digit is written if the new one stands there and the site is left alone, and if the site is
    swapped and the old one stands there, as it did where `said` (N, L) was."""
    if not len(x):
        return {"n": 0, "follows": 0, "stays": 0, "site alone": 0, "old digit": 0}
    forced = x.copy()
    forced[:, carry.token] = said[:, 0]
    (after,) = swapped(model, carry, forced, y, [site], to_end=True)
    (alone,) = swapped(model, carry, forced, x, [site], to_end=True)
    wanted = next_digit(carry, x, y)
    return {
        "n": len(x),
        "follows": int((after[:, 1] == wanted).sum()),
        "stays": int((after[:, 1] == x[:, carry.token + 1]).sum()),
        "site alone": int((alone[:, 1] == wanted).sum()),
        "old digit": int((said[:, 1] == wanted).sum()),
    }


# ---------------------------------------------------------------- circuits thinned and drawn


def thinned(score: Score, circuit: Nodes, units: Sequence[Node]) -> tuple[Nodes, dict[str, Any]]:
    """What is left when parts and pairs of parts are replaced too, while `KEPT` of F is left; and
    what went in each step, with what F each part alone and the best pair leave at first."""
    rest, left = frozenset(units) - circuit, circuit
    went: list[dict[str, Any]] = []
    first: dict[str, Any] = {}
    while True:
        parts = sorted(left, key=str)
        ones = {(own,): score(rest | {own}) for own in parts}
        pairs = {two: score(rest | {*two}) for two in combinations(parts, 2)}
        if not first:
            first = {
                "ones": [[label_of(own), round(kept, 4)] for (own,), kept in ones.items()],
                "pairs": len(pairs),
                "pairs_that_go": [
                    [label_of(node) for node in two] for two, kept in pairs.items() if kept >= KEPT
                ],
                "best_that_stays": round(
                    max(kept for kept in (*ones.values(), *pairs.values()) if kept < KEPT), 4
                ),
            }
        tried: dict[tuple[Node, ...], float] = {**ones, **pairs}
        gone = max(tried, key=tried.__getitem__)
        if tried[gone] < KEPT:
            break
        went.append({"went": [label_of(node) for node in gone], "kept": round(tried[gone], 4)})
        rest, left = rest | {*gone}, left - {*gone}
    nodes = [label_of(node) for node in sorted(left, key=str)]
    return left, {**first, "steps": went, "nodes": nodes, "kept": round(score(rest), 4)}


def circuits_drawn(
    score: Score, circuit: Nodes, units: Sequence[Node], draws: int, thin: Nodes
) -> dict[str, Any]:
    """The faithfulness of as many parts drawn by seed: fewest, median and most of all draws, and
    how many come up to what was found; and how many hold all parts of `thin`, of all and of those
    that come up to it."""
    everything, rng = frozenset(units), np.random.default_rng(RANDOM)
    own = faithfulness(score, circuit, everything)
    kinds = [[u for u in units if u.name == name] for name in sorted({u.name for u in units})]

    def alike() -> Nodes:
        return NOTHING.union(*(some_of(own, len(circuit & {*own}), rng) for own in kinds))

    ways: dict[str, Callable[[], Nodes]] = {
        "any": lambda: some_of(units, len(circuit), rng),
        "alike": alike,
    }
    rows: dict[str, Any] = {"parts": len(circuit), "own": round(own, 4)}
    for way, draw in ways.items():
        sets = [draw() for _ in range(draws)]
        found = np.array([faithfulness(score, own, everything) for own in sets])
        holds = np.array([thin <= own for own in sets])
        rows[way] = {
            "n": draws,
            "least": round(float(found.min()), 4),
            "median": round(float(np.median(found)), 4),
            "most": round(float(found.max()), 4),
            "as_good": int((found >= own).sum()),
            "hold": int(holds.sum()),
            "as_good_hold": int((holds & (found >= own)).sum()),
        }
    return rows


def some_of(units: Sequence[Node], n: int, rng: np.random.Generator) -> Nodes:
    return frozenset(units[i] for i in rng.choice(len(units), n, replace=False))
