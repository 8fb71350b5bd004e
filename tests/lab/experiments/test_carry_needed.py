"""lab.experiments.carry_needed and carry_map: a part taken away is counted as what it does."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from tiny import BASE, tiny_model

from lab.experiments import carry_map, carry_needed
from lab.experiments.carry_sets import label_of, units_of
from lab.experiments.carry_swaps import Site, drawn, not_of_test
from lab.inference.scoring import teacher_forced
from lab.interp.carries import CARRIES
from lab.interp.circuits import Nodes
from lab.interp.intervene import Node, ablate
from lab.interp.patching import record
from lab.model.gpt import GPT
from lab.records import RECORDS, read_lines, select

SUM = CARRIES["sum"]


@pytest.fixture(scope="module")
def model() -> GPT:
    return tiny_model(BASE)


def texts(n: int = 8) -> tuple[np.ndarray, np.ndarray]:
    return drawn("sum", "both differ", "validation", n, 0)


def test_by_its_mean_a_part_is_ablated_as_the_lab_ablates(model: GPT) -> None:
    x, y = texts()
    node = Node("z", 0, 1, (SUM.slot,))
    means = carry_needed.means_at(model, SUM, [node], y)
    (said,) = carry_needed.by_mean(model, SUM, [[node]], means, x, to_end=True)
    edit = ablate(node, "mean", record(model, y[:, :-1]).trace)
    assert (said == teacher_forced(model, x, edits=[edit])[:, SUM.token :]).all()


def test_what_goes_wrong_is_counted_apart_and_by_the_size_of_a_carry() -> None:
    x, _ = texts(6)
    said = x[:, SUM.token :].copy()
    has = SUM.into(x) > 0
    said[0, 0] = (SUM.column(x)[0] + 1 - SUM.into(x)[0]) % 10
    said[1, 0] = (x[1, SUM.token] + 5) % 10
    said[2, -1] = 3
    every = carry_needed.wrong_of(SUM, x, said, np.ones(6, dtype=bool))
    assert every == {"n": 6, "wrong": 2, "by_carry": 1, "collateral": 1}
    parts = [carry_needed.wrong_of(SUM, x, said, where) for where in (has, ~has)]
    assert sum(one["wrong"] for one in parts) == 2 and sum(one["n"] for one in parts) == 6


def test_the_next_digit_changes_where_a_column_passes_ten_alone() -> None:
    x, y = texts(300)
    wanted = carry_needed.next_digit(SUM, x, y)
    moved = wanted != x[:, SUM.token + 1]
    column = SUM.column(x)
    assert (moved == (column % 10 == 9)).all() and moved.any()
    brought = moved & (SUM.into(y) > SUM.into(x))
    assert (wanted[brought] == (x[brought, SUM.token + 1] + 1) % 10).all()


def test_what_runs_on_is_nothing_without_texts(model: GPT) -> None:
    x, y = texts()
    site = Site("own", (Node("z", 0, 0, (SUM.slot,)),))
    none = carry_needed.runs_on(model, SUM, site, x[:0], y[:0], x[:0, SUM.token :])
    assert set(none.values()) == {0}
    row = carry_needed.runs_on(model, SUM, site, x, y, x[:, SUM.token :])
    assert row["n"] == len(x) and row["follows"] <= row["n"] and set(row) == set(none)


def test_drawn_circuits_are_as_many_parts_and_those_alike_as_many_of_each_name(model: GPT) -> None:
    units = units_of(model, SUM)
    circuit = frozenset([units[0], *(u for u in units if u.name == "ffn_out")])
    seen: list[Nodes] = []

    def score(nodes: Nodes) -> float:
        seen.append(nodes)
        return 1.0 - len(nodes) / len(units)

    found = carry_needed.circuits_drawn(score, circuit, units, 20, circuit)
    kept = [frozenset(units) - nodes for nodes in seen]
    assert {len(own) for own in kept} <= {0, len(units), len(circuit)}
    assert found["any"]["as_good"] == 20 and found["alike"]["median"] == found["own"]
    assert found["alike"]["hold"] == sum(
        circuit <= own for own in [own for own in kept if len(own) == len(circuit)][-20:]
    )
    assert found["alike"]["hold"] == found["alike"]["as_good_hold"]
    names = lambda own: sorted(u.name for u in own)  # noqa: E731
    draws: Callable[[Nodes], bool] = lambda own: names(own) == names(circuit)  # noqa: E731
    assert sum(map(draws, kept)) >= 20


def test_two_parts_that_only_make_sense_together_go_together(model: GPT) -> None:
    units = units_of(model, SUM)
    one, two, core, *rest = units

    def score(replaced: Nodes) -> float:
        if core in replaced:
            return 0.0
        return 0.4 if (one in replaced) != (two in replaced) else 0.95

    circuit = frozenset([one, two, core])
    assert all(score(frozenset(rest) | {node}) < carry_needed.KEPT for node in circuit)
    left, found = carry_needed.thinned(score, circuit, units)
    assert left == {core} and found["nodes"] == [label_of(core)]
    assert found["pairs_that_go"] == [sorted(map(label_of, (one, two)))]
    assert found["pairs"] == 3 and len(found["steps"]) == 1 and found["best_that_stays"] == 0.4


def test_a_map_has_every_token_and_nothing_is_swapped_behind_the_digit(model: GPT) -> None:
    x, y = texts()
    nodes = [Node(name, layer, None, (2,)) for name, layer in carry_map.places_of(model)]
    sites = [Site("means", (node,), torch.ones(1, model.config.d_model)) for node in nodes]
    found = carry_map.moved(model, SUM, 2, sites, x, y)
    assert len(found) == 2 * model.config.n_layer + 1 and None not in found
    assert set(carry_map.moved(model, SUM, SUM.token, sites, x, y)) == {None}
    first = [Site("means", (Node("resid_pre", 0, None, (0,)),), torch.ones(1, 8))]
    wide = [Site("means", one.nodes, torch.ones(1, model.config.d_model)) for one in first]
    assert carry_map.moved(model, SUM, 0, wide, x, y)[0] is not None


def test_labels_that_lie_nowhere_apart_have_no_direction() -> None:
    x = np.zeros((6, 3))
    labels = np.array([0, 1, 0, 1, 0, 1])
    assert carry_map.class_means(x, labels) is None
    x[labels == 1] = 1
    assert carry_map.class_means(x, labels) is not None


def test_the_record_has_every_cell_and_the_parts_of_the_search() -> None:
    rows = read_lines(RECORDS / "carry_needed.jsonl")
    assert [row["cell"] for row in rows] == carry_needed.needed_cells()
    for row in rows:
        (found,) = select(read_lines(RECORDS / "carry_sets.jsonl"), **row["cell"])
        assert row["nodes"] == found["carriers"]["nodes"]
        assert row.get("digest") == found.get("digest")
        assert row["drawn"]["own"] == found["circuit"]["faithfulness"]
        thin, circuit = row["thinner"], found["circuit"]["nodes"]
        went = [label for step in thin["steps"] for label in step["went"]]
        assert sorted([*thin["nodes"], *went]) == sorted(circuit)
        assert [label for label, _ in thin["ones"]] == circuit
        assert thin["pairs"] == len(circuit) * (len(circuit) - 1) // 2
        for way in ("any", "alike"):
            drawn_row = row["drawn"][way]
            assert drawn_row["as_good_hold"] <= min(drawn_row["hold"], drawn_row["as_good"])
        directions = [row["direction"][name] for name in ("raised", "lowered")]
        assert sum(one["carry"] for one in directions) == found["carriers"]["carry"]
        by = {(one["by"], one["carry"]): one["n"] for one in row["needed"]}
        assert sum(n for (how, _), n in by.items() if how == "mean") == row["n"]
        assert sum(n for (how, _), n in by.items() if how != "mean") == row["n"]


def test_the_map_of_the_record_ends_where_the_digit_is_written() -> None:
    for row in read_lines(RECORDS / "carry_map.jsonl"):
        carry = CARRIES[row["cell"]["carry"]]
        assert len(row["read"]) == len(row["used"]) == not_of_test().shape[1] - 1
        for slot, (read, used) in enumerate(zip(row["read"], row["used"], strict=True)):
            assert len(read) == len(used) == len(row["places"])
            assert (None in used) == (slot > carry.slot)


def test_parts_have_the_names_of_the_search(model: GPT) -> None:
    labels = [label_of(node) for node in units_of(model, SUM)]
    assert labels[0] == "head 0.0" and len(set(labels)) == len(labels)
