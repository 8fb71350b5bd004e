"""lab.experiments.product_neurons: what was planted in a table is called by its name."""

import numpy as np
import torch

from lab.data.problems import all_pairs
from lab.experiments import product_neurons as experiment
from lab.records import RECORDS, read_lines

PRODUCT = np.outer(np.arange(10), np.arange(10))


def test_each_kind_of_table_is_called_by_its_name() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.random(10), rng.random(10)
    lookup = np.zeros((10, 10))
    lookup[3, 7], lookup[6, 2], lookup[8, 8] = 1, 0.9, 0.8
    planted = {
        "the digit": rng.random(10)[PRODUCT % 10],
        "the size": 5 + rng.random(9)[PRODUCT // 10],
        "a rule each": 3 * np.outer(one, other),
        "a lookup": lookup,
        "a blend": rng.random((10, 10)),
    }
    assert {name: experiment.kind_of_table(table) for name, table in planted.items()} == {
        name: name for name in experiment.TABLES
    }


def test_a_constant_of_any_size_makes_no_rule_of_a_blend() -> None:
    table = np.random.default_rng(1).random((10, 10))
    assert experiment.kind_of_table(table + 100) == "a blend"


def test_a_neuron_goes_by_the_fewest_digits_that_settle_it() -> None:
    a, b = all_pairs()
    values = np.stack(
        [
            (a % 10).astype(float),
            ((a % 10) * (b % 10)).astype(float),
            (a // 10 + (a % 10) * (b % 10) % 7 * (b // 10) + a % 3).astype(float),
            np.full(len(a), 7.0),
            np.random.default_rng(0).normal(size=len(a)),
        ],
        axis=1,
    )
    found = experiment.goes_by(values).tolist()
    assert found[:2] == ["units of a", "units of a and units of b"]
    assert found[3:] == [experiment.SILENT, experiment.MORE]
    told = experiment.told_by_sets(values)["units of a"][0]
    assert told == 1.0
    table = experiment.table_over_units(values)[1]
    assert np.allclose(table, PRODUCT)


def test_as_many_others_are_others_and_hand_something_on() -> None:
    awake = [np.array([True, True, False, True]), np.array([True, True, True, False])]
    masks = [np.array([True, False, False, False]), np.array([False, True, False, False])]
    others = experiment.as_many_others(masks, awake, np.random.default_rng(0))
    assert sum(int(o.sum()) for o in others) == 2
    for other, mask, able in zip(others, masks, awake, strict=True):
        assert not (other & mask).any() and (able | ~other).all()


def test_others_of_the_same_layers_are_as_many_of_each_and_none_where_there_are_too_few() -> None:
    awake = [np.array([True, True, False, True]), np.array([True, True, True, False])]
    masks = [np.array([True, False, False, False]), np.array([False, True, False, False])]
    others = experiment.others_alike(masks, awake, np.random.default_rng(0))
    assert others is not None
    for other, mask, able in zip(others, masks, awake, strict=True):
        assert other.sum() == mask.sum() and not (other & mask).any() and (able | ~other).all()
    masks[1] = np.array([True, True, False, False])
    assert experiment.others_alike(masks, awake, np.random.default_rng(0)) is None


def test_all_neurons_swapped_write_the_others_digit_and_none_ones_own() -> None:
    """The heads have read other digits, and yet: what is written comes out of the FFNs."""
    model = experiment.loaded("chain_of_thought").model
    own, other = experiment.problems_apart(6, 20)
    nothing = [np.zeros(block.ffn.w_in.weight.shape[0], dtype=bool) for block in model.blocks]
    every = [~mask for mask in nothing]
    stays, follows = experiment.swapped(model, own, other, 5, [nothing, every])
    assert (stays == own[:, 6]).all()
    assert (follows == other[:, 6]).mean() > 0.9
    x = torch.zeros(2, 3, 4)
    edit = experiment.copy_some(torch.ones(2, 4), 0, 1, np.array([True, False, False, True]))
    assert edit.fn(x[:, 1:2]).tolist() == [[[1, 0, 0, 1]]] * 2


def test_the_record_has_every_cell_and_counts_every_neuron() -> None:
    rows = [*read_lines(RECORDS / "product_neurons.jsonl")]
    assert [row["cell"] for row in rows] == experiment.neuron_cells()
    for row in rows:
        units = [own.get(experiment.UNITS, 0) for own in row["goes_by"]]
        assert [sum(own.values()) for own in row["tables"]] == units
        assert len({sum(own.values()) for own in row["goes_by"]}) == 1
        n = row["swaps"]["all"]["n"]
        assert set(row["alike"]) == set(experiment.TABLES) & set(row["swaps"])
        for own in row["alike"].values():
            assert own["n"] == n and all(0 <= x <= n for x in (*own["any"], *own["two digits"]))
