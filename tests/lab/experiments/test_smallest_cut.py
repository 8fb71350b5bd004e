"""lab.experiments.smallest_cut: pairs of which both digits differ, and a record that holds."""

from __future__ import annotations

import numpy as np

from lab.experiments.smallest_cut import (
    FIRST,
    N_OTHERS,
    STEPS,
    UNITS,
    Pair,
    contrast_of,
    node_of,
    other_pairs,
    smallest_cut_cells,
    units_of,
)
from lab.interp.circuits import turned_by
from lab.interp.patching import write_each
from lab.records import RECORDS, read_lines

ROWS = read_lines(RECORDS / "smallest_cut.jsonl")


def test_the_other_pairs_are_neighbours_whose_answers_share_no_digit() -> None:
    pairs = other_pairs()
    assert len(set(pairs)) == N_OTHERS and FIRST not in pairs
    for (a, b), (c, d) in pairs:
        assert a == c and d == b + 1
        assert a * b // 10 != c * d // 10 and a * b % 10 != c * d % 10


def test_the_record_has_every_cell_and_its_searches_found_what_they_say() -> None:
    """The whole answer is written by greedy decoding with the nodes of the row copied: that of the
    source where one was found, another where none was."""
    assert [row["cell"] for row in ROWS] == smallest_cut_cells()
    wrong = list[object]()
    for row in ROWS:
        cell = row["cell"]
        names = UNITS[cell["units"]]
        pair = contrast_of(cell["run"], Pair(tuple(cell["target"]), tuple(cell["source"])), names)
        nodes = frozenset(map(node_of, row["nodes"]))
        if row["found"]:
            written = write_each(
                pair.clean.model,
                np.asarray(pair.corrupted.texts)[:, : STEPS[0] + 1],
                len(STEPS),
                pair.clean.trace,
                [nodes],
            )
            a, b = cell["source"]
            if written.tokens[0].tolist() != [a * b // 10, a * b % 10]:
                wrong.append(cell)
        if (turned_by(pair)(nodes) > 0) != row["found"]:
            wrong.append(cell)
        if not nodes <= set(units_of(pair, names)) or len(nodes) != len(row["nodes"]):
            wrong.append(cell)
    assert wrong == []


def test_heads_of_layer_0_may_not_be_copied() -> None:
    pair = contrast_of("times_table", FIRST, UNITS["parts"])
    nodes = units_of(pair, UNITS["parts"])
    assert {node.layer for node in nodes if node.name == "z"} == {1, 2, 3, 4, 5}
    assert len(nodes) == 2 * (5 * 4 + 6) and all(node.slots for node in nodes)
